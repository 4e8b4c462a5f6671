/* SPDX-License-Identifier: BSD-2-Clause */
/* The instance of a launch: a pid file and its record. */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "instance/instance.h"
#include "instance/lockfile.h"
#include "instance/open.h"
#include "instance/pidfile.h"

/* No verb takes as long to look at a record. */
#define LOOK_MS		1000

static void
initialize(struct instance *instance, const char *path)
{
	memset(instance, 0, sizeof(*instance));
	instance->path = path;
	instance->file = instance->record = -1;
	instance->place.dir = -1;
}

int
instance_open(struct instance *instance, const char *path,
    struct instance_status *found, const char **reason)
{
	const char *why = NULL;

	initialize(instance, path);
	memset(found, 0, sizeof(*found));
	if (path_find(&instance->place, path, reason) == -1 ||
	    instance_open_file(instance, reason) == -1)
		return -1;
	if (record_place(&instance->record_at, &instance->place) == -1)
		why = strerror(errno);
	else if (instance_lock(instance, LAUNCH_WAIT_MS,
	    &why) == -1) {
		if (errno != EWOULDBLOCK)
			return instance_fail(reason, why);
		found->state = INSTANCE_STARTING;
		return 0;
	}
	/* The launch that was waited for may have made it, or removed it. */
	if (instance->file == -1 ||
	    path_is_current(&instance->place, instance->file) != 1) {
		if (instance->file != -1)
			(void)close(instance->file);
		if (instance_open_file(instance, reason) == -1)
			return -1;
	}
	instance_classify(instance->file, instance->record, found);
	if (found->failed)
		return instance_fail(reason, found->reason);
	*reason = why;
	return 0;
}

int
instance_check(const char *path, const char **reason)
{
	struct instance instance;
	int result;

	initialize(&instance, path);
	result = path_find(&instance.place, path, reason);
	if (result == 0)
		result = instance_open_file(&instance, reason);
	if (instance.file != -1)
		(void)close(instance.file);
	if (instance.place.dir != -1)
		(void)close(instance.place.dir);
	return result;
}

int
instance_clear(struct instance *instance)
{
	struct stat st;

	if (instance->file == -1) {
		instance->file = openat(instance->place.dir,
		    instance->place.name,
		    O_RDWR | O_CREAT | O_EXCL | PIDFILE_FLAGS, 0644);
		if (instance->file == -1)
			return -1;
	}
	instance->taken = true;
	if (instance->record != -1) {
		if (record_clear(instance->record) == -1 ||
		    fstat(instance->record, &st) == -1)
			return -1;
		/* Without /proc the record identifies no process. */
		if (proc_scope(&instance->entry.scope) == -1 &&
		    proc_is_short(errno))
			return -1;
		instance->entry.device = st.st_dev;
		instance->entry.inode = st.st_ino;
	}
	/* A shorter pid would leave a part of a longer one. */
	return ftruncate(instance->file, 0);
}

static int
write_record(struct instance *instance, enum record_state state)
{
	if (instance->record == -1)
		return 0;
	instance->entry.state = state;
	instance->entry.since = (long long)time(NULL);
	return record_write(instance->record, &instance->entry);
}

int
instance_write_pid(struct instance *instance, enum record_state state)
{
	instance->entry.pid = getpid();
	instance->entry.start = proc_own_start();
	/* Without it the record would name no process. */
	if (instance->entry.start == 0 && *instance->entry.scope.boot != '\0')
		return -1;
	if (write_record(instance, state) == -1)
		return -1;
	return pidfile_set(instance->file, instance->entry.pid);
}

void
instance_close(struct instance *instance)
{
	(void)close(instance->file);
	if (instance->record != -1)
		(void)close(instance->record);
	(void)close(instance->place.dir);
	instance->file = instance->record = instance->place.dir = -1;
}

