/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs, and what has ended: one instance, or all that have a name. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/message.h"
#include "base/progress.h"
#include "instance/find.h"
#include "process/arguments.h"
#include "process/proc.h"
#include "steps/step.h"
#include "verbs/several.h"
#include "verbs/verbs.h"

/* What --status and --list say of one instance. */
struct view {
	const char *label;		/* its name, or the path */
	const char *name;
	const char *path;
	struct instance_status found;
	const struct state *state;
	bool supervised;		/* the record says so */
	bool seen;			/* the next three, in /proc */
	uid_t uid;
	time_t since;
	long long memory;		/* resident, in KiB; -1: not shown */
	char *command;			/* arguments, each ended by a NUL;
					   free(3) it; NULL: unknown */
	size_t length;
	char output[2][PATH_MAX];	/* of 1 and 2; empty: unknown */
};

/* The states as --json and the table name them, and as a line does. */
static const struct state { const char *name, *text; int status; }
    states[] = {
	[INSTANCE_NONE] = { "stopped", "not running", STATUS_NOT_RUNNING },
	[INSTANCE_DEAD] = { "dead", "dead, but its pid file exists",
	    STATUS_DEAD },
	[INSTANCE_STARTING] = { "starting", "starting", STATUS_DONE },
	[INSTANCE_RUNNING] = { "running", "running", STATUS_DONE },
	[INSTANCE_WAITING] = { "waiting", "waiting", STATUS_DONE },
	[INSTANCE_GUESS] = { "unknown", "unknown", STATUS_UNKNOWN },
	[INSTANCE_UNKNOWN] = { "unknown", "unknown", STATUS_UNKNOWN },
};
static const struct state ended = { "ended", "ended", STATUS_NOT_RUNNING },
    failed = { "failed", "failed", STATUS_NOT_RUNNING },
    limited = { "failed", "failed, the limit of restarts is reached",
    STATUS_NOT_RUNNING };

/* --- what is seen --------------------------------------------------------- */

/* Find the file of descriptor fd: as the record says, else as /proc does. */
static void
find_output(struct view *view, int fd)
{
	const struct record *record = &view->found.record;
	char *output = view->output[fd - STDOUT_FILENO], link[16];

	(void)snprintf(link, sizeof(link), "fd/%d", fd);
	if (view->found.recorded &&
	    (record_value(record, stdio_names[fd], 0, output, PATH_MAX) ||
	    record_value(record, "log", 0, output, PATH_MAX)) &&
	    strcmp(output, "keep") != 0)
		return;
	if (!view->seen || proc_link(view->found.pid, link, output,
	    PATH_MAX) == -1)
		*output = '\0';
}

/* Take the command from the record, whose last lines may be missing. */
static void
find_command(struct view *view)
{
	char *at;
	size_t i;

	view->command = calloc(1, RECORD_SIZE);
	for (i = 0; view->command != NULL; i++) {
		at = view->command + view->length;
		if (!record_value(&view->found.record, "arg", i, at,
		    RECORD_SIZE - view->length))
			break;
		view->length += strlen(at) + 1;
	}
}

/* Look at the process.  Return false if it has ended since it was found. */
static bool
look_at_process(struct view *view)
{
	struct proc_status status;
	struct proc_stat stat;
	struct timespec started;
	pid_t pid = view->found.pid;

	if (proc_stat(pid, &stat) == -1 || proc_status(pid, &status) == -1)
		return proc_hides(pid);
	view->seen = true;
	view->uid = status.uid;
	view->memory = status.memory;
	proc_started(&stat, &started);
	view->since = started.tv_sec;
	view->command = proc_command(pid, &view->length);
	return true;
}

static void
gather(struct view *view, const char *name, const char *path)
{
	struct instance_status *found = &view->found;
	int tries = 0;

	memset(view, 0, sizeof(*view));
	view->name = name;
	view->path = path;
	view->label = name != NULL ? name : path;
	view->memory = -1;
	do {
		instance_find(path, false, found);
		/* A monitor that may not read the record has the file. */
		if (found->state == INSTANCE_GUESS && found->foreign)
			found->state = INSTANCE_RUNNING;
		if (found->state != INSTANCE_RUNNING || look_at_process(view))
			break;
		found->state = INSTANCE_DEAD;
		/* The supervisor may have begun the next run. */
	} while (found->supervisor != 0 && ++tries < FIND_TRIES);

	if (found->stale)
		found->state = INSTANCE_UNKNOWN;
	view->state = &states[found->state];
	if (found->state == INSTANCE_NONE && found->recorded)
		view->state = found->record.limited ? &limited :
		    found->record.state == RECORD_FAILED ? &failed : &ended;
	view->supervised = found->recorded && found->record.supervisor != 0;
	if (!view->seen && found->recorded)
		find_command(view);
	if (view->seen || found->recorded) {
		find_output(view, STDOUT_FILENO);
		find_output(view, STDERR_FILENO);
	}
}

