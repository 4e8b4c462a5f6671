/* SPDX-License-Identifier: BSD-2-Clause */
/* What each method of --ready needs, and what it says when it is asked. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/progress.h"
#include "plan/plan.h"
#include "ready/method.h"

/* So many messages at once, before the daemon's end and time are seen to. */
#define MESSAGES_AT_ONCE	1000

/* --- before the launch ----------------------------------------------- */

/* -1 with errno; EBADF where the number is above the limit. */
static int
reserve(struct ready *ready)
{
	int number = ready->want.number, fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	ready->pipe = fds[0];
	if (fds[0] == number)
		ready->pipe = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
	/* Not close-on-exec, and it waits: as the command expects. */
	if (ready->pipe == -1 || dup2(fds[1], number) == -1 ||
	    fcntl(number, F_SETFD, 0) == -1 ||
	    fcntl(number, F_SETFL, 0) == -1)
		return -1;
	if (fds[1] != number)
		(void)close(fds[1]);
	return 0;
}

int
method_prepare(struct ready *ready, const struct readiness *want)
{
	const char *reason = NULL;

	ready->want = *want;
	ready->pipe = ready->watch.fd = ready->endpoint.fd = -1;
	ready->notice.extend = -1;
	notify_init(&ready->notify);
	if (want->method == READY_FD && reserve(ready) == -1)
		reason = errno == EBADF ? "is above the limit of open files" :
		    strerror(errno);
	if (want->method == READY_UNIX)
		(void)endpoint_unix(&ready->endpoint, want->path);
	if (want->method == READY_TCP)
		reason = endpoint_tcp(&ready->endpoint,
		    *want->host == '\0' ? NULL : want->host, want->port);
	return reason == NULL ? STATUS_DONE :
	    complain("ready", want->text, reason);
}

/* What has been written to stderr's file when the command begins. */
static off_t
find_log_start(const struct plan *plan)
{
	int log = plan->stdio[STDERR_FILENO], fd;
	struct stat st;

	if (log == -1 || fstat(log, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	for (fd = 0; fd < 3; fd++)
		if (plan->stdio[fd] == log && plan->truncate[fd])
			return 0;
	return st.st_size;
}

/* Who serves there before the launch is not who will be launched. */
static int
check_endpoint(struct ready *ready)
{
	switch (endpoint_is_open(&ready->endpoint)) {
	case 0:
		return STATUS_DONE;
	case 1:
		return complain("ready", ready->want.text,
		    "another process accepts connections there already");
	default:
		return complain_errno("ready", ready->want.text, errno);
	}
}

int
method_open(struct plan *plan)
{
	struct ready *ready = &plan->ready;
	siginfo_t child;
	int result = 0;

	if (ready->want.method == READY_EXEC)
		return STATUS_DONE;
	ready->log_start = find_log_start(plan);
	ready->has_children = waitid(P_ALL, 0, &child,
	    WEXITED | WNOHANG | WNOWAIT) == 0;
	switch (ready->want.method) {
	case READY_NOTIFY:
		result = notify_open(&ready->notify, plan->root_fd);
		break;
	case READY_FILE:
		result = watch_open(&ready->watch, ready->want.path);
		break;
	case READY_TCP:
	case READY_UNIX:
		return check_endpoint(ready);
	default:
		break;
	}
	return result == 0 ? STATUS_DONE :
	    complain_errno("ready", ready->want.text, errno);
}

void
method_close(const struct ready *ready)
{
	notify_close(&ready->notify);
}

/* --- the methods ------------------------------------------------------ */

static enum answer
ask_alive(struct wait *wait)
{
	wait->due = wait->ready->alive_until;
	return now_ms() >= wait->due ? ANSWER_READY : ANSWER_NOT_YET;
}

/* Who floods us is told of once. */
static void
ignored(struct wait *wait, pid_t sender, const char *why)
{
	char line[128];

	if (!wait->plan->verbose || sender == wait->stranger)
		return;
	wait->stranger = sender;
	(void)snprintf(line, sizeof(line),
	    "a message of pid %d is ignored: %s", (int)sender, why);
	narrate("ready", line);
}

static enum answer
ask_notify(struct wait *wait)
{
	struct notice *notice = &wait->ready->notice;
	/* Then it is the barrier that is waited for. */
	bool was_ready = notice->ready;
	pid_t sender;
	int i;

	wait->ready->poll.fd = wait->ready->notify.fd;
	for (i = 0; i < MESSAGES_AT_ONCE; i++)
		switch (notify_receive(&wait->ready->notify, wait->pid,
		    wait->session, notice, &sender)) {
		case NOTIFY_ERROR:
			return ANSWER_ERROR;
		case NOTIFY_NONE:
			return ANSWER_NOT_YET;
		case NOTIFY_STRANGER:
			ignored(wait, sender, "not of the daemon's session");
			break;
		case NOTIFY_MALFORMED:
			ignored(wait, sender, "malformed");
			break;
		case NOTIFY_HEARD:
			if (notice->ready && !was_ready)
				return ANSWER_READY;
			/* It never makes the time shorter. */
			if (notice->extend > wait->deadline - now_ms())
				wait->deadline = now_ms() + notice->extend;
			notice->extend = -1;
			break;
		}
	return ANSWER_NOT_YET;
}

static enum answer
ask_fd(struct wait *wait)
{
	struct ready *ready = wait->ready;
	char text[512];
	ssize_t length;

	ready->poll.fd = ready->closed ? -1 : ready->pipe;
	length = read(ready->pipe, text, sizeof(text));
	if (length > 0)
		return memchr(text, '\n', (size_t)length) != NULL ?
		    ANSWER_READY : ANSWER_NOT_YET;
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? ANSWER_NOT_YET :
		    ANSWER_ERROR;
	/* Nobody can write any more: it will end, or its time will. */
	ready->closed = true;
	ready->poll.fd = -1;
	return ANSWER_NOT_YET;
}

static enum answer
ask_file(struct wait *wait)
{
	wait->ready->poll.fd = wait->ready->watch.fd;
	return (enum answer)watch_check(&wait->ready->watch);
}

static enum answer
ask_endpoint(struct wait *wait)
{
	struct endpoint *endpoint = &wait->ready->endpoint;
	int result = endpoint_try(endpoint);

	wait->ready->poll.fd = endpoint->fd;
	wait->ready->poll.events = POLLOUT;
	wait->due = endpoint->due;
	return (enum answer)result;
}

enum answer
method_ask(struct wait *wait)
{
	wait->due = NEVER;
	wait->ready->poll = (struct pollfd){ .fd = -1, .events = POLLIN };
	switch (wait->ready->want.method) {
	case READY_ALIVE:
		return ask_alive(wait);
	case READY_NOTIFY:
		return ask_notify(wait);
	case READY_FD:
		return ask_fd(wait);
	case READY_FILE:
		return ask_file(wait);
	case READY_TCP:
	case READY_UNIX:
		return ask_endpoint(wait);
	case READY_EXEC:
		break;
	}
	return ANSWER_READY;
}
