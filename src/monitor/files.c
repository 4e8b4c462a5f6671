/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a start: opened by the monitor, removed if the launch fails. */
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

#include "base/file.h"
#include "base/message.h"
#include "base/path.h"
#include "instance/name.h"
#include "monitor/monitor.h"

/* Is the open file fd, if it is not -1, that file? */
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

/* Keep a descriptor over step fds.  Return -1 with the fault. */
static int
keep(struct monitor *m, int fd, const char *path)
{
	return descriptors_add(&m->keep_fds, fd) == -1 ?
	    fault_errno(&m->fault, stdio_row.name, path, errno) : 0;
}

/*
 * Use the caller's descriptor again: a supervisor in the background no longer
 * has it as /dev/stdout or the like.
 */
static int
open_own(struct monitor *m, int i)
{
	int from = m->first ? m->files.stdio[i] : m->own[i];
	int fd = fcntl(from, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

	if (fd == -1)
		return fault_errno(&m->fault, stdio_row.name,
		    m->plan->steps.stdio[i], errno);
	if (!m->first) {
		m->files.stdio[i] = fd;
		return 0;
	}
	m->own[i] = fd;
	return keep(m, fd, m->plan->steps.stdio[i]);
}

/*
 * Open the file for descriptor number i.  Keep the place of a new one: a launch
 * that fails removes it there.  *own: it is one of the caller's descriptors.
 */
static int
open_path(struct monitor *m, int i, int flags, bool *own)
{
	const struct owner owner = identity_owner(&m->plan->identity);
	const char *path = m->plan->steps.stdio[i], *reason;
	struct at at;

	*own = m->own[i] != -1;
	if (*own)
		return open_own(m, i);
	m->files.stdio[i] = path_open(&at, path, flags, 0666, &owner, &reason);
	if (m->files.stdio[i] == -1)
		return fault_set(&m->fault, STATUS_FAILED, stdio_row.name,
		    path, reason);
	*own = at.dir == -1;
	if (*own && m->plan->supervised)
		return open_own(m, i);
	if (!at.created) {
		close_quietly(at.dir);
		return 0;
	}
	m->files.made[i] = at;
	return keep(m, at.dir, path);
}

/*
 * A FIFO that is read from is opened for writing, too, if it may be: so it has
 * no end-of-file before its first writer.
 */
static void
open_writer(struct monitor *m, int i, int flags)
{
	const struct owner owner = { .change = false };
	const char *path = m->plan->steps.stdio[i], *reason;
	int *fd = &m->files.stdio[i], both;
	struct stat st;
	struct at at;

	both = path_open(&at, path, flags | O_RDWR, 0, &owner, &reason);
	close_quietly(at.dir);
	if (both != -1 && fstat(*fd, &st) == 0 && is_open_as(both, &st)) {
		(void)close(*fd);
		*fd = both;
	} else
		close_quietly(both);
}

/*
 * Open the file for descriptor number i, which is not `keep`: without waiting,
 * and then made to wait, as the command expects.
 */
static int
open_stdio(struct monitor *m, int i)
{
	const char *path = m->plan->steps.stdio[i];
	int flags = O_NOCTTY | O_CLOEXEC | O_NONBLOCK, *fd = &m->files.stdio[i];
	struct stat st;
	bool own = false;

	if (i != STDIN_FILENO && !is_null(path))
		flags |= O_WRONLY | O_APPEND | O_CREAT;
	if (is_null(path))
		/* One serves for all three. */
		*fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	else if (open_path(m, i, flags, &own) == -1)
		return -1;
	if (*fd == -1 || fstat(*fd, &st) == -1)
		return fault_errno(&m->fault, stdio_row.name, path, errno);
	if (S_ISDIR(st.st_mode))
		return fault_errno(&m->fault, stdio_row.name, path, EISDIR);
	if (i == STDIN_FILENO && !own && S_ISFIFO(st.st_mode))
		open_writer(m, i, flags);
	if (!own && fcntl(*fd, F_SETFL, flags & O_APPEND) == -1)
		return fault_errno(&m->fault, stdio_row.name, path, errno);
	m->files.truncate[i] = (flags & O_CREAT) && m->first && !own &&
	    !m->plan->config->append && S_ISREG(st.st_mode);
	return keep(m, *fd, path);
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

/* Return the descriptor of the same path that is open already, or -1. */
static int
find_stdio(const struct monitor *m, int i)
{
	const struct plan *plan = m->plan;
	int other;

	for (other = 0; other < i; other++)
		if (can_share(plan, i, other) &&
		    strcmp(plan->steps.stdio[other], plan->steps.stdio[i]) == 0)
			return m->files.stdio[other];
	return -1;
}

/*
 * Use one description for a file that is meant twice, also by two names: one
 * offset, one truncation.
 */
static void
share_stdio(struct monitor *m, int i)
{
	struct files *files = &m->files;
	struct stat st;
	int other;

	for (other = 0; other < i; other++)
		if (can_share(m->plan, i, other) &&
		    fstat(files->stdio[i], &st) == 0 &&
		    is_open_as(files->stdio[other], &st)) {
			(void)close(files->stdio[i]);
			files->stdio[i] = files->stdio[other];
			files->truncate[i] = false;
			return;
		}
}

/* Open the log's pipe for descriptor number i: one description for both. */
static int
open_logged(struct monitor *m, int i)
{
	int *stdio = m->files.stdio;

	if (i == STDERR_FILENO && m->plan->steps.logged[STDOUT_FILENO]) {
		stdio[i] = stdio[STDOUT_FILENO];
		return 0;
	}
	stdio[i] = log_output(&m->log);
	return stdio[i] == -1 || descriptors_add(&m->keep_fds,
	    stdio[i]) == -1 ? fault_errno(&m->fault, "log",
	    m->log.want.text, errno) : 0;
}

static int
open_all_stdio(struct monitor *m)
{
	const struct steps *steps = &m->plan->steps;
	int i;

	for (i = 0; i < 3; i++) {
		if (steps->logged[i] && open_logged(m, i) == -1)
			return -1;
		if (steps->stdio[i] == NULL)
			continue;
		m->files.stdio[i] = find_stdio(m, i);
		if (m->files.stdio[i] != -1)
			continue;
		if (open_stdio(m, i) == -1)
			return -1;
		share_stdio(m, i);
	}
	return 0;
}

/*
 * Refuse the file of that path as descriptor 0, 1 or 2 of the command, opened
 * or kept: its lines and the command's would end up in one file.
 */
static int
check_file_apart(struct monitor *m, const char *path, const char *reason)
{
	const struct steps *steps = &m->plan->steps;
	const char *name;
	struct stat st;
	int i;

	/* None of them is opened through a link of its name. */
	if (path == NULL || lstat(path, &st) == -1)
		return 0;
	for (i = 0; i < 3; i++) {
		name = steps->stdio[i];
		if (is_open_as(name == NULL ? i : m->files.stdio[i], &st) &&
		    !steps->logged[i])
			return fault_set(&m->fault, STATUS_FAILED,
			    stdio_row.name, name == NULL ? stdio_names[i] :
			    name, reason);
	}
	return log_is_file(&m->log, &st) ? fault_set(&m->fault,
	    STATUS_FAILED, "log", m->plan->log_path, reason) : 0;
}

static int
check_apart(struct monitor *m)
{
	const struct config *config = m->plan->config;
	const char *const *stdio = m->plan->steps.stdio;
	char record[PATH_MAX];
	struct stat st;
	int i = 0;

	/* The usual case needs no look. */
	while (i < 3 && stdio[i] != NULL && is_null(stdio[i]))
		i++;
	if (i == 3 && m->plan->log_path == NULL)
		return 0;
	for (i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
		if (stdio[i] != NULL && fstat(m->files.stdio[i], &st) == 0 &&
		    log_is_file(&m->log, &st))
			return fault_set(&m->fault, STATUS_FAILED,
			    stdio_row.name, stdio[i],
			    "is the log; leave it out, or use another file");
	if (check_file_apart(m, config->lockfile,
	    "is the lock file; use another file") == -1 ||
	    check_file_apart(m, config->pidfile,
	    "is the pid file; use another file") == -1)
		return -1;
	if (config->pidfile == NULL)
		return 0;
	(void)snprintf(record, sizeof(record), "%s" RECORD_SUFFIX,
	    config->pidfile);
	return check_file_apart(m, record,
	    "is the record of the pid file; use another file");
}

static int
open_root(struct monitor *m)
{
	const char *root = m->plan->root;

	if (root == NULL)
		return 0;
	m->files.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (m->files.root == -1 ||
	    descriptors_add(&m->keep_fds, m->files.root) == -1)
		return fault_errno(&m->fault, "chroot", root, errno);
	return 0;
}

/* Open the log, once. */
static int
open_log(struct monitor *m)
{
	const struct owner owner = identity_owner(&m->plan->identity);
	const char *reason;

	if (m->log.want.text == NULL || log_is_open(&m->log))
		return 0;
	/* Below a user's home, more than the last directory may be missing. */
	if (m->log.want.automatic &&
	    name_make_directory(m->plan->log_path) == -1)
		return fault_errno(&m->fault, "log", m->log.want.text, errno);
	if (log_open(&m->log, &owner, &reason) == -1)
		return fault_set(&m->fault, STATUS_FAILED, "log",
		    m->log.want.text, reason);
	return log_keep(&m->log, &m->keep_fds) == 0 ? 0 :
	    fault_errno(&m->fault, "log", m->log.want.text, errno);
}

/* Return the size of stderr's file when the command begins, or -1. */
static off_t
find_log_start(const struct files *files)
{
	int log = files->stdio[STDERR_FILENO], fd;
	struct stat st;

	if (log == -1 || fstat(log, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	for (fd = 0; fd < 3; fd++)
		if (files->stdio[fd] == log && files->truncate[fd])
			return 0;
	return st.st_size;
}

int
open_files(struct monitor *m)
{
	int mask = m->plan->steps.umask, result;
	mode_t before = 0;

	if (m->files.open)
		return 0;
	m->files.open = true;
	/* The files are the daemon's: made with its umask. */
	if (mask != UMASK_KEEP)
		before = umask((mode_t)mask);
	result = open_root(m) == -1 || open_log(m) == -1 ||
	    open_all_stdio(m) == -1 || check_apart(m) == -1 ? -1 : 0;
	if (mask != UMASK_KEEP)
		(void)umask(before);
	if (ready_waits(&m->plan->config->ready))
		m->files.log_start = find_log_start(&m->files);
	return result;
}

int
keep_messages(struct monitor *m)
{
	int fds[2];

	if (m->files.stdio[1] == -1 && m->files.stdio[2] == -1)
		return 0;
	if (messages_keep(fds) == -1 ||
	    descriptors_add(&m->keep_fds, fds[0]) == -1 ||
	    descriptors_add(&m->keep_fds, fds[1]) == -1)
		return fault_errno(&m->fault, stdio_row.name, "dup", errno);
	return 0;
}

int
truncate_files(const struct files *files, int *fd)
{
	for (*fd = 0; *fd < 3; ++*fd)
		if (files->truncate[*fd] &&
		    ftruncate(files->stdio[*fd], 0) == -1)
			return -1;
	return 0;
}

void
remove_files(const struct files *files)
{
	struct stat st;
	int i;

	/* Only an output file that is new, still has its name, and is empty. */
	for (i = 0; i < 3; i++)
		if (files->made[i].dir != -1 &&
		    fstat(files->stdio[i], &st) == 0 && st.st_size == 0)
			(void)path_unlink(&files->made[i], files->stdio[i]);
}

void
close_files(struct monitor *m)
{
	struct files *files = &m->files;
	int i, other;

	close_quietly(files->root);
	for (i = 0; i < 3; i++) {
		other = 0;
		while (files->stdio[other] != files->stdio[i])
			other++;
		if (other == i)
			close_quietly(files->stdio[i]);
		close_quietly(files->made[i].dir);
	}
	files_init(files);
}

void
files_init(struct files *files)
{
	int i;

	*files = (struct files){ .root = -1, .log_start = -1 };
	for (i = 0; i < 3; i++)
		files->stdio[i] = files->made[i].dir = -1;
}
