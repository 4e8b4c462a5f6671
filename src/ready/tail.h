/* SPDX-License-Identifier: BSD-2-Clause */
/* The last lines of a log, for a message. */
#ifndef TAIL_H
#define TAIL_H

#include <sys/types.h>

#define TAIL_LINES	10
#define TAIL_BYTES	4096

/*
 * Complains of the last lines of a file, as object: at most TAIL_LINES of the
 * last TAIL_BYTES that were written behind the offset start.  fd may be open
 * for writing only.  What the caller's locale (LC_CTYPE) cannot print becomes
 * \xNN a byte.  A file that cannot be read is passed over.
 */
void	tail_show(int fd, off_t start, const char *object);

/* The same for the end of a text that was kept. */
void	tail_print(const char *text, size_t length, const char *object);

#endif
