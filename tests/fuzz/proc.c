/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes what reads /proc/PID/stat, status and cmdline: a process gives itself
 * its name and its arguments.
 */
#include "config.h"

#include "process/proc.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct proc_status status;
	struct proc_stat stat;
	struct timespec started;
	size_t length;

	proc_parse_stat(text, &stat);
	proc_started(&stat, &started);
	assert(started.tv_nsec >= 0 && started.tv_nsec < 1000000000);
	proc_parse_status(text, &status);

	length = proc_trim_command(text, size);
	assert(length <= size + 1);
	assert(size == 0 ? length == 0 : text[length - 1] == '\0');
	assert(length < 2 || text[length - 2] != '\0');
	free(text);
	return 0;
}
