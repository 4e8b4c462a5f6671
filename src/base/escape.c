/* SPDX-License-Identifier: BSD-2-Clause */
/* Text of others, made safe for a terminal. */
#include "config.h"

#include <sys/types.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"

/* --- UTF-8 ------------------------------------------------------------- */

/* How long a character with this first byte is; 0: none begins with it. */
static size_t
announced_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t
utf8_read(const char *text, size_t length, unsigned long *code)
{
	/* The least code of each length: anything less is overlong. */
	static const unsigned long least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*text;
	size_t n = announced_length(first), i;

	if (n == 0 || n > length)
		return 0;
	*code = n == 1 ? first : first & (0x7fUL >> n);
	for (i = 1; i < n; i++) {
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	}
	/* A half of UTF-16 is no character either. */
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff))
		return 0;
	return n;
}

bool
utf8_is_control(unsigned long code)
{
	static const struct { unsigned long first, last; } controls[] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0x9f },
		{ 0x61c, 0x61c },	/* from here on: the order of text */
		{ 0x200e, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2066, 0x2069 },
	};
	size_t i;

	for (i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		if (code >= controls[i].first && code <= controls[i].last)
			return true;
	return false;
}

bool
utf8_is_text(const char *text, bool controls)
{
	size_t left = strlen(text), n;
	unsigned long code;

	for (; left > 0; text += n, left -= n) {
		n = utf8_read(text, left, &code);
		if (n == 0 || (!controls && utf8_is_control(code)))
			return false;
	}
	return true;
}

/* --- the terminal ------------------------------------------------------ */

/*
 * Does the terminal read UTF-8?  The variables are those of setlocale(3),
 * which a launch does without.  C and POSIX do not name a charset.
 */
static bool
terminal_reads_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *value, *charset;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		value = getenv(names[i]);
		if (value == NULL || *value == '\0')
			continue;
		if (strcmp(value, "C") == 0 || strcmp(value, "POSIX") == 0)
			return true;
		charset = strchr(value, '.');
		return charset != NULL &&
		    (strncasecmp(charset, ".UTF-8", 6) == 0 ||
		    strncasecmp(charset, ".UTF8", 5) == 0);
	}
	return true;
}

size_t
printable(const char *text, size_t length)
{
	unsigned long code;
	size_t n = utf8_read(text, length, &code);

	if (n == 0 || utf8_is_control(code))
		return 0;
	return n == 1 || terminal_reads_utf8() ? n : 0;
}

void
make_printable(char *text)
{
	size_t left = strlen(text), n;

	for (; left > 0; text += n, left -= n) {
		n = printable(text, left);
		if (n > 0)
			continue;
		*text = '?';
		n = 1;
	}
}

void
escape(const char *text, size_t length, char *out, size_t size)
{
	char *end = out + size - 1;
	size_t n;

	for (; length > 0 && end - out >= 4; text += n, length -= n) {
		n = printable(text, length);
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

void
print_quoted(const char *word, const struct quoting *quoting,
    const char *doubled)
{
	static const char plain[] = LETTERS DIGITS "+,-./:=@_";
	size_t left = strlen(word), n;

	if (left > 0 && word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)fputs(quoting->quote, stdout);
	for (; left > 0; word += n, left -= n) {
		n = printable(word, left);
		if (n == 0)
			(void)printf(quoting->format, (unsigned char)*word);
		else if (strchr(quoting->escaped, *word) != NULL)
			(void)putchar('\\');
		else if (strchr(doubled, *word) != NULL)
			(void)putchar(*word);
		(void)fwrite(word, 1, n, stdout);
		n += n == 0;
	}
	(void)putchar(quoting->quote[strlen(quoting->quote) - 1]);
}
