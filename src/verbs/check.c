/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is it a proper daemon?
 *
 * The facts are read once; then each step has a pure function that compares
 * them with what is expected.  /proc shows what is now: not what was at the
 * exec, nor which descriptors were inherited.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/message.h"
#include "instance/find.h"
#include "process/proc.h"
#include "process/schedule.h"
#include "verbs/check.h"

#define SIGNAL_BIT(sig)	(1ULL << ((sig) - 1))

enum verdict { VERDICT_OK, VERDICT_BAD, VERDICT_UNSEEN };

struct facts {
	pid_t pid;
	struct proc_stat stat;
	struct proc_status status;
	bool leads;			/* its session */
	bool leader_lives;		/* the process that does */
	bool same_session;		/* as its parent */
	int seen;			/* errno, or 0: what follows is known */
	char cwd[PATH_MAX];
	char stdio[3][PATH_MAX];	/* "": closed */
	int *fds;			/* above 2, but the lock's */
	bool *terminals;		/* which of them are */
	size_t nfds;
};

struct row {
	enum verdict verdict;
	char seen[PATH_MAX + 128];
};

static bool
is_terminal(const char *target)
{
	return strncmp(target, "/dev/pts/", 9) == 0 ||
	    strncmp(target, "/dev/tty", 8) == 0 ||
	    strcmp(target, "/dev/console") == 0;
}

static void
read_fds(pid_t pid, const char *lockfile, struct facts *facts)
{
	char name[32], target[PATH_MAX], lock[PATH_MAX] = "";
	ssize_t i, n;

	/* The descriptor of the lock is ours, and meant to be there. */
	if (lockfile != NULL && realpath(lockfile, lock) == NULL)
		lock[0] = '\0';

	if ((n = proc_fds(pid, &facts->fds)) == -1 ||
	    proc_link(pid, "cwd", facts->cwd, sizeof(facts->cwd)) == -1) {
		facts->seen = errno;
		return;
	}
	facts->terminals = calloc((size_t)n + 1, sizeof(*facts->terminals));
	if (facts->terminals == NULL) {
		facts->seen = errno;
		return;
	}
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "fd/%d", facts->fds[i]);
		if (proc_link(pid, name, target, sizeof(target)) == -1)
			continue;
		if (facts->fds[i] <= STDERR_FILENO) {
			(void)strlcpy(facts->stdio[facts->fds[i]], target,
			    sizeof(facts->stdio[0]));
			continue;
		}
		if (strcmp(target, lock) == 0)
			continue;
		facts->terminals[facts->nfds] = is_terminal(target);
		facts->fds[facts->nfds++] = facts->fds[i];
	}
}

static int
read_facts(pid_t pid, const char *lockfile, struct facts *facts)
{
	struct proc_stat other;

	memset(facts, 0, sizeof(*facts));
	if (proc_stat(pid, &facts->stat) == -1 || facts->stat.dead ||
	    proc_status(pid, &facts->status) == -1 ||
	    facts->status.leader != pid)
		return -1;
	facts->pid = pid;
	facts->leads = facts->stat.session == pid;
	facts->leader_lives = proc_stat(facts->stat.session, &other) == 0 &&
	    !other.dead && other.session == facts->stat.session;
	facts->same_session = proc_stat(facts->stat.parent, &other) == 0 &&
	    other.session == facts->stat.session;
	read_fds(pid, lockfile, facts);
	return 0;
}

/* `HUP PIPE`, of a set of signals. */
static void
list_signals(unsigned long long set, char *buf, size_t size)
{
	int sig;

	buf[0] = '\0';
	for (sig = 1; sig <= 64; sig++)
		if (set & SIGNAL_BIT(sig)) {
			(void)strlcat(buf, buf[0] == '\0' ? "" : " ", size);
			(void)strlcat(buf, signal_name(sig), size);
		}
}

static void
judge(struct row *row, bool ok, const char *seen)
{
	row->verdict = ok ? VERDICT_OK : VERDICT_BAD;
	(void)strlcpy(row->seen, seen, sizeof(row->seen));
}

