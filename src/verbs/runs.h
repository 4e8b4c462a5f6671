/* SPDX-License-Identifier: BSD-2-Clause */
/* The runs of a supervised instance, as --status and --list print them. */
#ifndef RUNS_H
#define RUNS_H

#include "instance/find.h"

/* Each prints nothing for an instance without a supervisor. */

/* `, supervisor 810, run 3`, or that the supervisor has ended. */
void	runs_print_supervisor(const struct instance_status *);

/* The same, how the last run ended, and when the next one starts. */
void	runs_print_waiting(const struct instance_status *);

/* How the last run ended. */
void	runs_print_last(const struct instance_status *);

/* A line for each run that has ended, the newest first. */
void	runs_print_past(const struct instance_status *);

/* The members supervisor, runs, restart_ms and past. */
void	runs_print_json(const struct instance_status *);

#endif
