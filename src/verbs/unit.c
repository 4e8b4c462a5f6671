/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plan as a service of systemd.
 *
 * A setting is printed if systemd has a counterpart, also if the value is
 * systemd's default: the reader sees that it was thought of.  An option that
 * has none becomes a comment.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>
#include <paths.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/file.h"
#include "base/message.h"
#include "plan/command.h"
#include "plan/environment.h"
#include "process/policy.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "steps/step.h"
#include "verbs/verbs.h"

static const char no_setting[] = "systemd cannot be given this value";

/* --- how a setting is written (systemd.syntax(7)) ------------------------- */

/* Print a comment on an option, if there is one; value may be NULL. */
static void
note(const char *option, const char *value, const char *text)
{
	if (option == NULL)
		return;
	(void)printf("# --%s%s", option, value == NULL ? "" : "=");
	print_plain(value == NULL ? "" : value);
	(void)printf(": %s\n", text);
}

/* Print a word of a setting that is split at blanks; what expands doubles. */
static void
print_word(const char *word, const char *expands)
{
	static const struct quoting quoting = { "\"", "\"\\", "\\x%02x" };

	print_quoted(word, &quoting, expands);
}

/*
 * Print NAME=PREFIXVALUE.  Such a value cannot be quoted: if systemd would read
 * another one, or it is NULL, print a comment on the option.
 */
static void
print_value(const char *name, const char *prefix, const char *option,
    const char *value)
{
	size_t length = value == NULL ? 0 : strlen(value);

	/* A blank at the end is cut off; a backslash there joins two lines. */
	if (length == 0 || strchr(" \\", value[length - 1]) != NULL ||
	    !utf8_is_text(value, false)) {
		note(option, value, no_setting);
		return;
	}
	(void)printf("%s=%s", name, prefix);
	for (; *value != '\0'; value++) {
		if (*value == '%')
			(void)putchar('%');
		(void)putchar(*value);
	}
	(void)putchar('\n');
}

static void
print_time(const char *name, long long ms)
{
	bool whole = ms % 1000 == 0;

	(void)printf("%s=%lld%s\n", name, whole ? ms / 1000 : ms,
	    whole ? "s" : "ms");
}

/*
 * Return the path from the root directory, without `..', which systemd
 * refuses; the last component need not exist.  Return NULL if there is none.
 */
static char *
settle_path(const char *path)
{
	char *absolute = absolute_path(path), *slash, *parent, *settled;

	if (absolute == NULL || strstr(absolute, "/..") == NULL)
		return absolute;
	if ((settled = realpath(absolute, NULL)) != NULL)
		return settled;
	slash = strrchr(absolute, '/');
	*slash = '\0';
	parent = realpath(absolute, NULL);
	if (parent == NULL || strcmp(slash + 1, "..") == 0 ||
	    asprintf(&settled, "%s/%s", parent, slash + 1) == -1)
		return NULL;
	return settled;
}

/* --- what is executed, as which user, and where --------------------------- */

static void
print_identity(const struct identity *id)
{
	if (!id->change)
		return;
	if (id->user != NULL)
		print_value("User", "", "user", id->user);
	else if (id->uid != (uid_t)-1)
		(void)printf("User=%u\n", (unsigned int)id->uid);
	(void)printf("Group=%u\n", (unsigned int)id->gid);
	if (id->uid != (uid_t)-1 && id->ngroups == 1)
		note("user", id->name, "if the user is a member of "
		    "other groups, a service has them, too");
}

static void
print_variable(const char *pair)
{
	size_t length = strcspn(pair, "=");

	if (strspn(pair, LETTERS DIGITS "_") != length ||
	    strchr(DIGITS, *pair) != NULL ||
	    !utf8_is_text(pair + length, true)) {
		note("env", pair, no_setting);
		return;
	}
	(void)fputs("Environment=", stdout);
	print_word(pair, "%");
	(void)putchar('\n');
}

static void
print_environment(const struct plan *plan)
{
	const char *path = environment_get(plan->env, "PATH"), *file;
	char *pair;
	size_t i;

	if (!plan->config->clear_env)
		(void)puts("# Of the caller's environment, only PATH is here.");
	/* The command was found by it, and may look for others. */
	if (path != NULL && asprintf(&pair, "PATH=%s", path) != -1)
		print_variable(pair);
	for (i = 0; i < plan->config->nenv_files; i++) {
		file = plan->env_files[i];
		if (plan->config->nenv > 0)
			note("env-file", file, "systemd takes its variables "
			    "instead of those of Environment=");
		print_value("EnvironmentFile", *file == '-' ? "-" : "",
		    "env-file", file + (*file == '-'));
	}
	for (i = 0; i < plan->config->nenv; i++)
		if (strncmp(plan->config->env[i], "PATH=", 5) != 0)
			print_variable(plan->config->env[i]);
}

