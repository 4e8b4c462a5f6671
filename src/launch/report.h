/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report channel: a pipe that closes itself on exec.
 *
 * Each failure is a report on it, and so is the announcement of the exec.
 * End-of-file after that means that the command was executed, or that the
 * daemon was killed just before: the kernel knows which (proc_stat).
 */
#ifndef REPORT_H
#define REPORT_H

#include <sys/types.h>

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
	STAGE_INIT,
	STAGE_FILES			/* text has the message */
};

/* Much less than PIPE_BUF, so it is never torn. */
struct report {
	int stage;
	int error;			/* an errno, or 0: done */
	pid_t pid;			/* of the process that reports */
	int fd;				/* STAGE_TRUNCATE: which file */
	char call[24];			/* that failed; "": the step's */
	char text[512];
};

/* Sends one.  -1: no process reads any more.  Async-signal-safe. */
int	report_send(int channel, const struct report *);

/* Receives one: 1; 0, no process can send any more; -1 with errno. */
int	report_receive(int channel, struct report *);

/* Writes the one message of a failed launch.  Returns the exit status. */
int	report_complain(const struct plan *, const struct report *);

/* For -v: writes a line about a stage that is done. */
void	report_narrate(const struct plan *, const struct report *);

#endif
