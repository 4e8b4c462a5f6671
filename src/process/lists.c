/* SPDX-License-Identifier: BSD-2-Clause */
/* What /proc lists: processes, descriptors, children. */
#include "config.h"

#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
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

static int
compare(const void *a, const void *b)
{
	pid_t first = ((const struct proc_stat *)a)->pid;
	pid_t second = ((const struct proc_stat *)b)->pid;

	return (first > second) - (first < second);
}

ssize_t
proc_list(struct proc_stat **list)
{
	pid_t *pids;
	ssize_t n = list_numbers("/proc", &pids), found = 0, i;

	*list = NULL;
	if (n == -1 || (*list = calloc((size_t)n + 1, sizeof(**list))) == NULL)
		found = -1;
	for (i = 0; i < n && found != -1; i++)
		if (proc_stat(pids[i], *list + found) == 0)
			found++;
		else if (proc_is_short(errno)) {
			free(*list);
			*list = NULL;
			found = -1;
		}
	free(pids);
	if (found > 0)
		qsort(*list, (size_t)found, sizeof(**list), compare);
	return found;
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
	char name[64];
	size_t length, i;
	char *text;
	int n = 0;

	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	if ((text = proc_read_all(pid, name, &length)) == NULL)
		return -1;
	/* Each pid is followed by a blank. */
	for (i = 0; i < length; i++)
		n += text[i] == ' ';
	free(text);
	return n;
}
