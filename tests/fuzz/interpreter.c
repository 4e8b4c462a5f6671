/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what looks into a command that could not be executed: for the
 * interpreter after #!, and for the loader in an ELF file's headers.
 */
#include "config.h"

#include <sys/mman.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "plan/command.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32], interpreter[PATH_MAX];
	int fd = memfd_create("command", MFD_CLOEXEC);

	assert(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)command_is_binary(path);
	if (command_interpreter(path, -1, interpreter,
	    sizeof(interpreter)) == 0) {
		assert(size >= 4 && interpreter[0] != '\0');
		assert(strlen(interpreter) < sizeof(interpreter));
	}
	(void)close(fd);
	return 0;
}
