/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of one run, one of which goes on at a time.
 *
 * A filter (seccomp(2)) stops each before the calls that matter, and only
 * there.  The clock stands still, but for the time-outs that fire.
 */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE		/* pipe2(2) */

#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/filter.h"
#include "interleave.h"
#include "trace.h"

#define CLOCK_BASE	1000	/* seconds */

static const long trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
    PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP |
    PTRACE_O_EXITKILL;

/* --- stops ---------------------------------------------------------------- */

static int
find(const struct world *world, pid_t pid)
{
	int i;

	for (i = world->n - 1; i >= 0; i--)
		if (world->proc[i].pid == pid && world->proc[i].state != GONE)
			return i;
	return -1;
}

static int
add_proc(struct world *world, pid_t pid)
{
	struct proc *proc = &world->proc[world->n];

	if (world->n == PROCS)
		errx(2, "too many processes");
	memset(proc, 0, sizeof(*proc));
	proc->pid = pid;
	proc->parent = -1;
	proc->state = RUNNING;
	return world->n++;
}

void
go_on(struct proc *proc, int request, int sig)
{
	proc->state = RUNNING;
	(void)ptrace(request, proc->pid, NULL, (void *)(long)sig);
}

static void
stop_before(struct proc *proc, enum kind kind, const char *text)
{
	memset(&proc->act, 0, sizeof(proc->act));
	proc->act.kind = kind;
	proc->act.timeout = proc->act.victim = -1;
	snprintf(proc->act.text, sizeof(proc->act.text), "%s", text);
	proc->state = STOPPED;
	proc->looked = false;
}

/* A child was forked; it may have stopped before this is known. */
static void
is_born(struct world *world, int parent, pid_t pid)
{
	struct proc *proc;
	int child = find(world, pid);
	size_t length;

	if (child == -1)
		child = add_proc(world, pid);
	proc = &world->proc[child];
	proc->known = true;
	proc->parent = parent;
	proc->actor = world->proc[parent].actor;
	world->proc[parent].children++;
	length = strlen(strcpy(proc->name, world->proc[parent].name));
	if (length < sizeof(proc->name) - 1)
		proc->name[length] = (char)('0' +
		    world->proc[parent].children % 10);
}

static void
answer_clock(struct world *world, struct proc *proc)
{
	struct timespec now = { CLOCK_BASE + world->clock / 1000,
	    world->clock % 1000 * 1000000 };

	poke(proc->pid, proc->act.args[1], &now, sizeof(now));
	answer(proc->pid, 0);
	go_on(proc, PTRACE_CONT, 0);
}

static void
at_filter(struct world *world, int p)
{
	struct proc *proc = &world->proc[p];
	struct __ptrace_syscall_info info;

	memset(&info, 0, sizeof(info));
	(void)ptrace(PTRACE_GET_SYSCALL_INFO, proc->pid, (void *)sizeof(info),
	    &info);
	stop_before(proc, CALL, "");
	proc->act.number = (long)info.seccomp.nr;
	memcpy(proc->act.args, info.seccomp.args, sizeof(proc->act.args));
	if (!classify(world, p, &proc->act))
		go_on(proc, PTRACE_CONT, 0);
	else if (proc->act.kind == CALL_CLOCK)
		answer_clock(world, proc);
	else if (proc->act.kind == CALL_RESTART) {
		answer(proc->pid, -EINTR);
		go_on(proc, PTRACE_CONT, 0);
	}
}

/* Its parent, which has lent it its memory, goes on at once. */
static void
give_back(struct world *world, int p)
{
	int parent = world->proc[p].parent;

	if (parent != -1 && world->proc[parent].state == LENDING)
		world->proc[parent].state = RUNNING;
}

static void
has_executed(struct world *world, int p)
{
	struct proc *proc = &world->proc[p];
	char link[64], path[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)proc->pid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	proc->command = strcmp(path, world->command) == 0;
	hide_vdso(proc->pid);
	give_back(world, p);
	go_on(proc, PTRACE_CONT, 0);
}

static void
is_dying(struct world *world, int p)
{
	struct proc *proc = &world->proc[p];
	unsigned long status = 0;

	(void)ptrace(PTRACE_GETEVENTMSG, proc->pid, NULL, &status);
	stop_before(proc, DEATH, "exit");
	snprintf(proc->act.text, sizeof(proc->act.text), "exit 0x%lx", status);
	proc->signalled = WIFSIGNALED((int)status);
	proc->act.writes = LIFE_OF(p) | ALL_LOCKS;
}

