/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads a record that another process writes all the time.
 *
 *   torn whole|pieces FILE READS
 *
 * The writer changes between a short and a long record: by record_write, or in
 * pieces with a pause between two, as a file system may show a write.  Each
 * record that is read must be one of the two.  Prints how many of the reads
 * without a second look were torn.
 * Exit status: 0 none of the records was, 1 one was, 2 it could not be tried.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance/record.h"

#define PIECE	64

static struct record records[2];

static void
make_records(const struct stat *st)
{
	char line[2048];
	int i;

	for (i = 0; i < 2; i++) {
		(void)strlcpy(records[i].scope.boot, i == 0 ? "first" :
		    "the second boot", sizeof(records[i].scope.boot));
		records[i].state = i == 0 ? RECORD_RUNNING : RECORD_ENDED;
		records[i].pid = i == 0 ? 7 : 2000000000;
		records[i].device = st->st_dev;
		records[i].inode = st->st_ino;
		memset(line, 'a' + i, sizeof(line));
		line[i == 0 ? 10 : sizeof(line) - 1] = '\0';
		if (!record_add(&records[i], "arg", line))
			errx(2, "no room");
	}
}

static void
write_pieces(int fd, const struct record *record)
{
	char text[RECORD_SIZE];
	off_t at;

	record_format(record, text);
	for (at = 0; at < RECORD_SIZE; at += PIECE) {
		if (pwrite(fd, text + at, PIECE, at) != PIECE)
			err(2, "pwrite");
		(void)usleep(1);
	}
	/* A reader gives up at some time. */
	(void)usleep(2000);
}

static void __attribute__((noreturn))
write_for_ever(int fd, bool pieces)
{
	int i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		err(2, "prctl");
	for (i = 0;; i = !i)
		if (pieces)
			write_pieces(fd, &records[i]);
		else if (record_write(fd, &records[i]) == -1)
			err(2, "record_write");
}

static bool
is_same(const struct record *a, const struct record *b)
{
	return a->pid == b->pid && a->state == b->state &&
	    strcmp(a->scope.boot, b->scope.boot) == 0 &&
	    strcmp(a->options, b->options) == 0;
}

/* The writer may take its time to begin. */
static void
await_second(int fd)
{
	struct record record;
	int tries;

	for (tries = 0; record_read(fd, &record) != RECORD_GOOD ||
	    !is_same(&record, &records[1]); tries++) {
		if (tries == 10000)
			errx(2, "the writer does not write");
		(void)usleep(1000);
	}
}

/* Reads it so often; true where each was one that was written. */
static bool
read_all(int fd, long reads, bool pieces)
{
	struct record record;
	char text[RECORD_SIZE];
	enum record_fault fault;
	long i, torn = 0;

	for (i = 0; i < reads; i++) {
		if (pieces)
			(void)usleep(100);
		if (pread(fd, text, sizeof(text), 0) != RECORD_SIZE)
			err(2, "pread");
		torn += record_parse(text, &record) != RECORD_GOOD;
		fault = record_read(fd, &record);
		if (fault != RECORD_GOOD || (!is_same(&record, &records[0]) &&
		    !is_same(&record, &records[1]))) {
			printf("read %ld: fault %d, pid %d\n", i, (int)fault,
			    (int)record.pid);
			return false;
		}
	}
	printf("%ld of %ld reads were torn\n", torn, reads);
	return true;
}

int
main(int argc, char **argv)
{
	struct stat st;
	pid_t writer;
	bool pieces, good;
	int fd;

	if (argc != 4)
		errx(2, "usage: torn whole|pieces FILE READS");
	pieces = strcmp(argv[1], "pieces") == 0;
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd == -1 || fstat(fd, &st) == -1)
		err(2, "%s", argv[2]);
	make_records(&st);
	if (record_write(fd, &records[0]) == -1)
		err(2, "%s", argv[2]);
	if ((writer = fork()) == -1)
		err(2, "fork");
	if (writer == 0)
		write_for_ever(fd, pieces);
	if (!pieces)
		await_second(fd);
	good = read_all(fd, strtol(argv[3], NULL, 10), pieces);
	(void)kill(writer, SIGKILL);
	(void)waitpid(writer, NULL, 0);
	return good ? 0 : 1;
}
