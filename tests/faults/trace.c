/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a launch under ptrace(2) and does something to one of its calls.
 *
 * All processes of the launch are traced until they are gone, the command too:
 * so nothing outlives a harness that is killed.  They stop at system calls
 * only as long as one is to be counted or made to fail.
 */
#define _GNU_SOURCE		/* process_vm_readv(2) */

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "inject.h"
#include "../lib/registers.h"

#define LIMIT_S		5	/* what sleeps longer hangs */
#define LIMIT_RUN_S	300	/* what runs longer spins */
#define LIMIT_END_S	60	/* a process that got SIGKILL ends, some time */
#define LOOK_NS		200000	/* how often files and /proc are looked at */
#define QUIET_LOOKS	5	/* so long nothing happens: they rest */

/* --- the caller ----------------------------------------------------------- */

/*
 * A difficult one: what a step that was passed over leaves as it was can be
 * seen.  20 and 21 are for --fds, the others are leaks.
 */
static void
be_difficult(const struct launch *launch)
{
	static const int leaked[] = { 7, 20, 21, 30 };
	struct itimerval later = { .it_value = { .tv_sec = 1000 } };
	sigset_t blocked;
	size_t i;
	int fd, null;

	if (chdir(launch->directory) == -1 || dup2(launch->out, 1) == -1 ||
	    dup2(launch->messages, 2) == -1)
		err(2, "%s", launch->directory);
	for (fd = 3; fd < 256; fd++)
		close(fd);
	if ((null = open("/dev/null", O_RDWR)) != 3 || dup2(null, 0) == -1)
		err(2, "/dev/null");
	for (i = 0; i < sizeof(leaked) / sizeof(*leaked); i++)
		dup2(null, leaked[i]);
	close(null);

	umask(077);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGUSR2);
	sigprocmask(SIG_SETMASK, &blocked, NULL);
	raise(SIGUSR2);
	setitimer(ITIMER_REAL, &later, NULL);
}

static void __attribute__((noreturn))
become(const struct launch *launch, int go)
{
	char c;

	if (go != -1 && read(go, &c, 1) != 0)
		err(2, "read");
	be_difficult(launch);
	execv(launch->argv[0], launch->argv);
	err(2, "%s", launch->argv[0]);
}

int
launch_plain(const struct launch *launch)
{
	pid_t pid = fork();
	int status;

	if (pid == -1)
		err(2, "fork");
	if (pid == 0)
		become(launch, -1);
	while (waitpid(pid, &status, 0) != pid)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* --- what /proc says ------------------------------------------------------ */

/* The state of a process, as ps(1) has it; X: there is none. */
static char
state_of(pid_t pid)
{
	char path[64], text[256], *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 'X';
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	at = strrchr(text, ')');
	return at == NULL ? 'X' : at[2];
}

bool
is_alive(pid_t pid)
{
	char state = state_of(pid);

	return state != 'Z' && state != 'X';
}

/*
 * Right after the exec: what is mapped of a file and is not the program is
 * the dynamic loader.
 */
static void
find_loader(pid_t pid, uint64_t range[2])
{
	char path[64], line[512], first[256] = "", file[256];
	unsigned long long low, high;
	FILE *maps;

	range[0] = range[1] = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	if ((maps = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%llx-%llx %*s %*s %*s %*s %255s", &low,
		    &high, file) != 3 || *file != '/')
			continue;
		if (*first == '\0')
			strcpy(first, file);
		if (strcmp(file, first) == 0)
			continue;
		if (range[0] == 0)
			range[0] = low;
		range[1] = high;
	}
	fclose(maps);
}

/* --- one call ------------------------------------------------------------- */

static uint64_t loader[2];

/* A path that the process has in its memory. */
static void
read_path(pid_t pid, uint64_t address, char path[64])
{
	struct iovec here = { path, 63 };
	struct iovec there = { (void *)(uintptr_t)address, 63 };

	(void)process_vm_readv(pid, &here, 1, &there, 1, 0);
}

