/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the command, and the reason when it cannot be executed. */
#ifndef COMMAND_H
#define COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Where PATH is unset or the environment was cleared. */
#define STANDARD_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * The path to execute for name: as it is where it has a slash, else the first
 * executable file of that name in the directories of path, as execvp(3) does.
 * root is -1, or a descriptor of the directory that will be the command's
 * root: it is looked up in there (openat2(2), RESOLVE_IN_ROOT).
 * Returns a string to free(3), or NULL with errno: ENOENT; EACCES where what
 * was found is not executable; EISDIR; ENOMEM.
 */
char	*command_find(const char *name, const char *path, int root);

/*
 * Is it text without a `#!', which execve(2) does not take and execvp(3) gives
 * to /bin/sh?  Not if there is a NUL in its first line, as in a program for
 * another machine.  root is that of command_find.  Async-signal-safe.
 */
bool	command_needs_shell(const char *path, int root);

/*
 * Write why execve(2) of path failed with error, and what is to blame if it is
 * not path: the interpreter that its first line or its ELF header asks for, or
 * a mount.  Return the exit status, 126 or 127.
 */
int	command_describe(const char *path, int root, int error, char *buf,
	    size_t size);

#endif
