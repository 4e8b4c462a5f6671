/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Has it really started?
 *
 * The launcher waits in one loop for three things: what the method has to
 * tell, a signal (the daemon is its child, whose end is a SIGCHLD), and the
 * time-out.  Whatever ends the wait but readiness ends the daemon too, and all
 * that has come of it.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/progress.h"
#include "plan/plan.h"
#include "process/proc.h"
#include "process/schedule.h"
#include "process/stop.h"
#include "ready/method.h"
#include "ready/ready.h"
#include "ready/tail.h"

/* Room for a path, and the words around it. */
#define LATE_SIZE	(PATH_MAX + 128)

/* How long a notifier may take from its READY=1 to its BARRIER=1. */
#define BARRIER_MS	100

/* --- the end of a daemon that is not ready ---------------------------- */

/*
 * Terminates the daemon and all that it has started.  What has left its
 * session is a descendant of the launcher nevertheless, which is its subreaper:
 * but so are the children that the caller may have left to the launcher.
 */
static void
end(const struct wait *wait)
{
	const struct plan *plan = wait->plan;
	struct targets targets = { .scope = TARGET_DESCENDANTS,
	    .pid = wait->pid, .pidfd = -1, .session = wait->session,
	    .name = plan->path, .skip_fd = wait->signals };
	const char *call;
	sigset_t set;

	/* From now on, one of them means: the next stage. */
	caller_interrupts(&plan->caller, &set);
	if (wait->signals != -1)
		(void)signalfd(wait->signals, &set, 0);
	/* That session may be the caller's, too. */
	if (wait->session == getsid(0))
		targets.session = 0;
	if (wait->ready->has_children)
		targets.scope = targets.session != 0 ? TARGET_SESSION :
		    TARGET_ONE;
	switch (stop_all(&targets, &plan->schedule, &call)) {
	case STOPPED_GONE:
		break;
	case STOPPED_SURVIVED:
		complain("ready", plan->path, "is still there");
		break;
	case STOPPED_ERROR:
		stop_children(&targets);
		break;
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void
end_by(int sig)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;

	/* SIGQUIT would leave our core in the caller's directory. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)sigaction(sig, &action, NULL);
	(void)raise(sig);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, sig);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* --- the wait ---------------------------------------------------------- */

/* What the command itself has said of its state. */
static void
add_notice(char *reason, size_t size, const struct notice *notice)
{
	if (*notice->status != '\0') {
		(void)strlcat(reason, "; its status: ", size);
		(void)strlcat(reason, notice->status, size);
	}
	if (notice->error != 0) {
		(void)strlcat(reason, "; its error: ", size);
		(void)strlcat(reason, strerror(notice->error), size);
	}
	if (*notice->exit_status != '\0') {
		(void)strlcat(reason, "; its exit status: ", size);
		(void)strlcat(reason, notice->exit_status, size);
	}
}

/*
 * Report why it is not ready, and what it wrote; hint is how to find out more.
 * Return status.
 */
static int
refuse(const struct wait *wait, int status, const char *why, const char *hint)
{
	const struct plan *plan = wait->plan;
	char reason[PATH_MAX + sizeof(struct notice) + 256];

	progress_clear();
	(void)strlcpy(reason, why, sizeof(reason));
	add_notice(reason, sizeof(reason), &wait->ready->notice);
	(void)strlcat(reason, hint, sizeof(reason));
	complain("ready", plan->path, reason);
	if (wait->ready->log_start != -1)
		tail_show(plan->stdio[STDERR_FILENO], wait->ready->log_start,
		    plan->steps.stdio[STDERR_FILENO]);
	return status;
}

static int
refuse_ended(const struct wait *wait, const siginfo_t *child)
{
	const char *log = wait->plan->steps.stdio[STDERR_FILENO], *hint = "";
	char why[128];

	if (child->si_code == CLD_EXITED && child->si_status == 0)
		hint = "; if it makes itself a daemon, use its option for the "
		    "foreground";
	else if (log != NULL && strcmp(log, _PATH_DEVNULL) == 0)
		hint = "; -e FILE would show what it wrote";
	(void)snprintf(why, sizeof(why), child->si_code == CLD_EXITED ?
	    "exited with status %d before it was ready" :
	    "killed by signal %d before it was ready", child->si_status);
	return refuse(wait, STATUS_ENDED, why, hint);
}

/* Why a command is late, executed or not yet. */
static void
describe_late(const struct plan *plan, char why[static LATE_SIZE],
    const char *more)
{
	(void)snprintf(why, LATE_SIZE, "not ready after %s: %s%s",
	    plan->ready.want.timeout_text, plan->ready.want.text, more);
}

void
ready_complain_late(const struct plan *plan)
{
	char why[LATE_SIZE];

	describe_late(plan, why, "");
	(void)complain("ready", plan->path, why);
}

static int
refuse_late(const struct wait *wait)
{
	char why[LATE_SIZE];

	describe_late(wait->plan, why, wait->ready->closed ?
	    ", which it has closed" : "");
	return refuse(wait, STATUS_TIMED_OUT, why, "");
}

static int
refuse_interrupted(const struct wait *wait, int sig)
{
	char why[64];

	(void)snprintf(why, sizeof(why), "not waited for any more: signal %s",
	    signal_name(sig));
	return refuse(wait, STATUS_FAILED, why, "");
}

/* It stays a zombie until all is said and done: nobody else has its pid. */
static bool
has_ended(const struct wait *wait, siginfo_t *child)
{
	child->si_pid = 0;
	return waitid(P_PID, (id_t)wait->pid, child,
	    WEXITED | WNOHANG | WNOWAIT) == 0 && child->si_pid == wait->pid;
}

/* The signal that ends the wait, or 0. */
static int
take_signal(const struct wait *wait)
{
	struct signalfd_siginfo info;
	int sig = 0;

	while (read(wait->signals, &info, sizeof(info)) > 0)
		if (info.ssi_signo != SIGCHLD && sig == 0)
			sig = (int)info.ssi_signo;
	return sig;
}

static void
tell(struct wait *wait)
{
	const struct ready *ready = wait->ready;
	long long now = now_ms();
	char what[512];

	if (now < wait->tell)
		return;
	wait->tell = now + PROGRESS_MS;
	(void)snprintf(what, sizeof(what), "%s (%s)%s%s", wait->plan->path,
	    ready->want.text, *ready->notice.status == '\0' ? "" : ": ",
	    ready->notice.status);
	progress_tell(what, (wait->deadline == NEVER ? wait->due :
	    wait->deadline) - now);
}

/* Until something has happened.  -1 with errno of poll(2). */
static int
sleep_until(struct wait *wait)
{
	struct pollfd fds[2] = {
		{ .fd = wait->signals, .events = POLLIN },
		wait->ready->poll
	};
	long long end = wait->due < wait->deadline ? wait->due :
	    wait->deadline;

	tell(wait);
	return poll(fds, 2, wait_ms(end)) == -1 && errno != EINTR ? -1 : 0;
}

/*
 * A child that has ended and is not the daemon: an orphan of his that came to
 * us.  0, or its pid, to be reaped.
 */
static pid_t
find_orphan(const struct wait *wait)
{
	siginfo_t child = { .si_pid = 0 };

	if (waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == -1 ||
	    child.si_pid == wait->pid)
		return 0;
	return child.si_pid;
}

/*
 * Asks the method, and sees what has become of the daemon, in this order: what
 * was said before an end is heard, and whoever said it can still be asked for
 * his session.
 */
static enum answer
look(struct wait *wait, bool *ended, siginfo_t *child)
{
	enum answer answer;
	pid_t orphan;

	do {
		orphan = find_orphan(wait);
		*ended = has_ended(wait, child);
		answer = method_ask(wait);
		if (orphan != 0)
			(void)waitpid(orphan, NULL, WNOHANG);
	} while (orphan != 0 && !*ended && answer == ANSWER_NOT_YET);
	if (answer == ANSWER_READY && !*ended)
		*ended = has_ended(wait, child);
	return answer;
}

/*
 * systemd-notify(1) asks for a barrier when it has said READY=1, and fails
 * where nobody is there to answer.  Who has no other process beside him uses
 * no such notifier.
 */
static void
await_barrier(struct wait *wait)
{
	struct pollfd fd = { .fd = wait->ready->notify.fd, .events = POLLIN };
	long long end = now_ms() + BARRIER_MS;

	if (wait->ready->want.method != READY_NOTIFY)
		return;
	while (!wait->ready->notice.barrier && now_ms() < end &&
	    (proc_children(wait->pid) != 0 || proc_children(getpid()) != 1)) {
		(void)poll(&fd, 1, wait_ms(end));
		(void)method_ask(wait);
	}
}

static int
wait_for(struct wait *wait, int *sig)
{
	enum answer answer;
	siginfo_t child;
	bool ended;

	for (;;) {
		answer = look(wait, &ended, &child);
		if (ended)
			return refuse_ended(wait, &child);
		if (answer == ANSWER_READY)
			break;
		if (answer == ANSWER_ERROR)
			return refuse(wait, STATUS_FAILED, strerror(errno),
			    "");
		if ((*sig = take_signal(wait)) != 0)
			return refuse_interrupted(wait, *sig);
		if (now_ms() >= wait->deadline)
			return refuse_late(wait);
		if (sleep_until(wait) == -1)
			return refuse(wait, STATUS_FAILED, strerror(errno),
			    "");
	}
	await_barrier(wait);
	return STATUS_DONE;
}

static int
wait_and_tell(const struct plan *plan, pid_t pid, pid_t session)
{
	struct ready ready = plan->ready;
	struct wait wait = { .plan = plan, .ready = &ready, .pid = pid,
	    .session = session };
	int status, sig = 0;
	sigset_t set;

	if (ready.pipe != -1)
		(void)close(ready.want.number);	/* the command has it */
	wait.tell = now_ms() + PROGRESS_MS;
	wait.deadline = now_ms() + ready.want.timeout;
	if (ready.want.method == READY_ALIVE) {
		ready.alive_until = now_ms() + ready.want.alive;
		wait.deadline = NEVER;
	}
	caller_interrupts(&plan->caller, &set);
	(void)sigaddset(&set, SIGCHLD);
	wait.signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	status = wait.signals == -1 ?
	    refuse(&wait, STATUS_FAILED, strerror(errno), "") :
	    wait_for(&wait, &sig);
	progress_clear();
	if (status != STATUS_DONE) {
		end(&wait);
		plan_undo(plan);
		(void)plan_tell_stopped(plan, status);
	} else if (plan->verbose)
		narrate("ready", ready.want.text);
	method_close(&ready);
	if (sig != 0)
		end_by(sig);
	return status;
}

int
ready_wait(const struct plan *plan, pid_t pid, pid_t session)
{
	/* The usual case, before anything is copied for another. */
	return plan->ready.want.method == READY_EXEC ? STATUS_DONE :
	    wait_and_tell(plan, pid, session);
}
