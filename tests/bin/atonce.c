/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command several times at the same moment.
 *
 *   atonce N COMMAND [ARG]...
 *
 * All N processes wait at a pipe, which is then closed.  Prints their exit
 * statuses, a line each, in the order in which they end; 128 and the signal
 * for one that was killed.
 */
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int barrier[2], i, n, status;
	char c;

	if (argc < 3 || (n = atoi(argv[1])) < 1)
		errx(2, "usage: atonce N COMMAND [ARG]...");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pipe(barrier) == -1)
		err(2, "pipe");
	for (i = 0; i < n; i++)
		switch (fork()) {
		case -1:
			err(2, "fork");
		case 0:
			close(barrier[1]);
			if (read(barrier[0], &c, 1) != 0)
				err(2, "read");
			close(barrier[0]);
			execvp(argv[2], argv + 2);
			err(2, "%s", argv[2]);
		}
	close(barrier[0]);
	close(barrier[1]);
	while (wait(&status) > 0)
		printf("%d\n", WIFEXITED(status) ? WEXITSTATUS(status) :
		    128 + WTERMSIG(status));
	return 0;
}