void
instance_mark_running(struct instance *instance, pid_t pid,
    unsigned long long start)
{
	struct record claimed;

	/* That of an earlier run is another process. */
	if (instance->entry.pid != pid)
		instance->entry.start = 0;
	instance->entry.pid = pid;
	/* A daemon that was forked apart keeps its start tick to itself. */
	if (start == 0 && instance->record != -1 &&
	    record_read(instance->record, &claimed) == RECORD_GOOD &&
	    claimed.pid == pid)
		start = claimed.start;
	if (start != 0)
		instance->entry.start = start;
	/* On a full disk it still says `starting', which is no less true. */
	(void)write_record(instance, RECORD_RUNNING);
	if (instance->locked)
		(void)flock(instance->record, LOCK_UN);
	instance->locked = false;
}

/* Do the files still name our daemon, or none yet? */
static bool
is_ours(const struct instance *instance)
{
	struct record now;

	if (!instance->taken || instance->file == -1 || instance->locked)
		return instance->taken && instance->file != -1;
	if (instance->record == -1)
		return instance->entry.pid == 0 ||
		    pidfile_get(instance->file) == instance->entry.pid;
	return lock_wait(instance->record, LOCK_EX, LAUNCH_WAIT_MS) == 0 &&
	    record_read(instance->record, &now) == RECORD_GOOD &&
	    now.pid == instance->entry.pid &&
	    now.start == instance->entry.start;
}

/*
 * Has this launch created the record, and done nothing more?  Another one may
 * have taken its lock before this one did, and have written it.
 */
static bool
is_made_in_vain(const struct instance *instance)
{
	struct record now;

	return instance->made_record && (instance->locked ||
	    lock_wait(instance->record, LOCK_EX, LOOK_MS) == 0) &&
	    record_read(instance->record, &now) == RECORD_EMPTY;
}

void
instance_roll_back(struct instance *instance)
{
	if (is_ours(instance)) {
		/* Emptied first: a file that stays must not name a process. */
		(void)!ftruncate(instance->file, 0);
		(void)path_unlink(&instance->place, instance->file);
		if (instance->record == -1)
			return;
		(void)record_clear(instance->record);
		(void)path_unlink(&instance->record_at, instance->record);
	} else if (!instance->taken && is_made_in_vain(instance))
		/* The launch was refused, or could not make the pid file. */
		(void)path_unlink(&instance->record_at, instance->record);
}

/* --- the end of one ------------------------------------------------------ */

/*
 * Removes both files, if the locked record still names that daemon; NULL: if
 * both are empty.
 */
static void
retire_in(const struct at *place, const struct at *record_at, int record,
    const struct instance_status *found)
{
	enum record_fault fault;
	struct record now;
	int file;

	fault = record_read(record, &now);
	if (found == NULL ? fault != RECORD_EMPTY : fault != RECORD_GOOD ||
	    now.pid != found->pid || now.start != found->start)
		return;
	file = openat(place->dir, place->name, O_RDWR | PIDFILE_FLAGS);
	if (file != -1) {
		pid_t pid = pidfile_get(file);

		if (pid == 0 || (found != NULL && pid == found->pid)) {
			(void)!ftruncate(file, 0);
			(void)path_unlink(place, file);
		}
		(void)close(file);
	}
	/* A --wait that has it open reads how the command ended. */
	if (path_unlink(record_at, record) == -1)
		(void)record_clear(record);
}

static void
retire(const char *path, const struct instance_status *found)
{
	struct at place, at;
	const char *reason;
	int record;

	if (path_find(&place, path, &reason) == -1)
		return;
	if (record_place(&at, &place) == 0 &&
	    (record = openat(at.dir, at.name, O_RDWR | PIDFILE_FLAGS)) != -1) {
		/* Another verb holds the lock for a moment, or a launch. */
		if (lock_wait(record, LOCK_EX, LAUNCH_WAIT_MS) == 0 &&
		    path_is_current(&at, record) == 1)
			retire_in(&place, &at, record, found);
		(void)close(record);
	}
	(void)close(place.dir);
}

void
instance_remove_dead(const char *path, const struct instance_status *found)
{
	if (found->recorded)
		retire(path, found);
}

void
instance_remove_empty(const char *path)
{
	retire(path, NULL);
}
