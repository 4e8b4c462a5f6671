/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs: one instance, or all that have a name. */
#include "config.h"

#include <sys/types.h>

#include <dirent.h>
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
#include "base/json.h"
#include "base/message.h"
#include "instance/find.h"
#include "instance/name.h"
#include "process/arguments.h"
#include "process/proc.h"
#include "steps/step.h"
#include "verbs/runs.h"
#include "verbs/status.h"

/* What --status and --list say of one instance. */
struct view {
	const char *label;		/* its name, or the path */
	const char *name;
	const char *path;
	struct instance_status found;
	bool seen;			/* what follows, in /proc */
	uid_t uid;
	time_t since;
	char *command;			/* free(3); NULL: not to be seen */
	size_t length;
	char output[2][PATH_MAX];	/* of 1 and 2; empty: not known */
};

/* Where descriptor fd of it leads: as the record says, else as /proc does. */
static void
find_output(const struct view *view, int fd, char output[static PATH_MAX])
{
	char link[16];

	(void)snprintf(link, sizeof(link), "fd/%d", fd);
	if (view->found.recorded && record_value(&view->found.record,
	    stdio_names[fd], 0, output, PATH_MAX)) {
		if (strcmp(output, "keep") != 0)
			return;
	} else if (view->found.recorded && record_value(&view->found.record,
	    "log", 0, output, PATH_MAX))
		return;
	if (proc_link(view->found.pid, link, output, PATH_MAX) == -1)
		*output = '\0';
}

/* What /proc shows of it.  False: it has ended since it was found. */
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
	proc_started(&stat, &started);
	view->since = started.tv_sec;
	view->command = proc_command(pid, &view->length);
	find_output(view, STDOUT_FILENO, view->output[0]);
	find_output(view, STDERR_FILENO, view->output[1]);
	return true;
}

static void
gather(struct view *view, const char *name, const char *path)
{
	int tries = 0;

	memset(view, 0, sizeof(*view));
	view->name = name;
	view->path = path;
	view->label = name != NULL ? name : path;
	do {
		instance_find(path, false, &view->found);
		/* A monitor that may not read the record has the file. */
		if (view->found.state == INSTANCE_GUESS && view->found.foreign)
			view->found.state = INSTANCE_RUNNING;
		if (view->found.state != INSTANCE_RUNNING ||
		    look_at_process(view))
			return;
		/* The supervisor may have begun the next run. */
	} while (view->found.supervisor != 0 && ++tries < FIND_TRIES);
	view->found.state = INSTANCE_DEAD;
}

/* The states, as --json names them, and the exit status that each gives. */
static const struct { const char *name; int status; } states[] = {
	[INSTANCE_NONE] = { "stopped", STATUS_NOT_RUNNING },
	[INSTANCE_DEAD] = { "dead", STATUS_DEAD },
	[INSTANCE_STARTING] = { "starting", STATUS_DONE },
	[INSTANCE_RUNNING] = { "running", STATUS_DONE },
	[INSTANCE_WAITING] = { "waiting", STATUS_DONE },
	[INSTANCE_GUESS] = { "unknown", STATUS_UNKNOWN },
	[INSTANCE_UNKNOWN] = { "unknown", STATUS_UNKNOWN },
};

static void
print_json_output(const char *name, const char *output)
{
	json_string(name, *output == '\0' ? NULL : output);
}

static void
print_json_process(const struct view *view)
{
	char since[32];
	const char *arg;

	(void)strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime(&view->since));
	json_number("uid", view->uid);
	json_string("user", user_from_uid(view->uid, 1));
	json_string("since", since);
	json_number("uptime", time(NULL) - view->since);
	json_open("command", '[');
	for (arg = view->command; arg < view->command + view->length;
	    arg += strlen(arg) + 1)
		json_string(NULL, arg);
	json_close(']');
	print_json_output("stdout", view->output[0]);
	print_json_output("stderr", view->output[1]);
}

static void
print_json(const struct view *view)
{
	static const char *const unseen[] = { "uid", "user", "since", "uptime",
	    "command", "stdout", "stderr" };
	enum instance_state state = view->found.state;
	size_t i;

	json_open(NULL, '{');
	json_string("name", view->name);
	json_string("pidfile", view->path);
	json_string("state", states[state].name);
	if (state == INSTANCE_GUESS || state == INSTANCE_UNKNOWN)
		json_string("reason", view->found.reason);
	if (state == INSTANCE_RUNNING) {
		json_number("pid", view->found.pid);
		if (view->seen)
			print_json_process(view);
		else
			for (i = 0; i < sizeof(unseen) / sizeof(*unseen); i++)
				json_null(unseen[i]);
	}
	if (view->found.recorded)
		runs_print_json(&view->found);
	json_close('}');
}

