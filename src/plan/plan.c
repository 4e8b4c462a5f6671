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

#include "base/file.h"
#include "base/message.h"
#include "cli/hint.h"
#include "plan/command.h"
#include "plan/environment.h"
#include "plan/identity.h"
#include "plan/plan.h"

const char init_fault[] = "the first process of a pid namespace cannot go "
    "into the background; use -F";

bool
plan_forks(const struct plan *plan)
{
	return plan->steps.background || plan->steps.refork ||
	    plan->supervised;
}

bool
plan_shares_memory(const struct plan *plan)
{
	return !plan->identity.change && !plan->supervised &&
	    !ready_waits(&plan->config->ready);
}

static void
find_interrupts(const struct caller *caller, sigset_t *set)
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

/* --fds=7 is a promise to the command: keep it or say so. */
static int
check_listed(const struct descriptors *listed)
{
	char number[16];
	size_t i;

	for (i = 0; i < listed->n; i++)
		if (fcntl(listed->fd[i], F_GETFD) == -1) {
			(void)snprintf(number, sizeof(number), "%d",
			    listed->fd[i]);
			return misuse("--fds", number,
			    "not an open descriptor");
		}
	return STATUS_DONE;
}

static int
complain_not_found(const struct config *config, int root, int error)
{
	const char *command = config->command[0];
	char reason[PATH_MAX + 128];

	if (error == ENOENT) {
		(void)complain("exec", command, hint_command(config));
		return STATUS_NOT_FOUND;
	}
	(void)command_describe(command, root, error, reason, sizeof(reason));
	(void)complain("exec", command, reason);
	return STATUS_CANNOT_EXECUTE;
}

/* Finds the file to execute, by the PATH that the command will have. */
static int
find_in(struct plan *plan, int root)
{
	const char *path = environment_get(plan->first.list, "PATH");
	char *found;

	found = command_find(plan->argv[0],
	    path == NULL ? STANDARD_PATH : path, root);
	if (found == NULL)
		return complain_not_found(plan->config, root, errno);
	/* Relative to the caller's directory; in another root, to that. */
	if (*found == '/')
		plan->path = found;
	else if (plan->root == NULL)
		plan->path = absolute_path(found);
	else if (asprintf(&plan->path, "/%s", found) == -1)
		plan->path = NULL;
	if (plan->path == NULL)
		return complain_errno("exec", plan->argv[0], errno);
	return STATUS_DONE;
}

static int
find_command(struct plan *plan)
{
	int root = -1, fd, status;

	if (plan->root != NULL) {
		root = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root == -1)
			return complain_errno("chroot", plan->root, errno);
		/* The kernel may lack the call that looks things up in it. */
		fd = open_in_root(root, ".", O_PATH);
		if (fd == -1)
			return complain_errno("chroot", "openat2", errno);
		(void)close(fd);
	}
	status = find_in(plan, root);
	close_quietly(root);
	return status;
}