static void
check_signals(const struct facts *facts, const struct config *config,
    struct row *row)
{
	unsigned long long terminal = SIGNAL_BIT(SIGHUP) |
	    SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU);
	/* Servers ignore these, and the terminal's, themselves. */
	unsigned long long own = SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGSYS) |
	    SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGUSR2) | SIGNAL_BIT(SIGALRM);
	unsigned long long ignored = facts->status.ignored &
	    ~SIGNAL_BIT(SIGCHLD);
	char blocked_names[512], ignored_names[512];

	list_signals(facts->status.blocked, blocked_names,
	    sizeof(blocked_names));
	list_signals(ignored, ignored_names, sizeof(ignored_names));
	if (facts->status.blocked == 0 && ignored == 0)
		(void)strlcpy(row->seen, "none ignored, none blocked",
		    sizeof(row->seen));
	else
		(void)snprintf(row->seen, sizeof(row->seen),
		    "ignored: %s; blocked: %s", ignored == 0 ? "none" :
		    ignored_names, facts->status.blocked == 0 ? "none" :
		    blocked_names);
	if (config->steps.signals == DISPOSITION_KEEP || (
	    facts->status.blocked == 0 && ignored == (config->steps.signals ==
	    DISPOSITION_IGNORE ? terminal : 0)))
		row->verdict = VERDICT_OK;
	else if (!(config->said & 1U << STEP_SIGNALS) &&
	    facts->status.blocked == 0 && (ignored & ~(terminal | own)) == 0)
		row->verdict = VERDICT_UNSEEN;
	else
		row->verdict = VERDICT_BAD;
}

static void
check_sigchld(const struct facts *facts, const struct config *config,
    struct row *row)
{
	bool ignored = facts->status.ignored & SIGNAL_BIT(SIGCHLD);

	judge(row, config->steps.sigchld == DISPOSITION_KEEP ||
	    ignored == (config->steps.sigchld == DISPOSITION_IGNORE),
	    ignored ? "ignored: it cannot wait for its children" :
	    "not ignored");
}

static void
check_background(const struct facts *facts, const struct config *config,
    struct row *row)
{
	if (facts->stat.parent == 0)
		(void)strlcpy(row->seen, "it has no parent", sizeof(row->seen));
	else
		(void)snprintf(row->seen, sizeof(row->seen),
		    "its parent is %d%s", (int)facts->stat.parent,
		    facts->stat.parent == 1 ? ", init" : facts->same_session ?
		    ", of its session" : ", which may adopt orphans");
	if (!config->steps.background || facts->stat.parent <= 1)
		row->verdict = VERDICT_OK;
	else
		row->verdict = facts->same_session ? VERDICT_BAD :
		    VERDICT_UNSEEN;
}

static void
check_session(const struct facts *facts, const struct config *config,
    struct row *row)
{
	int session = (int)facts->stat.session;

	if (facts->stat.terminal)
		(void)snprintf(row->seen, sizeof(row->seen),
		    "session %d, with a terminal", session);
	else if (facts->leads)
		(void)snprintf(row->seen, sizeof(row->seen),
		    "session %d, its own, without a terminal", session);
	else
		(void)snprintf(row->seen, sizeof(row->seen),
		    "session %d, without a terminal, whose leader %s", session,
		    facts->leader_lives ? "is another process" : "has gone");
	row->verdict = !config->steps.session || (!facts->stat.terminal &&
	    (facts->leads || !facts->leader_lives)) ? VERDICT_OK : VERDICT_BAD;
}

static void
check_refork(const struct facts *facts, const struct config *config,
    struct row *row)
{
	judge(row, !config->steps.refork || !facts->leads, facts->leads ?
	    "leads its session: a terminal that it opens is its own" :
	    "leads no session");
}

static void
check_umask(const struct facts *facts, const struct config *config,
    struct row *row)
{
	int mask = facts->status.umask;

	if (mask == -1) {
		row->verdict = VERDICT_UNSEEN;
		(void)strlcpy(row->seen, "not shown by this kernel",
		    sizeof(row->seen));
		return;
	}
	(void)snprintf(row->seen, sizeof(row->seen), "%04o%s",
	    (unsigned int)mask, !(mask & 002) ?
	    ": its files are writable by everyone" :
	    !(mask & 020) ? ": its files are writable by its group" : "");
	if (config->steps.umask == UMASK_KEEP)
		row->verdict = VERDICT_OK;
	else if (config->said & 1U << STEP_UMASK)
		row->verdict = mask == config->steps.umask ? VERDICT_OK :
		    VERDICT_BAD;
	else
		row->verdict = (mask & 022) == 022 ? VERDICT_OK : VERDICT_BAD;
}

static bool
unseen(const struct facts *facts, struct row *row)
{
	if (facts->seen == 0)
		return false;
	row->verdict = VERDICT_UNSEEN;
	(void)strlcpy(row->seen, strerror(facts->seen), sizeof(row->seen));
	return true;
}

