/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzes the record of an instance: what reads one that any user may have
 * written, and that it reads back what was written.
 */
#include "config.h"

#include <sys/types.h>

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "instance/record.h"
#include "fuzz.h"

#define LINES		64	/* of one record, at most */

/* What is left of the input. */
static const uint8_t *rest;
static size_t left;

static uint8_t
byte(void)
{
	return left == 0 ? 0 : (left--, *rest++);
}

static unsigned long long
number(unsigned long long max)
{
	unsigned long long n = 0;
	int i = byte() % 9;

	while (i-- > 0)
		n = n << 8 | byte();
	return max == ULLONG_MAX ? n : n % (max + 1);
}

/* Up to a NUL, and at most max bytes; free(3). */
static char *
string(size_t max)
{
	const uint8_t *end = left == 0 ? NULL : memchr(rest, '\0', left);
	size_t length = end == NULL ? left : (size_t)(end - rest);
	char *text;

	if (length > max)
		length = max;
	text = left == 0 ? strdup("") : fuzz_string(rest, length);
	assert(text != NULL);
	rest += length;
	left -= length;
	(void)byte();
	return text;
}

static void
assert_equal(const struct record *a, const struct record *b)
{
	assert(a->state == b->state && a->since == b->since);
	assert(strcmp(a->scope.boot, b->scope.boot) == 0);
	assert(a->scope.pid_namespace == b->scope.pid_namespace);
	assert(a->scope.time_namespace == b->scope.time_namespace);
	assert(a->pid == b->pid && a->start == b->start);
	assert(a->device == b->device && a->inode == b->inode);
	assert(strcmp(a->options, b->options) == 0);
}

/* Anything: it is refused, or it is a record that can be written. */
static void
parse_any(const uint8_t *data, size_t size)
{
	char text[RECORD_SIZE] = "", value[64];
	struct record record;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text));
	if (record_parse(text, &record) != RECORD_GOOD)
		return;
	assert(record.state <= RECORD_ENDED && record.pid >= 0 &&
	    record.since >= 0);
	assert(memchr(record.options, '\0', sizeof(record.options)) != NULL);
	assert(memchr(record.scope.boot, '\0', sizeof(record.scope.boot)) !=
	    NULL);
	(void)record_value(&record, "arg", 0, value, sizeof(value));
}

/*
 * The same with the right checksum: `end CHECKSUM' is put behind the text.
 * This is the checksum's second opinion.
 */
static void
parse_sealed(const uint8_t *data, size_t size)
{
	uint64_t sum = 14695981039346656037ULL;
	char text[RECORD_SIZE + 1] = "";
	size_t i;

	if (size > RECORD_SIZE - 21)
		size = RECORD_SIZE - 21;
	memcpy(text, data, size);
	size = strlen(text);
	if (size == 0)
		return;
	text[size - 1] = '\n';
	for (i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * 1099511628211ULL;
	(void)snprintf(text + size, 22, "end %016llx\n",
	    (unsigned long long)sum);
	parse_any((const uint8_t *)text, RECORD_SIZE);
}

/* What was written is read back; with one byte changed, it is refused. */
static void
write_and_parse(void)
{
	static const char *const keys[] = { "umask", "stdout", "exec", "arg" };
	char *values[LINES], text[RECORD_SIZE], value[RECORD_SIZE], *boot, *at;
	size_t nth[LINES], seen[4] = { 0 }, key[LINES] = { 0 }, i, n;
	struct record record = { .state = byte() % (RECORD_ENDED + 1) };
	struct record back;

	record.since = (long long)number(LLONG_MAX);
	record.pid = (pid_t)number(INT_MAX);
	record.start = number(ULLONG_MAX);
	record.scope.pid_namespace = (ino_t)number(ULLONG_MAX);
	record.scope.time_namespace = (ino_t)number(ULLONG_MAX);
	record.device = (dev_t)number(ULLONG_MAX);
	record.inode = (ino_t)number(ULLONG_MAX);
	boot = string(sizeof(record.scope.boot) - 1);
	for (at = boot; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	strcpy(record.scope.boot, boot);
	free(boot);
	i = (size_t)number(RECORD_SIZE - 1);
	for (n = 0; n < LINES && left > 0; n++) {
		key[n] = byte() % 4;
		values[n] = string(RECORD_SIZE);
		if (!record_add(&record, keys[key[n]], values[n])) {
			free(values[n]);
			break;
		}
		nth[n] = seen[key[n]]++;
	}

	record_format(&record, text);
	assert(record_parse(text, &back) == RECORD_GOOD);
	assert_equal(&record, &back);
	text[i]++;
	assert(record_parse(text, &back) != RECORD_GOOD);
	while (n-- > 0) {
		assert(record_value(&record, keys[key[n]], nth[n], value,
		    sizeof(value)));
		assert(strcmp(value, values[n]) == 0);
		free(values[n]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	rest = data + 1;
	left = size - 1;
	switch (*data % 3) {
	case 0:
		parse_any(rest, left);
		break;
	case 1:
		parse_sealed(rest, left);
		break;
	default:
		write_and_parse();
		break;
	}
	return 0;
}
