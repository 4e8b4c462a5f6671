/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be done: all that can be looked up, opened and checked before. */
#ifndef PLAN_H
#define PLAN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "identity.h"
#include "options.h"
#include "instance.h"
#include "steps.h"

/* What the caller had and the command may be asked to keep. */
struct caller {
	sigset_t mask;
	bool sigchld_ignored;
};

struct plan {
	struct steps steps;
	struct caller caller;

	struct identity identity;
	const char *root;		/* NULL: no chroot */
	int root_fd;			/* the same, O_PATH, or -1 */
	bool no_new_privs;

	const char *pidfile;		/* the path, or NULL */
	bool named;			/* its directory is made for it */
	const char *lockfile;
	struct instance instance;	/* the same, opened */

	int stdio[3];			/* becomes 0, 1, 2; -1: keep */
	bool truncate[3];
	bool created[3];		/* the file was not there before */

	int channel[2];			/* the report pipe, if it forks */
	int *spare;			/* what step fds leaves, ascending */
	size_t nspare;

	const char *command;		/* as the user said it */
	char *path;			/* what is executed */
	char **argv;
	char **shell_argv;		/* the same, run by /bin/sh */
	char **env;

	bool if_not_running;
	bool verbose;
};

/*
 * Fills the plan from the config and the caller's state; touches no file.
 * Returns STATUS_DONE, or the status to exit with after a message.
 * What the plan points to lives until the process ends.
 */
int	plan_make(struct plan *, const struct config *, const struct caller *);

/*
 * Opens the plan's files: lock and pid file first, so that a launch that is
 * refused has touched no other.  Returns as plan_make; with STATUS_RUNNING,
 * or with STATUS_DONE and *running, another one runs.  After anything but
 * success all is undone.
 */
int	plan_open(struct plan *, bool *running);

/* Removes the files that a failed launch has made. */
void	plan_undo(const struct plan *);

/* Does the launch fork, so that a launcher is there to wait and to report? */
bool	plan_forks(const struct plan *);

#endif
