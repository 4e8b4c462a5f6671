/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terminating processes by a schedule of signals: the one engine for it.
 *
 * It never blocks and never reaps.  Its user begins, then takes a step whenever
 * stop_poll says so or a child has ended, until the result is not pending:
 *
 *	if (stop_begin(&stop, &targets, &schedule) == 0)
 *		while ((result = stop_step(&stop)) == STOP_PENDING)
 *			poll what stop_poll gives; reap
 *	stop_finish(&stop);
 */
#ifndef STOP_H
#define STOP_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/schedule.h"

/* The kernel's name for a process: the pid alone may be re-used. */
struct process_id {
	pid_t pid;			/* 0: none */
	unsigned long long started;	/* clock ticks since boot */
};

/* The processes to terminate, never this process itself. */
struct targets {
	enum {
		TARGET_ONE,		/* pid alone */
		TARGET_SESSION,		/* pid, and all of the session */
		TARGET_DESCENDANTS	/* pid, and all descendants of this
					   process, which is their subreaper */
	} scope;			/* all but ONE need /proc */
	pid_t pid;			/* signalled first; 0: none */
	int pidfd;			/* of pid, the caller's; -1: pid is a
					   child of this process */
	pid_t session;			/* SESSION */
	uid_t only;			/* of the others, processes of this
					   user alone; 0: of any */
	/*
	 * DESCENDANTS: children of this process that are no targets, nor what
	 * descends from them.  The caller's array, which it may change between
	 * two steps.
	 */
	const struct process_id *excluded;
	size_t nexcluded;
};

enum stop_result { STOP_PENDING, STOP_GONE, STOP_SURVIVED, STOP_FAILED };

/* Few enough for any limit of open files. */
#define STOP_HELD_MAX	128

struct stop {
	struct targets targets;
	struct schedule schedule;
	const char *call;		/* FAILED: that failed, with errno */

	/* The rest is for stop.c alone. */
	size_t stage;
	bool looked;			/* the stage has begun */
	bool late;			/* one more look after its end */
	long long end;			/* of the stage */
	long long next_look;		/* if no target is held */
	int events;			/* epoll(7) of those that are held */
	int held[STOP_HELD_MAX];	/* pidfds of targets that run */
	size_t nheld;
	struct process_id *signalled;	/* by this stage, in order */
	size_t nsignalled;
};

/*
 * Begin; a step is due at once.  Return -1 with errno and call, "/proc", if the
 * scope needs /proc and it cannot be used (ENOENT).  Call stop_finish in
 * any case.
 */
int	stop_begin(struct stop *, const struct targets *,
	    const struct schedule *);

/*
 * Set *fd to what has to be polled (its fd is -1: nothing), and lower *due to
 * the time, by now_ms(), when the next step is due without an event.
 */
void	stop_poll(const struct stop *, struct pollfd *fd, long long *due);

/*
 * Do what is due: send the signal of the stage to each target that has not had
 * it, with SIGCONT, since a stopped process acts upon none but SIGKILL; begin
 * the next stage.  Signal 0 only waits.  Processes that join the targets
 * meanwhile are signalled, too.  A zombie is gone.
 * Return STOP_GONE once all targets are gone, STOP_SURVIVED after the last
 * stage, STOP_FAILED with call and errno.
 */
enum stop_result stop_step(struct stop *);

/* Begin the next stage by the next step. */
void	stop_hurry(struct stop *);

/* The signal of the present stage. */
int	stop_signal(const struct stop *);

/* Release all.  Keep errno. */
void	stop_finish(struct stop *);

/*
 * List the children of this process, in an array to free(3) with room for one
 * more.  Return their number, or -1 with errno.
 */
ssize_t	stop_list_children(struct process_id **);

/*
 * After a signal could not be sent: return what a message names, the signal, or
 * the call if a filter denies it altogether.  Keep errno.
 */
const char *stop_refusal(int sig);

#endif
