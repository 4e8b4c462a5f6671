/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be done: all that can be looked up, opened and checked before. */
#ifndef PLAN_H
#define PLAN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "instance/instance.h"
#include "instance/safe.h"
#include "plan/identity.h"
#include "process/schedule.h"
#include "ready/ready.h"
#include "steps/steps.h"

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
	struct instance *instance;	/* the same, opened, or NULL */

	int stdio[3];			/* becomes 0, 1, 2; -1: keep */
	bool truncate[3];
	struct place made[3];		/* of a new file; its dir, or -1 */

	int lock;			/* of the lock file, opened */
	int channel[2];			/* the report pipe, if it forks */
	int *spare;			/* what step fds leaves, ascending */
	size_t nspare;

	const char *command;		/* as the user said it */
	char *path;			/* what is executed */
	char **argv;
	char **shell_argv;		/* the same, run by /bin/sh */
	char **env;
	bool clear_env;			/* what was said of it */
	const char *const *changes;
	size_t nchanges;

	struct ready ready;
	struct schedule schedule;	/* to end one that is not ready */

	bool if_not_running;
	bool replace;
	bool stopped;			/* the one that is to be replaced */
	bool verbose;
};

/*
 * Fills the plan from the config and the caller's state; touches no file.
 * Returns STATUS_DONE, or the status to exit with after a message.
 * What the plan points to lives until the process ends.
 */
int	plan_make(struct plan *, const struct config *, const struct caller *);

/*
 * Opens what the plan needs, in three parts: the files for 0, 1 and 2, of
 * which none is truncated yet; the lock and the pid file; what the processes
 * of the launch, and the command when it is ready, report by.  The first two
 * go in either order: a launch that may be refused takes the locks first, so
 * that it has touched no other file.
 * Each returns as plan_make; STATUS_RUNNING, or STATUS_DONE and *running,
 * where another one runs.  After anything but success plan_undo is due.
 */
int	plan_open_files(struct plan *);
int	plan_try_lockfile(struct plan *);	/* if nobody holds it now */
int	plan_open_instance(struct plan *, bool *running);
int	plan_open_channel(struct plan *);

/* Removes the files that a failed launch has made. */
void	plan_undo(const struct plan *);

/*
 * What follows the message of a launch that failed: that the instance which
 * it was to replace does not run any more, either.  Returns status.
 */
int	plan_tell_stopped(const struct plan *, int status);

/*
 * Does the daemon get memory of its own, by fork(2)?  With another user, since
 * that user may stop or trace it; and where the wait for it may be ended by a
 * time-out.  Else it borrows the launcher's, by vfork(2), until the exec.
 */
bool	plan_is_apart(const struct plan *);

/*
 * The signals that end a wait of the launcher: INT, QUIT and TERM, but those
 * that the caller ignores or blocks.
 */
void	caller_interrupts(const struct caller *, sigset_t *);

/*
 * The path as seen from any directory, without a ./ that it begins with.  A
 * string to free(3), or NULL with errno, of getcwd(3) or ENOMEM.
 */
char	*plan_absolute(const char *path);

/* Does the launch fork, so that a launcher is there to wait and to report? */
bool	plan_forks(const struct plan *);

#endif
