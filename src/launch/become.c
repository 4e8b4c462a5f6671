/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that becomes the command: the steps, the claim, the exec. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "launch/become.h"
#include "launch/outcome.h"
#include "plan/command.h"
#include "process/signals.h"

static void	take(struct start *, int stage, int result);
static void	announce(struct start *, int stage);
static void	open_anew(struct start *);
static int	claim(struct start *);
static int	enter_root(const struct plan *);
static int	redirect(struct start *);
static int	execute(const struct plan *);

void
become(struct start *start)
{
	const struct plan *plan = start->plan;
	const struct steps *steps = &plan->steps;

	start->pid = getpid();
	/* The launcher may have to terminate this process before the exec. */
	if (plan_is_apart(plan) || plan->verbose)
		announce(start, STEP_REFORK);

	if (start->anew)
		open_anew(start);
	take(start, STEP_SIGNALS, step_signals(steps->signals,
	    plan_forks(plan), &start->call));
	take(start, STEP_SIGCHLD, step_sigchld(steps->sigchld,
	    plan->caller.sigchld_ignored));
	take(start, STEP_UMASK, step_umask(steps->umask));
	take(start, STEP_FDS, step_fds(steps->fds, &plan->spare));
	if (plan->instance != NULL)
		take(start, STAGE_PIDFILE, claim(start));
	if (plan->root != NULL)
		take(start, STAGE_CHROOT, enter_root(plan));
	if (plan->identity.change)
		take(start, STAGE_USER, identity_assume(&plan->identity));
	take(start, STEP_CHDIR, step_chdir(steps->chdir));
	take(start, STEP_STDIO, redirect(start));
	if (plan->no_new_privs)
		take(start, STAGE_PRIVILEGES,
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));

	announce(start, STAGE_EXEC);
	start->call = "rt_sigprocmask";
	if (step_signals_release(steps->signals, &plan->caller.mask) == -1)
		stage_failed(start, STEP_SIGNALS);
	(void)execute(plan);
	stage_failed(start, STAGE_EXEC);
}

/* What follows a stage: the next one, or the end. */
static void
take(struct start *start, int stage, int result)
{
	if (result == -1)
		stage_failed(start, stage);
	stage_done(start, stage);
}

void
stage_done(struct start *start, int stage)
{
	start->call = NULL;
	if (start->plan->verbose)
		announce(start, stage);
}

/* The intermediate has not set it, nor has the launcher. */
static pid_t
own_pid(const struct start *start)
{
	return start->pid != 0 ? start->pid : getpid();
}

/* Reports a stage that is done.  Without a launcher, the launch is over. */
static void
announce(struct start *start, int stage)
{
	struct report report = { .stage = stage, .pid = own_pid(start) };

	if (start->channel != -1 &&
	    report_send(start->channel, &report) == -1)
		stage_failed(start, STAGE_CHANNEL);
	else if (start->channel == -1 && start->plan->verbose)
		report_narrate(start->plan, &report);
}

void
stage_failed(struct start *start, int stage)
{
	struct report report = { .stage = stage, .error = errno,
	    .pid = own_pid(start), .fd = start->fd };

	if (start->call != NULL)
		(void)strlcpy(report.call, start->call, sizeof(report.call));
	if (start->channel == -1)
		exit(launch_failed(start->plan, &report));
	if (report_send(start->channel, &report) == -1)
		plan_undo(start->plan);
	_exit(STATUS_FAILED);
}

/*
 * What is wrong with a file is one line of text for the supervisor.  This
 * process was forked from one with a single thread, so it may allocate.
 */
static void
open_anew(struct start *start)
{
	struct report report = { .stage = STAGE_FILES, .pid = own_pid(start) };

	messages_capture(report.text, sizeof(report.text));
	report.error = plan_reopen(start->plan);
	if (report.error == STATUS_DONE)
		return;
	(void)report_send(start->channel, &report);
	_exit(STATUS_FAILED);
}

/*
 * Writes the pid file and the record.  A user who may trace the process, once
 * it runs as that user, is left no descriptor that can write them: but where
 * there is no launcher, this process has to take them back if the exec fails.
 */
static int
claim(struct start *start)
{
	struct instance *instance = start->plan->instance;
	sigset_t raised;

	if (start->channel == -1)
		return instance_write_pid(instance, RECORD_RUNNING);
	if (instance_write_pid(instance, RECORD_STARTING) == -1) {
		if (!start->anew)
			return -1;
		/*
		 * A full disk is no reason to lose a run: the supervisor tries
		 * again.  Nor is a limit of the size of files, which raises it.
		 */
		(void)sigemptyset(&raised);
		(void)sigaddset(&raised, SIGXFSZ);
		(void)signals_discard(&raised);
	}
	if (start->plan->identity.change)
		instance_close(instance);
	return 0;
}

static int
enter_root(const struct plan *plan)
{
	return fchdir(plan->root_fd) == -1 ? -1 : chroot(".");
}

/*
 * Truncating is left to here, so that a launch that is refused loses no line of
 * a log.
 */
static int
redirect(struct start *start)
{
	if (plan_truncate(start->plan, &start->fd) == -1)
		stage_failed(start, STAGE_TRUNCATE);
	return step_stdio(start->plan->stdio);
}

/* Executes the command, or the shell with it: returns only on failure. */
static int
execute(const struct plan *plan)
{
	(void)execve(plan->path, plan->argv, plan->env);
	if (errno != ENOEXEC)
		return -1;
	if (!command_needs_shell(plan->path, -1)) {
		errno = ENOEXEC;
		return -1;
	}
	return execve(plan->shell_argv[0], plan->shell_argv, plan->env);
}
