/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminating processes by a schedule of signals. */
#include "config.h"

#include <sys/epoll.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "pidfd.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"

/* The pause before another look, if no target can be held. */
#define LOOK_MS		20

/* What one look has seen of the targets, and of this process's rights. */
struct look {
	struct proc_stat *list;		/* all processes, by pid */
	size_t n;
	char *verdict;			/* a TARGET or OTHER for each of them */
	size_t seen, refused;
	const char *call;		/* of the last refusal */
	int error;
};

enum { UNKNOWN, TARGET, OTHER };

/* --- which processes ----------------------------------------------------- */

static int
compare_pid(const void *key, const void *member)
{
	pid_t a = *(const pid_t *)key;
	pid_t b = ((const struct proc_stat *)member)->pid;

	return (a > b) - (a < b);
}

static int
compare_id(const void *key, const void *member)
{
	const struct process_id *a = key, *b = member;

	return a->pid != b->pid ? (a->pid > b->pid) - (a->pid < b->pid) :
	    (a->started > b->started) - (a->started < b->started);
}

static bool
is_excluded(const struct targets *targets, const struct proc_stat *stat)
{
	size_t i;

	for (i = 0; i < targets->nexcluded; i++)
		if (targets->excluded[i].pid == stat->pid &&
		    targets->excluded[i].started == stat->started)
			return true;
	return false;
}

static struct proc_stat *
find_process(const struct look *look, pid_t pid)
{
	return bsearch(&pid, look->list, look->n, sizeof(*look->list),
	    compare_pid);
}

/* Go up from a process to one whose verdict is known, or can be told. */
static char
judge_ancestors(const struct targets *targets, const struct look *look,
    struct proc_stat *at)
{
	struct proc_stat *parent;
	pid_t before;

	while (look->verdict[at - look->list] == UNKNOWN) {
		if (at->parent == getpid())
			return is_excluded(targets, at) ? OTHER : TARGET;
		before = at->parent;
		if ((parent = find_process(look, before)) != NULL)
			at = parent;
		/* One that ended meanwhile has left it to another parent. */
		else if (proc_stat(at->pid, at) == -1 || at->parent == before)
			return OTHER;
	}
	return look->verdict[at - look->list];
}

/* Find the verdict on a process, and note it for all on the way up. */
static void
judge(const struct targets *targets, const struct look *look,
    struct proc_stat *at)
{
	char verdict;

	if (look->verdict[at - look->list] != UNKNOWN)
		return;
	if (targets->scope == TARGET_SESSION) {
		look->verdict[at - look->list] =
		    at->session == targets->session ? TARGET : OTHER;
		return;
	}
	verdict = judge_ancestors(targets, look, at);
	while (at != NULL && look->verdict[at - look->list] == UNKNOWN) {
		look->verdict[at - look->list] = verdict;
		at = find_process(look, at->parent);
	}
}

ssize_t
stop_list_children(struct process_id **children)
{
	struct proc_stat *list = NULL;
	ssize_t n = 0, i, found = 0;
	siginfo_t child;

	*children = NULL;
	/* Usually there is none: then no process needs to be looked at. */
	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    (n = proc_list(&list)) == -1)
		return -1;
	*children = calloc((size_t)n + 1, sizeof(**children));
	for (i = 0; i < n && *children != NULL; i++)
		if (list[i].parent == getpid())
			(*children)[found++] = (struct process_id){
			    list[i].pid, list[i].started };
	free(list);
	return *children == NULL ? -1 : found;
}

/* --- the targets that are held ------------------------------------------- */

/* Release one that is held; the caller may have its description open, too. */
static void
drop(struct stop *stop, size_t i)
{
	(void)epoll_ctl(stop->events, EPOLL_CTL_DEL, stop->held[i], NULL);
	(void)close(stop->held[i]);
	stop->held[i] = stop->held[--stop->nheld];
}

/*
 * Hold a target by its pidfd, which becomes this one's, until it ends.  That
 * may fail: then it is looked for again.
 */
static void
hold(struct stop *stop, int pidfd)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.fd = pidfd;
	if (pidfd == -1)
		return;
	if (stop->nheld == STOP_HELD_MAX || epoll_ctl(stop->events,
	    EPOLL_CTL_ADD, pidfd, &event) == -1)
		close_quietly(pidfd);
	else
		stop->held[stop->nheld++] = pidfd;
}

/* Release those that have ended. */
static void
drop_ended(struct stop *stop)
{
	struct epoll_event event;
	size_t i;

	while (stop->nheld > 0 &&
	    epoll_wait(stop->events, &event, 1, 0) == 1) {
		for (i = 0; stop->held[i] != event.data.fd; i++)
			;
		drop(stop, i);
	}
}

/* Open a pidfd, if need be in place of another target's. */
static int
open_pidfd(struct stop *stop, pid_t pid)
{
	int pidfd;

	while ((pidfd = pidfd_open(pid, 0)) == -1 && proc_is_short(errno) &&
	    stop->nheld > 0)
		drop(stop, stop->nheld - 1);
	return pidfd;
}

