/* SPDX-License-Identifier: BSD-2-Clause */
/* argv -> struct config: stores, and checks syntax. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/conflict.h"
#include "cli/hint.h"
#include "cli/options.h"
#include "cli/value.h"

/* Long options without a letter; the letters are their own values. */
enum {
	OPT_SIGNALS = UCHAR_MAX + 1,
	OPT_SIGCHLD,
	OPT_BACKGROUND,
	OPT_SESSION,
	OPT_REFORK,
	OPT_UMASK,
	OPT_FDS,
	OPT_CLEAR_ENV,
	OPT_NO_NEW_PRIVS,
	OPT_IF_NOT_RUNNING,
	OPT_REPLACE,
	OPT_READY,
	OPT_READY_TIMEOUT,
	OPT_EXPLAIN,
	OPT_CHECK,
	OPT_STATUS,
	OPT_STOP,
	OPT_TREE,
	OPT_SIGNAL,
	OPT_WAIT,
	OPT_LIST,
	OPT_JSON
};

/* `+` ends the options at the first operand, `:` leaves messages to us. */
static const char short_options[] = "+:ac:e:E:Fg:hi:l:n:o:p:R:u:vV";

static const struct option long_options[] = {
	{ "signals",		required_argument, NULL, OPT_SIGNALS },
	{ "sigchld",		required_argument, NULL, OPT_SIGCHLD },
	{ "background",		required_argument, NULL, OPT_BACKGROUND },
	{ "session",		required_argument, NULL, OPT_SESSION },
	{ "refork",		required_argument, NULL, OPT_REFORK },
	{ "umask",		required_argument, NULL, OPT_UMASK },
	{ "fds",		required_argument, NULL, OPT_FDS },
	{ "chdir",		required_argument, NULL, 'c' },
	{ "stdin",		required_argument, NULL, 'i' },
	{ "stdout",		required_argument, NULL, 'o' },
	{ "stderr",		required_argument, NULL, 'e' },
	{ "append",		no_argument,	   NULL, 'a' },
	{ "foreground",		no_argument,	   NULL, 'F' },
	{ "user",		required_argument, NULL, 'u' },
	{ "group",		required_argument, NULL, 'g' },
	{ "chroot",		required_argument, NULL, 'R' },
	{ "env",		required_argument, NULL, 'E' },
	{ "clear-env",		no_argument,	   NULL, OPT_CLEAR_ENV },
	{ "no-new-privs",	no_argument,	   NULL, OPT_NO_NEW_PRIVS },
	{ "pidfile",		required_argument, NULL, 'p' },
	{ "name",		required_argument, NULL, 'n' },
	{ "lockfile",		required_argument, NULL, 'l' },
	{ "if-not-running",	no_argument,	   NULL, OPT_IF_NOT_RUNNING },
	{ "replace",		optional_argument, NULL, OPT_REPLACE },
	{ "ready",		required_argument, NULL, OPT_READY },
	{ "ready-timeout",	required_argument, NULL, OPT_READY_TIMEOUT },
	{ "explain",		no_argument,	   NULL, OPT_EXPLAIN },
	{ "check",		no_argument,	   NULL, OPT_CHECK },
	{ "status",		no_argument,	   NULL, OPT_STATUS },
	{ "stop",		optional_argument, NULL, OPT_STOP },
	{ "tree",		no_argument,	   NULL, OPT_TREE },
	{ "signal",		required_argument, NULL, OPT_SIGNAL },
	{ "wait",		no_argument,	   NULL, OPT_WAIT },
	{ "list",		no_argument,	   NULL, OPT_LIST },
	{ "json",		no_argument,	   NULL, OPT_JSON },
	{ "verbose",		no_argument,	   NULL, 'v' },
	{ "help",		no_argument,	   NULL, 'h' },
	{ "version",		no_argument,	   NULL, 'V' },
	{ NULL,			0,		   NULL, 0 }
};

static int
add_env(struct config *config, const char *pair)
{
	if (strchr(pair, '=') == NULL || *pair == '=')
		return misuse("--env", pair, "not NAME=VALUE");
	config->env[config->nenv++] = pair;
	return STATUS_DONE;
}

