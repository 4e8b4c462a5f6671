/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of --ready: what they need, and what they say. */
#ifndef METHOD_H
#define METHOD_H

#include <sys/types.h>

#include <limits.h>

#include "ready/ready.h"

#define NEVER	LLONG_MAX

/* What a method says when it is asked; an error comes with errno. */
enum answer { ANSWER_ERROR = -1, ANSWER_NOT_YET, ANSWER_READY };

/* The wait: for whom, and what has become of it. */
struct wait {
	const struct plan *plan;
	struct ready *ready;
	pid_t pid;
	pid_t session;
	int signals;			/* a signalfd(2) */
	long long deadline;		/* by now_ms() */
	long long due;			/* when the method is to be asked */
	long long tell;			/* when the user is to be told */
	pid_t stranger;			/* whose message was the last ignored */
};

/*
 * Looks up a host's addresses; makes the pipe of fd:N, whose other end is the
 * descriptor N from then on: before anything else is opened, which could be N.
 * Returns STATUS_DONE, or another status after a message; so does method_open.
 */
int	method_prepare(struct ready *, const struct readiness *);

/*
 * Opens what else the method needs; refuses a port or socket that somebody
 * serves already.  After the files and the instance, before the first fork.
 */
int	method_open(struct plan *);

/* Removes what method_open has made. */
void	method_close(const struct ready *);

/* Is the daemon ready?  Sets what to poll for, and when to ask again. */
enum answer	method_ask(struct wait *);

#endif
