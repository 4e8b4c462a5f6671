/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan as a service of systemd.
 *
 * A setting is printed where systemd has a counterpart, also where it is
 * systemd's default: the reader sees that it was thought of.  What has none is
 * a comment that names the option.
 */
#include "config.h"

#include <sys/types.h>

#include <limits.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "plan/command.h"
#include "plan/environment.h"
#include "process/policy.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "steps/step.h"
#include "verbs/setting.h"
#include "verbs/unit.h"

/* --- user, environment, command ------------------------------------------- */

static void
print_identity(const struct identity *id)
{
	if (!id->change)
		return;
	if (id->user != NULL && !setting_text("User", "", id->user))
		setting_note("user", id->user, SETTING_NONE);
	else if (id->user == NULL && id->uid != (uid_t)-1)
		(void)printf("User=%u\n", (unsigned int)id->uid);
	(void)printf("Group=%u\n", (unsigned int)id->gid);
	if (id->uid != (uid_t)-1 && id->ngroups == 1)
		setting_note("user", id->name, "if the user is a member of "
		    "other groups, a service has them, too");
}

static void
print_variable(const char *pair)
{
	if (!setting_is_variable(pair)) {
		setting_note("env", pair, SETTING_NONE);
		return;
	}
	(void)fputs("Environment=", stdout);
	setting_word(pair, EXPANDS_NOTHING);
	(void)putchar('\n');
}

static void
print_environment(const struct plan *plan)
{
	const char *path = environment_get(plan->env, "PATH");
	char *pair;
	size_t i;

	if (!plan->clear_env)
		(void)puts("# Of the caller's environment, only PATH is here.");
	/* The command was found by it, and may look for others. */
	if (path != NULL && asprintf(&pair, "PATH=%s", path) != -1)
		print_variable(pair);
	for (i = 0; i < plan->nchanges; i++)
		if (strncmp(plan->changes[i], "PATH=", 5) != 0)
			print_variable(plan->changes[i]);
}

static void
print_words(const char *const *words)
{
	for (; *words != NULL; words++) {
		setting_word(*words, EXPANDS_VARIABLES);
		(void)putchar(' ');
	}
}

static void
print_command(const struct plan *plan)
{
	static const char *const shell[] = { _PATH_BSHELL, NULL };
	/* For a path that systemd refuses to execute. */
	static const char *const script[] = { _PATH_BSHELL, "-c",
	    "exec \"$0\" \"$@\"", NULL };
	char *const *arg;

	(void)fputs("ExecStart=", stdout);
	if (command_needs_shell(plan->path, plan->root_fd))
		print_words(shell);
	else if (!setting_is_program(plan->path))
		print_words(script);
	else if (strchr(plan->path, '$') != NULL) {
		/* Variables are expanded in its argument 0, but not in it. */
		(void)putchar('@');
		setting_word(plan->path, EXPANDS_NOTHING);
		(void)putchar(' ');
	}
	setting_word(plan->path, EXPANDS_VARIABLES);
	for (arg = plan->argv + 1; *arg != NULL; arg++) {
		(void)putchar(' ');
		setting_word(*arg, EXPANDS_VARIABLES);
	}
	(void)putchar('\n');
}

/* --- start, restart, stop ------------------------------------------------- */

static void
print_type(const struct readiness *want)
{
	if (want->method == &notify_method) {
		(void)puts("Type=notify\nNotifyAccess=all");
		setting_time("TimeoutStartSec", want->timeout);
		return;
	}
	if (ready_waits(want))
		setting_note("ready", want->text, want->fd != 0 ?
		    "systemd waits for the exec only, and this descriptor is "
		    "not open in the command" :
		    "systemd waits for the exec only");
	(void)puts("Type=exec");
}

/* Real-time signals count from 34 there: systemd runs with glibc. */
static void
print_signal(int sig)
{
	if (sig < 34)
		(void)printf("SIG%s", signal_name(sig));
	else
		(void)printf("SIGRTMIN+%d", sig - 34);
}

/* Above those that systemd has, too. */
static void
print_success(const struct policy *policy)
{
	struct policy usual;
	const char *separator = "";
	int n;

	policy_init(&usual);
	if (memcmp(usual.statuses, policy->statuses,
	    sizeof(usual.statuses)) == 0 && usual.signals == policy->signals)
		return;
	(void)fputs("SuccessExitStatus=", stdout);
	for (n = 1; n < 256; n++)
		if (policy_allows_status(policy, n)) {
			(void)printf("%s%d", separator, n);
			separator = " ";
		}
	for (n = 1; n <= 64; n++)
		if (policy_allows_signal(policy, n) &&
		    !policy_allows_signal(&usual, n)) {
			(void)fputs(separator, stdout);
			print_signal(n);
			separator = " ";
		}
	(void)putchar('\n');
}

