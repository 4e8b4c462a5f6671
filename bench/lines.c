/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes numbered lines of 100 bytes to standard output.
 *
 *   lines N BYTES FILE
 *
 * N lines, by writes of BYTES bytes, or of one line each where that is 0.
 * FILE gets the processor time that this took, in microseconds.
 */
#define _GNU_SOURCE
#include <sys/resource.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE	100
#define BLOCK	(1024 * 1024)

static void
write_all(const char *text, size_t length)
{
	ssize_t written;

	for (; length > 0; text += written, length -= (size_t)written)
		if ((written = write(STDOUT_FILENO, text, length)) == -1)
			err(1, "write");
}

int
main(int argc, char **argv)
{
	static char block[BLOCK + LINE + 1];
	struct rusage usage;
	size_t size, used = 0;
	long n, i;
	FILE *file;

	if (argc != 4)
		errx(1, "usage: lines N BYTES FILE");
	n = strtol(argv[1], NULL, 10);
	size = strtoul(argv[2], NULL, 10);
	if (size > BLOCK)
		errx(1, "BYTES: at most %d", BLOCK);
	for (i = 0; i < n; i++) {
		(void)snprintf(block + used, LINE + 1, "%010ld %088d\n", i, 0);
		used += LINE;
		if (size == 0 || used >= size) {
			write_all(block, size == 0 ? used : size);
			used -= size == 0 ? used : size;
			memmove(block, block + size, used);
		}
	}
	write_all(block, used);
	if (getrusage(RUSAGE_SELF, &usage) == -1)
		err(1, "getrusage");
	file = fopen(argv[3], "w");
	if (file == NULL) {
		warn("%s", argv[3]);
		return 1;
	}
	(void)fprintf(file, "%ld\n", (usage.ru_utime.tv_sec +
	    usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec +
	    usage.ru_stime.tv_usec);
	return fclose(file) == EOF;
}
