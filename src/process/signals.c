/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: their names, and setting all of them. */
#include "config.h"

#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "process/signals.h"

/* The size that the kernel has for a signal set: a bit a signal, from 1. */
#define KERNEL_SIGSET_SIZE	(_NSIG / 8)

/*
 * The names, as kill(1) has them, by number.  A real-time signal has none: what
 * is RTMIN depends on the C library.
 */
static const char names[][8] = {
	[SIGHUP] = "HUP", [SIGINT] = "INT", [SIGQUIT] = "QUIT",
	[SIGILL] = "ILL", [SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",
	[SIGBUS] = "BUS", [SIGFPE] = "FPE", [SIGKILL] = "KILL",
	[SIGUSR1] = "USR1", [SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
	[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM", [SIGTERM] = "TERM",
	[SIGCHLD] = "CHLD", [SIGCONT] = "CONT", [SIGSTOP] = "STOP",
	[SIGTSTP] = "TSTP", [SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",
	[SIGURG] = "URG", [SIGXCPU] = "XCPU", [SIGXFSZ] = "XFSZ",
	[SIGVTALRM] = "VTALRM", [SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
	[SIGIO] = "IO", [SIGPWR] = "PWR", [SIGSYS] = "SYS",
	[16] = "16", [32] = "32", [33] = "33",
	[34] = "34", [35] = "35", [36] = "36",
	[37] = "37", [38] = "38", [39] = "39", [40] = "40", [41] = "41",
	[42] = "42", [43] = "43", [44] = "44", [45] = "45", [46] = "46",
	[47] = "47", [48] = "48", [49] = "49", [50] = "50", [51] = "51",
	[52] = "52", [53] = "53", [54] = "54", [55] = "55", [56] = "56",
	[57] = "57", [58] = "58", [59] = "59", [60] = "60", [61] = "61",
	[62] = "62", [63] = "63", [64] = "64",
};

#define NAMES	(int)(sizeof(names) / sizeof(*names))

/* RTMIN, RTMIN+N, RTMAX or RTMAX-N; -1: none of these. */
static int
parse_realtime(const char *name)
{
	bool downward = strncasecmp(name, "RTMAX", 5) == 0;
	long long n = 0;

	if (!downward && strncasecmp(name, "RTMIN", 5) != 0)
		return -1;
	if (name[5] != '\0') {
		if (name[5] != (downward ? '-' : '+'))
			return -1;
		n = number_parse(name + 6, 0, SIGRTMAX - SIGRTMIN);
		if (n == -1)
			return -1;
	}
	return downward ? SIGRTMAX - (int)n : SIGRTMIN + (int)n;
}

int
signal_parse(const char *text)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	int realtime = parse_realtime(name);
	int i;

	if (realtime != -1)
		return realtime;
	for (i = 1; i < 32; i++)
		if (*names[i] != '\0' && strcasecmp(name, names[i]) == 0)
			return i;
	return (int)number_parse(text, 1, SIGRTMAX);
}

const char *
signal_name(int number)
{
	return number > 0 && number < NAMES && *names[number] != '\0' ?
	    names[number] : "?";
}

int
signal_set_default(int sig)
{
	/* All zero is SIG_DFL without flags in every kernel's layout. */
	static const unsigned char zero[256];

	return (int)syscall(SYS_rt_sigaction, sig, zero, NULL,
	    (size_t)KERNEL_SIGSET_SIZE);
}

int
signal_ignore(int sig)
{
	struct sigaction action = { .sa_handler = SIG_IGN };

	return sigaction(sig, &action, NULL);
}

int
signals_discard(const sigset_t *set)
{
	static const struct timespec now;

	while (sigtimedwait(set, NULL, &now) > 0 || errno == EINTR)
		;
	return errno == EAGAIN ? 0 : -1;
}

int
signals_set_mask(const sigset_t *mask)
{
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, NULL,
	    (size_t)KERNEL_SIGSET_SIZE);
}

int
signals_block(const sigset_t *set, sigset_t *before)
{
	/* The C library's set is longer than the kernel's. */
	(void)sigemptyset(before);
	return (int)syscall(SYS_rt_sigprocmask, SIG_BLOCK, set, before,
	    (size_t)KERNEL_SIGSET_SIZE);
}

void
signals_that_end(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGQUIT);
	(void)sigaddset(set, SIGTERM);
}

void
signals_fill(sigset_t *set)
{
	memset(set, 0xff, sizeof(*set));
}

int
signals_hold(void)
{
	sigset_t all;

	signals_fill(&all);
	return signals_set_mask(&all);
}