/* --- signalling ---------------------------------------------------------- */

int
stop_signal(const struct stop *stop)
{
	return stop->schedule.stage[stop->stage].signal;
}

const char *
stop_refusal(int sig)
{
	int saved = errno, self;
	bool denied;

	/* Every process may signal itself. */
	self = pidfd_open(getpid(), 0);
	denied = self != -1 && pidfd_send_signal(self, 0, NULL, 0) == -1;
	close_quietly(self);
	errno = saved;
	return denied ? "pidfd_send_signal" : sig == SIGRTMAX ? "RTMAX" :
	    signal_name(sig);
}

/* SIGCONT would discard the signals that stop a process. */
static bool
needs_continuing(int sig)
{
	return sig != 0 && sig != SIGKILL && sig != SIGCONT &&
	    sig != SIGSTOP && sig != SIGTSTP && sig != SIGTTIN &&
	    sig != SIGTTOU;
}

/* A target cannot be signalled.  Return false. */
static bool
refuse(struct look *look, const char *call)
{
	look->error = errno;
	look->call = call;
	look->refused++;
	look->seen++;
	return false;
}

/*
 * Send the signal of the stage, false: in vain.  A child gets it by kill(2),
 * since its pid is its own until this process reaps it; that needs no
 * descriptor.
 */
static bool
send_signal(const struct stop *stop, struct look *look, int pidfd, pid_t child)
{
	int sig = stop_signal(stop);

	if ((child != 0 ? kill(child, sig) :
	    pidfd_send_signal(pidfd, sig, NULL, 0)) == -1)
		return errno != ESRCH && refuse(look, stop_refusal(sig));
	if (needs_continuing(sig) && child != 0)
		(void)kill(child, SIGCONT);
	else if (needs_continuing(sig))
		(void)pidfd_send_signal(pidfd, SIGCONT, NULL, 0);
	look->seen++;
	return true;
}

/*
 * Signal a process other than the first, if it still is the one that was seen.
 * Return whether it has the stage's signal.
 */
static bool
signal_other(struct stop *stop, struct look *look, const struct proc_stat *seen)
{
	struct process_id id = { seen->pid, seen->started };
	bool child = seen->parent == getpid(), had;
	int pidfd = open_pidfd(stop, seen->pid);
	struct proc_stat now;
	int result;

	if (pidfd == -1 && !child) {
		/* EINVAL: the pid is a thread's by now. */
		return errno != ESRCH && errno != EINVAL &&
		    refuse(look, "pidfd_open");
	}
	while ((result = proc_stat(seen->pid, &now)) == -1 &&
	    proc_is_short(errno) && stop->nheld > 0)
		drop(stop, stop->nheld - 1);
	if (result == -1 || now.dead ||
	    now.started != seen->started ||
	    (stop->targets.only != 0 &&
	    proc_is_owned(seen->pid, stop->targets.only) != 1)) {
		close_quietly(pidfd);
		return false;
	}
	had = bsearch(&id, stop->signalled, stop->nsignalled, sizeof(id),
	    compare_id) != NULL;
	if (had)
		look->seen++;
	else if (!send_signal(stop, look, pidfd, child ? seen->pid : 0)) {
		close_quietly(pidfd);
		return false;
	}
	hold(stop, pidfd);
	return true;
}

/* Has the first target ended?  If it is a child, it may have been reaped. */
static bool
first_has_ended(const struct targets *targets)
{
	struct pollfd fd = { .fd = targets->pidfd, .events = POLLIN };
	siginfo_t child = { .si_pid = 0 };

	if (targets->pidfd != -1)
		return poll(&fd, 1, 0) == 1;
	return waitid(P_PID, (id_t)targets->pid, &child,
	    WEXITED | WNOHANG | WNOWAIT) == -1 || child.si_pid != 0;
}

/* Signal the first target, whatever /proc shows of it. */
static void
signal_first(struct stop *stop, struct look *look)
{
	const struct targets *targets = &stop->targets;
	bool child = targets->pidfd == -1;

	if (targets->pid == 0 || first_has_ended(targets))
		return;
	if (stop->looked)
		look->seen++;
	else if (!send_signal(stop, look, targets->pidfd,
	    child ? targets->pid : 0))
		return;
	hold(stop, child ? pidfd_open(targets->pid, 0) :
	    fcntl(targets->pidfd, F_DUPFD_CLOEXEC, 0));
}

/* --- one look at all targets --------------------------------------------- */

/* This needs two descriptors at once: a pidfd, and a file in /proc. */
static int
check_descriptors(struct stop *stop)
{
	int first = open_pidfd(stop, getpid()), second;

	stop->call = "pidfd_open";
	if (first == -1)
		return proc_is_short(errno) ? -1 : 0;
	second = fcntl(first, F_DUPFD_CLOEXEC, 0);
	close_quietly(first);
	close_quietly(second);
	return second == -1 ? -1 : 0;
}

