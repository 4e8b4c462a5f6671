/* SPDX-License-Identifier: BSD-2-Clause */
/* One start: the forks that lead to the daemon's process. */
#ifndef START_H
#define START_H

#include <sys/types.h>

#include "plan/plan.h"

/* What one start needs, and its processes share. */
struct start {
	struct plan *plan;		/* changed by a later start only */
	bool anew;			/* a supervisor's, after the first:
					   opens the files itself */
	int channel;			/* to report by; -1: this process is
					   the one that the caller waits for */
	int listener;			/* the launcher's end of it, or -1 */
	const char *call;		/* that failed; NULL: the step's */
	int fd;				/* of the file that was not truncated */
	/*
	 * The daemon's pid, or 0.  The daemon itself sets it, in the memory
	 * that it shares with the launcher, and sends it by the channel: a
	 * daemon that was forked apart has its own memory, and valgrind and
	 * qemu-user make a fork(2) of a vfork(2).
	 */
	volatile pid_t pid;
};

/*
 * Forks the intermediate, or where the plan has no background the daemon.
 * Returns its pid; without any fork becomes the command.  A failure is reported
 * and ends the process; but of a supervisor's later start, -1 is returned with
 * errno of fork(2).
 */
pid_t	start_daemon(struct start *);

#endif
