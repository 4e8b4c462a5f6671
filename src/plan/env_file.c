/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of --env-file: a variable a line, NAME=VALUE.
 *
 * An empty line and one that begins with # or ; are ignored, and so are blanks
 * around NAME and VALUE.  In a bare VALUE a backslash stands before a character
 * that is taken as it is, or before the end of a line that goes on.  'VALUE' is
 * taken as it is, over lines; in "VALUE" a backslash stands before " \ ` $ or
 * the end of a line.  No variable is expanded.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "base/path.h"
#include "plan/env_file.h"

/* More than all that execve(2) passes on by default. */
#define SIZE_MAX_FILE	(4 << 20)

#define BLANKS	" \t\r"

/* What is being read, and the place where its value is put. */
struct reader {
	char *from, *to;
	unsigned int *line;
	const char *reason;
};

/* Copy the next character. */
static void
copy(struct reader *r)
{
	*r->line += *r->from == '\n';
	*r->to++ = *r->from++;
}

/* Skip a backslash: with the end of the line, or for what follows it. */
static void
unescape(struct reader *r)
{
	r->from++;
	if (*r->from == '\n') {
		++*r->line;
		r->from++;
	} else if (*r->from != '\0')
		copy(r);
}

/* Read until the quotation mark that closes the value. */
static void
read_quoted(struct reader *r)
{
	unsigned int first = *r->line;
	char mark = *r->from++;

	while (*r->from != '\0' && *r->from != mark)
		if (mark == '"' && *r->from == '\\' && r->from[1] != '\0' &&
		    strchr("\"\\`$\n", r->from[1]) != NULL)
			unescape(r);
		else
			copy(r);
	if (*r->from == mark) {
		r->from++;
		return;
	}
	*r->line = first;
	r->reason = "the quotation mark is not closed";
}

/* Read a bare value, without the blanks at its end. */
static void
read_bare(struct reader *r)
{
	char *kept = r->to;

	while (*r->from != '\0' && *r->from != '\n') {
		bool blank = strchr(BLANKS, *r->from) != NULL;

		if (*r->from == '\\')
			unescape(r);
		else
			copy(r);
		if (!blank)
			kept = r->to;
	}
	r->to = kept;
}

/* As systemd does, join the parts of a value that begins with a quotation. */
static void
read_value(struct reader *r)
{
	r->from += strspn(r->from, BLANKS);
	while (r->reason == NULL && (*r->from == '\'' || *r->from == '"')) {
		read_quoted(r);
		r->from += strspn(r->from, BLANKS);
	}
	if (r->reason == NULL)
		read_bare(r);
}

/* Return what is wrong with a name, or NULL. */
static const char *
check_name(const char *name, size_t length)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz_0123456789";

	if (length > 7 && strncmp(name, "export", 6) == 0 &&
	    strchr(BLANKS, name[6]) != NULL)
		return "leave out `export'";
	if (length == 0 || strspn(name, letters) < length ||
	    (*name >= '0' && *name <= '9'))
		return "not the name of a variable";
	return NULL;
}

char *
env_file_next(char **text, unsigned int *line, const char **reason)
{
	struct reader r = { .from = *text, .line = line };
	char *name;
	size_t length;

	*reason = NULL;
	while (r.from += strspn(r.from, BLANKS "\n"),
	    *r.from == '#' || *r.from == ';')
		r.from += strcspn(r.from, "\n");
	for (; *text < r.from; ++*text)
		*line += **text == '\n';
	if (*r.from == '\0')
		return NULL;
	name = r.from;
	length = strcspn(name, "=\n");
	if (name[length] != '=') {
		*reason = "not NAME=VALUE";
		return NULL;
	}
	r.from = name + length + 1;
	while (length > 0 && strchr(BLANKS, name[length - 1]) != NULL)
		length--;
	r.reason = check_name(name, length);
	r.to = name + length;
	*r.to++ = '=';
	if (r.reason == NULL)
		read_value(&r);
	if ((*reason = r.reason) != NULL)
		return NULL;
	*line += *r.from == '\n';
	*text = r.from + (*r.from != '\0');
	*r.to = '\0';
	return name;
}

int
env_file_fault(const char *file, unsigned int line, const char *reason,
    struct fault *fault)
{
	char where[PATH_MAX + 16];

	(void)snprintf(where, sizeof(where), "%s:%u", file + (*file == '-'),
	    line);
	return fault_set(fault, STATUS_FAILED, "env-file", where, reason);
}

/*
 * Open the file.  Another user may have made it a FIFO, or a terminal's link,
 * which this process would wait for.  Return a descriptor, or -1 with errno and
 * *reason.
 */
static int
open_file(const char *path, const char **reason)
{
	const struct owner owner = { .change = false };
	struct at at;
	int fd = path_open(&at, path, O_RDONLY | O_NONBLOCK, 0, &owner, reason);
	bool named = at.dir != -1;
	struct stat st;

	close_quietly(at.dir);
	if (fd == -1 || !named || fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode))
		return fd;
	(void)close(fd);
	*reason = "is a FIFO";
	errno = EINVAL;
	return -1;
}

/* Return the whole text of an open file, or NULL with errno. */
static char *
read_text(int fd, size_t *size)
{
	char *text = NULL, *larger;
	size_t room = 0;
	ssize_t got = 1;

	for (*size = 0; got > 0; *size += (size_t)got) {
		if (*size == room) {
			room = room == 0 ? 4096 : 2 * room;
			larger = room > SIZE_MAX_FILE ? NULL :
			    realloc(text, room + 1);
			if (larger == NULL) {
				free(text);
				errno = room > SIZE_MAX_FILE ? EFBIG : ENOMEM;
				return NULL;
			}
			text = larger;
		}
		do
			got = read(fd, text + *size, room - *size);
		while (got == -1 && errno == EINTR);
		if (got == -1) {
			free(text);
			return NULL;
		}
	}
	text[*size] = '\0';
	return text;
}

char *
env_file_read(const char *file, struct fault *fault)
{
	const char *path = file + (*file == '-'), *reason;
	int fd = open_file(path, &reason);
	unsigned int line = 1;
	char *text, *at;
	size_t size;

	if (fd == -1 && errno == ENOENT && path != file)
		return strdup("");
	if (fd == -1) {
		(void)fault_set(fault, STATUS_FAILED, "env-file", path, reason);
		return NULL;
	}
	text = read_text(fd, &size);
	if (text == NULL)
		(void)fault_errno(fault, "env-file", path, errno);
	(void)close(fd);
	if (text == NULL || strlen(text) == size)
		return text;
	for (at = text; *at != '\0'; at++)
		line += *at == '\n';
	free(text);
	(void)env_file_fault(file, line, "contains a NUL", fault);
	return NULL;
}
