/* SPDX-License-Identifier: BSD-2-Clause */
/* The directories and files of a plan, as settings of a service. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "process/policy.h"
#include "steps/step.h"
#include "verbs/setting.h"
#include "verbs/unit.h"

/*
 * The path from the root directory, and without `..', which systemd refuses.
 * The last component need not exist.  Return NULL if it cannot be found.
 */
static const char *
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

/* Print the path as a setting, or else a note on the option. */
static void
print_path(const char *setting, const char *prefix, const char *option,
    const char *path)
{
	const char *settled = settle_path(path);

	if (settled == NULL || !setting_text(setting, prefix, settled))
		setting_note(option, path, SETTING_NONE);
}

void
unit_print_root(const struct plan *plan)
{
	if (plan->root != NULL)
		print_path("RootDirectory", "", "chroot", plan->root);
}

void
unit_print_chdir(const struct plan *plan)
{
	const char *path = plan->steps.chdir;
	char *inside;

	if (path == NULL) {
		setting_note("chdir", "keep", "as the caller has it now");
		/* A directory that was removed has no path. */
		path = getcwd(NULL, 0);
		if (path == NULL)
			return;
	} else if (plan->root != NULL) {
		/* It is relative to the root, and cannot be looked up here. */
		if (asprintf(&inside, "/%s", path + (*path == '/')) == -1 ||
		    strstr(inside, "/..") != NULL ||
		    !setting_text("WorkingDirectory", "", inside))
			setting_note("chdir", path, SETTING_NONE);
		return;
	}
	print_path("WorkingDirectory", "", "chdir", path);
}

void
unit_print_umask(const struct plan *plan)
{
	mode_t mask = (mode_t)plan->steps.umask;

	if (plan->steps.umask == UMASK_KEEP) {
		setting_note("umask", "keep", "as the caller has it now");
		mask = umask(0);
		(void)umask(mask);
	}
	(void)printf("UMask=%04o\n", (unsigned int)mask);
}

static void
print_syslog(const char *text)
{
	const char *facility = strchr(text, ':'), *level;

	(void)puts("SyslogLevelPrefix=no");
	if (facility == NULL)
		return;
	level = strchr(++facility, '.');
	(void)printf("SyslogFacility=%.*s\n", (int)strcspn(facility, "."),
	    facility);
	if (level != NULL)
		(void)printf("SyslogLevel=%s\n", level + 1);
}

static void
print_log(const struct log *log)
{
	const struct log_want *want = &log->want;

	if (want->kind == LOG_TO_LOGGER)
		setting_note("log", want->text, "no logger is started; "
		    "the output goes to the journal");
	else if (want->kind == LOG_TO_SYSLOG)
		print_syslog(want->text);
	if (want->time != LOG_TIME_NONE)
		setting_note("log-time", log_time_name(want->time),
		    "lines in a file have no time; in the journal they do");
	if (want->rotate != 0)
		setting_note("log-rotate", NULL,
		    "use logrotate(8) with copytruncate, or the journal");
}

static void
print_output(const struct plan *plan, int fd)
{
	static const char *const settings[] = { "StandardInput",
	    "StandardOutput", "StandardError" };
	static const char *const options[] = { "stdin", "stdout", "stderr" };
	const char *path = plan->steps.stdio[fd];
	const char *prefix = fd == STDIN_FILENO ? "file:" :
	    plan->append ? "append:" : "truncate:";

	if (path != NULL && strcmp(path, _PATH_DEVNULL) == 0)
		(void)printf("%s=null\n", settings[fd]);
	else if (path != NULL)
		print_path(settings[fd], prefix, options[fd], path);
	else if (plan->steps.logged[fd] && plan->log.path != NULL)
		print_path(settings[fd], "append:", "log", plan->log.path);
	else {
		if (!plan->steps.logged[fd])
			setting_note(options[fd], "keep",
			    "a service has nothing of its caller");
		(void)printf("%s=%s\n", settings[fd],
		    fd == STDIN_FILENO ? "null" : "journal");
	}
}

void
unit_print_stdio(const struct plan *plan)
{
	int fd, files = 0;

	for (fd = 0; fd < 3; fd++) {
		print_output(plan, fd);
		files += fd != STDIN_FILENO && plan->steps.stdio[fd] != NULL &&
		    strcmp(plan->steps.stdio[fd], _PATH_DEVNULL) != 0;
	}
	if (files > 0 && !plan->append &&
	    plan->policy->restart != RESTART_NEVER)
		setting_note("restart", restart_name(plan->policy->restart),
		    "each restart truncates, too; append: does not");
	if (plan->log.want.text == NULL)
		return;
	if (!plan->steps.logged[1] && !plan->steps.logged[2])
		setting_note("log", plan->log.want.text,
		    "what systemd reports goes to the journal");
	else
		print_log(&plan->log);
}