static void
check_fds(const struct facts *facts, const struct config *config,
    struct row *row)
{
	const struct steps *steps = &config->steps;
	size_t i, j, other = 0;
	int terminal = -1;

	if (unseen(facts, row))
		return;
	for (i = 0; i < facts->nfds; i++) {
		for (j = 0; j < steps->nlisted; j++)
			if (steps->listed[j] == facts->fds[i])
				break;
		if (j < steps->nlisted)
			continue;
		other++;
		if (facts->terminals[i])
			terminal = facts->fds[i];
	}
	if (other == 0)
		(void)strlcpy(row->seen, steps->nlisted == 0 ? "none above 2" :
		    "none above 2 but those expected", sizeof(row->seen));
	else
		(void)snprintf(row->seen, sizeof(row->seen),
		    "%zu above 2: inherited or opened, /proc does not tell",
		    other);
	if (terminal != -1)
		(void)snprintf(row->seen, sizeof(row->seen),
		    "%d is a terminal", terminal);
	if (steps->fds == FDS_KEEP)
		row->verdict = VERDICT_OK;
	else if (terminal != -1)
		row->verdict = VERDICT_BAD;
	else
		row->verdict = other == 0 ? VERDICT_OK : VERDICT_UNSEEN;
}

static void
check_chdir(const struct facts *facts, const struct config *config,
    struct row *row)
{
	const char *expected = config->steps.chdir;
	struct stat is, wanted;
	char inside[PATH_MAX];
	bool ok;

	if (unseen(facts, row))
		return;
	/* An absolute one is meant in the root that the process has. */
	(void)snprintf(inside, sizeof(inside), "root%s",
	    expected == NULL ? "" : expected);
	ok = expected == NULL || (proc_file(facts->pid, "cwd", &is) == 0 &&
	    (*expected == '/' ? proc_file(facts->pid, inside, &wanted) :
	    stat(expected, &wanted)) == 0 &&
	    is.st_dev == wanted.st_dev && is.st_ino == wanted.st_ino);
	judge(row, ok, facts->cwd);
}

/* What is wrong with descriptor fd, or NULL. */
static const char *
stdio_fault(const struct facts *facts, const struct config *config, int fd)
{
	const char *wanted = config->steps.stdio[fd];
	char expected[PATH_MAX];

	if (facts->stdio[fd][0] == '\0')
		return "closed";
	if (wanted == NULL)
		return NULL;
	if (!config->stdio_said[fd])
		return is_terminal(facts->stdio[fd]) ? "a terminal" : NULL;
	if (realpath(wanted, expected) == NULL ||
	    strcmp(facts->stdio[fd], expected) != 0)
		return "not what is expected";
	return NULL;
}

static void
check_stdio(const struct facts *facts, const struct config *config,
    struct row *row)
{
	const char *fault;
	int fd;

	if (unseen(facts, row))
		return;
	row->verdict = VERDICT_OK;
	row->seen[0] = '\0';
	for (fd = 0; fd < 3; fd++) {
		(void)strlcat(row->seen, fd == 0 ? "" : " ", sizeof(row->seen));
		fault = stdio_fault(facts, config, fd);
		(void)strlcat(row->seen, facts->stdio[fd], sizeof(row->seen));
		if (fault != NULL) {
			row->verdict = VERDICT_BAD;
			(void)strlcat(row->seen, facts->stdio[fd][0] == '\0' ?
			    "(" : " (", sizeof(row->seen));
			(void)strlcat(row->seen, fault, sizeof(row->seen));
			(void)strlcat(row->seen, ")", sizeof(row->seen));
		}
	}
}

static void (*const checks[STEPS])(const struct facts *, const struct config *,
    struct row *) = {
	[STEP_SIGNALS] = check_signals,
	[STEP_SIGCHLD] = check_sigchld,
	[STEP_BACKGROUND] = check_background,
	[STEP_SESSION] = check_session,
	[STEP_REFORK] = check_refork,
	[STEP_UMASK] = check_umask,
	[STEP_FDS] = check_fds,
	[STEP_CHDIR] = check_chdir,
	[STEP_STDIO] = check_stdio,
};

/* The lines of a record that are options of the steps. */
static const char *const step_lines[] = { "signals", "sigchld", "background",
    "session", "refork", "umask", "fds", "chdir", "stdin", "stdout",
    "stderr" };

