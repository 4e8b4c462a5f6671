/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the pid files of named instances are. */
#ifndef NAME_H
#define NAME_H

#include <sys/types.h>

/*
 * The directory of named instances: /run/daemonize for root, else
 * daemonize/HOST below $XDG_STATE_HOME or ~/.local/state (XDG Base Directory
 * Specification); and the path of a named one's file, NAME.pid in it.
 * Strings to free(3), or NULL with *reason.
 */
char	*name_directory(const char **reason);
char	*name_pidfile(const char *name, const char **reason);

/* What makes a pattern of the NAME of a verb's -n. */
#define NAME_PATTERN	"*?[\\"

/*
 * Find the instances whose names match the pattern (fnmatch(3); NULL: all), or
 * the one that has just this name.  They have a pid file, or only a record,
 * since they have ended.  Return their number, in *names, which are in no order
 * and may come twice; -1 with errno.
 */
ssize_t	name_match(const char *directory, const char *pattern, char ***names);

/* Makes the directory of a named instance's file.  -1 with mkdir(2)'s errno. */
int	name_make_directory(const char *path);

#endif
