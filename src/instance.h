/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An instance: a pid file that the kernel vouches for.
 *
 * The launcher holds a flock(2) on it while it launches; the daemon holds a
 * POSIX record lock (fcntl(2), F_RDLCK) for as long as it lives, by which
 * F_GETLK names its pid.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <sys/types.h>

#include <stdbool.h>

struct instance {
	const char *path;		/* NULL: there is none */
	const char *base;		/* its last component */
	int dir;			/* its directory, O_PATH */
	int fd;				/* read and write; has the flock */
	int lock;			/* read-only, for the command */
};

enum instance_state {
	INSTANCE_FREE,			/* there is none */
	INSTANCE_DEAD,			/* there is none, but a pid file */
	INSTANCE_RUNNING,
	INSTANCE_ERROR
};

/*
 * Opens or creates path, takes the flock and finds out whether the instance
 * runs: by the record lock; else by the number in the file where that is a
 * process that started before the file was written and runs command, and (for
 * root) where nobody else can have written it.  Waits while another launch
 * of the instance is on its way; INT, QUIT and TERM, which are blocked, end
 * that as an error.  The caller has set the umask.  lockfile is a descriptor
 * that may be of the same file and has its flock already, or -1.
 * INSTANCE_RUNNING: holder is set, or not positive where it is not known;
 * INSTANCE_ERROR: after a message.
 */
enum instance_state instance_open(struct instance *, const char *path,
    const char *command, int lockfile, pid_t *holder);

/*
 * Could instance_open use this file, as it is, or make it?  Changes nothing.
 * -1 after a message.
 */
int	instance_check(const char *path);

/*
 * In the process that becomes the command: writes its pid, closes what can
 * write the file and takes the record lock.  The lock is lost when the process
 * closes any descriptor of the file (fcntl_locking(2)): so this comes after
 * all that closes.  Returns -1 with errno of the call that failed; ENOSPC is
 * the likely one.  Async-signal-safe.
 */
int	instance_claim(const struct instance *);

/*
 * In the same process: it does not become the command after all, and its
 * number is taken out again.  Async-signal-safe.
 */
void	instance_disclaim(void);

/*
 * Takes back what a launch that failed has done: the file is removed if it
 * is still the one that was opened; where the directory does not let us,
 * its number is.
 */
void	instance_remove(const struct instance *);

/*
 * Who runs as the instance of the pid file, with nothing opened to write:
 * found as instance_open does, whatever the command.  INSTANCE_RUNNING and
 * _DEAD set pid, _DEAD to 0 where the file is empty; INSTANCE_ERROR sets
 * reason: it cannot be told.
 */
enum instance_state instance_find(const char *path, pid_t *pid,
    const char **reason);

/*
 * Removes the pid file of an instance that has ended, if it has its number
 * and nobody launches it anew; empties it where the directory does not let us.
 * -1 with errno.
 */
int	instance_retire(const char *path, pid_t pid);

/*
 * Opens or creates a lock file and takes its flock(2), shared with bmc's
 * daemonize -l and flock(1).  Returns a descriptor above 9 that stays open
 * over exec, or -1 with errno: EWOULDBLOCK where somebody holds it, EINVAL
 * where it is no regular file.
 */
int	lockfile_open(const char *path);

#endif
