/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --ready=tcp:[HOST:]PORT and --ready=unix:PATH: the command accepts a
 * connection.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "ready/method.h"

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

/* [HOST:]PORT; an IPv6 address stands in brackets. */
static const char *
parse_tcp(struct readiness *want, const char *value)
{
	const char *colon = strrchr(value, ':'), *host = value;
	size_t length = colon == NULL ? 0 : (size_t)(colon - value);

	want->port = colon == NULL ? value : colon + 1;
	if (length > 1 && host[0] == '[' && host[length - 1] == ']') {
		host++;
		length -= 2;
	} else if (memchr(host, ':', length) != NULL)
		return "an IPv6 address needs brackets: tcp:[::1]:80";
	if (!is_port(want->port) || (colon != NULL && length == 0) ||
	    length >= sizeof(want->host))
		return "needs [HOST:]PORT after tcp:";
	(void)strlcpy(want->host, host, length + 1);
	return NULL;
}

static const char *
parse_unix(struct readiness *want, const char *value)
{
	struct endpoint endpoint;

	want->path = value;
	if (endpoint_unix(&endpoint, value) == -1)
		return "too long for the path of a socket";
	return *value == '\0' ? "needs a path after the colon" : NULL;
}

static const char *
look_up(struct ready *ready)
{
	const struct readiness *want = ready->want;

	ready->endpoint = malloc(sizeof(*ready->endpoint));
	if (ready->endpoint == NULL)
		return strerror(errno);
	if (want->method == &tcp_method)
		return endpoint_tcp(ready->endpoint,
		    *want->host == '\0' ? NULL : want->host, want->port);
	/* parse_unix has tried the path. */
	(void)endpoint_unix(ready->endpoint, want->path);
	return NULL;
}

/* A server there before the start is not the command. */
static int
refuse_open(struct ready *ready, int root, struct descriptors *keep_fds,
    const char **reason)
{
	(void)root;
	(void)keep_fds;
	switch (endpoint_is_open(ready->endpoint)) {
	case 0:
		return 0;
	case 1:
		*reason = "another process accepts connections there already";
		return -1;
	default:
		*reason = strerror(errno);
		return -1;
	}
}

static enum answer
ask(struct ready *ready)
{
	struct endpoint *endpoint = ready->endpoint;
	int result = endpoint_try(endpoint);

	ready->poll.fd = endpoint->fd;
	ready->poll.events = POLLOUT;
	ready->due = endpoint->due;
	return (enum answer)result;
}

static void
close_attempt(struct ready *ready)
{
	if (ready->endpoint != NULL)
		endpoint_close(ready->endpoint);
}

const struct method tcp_method = {
	.name = "tcp:",
	.has_timeout = true,
	.parse = parse_tcp,
	.look_up = look_up,
	.prepare = refuse_open,
	.ask = ask,
	.close = close_attempt,
};

const struct method unix_method = {
	.name = "unix:",
	.has_timeout = true,
	.parse = parse_unix,
	.look_up = look_up,
	.prepare = refuse_open,
	.ask = ask,
	.close = close_attempt,
};
