/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what reads a pid file that any user may have written. */
#define _GNU_SOURCE		/* memfd_create(2) */
#include "config.h"

#include <sys/mman.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "instance/pidfile.h"
#include "fuzz.h"

static int file;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	file = memfd_create("pid", 0);
	assert(file != -1);
	return 0;
}

/* Digits and white space, as a second opinion: -1 it is no pid, 0 nothing. */
static long long
expected(const uint8_t *data, size_t size)
{
	long long number = 0;
	size_t i = 0;

	if (size > PIDFILE_MAX)
		return -1;
	while (size > 0 && data[size - 1] == '\0')
		size--;
	for (; i < size && data[i] >= '0' && data[i] <= '9'; i++)
		if (number <= INT_MAX)
			number = number * 10 + data[i] - '0';
	if (number > INT_MAX || (i > 0 && number == 0))
		return -1;
	for (; i < size; i++)
		if (data[i] == '\0' || strchr(" \t\r\n", data[i]) == NULL)
			return -1;
	return number;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *unfit;
	pid_t pid;

	assert(ftruncate(file, 0) == 0 &&
	    pwrite(file, data, size, 0) == (ssize_t)size);
	errno = 0;
	pid = pidfile_get(file);
	assert(pid == expected(data, size));
	assert(pid != -1 || errno == EBADMSG);
	unfit = pidfile_unfit(file, getuid());
	assert((unfit != NULL) == (pid == -1));

	/* What is written is read back. */
	assert(pidfile_set(file, 0) == 0 && pidfile_get(file) == 0);
	assert(pidfile_set(file, getpid()) == 0 &&
	    pidfile_get(file) == getpid());
	return 0;
}
