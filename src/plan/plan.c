/* SPDX-License-Identifier: BSD-2-Clause */
/* struct config -> struct plan: everything that can be known before a fork. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/hint.h"
#include "openat2.h"
#include "plan/command.h"
#include "plan/identity.h"
#include "plan/plan.h"
#include "ready/method.h"

bool
plan_forks(const struct plan *plan)
{
	return plan->steps.background || plan->steps.refork;
}

bool
plan_is_apart(const struct plan *plan)
{
	return plan->identity.change ||
	    plan->ready.want.method != READY_EXEC;
}

void
caller_interrupts(const struct caller *caller, sigset_t *set)
{
	static const int ends[] = { SIGINT, SIGQUIT, SIGTERM };
	struct sigaction action;
	size_t i;

	(void)sigemptyset(set);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (sigaction(ends[i], NULL, &action) == 0 &&
		    action.sa_handler != SIG_IGN &&
		    sigismember(&caller->mask, ends[i]) == 0)
			(void)sigaddset(set, ends[i]);
}

/* `--fds=7` is a promise to the command: keep it or say so. */
static int
check_listed(const struct steps *steps)
{
	char number[16];
	size_t i;

	for (i = 0; steps->fds == FDS_LIST && i < steps->nlisted; i++)
		if (fcntl(steps->listed[i], F_GETFD) == -1) {
			(void)snprintf(number, sizeof(number), "%d",
			    steps->listed[i]);
			return misuse("--fds", number,
			    "not an open descriptor");
		}
	return STATUS_DONE;
}

char *
plan_absolute(const char *path)
{
	char cwd[PATH_MAX], *joined;

	if (*path == '/')
		return strdup(path);
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return NULL;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (asprintf(&joined, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd,
	    path) == -1)
		return NULL;
	return joined;
}

/*
 * Puts NAME=VALUE in the place of NAME's first value, or at the end.  The other
 * values of NAME go: programs differ in which they take.
 */
static void
env_put(char **env, const char *pair)
{
	size_t length = strcspn(pair, "=") + 1;
	char **kept;

	while (*env != NULL && strncmp(*env, pair, length) != 0)
		env++;
	/* execve(2) takes them as they are and writes none. */
	*env = (char *)(uintptr_t)pair;
	for (kept = ++env; *env != NULL; env++)
		if (strncmp(*env, pair, length) != 0)
			*kept++ = *env;
	*kept = NULL;
}

static int
env_put_value(char **env, const char *name, const char *value)
{
	char *pair;

	if (asprintf(&pair, "%s=%s", name, value) == -1)
		return -1;
	env_put(env, pair);
	return 0;
}

static const char *
env_get(char *const *env, const char *name)
{
	size_t length = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, length) == 0 && (*env)[length] == '=')
			return *env + length + 1;
	return NULL;
}

/* The caller's or none; then what belongs to the user; then what was said. */
static int
make_env(struct plan *plan, const struct config *config)
{
	const struct identity *id = &plan->identity;
	size_t i, n = 0;

	while (environ[n] != NULL)
		n++;
	/* PATH, a user's four, NOTIFY_SOCKET, and the NULL at the end */
	plan->env = calloc(n + config->nenv + 7, sizeof(*plan->env));
	if (plan->env == NULL)
		return complain_errno("env", NULL, errno);
	if (!config->clear_env)
		memcpy(plan->env, environ, n * sizeof(*environ));
	else
		env_put(plan->env, "PATH=" STANDARD_PATH);
	if (id->user != NULL && (
	    env_put_value(plan->env, "HOME", id->home) == -1 ||
	    env_put_value(plan->env, "USER", id->user) == -1 ||
	    env_put_value(plan->env, "LOGNAME", id->user) == -1 ||
	    env_put_value(plan->env, "SHELL", id->shell) == -1))
		return complain_errno("env", NULL, errno);
	for (i = 0; i < config->nenv; i++)
		env_put(plan->env, config->env[i]);
	/* Its path is known when it is made. */
	if (config->ready.method == READY_NOTIFY)
		env_put(plan->env, plan->ready.notify.env);
	return STATUS_DONE;
}

static int
complain_not_found(const struct plan *plan, int error)
{
	char reason[HINT_SIZE];

	if (error != ENOENT) {
		complain_errno("exec", plan->command, error);
		return STATUS_CANNOT_EXECUTE;
	}
	hint_command(plan->command, plan->root == NULL, plan->replace, reason,
	    sizeof(reason));
	complain("exec", plan->command, reason);
	return STATUS_NOT_FOUND;
}

