/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a supervised daemon. */
#ifndef DETACH_H
#define DETACH_H

#include "plan/plan.h"

/*
 * Leave a supervisor that launches the command, and wait until the command is
 * ready.  Return, in the launcher, the status to exit with.  If it is not
 * STATUS_DONE, a message was printed and nothing is left behind.
 * In the foreground, this process is the supervisor: return at the end, with
 * the status of the command.
 */
int	supervise(struct plan *);

#endif
