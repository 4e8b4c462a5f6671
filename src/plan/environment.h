/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of the command. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "cli/options.h"
#include "plan/identity.h"

/*
 * Make the environment of the command: the caller's, but with a fork without
 * what its service manager gave to it alone, or none with --clear-env; then
 * what belongs to the user; then --env.  The strings are those of the arguments
 * and of environ.  Return an array that ends in a NULL, or NULL with errno
 * (ENOMEM).
 */
char	**environment_make(const struct config *, const struct identity *);

/*
 * Return an array with the strings of env, and with pair, which replaces what
 * has its name; or NULL with errno (ENOMEM).
 */
char	**environment_with(char *const *env, const char *pair);

/*
 * Make env the environment of this process, and wipe each string of the old
 * one that is not in it: what is in /proc/PID/environ.
 */
void	environment_wipe(char **env);

/* The value of a variable, or NULL. */
const char *environment_get(char *const *env, const char *name);

#endif
