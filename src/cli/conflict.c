/* SPDX-License-Identifier: BSD-2-Clause */
/* What does not go together on a command line, wherever it stands. */
#include "config.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/message.h"
#include "cli/conflict.h"
#include "cli/hint.h"

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
	bool instance = config->pidfile != NULL || config->name != NULL;
	char *operand = config->command[0], reason[HINT_SIZE];
	struct schedule schedule;
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
		if (error != NULL) {
			hint_instance("not a process id", operand, reason,
			    sizeof(reason));
			return misuse("PID", operand, reason);
		}
		operand = config->command[1];
		instance = true;
	}
	if (operand == NULL)
		return STATUS_DONE;
	if (config->verb == VERB_STOP &&
	    schedule_parse(operand, &schedule) == NULL)
		(void)snprintf(reason, sizeof(reason),
		    "one operand too many; did you mean --stop=%s?", operand);
	else if (instance || config->verb == VERB_LIST)
		return misuse(operand, NULL, "one operand too many");
	else
		hint_instance("one operand too many", operand, reason,
		    sizeof(reason));
	return misuse(operand, NULL, reason);
}

/* A --ready needs a launcher that waits, and something to wait for. */
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

static int
check_options(const struct config *config)
{
	bool instance = config->pidfile != NULL || config->name != NULL;

	if (config->pidfile != NULL && config->name != NULL)
		return misuse("--name", config->name,
		    "--name and --pidfile exclude each other");
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
conflict_check(struct config *config)
{
	int status = check_operands(config);

	return status != STATUS_DONE ? status : check_options(config);
}
