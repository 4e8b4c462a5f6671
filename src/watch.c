/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a file to be written, by inotify(7). */
#include "config.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "watch.h"

/* A file comes, is written, or its time is set (touch(1)). */
#define EVENTS	\
	(IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)

static bool
is_written(const struct watch *watch)
{
	const struct stat *before = &watch->before;
	struct stat now;

	if (stat(watch->path, &now) == -1)
		return false;
	return !watch->existed || now.st_dev != before->st_dev ||
	    now.st_ino != before->st_ino || now.st_size != before->st_size ||
	    now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec;
}

/*
 * Watches the file, which may be a link to one elsewhere, and its directory;
 * where that does not exist, the nearest one above it that does.  To watch the
 * same again changes nothing.
 */
static int
arm(const struct watch *watch)
{
	char directory[PATH_MAX];
	char *slash;

	if (strlcpy(directory, watch->path, sizeof(directory)) >=
	    sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (inotify_add_watch(watch->fd, directory, EVENTS) == -1 &&
	    errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		return -1;
	do {
		slash = strrchr(directory, '/');
		if (slash == NULL)
			(void)strlcpy(directory, ".", sizeof(directory));
		else
			slash[slash == directory] = '\0';
		if (inotify_add_watch(watch->fd, directory,
		    EVENTS | IN_ONLYDIR) != -1)
			return 0;
	} while (errno == ENOENT && slash != NULL && slash != directory);
	return -1;
}

int
watch_open(struct watch *watch, const char *path)
{
	watch->path = path;
	watch->existed = stat(path, &watch->before) == 0;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return watch->fd == -1 ? -1 : arm(watch);
}

int
watch_check(const struct watch *watch)
{
	char events[4096];

	/* What they are does not matter: the file is looked at. */
	while (read(watch->fd, events, sizeof(events)) > 0)
		;
	if (errno != EAGAIN && errno != EINTR)
		return -1;
	if (is_written(watch))
		return 1;
	if (arm(watch) == -1)
		return -1;
	/* It may have come before it was watched. */
	return is_written(watch);
}
