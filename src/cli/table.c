/* SPDX-License-Identifier: BSD-2-Clause */
/* The options: a row each has all that is known of one. */
#include "config.h"

#include <stddef.h>
#include <string.h>

#include "cli/table.h"

/* Which verbs take an option. */
#define VERB(v)		(1U << VERB_##v)
#define LAUNCH		(VERB(LAUNCH) | VERB(EXPLAIN))
#define STEP		(LAUNCH | VERB(CHECK))	/* it says what to expect */
#define CONTROL		(VERB(STATUS) | VERB(STOP) | VERB(AGAIN) | \
			    VERB(SIGNAL) | VERB(WAIT) | VERB(TAIL))
#define ALL		(~0U)

#define AT(member)	offsetof(struct config, member)
#define INSTANCE	"--pidfile or --name"
#define RESTART		"--restart=on-failure or --restart=always"

const struct option_row option_table[] = {
	{ NULL, "--signals", "=default|ignore|keep", STEP,
	    .help = "dispositions and mask (default)",
	    .heading = "The nine steps, with their defaults; "
	    "keep means: as the caller has it." },
	{ NULL, "--sigchld", "=default|ignore|keep", STEP,
	    .help = "disposition of SIGCHLD (default)" },
	{ NULL, "--background", "=yes|no", STEP,
	    .help = "fork, so that the caller continues (yes)" },
	{ NULL, "--session", "=new|keep", STEP,
	    .help = "start a session without a terminal (new)" },
	{ NULL, "--refork", "=yes|no", STEP,
	    .help = "fork again, so that it leads no session (yes)" },
	{ NULL, "--umask", "=MODE|keep", STEP,
	    .help = "file mode creation mask, octal (022)" },
	{ NULL, "--fds", "=close|keep|N[,N...]", STEP,
	    .help = "descriptors above 2 to leave open (close)" },
	{ "-c", "--chdir", "=DIR|keep", STEP, .help = "working directory (/)" },
	{ "-i", "--stdin", "=FILE|keep", STEP,
	    .help = "standard input (/dev/null)" },
	{ "-o", "--stdout", "=FILE|keep", STEP, .excludes = "--output",
	    .help = "standard output (/dev/null)" },
	{ "-e", "--stderr", "=FILE|keep", STEP, .excludes = "--output",
	    .help = "standard error (/dev/null)" },
	{ NULL, "--output", "=FILE|keep", STEP, .store = store_output,
	    .help = "both in one file, appended" },
	{ "-a", "--append", NULL, STEP, .flag = AT(append),
	    .help = "do not truncate the output files" },
	{ "-F", "--foreground", NULL, STEP, .flag = AT(foreground),
	    .help = "no background, session and refork; stdio is kept" },

	{ "-u", "--user", "=USER[:GROUP]", LAUNCH, .store = store_user,
	    .help = "names or numbers",
	    .heading = "User, root directory, environment:" },
	{ "-g", "--group", "=GROUP", LAUNCH, .path = AT(group),
	    .help = "name or number" },
	{ "-R", "--chroot", "=DIR", LAUNCH, .path = AT(root),
	    .help = "root directory of the command" },
	{ "-E", "--env", "=NAME=VALUE", LAUNCH, .store = store_env,
	    .help = "set a variable; may be repeated" },
	{ NULL, "--env-file", "=FILE", LAUNCH, .store = store_env_file,
	    .help = "read variables from FILE; -FILE: it may be absent" },
	{ NULL, "--clear-env", NULL, LAUNCH, .flag = AT(clear_env),
	    .help = "start from an empty environment" },
	{ NULL, "--no-new-privs", NULL, LAUNCH, .flag = AT(no_new_privs),
	    .help = "the command cannot gain privileges by an exec" },

	{ "-p", "--pidfile", "=FILE", STEP | CONTROL, .store = store_pidfile,
	    .help = "write the pid to FILE, and a record beside it",
	    .heading = "One instance:" },
	{ "-n", "--name", "=NAME", STEP | CONTROL | VERB(LIST),
	    .store = store_name,
	    .help = "the same, by a name instead of a path" },
	{ "-l", "--lockfile", "=FILE", STEP, .path = AT(lockfile),
	    .help = "hold a lock on FILE, as flock(1) does" },
	{ NULL, "--if-not-running", NULL, LAUNCH, .flag = AT(if_not_running),
	    .needs = "--pidfile, --name or --lockfile",
	    .help = "if it already runs, exit with 0" },
	{ NULL, "--replace", "[=SCHEDULE]", LAUNCH, .needs = INSTANCE,
	    .excludes = "--if-not-running", .store = store_replace,
	    .help = "stop the running instance, then launch" },
	{ NULL, "--stop-with", "=SCHEDULE", LAUNCH, .store = store_stop_with,
	    .help = "how it is stopped (" SCHEDULE_DEFAULT ")" },

	{ NULL, "--ready", "=METHOD", LAUNCH, .store = store_ready,
	    .help = "return when the command is ready (exec)",
	    .heading = "Readiness, by one METHOD:\n  "
	    READY_METHODS("\n  ", ", ") },
	{ NULL, "--ready-timeout", "=TIME", LAUNCH,
	    .store = store_ready_timeout,
	    .help = "500ms, 2s, 5m, 1h; then it is terminated ("
	    READY_TIMEOUT_TEXT ")" },

	{ NULL, "--supervise", NULL, LAUNCH, .flag = AT(supervise),
	    .help = "record its end, and remove its pid file",
	    .heading = "A supervisor, "
	    "which stays as the parent of the command:" },
	{ NULL, "--restart", "=never|on-failure|always", LAUNCH,
	    .store = store_restart,
	    .help = "restart it when it ends (never)" },
	{ NULL, "--success", "=STATUS|SIG[,...]", LAUNCH, .needs = RESTART,
	    .policy = policy_parse_success, .help = "these are no failure" },
	{ NULL, "--restart-delay", "=TIME[/MAX]", LAUNCH, .needs = RESTART,
	    .policy = policy_parse_delay,
	    .help = "before a restart, then doubled (" RESTART_DELAY_TEXT ")" },
	{ NULL, "--restart-limit", "=N[/TIME]", LAUNCH, .needs = RESTART,
	    .policy = policy_parse_limit,
	    .help = "after N restarts (within TIME), give up" },

	{ NULL, "--log", "=FILE|'|COMMAND'|syslog[:FACILITY[.LEVEL]]", STEP,
	    .log = log_parse, .help = "where it is written",
	    .heading = "A log of the command's stdout and stderr, "
	    "which a supervisor writes:" },
	{ NULL, "--log-time", "=utc|local", LAUNCH, .needs = "--log=FILE",
	    .log = log_parse_time,
	    .help = "begin each line with its time" },
	{ NULL, "--log-rotate", "=SIZE[/N]", LAUNCH, .needs = "--log=FILE",
	    .log = log_parse_rotate,
	    .help = "rotate at SIZE (k, M, G), keep N old files ("
	    LOG_ROTATE_KEEP_TEXT ")" },

	{ NULL, "--explain", "[=unit]", ALL, .verb = VERB_EXPLAIN,
	    .help = "print the launch, or its systemd unit; do nothing",
	    .heading = "Instead of a launch, with -p or -n, "
	    "except for --explain and --list:" },
	{ NULL, "--check", " [PID]", ALL, .verb = VERB_CHECK,
	    .help = "audit the daemon, or any process" },
	{ NULL, "--status", NULL, ALL, .needs = INSTANCE, .verb = VERB_STATUS,
	    .help = "print whether it runs" },
	{ NULL, "--stop", "[=SCHEDULE]", ALL, .needs = INSTANCE,
	    .verb = VERB_STOP, .help = "stop it, and wait for its end" },
	{ NULL, "--tree", NULL, LAUNCH | VERB(STOP), .flag = AT(tree),
	    .help = "terminate all of its session, not it alone" },
	{ NULL, "--again", NULL, ALL, .needs = INSTANCE, .verb = VERB_AGAIN,
	    .help = "end this run, and start the next at once" },
	{ NULL, "--signal", "=SIG", ALL, .needs = INSTANCE, .verb = VERB_SIGNAL,
	    .help = "send it a signal" },
	{ NULL, "--wait", NULL, ALL, .needs = INSTANCE, .verb = VERB_WAIT,
	    .help = "return when it has ended" },
	{ NULL, "--list", NULL, ALL, .verb = VERB_LIST,
	    .help = "print the instances of --name" },
	{ NULL, "--tail", NULL, ALL, .needs = INSTANCE, .verb = VERB_TAIL,
	    .help = "follow its log or its output, by tail(1)" },
	{ NULL, "--json", NULL,
	    VERB(EXPLAIN) | VERB(CHECK) | VERB(STATUS) | VERB(WAIT) |
	    VERB(LIST),
	    .flag = AT(json),
	    .help = "with --explain, --check, --status, --wait, --list" },
	{ "-v", "--verbose", NULL, LAUNCH, .flag = AT(verbose),
	    .help = "print each step that is done" },
	{ "-h", "--help", NULL, ALL, .verb = VERB_HELP, .help = "print this" },
	{ "-V", "--version", NULL, ALL, .verb = VERB_VERSION,
	    .help = "print the version" },
};

const size_t option_count = sizeof(option_table) / sizeof(*option_table);

_Static_assert(sizeof(option_table) / sizeof(*option_table) <= OPTIONS_MAX,
    "OPTIONS_MAX is too small");

const struct option_row *
option_find(const char *name)
{
	const struct option_row *row;
	size_t length = strcspn(name, "=");

	for (row = option_table; row < option_table + option_count; row++)
		if (strlen(row->name) == length &&
		    strncmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

const char *
option_of_verb(enum verb verb)
{
	const struct option_row *row = option_table;

	while (row->verb != verb)
		row++;
	return row->name;
}

const char *
option_given(const struct config *config, const char *name)
{
	return config->given[option_find(name) - option_table];
}

bool
verb_plans(enum verb verb)
{
	return verb <= VERB_EXPLAIN;
}
