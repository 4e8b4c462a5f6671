/* SPDX-License-Identifier: BSD-2-Clause */
/* Hints for the messages about common mistakes. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/number.h"
#include "cli/hint.h"
#include "cli/table.h"

const char *
hint_format(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) == -1)
		text = NULL;
	va_end(args);
	return text != NULL ? text : strerror(ENOMEM);
}

/* What words, each between two blanks, may be meant for. */
struct mistake {
	const char *words;
	const char *hint;
};

/* Return the hint for the word, or NULL. */
static const char *
find_mistake(const struct mistake *mistake, const char *word)
{
	const char *between = hint_format(" %s ", word);

	for (; mistake->words != NULL; mistake++)
		if (strstr(mistake->words, between) != NULL)
			return mistake->hint;
	return NULL;
}

/* --- options ----------------------------------------------------------- */

static const struct mistake options[] = {
	{ " --kill ", "use --stop=KILL, or --signal=KILL" },
	{ " --reload ", "did you mean --signal=HUP?" },
	{ " --logs ", "did you mean --tail, or --log=FILE?" },
	{ " --logfile ", "did you mean --log=FILE?" },
	{ " --nofork --no-daemon --nodaemon -f ", "did you mean -F?" },
	{ " --daemon --detach --start -d -b -D ",
	    "it is the default: leave it out" },
	{ " --cwd --dir ", "did you mean --chdir?" },
	{ " --nice ", "use nice(1): nice -n 10 daemonize ..." },
	{ " --startas --exec ", "COMMAND comes after the options" },
	{ " --retry ", "did you mean --stop=SCHEDULE?" },
	{ NULL, NULL }
};

/*
 * Does a become b if at most n characters are inserted, deleted, replaced or
 * swapped with their neighbour?
 */
static bool
is_similar(const char *a, const char *b, int n)
{
	for (; *a != '\0' && strncasecmp(a, b, 1) == 0; a++)
		b++;
	if (*a == '\0' && *b == '\0')
		return true;
	if (n-- == 0)
		return false;
	return (*a != '\0' && is_similar(a + 1, b, n)) ||
	    (*b != '\0' && is_similar(a, b + 1, n)) ||
	    (*a != '\0' && *b != '\0' && (is_similar(a + 1, b + 1, n) ||
	    (strncasecmp(a, b + 1, 1) == 0 && strncasecmp(a + 1, b, 1) == 0 &&
	    is_similar(a + 2, b + 2, n))));
}

/*
 * Return the option that the word is the unambiguous beginning or a misspelling
 * of, or NULL.
 */
static const char *
find_similar(const char *word)
{
	size_t length = strlen(word), i, n = 0;
	const char *begun = NULL;
	int wrong;

	for (i = 0; i < option_count && length > strlen("--x"); i++)
		if (strncmp(word, option_table[i].name, length) == 0) {
			begun = option_table[i].name;
			n++;
		}
	if (n == 1)
		return begun;
	/* A third of the word may be wrong, but no more than two. */
	for (wrong = 1; wrong <= 2 && 3 * wrong <= (int)length - 2; wrong++)
		for (i = 0; i < option_count; i++)
			if (is_similar(word, option_table[i].name, wrong))
				return option_table[i].name;
	return NULL;
}

const char *
hint_option(const char *word)
{
	const char *name = hint_format("%.*s", (int)strcspn(word, "="), word);
	const char *hint = find_mistake(options, name);

	if (hint != NULL)
		return hint_format("unknown option; %s", hint);
	name = find_similar(name);
	return name == NULL ? "unknown option" :
	    hint_format("unknown option; did you mean %s?", name);
}

/* --- COMMAND ----------------------------------------------------------- */

/* A %s is the option for the instance that the next word may be. */
static const struct mistake commands[] = {
	{ " start ", "leave it out: daemonize [OPTION]... COMMAND" },
	{ " stop ", "did you mean --stop %s?" },
	{ " restart ", "did you mean --again %s?" },
	{ " reload ", "did you mean --signal=HUP %s?" },
	{ " status ", "did you mean --status %s?" },
	{ " logs ", "did you mean --tail %s?" },
	{ " list ", "did you mean --list?" },
	{ " help ", "did you mean --help?" },
	/* POSIX has these: utilities without a file, and reserved words. */
	{ " . : ! { alias bg break case cd command continue eval exec exit "
	    "export fc fg for getopts hash if jobs local read readonly return "
	    "set shift times trap type ulimit umask unalias unset until wait "
	    "while ", "a shell has it built in: use sh -c '...'" },
	{ " [[ (( bind builtin caller declare dirs disown enable function "
	    "history let logout mapfile popd pushd readarray select shopt "
	    "source suspend time typeset ",
	    "bash has it built in: use bash -c '...'" },
	{ " l la ll ", "if it is a shell alias, use its value" },
	{ NULL, NULL }
};

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

/* Return the hint for a word that another program or a shell has, or NULL. */
static const char *
hint_word(char *const *command)
{
	const char *hint = find_mistake(commands, *command);
	const char *name = command[1];

	if (hint == NULL || strstr(hint, "%s") == NULL)
		return hint;
	return hint_format(hint, name == NULL ? "-n NAME" :
	    hint_format("%s %s", strpbrk(name, "./") != NULL ? "-p" : "-n",
	    name));
}

const char *
hint_command(const struct config *config)
{
	const char *command = config->command[0], *missing = strerror(ENOENT);
	const char *hint = hint_word(config->command), *path;
	const char *dir = config->steps.chdir;
	struct schedule schedule;

	if (config->root == NULL && strchr(command, '/') == NULL &&
	    is_file(command))
		return hint_format("not found in PATH; did you mean ./%s?",
		    command);
	if (config->root == NULL && dir != NULL && *command != '/') {
		path = hint_format("%s/%s", strcmp(dir, "/") == 0 ? "" : dir,
		    strncmp(command, "./", 2) == 0 ? command + 2 : command);
		if (is_file(path))
			return hint_format("%s; did you mean %s?", missing,
			    path);
	}
	if (hint != NULL)
		return hint_format("%s; %s", missing, hint);
	if (is_assignment(command))
		return hint_format("%s; did you mean -E %s?", missing,
		    command);
	if (config->replace && schedule_parse(command, &schedule) == NULL)
		return hint_format("%s; did you mean --replace=%s?", missing,
		    command);
	if (strpbrk(command, " \t\n") != NULL)
		return hint_format("%s; give its words as separate "
		    "arguments, or use sh -c '...'", missing);
	return missing;
}

/* --- operands ---------------------------------------------------------- */

const char *
hint_operand(const struct config *config, const char *operand,
    const char *wrong)
{
	struct schedule schedule;

	if (config->verb == VERB_STOP &&
	    schedule_parse(operand, &schedule) == NULL)
		return hint_format("%s; did you mean --stop=%s?", wrong,
		    operand);
	if (config->pidfile != NULL || config->name != NULL ||
	    config->pid > 0 || config->verb == VERB_LIST)
		return wrong;
	if (number_parse(operand, 1, INT_MAX) != -1)
		return config->verb == VERB_STATUS ?
		    hint_format("%s; did you mean --check %s?", wrong,
		    operand) : hint_format("%s; only --check has a pid", wrong);
	if (*operand != '.' && *operand != '/' &&
	    !isalpha((unsigned char)*operand))
		return wrong;
	if (strpbrk(operand, "./") != NULL)
		return hint_format("%s; did you mean -p %s?", wrong, operand);
	return hint_format("%s; did you mean -n %s, or -p %s?", wrong,
	    operand, operand);
}
