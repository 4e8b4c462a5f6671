/* SPDX-License-Identifier: BSD-2-Clause */
/* The record: its text, and how it is written and read. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "instance/record.h"

/* `end`, a blank, sixteen digits and a newline. */
#define END_LENGTH	21

/* Tries a millisecond apart: a write takes microseconds. */
#define READ_TRIES	100

static const char first_line[] = "version 1\n";
static const char run_key[] = "run ";

static const char *const state_names[] = {
	[RECORD_STARTING] = "starting",
	[RECORD_RUNNING] = "running",
	[RECORD_WAITING] = "waiting",
	[RECORD_STOPPING] = "stopping",
	[RECORD_ENDED] = "ended",
	[RECORD_FAILED] = "failed"
};

/* The keys, in their order.  A member of 0 or "" has no line. */
#define MEMBER(name)	offsetof(struct record, name), \
	sizeof(((struct record *)NULL)->name)

static const struct field {
	const char *key;
	size_t offset;
	size_t size;			/* of a number: that of int, or 8 */
	unsigned long long max;		/* 0: a string */
	const char *const *names;	/* of the numbers, or NULL */
} fields[] = {
	{ "state", MEMBER(state), RECORD_FAILED, state_names },
	{ "boot", MEMBER(scope.boot), 0, NULL },
	{ "pid-namespace", MEMBER(scope.pid_namespace), ULLONG_MAX, NULL },
	{ "time-namespace", MEMBER(scope.time_namespace), ULLONG_MAX, NULL },
	{ "pid", MEMBER(pid), INT_MAX, NULL },
	{ "start", MEMBER(start), ULLONG_MAX, NULL },
	{ "pidfd", MEMBER(pidfd), ULLONG_MAX, NULL },
	{ "device", MEMBER(device), ULLONG_MAX, NULL },
	{ "inode", MEMBER(inode), ULLONG_MAX, NULL },
	{ "since", MEMBER(since), LLONG_MAX, NULL },
	{ "supervisor", MEMBER(supervisor), INT_MAX, NULL },
	{ "supervisor-start", MEMBER(supervisor_start), ULLONG_MAX, NULL },
	{ "again", MEMBER(again), 1, NULL },
	{ "tree", MEMBER(tree), 1, NULL },
	{ "limited", MEMBER(limited), 1, NULL },
	{ "runs", MEMBER(runs), ULLONG_MAX, NULL },
	{ "ready", MEMBER(ready), ULLONG_MAX, NULL },
	{ "due", MEMBER(due), LLONG_MAX, NULL },
	{ "log-fault", MEMBER(log_fault), 0, NULL },
	{ "log-lost", MEMBER(log_lost), LLONG_MAX, NULL },
};

#define FIELDS	(sizeof(fields) / sizeof(*fields))

static const char *const ending_names[] = {
	[END_EXIT] = "exit",
	[END_SIGNAL] = "signal",
	[END_FAILED] = "failed",
	[END_CORE] = "core"
};

#define ENDINGS	(sizeof(ending_names) / sizeof(*ending_names))

/* --- writing: async-signal-safe, so without stdio ------------------------ */

struct text {
	char *at;
	char *end;			/* what it may not reach */
};

static void
put(struct text *text, const char *string)
{
	while (*string != '\0' && text->at < text->end)
		*text->at++ = *string++;
}

static void
put_number(struct text *text, unsigned long long number)
{
	char digits[24];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put(text, at);
}

static void
put_field(struct text *text, const struct field *field,
    const struct record *record)
{
	const char *member = (const char *)record + field->offset;
	unsigned long long number = 0;
	unsigned int small;

	if (field->size == sizeof(small)) {
		memcpy(&small, member, sizeof(small));
		number = small;
	} else if (field->max != 0)
		memcpy(&number, member, sizeof(number));
	if (field->names == NULL && number == 0 &&
	    (field->max != 0 || *member == '\0'))
		return;
	put(text, field->key);
	put(text, " ");
	if (field->names != NULL)
		put(text, field->names[number]);
	else if (field->max == 0)
		put(text, member);
	else
		put_number(text, number);
	put(text, "\n");
}

