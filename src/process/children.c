/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating the children of this process, where pidfds cannot be used. */
#include "config.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/set.h"
#include "process/stop.h"

/* How long stop_children() tries. */
#define CHILDREN_MS	5000

/* Kills and reaps a child.  false: it is none. */
static bool
kill_child(pid_t pid)
{
	if (!target_is_child(pid))
		return false;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, WNOHANG);
	return true;
}

/* Kills the children among the targets.  False: there are none. */
static bool
kill_children(const struct targets *targets)
{
	struct set set = { .targets = targets };
	bool found = kill_child(targets->pid);
	ssize_t i, n;
	pid_t *pids;

	if (targets->scope == TARGET_ONE ||
	    (n = targets_list(targets, &set.proc, &pids)) == -1)
		return found;
	for (i = 0; i < n; i++)
		if (targets->scope == TARGET_DESCENDANTS ||
		    getsid(pids[i]) == targets->session)
			found |= kill_child(pids[i]);
	free(pids);
	return found;
}

void
stop_children(const struct targets *targets)
{
	long long end = now_ms() + CHILDREN_MS;

	while (kill_children(targets) && now_ms() < end)
		(void)poll(NULL, 0, 1);
}
