/* SPDX-License-Identifier: BSD-2-Clause */
/* What takes the lines of a log, for log.c alone. */
#ifndef SINK_H
#define SINK_H

#include <sys/types.h>

#include "log/log.h"

/* Open it, as log_open does. */
int	sink_open(struct log *, const struct owner *, const char **reason);

/*
 * Write whole lines, or a part of one, without blocking.  Return the bytes of
 * text that were taken, or -1 with errno; after EAGAIN, poll(2) shows when to
 * try again.
 */
ssize_t	sink_write(struct log *, const char *text, size_t length);

/* Write what has its stamps.  Return -1 with errno if some of it is left. */
int	sink_flush(struct log *);

/* Return what poll(2) waits for until the sink takes something. */
int	sink_fd(const struct log *);

#endif
