/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A terminal.
 *
 *   onpty COMMAND [ARG]...
 *	Runs COMMAND as the leader of a session that has a new pseudo-terminal:
 *	as its controlling terminal and as 0, 1 and 2.  Copies its output to
 *	stdout and ends with its status, and the terminal with it.
 *   onpty -n FILE
 *	Makes a terminal that belongs to no session, writes its name to FILE
 *	(which appears complete) and keeps it until a signal ends it.
 */
#define _GNU_SOURCE

#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int
open_master(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
		err(1, "pseudo-terminal");
	return master;
}

static void
hold(const char *file)
{
	char tmp[PATH_MAX];
	int master = open_master();
	FILE *out;

	snprintf(tmp, sizeof(tmp), "%s.tmp", file);
	if ((out = fopen(tmp, "we")) == NULL)
		err(1, "%s", tmp);
	fprintf(out, "%s\n", ptsname(master));
	if (fclose(out) == EOF || rename(tmp, file) == -1)
		err(1, "%s", file);
	pause();
}

static void
run(int slave, char **argv)
{
	struct termios termios;

	/* Lines come out as they are written, without a carriage return. */
	if (tcgetattr(slave, &termios) == -1)
		err(1, "tcgetattr");
	termios.c_oflag &= ~(tcflag_t)OPOST;
	if (tcsetattr(slave, TCSANOW, &termios) == -1)
		err(1, "tcsetattr");

	if (setsid() == -1 || ioctl(slave, TIOCSCTTY, 0) == -1)
		err(1, "controlling terminal");
	if (dup2(slave, 0) == -1 || dup2(slave, 1) == -1 ||
	    dup2(slave, 2) == -1)
		err(1, "dup2");
	execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

/* Copies what there is; 0 when there will be nothing more. */
static int
copy(int master)
{
	char buf[4096];
	ssize_t length = read(master, buf, sizeof(buf));

	if (length > 0 && write(STDOUT_FILENO, buf, (size_t)length) != length)
		err(1, "stdout");
	return length > 0;
}

int
main(int argc, char **argv)
{
	struct pollfd fds[2];
	int master, slave, status;
	pid_t pid;

	if (argc == 3 && strcmp(argv[1], "-n") == 0) {
		hold(argv[2]);
		return 0;
	}
	if (argc < 2)
		errx(2, "usage: onpty COMMAND [ARG]... | onpty -n FILE");

	fds[0].fd = master = open_master();
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave == -1)
		err(1, "%s", ptsname(master));
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		run(slave, argv + 1);
	close(slave);

	/* A daemon may keep the terminal open: the end of pid is the end. */
	fds[1].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fds[1].fd == -1)
		err(1, "pidfd_open");
	fds[0].events = fds[1].events = POLLIN;
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents != 0 && !copy(fds[0].fd))
			fds[0].fd = -1;
		else if (fds[0].revents == 0 && fds[1].revents != 0)
			break;
	}
	/* It may have written, and ended, between poll's two looks. */
	if (fcntl(master, F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl");
	while (copy(master))
		;
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