static void
print_delay(const struct policy *policy)
{
	long long delay = policy->delay;
	int steps = 0;

	setting_time("RestartSec", delay);
	if (delay >= policy->delay_max)
		return;
	for (; delay < policy->delay_max; steps++)
		delay = delay == 0 ? 1 : delay * 2;
	setting_note("restart-delay", NULL,
	    "the delay grows where systemd is 254 or later, with");
	(void)printf("#RestartSteps=%d\n#", steps);
	setting_time("RestartMaxDelaySec", policy->delay_max);
}

static void
print_restart(const struct policy *policy)
{
	(void)printf("Restart=%s\n", policy->restart == RESTART_NEVER ? "no" :
	    restart_name(policy->restart));
	if (policy->restart == RESTART_NEVER)
		return;
	print_success(policy);
	print_delay(policy);
}

/* In [Unit]. */
static void
print_limit(const struct policy *policy)
{
	if (policy->restart == RESTART_NEVER)
		return;
	if (policy->limit == 0) {
		(void)puts("StartLimitIntervalSec=0");
		return;
	}
	/* The first start counts, too. */
	(void)printf("StartLimitBurst=%zu\n", policy->limit + 1);
	if (policy->limit_time != 0)
		setting_time("StartLimitIntervalSec", policy->limit_time);
	else {
		setting_note("restart-limit", NULL,
		    "a long run does not begin the count anew");
		(void)puts("StartLimitIntervalSec=infinity");
	}
}

static void
print_stop(const struct plan *plan)
{
	struct schedule usual;

	(void)schedule_parse(SCHEDULE_DEFAULT, &usual);
	(void)printf("KillMode=%s\n", plan->tree ? "control-group" :
	    "process");
	(void)printf("KillSignal=SIG%s\n", signal_name(usual.stage[0].signal));
	setting_time("TimeoutStopSec", usual.stage[0].wait);
}

/* --- the rest --------------------------------------------------------------- */

/* The steps that a service takes in its own way, whatever is asked for. */
static void
print_steps(const struct steps *steps)
{
	static const struct {
		enum step_number step;
		const char *served;
		const char *note;
	} rows[] = {
		{ STEP_SIGNALS, "default",
		    "a service starts with every signal at its default" },
		{ STEP_SIGCHLD, "default", "a service starts with the default" },
		{ STEP_SESSION, "new", "a service has a session of its own" },
		{ STEP_REFORK, "no",
		    "a service leads its session: it can acquire a terminal" },
		{ STEP_FDS, "close", "a service has only 0, 1 and 2" },
	};
	char value[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		step_table[rows[i].step]->print(steps, value, sizeof(value));
		if (strcmp(value, rows[i].served) != 0)
			setting_note(step_table[rows[i].step]->name, value,
			    rows[i].note);
	}
}

static void
print_instance(const struct plan *plan)
{
	if (plan->pidfile != NULL)
		setting_note("pidfile", plan->pidfile, "not written; "
		    "systemctl shows the pid");
	if (plan->lockfile != NULL)
		setting_note("lockfile", plan->lockfile, "not locked; flock(1) "
		    "before the command does");
	if (plan->if_not_running)
		setting_note("if-not-running", NULL, "systemctl start");
	if (plan->replace)
		setting_note("replace", NULL, "systemctl restart");
}

int
unit_print(const struct plan *plan)
{
	bool users = !plan->identity.change && geteuid() != 0;
	const char *name = strrchr(plan->path, '/') + 1;

	(void)printf("# Save it as %s/NAME.service, then\n"
	    "# systemctl %senable --now NAME\n\n[Unit]\n", users ?
	    "~/.config/systemd/user" : "/etc/systemd/system", users ?
	    "--user " : "");
	(void)setting_text("Description", "", name);
	print_limit(plan->policy);
	(void)puts("\n[Service]");
	print_type(&plan->ready.want);
	print_command(plan);
	print_identity(&plan->identity);
	if (plan->no_new_privs)
		(void)puts("NoNewPrivileges=yes");
	unit_print_root(plan);
	print_environment(plan);
	(void)puts("IgnoreSIGPIPE=no");
	unit_print_umask(plan);
	unit_print_chdir(plan);
	unit_print_stdio(plan);
	print_steps(&plan->steps);
	print_instance(plan);
	print_restart(plan->policy);
	print_stop(plan);
	(void)printf("\n[Install]\nWantedBy=%s.target\n", users ? "default" :
	    "multi-user");
	return STATUS_DONE;
}
