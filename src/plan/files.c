/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a plan: opened before the first fork, removed if it fails. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "base/path.h"
#include "instance/instance.h"
#include "plan/plan.h"

static const char stdio_step[] = "stdio";

/* Is the open file fd, or none with -1, that file? */
static bool
is_open_as(int fd, const struct stat *st)
{
	struct stat other;

	return fd != -1 && fstat(fd, &other) == 0 && is_same_file(st, &other);
}

static bool
is_null(const char *path)
{
	return strcmp(path, _PATH_DEVNULL) == 0;
}

/*
 * Open the file for descriptor number i.  Keep the place of a new one: a launch
 * that fails removes it there.  *own: it is one of the caller's descriptors.
 */
static int
open_path(struct plan *plan, int i, int flags, bool *own)
{
	const struct owner owner = identity_owner(&plan->identity);
	const char *path = plan->steps.stdio[i], *reason;
	struct at at;

	plan->stdio[i] = path_open(&at, path, flags, 0666, &owner, &reason);
	if (plan->stdio[i] == -1)
		return complain(stdio_step, path, reason);
	*own = at.dir == -1;
	if (!at.created)
		close_quietly(at.dir);
	else {
		plan->made[i] = at;
		if (descriptors_add(&plan->spare, at.dir) == -1)
			return complain_errno(stdio_step, path, errno);
	}
	return STATUS_DONE;
}

/*
 * The file for descriptor number i, which is not `keep`.  Opened without
 * waiting and then made to wait, as the command expects.
 */
static int
open_stdio(struct plan *plan, int i)
{
	const char *path = plan->steps.stdio[i];
	int flags = O_NOCTTY | O_CLOEXEC | O_NONBLOCK, status;
	struct stat st;
	bool own = false;

	if (is_null(path))
		flags |= O_RDWR;		/* one serves for all three */
	else if (i == STDIN_FILENO)
		flags |= O_RDONLY;
	else
		flags |= O_WRONLY | O_APPEND | O_CREAT;
	if (is_null(path))
		plan->stdio[i] = open(path, flags);
	else if ((status = open_path(plan, i, flags, &own)) != STATUS_DONE)
		return status;
	if (plan->stdio[i] == -1 || fstat(plan->stdio[i], &st) == -1)
		return complain_errno(stdio_step, path, errno);
	if (S_ISDIR(st.st_mode))
		return complain_errno(stdio_step, path, EISDIR);
	if ((!own && fcntl(plan->stdio[i], F_SETFL, flags & O_APPEND) == -1) ||
	    descriptors_add(&plan->spare, plan->stdio[i]) == -1)
		return complain_errno(stdio_step, path, errno);
	plan->truncate[i] = (flags & O_CREAT) && !plan->append && !own &&
	    S_ISREG(st.st_mode);
	return STATUS_DONE;
}

/* Can descriptors i and other share a description, if the file is the same? */
static bool
can_share(const struct plan *plan, int i, int other)
{
	const char *path = plan->steps.stdio[i];
	const char *name = plan->steps.stdio[other];

	if (name == NULL || is_null(name) || is_null(path))
		return name != NULL && is_null(name) && is_null(path);
	/* What 0 reads from is not open for writing. */
	return other != STDIN_FILENO;
}

/* The descriptor of the same path that is open already, or -1. */
static int
find_stdio(const struct plan *plan, int i)
{
	int other;

	for (other = 0; other < i; other++)
		if (can_share(plan, i, other) &&
		    strcmp(plan->steps.stdio[other], plan->steps.stdio[i]) == 0)
			return plan->stdio[other];
	return -1;
}

/*
 * One description for a file that is meant twice, also by two names: one
 * offset, one truncation.
 */
static void
share_stdio(struct plan *plan, int i)
{
	struct stat st;
	int other;

	for (other = 0; other < i; other++)
		if (can_share(plan, i, other) &&
		    fstat(plan->stdio[i], &st) == 0 &&
		    is_open_as(plan->stdio[other], &st)) {
			(void)close(plan->stdio[i]);
			plan->stdio[i] = plan->stdio[other];
			plan->truncate[i] = false;
			return;
		}
}

