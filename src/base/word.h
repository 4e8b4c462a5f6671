/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a fixed list. */
#ifndef WORD_H
#define WORD_H

/* The index of the word in the NULL-terminated list, or -1. */
int	word_index(const char *word, const char *const *list);

#endif
