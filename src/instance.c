/* SPDX-License-Identifier: BSD-2-Clause */
/* An instance: lock, holder, removal. */
#include "config.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "instance.h"
#include "proc.h"

/* Longer than any pid with white space around: then it is no pid file. */
#define PIDFILE_MAX	32

/* Descriptors that the command inherits lie above those that scripts use. */
#define INHERITED_FD_MIN	10

/*
 * The number as it lies in the file: a descriptor that could still write it
 * may not be open beside the record lock.  Gone with the exec.
 */
static struct { char *text; size_t length; } written;

/* How long another launch of the instance is waited for. */
#define LAUNCH_WAIT_MS	10000


/* The one that holds the record lock: 0 nobody, -1 somebody unseen. */
static pid_t
lock_holder(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) == -1 || lock.l_type == F_UNLCK)
		return 0;
	/* Outside of this pid namespace its pid reads 0. */
	return lock.l_pid > 0 ? lock.l_pid : -1;
}

/* The number in the file, or 0. */
static pid_t
read_number(int fd)
{
	char text[PIDFILE_MAX + 1];
	const char *error;
	ssize_t length;
	pid_t pid;

	length = pread(fd, text, sizeof(text) - 1, 0);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	pid = (pid_t)strtonum(text, 1, INT_MAX, &error);
	return error == NULL ? pid : 0;
}

/* Can nobody but us have written the file?  Asked for root only. */
static bool
is_trusted(int fd, int dir)
{
	struct stat file, directory;

	if (geteuid() != 0)
		return true;
	return fstat(fd, &file) == 0 && fstat(dir, &directory) == 0 &&
	    directory.st_uid == 0 && !(directory.st_mode & 022) &&
	    !(file.st_mode & 022);
}

/*
 * The process that the number stands for, though it has no lock: the command
 * closed its descriptor, or another program wrote the file.  A process that
 * started after that is another one with the same number.
 */
static pid_t
number_holder(const struct instance *instance, const char *command)
{
	/* A start is known to a clock tick, a file's time to a timer tick. */
	static const struct timespec slack = { .tv_nsec = 20000000 };
	struct timespec started, latest;
	struct stat st;
	pid_t pid = read_number(instance->fd);

	if (pid == 0 || !is_trusted(instance->fd, instance->dir) ||
	    fstat(instance->fd, &st) == -1 ||
	    proc_started(pid, &started) == -1)
		return 0;
	timespecadd(&st.st_mtim, &slack, &latest);
	if (timespeccmp(&started, &latest, >))
		return 0;
	return proc_runs(pid, command) ? pid : 0;
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
	const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
	    O_CLOEXEC;
	int fd;

	do {
		*created = false;
		fd = openat(dir, base, flags);
		if (fd != -1 || errno != ENOENT)
			return fd;
		*created = true;
		fd = openat(dir, base, flags | O_CREAT | O_EXCL, 0644);
	} while (fd == -1 && errno == EEXIST);
	return fd;
}

