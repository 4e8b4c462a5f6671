/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the plan to a supervised daemon.
 *
 *   launcher      waits for the supervisor's verdict, exits
 *   intermediate  leads a new session, forks, exits
 *   supervisor    launches the command as a launcher does, and stays
 *
 * The supervisor prints its own messages: it has the caller's stderr until the
 * launch has succeeded.  The launcher passes signals on to it.  The launcher is
 * a subreaper, so it can wait for a supervisor that fails, and exits with the
 * same status.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/message.h"
#include "instance/find.h"
#include "instance/instance.h"
#include "launch/end.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "process/stop.h"
#include "supervise/detach.h"
#include "supervise/supervisor.h"

struct detach {
	struct plan *plan;
	int verdict;			/* the supervisor's end of a pipe: its
					   pid, then a byte on success */
	int listener;			/* the launcher's */
	int signals;			/* a signalfd(2) for interrupts */
	pid_t intermediate;
	bool had_children;		/* the caller has left some: */
	struct process_id *excluded;	/* those; NULL: unknown */
	size_t nexcluded;
};

static process	intermediate, supervisor_process;
static int	prepare(struct detach *);
static int	await_verdict(const struct detach *, pid_t *supervisor);
static int	take_status(const struct detach *, pid_t supervisor);
static int	take_unknown(const struct detach *);
static int	take_failure(const struct detach *);

int
supervise(struct plan *plan)
{
	struct detach detach = { .plan = plan };
	struct descriptors spare = { .n = 0 };
	pid_t supervisor = 0;
	int status;

	if (!plan->steps.background)
		return supervisor_run(plan, -1);
	if ((status = prepare(&detach)) != STATUS_DONE)
		return status;
	detach.intermediate = step_fork(true, intermediate, &detach);
	if (detach.intermediate == -1)
		return complain_errno("background", "fork", errno);
	/* A process may wait for the end-of-file of one of the others. */
	if (descriptors_add(&spare, detach.listener) == -1 ||
	    descriptors_add(&spare, detach.signals) == -1 ||
	    step_fds(FDS_CLOSE, &spare) == -1)
		(void)close(detach.verdict);
	switch (await_verdict(&detach, &supervisor)) {
	case -1:
		status = take_failure(&detach);
		break;
	case 0:
		status = supervisor == 0 ? take_unknown(&detach) :
		    take_status(&detach, supervisor);
		break;
	default:
		(void)await_end(detach.intermediate);
		break;
	}
	free(spare.fd);
	free(detach.excluded);
	return status;
}

