/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of --ready: their table, and calling one. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ready/method.h"

static const struct method *const methods[] = {
	&exec_method,
	&alive_method,
	&notify_method,
	&fd_method,
	&file_method,
	&tcp_method,
	&unix_method,
	NULL
};

/* The default: the launch itself knows of the exec. */
const struct method exec_method = {
	.name = "exec",
};

const char *
readiness_parse(struct readiness *want, const char *text)
{
	const struct method *method;
	size_t i, length;

	want->given = true;
	want->text = text;
	for (i = 0; methods[i] != NULL; i++) {
		want->method = method = methods[i];
		length = strlen(method->name);
		if (method->parse == NULL && strcmp(text, method->name) == 0)
			return NULL;
		if (method->parse != NULL &&
		    strncmp(text, method->name, length) == 0)
			return method->parse(want, text + length);
	}
	return "not exec, alive:TIME, notify, fd:N, file:PATH, "
	    "tcp:[HOST:]PORT or unix:PATH";
}

bool
ready_waits(const struct readiness *want)
{
	return want->method != &exec_method;
}

void
ready_init(struct ready *ready, const struct readiness *want)
{
	*ready = (struct ready){ .want = want, .pipe = -1,
	    .endpoint = ready->endpoint };
	notify_init(&ready->notify);
}

const char *
ready_look_up(struct ready *ready)
{
	const struct method *method = ready->want->method;

	return method->look_up == NULL ? NULL : method->look_up(ready);
}

int
ready_prepare(struct ready *ready, int root, struct descriptors *keep_fds,
    const char **reason)
{
	const struct method *method = ready->want->method;

	return method->prepare == NULL ? 0 :
	    method->prepare(ready, root, keep_fds, reason);
}

void
ready_close(struct ready *ready)
{
	if (ready->want->method->close != NULL)
		ready->want->method->close(ready);
}

void
ready_begin(struct ready *ready, pid_t pid, pid_t session)
{
	ready->pid = pid;
	ready->session = session;
	ready->deadline = ready->want->method->has_timeout ?
	    now_ms() + ready->want->timeout : NEVER;
	ready->poll = (struct pollfd){ .fd = -1 };
}

enum answer
ready_ask(struct ready *ready)
{
	enum answer answer;

	if (ready->is_ready)
		return ANSWER_READY;
	ready->due = NEVER;
	ready->poll = (struct pollfd){ .fd = -1, .events = POLLIN };
	answer = ready->want->method->ask(ready);
	ready->is_ready = answer == ANSWER_READY;
	return answer;
}

void
ready_describe(const struct ready *ready, bool late, char *reason, size_t size)
{
	const struct notice *notice = &ready->notice;
	char ignored[128];

	if (notice->elsewhere != 0) {
		(void)snprintf(ignored, sizeof(ignored), "; ignored the "
		    "READY=1 of pid %d, which is not in the daemon's session",
		    (int)notice->elsewhere);
		(void)strlcat(reason, ignored, size);
	}
	if (late && ready->closed)
		(void)strlcat(reason,
		    "; it closed the descriptor without a newline", size);
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
