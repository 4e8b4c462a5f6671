/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping and awaiting an instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "instance.h"
#include "message.h"
#include "pidfd.h"
#include "proc.h"
#include "schedule.h"

/* Who dies and is launched anew all the time is given up on. */
#define FIND_TRIES	100

/* How long a launch on its way is waited for. */
#define LAUNCH_WAIT_MS	10000

/* A terminal is told that we wait after so long, and how long still. */
#define TELL_EVERY_MS	1000

/* For stop_stage: the one process alone. */
#define NO_SESSION	((pid_t)-1)

/* Some processes, held by their pidfds. */
struct crowd {
	struct pollfd *fds;
	size_t n;
};

static long long
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/*
 * Is it one of ours that has still to execute its command?  Other programs
 * fork and never execute one, too.
 */
static bool
is_launching(pid_t pid)
{
	char theirs[PATH_MAX], ours[PATH_MAX];
	struct proc_stat stat;

	return proc_stat(pid, &stat) == 0 && !stat.dead && !stat.executed &&
	    proc_link(pid, "exe", theirs, sizeof(theirs)) == 0 &&
	    proc_link(getpid(), "exe", ours, sizeof(ours)) == 0 &&
	    strcmp(theirs, ours) == 0;
}

/*
 * Finds who runs and holds him.  He may die and leave his number to another
 * between the two: so he is looked for again once he is held.  A launch that
 * is on its way is let come to its end.
 */
static enum instance_state
hold(const char *path, pid_t *pid, int *pidfd, const char **reason)
{
	enum instance_state state;
	int tries, waited = 0;
	pid_t again;

	for (tries = 0; tries < FIND_TRIES; tries++) {
		state = instance_find(path, pid, reason);
		while (state == INSTANCE_RUNNING && is_launching(*pid) &&
		    waited++ < LAUNCH_WAIT_MS) {
			(void)poll(NULL, 0, 1);
			state = instance_find(path, pid, reason);
		}
		if (state != INSTANCE_RUNNING)
			return state;
		*pidfd = pidfd_open(*pid, 0);
		if (*pidfd == -1 && errno == ESRCH)
			continue;
		if (*pidfd == -1) {
			*reason = errno == ENOSYS ?
			    "needs pidfds, which Linux has since 5.3" :
			    strerror(errno);
			return INSTANCE_ERROR;
		}
		if (instance_find(path, &again, reason) == INSTANCE_RUNNING &&
		    again == *pid)
			return INSTANCE_RUNNING;
		(void)close(*pidfd);
	}
	*reason = "another process whenever one looks";
	return INSTANCE_ERROR;
}

static int
send_to(const char *verb, int pidfd, int sig)
{
	if (pidfd_send_signal(pidfd, sig, NULL, 0) == 0 || errno == ESRCH)
		return 0;
	complain_errno(verb, signal_name(sig), errno);
	return -1;
}

int
control_signal(const struct config *config)
{
	const char *path = config->pidfile;
	int pidfd, status = STATUS_DONE;
	const char *reason;
	pid_t pid;

	switch (hold(path, &pid, &pidfd, &reason)) {
	case INSTANCE_RUNNING:
		if (send_to("signal", pidfd, config->signal) == -1)
			status = STATUS_FAILED;
		(void)close(pidfd);
		break;
	case INSTANCE_FREE:
	case INSTANCE_DEAD:
		complain("signal", path, "not running");
		status = STATUS_NOT_RUNNING;
		break;
	case INSTANCE_ERROR:
		status = complain("signal", path, reason);
		break;
	}
	return status;
}

int
control_wait(const struct config *config)
{
	struct pollfd fd = { .events = POLLIN };
	int status = STATUS_DONE;
	const char *reason;
	pid_t pid;

	switch (hold(config->pidfile, &pid, &fd.fd, &reason)) {
	case INSTANCE_RUNNING:
		while (poll(&fd, 1, -1) == -1 && errno == EINTR)
			;
		(void)close(fd.fd);
		break;
	case INSTANCE_FREE:
	case INSTANCE_DEAD:
		break;
	case INSTANCE_ERROR:
		status = complain("wait", config->pidfile, reason);
		break;
	}
	return status;
}

static int
crowd_add(struct crowd *crowd, int pidfd)
{
	struct pollfd *fds;

	fds = reallocarray(crowd->fds, crowd->n + 1, sizeof(*fds));
	if (fds == NULL)
		return -1;
	crowd->fds = fds;
	crowd->fds[crowd->n].fd = pidfd;
	crowd->fds[crowd->n].events = POLLIN;
	crowd->fds[crowd->n++].revents = 0;
	return 0;
}

static void
crowd_leave(struct crowd *crowd)
{
	while (crowd->n > 0)
		(void)close(crowd->fds[--crowd->n].fd);
	free(crowd->fds);
	crowd->fds = NULL;
}