/* Is the open file still the one of that name? */
static bool
is_current(const struct instance *instance, int fd)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 &&
	    fstatat(instance->dir, instance->base, &named,
	    AT_SYMLINK_NOFOLLOW) == 0 &&
	    opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
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
	int waited = 0, pause = 1, executed;

	while (flock(instance->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK) {
			complain_errno("pidfile", instance->path, errno);
			return INSTANCE_ERROR;
		}
		/* A holder that executed its command is beyond its launch. */
		*holder = lock_holder(instance->fd);
		executed = *holder == 0 ? 0 : proc_executed(*holder);
		/* It may have died between the two questions. */
		if (executed == -1 && lock_holder(instance->fd) != *holder)
			continue;
		if (executed != 0 || waited >= LAUNCH_WAIT_MS)
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
	int fd, lock;

	fd = openat(instance->dir, instance->base,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	lock = fcntl(fd, F_DUPFD, INHERITED_FD_MIN);
	(void)close(fd);
	return lock;
}

static enum instance_state
open_directory(struct instance *instance)
{
	const char *slash = strrchr(instance->path, '/');
	char *directory;

	instance->base = slash == NULL ? instance->path : slash + 1;
	directory = slash == NULL ? strdup(".") : slash == instance->path ?
	    strdup("/") : strndup(instance->path,
	    (size_t)(slash - instance->path));
	if (directory == NULL || (instance->dir = open(directory,
	    O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1) {
		complain_errno("pidfile", instance->path, errno);
		free(directory);
		return INSTANCE_ERROR;
	}
	free(directory);
	return INSTANCE_FREE;
}

/* Opens the file and takes its flock: then it is the one of that name. */
static enum instance_state
open_file(struct instance *instance, int lockfile, bool *created,
    pid_t *holder)
{
	enum instance_state found;
	const char *reason;
	struct stat st;

	for (;;) {
		instance->fd = open_or_create(instance->dir, instance->base,
		    created);
		if (instance->fd == -1 && errno == ELOOP) {
			complain("pidfile", instance->path,
			    "is a symbolic link");
			return INSTANCE_ERROR;
		}
		if (instance->fd == -1 || fstat(instance->fd, &st) == -1) {
			complain_errno("pidfile", instance->path, errno);
			return INSTANCE_ERROR;
		}
		if ((reason = unfit(&st)) != NULL) {
			complain("pidfile", instance->path, reason);
			return INSTANCE_ERROR;
		}
		if (!is_same_file(instance->fd, lockfile)) {
			found = take_flock(instance, holder);
			if (found != INSTANCE_FREE)
				return found;
		}
		/* A launch that failed, or a stop, may have removed it. */
		if (is_current(instance, instance->fd))
			return INSTANCE_FREE;
		(void)close(instance->fd);
	}
}

enum instance_state
instance_open(struct instance *instance, const char *path, const char *command,
    int lockfile, pid_t *holder)
{
	enum instance_state found;
	bool created = false;

	instance->path = path;
	if (open_directory(instance) != INSTANCE_FREE)
		return INSTANCE_ERROR;
	found = open_file(instance, lockfile, &created, holder);
	if (found == INSTANCE_FREE) {
		*holder = lock_holder(instance->fd);
		if (*holder == 0)
			*holder = number_holder(instance, command);
		if (*holder != 0)
			return INSTANCE_RUNNING;
		instance->lock = open_for_lock(instance);
		if (instance->lock != -1)
			return INSTANCE_FREE;
		complain_errno("pidfile", path, errno);
		found = INSTANCE_ERROR;
	}
	if (found == INSTANCE_ERROR && created &&
	    is_current(instance, instance->fd))
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

	if (instance->path == NULL)
		return 0;
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
instance_remove(const struct instance *instance)
{
	if (instance->path == NULL || !is_current(instance, instance->lock))
		return;
	if (unlinkat(instance->dir, instance->base, 0) == 0)
		return;
	/* The directory is not ours to change, or not any more. */
	if (written.text != NULL)
		memset(written.text, '\n', written.length);
	else if (ftruncate(instance->fd, 0) == -1)
		complain_errno("pidfile", instance->path, errno);
}

char *
instance_named(const char *name)
{
	const char *base, *below = "daemonize";
	char *path;

	if (geteuid() == 0)
		base = "/run";
	else if ((base = getenv("XDG_RUNTIME_DIR")) == NULL || *base != '/') {
		below = ".local/state/daemonize";
		base = getenv("HOME");
		if (base == NULL || *base != '/') {
			complain("name", name,
			    "neither XDG_RUNTIME_DIR nor HOME is set");
			return NULL;
		}
	}
	if (asprintf(&path, "%s/%s/%s.pid", base, below, name) == -1) {
		complain_errno("name", name, errno);
		return NULL;
	}
	return path;
}

int
instance_make_directory(const char *path)
{
	/* Everybody may see root's instances; a user's are his. */
	mode_t mode = geteuid() == 0 ? 0755 : 0700;
	char directory[PATH_MAX];
	char *slash;
	int result = 0;

	if (strlcpy(directory, path, sizeof(directory)) >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (slash = strchr(directory + 1, '/'); slash != NULL && result == 0;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(directory, mode) == -1 && errno != EEXIST)
			result = -1;
		*slash = '/';
	}
	return result;
}

int
lockfile_open(const char *path)
{
	struct stat st;
	int fd, lock = -1, saved;

	fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK |
	    O_NOCTTY | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0) {
		if (!S_ISREG(st.st_mode))
			errno = EINVAL;
		else if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			lock = fcntl(fd, F_DUPFD, INHERITED_FD_MIN);
	}
	saved = errno;
	(void)close(fd);
	errno = saved;
	return lock;
}