/* `run NUMBER BEGAN ENDED WHEN exit 1` */
static void
put_run(struct text *text, const struct run *run)
{
	const unsigned long long numbers[] = { run->number,
	    (unsigned long long)run->began, (unsigned long long)run->ended,
	    (unsigned long long)run->when };
	size_t i;

	if (run->number == 0)
		return;
	put(text, run_key);
	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		put_number(text, numbers[i]);
		put(text, " ");
	}
	put(text, ending_names[run->how.kind]);
	put(text, " ");
	put_number(text, (unsigned long long)run->how.number);
	put(text, "\n");
}

static void
put_end(struct text *text, const char *covered, size_t length)
{
	char digits[CHECKSUM_SIZE];

	checksum_print(checksum(CHECKSUM_BEGIN, covered, length), digits);
	put(text, "end ");
	put(text, digits);
	put(text, "\n");
}

void
record_format(const struct record *record, char buf[static RECORD_SIZE])
{
	struct text text = { buf, buf + RECORD_SIZE - END_LENGTH };
	size_t i;

	memset(buf, 0, RECORD_SIZE);
	put(&text, first_line);
	for (i = 0; i < FIELDS; i++)
		put_field(&text, &fields[i], record);
	for (i = 0; i < RECORD_RUNS; i++)
		put_run(&text, &record->run[i]);
	put(&text, record->options);
	text.end += END_LENGTH;
	put_end(&text, buf, (size_t)(text.at - buf));
}

int
record_restore(int fd, const char *copy)
{
	ssize_t written;
	size_t done;

	/* One call is enough, but a file system may write less at a time. */
	for (done = 0; done < RECORD_SIZE; done += (size_t)written) {
		written = pwrite(fd, copy + done, RECORD_SIZE - done,
		    (off_t)done);
		if (written == 0)
			errno = ENOSPC;
		if (written <= 0)
			return -1;
	}
	return 0;
}

int
record_write(int fd, const struct record *record)
{
	char text[RECORD_SIZE] = "";

	if (record != NULL)
		record_format(record, text);
	return record_restore(fd, text);
}

/* --- reading ------------------------------------------------------------- */

/* Read a number, and go behind it.  Return false if there is none. */
static bool
get_number(const char **at, unsigned long long max, unsigned long long *number)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	*at = end;
	return errno == 0 && *number <= max;
}

/* The same for one of the names, of which max is the last. */
static bool
get_name(const char **at, const char *const *names, unsigned long long max,
    unsigned long long *number)
{
	size_t length = strcspn(*at, " \n");

	for (*number = 0; *number <= max; ++*number)
		if (strlen(names[*number]) == length &&
		    memcmp(names[*number], *at, length) == 0) {
			*at += length;
			return true;
		}
	return false;
}

/* The value ends with a newline.  Return false if it makes no sense. */
static bool
get_field(const char *value, const struct field *field, struct record *record)
{
	char *member = (char *)record + field->offset;
	size_t length = strcspn(value, "\n");
	unsigned long long number;
	unsigned int small;
	bool good;

	if (field->max == 0) {
		if (length >= field->size)
			return false;
		memcpy(member, value, length);
		member[length] = '\0';
		return true;
	}
	good = field->names == NULL ?
	    get_number(&value, field->max, &number) :
	    get_name(&value, field->names, field->max, &number);
	if (!good || *value != '\n')
		return false;
	small = (unsigned int)number;
	if (field->size == sizeof(small))
		memcpy(member, &small, sizeof(small));
	else
		memcpy(member, &number, sizeof(number));
	return true;
}

static bool
get_run(const char *at, struct record *record)
{
	unsigned long long n[6];
	size_t i;

	for (i = 0; i < 4; i++)
		if (!get_number(&at, LLONG_MAX, &n[i]) || *at++ != ' ')
			return false;
	if (!get_name(&at, ending_names, ENDINGS - 1, &n[4]) || *at++ != ' ' ||
	    !get_number(&at, 255, &n[5]) || *at != '\n' || n[0] == 0)
		return false;
	record->run[n[0] % RECORD_RUNS] = (struct run){ .number = n[0],
	    .began = (long long)n[1], .ended = (long long)n[2],
	    .when = (long long)n[3],
	    .how = { .kind = (int)n[4], .number = (int)n[5] } };
	return true;
}

