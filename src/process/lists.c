/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc lists: processes, descriptors, children. */
#include "config.h"

#include <sys/types.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process/proc.h"

/* The entries of a directory that are numbers. */
static ssize_t
list_numbers(const char *path, int **list)
{
	struct dirent *entry;
	size_t n = 0, room = 0;
	int *more;
	DIR *dir;

	*list = NULL;
	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[strspn(entry->d_name, "0123456789")] != '\0')
			continue;
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			more = reallocarray(*list, room, sizeof(**list));
			if (more == NULL) {
				free(*list);
				(void)closedir(dir);
				return -1;
			}
			*list = more;
		}
		(*list)[n++] = (int)strtol(entry->d_name, NULL, 10);
	}
	(void)closedir(dir);
	return (ssize_t)n;
}

ssize_t
proc_list(pid_t **pids)
{
	return list_numbers("/proc", pids);
}

ssize_t
proc_fds(pid_t pid, int **fds)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	return list_numbers(path, fds);
}

int
proc_children(pid_t pid)
{
	char name[64], text[4096];
	int n = 0;
	char *at;

	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	if (proc_read(pid, name, text, sizeof(text)) == -1)
		return -1;
	/* Each pid is followed by a blank. */
	for (at = text; (at = strchr(at, ' ')) != NULL; at++)
		n++;
	return n;
}
