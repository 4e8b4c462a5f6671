/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening files of a server that may not answer. */
#include "config.h"

#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "base/message.h"
#include "launch/opener.h"
#include "process/signals.h"

/* Only what is used of it takes memory. */
#define STACK_SIZE	(1024 * 1024)

/* How long a killed child is waited for. */
#define END_MS		100

struct opener {
	struct plan *plan;
	int (*open_files)(struct plan *);
	volatile int status;
};

static int
open_in_child(void *argument)
{
	struct opener *opener = argument;

	opener->status = opener->open_files(opener->plan);
	return 0;
}

/*
 * Kills the child, and waits a moment for its end.  Longer is no use: where the
 * server has read its request, it ends with the server's answer.
 */
static void
end_child(pid_t child)
{
	static const struct timespec pause = { .tv_nsec = 1000000 };
	int i;

	(void)kill(child, SIGKILL);
	for (i = 0; i < END_MS && waitpid(child, NULL, WNOHANG | __WALL) == 0;
	    i++)
		(void)nanosleep(&pause, NULL);
}

/* Waits for the child, or for a signal that ends the wait: that one, or 0. */
static int
await_child(pid_t child, int signals)
{
	struct signalfd_siginfo info;

	while (waitpid(child, NULL, WNOHANG | __WALL) == 0)
		if (read(signals, &info, sizeof(info)) == sizeof(info) &&
		    info.ssi_signo != SIGCHLD) {
			end_child(child);
			return (int)info.ssi_signo;
		}
	return 0;
}

int
opener_run(struct plan *plan, int (*open_files)(struct plan *), int *sig)
{
	/* It outlives this function where the child does. */
	static struct opener opener;
	sigset_t set = plan->interrupts;
	pid_t child = -1;
	char *stack;
	int signals;

	opener = (struct opener){ .plan = plan, .open_files = open_files,
	    .status = STATUS_FAILED };
	*sig = 0;
	(void)sigaddset(&set, SIGCHLD);
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	/* Ignored, its end would not be seen. */
	if (stack != MAP_FAILED && signals != -1 &&
	    signal_set_default(SIGCHLD) == 0)
		child = clone(open_in_child, stack + STACK_SIZE,
		    CLONE_VM | CLONE_FILES | SIGCHLD, &opener);
	if (child == -1)
		return complain_errno("background", "clone", errno);
	*sig = await_child(child, signals);
	(void)close(signals);
	if (*sig != 0)
		return STATUS_FAILED;	/* the child may have its stack still */
	(void)munmap(stack, STACK_SIZE);
	return opener.status;
}
