/* SPDX-License-Identifier: BSD-2-Clause */
/* How a plan is shown. */
#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/json.h"
#include "base/message.h"
#include "steps/step.h"
#include "verbs/explain.h"
#include "verbs/supervision.h"

/* In bash's and POSIX.1-2024's quotes: a byte that is no text as \NNN. */
static void
print_escaped(const char *word)
{
	size_t left = strlen(word), n;

	(void)fputs("$'", stdout);
	for (; left > 0; word += n, left -= n) {
		n = printable(word, left);
		if (*word == '\'' || *word == '\\')
			(void)printf("\\%c", *word);
		else if (n > 0)
			(void)fwrite(word, 1, n, stdout);
		else
			(void)printf("\\%03o", (unsigned char)*word);
		n += n == 0;
	}
	(void)putchar('\'');
}

static bool
is_printable(const char *word)
{
	size_t left = strlen(word), n;

	for (; left > 0; word += n, left -= n)
		if ((n = printable(word, left)) == 0)
			return false;
	return true;
}

/* A word as a shell would have to be given it. */
static void
print_quoted(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";

	if (!is_printable(word)) {
		print_escaped(word);
		return;
	}
	if (*word != '\0' && word[strspn(word, plain)] == '\0') {
		(void)fputs(word, stdout);
		return;
	}
	(void)putchar('\'');
	for (; *word != '\0'; word++)
		if (*word == '\'')
			(void)fputs("'\\''", stdout);
		else
			(void)putchar(*word);
	(void)putchar('\'');
}

/* A line of what is done besides the steps: its name, and its text in parts. */
static void
print_line(const char *name, const char *before, const char *text,
    const char *after)
{
	(void)printf("  %-13s%s", name, before);
	print_plain(text);
	(void)puts(after);
}

static void
print_identity(const struct identity *id)
{
	size_t i;

	(void)printf("  %-13s", id->user == NULL ? "group" : "user");
	if (id->user != NULL) {
		print_plain(id->user);
		(void)printf(": uid %u, ", (unsigned int)id->uid);
	}
	(void)printf("gid %u, groups", (unsigned int)id->gid);
	for (i = 0; i < id->ngroups; i++)
		(void)printf(" %u", (unsigned int)id->groups[i]);
	(void)putchar('\n');
}

/* What the log's lines go to. */
static void
print_log(const struct plan *plan)
{
	const struct log_want *want = &plan->log.want;

	if (want->text == NULL)
		return;
	if (want->kind == LOG_TO_FILE)
		print_line("log", "open ", plan->log.path, " to append");
	else if (want->kind == LOG_TO_LOGGER)
		print_line("log", "start the logger: ", want->command, "");
	else
		print_line("log", "connect to ", want->text, "");
}

static void
print_before(const struct plan *plan)
{
	int fd;

	(void)puts("before");
	print_line("command", "", plan->path, "");
	if (plan->lockfile != NULL)
		print_line("lockfile", "lock ", plan->lockfile, ", or refuse");
	if (plan->pidfile != NULL)
		print_line("pidfile", "open ", plan->pidfile, plan->replace ?
		    ", after stopping the old instance" :
		    ", or refuse if the instance runs");
	print_log(plan);
	for (fd = 0; fd < 3; fd++)
		if (plan->steps.stdio[fd] != NULL)
			print_line("stdio", "open ", plan->steps.stdio[fd],
			    plan->append && fd != STDIN_FILENO ?
			    " to append" : "");
}

/* Between two of the steps: the directory is the new root's, and the user's. */
static void
print_between(const struct plan *plan)
{
	if (plan->root != NULL)
		print_line("chroot", "", plan->root, "");
	if (plan->identity.change)
		print_identity(&plan->identity);
}

static void
print_steps(const struct plan *plan)
{
	const struct step *row;
	char value[PATH_MAX];
	int step;

	(void)puts("the nine steps");
	for (step = 0; step < STEPS; step++) {
		if (step == STEP_CHDIR)
			print_between(plan);
		row = step_table[step];
		row->print(&plan->steps, value, sizeof(value));
		(void)printf("%d %-13s", step + 1, row->name);
		print_plain(value);
		(void)putchar('\n');
		if (strcmp(value, "no") == 0)
			(void)printf("  %-13snot done\n", "");
		else if (strcmp(value, "keep") == 0 ||
		    strcmp(value, "keep keep keep") == 0)
			(void)printf("  %-13sleft as the caller has it\n", "");
		else
			(void)printf("  %-13s%s:\n  %-13s%s\n", "", row->what,
			    "", row->why);
	}
}

static void
print_ready(const struct readiness *want)
{
	(void)printf("  %-13swait for ", "ready");
	print_plain(want->text);
	if (want->method->has_timeout)
		(void)printf(", at most %s", want->timeout_text);
	(void)puts("; else terminate it");
}

static void
print_after(const struct plan *plan)
{
	char *const *arg;
	size_t i;

	(void)puts("after");
	if (plan->clear_env)
		(void)printf("  %-13scleared\n", "env");
	for (i = 0; i < plan->nchanges; i++) {
		(void)printf("  %-13s", "env");
		print_quoted(plan->changes[i]);
		(void)putchar('\n');
	}
	if (plan->no_new_privs)
		(void)printf("  %-13s%s\n", "no-new-privs",
		    "no privileges are gained by an exec");
	if (plan->pidfile != NULL)
		(void)printf("  %-13swrite the pid, and the record beside it\n",
		    "pidfile");
	(void)printf("  %-13s", "exec");
	print_quoted(plan->path);
	for (arg = plan->argv + 1; *arg != NULL; arg++) {
		(void)putchar(' ');
		print_quoted(*arg);
	}
	(void)putchar('\n');
	if (ready_waits(&plan->ready.want))
		print_ready(&plan->ready.want);
	supervision_print(plan);
}

static void
print_json(const struct plan *plan)
{
	char value[PATH_MAX];
	char *const *arg;
	int step;

	json_open(NULL, '{');
	json_string("command", plan->path);
	json_open("argv", '[');
	for (arg = plan->argv; *arg != NULL; arg++)
		json_string(NULL, *arg);
	json_close(']');
	json_string("pidfile", plan->pidfile);
	json_string("lockfile", plan->lockfile);
	json_string("chroot", plan->root);
	json_string("user", plan->identity.user);
	if (plan->identity.change && plan->identity.user != NULL)
		json_number("uid", plan->identity.uid);
	if (plan->identity.change)
		json_number("gid", plan->identity.gid);
	json_string("ready", plan->ready.want.text);
	if (!plan->ready.want.method->has_timeout)
		json_null("ready_timeout_ms");
	else
		json_number("ready_timeout_ms", plan->ready.want.timeout);
	supervision_print_json(plan);
	json_open("steps", '[');
	for (step = 0; step < STEPS; step++) {
		step_table[step]->print(&plan->steps, value, sizeof(value));
		json_open(NULL, '{');
		json_string("step", step_table[step]->name);
		json_string("value", value);
		json_string("what", step_table[step]->what);
		json_string("why", step_table[step]->why);
		json_close('}');
	}
	json_close(']');
	json_close('}');
	(void)putchar('\n');
}

int
explain(const struct plan *plan, bool json)
{
	if (json)
		print_json(plan);
	else {
		print_before(plan);
		print_steps(plan);
		print_after(plan);
	}
	return STATUS_DONE;
}