/* The log's pipe for descriptor number i: one description for both. */
static int
open_logged(struct plan *plan, int i)
{
	if (i == STDERR_FILENO && plan->steps.logged[STDOUT_FILENO]) {
		plan->stdio[i] = plan->stdio[STDOUT_FILENO];
		return STATUS_DONE;
	}
	plan->stdio[i] = log_output(&plan->log);
	return plan->stdio[i] == -1 ||
	    descriptors_add(&plan->spare, plan->stdio[i]) == -1 ?
	    complain_errno("log", plan->log.want.text, errno) : STATUS_DONE;
}

static int
open_all_stdio(struct plan *plan)
{
	int i, status;

	for (i = 0; i < 3; i++) {
		if (plan->steps.logged[i] &&
		    (status = open_logged(plan, i)) != STATUS_DONE)
			return status;
		if (plan->steps.stdio[i] == NULL)
			continue;
		plan->stdio[i] = find_stdio(plan, i);
		if (plan->stdio[i] != -1)
			continue;
		if ((status = open_stdio(plan, i)) != STATUS_DONE)
			return status;
		share_stdio(plan, i);
	}
	return STATUS_DONE;
}

/*
 * Refuses the file of that path as descriptor 0, 1 or 2 of the command, opened
 * or kept: its lines and the command's would end up in one file.
 */
static int
check_file_apart(const struct plan *plan, const char *path, const char *reason)
{
	const char *name;
	struct stat st;
	int i;

	if (path == NULL || stat(path, &st) == -1)
		return STATUS_DONE;
	for (i = 0; i < 3; i++) {
		name = plan->steps.stdio[i];
		if (is_open_as(name == NULL ? i : plan->stdio[i], &st) &&
		    !plan->steps.logged[i])
			return complain(stdio_step, name == NULL ?
			    stdio_names[i] : name, reason);
	}
	return log_is_file(&plan->log, &st) ?
	    complain("log", plan->log_path, reason) : STATUS_DONE;
}

