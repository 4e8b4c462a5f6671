/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the plan to a supervised daemon.
 *
 *   launcher      waits for the supervisor's verdict, exits
 *   intermediate  leads a new session, forks, exits
 *   supervisor    launches the command as a launcher does, and stays
 *
 * The supervisor reports what is wrong by itself: it has the caller's stderr
 * until the launch has succeeded.  The launcher passes signals on to it, and
 * takes its exit status, since orphans are given to the launcher.
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
};

static process	intermediate, supervisor_process;
static int	await_verdict(const struct detach *, pid_t *supervisor);
static int	take_status(const struct plan *, pid_t supervisor);

int
supervise(struct plan *plan)
{
	struct detach detach = { .plan = plan };
	struct descriptors spare = { .n = 0 };
	pid_t child, supervisor = 0;
	int fds[2], status = STATUS_DONE;
	bool ready;

	if (!plan->steps.background)
		return supervisor_run(plan, -1);
	if (signals_hold() == -1 || signal_set_default(SIGCHLD) == -1)
		return complain_errno("signals", NULL, errno);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return complain_errno("background", "pipe2", errno);
	detach.listener = fds[0];
	detach.verdict = fds[1];
	detach.signals = signalfd(-1, &plan->interrupts, SFD_CLOEXEC);
	/* qemu-user does not know it: then the status is a general one. */
	if (detach.signals == -1 ||
	    (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 &&
	    errno != EINVAL))
		return complain_errno("background", "prctl", errno);
	child = step_background(true, intermediate, &detach);
	if (child == -1)
		return complain_errno("background", "fork", errno);
	/* A descriptor of the command's may be waited for to be closed. */
	if (descriptors_add(&spare, detach.listener) == -1 ||
	    descriptors_add(&spare, detach.signals) == -1 ||
	    step_fds(FDS_CLOSE, &spare) == -1)
		(void)close(detach.verdict);
	ready = await_verdict(&detach, &supervisor);
	(void)await_end(child);
	if (!ready)
		status = take_status(plan, supervisor);
	free(spare.fd);
	return status;
}

/* --- the way to the supervisor ------------------------------------------- */

static void
intermediate(void *argument)
{
	const struct detach *detach = argument;

	/* After unshare(CLONE_NEWPID) in the caller, all ends with this one. */
	if (getpid() == 1)
		_exit(complain("background", "fork", init_fault));
	if (step_session(detach->plan->steps.session) == -1)
		_exit(complain_errno("session", "setsid", errno));
	if (step_refork(true, supervisor_process, argument) == -1)
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

/* Passes a signal on, once the supervisor is known. */
static void
pass_signal(const struct detach *detach, pid_t supervisor)
{
	struct signalfd_siginfo info;

	if (read(detach->signals, &info, sizeof(info)) == sizeof(info))
		(void)kill(supervisor, (int)info.ssi_signo);
}

/* Returns whether the daemon is ready; sets *supervisor as soon as known. */
static int
await_verdict(const struct detach *detach, pid_t *supervisor)
{
	struct pollfd fds[2] = {
		{ .fd = detach->listener, .events = POLLIN },
		{ .fd = detach->signals, .events = POLLIN }
	};
	ssize_t length;
	char ready;

	do
		length = read(detach->listener, supervisor,
		    sizeof(*supervisor));
	while (length == -1 && errno == EINTR);
	if (length != sizeof(*supervisor))
		return false;
	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			return false;
		if (fds[1].revents != 0)
			pass_signal(detach, *supervisor);
		if (fds[0].revents != 0)
			return read(detach->listener, &ready, 1) == 1;
	}
}

/*
 * The supervisor was killed.  What it has started is a descendant of this
 * process now; its files name a process that has ended.
 * Not inlined: the supervisor keeps the frame of supervise.
 */
static int __attribute__((noinline))
clean_up(const struct plan *plan)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .name = plan->path, .skip_fd = -1 };
	struct schedule schedule;
	struct found found;
	const char *call;

	(void)schedule_parse("KILL/5s", &schedule);
	if (!has_children() ||
	    stop_all(&targets, &schedule, &call) == STOPPED_ERROR)
		stop_children(&targets);
	if (plan->pidfile != NULL) {
		instance_find(plan->pidfile, true, &found);
		if (found.state == INSTANCE_DEAD)
			instance_retire(plan->pidfile, &found);
	}
	return complain("background", plan->path,
	    "the supervisor was killed before the command was ready");
}

/* The status of a supervisor that has not succeeded, and has said why. */
static int
take_status(const struct plan *plan, pid_t supervisor)
{
	int status, sig;

	/* The intermediate has failed, and has said why. */
	if (supervisor == 0)
		return STATUS_FAILED;
	while (waitpid(supervisor, &status, 0) == -1)
		if (errno != EINTR)
			return STATUS_FAILED;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	sig = WTERMSIG(status);
	/* It ends so after a signal that this process has passed on. */
	if (sigismember(&plan->interrupts, sig) == 1)
		end_by(sig);
	return clean_up(plan);
}
