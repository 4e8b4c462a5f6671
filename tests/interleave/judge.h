/* SPDX-License-Identifier: BSD-2-Clause */
/* What is true of a run.  Each that is not says why in `wrong'. */
#ifndef INTERLEAVE_JUDGE_H
#define INTERLEAVE_JUDGE_H

#include "interleave.h"

/* Returns false. */
bool	is_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* The command that runs, or NULL. */
const struct proc *command_of(const struct world *);

/* The pid in the pid file; 0: none; -1: there is no file. */
pid_t	pid_in_file(const struct world *);

/*
 * It runs, launched by that actor, and its files are right.  killed: what
 * launched it may not have said so.
 */
bool	runs(const struct world *, int actor, bool killed);
bool	runs_of(const struct world *, int actor);

/* No process is left, and no file; ended: but for the record of that. */
bool	none_is_left(const struct world *, bool ended);

/* Its exit status is one of these; -1 ends them. */
bool	said(const struct world *, int actor, ...);

#endif
