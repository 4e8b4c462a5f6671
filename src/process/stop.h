/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating processes by a schedule of signals. */
#ifndef STOP_H
#define STOP_H

#include <sys/types.h>

#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>

#include "process/schedule.h"
#include "process/set.h"
#include "process/targets.h"

enum stopped { STOPPED_PENDING, STOPPED_GONE, STOPPED_SURVIVED, STOPPED_ERROR };

/*
 * Sends the signals of the schedule, one after the other, until all targets
 * are gone; returns at that moment.  SIGCONT follows each signal, since a
 * stopped process acts upon none but SIGKILL.  Processes that join the targets
 * meanwhile are signalled, too.  Each is held by a pidfd (pidfd_open(2)) while
 * it is identified and signalled, so that a re-used pid does no harm.  A
 * zombie is gone; descendants are reaped, and gone when the kernel says that
 * there is none.
 * STOPPED_ERROR: *call and errno say which call failed and why.
 */
enum stopped	stop_all(const struct targets *, const struct schedule *,
		    const char **call);

/* The same, step by step, for a process that has other things to do. */
struct stop {
	struct targets targets;
	struct schedule schedule;
	struct set set;			/* fds[1] to [n] are for poll(2): with
					   an event, a step is due */
	long long end;			/* or at that time of now_ms(); without
					   such descriptors, at once */
	size_t stage;
	int looks;			/* of this stage */
	bool late;			/* its last one */
	int given;			/* the targets' pidfd */
	struct rlimit files;		/* the limit before */
	bool raised;
};

/*
 * Begins; a stop_step is due at once.  -1 with errno of pidfd_open(2).  The
 * limit of descriptors is raised until stop_finish, which is due either way.
 */
int	stop_begin(struct stop *, const struct targets *,
	    const struct schedule *);

/* Does what is due.  STOPPED_PENDING: wait, and call it again. */
enum stopped	stop_step(struct stop *);
void	stop_finish(struct stop *);

/*
 * Where pidfds cannot be used: kills those targets that are children of this
 * process, and their children as they become its own.  The pid of a child is
 * not re-used until it has been reaped.  Gives up after a few seconds.
 */
void	stop_children(const struct targets *);

/*
 * After pidfd_send_signal(2) has failed: what a message names.  That is the
 * signal, or the call where a filter denies it altogether.  Keeps errno.
 */
const char	*stop_refusal(int sig);

#endif
