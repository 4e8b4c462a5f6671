/* SPDX-License-Identifier: BSD-2-Clause */
/* A run that is being ended, and what it leaves behind: by one engine. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "base/progress.h"
#include "monitor/monitor.h"
#include "process/schedule.h"

static bool
has_children(void)
{
	siginfo_t child;

	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void
find_inherited(struct monitor *m)
{
	ssize_t n;

	m->inherited = has_children();
	if (!m->inherited && !m->plan->supervised)
		return;
	/* To look for children costs several calls a process. */
	n = m->inherited ? stop_list_children(&m->excluded) : 0;
	if (!m->inherited)
		m->excluded = calloc(1, sizeof(*m->excluded));
	m->nexcluded = n == -1 || m->excluded == NULL ? 0 : (size_t)n + 1;
}

/*
 * A run that was not ready is ended with all that it has started: what has left
 * its session is a descendant of this process, which is a subreaper.  But so
 * are the caller's children, if they could not be listed.
 */
static void
target_all(const struct monitor *m, struct targets *targets)
{
	targets->session = m->ready.session;
	if ((m->first || m->tree) &&
	    (!m->inherited || m->excluded != NULL))
		targets->scope = TARGET_DESCENDANTS;
	else if (targets->session != getsid(0))
		targets->scope = TARGET_SESSION;
}

/* Only /proc has the others: end the command alone. */
static void
stop_one(struct monitor *m)
{
	struct targets targets = m->stop.targets;
	struct schedule schedule = m->stop.schedule;

	stop_finish(&m->stop);
	targets.scope = TARGET_ONE;
	(void)complain("ready", m->plan->path, "without /proc, the "
	    "processes that it has started are not found and ended");
	(void)stop_begin(&m->stop, &targets, &schedule);
}

void
stop_run(struct monitor *m, int sig, bool received)
{
	struct targets targets = { .scope = TARGET_ONE, .pid = m->pid,
	    .pidfd = -1, .excluded = m->excluded,
	    .nexcluded = m->nexcluded };
	struct schedule schedule;

	(void)schedule_parse(m->plan->stop_with, &schedule);
	/* The user's schedule says how; else the sender's signal does. */
	if (received)
		schedule.stage[0].signal = 0;
	else if (sig != 0 && strcmp(m->plan->stop_with, SCHEDULE_DEFAULT) == 0)
		schedule.stage[0].signal = sig;
	if (m->fault.status != STATUS_DONE)
		target_all(m, &targets);
	if (stop_begin(&m->stop, &targets, &schedule) == -1)
		stop_one(m);
	enter(m, MONITOR_STOPPING);
}

void
kill_leftovers(struct monitor *m)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .excluded = m->excluded, .nexcluded = m->nexcluded };
	struct schedule schedule;

	(void)schedule_parse(m->plan->stop_with, &schedule);
	if (stop_begin(&m->stop, &targets, &schedule) == -1) {
		stop_finish(&m->stop);
		enter(m, MONITOR_WAITING);
	} else
		enter(m, MONITOR_CLEANING);
}

/* Say that it was in vain. */
static void
report_survivor(struct monitor *m, const char *reason)
{
	char text[PATH_MAX + 128];

	if (m->first) {
		(void)complain("ready", m->plan->path, reason);
		return;
	}
	if (m->state == MONITOR_CLEANING)
		(void)snprintf(text, sizeof(text), "%s: leftover processes: "
		    "%s", m->plan->argv[0], reason);
	else
		(void)snprintf(text, sizeof(text), "%s: pid %d: %s",
		    m->plan->argv[0], (int)m->pid, reason);
	say(m, text);
}

void
step_stop(struct monitor *m)
{
	enum stop_result result;
	char reason[256];

	/* The logger may have been started again. */
	if (m->excluded != NULL)
		m->excluded[m->nexcluded - 1] = m->log.logger.id;
	result = stop_step(&m->stop);
	if (result == STOP_FAILED && m->state == MONITOR_STOPPING &&
	    m->stop.targets.scope != TARGET_ONE) {
		stop_one(m);
		return;
	}
	if (result == STOP_PENDING)
		return;
	progress_clear();
	if (result == STOP_FAILED)
		report_survivor(m, strerror(errno));
	if (result == STOP_SURVIVED) {
		(void)snprintf(reason, sizeof(reason), "did not end after %s",
		    m->plan->stop_with);
		report_survivor(m, reason);
	}
	stop_finish(&m->stop);
	if (m->state == MONITOR_CLEANING)
		enter(m, MONITOR_WAITING);
	else if (m->first)
		enter(m, MONITOR_OVER);
	else if (m->pid == 0)
		run_ended(m, (struct ending){ .kind = END_FAILED,
		    .number = m->fault.status });
	else {
		/* It is reaped next, or still runs. */
		m->state = MONITOR_UP;
		reap(m);
	}
}

void
end_targets(const struct targets *targets, const struct schedule *schedule)
{
	struct stop stop;
	struct pollfd fd;
	long long due;

	if (stop_begin(&stop, targets, schedule) == 0)
		while (stop_step(&stop) == STOP_PENDING) {
			due = NEVER;
			stop_poll(&stop, &fd, &due);
			(void)poll(&fd, 1, ms_until(due, 1000));
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		}
	stop_finish(&stop);
}
