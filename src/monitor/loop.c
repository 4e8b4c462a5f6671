/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The monitor's life: one start, and one loop.
 *
 *   starting -> readying -> up -> (stopping) -> (cleaning) -> waiting -> over
 *       ^                                                        |
 *       +--------------------------------------------------------+
 *
 * A launcher is over when the command is up.  A supervisor goes on: after each
 * run it starts the next one, until the policy, a verb or a signal says
 * otherwise.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "base/progress.h"
#include "monitor/monitor.h"
#include "plan/environment.h"
#include "process/proc.h"
#include "process/signals.h"

/* How long the loop waits if poll(2) fails, or before it gives back memory. */
#define PAUSE_MS	50

static int	prepare(struct monitor *);
static void	take_turn(struct monitor *);
static void	wait_for_event(struct monitor *);
static void	advance(struct monitor *);
static int	finish_supervisor(struct monitor *);

int
monitor_run(struct monitor *m)
{
	if (prepare(m) == 0)
		start(m);
	else
		m->state = MONITOR_OVER;
	while (m->state != MONITOR_OVER)
		take_turn(m);
	if (m->first && m->fault.text != NULL && log_is_open(&m->log))
		say(m, m->fault.text);
	while (!log_finish(&m->log))
		take_turn(m);
	return m->first ? finish_launch(m) : finish_supervisor(m);
}

static void
take_turn(struct monitor *m)
{
	wait_for_event(m);
	/* Once it has been executed, a signal concerns what comes next. */
	if (m->state == MONITOR_STARTING)
		receive_reports(m);
	handle_signals(m);
	reap(m);
	log_pump(&m->log);
	advance(m);
}

/* --- before --------------------------------------------------------------- */

/* Spare what the user has named from step fds, and from our own files. */
static void
keep_listed(struct monitor *m)
{
	const struct descriptors *listed = &m->plan->steps.listed;
	const char *reason;
	size_t i;

	for (i = 0; i < listed->n; i++)
		if (descriptors_add(&m->keep_fds, listed->fd[i]) == -1)
			(void)fault_errno(&m->fault, "fds", NULL, errno);
	if (reserve_fd(m) == -1)
		(void)fault_set(&m->fault, STATUS_FAILED, "ready",
		    m->ready.want->text, errno == EBADF ? "is above the limit "
		    "of open files (ulimit -n)" : strerror(errno));
	if ((reason = ready_init(&m->ready)) != NULL)
		(void)fault_set(&m->fault, STATUS_FAILED, "ready",
		    m->ready.want->text, reason);
}

void
monitor_init(struct monitor *m, const struct plan *plan)
{
	const struct config *config = plan->config;

	memset(m, 0, sizeof(*m));
	m->plan = plan;
	m->first = true;
	m->verbose = config->verbose;
	m->tree = plan->tree;
	m->lock = m->signals = m->verdict = m->reports = m->channel = -1;
	m->own[0] = m->own[1] = m->own[2] = -1;
	m->next_due = NEVER;
	files_init(&m->files);
	m->ready = (struct ready){ .want = &config->ready,
	    .verbose = m->verbose, .monitor = m, .run = run_check };
	log_init(&m->log, &config->log, plan->log_path, plan->argv[0],
	    !plan->steps.background);
	keep_listed(m);
}

int
reserve_fd(struct monitor *m)
{
	int fd = m->ready.want->fd, null;

	if (fd == 0)
		return 0;
	null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	if (null == -1)
		return -1;
	if (null == fd)
		return 0;
	if (dup3(null, fd, O_CLOEXEC) == -1) {
		close_quietly(null);
		return -1;
	}
	return close(null);
}

/* Make this process the one that orphans are given to. */
static int
adopt_orphans(struct monitor *m)
{
	const struct plan *plan = m->plan;

	/* With SIG_IGN the kernel reaps children itself. */
	if (signal_set_default(SIGCHLD) == -1)
		return fault_errno(&m->fault, background_row.name,
		    "rt_sigaction", errno);
	/*
	 * qemu-user does not know it: there, a daemon that is killed in the
	 * middle of its execve looks as if it had been executed.  A supervisor
	 * would not receive the second child of the fork.
	 */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 &&
	    (errno != EINVAL || ready_waits(&plan->config->ready) ||
	    (plan->supervised && plan->steps.refork)))
		return fault_errno(&m->fault, background_row.name,
		    "prctl(PR_SET_CHILD_SUBREAPER)", errno);
	return 0;
}

static int
open_signals(struct monitor *m)
{
	m->signals = signalfd(-1, &m->plan->interrupts,
	    SFD_NONBLOCK | SFD_CLOEXEC);
	if (m->signals == -1 ||
	    descriptors_add(&m->keep_fds, m->signals) == -1)
		return fault_errno(&m->fault, background_row.name,
		    "signalfd4", errno);
	select_signals(m);
	return 0;
}