/* So many seconds, or none where the clock was set back. */
static void
print_duration(long long ms)
{
	char text[48];

	duration_format(ms, text, sizeof(text));
	(void)fputs(text, stdout);
}

static void
print_output(const struct view *view)
{
	if (*view->output[0] == '\0')
		return;
	(void)fputs(", output to ", stdout);
	print_plain(view->output[0]);
	if (*view->output[1] != '\0' &&
	    strcmp(view->output[0], view->output[1]) != 0) {
		(void)fputs(" and ", stdout);
		print_plain(view->output[1]);
	}
}

static void
print_running(struct view *view)
{
	char since[32];
	size_t i;

	if (!view->seen) {
		(void)printf(": running, pid %d; /proc does not show the rest",
		    (int)view->found.pid);
		return;
	}
	(void)strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S",
	    localtime(&view->since));
	(void)printf(": running, pid %d", (int)view->found.pid);
	runs_print_supervisor(&view->found);
	(void)printf(", user %s, since %s (", user_from_uid(view->uid, 0),
	    since);
	print_duration(1000LL * (time(NULL) - view->since));
	(void)putchar(')');
	print_output(view);
	(void)fputs(": ", stdout);
	/* A blank for the NUL between two arguments. */
	for (i = 0; i + 1 < view->length; i++)
		if (view->command[i] == '\0')
			view->command[i] = ' ';
	print_plain(view->length == 0 ? "?" : view->command);
}

static void
print_line(struct view *view)
{
	char title[1024];

	print_plain(view->label);
	switch (view->found.state) {
	case INSTANCE_RUNNING:
		print_running(view);
		break;
	case INSTANCE_WAITING:
		(void)fputs(": waiting", stdout);
		runs_print_waiting(&view->found);
		break;
	case INSTANCE_STARTING:
		(void)fputs(": starting", stdout);
		break;
	case INSTANCE_DEAD:
		(void)fputs(": dead, but its pid file exists", stdout);
		runs_print_last(&view->found);
		break;
	case INSTANCE_NONE:
		(void)fputs(": not running", stdout);
		runs_print_last(&view->found);
		break;
	case INSTANCE_GUESS:
		proc_title(view->found.pid, title, sizeof(title));
		(void)printf(": unknown: %s, so pid %d may be another "
		    "process: ", view->found.reason, (int)view->found.pid);
		print_plain(title);
		break;
	case INSTANCE_UNKNOWN:
		(void)printf(": unknown: %s", view->found.reason);
		break;
	}
	(void)putchar('\n');
}

int
status_show(const struct config *config)
{
	struct view view;

	gather(&view, config->name, config->pidfile);
	if (config->json) {
		print_json(&view);
		(void)putchar('\n');
	} else if (view.found.state == INSTANCE_UNKNOWN)
		(void)complain("status", config->pidfile, view.found.reason);
	else {
		print_line(&view);
		runs_print_past(&view.found);
	}
	free(view.command);
	return states[view.found.state].status;
}

/* A name, if this is a file of a named instance. */
static int
is_pidfile(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 4 &&
	    strcmp(entry->d_name + length - 4, ".pid") == 0;
}

/* By the name alone: with the `.pid`, `a-b` would come before `a`. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	size_t one = strlen((*a)->d_name) - 4, other = strlen((*b)->d_name) - 4;
	int result = strncmp((*a)->d_name, (*b)->d_name,
	    one < other ? one : other);

	return result != 0 ? result : one < other ? -1 : one > other;
}

int
status_list(const struct config *config)
{
	const char *reason;
	char *directory = name_directory(&reason), *path;
	struct dirent **entries;
	struct view view;
	int i, n;

	if (directory == NULL)
		return complain("name", NULL, reason);
	n = scandir(directory, &entries, is_pidfile, by_name);
	/* It is made with the first instance. */
	if (n == -1 && errno != ENOENT)
		return complain_errno("list", directory, errno);
	if (config->json)
		json_open(NULL, '[');
	for (i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%s", directory,
		    entries[i]->d_name) == -1)
			return complain_errno("list", directory, errno);
		entries[i]->d_name[strlen(entries[i]->d_name) - 4] = '\0';
		gather(&view, entries[i]->d_name, path);
		if (config->json)
			print_json(&view);
		else
			print_line(&view);
		free(view.command);
		free(path);
		free(entries[i]);
	}
	if (n != -1)
		free(entries);
	if (config->json) {
		json_close(']');
		(void)putchar('\n');
	}
	free(directory);
	return STATUS_DONE;
}