/* A line, with its newline.  Return false if its value makes no sense. */
static bool
get_line(const char *line, size_t length, struct record *record)
{
	size_t i, key, used = strlen(record->options);

	for (i = 0; i < FIELDS; i++) {
		key = strlen(fields[i].key);
		if (strncmp(line, fields[i].key, key) == 0 && line[key] == ' ')
			return get_field(line + key + 1, &fields[i], record);
	}
	if (strncmp(line, run_key, sizeof(run_key) - 1) == 0)
		return get_run(line + sizeof(run_key) - 1, record);
	if (used + length >= sizeof(record->options))
		return false;
	memcpy(record->options + used, line, length);
	return true;
}

enum record_fault
record_parse(const char text[static RECORD_SIZE], struct record *record)
{
	char end[END_LENGTH];
	struct text expected = { end, end + END_LENGTH };
	size_t length = strnlen(text, RECORD_SIZE), size, i;
	const char *line, *last = text + length - END_LENGTH;

	memset(record, 0, sizeof(*record));
	/* The NULs after the text are of the same write. */
	for (i = length; i < RECORD_SIZE; i++)
		if (text[i] != '\0')
			return RECORD_DAMAGED;
	if (length == 0)
		return RECORD_EMPTY;
	if (length <= END_LENGTH || last[-1] != '\n' ||
	    strncmp(text, first_line, sizeof(first_line) - 1) != 0)
		return RECORD_DAMAGED;
	put_end(&expected, text, length - END_LENGTH);
	if (memcmp(last, end, END_LENGTH) != 0)
		return RECORD_DAMAGED;
	for (line = text + sizeof(first_line) - 1; line < last; line += size) {
		size = strcspn(line, "\n") + 1;
		if (!get_line(line, size, record))
			return RECORD_DAMAGED;
	}
	return RECORD_GOOD;
}

bool
record_is_ours(int fd)
{
	char text[RECORD_SIZE] = "";
	ssize_t n, i = 0;

	n = pread(fd, text, sizeof(text), 0);
	if (strncmp(text, first_line, sizeof(first_line) - 1) == 0)
		return true;
	while (i < n && text[i] == '\0')
		i++;
	return i == n;
}

enum record_fault
record_read(int fd, struct record *record)
{
	enum record_fault fault = RECORD_DAMAGED;
	/* Too large for a small stack, on which the caller has a record. */
	char *text = malloc(RECORD_SIZE);
	int tries;

	if (text == NULL)
		return RECORD_UNREADABLE;
	for (tries = 0; tries < READ_TRIES && fault == RECORD_DAMAGED;
	    tries++) {
		if (tries > 0)
			(void)poll(NULL, 0, 1);
		memset(text, 0, RECORD_SIZE);
		fault = pread(fd, text, RECORD_SIZE, 0) == -1 ?
		    RECORD_UNREADABLE : record_parse(text, record);
	}
	free(text);
	return fault;
}

char *
record_copy(int fd)
{
	char *copy = calloc(1, RECORD_SIZE);
	struct record record;

	if (copy != NULL && (pread(fd, copy, RECORD_SIZE, 0) != RECORD_SIZE ||
	    record_parse(copy, &record) != RECORD_GOOD)) {
		free(copy);
		copy = NULL;
	}
	return copy;
}

/* --- the options: lines that are added and looked up --------------------- */

bool
record_add(struct record *record, const char *key, const char *value)
{
	size_t used = strlen(record->options);
	size_t room = sizeof(record->options) - used, length;
	char *line = record->options + used;

	length = (size_t)snprintf(line, room, "%s ", key);
	for (; *value != '\0' && length + 2 < room; value++) {
		if (*value == '\n' || *value == '\\')
			line[length++] = '\\';
		line[length++] = *value == '\n' ? 'n' : *value;
	}
	if (*value == '\0' && length + 1 < room) {
		line[length] = '\n';
		line[length + 1] = '\0';
		return true;
	}
	*line = '\0';
	return false;
}

bool
record_value(const struct record *record, const char *key, size_t i,
    char *value, size_t size)
{
	size_t length = strlen(key);
	const char *line, *end;

	for (line = record->options; *line != '\0'; line = end + 1) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, key, length) == 0 && line[length] == ' ' &&
		    i-- == 0)
			break;
	}
	if (*line == '\0')
		return false;
	for (line += length + 1; line < end && size > 1; line++, size--) {
		if (*line == '\\' && line + 1 < end)
			*value++ = *++line == 'n' ? '\n' : *line;
		else
			*value++ = *line;
	}
	*value = '\0';
	return true;
}
