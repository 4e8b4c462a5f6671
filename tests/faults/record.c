/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of an instance, as the judge reads it: not by daemonize's own
 * code, which would find right whatever it has written.
 */
#define _GNU_SOURCE

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/noted.h"

#define RECORD_SIZE	4096

static void __attribute__((format(printf, 2, 3)))
wrong(struct noted *noted, const char *format, ...)
{
	va_list args;

	noted->what = NOTED_WRONG;
	va_start(args, format);
	vsnprintf(noted->why, sizeof(noted->why), format, args);
	va_end(args);
}

/* FNV-1a, 64 bits. */
static uint64_t
checksum(const char *text, size_t length)
{
	uint64_t sum = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < length; i++) {
		sum ^= (unsigned char)text[i];
		sum *= 1099511628211ULL;
	}
	return sum;
}

/* The value of the line with that key, into value; "" where there is none. */
static void
find_value(const char *text, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);
	const char *line;

	*value = '\0';
	for (line = text; line != NULL && *line != '\0'; line =
	    strchr(line, '\n'), line = line == NULL ? NULL : line + 1)
		if (strncmp(line, key, length) == 0 && line[length] == ' ') {
			snprintf(value, size, "%.*s",
			    (int)strcspn(line + length + 1, "\n"),
			    line + length + 1);
			return;
		}
}

static unsigned long long
find_number(const char *text, const char *key)
{
	char value[64];

	find_value(text, key, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

unsigned long long
start_of(pid_t pid)
{
	char path[64], text[1024], *at;
	ssize_t length;
	int fd, column;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	at = strrchr(text, ')');
	for (column = 2; at != NULL && column < 22; column++)
		at = strchr(at + 1, ' ');
	return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

/* What it says of where it was written: is that here? */
static void
judge_scope(struct noted *noted, const char *text, const struct stat *file)
{
	char boot[64] = "", said[64];
	struct stat pids, times;
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd == -1 || read(fd, boot, sizeof(boot) - 1) <= 0 ||
	    stat("/proc/self/ns/pid", &pids) == -1)
		err(2, "/proc");
	close(fd);
	boot[strcspn(boot, "\n")] = '\0';
	if (stat("/proc/self/ns/time", &times) == -1)
		times.st_ino = 0;
	find_value(text, "boot", said, sizeof(said));
	noted->nowhere = *said == '\0' ||
	    find_number(text, "pid-namespace") == 0 ||
	    (find_number(text, "time-namespace") == 0 && times.st_ino != 0);
	if (strcmp(said, boot) != 0 && !noted->nowhere)
		wrong(noted, "boot `%s'", said);
	else if (find_number(text, "pid-namespace") != pids.st_ino &&
	    !noted->nowhere)
		wrong(noted, "another pid namespace");
	else if (find_number(text, "time-namespace") != times.st_ino &&
	    !noted->nowhere)
		wrong(noted, "another time namespace");
	else if (find_number(text, "device") != file->st_dev ||
	    find_number(text, "inode") != file->st_ino)
		wrong(noted, "another file's");
}

/* Past the lines of a supervisor, which no two launches have the same. */
static const char *
skip_runs(const char *line)
{
	static const char *const keys[] = { "\nsupervisor ",
	    "\nsupervisor-start ", "\nagain ", "\nruns ", "\nready ",
	    "\ndue ", "\nrun " };
	size_t i;

	for (i = 0; line != NULL && i < sizeof(keys) / sizeof(*keys); i++)
		while (line != NULL &&
		    strncmp(line, keys[i], strlen(keys[i])) == 0)
			line = strchr(line + 1, '\n');
	return line;
}

/* A record, by its checksum: what it says. */
static void
read_text(struct noted *noted, const char *text, const struct stat *file)
{
	static const char last[] = "\ninode ";
	const char *about;
	size_t length = strlen(text);
	char end[32];

	snprintf(end, sizeof(end), "end %016llx\n", (unsigned long long)
	    checksum(text, length < 21 ? 0 : length - 21));
	if (length < 21 || strcmp(text + length - 21, end) != 0) {
		wrong(noted, "its checksum is wrong");
		return;
	}
	noted->what = NOTED_GOOD;
	find_value(text, "state", noted->state, sizeof(noted->state));
	noted->pid = (pid_t)find_number(text, "pid");
	noted->start = find_number(text, "start");
	noted->supervisor = (pid_t)find_number(text, "supervisor");
	noted->supervisor_start = find_number(text, "supervisor-start");
	/* What the launch was to be follows `since', or what is of runs. */
	about = strstr(text, last);
	about = about == NULL ? NULL : strstr(about, "\nsince ");
	about = about == NULL ? NULL : strchr(about + 1, '\n');
	about = about == NULL ? NULL : skip_runs(about);
	if (about == NULL) {
		wrong(noted, "a line is missing");
		return;
	}
	snprintf(noted->about, sizeof(noted->about), "%.*s",
	    (int)(text + length - 21 - about), about);
	judge_scope(noted, text, file);
}

void
record_of(const char *pidfile, struct noted *noted)
{
	char path[256], text[RECORD_SIZE + 1];
	struct stat st;
	ssize_t length;
	int fd;

	memset(noted, 0, sizeof(*noted));
	snprintf(path, sizeof(path), "%s.record", pidfile);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	if (fstat(fd, &st) == -1 ||
	    (length = read(fd, text, RECORD_SIZE)) == -1)
		err(2, "%s", path);
	text[length] = '\0';
	if (*text == '\0')
		noted->what = NOTED_EMPTY;
	else
		read_text(noted, text, &st);
	if ((st.st_mode & 07777) != 0600)
		wrong(noted, "its mode is %03o", st.st_mode & 07777);
	else if (noted->what == NOTED_GOOD && st.st_size != RECORD_SIZE)
		wrong(noted, "it has %lld bytes", (long long)st.st_size);
	noted->locked = flock(fd, LOCK_EX | LOCK_NB) == -1;
	close(fd);
}