/* Does it have O_CREAT?  The flags follow the path. */
static bool
may_create(const struct row *row, const uint64_t *args)
{
	return (strcmp(row->name, "open") == 0 ||
	    strcmp(row->name, "openat") == 0) && (args[row->path] & O_CREAT);
}

/* The launcher or the supervisor, once all that it has launched is gone. */
static bool
is_undoing(const struct launch *launch, const struct process *process)
{
	int own = (int)(process - launch->process), i;

	if ((own != 0 && own != launch->supervisor) || launch->n == own + 1 ||
	    launch->later)
		return false;
	for (i = own + 1; i < launch->n; i++)
		if (!launch->process[i].gone)
			return false;
	return true;
}

/* Does it write to the caller's stderr, whatever number that has now? */
static bool
is_message(pid_t pid, const struct row *row, const uint64_t *args)
{
	char link[64], target[64] = "";

	if (row->number != SYS_write)
		return false;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)pid, (int)args[0]);
	(void)!readlink(link, target, sizeof(target) - 1);
	return strstr(target, "memfd:messages") != NULL;
}

/* What the fork(3) of musl leaves out: 32, 33 and 34. */
#define MUSL_OWN	(UINT64_C(7) << 31)

/* Does it block every signal, as fork(3) does?  We set the mask. */
static bool
blocks_all(pid_t pid, const struct call *call, const uint64_t *args)
{
	uint64_t set = 0;
	struct iovec here = { &set, sizeof(set) };
	struct iovec there = { (void *)(uintptr_t)args[1], sizeof(set) };

	return call->number == SYS_rt_sigprocmask && args[0] == SIG_BLOCK &&
	    process_vm_readv(pid, &here, 1, &there, 1, 0) == sizeof(set) &&
	    (set | MUSL_OWN) == UINT64_MAX;
}

/* Remembers the call, for the report and for what to do to it. */
static void
record_call(const struct launch *launch, const struct process *process,
    const struct __ptrace_syscall_info *info)
{
	const struct row *row = row_of((long)info->entry.nr);
	const uint64_t *args = info->entry.args;
	char detail[80] = "";
	struct call *call;

	if (process->calls > CALLS)
		errx(2, "more than %d system calls", CALLS);
	call = &launch->record[process - launch->process][process->calls - 1];
	memset(call, 0, sizeof(*call));
	call->number = (long)info->entry.nr;
	call->loader = info->instruction_pointer >= loader[0] &&
	    info->instruction_pointer < loader[1];
	call->message = is_message(process->pid, row, args);
	call->undo = is_undoing(launch, process);
	call->libc = blocks_all(process->pid, call, args);
	call->instant = (call->number == SYS_wait4 && (args[2] & WNOHANG)) ||
	    (call->number == SYS_waitid && (args[3] & WNOHANG));
	call->anonymous = (call->number == SYS_mmap ||
	    strcmp(row->name, "mmap2") == 0) && (args[3] & MAP_ANONYMOUS);
	if (row->path > 0) {
		call->creates = may_create(row, args);
		read_path(process->pid, args[row->path - 1], call->path);
		snprintf(detail, sizeof(detail), " \"%s\"", call->path);
	} else if (args[0] < 65536)	/* no address */
		snprintf(detail, sizeof(detail), " %d", (int)args[0]);
	if (row->number == -1)
		snprintf(call->text, sizeof(call->text), "call %ld%s",
		    call->number, detail);
	else
		snprintf(call->text, sizeof(call->text), "%s%s", row->name,
		    detail);
}

