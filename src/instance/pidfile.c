/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file: what it contains, and whether it may be written. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "instance/pidfile.h"

pid_t
pidfile_get(int fd)
{
	static const char space[] = " \t\r\n";
	char text[PIDFILE_MAX + 1], *end;
	ssize_t length;
	pid_t pid;

	length = pread(fd, text, sizeof(text), 0);
	if (length == -1)
		return -1;
	errno = EBADMSG;
	if (length > PIDFILE_MAX)
		return -1;
	/* After a crash a file may have its length, and zeros. */
	while (length > 0 && text[length - 1] == '\0')
		length--;
	text[length] = '\0';
	end = text + strspn(text, "0123456789");
	if (end + strspn(end, space) != text + length)
		return -1;
	*end = '\0';
	if (end == text)
		return 0;
	pid = (pid_t)number_parse(text, 1, INT_MAX);
	errno = EBADMSG;
	return pid;
}

int
pidfile_set(int fd, pid_t pid)
{
	char text[PIDFILE_MAX];
	char *at = text + sizeof(text);
	const bool none = pid == 0;
	ssize_t length, written;
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	memset(text, '\n', sizeof(text));
	/* snprintf(3) is not async-signal-safe. */
	if (pid != 0)
		--at;
	for (; pid != 0; pid /= 10)
		*--at = (char)('0' + pid % 10);
	length = text + sizeof(text) - at;
	if (length == 0) {
		/* To truncate a file takes a transaction of the journal. */
		at = text;
		length = st.st_size < (off_t)sizeof(text) ?
		    (ssize_t)st.st_size : (ssize_t)sizeof(text);
	}
	written = pwrite(fd, at, (size_t)length, 0);
	if (written == length)
		return st.st_size > length ? ftruncate(fd, length) : 0;
	if (written == -1 && !none)
		return -1;
	/* A part of it would be another number. */
	if (ftruncate(fd, 0) == 0 && none)
		return 0;
	if (!none)
		errno = ENOSPC;
	return -1;
}

const char *
pidfile_unfit(int fd, uid_t user)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_uid != geteuid() && (geteuid() != 0 || st.st_uid != user))
		return "belongs to another user; "
		    "remove it, or run as that user";
	if (st.st_nlink > 1)
		return "has a second name (a hard link)";
	return pidfile_get(fd) == -1 ? pidfile_fault(errno) : NULL;
}

const char *
pidfile_fault(int error)
{
	switch (error) {
	case EBADMSG:
		return "contains something other than a pid; "
		    "is it the right file?";
	case ELOOP:
		return "is a symbolic link";
	case ENXIO:
		return "not a regular file";
	default:
		return strerror(error);
	}
}
