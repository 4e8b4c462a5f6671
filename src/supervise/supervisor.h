/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor's life. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "plan/plan.h"

/*
 * Launch the command from this process, and supervise it.  When the command is
 * ready, write a byte to the pipe verdict (or -1), and close it.
 * Return the exit status of the last run.  If the launch has failed, return its
 * status: a message was printed, and nothing is left behind.
 */
int	supervisor_run(struct plan *, int verdict);

#endif
