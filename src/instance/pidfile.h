/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file: a pid and a newline, for everybody to read. */
#ifndef PIDFILE_H
#define PIDFILE_H

#include <sys/types.h>

/* Longer than any pid with white space around: then it is no pid file. */
#define PIDFILE_MAX	32

/* For each open of a pid file: no link, no FIFO's wait, no terminal. */
#define PIDFILE_FLAGS	(O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/*
 * Return the pid in the file; 0 if it is empty or has white space alone; -1
 * with errno: EBADMSG, it contains something else; else pread(2)'s.
 */
pid_t	pidfile_get(int fd);

/*
 * Write the pid, or for 0 nothing but newlines.  A reader sees the old pid, the
 * new one, or none.  Return 0, or -1 with errno of pwrite(2): ENOSPC, also if
 * less was written.  Async-signal-safe.
 */
int	pidfile_set(int fd, pid_t);

/*
 * Return why the launch may not write this file, or NULL.  Root takes over a
 * file of that user.
 */
const char *pidfile_unfit(int fd, uid_t user);

/* The reason of that errno of an open with PIDFILE_FLAGS, or pidfile_get. */
const char *pidfile_fault(int error);

#endif
