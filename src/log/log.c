/* SPDX-License-Identifier: BSD-2-Clause */
/* A supervisor's log: the pipe, the relay, and what takes its lines. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "log/log.h"
#include "log/sink.h"

/* The time for the rest of the lines at the end. */
#define END_MS		10000

/* Reads at a time: if the command never pauses, the loop has other work. */
#define ROUNDS		16

/* --- opening ------------------------------------------------------------- */

void
log_init(struct log *log, const struct log_want *want, const char *path,
    const char *command, bool foreground)
{
	/* As syslog(3) names a sender. */
	const char *slash = strrchr(command, '/');

	memset(log, 0, sizeof(*log));
	log->want = *want;
	if (want->automatic)
		log->want.text = path;
	log->name = slash == NULL ? command : slash + 1;
	log->foreground = foreground;
	log->pipe[0] = log->pipe[1] = -1;
	log->file = (struct log_file){ .path = path, .rotate = want->rotate,
	    .keep = want->keep, .fd = -1, .at.dir = -1 };
	log->logger.pipe[0] = log->logger.pipe[1] = -1;
	log->logger.command = want->command;
	log->logger.keeps_stderr = foreground;
	log->syslog = -1;
	log->end = NEVER;
}

static int
open_pipe(struct log *log, const struct owner *owner)
{
	/* Each end has its own O_NONBLOCK: a write by the command blocks. */
	return pipe2(log->pipe, O_CLOEXEC) == -1 ||
	    fcntl(log->pipe[0], F_SETFL, O_NONBLOCK) == -1 ||
	    path_give(log->pipe[1], owner) == -1 ? -1 : 0;
}

int
log_open(struct log *log, const struct owner *owner, const char **reason)
{
	*reason = NULL;
	if (relay_init(&log->relay) == 0 &&
	    sink_open(log, owner, reason) == 0 && open_pipe(log, owner) == 0)
		return 0;
	if (*reason == NULL)
		*reason = strerror(errno);
	/* An end that may block is not to be drained. */
	close_quietly(log->pipe[0]);
	close_quietly(log->pipe[1]);
	log->pipe[0] = log->pipe[1] = -1;
	return -1;
}

int
log_start(struct log *log, char *reason, size_t size)
{
	return log_is_open(log) && log->want.kind == LOG_TO_LOGGER ?
	    logger_try(&log->logger, reason, size) : 0;
}

int
log_keep(const struct log *log, struct descriptors *kept)
{
	const int fds[] = { log->pipe[0], log->pipe[1], log->file.fd,
	    log->file.at.dir, log->logger.pipe[0], log->logger.pipe[1],
	    log->syslog };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (descriptors_add(kept, fds[i]) == -1)
			return -1;
	return 0;
}

int
log_output(const struct log *log)
{
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", log->pipe[1]);
	fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	if (fd != -1)
		return fd;
	(void)fcntl(log->pipe[1], F_SETFL, 0);
	return fcntl(log->pipe[1], F_DUPFD_CLOEXEC, 3);
}

void
log_undo(const struct log *log)
{
	if (log->file.fd != -1)
		log_file_undo(&log->file);
}

bool
log_is_open(const struct log *log)
{
	return log->pipe[0] != -1;
}

bool
log_is_file(const struct log *log, const struct stat *st)
{
	return log->file.fd != -1 && log->file.regular &&
	    st->st_dev == log->file.device && st->st_ino == log->file.inode;
}

/* --- what is wrong ------------------------------------------------------- */

/* Report what is wrong with the log.  It cannot go there. */
static void
report(struct log *log, const char *reason)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "log: %s: %s", log->want.text,
	    reason);
	if (log->foreground && is_writable(STDERR_FILENO))
		(void)complain_line(text);
	else
		syslog_report(text);
}

/* Note what is wrong at present, or "", and report it once. */
static void
set_fault(struct log *log, const char *text)
{
	if (strcmp(log->fault, text) == 0)
		return;
	(void)strlcpy(log->fault, text, sizeof(log->fault));
	if (*text != '\0')
		report(log, text);
}

/* --- handing on ---------------------------------------------------------- */

/* The sink takes nothing: note when it is tried again. */
static void
wait_for_sink(struct log *log)
{
	long long now = now_ms();

	if (errno == EAGAIN) {
		/* poll(2) shows when it can be written; report a long wait. */
		if (!log->stuck)
			log->due = now + LOG_RETRY_MS;
		else if (now >= log->due) {
			log->due = NEVER;
			set_fault(log, *log->file.fault != '\0' ?
			    log->file.fault : "is not read");
		}
		log->polled = true;
	} else {
		log->polled = false;
		log->due = now + (errno == EBUSY ? LOG_AWAIT_MS : LOG_RETRY_MS);
		if (errno != EBUSY)
			set_fault(log, strerror(errno));
	}
	log->stuck = true;
}

