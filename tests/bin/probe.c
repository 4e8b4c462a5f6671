/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The witness: what a started program really woke up with.
 *
 *   probe FILE [stay] [ARG]...
 *
 * Writes a line a fact, `name value`, to FILE (first to FILE.tmp, then
 * renamed, so FILE is always whole), then exits, or with `stay` waits for
 * a signal to end it.  It asks the kernel itself and shares no code with what
 * it bears witness of.
 */
#define _GNU_SOURCE		/* getresuid(2) */

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KERNEL_SIGNALS	64

extern char **environ;

/* A 64-bit signal set as the kernel has it, as a list of numbers. */
static void
print_set(FILE *out, const char *name, uint64_t set)
{
	int sig;

	fprintf(out, "%s", name);
	for (sig = 1; sig <= KERNEL_SIGNALS; sig++)
		if (set & (UINT64_C(1) << (sig - 1)))
			fprintf(out, " %d", sig);
	fprintf(out, "\n");
}

static void
print_signals(FILE *out)
{
	uint64_t set, ignored = 0, caught = 0;
	union {
		void *handler;
		unsigned char room[256];
	} action;
	int sig;

	for (sig = 1; sig <= KERNEL_SIGNALS; sig++) {
		memset(&action, 0, sizeof(action));
		if (syscall(SYS_rt_sigaction, sig, NULL, &action, 8L) == -1)
			err(1, "rt_sigaction %d", sig);
		if (action.handler == (void *)SIG_IGN)
			ignored |= UINT64_C(1) << (sig - 1);
		else if (action.handler != (void *)SIG_DFL)
			caught |= UINT64_C(1) << (sig - 1);
	}
	print_set(out, "ignored", ignored);
	print_set(out, "caught", caught);
	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 8L) == -1)
		err(1, "rt_sigprocmask");
	print_set(out, "blocked", set);
	if (syscall(SYS_rt_sigpending, &set, 8L) == -1)
		err(1, "rt_sigpending");
	print_set(out, "pending", set);
}

static void
print_timers(FILE *out)
{
	static const struct { int which; const char *name; } timers[] = {
		{ ITIMER_REAL, "real" },
		{ ITIMER_VIRTUAL, "virtual" },
		{ ITIMER_PROF, "prof" },
	};
	struct itimerval timer;
	size_t i;

	fprintf(out, "timers");
	for (i = 0; i < sizeof(timers) / sizeof(*timers); i++) {
		if (getitimer(timers[i].which, &timer) == -1)
			err(1, "getitimer");
		if (timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0)
			fprintf(out, " %s", timers[i].name);
	}
	fprintf(out, "\n");
}

static int
by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* A line a descriptor, ascending: `fd N MODE TARGET`. */
static void
print_fds(FILE *out)
{
	static const char *const modes[] = { "r", "w", "rw", "path" };
	static int fds[1 << 20];
	char link[64], target[PATH_MAX];
	struct dirent *entry;
	size_t n = 0, i;
	ssize_t length;
	DIR *dir;
	int flags;

	if ((dir = opendir("/proc/self/fd")) == NULL)
		err(1, "/proc/self/fd");
	while ((entry = readdir(dir)) != NULL)
		if (*entry->d_name != '.' &&
		    atoi(entry->d_name) != dirfd(dir) &&
		    atoi(entry->d_name) != fileno(out))
			fds[n++] = atoi(entry->d_name);
	closedir(dir);
	qsort(fds, n, sizeof(*fds), by_number);

	fprintf(out, "fds");
	for (i = 0; i < n; i++)
		fprintf(out, " %d", fds[i]);
	fprintf(out, "\n");
	for (i = 0; i < n; i++) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fds[i]);
		length = readlink(link, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		flags = fcntl(fds[i], F_GETFL);
		fprintf(out, "fd%d %s%s%s%s %s\n", fds[i],
		    modes[flags & O_ACCMODE],
		    flags & O_APPEND ? ",append" : "",
		    flags & O_NONBLOCK ? ",nonblock" : "",
		    fcntl(fds[i], F_GETFD) & FD_CLOEXEC ? ",cloexec" : "",
		    target);
	}
}

static void
print_ids(FILE *out)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid, groups[1024];
	int i, n;

	if (getresuid(&ruid, &euid, &suid) == -1 ||
	    getresgid(&rgid, &egid, &sgid) == -1)
		err(1, "getresuid");
	fprintf(out, "uids %u %u %u\n", ruid, euid, suid);
	fprintf(out, "gids %u %u %u\n", rgid, egid, sgid);
	if ((n = getgroups(1024, groups)) == -1)
		err(1, "getgroups");
	fprintf(out, "groups");
	for (i = 0; i < n; i++)
		fprintf(out, " %u", groups[i]);
	fprintf(out, "\n");
	fprintf(out, "no_new_privs %d\n",
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

/* Could it become tied to a terminal again: by opening one? */
static void
print_terminal(FILE *out)
{
	const char *name = getenv("PROBE_TTY");
	int tty, fd = -1;

	if (name != NULL)
		fd = open(name, O_RDWR);
	tty = open("/dev/tty", O_RDWR);
	fprintf(out, "tty %s\n", tty == -1 ? "no" : "yes");
	if (tty != -1)
		close(tty);
	if (fd != -1)
		close(fd);
}

/*
 * What prctl(2) has; and where it is asked for, since it is another one at each
 * launch, the serial of the session keyring, -1 where there is none.
 */
static void
print_attributes(FILE *out, bool keyring)
{
	int pdeath = -1;

	(void)prctl(PR_GET_PDEATHSIG, &pdeath, 0, 0, 0);
	fprintf(out, "pdeath %d\ntimerslack %d\ndumpable %d\n",
	    pdeath, prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0),
	    prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	if (keyring)
		fprintf(out, "keyring %ld\n",
		    syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */,
		    -3 /* KEY_SPEC_SESSION_KEYRING */, 0));
}

int
main(int argc, char **argv)
{
	char tmp[PATH_MAX], cwd[PATH_MAX];
	mode_t mask;
	char **env;
	FILE *out;
	int i;

	if (argc < 2)
		errx(2, "usage: probe FILE [stay] [ARG]...");
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		snprintf(cwd, sizeof(cwd), "(%s)", strerror(errno));
	mask = umask(022);
	snprintf(tmp, sizeof(tmp), "%s.tmp", argv[1]);
	if ((out = fopen(tmp, "we")) == NULL)
		err(1, "%s", tmp);
	umask(mask);

	fprintf(out, "pid %d\nppid %d\npgid %d\nsid %d\n", (int)getpid(),
	    (int)getppid(), (int)getpgrp(), (int)getsid(0));
	print_signals(out);
	print_timers(out);
	print_terminal(out);
	fprintf(out, "umask %03o\n", (unsigned int)mask);
	fprintf(out, "cwd %s\n", cwd);
	print_fds(out);
	print_ids(out);
	print_attributes(out, argc > 2 && strcmp(argv[2], "keyring") == 0);
	for (i = 0; i < argc; i++)
		fprintf(out, "arg%d %s\n", i, argv[i]);
	for (env = environ; *env != NULL; env++)
		fprintf(out, "env %s\n", *env);
	if (fclose(out) == EOF || rename(tmp, argv[1]) == -1)
		err(1, "%s", argv[1]);
	if (argc > 2 && strcmp(argv[2], "stay") == 0)
		pause();
	return 0;
}
