/* SPDX-License-Identifier: BSD-2-Clause */
/* argv -> struct config: stores, and checks syntax. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "options.h"

/* Long options without a letter; the letters are their own values. */
enum {
	OPT_SIGNALS = UCHAR_MAX + 1,
	OPT_SIGCHLD,
	OPT_BACKGROUND,
	OPT_SESSION,
	OPT_REFORK,
	OPT_UMASK,
	OPT_FDS,
	OPT_CLEAR_ENV,
	OPT_NO_NEW_PRIVS,
	OPT_IF_NOT_RUNNING,
	OPT_EXPLAIN
};

/* `+` ends the options at the first operand, `:` leaves messages to us. */
static const char short_options[] = "+:ac:e:E:Fg:hi:l:n:o:p:R:u:vV";

static const struct option long_options[] = {
	{ "signals",		required_argument, NULL, OPT_SIGNALS },
	{ "sigchld",		required_argument, NULL, OPT_SIGCHLD },
	{ "background",		required_argument, NULL, OPT_BACKGROUND },
	{ "session",		required_argument, NULL, OPT_SESSION },
	{ "refork",		required_argument, NULL, OPT_REFORK },
	{ "umask",		required_argument, NULL, OPT_UMASK },
	{ "fds",		required_argument, NULL, OPT_FDS },
	{ "chdir",		required_argument, NULL, 'c' },
	{ "stdin",		required_argument, NULL, 'i' },
	{ "stdout",		required_argument, NULL, 'o' },
	{ "stderr",		required_argument, NULL, 'e' },
	{ "append",		no_argument,	   NULL, 'a' },
	{ "foreground",		no_argument,	   NULL, 'F' },
	{ "user",		required_argument, NULL, 'u' },
	{ "group",		required_argument, NULL, 'g' },
	{ "chroot",		required_argument, NULL, 'R' },
	{ "env",		required_argument, NULL, 'E' },
	{ "clear-env",		no_argument,	   NULL, OPT_CLEAR_ENV },
	{ "no-new-privs",	no_argument,	   NULL, OPT_NO_NEW_PRIVS },
	{ "pidfile",		required_argument, NULL, 'p' },
	{ "name",		required_argument, NULL, 'n' },
	{ "lockfile",		required_argument, NULL, 'l' },
	{ "if-not-running",	no_argument,	   NULL, OPT_IF_NOT_RUNNING },
	{ "explain",		no_argument,	   NULL, OPT_EXPLAIN },
	{ "verbose",		no_argument,	   NULL, 'v' },
	{ "help",		no_argument,	   NULL, 'h' },
	{ "version",		no_argument,	   NULL, 'V' },
	{ NULL,			0,		   NULL, 0 }
};

void
options_help(void)
{
	(void)fputs(
"Usage: daemonize [OPTION]... COMMAND [ARG]...\n"
"Run COMMAND as a daemon.  Exit status 0 means that it runs.\n"
"\n"
"The nine steps, with their defaults; keep means: as the caller has it.\n"
"      --signals=default|ignore|keep  dispositions and mask (default);\n"
"                            ignore: HUP, TSTP, TTIN, TTOU stay ignored\n"
"      --sigchld=default|ignore|keep  disposition of SIGCHLD (default)\n"
"      --background=yes|no   fork, and return to the caller (yes)\n"
"      --session=new|keep    a session without a terminal (new)\n"
"      --refork=yes|no       fork again: never a terminal again (yes)\n"
"      --umask=MODE|keep     octal (022)\n"
"      --fds=close|keep|N[,N...]  descriptors above 2 to leave open (close)\n"
"  -c, --chdir=DIR|keep      working directory (/)\n"
"  -i, --stdin=FILE|keep     where 0 reads from (/dev/null)\n"
"  -o, --stdout=FILE|keep    where 1 writes to (/dev/null)\n"
"  -e, --stderr=FILE|keep    where 2 writes to (/dev/null)\n"
"  -a, --append              do not truncate the output files\n"
"  -F, --foreground          no background, session, refork; stdio kept;\n"
"                            unless asked for\n"
"\n"
"Who, where, with what:\n"
"  -u, --user=USER[:GROUP]   names or numbers\n"
"  -g, --group=GROUP\n"
"  -R, --chroot=DIR\n"
"  -E, --env=NAME=VALUE      may be repeated\n"
"      --clear-env           start from an empty environment\n"
"      --no-new-privs        the command cannot gain privileges by an exec\n"
"\n"
"One instance:\n"
"  -p, --pidfile=FILE        holds the pid, and a lock while the daemon lives\n"
"  -n, --name=NAME           a pid file of that name, in our own directory\n"
"  -l, --lockfile=FILE       only a lock, as flock(1) has it\n"
"      --if-not-running      it is no failure that it runs already\n"
"\n"
"      --explain             print what would be done, and do nothing\n"
"  -v, --verbose             print each step as it is done\n"
"  -h, --help\n"
"  -V, --version\n"
"\n"
"Exit status: 0 it runs; 1 it ran already; 125 daemonize failed;\n"
"126 the command could not be executed; 127 it was not found.\n", stdout);
}

