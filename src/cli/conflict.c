/* SPDX-License-Identifier: BSD-2-Clause */
/* Conflicts on a command line, between options in any order. */
#include "config.h"

#include <sys/types.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/number.h"
#include "cli/hint.h"
#include "cli/table.h"
#include "instance/name.h"

/* The verb has no use for the option. */
static int
refuse_option(const struct config *config, const struct option_row *row,
    const char *given)
{
	const char *takers = NULL, *name;
	unsigned int left = row->verbs;
	int verb;

	/* --explain takes what a launch does. */
	if (left & 1U << VERB_LAUNCH)
		left &= ~(1U << VERB_EXPLAIN);
	for (verb = 0; verb < VERBS; verb++) {
		if (!(left & 1U << verb))
			continue;
		left &= ~(1U << verb);
		name = verb == VERB_LAUNCH ? "a launch" :
		    option_of_verb((enum verb)verb);
		takers = takers == NULL ? name : hint_format("%s%s%s", takers,
		    left == 0 ? " and " : ", ", name);
	}
	if (config->verb == VERB_LAUNCH)
		return misuse(given, NULL, hint_format("is for %s", takers));
	return misuse(option_of_verb(config->verb), NULL,
	    hint_format("%s is for %s", given, takers));
}

/* Is one of the options given that the text names? */
static bool
is_one_given(const struct config *config, const char *text)
{
	for (; (text = strstr(text, "--")) != NULL; text += strlen("--"))
		if (option_given(config, hint_format("%.*s",
		    (int)strcspn(text, "=, "), text)) != NULL)
			return true;
	return false;
}

/* What the row of each option that was given says of others. */
static int
check_rows(const struct config *config)
{
	const struct option_row *row = option_table;
	const char *given, *other;
	size_t i;

	for (i = 0; i < option_count; i++, row++) {
		if ((given = config->given[i]) == NULL)
			continue;
		if (!(row->verbs & 1U << config->verb))
			return refuse_option(config, row, given);
		if (row->excludes != NULL && (other =
		    option_given(config, row->excludes)) != NULL)
			return misuse(given, NULL,
			    hint_format("excludes %s", other));
		if (row->needs != NULL && !is_one_given(config, row->needs))
			return misuse(given, NULL,
			    hint_format("needs %s", row->needs));
	}
	return STATUS_DONE;
}

/* The operands: a command, --check's PID, or none. */
static int
check_operands(struct config *config)
{
	bool instance = config->pidfile != NULL || config->name != NULL;
	char *operand = config->command[0];

	if (verb_plans(config->verb))
		return operand == NULL ? misuse("COMMAND", NULL, "missing") :
		    *operand == '\0' ? misuse("COMMAND", NULL, "empty") :
		    STATUS_DONE;
	if (config->verb == VERB_CHECK && operand == NULL && !instance)
		return misuse("--check", NULL,
		    "needs PID, --pidfile or --name");
	if (config->verb == VERB_CHECK && operand != NULL) {
		config->pid = (pid_t)number_parse(operand, 1, INT_MAX);
		if (config->pid == -1)
			return misuse(operand, NULL,
			    hint_operand(config, operand, "not a pid"));
		if (instance)
			return misuse("--check", NULL,
			    "PID excludes --pidfile and --name");
		operand = config->command[1];
	}
	return operand == NULL ? STATUS_DONE : misuse(operand, NULL,
	    hint_operand(config, operand, "unexpected operand"));
}

/* A verb acts on several instances, by patterns, too; a launch has one. */
static int
check_instances(const struct config *config)
{
	const char *name = option_given(config, "--name");
	const char *pidfile = option_given(config, "--pidfile");

	if (!verb_plans(config->verb))
		return STATUS_DONE;
	if (name != NULL && pidfile != NULL)
		return misuse(name, NULL, hint_format("excludes %s", pidfile));
	if (config->nnamed > 1)
		return misuse(name != NULL ? name : pidfile,
		    options_label(config), "a launch takes one only");
	if (config->name != NULL &&
	    strpbrk(config->name, NAME_PATTERN) != NULL)
		return misuse("--name", config->name,
		    "must not contain *, ?, [ or \\");
	return STATUS_DONE;
}

/* What else goes together or not; --restart and --log supervise. */
static int
check_options(const struct config *config)
{
	const struct readiness *ready = &config->ready;
	const struct log_want *log = &config->log;

	if (config->tree && config->verb != VERB_STOP && !config->replace &&
	    !config->supervise)
		return misuse("--tree", NULL, "is for --stop, --replace and a "
		    "launch with --supervise, --restart or --log");
	if (config->stop_with != NULL && config->pidfile == NULL &&
	    config->name == NULL && !config->supervise)
		return misuse("--stop-with", config->stop_with,
		    "needs --pidfile, --name or a supervisor");
	if (config->json && config->unit)
		return misuse("--json", NULL,
		    "is for --explain, not for --explain=unit");
	if (config->root != NULL && config->steps.chdir == NULL)
		return misuse("--chdir", "keep",
		    "may be outside of the root of --chroot; "
		    "name a directory in it");
	if (config->policy.restart == RESTART_ALWAYS &&
	    option_given(config, "--success") != NULL)
		return misuse("--success", NULL,
		    "needs --restart=on-failure: always restarts anyway");
	if (log->kind == LOG_TO_STDOUT && config->steps.background)
		return misuse("--log", log->text,
		    "needs -F: standard output is the caller's");
	if (log->automatic && config->name == NULL)
		return misuse("--log", log->text, "needs --name");
	if (log->kind == LOG_TO_SYSLOG && log->time != LOG_TIME_NONE)
		return misuse("--log-time", log_time_name(log->time),
		    "needs --log=FILE: syslog adds its own");
	if (log->kind != LOG_TO_FILE && log->rotate != 0)
		return misuse("--log-rotate", NULL, "needs --log=FILE");
	if (ready_waits(ready) && !config->steps.background &&
	    !config->steps.refork && !config->supervise)
		return misuse("--ready", ready->text,
		    "no launcher waits in the foreground; "
		    "use --background=yes or --supervise");
	if (ready->timeout_text != NULL && !ready->method->has_timeout)
		return misuse("--ready-timeout", ready->timeout_text,
		    "is not for --ready=exec and alive");
	if (ready->method == &line_method && (log->text == NULL ||
	    (!config->steps.logged[STDOUT_FILENO] &&
	    !config->steps.logged[STDERR_FILENO])))
		return misuse("--ready", ready->text, log->text == NULL ?
		    "needs --log" : "--stdout and --stderr leave no line to "
		    "the log");
	if (descriptors_have(&config->steps.listed, ready->fd))
		return misuse("--ready", ready->text,
		    "--fds lists this descriptor, too; use another one");
	return STATUS_DONE;
}

int
conflict_check(struct config *config)
{
	return check_operands(config) != STATUS_DONE ||
	    check_rows(config) != STATUS_DONE ||
	    check_instances(config) != STATUS_DONE ||
	    check_options(config) != STATUS_DONE ? STATUS_FAILED : STATUS_DONE;
}
