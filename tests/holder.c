/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who holds a record lock on a file?
 *
 *   holder FILE
 *
 * Prints the pid that the kernel names (F_GETLK), 0 where nobody holds one.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if (argc != 2)
		errx(2, "usage: holder FILE");
	if ((fd = open(argv[1], O_RDONLY)) == -1)
		err(1, "%s", argv[1]);
	if (fcntl(fd, F_GETLK, &lock) == -1)
		err(1, "F_GETLK");
	printf("%d\n", lock.l_type == F_UNLCK ? 0 : (int)lock.l_pid);
	return 0;
}
