/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping and awaiting an instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "instance/find.h"
#include "instance/instance.h"
#include "pidfd.h"
#include "process/arguments.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"
#include "verbs/control.h"

/* Give up on a daemon that is restarted all the time. */
#define FIND_TRIES	100

/*
 * Finds the daemon and opens a pidfd, which never stands for another process.
 * The pid may have been re-used just before, so the start tick is compared once
 * more.
 */
static void
hold(const char *path, struct found *found, int *pidfd)
{
	static char reason[128];
	int tries;

	*pidfd = -1;
	for (tries = 0; tries < FIND_TRIES; tries++) {
		instance_find(path, true, found);
		if (found->state != INSTANCE_RUNNING)
			return;
		*pidfd = pidfd_open(found->pid, 0);
		if (*pidfd == -1 && errno != ESRCH) {
			found->state = INSTANCE_UNKNOWN;
			(void)snprintf(reason, sizeof(reason), errno == ENOSYS ?
			    "needs pidfd_open(2) of Linux 5.3 or later" :
			    "pidfd_open: %s", strerror(errno));
			found->reason = reason;
			return;
		}
		if (*pidfd != -1 && found_is_current(found))
			return;
		if (*pidfd != -1)
			(void)close(*pidfd);
		*pidfd = -1;
	}
	found->state = INSTANCE_UNKNOWN;
	found->reason = "the process changes all the time; "
	    "stop what restarts it";
}

/*
 * A process has the pid, but may not be the daemon.  Reports which process it
 * is, and how to signal it.  sig is NULL where nothing is to be sent.
 */
static int
refuse_guess(const char *verb, const char *path, const struct found *found,
    const char *sig)
{
	char line[512], reason[1024];

	proc_title(found->pid, line, sizeof(line));
	(void)snprintf(reason, sizeof(reason), "%s, so pid %d (%s) may be "
	    "another process%s%s%s", found->reason, (int)found->pid, line,
	    sig == NULL ? "" : "; if it is the daemon: kill",
	    sig == NULL || *sig == '\0' ? "" : " -", sig == NULL ? "" : sig);
	if (sig != NULL)
		(void)snprintf(reason + strlen(reason),
		    sizeof(reason) - strlen(reason), " %d", (int)found->pid);
	return complain(verb, path, reason);
}

/* Reports an unknown state; STATUS_DONE for an instance that does not run. */
static int
refuse(const char *verb, const char *path, const struct found *found,
    const char *sig)
{
	switch (found->state) {
	case INSTANCE_GUESS:
		return refuse_guess(verb, path, found, sig);
	case INSTANCE_UNKNOWN:
		return complain(verb, path, found->reason);
	default:
		return STATUS_DONE;
	}
}

int
control_signal(const struct config *config)
{
	const char *path = config->pidfile;
	const char *name = signal_name(config->signal);
	int pidfd, status = STATUS_DONE;
	struct found found;

	hold(path, &found, &pidfd);
	if (pidfd == -1) {
		status = refuse("signal", path, &found, name);
		if (status != STATUS_DONE)
			return status;
		(void)complain("signal", path, "not running");
		return STATUS_NOT_RUNNING;
	}
	if (pidfd_send_signal(pidfd, config->signal, NULL, 0) == -1 &&
	    errno != ESRCH)
		status = complain_errno("signal",
		    stop_refusal(config->signal), errno);
	(void)close(pidfd);
	return status;
}

int
control_wait(const struct config *config)
{
	struct pollfd fd = { .events = POLLIN };
	struct found found;

	hold(config->pidfile, &found, &fd.fd);
	if (fd.fd == -1)
		return refuse("wait", config->pidfile, &found, NULL);
	while (poll(&fd, 1, -1) == -1 && errno == EINTR)
		;
	(void)close(fd.fd);
	return STATUS_DONE;
}

static int
stop_running(const struct config *config, int pidfd, const struct found *found)
{
	struct targets targets = { .scope = TARGET_ONE, .pid = found->pid,
	    .pidfd = pidfd, .skip_fd = -1 };
	const char *call;
	char name[32];

	(void)snprintf(name, sizeof(name), "pid %d", (int)found->pid);
	targets.name = name;
	if (config->tree) {
		targets.scope = TARGET_SESSION;
		targets.session = found->session;
		/* 0: its leader is in another pid namespace. */
		if (targets.session == 0 || targets.session == getsid(0))
			return complain("stop", "--tree",
			    "the caller is in the same session; "
			    "leave out --tree");
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

/* Reports the process that has survived the schedule. */
static void
complain_survivor(const char *path, int pidfd, pid_t pid)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	char what[80];

	(void)snprintf(what, sizeof(what), poll(&ended, 1, 0) == 0 ?
	    "pid %d still runs after the whole schedule" :
	    "other processes in the session of pid %d still run", (int)pid);
	(void)complain("stop", path, what);
}

int
control_stop(const struct config *config)
{
	bool stopped;

	return control_replace(config, &stopped);
}

int
control_replace(const struct config *config, bool *stopped)
{
	const char *path = config->pidfile;
	struct found found;
	int pidfd, status;

	hold(path, &found, &pidfd);
	*stopped = pidfd != -1;
	if (pidfd != -1) {
		status = stop_running(config, pidfd, &found);
		if (status == STATUS_STILL_THERE)
			complain_survivor(path, pidfd, found.pid);
		(void)close(pidfd);
		*stopped = status == STATUS_DONE;
	} else {
		status = refuse(config->replace ? "replace" : "stop", path,
		    &found, "");
		if (status == STATUS_DONE && !config->replace) {
			print_plain(config->name != NULL ? config->name : path);
			(void)puts(": not running");
		}
	}
	if (status == STATUS_DONE)
		instance_retire(path, &found);
	return status;
}
