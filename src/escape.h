/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of others, made fit for a terminal. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stddef.h>

/* Each byte may become \xNN. */
#define ESCAPED_SIZE(n)	(4 * (n) + 1)

/*
 * Copies length bytes as a string to out, which has room for size bytes: what
 * the caller's locale (LC_CTYPE) cannot print becomes \xNN a byte, a tab a
 * blank.  Cut where there is no room.
 */
void	escape(const char *text, size_t length, char *out, size_t size);

#endif
