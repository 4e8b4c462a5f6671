/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in directories of other users. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "instance/safe.h"
#include "instance/walk.h"

/* A name may be replaced so many times between two looks at it. */
#define TRIES_MAX	1000

/* No descriptor, and no error: the name is to be looked at again. */
#define AGAIN		(-2)

/*
 * The flags to open the file st with, which exists.  In a sticky directory
 * O_CREAT asks for fs.protected_regular and fs.protected_fifos.
 */
static int
flags_for(const struct walk *walk, int flags)
{
	const mode_t writable = S_IWGRP | S_IWOTH;
	struct stat dir;

	flags &= ~(O_EXCL | O_TRUNC);
	if ((flags & O_CREAT) && (fstat(walk->dir, &dir) == -1 ||
	    !(dir.st_mode & S_ISVTX) || !(dir.st_mode & writable)))
		flags &= ~O_CREAT;
	return flags;
}

/*
 * Opens what base leads to: it has been looked at, and is st.  AGAIN where the
 * name has been replaced.
 */
static int
open_seen(struct walk *walk, int flags, mode_t mode,
    const struct stat *st)
{
	struct stat opened;
	int fd, error;

	fd = openat(walk->dir, walk->base, flags, mode);
	error = errno;
	if (fd != -1 && fstat(fd, &opened) == 0 && is_same_file(st, &opened))
		return fd;
	/* It is a mistake, not a reason to wait. */
	if (fd == -1 && error == ENXIO && S_ISFIFO(st->st_mode))
		walk->reason = "no process has this FIFO open for reading";
	if (fd == -1 && error != ENOENT && error != ELOOP)
		return -1;
	if (fd != -1)
		(void)close(fd);
	/* A device may have such an error of its own. */
	else if (fstatat(walk->dir, walk->base, &opened,
	    flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) == 0 &&
	    is_same_file(st, &opened))
		return walk_fail(error);
	return AGAIN;
}

/* Creates a file that did not exist.  AGAIN where it exists now. */
static int
create(struct walk *walk, int flags, mode_t mode, bool *created)
{
	int fd;

	if (walk_judge_directory(walk) == -1)
		return -1;
	fd = openat(walk->dir, walk->base,
	    flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd == -1)
		return errno == EEXIST && !(flags & O_EXCL) ? AGAIN : -1;
	*created = true;
	return fd;
}

/* Follows the open link that base is: AGAIN where its text is to be walked. */
static int
open_link(struct walk *walk, int link, const struct stat *st, int flags)
{
	int result, to;
	struct stat found;

	if (flags & O_NOFOLLOW)
		return walk_fail(ELOOP);
	result = walk_follow(walk, link, st, true, &to);
	if (result == 0)
		result = AGAIN;
	else if (result == 1)
		result = fstat(to, &found) == -1 ||
		    walk_judge(walk, &found) == -1 ? -1 :
		    open_seen(walk, flags & ~(O_CREAT | O_TRUNC), 0, &found);
	close_quietly(to);
	return result;
}

/* Opens the last component.  AGAIN: walk on, and then again. */
static int
open_last(struct walk *walk, int flags, mode_t mode, bool *created)
{
	int seen, result = -1;
	struct stat st;

	if (walk->base[0] == '\0')
		return flags & O_CREAT ? walk_fail(EISDIR) :
		    openat(walk->dir, ".", flags);
	if (walk->slashed && (flags & O_CREAT))
		return walk_fail(EISDIR);
	if (walk->slashed)
		return walk_enter(walk) == -1 ? -1 : AGAIN;

	seen = openat(walk->dir, walk->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (seen == -1)
		return errno == ENOENT && (flags & O_CREAT) ?
		    create(walk, flags, mode, created) : -1;
	if (fstat(seen, &st) == -1)
		;
	else if ((flags & O_CREAT) && (flags & O_EXCL))
		errno = EEXIST;
	else if (S_ISLNK(st.st_mode))
		result = open_link(walk, seen, &st, flags);
	else if (walk_judge(walk, &st) == 0 && walk_check_names(walk, &st) == 0)
		result = open_seen(walk, flags_for(walk, flags) | O_NOFOLLOW,
		    mode, &st);
	close_quietly(seen);
	return result;
}

/* Sets place, which the caller closes, and after an error *reason. */
static int
finish(struct walk *walk, struct place *place, int result,
    const char **reason)
{
	place->dir = walk->dir < 0 ? -1 : walk->dir;
	(void)strlcpy(place->base, walk->base[0] == '\0' ? "." : walk->base,
	    sizeof(place->base));
	if (result == -1)
		*reason = walk->reason != NULL ? walk->reason :
		    strerror(errno);
	return result;
}

int
safe_place(struct place *place, const char *path, const char **reason)
{
	struct walk walk;
	int result;

	result = walk_begin(&walk, path) == -1 ? -1 : walk_advance(&walk);
	if (result == 0 && (walk.base[0] == '\0' || walk.slashed))
		result = walk_fail(EISDIR);
	if (result == -1) {
		close_quietly(walk.dir);
		walk.dir = -1;
	}
	return finish(&walk, place, result, reason);
}

int
safe_open(struct place *place, const char *path, int flags, mode_t mode,
    bool *created, const char **reason)
{
	struct walk walk;
	int fd, tries = 0;

	*created = false;
	flags |= O_CLOEXEC | O_NOCTTY;
	fd = walk_begin(&walk, path) == -1 || walk_advance(&walk) == -1 ?
	    -1 : AGAIN;
	while (fd == AGAIN) {
		fd = open_last(&walk, flags, mode, created);
		if (fd == AGAIN && ++tries == TRIES_MAX)
			fd = walk_fail(EBUSY);
		if (fd == AGAIN && *walk.rest != '\0' &&
		    walk_advance(&walk) == -1)
			fd = -1;
	}
	return finish(&walk, place, fd, reason);
}

int
safe_is_current(const struct place *place, int fd)
{
	struct stat opened, named;

	if (fstat(fd, &opened) == -1)
		return -1;
	if (fstatat(place->dir, place->base, &named,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return is_same_file(&opened, &named);
}

int
safe_give(int fd, const struct owner *owner)
{
	return owner->change && fchown(fd, owner->uid, owner->gid) == -1 &&
	    (errno != EPERM || geteuid() == 0) ? -1 : 0;
}

int
safe_unlink(const struct place *place, int fd)
{
	int current = safe_is_current(place, fd);

	if (current == 1 && unlinkat(place->dir, place->base, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	return current == -1 ? -1 : 0;
}
