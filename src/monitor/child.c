/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The child's side of a start: the forks, the steps, pid file and record, the
 * exec.  It opens no file and prints nothing: what fails is a report.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "monitor/monitor.h"
#include "monitor/report.h"
#include "plan/command.h"
#include "process/signals.h"

static process run_intermediate, run_forked;
static void	run_child(struct monitor *) __attribute__((noreturn));

/* --- reports -------------------------------------------------------------- */

static void	stage_failed(struct monitor *, int stage, const char *call,
		    int fd) __attribute__((noreturn));

/*
 * Report that a stage has failed, with errno, and end this process.  call is
 * what has failed, or NULL: the step's own.  If the launcher has gone, this
 * process undoes the launch.
 */
static void
stage_failed(struct monitor *m, int stage, const char *call, int fd)
{
	struct report report = { .stage = stage, .error = errno,
	    .pid = getpid(), .fd = fd };

	if (call != NULL)
		(void)strlcpy(report.call, call, sizeof(report.call));
	if (m->channel == -1) {
		report_fault(m->plan, &report, &m->fault);
		exit(finish_launch(m));
	}
	if (report_send(m->channel, &report) == -1 && m->first)
		monitor_undo(m);
	_exit(STATUS_FAILED);
}

/* Report a stage that is done.  Without a launcher, the launch is over. */
static void
announce(struct monitor *m, int stage)
{
	struct report report = { .stage = stage, .pid = getpid() };

	if (m->channel == -1) {
		if (m->verbose)
			report_narrate(m->plan, &report);
	} else if (report_send(m->channel, &report) == -1)
		stage_failed(m, STAGE_CHANNEL, NULL, 0);
}

/* What follows a stage: the next one, or the end. */
static void
check_stage(struct monitor *m, int stage, int result, const char *call)
{
	if (result == -1)
		stage_failed(m, stage, call, 0);
	if (m->verbose)
		announce(m, stage);
}

/* --- the forks ------------------------------------------------------------ */

pid_t
fork_command(struct monitor *m)
{
	const struct plan *plan = m->plan;
	const struct steps *steps = &plan->steps;
	bool apart = !plan_shares_memory(plan);
	int channel = m->channel;
	pid_t pid;

	if (steps->background || plan->supervised) {
		pid = step_fork(apart, run_intermediate, m);
		return pid != -1 ? pid : fault_errno(&m->fault,
		    background_row.name, "fork", errno);
	}
	/* Without the background fork, the launcher itself goes on. */
	m->channel = -1;
	check_stage(m, STEP_BACKGROUND, 0, NULL);
	check_stage(m, STEP_SESSION, step_session(steps->session), NULL);
	if (!steps->refork)
		run_child(m);
	m->channel = channel;
	pid = step_fork(apart, run_forked, m);
	return pid != -1 ? pid :
	    fault_errno(&m->fault, refork_row.name, "fork", errno);
}

/*
 * The first thing that a child of the monitor does.  With the monitor's end
 * open, the daemon would not see it closed.
 */
static void
leave_monitor(struct monitor *m)
{
	(void)close(m->reports);
	/* After unshare(CLONE_NEWPID) in the caller, all ends with this one. */
	if (getpid() == 1)
		stage_failed(m, STAGE_INIT, NULL, 0);
}

/*
 * With a second fork it exits once the daemon has been executed, or has ended;
 * without one it is the daemon.
 */
static void
run_intermediate(void *argument)
{
	struct monitor *m = argument;
	const struct steps *steps = &m->plan->steps;

	leave_monitor(m);
	check_stage(m, STEP_BACKGROUND, 0, NULL);
	check_stage(m, STEP_SESSION, step_session(steps->session), NULL);
	if (!steps->refork)
		run_child(m);
	if (step_fork(!plan_shares_memory(m->plan), run_forked, m) == -1)
		stage_failed(m, STEP_REFORK, NULL, 0);
	_exit(STATUS_DONE);
}

