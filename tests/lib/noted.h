/* SPDX-License-Identifier: BSD-2-Clause */
/* The record of an instance, as a judge reads it. */
#ifndef NOTED_H
#define NOTED_H

#include <sys/types.h>

#include <stdbool.h>

/* What the record beside a pid file says. */
struct noted {
	enum { NOTED_NONE, NOTED_EMPTY, NOTED_GOOD, NOTED_WRONG } what;
	bool locked;		/* a process has its flock(2) */
	bool nowhere;		/* it lacks what its pid is counted in */
	char why[64];		/* WRONG */
	char state[16];
	pid_t pid;
	unsigned long long start;	/* its start tick */
	pid_t supervisor;	/* 0: none */
	unsigned long long supervisor_start;
	char about[4096];	/* what it says of the launch */
};

void	record_of(const char *pidfile, struct noted *);

/* The start tick of a process, as /proc has it; 0: there is none. */
unsigned long long start_of(pid_t);

#endif
