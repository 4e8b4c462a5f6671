/* SPDX-License-Identifier: BSD-2-Clause */
/* What a system call touches of that which the processes share. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE		/* process_vm_readv(2) */

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "interleave.h"

static bool	at_open(const struct world *, int, struct act *);
static bool	at_name(const struct world *, int, struct act *);
static bool	at_look(const struct world *, int, struct act *);
static bool	at_read(const struct world *, int, struct act *);
static bool	at_write(const struct world *, int, struct act *);
static bool	at_lock(const struct world *, int, struct act *);
static bool	at_close(const struct world *, int, struct act *);
static bool	at_exec(const struct world *, int, struct act *);
static bool	at_kill(const struct world *, int, struct act *);
static bool	at_pidfd(const struct world *, int, struct act *);
static bool	at_pidfd_kill(const struct world *, int, struct act *);
static bool	at_poll(const struct world *, int, struct act *);
static bool	at_ppoll(const struct world *, int, struct act *);
static bool	at_wait(const struct world *, int, struct act *);
static bool	at_waitid(const struct world *, int, struct act *);
static bool	at_sleep(const struct world *, int, struct act *);
static bool	at_clock(const struct world *, int, struct act *);
static bool	at_connect(const struct world *, int, struct act *);
static bool	at_restart(const struct world *, int, struct act *);

#define CALLED(name)	SYS_##name, #name

static const struct {
	long number;
	const char *name;
	bool (*classify)(const struct world *, int, struct act *);
} rows[] = {
#ifdef SYS_open
	{ CALLED(open), at_open },
	{ CALLED(unlink), at_name },
	{ CALLED(rename), at_name },
	{ CALLED(stat), at_look },
	{ CALLED(lstat), at_look },
	{ CALLED(poll), at_poll },
#endif
	{ CALLED(openat), at_open },
	{ CALLED(unlinkat), at_name },
	{ CALLED(renameat), at_name },
	{ CALLED(renameat2), at_name },
	{ CALLED(newfstatat), at_look },
	{ CALLED(read), at_read },
	{ CALLED(pread64), at_read },
	{ CALLED(write), at_write },
	{ CALLED(writev), at_write },
	{ CALLED(pwrite64), at_write },
	{ CALLED(ftruncate), at_write },
	{ CALLED(flock), at_lock },
	{ CALLED(close), at_close },
	{ CALLED(execve), at_exec },
	{ CALLED(kill), at_kill },
	{ CALLED(pidfd_open), at_pidfd },
	{ CALLED(pidfd_send_signal), at_pidfd_kill },
	{ CALLED(ppoll), at_ppoll },
	{ CALLED(wait4), at_wait },
	{ CALLED(waitid), at_waitid },
	{ CALLED(rt_sigtimedwait), at_sleep },
	{ CALLED(clock_gettime), at_clock },
	{ CALLED(connect), at_connect },
	{ CALLED(restart_syscall), at_restart },
};

#define NROWS	(sizeof(rows) / sizeof(*rows))

const long intercepted[NROWS] = {
#ifdef SYS_open
	SYS_open, SYS_unlink, SYS_rename, SYS_stat, SYS_lstat, SYS_poll,
#endif
	SYS_openat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_newfstatat,
	SYS_read, SYS_pread64, SYS_write, SYS_writev, SYS_pwrite64,
	SYS_ftruncate, SYS_flock, SYS_close, SYS_execve, SYS_kill,
	SYS_pidfd_open, SYS_pidfd_send_signal, SYS_ppoll, SYS_wait4, SYS_waitid,
	SYS_rt_sigtimedwait, SYS_clock_gettime, SYS_connect,
	SYS_restart_syscall,
};
const size_t nintercepted = NROWS;

#define ALL_NAMES	(NAME_OF(FILE_LOG) | NAME_OF(FILE_LOG_1) | \
			NAME_OF(FILE_LOG_2) | NAME_OF(FILE_LOG_OLD))

/* An open log may get another name: the content of all of them is one. */
static uint64_t
content_of(int file)
{
	return CONTENT_OF(file > FILE_LOG ? FILE_LOG : file);
}

/* A number from the kernel's text on an open file, or 0. */
static long
info_of(const struct world *world, int p, uint64_t fd, const char *key,
    int base)
{
	char path[64], line[128];
	long number = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d",
	    (int)world->proc[p].pid, (int)fd);
	if ((info = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), info) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			number = strtol(line + strlen(key), NULL, base);
	fclose(info);
	return number;
}

static int
proc_of(const struct world *world, pid_t pid)
{
	int i;

	for (i = world->n - 1; i >= 0; i--)
		if (world->proc[i].pid == pid)
			return i;
	return -1;
}

