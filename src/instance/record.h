/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record: FILE.record beside the pid file FILE, 0600, for us alone.
 *
 * It has the kernel's own name for the daemon, which no other process ever
 * gets: pid and start tick, within one boot, pid namespace and time namespace.
 *
 * RECORD_SIZE bytes, written whole by one pwrite(2) and never truncated:
 * lines of `key value`, the last one `end CHECKSUM`, then NULs.  A file system
 * may show a reader half of a write: then the checksum is wrong.
 */
#ifndef RECORD_H
#define RECORD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "process/policy.h"
#include "process/proc.h"

#define RECORD_SIZE	4096

/* What follows the path of a pid file in that of its record. */
#define RECORD_SUFFIX	".record"

/* The last runs that a record has. */
#define RECORD_RUNS	8

enum record_state {
	RECORD_STARTING,
	RECORD_RUNNING,
	RECORD_WAITING,			/* between two runs */
	RECORD_STOPPING,		/* a verb ends the run */
	RECORD_ENDED,
	RECORD_FAILED			/* ended, the last run with a failure */
};

/* A run that has ended.  Times are those of now_ms(). */
struct run {
	unsigned long long number;	/* from 1; 0: there is none */
	long long began;
	long long ended;
	long long when;			/* it ended, seconds of the Epoch */
	struct ending how;
};

struct record {
	enum record_state state;
	long long since;		/* of the state, seconds of the Epoch */
	struct proc_scope scope;	/* what pid and start are counted in */
	pid_t pid;
	unsigned long long start;	/* clock ticks, as proc_stat has it */
	unsigned long long pidfd;	/* the inode of its pidfd; 0: unknown */
	dev_t device;			/* of the record's own file */
	ino_t inode;
	pid_t supervisor;		/* 0: there is none; what follows is
					   a supervisor's */
	unsigned long long supervisor_start;
	int again;			/* STOPPING: then start the next run */
	int tree;			/* STOPPING: end all descendants, too */
	int limited;			/* FAILED: the limit of restarts */
	unsigned long long runs;	/* begun until now */
	unsigned long long ready;	/* the last one that was */
	long long due;			/* WAITING: the next start, as above */
	struct run run[RECORD_RUNS];	/* run N is at N % RECORD_RUNS */
	char log_fault[160];		/* what is wrong with the log, or "" */
	long long log_lost;		/* bytes that it has lost */
	char options[RECORD_SIZE - 1664];	/* of the launch: lines, as
						   written */
};

/*
 * Add a line to the options.  A newline and a backslash in the value are
 * escaped.  Return false, and add nothing, if there is no room.
 */
bool	record_add(struct record *, const char *key, const char *value);

/*
 * Copy the value of line i (from 0) with that key from the options, unescaped
 * and cut to size.  Return false if there is no such line.
 */
bool	record_value(const struct record *, const char *key, size_t i,
	    char *value, size_t size);

/*
 * Write the record to fd; NULL fills it with NULs.  Return 0, or -1 with errno
 * of pwrite(2): ENOSPC, also if nothing was written.  Async-signal-safe.
 */
int	record_write(int fd, const struct record *);

/* Why record_read has no record. */
enum record_fault {
	RECORD_GOOD,
	RECORD_EMPTY,			/* cleared, or never written */
	RECORD_DAMAGED,			/* the checksum is wrong, also later */
	RECORD_UNREADABLE		/* errno says why */
};

/*
 * Return all of a good record, for record_restore and to free(3); NULL if it is
 * not good, or with errno.
 */
char	*record_copy(int fd);

/* Write it back as it was.  As record_write. */
int	record_restore(int fd, const char *copy);

/*
 * Is the file a record, good or damaged, or empty?  Root's file that a user has
 * moved to the name of a record is not.
 */
bool	record_is_ours(int fd);

/* Read the record of fd; again, while a write of it is under way. */
enum record_fault record_read(int fd, struct record *);

/* The same for the RECORD_SIZE bytes of the file, in memory. */
void	record_format(const struct record *, char text[static RECORD_SIZE]);
enum record_fault record_parse(const char text[static RECORD_SIZE],
	    struct record *);

#endif
