/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of options: syntax. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "base/word.h"
#include "cli/hint.h"
#include "cli/table.h"
#include "process/signals.h"

/* A value that was left out stands for the schedule of the launch. */
static const char *
parse_schedule(struct schedule *schedule, const char *value)
{
	const char *part;
	int number;

	schedule->n = 0;
	if (value == NULL || (part = schedule_parse(value, schedule)) == NULL)
		return NULL;
	if (value[strspn(value, "0123456789")] != '\0' ||
	    time_parse(value) == -1)
		return hint_format("'%.*s' is wrong: use "
		    "SIG/TIME[/SIG/TIME]...", (int)strcspn(part, "/"), part);
	number = signal_parse(value);
	if (number == -1)
		return hint_format("a number alone needs a unit: use %ss",
		    value);
	return hint_format("a signal or a time? use %s/5s for signal %s, "
	    "or %ss for %s seconds", signal_name(number), value, value, value);
}

/* One verb at most; some have a value. */
static const char *
store_verb(struct config *config, enum verb verb, const char *value)
{
	if (config->verb != VERB_LAUNCH && config->verb != verb)
		return hint_format("excludes %s",
		    option_of_verb(config->verb));
	config->verb = verb;
	if (verb == VERB_STOP)
		return parse_schedule(&config->schedule, value);
	if (verb == VERB_SIGNAL) {
		config->signal = signal_parse(value);
		return config->signal != -1 ? NULL :
		    "not a signal name or number";
	}
	config->unit = verb == VERB_EXPLAIN && value != NULL;
	return !config->unit || strcmp(value, "unit") == 0 ? NULL :
	    "not unit; --explain alone prints the plan";
}

/* What is meant by a FILE that is a mistake, or NULL: it is none. */
static const char *
hint_stdio(int fd, const char *value)
{
	static const char *const names[] = { "-", "stdin", "stdout", "stderr",
	    "&0", "&1", "&2", NULL };
	int i = word_index(value, names);

	if (i == -1)
		return NULL;
	return hint_format("did you mean %s? a file of that name is ./%s",
	    fd == STDIN_FILENO || i == 0 || (i - 1) % 3 == fd ? "keep" :
	    "--output=FILE, for both", value);
}

static const char *
store_stdio(struct config *config, int fd, const char *value)
{
	const char *hint = hint_stdio(fd, value);

	config->steps.given |= 1U << STEP_STDIO;
	return hint != NULL ? hint : stdio_parse(&config->steps, fd, value);
}

/* The name of a step is that of its option; the last one has three. */
static const char *
store_step(struct config *config, const char *name, const char *value)
{
	static const char *const stdio[] = { "stdin", "stdout", "stderr",
	    NULL };
	int fd = word_index(name, stdio), step = 0;

	if (fd != -1)
		return store_stdio(config, fd, value);
	while (strcmp(step_table[step]->name, name) != 0)
		step++;
	config->steps.given |= 1U << step;
	return step_table[step]->parse(&config->steps, value);
}

const char *
store_output(struct config *config, char *value)
{
	const char *wrong = hint_stdio(STDIN_FILENO, value);

	config->append = true;
	if (wrong == NULL)
		wrong = store_stdio(config, STDOUT_FILENO, value);
	return wrong != NULL ? wrong :
	    store_stdio(config, STDERR_FILENO, value);
}

/* USER:GROUP is cut in two. */
const char *
store_user(struct config *config, char *value)
{
	char *colon = strchr(value, ':');

	if (*value == '\0' || value == colon || (colon && colon[1] == '\0'))
		return "not USER or USER:GROUP";
	config->user = value;
	config->user_group = NULL;
	if (colon != NULL) {
		*colon = '\0';
		config->user_group = colon + 1;
	}
	return NULL;
}

const char *
store_env(struct config *config, char *value)
{
	if (strchr(value, '=') == NULL || *value == '=')
		return "not NAME=VALUE";
	config->env[config->nenv++] = value;
	return NULL;
}

const char *
store_env_file(struct config *config, char *value)
{
	if (value[*value == '-'] == '\0')
		return "needs a file";
	config->env_files[config->nenv_files++] = value;
	return NULL;
}

/* A name that a file in the directory can have, and that ls(1) shows. */
const char *
store_name(struct config *config, char *value)
{
	if (*value == '\0' || *value == '.' || strchr(value, '/') != NULL)
		return "must not be empty, contain a slash or begin with a dot";
	config->name = value;
	config->named[config->nnamed++].name = value;
	return NULL;
}

const char *
store_pidfile(struct config *config, char *value)
{
	if (*value == '\0')
		return "needs a value";
	config->pidfile = value;
	config->named[config->nnamed++].pidfile = value;
	return NULL;
}

const char *
store_replace(struct config *config, char *value)
{
	config->replace = true;
	return parse_schedule(&config->schedule, value);
}

const char *
store_stop_with(struct config *config, char *value)
{
	struct schedule schedule;

	config->stop_with = value;
	return parse_schedule(&schedule, value);
}

const char *
store_restart(struct config *config, char *value)
{
	const char *wrong = policy_parse_restart(&config->policy, value);

	/* In `--restart -n NAME', -n is the value. */
	return wrong == NULL || *value != '-' ? wrong :
	    hint_format("%s; --again restarts it now", wrong);
}

const char *
store_ready(struct config *config, char *value)
{
	return readiness_parse(&config->ready, value);
}

const char *
store_ready_timeout(struct config *config, char *value)
{
	/* In messages it has its unit. */
	config->ready.timeout_text =
	    value[strspn(value, "0123456789")] != '\0' ? value :
	    hint_format("%ss", value);
	config->ready.timeout = time_parse(value);
	return config->ready.timeout != -1 ? NULL : NOT_A_TIME;
}

const char *
value_store(struct config *config, const struct option_row *row, char *value)
{
	char *member = (char *)config + row->flag + row->path;

	if (row->store != NULL)
		return row->store(config, value);
	if (row->verb != VERB_LAUNCH)
		return store_verb(config, row->verb, value);
	if (row->policy != NULL)
		return row->policy(&config->policy, value);
	if (row->log != NULL)
		return row->log(&config->log, value);
	if (row->flag != 0)
		*(bool *)(void *)member = true;
	else if (row->path == 0)
		return store_step(config, row->name + strlen("--"), value);
	else if (*value == '\0')
		return "needs a value";
	else
		*(const char **)(void *)member = value;
	return NULL;
}
