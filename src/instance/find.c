/* SPDX-License-Identifier: BSD-2-Clause */
/* Which process is the daemon of a pid file? */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "instance/find.h"
#include "instance/lockfile.h"
#include "instance/pidfile.h"
#include "process/proc.h"

/* A file may be replaced so many times between its open and its lock. */
#define OPEN_TRIES	1000

/* Of see(): the process is not one of the record's owner. */
#define DISBELIEVED	(-2)

static const char no_proc[] =
    "/proc is not mounted, or belongs to another pid namespace";

static void
set_state(struct instance_status *found, enum instance_state state, const char *reason)
{
	found->state = state;
	found->reason = reason;
}

/* --- by the record ------------------------------------------------------ */

/* A call failed, so the state is not known. */
static void
set_failed(struct instance_status *found)
{
	set_state(found, INSTANCE_UNKNOWN, strerror(errno));
	found->failed = true;
}

/*
 * Look for a process that the record names.  Return 1; 0, it has ended; -1,
 * found says why it is not known; or DISBELIEVED.  Root reads the records of
 * all users, and a user can name any process in its own.
 */
static int
see(pid_t pid, unsigned long long start, struct instance_status *found)
{
	struct proc_stat stat;
	int seen = proc_see(pid, &stat), owned;

	if (seen == -1 && errno == EACCES)
		set_state(found, INSTANCE_UNKNOWN, proc_not_shown);
	else if (seen == -1)
		set_failed(found);
	if (seen != 1)
		return seen;
	if (stat.dead || stat.started != start)
		return 0;
	found->session = stat.session;
	if (found->owner == geteuid() ||
	    (owned = proc_is_owned(pid, found->owner)) == 1)
		return 1;
	if (owned == -1)
		set_failed(found);
	else if (!process_is(pid, start))
		/* It has ended meanwhile. */
		return 0;
	return owned == -1 ? -1 : DISBELIEVED;
}

/*
 * The record is of this boot, pid and time namespace.  Return false as
 * judge_record does.
 */
static bool
judge_processes(const struct record *record, struct instance_status *found)
{
	int runs, supervised = 0;

	if (record->supervisor != 0)
		supervised = see(record->supervisor, record->supervisor_start,
		    found);
	runs = supervised < 0 ? supervised :
	    see(record->pid, record->start, found);
	if (runs == DISBELIEVED)
		found->reason = "its record belongs to another user than the "
		    "process";
	if (runs == 1 || (runs == 0 && supervised == 1)) {
		found->supervisor = supervised ? record->supervisor : 0;
		found->lost = record->supervisor != 0 && !supervised;
		set_state(found, runs ? INSTANCE_RUNNING : INSTANCE_WAITING,
		    NULL);
	}
	return runs != DISBELIEVED;
}

/* Returns false where the record is not believed; found->reason says why. */
static bool
judge_record(const struct record *record, struct instance_status *found)
{
	struct proc_scope here;

	found->pid = record->pid;
	found->start = record->start;
	set_state(found, INSTANCE_DEAD, NULL);
	if (record->state == RECORD_ENDED)
		return true;
	if (proc_scope(&here) == -1) {
		if (proc_is_short(errno))
			set_failed(found);
		else
			set_state(found, INSTANCE_UNKNOWN, no_proc);
	} else if (*record->scope.boot == '\0')
		set_state(found, INSTANCE_UNKNOWN,
		    "launched without /proc, so its record does not "
		    "identify it");
	else if (strcmp(record->scope.boot, here.boot) != 0)
		return true;
	else if (record->scope.pid_namespace != here.pid_namespace)
		set_state(found, INSTANCE_UNKNOWN,
		    "launched in another pid namespace; use this verb there");
	else if (record->scope.time_namespace != here.time_namespace)
		set_state(found, INSTANCE_UNKNOWN,
		    "launched in another time namespace; use this verb there");
	else
		return judge_processes(record, found);
	return true;
}

/* --- by the pid in the file alone --------------------------------------- */

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

/* why says what is wrong with the record. */
static void
judge_file(int file, const char *why, struct instance_status *found)
{
	pid_t pid = file == -1 ? 0 : pidfile_get(file);
	int has;

	found->pid = 0;
	if (file == -1)
		set_state(found, INSTANCE_NONE, NULL);
	else if (pid == -1)
		set_state(found, INSTANCE_UNKNOWN,
		    pidfile_content_fault(errno));
	else if (pid == 0 || pid == getpid())
		set_state(found, INSTANCE_DEAD, NULL);
	else if (!proc_is_ours()) {
		if (proc_is_short(errno))
			set_failed(found);
		else
			set_state(found, INSTANCE_UNKNOWN, no_proc);
	} else if ((has = has_process(pid)) == -1)
		set_failed(found);
	else if (has == 0)
		set_state(found, INSTANCE_DEAD, NULL);
	else {
		found->pid = pid;
		set_state(found, INSTANCE_GUESS, why);
	}
}

/* --- both ---------------------------------------------------------------- */

/*
 * Reads the record.  Returns NULL, or why it is not believed; *failed: a call
 * has failed, so it may be a good one.
 */
