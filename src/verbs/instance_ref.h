/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of an instance, for the verbs that act on them. */
#ifndef INSTANCE_REF_H
#define INSTANCE_REF_H

#include <stdbool.h>

#include "cli/options.h"
#include "instance/find.h"
#include "instance/instance.h"

/* An instance, and pidfds of its processes, or -1. */
struct instance_ref {
	struct instance_status found;
	int command;
	int supervisor;
	int record;			/* open for reading, or -1 */
	int error;			/* of pidfd_open(2), or 0 */
};

/*
 * Find the instance, and open a pidfd of each of its processes, which never
 * stands for another process.  Return false if it does not run, or its state is
 * not known.  Call close_pidfds in any case.
 */
bool	open_pidfds(const char *path, struct instance_ref *);
void	close_pidfds(const struct instance_ref *);

/*
 * After open_pidfds has returned false: report a guess or an unknown state, and
 * return STATUS_FAILED.  Return STATUS_DONE, without a message, for an instance
 * that does not run.  sig is the signal for the kill command in the message; ""
 * stands for the default one, and NULL for no command.
 */
int	report_unusable(const char *verb, const char *label,
	    const struct instance_ref *, const char *sig);

/*
 * Write the request for the supervisor, and wake it up.  Return 1; 2 if the
 * record cannot be written, so that --stop has sent TERM instead; 0 if the
 * instance has changed, so that it has to be found again; -1 after a message.
 */
int	request_supervisor(const struct config *, const char *verb,
	    const struct instance_ref *, enum request);

/*
 * Wait for the end of a supervisor that has a request.  One that hangs, so that
 * it has not taken the request after 5 s, is killed.  Return 1; 0, it was
 * killed, or a run has begun, so that the instance has to be found again; -1,
 * it still runs after that many milliseconds.
 */
int	await_supervisor(const struct instance_ref *, long long ms);

#endif
