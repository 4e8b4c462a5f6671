/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a plan: opened before the first fork, removed if it fails. */
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

#include "base/message.h"
#include "instance/instance.h"
#include "instance/safe.h"
#include "plan/plan.h"
#include "ready/method.h"

static const char stdio_step[] = "stdio";

static bool
same_file(const struct stat *st, int fd)
{
	struct stat other;

	return fd != -1 && fstat(fd, &other) == 0 &&
	    st->st_dev == other.st_dev && st->st_ino == other.st_ino;
}

static bool
is_null(const char *path)
{
	return strcmp(path, _PATH_DEVNULL) == 0;
}

/* A FIFO without a reader is a mistake, not a reason to wait. */
static bool
is_fifo(const struct place *place)
{
	struct stat st;

	return fstatat(place->dir, place->base, &st, 0) == 0 &&
	    S_ISFIFO(st.st_mode);
}

/*
 * Opens the file for descriptor number i.  The place of one that is new is
 * kept: a launch that fails removes it there.
 */
static int
open_safely(struct plan *plan, int i, int flags)
{
	const struct identity *id = &plan->identity;
	const char *path = plan->steps.stdio[i], *reason;
	struct place place;
	bool created;
	int fd;

	plan->stdio[i] = fd = safe_open(&place, path, flags, 0666, &created,
	    &reason);
	if (created)
		plan->made[i] = place;
	if (fd == -1 && errno == ENXIO && is_fifo(&place))
		reason = "no process has this FIFO open for reading";
	if (!created && place.dir != -1)
		(void)close(place.dir);
	if (fd == -1)
		return complain(stdio_step, path, reason);
	/*
	 * As if the command had made it, which may want to rotate it.  A
	 * caller without the privilege fails at the change of user.
	 */
	if (created && id->change && fchown(fd, id->uid, id->gid) == -1 &&
	    (errno != EPERM || geteuid() == 0))
		return complain_errno(stdio_step, path, errno);
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

	if (is_null(path))
		flags |= O_RDWR;		/* one serves for all three */
	else if (i == STDIN_FILENO)
		flags |= O_RDONLY;
	else
		flags |= O_WRONLY | O_APPEND | O_CREAT;
	if (is_null(path))
		plan->stdio[i] = open(path, flags);
	else if ((status = open_safely(plan, i, flags)) != STATUS_DONE)
		return status;
	if (plan->stdio[i] == -1 || fstat(plan->stdio[i], &st) == -1)
		return complain_errno(stdio_step, path, errno);
	if (S_ISDIR(st.st_mode))
		return complain_errno(stdio_step, path, EISDIR);
	if (fcntl(plan->stdio[i], F_SETFL, flags & O_APPEND) == -1)
		return complain_errno(stdio_step, path, errno);
	plan->truncate[i] = (flags & O_CREAT) && !plan->steps.append &&
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
		    same_file(&st, plan->stdio[other])) {
			(void)close(plan->stdio[i]);
			plan->stdio[i] = plan->stdio[other];
			plan->truncate[i] = false;
			return;
		}
}

static int
open_all_stdio(struct plan *plan)
{
	int i, status;

	for (i = 0; i < 3; i++) {
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

/* What step fds leaves open: the user's list, and ours for the launch. */
static int
list_spare(struct plan *plan, const int messages[2])
{
	const int ours[] = {
		plan->stdio[0], plan->stdio[1], plan->stdio[2],
		messages[0], messages[1], plan->channel[0], plan->channel[1],
		plan->made[0].dir, plan->made[1].dir, plan->made[2].dir,
		plan->root_fd, plan->lock,
		plan->instance == NULL ? -1 : plan->instance->place.dir,
		plan->instance == NULL ? -1 : plan->instance->file,
		plan->instance == NULL ? -1 : plan->instance->record,
		plan->ready.notify.base, plan->ready.notify.dir,
		plan->ready.notify.fd, plan->ready.watch.fd, plan->ready.pipe,
		plan->ready.pipe == -1 ? -1 : plan->ready.want.number
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

/*
 * Its lines would end up among the command's: is the file of that path one of
 * 0, 1 and 2 of the command, opened or kept?
 */
static int
check_file_apart(const struct plan *plan, const char *path, const char *reason)
{
	static const char *const kept[] = { "stdin", "stdout", "stderr" };
	const char *name;
	struct stat st;
	int i;

	if (path == NULL || stat(path, &st) == -1)
		return STATUS_DONE;
	for (i = 0; i < 3; i++) {
		name = plan->steps.stdio[i];
		if (same_file(&st, name == NULL ? i : plan->stdio[i]))
			return complain(stdio_step, name == NULL ? kept[i] :
			    name, reason);
	}
	return STATUS_DONE;
}

static int
check_apart(const struct plan *plan)
{
	char record[PATH_MAX];
	int i = 0, status;

	/* The usual case needs no look. */
	while (i < 3 && plan->steps.stdio[i] != NULL &&
	    is_null(plan->steps.stdio[i]))
		i++;
	if (i == 3)
		return STATUS_DONE;
	(void)snprintf(record, sizeof(record), "%s.record",
	    plan->pidfile == NULL ? "" : plan->pidfile);
	if ((status = check_file_apart(plan, plan->pidfile,
	    "is the pid file")) != STATUS_DONE ||
	    (status = check_file_apart(plan, plan->lockfile,
	    "is the lock file")) != STATUS_DONE)
		return status;
	return check_file_apart(plan, plan->pidfile == NULL ? NULL : record,
	    "is the record of the pid file");
}

int
plan_open_files(struct plan *plan)
{
	mode_t mask = 0;
	int status;

	/* The logs are the daemon's files: made with its umask. */
	if (plan->steps.umask != UMASK_KEEP)
		mask = umask((mode_t)plan->steps.umask);
	if ((status = open_all_stdio(plan)) == STATUS_DONE)
		status = check_apart(plan);
	if (plan->steps.umask != UMASK_KEEP)
		(void)umask(mask);
	return status;
}

int
plan_open_channel(struct plan *plan)
{
	int messages[2], status;

	if ((status = method_open(plan)) != STATUS_DONE ||
	    (status = open_messages(plan, messages)) != STATUS_DONE)
		return status;
	if (plan_forks(plan) && pipe2(plan->channel, O_CLOEXEC) == -1)
		return complain_errno("background", "pipe2", errno);
	return list_spare(plan, messages);
}

void
plan_undo(const struct plan *plan)
{
	struct stat st;
	int i;

	if (plan->instance != NULL)
		instance_undo(plan->instance);
	method_close(&plan->ready);
	/* An output file that is new, is still that one, and has no line. */
	for (i = 0; i < 3; i++)
		if (plan->made[i].dir != -1 &&
		    fstat(plan->stdio[i], &st) == 0 && st.st_size == 0)
			(void)safe_unlink(&plan->made[i], plan->stdio[i]);
}

int
plan_tell_stopped(const struct plan *plan, int status)
{
	if (plan->stopped)
		complain("replace", plan->pidfile,
		    "the one that ran has been stopped");
	return status;
}
