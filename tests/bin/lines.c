/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes numbered lines, and tells whether a log has them all, once each,
 * whole and in order.
 *
 *	lines write STATE TOTAL RUN SEED
 *	lines check [-m] [-s] FILE...
 *	lines take FILE
 *
 * write continues with the number in the file STATE (1 where there is none).
 * It writes about RUN lines, in pieces of any size, and exits with 1; or with
 * 0 after the line TOTAL.  The last line of a run is marked, and every other
 * run leaves it without an end.
 *
 * check reads the files as one.  -m: messages of a supervisor are there, one
 * after each run, and nowhere else.  -s: each line has a time before it.
 * It prints the number of lines.
 *
 * take is a logger that moves its input to the end of the file within the
 * kernel: killed at any moment, it has lost nothing that it had read.
 */
#include "config.h"

#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_SIZE	(300 * 1000)

static char line[LINE_MAX_SIZE + 64];
static unsigned long long seed;

static unsigned
some(unsigned below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % below;
}

/* How much text has the line of that number? */
static unsigned
length_of(unsigned long long n)
{
	unsigned any = (unsigned)((n * 2654435761ULL) >> 7);

	if (n % 50000 == 0)
		return any % LINE_MAX_SIZE;
	if (n % 1000 == 0)
		return any % 9000;
	return any % (n % 100 == 0 ? 1000 : 60);
}

/* Makes the line of that number, without a newline.  Returns its length. */
static size_t
make(unsigned long long n, bool last)
{
	unsigned length = length_of(n);
	int head = snprintf(line, 64, "%llu%c", n, last ? '!' : ' ');

	memset(line + head, 'a' + (int)(n % 26), length);
	return (size_t)head + length;
}

/* --- writing ------------------------------------------------------------- */

static char out[128 * 1024];
static size_t nout;

static void
put(const char *text, size_t length)
{
	size_t part, size = 1 + some(sizeof(out));

	while (length > 0) {
		part = size > nout ? size - nout : 0;
		if (part > length)
			part = length;
		memcpy(out + nout, text, part);
		nout += part;
		text += part;
		length -= part;
		if (nout < size)
			return;
		if (write(STDOUT_FILENO, out, nout) != (ssize_t)nout)
			err(2, "write");
		nout = 0;
		size = 1 + some(sizeof(out));
	}
}

static void
flush(void)
{
	if (nout > 0 && write(STDOUT_FILENO, out, nout) != (ssize_t)nout)
		err(2, "write");
}

static int
write_lines(const char *state, unsigned long long total, unsigned run)
{
	unsigned long long n = 1, end;
	FILE *file = fopen(state, "r");
	bool last;

	if (file != NULL) {
		if (fgets(line, 64, file) != NULL)
			n = strtoull(line, NULL, 10);
		(void)fclose(file);
	}
	seed += n;
	(void)some(2);
	end = n + some(2 * run) + 1;
	if (end > total + 1)
		end = total + 1;
	for (; n < end; n++) {
		last = n == end - 1;
		put(line, make(n, last));
		if (!last || some(2) == 0)
			put("\n", 1);
	}
	flush();
	file = fopen(state, "w");
	if (file == NULL || fprintf(file, "%llu\n", n) < 0 ||
	    fclose(file) != 0)
		err(2, "%s", state);
	return n <= total;
}

/* --- checking ------------------------------------------------------------ */

/* The length of `2026-11-26T11:50:00.123Z ' or its like at the beginning. */
static size_t
stamp_length(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.ddd";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) :
		    form[i] != text[i])
			return 0;
	i += strcspn(text + i, " ");
	return text[i] == ' ' ? i + 1 : 0;
}

struct check {
	bool messages;
	bool stamps;
	bool ended;			/* the last line was the last of a run */
	unsigned long long n;		/* lines until now */
};

static void
check_line(struct check *check, const char *text, size_t length,
    const char *file)
{
	size_t stamp = stamp_length(text);
	bool last;

	if (check->stamps != (stamp > 0))
		errx(1, "%s: after line %llu: %s", file, check->n, text);
	text += stamp;
	length -= stamp;
	if (check->messages && strncmp(text, "daemonize: ", 11) == 0) {
		if (!check->ended)
			errx(1, "%s: after line %llu, in a run: %s", file,
			    check->n, text);
		check->ended = false;
		return;
	}
	if (check->messages && check->ended)
		errx(1, "%s: no message after line %llu", file, check->n);
	last = text[strspn(text, "0123456789")] == '!';
	if (length != make(check->n + 1, last) ||
	    memcmp(text, line, length) != 0)
		errx(1, "%s: after line %llu comes: %.200s", file, check->n,
		    text);
	check->n++;
	check->ended = last;
}

static int
check_files(struct check *check, char *const files[])
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *file;

	for (; *files != NULL; files++) {
		file = fopen(*files, "r");
		if (file == NULL)
			err(1, "%s", *files);
		while ((length = getline(&text, &size, file)) > 0) {
			if (text[length - 1] != '\n')
				errx(1, "%s: line %llu has no end", *files,
				    check->n + 1);
			text[length - 1] = '\0';
			check_line(check, text, (size_t)length - 1, *files);
		}
		(void)fclose(file);
	}
	free(text);
	(void)printf("%llu\n", check->n);
	return 0;
}

/* --- a logger ------------------------------------------------------------ */

static int
take(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0666);
	ssize_t moved;

	if (fd == -1 || lseek(fd, 0, SEEK_END) == -1)
		err(2, "%s", path);
	while ((moved = splice(STDIN_FILENO, NULL, fd, NULL, 65536, 0)) > 0)
		;
	if (moved == -1)
		err(2, "splice");
	return 0;
}

int
main(int argc, char *argv[])
{
	struct check check = { .n = 0 };
	char **arg;

	if (argc == 6 && strcmp(argv[1], "write") == 0) {
		seed = strtoull(argv[5], NULL, 10);
		return write_lines(argv[2], strtoull(argv[3], NULL, 10),
		    (unsigned)strtoul(argv[4], NULL, 10));
	}
	if (argc == 3 && strcmp(argv[1], "take") == 0)
		return take(argv[2]);
	if (argc < 3 || strcmp(argv[1], "check") != 0)
		errx(2, "usage: lines write|check|take ...");
	for (arg = argv + 2; *arg != NULL && **arg == '-'; arg++)
		if (strcmp(*arg, "-m") == 0)
			check.messages = true;
		else
			check.stamps = true;
	return check_files(&check, arg);
}
