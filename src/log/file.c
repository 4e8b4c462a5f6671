/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log file.
 *
 * Other programs may rotate it, too.  If they rename it, its name is opened
 * anew before the next line.  If they truncate it, O_APPEND puts the next line
 * at the new end.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "log/file.h"

#define LOG_FLAGS	(O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Write to fd from now on.  Return -1 with errno; fd is closed then. */
static int
take(struct log_file *file, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		close_quietly(fd);
		return -1;
	}
	close_quietly(file->fd);
	file->fd = fd;
	file->regular = S_ISREG(st.st_mode);
	file->device = st.st_dev;
	file->inode = st.st_ino;
	file->size = st.st_size;
	return 0;
}

int
log_file_open(struct log_file *file, const char **reason)
{
	struct at at;
	int fd;

	fd = path_open(&at, file->path, LOG_FLAGS | O_CREAT, 0666, &file->owner,
	    reason);
	if (fd == -1)
		return -1;
	if (take(file, fd) == -1) {
		*reason = strerror(errno);
		close_quietly(at.dir);
		return -1;
	}
	close_quietly(file->at.dir);
	file->at = at;
	/* One of the caller's descriptors has no name. */
	if (at.dir == -1)
		file->regular = false;
	return 0;
}

/* --- rotation ------------------------------------------------------------ */

/* Write `FILE.N`, or FILE for 0.  Return false if the name is too long. */
static bool
numbered(const struct log_file *file, int n, char name[NAME_MAX + 1])
{
	int length = n == 0 ?
	    snprintf(name, NAME_MAX + 1, "%s", file->at.name) :
	    snprintf(name, NAME_MAX + 1, "%s.%d", file->at.name, n);

	errno = ENAMETOOLONG;
	return length <= NAME_MAX;
}

/*
 * The first of FILE.1 ... that is free; else the last one, which goes.  So a
 * rotation that was interrupted is completed, and loses no file.
 */
static int
first_free(const struct log_file *file)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int n = 1;

	while (n < file->keep && numbered(file, n, name) &&
	    fstatat(file->at.dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		n++;
	return n;
}

/*
 * FILE.4 becomes FILE.5, ... FILE becomes FILE.1.  Each name is one of the
 * directory that is held; rename(2) follows no link.
 */
static int
rename_all(const struct log_file *file)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];
	int n;

	for (n = first_free(file); n > 0; n--)
		if (!numbered(file, n, to) || !numbered(file, n - 1, from) ||
		    renameat(file->at.dir, from, file->at.dir, to) == -1)
			return -1;
	return 0;
}

/*
 * Create the next file, with owner and mode of the one that was rotated, as far
 * as the rights go.  Return it, or -1 with errno.
 */
static int
create_next(const struct log_file *file)
{
	struct stat st;
	int fd;

	if (fstat(file->fd, &st) == -1)
		return -1;
	fd = openat(file->at.dir, file->at.name, LOG_FLAGS | O_CREAT |
	    O_EXCL | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	if ((st.st_uid != geteuid() || st.st_gid != getegid()) &&
	    fchown(fd, st.st_uid, st.st_gid) == -1 && geteuid() == 0) {
		close_quietly(fd);
		return -1;
	}
	if (fchmod(fd, st.st_mode & 07777) == -1) {
		close_quietly(fd);
		return -1;
	}
	return fd;
}

/*
 * A rotation that fails half-way loses nothing: the open file still takes the
 * lines, and log_file_prepare opens its name anew before the next ones.
 */
static void
rotate(struct log_file *file)
{
	bool renamed = false;
	int fd = -1;

	file->failed = 0;
	if (rights_take(file->at.user) == 0) {
		renamed = rename_all(file) == 0;
		if (renamed)
			fd = create_next(file);
		rights_return();
	}
	if (fd != -1 && take(file, fd) == 0)
		file->unrotated = false;
	/* Another program may move it, or create it, at the same time. */
	else if (errno != (renamed ? EEXIST : ENOENT) && !file->unrotated) {
		file->unrotated = true;
		file->failed = errno;
	}
}

/* --- before a line ------------------------------------------------------- */

bool
log_file_is_removed(const struct log_file *file)
{
	return file->regular && is_removed(file->fd);
}

int
log_file_prepare(struct log_file *file, size_t *room)
{
	const char *reason;
	struct stat st;
	bool found;

	*room = SIZE_MAX;
	if (!file->regular)
		return 0;
	/* Usually the only system call here: it precedes each write. */
	found = fstatat(file->at.dir, file->at.name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
	if (found && st.st_dev == file->device && st.st_ino == file->inode)
		file->size = st.st_size;
	else if (!found && errno == ENOENT && !file->awaited) {
		/* logrotate(8) creates it right after it has renamed it. */
		file->awaited = true;
		errno = EBUSY;
		return -1;
	} else if (log_file_open(file, &reason) == -1)
		return -1;
	file->awaited = false;
	if (file->rotate == 0)
		return 0;
	if (file->size >= file->rotate)
		rotate(file);
	/* After a failed rotation, the file goes on growing. */
	if (file->size < file->rotate)
		*room = (size_t)(file->rotate - file->size);
	return 0;
}

void
log_file_undo(const struct log_file *file)
{
	struct stat st;

	if (file->at.created && fstat(file->fd, &st) == 0 && st.st_size == 0)
		(void)path_unlink(&file->at, file->fd);
}
