/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is not a launch, and changes nothing.  Each prints on stdout and returns
 * the status to exit with, after a message if that is STATUS_FAILED.
 */
#ifndef VERBS_H
#define VERBS_H

#include <stdbool.h>

#include "cli/options.h"
#include "plan/plan.h"

/* Print what a launch of the plan would do, as text or as JSON. */
int	explain(const struct plan *, bool json);

/* Print a systemd.service(5) that launches what the plan launches. */
int	explain_unit(const struct plan *);

/*
 * Is it a proper daemon?  Print nine rows for the process of the config's pid
 * file, name or operand.  Expect the config's steps; if the user said nothing,
 * what a daemon can have: a umask that lets others write nothing, output to
 * any file but a terminal.
 * STATUS_DONE: all ok; STATUS_BAD: some are BAD; STATUS_NOT_RUNNING.
 */
int	check(const struct config *);

/*
 * Print the state of the config's instance, as a line or as JSON.
 * These are the LSB's: STATUS_DONE, it runs; STATUS_DEAD, it does not, but its
 * pid file is there; STATUS_NOT_RUNNING; STATUS_UNKNOWN, after a message.
 */
int	status_show(const struct config *);

/* Print the same for each of this user's named instances. */
int	status_list(const struct config *);

/*
 * Execute tail(1) on the log or the output files of the config's instances.
 * Return STATUS_FAILED after a message.
 */
int	follow_output(const struct config *);

#endif
