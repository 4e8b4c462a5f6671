/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a file to be written, by inotify(7). */
#include "config.h"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ready/watch.h"

/* A file comes, is written, or its time is set (touch(1)). */
#define EVENTS	\
	(IN_CREATE | IN_MOVED_TO | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB)

/* As many as the kernel follows are a mistake; a file has one or two. */
#define LINKS_MAX	8

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
 * Watches the directory of a path, or where that does not exist the nearest
 * one above it that does.  Returns the watch, 0 where it is one above, or -1.
 */
static int
arm_directory(const struct watch *watch, const char *path)
{
	char directory[PATH_MAX];
	char *slash;
	int wd, above = 0;

	(void)strlcpy(directory, path, sizeof(directory));
	do {
		slash = strrchr(directory, '/');
		if (slash == NULL)
			(void)strlcpy(directory, ".", sizeof(directory));
		else
			slash[slash == directory] = '\0';
		wd = inotify_add_watch(watch->fd, directory,
		    EVENTS | IN_ONLYDIR);
		if (wd != -1)
			return above ? 0 : wd;
		above = 1;
	} while (errno == ENOENT && slash != NULL && slash != directory);
	return -1;
}

/* Where a link leads: to is what it says, from its own directory. */
static int
follow(const char *link, char to[static PATH_MAX])
{
	char target[PATH_MAX];
	const char *slash = strrchr(link, '/');
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length == -1)
		return -1;
	target[length] = '\0';
	if (*target == '/' || slash == NULL)
		return strlcpy(to, target, PATH_MAX) < PATH_MAX ? 0 : -1;
	return snprintf(to, PATH_MAX, "%.*s%s", (int)(slash + 1 - link), link,
	    target) < PATH_MAX ? 0 : -1;
}

/*
 * Watches the file and its directory; and where it is a link to one that is
 * still to come, that one's directory.  To watch the same again changes
 * nothing.
 */
static int
arm(struct watch *watch)
{
	char path[PATH_MAX], next[PATH_MAX];
	int links;

	if (strlcpy(path, watch->path, sizeof(path)) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	watch->file = inotify_add_watch(watch->fd, path, EVENTS);
	if (watch->file == -1 && errno != ENOENT && errno != ENOTDIR &&
	    errno != EACCES)
		return -1;
	watch->directory = arm_directory(watch, path);
	if (watch->directory == -1)
		return -1;
	for (links = 0; watch->file == -1 && links < LINKS_MAX &&
	    follow(path, next) == 0; links++) {
		if (arm_directory(watch, next) == -1)
			return -1;
		(void)strlcpy(path, next, sizeof(path));
	}
	return 0;
}

int
watch_open(struct watch *watch, const char *path)
{
	watch->path = path;
	watch->existed = stat(path, &watch->before) == 0;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	return watch->fd == -1 ? -1 : arm(watch);
}

/* Is it about the file: that it has come or been written? */
static bool
is_about(const struct watch *watch, const struct inotify_event *event)
{
	const char *base = strrchr(watch->path, '/');

	base = base == NULL ? watch->path : base + 1;
	if (!(event->mask & (IN_CREATE | IN_MODIFY)))
		return false;
	return event->wd == watch->file || (event->wd == watch->directory &&
	    event->len > 0 && strcmp(event->name, base) == 0);
}

/* Reads what has happened: 1, something of the file; 0; -1 with errno. */
static int
read_events(const struct watch *watch)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct inotify_event *event;
	ssize_t length, at;
	int result = 0;

	length = read(watch->fd, buf, sizeof(buf));
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	for (at = 0; at < length; at += (ssize_t)sizeof(*event) + event->len) {
		event = (const void *)(buf + at);
		result = result || is_about(watch, event);
	}
	return result;
}

/*
 * A time may be too coarse for a write just after another, so the events
 * count, too.  A directory on the way that is a link, and leads elsewhere from
 * one moment to the other, causes no event: it is seen at the next look, a
 * second later at most.
 */
int
watch_check(struct watch *watch)
{
	struct stat now;
	int result = read_events(watch);

	if (result == -1)
		return -1;
	if (is_written(watch) || (result == 1 && stat(watch->path, &now) == 0))
		return 1;
	if (arm(watch) == -1)
		return -1;
	/* It may have come before it was watched. */
	return is_written(watch);
}
