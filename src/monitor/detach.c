/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor in the background.
 *
 *   launcher      relays signals down, verdict and exit status up
 *   intermediate  leads a new session, forks, exits
 *   supervisor    is the monitor
 *
 * The supervisor prints its own messages: it has the caller's stderr until the
 * launch has succeeded.  The launcher is a subreaper, so it can wait for a
 * supervisor that fails, and exits with the same status.
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
#include "monitor/monitor.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "process/stop.h"
#include "steps/step.h"

struct launcher {
	struct monitor *monitor;	/* the supervisor's */
	int verdict;			/* read end: the supervisor's pid, then
					   a byte when the command is ready */
	int signals;			/* a signalfd(2) for interrupts */
	pid_t intermediate;
	pid_t supervisor;		/* 0: not known yet */
};

static process run_intermediate, run_supervisor;
static int	prepare(struct launcher *);
static int	wait_for_verdict(struct launcher *);
static int	take_end(const struct launcher *);
static int	give_up(const struct launcher *, int error);

int
monitor_detach(struct monitor *m)
{
	struct launcher launcher = { .monitor = m };
	struct descriptors kept = { .n = 0 };
	int status;

	if (prepare(&launcher) == -1)
		return finish_launch(m);
	launcher.intermediate = step_fork(true, run_intermediate, &launcher);
	if (launcher.intermediate == -1)
		return complain_errno("background", "fork", errno);
	/* A process may wait for the end-of-file of one of the others. */
	if (descriptors_add(&kept, launcher.verdict) == -1 ||
	    descriptors_add(&kept, launcher.signals) == -1 ||
	    step_fds(FDS_CLOSE, &kept) == -1)
		(void)close(m->verdict);
	switch (wait_for_verdict(&launcher)) {
	case -1:
		status = give_up(&launcher, errno);
		break;
	case 0:
		status = take_end(&launcher);
		break;
	default:
		(void)await_child(launcher.intermediate, &status);
		status = STATUS_DONE;
		break;
	}
	free(kept.fd);
	return status;
}

