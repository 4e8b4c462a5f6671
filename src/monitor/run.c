/* SPDX-License-Identifier: BSD-2-Clause */
/* A run of the command: it is ready, it ends, and what comes next. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <paths.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "monitor/monitor.h"
#include "process/signals.h"

/* A command that ends with 0 so soon may have made itself a daemon. */
#define SHORT_RUN_MS	1000

static const char forked_hint[] =
    "; if it makes itself a daemon, use its foreground option";

/* --- until it is ready ---------------------------------------------------- */

void
run_began(struct monitor *m, unsigned long long started)
{
	const struct plan *plan = m->plan;
	bool waits = ready_waits(&plan->config->ready);
	bool grouped = plan->steps.session &&
	    (plan->steps.background || plan->supervised);

	log_begin_run(&m->log, m->pid);
	if (!waits)
		m->instance.entry.ready = m->instance.entry.runs;
	if (m->has_instance)
		instance_mark(&m->instance, waits && plan->supervised ?
		    RECORD_STARTING : RECORD_RUNNING, m->pid, started);
	if (plan->supervised)
		m->dirty = m->instance.dirty;
	if (plan->supervised && m->has_instance &&
	    m->instance.entry.state == RECORD_STOPPING &&
	    !m->instance.entry.again) {
		/* The request came in the middle of the start. */
		enter(m, MONITOR_UP);
		m->stopping = true;
		m->next_due = NEVER;
		stop_run(m, SIGTERM, false);
		return;
	}
	if (!waits) {
		enter(m, MONITOR_UP);
		return;
	}
	/* The command has the other end. */
	if (plan->config->ready.fd != 0)
		reserve_fd(m);
	ready_begin(&m->ready, m->pid, grouped ? m->child : getsid(0));
	enter(m, MONITOR_READYING);
}

/* The last lines that a command wrote that is not ready. */
static void
print_last_lines(struct monitor *m)
{
	const struct relay *relay = &m->log.relay;

	log_end_run(&m->log);
	if (log_is_open(&m->log))
		tail_print(relay->tail, relay->ntail, m->log.want.text);
	if (m->files.log_start != -1)
		tail_show(m->files.stdio[STDERR_FILENO], m->files.log_start,
		    m->plan->steps.stdio[STDERR_FILENO]);
}

/* The run is not ready, and will not be: keep why. */
static void
fail_ready(struct monitor *m, int status, const char *why, const char *hint)
{
	char reason[PATH_MAX + sizeof(struct notice) + 256];

	(void)strlcpy(reason, why, sizeof(reason));
	ready_describe(&m->ready, status == STATUS_TIMED_OUT, reason,
	    sizeof(reason));
	ready_close(&m->ready);
	(void)strlcat(reason, hint, sizeof(reason));
	(void)fault_set(&m->fault, status, "ready", m->plan->path, reason);
	if (!m->first)
		return;
	/* Terminating it may take long, so the reason comes first. */
	print_fault(m);
	print_last_lines(m);
}

void
ready_late(struct monitor *m)
{
	const struct readiness *want = &m->plan->config->ready;
	char reason[PATH_MAX + 64];

	(void)snprintf(reason, sizeof(reason), "not ready after %s: %s",
	    want->timeout_text != NULL ? want->timeout_text :
	    READY_TIMEOUT_TEXT, want->text);
	fail_ready(m, STATUS_TIMED_OUT, reason, "");
}

void
interrupt_ready(struct monitor *m, int sig)
{
	char reason[64];

	m->interrupted = sig;
	(void)snprintf(reason, sizeof(reason), "interrupted by signal %s",
	    signal_name(sig));
	fail_ready(m, STATUS_FAILED, reason, "");
	stop_run(m, 0, false);
}

void
check_ready(struct monitor *m)
{
	enum answer answer;

	m->ready.seen = m->log.relay.found;
	answer = ready_ask(&m->ready);
	if (answer == ANSWER_READY) {
		/* It may have ended since. */
		reap(m);
		if (m->state == MONITOR_READYING) {
			if (m->verbose)
				narrate("ready", m->ready.want->text);
			enter(m, MONITOR_UP);
		}
	} else if (answer == ANSWER_ERROR) {
		fail_ready(m, STATUS_FAILED, strerror(errno), "");
		stop_run(m, 0, false);
	} else if (now_ms() >= m->ready.deadline) {
		ready_late(m);
		stop_run(m, 0, false);
	}
}

static void
ended_before_ready(struct monitor *m, struct ending how)
{
	const char *log = m->plan->steps.stdio[STDERR_FILENO];
	char reason[64];

	(void)snprintf(reason, sizeof(reason), how.kind == END_EXIT ?
	    "exited with status %d before it was ready" :
	    "killed by signal %d before it was ready", how.number);
	fail_ready(m, STATUS_ENDED, reason,
	    how.kind == END_EXIT && how.number == 0 ? forked_hint :
	    log != NULL && strcmp(log, _PATH_DEVNULL) == 0 ?
	    "; use -e FILE to see its messages" : "");
}

