/* SPDX-License-Identifier: BSD-2-Clause */
/* Which processes are to be terminated. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/proc.h"
#include "process/targets.h"

/* No pid is as high on any Linux (PID_MAX_LIMIT). */
#define PID_LIMIT	(4 * 1024 * 1024)

static bool
is_other(const struct identified *other, pid_t pid, unsigned long long started)
{
	for (; other != NULL && other->pid != 0; other++)
		if (other->pid == pid && other->started == started)
			return true;
	return false;
}

/*
 * An ancestor that ends meanwhile leaves its children to another one.  A child
 * of this process that is none of the targets has none among its descendants.
 */
static bool
is_descendant(const struct targets *targets, pid_t pid)
{
	struct proc_stat stat;
	pid_t at;
	int tries;

	for (tries = 0; tries < 3; tries++)
		for (at = pid; proc_stat(at, &stat) == 0; at = stat.parent) {
			if (stat.parent == getpid())
				return !is_other(targets->others, at,
				    stat.started);
			if (stat.parent <= 1)
				return false;
		}
	return false;
}

bool
target_is_child(pid_t pid)
{
	siginfo_t child;

	return waitid(P_PID, (id_t)pid, &child,
	    WEXITED | WNOHANG | WNOWAIT) == 0;
}

/*
 * Without /proc, a descendant is recognised when it is in the session, or when
 * all between it and this process have ended.
 */
static bool
is_member(const struct targets *targets, pid_t pid)
{
	return (targets->session > 0 && getsid(pid) == targets->session) ||
	    (targets->scope == TARGET_DESCENDANTS && target_is_child(pid));
}

int
target_is(const struct targets *targets, bool proc, struct identified *id)
{
	struct proc_stat stat;

	id->started = 0;
	if (!proc)
		return is_member(targets, id->pid);
	if (proc_stat(id->pid, &stat) == -1)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	if (stat.dead)
		return 0;
	id->started = stat.started;
	if (targets->scope == TARGET_DESCENDANTS)
		return is_descendant(targets, id->pid);
	if (stat.session != targets->session)
		return 0;
	return targets->only == 0 ? 1 : proc_is_owned(id->pid, targets->only);
}

/* The pid of a new process, or PID_LIMIT: few processes have a higher one. */
static pid_t
newest_pid(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	if (pid == -1)
		return PID_LIMIT;
	(void)waitpid(pid, NULL, 0);
	return pid;
}

/*
 * Without /proc: asks for each pid that there may be (getsid(2) knows threads
 * as well).  All of them take seconds: if some are found below the newest one,
 * those above it are left to the next look, since pids may have wrapped.
 */
static ssize_t
list_members(const struct targets *targets, pid_t **list)
{
	pid_t newest = newest_pid(), pid, *more;
	size_t n = 0, room = 0;

	*list = NULL;
	for (pid = 1; pid < PID_LIMIT && (pid < newest || n == 0); pid++) {
		if ((getsid(pid) == -1 && errno == ESRCH) ||
		    !is_member(targets, pid))
			continue;
		if (n == room) {
			room = room == 0 ? 64 : room * 2;
			more = reallocarray(*list, room, sizeof(*more));
			if (more == NULL) {
				free(*list);
				return -1;
			}
			*list = more;
		}
		(*list)[n++] = pid;
	}
	return (ssize_t)n;
}

struct identified *
targets_children(struct identified **end)
{
	struct identified *children;
	struct proc_stat stat;
	ssize_t n, i;
	size_t found = 0;
	pid_t *pids;

	pids = NULL;
	/* Without /proc, there is no way to tell. */
	if ((n = proc_is_ours() ? proc_list(&pids) : 0) == -1)
		return NULL;
	children = calloc((size_t)n + 2, sizeof(*children));
	for (i = 0; i < n && children != NULL; i++)
		if (proc_stat(pids[i], &stat) == 0 && stat.parent == getpid())
			children[found++] = (struct identified){
			    .pid = pids[i], .started = stat.started };
	free(pids);
	if (children != NULL)
		*end = children + found;
	return children;
}

ssize_t
targets_list(const struct targets *targets, bool *proc, pid_t **pids)
{
	*proc = proc_is_ours();
	if (!*proc && proc_is_short(errno))
		return -1;
	return *proc ? proc_list(pids) : list_members(targets, pids);
}
