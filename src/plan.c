/* SPDX-License-Identifier: BSD-2-Clause */
/* struct config -> struct plan: everything that can be known before a fork. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "identity.h"
#include "message.h"
#include "plan.h"

static const char stdio_step[] = "stdio";

bool
plan_forks(const struct plan *plan)
{
	return plan->steps.background || plan->steps.refork;
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
			return misuse("--fds", number, "not an open descriptor");
		}
	return STATUS_DONE;
}

/* What the command will find itself started with in place of ./path. */
static char *
absolute(const char *path)
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

/* Puts NAME=VALUE in the place of NAME's old value, or at the end. */
static void
env_put(char **env, const char *pair)
{
	size_t length = strcspn(pair, "=") + 1;

	while (*env != NULL && strncmp(*env, pair, length) != 0)
		env++;
	/* execve(2) takes them as they are and writes none. */
	*env = (char *)(uintptr_t)pair;
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
	/* PATH, the four of a user, and the NULL at the end */
	plan->env = calloc(n + config->nenv + 6, sizeof(*plan->env));
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
	return STATUS_DONE;
}

/* Finds the file to execute, by the PATH that the command will have. */
static int
find_command(struct plan *plan)
{
	const char *path = env_get(plan->env, "PATH");
	char *found;

	found = command_find(plan->command, path == NULL ? STANDARD_PATH : path,
	    plan->root_fd);
	if (found == NULL) {
		int error = errno;

		complain_errno("exec", plan->command, error);
		return error == ENOENT ? STATUS_NOT_FOUND :
		    STATUS_CANNOT_EXECUTE;
	}
	/* Relative to the caller's directory; in another root, to that. */
	if (*found == '/')
		plan->path = found;
	else if (plan->root == NULL)
		plan->path = absolute(found);
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
	if (plan->root == NULL)
		return STATUS_DONE;
	plan->root_fd = open(plan->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (plan->root_fd == -1)
		return complain_errno("chroot", plan->root, errno);
	return STATUS_DONE;
}

static int
find_instance(struct plan *plan, const struct config *config)
{
	plan->pidfile = config->pidfile;
	plan->named = config->name != NULL;
	if (config->name != NULL &&
	    (plan->pidfile = instance_named(config->name)) == NULL)
		return STATUS_FAILED;
	return STATUS_DONE;
}

int
plan_make(struct plan *plan, const struct config *config,
    const struct caller *caller)
{
	int status;

	memset(plan, 0, sizeof(*plan));
	plan->steps = config->steps;
	plan->caller = *caller;
	plan->root = config->root;
	plan->no_new_privs = config->no_new_privs;
	plan->lockfile = config->lockfile;
	plan->command = config->command[0];
	plan->argv = config->command;
	plan->if_not_running = config->if_not_running;
	plan->verbose = config->verbose;
	plan->root_fd = -1;
	plan->stdio[0] = plan->stdio[1] = plan->stdio[2] = -1;
	plan->channel[0] = plan->channel[1] = -1;
	plan->instance.fd = plan->instance.lock = plan->instance.dir = -1;

	if (plan->steps.session && !plan->steps.background &&
	    getpgrp() == getpid())
		return complain("session", "setsid", "the leader of a process "
		    "group cannot start a session; use --background=yes");
	if ((status = check_listed(&plan->steps)) != STATUS_DONE ||
	    (status = identity_find(&plan->identity, config->user,
	    config->group)) != STATUS_DONE ||
	    (status = make_env(plan, config)) != STATUS_DONE ||
	    (status = find_instance(plan, config)) != STATUS_DONE ||
	    (status = open_root(plan)) != STATUS_DONE ||
	    (status = find_command(plan)) != STATUS_DONE)
		return status;
	return make_shell_argv(plan);
}

static bool
same_file(const struct stat *st, int fd)
{
	struct stat other;

	return fd != -1 && fstat(fd, &other) == 0 &&
	    st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

/*
 * The file for descriptor number i, which is not `keep`.  Opened without
 * waiting (a FIFO without a reader is a mistake, not a reason to hang) and
 * then made to wait, as the command expects.
 */
static int
open_stdio(struct plan *plan, int i)
{
	const char *path = plan->steps.stdio[i];
	int flags = O_NOCTTY | O_CLOEXEC | O_NONBLOCK, fd;
	struct stat st;

	if (strcmp(path, _PATH_DEVNULL) == 0)
		flags |= O_RDWR;		/* one serves for all three */
	else if (i == STDIN_FILENO)
		flags |= O_RDONLY;
	else {
		plan->created[i] = access(path, F_OK) == -1;
		flags |= O_WRONLY | O_APPEND | O_CREAT;
	}
	if ((fd = open(path, flags, 0666)) == -1 && errno == ENXIO)
		return complain(stdio_step, path,
		    "a FIFO that nobody reads, or no such device");
	plan->stdio[i] = fd;
	if (fd == -1 || fstat(fd, &st) == -1)
		return complain_errno(stdio_step, path, errno);
	if (S_ISDIR(st.st_mode))
		return complain_errno(stdio_step, path, EISDIR);
	if (same_file(&st, plan->instance.fd))
		return complain(stdio_step, path, "is the pid file");
	if (fcntl(fd, F_SETFL, flags & O_APPEND) == -1)
		return complain_errno(stdio_step, path, errno);
	plan->truncate[i] = (flags & O_CREAT) && !plan->steps.append &&
	    S_ISREG(st.st_mode);
	return STATUS_DONE;
}

/* One description for a file that is meant twice: one offset, one truncation. */
static int
open_stdio_once(struct plan *plan, int i)
{
	struct stat st;
	int other;

	for (other = 0; other < i; other++)
		if (plan->stdio[other] != -1 && (
		    strcmp(plan->steps.stdio[i], _PATH_DEVNULL) == 0 ?
		    strcmp(plan->steps.stdio[other], _PATH_DEVNULL) == 0 :
		    other != STDIN_FILENO &&
		    stat(plan->steps.stdio[i], &st) == 0 &&
		    same_file(&st, plan->stdio[other]))) {
			plan->stdio[i] = plan->stdio[other];
			return STATUS_DONE;
		}
	return open_stdio(plan, i);
}

static int
open_all_stdio(struct plan *plan)
{
	mode_t mask = 0;
	int i, status = STATUS_DONE;

	/* The logs are the daemon's files: made with its umask. */
	if (plan->steps.umask != UMASK_KEEP)
		mask = umask((mode_t)plan->steps.umask);
	for (i = 0; i < 3 && status == STATUS_DONE; i++)
		if (plan->steps.stdio[i] != NULL)
			status = open_stdio_once(plan, i);
	if (plan->steps.umask != UMASK_KEEP)
		(void)umask(mask);
	return status;
}

static int
already_running(const struct plan *plan, const char *path, pid_t holder,
    bool *running)
{
	char who[64];

	*running = true;
	if (plan->if_not_running)
		return STATUS_DONE;
	if (holder > 0)
		(void)snprintf(who, sizeof(who), "pid %d", (int)holder);
	else
		(void)strlcpy(who, "another process", sizeof(who));
	return complain_running(who, path);
}

static int
open_lockfile(struct plan *plan, int *lock, bool *running)
{
	*lock = -1;
	if (plan->lockfile == NULL)
		return STATUS_DONE;
	*lock = lockfile_open(plan->lockfile);
	if (*lock != -1)
		return STATUS_DONE;
	if (errno == EWOULDBLOCK)
		return already_running(plan, plan->lockfile, 0, running);
	if (errno == EINVAL)
		return complain("lockfile", plan->lockfile,
		    "not a regular file");
	if (errno == ELOOP)
		return complain("lockfile", plan->lockfile,
		    "is a symbolic link");
	return complain_errno("lockfile", plan->lockfile, errno);
}

static int
open_instance(struct plan *plan, int lock, bool *running)
{
	pid_t holder = 0;

	if (plan->pidfile == NULL)
		return STATUS_DONE;
	if (plan->named && instance_make_directory(plan->pidfile) == -1)
		return complain_errno("name", plan->pidfile, errno);
	switch (instance_open(&plan->instance, plan->pidfile, plan->path, lock,
	    &holder)) {
	case INSTANCE_FREE:
		return STATUS_DONE;
	case INSTANCE_RUNNING:
		return already_running(plan, plan->pidfile, holder, running);
	case INSTANCE_ERROR:
		break;
	}
	return STATUS_FAILED;
}

/* In the foreground nobody else keeps the caller's stdout and stderr. */
static int
open_messages(struct plan *plan, int fds[2])
{
	fds[0] = fds[1] = -1;
	if (plan_forks(plan) ||
	    (plan->stdio[1] == -1 && plan->stdio[2] == -1))
		return STATUS_DONE;
	if (messages_keep(fds) == -1)
		return complain_errno(stdio_step, "dup", errno);
	return STATUS_DONE;
}

/* What step fds leaves open: the user's list, and ours until the exec. */
static int
list_spare(struct plan *plan, int lock, const int messages[2])
{
	const int ours[] = {
		plan->stdio[0], plan->stdio[1], plan->stdio[2],
		messages[0], messages[1], plan->channel[1], plan->root_fd,
		lock, plan->instance.dir, plan->instance.fd,
		plan->instance.lock
	};
	const size_t n = sizeof(ours) / sizeof(*ours);
	size_t i;

	plan->spare = calloc(plan->steps.nlisted + n, sizeof(*plan->spare));
	if (plan->spare == NULL)
		return complain_errno("fds", NULL, errno);
	for (i = 0; i < plan->steps.nlisted; i++)
		fds_add(plan->spare, &plan->nspare, plan->steps.listed[i]);
	for (i = 0; i < n; i++)
		if (ours[i] > STDERR_FILENO)
			fds_add(plan->spare, &plan->nspare, ours[i]);
	return STATUS_DONE;
}

int
plan_open(struct plan *plan, bool *running)
{
	int lock, messages[2], status;

	*running = false;
	if ((status = open_lockfile(plan, &lock, running)) != STATUS_DONE ||
	    *running)
		return status;
	if ((status = open_instance(plan, lock, running)) != STATUS_DONE ||
	    *running)
		return status;
	if ((status = open_all_stdio(plan)) == STATUS_DONE)
		status = open_messages(plan, messages);
	if (status == STATUS_DONE && plan_forks(plan) &&
	    pipe2(plan->channel, O_CLOEXEC) == -1)
		status = complain_errno("background", "pipe2", errno);
	if (status == STATUS_DONE)
		status = list_spare(plan, lock, messages);
	if (status != STATUS_DONE)
		plan_undo(plan);
	return status;
}

void
plan_undo(const struct plan *plan)
{
	struct stat st;
	int i;

	if (plan->instance.lock != -1)
		instance_remove(&plan->instance);
	/* An output file that is new, is still that one, and has no line. */
	for (i = 0; i < 3; i++)
		if (plan->created[i] && stat(plan->steps.stdio[i], &st) == 0 &&
		    st.st_size == 0 && same_file(&st, plan->stdio[i]))
			(void)unlink(plan->steps.stdio[i]);
}
