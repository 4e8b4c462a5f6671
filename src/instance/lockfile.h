/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks by flock(2): the lock file of -l, and waiting for the record's. */
#ifndef LOCKFILE_H
#define LOCKFILE_H

/*
 * Opens or creates a lock file and takes its flock(2), shared with bmc's
 * daemonize -l and flock(1).  Returns a descriptor above 9 that stays open
 * over exec, or -1 with errno and *reason: EWOULDBLOCK where another process
 * holds it.
 */
int	lockfile_open(const char *path, const char **reason);

/*
 * Takes the lock of fd: operation is LOCK_SH or LOCK_EX.  Waits for at most
 * so many milliseconds; INT, QUIT and TERM, where they are blocked, end that.
 * -1 with errno: EWOULDBLOCK, the time is over; EINTR; else flock(2)'s.
 */
int	lock_wait(int fd, int operation, int ms);

#endif
