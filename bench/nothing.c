/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does nothing: the command that bench/bench launches.
 *
 *   nothing [FIFO]
 *
 * With a FIFO it writes one byte there: the sign that it ran.
 */
#include <fcntl.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int fifo;

	if (argc == 1)
		_exit(0);
	fifo = open(argv[1], O_WRONLY | O_NONBLOCK);
	_exit(fifo != -1 && write(fifo, "", 1) == 1 ? 0 : 1);
}
