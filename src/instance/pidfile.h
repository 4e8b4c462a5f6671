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
 * The pid in the file; 0: it is empty; -1 with errno: EBADMSG, it has
 * something else; else pread(2)'s.
 */
pid_t	pidfile_get(int fd);

/* Why pidfile_get failed, by errno. */
const char *pidfile_content_fault(int error);

/* Why a launch may not write this file, or NULL. */
const char *pidfile_unfit(int fd);

/* Why it could not be opened with PIDFILE_FLAGS, by errno. */
const char *pidfile_open_fault(int error);

/*
 * Writes the pid, by one write, to a file that is empty: a
 * reader sees all of it or nothing.  -1 with errno of pwrite(2), ENOSPC where
 * less was written.  Async-signal-safe.
 */
int	pidfile_set(int fd, pid_t);

#endif