/* Makes this process a launcher.  Returns the exit status. */
static int
prepare(struct detach *detach)
{
	const sigset_t *interrupts = &detach->plan->interrupts;
	int fds[2];
	ssize_t n;

	if (signals_hold() == -1 || signal_set_default(SIGCHLD) == -1)
		return complain_errno("signals", NULL, errno);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return complain_errno("background", "pipe2", errno);
	detach->listener = fds[0];
	detach->verdict = fds[1];
	detach->signals = signalfd(-1, interrupts, SFD_NONBLOCK | SFD_CLOEXEC);
	if (detach->signals == -1)
		return complain_errno("background", "signalfd4", errno);
	/* qemu-user does not know it: then the status is a general one. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 && errno != EINVAL)
		return complain_errno("background",
		    "prctl(PR_SET_CHILD_SUBREAPER)", errno);
	detach->had_children = has_children();
	if (detach->had_children &&
	    (n = stop_list_children(&detach->excluded)) != -1)
		detach->nexcluded = (size_t)n;
	return STATUS_DONE;
}

/* --- the way to the supervisor ------------------------------------------- */

static void
intermediate(void *argument)
{
	const struct detach *detach = argument;

	/* After unshare(CLONE_NEWPID) in the caller, its exit kills the rest. */
	if (getpid() == 1)
		_exit(complain("background", "fork", init_fault));
	if (step_session(detach->plan->steps.session) == -1)
		_exit(complain_errno("session", "setsid", errno));
	if (step_fork(true, supervisor_process, argument) == -1)
		_exit(complain_errno("refork", "fork", errno));
	_exit(STATUS_DONE);
}

static void
supervisor_process(void *argument)
{
	const struct detach *detach = argument;
	pid_t pid = getpid();

	(void)close(detach->listener);
	(void)close(detach->signals);
	if (write(detach->verdict, &pid, sizeof(pid)) != sizeof(pid))
		_exit(complain_errno("background", "pipe", errno));
	exit(supervisor_run(detach->plan, detach->verdict));
}

/* --- the launcher waits -------------------------------------------------- */

/* Pass a signal on to the supervisor. */
static void
pass_signal(const struct detach *detach, pid_t supervisor)
{
	struct signalfd_siginfo info;

	if (read(detach->signals, &info, sizeof(info)) == sizeof(info))
		(void)kill(supervisor, (int)info.ssi_signo);
}

/*
 * Wait for the supervisor's verdict.  Return 1, the command is ready; 0, the
 * supervisor has ended; -1 with errno.  Set *supervisor as soon as it is known.
 */
static int
await_verdict(const struct detach *detach, pid_t *supervisor)
{
	struct pollfd fds[2] = {
		{ .fd = detach->listener, .events = POLLIN },
		{ .fd = detach->signals, .events = POLLIN }
	};
	ssize_t length;
	char byte;

	do
		length = read(detach->listener, supervisor,
		    sizeof(*supervisor));
	while (length == -1 && errno == EINTR);
	if (length != sizeof(*supervisor))
		return length == -1 ? -1 : 0;
	for (;;) {
		if (poll(fds, 2, -1) == -1) {
			if (errno != EINTR)
				return -1;
			continue;
		}
		if (fds[1].revents != 0)
			pass_signal(detach, *supervisor);
		if (fds[0].revents == 0)
			continue;
		length = read(detach->listener, &byte, 1);
		if (length != -1 || errno != EINTR)
			return (int)length;
	}
}

/*
 * Kill the supervisor, if it is still there, and what it has started: all are
 * descendants of this process now.  Remove the pid file and the record, which
 * name a process that has ended, or none yet.
 * Not inlined: the supervisor keeps the frame of supervise.
 */
static void __attribute__((noinline))
clean_up(const struct detach *detach)
{
	const struct plan *plan = detach->plan;
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .excluded = detach->excluded, .nexcluded = detach->nexcluded };
	struct schedule schedule;
	struct instance_status found;

	(void)schedule_parse("KILL/5s", &schedule);
	/* Without /proc, the caller's cannot be distinguished from ours. */
	if (!detach->had_children || detach->excluded != NULL)
		(void)end_targets(&targets, &schedule, -1, plan->path);
	if (plan->pidfile == NULL)
		return;
	instance_find(plan->pidfile, true, &found);
	if (found.state == INSTANCE_DEAD && found.recorded)
		(void)instance_remove_dead(plan->pidfile, &found);
	else if (found.state == INSTANCE_DEAD || found.state == INSTANCE_NONE)
		(void)instance_remove_dead(plan->pidfile, NULL);
}

static int
take_killed(const struct detach *detach)
{
	clean_up(detach);
	return complain("background", detach->plan->path,
	    "the supervisor was killed before the command was ready");
}

/* What has failed leaves no way to know whether the daemon is ready. */
static int
take_failure(const struct detach *detach)
{
	int error = errno;

	/* Not reaped yet, it keeps its pid, which is that of its group. */
	(void)kill(detach->intermediate, SIGKILL);
	if (detach->plan->steps.session)
		(void)kill(-detach->intermediate, SIGKILL);
	(void)await_end(detach->intermediate);
	clean_up(detach);
	return complain_errno("background", "report channel", error);
}

/* Reap a child.  Return false if there is none; *reported: it said why. */
static bool
reap_child(pid_t pid, bool *reported)
{
	int status;

	if (await_child(pid, &status) == -1)
		return false;
	*reported |= WIFEXITED(status) && WEXITSTATUS(status) != STATUS_DONE;
	return true;
}

/*
 * The intermediate or the supervisor has ended before the supervisor was known.
 * Orphans are given to this process, so the supervisor is its only other child:
 * or the caller's may be, too.
 */
static int
take_unknown(const struct detach *detach)
{
	bool reported = false;

	(void)reap_child(detach->intermediate, &reported);
	while (!detach->had_children && reap_child(-1, &reported))
		;
	return reported ? STATUS_FAILED : take_killed(detach);
}

/* Return the exit status of a supervisor that has failed. */
static int
take_status(const struct detach *detach, pid_t supervisor)
{
	int status, sig;

	(void)await_end(detach->intermediate);
	if (await_child(supervisor, &status) == -1)
		return STATUS_FAILED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	/* This process has passed that signal on. */
	if (sigismember(&detach->plan->interrupts, sig) == 1)
		end_by(sig);
	return take_killed(detach);
}
