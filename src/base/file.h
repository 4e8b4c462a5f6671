/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and descriptors. */
#ifndef FILE_H
#define FILE_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stdbool.h>

/* Do both name one file, by device and inode? */
bool	is_same_file(const struct stat *, const struct stat *);

/*
 * The path as seen from any directory, without a ./ that it begins with.  A
 * string to free(3), or NULL with errno, of getcwd(3) or ENOMEM.
 */
char	*absolute_path(const char *path);

/*
 * Open path as a process sees it whose root directory is root (openat2(2),
 * RESOLVE_IN_ROOT); with root -1 as open(2) does.  Return -1 with errno.
 */
int	open_in_root(int root, const char *path, int flags);

/*
 * Can fd be written without a wait, as far as poll(2) can tell?  A pipe may be
 * full, and a terminal may be stopped.
 */
bool	is_writable(int fd);

/* Has the open file no name any more? */
bool	is_removed(int fd);

/* close(2), with errno as it was; nothing if fd is negative. */
void	close_quietly(int fd);

#endif
