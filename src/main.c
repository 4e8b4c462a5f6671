/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * daemonize - run a command as a daemon
 *
 *   daemonize [OPTION]... COMMAND [ARG]...
 *
 * Exit status 0 says that the command runs, as a complete daemon, and that its
 * pid file is right.  Anything else says that nothing runs and nothing is left
 * behind, and one line on stderr says which step failed, on what, and why.
 *
 * The command line becomes a config (options.c: what was said), the config a
 * plan (plan.c: what will be done, with everything looked up and opened that
 * can be), the plan a daemon (launch.c, with the nine steps of steps.c).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/help.h"
#include "cli/options.h"
#include "instance/instance.h"
#include "instance/name.h"
#include "launch/launch.h"
#include "plan/plan.h"
#include "static_nss.h"
#include "verbs/check.h"
#include "verbs/control.h"
#include "verbs/explain.h"
#include "verbs/status.h"

/*
 * What the caller started us with.  From here on the end of his terminal and
 * his timers do not end us half-way, and output does not stop us where he runs
 * us in the background; ^C still does, until there is something to undo.
 */
static int
remember_caller(struct caller *caller)
{
	static const int unwanted[] = { SIGHUP, SIGTTOU, SIGALRM, SIGVTALRM,
	    SIGPROF };
	struct sigaction action;
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++)
		(void)sigaddset(&set, unwanted[i]);
	if (step_signals_block(&set, &caller->mask) == -1 ||
	    sigaction(SIGCHLD, NULL, &action) == -1)
		return complain_errno("signals", NULL, errno);
	caller->sigchld_ignored = action.sa_handler == SIG_IGN;
	return STATUS_DONE;
}

/*
 * Where the caller has 0, 1 or 2 closed, the next file that is opened would
 * get that number, and our messages or the command's output.
 */
static int
open_missing_stdio(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open(_PATH_DEVNULL, O_RDWR) != fd)
			return complain_errno("stdio", _PATH_DEVNULL, errno);
	return STATUS_DONE;
}

/* A name stands for a pid file. */
static int
find_pidfile(struct config *config)
{
	if (config->name == NULL)
		return STATUS_DONE;
	config->pidfile = name_pidfile(config->name);
	if (config->pidfile != NULL)
		return STATUS_DONE;
	return config->verb == VERB_STATUS ? STATUS_UNKNOWN : STATUS_FAILED;
}

/* What was printed is there, or the user hears of it: think of a full disk. */
static int
flush_stdout(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain_errno("stdout", NULL, errno);
	return STATUS_DONE;
}

/* The usual way: who runs already is left alone, and so are its files. */
static int
launch_first(struct plan *plan)
{
	bool running;
	int status;

	/* From the first file on, nothing ends us but ourselves. */
	if (step_signals_hold() == -1)
		return complain_errno("signals", NULL, errno);
	if ((status = plan_open_instance(plan, &running)) != STATUS_DONE ||
	    running)
		return status;
	if ((status = plan_open_files(plan)) != STATUS_DONE ||
	    (status = plan_open_channel(plan)) != STATUS_DONE) {
		plan_undo(plan);
		return status;
	}
	return launch(plan);
}

/* A named instance's directory is made with its first. */
static int
check_instance(const struct plan *plan)
{
	const char *reason;

	if (plan->named || instance_check(plan->pidfile, &reason) == 0)
		return STATUS_DONE;
	return complain("pidfile", plan->pidfile, reason);
}

/* --replace: what can be made ready of the new one is, then the old goes. */
static int
launch_instead(struct plan *plan, const struct config *config)
{
	bool running;
	int status;

	if ((status = plan_open_files(plan)) != STATUS_DONE ||
	    (status = plan_try_lockfile(plan)) != STATUS_DONE ||
	    (status = check_instance(plan)) != STATUS_DONE) {
		plan_undo(plan);
		return status;
	}
	/* It may take long: ^C ends it until here. */
	status = control_stop(config, &plan->stopped);
	if (step_signals_hold() == -1)
		status = complain_errno("signals", NULL, errno);
	if (status == STATUS_DONE &&
	    (status = plan_open_instance(plan, &running)) == STATUS_DONE &&
	    (status = plan_open_channel(plan)) == STATUS_DONE)
		return launch(plan);
	plan_undo(plan);
	return status == STATUS_DONE ? status :
	    plan_tell_stopped(plan, status);
}

static int
plan_and_launch(const struct config *config, const struct caller *caller)
{
	/* What it points to is used until the end, and freed by it. */
	static struct plan plan;
	int status;

	if ((status = plan_make(&plan, config, caller)) != STATUS_DONE)
		return status;
	if (config->verb == VERB_EXPLAIN) {
		explain(&plan, config->json);
		return STATUS_DONE;
	}
	return config->replace ? launch_instead(&plan, config) :
	    launch_first(&plan);
}

/* The verbs for an instance that was launched before. */
static int
control(const struct config *config)
{
	bool stopped;

	switch (config->verb) {
	case VERB_STATUS:
		return status_show(config);
	case VERB_STOP:
		return control_stop(config, &stopped);
	case VERB_SIGNAL:
		return control_signal(config);
	default:
		return control_wait(config);
	}
}

static int
run(const struct config *config, const struct caller *caller)
{
	if (config->verb == VERB_LAUNCH || config->verb == VERB_EXPLAIN)
		return plan_and_launch(config, caller);

	/* Whoever waits for an instance goes with the terminal. */
	if (sigprocmask(SIG_SETMASK, &caller->mask, NULL) == -1)
		return complain_errno("signals", NULL, errno);
	switch (config->verb) {
	case VERB_CHECK:
		return check(config);
	case VERB_STATUS:
	case VERB_STOP:
	case VERB_SIGNAL:
	case VERB_WAIT:
		return control(config);
	case VERB_LIST:
		return status_list(config);
	case VERB_HELP:
		help();
		return STATUS_DONE;
	default:
		(void)puts(PACKAGE_STRING);
		return STATUS_DONE;
	}
}

int
main(int argc, char **argv)
{
	static struct config config;
	struct caller caller;
	int status;

	nss_load_nothing();
	if ((status = open_missing_stdio()) != STATUS_DONE ||
	    (status = remember_caller(&caller)) != STATUS_DONE ||
	    (status = options_parse(&config, argc, argv)) != STATUS_DONE ||
	    (status = find_pidfile(&config)) != STATUS_DONE)
		return status;
	status = run(&config, &caller);
	return flush_stdout() == STATUS_DONE ? status : STATUS_FAILED;
}
