/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 4 session
 *
 * A terminal signals its session when it is hung up.  setsid(2) is the only
 * way to lose a controlling terminal for good.
 */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/word.h"
#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	static const char *const words[] = { "keep", "new", NULL };
	int choice = word_index(value, words);

	if (choice == -1)
		return "not new or keep";
	steps->session = choice == 1;
	return NULL;
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, steps->session ? "new" : "keep", size);
}

int
step_session(bool new)
{
	return new && setsid() == -1 ? -1 : 0;
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	bool ok = !facts->stat.terminal &&
	    (facts->leads || !facts->leader_lives);

	finding_set(finding, ok || !expected->session ? VERDICT_OK :
	    VERDICT_BAD, "session %d%s", (int)facts->stat.session,
	    facts->stat.terminal ? ", with a terminal" :
	    facts->leads ? ", its own, without a terminal" :
	    facts->leader_lives ?
	    ", without a terminal; its leader is another process" :
	    ", without a terminal; its leader has ended");
}

const struct step session_row = {
	.name = "session",
	.call = "setsid",
	.what = "start a session and process group, without a terminal",
	.why = "a terminal signals its session when it is hung up",
	.parse = parse,
	.print = print,
	.check = check,
};
