/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to syslog, by a socket that never waits. */
#ifndef LOG_SYSLOG_H
#define LOG_SYSLOG_H

#include <sys/types.h>

#include <stddef.h>

struct syslog {
	int fd;				/* or -1 */
};

/* Connects to it.  -1 with errno: ENOENT, no syslog is there. */
int	syslog_open(struct syslog *);

/*
 * Sends a line, without its newline, as syslog(3) does (RFC 3164): priority is
 * a facility and a level of syslog(3), name and pid are those of the sender
 * (pid 0: none).  Returns how much of it fitted into the message; -1 with
 * errno: EAGAIN, it does not read.
 */
ssize_t	syslog_send(struct syslog *, int priority, const char *name, pid_t,
	    const char *line, size_t length);

/* The same for a message of this program, by a socket of its own. */
void	syslog_tell(const char *text);

/* facility[.level]: the priority, or -1. */
int	syslog_parse(const char *);

#endif