/* At the entry to the call. */
static void
make_fail(struct process *process, enum manner manner, int error)
{
	registers regs;

	memset(&regs, 0, sizeof(regs));
	get_registers(process->pid, &regs);
	process->inside = manner;
	process->error = error;
	switch (manner) {
	case FAIL:
		skip_call(process->pid, &regs);
		break;
	case FAIL_BREAK:
		process->argument = ARGUMENT_1(&regs);
		ARGUMENT_1(&regs) = 0;
		set_registers(process->pid, &regs);
		break;
	case SHORTEN:
		process->argument = ARGUMENT_3(&regs);
		ARGUMENT_3(&regs) /= 2;
		set_registers(process->pid, &regs);
		break;
	default:
		break;
	}
}

/* At its end.  A caller relies on the arguments being what they were. */
static void
end_failing(struct process *process)
{
	registers regs;

	if (process->inside == NOTHING)
		return;
	memset(&regs, 0, sizeof(regs));
	get_registers(process->pid, &regs);
	if (process->inside == SHORTEN)
		ARGUMENT_3(&regs) = process->argument;
	else if (process->inside == FAIL_BREAK)
		RESTORE_1(&regs, process->argument);
	else
		RESULT(&regs) = (unsigned long)-process->error;
	set_registers(process->pid, &regs);
	process->inside = NOTHING;
}

/* Returns false where the process is not to go on. */
static bool
entered(struct launch *launch, struct process *process,
    const struct __ptrace_syscall_info *info)
{
	const struct fault *fault = &launch->fault;

	if (!launch->armed)
		return true;
	process->calls++;
	if (launch->record != NULL)
		record_call(launch, process, info);
	if ((long)info->entry.nr == launch->absent)
		make_fail(process, FAIL, ENOSYS);
	if (fault->manner == NOTHING || launch->cured ||
	    process != &launch->process[fault->process] ||
	    (long)info->entry.nr != fault->number ||
	    (++process->same != fault->same &&
	    !(launch->reached && fault->lasting)))
		return true;
	launch->reached = true;
	if (fault->manner == KILL)
		kill(process->pid, SIGKILL);
	else if (fault->manner == STOP_KILL)
		launch->held = process;
	else
		make_fail(process, fault->manner, fault->error);
	return fault->manner != KILL && fault->manner != STOP_KILL;
}

/* --- the tracer ----------------------------------------------------------- */

static struct process *
process_of(struct launch *launch, pid_t pid, bool add)
{
	int i;

	for (i = 0; i < launch->n; i++)
		if (launch->process[i].pid == pid)
			return &launch->process[i];
	if (!add)
		return NULL;
	if (launch->n == PROCESSES)
		errx(2, "more than %d processes", PROCESSES);
	launch->process[launch->n] = (struct process){ .pid = pid,
	    .started = launch->n > 0 };
	/* Born after the launcher had ended. */
	launch->process[launch->n].late = launch->ended;
	return &launch->process[launch->n++];
}

/* Do its system calls matter still? */
static bool
is_counted(const struct launch *launch, const struct process *process)
{
	if (!process->started || process->executed)
		return false;
	if (!launch->armed)
		return process == &launch->process[launch->supervisor];
	if (process->inside != NOTHING || launch->cured)
		return process->inside != NOTHING;
	return launch->record != NULL ||
	    launch->absent != -1 || (launch->fault.manner != NOTHING &&
	    (!launch->reached || launch->fault.lasting) &&
	    process == &launch->process[launch->fault.process]);
}

static void
executed(struct launch *launch, struct process *process)
{
	if (process->started) {
		process->executed = true;
		/* Without a fork, this is what the caller waits for. */
		if (process == launch->process) {
			launch->ended = true;
			launch->status = 0;
		}
		return;
	}
	process->started = true;
	if (launch->record != NULL)
		find_loader(process->pid, loader);
}

