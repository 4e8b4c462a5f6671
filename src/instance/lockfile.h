/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks by flock(2): the lock file of -l, and waiting for the record's. */
#ifndef LOCKFILE_H
#define LOCKFILE_H

/*
 * Open or create a lock file, and take its flock(2), shared with bmc's
 * daemonize -l and flock(1).  Return a descriptor above 9 that stays open over
 * exec, or -1 with errno and *reason: EWOULDBLOCK, another process holds it.
 */
int	lockfile_open(const char *path, const char **reason);

/*
 * Take the flock of fd; operation is LOCK_SH or LOCK_EX.  Wait for at most that
 * many milliseconds; INT, QUIT and TERM end the wait if they are blocked.
 * Return 0, or -1 with errno: EWOULDBLOCK, the time is over; EINTR; else
 * flock(2)'s.
 */
int	lock_wait(int fd, int operation, int ms);

#endif
