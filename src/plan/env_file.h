/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of --env-file: EnvironmentFile= of systemd.exec(5). */
#ifndef ENV_FILE_H
#define ENV_FILE_H

#include "base/fault.h"

/*
 * Take the next variable from the text, which is changed: *text is then behind
 * it, and *line is the number of the next line.
 * Return NAME=VALUE, a part of the text; or NULL: *reason is NULL at the end of
 * the text, else it says what is wrong with line number *line.
 */
char	*env_file_next(char **text, unsigned int *line, const char **reason);

/*
 * Read a file of --env-file; with a `-' before its path, it may be absent.
 * Return its text, to be freed, or NULL with the fault.
 */
char	*env_file_read(const char *file, struct fault *);

/* Keep what is wrong with a line.  Return -1. */
int	env_file_fault(const char *file, unsigned int line, const char *reason,
	    struct fault *);

#endif
