/* SPDX-License-Identifier: BSD-2-Clause */
/* Holding the processes of an instance, for the verbs that act on them. */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>

#include "instance/find.h"
#include "instance/instance.h"

/* An instance, and pidfds that never stand for another process; or -1. */
struct held {
	struct found found;
	int command;
	int supervisor;
	int record;			/* open for reading, or -1 */
};

/*
 * Finds the instance, and holds its processes by pidfds (pidfd_open(2)).
 * False: it does not run, or that is not known.  held_release is due either
 * way.
 */
bool	hold(const char *path, struct held *);
void	held_release(const struct held *);

/*
 * Reports an unknown state; STATUS_DONE, without a message, for an instance
 * that does not run.  sig is NULL where no signal was to be sent; "": the
 * default one.
 */
int	refuse(const char *verb, const char *path, const struct found *,
	    const char *sig);

/* Reports an instance that does not run.  Returns STATUS_NOT_RUNNING. */
int	refuse_dead(const char *verb, const char *path);

/*
 * Writes the word for the supervisor, and wakes it up.  1; 0, the instance has
 * changed, so look again; -1 after a message.
 */
int	ask_supervisor(const char *verb, const char *path, const struct held *,
	    enum word);

#endif
