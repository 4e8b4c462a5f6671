/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening a pid file and its record, to write them. */
#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "instance/lockfile.h"
#include "instance/open.h"
#include "instance/pidfile.h"

/* A file may be removed so many times between its open and its lock. */
#define OPEN_TRIES	1000

int
instance_fail(const char **reason, const char *why)
{
	*reason = why;
	return -1;
}

int
instance_open_file(struct instance *instance, const char **reason)
{
	instance->file = openat(instance->place.dir, instance->place.name,
	    O_RDWR | PIDFILE_FLAGS);
	if (instance->file == -1)
		return errno == ENOENT ? 0 :
		    instance_fail(reason, pidfile_open_fault(errno));
	*reason = pidfile_unfit(instance->file);
	return *reason == NULL ? 0 : -1;
}

/* Opens the record, or creates it.  -1 with errno. */
static int
open_record(struct instance *instance)
{
	const struct at *at = &instance->record_at;

	do {
		instance->record = openat(at->dir, at->name,
		    O_RDWR | PIDFILE_FLAGS);
		if (instance->record != -1 || errno != ENOENT)
			break;
		instance->record = openat(at->dir, at->name,
		    O_RDWR | O_CREAT | O_EXCL | PIDFILE_FLAGS, 0600);
		instance->made_record = instance->record != -1;
	} while (instance->record == -1 && errno == EEXIST);
	return instance->record == -1 ? -1 : 0;
}

/* Why this file must not be written as a record, or NULL. */
static const char *
unfit_record(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return "its record is not a regular file, or has a second "
		    "name; remove it";
	if (st.st_uid != geteuid())
		return "its record belongs to another user";
	if (st.st_mode & 022)
		return "its record is writable by other users";
	return NULL;
}

int
instance_lock(struct instance *instance, int ms, const char **reason)
{
	int tries, current;

	for (tries = 0; tries < OPEN_TRIES; tries++) {
		if (open_record(instance) == -1) {
			if (errno != EACCES && errno != EPERM && errno != EROFS)
				return instance_fail(reason, errno == ELOOP ?
				    "its record is a symbolic link" :
				    strerror(errno));
			*reason = strerror(errno);
			return 0;
		}
		if ((*reason = unfit_record(instance->record)) != NULL) {
			errno = 0;
			return -1;
		}
		if (lock_wait(instance->record, LOCK_EX, ms) == -1)
			return instance_fail(reason, errno == EINTR ?
			    "interrupted while another launch was under way" :
			    strerror(errno));
		/* A launch that failed, or a stop, may have removed it. */
		current = path_is_current(&instance->record_at,
		    instance->record);
		instance->locked = current == 1;
		if (current == 1)
			return 0;
		if (current == -1)
			return instance_fail(reason, strerror(errno));
		(void)close(instance->record);
		instance->made_record = false;
	}
	errno = EBUSY;
	return instance_fail(reason, strerror(errno));
}
