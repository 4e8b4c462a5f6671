/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance of a launch: a pid file and its record.
 *
 * The launcher holds the record's flock(2) from instance_open until the
 * command has been executed, so that of many launches one wins and the verbs
 * wait for its outcome.  The command inherits nothing of it.
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
	struct at place;		/* of the pid file */
	struct at record_at;		/* of the record; its dir is the same */
	int file;			/* open for writing, or -1 */
	int record;			/* the same; -1: there can be none */
	bool locked;			/* we hold the record's flock */
	bool made_record;		/* it was not there before */
	bool taken;			/* both are this launch's */
	struct record entry;		/* what the record says, or will say */
};

/*
 * Opens the pid file, if there is one, opens or creates the record, takes its
 * flock and finds out whether the instance runs.  A launch that is under way
 * is waited for: INSTANCE_STARTING after LAUNCH_WAIT_MS.
 * Where no record can be made, instance->record is -1 and *reason says why.
 * -1 with *reason: the file is not to be written, or a call failed.  Either
 * way instance_roll_back is due where the launch does not go ahead.
 */
int	instance_open(struct instance *, const char *path, struct instance_status *,
	    const char **reason);

/*
 * Makes them this launch's: creates the pid file if need be, and empties both.
 * -1 with errno.
 */
int	instance_clear(struct instance *);

/*
 * In the process that becomes the command: writes both, with its own pid.
 * -1 with errno, ENOSPC is the likely one.  Async-signal-safe.
 */
int	instance_write_pid(struct instance *, enum record_state);

/* Closes what can write them.  Async-signal-safe. */
void	instance_close(struct instance *);

/*
 * In the launcher, when the command of that pid and start tick (0: not known)
 * has been executed: the record says so, and the lock ends.
 */
void	instance_mark_running(struct instance *, pid_t, unsigned long long start);

/*
 * Takes back what this launch has done, and nothing of another one: removes
 * both files, or empties what may not be removed.  Async-signal-safe as long
 * as the lock is held.
 */
void	instance_roll_back(struct instance *);

/* --- for a supervisor ---------------------------------------------------- */

/* What a verb has asked the supervisor for. */
enum request { REQUEST_NONE, REQUEST_STOP, REQUEST_AGAIN };

/* Closes both files, and ends the lock; the directory stays open. */
void	instance_release(struct instance *);

/*
 * Opens both files anew, or creates them, and takes the lock.  Where another
 * process holds that for more than a second, or TERM has come, goes ahead
 * without it.  *word is what the record says.
 * -1 with *reason: a file cannot be opened; errno is EEXIST where the record is
 * another launch's by now.
 */
int	instance_reopen(struct instance *, enum request *, const char **reason);

/* Do both files, which are open, name the process of the entry as executed? */
bool	instance_is_written(const struct instance *);

/*
 * Writes the entry, as it is now, and the pid file: the pid of the run, or for
 * 0 nothing.  -1 with errno, and *path names the file.
 */
int	instance_write(struct instance *, enum record_state, pid_t,
	    const char **path);

/* Removes the pid file.  The record stays, and says that all has ended. */
void	instance_finish(struct instance *);

/* --- for verbs ----------------------------------------------------------- */

/*
 * Writes the word for the supervisor that was found: REQUEST_STOP or REQUEST_AGAIN.
 * 1; 0, the record has changed, so look again; -1 with *reason.
 */
int	instance_request(const char *path, const struct instance_status *, enum request,
	    const char **reason);

/* Could instance_open use this path?  Changes nothing.  -1 with *reason. */
int	instance_check(const char *path, const char **reason);

/*
 * Removes the pid file and the record of an instance that has ended, if they
 * still are its own.  A file that may not be removed is emptied; one that may
 * not be emptied is left, since it names no process.
 */
void	instance_remove_dead(const char *path, const struct instance_status *);

/*
 * Removes a pid file and a record that a launch has emptied, before its process
 * was killed.
 */
void	instance_remove_empty(const char *path);

#endif
