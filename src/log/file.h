/* SPDX-License-Identifier: BSD-2-Clause */
/* A log file: appending, rotating, and opening it anew where it was moved. */
#ifndef LOG_FILE_H
#define LOG_FILE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "instance/safe.h"

/* What a new file is given to. */
struct log_owner {
	bool change;			/* else it is this process's */
	uid_t uid;
	gid_t gid;
};

struct log_file {
	const char *path;
	struct log_owner owner;
	long long rotate;		/* bytes; 0: never */
	int keep;
	struct place place;		/* its directory is held open */
	int fd;				/* or -1 */
	bool created;			/* by log_file_open */
	bool regular;			/* else neither moved nor rotated */
	dev_t device;			/* what is open */
	ino_t inode;
	off_t size;
	bool unrotated;			/* it could not be, and that was said */
	const char *failed;		/* the call, where one has failed */
};

/*
 * Opens the file as -o does: safely (safe.h), to append, without waiting.
 * -1 with errno and *reason.
 */
int	log_file_open(struct log_file *, const char **reason);

/*
 * To be called before a line is written, at most once for many: opens the file
 * anew where another one, or none, has its name, and rotates it where it has
 * its size.  *room is how many bytes fit until the line that reaches that size.
 * -1 with errno: no line may be written now.
 */
int	log_file_prepare(struct log_file *, size_t *room);

/* Has the open file no name any more? */
bool	log_file_is_removed(const struct log_file *);

/* Removes a file that log_file_open has created and that is empty. */
void	log_file_undo(const struct log_file *);

#endif
