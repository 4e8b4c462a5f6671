/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exchanges two names, as an attack of a user on a launch by root does.
 *
 *   exchange A B [N]
 *
 * N times, or without N until it is killed.  Prints a line after the first.
 */
#define _GNU_SOURCE		/* renameat2(2) */

#include <sys/syscall.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Not every C library has it. */
#ifndef RENAME_EXCHANGE
#define RENAME_EXCHANGE	(1 << 1)
#endif

int
main(int argc, char **argv)
{
	long n, done = 0;

	if (argc != 3 && argc != 4)
		errx(2, "usage: exchange A B [N]");
	n = argc == 4 ? strtol(argv[3], NULL, 10) : -1;
	while (done != n) {
		if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD,
		    argv[2], RENAME_EXCHANGE) == -1)
			err(1, "renameat2");
		if (done++ == 0) {
			(void)puts("exchanged");
			(void)fflush(stdout);
		}
	}
	return 0;
}
