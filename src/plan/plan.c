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
#include "ready/method.h"

const char init_fault[] = "the first process of a pid namespace cannot go "
    "into the background; use -F";

bool
plan_forks(const struct plan *plan)
{
	return plan->steps.background || plan->steps.refork ||
	    plan->supervised;
}

bool
plan_is_apart(const struct plan *plan)
{
	return plan->identity.change || plan->supervised ||
	    ready_waits(&plan->ready.want);
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
check_listed(struct plan *plan)
{
	const struct descriptors *listed = &plan->steps.listed;
	char number[16];
	size_t i;

	for (i = 0; i < listed->n; i++) {
		if (fcntl(listed->fd[i], F_GETFD) == -1) {
			(void)snprintf(number, sizeof(number), "%d",
			    listed->fd[i]);
			return misuse("--fds", number,
			    "not an open descriptor");
		}
		if (descriptors_add(&plan->spare, listed->fd[i]) == -1)
			return complain_errno("fds", NULL, errno);
	}
	return STATUS_DONE;
}

static int
prepare_ready(struct plan *plan, const struct readiness *want)
{
	const char *reason;

	return ready_prepare(&plan->ready, want, &plan->spare, &reason) == 0 ?
	    STATUS_DONE : complain("ready", want->text, reason);
}

static int
make_environment(struct plan *plan, const struct config *config)
{
	/* The socket's path is written into it when it is made. */
	plan->env = environment_make(config, &plan->identity,
	    config->ready.method == &notify_method ? plan->ready.notify.env :
	    NULL);
	return plan->env != NULL ? STATUS_DONE :
	    complain_errno("env", NULL, errno);
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
find_command(struct plan *plan, const struct config *config)
{
	const char *path = environment_get(plan->env, "PATH");
	char *found;

	found = command_find(plan->command, path == NULL ? STANDARD_PATH : path,
	    plan->root_fd);
	if (found == NULL)
		return complain_not_found(config, plan->root_fd, errno);
	/* Relative to the caller's directory; in another root, to that. */
	if (*found == '/')
		plan->path = found;
	else if (plan->root == NULL)
		plan->path = absolute_path(found);
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
	int fd;

	if (plan->root == NULL)
		return STATUS_DONE;
	plan->root_fd = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (plan->root_fd == -1 ||
	    descriptors_add(&plan->spare, plan->root_fd) == -1)
		return complain_errno("chroot", plan->root, errno);
	/* The kernel may lack the call that looks things up in it. */
	fd = open_in_root(plan->root_fd, ".", O_PATH);
	if (fd == -1)
		return complain_errno("chroot", "openat2", errno);
	(void)close(fd);
	return STATUS_DONE;
}

/* The descriptors that outlive a launch with a supervisor. */
static int
keep_spare(const struct plan *plan, int own, int other,
    struct descriptors *kept)
{
	size_t i;

	*kept = (struct descriptors){ .n = 0 };
	for (i = 0; i < plan->steps.listed.n; i++)
		if (descriptors_add(kept, plan->steps.listed.fd[i]) == -1)
			return -1;
	/* N of --ready=fd:N: a later run may write to it, too. */
	if (plan->ready.want.fd != 0 &&
	    descriptors_add(kept, plan->ready.want.fd) == -1)
		return -1;
	return log_keep(&plan->log, kept) == -1 ||
	    descriptors_add(kept, own) == -1 ||
	    descriptors_add(kept, other) == -1 ||
	    descriptors_add(kept, plan->lock) == -1 ||
	    (plan->instance != NULL && descriptors_add(kept,
	    plan->instance->file_at.dir) == -1) ? -1 : 0;
}

int
plan_settle(struct plan *plan, int own, int other)
{
	struct descriptors kept;
	size_t i;

	if (keep_spare(plan, own, other, &kept) == -1)
		return -1;
	for (i = 0; i < plan->spare.n; i++)
		if (!descriptors_have(&kept, plan->spare.fd[i]))
			(void)close(plan->spare.fd[i]);
	free(plan->spare.fd);
	plan->spare = kept;
	plan->root_fd = -1;
	for (i = 0; i < 3; i++)
		plan->stdio[i] = plan->made[i].dir = -1;
	memset(plan->truncate, 0, sizeof(plan->truncate));
	plan->files_open = false;
	plan->append = true;
	environment_remove(plan->env, plan->ready.notify.env);
	return 0;
}

int
plan_reopen(struct plan *plan)
{
	int status = open_root(plan);

	return status == STATUS_DONE ? plan_open_files(plan) : status;
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

/* What was said, and nothing open yet. */
static void
initialize(struct plan *plan, const struct config *config,
    const struct caller *caller)
{
	memset(plan, 0, sizeof(*plan));
	plan->steps = config->steps;
	plan->append = config->append;
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
	plan->if_not_running = config->if_not_running;
	plan->replace = config->replace;
	plan->supervised = config->supervise;
	plan->policy = &config->policy;
	plan->tree = plan->supervised && config->tree;
	plan->stop_with = config->stop_with != NULL ? config->stop_with :
	    SCHEDULE_DEFAULT;
	plan->verbose = config->verbose;
	plan->root_fd = plan->lock = -1;
	plan->log_start = -1;
	plan->made[0].dir = plan->made[1].dir = plan->made[2].dir = -1;
	plan->stdio[0] = plan->stdio[1] = plan->stdio[2] = -1;
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

/* A supervisor opens them anew, and has left the caller's directory then. */
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
	if (plan->root == NULL || *plan->root == '/')
		return STATUS_DONE;
	plan->root = absolute_path(plan->root);
	return plan->root != NULL ? STATUS_DONE :
	    complain_errno("chroot", "getcwd", errno);
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

	initialize(plan, config, caller);
	if (config->log.text != NULL && config->log.kind == LOG_TO_FILE &&
	    (plan->log_path = find_log_path(config)) == NULL)
		return complain_errno("log", "getcwd", errno);
	log_init(&plan->log, &config->log, plan->log_path, plan->command,
	    !plan->steps.background);
	if (plan->supervised &&
	    (status = make_absolute(plan)) != STATUS_DONE)
		return status;
	if ((status = check_process(plan)) != STATUS_DONE ||
	    (status = check_listed(plan)) != STATUS_DONE ||
	    (status = prepare_ready(plan, &config->ready)) != STATUS_DONE ||
	    (status = identity_find(&plan->identity, config->user,
	    group)) != STATUS_DONE ||
	    (status = make_environment(plan, config)) != STATUS_DONE ||
	    (status = open_root(plan)) != STATUS_DONE ||
	    (status = check_chdir(plan)) != STATUS_DONE ||
	    (status = find_command(plan, config)) != STATUS_DONE)
		return status;
	plan->served = plan_is_served(plan);
	if (plan_is_apart(plan) || plan->served)
		find_interrupts(caller, &plan->interrupts);
	return make_shell_argv(plan);
}
