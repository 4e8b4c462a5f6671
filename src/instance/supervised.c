/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance of a supervisor, and what the verbs ask of it.
 *
 * The record is the authority.  A verb writes its word into it, under the lock.
 * The supervisor reads the word, under the lock, before each start and at each
 * end of a run.  The signal that follows the word only makes it read at once.
 */
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

#include "base/file.h"
#include "instance/instance.h"
#include "instance/lockfile.h"
#include "instance/open.h"
#include "instance/pidfile.h"

/* A verb needs the lock for a moment only. */
#define VERB_MS		1000

void
instance_release(struct instance *instance)
{
	/* A process of the start may share the lock, so close() is too little. */
	if (instance->locked)
		(void)flock(instance->record, LOCK_UN);
	instance->locked = false;
	close_quietly(instance->file);
	close_quietly(instance->record);
	instance->file = instance->record = -1;
}

static bool
is_own(const struct instance *instance, const struct record *record)
{
	return record->supervisor == instance->entry.supervisor &&
	    record->supervisor_start == instance->entry.supervisor_start;
}

/*
 * Return -1 with errno and *reason if the record cannot be read, so that it has
 * to stay as it is, or is another launch's (EEXIST).
 */
static int
read_word(struct instance *instance, enum request *word, const char **reason)
{
	struct record now;
	struct stat st;

	switch (record_read(instance->record, &now)) {
	case RECORD_GOOD:
		if (!is_own(instance, &now)) {
			*reason = "another launch has taken it";
			errno = EEXIST;
			return -1;
		}
		if (now.state == RECORD_STOPPING)
			*word = now.again ? REQUEST_AGAIN : REQUEST_STOP;
		return 0;
	case RECORD_UNREADABLE:
		*reason = strerror(errno);
		return -1;
	default:
		/* It was removed or damaged, and will be written anew. */
		if (fstat(instance->record, &st) == 0) {
			instance->entry.device = st.st_dev;
			instance->entry.inode = st.st_ino;
		}
		return 0;
	}
}

int
instance_reopen(struct instance *instance, enum request *word,
    const char **reason)
{
	bool recorded = instance->entry.device != 0;
	const char *why = NULL;
	int saved;

	*word = REQUEST_NONE;
	if (recorded && instance_lock(instance, VERB_MS, &why) == -1 &&
	    errno != EWOULDBLOCK && errno != EINTR) {
		*reason = why;
		instance_release(instance);
		return -1;
	}
	if (instance->record != -1 &&
	    read_word(instance, word, reason) == -1) {
		saved = errno;
		instance_release(instance);
		errno = saved;
		return -1;
	}
	if (instance_open_file(instance, reason) == 0) {
		if (!recorded || instance->record != -1)
			return 0;
		*reason = why;
	} else {
		/* It is no pid file any more, so it is not overwritten. */
		close_quietly(instance->file);
		instance->file = -1;
	}
	errno = 0;
	return -1;
}

/* Create the pid file again, if a run has removed it. */
static int
create_file(struct instance *instance)
{
	if (instance->file == -1)
		instance->file = openat(instance->place.dir,
		    instance->place.name,
		    O_RDWR | O_CREAT | O_EXCL | PIDFILE_FLAGS, 0644);
	return instance->file == -1 ? -1 : 0;
}

static int
write_file(struct instance *instance, pid_t pid)
{
	if (create_file(instance) == -1)
		return -1;
	if (pid != 0 && pidfile_get(instance->file) == pid)
		return 0;
	return ftruncate(instance->file, 0) == -1 ||
	    (pid != 0 && pidfile_set(instance->file, pid) == -1) ? -1 : 0;
}

bool
instance_is_written(const struct instance *instance)
{
	const struct record *entry = &instance->entry;
	struct record now;

	return pidfile_get(instance->file) == entry->pid &&
	    (entry->device == 0 || (instance->record != -1 &&
	    record_read(instance->record, &now) == RECORD_GOOD &&
	    now.state != RECORD_STARTING &&
	    now.pid == entry->pid && now.start == entry->start));
}

int
instance_write(struct instance *instance, enum record_state state, pid_t pid,
    const char **path)
{
	struct proc_stat stat;

	/* It could not be read when the run began. */
	if (state == RECORD_RUNNING && instance->entry.start == 0 &&
	    *instance->entry.scope.boot != '\0' &&
	    proc_stat(instance->entry.pid, &stat) == 0)
		instance->entry.start = stat.started;
	*path = instance->record_at.name;
	instance->entry.state = state;
	instance->entry.since = (long long)time(NULL);
	if (instance->record != -1 &&
	    record_write(instance->record, &instance->entry) == -1)
		return -1;
	*path = instance->path;
	return write_file(instance, pid);
}

void
instance_finish(struct instance *instance)
{
	pid_t pid;

	if (instance->file != -1) {
		pid = pidfile_get(instance->file);
		if (pid == 0 || pid == instance->entry.pid) {
			(void)!ftruncate(instance->file, 0);
			(void)path_unlink(&instance->place, instance->file);
		}
		close_quietly(instance->file);
		instance->file = -1;
	}
	instance->entry.state = RECORD_ENDED;
	instance->entry.since = (long long)time(NULL);
	/* If the disk is full, /proc still shows that all have ended. */
	if (instance->record != -1)
		(void)record_write(instance->record, &instance->entry);
}

/* --- the verbs ----------------------------------------------------------- */

static int
write_word(int record, const struct instance_status *found, enum request word,
    const char **reason)
{
	struct record now;

	if (record_read(record, &now) != RECORD_GOOD ||
	    now.supervisor != found->supervisor ||
	    now.supervisor_start != found->record.supervisor_start ||
	    now.state == RECORD_ENDED ||
	    now.pid != found->pid || now.start != found->start)
		return 0;
	if (word == REQUEST_AGAIN && now.state == RECORD_STOPPING && !now.again) {
		*reason = "it is being stopped";
		return -1;
	}
	now.state = RECORD_STOPPING;
	now.again = word == REQUEST_AGAIN;
	now.since = (long long)time(NULL);
	if (record_write(record, &now) == 0)
		return 1;
	*reason = strerror(errno);
	return -1;
}

int
instance_request(const char *path, const struct instance_status *found, enum request word,
    const char **reason)
{
	struct at place, at;
	int record, asked = -1;

	if (path_find(&place, path, reason) == -1)
		return -1;
	if (record_place(&at, &place) == -1 ||
	    (record = openat(at.dir, at.name, O_RDWR | PIDFILE_FLAGS)) == -1) {
		*reason = strerror(errno);
		asked = errno == ENOENT ? 0 : -1;
	} else {
		if (lock_wait(record, LOCK_EX, LAUNCH_WAIT_MS) == -1)
			*reason = "another process holds the lock of its "
			    "record";
		else if (path_is_current(&at, record) != 1)
			asked = 0;
		else
			asked = write_word(record, found, word, reason);
		(void)close(record);
	}
	(void)close(place.dir);
	return asked;
}
