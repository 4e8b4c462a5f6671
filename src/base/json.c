/* SPDX-License-Identifier: BSD-2-Clause */
/* JSON on stdout (RFC 8259). */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/json.h"

/* Does a comma belong before the next value? */
static bool comma;

/* Containers that are open. */
static int depth;

static void
print_string(const char *value)
{
	size_t left = strlen(value), length;
	unsigned long code;

	(void)putchar('"');
	for (; left > 0; value += length, left -= length) {
		length = utf8_read(value, left, &code);
		if (length == 0) {
			(void)fputs("\\ufffd", stdout);
			length = 1;
		} else if (*value == '"' || *value == '\\')
			(void)printf("\\%c", *value);
		else if (utf8_is_control(code))
			(void)printf("\\u%04lx", code);
		else
			(void)fwrite(value, 1, length, stdout);
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
	depth++;
}

void
json_close(char bracket)
{
	(void)putchar(bracket);
	comma = true;
	if (--depth == 0)
		(void)putchar('\n');
}

void
json_number(const char *name, long long value)
{
	start_value(name);
	(void)printf("%lld", value);
}

void
json_bool(const char *name, bool value)
{
	start_value(name);
	(void)fputs(value ? "true" : "false", stdout);
}

void
json_null(const char *name)
{
	start_value(name);
	(void)fputs("null", stdout);
}

void
json_optional(const char *name, bool has, long long value)
{
	if (has)
		json_number(name, value);
	else
		json_null(name);
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
