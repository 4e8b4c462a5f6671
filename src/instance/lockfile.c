/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks by flock(2). */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/path.h"
#include "instance/lockfile.h"
#include "instance/pidfile.h"
#include "process/signals.h"

/* A descriptor that the command inherits lies above those scripts use. */
#define INHERITED_FD_MIN	10

#define PAUSE_MAX	16

/*
 * Sleeps.  Returns false where INT, QUIT or TERM, which are blocked, has come;
 * it stays pending.
 */
static bool
milliseconds_pass(int ms)
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
		if (!milliseconds_pass(pause)) {
			errno = EINTR;
			return -1;
		}
		ms -= pause;
		pause = pause < PAUSE_MAX ? pause * 2 : pause;
	}
	return 0;
}

/* Another descriptor of the file, for the command to inherit; fd is closed. */
static int
inheritable(int fd)
{
	int dup = fcntl(fd, F_DUPFD, INHERITED_FD_MIN);
	int saved = errno;

	(void)close(fd);
	/* A limit that leaves no such number is reported as EINVAL. */
	errno = saved == EINVAL ? EMFILE : saved;
	return dup;
}

/* Locks the open file, or closes it. */
static int
lock_opened(int fd, const char **reason)
{
	struct stat st;
	int saved;

	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
		(void)close(fd);
		*reason = "not a regular file";
		errno = EINVAL;
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	*reason = strerror(saved);
	errno = saved;
	return -1;
}

static int
open_and_lock(const struct at *place, int access, const char **reason)
{
	int fd = openat(place->dir, place->name, access | O_CREAT |
	    PIDFILE_FLAGS, 0644);

	if (fd != -1)
		return lock_opened(fd, reason);
	*reason = pidfile_open_fault(errno);
	return -1;
}

int
lockfile_open(const char *path, const char **reason)
{
	struct at place;
	int fd, saved;

	if (path_find(&place, path, reason) == -1)
		return -1;
	fd = open_and_lock(&place, O_RDONLY, reason);
	/* NFS makes a write lock of it, which needs a file open to write. */
	if (fd == -1 && errno == EBADF)
		fd = open_and_lock(&place, O_RDWR, reason);
	saved = errno;
	(void)close(place.dir);
	errno = saved;
	if (fd == -1 || (fd = inheritable(fd)) != -1)
		return fd;
	*reason = strerror(errno);
	return -1;
}
