/* SPDX-License-Identifier: BSD-2-Clause */
/* A verb for several instances. */
#ifndef SEVERAL_H
#define SEVERAL_H

#include <sys/types.h>

#include <stdbool.h>

#include "cli/options.h"

/*
 * Find the instances that -p and -n name, each once, in the order of their
 * names.  A pattern that no name matches stands for itself; an entry with
 * neither name nor pidfile, for all names.  Return their number, in *list, an
 * array to free(3); -1 after a message.
 */
ssize_t	several_find(const struct config *, struct named **list);

/* Does the command line say several, or have a pattern? */
bool	several_given(const struct config *);

/*
 * Run the verb for each of them, with the config's name and pidfile those of
 * the instance.  A verb that waits has a process for each instance, so that all
 * wait at the same time, and their output comes in the order of their names.
 * Return the highest exit status.
 */
int	several_run(const struct config *,
	    int (*verb)(const struct config *), bool waits);

#endif
