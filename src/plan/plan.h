/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be done: all that can be looked up, opened and checked before. */
#ifndef PLAN_H
#define PLAN_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "base/path.h"
#include "cli/options.h"
#include "instance/instance.h"
#include "log/log.h"
#include "plan/identity.h"
#include "ready/method.h"
#include "steps/step.h"

/* What the caller had and the command may be asked to keep. */
struct caller {
	sigset_t mask;
	bool sigchld_ignored;
};

struct plan {
	struct steps steps;
	struct caller caller;
	sigset_t interrupts;		/* INT, QUIT and TERM, but those that
					   the caller ignores or blocks; only
					   where a wait can be ended */

	struct identity identity;
	const char *root;		/* NULL: no chroot */
	int root_fd;			/* the same, O_PATH, or -1 */
	bool no_new_privs;

	const char *pidfile;		/* the path, or NULL */
	bool named;			/* its directory is made for it */
	const char *lockfile;
	struct instance *instance;	/* the same, opened, or NULL */

	bool supervised;		/* a supervisor stays */
	const struct policy *policy;	/* its policy */
	bool tree;			/* it ends what a run leaves behind */
	const char *stop_with;		/* a schedule, for all that is ended */
	const char *log_path;		/* absolute, of a file; or NULL */
	struct log log;
	struct process_id *excluded;	/* its children that are not of the
					   command's; the last one is the
					   logger; or NULL */
	size_t nexcluded;

	bool append;
	bool served;			/* a server has some of the files */
	bool files_open;
	int stdio[3];			/* becomes 0, 1, 2; -1: keep */
	bool truncate[3];
	struct at made[3];		/* of a new file; its dir, or -1 */
	off_t log_start;		/* of what the command writes to
					   stderr's file; -1: it is no file */

	int lock;			/* of the lock file, opened */
	struct descriptors spare;	/* what step fds leaves open */

	const char *command;		/* as the user gave it */
	char *path;			/* what is executed */
	char **argv;
	char **shell_argv;		/* the same, run by /bin/sh */
	char **env;
	bool clear_env;
	const char *const *changes;	/* of the environment, as given */
	size_t nchanges;

	struct ready ready;

	bool if_not_running;
	bool replace;
	bool stopped;			/* the instance that is replaced */
	bool verbose;
};

/*
 * Fills the plan from the config and the caller's state.  Opens nothing that
 * stays open but the root directory and the descriptor of --ready=fd:N, and
 * creates no file.
 * Returns STATUS_DONE, or the status to exit with after a message.
 * What the plan points to lives until the process ends.
 */
int	plan_make(struct plan *, const struct config *, const struct caller *);

/*
 * Open what the plan needs: the lock, the pid file and the record; the files
 * for 0, 1 and 2, of which none is truncated yet; both, the instance first, so
 * that a launch that is refused has touched no other file; what --ready is
 * seen by.
 * Each returns as plan_make; plan_open_instance STATUS_RUNNING where another
 * one runs, without a message where the plan says so.  After anything but
 * STATUS_DONE plan_undo is due.
 */
int	plan_open_instance(struct plan *);
int	plan_open_files(struct plan *);
int	plan_open(struct plan *);
int	plan_open_ready(struct plan *);

/*
 * In the foreground no other process keeps the caller's stdout and stderr for
 * messages: keeps copies of those that the command does not get.  As above.
 */
int	plan_open_messages(struct plan *);

/*
 * For --replace, before the old instance is stopped: opens the files, takes
 * the lock file's lock if no process holds it, and sees whether the pid file
 * can be used.  As above.
 */
int	plan_try(struct plan *);

/*
 * For a supervisor, after each start: closes what only that needed, and makes
 * the plan one of a later start.  What stays open is what the user has asked to
 * keep, the lock of the lock file, the directory of the instance, and two of
 * the supervisor's own (or -1).  -1 with errno (ENOMEM).
 */
int	plan_settle(struct plan *, int own, int other);

/* Leaves the open instance to the process of the next start.  As above. */
int	plan_spare_instance(struct plan *);

/*
 * In the process of a later start: opens the root and the files anew, by their
 * paths; none is truncated.  As above.
 */
int	plan_reopen(struct plan *);

/*
 * Empties the output files, once a launch.  -1 with errno of ftruncate(2), and
 * *fd is the descriptor of the file.  Async-signal-safe.
 */
int	plan_truncate(const struct plan *, int *fd);

/* Removes the files that a failed launch has made.  Async-signal-safe. */
void	plan_undo(const struct plan *);

/*
 * Is one of the plan's files on a file system of a server, which may not
 * answer: FUSE, NFS, SMB, 9P, Ceph?
 */
bool	plan_is_served(const struct plan *);

/* Why pid 1 of a namespace must not fork and exit: that kills the others. */
extern const char init_fault[];

/* Does the launch fork, so that a launcher is there to wait and to report? */
bool	plan_forks(const struct plan *);

/*
 * Does the daemon get memory of its own, by fork(2)?  With another user, since
 * that user may stop or trace it; where the wait for it may be ended by a
 * time-out; and with a supervisor, which goes on.  Else it borrows the
 * launcher's, by vfork(2), until the exec.
 */
bool	plan_is_apart(const struct plan *);

#endif
