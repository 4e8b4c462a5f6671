/* SPDX-License-Identifier: BSD-2-Clause */
/* Words: of a fixed list, and of a list in a text. */
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

const char *
word_cut(const char *text, char separator, char *part, size_t size)
{
	const char *end = strchrnul(text, separator);
	size_t length = (size_t)(end - text);

	if (length < size)
		(void)strlcpy(part, text, length + 1);
	else
		(void)strlcpy(part, "?", size);
	return *end == '\0' ? NULL : end + 1;
}
