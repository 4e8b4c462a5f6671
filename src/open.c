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

#include "instance/instance.h"
#include "message.h"
#include "method.h"
#include "plan.h"

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

/* Whether this has made the file decides whether it may be removed again. */
static int
open_output(const char *path, int flags, bool *created)
{
	int fd = open(path, flags | O_EXCL, 0666);

	*created = fd != -1;
	if (fd != -1 || errno != EEXIST)
		return fd;
	/* Or it is a link to a file that is not there. */
	*created = access(path, F_OK) == -1 && errno == ENOENT;
	return open(path, flags, 0666);
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

	if (is_null(path))
		flags |= O_RDWR;		/* one serves for all three */
	else if (i == STDIN_FILENO)
		flags |= O_RDONLY;
	else
		flags |= O_WRONLY | O_APPEND | O_CREAT;
	plan->stdio[i] = fd = flags & O_CREAT ?
	    open_output(path, flags, &plan->created[i]) : open(path, flags);
	if (fd == -1 && errno == ENXIO && stat(path, &st) == 0 &&
	    S_ISFIFO(st.st_mode))
		return complain(stdio_step, path,
		    "no process has this FIFO open for reading");
	if (fd == -1 || fstat(fd, &st) == -1)
		return complain_errno(stdio_step, path, errno);
	if (S_ISDIR(st.st_mode))
		return complain_errno(stdio_step, path, EISDIR);
	if (fcntl(fd, F_SETFL, flags & O_APPEND) == -1)
		return complain_errno(stdio_step, path, errno);
	plan->truncate[i] = (flags & O_CREAT) && !plan->steps.append &&
	    S_ISREG(st.st_mode);
	return STATUS_DONE;
}

/*
 * One description for a file that is meant twice: one offset, one truncation.
 * -1 where i is the first to mean it.
 */
static int
find_stdio(const struct plan *plan, int i)
{
	const char *path = plan->steps.stdio[i], *name;
	struct stat st;
	int other;

	for (other = 0; other < i; other++) {
		name = plan->steps.stdio[other];
		if (name != NULL && is_null(name) && is_null(path))
			return plan->stdio[other];
		/* What 0 reads from is not open for writing. */
		if (name != NULL && other != STDIN_FILENO &&
		    stat(path, &st) == 0 &&
		    same_file(&st, plan->stdio[other]))
			return plan->stdio[other];
	}
	return -1;
}

static int
open_all_stdio(struct plan *plan)
{
	int i, status;

	for (i = 0; i < 3; i++) {
		if (plan->steps.stdio[i] == NULL)
			continue;
		plan->stdio[i] = find_stdio(plan, i);
		if (plan->stdio[i] == -1 &&
		    (status = open_stdio(plan, i)) != STATUS_DONE)
			return status;
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
		plan->root_fd, plan->here, plan->lock,
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

/* Its lines would end up among the command's. */
static int
check_apart(const struct plan *plan)
{
	struct stat st;
	int i;

	if (plan->pidfile == NULL || stat(plan->pidfile, &st) == -1)
		return STATUS_DONE;
	for (i = 0; i < 3; i++)
		if (same_file(&st, plan->stdio[i]))
			return complain(stdio_step, plan->steps.stdio[i],
			    "is the pid file");
	return STATUS_DONE;
}

int
plan_open_files(struct plan *plan)
{
	mode_t mask = 0;
	int status;

	/*
	 * Without a fork it is we who go elsewhere, before all is done.  Who
	 * may not enter the directory has no relative files in it, either.
	 */
	if (!plan_forks(plan))
		plan->here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
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
	char file[PATH_MAX];
	struct stat st;
	int i;

	if (plan->instance != NULL)
		instance_undo(plan->instance);
	method_close(&plan->ready);
	if (plan->here != -1 && fchdir(plan->here) == -1)
		return;
	/*
	 * An output file that is new, is still that one, and has no line; not
	 * a symbolic link that led to it.
	 */
	for (i = 0; i < 3; i++)
		if (plan->created[i] &&
		    realpath(plan->steps.stdio[i], file) != NULL &&
		    stat(file, &st) == 0 && st.st_size == 0 &&
		    same_file(&st, plan->stdio[i]))
			(void)unlink(file);
}

int
plan_tell_stopped(const struct plan *plan, int status)
{
	if (plan->stopped)
		complain("replace", plan->pidfile,
		    "the one that ran has been stopped");
	return status;
}