#define STEP_LINES	(sizeof(step_lines) / sizeof(*step_lines))

/*
 * What is expected of a daemon with a record: the options of its launch, and
 * behind them those of this command line.  expected lives as long as words.
 */
static int
expect(const struct config *config, const struct record *record,
    struct config *expected)
{
	static char words[STEP_LINES][PATH_MAX + 16];
	char value[PATH_MAX], **argv;
	int argc = 1, i;
	size_t line;

	argv = calloc((size_t)config->argc + STEP_LINES + 1, sizeof(*argv));
	if (argv == NULL)
		return complain_errno("check", NULL, errno);
	argv[0] = config->argv[0];
	for (line = 0; line < STEP_LINES; line++)
		if (record_value(record, step_lines[line], 0, value,
		    sizeof(value))) {
			(void)snprintf(words[line], sizeof(words[line]),
			    "--%s=%s", step_lines[line], value);
			argv[argc++] = words[line];
		}
	for (i = 1; i < config->argc; i++)
		argv[argc++] = config->argv[i];
	return options_parse(expected, argc, argv);
}

/* The process of the pid file.  STATUS_DONE, or the status after a message. */
static int
find_process(const char *path, struct found *found)
{
	instance_find(path, true, found);
	switch (found->state) {
	case INSTANCE_RUNNING:
	case INSTANCE_GUESS:
		return STATUS_DONE;
	case INSTANCE_UNKNOWN:
		return complain("check", path, found->reason);
	default:
		(void)complain("check", path, "no such process");
		return STATUS_NOT_RUNNING;
	}
}

static void
print_row(const struct config *config, int step, const struct row *row)
{
	static const struct { const char *word, *color; } verdicts[] = {
		[VERDICT_OK] = { "ok", "\033[32m" },
		[VERDICT_BAD] = { "BAD", "\033[31m" },
		[VERDICT_UNSEEN] = { "?", "\033[33m" },
	};
	const char *no_color = getenv("NO_COLOR");
	bool color = isatty(STDOUT_FILENO) &&
	    (no_color == NULL || *no_color == '\0');

	if (config->json) {
		json_open(NULL, '{');
		json_string("step", step_table[step].name);
		json_string("verdict", verdicts[row->verdict].word);
		json_string("seen", row->seen);
		json_close('}');
		return;
	}
	(void)printf("%-11s %s%-3s%s ",
	    step_table[step].name, color ? verdicts[row->verdict].color : "",
	    verdicts[row->verdict].word, color ? "\033[0m" : "");
	print_plain(row->seen);
	(void)putchar('\n');
}

/* Prints the nine rows; returns whether some are BAD. */
static int
check_steps(const struct config *expected, unsigned int said, bool recorded,
    const struct facts *facts)
{
	int status = STATUS_DONE, step;
	struct row row;

	for (step = 0; step < STEPS; step++) {
		checks[step](facts, expected, &row);
		/* The launch did it, so that the command has undone it. */
		if (row.verdict == VERDICT_BAD && recorded &&
		    !(said & 1U << step))
			row.verdict = VERDICT_UNSEEN;
		if (row.verdict == VERDICT_BAD)
			status = STATUS_BAD;
		print_row(expected, step, &row);
	}
	return status;
}

int
check(const struct config *config)
{
	const char *path = config->pidfile;
	struct config expected = *config;
	struct found found = { .recorded = false };
	struct facts facts;
	pid_t pid = config->pid;
	char number[16];
	int status;

	if (path != NULL &&
	    (status = find_process(path, &found)) != STATUS_DONE)
		return status;
	if (found.recorded && (status = expect(config, &found.record,
	    &expected)) != STATUS_DONE)
		return status;
	if (path != NULL)
		pid = found.pid;
	(void)snprintf(number, sizeof(number), "%d", (int)pid);
	if (read_facts(pid, config->lockfile, &facts) == -1) {
		if (proc_hides(pid))
			return complain("check", path != NULL ? path : number,
			    "/proc does not show it");
		complain("check", path != NULL ? path : number,
		    "no such process");
		return STATUS_NOT_RUNNING;
	}
	if (config->json) {
		json_open(NULL, '{');
		json_number("pid", pid);
		json_open("steps", '[');
	}
	status = check_steps(&expected, config->said, found.recorded, &facts);
	if (config->json) {
		json_close(']');
		json_close('}');
		(void)putchar('\n');
	}
	free(facts.terminals);
	free(facts.fds);
	return status;
}
