/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to syslog, by a socket that never waits. */
#ifndef LOG_SYSLOG_H
#define LOG_SYSLOG_H

#include <sys/types.h>

#include <stddef.h>

/* Connect to it.  Return a socket, or -1 with errno (ENOENT: there is none). */
int	syslog_open(void);

/*
 * Send a line without its newline, as syslog(3) does (RFC 3164).  *fd is the
 * socket; -1: connect first.  priority is a facility and a level of syslog(3),
 * name and pid are those of the sender (pid 0: none).  Return the bytes that
 * fitted into the message, or -1 with errno (EAGAIN: syslog does not read).
 */
ssize_t	syslog_send(int *fd, int priority, const char *name, pid_t,
	    const char *line, size_t length);

/* Send a message of this program, by a socket of its own. */
void	syslog_report(const char *text);

#endif
