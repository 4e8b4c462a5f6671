/* SPDX-License-Identifier: BSD-2-Clause */
/* Is it a proper daemon?  What is seen of a live process, a step a row. */
#ifndef CHECK_H
#define CHECK_H

#include "cli/options.h"

/*
 * Prints nine rows for the process of the config's pid file, name or operand.
 * What is expected are the steps of the config; where the user said nothing,
 * what a daemon can have: a umask that lets others write nothing, output to
 * any file but a terminal.
 * Returns STATUS_DONE: all ok; STATUS_BAD: some are BAD; STATUS_NOT_RUNNING:
 * there is no such process; STATUS_FAILED.
 */
int	check(const struct config *);

#endif
