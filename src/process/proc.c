/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc says of a process (proc(5)). */
#include "config.h"

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pidfd.h"
#include "process/proc.h"

/* The type of a pidfd's file system (statfs(2)). */
#define PIDFS_MAGIC	0x50494446

/* Of a task's flags (include/linux/sched.h): forked but didn't exec. */
#define PF_FORKNOEXEC	0x40

const char proc_not_shown[] = "/proc does not show the process; "
    "if it is mounted with hidepid, run this as root";

/* The file, as a string of at most size - 1 bytes.  Async-signal-safe. */
static ssize_t
read_path(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	ssize_t length;

	if (fd == -1)
		return -1;
	length = read(fd, buf, size - 1);
	saved = errno;
	(void)close(fd);
	errno = saved;
	if (length >= 0)
		buf[length] = '\0';
	return length;
}

/* The file /proc/PID/name, as a string of at most size - 1 bytes. */
ssize_t
proc_read(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return read_path(path, buf, size);
}

/*
 * All of it, however long, and room for one byte more.  A string of length
 * bytes to free(3), or NULL with errno.
 */
char *
proc_read_all(pid_t pid, const char *name, size_t *length)
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
	/* A process that ends meanwhile has had a part of it. */
	*length = 0;
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

	stat->pid = (pid_t)strtol(text, NULL, 10);
	/* The first thread may end before the others. */
	stat->dead = (*at == 'Z' || *at == 'X') &&
	    strtol(stat_column(text, 20), NULL, 10) <= 1;
	stat->parent = (pid_t)strtol(stat_column(text, 4), NULL, 10);
	stat->session = (pid_t)strtol(stat_column(text, 6), NULL, 10);
	stat->terminal = strtol(stat_column(text, 7), NULL, 10) != 0;
	stat->executed = !(strtoul(stat_column(text, 9), NULL, 10) &
	    PF_FORKNOEXEC);
	stat->started = strtoull(stat_column(text, 22), NULL, 10);
	stat->exit_code = (int)strtol(stat_column(text, 52), NULL, 10);
}

int
proc_stat(pid_t pid, struct proc_stat *stat)
{
	char text[1024];

	if (proc_read(pid, "stat", text, sizeof(text)) == -1)
		return -1;
	proc_parse_stat(text, stat);
	return 0;
}

bool
proc_hides(pid_t pid)
{
	struct proc_stat stat;

	/* A process that /proc shows may have got the pid meanwhile. */
	return proc_stat(pid, &stat) == -1 &&
	    (kill(pid, 0) == 0 || errno != ESRCH) &&
	    proc_stat(pid, &stat) == -1;
}

