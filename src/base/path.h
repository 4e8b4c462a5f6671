/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in other users' directories.
 *
 * For root, a path has two parts.  Root's part is walked a name at a time, and
 * nothing in it is believed that another user can have put there.  The part of
 * an ordinary user begins with the first directory or symbolic link that
 * belongs to that user.  From there on, that user's rights decide: root can do
 * there what the user can do.
 * For any other user, the kernel follows the path by its own rules.
 *
 * All this is for a process with one thread.  After an error, *reason is a
 * string that the next call overwrites.
 */
#ifndef PATH_H
#define PATH_H

#include <sys/stat.h>
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
struct at {
	int dir;			/* O_PATH, close-on-exec; -1: none */
	uid_t user;			/* the rights it is used with */
	bool created;			/* path_open has made the file */
	char name[NAME_MAX + 1];	/* without a slash */
};

/*
 * Find the directory and the name of a file of our own, such as a pid file.  A
 * link of that name is not followed.  A user in whose part the directory lies
 * must be allowed to create files in it; then it is used with root's rights:
 * the caller refuses a file there that is not its own.  The caller closes
 * at->dir.
 * Return 0, or -1 with errno and *reason, at->dir being -1.
 */
int	path_find(struct at *, const char *path, const char **reason);

/*
 * Open path as open(2) does, with O_CLOEXEC and O_NOCTTY in addition.  O_TRUNC
 * is not allowed: the caller truncates what was opened.  A new file in root's
 * part is given to the owner.
 * A name of one of the caller's descriptors, as /dev/stdout, is duplicated:
 * at->dir is -1 then, and the flags stay as they are.  Else at is the place
 * that the path leads to, and the caller closes at->dir.  Without /proc, it may
 * be that of a link to the file (path_is_current).
 * Return a descriptor, or -1 with errno and *reason, at->dir being -1.
 */
int	path_open(struct at *, const char *path, int flags, mode_t mode,
	    const struct owner *, const char **reason);

/*
 * Write the path as seen from any directory, with root's links followed; a
 * user's part is as it was said.  Return 1 if an ordinary user can change what
 * root finds by it, 0, or -1 with errno.  Without /proc, it is "".
 */
int	path_resolve(const char *path, char whole[static PATH_MAX]);

/*
 * Set *user to the ordinary user who can change what root finds by the path, if
 * it is followed; to UNMAPPED in a directory that others can write, and to 0 if
 * none can.  Return 0, or -1 with errno.
 */
int	path_user(const char *path, uid_t *user);

/* Make a directory, or remove an empty one.  Return 0, or -1 with errno. */
int	path_directory(const char *path, bool make, mode_t mode);

/* fstat(2), but files on a FUSE mount belong to the user who mounted it. */
int	path_stat(int fd, struct stat *);

/* Is the name one of the open file fd?  Return 1, 0, or -1 with errno. */
int	path_is_current(const struct at *, int fd);

/*
 * Remove the name, if it still is one of the open file fd.  Return 0, also if
 * it is gone or another file's, or -1 with errno of unlinkat(2).
 */
int	path_unlink(const struct at *, int fd);

/*
 * Give a new file to its owner.  A caller without the privilege fails at the
 * change of user instead.  Return 0, or -1 with errno of fchown(2).
 */
int	path_give(int fd, const struct owner *);

#endif
