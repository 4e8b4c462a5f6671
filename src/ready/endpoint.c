/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket that a server will listen on: does it accept a connection? */
#include "config.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "ready/endpoint.h"

/* The pauses between two rounds, in milliseconds: doubled each time. */
#define PAUSE_MIN	1
#define PAUSE_MAX	50

/* A longer attempt gets no answer: TCP repeats itself after a second. */
#define ATTEMPT_MS	1000

static void
reset(struct endpoint *endpoint)
{
	endpoint->next = 0;
	endpoint->fd = -1;
	endpoint->due = 0;
	endpoint->pause = PAUSE_MIN;
}

const char *
endpoint_tcp(struct endpoint *endpoint, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *at;
	int error;

	endpoint->n = 0;
	reset(endpoint);
	error = getaddrinfo(host, port, &hints, &list);
	if (error != 0)
		return error == EAI_SYSTEM ? strerror(errno) :
		    gai_strerror(error);
	for (at = list; at != NULL && endpoint->n < ENDPOINT_ADDRESSES;
	    at = at->ai_next) {
		memcpy(&endpoint->address[endpoint->n].to, at->ai_addr,
		    at->ai_addrlen);
		endpoint->address[endpoint->n++].length = at->ai_addrlen;
	}
	freeaddrinfo(list);
	return NULL;
}

int
endpoint_unix(struct endpoint *endpoint, const char *path)
{
	struct sockaddr_un *to = (void *)&endpoint->address[0].to;
	size_t length = strlen(path);

	endpoint->n = 1;
	reset(endpoint);
	if (length >= sizeof(to->sun_path))
		return -1;
	memset(to, 0, sizeof(*to));
	to->sun_family = AF_UNIX;
	memcpy(to->sun_path, path, length);
	endpoint->address[0].length = sizeof(*to);
	if (*path == '@') {
		to->sun_path[0] = '\0';
		endpoint->address[0].length = (socklen_t)
		    (offsetof(struct sockaddr_un, sun_path) + length);
	}
	return 0;
}

/*
 * A client that tries a local port again and again is given that port for its
 * own end, one day, and then TCP connects it to itself.  Such a connection is
 * reset: closed, it would keep the port from the server for a minute.
 */
static bool
is_self(int fd)
{
	static const struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_storage ours, theirs;
	socklen_t size = sizeof(ours), other = sizeof(theirs);

	memset(&ours, 0, sizeof(ours));
	memset(&theirs, 0, sizeof(theirs));
	if (getsockname(fd, (struct sockaddr *)&ours, &size) == -1 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &other) == -1 ||
	    ours.ss_family == AF_UNIX || size != other ||
	    memcmp(&ours, &theirs, size) != 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof(at_once));
	return true;
}

/* Begins a connection to the next address: 1, 0 under way or refused, -1. */
static int
begin(struct endpoint *endpoint)
{
	const struct sockaddr *to =
	    (const void *)&endpoint->address[endpoint->next].to;
	socklen_t length = endpoint->address[endpoint->next].length;
	int fd, result = 0;

	fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	/* A machine without IPv6 has names with such addresses nevertheless. */
	if (fd == -1)
		return errno == EAFNOSUPPORT ? 0 : -1;
	if (connect(fd, to, length) == 0)
		result = !is_self(fd);
	else if (errno == EINPROGRESS) {
		endpoint->fd = fd;
		return 0;
	} else
		/* Its queue is full, so a server listens. */
		result = errno == EAGAIN && to->sa_family == AF_UNIX;
	(void)close(fd);
	return result;
}

/* The connection under way: 1 accepted, 0 refused, -1 still under way. */
static int
finish(struct endpoint *endpoint)
{
	struct pollfd poll_fd = { .fd = endpoint->fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0, result = 0;

	if (poll(&poll_fd, 1, 0) == 1) {
		if (getsockopt(endpoint->fd, SOL_SOCKET, SO_ERROR, &error,
		    &size) == 0 && error == 0 && !is_self(endpoint->fd))
			result = 1;
	} else if (now_ms() < endpoint->due)
		return -1;
	(void)close(endpoint->fd);
	endpoint->fd = -1;
	return result;
}

int
endpoint_try(struct endpoint *endpoint)
{
	int result;

	if (endpoint->fd != -1) {
		result = finish(endpoint);
		if (result != 0)
			return result == 1;
		endpoint->next++;
	} else if (now_ms() < endpoint->due)
		return 0;
	for (; endpoint->next < endpoint->n; endpoint->next++) {
		result = begin(endpoint);
		if (result != 0)
			return result;
		if (endpoint->fd != -1) {
			endpoint->due = now_ms() + ATTEMPT_MS;
			return 0;
		}
	}
	endpoint->next = 0;
	endpoint->due = now_ms() + endpoint->pause;
	endpoint->pause = endpoint->pause * 2 < PAUSE_MAX ?
	    endpoint->pause * 2 : PAUSE_MAX;
	return 0;
}

int
endpoint_is_open(struct endpoint *endpoint)
{
	struct pollfd poll_fd = { .events = POLLOUT };
	long long end = now_ms() + ATTEMPT_MS;
	int result;

	while ((result = endpoint_try(endpoint)) == 0 && endpoint->fd != -1 &&
	    now_ms() < end) {
		poll_fd.fd = endpoint->fd;
		(void)poll(&poll_fd, 1, ms_until(end, ATTEMPT_MS));
	}
	endpoint_close(endpoint);
	return result;
}

void
endpoint_close(struct endpoint *endpoint)
{
	if (endpoint->fd != -1)
		(void)close(endpoint->fd);
	reset(endpoint);
}
