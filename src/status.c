/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs: one instance, or all that have a name. */
#include "config.h"

#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "instance.h"
#include "json.h"
#include "message.h"
#include "name.h"
#include "proc.h"
#include "status.h"

/* What --status and --list say of one instance. */
struct facts {
	const char *label;		/* its name, or the path */
	const char *name;
	const char *path;
	const char *reason;
	enum instance_state state;
	pid_t pid;
	bool seen;			/* what follows, in /proc */
	uid_t uid;
	time_t since;
	char *command;			/* free(3); NULL: not to be seen */
	size_t length;
};

static void
gather_facts(struct facts *facts, const char *name, const char *path)
{
	struct proc_status status;
	struct proc_stat stat;
	struct timespec started;

	facts->name = name;
	facts->path = path;
	facts->label = name != NULL ? name : path;
	facts->seen = false;
	facts->command = NULL;
	facts->length = 0;
	facts->state = instance_find(path, &facts->pid, &facts->reason);
	if (facts->state != INSTANCE_RUNNING)
		return;
	if (proc_stat(facts->pid, &stat) == -1 ||
	    proc_status(facts->pid, &status) == -1) {
		if (!proc_hides(facts->pid))
			facts->state = INSTANCE_DEAD;
		return;
	}
	facts->seen = true;
	facts->uid = status.uid;
	proc_started(&stat, &started);
	facts->since = started.tv_sec;
	facts->command = proc_command(facts->pid, &facts->length);
}

static void
print_json_process(const struct facts *facts)
{
	char since[32];
	const char *arg;

	(void)strftime(since, sizeof(since), "%Y-%m-%dT%H:%M:%SZ",
	    gmtime(&facts->since));
	json_number("uid", facts->uid);
	json_string("user", user_from_uid(facts->uid, 1));
	json_string("since", since);
	json_number("uptime", time(NULL) - facts->since);
	json_open("command", '[');
	for (arg = facts->command; arg < facts->command + facts->length;
	    arg += strlen(arg) + 1)
		json_string(NULL, arg);
	json_close(']');
}

static void
print_json(const struct facts *facts)
{
	static const char *const unseen[] = { "uid", "user", "since", "uptime",
	    "command" };
	static const char *const states[] = {
		[INSTANCE_FREE] = "stopped",
		[INSTANCE_DEAD] = "dead",
		[INSTANCE_RUNNING] = "running",
		[INSTANCE_ERROR] = "unknown",
	};
	size_t i;

	json_open(NULL, '{');
	json_string("name", facts->name);
	json_string("pidfile", facts->path);
	json_string("state", states[facts->state]);
	if (facts->state == INSTANCE_ERROR)
		json_string("reason", facts->reason);
	if (facts->state == INSTANCE_RUNNING) {
		json_number("pid", facts->pid);
		if (facts->seen)
			print_json_process(facts);
		else
			for (i = 0; i < sizeof(unseen) / sizeof(*unseen); i++)
				json_null(unseen[i]);
	}
	json_close('}');
}

static void
print_facts(const struct facts *facts)
{
	char since[32];
	size_t i;

	print_plain(facts->label);
	switch (facts->state) {
	case INSTANCE_RUNNING:
		if (!facts->seen) {
			(void)printf(": running, pid %d, user ?, since ?: ?",
			    (int)facts->pid);
			break;
		}
		(void)strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S",
		    localtime(&facts->since));
		(void)printf(": running, pid %d, user %s, since %s: ",
		    (int)facts->pid, user_from_uid(facts->uid, 0), since);
		/* A blank for the NUL between two arguments. */
		for (i = 0; i + 1 < facts->length; i++)
			if (facts->command[i] == '\0')
				facts->command[i] = ' ';
		print_plain(facts->command == NULL ? "?" : facts->command);
		break;
	case INSTANCE_DEAD:
		(void)fputs(": dead, but its pid file is there", stdout);
		break;
	case INSTANCE_FREE:
		(void)fputs(": not running", stdout);
		break;
	case INSTANCE_ERROR:
		(void)printf(": unknown: %s", facts->reason);
		break;
	}
	(void)putchar('\n');
}

int
status_show(const struct config *config)
{
	static const int statuses[] = {
		[INSTANCE_RUNNING] = STATUS_DONE,
		[INSTANCE_DEAD] = STATUS_DEAD,
		[INSTANCE_FREE] = STATUS_NOT_RUNNING,
		[INSTANCE_ERROR] = STATUS_UNKNOWN,
	};
	struct facts facts;

	gather_facts(&facts, config->name, config->pidfile);
	if (config->json) {
		print_json(&facts);
		(void)putchar('\n');
	} else if (facts.state == INSTANCE_ERROR)
		complain("status", config->pidfile, facts.reason);
	else
		print_facts(&facts);
	free(facts.command);
	return statuses[facts.state];
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
	char *directory = name_directory(NULL), *path;
	struct dirent **entries;
	struct facts facts;
	int i, n;

	if (directory == NULL)
		return STATUS_FAILED;
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
		gather_facts(&facts, entries[i]->d_name, path);
		if (config->json)
			print_json(&facts);
		else
			print_facts(&facts);
		free(facts.command);
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