static int
check_apart(const struct plan *plan)
{
	char record[PATH_MAX];
	struct stat st;
	int i = 0, status;

	/* The usual case needs no look. */
	while (i < 3 && plan->steps.stdio[i] != NULL &&
	    is_null(plan->steps.stdio[i]))
		i++;
	if (i == 3 && plan->log_path == NULL)
		return STATUS_DONE;
	for (i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
		if (plan->steps.stdio[i] != NULL &&
		    fstat(plan->stdio[i], &st) == 0 &&
		    log_is_file(&plan->log, &st))
			return complain(stdio_step, plan->steps.stdio[i],
			    "is the log; leave it out, or use another file");
	(void)snprintf(record, sizeof(record), "%s.record",
	    plan->pidfile == NULL ? "" : plan->pidfile);
	if ((status = check_file_apart(plan, plan->pidfile,
	    "is the pid file; use another file")) != STATUS_DONE ||
	    (status = check_file_apart(plan, plan->lockfile,
	    "is the lock file; use another file")) != STATUS_DONE)
		return status;
	return check_file_apart(plan, plan->pidfile == NULL ? NULL : record,
	    "is the record of the pid file; use another file");
}

/* Opens the log, once a launch. */
static int
open_log(struct plan *plan)
{
	const struct owner owner = identity_owner(&plan->identity);
	const char *reason;

	if (plan->log.want.text == NULL || log_is_open(&plan->log))
		return STATUS_DONE;
	if (log_open(&plan->log, &owner, &reason) == -1)
		return complain("log", plan->log.want.text, reason);
	return log_keep(&plan->log, &plan->spare) == 0 ? STATUS_DONE :
	    complain_errno("log", plan->log.want.text, errno);
}

int
plan_open_files(struct plan *plan)
{
	mode_t mask = 0;
	int status;

	if (plan->files_open)
		return STATUS_DONE;
	plan->files_open = true;
	/* The logs are the daemon's files: made with its umask. */
	if (plan->steps.umask != UMASK_KEEP)
		mask = umask((mode_t)plan->steps.umask);
	if ((status = open_log(plan)) == STATUS_DONE &&
	    (status = open_all_stdio(plan)) == STATUS_DONE)
		status = check_apart(plan);
	if (plan->steps.umask != UMASK_KEEP)
		(void)umask(mask);
	return status;
}

int
plan_open(struct plan *plan)
{
	int status = plan_open_instance(plan);

	return status == STATUS_DONE ? plan_open_files(plan) : status;
}

/* Is the file, or the directory that it will be made in, a server's? */
static bool
is_served(const char *path)
{
	/* Of linux/magic.h and statfs(2). */
	static const unsigned int servers[] = { 0x65735546 /* FUSE */,
	    0x6969 /* NFS */, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */,
	    0x01021997 /* 9P */, 0x00c36400 /* Ceph */ };
	char directory[PATH_MAX];
	struct statfs fs;
	char *slash;
	size_t i;

	if (path == NULL || is_null(path))
		return false;
	if (statfs(path, &fs) == -1) {
		(void)strlcpy(directory, path, sizeof(directory));
		slash = strrchr(directory, '/');
		if (slash != NULL)
			slash[slash == directory] = '\0';
		if (statfs(slash == NULL ? "." : directory, &fs) == -1)
			return false;
	}
	for (i = 0; i < sizeof(servers) / sizeof(*servers); i++)
		if ((unsigned int)fs.f_type == servers[i])
			return true;
	return false;
}

bool
plan_is_served(const struct plan *plan)
{
	return is_served(plan->log_path) ||
	    is_served(plan->pidfile) || is_served(plan->lockfile) ||
	    is_served(plan->steps.stdio[0]) ||
	    is_served(plan->steps.stdio[1]) || is_served(plan->steps.stdio[2]);
}

/* Returns the size of stderr's file when the command begins, or -1. */
static off_t
find_log_start(const struct plan *plan)
{
	int log = plan->stdio[STDERR_FILENO], fd;
	struct stat st;

	if (log == -1 || fstat(log, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	for (fd = 0; fd < 3; fd++)
		if (plan->stdio[fd] == log && plan->truncate[fd])
			return 0;
	return st.st_size;
}

int
plan_open_ready(struct plan *plan)
{
	const char *reason;

	if (!ready_waits(&plan->ready.want))
		return STATUS_DONE;
	plan->log_start = find_log_start(plan);
	return ready_open(&plan->ready, plan->root_fd, &plan->spare,
	    &reason) == 0 ? STATUS_DONE :
	    complain("ready", plan->ready.want.text, reason);
}

int
plan_open_messages(struct plan *plan)
{
	int fds[2];

	if (plan->stdio[1] == -1 && plan->stdio[2] == -1)
		return STATUS_DONE;
	if (messages_keep(fds) == -1 ||
	    descriptors_add(&plan->spare, fds[0]) == -1 ||
	    descriptors_add(&plan->spare, fds[1]) == -1)
		return complain_errno(stdio_step, "dup", errno);
	return STATUS_DONE;
}

int
plan_truncate(const struct plan *plan, int *fd)
{
	for (*fd = 0; *fd < 3; ++*fd)
		if (plan->truncate[*fd] &&
		    ftruncate(plan->stdio[*fd], 0) == -1)
			return -1;
	return 0;
}

void
plan_undo(const struct plan *plan)
{
	struct stat st;
	int i;

	if (plan->instance != NULL)
		instance_roll_back(plan->instance);
	ready_close(&plan->ready);
	log_undo(&plan->log);
	/* Only an output file that is new, still has its name, and is empty. */
	for (i = 0; i < 3; i++)
		if (plan->made[i].dir != -1 &&
		    fstat(plan->stdio[i], &st) == 0 && st.st_size == 0)
			(void)path_unlink(&plan->made[i], plan->stdio[i]);
}
