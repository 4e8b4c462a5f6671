/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting until a daemon is ready. */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "base/progress.h"
#include "process/signals.h"
#include "ready/wait.h"

static int	begin(struct wait *);
static int	wait_for(struct wait *, char *reason, size_t size);
static enum answer look(struct wait *, bool *ended, siginfo_t *child);
static int	take_signal(const struct wait *);
static int	sleep_until(struct wait *);
static int	describe_end(const struct wait *, const siginfo_t *child,
		    char *reason, size_t size);
static void	add_notice(const struct notice *, char *reason, size_t size);

int
ready_wait(struct wait *wait, char *reason, size_t size)
{
	int status = STATUS_FAILED;

	*reason = '\0';
	if (begin(wait) == -1)
		(void)strlcpy(reason, strerror(errno), size);
	else
		status = wait_for(wait, reason, size);
	progress_clear();
	return status;
}

static int
begin(struct wait *wait)
{
	const struct readiness *want = &wait->ready->want;
	sigset_t set = *wait->interrupts;

	/* The command has the other end. */
	if (wait->ready->pipe != -1)
		(void)close(want->fd);
	wait->progress = now_ms() + PROGRESS_MS;
	wait->deadline = want->method->has_timeout ?
	    now_ms() + want->timeout : NEVER;
	(void)sigaddset(&set, SIGCHLD);
	wait->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return wait->signals == -1 ? -1 : 0;
}

static int
wait_for(struct wait *wait, char *reason, size_t size)
{
	const struct method *method = wait->ready->want.method;
	enum answer answer;
	siginfo_t child;
	bool ended;

	for (;;) {
		answer = look(wait, &ended, &child);
		if (ended)
			return describe_end(wait, &child, reason, size);
		if (answer == ANSWER_READY)
			break;
		if (answer != ANSWER_ERROR &&
		    (wait->interrupted = take_signal(wait)) != 0) {
			(void)snprintf(reason, size, "interrupted by signal %s",
			    signal_name(wait->interrupted));
			add_notice(&wait->notice, reason, size);
			return STATUS_FAILED;
		}
		if (answer != ANSWER_ERROR && now_ms() >= wait->deadline) {
			ready_describe_late(&wait->ready->want, reason, size);
			(void)strlcat(reason, wait->closed ?
			    "; it closed the descriptor without a newline" :
			    "", size);
			add_notice(&wait->notice, reason, size);
			return STATUS_TIMED_OUT;
		}
		if (answer == ANSWER_ERROR || sleep_until(wait) == -1) {
			(void)strlcpy(reason, strerror(errno), size);
			add_notice(&wait->notice, reason, size);
			return STATUS_FAILED;
		}
	}
	if (method->finish != NULL)
		method->finish(wait);
	return STATUS_DONE;
}

/*
 * A child that has ended and is not the daemon: a process that the daemon left
 * to us.  0, or its pid, to be reaped.
 */
static pid_t
find_orphan(const struct wait *wait)
{
	siginfo_t child = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    child.si_pid == wait->pid)
		return 0;
	return child.si_pid;
}

/* The daemon stays a zombie until the end: no other process has its pid. */
static bool
has_ended(const struct wait *wait, siginfo_t *child)
{
	child->si_pid = 0;
	return waitid(P_PID, (id_t)wait->pid, child,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && child->si_pid == wait->pid;
}

static enum answer
ask(struct wait *wait)
{
	wait->due = NEVER;
	wait->poll = (struct pollfd){ .fd = -1, .events = POLLIN };
	return wait->ready->want.method->ask(wait);
}

/*
 * Asks the method, and sees whether the daemon has ended, in this order: what
 * was sent before an end counts, and an orphan that sent it is still there for
 * its session to be looked up.
 */
static enum answer
look(struct wait *wait, bool *ended, siginfo_t *child)
{
	enum answer answer;
	pid_t orphan;

	do {
		orphan = find_orphan(wait);
		*ended = has_ended(wait, child);
		answer = ask(wait);
		if (orphan != 0)
			(void)waitpid(orphan, NULL, WNOHANG);
	} while (orphan != 0 && !*ended && answer == ANSWER_NOT_YET);
	if (answer == ANSWER_READY && !*ended)
		*ended = has_ended(wait, child);
	return answer;
}

/* The signal that ends the wait, or 0. */
static int
take_signal(const struct wait *wait)
{
	struct signalfd_siginfo info;
	int sig = 0;

	while (read(wait->signals, &info, sizeof(info)) > 0)
		if (info.ssi_signo != SIGCHLD && sig == 0)
			sig = (int)info.ssi_signo;
	return sig;
}

static void
show_progress(struct wait *wait)
{
	const char *status = wait->notice.status;
	long long now = now_ms();
	char what[512];

	if (now < wait->progress)
		return;
	wait->progress = now + PROGRESS_MS;
	(void)snprintf(what, sizeof(what), "%s (%s)%s%s", wait->command,
	    wait->ready->want.text, *status == '\0' ? "" : ": ", status);
	progress_show(what, (wait->deadline == NEVER ? wait->due :
	    wait->deadline) - now);
}

/* Until something has happened.  -1 with errno of poll(2). */
static int
sleep_until(struct wait *wait)
{
	struct pollfd fds[4] = {
		{ .fd = wait->signals, .events = POLLIN },
		wait->poll
	};
	long long end = wait->due < wait->deadline ? wait->due :
	    wait->deadline, due;
	int result;

	wait->also.poll(wait->also.what, fds + 2, &due);
	if (due < end)
		end = due;
	show_progress(wait);
	result = poll(fds, 4, ms_until(end, PROGRESS_MS));
	if (result == -1 && errno != EINTR)
		return -1;
	wait->also.serve(wait->also.what);
	return 0;
}

void
ready_describe_late(const struct readiness *want, char *reason, size_t size)
{
	(void)snprintf(reason, size, "not ready after %s: %s",
	    want->timeout_text, want->text);
}

static int
describe_end(const struct wait *wait, const siginfo_t *child, char *reason,
    size_t size)
{
	bool exited = child->si_code == CLD_EXITED;

	(void)snprintf(reason, size, exited ?
	    "exited with status %d before it was ready" :
	    "killed by signal %d before it was ready", child->si_status);
	add_notice(&wait->notice, reason, size);
	if (exited && child->si_status == 0)
		(void)strlcat(reason, "; if it makes itself a daemon, use its "
		    "foreground option", size);
	else if (wait->log != NULL && strcmp(wait->log, _PATH_DEVNULL) == 0)
		(void)strlcat(reason, "; use -e FILE to see its messages",
		    size);
	return STATUS_ENDED;
}

/* Adds the state that the command itself has sent. */
static void
add_notice(const struct notice *notice, char *reason, size_t size)
{
	char ignored[128];

	if (notice->elsewhere != 0) {
		(void)snprintf(ignored, sizeof(ignored), "; ignored the "
		    "READY=1 of pid %d, which is not in the daemon's session",
		    (int)notice->elsewhere);
		(void)strlcat(reason, ignored, size);
	}
	if (*notice->status != '\0') {
		(void)strlcat(reason, "; its status: ", size);
		(void)strlcat(reason, notice->status, size);
	}
	if (notice->error != 0) {
		(void)strlcat(reason, "; its error: ", size);
		(void)strlcat(reason, strerror(notice->error), size);
	}
	if (*notice->exit_status != '\0') {
		(void)strlcat(reason, "; its exit status: ", size);
		(void)strlcat(reason, notice->exit_status, size);
	}
}
