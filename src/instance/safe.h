/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in directories of other users.
 *
 * Root follows a symbolic link of an ordinary user to a file or directory of
 * that user only, and opens a file that has a second name (a hard link) only
 * where no third user can have made that name.  What was opened is used by
 * descriptor from then on, never by its path again: the path may lead
 * elsewhere a moment later.
 * For other users, the kernel's own permissions decide.
 */
#ifndef SAFE_H
#define SAFE_H

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>

/* What a new file is given to. */
struct owner {
	bool change;			/* else it is this process's */
	uid_t uid;
	gid_t gid;
};

/* A name in a directory that is held open. */
struct place {
	int dir;			/* O_PATH, close-on-exec, or -1 */
	char base[NAME_MAX + 1];	/* without a slash */
};

/*
 * Finds the directory that path leads to, and the name in it: a link of that
 * name is not followed.  The caller closes place->dir.
 * -1 with errno, place->dir being -1: *reason says why (a constant string, or
 * strerror(3)'s).
 */
int	safe_place(struct place *, const char *path, const char **reason);

/*
 * Opens path as open(2) does, with O_CLOEXEC and O_NOCTTY in addition, and
 * follows a link that path itself is, too.  O_TRUNC has no effect on a file
 * that exists: the caller truncates what was opened.  Sets place to the
 * directory and the name that were arrived at; with O_CREAT, *created says
 * whether this call made the file.  The caller closes place->dir, also after an
 * error.
 * A descriptor, or -1 with errno and *reason as above.
 */
int	safe_open(struct place *, const char *path, int flags, mode_t mode,
	    bool *created, const char **reason);

/*
 * Gives a new file to its owner, as if that had made it: it may want to rotate
 * it.  A caller without the privilege fails at the change of user instead.
 * -1 with errno of fchown(2).
 */
int	safe_give(int fd, const struct owner *);

/*
 * Removes the name, if it still is a name of the open file fd.  0, also where
 * it is gone or another file's; -1 with errno of unlinkat(2).
 */
int	safe_unlink(const struct place *, int fd);

/* Is the name one of the open file fd: 1, 0; -1 with errno. */
int	safe_is_current(const struct place *, int fd);

#endif
