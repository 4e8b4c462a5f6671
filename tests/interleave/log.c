/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines that go through a log, and where they are at any time. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/types.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "log.h"

/*
 * What the command writes at a time.  `#' is a part of a line, so long that
 * two of them do not fit into the supervisor's buffer.
 */
static const char *const short_lines[] = {
	"1\n2", "2\n3\n", "4\n5\n", NULL
};
static const char *const long_lines[] = {
	"1\n2#", "#\n3\n", "4\n", NULL
};

const char *const *
log_lines(const char *words)
{
	return words == NULL || strstr(words, "lines") == NULL ? NULL :
	    strstr(words, "long-lines") != NULL ? long_lines : short_lines;
}

size_t
log_piece(const char *piece, char *text)
{
	char *end = text;

	for (; *piece != '\0'; piece++)
		if (*piece == '#')
			end = (char *)memset(end, '#', LOG_PART) + LOG_PART;
		else
			*end++ = *piece;
	return (size_t)(end - text);
}

size_t
log_text(const char *const *lines, const char **text)
{
	static const char *const *made;
	static char all[LOG_TEXT_SIZE];
	static size_t length;

	if (made != lines)
		for (made = lines, length = 0; *lines != NULL; lines++)
			length += log_piece(*lines, all + length);
	*text = all;
	return length;
}

/* --- the files ------------------------------------------------------------ */

/* With room for more than there may be. */
struct content {
	char text[2 * LOG_TEXT_SIZE];
	size_t length;
};

static struct content rotated[2], newest, moved;

static void
read_content(const struct world *world, int file, struct content *content)
{
	char path[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", world->directory, files[file]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? 0 : read(fd, content->text, sizeof(content->text) - 1);
	content->length = n > 0 ? (size_t)n : 0;
	content->text[content->length] = '\0';
	if (fd != -1)
		close(fd);
}

static bool
is_torn(const struct content *content)
{
	return content->length > 0 &&
	    content->text[content->length - 1] != '\n';
}

/* Does the text go on like that?  Its place is behind it then. */
static bool
goes_on(const struct content *content, const char *text, size_t length,
    size_t *at)
{
	if (content->length > length - *at ||
	    memcmp(content->text, text + *at, content->length) != 0)
		return false;
	*at += content->length;
	return true;
}

/* Are they the beginning of the text, one after the other?  Its length. */
static bool
are_in_order(const struct content *const order[4], const char *text,
    size_t length, size_t *at)
{
	int i;

	for (*at = 0, i = 0; i < 4; i++)
		if (!goes_on(order[i], text, length, at))
			return false;
	return true;
}

/* The file that was moved away may be older or newer than any other. */
static bool
find_order(const char *text, size_t length, size_t *at)
{
	const struct content *const orders[][4] = {
		{ &rotated[1], &rotated[0], &moved, &newest },
		{ &rotated[1], &rotated[0], &newest, &moved },
		{ &rotated[1], &moved, &rotated[0], &newest },
		{ &moved, &rotated[1], &rotated[0], &newest },
	};
	size_t i;

	for (i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (are_in_order(orders[i], text, length, at))
			return true;
	return false;
}

/* Its beginning, in one line. */
static const char *
shown(struct content *content)
{
	char *newline;

	while ((newline = strchr(content->text, '\n')) != NULL)
		*newline = '/';
	return content->text;
}

static bool
is_wrong_log(const char *what)
{
	return is_wrong("%s: .2 `%.16s' .1 `%.16s' .old `%.16s' `%.16s'", what,
	    shown(&rotated[1]), shown(&rotated[0]), shown(&moved),
	    shown(&newest));
}

bool
judge_log(const struct world *world, bool ended)
{
	const char *text;
	size_t length = log_text(world->lines, &text), at;

	read_content(world, FILE_LOG_2, &rotated[1]);
	read_content(world, FILE_LOG_1, &rotated[0]);
	read_content(world, FILE_LOG_OLD, &moved);
	read_content(world, FILE_LOG, &newest);
	if (!find_order(text, length, &at))
		return is_wrong_log("the lines are not those that were "
		    "written");
	if (!ended)
		return true;
	if (at < length)
		return is_wrong_log("lines are missing");
	if (is_torn(&rotated[1]) || is_torn(&rotated[0]) || is_torn(&moved))
		return is_wrong_log("a line is torn");
	/* It was written after the file was moved. */
	return newest.length > 0 ? true :
	    is_wrong_log("the last line is not in the log");
}

#endif
