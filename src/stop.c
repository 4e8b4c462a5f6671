/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending processes by a schedule of signals. */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

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

/* 1, 0, or -1 with errno where it cannot be seen whether he is one. */
static int
is_victim(const struct victims *victims, pid_t pid)
{
	struct proc_stat stat;

	if (proc_stat(pid, &stat) == -1)
		return errno == ENOENT || errno == ESRCH ? 0 : -1;
	if (stat.dead)
		return 0;
	return victims->who == VICTIM_SESSION ?
	    stat.session == victims->session : is_descendant(pid);
}

/* Adds one process, if he is a victim when he is held. */
static int
crowd_try(struct crowd *crowd, const struct victims *victims, pid_t pid)
{
	int pidfd, is;

	/* A system call is cheaper than a look at /proc. */
	if (victims->who == VICTIM_SESSION && getsid(pid) != victims->session)
		return 0;
	if (victims->who == VICTIM_DESCENDANTS &&
	    (is = is_victim(victims, pid)) != 1)
		return is;
	pidfd = pidfd_open(pid, 0);
	if (pidfd == -1)
		return errno == ESRCH ? 0 : -1;
	is = is_victim(victims, pid);
	if (is == 1)
		return crowd_add(crowd, pidfd);
	(void)close(pidfd);
	return is;
}

/* Adds what lives of them. */
static int
crowd_gather(struct crowd *crowd, const struct victims *victims)
{
	struct pollfd one = { .fd = victims->pidfd, .events = POLLIN };
	int result = 0;
	ssize_t i, n;
	pid_t *pids;

	/* Whatever /proc shows of him. */
	if (victims->pidfd != -1 && poll(&one, 1, 0) != 1)
		result = crowd_add(crowd,
		    fcntl(victims->pidfd, F_DUPFD_CLOEXEC, 0));
	if (victims->who == VICTIM_ONE || result == -1)
		return result;
	if ((n = proc_list(&pids)) == -1)
		return -1;
	for (i = 0; i < n && result == 0; i++)
		if (pids[i] != victims->pid && pids[i] != getpid())
			result = crowd_try(crowd, victims, pids[i]);
	free(pids);
	return result;
}

/*
 * Nobody was seen: is nobody there?  One who forks and exits all the time may
 * be missed by a look at /proc, but he is a child of ours, or below one.
 */
static bool
is_over(const struct victims *victims)
{
	pid_t pid;

	if (victims->who != VICTIM_DESCENDANTS)
		return true;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == -1 && errno == ECHILD;
}

/* -1 where none of them may be signalled; what is left then stays. */
static int
crowd_signal(const struct crowd *crowd, int sig)
{
	size_t i, refused = 0;
	int error = 0;

	for (i = 1; i <= crowd->n; i++)
		if (pidfd_send_signal(crowd->fds[i].fd, sig, NULL, 0) == -1 &&
		    errno != ESRCH) {
			error = errno;
			refused++;
		}
	if (refused == 0 || refused < crowd->n)
		return 0;
	complain_errno("stop", signal_name(sig), error);
	return -1;
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
 * nobody ever reaps the zombie.  1, 0 where some are left, or -1 with errno of
 * poll(2).
 */
static int
crowd_wait(struct crowd *crowd, const struct victims *victims, int sig,
    long long end)
{
	bool last = false;
	char what[256];
	int ready;
	size_t i;

	(void)snprintf(what, sizeof(what), "%s (%s)", victims->name,
	    signal_name(sig));
	/* Who was not seen is looked for again. */
	if (crowd->n == 0)
		(void)poll(NULL, 0, 1);
	while (crowd->n > 0 && !last) {
		crowd->fds[0] = (struct pollfd){ .fd = victims->hurry,
		    .events = POLLIN };
		last = now_ms() >= end;
		ready = poll(crowd->fds, crowd->n + 1, wait_ms(end));
		if (ready == -1 && errno != EINTR)
			return -1;
		if (ready > 0 && is_hurried(victims->hurry))
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
	int gone;

	do {
		/* Whoever has come since is told as well. */
		if (crowd_gather(&crowd, victims) == -1) {
			complain_errno("stop", NULL, errno);
			goto out;
		}
		if (crowd.n > 0 && crowd_signal(&crowd, sig) == -1)
			goto out;
		if (crowd.n == 0 && is_over(victims)) {
			stopped = STOPPED_GONE;
			break;
		}
		gone = crowd_wait(&crowd, victims, sig, end);
		if (gone == -1) {
			complain_errno("stop", "poll", errno);
			goto out;
		}
		if (!gone || now_ms() >= end)
			stopped = STOPPED_SURVIVED;
		else if (victims->who == VICTIM_ONE)
			stopped = STOPPED_GONE;
	} while (stopped == STOPPED_ERROR);
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
