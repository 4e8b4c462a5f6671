/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record: FILE.record beside the pid file FILE, 0600, for us alone.
 *
 * It has the kernel's own name for the daemon, which no other process ever
 * gets: pid and start tick, within one boot, pid namespace and time namespace.
 * It also has its own device and inode: a copy of a record is none.
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

#include "base/path.h"
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
	RECORD_ENDED
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
	dev_t device;			/* of the record's own file */
	ino_t inode;
	pid_t supervisor;		/* 0: there is none; what follows is
					   a supervisor's */
	unsigned long long supervisor_start;
	bool again;			/* STOPPING: then start the next run */
	unsigned long long runs;	/* begun until now */
	long long due;			/* WAITING: the next start, as above */
	struct run run[RECORD_RUNS];	/* run N is at N % RECORD_RUNS */
	char about[RECORD_SIZE - 1408];	/* of the launch: lines, as written */
};

/*
 * The place of the record of the pid file.  -1 with errno: ENAMETOOLONG.
 */
int	record_place(struct at *record, const struct at *file);

/*
 * Adds a line to about.  Any value: a newline and a backslash are escaped.
 * Where there is no room, adds nothing and returns false.
 */
bool	record_add(struct record *, const char *key, const char *value);

/*
 * The value of the line number i (from 0) of that key in about, unescaped
 * and cut to size.  False: there is no such line.
 */
bool	record_value(const struct record *, const char *key, size_t i,
	    char *value, size_t size);

/*
 * Writes the record to fd.  -1 with errno of pwrite(2): ENOSPC is the likely
 * one, also where nothing was written.  Async-signal-safe.
 */
int	record_write(int fd, const struct record *);

/* Fills it with NULs, to the size of a record.  -1 as record_write. */
int	record_clear(int fd);

/* Why record_read has no record. */
enum record_fault {
	RECORD_GOOD,
	RECORD_EMPTY,			/* cleared, or never written */
	RECORD_DAMAGED,			/* the checksum is wrong, also later */
	RECORD_COPY,			/* it names another file */
	RECORD_UNREADABLE		/* errno of pread(2) or fstat(2) */
};

/* Reads the record of fd; again, while a write of it is under way. */
enum record_fault record_read(int fd, struct record *);

/* The same for the RECORD_SIZE bytes of the file, in memory. */
void	record_format(const struct record *, char text[static RECORD_SIZE]);
enum record_fault record_parse(const char text[static RECORD_SIZE],
	    struct record *);

#endif
