/* SPDX-License-Identifier: BSD-2-Clause */
/* How the supervisor of a plan, and its log, are shown. */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "process/policy.h"
#include "process/signals.h"
#include "verbs/supervision.h"

#define STATUSES	256

/* --- as text ------------------------------------------------------------- */

/* All exit statuses and signals that are no failure. */
static void
print_success(const struct policy *policy)
{
	const char *separator = "";
	int i;

	(void)printf("  %-13s", "success");
	for (i = 0; i < STATUSES; i++)
		if (policy_allows_status(policy, i)) {
			(void)printf("%s%d", separator, i);
			separator = ",";
		}
	for (i = 1; i < _NSIG; i++)
		if (policy_allows_signal(policy, i)) {
			(void)printf("%s%s", separator, signal_name(i));
			separator = ",";
		}
	(void)putchar('\n');
}

static void
print_restart(const struct policy *policy)
{
	char delay[48], most[48];

	(void)printf("  %-13s%s", "restart", restart_name(policy->restart));
	if (policy->restart != RESTART_NEVER) {
		duration_format(policy->delay, delay, sizeof(delay));
		duration_format(policy->delay_max, most, sizeof(most));
		(void)printf(", after %s, doubled each time up to %s", delay,
		    most);
	}
	(void)putchar('\n');
	if (policy->restart == RESTART_ON_FAILURE)
		print_success(policy);
}

static void
print_limit(const struct policy *policy)
{
	char time[48] = "a row";

	if (policy->limit_time != 0)
		duration_format(policy->limit_time, time, sizeof(time));
	(void)printf("  %-13s%zu restarts in %s, then give up\n", "limit",
	    policy->limit, time);
}

static void
print_log(const struct plan *plan)
{
	const bool *logged = plan->steps.logged;
	const struct log_want *want = &plan->log.want;

	(void)printf("  %-13s%s%s%sthe supervisor's messages\n", "log",
	    logged[STDOUT_FILENO] ? "stdout, " : "",
	    logged[STDERR_FILENO] ? "stderr, " : "",
	    logged[STDOUT_FILENO] || logged[STDERR_FILENO] ? "and " : "");
	if (want->time != LOG_TIME_NONE)
		(void)printf("  %-13s%s, at the beginning of each line\n",
		    "log-time", log_time_name(want->time));
	if (want->rotate != 0)
		(void)printf("  %-13sat %lld bytes, and keep %d old file%s\n",
		    "log-rotate", want->rotate, want->keep,
		    want->keep == 1 ? "" : "s");
}

void
supervision_print(const struct plan *plan)
{
	if (!plan->supervised)
		return;
	(void)printf("  %-13s%s as its parent, and records how it ends\n",
	    "supervise", plan->steps.background ? "a supervisor stays" :
	    "this process stays");
	print_restart(plan->policy);
	if (plan->policy->limit != 0)
		print_limit(plan->policy);
	if (plan->tree)
		(void)printf("  %-13s%s\n", "tree",
		    "end what a run leaves behind");
	if (plan->log.want.text != NULL)
		print_log(plan);
}

/* --- as JSON ------------------------------------------------------------- */

/* A number, or null where there is no such thing. */
static void
print_json_optional(const char *name, bool has, long long value)
{
	if (has)
		json_number(name, value);
	else
		json_null(name);
}

static void
print_json_success(const struct policy *policy)
{
	int i;

	if (policy->restart != RESTART_ON_FAILURE) {
		json_null("success");
		return;
	}
	json_open("success", '[');
	for (i = 0; i < STATUSES; i++)
		if (policy_allows_status(policy, i))
			json_number(NULL, i);
	for (i = 1; i < _NSIG; i++)
		if (policy_allows_signal(policy, i))
			json_string(NULL, signal_name(i));
	json_close(']');
}

static void
print_json_log(const struct plan *plan)
{
	const struct log_want *want = &plan->log.want;

	json_string("log", plan->log.path != NULL ? plan->log.path :
	    want->text);
	json_string("log_time", want->time == LOG_TIME_NONE ? NULL :
	    log_time_name(want->time));
	print_json_optional("log_rotate", want->rotate != 0, want->rotate);
	print_json_optional("log_rotate_keep", want->rotate != 0, want->keep);
}

void
supervision_print_json(const struct plan *plan)
{
	const struct policy *policy = plan->policy;
	bool restarts = policy->restart != RESTART_NEVER;

	json_bool("supervised", plan->supervised);
	json_string("restart", restart_name(policy->restart));
	print_json_success(policy);
	print_json_optional("restart_delay_ms", restarts, policy->delay);
	print_json_optional("restart_delay_max_ms", restarts,
	    policy->delay_max);
	print_json_optional("restart_limit", policy->limit != 0,
	    (long long)policy->limit);
	print_json_optional("restart_limit_ms", policy->limit_time != 0,
	    policy->limit_time);
	json_bool("tree", plan->tree);
	print_json_log(plan);
}
