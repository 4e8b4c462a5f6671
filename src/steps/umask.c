/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 6 umask
 *
 * An inherited one would depend on the user that happens to start the daemon.
 * It is not 0, which would make world-writable logs and sockets.
 */
#include "config.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	size_t length = strlen(value);

	if (strcmp(value, "keep") == 0) {
		steps->umask = UMASK_KEEP;
		return NULL;
	}
	if (length == 0 || strspn(value, "01234567") != length ||
	    strtoul(value, NULL, 8) > 0777)
		return "not an octal mode or keep";
	steps->umask = (int)strtoul(value, NULL, 8);
	return NULL;
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	if (steps->umask == UMASK_KEEP)
		(void)strlcpy(buf, "keep", size);
	else
		(void)snprintf(buf, size, "%03o", (unsigned int)steps->umask);
}

int
step_umask(int mask)
{
	if (mask != UMASK_KEEP)
		(void)umask((mode_t)mask);	/* cannot fail */
	return 0;
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	int mask = facts->status.umask;
	bool ok = step_is_given(expected, STEP_UMASK) ?
	    mask == expected->umask : (mask & 022) == 022;

	if (mask == -1)
		finding_set(finding, VERDICT_UNSEEN,
		    "not shown by this kernel");
	else
		finding_set(finding, ok || expected->umask == UMASK_KEEP ?
		    VERDICT_OK : VERDICT_BAD, "%04o%s", (unsigned int)mask,
		    !(mask & 002) ? ": its files are writable by everyone" :
		    !(mask & 020) ? ": its files are writable by its group" :
		    "");
}

const struct step umask_row = {
	.name = "umask",
	.call = "umask",
	.what = "create files without these permissions",
	.why = "the caller's would decide who can write the daemon's files",
	.parse = parse,
	.print = print,
	.check = check,
};
