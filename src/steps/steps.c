/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nine steps that make a process a daemon.
 *
 * A daemon is a process that depends on nobody: not on the terminal, shell or
 * connection that started it, nor on what that happened to have open, blocked,
 * ignored or as its directory.  Each step removes one such tie.
 *
 *   1 signals     nothing reaches the process while it detaches; the command
 *                 starts with default dispositions, none blocked or pending
 *   2 sigchld     the disposition of SIGCHLD
 *   3 background  a fork; the caller goes on
 *   4 session     setsid: no controlling terminal, a process group of its own
 *   5 refork      a second fork: no session leader, so never a terminal again
 *   6 umask       the mode of the files that the command makes
 *   7 fds         no descriptor that somebody left open
 *   8 chdir       no file system that is kept busy
 *   9 stdio       descriptors 0, 1, 2 open, and not the caller's
 *
 * They run in a process that forked: they call only what is async-signal-safe
 * (signal-safety(7)), and report by -1 and errno.
 */
#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "close_range.h"
#include "plan/plan.h"
#include "steps/steps.h"

/* The size that the kernel has for a signal set: a bit a signal, from 1. */
#define KERNEL_SIGSET_SIZE	(_NSIG / 8)

/* The f_type of procfs (statfs(2)); musl-gcc does not find linux/magic.h. */
#define PROC_SUPER_MAGIC	0x9fa0

/* As many descriptors can be closed one by one, in a second. */
#define CLOSE_EACH_MAX		(1024 * 1024)

const char *step_failed_call;
int step_failed_fd = -1;

/* Returns -1, and leaves errno as that call has set it. */
static int
failed_at(const char *call)
{
	step_failed_call = call;
	return -1;
}

/*
 * The C library hides the two signals that its threads use (32, 33), and
 * refuses to set them; a caller that did without it may have touched them.
 * So masks and default dispositions are set by the system call itself.
 */
static int
set_mask(const sigset_t *mask)
{
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL,
	    (size_t)KERNEL_SIGSET_SIZE);
}

int
step_signals_block(const sigset_t *set, sigset_t *before)
{
	/* It is longer than the kernel's. */
	(void)sigemptyset(before);
	return (int)syscall(SYS_rt_sigprocmask, SIG_BLOCK, set, before,
	    (size_t)KERNEL_SIGSET_SIZE);
}

static int
set_default(int sig)
{
	/* All zero is SIG_DFL without flags in every kernel's layout. */
	static const unsigned char zero[256];

	return (int)syscall(SYS_rt_sigaction, sig, zero, NULL,
	    (size_t)KERNEL_SIGSET_SIZE);
}

static int
set_ignore(int sig)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	return sigaction(sig, &action, NULL);
}

/*
 * 1 signals: a terminal signals its foreground group (^C, ^Z) and, when it is
 * hung up, its session: also processes that are just about to leave it.
 * So all is blocked from before the first fork.  Ignored signals stay ignored
 * over execve and blocked ones blocked (signal(7)), and a shell cannot trap
 * what was ignored when it started: so the command starts with neither.
 */
int
step_signals_hold(void)
{
	sigset_t all;

	memset(&all, 0xff, sizeof(all));
	return set_mask(&all);
}

int
step_signals(const struct plan *plan)
{
	static const int terminal[] = { SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU };
	static const struct itimerval off;
	static const struct timespec now;
	sigset_t all;
	size_t i;
	int sig;

	if (plan->steps.signals == DISPOSITION_KEEP)
		return 0;
	for (sig = 1; sig < _NSIG; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		/* Valgrind keeps the last one for itself. */
		if (set_default(sig) == -1 && sig != _NSIG - 1)
			return -1;
	}
	if (plan->steps.signals == DISPOSITION_IGNORE)
		for (i = 0; i < sizeof(terminal) / sizeof(*terminal); i++)
			if (set_ignore(terminal[i]) == -1)
				return -1;

	/* A child has no timers and nothing pending (fork(2)). */
	if (!plan_forks(plan) && (
	    setitimer(ITIMER_REAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_VIRTUAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_PROF, &off, NULL) == -1))
		return failed_at("setitimer");
	memset(&all, 0xff, sizeof(all));
	while (sigtimedwait(&all, NULL, &now) > 0)
		;
	return errno == EAGAIN ? 0 : failed_at("rt_sigtimedwait");
}

int
step_signals_release(const struct plan *plan)
{
	sigset_t none;

	memset(&none, 0, sizeof(none));
	return set_mask(plan->steps.signals == DISPOSITION_KEEP ?
	    &plan->caller.mask : &none) == 0 ? 0 : failed_at("rt_sigprocmask");
}

/*
 * 2 sigchld: ignored, the kernel reaps the children (sigaction(2)) and a
 * command that waits for one gets ECHILD.
 */
