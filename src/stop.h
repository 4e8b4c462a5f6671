/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending processes by a schedule of signals. */
#ifndef STOP_H
#define STOP_H

#include <sys/types.h>

#include "schedule.h"

/* Who is to end. */
struct victims {
	enum {
		VICTIM_ONE,		/* pid alone */
		VICTIM_SESSION,		/* all of the session */
		VICTIM_DESCENDANTS	/* of this process, as whose child pid
					   began: it is the reaper of them */
	} who;
	pid_t pid;
	int pidfd;			/* of pid */
	pid_t session;
	const char *name;		/* for the progress on a terminal */
	int hurry;			/* -1, or the next stage starts when
					   this signalfd(2) has a signal */
};

/* What has become of them. */
enum stopped { STOPPED_GONE, STOPPED_SURVIVED, STOPPED_ERROR };

/*
 * Sends them the signals of the schedule, one after the other, until all are
 * gone; returns at the moment when the last one is.  Each is held by a pidfd
 * (pidfd_open(2)), so that no other process can be meant; who joins them
 * meanwhile is told as well.  A zombie is gone; descendants are reaped, and
 * gone when the kernel says that there is none.
 * STOPPED_ERROR: after a message of the step `stop`.
 */
enum stopped	stop_all(const struct victims *, const struct schedule *);

#endif
