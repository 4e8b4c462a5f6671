/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending processes by a schedule of signals. */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "message.h"
#include "pidfd.h"
#include "proc.h"
#include "progress.h"
#include "stop.h"

/* Some processes, held by their pidfds; the first place is for hurry. */
struct crowd {
	struct pollfd *fds;
	size_t n;			/* of them, so without that place */
};

static int
crowd_add(struct crowd *crowd, int pidfd)
{
	struct pollfd *fds;

	if (pidfd == -1)
		return -1;
	fds = reallocarray(crowd->fds, crowd->n + 2, sizeof(*fds));
	if (fds == NULL)
		return -1;
	crowd->fds = fds;
	crowd->n++;
	fds[crowd->n] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	return 0;
}

static void
crowd_leave(struct crowd *crowd)
{
	for (; crowd->n > 0; crowd->n--)
		(void)close(crowd->fds[crowd->n].fd);
	free(crowd->fds);
	crowd->fds = NULL;
}

/* A parent that goes on the way up leaves its children to another. */
static bool
is_descendant(pid_t pid)
{
	struct proc_stat stat;
	pid_t at;
	int tries;

	for (tries = 0; tries < 3; tries++)
		for (at = pid; proc_stat(at, &stat) == 0; at = stat.parent) {
			if (stat.parent == getpid())
				return true;
			if (stat.parent <= 1)
				return false;
		}
	return false;
}

static bool
is_victim(const struct victims *victims, pid_t pid)
{
	struct proc_stat stat;

	if (proc_stat(pid, &stat) == -1 || stat.dead)
		return false;
	return victims->who == VICTIM_SESSION ?
	    stat.session == victims->session : is_descendant(pid);
}

/* Adds what lives of them.  A system call is cheaper than a look at /proc. */
static int
crowd_gather(struct crowd *crowd, const struct victims *victims)
{
	ssize_t i, n;
	pid_t *pids;
	int pidfd, result = 0;

	if ((n = proc_list(&pids)) == -1)
		return -1;
	for (i = 0; i < n && result == 0; i++) {
		if (victims->who == VICTIM_SESSION &&
		    getsid(pids[i]) != victims->session)
			continue;
		if (victims->who == VICTIM_DESCENDANTS &&
		    !is_victim(victims, pids[i]))
			continue;
		pidfd = pidfd_open(pids[i], 0);
		if (pidfd == -1 && errno == ESRCH)
			continue;
		/* Is it still him, now that he is held? */
		if (pidfd != -1 && !is_victim(victims, pids[i]))
			(void)close(pidfd);
		else
			result = crowd_add(crowd, pidfd);
	}
	free(pids);
	return result;
}

/* Did the user ask again?  He is heard once for each time. */
static bool
is_hurried(int hurry)
{
	struct signalfd_siginfo info;

	return hurry != -1 && read(hurry, &info, sizeof(info)) > 0;
}

/*
 * Waits until all of the crowd are gone, at the moment the last one goes; at
 * most so long.  A pidfd becomes readable when its process ends, also where
 * nobody ever reaps the zombie.
 */
static bool
crowd_wait(struct crowd *crowd, const struct victims *victims, int sig,
    long long end)
{
	bool last = false;
	char what[256];
	int ready;
	size_t i;

	(void)snprintf(what, sizeof(what), "%s (%s)", victims->name,
	    signal_name(sig));
	while (crowd->n > 0 && !last) {
		crowd->fds[0] = (struct pollfd){ .fd = victims->hurry,
		    .events = POLLIN };
		last = now_ms() >= end;
		ready = poll(crowd->fds, crowd->n + 1, wait_ms(end));
		if ((ready == -1 && errno != EINTR) ||
		    (ready > 0 && is_hurried(victims->hurry)))
			break;
		if (ready == 0 && now_ms() < end)
			progress_tell(what, end - now_ms());
		for (i = crowd->n; ready > 0 && i > 0; i--)
			if (crowd->fds[i].revents != 0) {
				(void)close(crowd->fds[i].fd);
				crowd->fds[i] = crowd->fds[crowd->n--];
			}
	}
	progress_clear();
	return crowd->n == 0;
}

/* One stage of the schedule. */
static enum stopped
stop_stage(const struct victims *victims, int sig, long long ms)
{
	struct crowd crowd = { NULL, 0 };
	enum stopped stopped = STOPPED_ERROR;
	long long end = now_ms() + ms;
	size_t i;

	do {
		/* Whoever has come since is told as well. */
		if (victims->who == VICTIM_ONE ?
		    crowd_add(&crowd,
		    fcntl(victims->pidfd, F_DUPFD_CLOEXEC, 0)) == -1 :
		    crowd_gather(&crowd, victims) == -1) {
			complain_errno("stop", NULL, errno);
			goto out;
		}
		if (crowd.n == 0)
			break;
		for (i = 1; i <= crowd.n; i++)
			if (pidfd_send_signal(crowd.fds[i].fd, sig, NULL,
			    0) == -1 && errno != ESRCH) {
				complain_errno("stop", signal_name(sig),
				    errno);
				goto out;
			}
		if (!crowd_wait(&crowd, victims, sig, end)) {
			stopped = STOPPED_SURVIVED;
			goto out;
		}
	} while (victims->who != VICTIM_ONE);
	stopped = STOPPED_GONE;
out:
	crowd_leave(&crowd);
	return stopped;
}

enum stopped
stop_all(const struct victims *victims, const struct schedule *schedule)
{
	enum stopped stopped = STOPPED_SURVIVED;
	size_t i;

	for (i = 0; i < schedule->n && stopped == STOPPED_SURVIVED; i++)
		stopped = stop_stage(victims, schedule->stage[i].signal,
		    schedule->stage[i].wait);
	return stopped;
}
