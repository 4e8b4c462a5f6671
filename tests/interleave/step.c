/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A step of one process, and whether it could go on.
 *
 * A call that may block is never made before it can return: poll(2) is tried
 * with no time-out, a pipe is looked at through pidfd_getfd(2), children are
 * looked up in /proc, a lock is tried.
 */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"
#include "../lib/registers.h"

/* --- what blocks ---------------------------------------------------------- */

/* Makes the call, up to its return; its registers at the entry are put back. */
static long
make_call(struct world *world, struct proc *proc, const registers *entry)
{
	registers regs;
	int status;

	(void)ptrace(PTRACE_SYSCALL, proc->pid, NULL, NULL);
	alarm(LIMIT_S);
	while (waitpid(proc->pid, &status, __WALL) == proc->pid &&
	    WIFSTOPPED(status) && (status >> 16 != 0 ||
	    WSTOPSIG(status) != (SIGTRAP | 0x80)))
		(void)ptrace(PTRACE_SYSCALL, proc->pid, NULL,
		    (void *)(long)(status >> 16 == 0 ? WSTOPSIG(status) : 0));
	alarm(0);
	if (!WIFSTOPPED(status)) {
		is_gone(world, (int)(proc - world->proc), status);
		return -ESRCH;
	}
	get_registers(proc->pid, &regs);
	if (entry != NULL) {
		ARGUMENT_3(&regs) = ARGUMENT_3(entry);
		set_registers(proc->pid, &regs);
	}
	return (long)RESULT(&regs);
}

/* Back to the entry of the call. */
static void
rewind_call(struct world *world, struct proc *proc, registers *entry)
{
	AGAIN(entry, (unsigned long)proc->act.number);
	set_registers(proc->pid, entry);
	go_on(proc, PTRACE_CONT, 0);
	settle(world);
}

/* poll(2) or ppoll(2) that does not wait. */
static long
try_poll(struct world *world, struct proc *proc, registers *entry)
{
	static const struct timespec zero;
	registers regs;

	get_registers(proc->pid, entry);
	regs = *entry;
	if (proc->act.number == SYS_ppoll) {
		ARGUMENT_3(&regs) = STACK(&regs) - 1024;
		poke(proc->pid, ARGUMENT_3(&regs), &zero, sizeof(zero));
	} else
		ARGUMENT_3(&regs) = 0;
	set_registers(proc->pid, &regs);
	return make_call(world, proc, entry);
}

static bool
poll_is_ready(struct world *world, struct proc *proc)
{
	registers entry = { 0 };
	long result = try_poll(world, proc, &entry);

	if (proc->state != GONE)
		rewind_call(world, proc, &entry);
	return result != 0;
}

/* What it is about to read or to write. */
static int
take_fd(const struct proc *proc)
{
	int pidfd = (int)syscall(SYS_pidfd_open, proc->pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, (int)proc->act.args[0],
	    0);

	close(pidfd);
	return fd;
}

/* Is there something in the pipe, or is its other end closed? */
static bool
pipe_is_ready(const struct proc *proc)
{
	struct pollfd pipe = { .fd = take_fd(proc), .events = POLLIN };
	int ready = poll(&pipe, 1, 0);

	close(pipe.fd);
	return ready != 0;
}

/* Has the pipe room for all that it writes? */
static bool
pipe_has_room(const struct proc *proc)
{
	int fd = take_fd(proc), bytes;
	bool has_room = ioctl(fd, FIONREAD, &bytes) == -1 || bytes == 0 ||
	    proc->act.args[2] < PIPE_BUF;

	close(fd);
	return has_room;
}

/* A zombie among its children, or no child at all. */
static bool
child_is_ready(const struct world *world, const struct proc *proc)
{
	char path[64], text[256], *at, state;
	bool has_child = false;
	FILE *file;
	int i, parent;

	for (i = 0; i < world->n; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat",
		    (int)world->proc[i].pid);
		if ((file = fopen(path, "re")) == NULL)
			continue;
		at = fgets(text, sizeof(text), file);
		fclose(file);
		if (at == NULL || (at = strrchr(text, ')')) == NULL ||
		    sscanf(at, ") %c %d", &state, &parent) != 2 ||
		    parent != proc->pid)
			continue;
		if (proc->act.number == SYS_wait4 &&
		    (int)proc->act.args[0] > 0 &&
		    (int)proc->act.args[0] != world->proc[i].pid)
			continue;
		if (state == 'Z')
			return true;
		has_child = true;
	}
	return !has_child;
}

/* Could the lock be had that it waits for? */
static bool
lock_is_free(const struct proc *proc)
{
	char path[64];
	bool is_free;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)proc->pid,
	    (int)proc->lock_fd);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return true;
	is_free = flock(fd, (int)proc->lock_how | LOCK_NB) == 0;
	close(fd);
	return is_free;
}

