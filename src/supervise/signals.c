/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals that a supervisor receives. */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervise/say.h"
#include "supervise/state.h"

/* Begin the stage: note its end, and with sent, send its signal. */
static void
begin_stage(struct supervisor *s, bool sent)
{
	int sig = s->schedule.stage[s->stage].signal;

	s->stage_due = now_ms() + s->schedule.stage[s->stage].wait;
	if (sent && s->run.pid != 0) {
		(void)kill(s->run.pid, sig);
		/* A stopped process acts upon it once it is continued. */
		(void)kill(s->run.pid, SIGCONT);
	}
}

void
next_stage(struct supervisor *s)
{
	char text[PATH_MAX + 64];

	if (++s->stage < s->schedule.n) {
		begin_stage(s, true);
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "%s: pid %d still runs after the whole schedule",
	    s->plan->command, (int)s->run.pid);
	say(s->plan, text);
}

/*
 * End the run by the default schedule, with sig as the first signal.  The
 * second time, go on to the next stage.
 * sent: a process has sent sig to this process.  Otherwise a terminal has sent
 * it, and the command has received it already.
 */
void
end_run(struct supervisor *s, int sig, bool sent)
{
	bool first = !s->stopping;

	s->stopping = true;
	s->due = NEVER;
	if (s->run.pid == 0) {
		/* What the run left behind is to be ended sooner. */
		if (!first && s->cleaning)
			stop_hurry(&s->stop);
		return;
	}
	if (!first && s->stage < s->schedule.n) {
		next_stage(s);
		return;
	}
	(void)schedule_parse(s->plan->stop_with, &s->schedule);
	/* The user's schedule says how; else the sender's signal does. */
	if (strcmp(s->plan->stop_with, SCHEDULE_DEFAULT) == 0)
		s->schedule.stage[0].signal = sig;
	s->stage = 0;
	begin_stage(s, sent);
}

/*
 * A verb has written its word.  Between two runs, act upon it; during a run, it
 * is read when the run ends.
 */
static void
act_on_word(struct supervisor *s)
{
	enum request word;

	if (s->run.pid != 0)
		return;
	word = open_instance(s);
	if (s->plan->instance != NULL)
		instance_release(s->plan->instance);
	if (s->stopping) {
		s->due = NEVER;
		/* A run that has ended may have left something behind. */
		if (s->tree && !s->cleaning)
			begin_cleaning(s);
	} else if (word == REQUEST_AGAIN)
		s->due = now_ms();
}

static void
take_signal(struct supervisor *s, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool sent = info->ssi_code <= 0;

	if (sig == SIGCHLD)
		return;
	/* A write of this process raises them: the kernel names it as sender. */
	if ((sig == SIGPIPE || sig == SIGXFSZ) &&
	    info->ssi_pid == (uint32_t)getpid())
		return;
	if (sig == SIGRTMAX && sent) {
		s->asked = true;
		act_on_word(s);
	} else if (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT)
		end_run(s, sig, sent);
	else if (!sent && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		/* The terminal stops all processes of the group. */
		(void)kill(getpid(), SIGSTOP);
	else if ((sent || sig == SIGHUP) && s->run.pid != 0)
		(void)kill(s->run.pid, sig);
}

void
take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(s, &info);
}
