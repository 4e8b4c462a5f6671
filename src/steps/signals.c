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

/* What a terminal sends; servers ignore these themselves, and others. */
#define TERMINAL_BITS	(SIGNAL_BIT(SIGHUP) | SIGNAL_BIT(SIGTSTP) | \
			SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))
#define SERVER_BITS	(TERMINAL_BITS | SIGNAL_BIT(SIGPIPE) | \
			SIGNAL_BIT(SIGSYS) | SIGNAL_BIT(SIGUSR1) | \
			SIGNAL_BIT(SIGUSR2) | SIGNAL_BIT(SIGALRM))

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
reset_timers(void)
{
	static const struct itimerval off;

	return setitimer(ITIMER_REAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_VIRTUAL, &off, NULL) == -1 ||
	    setitimer(ITIMER_PROF, &off, NULL) == -1 ? -1 : 0;
}

int
step_signals(enum disposition signals, bool forked, const char **call)
{
	sigset_t all;
	int sig, result;

	if (signals == DISPOSITION_KEEP)
		return 0;
	for (sig = 1; sig < _NSIG; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == SIGCHLD)
			continue;
		result = signals == DISPOSITION_IGNORE &&
		    SIGNAL_BIT(sig) & TERMINAL_BITS ?
		    signal_ignore(sig) : signal_set_default(sig);
		/* Valgrind keeps the last one for itself. */
		if (result == -1 && sig != _NSIG - 1)
			return -1;
	}
	/* A forked process has no timers (fork(2)). */
	*call = "setitimer";
	if (!forked && reset_timers() == -1)
		return -1;
	*call = "rt_sigtimedwait";
	signals_fill(&all);
	return signals_discard(&all);
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
		if (set & SIGNAL_BIT(sig)) {
			(void)strlcat(buf, buf[0] == '\0' ? "" : " ", size);
			(void)strlcat(buf, signal_name(sig), size);
		}
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	unsigned long long blocked = facts->status.blocked;
	unsigned long long ignored =
	    facts->status.ignored & ~SIGNAL_BIT(SIGCHLD);
	unsigned long long wanted = expected->signals == DISPOSITION_IGNORE ?
	    TERMINAL_BITS : 0;
	char blocked_names[512], ignored_names[512];
	enum verdict verdict = VERDICT_BAD;

	if (expected->signals == DISPOSITION_KEEP ||
	    (blocked == 0 && ignored == wanted))
		verdict = VERDICT_OK;
	else if (!step_is_given(expected, STEP_SIGNALS) && blocked == 0 &&
	    (ignored & ~SERVER_BITS) == 0)
		verdict = VERDICT_UNSEEN;
	list_signals(blocked, blocked_names, sizeof(blocked_names));
	list_signals(ignored, ignored_names, sizeof(ignored_names));
	if (blocked == 0 && ignored == 0)
		finding_set(finding, verdict, "none ignored, none blocked");
	else
		finding_set(finding, verdict, "ignored: %s; blocked: %s",
		    ignored_names, blocked_names);
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