/* Return the run of that number, if the record has its end, or NULL. */
static const struct run *
find_run(const struct record *record, unsigned long long number)
{
	const struct run *run = &record->run[number % RECORD_RUNS];

	return number != 0 && run->number == number ? run : NULL;
}

/*
 * Write the time as text, in UTC as RFC 3339 has it.  Return buf; or, since a
 * record may contain a time beyond the calendar, or beyond a time_t of 32 bits,
 * NULL in UTC, else "?".
 */
static const char *
format_time(long long seconds, bool utc, char buf[static 32])
{
	time_t when = (time_t)seconds;
	const struct tm *tm = utc ? gmtime(&when) : localtime(&when);

	if (tm == NULL || when != seconds)
		return utc ? NULL : "?";
	(void)strftime(buf, 32, utc ? "%Y-%m-%dT%H:%M:%SZ" :
	    "%Y-%m-%d %H:%M:%S", tm);
	return buf;
}

/* --- as JSON -------------------------------------------------------------- */

static void
print_json_run(const struct run *run)
{
	static const char *const names[] = { "exit", "signal", "failed" };
	const int kind = run->how.kind == END_CORE ? END_SIGNAL :
	    run->how.kind;
	char when[32];
	int i;

	json_open(NULL, '{');
	json_number("run", (long long)run->number);
	json_number("began_ms", run->began);
	json_number("ended_ms", run->ended);
	json_string("ended", format_time(run->when, true, when));
	for (i = 0; i < 3; i++)
		json_optional(names[i], kind == i,
		    run->how.number);
	json_close('}');
}

static void
print_json_runs(const struct view *view)
{
	const struct record *record = &view->found.record;
	unsigned long long number = record->runs;
	int i;

	json_optional("supervisor", view->found.supervisor != 0,
	    view->found.supervisor);
	json_number("runs", (long long)record->runs);
	json_optional("restart_ms", view->found.state == INSTANCE_WAITING &&
	    record->due != 0, ms_until(record->due, INT_MAX));
	json_bool("limit_reached", record->limited);
	json_string("log_fault", *record->log_fault == '\0' ? NULL :
	    record->log_fault);
	json_number("log_lost", record->log_lost);
	json_open("past", '[');
	for (i = 0; i <= RECORD_RUNS && number > 0; i++, number--)
		if (find_run(record, number) != NULL)
			print_json_run(find_run(record, number));
	json_close(']');
}

static void
print_json_command(const struct view *view)
{
	const char *arg;
	int i;

	if (view->command == NULL)
		json_null("command");
	else {
		json_open("command", '[');
		for (arg = view->command; arg < view->command + view->length;
		    arg += strlen(arg) + 1)
			json_string(NULL, arg);
		json_close(']');
	}
	for (i = 0; i < 2; i++)
		json_string(stdio_names[i + 1], *view->output[i] == '\0' ?
		    NULL : view->output[i]);
}

static void
print_json(const struct view *view)
{
	const struct instance_status *found = &view->found;
	char since[32];

	json_open(NULL, '{');
	json_string("name", view->name);
	json_string("pidfile", view->path);
	json_string("state", view->state->name);
	if (view->state->status == STATUS_UNKNOWN)
		json_string("reason", found->reason);
	if (found->state == INSTANCE_RUNNING) {
		json_number("pid", found->pid);
		json_optional("pidfd_inode", found->recorded &&
		    found->record.pidfd != 0, (long long)found->record.pidfd);
		json_optional("uid", view->seen, view->uid);
		json_string("user", view->seen ? user_from_uid(view->uid, 1) :
		    NULL);
		json_string("since", view->seen ?
		    format_time(view->since, true, since) : NULL);
		json_optional("uptime", view->seen, time(NULL) - view->since);
		json_optional("memory_kib", view->memory != -1, view->memory);
	}
	if (found->state == INSTANCE_RUNNING || found->recorded)
		print_json_command(view);
	if (view->supervised)
		print_json_runs(view);
	json_close('}');
}

/* --- as text -------------------------------------------------------------- */

/* Write `812 KiB`, `3.4 MiB`, `12 MiB`. */
static void
format_memory(long long kib, char *buf, size_t size)
{
	const char *unit = "KMGT";
	double amount = (double)kib;

	for (; amount >= 1024 && unit[1] != '\0'; unit++)
		amount /= 1024;
	(void)snprintf(buf, size, amount < 9.95 && *unit != 'K' ?
	    "%.1f %ciB" : "%.0f %ciB", amount, *unit);
}

