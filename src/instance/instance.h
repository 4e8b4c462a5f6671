/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance of a launch: a pid file and its record.
 *
 * The record is the authority, and its flock(2) excludes: of many launches one
 * wins.  The first start holds it from instance_open until the command has been
 * executed, so the verbs wait for the outcome.  A supervisor holds it only
 * while it reads or writes.  The command inherits nothing of it.
 *
 *   instance_open        both files, the flock
 *   instance_classify    what runs?
 *   instance_clear       both are this launch's, and empty
 *   instance_write_pid   in the child, before its exec
 *   instance_mark, instance_release, or instance_roll_back
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/path.h"
#include "instance/find.h"
#include "instance/record.h"

struct instance {
	const char *path;
	uid_t user;			/* root takes over this one's file */
	struct at file_at;		/* of the pid file */
	struct at record_at;		/* of the record; its dir is the same */
	int file;			/* open for writing, or -1 */
	int record;			/* the same; -1: there can be none */
	bool locked;			/* we hold the record's flock */
	bool created;			/* the record was not there before */
	char *before;			/* the record of what ran before, until
					   the launch has succeeded; or NULL */
	bool cleared;			/* both are this launch's */
	bool dirty;			/* one of them does not name the run:
					   instance_update is due */
	struct record entry;		/* what the record says, or will say */
};

/* Set the defaults: nothing is open. */
void	instance_init(struct instance *, const char *path);

/*
 * Open the pid file, if there is one, open or create the record, and wait for
 * its flock for at most that many milliseconds.  INT, QUIT and TERM end the
 * wait.  The directory is looked up the first time only.
 * Return 0; then, if no record can be made, instance->record is -1 and *reason
 * says why.  Return -1 with errno and *reason: EWOULDBLOCK and EINTR, another
 * process has the flock, and both are open.
 */
int	instance_open(struct instance *, int ms, const char **reason);

/* Find what runs.  Call it with the flock. */
void	instance_classify(const struct instance *, struct instance_status *);

/*
 * Create the pid file if need be, empty both, and find out what the entry says
 * of this boot and of the record's file.  Return 0, or -1 with errno.
 */
int	instance_clear(struct instance *);

/*
 * In the process that becomes the command: write its pid to both.  Return 0, or
 * -1 with errno: ENOSPC is the likely one; EEXIST, the record is another
 * launch's by now.  Async-signal-safe.
 */
int	instance_write_pid(struct instance *, enum record_state);

/* In that process: close all that can write them.  Async-signal-safe. */
void	instance_close(struct instance *);

/*
 * In the monitor, when the command of that pid and start tick (0: unknown) has
 * been executed: write that state, unless a request is pending, and end the
 * flock.
 */
void	instance_mark(struct instance *, enum record_state, pid_t,
	    unsigned long long start);

/* End the flock. */
void	instance_unlock(struct instance *);

/* End the flock, and close both.  The directory stays open. */
void	instance_release(struct instance *);

/*
 * Take back what this launch has done, and nothing of another one: remove both
 * files, or empty what may not be removed.  The record of what ran before is
 * written back.  Async-signal-safe as long as the
 * flock is held.
 */
void	instance_roll_back(struct instance *);

/* --- for a supervisor ---------------------------------------------------- */

/* What a verb wants of the supervisor. */
enum request {
	REQUEST_NONE,
	REQUEST_STOP,
	REQUEST_STOP_TREE,		/* and end all that it has started */
	REQUEST_AGAIN
};

/*
 * Read the request from the open record.  Return 0, or -1 with errno and
 * *reason: EEXIST, the record is another launch's by now.
 */
int	instance_pending(struct instance *, enum request *,
	    const char **reason);

/*
 * Write the entry, and the pid file: the pid of the run, or for 0 nothing.
 * Return 0, or -1 with errno, and *path names the file.
 */
int	instance_update(struct instance *, enum record_state, pid_t,
	    const char **path);

/* Remove the pid file.  The record stays, with that state. */
void	instance_finish(struct instance *, enum record_state);

/* --- for verbs ----------------------------------------------------------- */

/*
 * Write the request for the supervisor that was found.  Return 1; 0, the record
 * has changed, so find it again; -1 with *reason and errno: EROFS, EIO and so
 * on, the record cannot be written; 0, the supervisor cannot take it.
 */
int	instance_request(const char *path, const struct instance_status *,
	    enum request, const char **reason);

/* Could instance_open use this path?  Return 0, or -1 with *reason. */
int	instance_check(const char *path, uid_t user, const char **reason);

/*
 * Remove the pid file and the record of an instance that has ended, if they
 * still are its own; NULL: if both are empty, since a launch was killed.  A
 * file that may not be removed is emptied.  Return 0; 1, its supervisor left
 * another run; or -1 with errno if one stays with what it says.
 */
int	instance_remove_dead(const char *path, const struct instance_status *);

#endif