static const char *
read_record(int fd, struct record *record, uid_t *owner, bool *failed)
{
	struct stat st;

	if (fstat(fd, &st) == -1) {
		*failed = true;
		return strerror(errno);
	}
	*owner = st.st_uid;
	if (!S_ISREG(st.st_mode))
		return "its record is not a regular file";
	if ((st.st_uid != geteuid() && geteuid() != 0) || (st.st_mode & 022))
		return "its record is writable by other users";
	switch (record_read(fd, record)) {
	case RECORD_GOOD:
		return NULL;
	case RECORD_EMPTY:
		return "its record is empty";
	case RECORD_DAMAGED:
		return "its record is damaged";
	case RECORD_COPY:
		return "its record is a copy";
	case RECORD_UNREADABLE:
		break;
	}
	*failed = true;
	return strerror(errno);
}

void
instance_classify(int file, int record, struct instance_status *found)
{
	const char *why = "there is no record";
	pid_t pid;

	if (found->foreign)
		why = "its record cannot be read: "
		    "it belongs to another user";
	if (record != -1)
		why = read_record(record, &found->record, &found->owner,
		    &found->failed);
	if (found->failed) {
		set_state(found, INSTANCE_UNKNOWN, why);
		return;
	}
	found->recorded = record != -1 && why == NULL;
	if (found->recorded) {
		found->recorded = judge_record(&found->record, found);
		why = found->reason;
	}
	if (!found->recorded) {
		judge_file(file, why, found);
		return;
	}
	if (found->state != INSTANCE_DEAD)
		return;
	if (file == -1) {
		found->state = INSTANCE_NONE;
		return;
	}
	/* Another program, or the command itself, has written it since. */
	pid = pidfile_get(file);
	if (pid != 0 && pid != found->pid) {
		found->recorded = false;
		judge_file(file, "its record names another pid, and that "
		    "process has ended", found);
	}
}

/*
 * Opens the record and takes its lock, shared: then it is the one of that
 * name.  Returns the descriptor; -1 with errno: ENOENT, there is none, and
 * EWOULDBLOCK, a launch holds it.
 */
static int
open_record(const struct at *place, int ms)
{
	int fd, tries, saved;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		fd = openat(place->dir, place->name, O_RDONLY | PIDFILE_FLAGS);
		if (fd == -1)
			return -1;
		if (lock_wait(fd, LOCK_SH, ms) == -1) {
			saved = errno;
			(void)close(fd);
			errno = saved;
			return -1;
		}
		if (path_is_current(place, fd) == 1)
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
		return errno == ENOENT ? NULL : pidfile_open_fault(errno);
	if (fstat(file, &st) == -1)
		return strerror(errno);
	return S_ISREG(st.st_mode) ? NULL : "not a regular file";
}

/*
 * The file is opened first: a launch makes the record before it, and what has
 * ended empties it before the record goes.  So a pid without a record is not
 * that of a launch that has come, or gone, between the two.
 */
static void
find_in(const struct at *place, bool wait, struct instance_status *found, int *opened)
{
	int file = openat(place->dir, place->name, O_RDONLY | PIDFILE_FLAGS);
	const char *fault = file_fault(file);
	struct at record;
	int fd = -1;

	if (record_place(&record, place) == 0)
		fd = open_record(&record, wait ? LAUNCH_WAIT_MS : 0);
	found->foreign = fd == -1 && errno == EACCES;
	if (fd == -1 && errno == EWOULDBLOCK)
		set_state(found, wait ? INSTANCE_UNKNOWN : INSTANCE_STARTING,
		    "a launch holds the lock of its record; try again");
	else if (fd == -1 && errno != ENOENT && errno != EACCES &&
	    errno != ENAMETOOLONG)
		set_state(found, INSTANCE_UNKNOWN, errno == ELOOP ?
		    "its record is a symbolic link" : strerror(errno));
	else if (fault != NULL)
		set_state(found, INSTANCE_UNKNOWN, fault);
	else
		instance_classify(file, fd, found);
	close_quietly(file);
	if (opened == NULL) {
		close_quietly(fd);
		return;
	}
	*opened = fd;
	if (fd != -1)
		(void)flock(fd, LOCK_UN);
}

void
instance_find(const char *path, bool wait, struct instance_status *found)
{
	instance_find_open(path, wait, found, NULL);
}

void
instance_find_open(const char *path, bool wait, struct instance_status *found,
    int *record)
{
	struct at place;
	const char *reason;

	memset(found, 0, sizeof(*found));
	if (record != NULL)
		*record = -1;
	if (path_find(&place, path, &reason) == 0) {
		find_in(&place, wait, found, record);
		(void)close(place.dir);
	} else if (errno == ENOENT)
		set_state(found, INSTANCE_NONE, NULL);
	else
		set_state(found, INSTANCE_UNKNOWN, reason);
}

bool
process_is(pid_t pid, unsigned long long start)
{
	struct proc_stat stat;

	return proc_stat(pid, &stat) == 0 && !stat.dead &&
	    stat.started == start;
}
