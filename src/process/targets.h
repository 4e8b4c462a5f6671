/* SPDX-License-Identifier: BSD-2-Clause */
/* Which processes are to be terminated. */
#ifndef TARGETS_H
#define TARGETS_H

#include <sys/types.h>

#include <stdbool.h>

/* The name of a process: its pid may be re-used, the two together not. */
struct identified {
	pid_t pid;
	unsigned long long started;	/* 0: unknown, without /proc */
};

/* The processes to terminate. */
struct targets {
	enum {
		TARGET_ONE,		/* pid alone */
		TARGET_SESSION,		/* pid, and all of the session */
		TARGET_DESCENDANTS	/* pid, and all descendants of this
					   process, which is their subreaper */
	} scope;
	pid_t pid;			/* 0: none, the scope says it all */
	int pidfd;			/* of pid; -1: pid is a child of this
					   process, so that stop_all opens it */
	pid_t session;
	uid_t only;			/* SESSION: processes of this user
					   alone; 0: of any */
	const char *name;		/* for the progress on a terminal */
	/*
	 * DESCENDANTS: the children that are no targets, with what descends
	 * from them; the last one has pid 0.  NULL: there are no such children.
	 */
	const struct identified *others;
	int skip_fd;			/* -1, or a non-blocking signalfd(2):
					   each signal starts the next stage */
};

/*
 * Lists processes that may be targets: all that /proc shows; where /proc cannot
 * be used (*proc is false), those that are.  Returns the number of them, and an
 * array to free(3); -1 with errno.
 */
ssize_t	targets_list(const struct targets *, bool *proc, pid_t **pids);

/*
 * Is the process id->pid a target?  Sets id->started.  1, 0, or -1 with errno
 * where that cannot be seen.
 */
int	target_is(const struct targets *, bool proc, struct identified *);

/*
 * The children of this process, as others has them, with room for one more.
 * *end is the place of that.  An array to free(3), or NULL with errno.
 */
struct identified *targets_children(struct identified **end);

/* Is it a child of this process?  By waitid(2), without /proc. */
bool	target_is_child(pid_t);

#endif
