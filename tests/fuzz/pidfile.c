/* SPDX-License-Identifier: BSD-2-Clause */
/* Fuzzes what reads a pid file that anybody may have written. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "../../src/instance.h"
#include "fuzz.h"

static char directory[] = "/dev/shm/daemonize-fuzz.XXXXXX";
static char file[sizeof(directory) + 4];

static void
clean_up(void)
{
	(void)unlink(file);
	(void)rmdir(directory);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	assert(mkdtemp(directory) != NULL);
	(void)snprintf(file, sizeof(file), "%s/pid", directory);
	return atexit(clean_up);
}

static void
write_file(const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)close(fd);
}

/* Digits and white space, as a second opinion: -1 it is no pid, 0 nothing. */
static long long
expected(const uint8_t *data, size_t size)
{
	long long number = 0;
	size_t i = 0;

	if (size >= 32)
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
	long long number = expected(data, size);
	enum instance_state state;
	const char *reason;
	pid_t pid;

	write_file(data, size);
	state = instance_find(file, &pid, &reason);
	assert((state == INSTANCE_ERROR) == (reason != NULL));
	assert(number != -1 || state == INSTANCE_ERROR);
	assert(number == -1 || pid == number);
	if (state == INSTANCE_DEAD) {
		assert(instance_retire(file, pid) == 0);
		assert(access(file, F_OK) == -1);
	}
	return 0;
}
