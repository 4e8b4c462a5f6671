/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which process is the daemon of a pid file?  The one that the record names,
 * if /proc confirms it.  Without a good record the pid in the file is a guess.
 */
#ifndef FIND_H
#define FIND_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/path.h"
#include "instance/record.h"

enum instance_state {
	INSTANCE_NONE,			/* neither daemon nor file */
	INSTANCE_DEAD,			/* no daemon, but a file of it */
	INSTANCE_STARTING,		/* a launch is under way */
	INSTANCE_RUNNING,
	INSTANCE_WAITING,		/* between two runs of a supervisor */
	INSTANCE_GUESS,			/* a process has the pid in the file,
					   and no record confirms it */
	INSTANCE_UNKNOWN		/* the state is not known */
};

struct instance_status {
	enum instance_state state;
	pid_t pid;			/* RUNNING, GUESS; else the last one */
	unsigned long long start;	/* its start tick, but of GUESS */
	pid_t session;			/* RUNNING */
	pid_t supervisor;		/* RUNNING, WAITING: 0, it has none */
	bool lost;			/* RUNNING: it had one */
	bool stale;			/* WAITING: or it runs again, and the
					   record cannot be written; reason */
	char reason[1024];		/* GUESS, UNKNOWN, stale */
	bool blocks;			/* UNKNOWN: a launch is refused, too */
	bool elsewhere;			/* UNKNOWN: of another pid or time
					   namespace of this boot */
	bool foreign;			/* the record is not this user's to
					   read: the file is all there is */
	bool recorded;			/* what follows is known */
	uid_t owner;			/* of the record: root signals only
					   this user's processes (or any, if
					   it is root's) */
	struct record record;
};

#define LOCK_MS		10000

/* Retries while the instance keeps restarting. */
#define FIND_TRIES	100

/*
 * Find the instance, and open nothing for writing.  With wait, wait for a
 * launch that is under way, for at most LOCK_MS; else the state is
 * INSTANCE_STARTING.  instance_find_open sets *record to the record, open for
 * reading: of that instance, also when another one takes its name; or to -1.
 */
void	instance_find(const char *path, bool wait, struct instance_status *);
void	instance_find_open(const char *path, bool wait,
	    struct instance_status *, int *record);

/*
 * What do an open pid file (or -1) and an open record (or -1) of that path say?
 * The caller has the record's flock.
 */
void	classify(const char *path, int file, int record,
	    struct instance_status *);

/* Set the place of the record of a pid file.  -1 with errno: ENAMETOOLONG. */
int	record_find(struct at *record, const struct at *file);

/*
 * Open the record of that place, and take its flock, shared to read it: then it
 * is the one of that name.  Wait for at most that many milliseconds; less than
 * 0: take no flock.  Return a descriptor, or -1 with errno: EWOULDBLOCK and
 * EINTR are lock_wait's.
 */
int	record_open(const struct at *, int flags, int ms);

/* Is it still that process: does it have the same start tick? */
bool	process_is(pid_t, unsigned long long start);

#endif
