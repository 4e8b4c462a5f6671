/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages to syslog.
 *
 * syslog(3) waits where no process reads /dev/log, after about ten messages.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <paths.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "log/syslog.h"

/* What every syslogd takes (RFC 3164). */
#define MESSAGE_MAX	1024

int
syslog_send(int priority, const char *name, pid_t pid, const char *text,
    size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
	    .sun_path = _PATH_LOG };
	char message[MESSAGE_MAX], stamp[32];
	time_t now = time(NULL);
	int fd, result = -1;

	/* The locale's names of months are none of syslog's: there is none. */
	(void)strftime(stamp, sizeof(stamp), "%b %e %T", localtime(&now));
	(void)snprintf(message, sizeof(message), "<%d>%s %s[%d]: %.*s",
	    priority, stamp, name, (int)pid, (int)length, text);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd != -1 && connect(fd, (const struct sockaddr *)&address,
	    sizeof(address)) == 0)
		result = send(fd, message, strlen(message), MSG_NOSIGNAL) ==
		    -1 ? -1 : 0;
	close_quietly(fd);
	return result;
}
