/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the plan to a daemon.
 *
 *   launcher      opens, forks, listens at the report channel, exits
 *   intermediate  leads the new session, forks, exits
 *   daemon        takes the steps that are left and becomes the command
 *
 * Each stands still, and lends its memory, until the one that it forked has
 * been executed or has ended (vfork(2)): no page is copied for nothing.  With
 * another user, or a --ready that may be late, they are forked apart.
 *
 * The launcher makes itself the process that orphans are given to, so that the
 * daemon stays its child, of which the kernel says how it ended.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "launch/end.h"
#include "launch/launch.h"
#include "launch/opener.h"
#include "launch/outcome.h"
#include "launch/start.h"
#include "process/proc.h"
#include "process/signals.h"

struct launch {
	struct plan *plan;
	struct start start;		/* shared with the processes */
	struct family family;		/* the processes */
	struct started started;
	int listener;			/* what their reports are read from */
	int signals;			/* a signalfd(2) for interrupts; -1:
					   the wait cannot be ended */
	long long deadline;		/* of the exec, by now_ms() */
	bool over;			/* the wait was ended */
};

static int	open_all(struct launch *, struct outcome *);
static int	open_channel(struct launch *);
static void	close_channel(const struct launch *);
static int	prepare_launcher(struct launch *, const char **call);
static void	listen_to(struct launch *, struct outcome *);
static bool	receive(struct launch *, struct outcome *, bool *announced);
static bool	await_report(struct launch *, struct outcome *);
static void	confirm_exec(struct launch *, struct outcome *);
static void	wait_until_ready(struct launch *, struct outcome *);

int
launch(struct plan *plan, struct started *started)
{
	struct launch launch = { .plan = plan, .signals = -1,
	    .start = { .plan = plan, .channel = -1, .listener = -1 } };
	struct outcome outcome = { .kind = OUTCOME_REPORTED };
	int status;

	/* From the first file on, nothing ends this process but itself. */
	if (signals_hold() == -1)
		outcome.status = complain_errno("signals", NULL, errno);
	else
		outcome.status = open_all(&launch, &outcome);
	if (outcome.status == STATUS_DONE) {
		launch.family.child = start_daemon(&launch.start);
		listen_to(&launch, &outcome);
	}
	if (outcome.kind == OUTCOME_READY)
		wait_until_ready(&launch, &outcome);
	*started = launch.started;
	if (outcome.kind == OUTCOME_READY)
		return STATUS_DONE;
	status = launch_abandon(plan, &outcome);
	if (outcome.sig != 0 && outcome.kind != OUTCOME_KILLED)
		end_by(outcome.sig);
	return status;
}

void
launch_again(struct plan *plan, const sigset_t *ends, struct outcome *outcome,
    struct started *started)
{
	struct launch launch = { .plan = plan, .listener = -1,
	    .deadline = NEVER, .start = { .plan = plan, .anew = true,
		.channel = -1, .listener = -1 } };
	const char *call = "fork";

	launch.family.grouped = plan->steps.session;
	/* Processes that earlier runs have left are children, too. */
	launch.family.had_children = true;
	launch.family.child = -1;
	launch.signals = signalfd(-1, ends, SFD_NONBLOCK | SFD_CLOEXEC);
	if (launch.signals == -1)
		call = "signalfd4";
	else if (open_channel(&launch) == -1)
		call = "pipe2";
	else
		launch.family.child = start_daemon(&launch.start);
	if (launch.family.child != -1)
		listen_to(&launch, outcome);
	else {
		outcome->kind = OUTCOME_FAILED;
		outcome->report = (struct report){ .stage = STEP_BACKGROUND,
		    .error = errno };
		(void)strlcpy(outcome->report.call, call,
		    sizeof(outcome->report.call));
		close_channel(&launch);
	}
	*started = launch.started;
}

/* --- before the fork ---------------------------------------------------- */

/* Start the logger, and keep what a launch that fails has to show. */
static int
start_log(struct plan *plan)
{
	char reason[128];

	if (!log_is_open(&plan->log))
		return STATUS_DONE;
	if (relay_watch(&plan->log.relay, NULL) == -1)
		return complain_errno("log", plan->log.want.text, errno);
	if (log_start(&plan->log, reason, sizeof(reason)) == -1)
		return complain("log", plan->log.want.text, reason);
	if (plan->excluded != NULL)
		plan->excluded[plan->nexcluded - 1] = plan->log.logger.id;
	return STATUS_DONE;
}

