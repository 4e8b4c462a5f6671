/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of a launch, and their end. */
#ifndef END_H
#define END_H

#include <sys/types.h>

#include <stdbool.h>

#include "process/stop.h"
#include "ready/wait.h"

struct family {
	pid_t child;			/* the process that the launcher forked:
					   intermediate or daemon */
	pid_t daemon;			/* 0: not known yet */
	bool grouped;			/* child leads a group and a session */
	bool had_children;		/* the caller may have left the launcher
					   some */
	const struct process_id *excluded;	/* or these, if not NULL */
	size_t nexcluded;
};

/* Has this process children that have not been reaped? */
bool	has_children(void);

/* Kills those that are known by now, and their group. */
void	kill_family(const struct family *);

/* waitpid(2) for that child, or -1 for any: again after an interrupt. */
pid_t	await_child(pid_t, int *status);

/*
 * Waits for the end of a child and reaps it.  Returns the signal that killed
 * it, or 0; -1: there is no such child.
 */
int	await_end(pid_t);

/*
 * Waits for the end of all, one of which may not be known.  Returns the signal
 * that killed one of them, or 0.
 */
int	await_family(const struct family *);

/*
 * Terminates a daemon that is not ready, and all that it has started, by the
 * schedule stop_with.  A signal that ends the wait starts its next stage.
 */
void	end_daemon(const struct family *, const struct wait *,
	    const char *stop_with);

/*
 * Terminates the targets, and reaps all children that end.  Each signal in the
 * signalfd(2) interrupts (or -1) starts the next stage.  name is for the
 * progress on a terminal.
 */
enum stop_result end_targets(const struct targets *, const struct schedule *,
	    int interrupts, const char *name);

/* Ends this process by a signal, as the caller expects of ^C. */
void	end_by(int sig);

#endif
