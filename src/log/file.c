/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A log file.
 *
 * Other programs may rotate it, too.  If they rename it, its path is opened
 * again before the next line.  If they truncate it, O_APPEND puts the next line
 * at the new end.
 *
 * Several supervisors may have the same file.  A rename never replaces a file,
 * so none is lost, and their order stays: each one moves to the next number,
 * and only if that is free.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "log/file.h"

/* musl has neither the call nor its flag. */
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

#define LOG_FLAGS \
	(O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* --- opening ------------------------------------------------------------- */

/* Write to fd from now on.  Return -1 with errno; fd is closed then. */
static int
use(struct log_file *file, int fd)
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

/* Make or remove the directory of the file.  Return -1 if that fails. */
static int
change_directory(const struct log_file *file, bool make)
{
	char path[PATH_MAX];

	if (strlcpy(path, file->path, sizeof(path)) >= sizeof(path))
		return -1;
	*strrchr(path, '/') = '\0';
	return path_directory(path, make, 0777);
}

int
log_file_open(struct log_file *file, const char **reason)
{
	struct at at;
	int fd, tries;

	for (tries = 0; tries < 2; tries++) {
		fd = path_open(&at, file->path, LOG_FLAGS | O_CREAT, 0666,
		    &file->owner, reason);
		if (fd != -1 || errno != ENOENT || tries > 0)
			break;
		if (change_directory(file, true) == 0)
			file->directory_created = true;
	}
	if (fd == -1)
		return -1;
	if (use(file, fd) == -1) {
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

/* Write `FILE.N`, or FILE for 0, to name, and return it. */
static const char *
numbered(const struct log_file *file, int n, char name[NAME_MAX + 1])
{
	(void)strlcpy(name, file->at.name, NAME_MAX + 1);
	if (n > 0)
		(void)snprintf(name + strlen(name), NAME_MAX + 1 - strlen(name),
		    ".%d", n);
	return name;
}

/* Give FILE.N the next number, if that is free.  Return -1 with errno. */
static int
move_number(const struct log_file *file, int n)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];
	int dir = file->at.dir;

	(void)numbered(file, n, from);
	(void)numbered(file, n + 1, to);
	if (syscall(SYS_renameat2, dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* NFS and others do not know the flag. */
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return linkat(dir, from, dir, to, 0) == -1 ||
	    unlinkat(dir, from, 0) == -1 ? -1 : 0;
}

/*
 * FILE.4 becomes FILE.5, ... FILE becomes FILE.1.  Begin at the first number
 * that is free: so a rotation that was interrupted is completed.  If there is
 * none, the last file goes, and so do those of a greater N of earlier.
 */
static int
move_all(const struct log_file *file)
{
	char name[NAME_MAX + 1];
	struct stat st;
	int dir = file->at.dir, n = 1;

	errno = ENAMETOOLONG;
	if (strlen(file->at.name) > NAME_MAX - strlen(".1001"))
		return -1;
	while (n <= file->keep && fstatat(dir, numbered(file, n, name), &st,
	    AT_SYMLINK_NOFOLLOW) == 0)
		n++;
	if (n > file->keep && unlinkat(dir, numbered(file, --n, name), 0) == -1
	    && errno != ENOENT)
		return -1;
	while (n-- > 0)
		if (move_number(file, n) == -1)
			return -1;
	n = file->keep + 1;
	while (unlinkat(dir, numbered(file, n, name), 0) == 0)
		n++;
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
	if (((st.st_uid != geteuid() || st.st_gid != getegid()) &&
	    fchown(fd, st.st_uid, st.st_gid) == -1 && geteuid() == 0) ||
	    fchmod(fd, st.st_mode & 07777) == -1) {
		close_quietly(fd);
		return -1;
	}
	return fd;
}

/*
 * A rotation that fails half-way loses nothing: the open file still takes the
 * lines, and log_file_prepare opens its path before the next ones.
 */
static void
rotate(struct log_file *file)
{
	const char *call;
	int fd = -1;

	errno = ENOENT;
	if (path_is_current(&file->at, file->fd) == 1 &&
	    rights_take(file->at.user, &call) == 0) {
		if (move_all(file) == 0)
			fd = create_next(file);
		rights_return();
	}
	*file->fault = '\0';
	/* Another program may move it, or create it, at the same time. */
	if ((fd == -1 || use(file, fd) == -1) && errno != ENOENT &&
	    errno != EEXIST)
		(void)snprintf(file->fault, sizeof(file->fault),
		    "cannot be rotated: %s", strerror(errno));
}

/* --- before a line ------------------------------------------------------- */

/*
 * The path leads to another file, or to none.  Return -1 with EBUSY if another
 * program may be about to create it, or to give it to its owner: logrotate(8)
 * does so right after it has renamed the old one.
 */
static int
open_again(struct log_file *file, bool missing)
{
	const char *reason;
	bool first = file->retry == 0, waits = first && missing;

	if (now_ms() < file->retry) {
		errno = EBUSY;
		return *file->fault == '\0' ? -1 : 0;
	}
	if (!waits && log_file_open(file, &reason) == 0) {
		file->retry = 0;
		*file->fault = '\0';
		return 0;
	}
	if (waits || (first && errno == EACCES)) {
		*file->fault = '\0';
		file->retry = now_ms() + LOG_AWAIT_MS;
		errno = EBUSY;
		return -1;
	}
	(void)snprintf(file->fault, sizeof(file->fault),
	    "cannot be opened again: %s; the lines %s", reason,
	    is_removed(file->fd) ? "are lost" :
	    "go to the file that was moved");
	file->retry = now_ms() + LOG_RETRY_MS;
	return 0;
}

int
log_file_prepare(struct log_file *file, size_t *room)
{
	struct stat st;
	bool found;

	*room = SIZE_MAX;
	if (!file->regular)
		return 0;
	/*
	 * Usually the only system call here: it precedes each write.  It
	 * follows whatever directories and links there are now.
	 */
	found = stat(file->path, &st) == 0;
	if (found && st.st_dev == file->device && st.st_ino == file->inode) {
		file->size = st.st_size;
		if (file->retry != 0)
			*file->fault = '\0';
		file->retry = 0;
	} else if (open_again(file, !found && errno == ENOENT) == -1)
		return -1;
	if (file->rotate == 0 || file->retry != 0)
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
	if (file->directory_created)
		(void)change_directory(file, false);
}
