/* SPDX-License-Identifier: BSD-2-Clause */
/* What is seen of a live process. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "steps/facts.h"

static bool
is_terminal(const char *target)
{
	return strncmp(target, "/dev/pts/", 9) == 0 ||
	    strncmp(target, "/dev/tty", 8) == 0 ||
	    strcmp(target, "/dev/console") == 0;
}

static void
read_fds(pid_t pid, const char *lockfile, struct facts *facts)
{
	static char target[PATH_MAX], lock[PATH_MAX];
	char name[32];
	ssize_t i, n;

	if (lockfile != NULL && realpath(lockfile, lock) == NULL)
		lock[0] = '\0';
	if ((n = proc_fds(pid, &facts->fds)) == -1 ||
	    proc_link(pid, "cwd", facts->cwd, sizeof(facts->cwd)) == -1 ||
	    (facts->terminals = calloc((size_t)n + 1,
	    sizeof(*facts->terminals))) == NULL) {
		facts->files_error = errno;
		return;
	}
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "fd/%d", facts->fds[i]);
		if (proc_link(pid, name, target, sizeof(target)) == -1)
			continue;
		if (facts->fds[i] <= STDERR_FILENO) {
			(void)strlcpy(facts->stdio[facts->fds[i]], target,
			    sizeof(facts->stdio[0]));
			facts->is_terminal[facts->fds[i]] =
			    is_terminal(target);
			continue;
		}
		if (strcmp(target, lock) == 0)
			continue;
		facts->terminals[facts->nfds] = is_terminal(target);
		facts->fds[facts->nfds++] = facts->fds[i];
	}
}

int
facts_read(struct facts *facts, pid_t pid, const char *lockfile)
{
	struct proc_stat other;

	memset(facts, 0, sizeof(*facts));
	if (proc_stat(pid, &facts->stat) == -1 || facts->stat.dead ||
	    proc_status(pid, &facts->status) == -1 ||
	    facts->status.leader != pid)
		return -1;
	facts->pid = pid;
	facts->leads = facts->stat.session == pid;
	facts->leader_lives = proc_stat(facts->stat.session, &other) == 0 &&
	    !other.dead && other.session == facts->stat.session;
	facts->same_session = proc_stat(facts->stat.parent, &other) == 0 &&
	    other.session == facts->stat.session;
	read_fds(pid, lockfile, facts);
	return 0;
}