/* One verb at most. */
static int
set_verb(struct config *config, enum verb verb, const char *option)
{
	if (config->verb != VERB_LAUNCH && config->verb != verb)
		return misuse(option, NULL, "another verb was given before");
	config->verb = verb;
	return STATUS_DONE;
}

/* What -F changes, only where it was not said itself. */
struct said {
	int background;			/* -1: not said */
	int session;
	int refork;
	bool foreground;
};

static void
apply_defaults(struct config *config, const struct said *said)
{
	struct steps *steps = &config->steps;
	int fd;

	steps->background = said->background != -1 ? said->background :
	    !said->foreground;
	steps->session = said->session != -1 ? said->session :
	    !said->foreground;
	steps->refork = said->refork != -1 ? said->refork : !said->foreground;
	for (fd = 0; fd < 3; fd++)
		if (!config->stdio_said[fd])
			steps->stdio[fd] = said->foreground ? NULL :
			    _PATH_DEVNULL;
}

/* The options of the steps, by which --check knows what was asked for. */
static const struct { int option; enum step step; } step_options[] = {
	{ OPT_SIGNALS,		STEP_SIGNALS },
	{ OPT_SIGCHLD,		STEP_SIGCHLD },
	{ OPT_BACKGROUND,	STEP_BACKGROUND },
	{ OPT_SESSION,		STEP_SESSION },
	{ OPT_REFORK,		STEP_REFORK },
	{ OPT_UMASK,		STEP_UMASK },
	{ OPT_FDS,		STEP_FDS },
	{ 'c',			STEP_CHDIR },
	{ 'i',			STEP_STDIO },
	{ 'o',			STEP_STDIO },
	{ 'e',			STEP_STDIO },
};

static int
store(struct config *config, struct said *said, int option, char *value)
{
	struct steps *steps = &config->steps;
	int status = STATUS_DONE;
	size_t i;

	for (i = 0; i < sizeof(step_options) / sizeof(*step_options); i++)
		if (step_options[i].option == option)
			config->said |= 1U << step_options[i].step;
	switch (option) {
	case OPT_SIGNALS:
		return value_disposition("--signals", value, &steps->signals);
	case OPT_SIGCHLD:
		return value_disposition("--sigchld", value, &steps->sigchld);
	case OPT_BACKGROUND:
		return value_yes_no("--background", value, &said->background);
	case OPT_SESSION:
		return value_session(value, &said->session);
	case OPT_REFORK:
		return value_yes_no("--refork", value, &said->refork);
	case OPT_UMASK:
		return value_umask(value, &steps->umask);
	case OPT_FDS:
		return value_fds(value, steps);
	case 'c':
		return value_path_or_keep("--chdir", value, &steps->chdir);
	case 'i':
		config->stdio_said[0] = true;
		return value_path_or_keep("--stdin", value, &steps->stdio[0]);
	case 'o':
		config->stdio_said[1] = true;
		return value_path_or_keep("--stdout", value, &steps->stdio[1]);
	case 'e':
		config->stdio_said[2] = true;
		return value_path_or_keep("--stderr", value, &steps->stdio[2]);
	case 'a':
		steps->append = true;
		break;
	case 'F':
		said->foreground = true;
		break;
	case 'u':
		return value_user(value, &config->user,
		    &config->user_group);
	case 'g':
		return value_path("--group", value, &config->group);
	case 'R':
		return value_path("--chroot", value, &config->root);
	case 'E':
		return add_env(config, value);
	case OPT_CLEAR_ENV:
		config->clear_env = true;
		break;
	case OPT_NO_NEW_PRIVS:
		config->no_new_privs = true;
		break;
	case 'p':
		return value_path("--pidfile", value, &config->pidfile);
	case 'n':
		config->name = value;
		return value_name(value);
	case 'l':
		return value_path("--lockfile", value, &config->lockfile);
	case OPT_IF_NOT_RUNNING:
		config->if_not_running = true;
		break;
	case OPT_REPLACE:
		config->replace = true;
		return value_schedule("--replace", value, &config->schedule);
	case OPT_READY:
		return value_ready(value, &config->ready);
	case OPT_READY_TIMEOUT:
		return value_ready_timeout(value, &config->ready);
	case OPT_EXPLAIN:
		return set_verb(config, VERB_EXPLAIN, "--explain");
	case OPT_CHECK:
		return set_verb(config, VERB_CHECK, "--check");
	case OPT_STATUS:
		return set_verb(config, VERB_STATUS, "--status");
	case OPT_STOP:
		status = value_schedule("--stop", value, &config->schedule);
		return status != STATUS_DONE ? status :
		    set_verb(config, VERB_STOP, "--stop");
	case OPT_TREE:
		config->tree = true;
		break;
	case OPT_SIGNAL:
		status = value_signal("--signal", value, &config->signal);
		return status != STATUS_DONE ? status :
		    set_verb(config, VERB_SIGNAL, "--signal");
	case OPT_WAIT:
		return set_verb(config, VERB_WAIT, "--wait");
	case OPT_LIST:
		return set_verb(config, VERB_LIST, "--list");
	case OPT_JSON:
		config->json = true;
		break;
	case 'v':
		config->verbose = true;
		break;
	case 'h':
		config->verb = VERB_HELP;
		break;
	case 'V':
		config->verb = VERB_VERSION;
		break;
	}
	return STATUS_DONE;
}

