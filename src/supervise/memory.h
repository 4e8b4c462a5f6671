/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a supervisor that waits. */
#ifndef MEMORY_H
#define MEMORY_H

#include <poll.h>

/*
 * Waits as poll(2) does, until due, a time of now_ms(), or NEVER.  When
 * nothing has happened for a moment, gives back the memory that earlier work
 * has left: pages of the stack below the caller's frame, and of the heap.
 * Where poll(2) fails (ENOMEM, EINVAL), waits for a moment, and the first
 * descriptor counts as readable.
 */
void	poll_idle(struct pollfd *, nfds_t, long long due);

#endif
