/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of options.  getopt_long(3), --help, the conflicts, the hints and
 * the completions (which read --help) have all that they know from it.
 */
#ifndef TABLE_H
#define TABLE_H

#include "cli/options.h"

struct option_row {
	const char *letter;		/* `-u', or NULL */
	const char *name;		/* `--user' */
	const char *value;		/* as --help shows it: `=USER'; NULL:
					   none; `[=USER]': may be left out */
	unsigned int verbs;		/* that take it: 1U << verb */
	const char *help;
	const char *heading;		/* in --help, above it, or NULL */
	const char *excludes;		/* the name of another option */
	const char *needs;		/* one of those that it names */

	/* One of these stores the value; if there is none, it is a step's. */
	enum verb verb;
	size_t flag, path;		/* offsets in struct config */
	const char *(*policy)(struct policy *, const char *value);
	const char *(*log)(struct log_want *, const char *value);
	const char *(*store)(struct config *, char *value);
};

extern const struct option_row option_table[];
extern const size_t option_count;

/* Return the row of a name with its dashes, up to a `=', or NULL. */
const struct option_row *option_find(const char *name);

/* Return the name of a verb, `--stop'. */
const char *option_of_verb(enum verb);

/* Return how an option was typed, `-u' or `--user', or NULL: it was not. */
const char *option_given(const struct config *, const char *name);

/* Does the verb have a COMMAND? */
bool	verb_plans(enum verb);

/*
 * Store the value of an option; NULL if it was left out.  Return NULL, or what
 * is wrong with it.
 */
const char *value_store(struct config *, const struct option_row *,
    char *value);
const char *store_user(struct config *, char *value);
const char *store_env(struct config *, char *value);
const char *store_env_file(struct config *, char *value);
const char *store_name(struct config *, char *value);
const char *store_pidfile(struct config *, char *value);
const char *store_output(struct config *, char *value);
const char *store_replace(struct config *, char *value);
const char *store_restart(struct config *, char *value);
const char *store_stop_with(struct config *, char *value);
const char *store_ready(struct config *, char *value);
const char *store_ready_timeout(struct config *, char *value);

/*
 * Check what all options and the operands say together; read --check's PID.
 * Return STATUS_DONE, or STATUS_FAILED after a message.
 */
int	conflict_check(struct config *);

#endif
