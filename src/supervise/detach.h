/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a supervised daemon. */
#ifndef DETACH_H
#define DETACH_H

#include "plan/plan.h"

/*
 * Makes a supervisor, which launches the command and stays, and waits until
 * the command is ready.  With background, returns in the launcher: the status
 * to exit with, after a message where it is not STATUS_DONE, and then nothing
 * is left behind.  In the foreground this process is the supervisor: returns
 * at the end, with the status of the command.
 */
int	supervise(struct plan *);

#endif
