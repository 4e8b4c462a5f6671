/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints for the messages about common mistakes. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/hint.h"
#include "process/schedule.h"

/* --- options ----------------------------------------------------------- */

/* More than any option's length. */
#define WORD_MAX	32

static int
min(int a, int b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/*
 * How many characters are to be inserted, deleted, replaced or swapped with
 * their neighbour to make one word of the other (optimal string alignment).
 */
static int
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t i, j;

	for (i = 0; i <= a_length; i++)
		d[i][0] = (int)i;
	for (j = 0; j <= b_length; j++)
		d[0][j] = (int)j;
	for (i = 1; i <= a_length; i++)
		for (j = 1; j <= b_length; j++) {
			d[i][j] = min(d[i - 1][j - 1] +
			    !same(a[i - 1], b[j - 1]),
			    min(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_length][b_length];
}

const char *
hint_option(const char *word, const struct option *table)
{
	size_t length = strcspn(word, "="), n = 0;
	const char *nearest = NULL, *begun = NULL;
	/* A third of the word may be wrong, but no more than two. */
	int least = min((int)length / 3, 2) + 1, d;

	if (length < 2 || length > WORD_MAX)
		return NULL;
	for (; table->name != NULL; table++) {
		if (strncmp(word, table->name, length) == 0) {
			begun = table->name;
			n++;
		}
		d = distance(word, length, table->name, strlen(table->name));
		if (d < least) {
			least = d;
			nearest = table->name;
		}
	}
	return n == 1 ? begun : nearest;
}

/* --- COMMAND ----------------------------------------------------------- */

#define WORD_SIZE	10

/* The last of the words is empty. */
static bool
is_one_of(const char *word, const char words[][WORD_SIZE])
{
	for (; **words != '\0'; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

/* Return the hint for a word that only a shell knows, or NULL. */
static const char *
hint_shell(const char *command)
{
	/* POSIX has these: utilities without a file, and reserved words. */
	static const char words[][WORD_SIZE] = { ".", ":", "!", "{", "alias",
	    "bg", "break", "case", "cd", "command", "continue", "eval",
	    "exec", "exit", "export", "fc", "fg", "for", "getopts", "hash",
	    "if", "jobs", "local", "read", "readonly", "return", "set",
	    "shift", "times", "trap", "type", "ulimit", "umask", "unalias",
	    "unset", "until", "wait", "while", "" };
	static const char bash_words[][WORD_SIZE] = { "[[", "((", "bind",
	    "builtin", "caller", "declare", "dirs", "disown", "enable",
	    "function", "help", "history", "let", "logout", "mapfile", "popd",
	    "pushd", "readarray", "select", "shopt", "source", "suspend",
	    "time", "typeset", "" };
	static const char aliases[][WORD_SIZE] = { "l", "la", "ll", "" };

	if (is_one_of(command, words))
		return "a shell has it built in: use sh -c '...'";
	if (is_one_of(command, bash_words))
		return "bash has it built in: use bash -c '...'";
	if (is_one_of(command, aliases))
		return "if it is a shell alias, use its value";
	return NULL;
}

/* NAME=VALUE, as a shell has it before a command. */
static bool
is_assignment(const char *command)
{
	size_t length = strspn(command, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	    "abcdefghijklmnopqrstuvwxyz0123456789");

	return length > 0 && command[length] == '=' &&
	    !isdigit((unsigned char)*command);
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

void
hint_command(const char *command, bool here, bool replace, char *reason,
    size_t size)
{
	const char *missing = strerror(ENOENT), *hint = hint_shell(command);
	struct schedule schedule;

	if (here && strchr(command, '/') == NULL && is_file(command))
		(void)snprintf(reason, size,
		    "not found in PATH; did you mean ./%s?", command);
	else if (hint != NULL)
		(void)snprintf(reason, size, "%s; %s", missing, hint);
	else if (is_assignment(command))
		(void)snprintf(reason, size, "%s; did you mean -E %s?",
		    missing, command);
	else if (replace && schedule_parse(command, &schedule) == NULL)
		(void)snprintf(reason, size, "%s; did you mean --replace=%s?",
		    missing, command);
	else if (strpbrk(command, " \t\n") != NULL)
		(void)snprintf(reason, size, "%s; give its words as separate "
		    "arguments, or use sh -c '...'", missing);
	else
		(void)strlcpy(reason, missing, size);
}

/* --- operands ---------------------------------------------------------- */

void
hint_instance(const char *wrong, const char *operand, char *reason,
    size_t size)
{
	if (*operand != '.' && *operand != '/' &&
	    !isalpha((unsigned char)*operand))
		(void)strlcpy(reason, wrong, size);
	else if (strpbrk(operand, "./") != NULL)
		(void)snprintf(reason, size, "%s; did you mean -p %s?",
		    wrong, operand);
	else
		(void)snprintf(reason, size,
		    "%s; did you mean -n %s, or -p %s?", wrong, operand,
		    operand);
}
