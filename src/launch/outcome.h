/* SPDX-License-Identifier: BSD-2-Clause */
/* The outcome of a launch, and the one place where a failed one is undone. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "launch/report.h"
#include "plan/plan.h"
#include "ready/wait.h"

struct outcome {
	enum {
		OUTCOME_READY,		/* the launch has succeeded */
		OUTCOME_REPORTED,	/* status: the message is written */
		OUTCOME_FAILED,		/* report: a stage has failed */
		OUTCOME_KILLED,		/* sig, or 0: before the exec */
		OUTCOME_INTERRUPTED,	/* sig: during the wait for the exec */
		OUTCOME_LATE,		/* not executed in time */
		OUTCOME_NOT_READY	/* status, reason, and sig or 0 */
	} kind;
	int status;
	struct report report;
	int sig;
	char reason[WAIT_REASON_SIZE];
};

/*
 * Undoes the launch, whose processes have ended, and says why.  Returns the
 * exit status.
 */
int	launch_abandon(const struct plan *, const struct outcome *);

/* The message about an outcome.  Returns the exit status. */
int	complain_outcome(const struct plan *, const struct outcome *);

/* The same for a failed stage. */
int	launch_failed(const struct plan *, const struct report *);

/* The message of a daemon that is not ready, with its last lines. */
void	complain_not_ready(struct plan *, const struct outcome *);

#endif
