/* SPDX-License-Identifier: BSD-2-Clause */
/* What the caller is told: one line, by one write. */
#include "config.h"

#include <sys/types.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"

/* Room for a path of PATH_MAX, twice, and a reason. */
#define LINE_SIZE	9216

static int out = STDOUT_FILENO;
static int err = STDERR_FILENO;

/*
 * No stdio: what is written here must neither wait in a buffer that a fork
 * copies nor allocate.
 */
static void __attribute__((format(printf, 2, 3)))
say(int fd, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list args;
	size_t i, length;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);

	/* A name with a newline or an escape in it is still one plain line. */
	length = strlen(line);
	for (i = 0; i < length; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == '\177')
			line[i] = '?';
	line[length++] = '\n';

	/* Nobody is left to tell that nobody listens. */
	if (write(fd, line, length) == -1)
		return;
}

int
complain(const char *step, const char *object, const char *reason)
{
	if (object == NULL)
		say(err, "%s: %s: %s", getprogname(), step, reason);
	else
		say(err, "%s: %s: %s: %s", getprogname(), step, object, reason);
	return STATUS_FAILED;
}

int
complain_errno(const char *step, const char *object, int error)
{
	return complain(step, object, strerror(error));
}

int
complain_running(const char *who, const char *path)
{
	say(err, "%s: already running: %s holds %s", getprogname(), who, path);
	return STATUS_RUNNING;
}

int
misuse(const char *option, const char *value, const char *reason)
{
	if (value == NULL)
		say(err, "%s: %s: %s", getprogname(), option, reason);
	else
		say(err, "%s: %s=%s: %s", getprogname(), option, value, reason);
	say(err, "Try '%s --help'", getprogname());
	return STATUS_FAILED;
}

void
narrate(const char *step, const char *value)
{
	say(out, "%s: %s: %s", getprogname(), step, value);
}

void
print_plain(const char *text)
{
	for (; *text != '\0'; text++)
		(void)putchar((unsigned char)*text < ' ' || *text == '\177' ?
		    '?' : *text);
}

int
messages_keep(int fds[2])
{
	fds[0] = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fds[0] == -1)
		return -1;
	fds[1] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fds[1] == -1)
		return -1;
	out = fds[0];
	err = fds[1];
	return 0;
}