static void
run_forked(void *argument)
{
	struct monitor *m = argument;

	/* The intermediate has left the monitor already. */
	if (!m->plan->steps.background && !m->plan->supervised)
		leave_monitor(m);
	run_child(m);
}

/* --- the steps ------------------------------------------------------------ */

/*
 * Write the pid file and the record.  A user who may trace the process, once
 * it runs as that user, is left no descriptor that can write them: but without
 * a launcher, this process has to take them back if the exec fails.
 */
static int
write_pid(struct monitor *m)
{
	struct instance *instance = &m->instance;
	sigset_t raised;

	if (m->channel == -1)
		return instance_write_pid(instance, RECORD_RUNNING);
	if (instance_write_pid(instance, RECORD_STARTING) == -1) {
		if (m->first || errno == EEXIST)
			return -1;
		/*
		 * A full disk is no reason to lose a run: the supervisor tries
		 * again.  Nor is a limit of the size of files, which raises it.
		 */
		(void)sigemptyset(&raised);
		(void)sigaddset(&raised, SIGXFSZ);
		(void)signals_discard(&raised);
	}
	if (m->plan->identity.change)
		instance_close(instance);
	return 0;
}

int
enter_root(const struct monitor *m)
{
	return fchdir(m->files.root) == -1 ? -1 : chroot(".");
}

/* Execute the command, or the shell with it; return only on failure. */
static void
execute(const struct monitor *m)
{
	const struct plan *plan = m->plan;

	(void)execve(plan->path, plan->argv, m->env);
	if (errno != ENOEXEC)
		return;
	if (!command_needs_shell(plan->path, -1))
		errno = ENOEXEC;
	else
		(void)execve(plan->shell_argv[0], plan->shell_argv, m->env);
}

/*
 * Become the command.  Async-signal-safe, except in a foreground launch, which
 * prints its own message.
 */
static void
run_child(struct monitor *m)
{
	const struct plan *plan = m->plan;
	const struct steps *steps = &plan->steps;
	const char *call = NULL;
	int fd;

	/* The monitor may have to kill this process before the exec. */
	announce(m, STEP_REFORK);

	if (step_signals(steps->signals, plan_forks(plan), &call) == -1)
		stage_failed(m, STEP_SIGNALS, call, 0);
	check_stage(m, STEP_SIGNALS, 0, NULL);
	check_stage(m, STEP_SIGCHLD, step_sigchld(steps->sigchld,
	    plan->caller.sigchld_ignored), NULL);
	check_stage(m, STEP_UMASK, step_umask(steps->umask), NULL);
	check_stage(m, STEP_FDS, step_fds(steps->fds, &m->keep_fds), NULL);
	if (m->has_instance)
		check_stage(m, STAGE_PIDFILE, write_pid(m), NULL);
	if (plan->root != NULL)
		check_stage(m, STAGE_CHROOT, enter_root(m), NULL);
	if (plan->identity.change)
		check_stage(m, STAGE_USER, identity_assume(&plan->identity),
		    NULL);
	check_stage(m, STEP_CHDIR, step_chdir(steps->chdir), NULL);
	/*
	 * Truncating is left to here, so that a launch that is refused loses
	 * no line of a log.
	 */
	if (truncate_files(&m->files, &fd) == -1)
		stage_failed(m, STAGE_TRUNCATE, NULL, fd);
	check_stage(m, STEP_STDIO, step_stdio(m->files.stdio), NULL);
	if (plan->config->no_new_privs)
		check_stage(m, STAGE_PRIVILEGES,
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), NULL);

	announce(m, STAGE_EXEC);
	if (step_signals_release(steps->signals, &plan->caller.mask) == -1)
		stage_failed(m, STEP_SIGNALS, "rt_sigprocmask", 0);
	execute(m);
	stage_failed(m, STAGE_EXEC, NULL, 0);
}
