/* SPDX-License-Identifier: BSD-2-Clause */
/* Which process is the daemon of a pid file? */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "instance/find.h"
#include "instance/lockfile.h"
#include "instance/pidfile.h"
#include "process/proc.h"

/* Tries to open a record that other processes create and remove. */
#define OPEN_TRIES	1000

/* Of see(): the process is not one of the record's owner. */
#define DISBELIEVED	(-2)

static void
set_state(struct instance_status *status, enum instance_state state,
    const char *reason)
{
	status->state = state;
	(void)strlcpy(status->reason, reason, sizeof(status->reason));
}

/* A call failed, so the state is not known. */
static void
set_failed(struct instance_status *status)
{
	set_state(status, INSTANCE_UNKNOWN, strerror(errno));
	status->blocks = true;
}

/* There is no /proc of this process, or it cannot be read. */
static void
set_without_proc(struct instance_status *status)
{
	if (proc_is_short(errno))
		set_failed(status);
	else
		set_state(status, INSTANCE_UNKNOWN, "/proc is not mounted, or "
		    "belongs to another pid namespace");
}

bool
process_is(pid_t pid, unsigned long long start)
{
	struct proc_stat stat;

	return proc_stat(pid, &stat) == 0 && !stat.dead &&
	    stat.started == start;
}

/* A path in a record.  It is too large for a small stack. */
static char recorded[PATH_MAX];

/* --- by the record ------------------------------------------------------- */

/*
 * Look for a process that the record names.  Return 1; 0, it has ended; -1,
 * status says why it is not known; or DISBELIEVED.  Root reads the records of
 * all users, and a user can name any process in its own.
 */
static int
see(pid_t pid, unsigned long long start, struct instance_status *status)
{
	struct proc_stat stat;
	int seen = pid <= 0 ? 0 : proc_see(pid, &stat), owned;

	if (seen == -1 && errno == EACCES)
		set_state(status, INSTANCE_UNKNOWN, proc_not_shown);
	else if (seen == -1)
		set_failed(status);
	if (seen != 1)
		return seen;
	if (stat.dead || stat.started != start)
		return 0;
	status->session = stat.session;
	if (status->owner == geteuid() ||
	    (owned = proc_is_owned(pid, status->owner)) == 1)
		return 1;
	if (owned == -1)
		set_failed(status);
	else if (!process_is(pid, start))
		/* It has ended meanwhile. */
		return 0;
	return owned == -1 ? -1 : DISBELIEVED;
}

/*
 * The record is of this boot, pid and time namespace.  Return false as
 * classify_record does.
 */
static bool
classify_processes(const struct record *record, struct instance_status *status)
{
	unsigned long long inode;
	int runs, supervised = 0;

	if (record->supervisor != 0)
		supervised = see(record->supervisor, record->supervisor_start,
		    status);
	runs = supervised < 0 ? supervised :
	    see(record->pid, record->start, status);
	/* Its inode tells it from one that began in the same 10 ms. */
	if (runs == 1 && record->pidfd != 0 &&
	    (inode = proc_pidfd_inode(record->pid)) != 0 &&
	    inode != record->pidfd)
		runs = 0;
	if (runs == DISBELIEVED)
		set_state(status, INSTANCE_GUESS, "its record belongs to "
		    "another user than the process");
	if (runs == 1 || (runs == 0 && supervised == 1)) {
		status->supervisor = supervised ? record->supervisor : 0;
		status->lost = record->supervisor != 0 && !supervised;
		set_state(status, runs ? INSTANCE_RUNNING : INSTANCE_WAITING,
		    "");
	}
	return runs != DISBELIEVED;
}

/* Return false, with the reason, if the record is not believed. */
static bool
classify_record(const struct record *record, struct instance_status *status)
{
	struct proc_scope here;

	status->pid = record->pid;
	status->start = record->start;
	set_state(status, INSTANCE_DEAD, "");
	if (record->state >= RECORD_ENDED)
		return true;
	if (proc_scope(&here) == -1)
		set_without_proc(status);
	else if (*record->scope.boot == '\0')
		set_state(status, INSTANCE_UNKNOWN, "launched without /proc, "
		    "so its record does not identify it");
	else if (strcmp(record->scope.boot, here.boot) == 0) {
		status->elsewhere =
		    record->scope.pid_namespace != here.pid_namespace ||
		    record->scope.time_namespace != here.time_namespace;
		if (!status->elsewhere)
			return classify_processes(record, status);
		status->state = INSTANCE_UNKNOWN;
		(void)snprintf(status->reason, sizeof(status->reason),
		    "launched in another %s namespace; use this verb there, "
		    "or, if that container has ended, launch it again or "
		    "remove the file", record->scope.pid_namespace !=
		    here.pid_namespace ? "pid" : "time");
	}
	return true;
}

