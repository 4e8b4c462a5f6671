/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes the lines of a log: a file, a logger, syslog. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/sink.h"

int
sink_open(struct log *log, const struct owner *owner,
    struct descriptors *spare, const char **reason)
{
	switch (log->want.kind) {
	case LOG_TO_FILE:
		log->file.owner = *owner;
		log->file.path = log->path;
		log->file.rotate = log->want.rotate;
		log->file.keep = log->want.keep;
		if (log->want.time != LOG_TIME_NONE &&
		    (log->out = malloc(LOG_OUT_SIZE)) == NULL)
			return -1;
		if (log_file_open(&log->file, reason) == -1)
			return -1;
		return descriptors_add(spare, log->file.fd) == -1 ||
		    descriptors_add(spare, log->file.at.dir) == -1 ? -1 : 0;
	case LOG_TO_LOGGER:
		log->logger.command = log->want.command;
		log->logger.keeps_stderr = log->foreground;
		/* It is started when there is time. */
		return logger_open(&log->logger, spare);
	default:
		return syslog_open(&log->syslog) == -1 ||
		    descriptors_add(spare, log->syslog.fd) == -1 ? -1 : 0;
	}
}

/* Return the length of the text up to the line that fills the room. */
static size_t
cut(const char *text, size_t length, size_t room)
{
	const char *newline;

	if (room >= length)
		return length;
	newline = memchr(text + room - 1, '\n', length - room + 1);
	return newline == NULL ? length : (size_t)(newline + 1 - text);
}

/*
 * A line stays in one file.  But while a removed file is open, it takes up space
 * on a full disk: leave it, even in the middle of a line.
 * Return -1 with errno if no file may be written now.
 */
static int
leave_removed(struct log *log)
{
	size_t room;

	return log->stuck && log_file_is_removed(&log->file) ?
	    log_file_prepare(&log->file, &room) : 0;
}

int
sink_flush(struct log *log)
{
	ssize_t written;

	if (leave_removed(log) == -1)
		return -1;
	while (log->out_start < log->out_end) {
		written = write(log->file.fd, log->out + log->out_start,
		    log->out_end - log->out_start);
		if (written == -1)
			return -1;
		log->out_start += (size_t)written;
	}
	log->out_start = log->out_end = 0;
	return 0;
}

/*
 * Copy lines with the time before each, as far as there is room, and write them.
 * Return the bytes of text that were copied; sink_flush writes what is left of
 * them.
 */
static ssize_t
write_stamped(struct log *log, const char *text, size_t length, size_t room)
{
	const char *at = text, *end = text + length, *newline;
	bool inside = log->relay.midline;
	char *out = log->out, *out_end = log->out + LOG_OUT_SIZE;

	stamp_set(&log->stamp, log->want.time == LOG_TIME_LOCAL);
	while (at < end && (size_t)(out - log->out) < room) {
		newline = memchr(at, '\n', (size_t)(end - at));
		length = (size_t)((newline == NULL ? end : newline + 1) - at);
		if ((size_t)(out_end - out) < log->stamp.length + length) {
			/* A line that is longer than all the room. */
			if (out > log->out)
				break;
			length = (size_t)(out_end - out) - log->stamp.length;
			newline = NULL;
		}
		if (!inside)
			out = mempcpy(out, log->stamp.text, log->stamp.length);
		out = mempcpy(out, at, length);
		at += length;
		inside = newline == NULL;
	}
	log->out_end = (size_t)(out - log->out);
	(void)sink_flush(log);
	return at - text;
}

static ssize_t
write_to_file(struct log *log, const char *text, size_t length)
{
	size_t room = SIZE_MAX;

	/* In the middle of a line: to its end at most. */
	if (log->relay.midline)
		room = 1;
	if ((log->relay.midline ? leave_removed(log) :
	    log_file_prepare(&log->file, &room)) == -1)
		return -1;
	if (log->want.time != LOG_TIME_NONE)
		return write_stamped(log, text, length, room);
	return write(log->file.fd, text, cut(text, length, room));
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
	switch (log->want.kind) {
	case LOG_TO_FILE:
		return write_to_file(log, text, length);
	case LOG_TO_LOGGER:
		return write(log->logger.pipe[1], text, length);
	default:
		return write_to_syslog(log, text, length);
	}
}
