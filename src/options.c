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

#include "message.h"
#include "options.h"
#include "value.h"

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
	{ "replace",		no_argument,	   NULL, OPT_REPLACE },
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

/* USER[:GROUP], cut in two where it stands in argv. */
static int
split_user(struct config *config, char *user)
{
	char *colon = strchr(user, ':');

	if (*user == '\0' || user == colon || (colon && colon[1] == '\0'))
		return misuse("--user", user, "not USER or USER:GROUP");
	config->user = user;
	config->user_group = NULL;
	if (colon != NULL) {
		*colon = '\0';
		config->user_group = colon + 1;
	}
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

static int
parse_stop(struct config *config, const char *value)
{
	const char *wrong;
	char reason[128];

	if (value != NULL) {
		wrong = schedule_parse(value, &config->schedule);
		if (wrong != NULL) {
			(void)snprintf(reason, sizeof(reason),
			    "'%s' is no signal or time there", wrong);
			return misuse("--stop", value, reason);
		}
	}
	return set_verb(config, VERB_STOP, "--stop");
}

static int
parse_signal(struct config *config, const char *value)
{
	config->signal = signal_parse(value);
	if (config->signal == -1)
		return misuse("--signal", value, "no signal");
	return set_verb(config, VERB_SIGNAL, "--signal");
}

static int
parse_ready(struct readiness *ready, const char *value)
{
	const char *wrong = readiness_parse(value, ready);

	return wrong == NULL ? STATUS_DONE : misuse("--ready", value, wrong);
}

static int
parse_timeout(struct readiness *ready, const char *value)
{
	ready->timeout_text = value;
	ready->timeout = time_parse(value);
	return ready->timeout != -1 ? STATUS_DONE :
	    misuse("--ready-timeout", value, "not a time such as 500ms or 2s");
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
		return split_user(config, value);
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
		break;
	case OPT_READY:
		return parse_ready(&config->ready, value);
	case OPT_READY_TIMEOUT:
		return parse_timeout(&config->ready, value);
	case OPT_EXPLAIN:
		return set_verb(config, VERB_EXPLAIN, "--explain");
	case OPT_CHECK:
		return set_verb(config, VERB_CHECK, "--check");
	case OPT_STATUS:
		return set_verb(config, VERB_STATUS, "--status");
	case OPT_STOP:
		return parse_stop(config, value);
	case OPT_TREE:
		config->tree = true;
		break;
	case OPT_SIGNAL:
		return parse_signal(config, value);
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
		(void)misuse(word, NULL, "unknown option");
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

static const char *const verb_options[] = {
	[VERB_CHECK] = "--check",
	[VERB_STATUS] = "--status",
	[VERB_STOP] = "--stop",
	[VERB_SIGNAL] = "--signal",
	[VERB_WAIT] = "--wait",
};

/* The verbs that need an instance. */
static bool
needs_instance(const struct config *config)
{
	switch (config->verb) {
	case VERB_CHECK:
		return config->pid == 0;
	case VERB_STATUS:
	case VERB_STOP:
	case VERB_SIGNAL:
	case VERB_WAIT:
		return true;
	default:
		return config->replace;
	}
}

/* The operands: a command, --check's PID, or none. */
static int
check_operands(struct config *config)
{
	char *operand = config->command[0];
	const char *error;

	if (config->verb == VERB_LAUNCH || config->verb == VERB_EXPLAIN) {
		if (operand == NULL)
			return misuse("COMMAND", NULL, "missing");
		if (*operand == '\0')
			return misuse("COMMAND", NULL, "empty");
		return STATUS_DONE;
	}
	if (config->verb == VERB_CHECK && operand != NULL) {
		config->pid = (pid_t)strtonum(operand, 1, INT_MAX, &error);
		if (error != NULL)
			return misuse("PID", operand, "not a process id");
		operand = config->command[1];
	}
	if (operand != NULL)
		return misuse(operand, NULL, "one operand too many");
	return STATUS_DONE;
}

/* A launch whose readiness is waited for has who waits, and what for. */
static int
check_ready(const struct config *config)
{
	const struct readiness *ready = &config->ready;
	size_t i;

	if (ready->text == NULL && ready->timeout_text == NULL)
		return STATUS_DONE;
	if (config->verb != VERB_LAUNCH && config->verb != VERB_EXPLAIN)
		return misuse(ready->text == NULL ? "--ready-timeout" :
		    "--ready", NULL, "is for a launch");
	if (ready->method != READY_EXEC && !config->steps.background &&
	    !config->steps.refork)
		return misuse("--ready", ready->text,
		    "in the foreground, no process of ours is left to wait");
	if (ready->timeout_text != NULL && (ready->method == READY_EXEC ||
	    ready->method == READY_ALIVE))
		return misuse("--ready-timeout", ready->timeout_text,
		    "needs a --ready that can be late");
	for (i = 0; ready->method == READY_FD &&
	    i < config->steps.nlisted; i++)
		if (config->steps.listed[i] == ready->number)
			return misuse("--ready", ready->text,
			    "is a descriptor of --fds");
	return STATUS_DONE;
}

/* What contradicts itself, wherever it stands in the command line. */
static int
check_together(const struct config *config)
{
	bool instance = config->pidfile != NULL || config->name != NULL;

	if (config->pidfile != NULL && config->name != NULL)
		return misuse("--name", config->name,
		    "is a pid file of its own, so --pidfile is one too many");
	if (needs_instance(config) && !instance)
		return misuse(config->replace ? "--replace" :
		    verb_options[config->verb], NULL, config->verb ==
		    VERB_CHECK ? "needs PID, --pidfile or --name" :
		    "needs --pidfile or --name");
	if (config->verb == VERB_CHECK && config->pid != 0 && instance)
		return misuse("--check", NULL,
		    "either PID, or --pidfile or --name");
	if (config->if_not_running && !instance && config->lockfile == NULL)
		return misuse("--if-not-running", NULL,
		    "needs --pidfile, --name or --lockfile");
	if (config->if_not_running && config->replace)
		return misuse("--replace", NULL,
		    "is the contrary of --if-not-running");
	if (config->replace && config->verb != VERB_LAUNCH &&
	    config->verb != VERB_EXPLAIN)
		return misuse("--replace", NULL, "is for a launch");
	if (config->tree && config->verb != VERB_STOP && !config->replace)
		return misuse("--tree", NULL, "is for --stop and --replace");
	if (config->json && config->verb != VERB_EXPLAIN &&
	    config->verb != VERB_CHECK && config->verb != VERB_STATUS &&
	    config->verb != VERB_LIST)
		return misuse("--json", NULL,
		    "is for --explain, --check, --status and --list");
	if (config->root != NULL && config->steps.chdir == NULL)
		return misuse("--chdir", "keep",
		    "would be outside of the new root of --chroot");
	return check_ready(config);
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
	if ((status = check_operands(config)) != STATUS_DONE ||
	    (status = check_together(config)) != STATUS_DONE)
		return status;
	if (config->ready.timeout_text == NULL) {
		config->ready.timeout_text = READY_TIMEOUT_TEXT;
		config->ready.timeout = READY_TIMEOUT;
	}
	return STATUS_DONE;
}
