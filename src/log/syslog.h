/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to syslog, by a socket that never waits. */
#ifndef SYSLOG_H
#define SYSLOG_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Sends one message, as syslog(3) does (RFC 3164): priority is a facility and
 * a level of syslog(3), name and pid are those of the sender.  Long text is
 * cut.  -1 with errno: ENOENT, no syslog is there; EAGAIN, it does not read.
 */
int	syslog_send(int priority, const char *name, pid_t, const char *text,
	    size_t length);

#endif
