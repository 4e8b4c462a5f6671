/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating processes by a schedule of signals. */
#include "config.h"

#include <sys/resource.h>
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
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/progress.h"
#include "pidfd.h"
#include "process/set.h"
#include "process/signals.h"
#include "process/stop.h"
#include "process/targets.h"

/* How often one stage looks for targets without /proc. */
#define LOOKS_MAX	10

/* A pidfd becomes readable when its process ends. */
static bool
has_ended(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	return poll(&fd, 1, 0) == 1;
}

/* --- signalling --------------------------------------------------------- */

/*
 * A stopped process gets the signal when it is continued.  SIGCONT would
 * discard the signals that stop one.
 */
static bool
needs_continuing(int sig)
{
	return sig != SIGKILL && sig != SIGCONT && sig != SIGSTOP &&
	    sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU;
}

static void
signal_one(struct set *set, int pidfd)
{
	set->seen++;
	if (pidfd_send_signal(pidfd, set->sig, NULL, 0) == -1) {
		if (errno != ESRCH) {
			set->error = errno;
			set->refused++;
		}
		return;
	}
	if (needs_continuing(set->sig))
		(void)pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
}

const char *
stop_refusal(int sig)
{
	int saved = errno, self;
	bool denied;

	/* Every process may signal itself. */
	self = pidfd_open(getpid(), 0);
	denied = self != -1 && pidfd_send_signal(self, 0, NULL, 0) == -1;
	if (self != -1)
		(void)close(self);
	errno = saved;
	return denied ? "pidfd_send_signal" : sig == SIGRTMAX ? "RTMAX" :
	    signal_name(sig);
}

/*
 * Holds, signals and adds one process, if it is a target.  -1 with errno; the
 * process has not been signalled then.
 */
static int
try_once(struct set *set, pid_t pid)
{
	const struct targets *targets = set->targets;
	struct identified id = { .pid = pid };
	int pidfd, is, saved;

	set->call = "/proc";
	/* A system call is cheaper than a look at /proc. */
	if (targets->scope == TARGET_SESSION && getsid(pid) != targets->session)
		return 0;
	if (targets->scope == TARGET_DESCENDANTS &&
	    (is = target_is(targets, set->proc, &id)) != 1)
		return is;
	pidfd = pidfd_open(pid, 0);
	if (pidfd == -1) {
		set->call = "pidfd_open";
		/* Not a process but a thread: one of the two. */
		return errno == ESRCH || errno == EINVAL || errno == ENOENT ?
		    0 : -1;
	}
	set->call = "/proc";
	/* Once it is held: its pid may have been re-used before. */
	is = has_ended(pidfd) ? 0 : target_is(targets, set->proc, &id);
	if (is == 1 && set_add(set, pidfd, id) == 0) {
		if (!set_has_dropped(set, id))
			signal_one(set, pidfd);
		return 0;
	}
	saved = errno;
	(void)close(pidfd);
	errno = saved;
	return is == 0 ? 0 : -1;
}

/* Two at once are needed: of a process, and of its file in /proc. */
static int
check_descriptors(struct set *set)
{
	int first, second;

	set->call = "pidfd_open";
	if ((first = pidfd_open(getpid(), 0)) == -1)
		return -1;
	second = fcntl(first, F_DUPFD_CLOEXEC, 0);
	(void)close(first);
	if (second == -1)
		return -1;
	(void)close(second);
	return 0;
}

/* Signals the first target, whatever /proc shows of it. */
static int
signal_first(struct set *set)
{
	int pidfd = set->targets->pidfd;
	struct identified id = { .pid = set->targets->pid };

	set->seen = set->refused = 0;
	if (pidfd == -1 || has_ended(pidfd))
		return 0;
	if (set_add(set, pidfd, id) == -1)
		return -1;
	signal_one(set, pidfd);
	return 0;
}

static int
signal_others(struct set *set, const pid_t *pids, ssize_t n)
{
	int result = 0;
	ssize_t i;

	for (i = 0; i < n && result == 0; i++) {
		if (pids[i] == set->targets->pid || pids[i] == getpid())
			continue;
		do
			result = try_once(set, pids[i]);
		while (result == -1 && (errno == EMFILE || errno == ENFILE) &&
		    set_drop(set));
	}
	return result;
}

/*
 * Signals all targets that live, and holds as many of them as there are
 * descriptors for.  -1 with errno; also where none of them may be signalled.
 * If only some may not, they stay.
 */
static int
signal_targets(struct set *set)
{
	pid_t *pids = NULL;
	ssize_t n = 0;
	int result, saved;

	/* A fault that concerns all of them shows before the first signal. */
	if (set->targets->scope != TARGET_ONE) {
		if (check_descriptors(set) == -1)
			return -1;
		set->call = "/proc";
		n = targets_list(set->targets, &set->proc, &pids);
		if (n == -1)
			return -1;
	}
	result = signal_first(set);
	if (result == 0)
		result = signal_others(set, pids, n);
	saved = errno;
	free(pids);
	errno = saved;
	if (result == 0 && set->refused > 0 && set->refused == set->seen) {
		errno = set->error;
		set->call = stop_refusal(set->sig);
		result = -1;
	}
	return result;
}

/*
 * No target was seen.  A process that forks and exits all the time may be
 * missed by a look at the list, but as a descendant it is waited for.
 */
static bool
is_over(const struct targets *targets)
{
	pid_t pid;

	if (targets->scope != TARGET_DESCENDANTS || targets->others != NULL)
		return true;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == -1 && errno == ECHILD;
}

