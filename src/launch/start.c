/* SPDX-License-Identifier: BSD-2-Clause */
/* The forks that lead to the daemon's process. */
#include "config.h"

#include <sys/types.h>

#include <unistd.h>

#include "base/message.h"
#include "launch/become.h"
#include "launch/report.h"
#include "launch/start.h"

static process	intermediate, daemon_process;
static void	leave_launcher(struct start *);

pid_t
start_daemon(struct start *start)
{
	struct plan *plan = start->plan;
	struct start own = { .plan = plan, .channel = -1 };
	bool apart = plan_is_apart(plan);
	pid_t pid;

	if (plan->steps.background || plan->supervised) {
		pid = step_fork(apart, intermediate, start);
		/* A supervisor tries again. */
		if (pid == -1 && !start->anew)
			stage_failed(&own, STEP_BACKGROUND);
		return pid;
	}

	/* Without that fork, the launcher itself continues. */
	stage_done(&own, STEP_BACKGROUND);
	if (step_session(plan->steps.session) == -1)
		stage_failed(&own, STEP_SESSION);
	stage_done(&own, STEP_SESSION);
	if (!plan->steps.refork)
		become(&own);
	pid = step_fork(apart, daemon_process, start);
	if (pid == -1)
		stage_failed(&own, STEP_REFORK);
	return pid;
}

/*
 * With a second fork it exits once the daemon has been executed, or has ended;
 * without one it is the daemon.
 */
static void
intermediate(void *argument)
{
	struct start *start = argument;
	const struct steps *steps = &start->plan->steps;

	leave_launcher(start);
	stage_done(start, STEP_BACKGROUND);
	if (step_session(steps->session) == -1)
		stage_failed(start, STEP_SESSION);
	stage_done(start, STEP_SESSION);
	if (!steps->refork)
		become(start);
	if (step_fork(plan_is_apart(start->plan), daemon_process,
	    start) == -1)
		stage_failed(start, STEP_REFORK);
	_exit(STATUS_DONE);
}

static void
daemon_process(void *argument)
{
	struct start *start = argument;

	leave_launcher(start);
	become(start);
}

/*
 * The first thing that a child of the launcher does.  With the launcher's end
 * open, the daemon would not see it closed.
 */
static void
leave_launcher(struct start *start)
{
	if (start->listener == -1)
		return;
	(void)close(start->listener);
	start->listener = -1;
	/* After unshare(CLONE_NEWPID) in the caller, all ends with this one. */
	if (getpid() == 1)
		stage_failed(start, STAGE_INIT);
}
