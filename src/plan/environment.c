/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of the command. */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plan/command.h"
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

char **
environment_with(char *const *env, const char *pair)
{
	size_t n = 0;
	char **copy;

	while (env[n] != NULL)
		n++;
	if ((copy = calloc(n + 2, sizeof(*copy))) == NULL)
		return NULL;
	memcpy(copy, env, n * sizeof(*env));
	env_put(copy, pair);
	return copy;
}

static bool
contains(char *const *env, const char *string)
{
	while (*env != NULL && *env != string)
		env++;
	return *env != NULL;
}

void
environment_wipe(char **env)
{
	char **old = environ, **with_zone = NULL;

	/* The time zone of our own messages stays the caller's. */
	for (; *old != NULL; old++)
		if (strncmp(*old, "TZ=", 3) == 0 &&
		    environment_get(env, "TZ") == NULL)
			with_zone = environment_with(env, *old);
	old = environ;
	environ = with_zone != NULL ? with_zone : env;
	for (; *old != NULL; old++)
		if (!contains(environ, *old))
			memset(*old, 0, strlen(*old));
}
