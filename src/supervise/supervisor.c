/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's life: the first launch, then one loop.
 *
 *   a run  ->  its end  ->  what it left behind is ended (--tree)
 *    ^                            |
 *    |                            v
 *    +-------- the delay  <-  another run?  ->  the end
 *
 * An event is a signal in the signalfd(2), the end of a process (SIGCHLD), or a
 * time that has come.  The loop waits for all of them in one place.  Only the
 * exec of a start is waited for elsewhere; INT, QUIT and TERM end that wait.
 */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "instance/instance.h"
#include "launch/launch.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"
#include "supervise/memory.h"
#include "supervise/state.h"
#include "supervise/supervisor.h"

static int	prepare(struct supervisor *);
static void	settle(struct supervisor *, int verdict);
static bool	await(struct supervisor *);
static void	attend(struct supervisor *, bool signals);
static void	do_what_is_due(struct supervisor *);
static void	finish_log(struct supervisor *);
static void	finish(struct supervisor *);

int
supervisor_run(struct plan *plan, int verdict)
{
	struct supervisor s = { .plan = plan, .tree = plan->tree,
	    .due = NEVER };
	int status;

	if (descriptors_add(&plan->spare, verdict) == -1 ||
	    prepare(&s) == -1)
		return complain_errno("background", NULL, errno);
	status = launch(plan, &s.run);
	relay_unwatch(&plan->log.relay);
	if (status != STATUS_DONE) {
		finish_log(&s);
		return status;
	}
	settle(&s, verdict);
	while (s.run.pid != 0 || s.cleaning || s.due != NEVER) {
		attend(&s, await(&s));
		do_what_is_due(&s);
	}
	finish_log(&s);
	finish(&s);
	return ending_status(&s.last);
}

/* --- before and after the first launch ----------------------------------- */

static int
prepare(struct supervisor *s)
{
	sigset_t all, others;
	ssize_t n;

	signals_that_end(&s->ends);
	signals_fill(&all);
	others = all;
	(void)sigdelset(&others, SIGINT);
	(void)sigdelset(&others, SIGQUIT);
	(void)sigdelset(&others, SIGTERM);
	/* From here on no signal is lost: it waits in the signalfd. */
	if (signals_hold() == -1 || backoff_init(&s->backoff,
	    s->plan->policy) == -1)
		return -1;
	/* What was pending in the caller is not for the command. */
	(void)signals_discard(&others);
	s->signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals == -1 ||
	    descriptors_add(&s->plan->spare, s->signals) == -1)
		return -1;
	/* In the foreground the caller may have left some to this process. */
	if ((n = stop_list_children(&s->plan->excluded)) == -1)
		return -1;
	s->plan->nexcluded = (size_t)n + 1;
	return 0;
}

/* Take the steps that release the caller's directory and descriptors. */
static void
leave_caller(const struct plan *plan)
{
	int null[3] = { -1, -1, -1 }, fd, i;

	(void)step_umask(plan->steps.umask);
	if (!plan->steps.background)
		return;
	if (plan->steps.chdir != NULL)
		(void)step_chdir("/");
	fd = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	for (i = 0; i < 3; i++)
		if (plan->steps.stdio[i] != NULL || plan->steps.logged[i])
			null[i] = fd;
	(void)step_stdio(null);
	if (fd != -1)
		(void)close(fd);
}

/* The launch has succeeded: give up what only it needed; report success. */
static void
settle(struct supervisor *s, int verdict)
{
	struct plan *plan = s->plan;
	int n = plan->ready.want.fd, fd;

	if (plan->instance != NULL)
		instance_release(plan->instance);
	(void)plan_settle(plan, s->signals, verdict);
	plan->verbose = false;
	/* The pipe at N of --ready=fd:N ends here. */
	if (n != 0 && (fd = open(_PATH_DEVNULL, O_RDWR)) != -1 && fd != n) {
		(void)dup2(fd, n);
		(void)close(fd);
	}
	leave_caller(plan);
	log_begin_run(&plan->log, s->run.pid);
	s->stage = s->schedule.n;
	if (verdict != -1) {
		/*
		 * It fails with EPIPE if the launcher was killed.  Else the
		 * launcher waits: this end makes it undo the launch.
		 */
		if (write(verdict, "", 1) != 1 && errno != EPIPE)
			(void)raise(SIGKILL);
		(void)close(verdict);
	}
}

/* --- the loop ------------------------------------------------------------ */

/* Return the end of the next wait, by now_ms(). */
static long long
next_due(const struct supervisor *s)
{
	struct pollfd fd;
	long long due = NEVER;

	if (s->cleaning)
		stop_poll(&s->stop, &fd, &due);
	else if (s->run.pid == 0 && s->due != NEVER)
		due = s->due;
	if (s->stage < s->schedule.n && s->stage_due < due)
		due = s->stage_due;
	if (s->unwritten && s->rewrite_due < due)
		due = s->rewrite_due;
	return due;
}

/* Waits until something is to be done; returns whether there are signals. */
static bool
await(struct supervisor *s)
{
	struct pollfd fds[4];
	long long due = next_due(s), log_due;

	fds[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	log_poll(&s->plan->log, fds + 1, &log_due);
	fds[3].fd = -1;
	if (s->cleaning)
		stop_poll(&s->stop, &fds[3], &due);
	if (log_due < due)
		due = log_due;
	poll_idle(fds, 4, due);
	return fds[0].revents != 0;
}

/*
 * Neither of these two is inlined: their buffers would be above the frame of
 * poll_idle, which gives back what is below it.
 */
static void __attribute__((noinline))
attend(struct supervisor *s, bool signals)
{
	if (signals) {
		take_signals(s);
		reap(s);
	}
}

static void __attribute__((noinline))
do_what_is_due(struct supervisor *s)
{
	long long now = now_ms();

	log_pump(&s->plan->log);
	if (s->plan->instance != NULL && note_log(s->plan)) {
		s->unwritten = true;
		s->rewrite_due = now;
	}
	if (s->stage < s->schedule.n && now >= s->stage_due)
		next_stage(s);
	if (s->cleaning)
		clean(s);
	if (s->run.pid == 0 && !s->cleaning && s->due != NEVER &&
	    now >= s->due)
		start_run(s);
	if (s->unwritten && now >= s->rewrite_due)
		rewrite_instance(s);
}

/* Nothing of the log is lost at the end, where that can be helped. */
static void
finish_log(struct supervisor *s)
{
	while (!log_finish(&s->plan->log))
		attend(s, await(s));
}

static void
finish(struct supervisor *s)
{
	bool failed = !s->stopping && (s->limited ||
	    policy_is_failure(s->plan->policy, &s->last));

	(void)open_instance(s);
	if (s->plan->instance != NULL) {
		(void)note_log(s->plan);
		s->plan->instance->entry.limited = s->limited;
		instance_finish(s->plan->instance, failed ? RECORD_FAILED :
		    RECORD_ENDED);
		instance_release(s->plan->instance);
	}
}
