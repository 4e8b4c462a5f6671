/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 3 background
 *
 * The caller waits for the launcher, not for the daemon.  The fork also makes
 * a process that leads no group, which setsid(2) demands.
 */
#include "config.h"

#include <sys/types.h>

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	return yes_no_parse(value, &steps->background);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, steps->background ? "yes" : "no", size);
}

/*
 * vfork(2) rather than fork(2): a third of the caller's wait would go into
 * copying page tables that the exec throws away.  Its child may not return
 * from here, and what it changes in memory is changed in the parent, too: it
 * does what is async-signal-safe, and has a stack frame of its own below this
 * one.  Everything else (descriptors, dispositions, the umask, ids, the
 * directory) is its own, as after fork(2).
 */
pid_t __attribute__((noinline))
step_fork(bool apart, process *child, void *argument)
{
	pid_t pid = apart ? fork() : vfork();

	if (pid == 0)
		child(argument);
	return pid;
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	pid_t parent = facts->stat.parent;
	bool supervised = parent != 0 && parent == facts->supervisor;
	enum verdict verdict = facts->same_session ? VERDICT_BAD :
	    VERDICT_UNSEEN;

	if (!expected->background || supervised || parent <= 1)
		verdict = VERDICT_OK;
	if (parent == 0)
		finding_set(finding, verdict, "it has no parent");
	else
		finding_set(finding, verdict, "its parent is %d%s",
		    (int)parent, supervised ? ", its supervisor" :
		    parent == 1 ? ", init" :
		    facts->same_session ? ", of its session" :
		    ", perhaps a subreaper");
}

const struct step background_row = {
	.name = "background",
	.call = "fork",
	.what = "fork; the caller continues once the command has been executed",
	.why = "the caller waits for the launcher, not for the daemon",
	.parse = parse,
	.print = print,
	.check = check,
};
