/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints for the messages about common mistakes. */
#ifndef HINT_H
#define HINT_H

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Room for a path, and what is said of it. */
#define HINT_SIZE	(PATH_MAX + 128)

/*
 * Return the name in the table that word, up to a `=`, is a misspelling or the
 * unambiguous beginning of; NULL: it is like none.
 */
const char *hint_option(const char *word, const struct option *table);

/*
 * Say why this COMMAND was not found.  here: it would see the caller's
 * directory; replace: with --replace.
 */
void	hint_command(const char *command, bool here, bool replace,
	    char *reason, size_t size);

/* Say what is wrong with an operand that may name an instance. */
void	hint_instance(const char *wrong, const char *operand, char *reason,
	    size_t size);

#endif
