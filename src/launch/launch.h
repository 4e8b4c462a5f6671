/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a daemon. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "plan/plan.h"

/*
 * Launches, with all signals held.  Returns in the launcher only, with the
 * status to exit with: STATUS_DONE when the command has been executed; else
 * the reason has been told and all has been undone.  Without a fork, a failure
 * exits with that status and success does not return.
 */
int	launch(const struct plan *);

#endif
