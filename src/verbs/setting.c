/* SPDX-License-Identifier: BSD-2-Clause */
/* How systemd.syntax(7) has a setting written. */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/message.h"
#include "verbs/setting.h"

#define LETTERS	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

/* One byte of a word in double quotes. */
static void
print_byte(unsigned char byte, enum expansion expansion)
{
	if (byte == '\n')
		(void)fputs("\\n", stdout);
	else if (byte == '\t')
		(void)fputs("\\t", stdout);
	else if (byte < ' ' || byte >= 0x7f)
		(void)printf("\\x%02x", byte);
	else if (byte == '"' || byte == '\\')
		(void)printf("\\%c", byte);
	else if (byte == '%' ||
	    (byte == '$' && expansion == EXPANDS_VARIABLES))
		(void)printf("%c%c", byte, byte);
	else
		(void)putchar(byte);
}

void
setting_word(const char *word, enum expansion expansion)
{
	static const char plain[] = LETTERS DIGITS "+,-./:=@_";
	size_t left = strlen(word), n;
	unsigned long code;

	if (left > 0 && strspn(word, plain) == left) {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('"');
	for (; left > 0; word += n, left -= n) {
		n = utf8_read(word, left, &code);
		if (n > 1 && !utf8_is_control(code)) {
			(void)fwrite(word, 1, n, stdout);
			continue;
		}
		print_byte((unsigned char)*word, expansion);
		n = 1;
	}
	(void)putchar('"');
}

bool
setting_is_text(const char *value)
{
	size_t left = strlen(value), n;
	unsigned long code;

	for (; left > 0; value += n, left -= n) {
		n = utf8_read(value, left, &code);
		if (n == 0 || utf8_is_control(code))
			return false;
	}
	return true;
}

bool
setting_text(const char *name, const char *prefix, const char *value)
{
	size_t length = strlen(value);

	/* A blank at the end is cut off; a backslash there joins two lines. */
	if (length == 0 || strchr(" \\", value[length - 1]) != NULL ||
	    !setting_is_text(value))
		return false;
	(void)printf("%s=%s", name, prefix);
	for (; *value != '\0'; value++) {
		if (*value == '%')
			(void)putchar('%');
		(void)putchar(*value);
	}
	(void)putchar('\n');
	return true;
}

void
setting_time(const char *name, long long ms)
{
	if (ms % 1000 == 0)
		(void)printf("%s=%llds\n", name, ms / 1000);
	else
		(void)printf("%s=%lldms\n", name, ms);
}

void
setting_note(const char *option, const char *value, const char *text)
{
	(void)printf("# --%s", option);
	if (value != NULL) {
		(void)putchar('=');
		print_plain(value);
	}
	(void)printf(": %s\n", text);
}

bool
setting_is_variable(const char *pair)
{
	size_t length = strcspn(pair, "="), left, n;
	const char *value = pair + length;
	unsigned long code;

	if (strspn(pair, LETTERS DIGITS "_") != length ||
	    strchr(DIGITS, *pair) != NULL)
		return false;
	for (left = strlen(value); left > 0; value += n, left -= n)
		if ((n = utf8_read(value, left, &code)) == 0)
			return false;
	return true;
}

bool
setting_is_program(const char *path)
{
	return strpbrk(path, "'\"\\") == NULL && setting_is_text(path);
}
