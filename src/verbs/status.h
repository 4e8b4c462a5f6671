/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs: one instance, or all that have a name. */
#ifndef STATUS_H
#define STATUS_H

#include "cli/options.h"

/*
 * Prints a line, or with --json an object, of the instance of the config's pid
 * file: its name (or the path), pid, user, start, command.
 * Returns the LSB's statuses: STATUS_DONE, it runs; STATUS_DEAD, it does not,
 * but its file is there; STATUS_NOT_RUNNING; STATUS_UNKNOWN after a message.
 */
int	status_show(const struct config *);

/* The same for each of this user's named instances, in a list. */
int	status_list(const struct config *);

#endif
