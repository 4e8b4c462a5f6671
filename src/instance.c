/* SPDX-License-Identifier: BSD-2-Clause */
/* An instance: lock, holder, removal. */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "holder.h"
#include "instance.h"
#include "message.h"
#include "proc.h"

/* It follows no link, waits for no FIFO, and takes no terminal. */
#define PIDFILE_FLAGS	\
	(O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* Descriptors that the command inherits lie above those that scripts use. */
#define INHERITED_FD_MIN	10

/*
 * The number as it lies in the file: a descriptor that could still write it
 * may not be open beside the record lock.  Gone with the exec.
 */
static struct { char *text; size_t length; } written;

/* So often the file may have been removed between its opening and its lock. */
#define OPEN_TRIES	1000

/* How long another launch of the instance is waited for. */
#define LAUNCH_WAIT_MS	10000

/* Another descriptor of the file, for the command to inherit; fd is closed. */
static int
inheritable(int fd)
{
	int dup = fcntl(fd, F_DUPFD, INHERITED_FD_MIN);
	int saved = errno;

	(void)close(fd);
	/* A limit that leaves no such number is told by EINVAL. */
	errno = saved == EINVAL ? EMFILE : saved;
	return dup;
}

/* For a launch: only a run of the same command is in the way. */
static pid_t
number_holder(const struct instance *instance, const char *command)
{
	const char *reason;
	pid_t pid;

	return holder_by_number(instance->fd, instance->dir, &pid, &reason) ==
	    INSTANCE_RUNNING && proc_runs(pid, command) ? pid : 0;
}

/* Why this file is not to be written, or NULL. */
static const char *
unfit(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != geteuid())
		return "belongs to another user";
	if (st->st_nlink > 1)
		return "has another name (a hard link)";
	if (st->st_size > PIDFILE_MAX)
		return "has other content than a pid";
	return NULL;
}

/* Opens the file, or makes it.  -1 with errno. */
static int
open_or_create(int dir, const char *base, bool *created)
{
	int fd;

	do {
		*created = false;
		fd = openat(dir, base, PIDFILE_FLAGS);
		if (fd != -1 || errno != ENOENT)
			return fd;
		*created = true;
		fd = openat(dir, base, PIDFILE_FLAGS | O_CREAT | O_EXCL, 0644);
	} while (fd == -1 && errno == EEXIST);
	return fd;
}

