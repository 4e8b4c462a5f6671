/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command that gets ready as --ready waits for it, and then is another.
 * It does not end when the launcher no longer waits.
 */
#define _GNU_SOURCE

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

/* A name in the file system, or with an @ none (unix(7)). */
static socklen_t
name_socket(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	if (length >= sizeof(address->sun_path))
		errx(2, "%s: too long", path);
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	if (*path == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length +
	    (*path != '@'));
}

static void
notify(void)
{
	static const char ready[] = "READY=1";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t size;
	int fd;

	if (path == NULL)
		errx(2, "no NOTIFY_SOCKET");
	size = name_socket(&address, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(2, "socket");
	(void)sendto(fd, ready, strlen(ready), MSG_NOSIGNAL,
	    (struct sockaddr *)&address, size);
	close(fd);
}

/* Connections are accepted by the backlog. */
static void
serve(int fd, const struct sockaddr *address, socklen_t size)
{
	int yes = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes,
	    sizeof(yes)) == -1 || bind(fd, address, size) == -1 ||
	    listen(fd, 16) == -1)
		err(2, "listen");
}

static void
serve_tcp(const char *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
	    .sin_port = htons((unsigned short)atoi(port)),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	serve(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address,
	    sizeof(address));
}

static void
serve_unix(const char *path)
{
	struct sockaddr_un address;
	socklen_t size = name_socket(&address, path);

	serve(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address,
	    size);
}

int
become_ready(char **argv)
{
	const char *method = argv[0], *value = strchr(method, ':');
	int fd;

	value = value == NULL ? "" : value + 1;
	if (strcmp(method, "notify") == 0)
		notify();
	else if (strncmp(method, "tcp:", 4) == 0)
		serve_tcp(strrchr(method, ':') + 1);
	else if (strncmp(method, "unix:", 5) == 0)
		serve_unix(value);
	else if (strncmp(method, "fd:", 3) == 0) {
		signal(SIGPIPE, SIG_IGN);
		(void)!write(atoi(value), "\n", 1);
		signal(SIGPIPE, SIG_DFL);
		close(atoi(value));
	} else if (strncmp(method, "file:", 5) == 0) {
		if ((fd = open(value, O_WRONLY | O_CREAT, 0666)) == -1 ||
		    write(fd, "ready\n", 6) != 6)
			err(2, "%s", value);
		close(fd);
	}
	else if (strncmp(method, "line:", 5) == 0)
		(void)!write(STDOUT_FILENO, value, strlen(value));
	else if (strncmp(method, "cmd:", 4) == 0) {
		value += strcspn(value, "/");
		if ((fd = open(value, O_WRONLY | O_CREAT, 0666)) == -1)
			err(2, "%s", value);
		close(fd);
	}
	execv(argv[1], argv + 1);
	err(2, "%s", argv[1]);
}
