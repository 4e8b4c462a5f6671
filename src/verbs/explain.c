/* SPDX-License-Identifier: BSD-2-Clause */
/* How a plan is shown. */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/message.h"
#include "process/policy.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "steps/step.h"
#include "verbs/verbs.h"

#define STATUSES	256

/* --- as text -------------------------------------------------------------- */

/* Print a line of what is done besides the steps: its name, and its text. */
static void __attribute__((format(printf, 2, 3)))
line(const char *name, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length == -1)
		return;
	(void)printf("  %-13s", name);
	print_plain(text);
	(void)putchar('\n');
	free(text);
}

/* Print a word as a shell would have to be given it. */
static void
print_word(const char *word)
{
	static const char in_single[] = LETTERS DIGITS
	    " !\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~";
	static const struct quoting single = { "'", "", "" };
	/* bash's and POSIX.1-2024's */
	static const struct quoting dollar = { "$'", "'\\", "\\%03o" };

	print_quoted(word, word[strspn(word, in_single)] == '\0' ? &single :
	    &dollar, "");
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

static void
print_before(const struct plan *plan)
{
	const struct log_want *log = &plan->config->log;
	int fd;

	(void)puts("before");
	line("command", "%s", plan->path);
	if (plan->config->lockfile != NULL)
		line("lockfile", "lock %s, or refuse", plan->config->lockfile);
	if (plan->config->pidfile != NULL)
		line("pidfile", "open %s, %s", plan->config->pidfile,
		    plan->config->replace ?
		    "after stopping the old instance" :
		    "or refuse if the instance runs");
	if (log->text != NULL && log->kind == LOG_TO_FILE)
		line("log", "open %s to append", plan->log_path);
	else if (log->text != NULL && log->kind == LOG_TO_STDOUT)
		line("log", "write to standard output");
	else if (log->text != NULL && log->kind == LOG_TO_LOGGER)
		line("log", "open a pipe to the logger: %s", log->command);
	else if (log->text != NULL)
		line("log", "connect to %s", log->text);
	for (fd = 0; fd < 3; fd++)
		if (plan->steps.stdio[fd] != NULL)
			line("stdio", "open %s%s", plan->steps.stdio[fd],
			    plan->config->append && fd != STDIN_FILENO ?
			    " to append" : "");
}

static void
print_steps(const struct plan *plan)
{
	const struct step *row;
	char value[PATH_MAX];
	int step;

	(void)puts("the nine steps");
	for (step = 0; step < STEPS; step++) {
		/* The directory is the new root's, and the user's. */
		if (step == STEP_CHDIR && plan->root != NULL)
			line("chroot", "%s", plan->root);
		if (step == STEP_CHDIR && plan->identity.change)
			print_identity(&plan->identity);
		row = step_table[step];
		row->print(&plan->steps, value, sizeof(value));
		(void)printf("%d %-13s", step + 1, row->name);
		print_plain(value);
		(void)putchar('\n');
		if (strcmp(value, "no") == 0)
			line("", "not done");
		else if (strcmp(value, "keep") == 0 ||
		    strcmp(value, "keep keep keep") == 0)
			line("", "left as the caller has it");
		else {
			line("", "%s:", row->what);
			line("", "%s", row->why);
		}
	}
}

/* Print all exit statuses and signals that are no failure. */
static void
print_success(const struct policy *policy)
{
	int i;

	(void)printf("  %-13s0", "success");
	for (i = 1; i < STATUSES; i++)
		if (policy_allows_status(policy, i))
			(void)printf(",%d", i);
	for (i = 1; i < _NSIG; i++)
		if (policy_allows_signal(policy, i))
			(void)printf(",%s", signal_name(i));
	(void)putchar('\n');
}

static void
print_policy(const struct policy *policy)
{
	char delay[48], most[48], time[48] = "a row";

	duration_format(policy->delay, delay, sizeof(delay));
	duration_format(policy->delay_max, most, sizeof(most));
	if (policy->limit_time != 0)
		duration_format(policy->limit_time, time, sizeof(time));
	if (policy->restart == RESTART_NEVER)
		line("restart", "never");
	else
		line("restart", "%s, after %s, doubled each time up to %s",
		    restart_name(policy->restart), delay, most);
	if (policy->restart == RESTART_ON_FAILURE)
		print_success(policy);
	if (policy->limit != 0)
		line("limit", "%zu restarts in %s, then give up",
		    policy->limit, time);
}

static void
print_log(const struct plan *plan)
{
	const bool *logged = plan->steps.logged;
	const struct log_want *want = &plan->config->log;

	line("log", "%s%s%sthe supervisor's messages",
	    logged[STDOUT_FILENO] ? "stdout, " : "",
	    logged[STDERR_FILENO] ? "stderr, " : "",
	    logged[STDOUT_FILENO] || logged[STDERR_FILENO] ? "and " : "");
	if (want->time != LOG_TIME_NONE)
		line("log-time", "%s, at the beginning of each line",
		    log_time_name(want->time));
	if (want->rotate != 0)
		line("log-rotate", "at %lld bytes, and keep %d old file%s",
		    want->rotate, want->keep, want->keep == 1 ? "" : "s");
}

static void
print_after(const struct plan *plan)
{
	const struct readiness *ready = &plan->config->ready;
	char *const *arg;
	size_t i;

	(void)puts("after");
	if (plan->config->clear_env)
		line("env", "cleared");
	for (i = 0; i < plan->config->nenv; i++) {
		(void)printf("  %-13s", "env");
		print_word(plan->config->env[i]);
		(void)putchar('\n');
	}
	for (i = 0; i < plan->config->nenv_files; i++)
		line("env-file", "%s", plan->env_files[i]);
	if (plan->config->no_new_privs)
		line("no-new-privs", "no privileges are gained by an exec");
	if (plan->config->pidfile != NULL)
		line("pidfile", "write the pid, and the record beside it");
	(void)printf("  %-13s", "exec");
	print_word(plan->path);
	for (arg = plan->argv + 1; *arg != NULL; arg++) {
		(void)putchar(' ');
		print_word(*arg);
	}
	(void)putchar('\n');
	if (ready_waits(ready))
		line("ready", "wait for %s%s%s; else terminate it",
		    ready->text, ready->method->has_timeout ? ", at most " : "",
		    ready->method->has_timeout ? ready->timeout_text : "");
	if (plan->supervised ||
	    strcmp(plan->stop_with, SCHEDULE_DEFAULT) != 0)
		line("stop-with", "%s", plan->stop_with);
	if (!plan->supervised)
		return;
	line("supervise", "%s stays as its parent, and records how it ends",
	    plan->steps.background ? "a supervisor" : "this process");
	print_policy(&plan->config->policy);
	if (plan->tree)
		line("tree", "end what a run leaves behind");
	if (plan->config->log.text != NULL)
		print_log(plan);
}

/* --- as JSON -------------------------------------------------------------- */

static void
print_json_policy(const struct policy *policy)
{
	bool restarts = policy->restart != RESTART_NEVER;
	int i;

	json_string("restart", restart_name(policy->restart));
	if (policy->restart != RESTART_ON_FAILURE)
		json_null("success");
	else {
		json_open("success", '[');
		for (i = 0; i < STATUSES; i++)
			if (policy_allows_status(policy, i))
				json_number(NULL, i);
		for (i = 1; i < _NSIG; i++)
			if (policy_allows_signal(policy, i))
				json_string(NULL, signal_name(i));
		json_close(']');
	}
	json_optional("restart_delay_ms", restarts, policy->delay);
	json_optional("restart_delay_max_ms", restarts, policy->delay_max);
	json_optional("restart_limit", policy->limit != 0,
	    (long long)policy->limit);
	json_optional("restart_limit_ms", policy->limit_time != 0,
	    policy->limit_time);
}

static void
print_json_log(const struct plan *plan)
{
	const struct log_want *want = &plan->config->log;

	json_string("log", plan->log_path != NULL ? plan->log_path :
		    want->text);
	json_string("log_time", want->time == LOG_TIME_NONE ? NULL :
	    log_time_name(want->time));
	json_optional("log_rotate", want->rotate != 0, want->rotate);
	json_optional("log_rotate_keep", want->rotate != 0, want->keep);
}

static void
print_json_steps(const struct steps *steps)
{
	char value[PATH_MAX];
	int step;

	json_open("steps", '[');
	for (step = 0; step < STEPS; step++) {
		step_table[step]->print(steps, value, sizeof(value));
		json_open(NULL, '{');
		json_string("step", step_table[step]->name);
		json_string("value", value);
		json_string("what", step_table[step]->what);
		json_string("why", step_table[step]->why);
		json_close('}');
	}
	json_close(']');
}

static void
print_json(const struct plan *plan)
{
	const struct identity *id = &plan->identity;
	char *const *arg;
	size_t i;

	json_open(NULL, '{');
	json_string("command", plan->path);
	json_open("argv", '[');
	for (arg = plan->argv; *arg != NULL; arg++)
		json_string(NULL, *arg);
	json_close(']');
	json_string("pidfile", plan->config->pidfile);
	json_string("lockfile", plan->config->lockfile);
	json_string("chroot", plan->root);
	json_open("env_files", '[');
	for (i = 0; i < plan->config->nenv_files; i++)
		json_string(NULL, plan->env_files[i]);
	json_close(']');
	json_string("user", id->user);
	if (id->change && id->user != NULL)
		json_number("uid", id->uid);
	if (id->change)
		json_number("gid", id->gid);
	json_string("ready", plan->config->ready.text);
	json_optional("ready_timeout_ms",
	    plan->config->ready.method->has_timeout,
	    plan->config->ready.timeout);
	json_bool("supervised", plan->supervised);
	print_json_policy(&plan->config->policy);
	json_bool("tree", plan->tree);
	json_string("stop_with", plan->stop_with);
	print_json_log(plan);
	print_json_steps(&plan->steps);
	json_close('}');
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
