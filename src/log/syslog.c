/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages to syslog.
 *
 * syslog(3) would block after about ten messages if no process reads /dev/log.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "log/relay.h"
#include "log/syslog.h"

/* The longest message that every syslogd takes (RFC 3164). */
#define MESSAGE_MAX	1024

int
syslog_open(void)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
	    .sun_path = _PATH_LOG };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd != -1 && connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0)
		return fd;
	close_quietly(fd);
	return -1;
}

ssize_t
syslog_send(int *fd, int priority, const char *name, pid_t pid,
    const char *line, size_t length)
{
	char message[MESSAGE_MAX], stamp[32], sender[32] = "";
	time_t now = time(NULL);
	size_t head;

	/* A syslogd that was restarted has another socket. */
	if (*fd == -1 && (*fd = syslog_open()) == -1)
		return -1;
	/* The names of months are those of C: no locale is set. */
	(void)strftime(stamp, sizeof(stamp), "%b %e %T", localtime(&now));
	if (pid != 0)
		(void)snprintf(sender, sizeof(sender), "[%d]", (int)pid);
	(void)snprintf(message, sizeof(message), "<%d>%s %.256s%s: ", priority,
	    stamp, name, sender);
	head = strlen(message);
	if (length > sizeof(message) - head)
		length = whole_characters(line, sizeof(message) - head);
	memcpy(message + head, line, length);
	if (send(*fd, message, head + length, MSG_NOSIGNAL) != -1)
		return (ssize_t)length;
	if (errno != EAGAIN) {
		close_quietly(*fd);
		*fd = -1;
	}
	return -1;
}

void
syslog_report(const char *text)
{
	int fd = -1;

	(void)syslog_send(&fd, LOG_DAEMON | LOG_NOTICE, getprogname(),
	    getpid(), text, strlen(text));
	close_quietly(fd);
}
