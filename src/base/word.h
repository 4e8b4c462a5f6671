/* SPDX-License-Identifier: BSD-2-Clause */
/* Words: of a fixed list, and of a list in a text. */
#ifndef WORD_H
#define WORD_H

#include <stddef.h>

/* The index of the word in the NULL-terminated list, or -1. */
int	word_index(const char *word, const char *const *list);

/*
 * Copy the part of text before the separator.  One that does not fit becomes
 * `?`.  Return what follows the separator; NULL, it was the last part.
 */
const char *word_cut(const char *text, char separator, char *part,
	    size_t size);

#endif
