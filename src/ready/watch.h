/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a file to be written, by inotify(7). */
#ifndef WATCH_H
#define WATCH_H

#include <sys/stat.h>

#include <stdbool.h>

struct watch {
	const char *path;
	int fd;				/* the inotify instance, or -1 */
	int file;			/* watches of it, or -1 */
	int directory;
	bool existed;
	struct stat before;
};

/*
 * Remembers what the file is now: it may be missing, and its directory too.
 * -1 with errno: ENOENT is none, EMFILE the likely one (inotify_init1(2)).
 */
int	watch_open(struct watch *, const char *path);

/*
 * Takes what has happened since: 1, the file has been made, replaced or
 * written; 0, not yet, and fd is readable when it is worth asking again; -1
 * with errno.
 */
int	watch_check(struct watch *);

#endif