/* Return the command as one string, or "?": a blank for a NUL between two. */
static const char *
join_command(struct view *view)
{
	size_t i;

	for (i = 0; i + 1 < view->length; i++)
		if (view->command[i] == '\0')
			view->command[i] = ' ';
	return view->length == 0 ? "?" : view->command;
}

/* Print `exited with status 3 after 2 s, 2026-11-26 11:50:33`. */
static void
print_run(const struct run *run)
{
	char how[64], after[48], when[32];

	ending_describe(&run->how, how, sizeof(how));
	duration_format(run->ended - run->began, after, sizeof(after));
	(void)printf("%s after %s, %s", how, after,
	    format_time(run->when, false, when));
}

static void
print_supervisor(const struct view *view)
{
	const struct record *record = &view->found.record;
	const struct run *last = find_run(record, record->runs);
	char left[48];

	if (view->found.supervisor != 0)
		(void)printf(", supervisor %d, run %llu",
		    (int)view->found.supervisor, record->runs);
	else if (view->found.state == INSTANCE_RUNNING)
		(void)printf(", its supervisor has ended, run %llu",
		    record->runs);
	if (last != NULL) {
		(void)printf("; run %llu ", last->number);
		print_run(last);
	}
	if (view->found.state != INSTANCE_WAITING || record->due == 0)
		return;
	duration_format(ms_until(record->due, INT_MAX), left, sizeof(left));
	(void)printf("; again in %s", left);
}

/* Print what /proc shows of a running process. */
static void
print_process(const struct view *view)
{
	char text[48];

	if (!view->seen) {
		(void)fputs("; /proc does not show the rest", stdout);
		return;
	}
	(void)printf(", user %s, since %s", user_from_uid(view->uid, 0),
	    format_time(view->since, false, text));
	duration_format(1000LL * (time(NULL) - view->since), text,
	    sizeof(text));
	(void)printf(" (%s)", text);
	if (view->memory == -1)
		return;
	format_memory(view->memory, text, sizeof(text));
	(void)printf(", memory %s", text);
}

static void
print_output_and_command(struct view *view)
{
	if (*view->output[0] != '\0') {
		(void)fputs(", output to ", stdout);
		print_plain(view->output[0]);
	}
	if (*view->output[0] != '\0' && *view->output[1] != '\0' &&
	    strcmp(view->output[0], view->output[1]) != 0) {
		(void)fputs(" and ", stdout);
		print_plain(view->output[1]);
	}
	(void)fputs(": ", stdout);
	print_plain(join_command(view));
}

static void
print_line(struct view *view)
{
	const struct instance_status *found = &view->found;
	char title[1024];

	print_plain(view->label);
	(void)printf(": %s", view->state->text);
	if (found->state == INSTANCE_RUNNING)
		(void)printf(", pid %d", (int)found->pid);
	if (view->supervised)
		print_supervisor(view);
	if (found->state == INSTANCE_RUNNING)
		print_process(view);
	if (view->seen || found->recorded)
		print_output_and_command(view);
	if (view->state->status == STATUS_UNKNOWN) {
		(void)fputs(": ", stdout);
		print_plain(found->reason);
	}
	/* The directory of a user's names depends on the host's name. */
	if (found->state == INSTANCE_NONE && view->name != NULL &&
	    !found->recorded) {
		(void)fputs(": no ", stdout);
		print_plain(view->path);
	}
	if (found->state == INSTANCE_GUESS) {
		proc_title(found->pid, title, sizeof(title));
		(void)printf(", so pid %d may be another process: ",
		    (int)found->pid);
		print_plain(title);
	}
	(void)putchar('\n');
}

/* A line about what is wrong with the log, and what it has lost. */
static void
print_log(const struct view *view)
{
	const char *fault = view->found.record.log_fault;
	long long lost = view->found.record.log_lost;

	if (!view->supervised || (*fault == '\0' && lost == 0))
		return;
	(void)fputs("  log: ", stdout);
	print_plain(fault);
	if (lost != 0)
		(void)printf("%s%lld bytes are lost", *fault == '\0' ? "" :
		    "; ", lost);
	(void)putchar('\n');
}

