/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --enable-coverage links to the program: what LLVM's run-time calls in
 * its place (ld --wrap=fcntl,--wrap=setenv).
 */
#define _GNU_SOURCE		/* F_DUPFD_CLOEXEC */

#include <fcntl.h>
#include <stdarg.h>

int	__real_fcntl(int fd, int command, ...);
int	__wrap_fcntl(int fd, int command, ...);
int	__wrap_setenv(const char *name, const char *value, int overwrite);

/*
 * It waits for a lock on the file of the counters: for ever, where a test has
 * stopped the process that has it.  Made by one before, it needs no lock.
 * No other process waits for one.
 */
int
__wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	long value;

	if (command == F_SETLKW)
		return 0;
	/* As the kernel has it: a number or an address, or not looked at. */
	va_start(args, command);
	value = va_arg(args, long);
	va_end(args);
	return __real_fcntl(fd, command, value);
}

/* It marks the environment, which the tests compare. */
int
__wrap_setenv(const char *name, const char *value, int overwrite)
{
	(void)name;
	(void)value;
	(void)overwrite;
	return 0;
}
