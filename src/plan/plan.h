/* SPDX-License-Identifier: BSD-2-Clause */
/* What will be done: all that can be looked up and checked before. */
#ifndef PLAN_H
#define PLAN_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "log/log.h"
#include "plan/environment.h"
#include "plan/identity.h"
#include "ready/method.h"
#include "steps/step.h"

/* What the caller had and the command may be asked to keep. */
struct caller {
	sigset_t mask;
	bool sigchld_ignored;
};

/* Const once it is made; what it points to lives until the process ends. */
struct plan {
	const struct config *config;	/* what was said */
	struct steps steps;		/* for a supervisor with absolute
					   paths */
	struct caller caller;
	sigset_t interrupts;		/* INT, QUIT and TERM, except those
					   that the caller ignores or blocks */
	struct identity identity;
	const char *root;		/* NULL: no chroot */
	char *path;			/* what is executed */
	char **argv;
	char **shell_argv;		/* the same, run by /bin/sh */
	char **env;			/* without what is next */
	const char **env_files;		/* with a NULL at the end */
	struct variables first;		/* of the first run */
	bool supervised;		/* a supervisor stays */
	bool tree;			/* it ends what a run leaves behind */
	const char *stop_with;		/* a schedule, for all that is ended */
	const char *log_path;		/* of a file: absolute; or NULL */
};

/*
 * Fill the plan from the config and the caller's state.  Leave nothing open,
 * and create no file.  Return STATUS_DONE, or the status to exit with after a
 * message.
 */
int	plan_make(struct plan *, const struct config *, const struct caller *);

/* Why pid 1 of a namespace must not fork and exit: that kills the others. */
extern const char init_fault[];

/* Does the launch fork, so that a launcher is there to wait and to report? */
bool	plan_forks(const struct plan *);

/*
 * Do the launcher and the daemon share memory until the exec (vfork(2))?  Not
 * with another user, who may stop or trace the daemon; not if the wait for it
 * may be ended by a time-out; and not with a supervisor, which goes on.
 */
bool	plan_shares_memory(const struct plan *);

#endif
