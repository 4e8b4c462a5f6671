/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes the lines of a log: a descriptor, or syslog. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "log/sink.h"

/* The buffer in which lines get their stamps, in bytes. */
#define OUT_SIZE	16384

int
sink_open(struct log *log, const struct owner *owner, const char **reason)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	if (log->want.time != LOG_TIME_NONE &&
	    (log->out = malloc(OUT_SIZE)) == NULL)
		return -1;
	switch (log->want.kind) {
	case LOG_TO_FILE:
		log->file.owner = *owner;
		return log_file_open(&log->file, reason);
	case LOG_TO_LOGGER:
		return logger_open(&log->logger);
	case LOG_TO_SYSLOG:
		log->syslog = syslog_open();
		return log->syslog == -1 ? -1 : 0;
	default:
		if (flags != -1 && (flags & O_ACCMODE) != O_RDONLY)
			return 0;
		*reason = "standard output is not open for writing";
		return -1;
	}
}

int
sink_fd(const struct log *log)
{
	return log->want.kind == LOG_TO_FILE ? log->file.fd :
	    log->want.kind == LOG_TO_LOGGER ? log->logger.pipe[1] :
	    log->want.kind == LOG_TO_SYSLOG ? log->syslog : STDOUT_FILENO;
}

/* --- bytes --------------------------------------------------------------- */

/*
 * Write without blocking.  Standard output is shared with other processes, so
 * that O_NONBLOCK would be theirs, too.  A pipe or terminal that can be written
 * has room for PIPE_BUF bytes.
 */
static ssize_t
put(struct log *log, const char *text, size_t length)
{
	ssize_t written;

	if (log->want.kind == LOG_TO_STDOUT) {
		errno = EAGAIN;
		if (!is_writable(STDOUT_FILENO))
			return -1;
		if (length > PIPE_BUF)
			length = PIPE_BUF;
	}
	written = write(sink_fd(log), text, length);
	/* No process will read the pipe again: let the command go on. */
	if (written == -1 && errno == EPIPE && log->file.at.dir == -1) {
		(void)strlcpy(log->file.fault,
		    "is not read any more; the lines are lost",
		    sizeof(log->file.fault));
		written = (ssize_t)length;
		log->lost += written;
	}
	/* The file that is open could not be opened again. */
	if (written > 0 && log->file.retry != 0 && is_removed(log->file.fd))
		log->lost += written;
	return written;
}

/*
 * A line stays in one file.  But while a removed file is open, it takes up
 * space on a full disk: leave it, even in the middle of a line.
 * Return -1 with errno if no file may be written now.
 */
static int
leave_removed(struct log *log)
{
	size_t room;

	return log->want.kind == LOG_TO_FILE && log->stuck &&
	    log->file.regular && is_removed(log->file.fd) ?
	    log_file_prepare(&log->file, &room) : 0;
}

int
sink_flush(struct log *log)
{
	ssize_t written;

	if (leave_removed(log) == -1)
		return -1;
	while (log->out_start < log->out_end) {
		written = put(log, log->out + log->out_start,
		    log->out_end - log->out_start);
		if (written == -1)
			return -1;
		log->out_start += (size_t)written;
	}
	log->out_start = log->out_end = 0;
	return 0;
}

/* --- lines --------------------------------------------------------------- */

/* Write the time, without its milliseconds, to log->stamp. */
static void
format_stamp(struct log *log, time_t second, bool local)
{
	char date[32], offset[8] = "Z";
	struct tm tm;

	if (local)
		(void)localtime_r(&second, &tm);
	else
		(void)gmtime_r(&second, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	/* RFC 3339 has the offset `+01:00', and strftime(3) only `+0100'. */
	if (local && strftime(offset, sizeof(offset), "%z", &tm) == 5) {
		memmove(offset + 4, offset + 3, 3);
		offset[3] = ':';
	}
	log->stamp_length = (size_t)snprintf(log->stamp, sizeof(log->stamp),
	    "%s.000%s ", date, offset);
	log->stamp_second = second;
}

/* Set the stamp to that time, or to the present one if it is 0. */
static void
set_stamp(struct log *log, struct timespec time)
{
	char *ms = log->stamp + sizeof("2026-11-26T11:50:00.") - 1;
	int digit;

	if (time.tv_sec == 0)
		(void)clock_gettime(CLOCK_REALTIME, &time);
	if (time.tv_sec != log->stamp_second)
		format_stamp(log, time.tv_sec,
		    log->want.time == LOG_TIME_LOCAL);
	for (digit = 2; digit >= 0; digit--, time.tv_nsec /= 10)
		ms[digit] = (char)('0' + time.tv_nsec / 1000000 % 10);
}

/*
 * Copy lines with the time before each, as far as there is room, and write
 * them.  Return the bytes of text that were copied; sink_flush writes what is
 * left of them.
 */
static ssize_t
write_stamped(struct log *log, const char *text, size_t length, size_t room)
{
	const struct timespec now = { .tv_sec = 0 };
	const char *at = text, *end = text + length, *newline;
	bool inside = log->relay.midline;
	char *out = log->out, *out_end = log->out + OUT_SIZE;

	set_stamp(log, log->relay.first);
	while (at < end && (size_t)(out - log->out) < room) {
		newline = memchr(at, '\n', (size_t)(end - at));
		length = (size_t)((newline == NULL ? end : newline + 1) - at);
		if ((size_t)(out_end - out) < log->stamp_length + length) {
			/* A line that is longer than all the room. */
			if (out > log->out)
				break;
			length = (size_t)(out_end - out) - log->stamp_length;
			newline = NULL;
		}
		if (!inside)
			out = mempcpy(out, log->stamp, log->stamp_length);
		out = mempcpy(out, at, length);
		/* The first line may have waited, the others have come now. */
		if (at == text)
			set_stamp(log, now);
		at += length;
		inside = newline == NULL;
	}
	log->out_end = (size_t)(out - log->out);
	(void)sink_flush(log);
	return at - text;
}

static ssize_t
write_lines(struct log *log, const char *text, size_t length)
{
	size_t room = log->relay.midline ? 1 : SIZE_MAX;
	const char *newline;

	/* In the middle of a line: to its end at most. */
	if (log->relay.midline ? leave_removed(log) == -1 :
	    log->want.kind == LOG_TO_FILE &&
	    log_file_prepare(&log->file, &room) == -1)
		return -1;
	if (log->out != NULL)
		return write_stamped(log, text, length, room);
	/* Up to the line that fills the room. */
	if (room < length) {
		newline = memchr(text + room - 1, '\n', length - room + 1);
		if (newline != NULL)
			length = (size_t)(newline + 1 - text);
	}
	return put(log, text, length);
}

/* Send one message a line, or several for a long line. */
static ssize_t
write_to_syslog(struct log *log, const char *text, size_t length)
{
	const char *newline = memchr(text, '\n', length);
	size_t line = newline == NULL ? length : (size_t)(newline - text);
	ssize_t sent;

	/* Only the newline is left of a line that was sent in parts. */
	if (line == 0 && log->relay.midline)
		return 1;
	sent = syslog_send(&log->syslog, log->want.priority, log->name,
	    log->pid, text, line);
	return sent == -1 || (size_t)sent < line || newline == NULL ? sent :
	    sent + 1;
}

ssize_t
sink_write(struct log *log, const char *text, size_t length)
{
	return log->want.kind == LOG_TO_SYSLOG ?
	    write_to_syslog(log, text, length) :
	    write_lines(log, text, length);
}
