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
#define SYSLOG_NAMES	/* facilitynames, prioritynames */
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "log/relay.h"
#include "log/syslog.h"

/* The longest message that every syslogd takes (RFC 3164). */
#define MESSAGE_MAX	1024

/* Return the code of the name of that length, or -1. */
static int
find_code(const CODE *codes, const char *name, size_t length)
{
	for (; codes->c_name != NULL; codes++)
		if (strlen(codes->c_name) == length &&
		    strncmp(codes->c_name, name, length) == 0)
			return codes->c_val;
	return -1;
}

int
syslog_parse(const char *text)
{
	const char *dot = strchrnul(text, '.');
	int facility = find_code(facilitynames, text, (size_t)(dot - text));
	int level = *dot == '\0' ? LOG_INFO :
	    find_code(prioritynames, dot + 1, strlen(dot + 1));

	/* The kernel's own one, and two names that are none. */
	if (facility <= LOG_KERN || LOG_FAC(facility) >= LOG_NFACILITIES ||
	    level == -1 || level > LOG_PRIMASK)
		return -1;
	return facility | level;
}

int
syslog_open(struct syslog *syslog)
{
	static const struct sockaddr_un address = { .sun_family = AF_UNIX,
	    .sun_path = _PATH_LOG };

	syslog->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0);
	if (syslog->fd == -1)
		return -1;
	if (connect(syslog->fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0)
		return 0;
	close_quietly(syslog->fd);
	syslog->fd = -1;
	return -1;
}

ssize_t
syslog_send(struct syslog *syslog, int priority, const char *name, pid_t pid,
    const char *line, size_t length)
{
	char message[MESSAGE_MAX], stamp[32], sender[32] = "";
	time_t now = time(NULL);
	size_t head;

	/* A syslogd that was started anew has another socket. */
	if (syslog->fd == -1 && syslog_open(syslog) == -1)
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
	if (send(syslog->fd, message, head + length, MSG_NOSIGNAL) != -1)
		return (ssize_t)length;
	if (errno != EAGAIN) {
		close_quietly(syslog->fd);
		syslog->fd = -1;
	}
	return -1;
}

void
syslog_report(const char *text)
{
	struct syslog syslog = { .fd = -1 };

	(void)syslog_send(&syslog, LOG_DAEMON | LOG_NOTICE, getprogname(),
	    getpid(), text, strlen(text));
	close_quietly(syslog.fd);
}