static void
print_command(const struct plan *plan)
{
	char *const *arg = plan->argv + 1;
	int root = -1;

	if (plan->root != NULL)
		root = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)fputs("ExecStart=", stdout);
	if (command_needs_shell(plan->path, root))
		(void)fputs(_PATH_BSHELL " ", stdout);
	else if (strpbrk(plan->path, "'\"\\") != NULL ||
	    !utf8_is_text(plan->path, false))
		/* systemd refuses to execute this path. */
		(void)fputs(_PATH_BSHELL
		    " -c \"exec \\\"$$0\\\" \\\"$$@\\\"\" ", stdout);
	else if (strchr(plan->path, '$') != NULL) {
		/* Variables are expanded in its argument 0, but not in it. */
		(void)putchar('@');
		print_word(plan->path, "%");
		(void)putchar(' ');
	}
	print_word(plan->path, "%$");
	for (; *arg != NULL; arg++) {
		(void)putchar(' ');
		print_word(*arg, "%$");
	}
	(void)putchar('\n');
}

static void
print_directories(const struct plan *plan)
{
	const char *path = plan->steps.chdir;
	char *settled;

	if (plan->root != NULL)
		print_value("RootDirectory", "", "chroot",
		    settle_path(plan->root));
	if (path == NULL || plan->root == NULL) {
		/* A directory that was removed has no path. */
		if (path == NULL && (path = getcwd(NULL, 0)) == NULL)
			return;
		settled = settle_path(path);
	} else if (asprintf(&settled, "/%s", path + (*path == '/')) == -1 ||
	    strstr(settled, "/..") != NULL)
		/* It is relative to the root, and cannot be looked up here. */
		settled = NULL;
	print_value("WorkingDirectory", "", "chdir", settled);
}

static bool
is_file(const char *path)
{
	return path != NULL && strcmp(path, _PATH_DEVNULL) != 0;
}

static void
print_output(const struct plan *plan, int fd)
{
	static const char *const names[] = { "StandardInput",
	    "StandardOutput", "StandardError" };
	const char *path = plan->steps.stdio[fd];

	if (is_file(path))
		print_value(names[fd], fd == STDIN_FILENO ? "file:" :
		    plan->config->append ? "append:" : "truncate:",
		    stdio_names[fd], settle_path(path));
	else if (plan->steps.logged[fd] && plan->log_path != NULL)
		print_value(names[fd], "append:", "log",
		    settle_path(plan->log_path));
	else
		(void)printf("%s=%s\n", names[fd], path != NULL ||
		    fd == STDIN_FILENO ? "null" : "journal");
}

static void
print_syslog(const char *text)
{
	const char *facility = strchr(text, ':');
	const char *level = strchr(text, '.');

	(void)puts("SyslogLevelPrefix=no");
	if (facility != NULL)
		(void)printf("SyslogFacility=%.*s\n",
		    (int)strcspn(facility + 1, "."), facility + 1);
	if (level != NULL)
		(void)printf("SyslogLevel=%s\n", level + 1);
}

/* --- start, restart, stop ------------------------------------------------- */

/* systemd runs with glibc, whose real-time signals count from 34. */
static void
print_signal(const char *before, int sig)
{
	if (sig < 34)
		(void)printf("%sSIG%s", before, signal_name(sig));
	else
		(void)printf("%sSIGRTMIN+%d", before, sig - 34);
}

/* Print what is no failure, in addition to what is none for systemd. */
static void
print_success(const struct policy *policy)
{
	const char *separator = "SuccessExitStatus=";
	struct policy usual;
	int n;

	policy_init(&usual);
	for (n = 1; n < 256; n++)
		if (policy_allows_status(policy, n)) {
			(void)printf("%s%d", separator, n);
			separator = " ";
		}
	for (n = 1; n <= 64; n++)
		if (policy_allows_signal(policy, n) &&
		    !policy_allows_signal(&usual, n)) {
			print_signal(separator, n);
			separator = " ";
		}
	if (*separator == ' ')
		(void)putchar('\n');
}

static void
print_restart(const struct policy *policy)
{
	long long delay = policy->delay;
	int steps = 0;

	if (policy->restart == RESTART_NEVER) {
		(void)puts("Restart=no");
		return;
	}
	(void)printf("Restart=%s\n", restart_name(policy->restart));
	print_success(policy);
	print_time("RestartSec", delay);
	for (; delay < policy->delay_max; steps++)
		delay = delay == 0 ? 1 : delay * 2;
	if (steps == 0)
		return;
	note("restart-delay", NULL,
	    "the delay grows if systemd is 254 or later, with");
	(void)printf("#RestartSteps=%d\n#", steps);
	print_time("RestartMaxDelaySec", policy->delay_max);
}

/* In [Unit]. */
static void
print_limit(const struct policy *policy)
{
	/* The first start counts, too. */
	if (policy->restart != RESTART_NEVER && policy->limit != 0)
		(void)printf("StartLimitBurst=%zu\n", policy->limit + 1);
	if (policy->restart != RESTART_NEVER && policy->limit_time != 0)
		print_time("StartLimitIntervalSec", policy->limit_time);
	else if (policy->restart != RESTART_NEVER)
		(void)printf("StartLimitIntervalSec=%s\n",
		    policy->limit == 0 ? "0" : "infinity");
}

/* --- what a service does in its own way ----------------------------------- */

