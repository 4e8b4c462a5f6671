/* SPDX-License-Identifier: BSD-2-Clause */
/* The environment of the command. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "base/fault.h"
#include "cli/options.h"
#include "plan/identity.h"

/* The variables of one run. */
struct variables {
	char **list;			/* with a NULL at the end */
	char **texts;			/* of the files of --env-file, likewise;
					   the list points into them */
};

/*
 * Make the environment of the command: the caller's, but with a fork without
 * what its service manager gave to it alone, or none with --clear-env; then
 * what belongs to the user; then --env.  The strings are those of the arguments
 * and of environ.  Return an array that ends in a NULL, or NULL with errno
 * (ENOMEM).
 */
char	**environment_make(const struct config *, const struct identity *);

/*
 * Fill the variables of a run: the strings of env; those of the files of
 * --env-file, which are read, if --env does not set them; and pair, which may
 * be NULL.  Return 0, or -1 with the fault.  variables_free releases them.
 */
int	variables_make(struct variables *, char *const *env,
	    const struct config *, const char *const *files, const char *pair,
	    struct fault *);
void	variables_free(struct variables *);

/*
 * Make env the environment of this process, without what the files of
 * --env-file have replaced in that of the first run, and wipe each string of
 * the old one that is not in it: what is in /proc/PID/environ.
 */
void	environment_wipe(char **env, char *const *first);

/* The value of a variable, or NULL. */
const char *environment_get(char *const *env, const char *name);

#endif
