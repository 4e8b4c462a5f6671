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

/* The pause before the next try with a full disk or without a syslogd. */
#define RETRY_MS	1000

/* The time for the rest of the lines at the end. */
#define END_MS		10000

/* Reads at a time: if the command never pauses, the loop has other work. */
#define ROUNDS		16

/* --- opening ------------------------------------------------------------- */

static int
open_pipe(struct log *log, const struct owner *owner,
    struct descriptors *spare)
{
	if (pipe2(log->pipe, O_CLOEXEC) == -1)
		return -1;
	/* Each end has its own O_NONBLOCK: a write by the command blocks. */
	if (fcntl(log->pipe[0], F_SETFL, O_NONBLOCK) != -1 &&
	    path_give(log->pipe[1], owner) == 0 &&
	    descriptors_add(spare, log->pipe[0]) == 0 &&
	    descriptors_add(spare, log->pipe[1]) == 0)
		return 0;
	/* One that may block is not to be drained at the end. */
	close_quietly(log->pipe[0]);
	close_quietly(log->pipe[1]);
	log->pipe[0] = log->pipe[1] = -1;
	return -1;
}

void
log_init(struct log *log, const struct log_want *want)
{
	memset(log, 0, sizeof(*log));
	log->want = *want;
	log->pipe[0] = log->pipe[1] = -1;
	log->file.fd = log->file.at.dir = log->syslog.fd = -1;
	log->logger.pipe[0] = log->logger.pipe[1] = -1;
	log->end = NEVER;
}

int
log_open(struct log *log, const struct owner *owner,
    struct descriptors *spare, const char **reason)
{
	*reason = NULL;
	if (relay_init(&log->relay) == 0 &&
	    sink_open(log, owner, spare, reason) == 0 &&
	    open_pipe(log, owner, spare) == 0)
		return 0;
	if (*reason == NULL)
		*reason = strerror(errno);
	return -1;
}

int
log_keep(const struct log *log, struct descriptors *kept)
{
	const int fds[] = { log->pipe[0], log->pipe[1], log->file.fd,
	    log->file.at.dir, log->logger.pipe[0], log->logger.pipe[1],
	    log->syslog.fd };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (descriptors_add(kept, fds[i]) == -1)
			return -1;
	return 0;
}

int
log_output(const struct log *log)
{
	/* Its flags are shared by all runs.  It is open, so this succeeds. */
	(void)fcntl(log->pipe[1], F_SETFL, 0);
	return log->pipe[1];
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

/* --- handing on ---------------------------------------------------------- */

/* Report what is wrong with the log.  It cannot go there. */
static void
report(struct log *log, const char *reason)
{
	char text[512];

	log->complained = true;
	(void)snprintf(text, sizeof(text), "log: %s: %s", log->want.text,
	    reason);
	if (log->foreground && is_writable(STDERR_FILENO))
		(void)complain_line(text);
	else
		syslog_report(text);
}

/* The same for why nothing is taken, until something is. */
static void
complain_once(struct log *log, const char *reason)
{
	if (!log->complained)
		report(log, reason);
}

static void
complain_unrotated(struct log *log, int error)
{
	char reason[128];

	(void)snprintf(reason, sizeof(reason), "cannot be rotated: %s",
	    strerror(error));
	complain_once(log, reason);
}

/* Hand on what there is.  Return false if some of it is left. */
static bool
hand_on(struct log *log)
{
	const char *text;
	size_t length;
	ssize_t taken;

	while ((text = relay_get(&log->relay, &length)), length > 0 ||
	    log->out_start < log->out_end) {
		if (log->out_start < log->out_end)
			taken = sink_flush(log);
		else
			taken = sink_write(log, text, length);
		log->stuck = taken == -1;
		if (log->stuck) {
			log->due = errno == EAGAIN ? NEVER : now_ms() +
			    (errno == EBUSY ? LOG_AWAIT_MS : RETRY_MS);
			if (errno != EAGAIN && errno != EBUSY)
				complain_once(log, strerror(errno));
			return false;
		}
		log->complained = false;
		if (log->file.failed != 0)
			complain_unrotated(log, log->file.failed);
		log->file.failed = 0;
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

void
log_pump(struct log *log)
{
	bool last = log->end != NEVER;
	int i;

	if (!log_is_open(log))
		return;
	if (log->want.kind == LOG_TO_LOGGER && logger_is_due(&log->logger) &&
	    logger_start(&log->logger) == -1)
		complain_once(log, strerror(errno));
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
	relay_say(&log->relay, log->pipe[0], text);
	log_pump(log);
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
	else if (log->stuck && log->due == NEVER)
		fds[1] = (struct pollfd){ .events = POLLOUT,
		    .fd = log->want.kind == LOG_TO_LOGGER ?
			log->logger.pipe[1] :
			log->want.kind == LOG_TO_SYSLOG ? log->syslog.fd :
			log->file.fd };
	if (log->stuck && log->due < *due)
		*due = log->due;
	if (log->want.kind == LOG_TO_LOGGER && log->logger.due < *due)
		*due = log->logger.due;
	if (log->end < *due && !is_done(log))
		*due = log->end;
}

bool
log_reap(struct log *log, pid_t pid, int status)
{
	char how[64], text[128];

	if (log->want.kind != LOG_TO_LOGGER || log->logger.id == NULL ||
	    pid != log->logger.id->pid)
		return false;
	/* At the end, it is not restarted. */
	if (!logger_ended(&log->logger, status, how, sizeof(how)) ||
	    log->logger.pipe[1] == -1)
		return true;
	(void)snprintf(text, sizeof(text), "the logger %s; again in 1 s", how);
	report(log, text);
	return true;
}

static void
report_lost(struct log *log, size_t bytes)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "the last %zu bytes are lost",
	    bytes);
	report(log, text);
}

bool
log_finish(struct log *log)
{
	if (!log_is_open(log))
		return true;
	if (log->end == NEVER) {
		relay_end_run(&log->relay, log->pipe[0]);
		log->end = now_ms() + END_MS;
	}
	if (log->logger.pipe[1] != -1 || log->want.kind != LOG_TO_LOGGER) {
		log_pump(log);
		if (!is_done(log)) {
			if (now_ms() < log->end)
				return false;
			report_lost(log, relay_rest(&log->relay) +
			    log->out_end - log->out_start);
		}
	}
	if (log->want.kind != LOG_TO_LOGGER)
		return true;
	if (!logger_finish(&log->logger))
		return false;
	if (log->logger.lost > 0)
		report_lost(log, (size_t)log->logger.lost);
	return true;
}
