/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON on stdout (RFC 8259). */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* Does a comma belong before the next value? */
static bool comma;

/* How many bytes of UTF-8 (RFC 3629, section 4) start here; 0: none. */
static size_t
utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length, i;

	if (*s < 0x80)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	length = *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	/* Not what is too long, a surrogate, or beyond U+10FFFF. */
	if (*s == 0xe0)
		low = 0xa0;
	else if (*s == 0xed)
		high = 0x9f;
	else if (*s == 0xf0)
		low = 0x90;
	else if (*s == 0xf4)
		high = 0x8f;
	for (i = 1; i < length; i++) {
		if (s[i] < low || s[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

static void
print_string(const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	size_t length;

	(void)putchar('"');
	for (; *s != '\0'; s += length) {
		length = utf8_length(s);
		if (length == 0) {
			(void)fputs("\\ufffd", stdout);
			length = 1;
		} else if (*s == '"' || *s == '\\')
			(void)printf("\\%c", *s);
		else if (*s < ' ' || *s == 0x7f)
			(void)printf("\\u%04x", *s);
		else
			(void)fwrite(s, 1, length, stdout);
	}
	(void)putchar('"');
}

static void
start_value(const char *name)
{
	if (comma)
		(void)putchar(',');
	comma = true;
	if (name != NULL) {
		print_string(name);
		(void)putchar(':');
	}
}

void
json_open(const char *name, char bracket)
{
	start_value(name);
	(void)putchar(bracket);
	comma = false;
}

void
json_close(char bracket)
{
	(void)putchar(bracket);
	comma = true;
}

void
json_number(const char *name, long long value)
{
	start_value(name);
	(void)printf("%lld", value);
}

void
json_null(const char *name)
{
	start_value(name);
	(void)fputs("null", stdout);
}

void
json_string(const char *name, const char *value)
{
	if (value == NULL) {
		json_null(name);
		return;
	}
	start_value(name);
	print_string(value);
}