/* What was pending in the caller is not for the command. */
static int
discard_signals(void)
{
	sigset_t set;

	signals_fill(&set);
	(void)sigdelset(&set, SIGINT);
	(void)sigdelset(&set, SIGQUIT);
	(void)sigdelset(&set, SIGTERM);
	return signals_discard(&set);
}

static int
prepare(struct monitor *m)
{
	const struct plan *plan = m->plan;

	/* No signal is lost, and none ends a launch half-way. */
	if (signals_hold() == -1)
		return fault_errno(&m->fault, "signals", NULL, errno);
	if (m->fault.status != STATUS_DONE)
		return -1;
	if (!plan_forks(plan))
		return 0;
	if (descriptors_add(&m->keep_fds, m->verdict) == -1)
		return fault_errno(&m->fault, "fds", NULL, errno);
	if (plan->supervised) {
		environment_wipe(plan->env, plan->first.list);
		if (discard_signals() == -1)
			return fault_errno(&m->fault, "signals",
			    "rt_sigtimedwait", errno);
		if (backoff_init(&m->backoff, &plan->config->policy) == -1)
			return fault_errno(&m->fault, "restart", NULL, errno);
	}
	if (adopt_orphans(m) == -1)
		return -1;
	/* With memory that is shared, the start is over when fork returns. */
	if (plan_shares_memory(plan))
		return 0;
	find_inherited(m);
	return open_signals(m);
}

/* --- the loop ------------------------------------------------------------- */

/* The child of a start writes both files itself. */
static bool
may_rewrite(const struct monitor *m)
{
	return m->dirty && !m->first && m->state != MONITOR_STARTING;
}

/* Return the earlier of the times at which something is due. */
static long long
find_due(const struct monitor *m)
{
	long long due = NEVER;

	switch (m->state) {
	case MONITOR_STARTING:
		due = m->start_due;
		break;
	case MONITOR_READYING:
		due = m->ready.due < m->ready.deadline ? m->ready.due :
		    m->ready.deadline;
		break;
	case MONITOR_WAITING:
		due = m->next_due == NEVER ? 0 : m->next_due;
		break;
	default:
		break;
	}
	return may_rewrite(m) && m->rewrite_due < due ? m->rewrite_due : due;
}

/* Show the caller what is waited for, and how long. */
static void
show_progress(struct monitor *m)
{
	const char *status = m->ready.notice.status;
	long long now = now_ms(), end = NEVER;
	struct pollfd fd;
	char what[512];

	if (m->progress_due == 0)
		m->progress_due = now + PROGRESS_MS;
	if (now < m->progress_due)
		return;
	m->progress_due = now + PROGRESS_MS;

	if (m->state == MONITOR_READYING) {
		(void)snprintf(what, sizeof(what), "%s (%s)%s%s",
		    m->plan->path, m->ready.want->text,
		    *status == '\0' ? "" : ": ", status);
		end = m->ready.deadline == NEVER ? m->ready.due :
		    m->ready.deadline;
	} else {
		stop_poll(&m->stop, &fd, &end);
		(void)snprintf(what, sizeof(what), "%s (%s)", m->plan->path,
		    signal_name(stop_signal(&m->stop)));
	}
	progress_show(what, end - now);
}

/* poll(2).  A supervisor that waits for longer gives back memory meanwhile. */
static int
poll_events(const struct monitor *m, struct pollfd *fds, nfds_t n, int ms)
{
	bool releases = !m->first && (ms == -1 || ms > PAUSE_MS);
	int result = poll(fds, n, releases ? PAUSE_MS : ms);

	if (result != 0 || !releases)
		return result;
	release_memory();
	return poll(fds, n, ms == -1 ? -1 : ms - PAUSE_MS);
}

static void
wait_for_event(struct monitor *m)
{
	bool stops = m->state == MONITOR_STOPPING ||
	    m->state == MONITOR_CLEANING;
	bool shows = m->first && (m->state == MONITOR_READYING || stops);
	long long due = find_due(m), log_due;
	struct pollfd fds[] = {
		{ .fd = m->reports, .events = POLLIN },
		{ .fd = m->signals, .events = POLLIN },
		{ .fd = -1 }, { .fd = -1 }, { .fd = -1 }, { .fd = -1 }
	};

	if (m->state == MONITOR_READYING)
		fds[2] = m->ready.poll;
	if (stops)
		stop_poll(&m->stop, &fds[3], &due);
	log_poll(&m->log, fds + 4, &log_due);
	if (log_due < due)
		due = log_due;
	if (shows)
		show_progress(m);
	/* Without memory, or with too low a limit of descriptors. */
	if (poll_events(m, fds, sizeof(fds) / sizeof(*fds),
	    due == NEVER && !shows ? -1 :
	    ms_until(due, shows ? PROGRESS_MS : INT_MAX)) == -1 &&
	    errno != EINTR)
		(void)poll(NULL, 0, PAUSE_MS);
}