/* Are device and inode in the record those of the open file?  -1: unknown. */
static int
names_its_file(int fd, const struct record *record)
{
	struct stat st;

	return fstat(fd, &st) == -1 ? -1 : st.st_dev == record->device &&
	    st.st_ino == record->inode;
}

/*
 * Is the open record a copy of one that names a process that lives?  Otherwise
 * another device or inode is only the file system's new number for it.
 */
static bool
is_copy(int fd, const struct record *record)
{
	static struct record other;
	struct at file, at;
	const char *reason;
	bool copy = false;
	int original;

	if (names_its_file(fd, record) != 0 ||
	    !record_value(record, "path", 0, recorded, sizeof(recorded)) ||
	    path_find(&file, recorded, &reason) == -1)
		return false;
	if (record_find(&at, &file) == 0 && (original = openat(at.dir,
	    at.name, O_RDONLY | PIDFILE_FLAGS)) != -1) {
		copy = record_read(original, &other) == RECORD_GOOD &&
		    names_its_file(original, &other) == 1 &&
		    (process_is(other.pid, other.start) ||
		    process_is(other.supervisor, other.supervisor_start));
		close_quietly(original);
	}
	close_quietly(file.dir);
	return copy;
}

/*
 * A user who can change the path can have moved a record of root's to it, from
 * another instance.  Return false if it is not the one of this path, with the
 * path to use.
 */
static bool
is_of_path(const char *path, int fd, struct instance_status *status)
{
	static char whole[PATH_MAX];
	int changeable = geteuid() == 0 && status->owner == 0 ?
	    path_resolve(path, whole) : 0;
	struct stat st;

	if (changeable == 0)
		return true;
	*recorded = '\0';
	(void)record_value(&status->record, "path", 0, recorded,
	    sizeof(recorded));
	if (changeable == -1 || fstat(fd, &st) == -1)
		set_failed(status);
	else if (strcmp(whole, recorded) != 0) {
		set_state(status, INSTANCE_UNKNOWN, "");
		(void)snprintf(status->reason, sizeof(status->reason),
		    "a user can change this path, and the record is that of "
		    "another one; use %.900s", recorded);
	} else if (st.st_nlink != 1)
		set_state(status, INSTANCE_UNKNOWN, "a user can change this "
		    "path, and the record has a second name (a hard link)");
	else
		return true;
	status->blocks = true;
	return false;
}

/*
 * On a file system that became read-only, the record goes on to say what was
 * so before, but for a delay that is not over.
 */
static void
check_stale(int fd, struct instance_status *status)
{
	const struct record *record = &status->record;
	struct statvfs fs;

	if (status->state != INSTANCE_WAITING || fstatvfs(fd, &fs) == -1 ||
	    !(fs.f_flag & ST_RDONLY) ||
	    (record->state == RECORD_WAITING && record->due > now_ms()))
		return;
	status->stale = true;
	(void)snprintf(status->reason, sizeof(status->reason),
	    "its supervisor, pid %d, cannot write the record: %s",
	    (int)status->supervisor, strerror(EROFS));
}

/* --- by the pid in the file alone ---------------------------------------- */

/* Is there a process with that pid?  As proc_see; 0 for a thread, too. */
static int
has_process(pid_t pid)
{
	struct proc_status status;
	struct proc_stat stat;
	int seen = proc_see(pid, &stat);

	if (seen == -1 && errno == EACCES)
		return 1;
	if (seen != 1)
		return seen;
	if (stat.dead)
		return 0;
	if (proc_status(pid, &status) == -1)
		return proc_is_short(errno) ? -1 : 1;
	return status.leader == pid;
}

/* The reason says what is wrong with the record. */
static void
classify_file(int file, struct instance_status *status)
{
	pid_t pid = file == -1 ? 0 : pidfile_get(file);
	int has = 0;

	status->pid = 0;
	if (pid == -1)
		set_state(status, INSTANCE_UNKNOWN, pidfile_fault(errno));
	else if (pid != 0 && pid != getpid() && !proc_is_ours())
		set_without_proc(status);
	else if (pid != 0 && pid != getpid() && (has = has_process(pid)) == -1)
		set_failed(status);
	else if (has == 0)
		set_state(status, file == -1 ? INSTANCE_NONE : INSTANCE_DEAD,
		    "");
	else {
		status->pid = pid;
		status->state = INSTANCE_GUESS;
	}
}

/* --- both ---------------------------------------------------------------- */

/* Read the record.  Return NULL, or why it is not believed. */
static const char *
read_record(int fd, struct instance_status *status)
{
	struct stat st;

	if (path_stat(fd, &st) == -1) {
		status->blocks = true;
		return strerror(errno);
	}
	status->owner = st.st_uid;
	if (!S_ISREG(st.st_mode))
		return "its record is not a regular file";
	if ((st.st_uid != geteuid() && geteuid() != 0) || (st.st_mode & 022))
		return "its record is writable by other users";
	switch (record_read(fd, &status->record)) {
	case RECORD_GOOD:
		return NULL;
	case RECORD_EMPTY:
		return "its record is empty";
	case RECORD_DAMAGED:
		return "its record is damaged";
	case RECORD_UNREADABLE:
		break;
	}
	status->blocks = true;
	return strerror(errno);
}

