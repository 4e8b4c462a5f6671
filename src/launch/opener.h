/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening files of a server that may not answer.
 *
 * A process that waits for FUSE or NFS in open(2) acts on no signal but one
 * that kills it, and once the server has read the request, on none.  So a
 * process of its own waits for the server, and the launcher for that process.
 */
#ifndef OPENER_H
#define OPENER_H

#include "plan/plan.h"

/*
 * Runs open_files(plan) in a process that shares memory and descriptors with
 * this one, and returns its status, after a message.  All signals are held.
 * One of plan->interrupts kills that process: *sig is that signal, or 0, and
 * STATUS_FAILED is returned without a message.
 */
int	opener_run(struct plan *, int (*open_files)(struct plan *), int *sig);

#endif
