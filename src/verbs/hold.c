/* SPDX-License-Identifier: BSD-2-Clause */
/* Holding the processes of an instance, for the verbs. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "pidfd.h"
#include "process/arguments.h"
#include "process/stop.h"
#include "verbs/hold.h"

void
held_release(const struct held *held)
{
	close_quietly(held->command);
	close_quietly(held->supervisor);
	close_quietly(held->record);
}

/*
 * Open a pidfd.  The pid may have been re-used in between, so compare the start
 * tick again.  Return 1; 0, the process has ended; -1, found has the reason.
 */
static int
hold_process(pid_t pid, unsigned long long start, struct instance_status *found,
    int *pidfd)
{
	*pidfd = pidfd_open(pid, 0);
	if (*pidfd == -1 && errno == ESRCH)
		return 0;
	if (*pidfd == -1) {
		found->state = INSTANCE_UNKNOWN;
		(void)snprintf(found->reason, sizeof(found->reason),
		    errno == ENOSYS ?
		    "needs pidfd_open(2) of Linux 5.3 or later" :
		    "pidfd_open: %s", strerror(errno));
		return -1;
	}
	if (process_is(pid, start))
		return 1;
	(void)close(*pidfd);
	*pidfd = -1;
	return 0;
}

/* Hold the processes that were found.  Return as hold_process. */
static int
hold_found(struct held *held)
{
	struct instance_status *found = &held->found;
	int result = 1;

	if (found->state == INSTANCE_RUNNING)
		result = hold_process(found->pid, found->start, found,
		    &held->command);
	if (result == 1 && found->supervisor != 0)
		result = hold_process(found->supervisor,
		    found->record.supervisor_start, found, &held->supervisor);
	return result;
}

bool
hold(const char *path, struct held *held)
{
	struct instance_status *found = &held->found;
	int tries, result;

	for (tries = 0; tries < FIND_TRIES; tries++) {
		held->command = held->supervisor = -1;
		instance_find_open(path, true, found, &held->record);
		if (found->state != INSTANCE_RUNNING &&
		    found->state != INSTANCE_WAITING)
			return false;
		if ((result = hold_found(held)) == 1)
			return true;
		held_release(held);
		held->command = held->supervisor = held->record = -1;
		if (result == -1)
			return false;
	}
	found->state = INSTANCE_UNKNOWN;
	(void)strlcpy(found->reason, "the process keeps being replaced; "
	    "stop what restarts it", sizeof(found->reason));
	return false;
}

/*
 * A process has the pid, but may not be the daemon.  Report which process it
 * is, and how to signal it.  sig as in refuse.
 */
static int
refuse_guess(const char *verb, const char *path,
    const struct instance_status *found, const char *sig)
{
	char line[512], reason[2048];

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

int
refuse(const char *verb, const char *path, const struct instance_status *found,
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
refuse_dead(const char *verb, const char *path)
{
	(void)complain(verb, path, "not running");
	return STATUS_NOT_RUNNING;
}

/* Can the record not be written, whatever is tried again? */
static bool
is_unwritable(int error)
{
	return error == EROFS || error == EIO || error == ENOSPC ||
	    error == EDQUOT || error == EACCES || error == EPERM;
}

int
ask_supervisor(const char *verb, const char *path, const struct held *held,
    enum request word)
{
	const char *reason;
	int asked;

	/* Where it may not be signalled, the record stays as it is. */
	if (pidfd_send_signal(held->supervisor, 0, NULL, 0) == -1 &&
	    errno != ESRCH) {
		(void)complain_errno(verb, stop_refusal(SIGRTMAX), errno);
		return -1;
	}
	asked = instance_request(path, &held->found, word, &reason);
	if (asked == -1 && word == REQUEST_STOP && strcmp(verb, "stop") == 0 &&
	    is_unwritable(errno))
		return pidfd_send_signal(held->supervisor, SIGTERM, NULL,
		    0) == -1 ? 0 : 2;
	if (asked == -1)
		(void)complain(verb, path, reason);
	if (asked != 1)
		return asked;
	/*
	 * qemu-user refuses to send it (EINVAL).  The supervisor reads the word
	 * even so, at the end of the run or of the delay.
	 */
	(void)pidfd_send_signal(held->supervisor, SIGRTMAX, NULL, 0);
	(void)pidfd_send_signal(held->supervisor, SIGCONT, NULL, 0);
	return 1;
}
