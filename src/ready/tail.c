/* SPDX-License-Identifier: BSD-2-Clause */
/* The last lines of a log, for a message. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/message.h"
#include "ready/tail.h"

/* The end of a file, from start on; the number of bytes. */
static size_t
read_end(int fd, off_t start, char text[static TAIL_BYTES])
{
	struct stat st;
	ssize_t length;
	char *line;

	if (fstat(fd, &st) == -1)
		return 0;
	/* It has been emptied since. */
	if (start > st.st_size)
		start = 0;
	if (st.st_size - start <= TAIL_BYTES) {
		length = pread(fd, text, TAIL_BYTES, start);
		return length == -1 ? 0 : (size_t)length;
	}
	length = pread(fd, text, TAIL_BYTES, st.st_size - TAIL_BYTES);
	if (length <= 0)
		return 0;
	/* Not from the middle of a line, where there is another. */
	line = memchr(text, '\n', (size_t)length - 1);
	if (line == NULL)
		return (size_t)length;
	length -= line + 1 - text;
	memmove(text, line + 1, (size_t)length);
	return (size_t)length;
}

/* Where the last lines begin. */
static const char *
last_lines(const char *text, size_t length)
{
	const char *at = text + length;
	int lines = 0;

	/* The newline that ends the last one begins no other. */
	if (length > 0)
		at--;
	for (; at > text; at--)
		if (at[-1] == '\n' && ++lines == TAIL_LINES)
			break;
	return at;
}

void
tail_print(const char *text, size_t length, const char *object)
{
	static char line[ESCAPED_SIZE(TAIL_BYTES)];	/* for a small stack */
	const char *at, *end, *stop = text + length;

	for (at = last_lines(text, length); at < stop; at = end + 1) {
		end = memchr(at, '\n', (size_t)(stop - at));
		if (end == NULL)
			end = stop;
		escape(at, (size_t)(end - at), line, sizeof(line));
		complain(object, NULL, line);
	}
}

void
tail_show(int fd, off_t start, const char *object)
{
	static char text[TAIL_BYTES];	/* for a small stack */
	char path[32];
	size_t length;
	int reader;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (reader == -1)
		return;
	length = read_end(reader, start, text);
	(void)close(reader);
	tail_print(text, length, object);
}
