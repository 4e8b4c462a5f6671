/* SPDX-License-Identifier: BSD-2-Clause */
/* Words of a fixed list. */
#include "config.h"

#include <string.h>

#include "base/word.h"

int
word_index(const char *word, const char *const *list)
{
	int i;

	for (i = 0; list[i] != NULL; i++)
		if (strcmp(word, list[i]) == 0)
			return i;
	return -1;
}
