/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --ready=cmd:COMMAND: a check, run by sh -c, exits with 0.  One runs at a
 * time; the monitor starts it as the command was started.
 */
#include "config.h"

#include <sys/types.h>

#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "process/stop.h"
#include "ready/method.h"

/* The pause between the end of a check and the next one. */
#define PAUSE_MS	200

static const char *
parse(struct readiness *want)
{
	return *want->value == '\0' ? "needs a command after the colon" : NULL;
}

static enum answer
ask(struct ready *ready)
{
	if (ready->check == 0 && ready->status == 0)
		return ANSWER_READY;
	if (ready->check == 0 && now_ms() >= ready->next) {
		ready->next = now_ms() + PAUSE_MS;
		/* A lack of resources may pass. */
		ready->check = ready->run(ready->monitor, ready->want->value);
	}
	if (ready->check == 0)
		ready->due = ready->next;
	return ANSWER_NOT_YET;
}

bool
ready_reap(struct ready *ready, pid_t pid, int status)
{
	if (pid != ready->check)
		return false;
	ready->check = 0;
	ready->status = status;
	ready->next = now_ms() + PAUSE_MS;
	return true;
}

/* Kill its session.  Before the exec of the command, there is no check. */
static void
kill_check(struct ready *ready)
{
	static const struct schedule now = { .n = 1,
	    .stage = { { SIGKILL, 0 } } };
	struct targets targets = { .scope = TARGET_SESSION, .pidfd = -1,
	    .pid = ready->check, .session = ready->check };
	struct stop stop;

	if (ready->check == 0)
		return;
	if (stop_begin(&stop, &targets, &now) == 0)
		(void)stop_step(&stop);
	stop_finish(&stop);
	/* Also without /proc. */
	(void)kill(-ready->check, SIGKILL);
	(void)kill(ready->check, SIGKILL);
	ready->check = 0;
}

const struct method cmd_method = {
	.name = "cmd:",
	.has_timeout = true,
	.parse = parse,
	.ask = ask,
	.close = kill_check,
};