void
classify(const char *path, int file, int record,
    struct instance_status *status)
{
	const char *why = status->foreign ? "its record cannot be read: "
	    "it belongs to another user" : "there is no record";
	pid_t pid = file == -1 ? 0 : pidfile_get(file);

	if (record != -1)
		why = read_record(record, status);
	status->recorded = record != -1 && why == NULL;
	set_state(status, INSTANCE_UNKNOWN, why == NULL ? "" : why);
	if (status->blocks)
		return;
	if (status->recorded && is_copy(record, &status->record)) {
		status->recorded = false;
		set_state(status, INSTANCE_DEAD, "its record is a copy");
		/* The process of that pid is the other instance's. */
		if (pid == status->record.pid)
			return;
	}
	if (status->recorded)
		status->recorded = classify_record(&status->record, status);
	/* Another program, or the command itself, has written it since. */
	if (status->recorded && status->state == INSTANCE_DEAD && pid != 0 &&
	    pid != status->pid) {
		status->recorded = false;
		set_state(status, INSTANCE_GUESS, "its record names another "
		    "pid, and that process has ended");
	}
	if (!status->recorded)
		classify_file(file, status);
	else if (status->state == INSTANCE_DEAD)
		set_state(status, file == -1 ? INSTANCE_NONE : INSTANCE_DEAD,
		    "");
	else if (!is_of_path(path, record, status))
		status->recorded = false;
	else
		check_stale(record, status);
}

int
record_find(struct at *record, const struct at *file)
{
	*record = *file;
	if (strlcat(record->name, RECORD_SUFFIX, sizeof(record->name)) <
	    sizeof(record->name))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
record_open(const struct at *at, int flags, int ms)
{
	int lock = (flags & O_ACCMODE) == O_RDONLY ? LOCK_SH : LOCK_EX;
	int fd, tries;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		fd = openat(at->dir, at->name, flags | PIDFILE_FLAGS, 0600);
		if (fd == -1 || ms < 0)
			return fd;
		if (lock_wait(fd, lock, ms) == -1) {
			close_quietly(fd);
			return -1;
		}
		/* A launch that failed, or a stop, may have removed it. */
		if (path_is_current(at, fd) == 1)
			return fd;
		(void)close(fd);
	}
	errno = EBUSY;
	return -1;
}

/* Why the open file (or -1 with errno) is no pid file; NULL: it may be one. */
static const char *
file_fault(int file)
{
	struct stat st;

	if (file == -1)
		return errno == ENOENT ? NULL : pidfile_fault(errno);
	if (fstat(file, &st) == -1)
		return strerror(errno);
	return S_ISREG(st.st_mode) ? NULL : "not a regular file";
}

/*
 * The file is opened first: a launch makes the record before it, and what has
 * ended empties it before the record goes.  So a pid without a record is not
 * that of a launch that has come, or gone, between the two.
 */
static int
find_in(const char *path, const struct at *at, bool wait,
    struct instance_status *status)
{
	int file = openat(at->dir, at->name, O_RDONLY | PIDFILE_FLAGS);
	const char *fault = file_fault(file);
	struct at record;
	int fd = -1;

	if (record_find(&record, at) == 0)
		fd = record_open(&record, O_RDONLY, wait ? LOCK_MS : 0);
	status->foreign = fd == -1 && errno == EACCES;
	if (fd == -1 && errno == EWOULDBLOCK)
		set_state(status, wait ? INSTANCE_UNKNOWN : INSTANCE_STARTING,
		    "a launch holds the lock of its record; try again");
	else if (fd == -1 && errno != ENOENT && errno != EACCES &&
	    errno != ENAMETOOLONG)
		set_state(status, INSTANCE_UNKNOWN, errno == ELOOP ?
		    "its record is a symbolic link" : strerror(errno));
	else if (fault != NULL)
		set_state(status, INSTANCE_UNKNOWN, fault);
	else
		classify(path, file, fd, status);
	close_quietly(file);
	if (fd != -1)
		(void)flock(fd, LOCK_UN);
	return fd;
}

void
instance_find_open(const char *path, bool wait, struct instance_status *status,
    int *record)
{
	const char *reason;
	struct at at;

	memset(status, 0, sizeof(*status));
	*record = -1;
	if (path_find(&at, path, &reason) == 0) {
		*record = find_in(path, &at, wait, status);
		close_quietly(at.dir);
	} else if (errno == ENOENT)
		set_state(status, INSTANCE_NONE, "");
	else
		set_state(status, INSTANCE_UNKNOWN, reason);
}

void
instance_find(const char *path, bool wait, struct instance_status *status)
{
	int record;

	instance_find_open(path, wait, status, &record);
	close_quietly(record);
}
