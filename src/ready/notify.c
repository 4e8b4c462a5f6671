/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=notify: the command sends READY=1 to NOTIFY_SOCKET (sd_notify(3)). */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "process/proc.h"
#include "ready/method.h"

/* So many messages at once, before the daemon's end and time are seen to. */
#define MESSAGES_AT_ONCE	1000

/* How long a notifier may take from its READY=1 to its BARRIER=1. */
#define BARRIER_MS	100

static int
open_socket(struct ready *ready, int root, struct descriptors *spare,
    const char **reason)
{
	struct notify_socket *notify = &ready->notify;

	if (notify_open(notify, root) == 0 &&
	    descriptors_add(spare, notify->base) == 0 &&
	    descriptors_add(spare, notify->dir) == 0 &&
	    descriptors_add(spare, notify->fd) == 0)
		return 0;
	*reason = strerror(errno);
	return -1;
}

/* A sender of many messages is reported once. */
static void
report_ignored(struct wait *wait, pid_t sender, const char *why)
{
	char line[128];

	if (!wait->verbose || sender == wait->ignored)
		return;
	wait->ignored = sender;
	(void)snprintf(line, sizeof(line),
	    "ignored a message of pid %d: %s", (int)sender, why);
	narrate("ready", line);
}

static enum answer
ask(struct wait *wait)
{
	struct notice *notice = &wait->notice;
	/* Then it is the barrier that is waited for. */
	bool was_ready = notice->ready;
	pid_t sender;
	int i;

	wait->poll.fd = wait->ready->notify.fd;
	for (i = 0; i < MESSAGES_AT_ONCE; i++) {
		notice->extend = -1;
		switch (notify_receive(&wait->ready->notify, wait->pid,
		    wait->session, notice, &sender)) {
		case NOTIFY_ERROR:
			return ANSWER_ERROR;
		case NOTIFY_NONE:
			return ANSWER_NOT_YET;
		case NOTIFY_FOREIGN:
			report_ignored(wait, sender,
			    "not in the daemon's session");
			break;
		case NOTIFY_MALFORMED:
			report_ignored(wait, sender, "malformed");
			break;
		case NOTIFY_TAKEN:
			if (notice->ready && !was_ready)
				return ANSWER_READY;
			/* It never makes the time shorter. */
			if (notice->extend > wait->deadline - now_ms())
				wait->deadline = now_ms() + notice->extend;
			break;
		}
	}
	return ANSWER_NOT_YET;
}

/*
 * systemd-notify(1) asks for a barrier after its READY=1, and fails where no
 * process answers it.  A daemon without another process beside it uses no such
 * notifier.
 */
static void
await_barrier(struct wait *wait)
{
	struct pollfd fd = { .fd = wait->ready->notify.fd, .events = POLLIN };
	long long end = now_ms() + BARRIER_MS;

	while (!wait->notice.barrier && now_ms() < end &&
	    (proc_children(wait->pid) != 0 || proc_children(getpid()) != 1)) {
		(void)poll(&fd, 1, ms_until(end, BARRIER_MS));
		(void)ask(wait);
	}
}

static void
close_socket(const struct ready *ready)
{
	notify_close(&ready->notify);
}

const struct method notify_method = {
	.name = "notify",
	.has_timeout = true,
	.open = open_socket,
	.ask = ask,
	.finish = await_barrier,
	.close = close_socket,
};
