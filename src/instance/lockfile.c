/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks by flock(2). */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "instance/lockfile.h"
#include "instance/pidfile.h"
#include "process/signals.h"

/* A descriptor that the command inherits lies above those scripts use. */
#define INHERITED_FD_MIN	10

#define PAUSE_MAX	16

/* Limit of tries while other processes remove and create the file. */
#define LOCK_TRIES	1000

/*
 * Sleep for that many milliseconds.  Return false, and at once, if one of the
 * blocked signals INT, QUIT and TERM comes; it stays pending.
 */
static bool
sleep_ms(int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };
	sigset_t ends;
	int sig;

	signals_that_end(&ends);
	sig = sigtimedwait(&ends, NULL, &pause);
	if (sig != -1)
		(void)kill(getpid(), sig);
	return sig == -1;
}

int
lock_wait(int fd, int operation, int ms)
{
	int pause = 1;

	/* flock(2) itself waits without a time limit. */
	while (flock(fd, operation | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK || ms <= 0)
			return -1;
		if (!sleep_ms(pause)) {
			errno = EINTR;
			return -1;
		}
		ms -= pause;
		pause = pause < PAUSE_MAX ? pause * 2 : pause;
	}
	return 0;
}

/* Return why the open file must not be locked, or NULL. */
static const char *
unfit(int fd, bool changeable)
{
	struct stat st;

	if (path_stat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_nlink > 1)
		return "has a second name (a hard link)";
	if (!changeable)
		return NULL;
	/* A user can have moved a file of root's to this name. */
	return st.st_uid != 0 ? "a user can change this path, and the file is "
	    "not root's" : pidfile_get(fd) == -1 ? "a user can change this "
	    "path, and the file contains something" : NULL;
}

/*
 * Open and lock the file, which an ordinary user can change the path of.
 * Return a descriptor; -1 with errno and *reason, or with errno 0: the path
 * names another file by now, so try again.
 */
static int
open_and_lock(const struct at *at, int access, bool changeable,
    const char **reason)
{
	int fd = openat(at->dir, at->name, access | O_CREAT | PIDFILE_FLAGS,
	    0644);

	*reason = NULL;
	if (fd == -1) {
		*reason = pidfile_fault(errno);
		return -1;
	}
	if ((*reason = unfit(fd, changeable)) != NULL)
		errno = EINVAL;
	else if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		*reason = strerror(errno);
	else if (path_is_current(at, fd) == 1)
		return fd;
	else
		errno = 0;
	close_quietly(fd);
	return -1;
}

int
lockfile_open(const char *path, const char **reason)
{
	static char whole[PATH_MAX];	/* too large for a small stack */
	int access = O_RDONLY, tries, fd = -1, dup = -1;
	struct at at;
	bool changeable;

	if (path_find(&at, path, reason) == -1)
		return -1;
	changeable = path_resolve(path, whole) != 0;
	errno = 0;
	for (tries = 0; fd == -1 && errno == 0 && tries < LOCK_TRIES; tries++) {
		fd = open_and_lock(&at, access, changeable, reason);
		/* NFS makes a write lock of it: the file must be writable. */
		if (fd == -1 && errno == EBADF && access == O_RDONLY) {
			access = O_RDWR;
			errno = 0;
		}
	}
	if (fd == -1 && errno == 0) {
		errno = EBUSY;
		*reason = strerror(errno);
	}
	/* A limit that leaves no such number is reported as EINVAL. */
	if (fd != -1 &&
	    (dup = fcntl(fd, F_DUPFD, INHERITED_FD_MIN)) == -1) {
		errno = errno == EINVAL ? EMFILE : errno;
		*reason = strerror(errno);
	}
	close_quietly(fd);
	close_quietly(at.dir);
	return dup;
}