static void
advance(struct monitor *m)
{
	switch (m->state) {
	case MONITOR_READYING:
		check_ready(m);
		break;
	case MONITOR_STOPPING:
	case MONITOR_CLEANING:
		step_stop(m);
		break;
	case MONITOR_WAITING:
		if (m->next_due == NEVER)
			enter(m, MONITOR_OVER);
		else if (now_ms() >= m->next_due)
			start(m);
		break;
	default:
		break;
	}
	if (!m->first && m->has_instance && note_log(m)) {
		m->dirty = true;
		m->rewrite_due = 0;
	}
	if (may_rewrite(m) && now_ms() >= m->rewrite_due)
		rewrite_instance(m);
}

/* --- up ------------------------------------------------------------------- */

/* Take the steps that release the caller's directory and descriptors. */
static void
leave_caller(const struct plan *plan)
{
	int null[3] = { -1, -1, -1 }, fd, i;

	(void)step_umask(plan->steps.umask);
	if (!plan->steps.background)
		return;
	if (plan->steps.chdir != NULL)
		(void)step_chdir("/");
	fd = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	for (i = 0; i < 3; i++)
		if (plan->steps.stdio[i] != NULL || plan->steps.logged[i])
			null[i] = fd;
	(void)step_stdio(null);
	if (fd != -1)
		(void)close(fd);
}

/* The launch has succeeded: give up what only that needed, and report it. */
static void
become_supervisor(struct monitor *m)
{
	m->first = m->verbose = false;
	/* The caller is to find the record without a lock. */
	if (m->dirty)
		m->rewrite_due = now_ms() + REWRITE_MS;
	free(m->instance.before);
	m->instance.before = NULL;
	leave_caller(m->plan);
	if (m->verdict == -1)
		return;
	/*
	 * It fails with EPIPE if the launcher was killed.  Else the launcher
	 * waits: this end makes it undo the launch.
	 */
	if (write(m->verdict, "", 1) != 1 && errno != EPIPE)
		(void)raise(SIGKILL);
	(void)close(m->verdict);
	m->verdict = -1;
}

static void
enter_up(struct monitor *m)
{
	if (m->first)
		progress_clear();
	if (!m->plan->supervised) {
		ready_close(&m->ready);
		m->state = MONITOR_OVER;
		return;
	}
	if (m->has_instance && ready_waits(m->ready.want))
		mark_ready(m);
	close_startup_fds(m);
	relay_unwatch(&m->log.relay);
	if (m->first)
		become_supervisor(m);
}

void
enter(struct monitor *m, enum monitor_state state)
{
	m->state = state;
	if (state == MONITOR_UP)
		enter_up(m);
	select_signals(m);
}

/* --- the end -------------------------------------------------------------- */

void
print_fault(struct monitor *m)
{
	progress_clear();
	if (m->fault.text != NULL && !m->fault_printed)
		(void)complain_line(m->fault.text);
	m->fault_printed = true;
}

void
monitor_undo(struct monitor *m)
{
	if (m->has_instance)
		instance_roll_back(&m->instance);
	ready_close(&m->ready);
	log_undo(&m->log);
	remove_files(&m->files);
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

/* Nothing runs any more: print how the old command is launched again. */
static void
print_replaced(const struct monitor *m)
{
	const struct config *config = m->plan->config;
	char text[PATH_MAX];

	(void)snprintf(text, sizeof(text), "nothing runs now; to launch the "
	    "old command: daemonize [OPTION]... -%c %s %s",
	    config->name != NULL ? 'n' : 'p', options_label(config),
	    m->replaced);
	(void)complain("replace", options_label(config), text);
}

int
finish_launch(struct monitor *m)
{
	if (m->fault.status == STATUS_DONE)
		return STATUS_DONE;
	monitor_undo(m);
	print_fault(m);
	if (m->replaced != NULL)
		print_replaced(m);
	if (m->interrupted != 0)
		end_by(m->interrupted);
	return m->fault.status;
}

static int
finish_supervisor(struct monitor *m)
{
	bool failed;

	(void)read_request(m);
	failed = !m->stopping && (m->limited ||
	    policy_is_failure(&m->plan->config->policy, &m->last));
	if (m->has_instance) {
		(void)note_log(m);
		m->instance.entry.limited = m->limited;
		instance_finish(&m->instance, failed ? RECORD_FAILED :
		    RECORD_ENDED);
		instance_release(&m->instance);
	}
	return ending_status(&m->last);
}
