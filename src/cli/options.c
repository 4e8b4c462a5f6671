/* SPDX-License-Identifier: BSD-2-Clause */
/* argv -> struct config: stores, and checks syntax. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
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
	OPT_CLEAR_ENV = UCHAR_MAX + 1,
	OPT_NO_NEW_PRIVS,
	OPT_IF_NOT_RUNNING,
	OPT_REPLACE,
	OPT_READY,
	OPT_READY_TIMEOUT,
	OPT_TREE,
	OPT_SUPERVISE,
	OPT_RESTART,
	OPT_SUCCESS,
	OPT_RESTART_DELAY,
	OPT_RESTART_LIMIT,
	OPT_LOG,
	OPT_LOG_TIME,
	OPT_LOG_ROTATE,
	OPT_JSON,
	OPT_STEP,			/* plus the step */
	OPT_VERB = OPT_STEP + STEPS	/* plus the verb */
};

/* `+` ends the options at the first operand, `:` leaves messages to us. */
static const char short_options[] = "+:ac:e:E:Fg:hi:l:n:o:p:R:u:vV";

static const struct option long_options[] = {
	{ "signals",	required_argument, NULL, OPT_STEP + STEP_SIGNALS },
	{ "sigchld",	required_argument, NULL, OPT_STEP + STEP_SIGCHLD },
	{ "background",	required_argument, NULL, OPT_STEP + STEP_BACKGROUND },
	{ "session",	required_argument, NULL, OPT_STEP + STEP_SESSION },
	{ "refork",	required_argument, NULL, OPT_STEP + STEP_REFORK },
	{ "umask",	required_argument, NULL, OPT_STEP + STEP_UMASK },
	{ "fds",	required_argument, NULL, OPT_STEP + STEP_FDS },
	{ "chdir",	required_argument, NULL, 'c' },
	{ "stdin",	required_argument, NULL, 'i' },
	{ "stdout",	required_argument, NULL, 'o' },
	{ "stderr",	required_argument, NULL, 'e' },
	{ "append",	no_argument, NULL, 'a' },
	{ "foreground",	no_argument, NULL, 'F' },
	{ "user",	required_argument, NULL, 'u' },
	{ "group",	required_argument, NULL, 'g' },
	{ "chroot",	required_argument, NULL, 'R' },
	{ "env",	required_argument, NULL, 'E' },
	{ "clear-env",	no_argument, NULL, OPT_CLEAR_ENV },
	{ "no-new-privs",	no_argument, NULL, OPT_NO_NEW_PRIVS },
	{ "pidfile",	required_argument, NULL, 'p' },
	{ "name",	required_argument, NULL, 'n' },
	{ "lockfile",	required_argument, NULL, 'l' },
	{ "if-not-running",	no_argument, NULL, OPT_IF_NOT_RUNNING },
	{ "replace",	optional_argument, NULL, OPT_REPLACE },
	{ "ready",	required_argument, NULL, OPT_READY },
	{ "ready-timeout",	required_argument, NULL, OPT_READY_TIMEOUT },
	{ "supervise",	no_argument, NULL, OPT_SUPERVISE },
	{ "restart",	required_argument, NULL, OPT_RESTART },
	{ "success",	required_argument, NULL, OPT_SUCCESS },
	{ "restart-delay",	required_argument, NULL, OPT_RESTART_DELAY },
	{ "restart-limit",	required_argument, NULL, OPT_RESTART_LIMIT },
	{ "log",	required_argument, NULL, OPT_LOG },
	{ "log-time",	required_argument, NULL, OPT_LOG_TIME },
	{ "log-rotate",	required_argument, NULL, OPT_LOG_ROTATE },
	{ "explain",	optional_argument, NULL, OPT_VERB + VERB_EXPLAIN },
	{ "check",	no_argument, NULL, OPT_VERB + VERB_CHECK },
	{ "status",	no_argument, NULL, OPT_VERB + VERB_STATUS },
	{ "stop",	optional_argument, NULL, OPT_VERB + VERB_STOP },
	{ "tree",	no_argument, NULL, OPT_TREE },
	{ "again",	no_argument, NULL, OPT_VERB + VERB_AGAIN },
	{ "signal",	required_argument, NULL, OPT_VERB + VERB_SIGNAL },
	{ "wait",	no_argument, NULL, OPT_VERB + VERB_WAIT },
	{ "list",	no_argument, NULL, OPT_VERB + VERB_LIST },
	{ "json",	no_argument, NULL, OPT_JSON },
	{ "verbose",	no_argument, NULL, 'v' },
	{ "help",	no_argument, NULL, 'h' },
	{ "version",	no_argument, NULL, 'V' },
	{ NULL,	0, NULL, 0 }
};