static int
open_all(struct launch *launch, struct outcome *outcome)
{
	struct plan *plan = launch->plan;
	const char *call;
	int status;

	status = plan->served ?
	    opener_run(plan, plan_open, &outcome->sig) : plan_open(plan);
	if (outcome->sig != 0) {
		outcome->kind = OUTCOME_INTERRUPTED;
		/* To undo may need an answer, too: another one ends that. */
		(void)sigprocmask(SIG_UNBLOCK, &plan->interrupts, NULL);
	}
	if (status != STATUS_DONE ||
	    (status = plan_open_ready(plan)) != STATUS_DONE)
		return status;
	if (!plan_forks(plan))
		return plan_open_messages(plan);
	if (open_channel(launch) == -1)
		return complain_errno("background", "pipe2", errno);
	if (prepare_launcher(launch, &call) == -1)
		return complain_errno("background", call, errno);
	return start_log(plan);
}

/* -1 with errno of pipe2(2), or ENOMEM. */
static int
open_channel(struct launch *launch)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	launch->listener = launch->start.listener = fds[0];
	launch->start.channel = fds[1];
	return descriptors_add(&launch->plan->spare, fds[0]) == -1 ||
	    descriptors_add(&launch->plan->spare, fds[1]) == -1 ? -1 : 0;
}

/* Of a later start that has not forked. */
static void
close_channel(const struct launch *launch)
{
	close_quietly(launch->listener);
	close_quietly(launch->start.channel);
	close_quietly(launch->signals);
}

/* Makes this process a launcher.  -1 with errno and *call. */
static int
prepare_launcher(struct launch *launch, const char **call)
{
	struct plan *plan = launch->plan;

	/*
	 * No step yet, so it may fail: each fork copies the table of
	 * descriptors, and a caller may have thousands.
	 */
	(void)step_fds(plan->steps.fds, &plan->spare);
	*call = "rt_sigaction";
	/* Ignored, it would let the kernel reap the daemon unasked. */
	if (signal_set_default(SIGCHLD) == -1)
		return -1;
	/*
	 * qemu-user does not know it: there, a daemon that is killed in the
	 * middle of its execve looks as if it had been executed.  A supervisor
	 * would not receive the second child of the fork.
	 */
	*call = "prctl(PR_SET_CHILD_SUBREAPER)";
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 &&
	    (errno != EINVAL || ready_waits(&plan->ready.want) ||
	    (plan->supervised && plan->steps.refork)))
		return -1;
	launch->family.grouped = plan->steps.session &&
	    (plan->steps.background || plan->supervised);
	launch->family.had_children = true;
	launch->deadline = NEVER;
	/* vfork(2) returns when it is all over: no wait can be ended. */
	if (!plan_is_apart(plan))
		return 0;
	launch->family.had_children = has_children();
	launch->family.excluded = plan->excluded;
	launch->family.nexcluded = plan->nexcluded;
	if (ready_waits(&plan->ready.want))
		launch->deadline = now_ms() + plan->ready.want.timeout;
	*call = "signalfd4";
	launch->signals = signalfd(-1, &plan->interrupts,
	    SFD_NONBLOCK | SFD_CLOEXEC);
	return launch->signals == -1 ? -1 : 0;
}

/* --- the launcher waits ------------------------------------------------- */

/*
 * Receives reports until no process has the other end any more: then the
 * command has been executed, or the processes have ended.
 */
static void
listen_to(struct launch *launch, struct outcome *outcome)
{
	struct family *family = &launch->family;
	bool announced = false;

	(void)close(launch->start.channel);
	family->daemon = launch->start.pid;
	/* As long as nothing else is known. */
	outcome->kind = OUTCOME_KILLED;
	while (receive(launch, outcome, &announced))
		;
	(void)close(launch->listener);
	if (outcome->kind == OUTCOME_KILLED && announced)
		confirm_exec(launch, outcome);
	if (outcome->kind == OUTCOME_KILLED)
		outcome->sig = await_family(family);
	else if (outcome->kind != OUTCOME_READY)
		(void)await_family(family);
	/* The intermediate: not every init reaps what it is left with. */
	else if (family->child != family->daemon)
		(void)await_end(family->child);
	if (launch->signals != -1)
		(void)close(launch->signals);
}

