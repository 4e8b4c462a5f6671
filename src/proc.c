/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of a process (proc(5)). */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

/* Of a task's flags (include/linux/sched.h): forked but didn't exec. */
#define PF_FORKNOEXEC	0x40

/* Columns of /proc/PID/stat, counted as in proc(5). */
#define STAT_STATE	3
#define STAT_FLAGS	9
#define STAT_STARTTIME	22

/* The file /proc/PID/name, as a string of at most size - 1 bytes. */
static ssize_t
read_file(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t length;
	int fd, saved;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	length = read(fd, buf, size - 1);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (length >= 0)
		buf[length] = '\0';
	return length;
}

/* A column, from the third, of what /proc/PID/stat has. */
static const char *
stat_column(const char *stat, int column)
{
	/* The second is the name in parentheses, with anything in it. */
	const char *at = strrchr(stat, ')');
	int i;

	for (i = 2; at != NULL && i < column; i++)
		at = strchr(at + 1, ' ');
	return at == NULL ? "" : at + 1;
}

int
proc_executed(pid_t pid)
{
	char stat[1024];

	if (read_file(pid, "stat", stat, sizeof(stat)) == -1)
		return -1;
	return !(strtoul(stat_column(stat, STAT_FLAGS), NULL, 10) &
	    PF_FORKNOEXEC);
}

int
proc_started(pid_t pid, struct timespec *started)
{
	unsigned long hertz = (unsigned long)sysconf(_SC_CLK_TCK);
	unsigned long long ticks;
	struct timespec now, boot;
	char stat[1024];
	long long nsec;

	if (read_file(pid, "stat", stat, sizeof(stat)) == -1)
		return -1;
	/* A zombie is dead, though some inits never reap it. */
	if (*stat_column(stat, STAT_STATE) == 'Z') {
		errno = ESRCH;
		return -1;
	}
	ticks = strtoull(stat_column(stat, STAT_STARTTIME), NULL, 10);
	if (clock_gettime(CLOCK_REALTIME, &now) == -1 ||
	    clock_gettime(CLOCK_BOOTTIME, &boot) == -1)
		return -1;
	nsec = now.tv_nsec - boot.tv_nsec +
	    (long long)(ticks % hertz * (1000000000 / hertz));
	started->tv_sec = now.tv_sec - boot.tv_sec + (time_t)(ticks / hertz);
	for (; nsec < 0; nsec += 1000000000)
		started->tv_sec--;
	started->tv_sec += (time_t)(nsec / 1000000000);
	started->tv_nsec = (long)(nsec % 1000000000);
	return 0;
}

bool
proc_runs(pid_t pid, const char *command)
{
	static const char deleted[] = " (deleted)";
	char buf[4096], real[PATH_MAX], path[64];
	const char *base, *arg;
	ssize_t length;

	/* Its executable; another user's cannot be read. */
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	length = readlink(path, buf, sizeof(buf) - 1);
	if (length > 0 && realpath(command, real) != NULL) {
		buf[length] = '\0';
		if ((size_t)length > sizeof(deleted) && strcmp(buf + length -
		    (sizeof(deleted) - 1), deleted) == 0)
			buf[length - (ssize_t)(sizeof(deleted) - 1)] = '\0';
		if (strcmp(buf, real) == 0)
			return true;
	}

	/* Its name, which the kernel cuts at 15 bytes. */
	base = strrchr(command, '/');
	base = base == NULL ? command : base + 1;
	length = read_file(pid, "comm", buf, sizeof(buf));
	if (length > 0 && strcspn(buf, "\n") == strnlen(base, 15) &&
	    strncmp(buf, base, 15 < strlen(base) ? 15 : strlen(base)) == 0)
		return true;

	/* The script that its interpreter was given. */
	length = read_file(pid, "cmdline", buf, sizeof(buf));
	for (arg = buf; length > 0 && arg < buf + length;
	    arg += strlen(arg) + 1)
		if (strcmp(arg, command) == 0)
			return true;
	return false;
}
