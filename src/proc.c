/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of a process (proc(5)). */
#include "config.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

/* Of a task's flags (include/linux/sched.h): forked but didn't exec. */
#define PF_FORKNOEXEC	0x40

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

/*
 * All of it, however long, and room for one byte more.  A string of length
 * bytes to free(3), or NULL with errno.
 */
static char *
read_all(pid_t pid, const char *name, size_t *length)
{
	char path[64], *text = NULL, *more = NULL;
	size_t room = 0;
	ssize_t got = -1;
	int fd, saved;

	*length = 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	do {
		room = room == 0 ? 4096 : room * 2;
		if ((more = realloc(text, room)) == NULL)
			break;
		text = more;
		while ((got = read(fd, text + *length,
		    room - *length - 1)) > 0)
			*length += (size_t)got;
	} while (got == 0 && *length + 1 == room);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (more != NULL && got == 0)
		return text;
	free(text);
	return NULL;
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

void
proc_parse_stat(const char *text, struct proc_stat *stat)
{
	const char *at = stat_column(text, 3);

	/* The first thread may end before the others. */
	stat->dead = (*at == 'Z' || *at == 'X') &&
	    strtol(stat_column(text, 20), NULL, 10) <= 1;
	stat->parent = (pid_t)strtol(stat_column(text, 4), NULL, 10);
	stat->session = (pid_t)strtol(stat_column(text, 6), NULL, 10);
	stat->terminal = strtol(stat_column(text, 7), NULL, 10) != 0;
	stat->executed = !(strtoul(stat_column(text, 9), NULL, 10) &
	    PF_FORKNOEXEC);
	stat->started = strtoull(stat_column(text, 22), NULL, 10);
}

int
proc_stat(pid_t pid, struct proc_stat *stat)
{
	char text[1024];

	if (read_file(pid, "stat", text, sizeof(text)) == -1)
		return -1;
	proc_parse_stat(text, stat);
	return 0;
}

bool
proc_hides(pid_t pid)
{
	struct proc_stat stat;

	/* Another one, which it shows, may have got the number meanwhile. */
	return proc_stat(pid, &stat) == -1 &&
	    (kill(pid, 0) == 0 || errno != ESRCH) &&
	    proc_stat(pid, &stat) == -1;
}

void
proc_started(const struct proc_stat *stat, struct timespec *when)
{
	unsigned long hertz = (unsigned long)sysconf(_SC_CLK_TCK);
	struct timespec since = {
		.tv_sec = (time_t)(stat->started / hertz),
		.tv_nsec = (long)(stat->started % hertz *
		    (1000000000 / hertz))
	};
	struct timespec now, boot;

	/* In this order, a pause between them makes it younger: no harm. */
	(void)clock_gettime(CLOCK_BOOTTIME, &boot);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	timespecsub(&now, &boot, when);
	timespecadd(when, &since, when);
}

/* The value of a line of /proc/PID/status, or NULL. */
static const char *
status_value(const char *status, const char *name)
{
	size_t length = strlen(name);
	const char *at;

	for (at = status; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, length) == 0 && at[length] == ':')
			return at + length + 1 + strspn(at + length + 1, " \t");
	}
	return NULL;
}

static unsigned long long
status_number(const char *status, const char *name, int base,
    unsigned long long missing)
{
	const char *value = status_value(status, name);

	return value == NULL ? missing : strtoull(value, NULL, base);
}

void
proc_parse_status(const char *text, struct proc_status *status)
{
	status->leader = (pid_t)status_number(text, "Tgid", 10, 0);
	status->uid = (uid_t)status_number(text, "Uid", 10, 0);
	status->umask = (int)status_number(text, "Umask", 8,
	    (unsigned long long)-1);
	status->blocked = status_number(text, "SigBlk", 16, 0);
	status->ignored = status_number(text, "SigIgn", 16, 0);
}

int
proc_status(pid_t pid, struct proc_status *status)
{
	size_t length;
	/* The groups of a user may be thousands, and come before the masks. */
	char *text = read_all(pid, "status", &length);

	if (text == NULL)
		return -1;
	text[length] = '\0';
	proc_parse_status(text, status);
	free(text);
	return 0;
}

int
proc_link(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	length = readlink(path, buf, size - 1);
	if (length == -1)
		return -1;
	buf[length] = '\0';
	return 0;
}

int
proc_file(pid_t pid, const char *name, struct stat *st)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid,
	    name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return stat(path, st);
}

size_t
proc_trim_command(char *text, size_t length)
{
	/* The last one has no NUL where it was written over. */
	if (length > 0 && text[length - 1] != '\0')
		text[length++] = '\0';
	/* Who sets a title leaves what it had of arguments empty. */
	while (length > 1 && text[length - 1] == '\0' &&
	    text[length - 2] == '\0')
		--length;
	return length;
}

char *
proc_command(pid_t pid, size_t *length)
{
	char *text = read_all(pid, "cmdline", length);

	if (text != NULL)
		*length = proc_trim_command(text, *length);
	return text;
}

/* The entries of a directory that are numbers. */
static ssize_t
list_numbers(const char *path, int **list)
{
	struct dirent *entry;
	size_t n = 0, room = 0;
	int *more;
	DIR *dir;

	*list = NULL;
	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")] != '\0')
			continue;
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			more = reallocarray(*list, room, sizeof(**list));
			if (more == NULL) {
				free(*list);
				(void)closedir(dir);
				return -1;
			}
			*list = more;
		}
		(*list)[n++] = (int)strtol(entry->d_name, NULL, 10);
	}
	(void)closedir(dir);
	return (ssize_t)n;
}

ssize_t
proc_list(pid_t **pids)
{
	return list_numbers("/proc", pids);
}

ssize_t
proc_fds(pid_t pid, int **fds)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return list_numbers(path, fds);
}

int
proc_children(pid_t pid)
{
	char name[64], text[4096];
	int n = 0;
	char *at;

	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	if (read_file(pid, name, text, sizeof(text)) == -1)
		return -1;
	/* Each pid is followed by a blank. */
	for (at = text; (at = strchr(at, ' ')) != NULL; at++)
		n++;
	return n;
}

bool
proc_runs(pid_t pid, const char *command)
{
	static const char deleted[] = " (deleted)";
	char buf[PATH_MAX], real[PATH_MAX], *end, *arguments;
	const char *base, *arg;
	bool found = false;
	size_t size;
	ssize_t length;

	/* Its executable; another user's cannot be read. */
	if (proc_link(pid, "exe", buf, sizeof(buf)) == 0 &&
	    realpath(command, real) != NULL) {
		end = strstr(buf, deleted);
		if (end != NULL && end[sizeof(deleted) - 1] == '\0')
			*end = '\0';
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
	arguments = proc_command(pid, &size);
	for (arg = arguments; arg != NULL && arg < arguments + size && !found;
	    arg += strlen(arg) + 1)
		found = strcmp(arg, command) == 0;
	free(arguments);
	return found;
}

bool
proc_is_ours(void)
{
	char self[32], *text;
	const char *value;
	ssize_t length;
	size_t size;
	bool ours;

	length = readlink("/proc/self", self, sizeof(self) - 1);
	if (length == -1)
		return false;
	self[length] = '\0';
	if (strtol(self, NULL, 10) != (long)getpid() ||
	    (text = read_all(getpid(), "status", &size)) == NULL)
		return false;
	text[size] = '\0';
	/* A number for each pid namespace, from that of /proc downwards. */
	value = status_value(text, "NSpid");
	ours = value == NULL || value[strspn(value, "0123456789")] == '\n';
	free(text);
	return ours;
}
