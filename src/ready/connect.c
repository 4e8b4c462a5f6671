/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --ready=tcp:[HOST:]PORT and --ready=unix:PATH: the command accepts a
 * connection.  fd is the attempt under way; next is the time of its end, or of
 * the next round of all addresses.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "ready/method.h"

/* No name of a host is longer. */
#define HOST_SIZE	256

/* The pause between two rounds. */
#define PAUSE_MS	20

/* A longer attempt gets no answer: TCP repeats itself after a second. */
#define ATTEMPT_MS	1000

/* --- the addresses -------------------------------------------------------- */

/* A number, or a name (RFC 6335); getaddrinfo(3) takes 65537 for 1. */
static bool
is_port(const char *port)
{
	const char *at = port;

	if (*port != '\0' && port[strspn(port, "0123456789")] == '\0')
		return number_parse(port, 1, 65535) != -1;
	while (isalnum((unsigned char)*at) || (at > port && *at == '-'))
		at++;
	return at > port && *at == '\0';
}

/*
 * Split [HOST:]PORT; an IPv6 address stands in brackets.  The host is empty if
 * it is this machine.  Return NULL, or the mistake.
 */
static const char *
split(const char *value, char host[static HOST_SIZE], const char **port)
{
	const char *colon = strrchr(value, ':'), *start = value;
	size_t length = colon == NULL ? 0 : (size_t)(colon - value);

	*port = colon == NULL ? value : colon + 1;
	if (length > 1 && start[0] == '[' && start[length - 1] == ']') {
		start++;
		length -= 2;
	} else if (memchr(start, ':', length) != NULL)
		return "an IPv6 address needs brackets: tcp:[::1]:80";
	if (!is_port(*port) || (colon != NULL && length == 0) ||
	    length >= HOST_SIZE)
		return "needs [HOST:]PORT after tcp:";
	(void)strlcpy(host, start, length + 1);
	return NULL;
}

static const char *
parse_tcp(struct readiness *want)
{
	char host[HOST_SIZE] = "";
	const char *port;

	return split(want->value, host, &port);
}

static const char *
look_up_tcp(struct ready *ready)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char host[HOST_SIZE] = "";
	const char *port;
	int error;

	(void)split(ready->want->value, host, &port);
	error = getaddrinfo(*host == '\0' ? NULL : host, port, &hints, &list);
	ready->addresses = list;
	return error == 0 ? NULL : error == EAI_SYSTEM ? strerror(errno) :
	    gai_strerror(error);
}

static const char *
parse_unix(struct readiness *want)
{
	struct sockaddr_un to;

	return strlen(want->value) >= sizeof(to.sun_path) ?
	    "too long for the path of a socket" :
	    *want->value == '\0' ? "needs a path after the colon" : NULL;
}

/* A path, or @NAME in the abstract namespace (unix(7)). */
static const char *
look_up_unix(struct ready *ready)
{
	static struct sockaddr_un to = { .sun_family = AF_UNIX };
	static struct addrinfo address = { .ai_family = AF_UNIX,
	    .ai_addr = (void *)&to };
	const char *path = ready->want->value;
	size_t length = strlen(path);

	memcpy(to.sun_path, path, length);
	address.ai_addrlen = sizeof(to);
	if (*path == '@') {
		to.sun_path[0] = '\0';
		address.ai_addrlen = (socklen_t)
		    (offsetof(struct sockaddr_un, sun_path) + length);
	}
	ready->addresses = &address;
	return NULL;
}

/* --- the attempts --------------------------------------------------------- */

/*
 * A client that tries a local port again and again is given that port for its
 * own end, one day, and then TCP connects it to itself.  Such a connection is
 * reset: closed, it would keep the port from the server for a minute.
 */
