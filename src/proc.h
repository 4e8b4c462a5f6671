/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of a process (proc(5)); the only code that reads it. */
#ifndef PROC_H
#define PROC_H

#include <sys/types.h>

#include <stdbool.h>
#include <time.h>

/*
 * Has it executed a program since it was forked?  1 yes, 0 no, -1 with errno
 * where it cannot be seen (ENOENT: no such process, or no /proc).  Also true
 * of a zombie: the answer stays after death until it is reaped.
 */
int	proc_executed(pid_t);

/*
 * When it started, by the real-time clock.  -1 with errno; ESRCH for a zombie.
 */
int	proc_started(pid_t, struct timespec *);

/*
 * Does it look like a run of command (a path): its executable, its name, or
 * one of its arguments as for a script?
 */
bool	proc_runs(pid_t, const char *command);

#endif
