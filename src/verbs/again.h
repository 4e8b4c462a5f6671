/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending the run of a supervised instance, and beginning the next. */
#ifndef AGAIN_H
#define AGAIN_H

#include "cli/options.h"

/*
 * Ask the supervisor of the config's pid file to start the next run, and end
 * the present one by the default schedule.  Return the status to exit with,
 * when the next run has been executed, or after a message.
 */
int	control_again(const struct config *);

#endif