const struct verb_row verb_table[VERBS] = {
	[VERB_LAUNCH] = { .plans = true },
	[VERB_EXPLAIN] = { "--explain", .plans = true, .has_json = true },
	[VERB_CHECK] = { "--check", .has_json = true },
	[VERB_STATUS] = { "--status", .needs_instance = true,
	    .has_json = true },
	[VERB_STOP] = { "--stop", .needs_instance = true },
	[VERB_AGAIN] = { "--again", .needs_instance = true },
	[VERB_SIGNAL] = { "--signal", .needs_instance = true },
	[VERB_WAIT] = { "--wait", .needs_instance = true },
	[VERB_LIST] = { "--list", .has_json = true },
	[VERB_HELP] = { .option = "--help" },
	[VERB_VERSION] = { .option = "--version" },
};

static int
add_env(struct config *config, const char *pair)
{
	if (strchr(pair, '=') == NULL || *pair == '=')
		return misuse("--env", pair, "not NAME=VALUE");
	config->env[config->nenv++] = pair;
	return STATUS_DONE;
}

/* One verb at most; some have a value. */
static int
set_verb(struct config *config, enum verb verb, const char *value)
{
	const char *option = verb_table[verb].option;
	int status = STATUS_DONE;

	if (verb == VERB_STOP)
		status = value_schedule(option, value, &config->schedule);
	else if (verb == VERB_SIGNAL)
		status = value_signal(option, value, &config->signal);
	else if (verb == VERB_EXPLAIN)
		status = value_explain(value, &config->unit);
	if (status != STATUS_DONE)
		return status;
	if (config->verb != VERB_LAUNCH && config->verb != verb)
		return misuse(option, NULL, "only one verb can be given");
	config->verb = verb;
	return STATUS_DONE;
}

static int
set_step(struct steps *steps, enum step_number step, const char *value)
{
	const char *wrong = step_table[step]->parse(steps, value);
	char option[16];

	steps->given |= 1U << step;
	(void)snprintf(option, sizeof(option), "--%s", step_table[step]->name);
	return value_checked(option, value, wrong);
}

static int
set_stdio(struct steps *steps, const char *option, int fd, const char *value)
{
	const char *wrong = stdio_parse(steps, fd, value);

	steps->given |= 1U << STEP_STDIO;
	return value_checked(option, value, wrong);
}

static int
store(struct config *config, int option, char *value)
{
	struct steps *steps = &config->steps;
	struct policy *policy = &config->policy;

	if (option >= OPT_VERB)
		return set_verb(config, (enum verb)(option - OPT_VERB), value);
	if (option >= OPT_STEP)
		return set_step(steps, (enum step_number)(option - OPT_STEP),
		    value);
	switch (option) {
	case 'c':
		return set_step(steps, STEP_CHDIR, value);
	case 'i':
		return set_stdio(steps, "--stdin", STDIN_FILENO, value);
	case 'o':
		return set_stdio(steps, "--stdout", STDOUT_FILENO, value);
	case 'e':
		return set_stdio(steps, "--stderr", STDERR_FILENO, value);
	case 'a':
		config->append = true;
		break;
	case 'F':
		config->foreground = true;
		break;
	case 'u':
		return value_user(value, &config->user, &config->user_group);
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
		return value_name(value, &config->name);
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
	case OPT_TREE:
		config->tree = true;
		break;
	case OPT_SUPERVISE:
		config->supervise = true;
		break;
	case OPT_RESTART:
		config->supervise = true;
		return value_checked("--restart", value,
		    policy_parse_restart(policy, value));
	case OPT_SUCCESS:
		config->success = true;
		config->policy_option = "--success";
		return value_checked(config->policy_option, value,
		    policy_parse_success(policy, value));
	case OPT_RESTART_DELAY:
		config->policy_option = "--restart-delay";
		return value_checked(config->policy_option, value,
		    policy_parse_delay(policy, value));
	case OPT_RESTART_LIMIT:
		config->policy_option = "--restart-limit";
		return value_checked(config->policy_option, value,
		    policy_parse_limit(policy, value));
	case OPT_LOG:
		return value_checked("--log", value,
		    log_parse(&config->log, value));
	case OPT_LOG_TIME:
		return value_checked("--log-time", value,
		    log_parse_time(&config->log, value));
	case OPT_LOG_ROTATE:
		return value_checked("--log-rotate", value,
		    log_parse_rotate(&config->log, value));
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
 * option that comes later must not change what a script means.  Returns
 * '?' after a message.
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
	int option, status;

	memset(config, 0, sizeof(*config));
	config->argc = argc;
	config->argv = argv;
	steps_set_defaults(&config->steps);
	config->ready.method = &exec_method;
	config->ready.text = exec_method.name;
	(void)schedule_parse(SCHEDULE_DEFAULT, &config->schedule);
	policy_init(&config->policy);
	config->env = calloc((size_t)argc + 1, sizeof(*config->env));
	if (config->env == NULL)
		return complain_errno("env", NULL, errno);

	opterr = 0;
	optind = 1;
	while ((option = next_option(argc, argv)) != -1) {
		if (option == '?')
			return STATUS_FAILED;
		status = store(config, option, optarg);
		if (status != STATUS_DONE)
			return status;
		if (config->verb == VERB_HELP || config->verb == VERB_VERSION)
			return STATUS_DONE;
	}
	if (config->foreground)
		steps_set_foreground(&config->steps);
	if (config->log.text != NULL)
		steps_set_logged(&config->steps);
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