/* The index of value in the NULL-terminated choices, or -1. */
static int
choose(const char *value, const char *const *choices)
{
	int i;

	for (i = 0; choices[i] != NULL; i++)
		if (strcmp(value, choices[i]) == 0)
			return i;
	return -1;
}

/* In the order of enum disposition. */
static int
parse_disposition(const char *option, const char *value,
    enum disposition *disposition)
{
	static const char *const choices[] = { "default", "ignore", "keep",
	    NULL };
	int choice = choose(value, choices);

	if (choice == -1)
		return misuse(option, value, "not default, ignore or keep");
	*disposition = (enum disposition)choice;
	return STATUS_DONE;
}

static int
parse_yes_no(const char *option, const char *value, int *yes)
{
	static const char *const choices[] = { "no", "yes", NULL };

	*yes = choose(value, choices);
	return *yes == -1 ? misuse(option, value, "not yes or no") :
	    STATUS_DONE;
}

static int
parse_session(const char *value, int *new)
{
	static const char *const choices[] = { "keep", "new", NULL };

	*new = choose(value, choices);
	return *new == -1 ? misuse("--session", value, "not new or keep") :
	    STATUS_DONE;
}

static int
parse_umask(const char *value, int *mask)
{
	size_t length = strlen(value);

	if (strcmp(value, "keep") == 0) {
		*mask = UMASK_KEEP;
		return STATUS_DONE;
	}
	if (length == 0 || strspn(value, "01234567") != length ||
	    strtoul(value, NULL, 8) > 0777)
		return misuse("--umask", value, "not an octal mode or keep");
	*mask = (int)strtoul(value, NULL, 8);
	return STATUS_DONE;
}

static int
parse_fds(const char *value, struct steps *steps)
{
	static const char *const choices[] = { "close", "keep", NULL };
	const char *at = value, *error;
	int choice = choose(value, choices);
	char number[16];
	size_t length;

	free(steps->listed);
	steps->listed = NULL;
	steps->nlisted = 0;
	steps->fds = choice == 1 ? FDS_KEEP : FDS_CLOSE;
	if (choice != -1)
		return STATUS_DONE;

	steps->fds = FDS_LIST;
	steps->listed = calloc(strlen(value) + 1, sizeof(*steps->listed));
	if (steps->listed == NULL)
		return complain_errno("fds", NULL, errno);
	for (;; at += length + 1) {
		length = strcspn(at, ",");
		error = "";
		if (length > 0 && length < sizeof(number) &&
		    strspn(at, "0123456789") == length) {
			(void)strlcpy(number, at, length + 1);
			fds_add(steps->listed, &steps->nlisted,
			    (int)strtonum(number, STDERR_FILENO + 1, INT_MAX,
			    &error));
		}
		if (error != NULL)
			return misuse("--fds", value,
			    "not close, keep or descriptors above 2");
		if (at[length] == '\0')
			return STATUS_DONE;
	}
}

/* A name that is a name: of a file, in one directory, that ls(1) shows. */
static int
check_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
		return misuse("--name", name,
		    "empty, with a slash, or starts with a dot");
	return STATUS_DONE;
}

static int
add_env(struct config *config, const char *pair)
{
	if (strchr(pair, '=') == NULL || *pair == '=')
		return misuse("--env", pair, "not NAME=VALUE");
	config->env[config->nenv++] = pair;
	return STATUS_DONE;
}

/* USER[:GROUP], cut in two where it stands in argv. */
static int
split_user(struct config *config, char *user)
{
	char *colon = strchr(user, ':');

	if (*user == '\0' || user == colon || (colon && colon[1] == '\0'))
		return misuse("--user", user, "not USER or USER:GROUP");
	config->user = user;
	config->user_group = NULL;
	if (colon != NULL) {
		*colon = '\0';
		config->user_group = colon + 1;
	}
	return STATUS_DONE;
}

/* A file or directory, or NULL for the word keep. */
static int
store_path(const char *option, const char *value, const char **path)
{
	if (*value == '\0')
		return misuse(option, value, "empty");
	*path = value;
	return STATUS_DONE;
}

static int
store_path_or_keep(const char *option, const char *value, const char **path)
{
	if (strcmp(value, "keep") == 0) {
		*path = NULL;
		return STATUS_DONE;
	}
	return store_path(option, value, path);
}

/* What -F changes, only where it was not said itself. */
struct said {
	int background;			/* -1: not said */
	int session;
	int refork;
	bool stdio[3];
	bool foreground;
};

static void
apply_defaults(struct steps *steps, const struct said *said)
{
	int fd;

	steps->background = said->background != -1 ? said->background :
	    !said->foreground;
	steps->session = said->session != -1 ? said->session :
	    !said->foreground;
	steps->refork = said->refork != -1 ? said->refork : !said->foreground;
	for (fd = 0; fd < 3; fd++)
		if (!said->stdio[fd])
			steps->stdio[fd] = said->foreground ? NULL :
			    _PATH_DEVNULL;
}