/* Receives one report, and does what follows from it.  False: no more come. */
static bool
receive(struct launch *launch, struct outcome *outcome, bool *announced)
{
	struct family *family = &launch->family;
	struct report report;
	int result;

	if (!launch->over && !await_report(launch, outcome)) {
		launch->over = true;
		kill_family(family);
	}
	result = report_receive(launch->listener, &report);
	if (result == -1) {
		/* Without its reports the daemon is terminated. */
		outcome->kind = OUTCOME_FAILED;
		outcome->report = (struct report){ .stage = STAGE_CHANNEL,
		    .error = errno };
		kill_family(family);
		family->had_children |= !family->grouped;
	}
	if (result != 1)
		return false;
	/* Those of the intermediate are not the daemon's. */
	if (report.stage != STEP_BACKGROUND && report.stage != STEP_SESSION &&
	    report.stage != STAGE_INIT)
		family->daemon = report.pid;
	if (launch->over)
		/* A daemon that was not known when the wait ended. */
		kill_family(family);
	else if (report.error != 0) {
		outcome->kind = OUTCOME_FAILED;
		outcome->report = report;
	} else if (report.stage == STAGE_EXEC)
		*announced = true;
	else if (launch->plan->verbose)
		report_narrate(launch->plan, &report);
	return true;
}

/*
 * Waits until the channel can be read.  False where the wait is over before:
 * by a signal, by the time, or since poll(2) failed.
 */
static bool
await_report(struct launch *launch, struct outcome *outcome)
{
	struct pollfd fds[2] = {
		{ .fd = launch->listener, .events = POLLIN },
		{ .fd = launch->signals, .events = POLLIN }
	};
	struct signalfd_siginfo info;

	if (launch->signals == -1)
		return true;
	for (;;) {
		if (poll(fds, 2, ms_until(launch->deadline, INT_MAX)) == -1 &&
		    errno != EINTR) {
			outcome->kind = OUTCOME_FAILED;
			outcome->report = (struct report){
			    .stage = STAGE_CHANNEL, .error = errno,
			    .call = "poll" };
			return false;
		}
		/* Once it has been executed, the next wait takes the signal. */
		if (fds[0].revents != 0)
			return true;
		if (read(launch->signals, &info, sizeof(info)) > 0) {
			outcome->kind = OUTCOME_INTERRUPTED;
			outcome->sig = (int)info.ssi_signo;
			return false;
		}
		if (now_ms() >= launch->deadline) {
			outcome->kind = OUTCOME_LATE;
			return false;
		}
	}
}

/*
 * The daemon has announced its exec and closed the channel: was it executed,
 * or killed just before?  Where /proc cannot say, it is taken for executed.
 */
static void
confirm_exec(struct launch *launch, struct outcome *outcome)
{
	struct report report = { .stage = STAGE_EXEC,
	    .pid = launch->family.daemon };
	struct instance *instance = launch->plan->instance;
	struct proc_stat stat;
	bool seen = proc_stat(report.pid, &stat) == 0;

	if (seen && !stat.executed && proc_is_ours())
		return;
	outcome->kind = OUTCOME_READY;
	launch->started = (struct started){ .pid = report.pid,
	    .when = now_ms() };
	if (instance != NULL)
		instance_mark_running(instance, report.pid, seen &&
		    *instance->entry.scope.boot != '\0' ? stat.started : 0);
	if (launch->plan->verbose)
		report_narrate(launch->plan, &report);
}

/* The command must not wait for its log to be read. */
static void
poll_log(const void *log, struct pollfd fds[2], long long *due)
{
	log_poll(log, fds, due);
}

static void
pump_log(void *log)
{
	log_pump(log);
}

static void
wait_until_ready(struct launch *launch, struct outcome *outcome)
{
	struct plan *plan = launch->plan;
	struct wait wait = { .ready = &plan->ready,
	    .pid = launch->family.daemon,
	    .session = launch->family.grouped ? launch->family.child :
		getsid(0),
	    .command = plan->path,
	    .log = plan->steps.stdio[STDERR_FILENO],
	    .interrupts = &plan->interrupts,
	    .also = { &plan->log, poll_log, pump_log },
	    .verbose = plan->verbose };

	if (!ready_waits(&plan->ready.want))
		return;
	outcome->status = ready_wait(&wait, outcome->reason,
	    sizeof(outcome->reason));
	if (outcome->status == STATUS_DONE) {
		close_quietly(wait.signals);
		ready_close(&plan->ready);
		if (plan->verbose)
			narrate("ready", plan->ready.want.text);
		return;
	}
	outcome->kind = OUTCOME_NOT_READY;
	outcome->sig = wait.interrupted;
	/* Terminating it may take long, so the reason comes first. */
	complain_not_ready(plan, outcome);
	end_daemon(&launch->family, &wait, plan->stop_with);
}