/* Is it an option's whole name, up to a `=`? */
static bool
is_long_option(const char *word)
{
	const struct option *option;
	size_t length = strcspn(word, "=");

	for (option = long_options; option->name != NULL; option++)
		if (strlen(option->name) == length &&
		    strncmp(option->name, word, length) == 0)
			return true;
	return false;
}

static void
unknown_option(const char *word)
{
	const char *meant = hint_option(word + 2, long_options);
	char reason[64];

	if (meant == NULL)
		(void)strlcpy(reason, "unknown option", sizeof(reason));
	else
		(void)snprintf(reason, sizeof(reason),
		    "unknown option; did you mean --%s?", meant);
	(void)misuse(word, NULL, reason);
}

/*
 * The next option, as getopt_long(3) has it, but never an abbreviation: an
 * option that comes later must not change what a script means.  '?' comes
 * after its message.
 */
static int
next_option(int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";
	bool is_long = strncmp(word, "--", 2) == 0 && word[2] != '\0';
	char letter[3] = "-?";
	int option;

	if (is_long && !is_long_option(word + 2)) {
		unknown_option(word);
		return '?';
	}
	option = getopt_long(argc, argv, short_options, long_options, NULL);
	if (option != '?' && option != ':')
		return option;
	if (!is_long) {
		letter[1] = (char)optopt;
		word = letter;
	}
	(void)misuse(word, NULL, option == ':' ? "needs a value" :
	    is_long ? "takes no value" : "unknown option");
	return '?';
}

int
options_parse(struct config *config, int argc, char **argv)
{
	struct said said = { -1, -1, -1, false };
	int option, status;

	memset(config, 0, sizeof(*config));
	config->argc = argc;
	config->argv = argv;
	config->steps.umask = 022;
	config->steps.chdir = "/";
	(void)schedule_parse(SCHEDULE_DEFAULT, &config->schedule);
	config->env = calloc((size_t)argc + 1, sizeof(*config->env));
	if (config->env == NULL)
		return complain_errno("env", NULL, errno);

	opterr = 0;
	optind = 1;
	while ((option = next_option(argc, argv)) != -1) {
		if (option == '?')
			return STATUS_FAILED;
		status = store(config, &said, option, optarg);
		if (status != STATUS_DONE)
			return status;
		if (config->verb == VERB_HELP || config->verb == VERB_VERSION)
			return STATUS_DONE;
	}
	apply_defaults(config, &said);
	/* An old kernel lets a program be started without even a name. */
	config->command = argv + (optind < argc ? optind : argc);
	if ((status = conflict_check(config)) != STATUS_DONE)
		return status;
	if (config->ready.timeout_text == NULL) {
		config->ready.timeout_text = READY_TIMEOUT_TEXT;
		config->ready.timeout = READY_TIMEOUT;
	}
	return STATUS_DONE;
}