/* Returns false where it is not to go on. */
static bool
stopped(struct launch *launch, struct process *process, int status, int *pass)
{
	struct __ptrace_syscall_info info;
	int why = WSTOPSIG(status), event = status >> 16;
	unsigned long born;

	*pass = 0;
	if (event == PTRACE_EVENT_EXEC)
		executed(launch, process);
	else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		/* Its own first stop may come after its parent's end. */
		if (ptrace(PTRACE_GETEVENTMSG, process->pid, NULL, &born) == 0)
			(void)process_of(launch, (pid_t)born, true);
	} else if (why == (SIGTRAP | 0x80)) {
		if (!process->started || process->executed ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, process->pid,
		    (void *)sizeof(info), &info) == -1)
			return true;
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			return entered(launch, process, &info);
		if (info.op == PTRACE_SYSCALL_INFO_EXIT)
			end_failing(process);
	} else if (event == 0)
		*pass = why;
	return true;
}

/* The launcher has ended: what still runs, although it failed? */
static void
launcher_ended(struct launch *launch, int status)
{
	int i;

	if (launch->ended)
		return;			/* as the command */
	launch->ended = true;
	launch->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	for (i = 1; i < launch->n && launch->status != 0; i++)
		launch->process[i].late = !launch->process[i].gone &&
		    is_alive(launch->process[i].pid);
}

/* Takes one event, if there is one. */
static bool
take_event(struct launch *launch)
{
	struct process *process;
	int status, pass;
	pid_t pid;

	pid = waitpid(-1, &status, __WALL | WNOHANG);
	if (pid <= 0)
		return false;
	if (pid == launch->verb) {
		launch->verb = 0;
		launch->verb_status = WIFEXITED(status) ?
		    WEXITSTATUS(status) : 128 + WTERMSIG(status);
		return true;
	}
	process = process_of(launch, pid, WIFSTOPPED(status));
	if (process == NULL)
		return true;		/* one that ran already */
	if (!WIFSTOPPED(status)) {
		process->gone = true;
		if (process == launch->process)
			launcher_ended(launch, status);
		return true;
	}
	if (stopped(launch, process, status, &pass))
		(void)ptrace(is_counted(launch, process) ? PTRACE_SYSCALL :
		    PTRACE_CONT, pid, NULL, (void *)(long)pass);
	return true;
}

/* All but the one that is held are gone, or wait for something. */
static bool
others_rest(const struct launch *launch)
{
	const struct process *process;
	char state;
	int i;

	for (i = 0; i < launch->n; i++) {
		process = &launch->process[i];
		state = state_of(process->pid);
		if (!process->gone && process != launch->held &&
		    state != 'S' && state != 'D' && state != 'Z')
			return false;
	}
	return true;
}

const struct process *
launch_daemon(const struct launch *launch)
{
	const struct process *daemon = NULL;
	int i, n = 0;

	for (i = 0; i < launch->n; i++)
		if (launch->process[i].executed && !launch->process[i].gone) {
			daemon = &launch->process[i];
			n++;
		}
	return n == 1 ? daemon : NULL;
}

/* A supervisor with a command waits for what comes. */
static bool
is_supervising(const struct launch *launch)
{
	return launch_daemon(launch) != NULL && launch->quiet >= QUIET_LOOKS &&
	    state_of(launch->process[launch->supervisor].pid) == 'S';
}

static bool
has_settled(const struct launch *launch)
{
	const struct process *process;
	int i;

	for (i = 0; i < launch->n; i++) {
		process = &launch->process[i];
		if (process->gone || (process->executed &&
		    access(launch->report, F_OK) == 0))
			continue;
		if (i != launch->supervisor || !is_supervising(launch))
			return false;
	}
	return true;
}

/* A supervisor in the foreground stays. */
static bool
has_ended(const struct launch *launch)
{
	return launch->ended || (launch->supervisor == 0 &&
	    launch_daemon(launch) != NULL && has_settled(launch));
}

bool
launch_is_gone(const struct launch *launch)
{
	int i;

	for (i = 0; i < launch->n; i++)
		if (!launch->process[i].gone)
			return false;
	return true;
}