int
status_show(const struct config *config)
{
	static struct view view;	/* too large for a small stack */
	unsigned long long number;
	const struct run *run;
	int i;

	gather(&view, config->name, config->pidfile);
	number = view.supervised ? view.found.record.runs : 0;
	if (config->json)
		print_json(&view);
	else if (view.found.state == INSTANCE_UNKNOWN)
		(void)complain("status", view.label, view.found.reason);
	else {
		print_line(&view);
		print_log(&view);
		for (i = 0; i <= RECORD_RUNS && number > 0; i++, number--)
			if ((run = find_run(&view.found.record,
			    number)) != NULL) {
				(void)printf("  run %llu: ", number);
				print_run(run);
				(void)putchar('\n');
			}
	}
	free(view.command);
	return view.state->status;
}

/* --- a list --------------------------------------------------------------- */

#define COLUMNS	7

/* Make the cells of an instance, strings to free(3).  Return -1 with errno. */
static int
make_cells(struct view *view, char *cells[COLUMNS])
{
	char pid[16] = "-", up[48] = "-", runs[24] = "-", memory[24] = "-";
	const char *const text[COLUMNS] = { view->label, view->state->name,
	    pid, up, runs, memory,
	    view->command == NULL ? "-" : join_command(view) };
	int i;

	if (view->found.state == INSTANCE_RUNNING)
		(void)snprintf(pid, sizeof(pid), "%d", (int)view->found.pid);
	if (view->seen)
		duration_format(1000LL * (time(NULL) - view->since), up,
		    sizeof(up));
	if (view->supervised)
		(void)snprintf(runs, sizeof(runs), "%llu",
		    view->found.record.runs);
	if (view->memory != -1)
		format_memory(view->memory, memory, sizeof(memory));
	for (i = 0; i < COLUMNS; i++) {
		if ((cells[i] = strdup(text[i])) == NULL)
			return -1;
		make_printable(cells[i]);
	}
	return 0;
}

/* Count the bytes of a string of UTF-8 that do not continue a character. */
static size_t
count_characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* Print a row of at most left characters; two blanks are between columns. */
static void
print_row(char *const cells[COLUMNS], const size_t widths[COLUMNS],
    size_t left)
{
	size_t length, padding, n;
	const char *text;
	int i;

	for (i = 0; i < COLUMNS; i++) {
		text = cells[i];
		length = strlen(text);
		padding = widths[i] + 2 - count_characters(text);
		for (; length > 0 && left > 0; left--) {
			n = printable(text, length);
			(void)fwrite(text, 1, n, stdout);
			text += n;
			length -= n;
		}
		for (; padding > 0 && left > 0 && i < COLUMNS - 1; padding--) {
			(void)putchar(' ');
			left--;
		}
	}
	(void)putchar('\n');
}

static int
print_table(struct view *views, size_t n, size_t width)
{
	static char *const heading[COLUMNS] = { "NAME", "STATE", "PID", "UP",
	    "RUNS", "MEMORY", "COMMAND" };
	char *(*rows)[COLUMNS] = calloc(n + 1, sizeof(*rows));
	size_t widths[COLUMNS] = { 0 }, row, length;
	int i;

	if (rows == NULL)
		return complain_errno("list", NULL, errno);
	memcpy(rows[0], heading, sizeof(heading));
	for (row = 0; row < n; row++)
		if (make_cells(&views[row], rows[row + 1]) == -1)
			return complain_errno("list", NULL, errno);
	for (row = 0; row <= n; row++)
		for (i = 0; i < COLUMNS; i++) {
			length = count_characters(rows[row][i]);
			if (widths[i] < length)
				widths[i] = length;
		}
	for (row = 0; row <= n; row++)
		print_row(rows[row], widths, width);
	return STATUS_DONE;
}

int
status_list(const struct config *config)
{
	struct named every = { NULL, NULL }, *list;
	struct config all = { .verb = VERB_LIST, .named = &every, .nnamed = 1 };
	size_t width = terminal_width(STDOUT_FILENO);
	struct view *views, *view;
	ssize_t i, n;

	n = several_find(config->nnamed > 0 ? config : &all, &list);
	if (n == -1)
		return STATUS_FAILED;
	if ((view = views = calloc((size_t)n + 1, sizeof(*views))) == NULL)
		return complain_errno("list", NULL, errno);
	for (i = 0; i < n; i++) {
		gather(view, list[i].name, list[i].pidfile);
		/* A launch that failed may have left an empty record. */
		if (view->state != &states[INSTANCE_NONE])
			view++;
		else if (config->nnamed > 0)
			(void)complain("list", list[i].name, "no instance");
	}
	n = view - views;
	if (config->json) {
		json_open(NULL, '[');
		for (i = 0; i < n; i++)
			print_json(&views[i]);
		json_close(']');
	} else if (width != 0 && n > 0)
		return print_table(views, (size_t)n, width);
	else
		for (i = 0; i < n; i++)
			print_line(&views[i]);
	return STATUS_DONE;
}
