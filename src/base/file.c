/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and descriptors. */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "openat2.h"

bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

char *
absolute_path(const char *path)
{
	char *cwd, *joined;

	if (*path == '/')
		return strdup(path);
	if ((cwd = getcwd(NULL, 0)) == NULL)
		return NULL;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (asprintf(&joined, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd,
	    path) == -1)
		joined = NULL;
	free(cwd);
	return joined;
}

int
open_in_root(int root, const char *path, int flags)
{
	struct open_how how = { .resolve = RESOLVE_IN_ROOT };

	flags |= O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	if (root == -1)
		return open(path, flags);
	/* openat2(2) refuses what O_PATH has no use for. */
	if (flags & O_PATH)
		flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	how.flags = (unsigned int)flags;
	return openat2(root, path, &how, sizeof(how));
}

bool
is_writable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };

	/* If poll fails, the write may succeed. */
	return poll(&poll_fd, 1, 0) != 0;
}

bool
is_removed(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

void
close_quietly(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}
