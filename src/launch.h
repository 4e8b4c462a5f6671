/* SPDX-License-Identifier: BSD-2-Clause */
/* From the plan to a daemon. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "plan.h"

/*
 * Launches.  Returns in the launcher only, with the status to exit with:
 * STATUS_DONE when the command has been executed; else the reason has been
 * reported and all has been undone.  Without a fork it returns on failure only.
 */
int	launch(const struct plan *);

#endif