/* List the processes.  What concerns all targets fails before a signal. */
static int
list_all(struct stop *stop, struct look *look)
{
	struct proc_stat *self;
	ssize_t n;

	if (check_descriptors(stop) == -1)
		return -1;
	stop->call = "/proc";
	if ((n = proc_list(&look->list)) == -1)
		return -1;
	look->n = (size_t)n;
	stop->call = "malloc";
	if ((look->verdict = calloc(look->n + 1, 1)) == NULL)
		return -1;
	if ((self = find_process(look, getpid())) != NULL)
		look->verdict[self - look->list] = OTHER;
	return 0;
}

static int
signal_others(struct stop *stop, struct look *look)
{
	struct process_id *signalled;
	size_t n = 0, i;

	stop->call = "malloc";
	signalled = calloc(look->n + 1, sizeof(*signalled));
	if (signalled == NULL)
		return -1;
	for (i = 0; i < look->n; i++) {
		judge(&stop->targets, look, &look->list[i]);
		if (look->verdict[i] == TARGET && !look->list[i].dead &&
		    look->list[i].pid != stop->targets.pid &&
		    signal_other(stop, look, &look->list[i]))
			signalled[n++] = (struct process_id){
			    look->list[i].pid, look->list[i].started };
	}
	free(stop->signalled);
	stop->signalled = signalled;
	stop->nsignalled = n;
	return 0;
}

/*
 * Signal all targets that run, and hold some of them.  Return whether there is
 * any, or -1 with errno, also if none of them may be signalled.
 */
static int
look_at_targets(struct stop *stop)
{
	struct look look = { .list = NULL };
	bool grouped = stop->targets.scope != TARGET_ONE;
	int result = grouped ? list_all(stop, &look) : 0;

	if (result == 0) {
		signal_first(stop, &look);
		result = grouped ? signal_others(stop, &look) : 0;
	}
	free(look.list);
	free(look.verdict);
	if (result == -1)
		return -1;
	if (!stop->looked && look.refused > 0 && look.refused == look.seen) {
		errno = look.error;
		stop->call = look.call;
		return -1;
	}
	return look.seen > 0;
}

/*
 * No target was seen.  A process that forks and exits all the time may be
 * missed by a look, but as a descendant it leaves a child to this process.
 */
static bool
may_have_missed(const struct targets *targets)
{
	siginfo_t child;
	size_t i;

	if (targets->scope != TARGET_DESCENDANTS)
		return false;
	for (i = 0; i < targets->nexcluded; i++)
		if (targets->excluded[i].pid != 0)
			return false;
	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* --- the schedule -------------------------------------------------------- */

int
stop_begin(struct stop *stop, const struct targets *targets,
    const struct schedule *schedule)
{
	memset(stop, 0, sizeof(*stop));
	stop->targets = *targets;
	stop->schedule = *schedule;
	stop->events = epoll_create1(EPOLL_CLOEXEC);
	stop->call = "/proc";
	return targets->scope != TARGET_ONE && !proc_is_ours() ? -1 : 0;
}

void
stop_poll(const struct stop *stop, struct pollfd *fd, long long *due)
{
	long long next = !stop->looked ? 0 :
	    stop->nheld > 0 ? stop->end : stop->next_look;

	*fd = (struct pollfd){ .fd = stop->nheld > 0 ? stop->events : -1,
	    .events = POLLIN };
	if (next < *due)
		*due = next;
}

/* Begin the next stage; its first look is due.  Return false after the last. */
static bool
next_stage(struct stop *stop)
{
	while (stop->nheld > 0)
		drop(stop, stop->nheld - 1);
	stop->nsignalled = 0;
	stop->looked = stop->late = false;
	return ++stop->stage < stop->schedule.n;
}

enum stop_result
stop_step(struct stop *stop)
{
	bool held = stop->nheld > 0;
	long long now = now_ms();
	int seen;

	drop_ended(stop);
	if (held && stop->nheld == 0)
		stop->next_look = now;
	if (stop->looked) {
		if (now < (stop->nheld > 0 ? stop->end : stop->next_look))
			return STOP_PENDING;
		if (now < stop->end)
			stop->late = false;
		else if (stop->nheld == 0 && !stop->late)
			stop->late = true;
		else if (!next_stage(stop))
			return STOP_SURVIVED;
	}
	seen = look_at_targets(stop);
	if (seen == -1)
		return STOP_FAILED;
	if (seen == 0 && !may_have_missed(&stop->targets))
		return STOP_GONE;
	now = now_ms();
	if (!stop->looked)
		stop->end = now +
		    stop->schedule.stage[stop->stage].wait;
	stop->looked = true;
	/* One that was missed is looked for again, but not all the time. */
	stop->next_look = now + (seen > 0 ? LOOK_MS : 1);
	return STOP_PENDING;
}

void
stop_hurry(struct stop *stop)
{
	stop->end = stop->next_look = 0;
}

void
stop_finish(struct stop *stop)
{
	int saved = errno;

	while (stop->nheld > 0)
		drop(stop, stop->nheld - 1);
	close_quietly(stop->events);
	free(stop->signalled);
	errno = saved;
}
