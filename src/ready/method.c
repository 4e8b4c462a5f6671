/* SPDX-License-Identifier: BSD-2-Clause */
/* The methods of --ready: their table, and calling one. */
#include "config.h"

#include <string.h>

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

int
ready_prepare(struct ready *ready, const struct readiness *want,
    struct descriptors *spare, const char **reason)
{
	ready->want = *want;
	ready->pipe = ready->watch.fd = -1;
	notify_init(&ready->notify);
	return want->method->prepare == NULL ? 0 :
	    want->method->prepare(ready, spare, reason);
}

int
ready_open(struct ready *ready, int root, struct descriptors *spare,
    const char **reason)
{
	const struct method *method = ready->want.method;

	return method->open == NULL ? 0 :
	    method->open(ready, root, spare, reason);
}

void
ready_close(const struct ready *ready)
{
	if (ready->want.method != NULL && ready->want.method->close != NULL)
		ready->want.method->close(ready);
}
