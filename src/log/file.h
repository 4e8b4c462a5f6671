/* SPDX-License-Identifier: BSD-2-Clause */
/* A log file: appending, rotating, and opening it anew where it was moved. */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/path.h"


/* How long another program may take to create a file that it has moved. */
#define LOG_AWAIT_MS	100

struct log_file {
	const char *path;
	struct owner owner;
	long long rotate;		/* bytes; 0: never */
	int keep;
	struct at at;		/* its directory is held open */
	int fd;				/* or -1 */
	bool created;			/* by log_file_open */
	bool regular;			/* else neither moved nor rotated */
	dev_t device;			/* what is open */
	ino_t inode;
	off_t size;
	bool awaited;			/* the program that has moved it may
					   create it, too */
	bool unrotated;			/* the last rotation failed */
	int failed;			/* errno to be reported, or 0 */
};

/*
 * Open the file as -o does (path.h), to append, without blocking.
 * Return -1 with errno and *reason.
 */
int	log_file_open(struct log_file *, const char **reason);

/*
 * Prepare the file for a write of whole lines.  Open it anew if its name leads
 * to another file or to none.  Rotate it if it has reached its size.  Set *room
 * to the bytes that it may grow by until then.
 * Return -1 with errno if no line may be written now.
 */
int	log_file_prepare(struct log_file *, size_t *room);

/* Has the open file no name any more? */
bool	log_file_is_removed(const struct log_file *);

/* Removes a file that log_file_open has created and that is empty. */
void	log_file_undo(const struct log_file *);

#endif