/* Takes one signal, if there is one. */
static bool
is_skipped(int skip_fd)
{
	struct signalfd_siginfo info;

	return skip_fd != -1 && read(skip_fd, &info, sizeof(info)) > 0;
}

/* Drops those that poll(2) has shown to have ended. */
static void
drop_ended(struct set *set)
{
	size_t i;

	for (i = set->n; i > 0; i--)
		if (set->fds[i].revents != 0) {
			set_close(set, i);
			set->fds[i] = set->fds[set->n];
			set->ids[i] = set->ids[set->n--];
		}
}

/* --- the schedule, in steps ---------------------------------------------- */

/* As many descriptors as may be: the targets may be thousands. */
static void
raise_limit(struct stop *stop)
{
	struct rlimit most;

	stop->raised = getrlimit(RLIMIT_NOFILE, &stop->files) == 0;
	most = stop->files;
	most.rlim_cur = stop->files.rlim_max;
	stop->raised = stop->raised && setrlimit(RLIMIT_NOFILE, &most) == 0;
}

int
stop_begin(struct stop *stop, const struct targets *targets,
    const struct schedule *schedule)
{
	memset(stop, 0, sizeof(*stop));
	stop->targets = *targets;
	stop->given = targets->pidfd;
	stop->schedule = *schedule;
	stop->set.targets = &stop->targets;
	stop->set.call = "pidfd_open";
	raise_limit(stop);
	if (targets->pidfd == -1 && targets->pid != 0)
		stop->targets.pidfd = pidfd_open(targets->pid, 0);
	return targets->pid != 0 && stop->targets.pidfd == -1 ? -1 : 0;
}

/* After a look at the targets: is the stage over?  PENDING: wait. */
static enum stopped
judge_look(struct stop *stop)
{
	struct set *set = &stop->set;

	if (set->n == 0 && is_over(&stop->targets))
		return STOPPED_GONE;
	/* A look without /proc takes long: that is no waiting. */
	if (stop->looks++ == 0 || !set->proc)
		stop->end = now_ms() + stop->schedule.stage[stop->stage].wait;
	/* One that was missed is looked for again, but not all the time. */
	if (set->n == 0)
		(void)poll(NULL, 0, 1);
	return STOPPED_PENDING;
}

/* Begins the next stage. */
static enum stopped
next_stage(struct stop *stop)
{
	struct set *set = &stop->set;

	while (set->n > 0)
		set_close(set, set->n--);
	set->ndropped = 0;
	stop->looks = 0;
	stop->late = false;
	return ++stop->stage == stop->schedule.n ? STOPPED_SURVIVED :
	    STOPPED_PENDING;
}

/* No more of the targets are held: are they all gone?  PENDING: look again. */
static enum stopped
judge_gone(struct stop *stop)
{
	const struct targets *targets = &stop->targets;

	if (stop->looks > 0 && (targets->scope == TARGET_ONE ||
	    (targets->scope == TARGET_DESCENDANTS && targets->others == NULL &&
	    is_over(targets))))
		return STOPPED_GONE;
	/* After the end, one more look. */
	if (stop->late)
		return next_stage(stop);
	stop->late = stop->looks > 0 && (now_ms() >= stop->end ||
	    (!stop->set.proc && stop->looks == LOOKS_MAX));
	return STOPPED_PENDING;
}

enum stopped
stop_step(struct stop *stop)
{
	struct set *set = &stop->set;
	enum stopped stopped = STOPPED_PENDING;

	drop_ended(set);
	if (set->n > 0 && !is_skipped(stop->targets.skip_fd) &&
	    now_ms() < stop->end)
		return STOPPED_PENDING;
	stopped = set->n > 0 ? next_stage(stop) : judge_gone(stop);
	if (stopped != STOPPED_PENDING)
		return stopped;
	set->sig = stop->schedule.stage[stop->stage].signal;
	if (signal_targets(set) == -1)
		return STOPPED_ERROR;
	return judge_look(stop);
}

void
stop_finish(struct stop *stop)
{
	int saved = errno;

	set_free(&stop->set);
	if (stop->targets.pidfd != stop->given)
		(void)close(stop->targets.pidfd);
	/* What is launched after this has its own limit. */
	if (stop->raised)
		(void)setrlimit(RLIMIT_NOFILE, &stop->files);
	errno = saved;
}

/* Waits for the next step.  -1 with errno of poll(2). */
static int
await_step(struct stop *stop)
{
	struct set *set = &stop->set;
	char what[256];
	int ready;

	set->call = "poll";
	if (set->n == 0)
		return 0;
	(void)snprintf(what, sizeof(what), "%s (%s)", stop->targets.name,
	    signal_name(set->sig));
	set->fds[0] = (struct pollfd){ .fd = stop->targets.skip_fd,
	    .events = POLLIN };
	ready = poll(set->fds, set->n + 1, ms_until(stop->end, PROGRESS_MS));
	if (ready == -1 && errno != EINTR)
		return -1;
	if (ready == 0 && now_ms() < stop->end)
		progress_show(what, stop->end - now_ms());
	return 0;
}

enum stopped
stop_all(const struct targets *targets, const struct schedule *schedule,
    const char **call)
{
	enum stopped stopped = STOPPED_ERROR;
	struct stop stop;

	if (stop_begin(&stop, targets, schedule) == 0)
		while ((stopped = stop_step(&stop)) == STOPPED_PENDING)
			if (await_step(&stop) == -1) {
				stopped = STOPPED_ERROR;
				break;
			}
	progress_clear();
	*call = stop.set.call;
	stop_finish(&stop);
	return stopped;
}
