/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of others, made fit for a terminal. */
#include "config.h"

#include <sys/types.h>

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "escape.h"

/* The length of the printable character that text begins with, or 0. */
static size_t
printable(const char *text, size_t length)
{
	mbstate_t state;
	wchar_t wide;
	size_t n;

	memset(&state, 0, sizeof(state));
	n = mbrtowc(&wide, text, length, &state);
	return n == 0 || n > length || !iswprint((wint_t)wide) ? 0 : n;
}

void
escape(const char *text, size_t length, char *out, size_t size)
{
	char *end = out + size - 1;
	size_t n;

	/* As late as here: a launch that goes well needs no locale. */
	(void)setlocale(LC_CTYPE, "");
	for (; length > 0 && end - out >= 4; text += n, length -= n) {
		n = printable(text, length);
		if (n > (size_t)(end - out))
			break;
		memcpy(out, text, n);
		out += n;
		if (n > 0)
			continue;
		if (*text == '\t')
			*out++ = ' ';
		else
			out += snprintf(out, sizeof("\\xNN"), "\\x%02x",
			    (unsigned char)*text);
		n = 1;
	}
	*out = '\0';
}
