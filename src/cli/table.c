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
			    VERB(SIGNAL) | VERB(WAIT))
#define ALL		(~0U)

#define AT(member)	offsetof(struct config, member)
#define INSTANCE	{ "--pidfile", "--name" }
#define RESTART		{ "--restart=on-failure", "--restart=always" }

const struct option_row option_table[] = {
	{ NULL, "--signals", "=default|ignore|keep", STEP,
	    .help = "dispositions and mask (default)", .heading =
"The nine steps, with their defaults; keep means: as the caller has it." },
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
	{ "-c", "--chdir", "=DIR|keep", STEP,
	    .help = "working directory (/)" },
	{ "-i", "--stdin", "=FILE|keep", STEP,
	    .help = "standard input (/dev/null)" },
	{ "-o", "--stdout", "=FILE|keep", STEP,
	    .help = "standard output (/dev/null)", .excludes = "--output" },
	{ "-e", "--stderr", "=FILE|keep", STEP,
	    .help = "standard error (/dev/null)", .excludes = "--output" },
	{ NULL, "--output", "=FILE|keep", STEP,
	    .help = "both, appended to one file",
	    .store = store_output },
	{ "-a", "--append", NULL, STEP,
	    .help = "do not truncate the output files",
	    .flag = AT(append) },
	{ "-F", "--foreground", NULL, STEP,
	    .help = "no background, session and refork; stdio is kept",
	    .flag = AT(foreground) },

	{ "-u", "--user", "=USER[:GROUP]", LAUNCH,
	    .help = "names or numbers",
	    .heading = "User, root directory, environment:",
	    .store = store_user },
	{ "-g", "--group", "=GROUP", LAUNCH,
	    .help = "name or number",
	    .path = AT(group) },
	{ "-R", "--chroot", "=DIR", LAUNCH,
	    .help = "root directory of the command",
	    .path = AT(root) },
	{ "-E", "--env", "=NAME=VALUE", LAUNCH,
	    .help = "set a variable; may be repeated", .store = store_env },
	{ NULL, "--clear-env", NULL, LAUNCH,
	    .help = "start from an empty environment", .flag = AT(clear_env) },
	{ NULL, "--no-new-privs", NULL, LAUNCH,
	    .help = "the command cannot gain privileges by an exec",
	    .flag = AT(no_new_privs) },

	{ "-p", "--pidfile", "=FILE", STEP | CONTROL,
	    .help = "write the pid to FILE, and a record beside it",
	    .heading = "One instance:", .path = AT(pidfile) },
	{ "-n", "--name", "=NAME", STEP | CONTROL,
	    .help = "the same, by a name instead of a path",
	    .excludes = "--pidfile", .store = store_name },
	{ "-l", "--lockfile", "=FILE", STEP,
	    .help = "hold a lock on FILE, as flock(1) does",
	    .path = AT(lockfile) },
	{ NULL, "--if-not-running", NULL, LAUNCH,
	    .help = "if it already runs, exit with 0",
	    .flag = AT(if_not_running),
	    .needs = { "--pidfile", "--name", "--lockfile" } },
	{ NULL, "--replace", "[=SCHEDULE]", LAUNCH,
	    .help = "stop the running instance, then launch", .needs = INSTANCE,
	    .excludes = "--if-not-running", .store = store_replace },
	{ NULL, "--stop-with", "=SCHEDULE", LAUNCH,
	    .help = "how it is stopped (" SCHEDULE_DEFAULT ")",
	    .store = store_stop_with },

	{ NULL, "--ready", "=METHOD", LAUNCH,
	    .help = "return when the command is ready (exec)", .heading =
"Readiness, by one METHOD:\n"
"  exec, alive:TIME, notify, fd:N, file:PATH, tcp:[HOST:]PORT, unix:PATH",
	    .store = store_ready },
	{ NULL, "--ready-timeout", "=TIME", LAUNCH,
	    .help = "500ms, 2s, 5m, 1h; then it is terminated ("
	    READY_TIMEOUT_TEXT ")", .store = store_ready_timeout },

	{ NULL, "--supervise", NULL, LAUNCH,
	    .help = "record its end, and remove its pid file",
	    .heading = "A supervisor, which stays as the parent of the command:",
	    .flag = AT(supervise) },
	{ NULL, "--restart", "=never|on-failure|always", LAUNCH,
	    .help = "restart it when it ends (never)",
	    .policy = policy_parse_restart },
	{ NULL, "--success", "=STATUS|SIG[,...]", LAUNCH,
	    .help = "these are no failure", .needs = RESTART,
	    .policy = policy_parse_success },
	{ NULL, "--restart-delay", "=TIME[/MAX]", LAUNCH,
	    .help = "before a restart, then doubled (" RESTART_DELAY_TEXT ")",
	    .needs = RESTART, .policy = policy_parse_delay },
	{ NULL, "--restart-limit", "=N[/TIME]", LAUNCH,
	    .help = "after N restarts (within TIME), give up",
	    .needs = RESTART, .policy = policy_parse_limit },

	{ NULL, "--log", "=FILE|'|COMMAND'|syslog[:FACILITY[.LEVEL]]", STEP,
	    .help = "where it is written", .heading =
"A log of the command's stdout and stderr, which a supervisor writes:",
	    .log = log_parse },
	{ NULL, "--log-time", "=utc|local", LAUNCH,
	    .help = "begin each line of FILE with its time",
	    .needs = { "--log=FILE" }, .log = log_parse_time },
	{ NULL, "--log-rotate", "=SIZE[/N]", LAUNCH,
	    .help = "rotate at SIZE (k, M, G), keep N old files ("
	    LOG_ROTATE_KEEP_TEXT ")",
	    .needs = { "--log=FILE" }, .log = log_parse_rotate },

	{ NULL, "--explain", "[=unit]", ALL,
	    .help = "print the launch, or its systemd unit; do nothing",
	    .heading =
"Instead of a launch, with -p or -n, except for --explain and --list:",
	    .verb = VERB_EXPLAIN },
	{ NULL, "--check", " [PID]", ALL,
	    .help = "audit the daemon, or any process",
	    .verb = VERB_CHECK },
	{ NULL, "--status", NULL, ALL,
	    .help = "print whether it runs",
	    .needs = INSTANCE, .verb = VERB_STATUS },
	{ NULL, "--stop", "[=SCHEDULE]", ALL,
	    .help = "stop it, and wait for its end",
	    .needs = INSTANCE, .verb = VERB_STOP },
	{ NULL, "--tree", NULL, LAUNCH | VERB(STOP),
	    .help = "terminate all of its session, not it alone",
	    .flag = AT(tree) },
	{ NULL, "--again", NULL, ALL,
	    .help = "end this run, and start the next at once",
	    .needs = INSTANCE, .verb = VERB_AGAIN },
	{ NULL, "--signal", "=SIG", ALL,
	    .help = "send it a signal",
	    .needs = INSTANCE, .verb = VERB_SIGNAL },
	{ NULL, "--wait", NULL, ALL,
	    .help = "return when it has ended",
	    .needs = INSTANCE, .verb = VERB_WAIT },
	{ NULL, "--list", NULL, ALL,
	    .help = "print the instances of --name",
	    .verb = VERB_LIST },
	{ NULL, "--json", NULL, VERB(EXPLAIN) | VERB(CHECK) | VERB(STATUS) |
	    VERB(LIST),
	    .help = "with --explain, --check, --status and --list",
	    .flag = AT(json) },
	{ "-v", "--verbose", NULL, LAUNCH,
	    .help = "print each step that is done",
	    .flag = AT(verbose) },
	{ "-h", "--help", NULL, ALL,
	    .help = "print this", .verb = VERB_HELP },
	{ "-V", "--version", NULL, ALL,
	    .help = "print the version",
	    .verb = VERB_VERSION },
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