int
proc_see(pid_t pid, struct proc_stat *stat)
{
	int tries;

	/* Another one may have got the pid between the two calls. */
	for (tries = 0; tries < 2; tries++) {
		if (proc_stat(pid, stat) == 0)
			return 1;
		if (proc_is_short(errno))
			return -1;
		if (kill(pid, 0) == -1 && errno == ESRCH)
			return 0;
	}
	errno = EACCES;
	return -1;
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

unsigned long long
proc_own_start(void)
{
	struct proc_stat stat;
	char text[1024];

	errno = ENOENT;
	/* qemu-user has a /proc/self/stat of its own, with another tick. */
	if (read_path("/proc/thread-self/stat", text, sizeof(text)) <= 0 &&
	    read_path("/proc/self/stat", text, sizeof(text)) <= 0)
		return 0;
	proc_parse_stat(text, &stat);
	return stat.started;
}

/*
 * Return 0, or -1 with errno: ENOENT if it is another pid namespace's, or no
 * /proc at all.  This is on the way of each launch: one file, and no malloc(3)
 * unless the user has hundreds of groups, which come before NSpid.
 */
static int
check_ours(void)
{
	char text[1024];
	ssize_t length = read_path("/proc/self/status", text, sizeof(text));
	const char *pid, *pids;
	char *all = NULL;
	size_t size;
	bool ours;

	if (length == -1)
		return -1;
	pid = status_value(text, "Pid");
	pids = status_value(text, "NSpid");
	if (length == sizeof(text) - 1 &&
	    (pids == NULL || strchr(pids, '\n') == NULL)) {
		if ((all = proc_read_all(getpid(), "status", &size)) == NULL)
			return -1;
		all[size] = '\0';
		pids = status_value(all, "NSpid");
	}
	/* The numbers may be equal by chance: then there is a second one. */
	ours = pid != NULL && strtol(pid, NULL, 10) == getpid() &&
	    (pids == NULL || pids[strspn(pids, "0123456789")] == '\n');
	free(all);
	errno = ENOENT;
	return ours ? 0 : -1;
}

bool
proc_is_ours(void)
{
	return check_ours() == 0;
}

bool
proc_is_short(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM ||
	    error == EINTR || error == EIO;
}

/* Its inode; 0 where the kernel has none of that kind. */
static int
get_namespace(const char *name, ino_t *inode)
{
	struct stat st;

	*inode = 0;
	if (stat(name, &st) == -1)
		return errno == ENOENT ? 0 : -1;
	*inode = st.st_ino;
	return 0;
}

int
proc_scope(struct proc_scope *scope)
{
	/* It stays the same, and a launch or a list asks more than once. */
	static struct proc_scope known;

	*scope = known;
	if (*scope->boot != '\0')
		return 0;
	if (check_ours() == -1 || read_path("/proc/sys/kernel/random/boot_id",
	    scope->boot, sizeof(scope->boot)) == -1 ||
	    get_namespace("/proc/self/ns/pid", &scope->pid_namespace) == -1 ||
	    get_namespace("/proc/self/ns/time", &scope->time_namespace) == -1) {
		scope->boot[0] = '\0';
		return -1;
	}
	scope->boot[strcspn(scope->boot, "\n")] = '\0';
	known = *scope;
	errno = ENOENT;
	return *scope->boot == '\0' ? -1 : 0;
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

static unsigned long long
status_number(const char *status, const char *name, int base,
    unsigned long long missing)
{
	const char *value = status_value(status, name);

	return value == NULL ? missing : strtoull(value, NULL, base);
}

/* The real, effective, saved and file system's: are they all the same? */
static bool
is_one_user(const char *uids)
{
	unsigned long first, other;
	char *at;
	int i;

	if (uids == NULL)
		return false;
	first = strtoul(uids, &at, 10);
	for (i = 0; i < 3; i++) {
		other = strtoul(at, &at, 10);
		if (other != first)
			return false;
	}
	return true;
}

void
proc_parse_status(const char *text, struct proc_status *status)
{
	status->leader = (pid_t)status_number(text, "Tgid", 10, 0);
	status->uid = (uid_t)status_number(text, "Uid", 10, 0);
	status->one_user = is_one_user(status_value(text, "Uid"));
	status->umask = (int)status_number(text, "Umask", 8,
	    (unsigned long long)-1);
	status->blocked = status_number(text, "SigBlk", 16, 0);
	status->pending = status_number(text, "ShdPnd", 16, 0);
	status->ignored = status_number(text, "SigIgn", 16, 0);
	status->memory = (long long)status_number(text, "VmRSS", 10,
	    (unsigned long long)-1);
}

int
proc_status(pid_t pid, struct proc_status *status)
{
	size_t length;
	/* The groups of a user may be thousands, and come before the masks. */
	char *text = proc_read_all(pid, "status", &length);

	if (text == NULL)
		return -1;
	text[length] = '\0';
	proc_parse_status(text, status);
	free(text);
	return 0;
}

unsigned long long
proc_pidfd_inode(pid_t pid)
{
	int fd = pidfd_open(pid, 0);
	unsigned long long inode = 0;
	struct statfs fs;
	struct stat st;

	if (fd == -1)
		return 0;
	/* Before, all of them are one anonymous inode. */
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PIDFS_MAGIC &&
	    fstat(fd, &st) == 0)
		inode = st.st_ino;
	(void)close(fd);
	return inode;
}

int
proc_is_owned(pid_t pid, uid_t uid)
{
	struct proc_status status;

	if (proc_status(pid, &status) == -1)
		return proc_is_short(errno) ? -1 : 0;
	return status.one_user && status.uid == uid;
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
	char path[32];
	int dir, result, saved;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if ((dir = open(path, O_PATH | O_CLOEXEC)) == -1)
		return -1;
	result = fstatat(dir, name, st, 0);
	saved = errno;
	(void)close(dir);
	errno = saved;
	return result;
}