/* /proc/PID/... of a process of ours that is not its own. */
static bool
at_proc(const struct world *world, int p, struct act *act, const char *path)
{
	int other;

	if (strncmp(path, "/proc/", 6) != 0 || path[6] < '0' || path[6] > '9')
		return false;
	other = proc_of(world, (pid_t)atoi(path + 6));
	if (other == -1 || other == p)
		return false;
	act->reads = LIFE_OF(other);
	name_act(act, "/proc of");
	name_act(act, world->proc[other].name);
	return true;
}

static bool
at_path(const struct world *world, int p, struct act *act, uint64_t address,
    bool writes)
{
	char path[256];
	int file;

	read_string(world->proc[p].pid, address, path, sizeof(path));
	if ((file = file_named(path)) == -1)
		return at_proc(world, p, act, path);
	*(writes ? &act->writes : &act->reads) |= NAME_OF(file);
	name_act(act, files[file]);
	return true;
}

static bool
at_open(const struct world *world, int p, struct act *act)
{
	int path = act->number == SYS_openat ? 1 : 0;
	bool creates = (act->args[path + 1] & O_CREAT) != 0;

	if (!at_path(world, p, act, act->args[path], creates))
		return false;
	if (act->args[path + 1] & O_TRUNC)
		act->writes |= act->writes << 1 | act->reads << 1;
	if (creates)
		name_act(act, "O_CREAT");
	return true;
}

/* Any of its arguments may be a path; that of a rename(2) are two. */
static bool
at_name(const struct world *world, int p, struct act *act)
{
	bool touches = false;
	int i;

	for (i = 0; i < 4; i++)
		if (act->args[i] > 4096 && act->args[i] < (uint64_t)-4096)
			touches |= at_path(world, p, act, act->args[i], true);
	return touches;
}

static bool
at_look(const struct world *world, int p, struct act *act)
{
	return at_path(world, p, act,
	    act->args[act->number == SYS_newfstatat ? 1 : 0], false);
}

static bool
at_read(const struct world *world, int p, struct act *act)
{
	char link[256];
	int file = file_open_at(world, p, act->args[0], link);
	bool pipe = strncmp(link, "pipe:", 5) == 0;

	if (file != -1) {
		act->reads = content_of(file);
		name_act(act, files[file]);
		return true;
	}
	/* Only that of a log does not block. */
	if (pipe && (info_of(world, p, act->args[0], "flags:", 8) &
	    O_NONBLOCK))
		act->reads = OUTPUT;
	else if (pipe)
		act->kind = CALL_PIPE;
	else if (strstr(link, "[signalfd]") != NULL)
		act->reads = LIFE_OF(p);
	else
		return false;
	name_act(act, pipe ? "a pipe" : "its signals");
	return true;
}

static bool
at_write(const struct world *world, int p, struct act *act)
{
	char link[256];
	int file = file_open_at(world, p, act->args[0], link);

	if (file != -1) {
		act->writes = content_of(file);
		name_act(act, files[file]);
		return true;
	}
	if (!world->proc[p].command || strncmp(link, "pipe:", 5) != 0)
		return false;
	act->writes = OUTPUT;
	name_act(act, "its output");
	return true;
}

static bool
at_lock(const struct world *world, int p, struct act *act)
{
	char link[256];
	int file = file_open_at(world, p, act->args[0], link);

	if (file == -1)
		return false;
	act->kind = CALL_LOCK;
	act->writes = LOCK_OF(file);
	name_act(act, files[file]);
	name_act(act, act->args[1] & LOCK_UN ? "UN" :
	    act->args[1] & LOCK_SH ? "SH" : "EX");
	return true;
}

/* The last descriptor of an open file takes its lock with it. */
static bool
at_close(const struct world *world, int p, struct act *act)
{
	char link[256];
	int file = file_open_at(world, p, act->args[0], link);

	if (file != FILE_RECORD && file != FILE_LOCK)
		return false;
	act->writes = LOCK_OF(file);
	name_act(act, files[file]);
	return true;
}

static bool
at_exec(const struct world *world, int p, struct act *act)
{
	(void)world;
	act->writes = LIFE_OF(p) | ALL_LOCKS;
	return true;
}

static void
at_victim(const struct world *world, struct act *act, pid_t pid, int sig)
{
	int victim = pid > 0 ? proc_of(world, pid) : -1;

	act->writes = victim == -1 ? ALL_LIVES : LIFE_OF(victim);
	if (sig == SIGKILL)
		act->victim = victim;
	name_act(act, victim == -1 ? "?" : world->proc[victim].name);
	name_act(act, strsignal(sig));
}