int
step_sigchld(const struct plan *plan)
{
	enum disposition sigchld = plan->steps.sigchld;

	if (sigchld == DISPOSITION_KEEP && !plan_forks(plan))
		return 0;
	/* The launcher has reset it for itself. */
	if (sigchld == DISPOSITION_KEEP)
		sigchld = plan->caller.sigchld_ignored ?
		    DISPOSITION_IGNORE : DISPOSITION_DEFAULT;
	return sigchld == DISPOSITION_IGNORE ?
	    set_ignore(SIGCHLD) : set_default(SIGCHLD);
}

/*
 * vfork(2) rather than fork(2): a third of the caller's wait would go into
 * copying page tables that the exec throws away.  Its child may not return
 * from here, and what it changes in memory is changed in the parent, too:
 * it does what is async-signal-safe, and has a stack frame of its own below
 * this one.  Everything else (descriptors, dispositions, the umask, ids, the
 * directory) is its own, as after fork(2).
 */
static pid_t __attribute__((noinline))
fork_to(const struct plan *plan, process *child)
{
	pid_t pid = plan_is_apart(plan) ? fork() : vfork();

	if (pid == 0)
		child(plan, plan->channel[1]);
	return pid;
}

/*
 * 3 background: the caller waits for the launcher, not for the daemon.  It
 * also makes a process that leads no group, which setsid(2) demands.
 */
pid_t
step_background(const struct plan *plan, process *child)
{
	return fork_to(plan, child);
}

/* 4 session: the only way to lose a controlling terminal for good. */
int
step_session(const struct plan *plan)
{
	return plan->steps.session && setsid() == -1 ? -1 : 0;
}

/*
 * 5 refork: a session leader without a terminal gets one by just opening it
 * (tty_ioctl(4)); its child does not.
 */
pid_t
step_refork(const struct plan *plan, process *child)
{
	return fork_to(plan, child);
}

/* 6 umask: inherited, it would be that of whoever starts the daemon. */
int
step_umask(const struct plan *plan)
{
	if (plan->steps.umask != UMASK_KEEP)
		(void)umask((mode_t)plan->steps.umask);	/* cannot fail */
	return 0;
}

/* A directory entry as getdents64(2) returns it. */
struct dirent64_raw {
	uint64_t ino;
	int64_t off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

/*
 * Closes what /proc lists from first to last.  -1 where there is no /proc.
 * readdir(3) allocates.
 */
static int
close_listed(unsigned int first, unsigned int last)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct dirent64_raw *entry;
	struct statfs fs;
	const char *c;
	unsigned int fd;
	long size = -1, at;
	int dir;

	dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return -1;
	if (fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		while ((size = syscall(SYS_getdents64, dir, buf,
		    sizeof(buf))) > 0)
			for (at = 0; at < size; at += entry->reclen) {
				entry = (const void *)(buf + at);
				fd = 0;
				for (c = entry->name; *c >= '0' && *c <= '9';
				    c++)
					fd = fd * 10 +
					    (unsigned int)(*c - '0');
				if (*c == '\0' && fd >= first && fd <= last &&
				    fd != (unsigned int)dir)
					(void)close((int)fd);
			}
	(void)close(dir);
	return size == 0 ? 0 : -1;
}

/*
 * Closes those from first to last that the hard limit allows; a caller that
 * has lowered it since may have higher ones.  -1 where it allows too many.
 */
static int
close_each(unsigned int first, unsigned int last)
{
	struct rlimit files;
	unsigned int fd;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1 ||
	    files.rlim_max > CLOSE_EACH_MAX)
		return -1;
	for (fd = first; fd <= last && fd < files.rlim_max; fd++)
		(void)close((int)fd);	/* most are not open */
	return 0;
}

/*
 * A kernel before 5.9 has no close_range(2), and the filter of an old container
 * runtime denies what it does not know.
 */
static int
close_from_to(unsigned int first, unsigned int last)
{
	int error;

	if (first > last || close_range(first, last, 0) == 0)
		return 0;
	error = errno;
	if ((error == ENOSYS || error == EPERM) &&
	    (close_listed(first, last) == 0 || close_each(first, last) == 0))
		return 0;
	errno = error;
	return -1;
}

/*
 * 7 fds: a descriptor that leaks into a daemon keeps a pipe from its end, a
 * lock from its release, a disk from being unmounted.  What is spared are the
 * user's list and the launch's own, which close themselves on exec.  The gaps
 * between them are closed, however many descriptors lie there and whatever the
 * limit is.
 */
int
step_fds(const struct plan *plan)
{
	unsigned int next = STDERR_FILENO + 1;
	size_t i;

	if (plan->steps.fds == FDS_KEEP)
		return 0;
	for (i = 0; i < plan->nspare; i++) {
		unsigned int spare = (unsigned int)plan->spare[i];

		if (spare > next && close_from_to(next, spare - 1) == -1)
			return -1;
		next = spare + 1;
	}
	return close_from_to(next, UINT_MAX);
}

