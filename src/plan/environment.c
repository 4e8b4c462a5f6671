/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of the command. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/command.h"
#include "plan/env_file.h"
#include "plan/environment.h"

/* Remove each string that begins so: with `NAME='. */
static void
env_drop(char **env, const char *name, size_t length)
{
	char **kept = env;

	for (; *env != NULL; env++)
		if (strncmp(*env, name, length) != 0)
			*kept++ = *env;
	*kept = NULL;
}

/*
 * Put NAME=VALUE in the place of NAME's first value, or at the end.  The other
 * values of NAME go: programs differ in which they take.
 */
static void
env_put(char **env, const char *pair)
{
	size_t length = strcspn(pair, "=") + 1;

	while (*env != NULL && strncmp(*env, pair, length) != 0)
		env++;
	/* execve(2) takes them as they are and writes none. */
	*env = (char *)(uintptr_t)pair;
	env_drop(env + 1, pair, length);
}

static int
env_put_value(char **env, const char *name, const char *value)
{
	char *pair;

	if (asprintf(&pair, "%s=%s", name, value) == -1)
		return -1;
	env_put(env, pair);
	return 0;
}

/*
 * What a service manager gave to the caller alone.  A daemon would report to
 * that manager, or take the caller's sockets.
 */
static const char *const of_manager[] = { "NOTIFY_SOCKET=", "WATCHDOG_USEC=",
    "WATCHDOG_PID=", "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=", NULL };

const char *
environment_get(char *const *env, const char *name)
{
	size_t length = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
			return *env + length + 1;
	return NULL;
}

char **
environment_make(const struct config *config, const struct identity *id)
{
	size_t i, n = 0;
	char **env;

	while (environ[n] != NULL)
		n++;
	/* PATH, a user's four, and the NULL at the end */
	env = calloc(n + config->nenv + 6, sizeof(*env));
	if (env == NULL)
		return NULL;
	if (!config->clear_env)
		memcpy(env, environ, n * sizeof(*environ));
	else
		env_put(env, "PATH=" STANDARD_PATH);
	for (i = 0; of_manager[i] != NULL; i++)
		if (config->steps.background || config->steps.refork)
			env_drop(env, of_manager[i], strlen(of_manager[i]));
	if (id->user != NULL && (
	    env_put_value(env, "HOME", id->home) == -1 ||
	    env_put_value(env, "USER", id->user) == -1 ||
	    env_put_value(env, "LOGNAME", id->user) == -1 ||
	    env_put_value(env, "SHELL", id->shell) == -1))
		return NULL;
	for (i = 0; i < config->nenv; i++)
		env_put(env, config->env[i]);
	return env;
}

/* Return a copy of the array, with room for more strings, or NULL. */
static char **
env_copy(char *const *env, size_t more)
{
	size_t n = 0;
	char **copy;

	while (env[n] != NULL)
		n++;
	if ((copy = calloc(n + more + 1, sizeof(*copy))) != NULL)
		memcpy(copy, env, n * sizeof(*env));
	return copy;
}

/* Read all files.  Return how many variables they have at most, or -1. */
static ssize_t
read_files(char **texts, const char *const *files, struct fault *fault)
{
	size_t i, n = 0;
	const char *at;

	for (i = 0; files[i] != NULL; i++) {
		if ((texts[i] = env_file_read(files[i], fault)) == NULL)
			return -1;
		for (at = texts[i]; at != NULL; at = strchr(at + 1, '\n'))
			n++;
	}
	return (ssize_t)n;
}

/* Add the variables of a file that --env does not set. */
static int
put_file(char **list, char *text, const struct config *config,
    const char *file, struct fault *fault)
{
	unsigned int line = 1;
	const char *reason;
	char *pair;
	size_t i;

	while ((pair = env_file_next(&text, &line, &reason)) != NULL) {
		for (i = 0; i < config->nenv; i++)
			if (strncmp(config->env[i], pair,
			    strcspn(pair, "=") + 1) == 0)
				break;
		if (i == config->nenv)
			env_put(list, pair);
	}
	return reason == NULL ? 0 : env_file_fault(file, line, reason, fault);
}

int
variables_make(struct variables *variables, char *const *env,
    const struct config *config, const char *const *files, const char *pair,
    struct fault *fault)
{
	ssize_t more;
	size_t i;

	*variables = (struct variables){ .list = NULL };
	variables->texts = calloc(config->nenv_files + 1, sizeof(char *));
	if (variables->texts == NULL)
		return fault_errno(fault, "env", NULL, errno);
	more = read_files(variables->texts, files, fault);
	if (more == -1 || (variables->list = env_copy(env,
	    (size_t)more + 1)) == NULL)
		return fault_errno(fault, "env", NULL, errno);
	for (i = 0; files[i] != NULL; i++)
		if (put_file(variables->list, variables->texts[i], config,
		    files[i], fault) == -1)
			return -1;
	if (pair != NULL)
		env_put(variables->list, pair);
	return 0;
}

void
variables_free(struct variables *variables)
{
	char **text = variables->texts;

	while (text != NULL && *text != NULL)
		free(*text++);
	free(variables->texts);
	free(variables->list);
	*variables = (struct variables){ .list = NULL };
}

static bool
contains(char *const *env, const char *string)
{
	while (*env != NULL && *env != string)
		env++;
	return *env != NULL;
}

/* Remove from env the strings of the caller's that the first run has not. */
static void
drop_replaced(char **env, char *const *first)
{
	char **kept = env;

	for (; *env != NULL; env++)
		if (!contains(environ, *env) || contains(first, *env))
			*kept++ = *env;
	*kept = NULL;
}

void
environment_wipe(char **env, char *const *first)
{
	char **old = environ, **with_zone;

	drop_replaced(env, first);
	/* The time zone of our own messages stays the caller's. */
	while (*old != NULL && strncmp(*old, "TZ=", 3) != 0)
		old++;
	with_zone = env_copy(env, 1);
	if (with_zone != NULL && *old != NULL &&
	    environment_get(env, "TZ") == NULL)
		env_put(with_zone, *old);
	old = environ;
	environ = with_zone != NULL ? with_zone : env;
	for (; *old != NULL; old++)
		if (!contains(environ, *old))
			memset(*old, 0, strlen(*old));
}
