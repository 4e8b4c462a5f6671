/* SPDX-License-Identifier: BSD-2-Clause */
/* argv -> struct config: stores, and checks syntax. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/hint.h"
#include "cli/table.h"

/* What getopt_long(3) returns for a long option; a letter is its own value. */
#define LONG	(UCHAR_MAX + 1)		/* plus the row */

/* The table as getopt_long(3) has it. */
struct getopt {
	char letters[2 * OPTIONS_MAX + 3];
	struct option names[OPTIONS_MAX + 1];
};

static void
make_getopt(struct getopt *getopt)
{
	const struct option_row *row = option_table;
	/* `+': no option after an operand; `:': the messages are ours. */
	char *letter = stpcpy(getopt->letters, "+:");
	size_t i;

	memset(getopt->names, 0, sizeof(getopt->names));
	for (i = 0; i < option_count; i++, row++) {
		getopt->names[i].name = row->name + strlen("--");
		getopt->names[i].has_arg =
		    row->value == NULL || *row->value == ' ' ? no_argument :
		    *row->value == '[' ? optional_argument : required_argument;
		getopt->names[i].val = LONG + (int)i;
		if (row->letter == NULL)
			continue;
		*letter++ = row->letter[1];
		if (row->value != NULL)
			*letter++ = ':';
	}
	*letter = '\0';
}

/* Return the row of what getopt_long(3) has returned. */
static size_t
find_row(int option)
{
	size_t i = 0;

	if (option >= LONG)
		return (size_t)(option - LONG);
	while (option_table[i].letter == NULL ||
	    option_table[i].letter[1] != option)
		i++;
	return i;
}

/*
 * The next option, as getopt_long(3) has it, but never an abbreviation: an
 * option that comes later must not change what a script means.  Return '?'
 * after a message.
 */
static int
next_option(const struct getopt *getopt, int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";
	bool is_long = strncmp(word, "--", 2) == 0 && word[2] != '\0';
	char letter[3] = "-?";
	int option;

	if (is_long && option_find(word) == NULL) {
		(void)misuse(word, NULL, hint_option(word));
		return '?';
	}
	option = getopt_long(argc, argv, getopt->letters, getopt->names, NULL);
	if (option != '?' && option != ':')
		return option;
	if (!is_long) {
		letter[1] = (char)optopt;
		word = letter;
	}
	(void)misuse(word, NULL, option == ':' ? "needs a value" :
	    is_long ? "takes no value" : hint_option(word));
	return '?';
}

/* Store all options.  Return STATUS_FAILED after a message. */
static int
parse_options(struct config *config, int argc, char **argv)
{
	const struct option_row *row;
	struct getopt getopt;
	const char *wrong;
	size_t i;
	int option;

	make_getopt(&getopt);
	opterr = 0;
	optind = 1;
	while ((option = next_option(&getopt, argc, argv)) != -1) {
		if (option == '?')
			return STATUS_FAILED;
		i = find_row(option);
		row = &option_table[i];
		config->given[i] = option < LONG ? row->letter : row->name;
		if ((wrong = value_store(config, row, optarg)) != NULL)
			return misuse(row->name, optarg, wrong);
		if (config->verb >= VERB_HELP)
			break;
	}
	/* An old kernel lets a program be started without even a name. */
	config->command = argv + (optind < argc ? optind : argc);
	return STATUS_DONE;
}

int
options_parse(struct config *config, int argc, char **argv)
{
	memset(config, 0, sizeof(*config));
	config->argc = argc;
	config->argv = argv;
	steps_set_defaults(&config->steps);
	config->ready.method = &exec_method;
	config->ready.text = exec_method.name;
	policy_init(&config->policy);
	config->env = calloc((size_t)argc + 1, sizeof(*config->env));
	config->env_files = calloc((size_t)argc + 1, sizeof(*config->env));
	config->named = calloc((size_t)argc + 1, sizeof(*config->named));
	if (config->env == NULL || config->env_files == NULL ||
	    config->named == NULL)
		return complain_errno("env", NULL, errno);

	if (parse_options(config, argc, argv) != STATUS_DONE)
		return STATUS_FAILED;
	if (config->verb >= VERB_HELP)
		return STATUS_DONE;
	if (config->foreground)
		steps_set_foreground(&config->steps);
	if (config->log.text != NULL)
		steps_set_logged(&config->steps);
	if (config->log.text != NULL || option_given(config, "--restart"))
		config->supervise = true;
	if (conflict_check(config) != STATUS_DONE)
		return STATUS_FAILED;
	if (config->ready.timeout_text == NULL) {
		config->ready.timeout_text = READY_TIMEOUT_TEXT;
		config->ready.timeout = READY_TIMEOUT;
	}
	return STATUS_DONE;
}

const char *
options_label(const struct config *config)
{
	return config->name != NULL ? config->name : config->pidfile;
}
