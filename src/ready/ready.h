/* SPDX-License-Identifier: BSD-2-Clause */
/* Has it really started?  Waiting for what the user takes for readiness. */
#ifndef READY_H
#define READY_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>

#include "ready/endpoint.h"
#include "ready/notify.h"
#include "ready/readiness.h"
#include "ready/watch.h"

/* What a launch opens for it. */
struct ready {
	struct readiness want;
	int pipe;			/* what fd:N is read from, or -1 */
	struct notify_socket notify;
	struct watch watch;
	struct endpoint endpoint;
	off_t log_start;		/* of what the command writes to
					   stderr's file; -1: it is no file */
	bool has_children;		/* the launcher had some before */

	/* While it is waited for. */
	long long alive_until;		/* by now_ms() */
	struct notice notice;
	struct pollfd poll;		/* what tells when to look again */
	bool closed;			/* fd:N ended without a newline */
};

struct plan;

/*
 * In the launcher, whose child the daemon pid is and which has its signals
 * blocked: waits until it is ready.  session is the one that it was started
 * in.  Returns STATUS_DONE, or another status after a message: then nothing is
 * left of it.  Where INT, QUIT or TERM comes meanwhile, likewise, and the
 * launcher ends by that signal.
 */
int	ready_wait(const struct plan *, pid_t pid, pid_t session);

/* The message of a command that is not ready in time, executed or not yet. */
void	ready_complain_late(const struct plan *);

/* Ends this process by a signal, as the caller expects of ^C. */
void	end_by(int sig);

#endif
