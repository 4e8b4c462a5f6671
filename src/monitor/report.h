/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report channel: a pipe that closes itself on exec.
 *
 * The first report is the daemon's pid.  Each failure is a report, and so is
 * the announcement of the exec.  End-of-file after that means that the command
 * was executed, or that the daemon was killed just before: the kernel knows
 * which (proc_stat).
 */
#ifndef REPORT_H
#define REPORT_H

#include <sys/types.h>

#include "base/fault.h"
#include "plan/plan.h"

/* What can fail: the nine steps, and what comes between and after them. */
enum stage {
	STAGE_CHROOT = STEPS,
	STAGE_USER,
	STAGE_PRIVILEGES,
	STAGE_PIDFILE,
	STAGE_TRUNCATE,
	STAGE_EXEC,
	STAGE_CHANNEL,
	STAGE_INIT
};

/* Much less than PIPE_BUF, so it is never torn. */
struct report {
	int stage;
	int error;			/* an errno, or 0: done */
	pid_t pid;			/* of the process that reports */
	int fd;				/* STAGE_TRUNCATE: which file */
	char call[32];			/* that failed; "": the step's */
};

/* Send one.  Return -1 if no process reads any more.  Async-signal-safe. */
int	report_send(int channel, const struct report *);

/*
 * Receive one.  Return 1; 0 if no process can send any more; or -1 with errno,
 * EAGAIN if there is none yet.
 */
int	report_receive(int channel, struct report *);

/* Keep what has failed as a fault. */
void	report_fault(const struct plan *, const struct report *,
	    struct fault *);

/* For -v: write a line about a stage that is done. */
void	report_narrate(const struct plan *, const struct report *);

#endif
