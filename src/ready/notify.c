/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=notify: the command sends READY=1 to NOTIFY_SOCKET (sd_notify(3)). */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "process/proc.h"
#include "ready/method.h"

/* Limit of messages per wake-up. */
#define MESSAGES_AT_ONCE	1000

/* How long a notifier may take from its READY=1 to its BARRIER=1. */
#define BARRIER_MS	100

static int
open_socket(struct ready *ready, int root, struct descriptors *keep_fds,
    const char **reason)
{
	struct notify_socket *notify = &ready->notify;

	if (notify_open(notify, root) == 0 &&
	    descriptors_add(keep_fds, notify->base) == 0 &&
	    descriptors_add(keep_fds, notify->dir) == 0 &&
	    descriptors_add(keep_fds, notify->fd) == 0)
		return 0;
	*reason = strerror(errno);
	return -1;
}

/* A sender of many messages is reported once. */
static void
report_ignored(struct ready *ready, pid_t sender, const char *why)
{
	char line[128];

	if (!ready->verbose || sender == ready->ignored)
		return;
	ready->ignored = sender;
	(void)snprintf(line, sizeof(line),
	    "ignored a message of pid %d: %s", (int)sender, why);
	narrate("ready", line);
}

/* Take the messages that have come, until one says that it is ready. */
static enum answer
receive(struct ready *ready)
{
	struct notice *notice = &ready->notice;
	pid_t sender;
	int i;

	for (i = 0; i < MESSAGES_AT_ONCE && !notice->ready; i++) {
		notice->extend = -1;
		switch (notify_receive(&ready->notify, ready->pid,
		    ready->session, notice, &sender)) {
		case NOTIFY_ERROR:
			return ANSWER_ERROR;
		case NOTIFY_NONE:
			return ANSWER_NOT_YET;
		case NOTIFY_FOREIGN:
			report_ignored(ready, sender,
			    "not in the daemon's session");
			break;
		case NOTIFY_MALFORMED:
			report_ignored(ready, sender, "malformed");
			break;
		case NOTIFY_TAKEN:
			/* It never makes the time shorter. */
			if (notice->extend > ready->deadline - now_ms())
				ready->deadline = now_ms() + notice->extend;
			break;
		}
	}
	return notice->ready ? ANSWER_READY : ANSWER_NOT_YET;
}

/*
 * systemd-notify(1) asks for a barrier after its READY=1, and fails if no
 * process answers it.  A daemon without another process beside it uses no such
 * notifier.
 */
static bool
expects_barrier(struct ready *ready)
{
	if (ready->barrier_due == 0)
		ready->barrier_due = now_ms() + BARRIER_MS;
	return !ready->notice.barrier && now_ms() < ready->barrier_due &&
	    (proc_children(ready->pid) != 0 || proc_children(getpid()) != 1);
}

static enum answer
ask(struct ready *ready)
{
	struct notice *notice = &ready->notice;
	enum answer answer;

	ready->poll.fd = ready->notify.fd;
	if (ready->barrier_due == 0) {
		answer = receive(ready);
		if (answer != ANSWER_READY)
			return answer;
	}
	notice->ready = false;
	(void)receive(ready);
	if (!expects_barrier(ready))
		return ANSWER_READY;
	ready->due = ready->barrier_due;
	return ANSWER_NOT_YET;
}

static void
close_socket(struct ready *ready)
{
	struct notify_socket *notify = &ready->notify;

	notify_close(notify);
	close_quietly(notify->fd);
	close_quietly(notify->dir);
	close_quietly(notify->base);
	notify->fd = notify->dir = notify->base = -1;
}

const struct method notify_method = {
	.name = "notify",
	.has_timeout = true,
	.prepare = open_socket,
	.ask = ask,
	.close = close_socket,
};
