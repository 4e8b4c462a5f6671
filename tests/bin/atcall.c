/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interferes with a launch at one of its system calls.
 *
 *   atcall [-t] N ACTION COMMAND [ARG]...
 *
 * Runs COMMAND, in a process group of its own or with -t as the leader of a
 * session on a new pseudo-terminal, and traces it and the processes that it
 * forks.  Before their Nth system call (all of theirs are counted, those of
 * the dynamic linker too; 0: never, and nothing is traced) it does ACTION:
 *
 *   SIG             that signal (a number) to the process that makes the call
 *   SIG@launcher    to COMMAND's process
 *   SIG@group       to COMMAND's process group, as a terminal does it
 *   hangup          closes the pseudo-terminal
 *   /PROGRAM        runs it, and waits until it ends
 *
 * A process that executes another program is let go.  When COMMAND has ended,
 * the terminal is closed, and a line is printed: its exit status (128 and the
 * signal, if it was killed) and `reached` or `unreached`.
 */
#define _GNU_SOURCE		/* posix_openpt(3) */

#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>


#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long target, calls;
static int sig, master = -1;
static const char *whom;	/* "", "launcher", "group", "hangup", "/..." */
static pid_t launcher;

static void
parse_action(char *action)
{
	char *at = strchr(action, '@');

	whom = "";
	if (strcmp(action, "hangup") == 0 || *action == '/')
		whom = action;
	else if (at != NULL)
		whom = at + 1;
	sig = atoi(action);
}

static void
act(pid_t caller)
{
	siginfo_t info;

	if (strcmp(whom, "hangup") == 0) {
		close(master);
		master = -1;
	} else if (*whom == '/') {
		if (system(whom) != 0)
			errx(2, "%s failed", whom);
	} else if (strcmp(whom, "launcher") == 0) {
		kill(launcher, sig);
		/* A kill takes a moment; the others shall come after it. */
		if (sig == SIGKILL)
			waitid(P_PID, (id_t)launcher, &info,
			    WEXITED | WNOWAIT);
	} else if (strcmp(whom, "group") == 0)
		kill(-launcher, sig);
	else
		kill(caller, sig);
}

/* The new process: waits until it is traced. */
static void __attribute__((noreturn))
become(char **argv, const char *terminal, const int go[2])
{
	char c;
	int fd;

	close(go[1]);
	if (terminal == NULL)
		setpgid(0, 0);
	else {
		close(master);
		if (setsid() == -1 || (fd = open(terminal, O_RDWR)) == -1 ||
		    dup2(fd, 0) == -1 || dup2(fd, 1) == -1 ||
		    dup2(fd, 2) == -1)
			err(2, "%s", terminal);
		if (fd > 2)
			close(fd);
	}
	if (read(go[0], &c, 1) != 0)
		err(2, "read");
	close(go[0]);
	execvp(argv[0], argv);
	err(2, "%s", argv[0]);
}

/* Is that stop the entry to a system call? */
static int
is_entry(pid_t pid)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info),
	    &info) == -1)
		return 0;		/* it was killed meanwhile */
	return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* A traced process stopped: what for, and on with it. */
static void
stopped(pid_t pid, int status)
{
	static int executed;
	int why = WSTOPSIG(status), event = status >> 16, pass = 0;

	if (event == PTRACE_EVENT_EXEC && executed++ > 0) {
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
		return;
	}
	if (why == (SIGTRAP | 0x80)) {
		if (calls < target && is_entry(pid) && ++calls == target)
			act(pid);
	} else if (event == PTRACE_EVENT_STOP) {
		/* Stopped by the action, or new: a shell would do `fg`. */
		if (why != SIGTRAP)
			kill(-launcher, SIGCONT);
	} else if (event == 0)
		pass = why;
	ptrace(calls < target ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL,
	    (void *)(long)pass);
}

static void
trace(void)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;

	if (ptrace(PTRACE_SEIZE, launcher, NULL, (void *)options) == -1)
		err(3, "ptrace");
}

int
main(int argc, char **argv)
{
	const char *terminal = NULL;
	int go[2], result = 0, status;
	pid_t pid;

	if (argc > 1 && strcmp(argv[1], "-t") == 0) {
		if ((master = posix_openpt(O_RDWR | O_NOCTTY)) == -1 ||
		    grantpt(master) == -1 || unlockpt(master) == -1 ||
		    (terminal = ptsname(master)) == NULL)
			err(2, "pseudo-terminal");
		argc--;
		argv++;
	}
	if (argc < 4)
		errx(2, "usage: atcall [-t] N ACTION COMMAND [ARG]...");
	target = atol(argv[1]);
	parse_action(argv[2]);
	if (pipe(go) == -1 || (launcher = fork()) == -1)
		err(2, "fork");
	if (launcher == 0)
		become(argv + 3, terminal, go);
	if (target > 0)
		trace();
	close(go[0]);
	close(go[1]);

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status))
			stopped(pid, status);
		else if (pid == launcher)
			result = WIFEXITED(status) ? WEXITSTATUS(status) :
			    128 + WTERMSIG(status);
	}
	printf("%d %s\n", result, target > 0 && calls == target ?
	    "reached" : "unreached");
	return 0;
}
