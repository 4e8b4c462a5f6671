/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor's life. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "plan/plan.h"

/*
 * Launches the command from this process, and supervises it.  verdict is a
 * pipe that a byte is written to when the command is ready, and then closed;
 * or -1.  Returns the exit status: of a launch that has failed, after a
 * message, and nothing is left behind; else of the last run.
 */
int	supervisor_run(struct plan *, int verdict);

#endif