/* Finds the file to execute, by the PATH that the command will have. */
static int
find_command(struct plan *plan)
{
	const char *path = env_get(plan->env, "PATH");
	char *found;

	found = command_find(plan->command, path == NULL ? STANDARD_PATH : path,
	    plan->root_fd);
	if (found == NULL)
		return complain_not_found(plan, errno);
	/* Relative to the caller's directory; in another root, to that. */
	if (*found == '/')
		plan->path = found;
	else if (plan->root == NULL)
		plan->path = plan_absolute(found);
	else if (asprintf(&plan->path, "/%s", found) == -1)
		plan->path = NULL;
	if (plan->path == NULL)
		return complain_errno("exec", plan->command, errno);
	return STATUS_DONE;
}

/* execvp(3)'s way with a file that is no program: /bin/sh FILE ARG... */
static int
make_shell_argv(struct plan *plan)
{
	size_t n = 0;

	while (plan->argv[n] != NULL)
		n++;
	plan->shell_argv = calloc(n + 2, sizeof(*plan->shell_argv));
	if (plan->shell_argv == NULL)
		return complain_errno("exec", plan->command, errno);
	plan->shell_argv[0] = (char *)(uintptr_t)_PATH_BSHELL;
	plan->shell_argv[1] = plan->path;
	memcpy(plan->shell_argv + 2, plan->argv + 1,
	    (n - 1) * sizeof(*plan->argv));
	return STATUS_DONE;
}

static int
open_root(struct plan *plan)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
	    .resolve = RESOLVE_IN_ROOT };
	int fd;

	if (plan->root == NULL)
		return STATUS_DONE;
	plan->root_fd = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (plan->root_fd == -1)
		return complain_errno("chroot", plan->root, errno);
	/* What is looked up in it needs a call that may not be there. */
	fd = openat2(plan->root_fd, ".", &how, sizeof(how));
	if (fd == -1)
		return complain_errno("chroot", "openat2", errno);
	(void)close(fd);
	return STATUS_DONE;
}

/* chdir(2) may find more amiss, as the user, but not less. */
static int
check_chdir(const struct plan *plan)
{
	const char *directory = plan->steps.chdir;
	int fd;

	if (directory == NULL || strcmp(directory, "/") == 0 ||
	    plan->root != NULL)
		return STATUS_DONE;
	fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return complain_errno("chdir", directory, errno);
	(void)close(fd);
	return STATUS_DONE;
}

int
plan_make(struct plan *plan, const struct config *config,
    const struct caller *caller)
{
	const char *group = config->group != NULL ? config->group :
	    config->user_group;
	int status;

	memset(plan, 0, sizeof(*plan));
	plan->steps = config->steps;
	plan->caller = *caller;
	plan->root = config->root;
	plan->no_new_privs = config->no_new_privs;
	plan->clear_env = config->clear_env;
	plan->changes = config->env;
	plan->nchanges = config->nenv;
	plan->pidfile = config->pidfile;
	plan->named = config->name != NULL;
	plan->lockfile = config->lockfile;
	plan->command = config->command[0];
	plan->argv = config->command;
	/* Not that of --replace, which is for the old instance. */
	(void)schedule_parse(SCHEDULE_DEFAULT, &plan->schedule);
	plan->if_not_running = config->if_not_running;
	plan->replace = config->replace;
	plan->verbose = config->verbose;
	plan->root_fd = -1;
	plan->made[0].dir = plan->made[1].dir = plan->made[2].dir = -1;
	plan->stdio[0] = plan->stdio[1] = plan->stdio[2] = -1;
	plan->channel[0] = plan->channel[1] = plan->lock = -1;

	/* With the init of a pid namespace all other processes end. */
	if (plan_forks(plan) && getpid() == 1)
		return complain(plan->steps.background ? "background" :
		    "refork", "pid 1", "the command would be killed when "
		    "this process exits; use --foreground");
	if (plan->steps.session && !plan->steps.background &&
	    getpgrp() == getpid())
		return complain("session", "setsid",
		    "the leader of a process group cannot start a session; "
		    "use --background=yes");
	if ((status = check_listed(&plan->steps)) != STATUS_DONE ||
	    (status = method_prepare(&plan->ready,
	    &config->ready)) != STATUS_DONE ||
	    (status = identity_find(&plan->identity, config->user,
	    group)) != STATUS_DONE ||
	    (status = make_env(plan, config)) != STATUS_DONE ||
	    (status = open_root(plan)) != STATUS_DONE ||
	    (status = check_chdir(plan)) != STATUS_DONE ||
	    (status = find_command(plan)) != STATUS_DONE)
		return status;
	return make_shell_argv(plan);
}
