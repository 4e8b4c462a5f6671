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
 * The command line becomes a config (cli/options.c: what was said), the config
 * a plan (plan/plan.c: what will be done, with everything looked up and checked
 * that can be), the plan a daemon (monitor/loop.c: started and watched;
 * monitor/child.c: the steps and the exec).
 */
#include "config.h"

#include <sys/auxv.h>

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/options.h"
#include "cli/table.h"
#include "instance/name.h"
#include "monitor/monitor.h"
#include "plan/plan.h"
#include "process/signals.h"
#include "verbs/control.h"
#include "verbs/several.h"
#include "verbs/verbs.h"

static int	open_missing_stdio(void);
static int	check_secure(void);
static int	remember_caller(void);
static int	find_pidfile(struct config *);
static int	run_verb(const struct config *);
static int	flush_stdout(void);

static struct caller caller;

int
main(int argc, char **argv)
{
	struct config config = { .argc = 0 };
	int status;

	if ((status = open_missing_stdio()) != STATUS_DONE ||
	    (status = check_secure()) != STATUS_DONE ||
	    (status = remember_caller()) != STATUS_DONE ||
	    (status = options_parse(&config, argc, argv)) != STATUS_DONE ||
	    (status = find_pidfile(&config)) != STATUS_DONE)
		return status;
	status = run_verb(&config);
	return flush_stdout() == STATUS_DONE ? status : STATUS_FAILED;
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

/*
 * With rights that the caller does not have, each option would lend them to the
 * caller.  Nothing here is made for that.
 */
static int
check_secure(void)
{
	return getauxval(AT_SECURE) == 0 ? STATUS_DONE :
	    complain("exec", NULL, "has more rights than the caller, as if "
	    "installed set-user-ID: use sudo(8)");
}

/*
 * Keeps what the caller has of signals.  From here on a hang-up and the
 * caller's timers do not end us half-way, and output does not stop us in the
 * background of a terminal; ^C still does, until there is something to undo.
 */
static int
remember_caller(void)
{
	static const int unwanted[] = { SIGHUP, SIGTTOU, SIGALRM, SIGVTALRM,
	    SIGPROF };
	struct sigaction action;
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < sizeof(unwanted) / sizeof(*unwanted); i++)
		(void)sigaddset(&set, unwanted[i]);
	if (signals_block(&set, &caller.mask) == -1 ||
	    sigaction(SIGCHLD, NULL, &action) == -1)
		return complain_errno("signals", NULL, errno);
	caller.sigchld_ignored = action.sa_handler == SIG_IGN;
	return STATUS_DONE;
}

/* The name of a launch stands for a pid file. */
static int
find_pidfile(struct config *config)
{
	const char *reason;

	if (config->name == NULL || !verb_plans(config->verb))
		return STATUS_DONE;
	config->pidfile = name_pidfile(config->name, &reason);
	return config->pidfile != NULL ? STATUS_DONE :
	    complain("name", config->name, reason);
}

static int
print_help(const struct config *config)
{
	(void)config;
	options_help();
	return STATUS_DONE;
}

static int
print_version(const struct config *config)
{
	(void)config;
	(void)puts(PACKAGE_STRING);
	return STATUS_DONE;
}

static int
launch_command(const struct config *config)
{
	/* Too large for a small stack; in use until this process ends. */
	static struct monitor monitor;
	struct plan plan;
	int status = plan_make(&plan, config, &caller);

	if (status != STATUS_DONE)
		return status;
	monitor_init(&monitor, &plan);
	/* All that can be prepared is, before the old instance is stopped. */
	if (config->replace) {
		if ((status = monitor_prepare(&monitor)) != STATUS_DONE)
			return status;
		/* It may take long: ^C ends it until then. */
		status = control_replace(config, &monitor.replaced);
		if (status != STATUS_DONE) {
			monitor_undo(&monitor);
			return status;
		}
	}
	status = plan.supervised && plan.steps.background ?
	    monitor_detach(&monitor) : monitor_run(&monitor);
	return status == STATUS_RUNNING && config->if_not_running ?
	    STATUS_DONE : status;
}

static int
explain_launch(const struct config *config)
{
	struct plan plan;
	int status = plan_make(&plan, config, &caller);

	if (status != STATUS_DONE)
		return status;
	return config->unit ? explain_unit(&plan) :
	    explain(&plan, config->json);
}

/* What a verb does: for each instance, or once. */
static const struct {
	int (*run)(const struct config *);
	enum { ONCE, IN_TURN, AT_ONCE } how;
} verbs[VERBS] = {
	[VERB_LAUNCH] = { launch_command, ONCE },
	[VERB_EXPLAIN] = { explain_launch, ONCE },
	[VERB_CHECK] = { check, IN_TURN },
	[VERB_STATUS] = { status_show, IN_TURN },
	[VERB_STOP] = { control_stop, AT_ONCE },
	[VERB_AGAIN] = { control_again, AT_ONCE },
	[VERB_SIGNAL] = { control_signal, IN_TURN },
	[VERB_WAIT] = { control_wait, AT_ONCE },
	[VERB_LIST] = { status_list, ONCE },
	[VERB_TAIL] = { follow_output, ONCE },
	[VERB_HELP] = { print_help, ONCE },
	[VERB_VERSION] = { print_version, ONCE },
};

static int
run_verb(const struct config *config)
{
	int (*run)(const struct config *) = verbs[config->verb].run;

	/*
	 * A verb that waits ends with the terminal.  A limit of the size of
	 * files is reported.
	 */
	if (!verb_plans(config->verb) && (signal_ignore(SIGXFSZ) == -1 ||
	    sigprocmask(SIG_SETMASK, &caller.mask, NULL) == -1))
		return complain_errno("signals", NULL, errno);
	/* --check may have a PID instead. */
	if (verbs[config->verb].how == ONCE || config->nnamed == 0)
		return run(config);
	return several_run(config, run, verbs[config->verb].how == AT_ONCE);
}

/* Reports output that could not be written, as on a full disk. */
static int
flush_stdout(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain_errno("stdout", NULL, errno);
	return STATUS_DONE;
}