/* Adds what lives of a session. */
static int
crowd_gather(struct crowd *crowd, pid_t session)
{
	struct proc_stat stat;
	ssize_t i, n;
	pid_t *pids;
	int pidfd, result = 0;

	if ((n = proc_list(&pids)) == -1)
		return -1;
	for (i = 0; i < n && result == 0; i++) {
		if (getsid(pids[i]) != session)
			continue;
		pidfd = pidfd_open(pids[i], 0);
		if (pidfd == -1 && errno == ESRCH)
			continue;
		if (pidfd == -1) {
			result = -1;
			break;
		}
		/* Is it still him, now that he is held? */
		if (proc_stat(pids[i], &stat) == -1 || stat.dead ||
		    stat.session != session)
			(void)close(pidfd);
		else
			result = crowd_add(crowd, pidfd);
	}
	free(pids);
	return result;
}

/* On a terminal: one line that changes, and goes. */
static void
tell_waiting(bool *told, pid_t pid, const char *sig, long long left)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (left < 0) {
		if (*told)
			(void)fputs("\r\033[K", stderr);
		*told = false;
		return;
	}
	(void)fprintf(stderr, "\r\033[Kwaiting for pid %d (%s), %lld s left",
	    (int)pid, sig, (left + 999) / 1000);
	*told = true;
}

/*
 * Waits until all of the crowd are gone, at the moment the last one goes; at
 * most so long.  A pidfd becomes readable when its process ends, also where
 * nobody ever reaps the zombie.
 */
static bool
crowd_wait(struct crowd *crowd, long long ms, pid_t pid, const char *sig)
{
	long long end = now_ms() + ms, left;
	bool told = false, waited = false;
	int ready;
	size_t i;

	while (crowd->n > 0 && (left = end - now_ms()) >= 0) {
		if (waited)
			tell_waiting(&told, pid, sig, left);
		ready = poll(crowd->fds, crowd->n, left < TELL_EVERY_MS ?
		    (int)left : TELL_EVERY_MS);
		waited = ready == 0;
		if ((waited && left == 0) || (ready == -1 && errno != EINTR))
			break;
		for (i = 0; i < crowd->n; )
			if (crowd->fds[i].revents != 0) {
				(void)close(crowd->fds[i].fd);
				crowd->fds[i] = crowd->fds[--crowd->n];
			} else
				i++;
	}
	tell_waiting(&told, pid, sig, -1);
	return crowd->n == 0;
}

/* One stage of the schedule for him, or with session for all of his. */
static int
stop_stage(int pidfd, pid_t pid, pid_t session, int sig, long long ms)
{
	long long end = now_ms() + ms;
	struct crowd crowd = { NULL, 0 };
	int gone = -1;
	size_t i;

	do {
		/* Whoever has come since is told as well. */
		if (session == NO_SESSION ?
		    crowd_add(&crowd, fcntl(pidfd, F_DUPFD_CLOEXEC, 0)) == -1 :
		    crowd_gather(&crowd, session) == -1) {
			complain_errno("stop", NULL, errno);
			goto out;
		}
		if (crowd.n == 0)
			break;
		for (i = 0; i < crowd.n; i++)
			if (send_to("stop", crowd.fds[i].fd, sig) == -1)
				goto out;
		if (!crowd_wait(&crowd, end - now_ms(), pid,
		    signal_name(sig))) {
			gone = 0;
			goto out;
		}
	} while (session != NO_SESSION);
	gone = 1;
out:
	crowd_leave(&crowd);
	return gone;
}

static int
stop_running(const struct config *config, int pidfd, pid_t pid)
{
	pid_t session = config->tree ? getsid(pid) : NO_SESSION;
	int gone = 0;
	size_t i;

	if (config->tree && session == -1)
		return complain_errno("stop", "getsid", errno);
	/* 0: its leader is in another pid namespace. */
	if (config->tree && (session == 0 || session == getsid(0)))
		return complain("stop", "--tree",
		    "its session is the caller's too");
	for (i = 0; i < config->schedule.n && gone == 0; i++)
		gone = stop_stage(pidfd, pid, session,
		    config->schedule.stage[i].signal,
		    config->schedule.stage[i].wait);
	if (gone == 0)
		return STATUS_STILL_THERE;
	return gone == 1 ? STATUS_DONE : STATUS_FAILED;
}

int
control_stop(const struct config *config, bool *stopped)
{
	const char *path = config->pidfile;
	struct pollfd ended = { .events = POLLIN };
	int pidfd, status = STATUS_DONE;
	bool survived = false;
	const char *reason;
	char what[64];
	pid_t pid;

	*stopped = false;
	switch (hold(path, &pid, &pidfd, &reason)) {
	case INSTANCE_RUNNING:
		status = stop_running(config, pidfd, pid);
		ended.fd = pidfd;
		survived = status == STATUS_STILL_THERE &&
		    poll(&ended, 1, 0) == 0;
		(void)close(pidfd);
		*stopped = status == STATUS_DONE;
		break;
	case INSTANCE_FREE:
		return STATUS_DONE;
	case INSTANCE_DEAD:
		break;
	case INSTANCE_ERROR:
		return complain("stop", path, reason);
	}
	if (status == STATUS_STILL_THERE) {
		(void)snprintf(what, sizeof(what), survived ?
		    "pid %d is still there" :
		    "others of the session of pid %d are still there",
		    (int)pid);
		complain("stop", path, what);
	}
	if (status == STATUS_DONE && instance_retire(path, pid) == -1)
		return complain_errno("pidfile", path, errno);
	return status;
}
