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

#include "explain.h"
#include "launch.h"
#include "message.h"
#include "options.h"
#include "plan.h"

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
	if (sigprocmask(SIG_BLOCK, &set, &caller->mask) == -1 ||
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

/* What was printed is there, or the user hears of it: think of a full disk. */
static int
flush_stdout(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		return complain_errno("stdout", NULL, errno);
	return STATUS_DONE;
}

int
main(int argc, char **argv)
{
	/* What they point to is used until the end, and freed by it. */
	static struct config config;
	static struct plan plan;
	struct caller caller;
	bool running;
	int status;

	if ((status = open_missing_stdio()) != STATUS_DONE ||
	    (status = remember_caller(&caller)) != STATUS_DONE ||
	    (status = options_parse(&config, argc, argv)) != STATUS_DONE)
		return status;

	switch (config.verb) {
	case VERB_HELP:
		options_help();
		return flush_stdout();
	case VERB_VERSION:
		(void)puts(PACKAGE_STRING);
		return flush_stdout();
	case VERB_EXPLAIN:
		status = plan_make(&plan, &config, &caller);
		if (status != STATUS_DONE)
			return status;
		explain(&plan);
		return flush_stdout();
	case VERB_LAUNCH:
		break;
	}

	/* From the first file on, nothing ends us but ourselves. */
	if ((status = plan_make(&plan, &config, &caller)) != STATUS_DONE)
		return status;
	if (step_signals_hold() == -1)
		return complain_errno("signals", NULL, errno);
	if ((status = plan_open(&plan, &running)) != STATUS_DONE || running)
		return status;
	return launch(&plan);
}
