/* SPDX-License-Identifier: BSD-2-Clause */
/* A logger: a command that reads the log from its standard input. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "log/logger.h"
#include "process/policy.h"
#include "process/proc.h"
#include "steps/step.h"

/* The pause between the end of a logger and its next start. */
#define LOGGER_PAUSE_MS	1000

/* The time that it has after end-of-file, and after each signal. */
static const struct { int sig; long long wait; } end_stages[] = {
	{ 0, 10000 },
	{ SIGTERM, 5000 },
	{ SIGKILL, 5000 },
};

#define END_STAGES	(sizeof(end_stages) / sizeof(*end_stages))

int
logger_open(struct logger *logger, struct descriptors *spare)
{
	if (pipe2(logger->pipe, O_CLOEXEC) == -1)
		return -1;
	/* A write by the supervisor must not block; a read by it may. */
	return fcntl(logger->pipe[1], F_SETFL, O_NONBLOCK) == -1 ||
	    descriptors_add(spare, logger->pipe[0]) == -1 ||
	    descriptors_add(spare, logger->pipe[1]) == -1 ? -1 : 0;
}

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

int
logger_start(struct logger *logger)
{
	struct proc_stat stat;
	pid_t pid = fork();

	if (pid == 0)
		become_logger(logger);
	logger->due = NEVER;
	if (pid == -1) {
		logger->due = now_ms() + LOGGER_PAUSE_MS;
		return -1;
	}
	logger->id->started = proc_stat(pid, &stat) == 0 ? stat.started : 0;
	logger->id->pid = pid;
	logger->began = now_ms();
	return 0;
}

bool
logger_is_due(const struct logger *logger)
{
	return logger->id->pid == 0 && logger->pipe[1] != -1 &&
	    now_ms() >= logger->due;
}

bool
logger_ended(struct logger *logger, int status, char *reason, size_t size)
{
	struct ending how = ending_of(status);
	bool known;

	ending_describe(&how, reason, size);
	logger->id->pid = 0;
	logger->due = now_ms() + LOGGER_PAUSE_MS;
	known = logger->reported;
	logger->reported = now_ms() - logger->began < LOGGER_PAUSE_MS;
	return !known || !logger->reported;
}

/* No logger runs: is there something for one to read? */
static bool
finish_unread(struct logger *logger)
{
	int unread;

	if (ioctl(logger->pipe[0], FIONREAD, &unread) == -1)
		unread = 0;
	if (unread == 0 || logger->stage > 0 || now_ms() >= logger->end) {
		logger->lost = unread;
		close_quietly(logger->pipe[0]);
		logger->pipe[0] = -1;
		return true;
	}
	if (now_ms() >= logger->due && logger_start(logger) == 0)
		logger->due = logger->end;
	return false;
}

bool
logger_finish(struct logger *logger)
{
	if (logger->pipe[1] != -1) {
		close_quietly(logger->pipe[1]);
		logger->pipe[1] = -1;
		logger->stage = 0;
		logger->end = now_ms() + end_stages[0].wait;
		logger->due = logger->id->pid == 0 ? 0 : logger->end;
	}
	if (logger->id->pid == 0)
		return finish_unread(logger);
	if (now_ms() < logger->due)
		return false;
	if (++logger->stage == END_STAGES)
		return true;
	(void)kill(logger->id->pid, end_stages[logger->stage].sig);
	logger->due = now_ms() + end_stages[logger->stage].wait;
	return false;
}
