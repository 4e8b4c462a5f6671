/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals: their names, and setting all of them. */
#include "config.h"

#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/number.h"
#include "process/signals.h"

/* The size that the kernel has for a signal set: a bit a signal, from 1. */
#define KERNEL_SIGSET_SIZE	(_NSIG / 8)

/* The ones with a name, as kill(1) has them. */
static const struct { int number; char name[8]; } signals[] = {
	{ SIGHUP,	"HUP" },
	{ SIGINT,	"INT" },
	{ SIGQUIT,	"QUIT" },
	{ SIGILL,	"ILL" },
	{ SIGTRAP,	"TRAP" },
	{ SIGABRT,	"ABRT" },
	{ SIGBUS,	"BUS" },
	{ SIGFPE,	"FPE" },
	{ SIGKILL,	"KILL" },
	{ SIGUSR1,	"USR1" },
	{ SIGSEGV,	"SEGV" },
	{ SIGUSR2,	"USR2" },
	{ SIGPIPE,	"PIPE" },
	{ SIGALRM,	"ALRM" },
	{ SIGTERM,	"TERM" },
	{ SIGCHLD,	"CHLD" },
	{ SIGCONT,	"CONT" },
	{ SIGSTOP,	"STOP" },
	{ SIGTSTP,	"TSTP" },
	{ SIGTTIN,	"TTIN" },
	{ SIGTTOU,	"TTOU" },
	{ SIGURG,	"URG" },
	{ SIGXCPU,	"XCPU" },
	{ SIGXFSZ,	"XFSZ" },
	{ SIGVTALRM,	"VTALRM" },
	{ SIGPROF,	"PROF" },
	{ SIGWINCH,	"WINCH" },
	{ SIGIO,	"IO" },
	{ SIGPWR,	"PWR" },
	{ SIGSYS,	"SYS" },
};

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
	size_t i;

	if (realtime != -1)
		return realtime;
	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (strcasecmp(name, signals[i].name) == 0)
			return signals[i].number;
	return (int)number_parse(text, 1, SIGRTMAX);
}

const char *
signal_name(int number)
{
	static char digits[16];
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (signals[i].number == number)
			return signals[i].name;
	(void)snprintf(digits, sizeof(digits), "%d", number);
	return digits;
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

	while (sigtimedwait(set, NULL, &now) > 0)
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
