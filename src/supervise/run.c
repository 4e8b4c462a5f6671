/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a run, and the next one. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/message.h"
#include "supervise/say.h"
#include "supervise/state.h"

/* --- the end of a run ---------------------------------------------------- */

static void
record_run(struct supervisor *s, long long began, long long ended)
{
	struct record *entry;

	if (s->plan->instance == NULL)
		return;
	entry = &s->plan->instance->entry;
	entry->run[entry->runs % RECORD_RUNS] = (struct run){
	    .number = entry->runs, .began = began, .ended = ended,
	    .when = (long long)time(NULL), .how = s->last };
}

/* Return when the next run starts, or NEVER; describe that in next. */
static long long
decide(struct supervisor *s, enum request word, long long lasted, long long now,
    char *next, size_t size)
{
	char delay[48];
	long long ms;

	if (s->stopping) {
		(void)strlcpy(next, "stopped", size);
		return NEVER;
	}
	if (word == REQUEST_AGAIN) {
		(void)strlcpy(next, "again at once", size);
		return now;
	}
	ms = backoff_next(&s->backoff, s->plan->policy, &s->last, lasted, now);
	if (ms == RESTART_NONE)
		(void)strlcpy(next, "not restarted", size);
	else if (ms == RESTART_LIMITED)
		(void)snprintf(next, size, "not restarted again: the limit is "
		    "%zu restart%s", s->plan->policy->limit,
		    s->plan->policy->limit == 1 ? "" : "s");
	s->limited = ms == RESTART_LIMITED;
	if (ms < 0)
		return NEVER;
	duration_format(ms, delay, sizeof(delay));
	(void)snprintf(next, size, "again in %s", delay);
	return now + ms;
}

/*
 * Record the end of a run that began at that time, decide about the next one,
 * and report both.  failure is the message of a start that has failed, or NULL.
 */
static void
run_ended(struct supervisor *s, struct ending how, long long began,
    const char *failure)
{
	char text[PATH_MAX + 512], what[64], next[64], after[48];
	long long now = now_ms();
	enum request word;

	s->run.pid = 0;
	s->stage = s->schedule.n;
	s->last = how;
	log_end_run(&s->plan->log);
	word = open_instance(s);
	record_run(s, began, now);
	s->due = decide(s, word, now - began, now, next, sizeof(next));
	if (s->plan->instance != NULL) {
		s->plan->instance->entry.due = s->due == NEVER ? 0 : s->due;
		s->plan->instance->entry.again = false;
	}
	write_instance(s, s->stopping ? RECORD_STOPPING : RECORD_WAITING);
	ending_describe(&how, what, sizeof(what));
	duration_format(now - began, after, sizeof(after));
	if (failure != NULL)
		(void)snprintf(text, sizeof(text), "%s; %s", failure, next);
	else
		(void)snprintf(text, sizeof(text), "%s: %s after %s; %s",
		    s->plan->command, what, after, next);
	say(s->plan, text);
	if (s->tree)
		begin_cleaning(s);
}

void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (log_reap(&s->plan->log, pid, status) ||
		    pid != s->run.pid)
			continue;
		run_ended(s, ending_of(status), s->run.when, NULL);
	}
}

/* --- the next run -------------------------------------------------------- */

void
start_run(struct supervisor *s)
{
	struct outcome outcome = { .kind = OUTCOME_REPORTED };
	struct instance *instance;
	struct ending how = { .kind = END_FAILED };
	long long began = now_ms();
	char failure[PATH_MAX + 256];

	s->due = NEVER;
	(void)open_instance(s);
	if (s->stopping) {
		write_instance(s, RECORD_STOPPING);
		return;
	}
	instance = s->plan->instance;
	if (instance != NULL)
		instance->entry.runs++;
	(void)plan_spare_instance(s->plan);
	launch_again(s->plan, &s->ends, &outcome, &s->run);
	if (instance != NULL) {
		/*
		 * The daemon has written both files, if it could.  The lock has
		 * ended, so a verb may have written its word since.
		 */
		if (outcome.kind == OUTCOME_READY &&
		    instance->dirty)
			s->unwritten = true;
		instance_release(instance);
	}
	(void)plan_settle(s->plan, s->signals, -1);
	log_begin_run(&s->plan->log, s->run.pid);
	if (outcome.kind == OUTCOME_READY)
		return;
	if (outcome.kind == OUTCOME_INTERRUPTED)
		end_run(s, outcome.sig, true);
	messages_capture(failure, sizeof(failure));
	how.number = complain_outcome(s->plan, &outcome);
	messages_capture(NULL, 0);
	run_ended(s, how, began, failure);
}
