/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of an instance, for the verbs that act on them. */
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

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "pidfd.h"
#include "process/arguments.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"
#include "verbs/instance_ref.h"

/* A supervisor takes a request at once, unless it hangs. */
#define TAKE_MS		5000

/* How often it is looked at meanwhile. */
#define LOOK_MS		50

void
close_pidfds(const struct instance_ref *ref)
{
	close_quietly(ref->command);
	close_quietly(ref->supervisor);
	close_quietly(ref->record);
}

/*
 * Open a pidfd.  The pid may have been re-used in between, so compare the start
 * tick again.  Return 1; 0, the process has ended; -1 with errno.
 */
static int
open_one(pid_t pid, unsigned long long start, int *pidfd)
{
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd == -1)
		return errno == ESRCH ? 0 : -1;
	if (process_is(pid, start))
		return 1;
	(void)close(*pidfd);
	*pidfd = -1;
	return 0;
}

bool
open_pidfds(const char *path, struct instance_ref *ref)
{
	struct instance_status *found = &ref->found;
	int tries, result;

	ref->error = 0;
	for (tries = 0; tries < FIND_TRIES; tries++) {
		ref->command = ref->supervisor = -1;
		instance_find_open(path, true, found, &ref->record);
		if (found->state != INSTANCE_RUNNING &&
		    found->state != INSTANCE_WAITING)
			return false;
		result = found->state == INSTANCE_WAITING ? 1 :
		    open_one(found->pid, found->start, &ref->command);
		if (result == 1 && found->supervisor != 0)
			result = open_one(found->supervisor,
			    found->record.supervisor_start, &ref->supervisor);
		if (result == 1)
			return true;
		ref->error = result == -1 ? errno : 0;
		close_pidfds(ref);
		ref->command = ref->supervisor = ref->record = -1;
		found->state = INSTANCE_UNKNOWN;
		if (result == -1)
			return false;
	}
	(void)strlcpy(found->reason, "the process keeps being replaced; "
	    "stop what restarts it", sizeof(found->reason));
	return false;
}

/* A process that may not be the daemon has the pid: say what to do. */
static int
deny(const char *verb, const char *label, const struct instance_status *found,
    const char *sig)
{
	char title[384], kill[64] = "", reason[2048];

	if (found->foreign)
		return complain(verb, label,
		    "it belongs to another user: run it as root");
	proc_title(found->pid, title, sizeof(title));
	if (sig != NULL)
		(void)snprintf(kill, sizeof(kill), "; if it is the daemon: "
		    "kill%s%s %d", *sig == '\0' ? "" : " -", sig,
		    (int)found->pid);
	(void)snprintf(reason, sizeof(reason), "%s, so pid %d (%s) may be "
	    "another process%s", found->reason, (int)found->pid, title, kill);
	return complain(verb, label, reason);
}

int
report_unusable(const char *verb, const char *label,
    const struct instance_ref *ref, const char *sig)
{
	char reason[128];

	if (ref->found.state == INSTANCE_GUESS)
		return deny(verb, label, &ref->found, sig);
	if (ref->found.state != INSTANCE_UNKNOWN)
		return STATUS_DONE;
	if (ref->error == 0)
		return complain(verb, label, ref->found.reason);
	(void)snprintf(reason, sizeof(reason), ref->error == ENOSYS ?
	    "needs pidfd_open(2) of Linux 5.3 or later" : "pidfd_open: %s",
	    strerror(ref->error));
	return complain(verb, label, reason);
}

/* Can the record not be written, whatever is tried again? */
static bool
is_unwritable(int error)
{
	return error == EROFS || error == EIO || error == ENOSPC ||
	    error == EDQUOT || error == EACCES || error == EPERM;
}

int
request_supervisor(const struct config *config, const char *verb,
    const struct instance_ref *ref, enum request request)
{
	const char *reason;
	int result;

	/* If it may not be signalled, the record stays as it is. */
	if (pidfd_send_signal(ref->supervisor, 0, NULL, 0) == -1 &&
	    errno != ESRCH) {
		(void)complain_errno(verb, stop_refusal(SIGRTMAX), errno);
		return -1;
	}
	result = instance_request(config->pidfile, &ref->found, request,
	    &reason);
	if (result == -1 && request != REQUEST_AGAIN &&
	    strcmp(verb, "stop") == 0 && is_unwritable(errno))
		return pidfd_send_signal(ref->supervisor, SIGTERM, NULL,
		    0) == -1 ? 0 : 2;
	if (result == -1)
		(void)complain(verb, options_label(config), reason);
	if (result != 1)
		return result;
	/*
	 * qemu-user refuses to send it (EINVAL).  The supervisor reads the
	 * request even so, at the end of the run or of the delay.
	 */
	(void)pidfd_send_signal(ref->supervisor, SIGRTMAX, NULL, 0);
	(void)pidfd_send_signal(ref->supervisor, SIGCONT, NULL, 0);
	return 1;
}

/* Does the record name a run that had not begun when it was found? */
static bool
has_new_run(const struct instance_ref *ref)
{
	static struct record now;

	return ref->command == -1 && ref->record != -1 &&
	    record_read(ref->record, &now) == RECORD_GOOD &&
	    now.state < RECORD_ENDED && (now.pid != ref->found.pid ||
	    now.start != ref->found.start);
}

int
await_supervisor(const struct instance_ref *ref, long long ms)
{
	struct pollfd ended = { .fd = ref->supervisor, .events = POLLIN };
	long long begun = now_ms(), end = begun + ms;
	struct proc_status status;
	bool taken = false;

	while (poll(&ended, 1, ms_until(end, taken && ref->command != -1 ?
	    INT_MAX : LOOK_MS)) < 1) {
		if (now_ms() >= end)
			return -1;
		if (has_new_run(ref))
			return 0;
		/* The signal waits until the supervisor reads it. */
		taken = taken || proc_status(ref->found.supervisor,
		    &status) == -1 ||
		    !(status.pending & (SIGNAL_BIT(SIGRTMAX) |
		    SIGNAL_BIT(SIGTERM)));
		if (!taken && now_ms() >= begun + TAKE_MS) {
			(void)pidfd_send_signal(ref->supervisor, SIGKILL, NULL,
			    0);
			(void)poll(&ended, 1, -1);
			return 0;
		}
	}
	return 1;
}