static bool
is_self(int fd)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_storage ours = { .ss_family = AF_UNSPEC };
	struct sockaddr_storage theirs = ours;
	socklen_t size = sizeof(ours), other = sizeof(theirs);

	if (getsockname(fd, (struct sockaddr *)&ours, &size) == -1 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &other) == -1 ||
	    ours.ss_family == AF_UNIX || size != other ||
	    memcmp(&ours, &theirs, size) != 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof(at_once));
	return true;
}

/* Begin a connection to the next address.  If fd is set, it is under way. */
static enum answer
begin(struct ready *ready)
{
	const struct addrinfo *to = ready->address != NULL ? ready->address :
	    ready->addresses;
	enum answer answer = ANSWER_NOT_YET;
	int fd;

	ready->address = to->ai_next;
	ready->next = to->ai_next != NULL ? 0 : now_ms() + PAUSE_MS;
	fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	/* A machine without IPv6 has names with such addresses nevertheless. */
	if (fd == -1)
		return errno == EAFNOSUPPORT ? ANSWER_NOT_YET : ANSWER_ERROR;
	if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
		answer = is_self(fd) ? ANSWER_NOT_YET : ANSWER_READY;
	else if (errno == EINPROGRESS) {
		ready->fd = fd;
		ready->next = now_ms() + ATTEMPT_MS;
		return ANSWER_NOT_YET;
	} else if (errno == EAGAIN && to->ai_family == AF_UNIX)
		/* Its queue is full, so a server listens. */
		answer = ANSWER_READY;
	(void)close(fd);
	return answer;
}

/* See what has become of the attempt.  If fd is still set, go on waiting. */
static enum answer
finish(struct ready *ready)
{
	struct pollfd poll_fd = { .fd = ready->fd, .events = POLLOUT };
	enum answer answer = ANSWER_NOT_YET;
	socklen_t size = sizeof(int);
	int error = 0;

	if (poll(&poll_fd, 1, 0) == 1) {
		if (getsockopt(ready->fd, SOL_SOCKET, SO_ERROR, &error,
		    &size) == 0 && error == 0 && !is_self(ready->fd))
			answer = ANSWER_READY;
	} else if (now_ms() < ready->next)
		return ANSWER_NOT_YET;
	(void)close(ready->fd);
	ready->fd = -1;
	ready->next = ready->address != NULL ? 0 : now_ms() + PAUSE_MS;
	return answer;
}

static enum answer
ask(struct ready *ready)
{
	enum answer answer = ANSWER_NOT_YET;

	if (ready->fd != -1)
		answer = finish(ready);
	while (answer == ANSWER_NOT_YET && ready->fd == -1 &&
	    now_ms() >= ready->next)
		answer = begin(ready);
	ready->poll.events = POLLOUT;
	ready->due = ready->next;
	return answer;
}

/* A server there before the start is not the command.  Try for a second. */
static const char *
refuse_open(struct ready *ready, int root, struct descriptors *keep_fds)
{
	struct pollfd poll_fd = { .events = POLLOUT };
	long long end = now_ms() + ATTEMPT_MS;
	enum answer answer;

	(void)root;
	(void)keep_fds;
	while ((answer = ask(ready)) == ANSWER_NOT_YET && ready->fd != -1 &&
	    now_ms() < end) {
		poll_fd.fd = ready->fd;
		(void)poll(&poll_fd, 1, ms_until(end, ATTEMPT_MS));
	}
	if (answer == ANSWER_ERROR)
		return strerror(errno);
	close_quietly(ready->fd);
	ready->fd = -1;
	ready->address = NULL;
	ready->next = 0;
	return answer == ANSWER_NOT_YET ? NULL :
	    "another process accepts connections there already";
}

const struct method tcp_method = {
	.name = "tcp:",
	.has_timeout = true,
	.parse = parse_tcp,
	.look_up = look_up_tcp,
	.prepare = refuse_open,
	.ask = ask,
};

const struct method unix_method = {
	.name = "unix:",
	.has_timeout = true,
	.parse = parse_unix,
	.look_up = look_up_unix,
	.prepare = refuse_open,
	.ask = ask,
};
