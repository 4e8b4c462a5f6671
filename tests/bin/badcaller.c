/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A caller in a bad state, on purpose.
 *
 *   badcaller [STATE]... -- COMMAND [ARG]...
 *
 * Starts from a good one, whatever it was called with: every signal at its
 * default, none blocked, no timer, no descriptor above 2, umask 022.  Then
 * makes each STATE, in the order given, and executes COMMAND (execvp(3)):
 *
 *   ignored[=N]    signal number N is ignored; without N all that can be
 *   blocked[=N]    ... blocked
 *   pending[=N]    ... sent to itself, the process and its thread; block first
 *   alarm=MS       all three interval timers go off every MS milliseconds
 *   closed=FD      the descriptor is closed
 *   open=FD        the descriptor is open: of /dev/null
 *   leaked=N       N more descriptors are, from the lowest free number on
 *   nofile=N       the soft limit of RLIMIT_NOFILE, the hard one if need be
 *   umask=MODE     octal
 *   leader         it leads its process group
 *   session        it leads a session, without a terminal
 *   nodir          its working directory has been removed
 *   env=NAME=VALUE one more in its environment, even where NAME is set
 */
#define _GNU_SOURCE

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_SIGNALS	64

/*
 * By the system calls: the C library hides 32 and 33.  The handler is the
 * first word of the kernel's structure, the rest may stay zero.
 */
static int
set_handler(int sig, void (*handler)(int))
{
	union {
		void (*handler)(int);
		unsigned char room[256];
	} action;

	memset(&action, 0, sizeof(action));
	action.handler = handler;
	return (int)syscall(SYS_rt_sigaction, sig, &action, NULL, 8L);
}

static void
set_mask(int how, uint64_t set)
{
	if (syscall(SYS_rt_sigprocmask, how, &set, NULL, 8L) == -1)
		err(1, "rt_sigprocmask");
}

static void
make_ignored(int sig)
{
	if (set_handler(sig, SIG_IGN) == -1)
		err(1, "rt_sigaction %d", sig);
}

static void
make_blocked(int sig)
{
	set_mask(SIG_BLOCK, UINT64_C(1) << (sig - 1));
}

static void
make_pending(int sig)
{
	if (syscall(SYS_kill, getpid(), sig) == -1 ||
	    syscall(SYS_tgkill, getpid(), getpid(), sig) == -1)
		err(1, "kill %d", sig);
}

/* To one signal, or to all where it makes sense. */
static void
each_signal(void (*make)(int), long sig)
{
	int i;

	if (sig != 0) {
		make((int)sig);
		return;
	}
	for (i = 1; i <= KERNEL_SIGNALS; i++) {
		if (i == SIGKILL || i == SIGSTOP)
			continue;
		/* It would take back the pending stop signals. */
		if (make == make_pending && i == SIGCONT)
			continue;
		make(i);
	}
}

static void
set_timers(long ms)
{
	static const int timers[] = { ITIMER_REAL, ITIMER_VIRTUAL,
	    ITIMER_PROF };
	struct itimerval value;
	size_t i;

	value.it_interval.tv_sec = ms / 1000;
	value.it_interval.tv_usec = ms % 1000 * 1000;
	value.it_value = value.it_interval;
	for (i = 0; i < sizeof(timers) / sizeof(*timers); i++)
		if (setitimer(timers[i], &value, NULL) == -1)
			err(1, "setitimer");
}

static void
set_nofile(rlim_t soft)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "getrlimit");
	limit.rlim_cur = soft;
	if (limit.rlim_max < soft)
		limit.rlim_max = soft;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "setrlimit %llu", (unsigned long long)soft);
}

static int
open_null(void)
{
	int fd = open("/dev/null", O_RDWR);

	if (fd == -1)
		err(1, "/dev/null");
	return fd;
}

/* Also above the soft limit that is there. */
static void
open_at(int at)
{
	struct rlimit before, limit;
	int fd = open_null();

	if (getrlimit(RLIMIT_NOFILE, &before) == -1)
		err(1, "getrlimit");
	limit = before;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "setrlimit");
	if (fd != at) {
		if (dup2(fd, at) == -1)
			err(1, "dup2 %d", at);
		close(fd);
	}
	if (setrlimit(RLIMIT_NOFILE, &before) == -1)
		err(1, "setrlimit");
}

static void
lose_directory(void)
{
	char name[] = "badcaller.XXXXXX", up[64];

	if (mkdtemp(name) == NULL || chdir(name) == -1)
		err(1, "%s", name);
	snprintf(up, sizeof(up), "../%s", name);
	if (rmdir(up) == -1)
		err(1, "%s", name);
}

static void
close_above_2(void)
{
	struct dirent *entry;
	DIR *dir;

	if ((dir = opendir("/proc/self/fd")) == NULL)
		err(1, "/proc/self/fd");
	while ((entry = readdir(dir)) != NULL)
		if (atoi(entry->d_name) > 2 &&
		    atoi(entry->d_name) != dirfd(dir))
			close(atoi(entry->d_name));
	closedir(dir);
}

static void
start_well(void)
{
	int sig;

	for (sig = 1; sig <= KERNEL_SIGNALS; sig++)
		if (sig != SIGKILL && sig != SIGSTOP &&
		    set_handler(sig, SIG_DFL) == -1)
			err(1, "rt_sigaction %d", sig);
	set_mask(SIG_SETMASK, 0);
	set_timers(0);
	umask(022);
	close_above_2();
}

static void
add_env(char *pair)
{
	size_t n = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	if ((env = calloc(n + 2, sizeof(*env))) == NULL)
		err(1, "calloc");
	memcpy(env, environ, n * sizeof(*env));
	env[n] = pair;
	environ = env;
}

static void
make(char *state)
{
	char *value = strchr(state, '='), *end = NULL;
	long number = 0, i;

	if (strncmp(state, "env=", 4) == 0) {
		add_env(value + 1);
		return;
	}
	if (value != NULL) {
		*value++ = '\0';
		number = strtol(value, &end,
		    strcmp(state, "umask") == 0 ? 8 : 10);
		if (*value == '\0' || *end != '\0')
			errx(2, "%s: no number: %s", state, value);
	}
	if (strcmp(state, "ignored") == 0)
		each_signal(make_ignored, number);
	else if (strcmp(state, "blocked") == 0)
		each_signal(make_blocked, number);
	else if (strcmp(state, "pending") == 0)
		each_signal(make_pending, number);
	else if (strcmp(state, "alarm") == 0)
		set_timers(number);
	else if (strcmp(state, "closed") == 0)
		close((int)number);
	else if (strcmp(state, "open") == 0)
		open_at((int)number);
	else if (strcmp(state, "leaked") == 0)
		for (i = 0; i < number; i++)
			open_null();
	else if (strcmp(state, "nofile") == 0)
		set_nofile((rlim_t)number);
	else if (strcmp(state, "umask") == 0)
		umask((mode_t)number);
	else if (strcmp(state, "leader") == 0) {
		if (setpgid(0, 0) == -1)
			err(1, "setpgid");
	} else if (strcmp(state, "session") == 0) {
		if (setsid() == -1)
			err(1, "setsid");
	} else if (strcmp(state, "nodir") == 0)
		lose_directory();
	else
		errx(2, "unknown state: %s", state);
}

int
main(int argc, char **argv)
{
	int i;

	start_well();
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		make(argv[i]);
	if (i + 1 >= argc)
		errx(2, "usage: badcaller [STATE]... -- COMMAND [ARG]...");
	execvp(argv[i + 1], argv + i + 1);
	err(127, "%s", argv[i + 1]);
}
