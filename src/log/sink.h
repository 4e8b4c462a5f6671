/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes the lines of a log, for log.c alone. */
#ifndef SINK_H
#define SINK_H

#include <sys/types.h>

#include "log/log.h"

/* As log_open: opens it, and adds what it keeps open to spare. */
int	sink_open(struct log *, const struct log_owner *,
	    struct descriptors *spare, const char **reason);

/*
 * Writes whole lines, or a part of one, without waiting.  Returns how many
 * bytes of text have been taken; -1 with errno: none, EAGAIN where poll(2)
 * shows when it is worth trying again.
 */
ssize_t	sink_write(struct log *, const char *text, size_t length);

/* Writes lines that have their stamps.  -1 with errno: some are left. */
int	sink_flush(struct log *);

#endif
