/* SPDX-License-Identifier: BSD-2-Clause */
/* The outcome of a launch: a failed one is undone and reported. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "launch/outcome.h"
#include "process/signals.h"
#include "ready/tail.h"

static int
complain_killed(const struct plan *plan, int sig)
{
	char reason[64];

	(void)strlcpy(reason, "killed before it was executed", sizeof(reason));
	if (sig != 0)
		(void)snprintf(reason, sizeof(reason),
		    "killed by signal %d before it was executed", sig);
	return complain("exec", plan->path, reason);
}

static int
complain_interrupted(const struct plan *plan, int sig)
{
	char reason[64];

	(void)snprintf(reason, sizeof(reason), "interrupted by signal %s",
	    signal_name(sig));
	return complain("exec", plan->path, reason);
}

static int
complain_late(const struct plan *plan)
{
	char reason[WAIT_REASON_SIZE];

	ready_describe_late(&plan->ready.want, reason, sizeof(reason));
	(void)complain("ready", plan->path, reason);
	return STATUS_TIMED_OUT;
}

void
complain_not_ready(struct plan *plan, const struct outcome *outcome)
{

	(void)complain("ready", plan->path, outcome->reason);
	log_end_run(&plan->log);
	if (log_is_open(&plan->log))
		tail_print(plan->log.relay.tail, plan->log.relay.ntail,
		    plan->log.want.text);
	if (plan->log_start != -1)
		tail_show(plan->stdio[STDERR_FILENO], plan->log_start,
		    plan->steps.stdio[STDERR_FILENO]);
}

int
complain_outcome(const struct plan *plan, const struct outcome *outcome)
{
	switch (outcome->kind) {
	case OUTCOME_FAILED:
		return report_complain(plan, &outcome->report);
	case OUTCOME_KILLED:
		return complain_killed(plan, outcome->sig);
	case OUTCOME_INTERRUPTED:
		return complain_interrupted(plan, outcome->sig);
	case OUTCOME_LATE:
		return complain_late(plan);
	default:
		/* Reported when it happened. */
		return outcome->status;
	}
}

int
launch_abandon(const struct plan *plan, const struct outcome *outcome)
{
	int status;

	plan_undo(plan);
	status = complain_outcome(plan, outcome);
	if (plan->stopped)
		(void)complain("replace", plan->pidfile,
		    "the old instance has been stopped");
	return status;
}

int
launch_failed(const struct plan *plan, const struct report *report)
{
	struct outcome outcome = { .kind = OUTCOME_FAILED, .report = *report };

	return launch_abandon(plan, &outcome);
}
