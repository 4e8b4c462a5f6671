/* SPDX-License-Identifier: BSD-2-Clause */
/* A logger: a command that reads the log from its standard input. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "log/logger.h"
#include "pidfd.h"
#include "process/policy.h"
#include "process/proc.h"
#include "steps/step.h"

/* The pause between the end of a logger and its next start. */
#define LOGGER_PAUSE_MS	1000

/* How long a launch waits for a logger that ends at once. */
#define LOGGER_TRY_MS	100

/* The time that it has to read the rest at the end. */
#define LOGGER_END_MS	10000

/* How its session is ended: after end-of-file, or because its leader died. */
static const struct schedule end_schedule = { .n = 3, .stage = {
	{ 0, LOGGER_END_MS }, { SIGTERM, 5000 }, { SIGKILL, 5000 } } };
static const struct schedule leftover_schedule = { .n = 2, .stage = {
	{ SIGTERM, 5000 }, { SIGKILL, 5000 } } };

int
logger_open(struct logger *logger)
{
	/* A write by the supervisor must not block; a read by it may. */
	return pipe2(logger->pipe, O_CLOEXEC) == -1 ||
	    fcntl(logger->pipe[1], F_SETFL, O_NONBLOCK) == -1 ? -1 : 0;
}

/* --- its start ----------------------------------------------------------- */

static void __attribute__((noreturn))
become_logger(const struct logger *logger)
{
	static const char shell[] = _PATH_BSHELL, option[] = "-c";
	char *argv[] = { (char *)(uintptr_t)shell, (char *)(uintptr_t)option,
	    (char *)(uintptr_t)logger->command, NULL };
	const int null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	const int stdio[3] = { logger->pipe[0],
	    null, logger->keeps_stderr ? -1 : null };
	const struct descriptors none = { .n = 0 };
	const char *call;

	/* An earlier logger may have made it O_NONBLOCK. */
	if (fcntl(logger->pipe[0], F_SETFL, 0) == 0 &&
	    step_signals(DISPOSITION_DEFAULT, true, &call) == 0 &&
	    step_sigchld(DISPOSITION_DEFAULT, false) == 0 &&
	    step_session(true) == 0 && step_umask(022) == 0 &&
	    step_chdir("/") == 0 && step_stdio(stdio) == 0 &&
	    step_fds(FDS_CLOSE, &none) == 0 &&
	    step_signals_release(DISPOSITION_DEFAULT, NULL) == 0)
		(void)execv(shell, argv);
	_exit(127);
}

static int
start(struct logger *logger)
{
	struct proc_stat stat;
	pid_t pid = fork();

	if (pid == 0)
		become_logger(logger);
	logger->due = now_ms() + LOGGER_PAUSE_MS;
	if (pid == -1)
		return -1;
	logger->id.started = proc_stat(pid, &stat) == 0 ? stat.started : 0;
	logger->id.pid = pid;
	logger->began = now_ms();
	return 0;
}

int
logger_try(struct logger *logger, char *reason, size_t size)
{
	struct pollfd fd = { .events = POLLIN };
	int status;

	if (start(logger) == -1) {
		(void)strlcpy(reason, strerror(errno), size);
		return -1;
	}
	fd.fd = pidfd_open(logger->id.pid, 0);
	(void)poll(&fd, 1, LOGGER_TRY_MS);
	close_quietly(fd.fd);
	if (waitpid(logger->id.pid, &status, WNOHANG) <= 0)
		return 0;
	logger_ended(logger, status, reason, size);
	logger->failed = status != 0;
	return logger->failed ? -1 : 0;
}

/* --- its end ------------------------------------------------------------- */

/* Begin to end the session of the logger that runs, or has just ended. */
static void
stop_session(struct logger *logger, pid_t session,
    const struct schedule *schedule)
{
	struct targets targets = { .scope = TARGET_SESSION, .pidfd = -1,
	    .session = session, .pid = logger->id.pid };

	if (logger->stopping)
		return;
	logger->stopping = stop_begin(&logger->stop, &targets, schedule) == 0;
	/* Without /proc, its processes are unknown. */
	if (!logger->stopping)
		stop_finish(&logger->stop);
}

/* Return whether that is over. */
static bool
is_stopped(struct logger *logger)
{
	if (!logger->stopping)
		return true;
	logger->stopping = stop_step(&logger->stop) == STOP_PENDING;
	if (!logger->stopping)
		stop_finish(&logger->stop);
	return !logger->stopping;
}

void
logger_ended(struct logger *logger, int status, char *reason, size_t size)
{
	struct ending how = ending_of(status);
	char what[64];
	pid_t session;

	ending_describe(&how, what, sizeof(what));
	(void)snprintf(reason, size, "the logger %s", what);
	session = logger->id.pid;
	logger->id.pid = 0;
	stop_session(logger, session, &leftover_schedule);
	logger->due = now_ms() + LOGGER_PAUSE_MS;
}

/* --- for the loop -------------------------------------------------------- */

bool
logger_lasts(const struct logger *logger)
{
	return logger->id.pid != 0 &&
	    now_ms() - logger->began >= LOGGER_PAUSE_MS;
}

int
logger_step(struct logger *logger)
{
	return !is_stopped(logger) || logger->id.pid != 0 ||
	    now_ms() < logger->due ? 0 : start(logger);
}

long long
logger_poll(const struct logger *logger, struct pollfd *fd)
{
	long long due = NEVER;

	*fd = (struct pollfd){ .fd = -1 };
	if (logger->stopping)
		stop_poll(&logger->stop, fd, &due);
	else if (logger->id.pid == 0)
		due = logger->due;
	else if (!logger_lasts(logger))
		due = logger->began + LOGGER_PAUSE_MS;
	return due;
}

bool
logger_finish(struct logger *logger)
{
	int unread;

	if (logger->pipe[1] != -1) {
		close_quietly(logger->pipe[1]);
		logger->pipe[1] = -1;
		logger->end = now_ms() + LOGGER_END_MS;
		if (logger->id.pid != 0)
			stop_session(logger, logger->id.pid, &end_schedule);
	}
	if (!is_stopped(logger))
		return false;
	if (ioctl(logger->pipe[0], FIONREAD, &unread) == -1)
		unread = 0;
	if (unread == 0 || now_ms() >= logger->end) {
		logger->lost = unread;
		return true;
	}
	if (now_ms() >= logger->due && start(logger) == 0)
		stop_session(logger, logger->id.pid, &end_schedule);
	return false;
}
