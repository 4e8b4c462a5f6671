/* SPDX-License-Identifier: BSD-2-Clause */
/* What a step needs of the tracer. */
#ifndef INTERLEAVE_TRACE_H
#define INTERLEAVE_TRACE_H

#include "interleave.h"

/* How long a process may take to its next stop. */
#define LIMIT_S		10

/* Writes to the memory of a process. */
void	poke(pid_t, uint64_t address, const void *from, size_t size);

/* After an execve(2): it asks the clock by a system call. */
void	hide_vdso(pid_t);

/* The call is not made, and returns that. */
void	answer(pid_t, long result);

/* Resumes it, with that signal. */
void	go_on(struct proc *, int request, int sig);

void	is_gone(struct world *, int, int status);

/* Returns when all are stopped. */
void	settle(struct world *);

#endif
