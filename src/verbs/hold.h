/* SPDX-License-Identifier: BSD-2-Clause */
/* Holding the processes of an instance, for the verbs that act on them. */
#ifndef HOLD_H
#define HOLD_H

#include <stdbool.h>

#include "instance/find.h"
#include "instance/instance.h"

/* An instance, and pidfds of its processes, or -1. */
struct held {
	struct instance_status found;
	int command;
	int supervisor;
	int record;			/* open for reading, or -1 */
};

/*
 * Find the instance, and hold its processes by pidfds (pidfd_open(2)), which
 * never stand for another process.  Return false if it does not run, or its
 * state is not known.  Call held_release in any case.
 */
bool	hold(const char *path, struct held *);
void	held_release(const struct held *);

/*
 * Report a guess or an unknown state.  Return STATUS_DONE, without a message,
 * for an instance that does not run.  sig is the signal for the kill command in
 * the message; "" stands for the default one, and NULL for no command.
 */
int	refuse(const char *verb, const char *path,
	    const struct instance_status *, const char *sig);

/* Report an instance that does not run.  Return STATUS_NOT_RUNNING. */
int	refuse_dead(const char *verb, const char *path);

/*
 * Write the word for the supervisor, and wake it up.  Return 1; 2 if the record
 * cannot be written, so that --stop has sent TERM instead; 0 if the instance has
 * changed, so that it has to be found again; -1 after a message.
 */
int	ask_supervisor(const char *verb, const char *path, const struct held *,
	    enum request);

#endif
