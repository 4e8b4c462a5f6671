/* SPDX-License-Identifier: BSD-2-Clause */
/* The record: its text, and how it is written and read. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/number.h"
#include "base/word.h"
#include "instance/record.h"

/* `end`, a blank, sixteen digits and a newline. */
#define END_LENGTH	21

/* So many times, a millisecond apart: a write takes microseconds. */
#define READ_TRIES	100

static const char nothing[RECORD_SIZE];

static const char *const state_names[] = {
	[RECORD_STARTING] = "starting",
	[RECORD_RUNNING] = "running",
	[RECORD_WAITING] = "waiting",
	[RECORD_STOPPING] = "stopping",
	[RECORD_ENDED] = "ended",
	NULL
};

/* The lines that are numbers, in their order. */
enum { PID_NAMESPACE, TIME_NAMESPACE, PID, START, DEVICE, INODE, SINCE,
    SUPERVISOR, SUPERVISOR_START, AGAIN, RUNS, DUE, NUMBERS };

static const struct { char key[24]; unsigned long long max; }
    number_lines[NUMBERS] = {
	[PID_NAMESPACE] = { "pid-namespace", ULLONG_MAX },
	[TIME_NAMESPACE] = { "time-namespace", ULLONG_MAX },
	[PID] = { "pid", INT_MAX },
	[START] = { "start", ULLONG_MAX },
	[DEVICE] = { "device", ULLONG_MAX },
	[INODE] = { "inode", ULLONG_MAX },
	[SINCE] = { "since", LLONG_MAX },
	[SUPERVISOR] = { "supervisor", INT_MAX },
	[SUPERVISOR_START] = { "supervisor-start", ULLONG_MAX },
	[AGAIN] = { "again", 1 },
	[RUNS] = { "runs", ULLONG_MAX },
	[DUE] = { "due", LLONG_MAX },
};

/* What a run's line has: `run NUMBER BEGAN ENDED WHEN exit 1`. */
static const char run_key[] = "run";

static const char *const ending_names[] = {
	[END_EXIT] = "exit",
	[END_SIGNAL] = "signal",
	[END_FAILED] = "failed",
	[END_CORE] = "core",
	NULL
};

/* --- writing: async-signal-safe, so without stdio ---------------------- */

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
put_line(struct text *text, const char *key, const char *value)
{
	put(text, key);
	put(text, " ");
	put(text, value);
	put(text, "\n");
}

/* A word, a blank and a number. */
static void
put_number(struct text *text, const char *key, unsigned long long number)
{
	char digits[24];
	char *at = digits + sizeof(digits) - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	put(text, key);
	put(text, " ");
	put(text, at);
}

static void
put_run(struct text *text, const struct run *run)
{
	put_number(text, run_key, run->number);
	put_number(text, "", (unsigned long long)run->began);
	put_number(text, "", (unsigned long long)run->ended);
	put_number(text, "", (unsigned long long)run->when);
	put(text, " ");
	put_number(text, ending_names[run->how.kind],
	    (unsigned long long)run->how.number);
	put(text, "\n");
}

static void
put_end(struct text *text, const char *covered, size_t length)
{
	char digits[CHECKSUM_SIZE];

	checksum_print(checksum(CHECKSUM_BEGIN, covered, length), digits);
	put_line(text, "end", digits);
}

void
record_format(const struct record *record, char buf[static RECORD_SIZE])
{
	const unsigned long long numbers[NUMBERS] = {
		[PID_NAMESPACE] = record->scope.pid_namespace,
		[TIME_NAMESPACE] = record->scope.time_namespace,
		[PID] = (unsigned long long)record->pid,
		[START] = record->start,
		[DEVICE] = record->device,
		[INODE] = record->inode,
		[SINCE] = (unsigned long long)record->since,
		[SUPERVISOR] = (unsigned long long)record->supervisor,
		[SUPERVISOR_START] = record->supervisor_start,
		[AGAIN] = record->again,
		[RUNS] = record->runs,
		[DUE] = (unsigned long long)record->due,
	};
	struct text text = { buf, buf + RECORD_SIZE - END_LENGTH };
	int i;

	memset(buf, 0, RECORD_SIZE);
	put_line(&text, "version", "1");
	put_line(&text, "state", state_names[record->state]);
	put_line(&text, "boot", record->scope.boot);
	/* Without a supervisor, there is nothing of one. */
	for (i = 0; i < (record->supervisor == 0 ? SUPERVISOR : NUMBERS);
	    i++) {
		put_number(&text, number_lines[i].key, numbers[i]);
		put(&text, "\n");
	}
	for (i = 0; i < RECORD_RUNS && record->supervisor != 0; i++)
		if (record->run[i].number != 0)
			put_run(&text, &record->run[i]);
	put(&text, record->about);
	text.end += END_LENGTH;
	put_end(&text, buf, (size_t)(text.at - buf));
}

static int
write_whole(int fd, const char text[static RECORD_SIZE])
{
	ssize_t written;
	size_t done;

	/* One call is enough, but a file system may write less at a time. */
	for (done = 0; done < RECORD_SIZE; done += (size_t)written) {
		written = pwrite(fd, text + done, RECORD_SIZE - done,
		    (off_t)done);
		if (written <= 0) {
			if (written == 0)
				errno = ENOSPC;
			return -1;
		}
	}
	return 0;
}

int
record_write(int fd, const struct record *record)
{
	char text[RECORD_SIZE];

	record_format(record, text);
	return write_whole(fd, text);
}

int
record_clear(int fd)
{
	return write_whole(fd, nothing);
}

/* --- reading ------------------------------------------------------------ */

/* The value of a line with that key, or NULL. */
static char *
value_of(char *line, const char *key)
{
	size_t length = strlen(key);

	return strncmp(line, key, length) == 0 && line[length] == ' ' ?
	    line + length + 1 : NULL;
}

