/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a daemon. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include <sys/types.h>

#include <signal.h>

#include "launch/outcome.h"
#include "plan/plan.h"

/* A daemon that has been executed. */
struct started {
	pid_t pid;
	long long when;			/* that was confirmed, by now_ms() */
};

/*
 * Opens what the plan needs and is not open yet, forks, and waits until the
 * daemon has executed the command and is ready.
 * Returns in the launcher only, with the status to exit with: STATUS_DONE, and
 * *started is set; or another, after a message, and nothing is left behind.
 * Where a signal has ended the wait, it ends this process.  Without a fork, a
 * failure exits with that status, and success does not return.
 */
int	launch(struct plan *, struct started *);

/*
 * A supervisor's later start of the same plan: forks, and waits for the exec.
 * The instance is open and locked.  Sets the outcome: OUTCOME_READY, and
 * *started is a child; or another, nothing of the start is left, and nothing
 * is undone or reported.  Each signal of ends, which are blocked, ends
 * the start: OUTCOME_INTERRUPTED.
 */
void	launch_again(struct plan *, const sigset_t *ends, struct outcome *,
	    struct started *);

#endif
