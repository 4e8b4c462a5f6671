/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting until a daemon is ready. */
#ifndef WAIT_H
#define WAIT_H

#include <limits.h>
#include <stddef.h>

#include "ready/method.h"

/* Room for why a daemon is not ready: a path, and what the command said. */
#define WAIT_REASON_SIZE	(PATH_MAX + sizeof(struct notice) + 256)

/*
 * Waits in one loop for three things: an answer of the method, a signal (the
 * daemon's end is a SIGCHLD), and the time-out.  All signals are blocked, and
 * the first seven members of wait are set.
 * Returns STATUS_DONE; or STATUS_ENDED, STATUS_TIMED_OUT or STATUS_FAILED with
 * the reason: then the caller terminates the daemon.  wait->interrupted is the
 * signal that ended the wait, or 0.  The caller closes wait->signals.
 */
int	ready_wait(struct wait *, char *reason, size_t size);

/* Why a command is late, executed or not yet. */
void	ready_describe_late(const struct readiness *, char *reason,
	    size_t size);

#endif
