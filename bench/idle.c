/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * idle COMMAND [ARG]...: runs the command and waits, for bench/resident: what
 * any supervisor needs of memory.
 */
#include <poll.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	if (argc > 1 && fork() == 0) {
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	return poll(NULL, 0, -1);
}
