/* SPDX-License-Identifier: BSD-2-Clause */
/* What a supervisor has to say. */
#include "config.h"

#include <sys/types.h>

#include <fcntl.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/path.h"
#include "log/syslog.h"
#include "monitor/monitor.h"

#define LINE_SIZE	1024

/*
 * Open the file as it is opened for the command.  Return -1 if that fails.
 * It is not kept open: it may be rotated, and its file system could not be
 * unmounted.
 */
static int
open_file(const struct monitor *m, const char *path)
{
	const struct owner owner = identity_owner(&m->plan->identity);
	const char *reason;
	struct at at;
	int fd;

	if ((fd = m->own[STDERR_FILENO]) != -1)
		return is_writable(fd) ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	fd = path_open(&at, path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK,
	    0666, &owner, &reason);
	close_quietly(at.dir);
	return fd;
}

void
say(struct monitor *m, const char *text)
{
	const struct plan *plan = m->plan;
	const char *file = plan->steps.stdio[STDERR_FILENO];
	char line[LINE_SIZE];
	ssize_t written = -1;
	size_t length;
	int fd;

	(void)snprintf(line, sizeof(line) - 1, "%s: %s", getprogname(), text);
	make_printable(line);
	if (log_is_open(&m->log)) {
		log_say(&m->log, line);
		return;
	}
	length = strlen(line);
	line[length] = '\n';
	if (!plan->steps.background || file == NULL) {
		if (is_writable(STDERR_FILENO))
			written = write(STDERR_FILENO, line, length + 1);
	} else if (strcmp(file, _PATH_DEVNULL) != 0 &&
	    (fd = open_file(m, file)) != -1) {
		written = write(fd, line, length + 1);
		(void)close(fd);
	}
	if (written == -1)
		syslog_report(text);
}
