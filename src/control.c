/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping and awaiting an instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "instance.h"
#include "message.h"
#include "pidfd.h"
#include "proc.h"
#include "schedule.h"
#include "stop.h"

/* Who dies and is launched anew all the time is given up on. */
#define FIND_TRIES	100

/* How long a launch on its way is waited for. */
#define LAUNCH_WAIT_MS	10000

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
stop_running(const struct config *config, int pidfd, pid_t pid)
{
	struct targets targets = { .scope = TARGET_ONE, .pid = pid,
	    .pidfd = pidfd, .skip_fd = -1 };
	const char *call;
	char name[32];

	(void)snprintf(name, sizeof(name), "pid %d", (int)pid);
	targets.name = name;
	if (config->tree) {
		targets.scope = TARGET_SESSION;
		targets.session = getsid(pid);
		if (targets.session == -1)
			return complain_errno("stop", "getsid", errno);
		/* 0: its leader is in another pid namespace. */
		if (targets.session == 0 || targets.session == getsid(0))
			return complain("stop", "--tree",
			    "its session is the caller's too");
	}
	switch (stop_all(&targets, &config->schedule, &call)) {
	case STOPPED_GONE:
		return STATUS_DONE;
	case STOPPED_SURVIVED:
		return STATUS_STILL_THERE;
	case STOPPED_ERROR:
		complain_errno("stop", call, errno);
		break;
	}
	return STATUS_FAILED;
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
