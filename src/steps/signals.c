/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 1 signals
 *
 * A terminal signals its foreground group (^C, ^Z) and, when it is hung up,
 * its session: also processes that are about to leave it.  So everything is
 * blocked from before the first fork (signals_hold).  Ignored signals stay
 * ignored over execve and blocked ones blocked (signal(7)), and a shell cannot
 * trap what was ignored when it started: so the command starts with neither.
 */
#include "config.h"

#include <sys/time.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "process/signals.h"
#include "steps/step.h"

#define BIT(sig)	(1ULL << ((sig) - 1))

static const int terminal[] = { SIGHUP, SIGTSTP, SIGTTIN, SIGTTOU };

#define TERMINAL_BITS	(BIT(SIGHUP) | BIT(SIGTSTP) | BIT(SIGTTIN) | \
			BIT(SIGTTOU))

/* Servers ignore these themselves, and the terminal's. */
#define SERVER_BITS	(TERMINAL_BITS | BIT(SIGPIPE) | BIT(SIGSYS) | \
			BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(SIGALRM))

static const char *
parse(struct steps *steps, const char *value)
{
	return disposition_parse(value, &steps->signals);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, disposition_name(steps->signals), size);
}

static int
reset_timers(const char **call)
{
	static const struct itimerval off;

	*call = "setitimer";
	return setitimer(ITIMER_REAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_VIRTUAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_PROF, &off, NULL) == -1 ? -1 : 0;
}

static int
discard_pending(const char **call)
{
	sigset_t all;

	*call = "rt_sigtimedwait";
	signals_fill(&all);
	return signals_discard(&all);
}

int
step_signals(enum disposition signals, bool forked, const char **call)
{
	size_t i;
	int sig;

	if (signals == DISPOSITION_KEEP)
		return 0;
	for (sig = 1; sig < _NSIG; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		/* Valgrind keeps the last one for itself. */
		if (signal_set_default(sig) == -1 && sig != _NSIG - 1)
			return -1;
	}
	if (signals == DISPOSITION_IGNORE)
		for (i = 0; i < sizeof(terminal) / sizeof(*terminal); i++)
			if (signal_ignore(terminal[i]) == -1)
				return -1;
	/* A forked process has no timers (fork(2)). */
	if (!forked && reset_timers(call) == -1)
		return -1;
	return discard_pending(call);
}

int
step_signals_release(enum disposition signals, const sigset_t *before)
{
	sigset_t none;

	memset(&none, 0, sizeof(none));
	return signals_set_mask(signals == DISPOSITION_KEEP ? before : &none);
}

/* `HUP PIPE`, or `none`. */
static void
list_signals(unsigned long long set, char *buf, size_t size)
{
	int sig;

	(void)strlcpy(buf, set == 0 ? "none" : "", size);
	for (sig = 1; sig <= 64; sig++)
		if (set & BIT(sig)) {
			(void)strlcat(buf, buf[0] == '\0' ? "" : " ", size);
			(void)strlcat(buf, signal_name(sig), size);
		}
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	unsigned long long blocked = facts->status.blocked;
	unsigned long long ignored = facts->status.ignored & ~BIT(SIGCHLD);
	unsigned long long wanted = expected->signals == DISPOSITION_IGNORE ?
	    TERMINAL_BITS : 0;
	char blocked_names[512], ignored_names[512];

	list_signals(blocked, blocked_names, sizeof(blocked_names));
	list_signals(ignored, ignored_names, sizeof(ignored_names));
	(void)snprintf(finding->seen, sizeof(finding->seen),
	    blocked == 0 && ignored == 0 ? "none ignored, none blocked" :
	    "ignored: %s; blocked: %s", ignored_names, blocked_names);
	if (expected->signals == DISPOSITION_KEEP ||
	    (blocked == 0 && ignored == wanted))
		finding->verdict = VERDICT_OK;
	else if (!step_is_given(expected, STEP_SIGNALS) && blocked == 0 &&
	    (ignored & ~SERVER_BITS) == 0)
		finding->verdict = VERDICT_UNSEEN;
	else
		finding->verdict = VERDICT_BAD;
}

const struct step signals_row = {
	.name = "signals",
	.call = "rt_sigaction",
	.what = "block all while detaching; then reset, unblock, "
	    "discard pending",
	.why = "what the caller ignores or blocks would stay so in the command",
	.parse = parse,
	.print = print,
	.check = check,
};
