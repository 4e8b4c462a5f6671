/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of --ready: their table, and calling one. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "process/policy.h"
#include "ready/method.h"

/* The default: the launch itself knows of the exec. */
const struct method exec_method = {
	.name = "exec",
};

static const struct method *const methods[] = {
	&exec_method,
	&alive_method,
	&notify_method,
	&fd_method,
	&file_method,
	&tcp_method,
	&unix_method,
	&cmd_method,
	&line_method,
	NULL
};

const char *
readiness_parse(struct readiness *want, const char *text)
{
	const struct method *method;
	size_t i, length;

	want->text = text;
	for (i = 0; methods[i] != NULL; i++) {
		want->method = method = methods[i];
		length = strlen(method->name);
		want->value = text + length;
		if (method->parse == NULL && strcmp(text, method->name) == 0)
			return NULL;
		if (method->parse != NULL &&
		    strncmp(text, method->name, length) == 0)
			return method->parse(want);
	}
	want->value = "";
	return "not " READY_METHODS(" ", " or ");
}

bool
ready_waits(const struct readiness *want)
{
	return want->method != &exec_method;
}

static void
reset(struct ready *ready)
{
	*ready = (struct ready){ .want = ready->want,
	    .verbose = ready->verbose, .addresses = ready->addresses,
	    .monitor = ready->monitor, .run = ready->run, .poll.fd = -1,
	    .due = NEVER, .fd = -1, .dir = -1, .notice.extend = -1,
	    .status = -1 };
}

const char *
ready_init(struct ready *ready)
{
	const struct method *method = ready->want->method;

	reset(ready);
	return method->look_up == NULL ? NULL : method->look_up(ready);
}

const char *
ready_prepare(struct ready *ready, int root, struct descriptors *keep_fds)
{
	const struct method *method = ready->want->method;

	reset(ready);
	return method->prepare == NULL ? NULL :
	    method->prepare(ready, root, keep_fds);
}

void
ready_begin(struct ready *ready, pid_t pid, pid_t session)
{
	ready->pid = pid;
	ready->session = session;
	ready->deadline = ready->want->method->has_timeout ?
	    now_ms() + ready->want->timeout : NEVER;
}

enum answer
ready_ask(struct ready *ready)
{
	enum answer answer;

	if (ready->is_ready)
		return ANSWER_READY;
	ready->due = NEVER;
	ready->poll.events = POLLIN;
	answer = ready->want->method->ask(ready);
	ready->is_ready = answer == ANSWER_READY;
	ready->poll.fd = ready->fd;
	return answer;
}

void
ready_close(struct ready *ready)
{
	if (ready->want->method->close != NULL)
		ready->want->method->close(ready);
	close_quietly(ready->fd);
	ready->fd = -1;
}

void
ready_describe(const struct ready *ready, bool late, char *reason, size_t size)
{
	const struct notice *notice = &ready->notice;
	struct ending last = ending_of(ready->status);
	char elsewhere[16], how[64];
	const struct {
		bool add;
		const char *text, *value;
	} rows[] = {
		{ notice->elsewhere != 0, "; ignored the READY=1 of pid ",
		    elsewhere },
		{ notice->elsewhere != 0,
		    ", which is not in the daemon's session", "" },
		{ late && ready->closed,
		    "; it closed the descriptor without a newline", "" },
		{ late && ready->status != -1, "; the last check ", how },
		{ *notice->status != '\0', "; its status: ", notice->status },
		{ notice->error != 0, "; its error: ",
		    strerror(notice->error) },
		{ *notice->exit_status != '\0', "; its exit status: ",
		    notice->exit_status },
	};
	size_t i;

	(void)snprintf(elsewhere, sizeof(elsewhere), "%d",
	    (int)notice->elsewhere);
	ending_describe(&last, how, sizeof(how));
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].add) {
			(void)strlcat(reason, rows[i].text, size);
			(void)strlcat(reason, rows[i].value, size);
		}
}