static void
print_notes(const struct plan *plan)
{
	const struct steps *steps = &plan->steps;
	const char *const *stdio = steps->stdio;
	const bool *logged = steps->logged, relayed = logged[1] || logged[2];
	const struct readiness *ready = &plan->config->ready;
	const struct log_want *log = &plan->config->log;
	const struct policy *policy = &plan->config->policy;
	const bool restarts = policy->restart != RESTART_NEVER;
	static const char kept[] = "a service has nothing of its caller",
	    present[] = "as the caller has it now";
	const struct {
		bool print;
		const char *option, *text;
	} rows[] = {
		{ steps->signals != DISPOSITION_DEFAULT, "signals",
		    "a service starts with every signal at its default" },
		{ steps->sigchld != DISPOSITION_DEFAULT, "sigchld",
		    "a service starts with the default" },
		{ !steps->session, "session",
		    "a service has a session of its own" },
		{ steps->refork, "refork",
		    "a service leads its session: it can acquire a terminal" },
		{ steps->umask == UMASK_KEEP, "umask", present },
		{ steps->fds != FDS_CLOSE, "fds",
		    "a service has only 0, 1 and 2" },
		{ steps->chdir == NULL, "chdir", present },
		{ stdio[0] == NULL, stdio_names[0], kept },
		{ stdio[1] == NULL && !logged[1], stdio_names[1], kept },
		{ stdio[2] == NULL && !logged[2], stdio_names[2], kept },
		{ ready_waits(ready) && ready->method != &notify_method,
		    "ready", ready->fd == 0 ?
		    "systemd waits for the exec only" :
		    "systemd waits for the exec only, and this descriptor is "
		    "not open in the command" },
		{ log->text != NULL && !relayed, "log",
		    "what systemd reports goes to the journal" },
		{ relayed && log->kind == LOG_TO_LOGGER, "log",
		    "no logger is started; the output goes to the journal" },
		{ relayed && log->time != LOG_TIME_NONE, "log-time",
		    "lines in a file have no time; in the journal they do" },
		{ relayed && log->rotate != 0, "log-rotate",
		    "use logrotate(8) with copytruncate, or the journal" },
		{ plan->config->pidfile != NULL, "pidfile",
		    "not written; systemctl shows the pid" },
		{ plan->config->lockfile != NULL, "lockfile",
		    "not locked; flock(1) before the command does" },
		{ plan->config->if_not_running, "if-not-running",
		    "systemctl start" },
		{ plan->config->replace, "replace", "systemctl restart" },
		{ restarts && !plan->config->append && (is_file(stdio[1]) ||
		    is_file(stdio[2])), "restart",
		    "each restart truncates, too; append: does not" },
		{ restarts && policy->limit != 0 && policy->limit_time == 0,
		    "restart-limit",
		    "a long run does not begin the count again" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].print)
			note(rows[i].option, NULL, rows[i].text);
}

int
explain_unit(const struct plan *plan)
{
	bool users = !plan->identity.change && geteuid() != 0;
	bool notify = plan->config->ready.method == &notify_method;
	mode_t mask = umask(0);
	const char *name = plan->config->name;
	struct schedule stop;
	int fd;

	(void)printf("# Save it as %s/NAME.service, then\n"
	    "# systemctl %senable --now NAME\n\n[Unit]\n", users ?
	    "~/.config/systemd/user" : "/etc/systemd/system", users ?
	    "--user " : "");
	print_value("Description", "", NULL, name != NULL ? name :
	    strrchr(plan->path, '/') + 1);
	print_limit(&plan->config->policy);
	(void)puts("\n[Service]");
	(void)puts(notify ? "Type=notify\nNotifyAccess=all" : "Type=exec");
	if (notify)
		print_time("TimeoutStartSec", plan->config->ready.timeout);
	print_command(plan);
	print_identity(&plan->identity);
	if (plan->config->no_new_privs)
		(void)puts("NoNewPrivileges=yes");
	print_environment(plan);
	(void)puts("IgnoreSIGPIPE=no");
	(void)umask(mask);
	(void)printf("UMask=%04o\n", plan->steps.umask == UMASK_KEEP ?
	    (unsigned int)mask : (unsigned int)plan->steps.umask);
	print_directories(plan);
	for (fd = 0; fd < 3; fd++)
		print_output(plan, fd);
	if (plan->config->log.kind == LOG_TO_SYSLOG &&
	    plan->config->log.text != NULL)
		print_syslog(plan->config->log.text);
	print_restart(&plan->config->policy);
	(void)printf("KillMode=%s\n", plan->tree ? "control-group" : "process");
	(void)schedule_parse(plan->stop_with, &stop);
	print_signal("KillSignal=", stop.stage[0].signal);
	(void)putchar('\n');
	print_time("TimeoutStopSec", stop.stage[0].wait);
	if (stop.n > 2 || (stop.n == 2 && stop.stage[1].signal != SIGKILL))
		note("stop-with", plan->stop_with, "after the first time, "
		    "systemd sends SIGKILL");
	print_notes(plan);
	(void)printf("\n[Install]\nWantedBy=%s.target\n", users ? "default" :
	    "multi-user");
	return STATUS_DONE;
}
