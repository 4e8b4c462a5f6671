/* SPDX-License-Identifier: BSD-2-Clause */
/* A list of descriptors, such as those that step fds leaves open. */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

struct descriptors {
	int *fd;			/* ascending, each once; free(3) it */
	size_t n;
};

/* Add fd, if it is above 2 and not there yet.  Return -1 with errno: ENOMEM. */
int	descriptors_add(struct descriptors *, int fd);

bool	descriptors_have(const struct descriptors *, int fd);

#endif
