/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 2 sigchld
 *
 * If SIGCHLD is ignored, the kernel reaps the children (sigaction(2)), and a
 * command that waits for one gets ECHILD.  An ignored signal stays ignored
 * over execve.
 */
#include "config.h"

#include <signal.h>
#include <string.h>

#include "process/signals.h"
#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	return disposition_parse(value, &steps->sigchld);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, disposition_name(steps->sigchld), size);
}

int
step_sigchld(enum disposition sigchld, bool ignored)
{
	/* The launcher has reset it for itself: keep is the caller's. */
	if (sigchld == DISPOSITION_KEEP)
		sigchld = ignored ? DISPOSITION_IGNORE : DISPOSITION_DEFAULT;
	return sigchld == DISPOSITION_IGNORE ?
	    signal_ignore(SIGCHLD) : signal_set_default(SIGCHLD);
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	bool ignored = facts->status.ignored & SIGNAL_BIT(SIGCHLD);

	finding_set(finding, expected->sigchld == DISPOSITION_KEEP ||
	    ignored == (expected->sigchld == DISPOSITION_IGNORE) ?
	    VERDICT_OK : VERDICT_BAD, "%s", ignored ?
	    "ignored: the kernel reaps its children" : "not ignored");
}

const struct step sigchld_row = {
	.name = "sigchld",
	.call = "rt_sigaction",
	.what = "give SIGCHLD this disposition",
	.why = "a command that waits for its children fails if it is ignored",
	.parse = parse,
	.print = print,
	.check = check,
};