/* --- its end -------------------------------------------------------------- */

static void
command_ended(struct monitor *m, struct ending how)
{
	bool failed = m->fault.status != STATUS_DONE;

	m->pid = 0;
	if (m->state == MONITOR_OVER)
		return;		/* soon after the launch */
	if (m->state == MONITOR_READYING) {
		ended_before_ready(m, how);
		failed = how.kind == END_EXIT && how.number == 0;
	}
	if (m->state == MONITOR_STOPPING && failed)
		return;		/* all that it has started is ended, too */
	if (m->first) {
		stop_run(m, 0, false);
		return;
	}
	if (m->state == MONITOR_STOPPING)
		stop_finish(&m->stop);
	if (failed)
		how = (struct ending){ .kind = END_FAILED,
		    .number = m->fault.status };
	run_ended(m, how);
}

/* Return the pid of a child that has ended, to be reaped; or 0. */
static pid_t
find_ended(void)
{
	siginfo_t child = { .si_pid = 0 };

	/* It does not wait, so ECHILD is its only error. */
	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == -1 ?
	    0 : child.si_pid;
}

void
reap(struct monitor *m)
{
	int status;
	pid_t pid;

	/* A start waits for its own processes. */
	while (m->state != MONITOR_STARTING && (pid = find_ended()) != 0) {
		/*
		 * What was sent before an end counts, and the session of its
		 * sender is known until that is reaped.
		 */
		if (m->state == MONITOR_READYING)
			(void)ready_ask(&m->ready);
		if (waitpid(pid, &status, WNOHANG) == pid &&
		    !log_reap(&m->log, pid, status) &&
		    !ready_reap(&m->ready, pid, status) && pid == m->pid)
			command_ended(m, ending_of(status));
	}
}

/* A start that a stop has interrupted is no run. */
static void
record_run(struct monitor *m, long long now)
{
	struct record *entry = &m->instance.entry;

	if (!m->has_instance)
		return;
	if (m->interrupted != 0)
		entry->runs--;
	else
		entry->run[entry->runs % RECORD_RUNS] = (struct run){
		    .number = entry->runs, .began = m->began, .ended = now,
		    .when = (long long)time(NULL), .how = m->last };
}

/* Decide when the next run starts; describe that in next. */
static void
decide(struct monitor *m, enum request request, long long now, char *next,
    size_t size)
{
	const struct policy *policy = &m->plan->config->policy;
	char delay[48];
	long long ms;

	m->next_due = NEVER;
	if (m->stopping) {
		(void)strlcpy(next, "stopped", size);
		return;
	}
	if (request == REQUEST_AGAIN) {
		(void)strlcpy(next, "again at once", size);
		m->next_due = now;
		return;
	}
	ms = backoff_next(&m->backoff, policy, &m->last, now - m->began, now);
	m->limited = ms == RESTART_LIMITED;
	if (ms == RESTART_NONE)
		(void)strlcpy(next, "not restarted", size);
	else if (ms == RESTART_LIMITED)
		(void)snprintf(next, size, "not restarted again: the limit is "
		    "%zu restart%s", policy->limit,
		    policy->limit == 1 ? "" : "s");
	if (ms < 0)
		return;
	duration_format(ms, delay, sizeof(delay));
	(void)snprintf(next, size, "again in %s", delay);
	m->next_due = now + ms;
}

/* Say how the run has ended, and what comes next.  A verb may have ended it. */
static void
say_end(struct monitor *m, long long now, const char *next, bool requested)
{
	char text[PATH_MAX + 512], what[64], after[48];
	bool brief = m->last.kind == END_EXIT && m->last.number == 0 &&
	    now - m->began < SHORT_RUN_MS && !m->stopping && !requested;

	ending_describe(&m->last, what, sizeof(what));
	duration_format(now - m->began, after, sizeof(after));
	if (m->fault.text != NULL)
		(void)snprintf(text, sizeof(text), "%s; %s", m->fault.text,
		    next);
	else
		(void)snprintf(text, sizeof(text), "%s: %s after %s; %s%s",
		    m->plan->argv[0], what, after, next,
		    brief ? forked_hint : "");
	say(m, text);
	fault_clear(&m->fault);
}

void
run_ended(struct monitor *m, struct ending how)
{
	long long now = now_ms();
	char next[64];
	enum request request;

	close_startup_fds(m);
	m->pid = 0;
	m->last = how;
	log_end_run(&m->log);
	request = read_request(m);
	record_run(m, now);
	decide(m, request, now, next, sizeof(next));
	if (m->has_instance) {
		m->instance.entry.due = m->next_due == NEVER ? 0 : m->next_due;
		m->instance.entry.again = false;
	}
	write_instance(m, m->stopping ? RECORD_STOPPING : RECORD_WAITING);
	say_end(m, now, next, request != REQUEST_NONE);
	if (m->tree)
		kill_leftovers(m);
	else
		enter(m, MONITOR_WAITING);
}