static void
stopped(struct world *world, int p, int status)
{
	struct proc *proc = &world->proc[p];
	int sig = WSTOPSIG(status), event = status >> 16;
	unsigned long message = 0;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		(void)ptrace(PTRACE_GETEVENTMSG, proc->pid, NULL, &message);
		is_born(world, p, (pid_t)message);
		proc = &world->proc[p];
		go_on(proc, PTRACE_CONT, 0);
		if (event == PTRACE_EVENT_VFORK) {
			proc->state = LENDING;
			world->proc[find(world, (pid_t)message)].borrows = true;
		}
		break;
	case PTRACE_EVENT_EXEC:
		has_executed(world, p);
		break;
	case PTRACE_EVENT_EXIT:
		is_dying(world, p);
		break;
	case PTRACE_EVENT_SECCOMP:
		at_filter(world, p);
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGTRAP && proc->begun)	/* SIGCONT */
			go_on(proc, PTRACE_CONT, 0);
		else if (sig == SIGTRAP) {
			proc->begun = true;
			stop_before(proc, BIRTH, "begin");
		}
		else
			go_on(proc, PTRACE_LISTEN, 0);
		break;
	case 0:
		go_on(proc, PTRACE_CONT, sig & 0x80 ? 0 : sig);
		break;
	default:	/* the end of a vfork(2) */
		go_on(proc, PTRACE_CONT, 0);
	}
}

static bool
is_settled(const struct world *world)
{
	int i;

	for (i = 0; i < world->n; i++)
		if (world->proc[i].state == RUNNING ||
		    (world->proc[i].state == STOPPED && !world->proc[i].known))
			return false;
	return true;
}

void
is_gone(struct world *world, int p, int status)
{
	world->proc[p].state = GONE;
	world->proc[p].status = status;
	give_back(world, p);
}

/* Takes what waitpid(2) says of one process.  False: it is interrupted. */
static bool
take_event(struct world *world)
{
	int status, p;
	pid_t pid = waitpid(-1, &status, __WALL);

	if (pid == -1)
		return false;
	p = find(world, pid);
	if (WIFSTOPPED(status)) {
		if (p == -1)
			p = add_proc(world, pid);
		stopped(world, p, status);
	} else if (p != -1)
		is_gone(world, p, status);
	return true;
}

/* Until all are stopped. */
void
settle(struct world *world)
{
	int i;

	alarm(LIMIT_S);
	while (!is_settled(world))
		if (!take_event(world)) {
			for (i = 0; i < world->n; i++)
				if (world->proc[i].state == RUNNING)
					break;
			snprintf(world->stuck, sizeof(world->stuck),
			    "%s does not stop after: %s", i == world->n ? "?" :
			    world->proc[i].name, world->proc[i].act.text);
			break;
		}
	alarm(0);
}

/* --- the beginning and the end -------------------------------------------- */

static void
install_filter(void)
{
	struct instruction code[64];
	size_t n = 0, i;

	code[n++] = (struct instruction){ LOAD, 0, 0,
	    offsetof(struct call, number) };
	for (i = 0; i < nintercepted; i++)
		code[n++] = (struct instruction){ JUMP_EQUAL,
		    (uint8_t)(nintercepted - i), 0, (uint32_t)intercepted[i] };
	code[n++] = (struct instruction){ RETURN, 0, 0, ALLOW };
	code[n++] = (struct instruction){ RETURN, 0, 0, TRACE };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    filter_install(code, n) == -1)
		err(2, "seccomp");
}

static void __attribute__((noreturn))
become(const struct world *world, char *const *argv, int go)
{
	int null = open("/dev/null", O_RDWR), fd;
	sigset_t none;
	char c;

	if (read(go, &c, 1) != 0 || chdir(world->directory) == -1 ||
	    dup2(null, 0) == -1 || dup2(world->messages, 1) == -1 ||
	    dup2(world->messages, 2) == -1)
		err(2, "%s", world->directory);
	for (fd = 3; fd < 256; fd++)
		close(fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	install_filter();
	execv(argv[0], argv);
	_exit(2);
}

void
world_add(struct world *world, int actor, char *const *argv)
{
	struct proc *proc;
	int go[2], p;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		err(2, "fork");
	if (pid == 0) {
		close(go[1]);
		become(world, argv, go[0]);
	}
	p = add_proc(world, pid);
	proc = &world->proc[p];
	proc->known = proc->begun = true;
	proc->actor = actor;
	proc->name[0] = (char)(actor == 0 ? 's' : 'a' + actor - 1);
	world->root[actor] = p;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)trace_options) == -1) {
		kill(pid, SIGKILL);
		err(3, "ptrace");
	}
	close(go[0]);
	close(go[1]);
	settle(world);
}

void
world_end(struct world *world)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < world->n; i++)
		if (world->proc[i].state != GONE) {
			kill(world->proc[i].pid, SIGKILL);
			/* SIGKILL wakes none that is dying. */
			(void)ptrace(PTRACE_CONT, world->proc[i].pid, NULL,
			    NULL);
		}
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status)) {
			kill(pid, SIGKILL);
			(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
		}
}

#endif