/* Make this process a launcher.  Return -1 with the fault. */
static int
prepare(struct launcher *launcher)
{
	struct monitor *m = launcher->monitor;
	int fds[2];

	if (m->fault.status != STATUS_DONE)
		return -1;
	if (signals_hold() == -1 || signal_set_default(SIGCHLD) == -1)
		return fault_errno(&m->fault, "signals", NULL, errno);
	if (pipe2(fds, O_CLOEXEC) == -1)
		return fault_errno(&m->fault, "background", "pipe2", errno);
	launcher->verdict = fds[0];
	m->verdict = fds[1];
	launcher->signals = signalfd(-1, &m->plan->interrupts,
	    SFD_NONBLOCK | SFD_CLOEXEC);
	if (launcher->signals == -1)
		return fault_errno(&m->fault, "background", "signalfd4",
		    errno);
	/* qemu-user does not know it: then the status is a general one. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 && errno != EINVAL)
		return fault_errno(&m->fault, "background",
		    "prctl(PR_SET_CHILD_SUBREAPER)", errno);
	find_inherited(m);
	return 0;
}

/* --- the way to the supervisor -------------------------------------------- */

static void
run_intermediate(void *argument)
{
	struct launcher *launcher = argument;

	/* After unshare(CLONE_NEWPID), its exit kills the rest. */
	if (getpid() == 1)
		_exit(complain("background", "fork", init_fault));
	if (step_session(launcher->monitor->plan->steps.session) == -1)
		_exit(complain_errno("session", "setsid", errno));
	if (step_fork(true, run_supervisor, launcher) == -1)
		_exit(complain_errno("refork", "fork", errno));
	_exit(STATUS_DONE);
}

static void
run_supervisor(void *argument)
{
	struct launcher *launcher = argument;
	pid_t pid = getpid();

	(void)close(launcher->verdict);
	(void)close(launcher->signals);
	if (write(launcher->monitor->verdict, &pid, sizeof(pid)) !=
	    sizeof(pid))
		_exit(complain_errno("background", "pipe", errno));
	exit(monitor_run(launcher->monitor));
}

/* --- the launcher waits --------------------------------------------------- */

/* Relay a signal to the supervisor. */
static void
relay_signal(const struct launcher *launcher)
{
	struct signalfd_siginfo info;

	if (read(launcher->signals, &info, sizeof(info)) == sizeof(info))
		(void)kill(launcher->supervisor, (int)info.ssi_signo);
}

/*
 * Wait for the supervisor's verdict.  Return 1 if the command is ready; 0 if
 * the supervisor has ended; -1 with errno.
 */
static int
wait_for_verdict(struct launcher *launcher)
{
	struct pollfd fds[2] = {
		{ .fd = launcher->verdict, .events = POLLIN },
		{ .fd = launcher->signals, .events = POLLIN }
	};
	pid_t *supervisor = &launcher->supervisor;
	ssize_t length;
	char byte;

	do
		length = read(launcher->verdict, supervisor,
		    sizeof(*supervisor));
	while (length == -1 && errno == EINTR);
	if (length != sizeof(*supervisor))
		return length == -1 ? -1 : 0;
	for (;;) {
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			return -1;
		if (fds[1].revents != 0)
			relay_signal(launcher);
		if (fds[0].revents == 0)
			continue;
		length = read(launcher->verdict, &byte, 1);
		if (length != -1 || errno != EINTR)
			return (int)length;
	}
}

/*
 * Kill the supervisor, if it is still there, and what it has started: all are
 * descendants of this process now.  Remove the pid file and the record, which
 * name a process that has ended, or none yet.
 */
static void
clean_up(const struct monitor *m)
{
	const char *pidfile = m->plan->config->pidfile;
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .excluded = m->excluded, .nexcluded = m->nexcluded };
	struct schedule schedule;
	struct instance_status found;

	(void)schedule_parse("KILL/5s", &schedule);
	/* Without /proc, the caller's cannot be distinguished from ours. */
	if (!m->inherited || m->excluded != NULL)
		end_targets(&targets, &schedule);
	if (pidfile == NULL)
		return;
	instance_find(pidfile, true, &found);
	if (found.state == INSTANCE_DEAD && found.recorded)
		(void)instance_remove_dead(pidfile, &found);
	else if (found.state == INSTANCE_DEAD || found.state == INSTANCE_NONE)
		(void)instance_remove_dead(pidfile, NULL);
}

/* Return whether there was a child; *reported: it has said why it failed. */
static bool
reap_child(pid_t pid, bool *reported)
{
	int status;

	if (await_child(pid, &status) == -1)
		return false;
	*reported |= WIFEXITED(status) && WEXITSTATUS(status) != STATUS_DONE;
	return true;
}

/* Return the exit status of a launch whose supervisor has ended. */
static int
take_end(const struct launcher *launcher)
{
	const struct monitor *m = launcher->monitor;
	bool reported = false;
	int status;

	(void)reap_child(launcher->intermediate, &reported);
	if (launcher->supervisor == 0) {
		/* It is the only other child, unless the caller left some. */
		while (!m->inherited && reap_child(-1, &reported))
			;
		if (reported)
			return STATUS_FAILED;
	} else if (await_child(launcher->supervisor, &status) != -1 &&
	    WIFEXITED(status))
		return WEXITSTATUS(status);
	clean_up(m);
	/* This process has relayed that signal. */
	if (launcher->supervisor != 0 && WIFSIGNALED(status) &&
	    sigismember(&m->plan->interrupts, WTERMSIG(status)) == 1)
		end_by(WTERMSIG(status));
	return complain("background", m->plan->path,
	    "the supervisor was killed before the command was ready");
}

/* What has failed leaves no way to know whether the daemon is ready. */
static int
give_up(const struct launcher *launcher, int error)
{
	int status;

	/* Not reaped yet, it keeps its pid, which is that of its group. */
	(void)kill(launcher->intermediate, SIGKILL);
	if (launcher->monitor->plan->steps.session)
		(void)kill(-launcher->intermediate, SIGKILL);
	(void)await_child(launcher->intermediate, &status);
	clean_up(launcher->monitor);
	return complain_errno("background", "report channel", error);
}
