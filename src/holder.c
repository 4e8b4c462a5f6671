/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is the daemon of a pid file? */
#include "config.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "holder.h"
#include "proc.h"

int
holder_by_lock(int fd, pid_t *holder)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_GETLK, &lock) == -1)
		return -1;
	if (lock.l_type == F_UNLCK)
		*holder = 0;
	else	/* Outside of this pid namespace its pid reads 0. */
		*holder = lock.l_pid > 0 ? lock.l_pid : -1;
	return 0;
}

pid_t
holder_number(int fd)
{
	static const char space[] = " \t\r\n";
	char text[PIDFILE_MAX + 1], *end;
	const char *error;
	ssize_t length;
	pid_t pid;

	length = pread(fd, text, sizeof(text) - 1, 0);
	if (length == -1 || length == PIDFILE_MAX)
		return -1;
	/* After a crash a file may have its length, and zeros. */
	while (length > 0 && text[length - 1] == '\0')
		length--;
	text[length] = '\0';
	end = text + strspn(text, "0123456789");
	if (end + strspn(end, space) != text + length)
		return -1;
	*end = '\0';
	if (end == text)
		return 0;
	pid = (pid_t)strtonum(text, 1, INT_MAX, &error);
	return error == NULL ? pid : -1;
}

/* Can nobody but us have written the file?  Asked for root only. */
static bool
is_trusted(int fd, int dir)
{
	struct stat file, directory;

	if (geteuid() != 0)
		return true;
	return fstat(fd, &file) == 0 && fstat(dir, &directory) == 0 &&
	    directory.st_uid == 0 && !(directory.st_mode & 022) &&
	    file.st_uid == 0 && !(file.st_mode & 022);
}

enum instance_state
holder_by_number(int fd, int dir, pid_t *pid, const char **reason)
{
	/* A start is known to a clock tick, a file's time to a timer tick. */
	static const struct timespec slack = { .tv_nsec = 20000000 };
	struct proc_status status;
	struct proc_stat proc;
	struct timespec started, latest;
	struct stat st;

	*pid = holder_number(fd);
	if (*pid == -1) {
		*reason = "has other content than a pid";
		return INSTANCE_ERROR;
	}
	if (*pid == 0)
		return INSTANCE_FREE;
	if (proc_stat(*pid, &proc) == -1) {
		if (!proc_hides(*pid))
			return INSTANCE_FREE;
		*reason = "/proc does not show the process of its number";
		return INSTANCE_ERROR;
	}
	if (proc.dead)
		return INSTANCE_FREE;
	if (fstat(fd, &st) == -1) {
		*reason = strerror(errno);
		return INSTANCE_ERROR;
	}
	proc_started(&proc, &started);
	timespecadd(&st.st_mtim, &slack, &latest);
	if (timespeccmp(&started, &latest, >))
		return INSTANCE_FREE;
	if (!is_trusted(fd, dir)) {
		*reason = "others can write it, so its number says nothing";
		return INSTANCE_ERROR;
	}
	if (proc_status(*pid, &status) == -1)
		return INSTANCE_FREE;
	if (*pid == 1 || *pid == getpid() || status.leader != *pid) {
		*reason = "its number is no daemon's";
		return INSTANCE_ERROR;
	}
	return INSTANCE_RUNNING;
}
