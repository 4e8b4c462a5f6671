/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what looks into a command that could not be executed: for the
 * interpreter after #!, and for the loader in an ELF file's headers.
 */
#include "config.h"

#include <sys/mman.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "plan/command.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32], reason[PATH_MAX + 128];
	int fd = memfd_create("command", MFD_CLOEXEC);

	assert(fd != -1 && write(fd, data, size) == (ssize_t)size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)command_needs_shell(path, -1);
	(void)command_describe(path, -1, ENOENT, reason, sizeof(reason));
	assert(*reason != '\0' && strlen(reason) < sizeof(reason));
	(void)close(fd);
	return 0;
}
