/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a process, and what it runs. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * Its arguments, length bytes, each ended by a NUL, without empty ones at the
 * end.  A string to free(3), or NULL with errno.
 */
char	*proc_command(pid_t, size_t *length);

/*
 * The same as one string, a blank between two arguments, or its name where it
 * has none (a kernel thread, a zombie); cut to size.  "?" where it cannot be
 * seen.
 */
void	proc_title(pid_t, char *title, size_t size);

/*
 * Does it run the file path with the arguments argv?  The path is that of its
 * executable, or what its interpreter was given.  An interpreter alone is no
 * identity: many scripts have it.
 */
bool	proc_runs(pid_t, const char *path, char *const *argv);

/*
 * What proc_command makes of its text of length bytes, which has room for one
 * more.  Returns the length that is left.
 */
size_t	proc_trim_command(char *text, size_t length);

#endif
