/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=file:PATH: the command writes that file. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "ready/method.h"

static const char *
parse(struct readiness *want, const char *value)
{
	want->path = value;
	return *value == '\0' ? "needs a path after the colon" : NULL;
}

static int
open_watch(struct ready *ready, int root, struct descriptors *spare,
    const char **reason)
{
	(void)root;	/* the path is the caller's */
	if (watch_open(&ready->watch, ready->want.path) == 0 &&
	    descriptors_add(spare, ready->watch.fd) == 0)
		return 0;
	*reason = strerror(errno);
	return -1;
}

static enum answer
ask(struct wait *wait)
{
	wait->poll.fd = wait->ready->watch.fd;
	return (enum answer)watch_check(&wait->ready->watch);
}

const struct method file_method = {
	.name = "file:",
	.has_timeout = true,
	.parse = parse,
	.open = open_watch,
	.ask = ask,
};
