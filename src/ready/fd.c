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
parse(struct readiness *want)
{
	want->fd = (int)number_parse(want->value, STDERR_FILENO + 1, INT_MAX);
	return want->fd == -1 ? "needs a descriptor above 2 after fd:" : NULL;
}

/* The other end is the command's descriptor N, which the monitor reserves. */
static const char *
make_pipe(struct ready *ready, int root, struct descriptors *keep_fds)
{
	int number = ready->want->fd, fds[2];

	(void)root;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return strerror(errno);
	ready->fd = fds[0];
	/* Not close-on-exec, and blocking: as the command expects. */
	return dup2(fds[1], number) == -1 ||
	    fcntl(number, F_SETFL, 0) == -1 || close(fds[1]) == -1 ||
	    descriptors_add(keep_fds, ready->fd) == -1 ||
	    descriptors_add(keep_fds, number) == -1 ? strerror(errno) : NULL;
}

static enum answer
ask(struct ready *ready)
{
	char text[512];
	ssize_t length;

	if (ready->closed)
		return ANSWER_NOT_YET;
	length = read(ready->fd, text, sizeof(text));
	if (length > 0)
		return memchr(text, '\n', (size_t)length) != NULL ?
		    ANSWER_READY : ANSWER_NOT_YET;
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? ANSWER_NOT_YET :
		    ANSWER_ERROR;
	/* No process can write any more: the daemon ends, or is late. */
	ready->closed = true;
	close_quietly(ready->fd);
	ready->fd = -1;
	return ANSWER_NOT_YET;
}

const struct method fd_method = {
	.name = "fd:",
	.has_timeout = true,
	.parse = parse,
	.prepare = make_pipe,
	.ask = ask,
};
