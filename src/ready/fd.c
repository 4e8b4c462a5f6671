/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=fd:N: the command writes a newline to its descriptor N, as for s6. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "ready/method.h"

static const char *
parse(struct readiness *want, const char *value)
{
	long long fd = number_parse(value, STDERR_FILENO + 1, INT_MAX);

	want->fd = (int)fd;
	return fd == -1 ? "needs a descriptor above 2 after fd:" : NULL;
}

/*
 * Makes the pipe; its other end is the command's descriptor N, which the
 * monitor reserves.  -1 with errno.
 */
static int
make_pipe(struct ready *ready)
{
	int number = ready->want->fd, fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	ready->pipe = fds[0];
	/* Not close-on-exec, and blocking: as the command expects. */
	if (dup2(fds[1], number) == -1 || fcntl(number, F_SETFL, 0) == -1)
		return -1;
	return close(fds[1]);
}

static int
prepare(struct ready *ready, int root, struct descriptors *keep_fds,
    const char **reason)
{
	(void)root;
	if (make_pipe(ready) == 0 &&
	    descriptors_add(keep_fds, ready->pipe) == 0 &&
	    descriptors_add(keep_fds, ready->want->fd) == 0)
		return 0;
	*reason = strerror(errno);
	return -1;
}

static enum answer
ask(struct ready *ready)
{
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
	/* No process can write any more: the daemon ends, or is late. */
	ready->closed = true;
	ready->poll.fd = -1;
	return ANSWER_NOT_YET;
}

static void
close_pipe(struct ready *ready)
{
	close_quietly(ready->pipe);
	ready->pipe = -1;
}

const struct method fd_method = {
	.name = "fd:",
	.has_timeout = true,
	.parse = parse,
	.prepare = prepare,
	.ask = ask,
	.close = close_pipe,
};
