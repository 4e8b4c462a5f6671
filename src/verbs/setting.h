/* SPDX-License-Identifier: BSD-2-Clause */
/* How systemd.syntax(7) has a setting written. */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>

/*
 * Print a word of a setting that is split at blanks, quoted if need be, so that
 * systemd reads it back.  `%' is doubled, and `$' too where variables are
 * expanded.
 */
enum expansion { EXPANDS_NOTHING, EXPANDS_VARIABLES };
void	setting_word(const char *word, enum expansion);

/*
 * Print NAME=PREFIXVALUE, of a value that is one word and cannot be quoted.
 * Return false, and print nothing, if systemd would read another value or none.
 */
bool	setting_text(const char *name, const char *prefix, const char *value);

/* Print NAME=TIME. */
void	setting_time(const char *name, long long ms);

/* The text of a comment on a value that no setting can have. */
#define SETTING_NONE	"systemd cannot be given this value"

/* Print a comment that names an option; value may be NULL. */
void	setting_note(const char *option, const char *value, const char *text);

/* Is it UTF-8 without a control character? */
bool	setting_is_text(const char *value);

/* Does systemd accept this NAME=VALUE of an environment? */
bool	setting_is_variable(const char *pair);

/* Does systemd accept this path as that of a program? */
bool	setting_is_program(const char *path);

#endif
