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

static int
allocate_endpoint(struct ready *ready, const char **reason)
{
	ready->endpoint = malloc(sizeof(*ready->endpoint));
	if (ready->endpoint != NULL)
		return 0;
	*reason = strerror(errno);
	return -1;
}

static int
prepare_tcp(struct ready *ready, struct descriptors *spare,
    const char **reason)
{
	const char *host = ready->want.host;

	(void)spare;	/* nothing stays open */
	if (allocate_endpoint(ready, reason) == -1)
		return -1;
	*reason = endpoint_tcp(ready->endpoint, *host == '\0' ? NULL : host,
	    ready->want.port);
	return *reason == NULL ? 0 : -1;
}

static int
prepare_unix(struct ready *ready, struct descriptors *spare,
    const char **reason)
{
	(void)spare;
	if (allocate_endpoint(ready, reason) == -1)
		return -1;
	/* parse_unix has tried the path. */
	return endpoint_unix(ready->endpoint, ready->want.path);
}

/* A server there before the launch is not the command. */
static int
refuse_open(struct ready *ready, int root, struct descriptors *spare,
    const char **reason)
{
	(void)root;
	(void)spare;
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
ask(struct wait *wait)
{
	struct endpoint *endpoint = wait->ready->endpoint;
	int result = endpoint_try(endpoint);

	wait->poll.fd = endpoint->fd;
	wait->poll.events = POLLOUT;
	wait->due = endpoint->due;
	return (enum answer)result;
}

const struct method tcp_method = {
	.name = "tcp:",
	.has_timeout = true,
	.parse = parse_tcp,
	.prepare = prepare_tcp,
	.open = refuse_open,
	.ask = ask,
};

const struct method unix_method = {
	.name = "unix:",
	.has_timeout = true,
	.parse = parse_unix,
	.prepare = prepare_unix,
	.open = refuse_open,
	.ask = ask,
};
