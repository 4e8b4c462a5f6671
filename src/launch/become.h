/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that becomes the command. */
#ifndef BECOME_H
#define BECOME_H

#include <sys/types.h>

#include "launch/report.h"
#include "plan/plan.h"

/* What one start needs, and its processes share. */
struct start {
	const struct plan *plan;
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

/* What a process of a start does: it never returns. */
typedef void runner(struct start *);

/*
 * Takes the steps that are no fork, writes pid file and record, and executes
 * the command.  A failure is reported and ends this process.
 * Async-signal-safe, but where channel is -1.
 */
runner	become __attribute__((noreturn));

/* With -v, reports that a stage is done. */
void	stage_done(struct start *, int stage);

/*
 * Reports that a stage has failed, with errno and start->call, and ends this
 * process.  Where the launcher has gone, undoes the launch in its place.
 */
void	stage_failed(struct start *, int stage) __attribute__((noreturn));

#endif
