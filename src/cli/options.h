/* SPDX-License-Identifier: BSD-2-Clause */
/* argv -> struct config: what was said. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "log/log.h"
#include "process/policy.h"
#include "process/schedule.h"
#include "ready/method.h"
#include "steps/step.h"

/* The first two have a COMMAND. */
enum verb {
	VERB_LAUNCH,
	VERB_EXPLAIN,
	VERB_CHECK,
	VERB_STATUS,
	VERB_STOP,
	VERB_AGAIN,
	VERB_SIGNAL,
	VERB_WAIT,
	VERB_LIST,
	VERB_TAIL,
	VERB_HELP,
	VERB_VERSION,
	VERBS
};

/* At least as many as the table has. */
#define OPTIONS_MAX	64

/* What -n or -p names; the other one is NULL. */
struct named {
	const char *name;
	const char *pidfile;
};

/* Strings are argv's own; a NULL was not said.  A name becomes a pidfile. */
struct config {
	int argc;			/* the command line itself */
	char **argv;
	const char *given[OPTIONS_MAX];	/* `-u' or `--user', as it was typed,
					   by the rows of the table */
	enum verb verb;
	struct steps steps;
	const char *user;
	const char *user_group;		/* of USER:GROUP */
	const char *group;		/* of --group, which counts more */
	const char *root;		/* of --chroot */
	const char *pidfile;		/* that of the launch, or the last */
	const char *name;
	struct named *named;		/* all of them, nnamed, for a verb */
	size_t nnamed;
	const char *lockfile;
	struct readiness ready;
	const char **env;		/* NAME=VALUE, nenv of them */
	size_t nenv;
	const char **env_files;		/* of --env-file, nenv_files of them */
	size_t nenv_files;
	char **command;			/* and its arguments, and a NULL */
	bool clear_env;
	bool no_new_privs;
	bool if_not_running;
	bool replace;
	bool foreground;
	bool append;			/* do not truncate the output files */
	bool verbose;

	bool supervise;			/* a supervisor stays */
	struct policy policy;
	struct log_want log;

	pid_t pid;			/* --check's operand, or 0 */
	int signal;
	struct schedule schedule;	/* of --stop and --replace; n is 0: that
					   of the launch */
	const char *stop_with;		/* that of this launch */
	bool tree;
	bool unit;			/* of --explain */
	bool json;
};

/*
 * Read the command line; check what can be seen in it alone: nothing is
 * looked up and no file is touched.  Return STATUS_DONE, or STATUS_FAILED
 * after a message.  The config lives as long as argv.
 */
int	options_parse(struct config *, int argc, char **argv);

/* What messages call the instance: its name, or the path of its pid file. */
const char *options_label(const struct config *);

/* Print the options and exit statuses on stdout. */
void	options_help(void);

/* Store the value of an option of the log.  Return NULL, or what is wrong. */
const char *log_parse(struct log_want *, const char *);
const char *log_parse_time(struct log_want *, const char *);
const char *log_parse_rotate(struct log_want *, const char *);

/* Return none, utc or local. */
const char *log_time_name(enum log_time);

#endif
