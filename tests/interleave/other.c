/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs beside our program: the command, and others that are not ours. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "other.h"

/* --- the command ---------------------------------------------------------- */

static volatile sig_atomic_t told;

static void
on_told(int sig)
{
	(void)sig;
	told = 1;
}

/* Once it is told to, it writes the first ones, or the last ones. */
static void
write_lines(const char *const *lines, bool first)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };
	struct sigaction action = { .sa_handler = on_told };
	static char text[LOG_TEXT_SIZE];
	size_t length;
	sigset_t none;

	sigemptyset(&none);
	(void)sigaction(SIGUSR1, &action, NULL);
	for (; *lines != NULL; lines++) {
		while ((first || lines[1] == NULL) && !told)
			(void)poll(NULL, 0, -1);
		length = log_piece(*lines, text);
		if (write(STDOUT_FILENO, text, length) != (ssize_t)length)
			_exit(1);
		(void)sigtimedwait(&none, NULL, &pause);
	}
}

void
be_command(int argc, char *argv[])
{
	const char *const *lines = log_lines(argv[1]);

	if (argc > 1 && (strcmp(argv[1], "end") == 0 ||
	    (strcmp(argv[1], "once") == 0 && argc > 2 &&
	    open(argv[2], O_CREAT | O_EXCL | O_CLOEXEC, 0600) != -1)))
		_exit(7);
	if (lines != NULL)
		write_lines(lines, argc > 2 && strcmp(argv[2], "first") == 0);
	for (;;)
		poll(NULL, 0, -1);
}

/* --- what takes its pid --------------------------------------------------- */

/* The start of a file, or "". */
static void
read_start(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* The first members of clone3(2)'s, which musl-gcc finds no header for. */
struct clone_request {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal;
	uint64_t stack, stack_size, tls, set_tid, set_tid_size;
};

/*
 * Once the process whose pid is in the file has ended, take that pid for a
 * child, which stays.  Exit with 1 where it has not ended.
 */
static void __attribute__((noreturn))
take_pid(const char *path)
{
	/* The start of two processes is to differ by some ticks. */
	static const struct timespec later = { .tv_nsec = 30000000 };
	struct clone_request args = { .exit_signal = SIGCHLD, .set_tid_size = 1 };
	char text[32];
	pid_t pid;

	read_start(path, text, sizeof(text));
	if ((pid = (pid_t)atoi(text)) == 0)
		_exit(1);
	args.set_tid = (uint64_t)(uintptr_t)&pid;
	(void)nanosleep(&later, NULL);
	switch (syscall(SYS_clone3, &args, sizeof(args))) {
	case -1:
		_exit(1);
	case 0:
		for (;;)
			poll(NULL, 0, -1);
	default:
		_exit(0);
	}
}

/* --- what reads and moves its log ----------------------------------------- */

struct reader {
	const char *path;
	int fd, watch;			/* of inotify(7) */
	const char *text;		/* what it is to read */
	size_t length, at;
};

static void
await_change(const struct reader *reader)
{
	struct pollfd change = { .fd = reader->watch, .events = POLLIN };
	char events[4096];

	(void)poll(&change, 1, -1);
	(void)!read(reader->watch, events, sizeof(events));
}

static void
await_file(struct reader *reader)
{
	while ((reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC)) == -1)
		await_change(reader);
}

/* Up to its end; after the last line, exit. */
static void
read_on(struct reader *reader)
{
	char some[4096];
	ssize_t n;

	while ((n = read(reader->fd, some, sizeof(some))) > 0) {
		if ((size_t)n > reader->length - reader->at ||
		    memcmp(some, reader->text + reader->at, (size_t)n) != 0)
			errx(1, "after %zu bytes it reads: %.*s", reader->at,
			    (int)n, some);
		reader->at += (size_t)n;
	}
	if (reader->at == reader->length)
		exit(0);
}

static bool
is_moved(const struct reader *reader)
{
	struct stat st, now;

	return fstat(reader->fd, &st) == 0 && stat(reader->path, &now) == 0 &&
	    (st.st_ino != now.st_ino || st.st_dev != now.st_dev);
}

static void
tell_command(const char *pidfile)
{
	char pid[32];

	read_start(pidfile, pid, sizeof(pid));
	if (kill((pid_t)atoi(pid), SIGUSR1) == -1)
		err(1, "kill");
}

static void __attribute__((noreturn))
follow(const char *path, const char *pidfile)
{
	struct reader reader = { .path = path, .fd = -1,
	    .watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };

	reader.length = log_text(log_lines("lines"), &reader.text);
	if (inotify_add_watch(reader.watch, ".",
	    IN_CREATE | IN_MODIFY | IN_MOVED_TO) == -1)
		err(2, "inotify");
	await_file(&reader);
	tell_command(pidfile);
	for (;; await_file(&reader)) {
		for (;; await_change(&reader)) {
			read_on(&reader);
			if (is_moved(&reader))
				break;
		}
		/* Nothing is written to it any more. */
		read_on(&reader);
		close(reader.fd);
		if (reader.at > 0 && reader.text[reader.at - 1] != '\n')
			errx(1, "a line is torn after %zu bytes", reader.at);
	}
}

/* logrotate(8) */
static void __attribute__((noreturn))
move(const char *path, const char *pidfile, bool creates)
{
	char old[256];

	snprintf(old, sizeof(old), "%s.old", path);
	/* There is none while the supervisor rotates it. */
	if (rename(path, old) == -1 ? errno != ENOENT : creates &&
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) == -1)
		err(1, "%s", path);
	tell_command(pidfile);
	exit(0);
}

void
be_other(int argc, char *argv[])
{
	char text[4096], *line;

	if (argc > 2 && strcmp(argv[1], "take") == 0)
		take_pid(argv[2]);
	if (argc > 3 && strcmp(argv[1], "follow") == 0)
		follow(argv[2], argv[3]);
	if (argc > 3 && (strcmp(argv[1], "rename") == 0 ||
	    strcmp(argv[1], "create") == 0))
		move(argv[2], argv[3], strcmp(argv[1], "create") == 0);
	if (argc < 4 || strcmp(argv[1], "kill") != 0)
		_exit(2);
	read_start(argv[2], text, sizeof(text));
	if ((line = strstr(text, "\nsupervisor ")) != NULL)
		(void)kill((pid_t)atoi(line + 12), SIGKILL);
	execv(argv[3], argv + 3);
	_exit(2);
}

#endif
