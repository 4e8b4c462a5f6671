/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending the run of a supervised instance, and beginning the next. */
#ifndef AGAIN_H
#define AGAIN_H

#include "cli/options.h"

/*
 * Has the supervisor of the config's pid file start the next run, and ends the
 * present one by the default schedule.  Returns when the next has been
 * executed: the status to exit with, after a message where that is not
 * STATUS_DONE.
 */
int	control_again(const struct config *);

#endif