/* The same, of processes that may have forked once more. */
static bool
all_are_killed(const struct launch *launch)
{
	int i;

	for (i = 0; i < launch->n; i++)
		if (!launch->process[i].gone)
			kill(launch->process[i].pid, SIGKILL);
	return launch_is_gone(launch);
}

static bool
verb_has_ended(const struct launch *launch)
{
	return launch->verb == 0;
}

static long long
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/*
 * False if it hangs: for so many seconds all that is there has slept.  What
 * runs, or waits for a processor, may take until LIMIT_RUN_S.
 */
static bool
follow_until(struct launch *launch, bool (*done)(const struct launch *),
    int seconds)
{
	static const struct timespec look = { .tv_nsec = LOOK_NS };
	const long long start = now_ns();
	long long last = start;		/* when something ran */
	sigset_t child;
	int quiet = 0;		/* with one that is held */
	bool rest;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!done(launch)) {
		if (take_event(launch)) {
			quiet = launch->quiet = 0;
			last = now_ns();
			continue;
		}
		rest = others_rest(launch);
		launch->quiet++;
		quiet = launch->held != NULL && rest ? quiet + 1 : 0;
		if (quiet == QUIET_LOOKS) {
			kill(launch->held->pid, SIGKILL);
			launch->held = NULL;
		}
		if (!rest || (launch->verb != 0 &&
		    state_of(launch->verb) != 'S'))
			last = now_ns();
		if (now_ns() - last > seconds * 1000000000LL ||
		    now_ns() - start > LIMIT_RUN_S * 1000000000LL)
			return false;
		(void)sigtimedwait(&child, NULL, &look);
	}
	return true;
}

void
launch_start(struct launch *launch)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
	    PTRACE_O_EXITKILL;
	int go[2];
	pid_t pid;

	launch->n = 0;
	launch->ended = launch->reached = launch->cured = false;
	launch->armed = !launch->later;
	launch->quiet = 0;
	launch->held = NULL;
	launch->verb = 0;
	if (pipe2(go, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		err(2, "fork");
	if (pid == 0) {
		close(go[1]);
		become(launch, go[0]);
	}
	(void)process_of(launch, pid, true);
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) == -1)
		err(3, "ptrace");
	close(go[0]);
	close(go[1]);
	if (!follow_until(launch, has_ended, LIMIT_S))
		launch->status = -1;
	else if (!launch->ended) {
		launch->ended = true;
		launch->status = 0;
	}
}

bool
launch_settle(struct launch *launch)
{
	return follow_until(launch, has_settled, LIMIT_S);
}

bool
launch_until(struct launch *launch, bool (*done)(const struct launch *))
{
	return follow_until(launch, done, LIMIT_S);
}

pid_t
launch_arm(struct launch *launch)
{
	const struct process *daemon;

	if (launch->status != 0 || !launch_settle(launch) ||
	    (daemon = launch_daemon(launch)) == NULL ||
	    unlink(launch->report) == -1)
		return 0;
	launch->armed = true;
	return daemon->pid;
}

int
launch_verb(struct launch *launch, char *const *argv)
{
	struct launch verb = *launch;

	verb.argv = argv;
	launch->verb_status = -1;
	if ((launch->verb = fork()) == -1)
		err(2, "fork");
	if (launch->verb == 0)
		become(&verb, -1);
	if (!follow_until(launch, verb_has_ended, LIMIT_S)) {
		kill(launch->verb, SIGKILL);
		if (!follow_until(launch, verb_has_ended, LIMIT_END_S))
			errx(2, "a verb cannot be killed");
		launch->verb_status = -1;
	}
	return launch->verb_status;
}

void
launch_end(struct launch *launch)
{
	if (!follow_until(launch, all_are_killed, LIMIT_END_S))
		errx(2, "a process cannot be killed");
	while (waitpid(-1, NULL, __WALL | WNOHANG) > 0)
		;
}
