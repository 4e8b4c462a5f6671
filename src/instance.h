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
	int lock;			/* read-only, above 9, for the command */
};

enum instance_state {
	INSTANCE_FREE,			/* ours to launch */
	INSTANCE_RUNNING,		/* holder is set, or 0 where unknown */
	INSTANCE_ERROR			/* a message was written */
};

/*
 * Opens or creates path, takes the flock and finds out whether the instance
 * runs: by the record lock; else by the number in the file where that is a
 * process that started before the file was written and runs command, and (for
 * root) where nobody else can have written it.  Waits while another launch
 * of the instance is on its way; INT, QUIT and TERM, which are blocked, end
 * that as an error.  The caller has set the umask.  lockfile is a descriptor
 * that may be of the same file and has its flock already, or -1.
 */
enum instance_state instance_open(struct instance *, const char *path,
    const char *command, int lockfile, pid_t *holder);

/*
 * In the process that becomes the command: writes its pid, closes what can
 * write the file and takes the record lock.  The lock is lost when the process
 * closes any descriptor of the file (fcntl_locking(2)): so this comes after
 * all that closes.  Returns -1 with errno of the call that failed; ENOSPC is
 * the likely one.  Async-signal-safe.
 */
int	instance_claim(const struct instance *);

/*
 * Takes back what a launch that failed has done: the file is removed if it
 * is still the one that was opened; where the directory does not let us,
 * its number is.
 */
void	instance_remove(const struct instance *);

/*
 * The path of a named instance's file: /run/daemonize/NAME.pid for root, else
 * below $XDG_RUNTIME_DIR or ~/.local/state (XDG Base Directory Specification).
 * Returns a string to free(3), or NULL after a message.
 */
char	*instance_named(const char *name);

/* Makes the directory of a named instance's file.  -1 with mkdir(2)'s errno. */
int	instance_make_directory(const char *path);

/*
 * Opens or creates a lock file and takes its flock(2), shared with bmc's
 * daemonize -l and flock(1).  Returns a descriptor above 9 that stays open
 * over exec, or -1 with errno: EWOULDBLOCK where somebody holds it, EINVAL
 * where it is no regular file.
 */
int	lockfile_open(const char *path);

#endif
