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
	bool is_terminal[3];
	int *fds;			/* above 2, but the lock file's */
	bool *terminals;		/* which of them are */
	size_t nfds;
};

/*
 * Read them; lockfile, or NULL, is one whose descriptor is meant to be open.
 * What is allocated is used until the process ends.
 * Return -1 if there is no such process, or /proc does not show it.
 */
int	facts_read(struct facts *, pid_t, const char *lockfile);

#endif