void
fds_add(int *fds, size_t *n, int fd)
{
	size_t i, at = *n;

	while (at > 0 && fds[at - 1] > fd)
		at--;
	if (at > 0 && fds[at - 1] == fd)
		return;
	for (i = (*n)++; i > at; i--)
		fds[i] = fds[i - 1];
	fds[at] = fd;
}

/* 8 chdir: the directory would be busy, or gone, or anybody's. */
int
step_chdir(const struct plan *plan)
{
	return plan->steps.chdir == NULL ? 0 : chdir(plan->steps.chdir);
}

/*
 * 9 stdio: the caller's would hold its terminal and its pipes; closed ones
 * would be reused by the first file that the command opens.  Truncating is
 * left to here, so that a launch that is refused loses no line of a log.
 */
int
step_stdio(const struct plan *plan)
{
	int fd;

	for (fd = 0; fd < 3; fd++) {
		if (plan->stdio[fd] == -1)
			continue;
		if (plan->truncate[fd] &&
		    ftruncate(plan->stdio[fd], 0) == -1) {
			step_failed_fd = fd;
			return failed_at("ftruncate");
		}
		if (dup2(plan->stdio[fd], fd) == -1)
			return -1;
	}
	return 0;
}

static const char *
disposition_name(enum disposition disposition)
{
	switch (disposition) {
	case DISPOSITION_DEFAULT:
		return "default";
	case DISPOSITION_IGNORE:
		return "ignore";
	case DISPOSITION_KEEP:
		break;
	}
	return "keep";
}

static void
fds_value(const struct steps *steps, char *buf, size_t size)
{
	char number[16];
	size_t i;

	(void)strlcpy(buf, steps->fds == FDS_CLOSE ? "close" :
	    steps->fds == FDS_KEEP ? "keep" : "", size);
	for (i = 0; steps->fds == FDS_LIST && i < steps->nlisted; i++) {
		(void)snprintf(number, sizeof(number), "%s%d",
		    i == 0 ? "" : ",", steps->listed[i]);
		(void)strlcat(buf, number, size);
	}
}

static void
stdio_value(const struct steps *steps, char *buf, size_t size)
{
	int fd;

	buf[0] = '\0';
	for (fd = 0; fd < 3; fd++) {
		if (fd > 0)
			(void)strlcat(buf, " ", size);
		(void)strlcat(buf, steps->stdio[fd] == NULL ? "keep" :
		    steps->stdio[fd], size);
	}
}

void
step_value(enum step step, const struct steps *steps, char *buf, size_t size)
{
	const char *value = NULL;

	switch (step) {
	case STEP_SIGNALS:
		value = disposition_name(steps->signals);
		break;
	case STEP_SIGCHLD:
		value = disposition_name(steps->sigchld);
		break;
	case STEP_BACKGROUND:
		value = steps->background ? "yes" : "no";
		break;
	case STEP_SESSION:
		value = steps->session ? "new" : "keep";
		break;
	case STEP_REFORK:
		value = steps->refork ? "yes" : "no";
		break;
	case STEP_UMASK:
		if (steps->umask == UMASK_KEEP)
			value = "keep";
		else
			(void)snprintf(buf, size, "%03o",
			    (unsigned int)steps->umask);
		break;
	case STEP_FDS:
		fds_value(steps, buf, size);
		break;
	case STEP_CHDIR:
		value = steps->chdir == NULL ? "keep" : steps->chdir;
		break;
	case STEP_STDIO:
		stdio_value(steps, buf, size);
		break;
	case STEPS:
		break;
	}
	if (value != NULL)
		(void)strlcpy(buf, value, size);
}

const struct step_row step_table[STEPS] = {
	[STEP_SIGNALS] = { "signals", "rt_sigaction",
	    "block all while detaching; then reset, unblock, discard pending",
	    "what the caller ignores or blocks would stay so in the command" },
	[STEP_SIGCHLD] = { "sigchld", "rt_sigaction",
	    "give SIGCHLD this disposition",
	    "a command that waits for its children fails if it is ignored" },
	[STEP_BACKGROUND] = { "background", "fork",
	    "fork; the caller goes on once the command has been executed",
	    "the caller waits for the launcher, not for the daemon" },
	[STEP_SESSION] = { "session", "setsid",
	    "start a session and process group, without a terminal",
	    "a terminal signals its session when it is hung up" },
	[STEP_REFORK] = { "refork", "fork",
	    "fork again, so that the daemon leads no session",
	    "a session leader that opens a terminal is tied to it again" },
	[STEP_UMASK] = { "umask", "umask",
	    "create files without these permissions",
	    "the caller's would decide who can write the daemon's files" },
	[STEP_FDS] = { "fds", "close_range",
	    "close every descriptor above 2, but those listed",
	    "a leaked one keeps pipes, locks and file systems busy" },
	[STEP_CHDIR] = { "chdir", "chdir",
	    "change the working directory",
	    "the caller's could not be unmounted, or may be removed" },
	[STEP_STDIO] = { "stdio", "dup2",
	    "redirect standard input, output and error",
	    "the caller's terminal and pipes are given back" },
};