/* Hand on what there is.  Return false if some of it is left. */
static bool
hand_on(struct log *log)
{
	const char *text;
	size_t length;
	ssize_t taken;

	/* A write that fails may wake this process by a signal: do not spin. */
	if (log->stuck && !log->polled && now_ms() < log->due)
		return false;
	while ((text = relay_get(&log->relay, &length)), length > 0 ||
	    log->out_start < log->out_end) {
		if (log->out_start < log->out_end)
			taken = sink_flush(log);
		else
			taken = sink_write(log, text, length);
		if (taken == -1) {
			wait_for_sink(log);
			return false;
		}
		log->stuck = false;
		set_fault(log, log->file.fault);
		relay_drop(&log->relay, (size_t)taken);
	}
	return true;
}

/* Return whether all has been written that came before the end. */
static bool
is_done(const struct log *log)
{
	return relay_is_done(&log->relay) && log->out_start == log->out_end;
}

/* Return whether the path of the file is tried again, without a line. */
static bool
is_file_due(const struct log *log)
{
	return log->file.retry != 0 && !log->stuck && !log->relay.midline;
}

void
log_pump(struct log *log)
{
	bool last = log->end != NEVER;
	size_t room;
	int i;

	if (!log_is_open(log))
		return;
	if (log->logger.pipe[1] != -1 && logger_step(&log->logger) == -1)
		set_fault(log, strerror(errno));
	if (logger_lasts(&log->logger)) {
		*log->file.fault = '\0';
		if (!log->stuck)
			set_fault(log, "");
	}
	if (is_file_due(log)) {
		(void)log_file_prepare(&log->file, &room);
		set_fault(log, log->file.fault);
	}
	if (log->want.kind != LOG_TO_SYSLOG)
		relay_release(&log->relay);
	for (i = 0; i < ROUNDS || last; i++)
		/* At the end, only what came before the end. */
		if (!hand_on(log) || (last && is_done(log)) ||
		    !relay_fill(&log->relay, log->pipe[0]))
			return;
	/* The pipe may be empty now: poll(2) would not wake for these. */
	(void)hand_on(log);
}

void
log_say(struct log *log, const char *text)
{
	/* No logger would read it. */
	if (log->logger.failed)
		return;
	relay_say(&log->relay, log->pipe[0], text);
	log_pump(log);
}

void
log_begin_run(struct log *log, pid_t pid)
{
	log->pid = pid;
}

void
log_end_run(struct log *log)
{
	if (!log_is_open(log))
		return;
	relay_end_run(&log->relay, log->pipe[0]);
	log_pump(log);
	log->pid = 0;
}

/* --- for the loop -------------------------------------------------------- */

static long long
earlier(long long a, long long b)
{
	return a < b ? a : b;
}

void
log_poll(const struct log *log, struct pollfd fds[2], long long *due)
{
	fds[0] = fds[1] = (struct pollfd){ .fd = -1 };
	*due = NEVER;
	if (!log_is_open(log))
		return;
	if (!log->stuck && log->end == NEVER)
		fds[0] = (struct pollfd){ .fd = log->pipe[0],
		    .events = POLLIN };
	if (log->stuck && log->polled)
		fds[1] = (struct pollfd){ .fd = sink_fd(log),
		    .events = POLLOUT };
	if (log->stuck)
		*due = log->due;
	else if (log->want.kind != LOG_TO_SYSLOG)
		*due = relay_due(&log->relay);
	/* One of the two is free. */
	if (log->want.kind == LOG_TO_LOGGER)
		*due = earlier(*due, logger_poll(&log->logger,
		    &fds[fds[0].fd != -1]));
	if (is_file_due(log))
		*due = earlier(*due, log->file.retry);
	if (!is_done(log))
		*due = earlier(*due, log->end);
}

bool
log_reap(struct log *log, pid_t pid, int status)
{
	char how[96];

	if (pid != log->logger.id.pid)
		return false;
	logger_ended(&log->logger, status, how, sizeof(how));
	/* At the end, it is not restarted. */
	if (log->logger.pipe[1] == -1)
		return true;
	(void)snprintf(log->file.fault, sizeof(log->file.fault),
	    "%s; again in 1 s", how);
	set_fault(log, log->file.fault);
	return true;
}

bool
log_finish(struct log *log)
{
	char text[64];

	if (!log_is_open(log))
		return true;
	if (log->end == NEVER) {
		relay_end_run(&log->relay, log->pipe[0]);
		log->end = now_ms() + END_MS;
	}
	if (log->logger.pipe[1] != -1 || log->want.kind != LOG_TO_LOGGER) {
		log_pump(log);
		if (!is_done(log) && now_ms() < log->end)
			return false;
		log->lost += (long long)(relay_rest(&log->relay) +
		    log->out_end - log->out_start);
	}
	if (log->want.kind == LOG_TO_LOGGER) {
		if (!logger_finish(&log->logger))
			return false;
		log->lost += log->logger.lost;
	}
	if (log->lost > 0) {
		(void)snprintf(text, sizeof(text), "%lld bytes are lost",
		    log->lost);
		report(log, text);
	}
	return true;
}