/* Has it a signal that it does not block? */
static bool
has_signal(const struct proc *proc)
{
	unsigned long long pending = 0, blocked = 0, set;
	char path[64], line[128], key[16];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)proc->pid);
	if ((file = fopen(path, "re")) == NULL)
		return true;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%15[A-Za-z]: %llx", key, &set) != 2)
			continue;
		if (strcmp(key, "SigPnd") == 0 || strcmp(key, "ShdPnd") == 0)
			pending |= set;
		else if (strcmp(key, "SigBlk") == 0)
			blocked = set;
	}
	fclose(file);
	return (pending & ~blocked) != 0;
}

bool
world_enabled(struct world *world, int p)
{
	struct proc *proc = &world->proc[p];

	if (proc->state != STOPPED)
		return false;
	if (proc->looked)
		return proc->ready;
	proc->looked = true;
	switch (proc->act.kind) {
	case CALL_POLL:
		proc->ready = proc->command ? has_signal(proc) :
		    proc->act.timeout == 0 || poll_is_ready(world, proc);
		/* It has come to the same stop again. */
		proc->looked = true;
		break;
	case CALL_WAIT:
		proc->ready = child_is_ready(world, proc);
		break;
	case CALL_PIPE:
		proc->ready = pipe_is_ready(proc);
		break;
	case CALL_SLEEP:
		proc->ready = proc->refused && lock_is_free(proc);
		break;
	case DEATH:
		/* The command's own end is a part of what is explored. */
		proc->ready = !proc->command || proc->signalled ||
		    world->explored;
		break;
	case CALL:
		/* The lines are what is explored. */
		proc->ready = !(proc->act.writes & OUTPUT) ||
		    (world->explored && pipe_has_room(proc));
		break;
	default:
		proc->ready = true;
	}
	return proc->ready;
}

long long
world_timeout(const struct world *world, int p)
{
	const struct proc *proc = &world->proc[p];

	return proc->state == STOPPED && !(proc->act.kind == CALL_SLEEP &&
	    proc->refused) ? proc->act.timeout : -1;
}

/* --- a step --------------------------------------------------------------- */

static void
step_poll(struct world *world, struct proc *proc, bool late)
{
	registers entry = { 0 };
	long result;

	if (late)
		world->clock += proc->act.timeout;
	result = try_poll(world, proc, &entry);
	if (proc->state == GONE)
		return;
	/* It was ready when it was looked at, but is no more. */
	if (result == 0 && !late && proc->act.timeout != 0) {
		rewind_call(world, proc, &entry);
		return;
	}
	go_on(proc, PTRACE_CONT, 0);
}

static void
step_lock(struct world *world, struct proc *proc)
{
	long result = make_call(world, proc, NULL);

	proc->refused = result == -EWOULDBLOCK;
	proc->lock_fd = proc->act.args[0];
	proc->lock_how = proc->act.args[1];
	if (proc->state != GONE)
		go_on(proc, PTRACE_CONT, 0);
}

/* The processes that SIGKILL is sent to; the members of a group, too. */
static uint64_t
victims_of(const struct world *world, const struct act *act)
{
	uint64_t victims = act->victim == -1 ? 0 : UINT64_C(1) << act->victim;
	pid_t pid = (pid_t)act->args[0];
	int i;

	if (act->number != SYS_kill || act->args[1] != SIGKILL || pid >= -1)
		return victims;
	for (i = 0; i < world->n; i++)
		if (world->proc[i].state != GONE &&
		    getpgid(world->proc[i].pid) == -pid)
			victims |= UINT64_C(1) << i;
	return victims;
}

/* Lets those that were killed come to their death. */
static void
settle_victims(struct world *world, uint64_t victims)
{
	struct proc *proc;
	int i;

	for (i = 0; i < world->n; i++) {
		proc = &world->proc[i];
		if (!(victims >> i & 1) || (proc->state != LENDING &&
		    (proc->state != STOPPED || proc->act.kind == DEATH)))
			continue;
		proc->state = RUNNING;
		settle(world);
	}
}

void
world_step(struct world *world, int p, bool late)
{
	struct proc *proc = &world->proc[p];
	uint64_t victims = victims_of(world, &proc->act);
	int i;

	if (proc->act.kind == CALL_POLL && !proc->command)
		step_poll(world, proc, late);
	else if (proc->act.kind == CALL_LOCK)
		step_lock(world, proc);
	else if (proc->act.kind == CALL_SLEEP ||
	    proc->act.kind == CALL_PAUSE) {
		if (late)
			world->clock += proc->act.timeout;
		answer(proc->pid, -EAGAIN);
		go_on(proc, PTRACE_CONT, 0);
	} else
		go_on(proc, PTRACE_CONT, 0);
	settle(world);
	settle_victims(world, victims);
	for (i = 0; i < world->n; i++)
		world->proc[i].looked = false;
}

#endif
