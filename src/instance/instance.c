/* SPDX-License-Identifier: BSD-2-Clause */
/* The instance of a launch: a pid file and its record. */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "instance/instance.h"
#include "instance/lockfile.h"
#include "instance/pidfile.h"

/* No verb needs the flock for as long. */
#define VERB_MS		1000

static int
fail(const char **reason, const char *why)
{
	*reason = why;
	return -1;
}

/* --- opening ------------------------------------------------------------- */

void
instance_init(struct instance *instance, const char *path)
{
	memset(instance, 0, sizeof(*instance));
	instance->path = path;
	instance->user = geteuid();
	instance->file = instance->record = -1;
	instance->file_at.dir = -1;
}

/* Open the pid file, if there is one. */
static int
open_file(struct instance *instance, const char **reason)
{
	const struct at *at = &instance->file_at;

	close_quietly(instance->file);
	instance->file = openat(at->dir, at->name, O_RDWR | PIDFILE_FLAGS);
	if (instance->file == -1)
		return errno == ENOENT ? 0 :
		    fail(reason, pidfile_fault(errno));
	*reason = pidfile_unfit(instance->file, instance->user);
	if (*reason == NULL)
		return 0;
	(void)close(instance->file);
	instance->file = -1;
	return -1;
}

/* Return why this file must not be written as a record, or NULL. */
static const char *
unfit_record(int fd)
{
	struct stat st;

	if (path_stat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return "its record is not a regular file, or has a second "
		    "name; remove it";
	if (st.st_uid != geteuid())
		return "its record belongs to another user";
	if (st.st_mode & 022)
		return "its record is writable by other users";
	return st.st_size <= RECORD_SIZE && record_is_ours(fd) ? NULL :
	    "its record contains something else; remove it";
}

/* Open the record, or create it, and take its flock.  As instance_open. */
static int
open_record(struct instance *instance, int ms, const char **reason)
{
	const struct at *at = &instance->record_at;
	int error = 0;

	close_quietly(instance->record);
	do {
		instance->record = record_open(at, O_RDWR, ms);
		instance->created = instance->record == -1 && errno == ENOENT;
		if (instance->created)
			instance->record = record_open(at,
			    O_RDWR | O_CREAT | O_EXCL, ms);
	} while (instance->record == -1 && instance->created &&
	    errno == EEXIST);
	instance->locked = instance->record != -1;
	if (!instance->locked)
		error = errno;
	/* A supervisor goes on without it, and a new record is removed. */
	if (error == EWOULDBLOCK || error == EINTR ||
	    (error != 0 && instance->created))
		instance->record = record_open(at, O_RDWR, -1);
	if (instance->record != -1 &&
	    (*reason = unfit_record(instance->record)) != NULL) {
		errno = 0;
		return -1;
	}
	if (error == 0)
		return 0;
	*reason = error == ELOOP ? "its record is a symbolic link" :
	    error == EINTR ? "interrupted while another launch was under way" :
	    strerror(error);
	errno = error;
	return error == EACCES || error == EPERM || error == EROFS ? 0 : -1;
}

/* Find the directory of FILE, and note the whole path in the record. */
static int
find_place(struct instance *instance, const char **reason)
{
	char *whole;
	int result;

	if (path_find(&instance->file_at, instance->path, reason) == -1)
		return -1;
	/* Too large for a small stack; static, it would be in use forever. */
	if ((whole = malloc(PATH_MAX)) == NULL)
		return fail(reason, strerror(errno));
	result = path_resolve(instance->path, whole);
	if (result == -1)
		(void)fail(reason, strerror(errno));
	else
		/* Before the options, which may fill the record. */
		(void)record_add(&instance->entry, "path", whole);
	free(whole);
	return result == -1 ? -1 : 0;
}

int
instance_open(struct instance *instance, int ms, const char **reason)
{
	const char *why;
	int result = 0, error;

	if (instance->file_at.dir == -1 && find_place(instance, reason) == -1)
		return -1;
	*reason = NULL;
	/* A launch that could have no record goes on without. */
	if (instance->cleared && instance->entry.device == 0)
		errno = 0;
	else if (record_find(&instance->record_at, &instance->file_at) == -1)
		*reason = strerror(errno);
	else
		result = open_record(instance, ms, reason);
	error = errno;
	why = *reason;
	if (result == -1 && error != EWOULDBLOCK && error != EINTR)
		return -1;
	/* With the flock: a launch that was waited for may have made it. */
	if (open_file(instance, reason) == -1)
		result = error = -1;
	else
		*reason = why;
	errno = error;
	return result;
}

void
instance_classify(const struct instance *instance,
    struct instance_status *status)
{
	/* Another launch may have locked and written what this one created. */
	bool none = instance->created && record_read(instance->record,
	    &status->record) == RECORD_EMPTY;

	memset(status, 0, sizeof(*status));
	classify(instance->path, instance->file, none ? -1 : instance->record,
	    status);
}

int
instance_check(const char *path, uid_t user, const char **reason)
{
	struct instance instance;
	int result;

	instance_init(&instance, path);
	instance.user = user;
	result = path_find(&instance.file_at, path, reason);
	if (result == 0)
		result = open_file(&instance, reason);
	instance_close(&instance);
	return result;
}

void
instance_close(struct instance *instance)
{
	close_quietly(instance->file);
	close_quietly(instance->record);
	close_quietly(instance->file_at.dir);
	instance->file = instance->record = instance->file_at.dir = -1;
}

void
instance_unlock(struct instance *instance)
{
	/* A child may share the flock, so close(2) alone does not end it. */
	if (instance->locked)
		(void)flock(instance->record, LOCK_UN);
	instance->locked = false;
}

void
instance_release(struct instance *instance)
{
	instance_unlock(instance);
	close_quietly(instance->file);
	close_quietly(instance->record);
	instance->file = instance->record = -1;
}

/* --- a start ------------------------------------------------------------- */

/* Create the pid file, if there is none. */
static int
create_file(struct instance *instance)
{
	const struct at *at = &instance->file_at;

	if (instance->file == -1)
		instance->file = openat(at->dir, at->name,
		    O_RDWR | O_CREAT | O_EXCL | PIDFILE_FLAGS, 0644);
	return instance->file == -1 ? -1 : 0;
}

/* The other user may have the file open, so it is replaced. */
static int
take_over_file(struct instance *instance)
{
	struct stat st;

	if (instance->file == -1)
		return 0;
	if (fstat(instance->file, &st) == -1)
		return -1;
	if (st.st_uid == geteuid())
		return 0;
	if (path_unlink(&instance->file_at, instance->file) == -1)
		return -1;
	(void)close(instance->file);
	instance->file = -1;
	return 0;
}

/* Let the entry name the record's file, and what its pids are counted in. */
static int
name_record(struct instance *instance)
{
	struct stat st;

	if (fstat(instance->record, &st) == -1)
		return -1;
	instance->entry.device = st.st_dev;
	instance->entry.inode = st.st_ino;
	/* Without /proc the record identifies no process. */
	return proc_scope(&instance->entry.scope) == -1 &&
	    proc_is_short(errno) ? -1 : 0;
}

int
instance_clear(struct instance *instance)
{
	if (take_over_file(instance) == -1 || create_file(instance) == -1)
		return -1;
	instance->cleared = true;
	if (instance->record != -1)
		instance->before = record_copy(instance->record);
	if (instance->record != -1 &&
	    (record_write(instance->record, NULL) == -1 ||
	    name_record(instance) == -1))
		return -1;
	return pidfile_set(instance->file, 0);
}

static bool
is_own(const struct instance *instance, const struct record *record)
{
	return record->supervisor == instance->entry.supervisor &&
	    record->supervisor_start == instance->entry.supervisor_start;
}

/*
 * A later start holds the flock for a moment only: read what the record says
 * now, and keep a request that has come since in *state, which is to be
 * written.  Return -1 with EEXIST if the record is another launch's by now: the
 * supervisor of this start was killed.
 */
static int
keep_request(struct instance *instance, struct record *now,
    enum record_state *state, pid_t pid)
{
	memset(now, 0, sizeof(*now));
	if (instance->record == -1)
		return 0;
	if (!instance->locked)
		instance->locked = lock_wait(instance->record, LOCK_EX,
		    VERB_MS) == 0;
	if (record_read(instance->record, now) != RECORD_GOOD) {
		now->pid = 0;
		return 0;
	}
	if (!is_own(instance, now)) {
		errno = EEXIST;
		return -1;
	}
	/* The run of that pid is what an --again of an earlier one wants. */
	if (now->state != RECORD_STOPPING || (now->again && now->pid != pid))
		return 0;
	instance->entry.again = now->again;
	instance->entry.tree = now->tree;
	*state = RECORD_STOPPING;
	return 0;
}

static int
write_record(struct instance *instance, enum record_state state)
{
	instance->entry.state = state;
	instance->entry.since = (long long)time(NULL);
	return instance->record == -1 ? 0 :
	    record_write(instance->record, &instance->entry);
}

int
instance_write_pid(struct instance *instance, enum record_state state)
{
	struct record *entry = &instance->entry, now;
	bool locked = instance->locked;
	int result = 0;

	entry->pid = getpid();
	entry->start = proc_own_start();
	entry->pidfd = proc_pidfd_inode(entry->pid);
	/* Without it the record would name no process. */
	if (entry->start == 0 && *entry->scope.boot != '\0')
		return -1;
	if (!locked)
		result = keep_request(instance, &now, &state, entry->pid);
	if (result == 0)
		result = write_record(instance, state);
	if (result == 0)
		result = pidfile_set(instance->file, entry->pid);
	if (!locked)
		instance_unlock(instance);
	return result;
}

void
instance_mark(struct instance *instance, enum record_state state, pid_t pid,
    unsigned long long start)
{
	struct record *entry = &instance->entry, now;
	bool taken = keep_request(instance, &now, &state, pid) == -1;

	/* A child with memory of its own has kept them to itself. */
	entry->pid = pid;
	entry->start = now.pid == pid ? now.start : start;
	entry->pidfd = now.pid == pid ? now.pidfd : 0;
	/* On a full disk it still says `starting': readers treat both alike. */
	instance->dirty = taken || write_record(instance, state) == -1 ||
	    pidfile_get(instance->file) != pid ||
	    (instance->record != -1 ? now.pid != pid : entry->device != 0);
	instance_unlock(instance);
}

/* Do the files still name our daemon, or none yet? */
static bool
is_ours(struct instance *instance)
{
	struct record now;

	if (!instance->cleared || instance->file == -1 || instance->locked)
		return instance->cleared && instance->file != -1;
	if (instance->record == -1)
		return instance->entry.pid == 0 ||
		    pidfile_get(instance->file) == instance->entry.pid;
	return lock_wait(instance->record, LOCK_EX, LOCK_MS) == 0 &&
	    record_read(instance->record, &now) == RECORD_GOOD &&
	    now.pid == instance->entry.pid &&
	    now.start == instance->entry.start;
}

/*
 * Has this launch created the record, and done nothing more?  Another one may
 * have taken its flock before this one did, and have written it.
 */
static bool
created_but_unused(struct instance *instance)
{
	struct record now;

	return instance->created && (instance->locked ||
	    lock_wait(instance->record, LOCK_EX, VERB_MS) == 0) &&
	    record_read(instance->record, &now) == RECORD_EMPTY;
}

/*
 * Remove the open files, or empty what may not be removed; -1: there is none.
 * Return 0, or -1 with errno if one stays as it is.
 */
static int
remove_files(const struct at *file_at, int file, const struct at *record_at,
    int record)
{
	int result = 0;

	/* Emptied first: a file that stays must not name a process. */
	if (file != -1) {
		result = pidfile_set(file, 0);
		if (path_unlink(file_at, file) == 0)
			result = 0;
	}
	/* A --wait that has it open reads how the command ended. */
	if (record != -1 && path_unlink(record_at, record) == -1 &&
	    record_write(record, NULL) == -1)
		result = -1;
	return result;
}

/* Remove both files, or write the record back that was there before. */
static void
restore_files(struct instance *instance)
{
	bool restores = instance->before != NULL;

	(void)remove_files(&instance->file_at, instance->file,
	    &instance->record_at, restores ? -1 : instance->record);
	if (restores && record_restore(instance->record,
	    instance->before) == -1)
		(void)record_write(instance->record, NULL);
}

void
instance_roll_back(struct instance *instance)
{
	if (is_ours(instance))
		restore_files(instance);
	else if (!instance->cleared && created_but_unused(instance))
		/* The launch was refused, or could not make the pid file. */
		(void)path_unlink(&instance->record_at, instance->record);
}

/* --- a supervisor -------------------------------------------------------- */

int
instance_pending(struct instance *instance, enum request *request,
    const char **reason)
{
	struct record now;

	*request = REQUEST_NONE;
	switch (record_read(instance->record, &now)) {
	case RECORD_GOOD:
		if (!is_own(instance, &now)) {
			errno = EEXIST;
			return fail(reason, "another launch has taken it");
		}
		if (now.state == RECORD_STOPPING)
			*request = now.again ? REQUEST_AGAIN :
			    now.tree ? REQUEST_STOP_TREE : REQUEST_STOP;
		return 0;
	case RECORD_UNREADABLE:
		return fail(reason, strerror(errno));
	default:
		/* It was removed or damaged, and will be written again. */
		(void)name_record(instance);
		return 0;
	}
}

int
instance_update(struct instance *instance, enum record_state state, pid_t pid,
    const char **path)
{
	struct proc_stat stat;

	/* It could not be read when the run began. */
	if (state == RECORD_RUNNING && instance->entry.start == 0 &&
	    *instance->entry.scope.boot != '\0' &&
	    proc_stat(instance->entry.pid, &stat) == 0)
		instance->entry.start = stat.started;
	*path = instance->record_at.name;
	if (write_record(instance, state) == -1)
		return -1;
	*path = instance->path;
	/* A run may have removed it. */
	if (create_file(instance) == -1)
		return -1;
	return pid != 0 && pidfile_get(instance->file) == pid ? 0 :
	    pidfile_set(instance->file, pid);
}

void
instance_finish(struct instance *instance, enum record_state state)
{
	pid_t pid = instance->file == -1 ? -1 : pidfile_get(instance->file);

	if (pid == 0 || pid == instance->entry.pid)
		(void)remove_files(&instance->file_at, instance->file, NULL,
		    -1);
	/* After the pid file: the record says when all has ended. */
	(void)write_record(instance, state);
}

/* --- the verbs ----------------------------------------------------------- */

static int
write_request(int record, const struct instance_status *status,
    enum request request, const char **reason)
{
	struct record now;

	if (record_read(record, &now) != RECORD_GOOD ||
	    now.supervisor != status->supervisor ||
	    now.supervisor_start != status->record.supervisor_start ||
	    now.state >= RECORD_ENDED ||
	    now.pid != status->pid || now.start != status->start)
		return 0;
	if (request == REQUEST_AGAIN && now.state == RECORD_STOPPING &&
	    !now.again) {
		errno = 0;
		return fail(reason, "it is being stopped");
	}
	now.state = RECORD_STOPPING;
	now.again = request == REQUEST_AGAIN;
	now.tree = request == REQUEST_STOP_TREE;
	now.since = (long long)time(NULL);
	return record_write(record, &now) == 0 ? 1 :
	    fail(reason, strerror(errno));
}

int
instance_request(const char *path, const struct instance_status *status,
    enum request request, const char **reason)
{
	int record = -1, result;
	struct at file, at;

	if (path_find(&file, path, reason) == -1)
		return -1;
	if (record_find(&at, &file) == -1 ||
	    (record = record_open(&at, O_RDWR, LOCK_MS)) == -1) {
		*reason = errno == EWOULDBLOCK ? "another process holds the "
		    "lock of its record" : strerror(errno);
		result = errno == ENOENT ? 0 : -1;
	} else
		result = write_request(record, status, request, reason);
	close_quietly(record);
	close_quietly(file.dir);
	return result;
}

/* A supervisor may have begun another run before it took the stop. */
static bool
is_of_dead(const struct record *now, const struct instance_status *status)
{
	const struct record *then = &status->record;

	return (now->pid == status->pid && now->start == status->start) ||
	    (then->supervisor != 0 && now->supervisor == then->supervisor &&
	    now->supervisor_start == then->supervisor_start);
}

/* With the record's flock.  As instance_remove_dead. */
static int
remove_both(const struct at *file_at, const struct at *record_at, int record,
    const struct instance_status *status)
{
	enum record_fault fault;
	struct record now;
	int file, result;
	pid_t pid;

	fault = record_read(record, &now);
	if (status == NULL ? fault != RECORD_EMPTY : fault != RECORD_GOOD ||
	    !is_of_dead(&now, status))
		return 0;
	if (status != NULL && now.pid != status->pid &&
	    process_is(now.pid, now.start))
		return 1;
	file = openat(file_at->dir, file_at->name, O_RDWR | PIDFILE_FLAGS);
	pid = file == -1 ? 0 : pidfile_get(file);
	if (pid != 0 && (status == NULL || pid != now.pid)) {
		close_quietly(file);
		file = -1;
	}
	result = remove_files(file_at, file, record_at, record);
	close_quietly(file);
	return result;
}

int
instance_remove_dead(const char *path, const struct instance_status *status)
{
	struct at file, at;
	const char *reason;
	int record, result = 0;

	if (status != NULL && (!status->recorded || status->elsewhere))
		return 0;
	if (path_find(&file, path, &reason) == -1)
		return errno == ENOENT ? 0 : -1;
	if (record_find(&at, &file) == 0) {
		if ((record = record_open(&at, O_RDWR, LOCK_MS)) != -1) {
			result = remove_both(&file, &at, record, status);
			close_quietly(record);
		} else if (errno != ENOENT)
			result = -1;
	}
	close_quietly(file.dir);
	return result;
}
