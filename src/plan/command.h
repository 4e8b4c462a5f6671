/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the command, and the reason when it cannot be executed. */
#ifndef COMMAND_H
#define COMMAND_H

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
 * Is it no text: a NUL in its first line, as a program for another machine
 * has?  A shell would run its bytes as commands.  Async-signal-safe.
 */
bool	command_is_binary(const char *path);

/*
 * Is it text without a `#!', which execve(2) does not take and execvp(3) gives
 * to /bin/sh?  root is that of command_find.
 */
bool	command_needs_shell(const char *path, int root);

/*
 * Why execve(2) of path failed with error, where the error is not path's own:
 * the name of the interpreter that its first line or its ELF header asks for
 * and that is not there or cannot be executed.  Returns 0 with the name in
 * buf, or -1: path itself is meant.
 */
int	command_interpreter(const char *path, int root, char *buf, size_t size);

#endif
