/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counts what a launch takes, from its first instruction to the command's.
 *
 *   tally [-i] FILE COMMAND [ARG]...
 *
 * Follows COMMAND, the launcher, and all that it forks, with ptrace(2): each
 * until it ends or is about to execute FILE.
 *
 * Prints the system calls of the launcher, those of all processes, and of the
 * one that executes FILE, at that moment: its page faults, and its private and
 * proportional memory in KiB (Private_* and Pss of proc_pid_smaps_rollup(5)).
 * After a vfork that is the memory of two processes, counted once; `-' where
 * none executes FILE.
 *
 * With -i, prints the instructions of the launcher and those of all processes
 * instead: one by one, which takes seconds.  The kernel's are not among them;
 * a string instruction counts once for each repetition.
 */
#define _GNU_SOURCE
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

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

#define DEADLINE	300		/* seconds */
#define FOLLOW		(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | \
			    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
			    PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

static const char *file;
static bool instructions;
static pid_t launcher;
static bool started, executed;		/* COMMAND; FILE */
static unsigned long by_launcher, by_all;
static unsigned long faults, private_kib, pss_kib;

static void
count(pid_t pid)
{
	by_all++;
	by_launcher += pid == launcher;
}

/* The sum of the lines of a file that begin so. */
static unsigned long
sum(pid_t pid, const char *name, const char *beginning)
{
	char path[64], line[512];
	unsigned long total = 0, value;
	char *at;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, beginning, strlen(beginning)) != 0)
			continue;
		at = strchr(line, ':');
		if (at != NULL && sscanf(at + 1, "%lu", &value) == 1)
			total += value;
	}
	(void)fclose(f);
	return total;
}

/* The tenth field; the second is a name in parentheses, with anything in it. */
static unsigned long
minor_faults(pid_t pid)
{
	char path[64], text[512], *at;
	unsigned long value = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	if (fgets(text, sizeof(text), f) == NULL ||
	    (at = strrchr(text, ')')) == NULL ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %lu", &value) != 1)
		errx(1, "%s: not as proc(5) has it", path);
	(void)fclose(f);
	return value;
}

/* Is it what the process is about to execute?  address is in its memory. */
static bool
is_file(pid_t pid, uint64_t address)
{
	char path[64], name[PATH_MAX];
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", path);
	length = pread(fd, name, sizeof(name) - 1, (off_t)address);
	(void)close(fd);
	if (length <= 0)
		return false;
	name[length] = '\0';
	return strcmp(name, file) == 0;
}

/* True where the process enters its last call: the execution of FILE. */
static bool
system_call(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) == -1)
		err(1, "PTRACE_GET_SYSCALL_INFO");
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !started)
		return false;
	count(pid);
	if (info.entry.nr != SYS_execve || !is_file(pid, info.entry.args[0]))
		return false;
	faults = minor_faults(pid);
	private_kib = sum(pid, "smaps_rollup", "Private_");
	pss_kib = sum(pid, "smaps_rollup", "Pss:");
	return true;
}

/* What has been executed: FILE? */
static bool
is_executed(pid_t pid)
{
	char path[64], target[PATH_MAX];
	ssize_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length == -1)
		err(1, "%s", path);
	target[length] = '\0';
	return strcmp(target, file) == 0;
}

/*
 * A process has stopped.  Returns the signal to go on with, or -1 where it is
 * done with.
 */
static int
stopped(pid_t pid, int status)
{
	int sig = WSTOPSIG(status);

	switch (status >> 16) {
	case 0:
		break;
	case PTRACE_EVENT_EXEC:
		started = true;
		return instructions && is_executed(pid) ? -1 : 0;
	default:
		return 0;
	}
	if (sig == (SIGTRAP | 0x80))
		return system_call(pid) ? -1 : 0;
	if (sig == SIGTRAP && instructions) {
		if (started)
			count(pid);
		return 0;
	}
	return sig;
}

static void
follow(void)
{
	int status, sig;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) != -1) {
		if (!WIFSTOPPED(status)) {
			if (pid == launcher && status != 0)
				errx(1, "wait status %#x", status);
			continue;
		}
		if ((sig = stopped(pid, status)) == -1) {
			executed = true;
			(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
		} else
			/* It may just have been killed. */
			(void)ptrace(instructions ? PTRACE_SINGLESTEP :
			    PTRACE_SYSCALL, pid, NULL, (long)sig);
	}
	if (errno != ECHILD)
		err(1, "waitpid");
}

/* Starts the launcher, which is followed from its exec on. */
static void
start(char **argv)
{
	int barrier[2];
	char c;

	if (pipe2(barrier, O_CLOEXEC) == -1)
		err(1, "pipe2");
	switch (launcher = fork()) {
	case -1:
		err(1, "fork");
	case 0:
		/* Leads a process group, as in lap.c. */
		(void)setpgid(0, 0);
		(void)close(barrier[1]);
		if (read(barrier[0], &c, 1) == 0)
			execv(argv[0], argv);
		err(1, "%s", argv[0]);
	}
	(void)close(barrier[0]);
	if (ptrace(PTRACE_SEIZE, launcher, NULL, (long)FOLLOW) == -1 ||
	    ptrace(PTRACE_INTERRUPT, launcher, NULL, NULL) == -1)
		err(1, "ptrace");
	(void)close(barrier[1]);
}

/* The commands get /dev/null; returns a descriptor of what was stdout. */
static int
redirect(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	if (null == -1 || saved == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1)
		err(1, "/dev/null");
	return saved;
}

int
main(int argc, char **argv)
{
	int option, out;

	while ((option = getopt(argc, argv, "+i")) != -1)
		if (option == 'i')
			instructions = true;
		else
			return 2;
	if (argc - optind < 2)
		errx(2, "usage: tally [-i] FILE COMMAND [ARG]...");
	file = argv[optind];
	out = redirect();
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		err(1, "prctl");
	(void)alarm(DEADLINE);		/* EXITKILL ends what is traced */
	start(argv + optind + 1);
	follow();
	if (instructions)
		dprintf(out, "%lu\t%lu\n", by_launcher, by_all);
	else if (executed)
		dprintf(out, "%lu\t%lu\t%lu\t%lu\t%lu\n", by_launcher, by_all,
		    faults, private_kib, pss_kib);
	else
		dprintf(out, "%lu\t%lu\t-\t-\t-\n", by_launcher, by_all);
	return 0;
}
