/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user takes for readiness: the value of --ready. */
#include "config.h"

#include <sys/types.h>

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/schedule.h"
#include "ready/endpoint.h"
#include "ready/readiness.h"

static const char *
parse_alive(const char *value, struct readiness *want)
{
	want->alive = time_parse(value);
	return want->alive == -1 ? NOT_A_TIME : NULL;
}

static const char *
parse_fd(const char *value, struct readiness *want)
{
	const char *error = "";

	if (value[strspn(value, "0123456789")] == '\0')
		want->number = (int)strtonum(value, STDERR_FILENO + 1,
		    INT_MAX, &error);
	return error != NULL ? "no descriptor above 2 after fd:" : NULL;
}

static const char *
parse_path(const char *value, struct readiness *want)
{
	want->path = value;
	return *value == '\0' ? "no path after the colon" : NULL;
}

/* A number, or a name (RFC 6335); getaddrinfo(3) takes 65537 for 1. */
static bool
is_port(const char *port)
{
	const char *at = port, *error = NULL;

	if (port[strspn(port, "0123456789")] == '\0')
		(void)strtonum(port, 1, 65535, &error);
	while (isalnum((unsigned char)*at) || (at > port && *at == '-'))
		at++;
	return at > port && *at == '\0' && error == NULL;
}

/* [HOST:]PORT; an IPv6 address stands in brackets. */
static const char *
parse_tcp(const char *value, struct readiness *want)
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
		return "no [HOST:]PORT after tcp:";
	(void)strlcpy(want->host, host, length + 1);
	return NULL;
}

static const char *
parse_socket(const char *value, struct readiness *want)
{
	struct endpoint endpoint;

	if (endpoint_unix(&endpoint, value) == -1)
		return "too long for the path of a socket";
	return parse_path(value, want);
}

static const struct {
	const char *name;
	enum ready_method method;
	const char *(*parse)(const char *, struct readiness *);
} methods[] = {
	{ "exec",	READY_EXEC,	NULL },
	{ "alive:",	READY_ALIVE,	parse_alive },
	{ "notify",	READY_NOTIFY,	NULL },
	{ "fd:",	READY_FD,	parse_fd },
	{ "file:",	READY_FILE,	parse_path },
	{ "tcp:",	READY_TCP,	parse_tcp },
	{ "unix:",	READY_UNIX,	parse_socket },
};

const char *
readiness_parse(const char *text, struct readiness *want)
{
	size_t i, length;

	want->text = text;
	for (i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		length = strlen(methods[i].name);
		want->method = methods[i].method;
		if (methods[i].parse == NULL &&
		    strcmp(text, methods[i].name) == 0)
			return NULL;
		if (methods[i].parse != NULL &&
		    strncmp(text, methods[i].name, length) == 0)
			return methods[i].parse(text + length, want);
	}
	return "not exec, alive:TIME, notify, fd:N, file:PATH, "
	    "tcp:[HOST:]PORT or unix:PATH";
}