/* Is the open file still the one of that name: 1, 0; -1 with errno. */
static int
is_current(const struct instance *instance, int fd)
{
	struct stat opened, named;

	if (fstat(fd, &opened) == -1)
		return -1;
	if (fstatat(instance->dir, instance->base, &named,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static bool
is_same_file(int a, int b)
{
	struct stat one, other;

	return b != -1 && fstat(a, &one) == 0 && fstat(b, &other) == 0 &&
	    one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Waits; false where the user does not want to, though signals are blocked. */
static bool
milliseconds_pass(int ms)
{
	struct timespec pause = { .tv_nsec = ms * 1000000L };
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGQUIT);
	(void)sigaddset(&ends, SIGTERM);
	return sigtimedwait(&ends, NULL, &pause) == -1;
}

/*
 * Takes the flock.  Where another launch has it, its outcome is waited for:
 * the kernel would wait too, but for ever where it is no launch that has it.
 */
static enum instance_state
take_flock(const struct instance *instance, pid_t *holder)
{
	int waited = 0, pause = 1;
	struct proc_stat stat;
	pid_t again;
	bool seen;

	while (flock(instance->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK ||
		    holder_by_lock(instance->fd, holder) == -1) {
			complain_errno("pidfile", instance->path, errno);
			return INSTANCE_ERROR;
		}
		seen = *holder > 0 && proc_stat(*holder, &stat) == 0;
		/* It may have died between the two questions. */
		if (*holder > 0 && !seen &&
		    holder_by_lock(instance->fd, &again) == 0 &&
		    again != *holder)
			continue;
		/* A holder that executed its command is beyond its launch. */
		if ((*holder != 0 && (!seen || stat.executed)) ||
		    waited >= LAUNCH_WAIT_MS)
			return INSTANCE_RUNNING;
		if (!milliseconds_pass(pause)) {
			complain_errno("pidfile", instance->path, EINTR);
			return INSTANCE_ERROR;
		}
		waited += pause;
		pause = pause < 16 ? pause * 2 : 16;
	}
	return INSTANCE_FREE;
}

/* A second descriptor of the file, for the record lock. */
static int
open_for_lock(const struct instance *instance)
{
	int fd;

	fd = openat(instance->dir, instance->base,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd == -1 ? -1 : inheritable(fd);
}

/* Opens the directory of the path, and sets base.  -1 with errno. */
static int
open_directory(struct instance *instance)
{
	const char *slash = strrchr(instance->path, '/');
	char directory[PATH_MAX];
	size_t length;

	instance->base = slash == NULL ? instance->path : slash + 1;
	length = slash == NULL ? 0 : slash == instance->path ? 1 :
	    (size_t)(slash - instance->path);
	if (length >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)strlcpy(directory, slash == NULL ? "." : instance->path,
	    slash == NULL ? 2 : length + 1);
	instance->dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return instance->dir == -1 ? -1 : 0;
}

/* Why a pid file cannot be opened. */
static const char *
open_fault(int error)
{
	switch (error) {
	case ELOOP:
		return "is a symbolic link";
	case ENXIO:
		return "not a regular file";
	default:
		return strerror(error);
	}
}

/* Is what was opened fit to be the pid file?  -1 after a message. */
static int
check_opened(const struct instance *instance, int fd)
{
	const char *reason;
	struct stat st;

	if (fd == -1)
		reason = open_fault(errno);
	else if (fstat(fd, &st) == -1)
		reason = strerror(errno);
	else
		reason = unfit(&st);
	if (reason == NULL)
		return 0;
	complain("pidfile", instance->path, reason);
	return -1;
}

/* Opens the file and takes its flock: then it is the one of that name. */
static enum instance_state
open_file(struct instance *instance, int lockfile, bool *created,
    pid_t *holder)
{
	enum instance_state found;
	int current, tries = 0;

	for (;;) {
		instance->fd = open_or_create(instance->dir, instance->base,
		    created);
		if (check_opened(instance, instance->fd) == -1)
			return INSTANCE_ERROR;
		if (!is_same_file(instance->fd, lockfile)) {
			found = take_flock(instance, holder);
			if (found != INSTANCE_FREE)
				return found;
		}
		/* A launch that failed, or a stop, may have removed it. */
		current = is_current(instance, instance->fd);
		if (current == 1)
			return INSTANCE_FREE;
		if (current == -1 || ++tries == OPEN_TRIES) {
			complain_errno("pidfile", instance->path,
			    current == -1 ? errno : EBUSY);
			return INSTANCE_ERROR;
		}
		(void)close(instance->fd);
	}
}

int
instance_check(const char *path)
{
	struct instance instance = { .path = path };
	int fd, result;

	if (open_directory(&instance) == -1) {
		complain_errno("pidfile", path, errno);
		return -1;
	}
	fd = openat(instance.dir, instance.base, PIDFILE_FLAGS);
	result = fd == -1 && errno == ENOENT ? 0 : check_opened(&instance, fd);
	if (fd != -1)
		(void)close(fd);
	(void)close(instance.dir);
	return result;
}

enum instance_state
instance_open(struct instance *instance, const char *path, const char *command,
    int lockfile, pid_t *holder)
{
	enum instance_state found;
	bool created = false;

	instance->path = path;
	if (open_directory(instance) == -1) {
		complain_errno("pidfile", path, errno);
		return INSTANCE_ERROR;
	}
	found = open_file(instance, lockfile, &created, holder);
	if (found == INSTANCE_FREE &&
	    holder_by_lock(instance->fd, holder) == 0) {
		if (*holder == 0)
			*holder = number_holder(instance, command);
		if (*holder != 0)
			return INSTANCE_RUNNING;
		instance->lock = open_for_lock(instance);
		if (instance->lock != -1)
			return INSTANCE_FREE;
	}
	if (found == INSTANCE_FREE) {
		complain_errno("pidfile", path, errno);
		found = INSTANCE_ERROR;
	}
	if (found == INSTANCE_ERROR && created &&
	    is_current(instance, instance->fd) == 1)
		(void)unlinkat(instance->dir, instance->base, 0);
	return found;
}

/* The pid and a newline; snprintf(3) is not async-signal-safe. */
static size_t
format_pid(pid_t pid, char buf[static 16])
{
	char reversed[16];
	size_t digits = 0, i;

	do
		reversed[digits++] = (char)('0' + pid % 10);
	while ((pid /= 10) > 0);
	for (i = 0; i < digits; i++)
		buf[i] = reversed[digits - 1 - i];
	buf[digits] = '\n';
	return digits + 1;
}

int
instance_claim(const struct instance *instance)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	char text[16];
	size_t length;
	ssize_t put;
	void *map;

	/* First write, then cut: who reads it never finds it empty. */
	length = format_pid(getpid(), text);
	put = pwrite(instance->fd, text, length, 0);
	if (put == -1)
		return -1;
	if ((size_t)put != length) {
		errno = ENOSPC;
		return -1;
	}
	if (ftruncate(instance->fd, (off_t)length) == -1)
		return -1;
	map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
	    instance->fd, 0);
	if (map == MAP_FAILED)
		return -1;
	written.text = map;
	written.length = length;
	if (close(instance->fd) == -1)
		return -1;
	return fcntl(instance->lock, F_SETLK, &lock);
}

void
instance_disclaim(void)
{
	if (written.text != NULL)
		memset(written.text, '\n', written.length);
}

void
instance_remove(const struct instance *instance)
{
	int current;

	if (instance->path == NULL)
		return;
	current = is_current(instance, instance->lock);
	if (current == 0 || (current == 1 &&
	    unlinkat(instance->dir, instance->base, 0) == 0))
		return;
	/* The directory is not ours to change, or not any more. */
	instance_disclaim();
	if (written.text == NULL && ftruncate(instance->fd, 0) == -1)
		complain_errno("pidfile", instance->path, errno);
}

enum instance_state
instance_find(const char *path, pid_t *pid, const char **reason)
{
	struct instance instance = { .path = path };
	enum instance_state state = INSTANCE_ERROR;
	struct stat st;
	pid_t number;
	int fd;

	*pid = 0;
	*reason = NULL;
	if (open_directory(&instance) == -1) {
		*reason = errno == ENOENT ? NULL : strerror(errno);
		return errno == ENOENT ? INSTANCE_FREE : INSTANCE_ERROR;
	}
	fd = openat(instance.dir, instance.base,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1) {
		*reason = errno == ENOENT ? NULL : open_fault(errno);
		(void)close(instance.dir);
		return *reason == NULL ? INSTANCE_FREE : INSTANCE_ERROR;
	}
	if (fstat(fd, &st) == -1)
		*reason = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		*reason = "not a regular file";
	else if (holder_by_lock(fd, pid) == -1)
		*reason = strerror(errno);
	else if (*pid == -1)
		*reason = "the process that holds it cannot be seen";
	else if (*pid > 0) {
		/* Who can read the file can lock it, once it is unlocked. */
		state = INSTANCE_RUNNING;
		if (holder_by_number(fd, instance.dir, &number, reason) ==
		    INSTANCE_RUNNING && number != *pid) {
			*reason = "another process than its number's locks it";
			state = INSTANCE_ERROR;
		}
	} else {
		state = holder_by_number(fd, instance.dir, pid, reason);
		if (state == INSTANCE_FREE)
			state = INSTANCE_DEAD;
	}
	(void)close(fd);
	(void)close(instance.dir);
	return state;
}

int
instance_retire(const char *path, pid_t pid)
{
	struct instance instance = { .path = path };
	int result = -1;
	pid_t holder;

	if (open_directory(&instance) == -1)
		return errno == ENOENT ? 0 : -1;
	instance.fd = openat(instance.dir, instance.base, PIDFILE_FLAGS);
	if (instance.fd == -1)
		result = errno == ENOENT ? 0 : -1;
	/* Who has the flock is launching the next one: the file is his. */
	else if (flock(instance.fd, LOCK_EX | LOCK_NB) == -1)
		result = errno == EWOULDBLOCK ? 0 : -1;
	else if (holder_by_lock(instance.fd, &holder) == -1)
		result = -1;
	else if (holder != 0 || holder_number(instance.fd) != pid)
		result = 0;
	else if ((result = is_current(&instance, instance.fd)) == 1)
		result = unlinkat(instance.dir, instance.base, 0) == 0 ? 0 :
		    ftruncate(instance.fd, 0);
	if (instance.fd != -1)
		(void)close(instance.fd);
	(void)close(instance.dir);
	return result;
}

int
lockfile_open(const char *path)
{
	struct stat st;
	int fd, saved;

	fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			errno = EINVAL;
		else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return inheritable(fd);
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}
