/* SPDX-License-Identifier: BSD-2-Clause */
/* A log file: appending, rotating, and opening it again after a move. */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/path.h"

/* How long another program may take to replace a file that it has moved. */
#define LOG_AWAIT_MS	100

/* The pause before the next try with a full disk, or a file that is lost. */
#define LOG_RETRY_MS	1000

struct log_file {
	const char *path;		/* absolute */
	struct owner owner;
	long long rotate;		/* bytes; 0: never */
	int keep;
	struct at at;			/* its directory is held open */
	int fd;				/* or -1 */
	bool directory_created;		/* by log_file_open */
	bool regular;			/* else neither moved nor rotated */
	dev_t device;			/* what is open */
	ino_t inode;
	off_t size;
	long long retry;		/* when path is opened again, by
					   now_ms(); 0: it is what is open */
	char fault[160];		/* it cannot be opened again, or not be
					   rotated, and why; or empty */
};

/*
 * Open the file as -o does (path.h), to append, without blocking.  Make
 * its directory, if only that is missing.
 * Return -1 with errno and *reason.
 */
int	log_file_open(struct log_file *, const char **reason);

/*
 * Prepare the file for a write of whole lines.  If its path leads to another
 * file or to none, open that; if that fails, stay with the open file, and set
 * fault.  Rotate it if it has reached its size.  Set *room to the bytes that it
 * may grow by until then.
 * Return -1 with errno (EBUSY) if no line may be written for a moment.
 */
int	log_file_prepare(struct log_file *, size_t *room);

/* Remove a file, and a directory, that log_file_open has created, if empty. */
void	log_file_undo(const struct log_file *);

#endif
