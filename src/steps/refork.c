/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 5 refork
 *
 * A session leader without a terminal gets one by just opening it
 * (tty_ioctl(4)); its child does not.
 */
#include "config.h"

#include <sys/types.h>

#include <string.h>

#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	return yes_no_parse(value, &steps->refork);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, steps->refork ? "yes" : "no", size);
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	finding_set(finding, expected->refork && facts->leads ? VERDICT_BAD :
	    VERDICT_OK, "%s", facts->leads ?
	    "leads its session: it can acquire a terminal" :
	    "leads no session");
}

const struct step refork_row = {
	.name = "refork",
	.call = "fork",
	.what = "fork again, so that the daemon leads no session",
	.why = "a session leader that opens a terminal is tied to it again",
	.parse = parse,
	.print = print,
	.check = check,
};
