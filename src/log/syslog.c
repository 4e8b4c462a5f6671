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
#include "log/syslog.h"

/* The longest message that every syslogd takes (RFC 3164). */
#define MESSAGE_MAX	1024

static const struct { const char *name; int code; } facilities[] = {
	{ "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV },
	{ "cron", LOG_CRON },
	{ "daemon", LOG_DAEMON },
	{ "ftp", LOG_FTP },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ "lpr", LOG_LPR },
	{ "mail", LOG_MAIL },
	{ "news", LOG_NEWS },
	{ "user", LOG_USER },
	{ "uucp", LOG_UUCP },
	{ NULL, -1 }
}, levels[] = {
	{ "emerg", LOG_EMERG },
	{ "alert", LOG_ALERT },
	{ "crit", LOG_CRIT },
	{ "err", LOG_ERR },
	{ "warning", LOG_WARNING },
	{ "notice", LOG_NOTICE },
	{ "info", LOG_INFO },
	{ "debug", LOG_DEBUG },
	{ NULL, -1 }
};

int
syslog_parse(const char *text)
{
	const char *dot = strchrnul(text, '.');
	size_t length = (size_t)(dot - text), f = 0, l = 0;

	while (facilities[f].name != NULL &&
	    (strlen(facilities[f].name) != length ||
	    strncmp(facilities[f].name, text, length) != 0))
		f++;
	if (facilities[f].name == NULL)
		return -1;
	if (*dot == '\0')
		return facilities[f].code | LOG_INFO;
	while (levels[l].name != NULL && strcmp(levels[l].name, dot + 1) != 0)
		l++;
	return levels[l].name == NULL ? -1 :
	    facilities[f].code | levels[l].code;
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
		length = sizeof(message) - head;
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
