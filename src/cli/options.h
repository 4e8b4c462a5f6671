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
	VERB_HELP,
	VERB_VERSION,
	VERBS
};

struct verb_row {
	const char *option;		/* NULL: a launch */
	bool plans;			/* it has a COMMAND */
	bool needs_instance;		/* a pid file or a name */
	bool has_json;
};

extern const struct verb_row verb_table[VERBS];

/* Strings are argv's own; a NULL was not said.  A name becomes a pidfile. */
struct config {
	int argc;			/* the command line itself */
	char **argv;
	enum verb verb;
	struct steps steps;
	const char *user;
	const char *user_group;		/* of USER:GROUP */
	const char *group;		/* of --group, which counts more */
	const char *root;		/* of --chroot */
	const char *pidfile;
	const char *name;
	const char *lockfile;
	struct readiness ready;
	const char **env;		/* NAME=VALUE, nenv of them */
	size_t nenv;
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
	const char *policy_option;	/* one that needs --restart, or NULL */
	bool success;			/* --success was given */
	struct log_want log;

	pid_t pid;			/* --check's operand, or 0 */
	int signal;
	struct schedule schedule;	/* of --stop and --replace */
	bool tree;
	bool unit;			/* of --explain */
	bool json;
};

/*
 * Reads the command line; checks what can be seen in it alone: nothing is
 * looked up and no file is touched.  Returns STATUS_DONE, or STATUS_FAILED
 * after a message.  The config lives as long as argv.
 */
int	options_parse(struct config *, int argc, char **argv);

#endif