/* As execvp(3), run a file without #! by /bin/sh: /bin/sh FILE ARG... */
static int
make_shell_argv(struct plan *plan)
{
	size_t n = 0;

	while (plan->argv[n] != NULL)
		n++;
	plan->shell_argv = calloc(n + 2, sizeof(*plan->shell_argv));
	if (plan->shell_argv == NULL)
		return complain_errno("exec", plan->argv[0], errno);
	plan->shell_argv[0] = (char *)(uintptr_t)_PATH_BSHELL;
	plan->shell_argv[1] = plan->path;
	memcpy(plan->shell_argv + 2, plan->argv + 1,
	    (n - 1) * sizeof(*plan->argv));
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

/* Can this process do what the steps ask for? */
static int
check_process(const struct plan *plan)
{
	/* With the init of a pid namespace all other processes end. */
	if (getpid() == 1 && (plan->steps.background ||
	    (plan->steps.refork && !plan->supervised)))
		return complain(plan->steps.background ? "background" :
		    "refork", "pid 1", init_fault);
	if (plan->steps.session && !plan->steps.background &&
	    !plan->supervised && getpgrp() == getpid())
		return complain("session", "setsid",
		    "the leader of a process group cannot start a session; "
		    "use --background=yes");
	return STATUS_DONE;
}

/* A supervisor opens them again, and has left the caller's directory then. */
static int
make_absolute(struct plan *plan)
{
	const char **path;
	int i;

	for (i = 0; i < 4; i++) {
		path = i < 3 ? &plan->steps.stdio[i] : &plan->steps.chdir;
		/* In another root, the directory is relative to that one. */
		if (*path == NULL || **path == '/' ||
		    (i == 3 && plan->root != NULL))
			continue;
		*path = absolute_path(*path);
		if (*path == NULL)
			return complain_errno(i < 3 ? stdio_names[i] : "chdir",
			    "getcwd", errno);
	}
	if (plan->root != NULL && *plan->root != '/' &&
	    (plan->root = absolute_path(plan->root)) == NULL)
		return complain_errno("chroot", "getcwd", errno);
	return STATUS_DONE;
}

/*
 * The files of --env-file, for later runs, too: absolute.  The `-' before a
 * path stays.
 */
static int
find_env_files(struct plan *plan)
{
	const struct config *config = plan->config;
	size_t i;

	plan->env_files = calloc(config->nenv_files + 1, sizeof(char *));
	for (i = 0; plan->env_files != NULL && i < config->nenv_files; i++) {
		bool optional = *config->env_files[i] == '-';
		char *path = absolute_path(config->env_files[i] + optional);
		char *file;

		if (path == NULL ||
		    asprintf(&file, "%s%s", optional ? "-" : "", path) == -1)
			return complain_errno("env-file",
			    config->env_files[i], errno);
		plan->env_files[i] = file;
		free(path);
	}
	return plan->env_files != NULL ? STATUS_DONE :
	    complain_errno("env-file", NULL, errno);
}

static int
make_environment(struct plan *plan)
{
	const struct config *config = plan->config;
	struct fault fault = { .status = STATUS_DONE };
	int status = find_env_files(plan);

	if (status != STATUS_DONE)
		return status;
	plan->env = environment_make(config, &plan->identity);
	if (plan->env == NULL)
		return complain_errno("env", NULL, errno);
	if (variables_make(&plan->first, plan->env, config, plan->env_files,
	    NULL, &fault) == -1)
		return complain_line(fault.text);
	return STATUS_DONE;
}

/* The path of the log; of --log=auto, by the pid file's: .../NAME.pid. */
static char *
find_log_path(const struct config *config)
{
	const char *pidfile = config->pidfile;
	int length;
	char *path;

	if (!config->log.automatic)
		return absolute_path(config->log.text);
	length = (int)strlen(pidfile) - (int)strlen(".pid");
	if (geteuid() != 0)
		return asprintf(&path, "%.*s.log", length, pidfile) == -1 ?
		    NULL : path;
	length -= (int)(strrchr(pidfile, '/') + 1 - pidfile);
	return asprintf(&path, LOG_DIRECTORY "/%.*s.log", length,
	    strrchr(pidfile, '/') + 1) == -1 ? NULL : path;
}

int
plan_make(struct plan *plan, const struct config *config,
    const struct caller *caller)
{
	const char *group = config->group != NULL ? config->group :
	    config->user_group;
	int status;

	*plan = (struct plan){ .config = config, .steps = config->steps,
	    .caller = *caller, .root = config->root, .argv = config->command,
	    .supervised = config->supervise };
	plan->tree = plan->supervised && config->tree;
	plan->stop_with = config->stop_with != NULL ? config->stop_with :
	    SCHEDULE_DEFAULT;
	find_interrupts(caller, &plan->interrupts);
	if (plan->supervised &&
	    (status = make_absolute(plan)) != STATUS_DONE)
		return status;
	if (config->log.text != NULL && config->log.kind == LOG_TO_FILE &&
	    (plan->log_path = find_log_path(config)) == NULL)
		return complain_errno("log", "getcwd", errno);
	if ((status = check_process(plan)) != STATUS_DONE ||
	    (status = check_listed(&plan->steps.listed)) != STATUS_DONE ||
	    (status = identity_find(&plan->identity, config->user,
	    group)) != STATUS_DONE ||
	    (status = make_environment(plan)) != STATUS_DONE ||
	    (status = check_chdir(plan)) != STATUS_DONE ||
	    (status = find_command(plan)) != STATUS_DONE)
		return status;
	return make_shell_argv(plan);
}
