/* SPDX-License-Identifier: BSD-2-Clause */
/* The receiving side of sd_notify(3)'s protocol. */
#ifndef SD_NOTIFY_H
#define SD_NOTIFY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/* The largest message in bytes, as for systemd. */
#define NOTIFY_MAX	4096

/* The messages until now. */
struct notice {
	bool ready;			/* READY=1 */
	long long extend;		/* EXTEND_TIMEOUT_USEC= in
					   milliseconds, or -1: taken by the
					   reader */
	int error;			/* ERRNO=, or 0 */
	char exit_status[16];		/* EXIT_STATUS=, or empty */
	char status[256];		/* STATUS=, or empty; escaped */
	bool barrier;			/* BARRIER=1 */
	pid_t elsewhere;		/* the last process of another session
					   that sent READY=1, or 0 */
};

/*
 * Reads one message: what it says is added to the notice; other variables, and
 * values that make no sense, change nothing.  -1 for one with a NUL inside,
 * which says nothing at all.  The text is not NUL-terminated.
 */
int	notify_parse(const char *text, size_t length, struct notice *);

/* The socket, and where it lies. */
struct notify_socket {
	int fd;
	int base;			/* the directory of the directory */
	int dir;
	char directory[32];
	char name[32];
	char env[160];			/* NOTIFY_SOCKET=PATH */
};

/* Empties it, but for the name of the variable in env. */
void	notify_init(struct notify_socket *);

/*
 * Makes a datagram socket that every process may send to that knows its name,
 * and a directory for it that no other user may list: the command may be run by
 * another user, or become one.  root is a descriptor of the command's root, or
 * -1: the name in env is one of in there.
 * -1 with errno of the call that failed.
 */
int	notify_open(struct notify_socket *, int root);

/* Removes the socket; also where notify_open failed half-way. */
void	notify_close(const struct notify_socket *);

/* The results of notify_receive. */
enum notify_event {
	NOTIFY_NONE,			/* no more messages */
	NOTIFY_TAKEN,
	NOTIFY_FOREIGN,			/* ignored: from neither of the two */
	NOTIFY_MALFORMED,		/* ignored */
	NOTIFY_ERROR			/* errno of recvmsg(2) */
};

/*
 * Takes one message, without waiting: from pid, or a process of session or of
 * pid's session, by the credentials that the kernel vouches for (unix(7)).
 * *sender is set to the pid of the sender.  Descriptors that come with it are
 * closed, which is all that a BARRIER=1 asks for, by a child that ends at once
 * and that the caller has to reap.
 */
enum notify_event notify_receive(const struct notify_socket *, pid_t pid,
    pid_t session, struct notice *, pid_t *sender);

#endif
