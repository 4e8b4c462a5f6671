/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of descriptors. */
#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/descriptors.h"

bool
descriptors_have(const struct descriptors *list, int fd)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->fd[i] == fd)
			return true;
	return false;
}

int
descriptors_add(struct descriptors *list, int fd)
{
	size_t at = list->n;
	int *more;

	if (fd <= STDERR_FILENO || descriptors_have(list, fd))
		return 0;
	more = reallocarray(list->fd, list->n + 1, sizeof(*more));
	if (more == NULL)
		return -1;
	list->fd = more;
	for (list->n++; at > 0 && more[at - 1] > fd; at--)
		more[at] = more[at - 1];
	more[at] = fd;
	return 0;
}
