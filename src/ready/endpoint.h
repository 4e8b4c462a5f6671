/* SPDX-License-Identifier: BSD-2-Clause */
/* A socket that a server will listen on: does it accept a connection? */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stddef.h>

/* The most addresses of a name that are tried. */
#define ENDPOINT_ADDRESSES	8

struct endpoint {
	struct {
		struct sockaddr_storage to;
		socklen_t length;
	} address[ENDPOINT_ADDRESSES];
	size_t n;
	size_t next;			/* which one is tried */
	int fd;				/* of the attempt under way, or -1 */
	long long due;			/* when something is to be done, by
					   now_ms() */
	int pause;			/* before the next round, in ms */
};

/*
 * The addresses of host (a name, or an IPv4 or IPv6 address; NULL is the
 * loopback of both) and port (a number or a service's name).  NULL, or why not.
 */
const char *endpoint_tcp(struct endpoint *, const char *host,
    const char *port);

/* A path, or @NAME in the abstract namespace (unix(7)); -1: too long. */
int	endpoint_unix(struct endpoint *, const char *path);

/*
 * Begins, or goes on: 1, a connection was accepted (and closed again); 0, not
 * yet: to be called again when fd is writable, and when it is due; -1 with
 * errno of socket(2).  Rounds follow each other after 1 ms, later 50 ms.
 */
int	endpoint_try(struct endpoint *);

/*
 * Is it open now?  Tries each address once, for a second in all.  1, 0 (also
 * where no answer came), or -1 with errno.
 */
int	endpoint_is_open(struct endpoint *);

/* Give up an attempt under way; the next one is the first again. */
void	endpoint_close(struct endpoint *);

#endif
