/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is seen of a live process, for the check of each step.  /proc shows
 * what is now: not what was at the exec, nor which descriptors were inherited.
 */
#ifndef FACTS_H
#define FACTS_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/proc.h"

struct facts {
	pid_t pid;
	struct proc_stat stat;
	struct proc_status status;
	bool leads;			/* its session */
	bool leader_lives;		/* the process that leads it */
	bool same_session;		/* as its parent */
	pid_t supervisor;		/* set by the caller; 0: none known */
	int files_error;		/* errno; 0: what follows is known */
	char cwd[PATH_MAX];
	char stdio[3][PATH_MAX];	/* "": closed */
	int *fds;			/* above 2, but the lock file's */
	bool *terminals;		/* which of them are */
	size_t nfds;
};

/*
 * Reads them; lockfile, or NULL, is one whose descriptor is meant to be open.
 * -1 where there is no such process, or /proc does not show it.
 */
int	facts_read(struct facts *, pid_t, const char *lockfile);

/* Releases what facts_read has allocated. */
void	facts_free(struct facts *);

/* Does a link of /proc/PID/fd lead to a terminal? */
bool	is_terminal(const char *target);

#endif
