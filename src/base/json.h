/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON on stdout (RFC 8259), a value at a time. */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

/*
 * Containers and members nest as they are called; the commas come by
 * themselves, and so does the newline after the outermost value.  name is NULL
 * for that one, and in an array.
 */
void	json_open(const char *name, char bracket);	/* '{' or '[' */
void	json_close(char bracket);			/* '}' or ']' */
void	json_number(const char *name, long long value);
void	json_bool(const char *name, bool);
void	json_null(const char *name);

/* The number, or null if there is none. */
void	json_optional(const char *name, bool has, long long value);

/*
 * Any bytes: a byte that is not UTF-8 becomes U+FFFD, since JSON cannot have
 * it; a control character becomes \u and four digits.  NULL becomes null.
 */
void	json_string(const char *name, const char *value);

#endif
