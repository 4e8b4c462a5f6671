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
#include "ready/method.h"

#define TAIL_LINES	10
#define TAIL_BYTES	4096

void
tail_print(const char *text, size_t length, const char *object)
{
	static char line[ESCAPED_SIZE(TAIL_BYTES)];	/* for a small stack */
	const char *stop = text + length, *at = stop - (length > 0), *end;
	int lines = 0;

	/* The newline that ends the last line begins no other. */
	while (at > text && (at[-1] != '\n' || ++lines < TAIL_LINES))
		at--;
	for (; at < stop; at = end + 1) {
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
	const char *line = NULL;
	struct stat st;
	ssize_t length = 0;
	int reader;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (reader == -1)
		return;
	if (fstat(reader, &st) == 0) {
		/* It has been emptied since. */
		if (start > st.st_size)
			start = 0;
		length = pread(reader, text, TAIL_BYTES,
		    st.st_size - start > TAIL_BYTES ?
		    st.st_size - TAIL_BYTES : start);
	}
	(void)close(reader);
	if (length <= 0)
		return;
	/* Not from the middle of a line, if there is another. */
	if (st.st_size - start > TAIL_BYTES)
		line = memchr(text, '\n', (size_t)length - 1);
	line = line == NULL ? text : line + 1;
	tail_print(line, (size_t)(text + length - line), object);
}
