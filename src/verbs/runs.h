/* SPDX-License-Identifier: BSD-2-Clause */
/* The runs of a supervised instance, as --status and --list print them. */
#ifndef RUNS_H
#define RUNS_H

#include "instance/find.h"

/* Each prints nothing for an instance without a supervisor. */

/* `, supervisor 810, run 3`, or that the supervisor has ended. */
void	runs_print_supervisor(const struct found *);

/* The same, how the last run ended, and when the next one starts. */
void	runs_print_waiting(const struct found *);

/* How the last run ended. */
void	runs_print_last(const struct found *);

/* A line for each run that has ended, the newest first. */
void	runs_print_past(const struct found *);

/* The members supervisor, runs, restart_ms and past. */
void	runs_print_json(const struct found *);

#endif