/* A line of a number: false where the value is none. */
static bool
get_number(const char *value, int i, unsigned long long numbers[NUMBERS])
{
	char *end;

	if (*value < '0' || *value > '9')
		return false;
	errno = 0;
	numbers[i] = strtoull(value, &end, 10);
	return errno == 0 && *end == '\0' && numbers[i] <= number_lines[i].max;
}

/* A run's line.  False: its value is none. */
static bool
get_run(char *value, struct record *record)
{
	enum { NUMBER, BEGAN, ENDED, WHEN, KIND, HOW, WORDS };
	long long numbers[WORDS] = { 0 };
	int i, kind = -1;
	char *word;

	for (i = 0; i < WORDS; i++) {
		if ((word = strsep(&value, " ")) == NULL)
			return false;
		if (i == KIND)
			kind = word_index(word, ending_names);
		else if ((numbers[i] = number_parse(word, 0, LLONG_MAX)) == -1)
			return false;
	}
	if (value != NULL || kind == -1 || numbers[NUMBER] == 0 ||
	    numbers[HOW] > 255)
		return false;
	record->run[numbers[NUMBER] % RECORD_RUNS] = (struct run){
	    .number = (unsigned long long)numbers[NUMBER],
	    .began = numbers[BEGAN], .ended = numbers[ENDED],
	    .when = numbers[WHEN],
	    .how = { .kind = kind, .number = (int)numbers[HOW] } };
	return true;
}

/* One line, without its newline.  False: its value makes no sense. */
static bool
get_line(char *line, struct record *record,
    unsigned long long numbers[NUMBERS])
{
	char *value;
	int i;

	for (i = 0; i < NUMBERS; i++)
		if ((value = value_of(line, number_lines[i].key)) != NULL)
			return get_number(value, i, numbers);
	if ((value = value_of(line, "version")) != NULL)
		return strcmp(value, "1") == 0;
	if ((value = value_of(line, "state")) != NULL) {
		i = word_index(value, state_names);
		record->state = (enum record_state)i;
		return i != -1;
	}
	if ((value = value_of(line, run_key)) != NULL)
		return get_run(value, record);
	if ((value = value_of(line, "boot")) != NULL)
		return strlcpy(record->scope.boot, value,
		    sizeof(record->scope.boot)) < sizeof(record->scope.boot);
	(void)strlcat(record->about, line, sizeof(record->about));
	(void)strlcat(record->about, "\n", sizeof(record->about));
	return true;
}

static void
set_numbers(struct record *record, const unsigned long long numbers[NUMBERS])
{
	record->scope.pid_namespace = (ino_t)numbers[PID_NAMESPACE];
	record->scope.time_namespace = (ino_t)numbers[TIME_NAMESPACE];
	record->pid = (pid_t)numbers[PID];
	record->start = numbers[START];
	record->device = (dev_t)numbers[DEVICE];
	record->inode = (ino_t)numbers[INODE];
	record->since = (long long)numbers[SINCE];
	record->supervisor = (pid_t)numbers[SUPERVISOR];
	record->supervisor_start = numbers[SUPERVISOR_START];
	record->again = numbers[AGAIN] != 0;
	record->runs = numbers[RUNS];
	record->due = (long long)numbers[DUE];
}

enum record_fault
record_parse(const char text[static RECORD_SIZE], struct record *record)
{
	char copy[RECORD_SIZE + 1], end[END_LENGTH + 1];
	struct text expected = { end, end + END_LENGTH };
	unsigned long long numbers[NUMBERS] = { 0 };
	char *line, *newline, *last;
	size_t length;

	memset(record, 0, sizeof(*record));
	memcpy(copy, text, RECORD_SIZE);
	copy[RECORD_SIZE] = '\0';
	length = strlen(copy);
	/* The NULs after the text are of the same write. */
	if (memcmp(text + length, nothing, RECORD_SIZE - length) != 0)
		return RECORD_DAMAGED;
	if (length == 0)
		return RECORD_EMPTY;
	if (length <= END_LENGTH)
		return RECORD_DAMAGED;
	last = copy + length - END_LENGTH;
	put_end(&expected, copy, length - END_LENGTH);
	if (memcmp(last, end, END_LENGTH) != 0 || last[-1] != '\n')
		return RECORD_DAMAGED;
	*last = '\0';
	for (line = copy; *line != '\0'; line = newline + 1) {
		newline = strchr(line, '\n');
		*newline = '\0';
		if (!get_line(line, record, numbers))
			return RECORD_DAMAGED;
	}
	set_numbers(record, numbers);
	return RECORD_GOOD;
}

enum record_fault
record_read(int fd, struct record *record)
{
	enum record_fault fault = RECORD_DAMAGED;
	char text[RECORD_SIZE];
	struct stat st;
	ssize_t length;
	int tries;

	for (tries = 0; tries < READ_TRIES && fault == RECORD_DAMAGED;
	    tries++) {
		if (tries > 0)
			(void)poll(NULL, 0, 1);
		memset(text, 0, sizeof(text));
		length = pread(fd, text, sizeof(text), 0);
		if (length == -1)
			return RECORD_UNREADABLE;
		fault = record_parse(text, record);
	}
	if (fault != RECORD_GOOD)
		return fault;
	if (fstat(fd, &st) == -1)
		return RECORD_UNREADABLE;
	return st.st_dev == record->device && st.st_ino == record->inode ?
	    RECORD_GOOD : RECORD_COPY;
}

int
record_place(struct at *record, const struct at *file)
{
	*record = *file;
	if (strlcat(record->name, RECORD_SUFFIX, sizeof(record->name)) <
	    sizeof(record->name))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}
