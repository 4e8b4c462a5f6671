/* SPDX-License-Identifier: BSD-2-Clause */
/* Conflicts on a command line, between options in any order. */
#include "config.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/message.h"
#include "base/number.h"
#include "cli/conflict.h"
#include "cli/hint.h"

/* Does a supervisor stay? */
static bool
is_supervised(const struct config *config)
{
	return config->supervise || config->log.text != NULL;
}

/* The operands: a command, --check's PID, or none. */
static int
check_operands(struct config *config)
{
	bool instance = config->pidfile != NULL || config->name != NULL;
	char *operand = config->command[0], reason[HINT_SIZE];
	struct schedule schedule;

	if (verb_table[config->verb].plans) {
		if (operand == NULL)
			return misuse("COMMAND", NULL, "missing");
		if (*operand == '\0')
			return misuse("COMMAND", NULL, "empty");
		return STATUS_DONE;
	}
	if (config->verb == VERB_CHECK && operand != NULL) {
		config->pid = (pid_t)number_parse(operand, 1, INT_MAX);
		if (config->pid == -1) {
			hint_instance("not a pid", operand, reason,
			    sizeof(reason));
			return misuse(operand, NULL, reason);
		}
		operand = config->command[1];
		instance = true;
	}
	if (operand == NULL)
		return STATUS_DONE;
	if (config->verb == VERB_STOP &&
	    schedule_parse(operand, &schedule) == NULL)
		(void)snprintf(reason, sizeof(reason),
		    "unexpected operand; did you mean --stop=%s?", operand);
	else if (instance || config->verb == VERB_LIST)
		return misuse(operand, NULL, "unexpected operand");
	else
		hint_instance("unexpected operand", operand, reason,
		    sizeof(reason));
	return misuse(operand, NULL, reason);
}

/* A --ready needs a launcher that waits, and something to wait for. */
static int
check_ready(const struct config *config)
{
	const struct readiness *ready = &config->ready;

	if (!ready->given && ready->timeout_text == NULL)
		return STATUS_DONE;
	if (!verb_table[config->verb].plans)
		return misuse(ready->given ? "--ready" : "--ready-timeout",
		    NULL, "is for a launch");
	if (ready_waits(ready) && !config->steps.background &&
	    !config->steps.refork && !is_supervised(config))
		return misuse("--ready", ready->text,
		    "no launcher waits in the foreground; "
		    "use --background=yes or --supervise");
	if (ready->timeout_text != NULL && !ready->method->has_timeout)
		return misuse("--ready-timeout", ready->timeout_text,
		    "needs --ready=notify, fd, file, tcp or unix");
	if (descriptors_have(&config->steps.listed, ready->fd))
		return misuse("--ready", ready->text,
		    "--fds lists this descriptor, too; use another one");
	return STATUS_DONE;
}

static int
check_instance(const struct config *config)
{
	bool instance = config->pidfile != NULL || config->name != NULL;
	const struct verb_row *verb = &verb_table[config->verb];

	if (config->pidfile != NULL && config->name != NULL)
		return misuse("--name", config->name,
		    "--name and --pidfile exclude each other");
	if (config->verb == VERB_CHECK && config->pid == 0 && !instance)
		return misuse(verb->option, NULL,
		    "needs PID, --pidfile or --name");
	if ((verb->needs_instance || config->replace) && !instance)
		return misuse(config->replace ? "--replace" : verb->option,
		    NULL, "needs --pidfile or --name");
	if (config->verb == VERB_CHECK && config->pid != 0 && instance)
		return misuse(verb->option, NULL,
		    "PID excludes --pidfile and --name");
	if (config->if_not_running && !instance && config->lockfile == NULL)
		return misuse("--if-not-running", NULL,
		    "needs --pidfile, --name or --lockfile");
	return STATUS_DONE;
}

static int
check_options(const struct config *config)
{
	const struct verb_row *verb = &verb_table[config->verb];

	if (config->if_not_running && config->replace)
		return misuse("--replace", NULL,
		    "--replace and --if-not-running exclude each other");
	if (config->replace && !verb->plans)
		return misuse("--replace", NULL, "is for a launch");
	if (config->tree && config->verb != VERB_STOP && !config->replace &&
	    !(is_supervised(config) && verb->plans))
		return misuse("--tree", NULL, "is for --stop, --replace and a "
		    "launch with --supervise, --restart or --log");
	if (config->json && !verb->has_json)
		return misuse("--json", NULL,
		    "is for --explain, --check, --status and --list");
	if (config->json && config->unit)
		return misuse("--json", NULL,
		    "is for --explain, not for --explain=unit");
	if (config->root != NULL && config->steps.chdir == NULL)
		return misuse("--chdir", "keep",
		    "may be outside of the root of --chroot; "
		    "name a directory in it");
	return STATUS_DONE;
}

/* A policy needs a supervisor, and restarts to decide about. */
static int
check_policy(const struct config *config)
{
	if (config->supervise && !verb_table[config->verb].plans)
		return misuse("--supervise", NULL, "is for a launch");
	if (config->policy_option == NULL)
		return STATUS_DONE;
	if (config->policy.restart == RESTART_NEVER)
		return misuse(config->policy_option, NULL,
		    "needs --restart=on-failure or --restart=always");
	if (config->success && config->policy.restart == RESTART_ALWAYS)
		return misuse("--success", NULL,
		    "needs --restart=on-failure: always restarts anyway");
	return STATUS_DONE;
}

static int
check_log(const struct config *config)
{
	const struct log_want *log = &config->log;
	const char *option = log->text != NULL ? "--log" :
	    log->time != LOG_TIME_NONE ? "--log-time" :
	    log->rotate != 0 ? "--log-rotate" : NULL;

	/* --check has it from a record. */
	if (option != NULL && config->verb != VERB_CHECK &&
	    !verb_table[config->verb].plans)
		return misuse(option, NULL, "is for a launch");
	if (log->text == NULL && option != NULL)
		return misuse(option, NULL, "needs --log=FILE");
	if (log->kind == LOG_TO_FILE)
		return STATUS_DONE;
	if (log->time != LOG_TIME_NONE)
		return misuse("--log-time", log_time_name(log->time),
		    "needs --log=FILE: a logger and syslog add their own");
	if (log->rotate != 0)
		return misuse("--log-rotate", NULL, "needs --log=FILE");
	return STATUS_DONE;
}

int
conflict_check(struct config *config)
{
	int status;

	if ((status = check_operands(config)) != STATUS_DONE ||
	    (status = check_instance(config)) != STATUS_DONE ||
	    (status = check_options(config)) != STATUS_DONE ||
	    (status = check_policy(config)) != STATUS_DONE ||
	    (status = check_log(config)) != STATUS_DONE)
		return status;
	return check_ready(config);
}