static bool
at_kill(const struct world *world, int p, struct act *act)
{
	(void)p;
	at_victim(world, act, (pid_t)act->args[0], (int)act->args[1]);
	return true;
}

static bool
at_pidfd(const struct world *world, int p, struct act *act)
{
	int other = proc_of(world, (pid_t)act->args[0]);

	if (other == -1 || other == p)
		return false;
	act->reads = LIFE_OF(other);
	name_act(act, world->proc[other].name);
	return true;
}

static bool
at_pidfd_kill(const struct world *world, int p, struct act *act)
{
	at_victim(world, act, (pid_t)info_of(world, p, act->args[0], "Pid:",
	    10), (int)act->args[1]);
	return true;
}

/* What it waits for, but for signals and ends. */
static uint64_t
awaited(const struct world *world, int p, const struct act *act)
{
	struct pollfd fds[4];
	size_t n = act->args[1] < 4 ? act->args[1] : 4, i;
	struct iovec here = { fds, n * sizeof(*fds) };
	struct iovec there = { (void *)(uintptr_t)act->args[0],
	    n * sizeof(*fds) };
	uint64_t all = 0;
	char link[256];

	if (n == 0 || process_vm_readv(world->proc[p].pid, &here, 1, &there, 1,
	    0) != (ssize_t)here.iov_len)
		return 0;
	for (i = 0; i < n; i++) {
		(void)file_open_at(world, p, (uint64_t)fds[i].fd, link);
		if (strncmp(link, "pipe:", 5) == 0)
			all |= OUTPUT;
		else if (strstr(link, "inotify") != NULL)
			all |= ALL_NAMES | CONTENT_OF(FILE_LOG);
	}
	return all;
}

static bool
at_poll(const struct world *world, int p, struct act *act)
{
	act->kind = CALL_POLL;
	act->reads = ALL_LIVES | awaited(world, p, act);
	act->timeout = (int)act->args[2];
	return true;
}

/* A time in its memory, in ms; -1: for ever. */
static long long
time_at(const struct world *world, int p, uint64_t address)
{
	struct timespec wait;
	struct iovec here = { &wait, sizeof(wait) };
	struct iovec there = { (void *)(uintptr_t)address, sizeof(wait) };

	return address == 0 || process_vm_readv(world->proc[p].pid, &here, 1,
	    &there, 1, 0) == -1 ? -1 :
	    wait.tv_sec * 1000LL + (wait.tv_nsec + 999999) / 1000000;
}

static bool
at_ppoll(const struct world *world, int p, struct act *act)
{
	(void)at_poll(world, p, act);
	act->timeout = time_at(world, p, act->args[2]);
	return true;
}

static bool
at_wait(const struct world *world, int p, struct act *act)
{
	(void)world;
	(void)p;
	act->kind = act->args[2] & 1 ? CALL : CALL_WAIT;
	act->reads = ALL_LIVES;
	return true;
}

static bool
at_waitid(const struct world *world, int p, struct act *act)
{
	(void)world;
	(void)p;
	act->kind = act->args[3] & 1 ? CALL : CALL_WAIT;
	act->reads = ALL_LIVES;
	return true;
}

static bool
at_sleep(const struct world *world, int p, struct act *act)
{
	if (world->proc[p].command) {
		act->kind = CALL_PAUSE;
		return true;
	}
	act->kind = CALL_SLEEP;
	act->timeout = time_at(world, p, act->args[2]);
	/* One that only takes what is pending does not wait. */
	return act->timeout != 0;
}

static bool
at_clock(const struct world *world, int p, struct act *act)
{
	(void)world;
	(void)p;
	act->kind = CALL_CLOCK;
	return act->args[0] == CLOCK_MONOTONIC;
}

/* A supervisor with a log connects to nothing but syslog. */
static bool
at_connect(const struct world *world, int p, struct act *act)
{
	(void)p;
	(void)act;
	return world->lines != NULL;
}

static bool
at_restart(const struct world *world, int p, struct act *act)
{
	(void)world;
	(void)p;
	act->kind = CALL_RESTART;
	return true;
}

bool
classify(const struct world *world, int p, struct act *act)
{
	size_t i;

	act->kind = CALL;
	act->reads = act->writes = 0;
	act->timeout = act->victim = -1;
	for (i = 0; i < NROWS; i++)
		if (rows[i].number == act->number)
			break;
	if (i == NROWS)
		return false;
	snprintf(act->text, sizeof(act->text), "%s", rows[i].name);
	return rows[i].classify(world, p, act);
}

#endif