static int
store(struct config *config, struct said *said, int option, char *value)
{
	struct steps *steps = &config->steps;

	switch (option) {
	case OPT_SIGNALS:
		return parse_disposition("--signals", value, &steps->signals);
	case OPT_SIGCHLD:
		return parse_disposition("--sigchld", value, &steps->sigchld);
	case OPT_BACKGROUND:
		return parse_yes_no("--background", value, &said->background);
	case OPT_SESSION:
		return parse_session(value, &said->session);
	case OPT_REFORK:
		return parse_yes_no("--refork", value, &said->refork);
	case OPT_UMASK:
		return parse_umask(value, &steps->umask);
	case OPT_FDS:
		return parse_fds(value, steps);
	case 'c':
		return store_path_or_keep("--chdir", value, &steps->chdir);
	case 'i':
		said->stdio[0] = true;
		return store_path_or_keep("--stdin", value, &steps->stdio[0]);
	case 'o':
		said->stdio[1] = true;
		return store_path_or_keep("--stdout", value, &steps->stdio[1]);
	case 'e':
		said->stdio[2] = true;
		return store_path_or_keep("--stderr", value, &steps->stdio[2]);
	case 'a':
		steps->append = true;
		break;
	case 'F':
		said->foreground = true;
		break;
	case 'u':
		return split_user(config, value);
	case 'g':
		return store_path("--group", value, &config->group);
	case 'R':
		return store_path("--chroot", value, &config->root);
	case 'E':
		return add_env(config, value);
	case OPT_CLEAR_ENV:
		config->clear_env = true;
		break;
	case OPT_NO_NEW_PRIVS:
		config->no_new_privs = true;
		break;
	case 'p':
		return store_path("--pidfile", value, &config->pidfile);
	case 'n':
		config->name = value;
		return check_name(value);
	case 'l':
		return store_path("--lockfile", value, &config->lockfile);
	case OPT_IF_NOT_RUNNING:
		config->if_not_running = true;
		break;
	case OPT_EXPLAIN:
		config->verb = VERB_EXPLAIN;
		break;
	case 'v':
		config->verbose = true;
		break;
	case 'h':
		config->verb = VERB_HELP;
		break;
	case 'V':
		config->verb = VERB_VERSION;
		break;
	}
	return STATUS_DONE;
}

/*
 * The next option, as getopt_long(3) has it, but never an abbreviation: an
 * option that comes later must not change what a script means.  '?' and ':'
 * come after their message.
 */
static int
next_option(int argc, char **argv)
{
	const char *word = optind < argc ? argv[optind] : "";
	int index = -1, option;
	char letter[3] = "-?";

	option = getopt_long(argc, argv, short_options, long_options, &index);
	if (option == -1)
		return -1;
	if (index != -1 &&
	    strcspn(word + 2, "=") != strlen(long_options[index].name))
		option = '?';
	if (option != '?' && option != ':')
		return option;

	if (index == -1 && optopt > 0 && optopt <= UCHAR_MAX &&
	    strncmp(word, "--", 2) != 0) {
		letter[1] = (char)optopt;
		word = letter;
	}
	if (option == ':')
		(void)misuse(word, NULL, "needs a value");
	else if (index == -1 && optopt != 0 && word != letter)
		(void)misuse(word, NULL, "takes no value");
	else
		(void)misuse(word, NULL, "unknown option");
	return '?';
}

/* What contradicts itself, wherever it stands in the command line. */
static int
check_together(const struct config *config)
{
	if (config->pidfile != NULL && config->name != NULL)
		return misuse("--name", config->name,
		    "is a pid file of its own, so --pidfile is one too many");
	if (config->if_not_running && config->pidfile == NULL &&
	    config->name == NULL && config->lockfile == NULL)
		return misuse("--if-not-running", NULL,
		    "needs --pidfile, --name or --lockfile");
	if (config->root != NULL && config->steps.chdir == NULL)
		return misuse("--chdir", "keep",
		    "would be outside of the new root of --chroot");
	if (config->command[0] == NULL)
		return misuse("COMMAND", NULL, "missing");
	if (config->command[0][0] == '\0')
		return misuse("COMMAND", NULL, "empty");
	return STATUS_DONE;
}

int
options_parse(struct config *config, int argc, char **argv)
{
	struct said said = { -1, -1, -1, { false }, false };
	int option, status;

	memset(config, 0, sizeof(*config));
	config->steps.umask = 022;
	config->steps.chdir = "/";
	config->env = calloc((size_t)argc + 1, sizeof(*config->env));
	if (config->env == NULL)
		return complain_errno("env", NULL, errno);

	opterr = 0;
	while ((option = next_option(argc, argv)) != -1) {
		if (option == '?')
			return STATUS_FAILED;
		status = store(config, &said, option, optarg);
		if (status != STATUS_DONE)
			return status;
		if (config->verb == VERB_HELP || config->verb == VERB_VERSION)
			return STATUS_DONE;
	}
	apply_defaults(&config->steps, &said);
	/* An old kernel lets a program be started without even a name. */
	config->command = argv + (optind < argc ? optind : argc);
	return check_together(config);
}
