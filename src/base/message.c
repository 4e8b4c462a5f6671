/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to the caller: one line, by one write. */
#include "config.h"

#include <sys/types.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/message.h"

/* A path of PATH_MAX is shown whole; of a longer part, the middle is cut. */
#define PART_SIZE	4224
/* Room for four such parts and what is between them. */
#define LINE_SIZE	(4 * PART_SIZE + 64)

static int out = STDOUT_FILENO;
static int err = STDERR_FILENO;

/* Append a part: its end is as good a clue as its beginning. */
static char *
append(char *at, const char *part)
{
	const size_t half = (PART_SIZE - sizeof("...")) / 2;
	size_t length = strlen(part);

	if (length < PART_SIZE)
		return stpcpy(at, part);
	at = mempcpy(at, part, half);
	at = stpcpy(at, "...");
	return stpcpy(at, part + length - half);
}

/*
 * Write strings, ended by a NULL, as one line; at most four of them are not
 * our own.  No stdio: what is written here must neither wait in a buffer that a
 * fork copies nor allocate.
 */
static void __attribute__((sentinel))
say(int fd, ...)
{
	/* A caller's limit of the stack may be less. */
	static char line[LINE_SIZE];
	char *at = line;
	const char *part;
	va_list args;

	*line = '\0';
	va_start(args, fd);
	while ((part = va_arg(args, const char *)) != NULL)
		at = append(at, part);
	va_end(args);

	/* A name with a newline or an escape in it is still one plain line. */
	make_printable(line);
	*at++ = '\n';

	/* If stderr cannot be written, nothing can be reported. */
	if (write(fd, line, (size_t)(at - line)) == -1)
		return;
}

int
complain(const char *step, const char *object, const char *reason)
{
	if (object == NULL)
		say(err, getprogname(), ": ", step, ": ", reason, NULL);
	else
		say(err, getprogname(), ": ", step, ": ", object, ": ",
		    reason, NULL);
	return STATUS_FAILED;
}

int
complain_errno(const char *step, const char *object, int error)
{
	return complain(step, object, strerror(error));
}

int
complain_line(const char *line)
{
	say(err, getprogname(), ": ", line, NULL);
	return STATUS_FAILED;
}

int
misuse(const char *option, const char *value, const char *reason)
{
	if (value == NULL)
		say(err, getprogname(), ": ", option, ": ", reason, NULL);
	else
		say(err, getprogname(), ": ", option, "=", value, ": ",
		    reason, NULL);
	say(err, "Try '", getprogname(), " --help'", NULL);
	return STATUS_FAILED;
}

void
narrate(const char *step, const char *value)
{
	say(out, getprogname(), ": ", step, ": ", value, NULL);
}

void
print_plain(const char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = printable(text, left);
		if (n > 0)
			(void)fwrite(text, 1, n, stdout);
		else
			(void)putchar('?');
		n += n == 0;
	}
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
