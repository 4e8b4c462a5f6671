/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classic ways to become a daemon, to compare with.
 *
 *   forms classic|daemon NOCHDIR NOCLOSE COMMAND [ARG]...
 *
 * `classic` is the function daemonize(nochdir, noclose) that many programs
 * have: one fork, setsid, and unless they are 1, chdir("/") and /dev/null on
 * descriptors 0 to 2.  `daemon` is daemon(3).  Then executes COMMAND.
 */
#define _DEFAULT_SOURCE		/* daemon(3) */

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
daemonize(int nochdir, int noclose)
{
	int fd;

	switch (fork()) {
	case -1:
		return -1;
	case 0:
		break;
	default:
		_exit(0);
	}
	if (setsid() == -1)
		return -1;
	if (!nochdir && chdir("/") == -1)
		return -1;
	if (!noclose) {
		if ((fd = open("/dev/null", O_RDWR)) == -1 ||
		    dup2(fd, STDIN_FILENO) == -1 ||
		    dup2(fd, STDOUT_FILENO) == -1 ||
		    dup2(fd, STDERR_FILENO) == -1)
			return -1;
		if (fd > STDERR_FILENO)
			close(fd);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	int nochdir, noclose, result;

	if (argc < 5)
		errx(2, "usage: forms classic|daemon NOCHDIR NOCLOSE COMMAND "
		    "[ARG]...");
	nochdir = strcmp(argv[2], "0") != 0;
	noclose = strcmp(argv[3], "0") != 0;
	result = strcmp(argv[1], "daemon") == 0 ? daemon(nochdir, noclose) :
	    daemonize(nochdir, noclose);
	if (result == -1)
		err(1, "%s", argv[1]);
	execv(argv[4], argv + 4);
	err(1, "%s", argv[4]);
}
