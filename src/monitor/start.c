/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A start of the command, the first and each later one: look at the instance,
 * open the files, lock and clear pid file and record, open the channel, fork.
 * Then the reports of the child, until it has been executed.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "monitor/monitor.h"
#include "monitor/report.h"
#include "plan/environment.h"
#include "process/proc.h"
#include "process/signals.h"

/* --- before the fork ------------------------------------------------------ */

/*
 * Open what a launch needs.  A file system may hang: only a signal that is
 * fatal ends such a wait, so those that end a launch are not blocked.  A new,
 * empty file is all that they can leave.
 */
static int
open_first(struct monitor *m)
{
	/* Of a pid file: it is too large for a small stack. */
	struct instance_status *found = NULL;
	int result;

	if (sigprocmask(SIG_UNBLOCK, &m->plan->interrupts, NULL) == -1)
		return fault_errno(&m->fault, "signals", NULL, errno);
	if (m->plan->config->pidfile != NULL &&
	    (found = malloc(sizeof(*found))) == NULL)
		result = fault_errno(&m->fault, "pidfile", "malloc", errno);
	else
		result = lock_lockfile(m) == -1 ||
		    look_at_instance(m, found) == -1 || open_files(m) == -1 ||
		    open_instance(m, found) == -1 ? -1 : 0;
	free(found);
	if (signals_hold() == -1)
		return fault_errno(&m->fault, "signals", NULL, errno);
	return result == -1 ? -1 : clear_instance(m);
}

/* A verb's request may have come: 1; 0; -1 with the fault. */
static int
open_later(struct monitor *m)
{
	m->next_due = NEVER;
	(void)read_request(m);
	if (m->stopping) {
		write_instance(m, RECORD_STOPPING);
		return 1;
	}
	if (m->has_instance) {
		m->instance.entry.runs++;
		/* The child takes the lock when it writes. */
		instance_unlock(&m->instance);
	}
	return open_files(m);
}

/* What makes the command's readiness seen. */
static int
open_ready(struct monitor *m)
{
	const char *reason = ready_prepare(&m->ready, m->files.root,
	    &m->keep_fds);

	return reason == NULL ? 0 : fault_set(&m->fault, STATUS_FAILED,
	    "ready", m->ready.want->text, reason);
}

/* The environment of the run: a later one reads --env-file again. */
static int
make_environment(struct monitor *m)
{
	static const char *const none[] = { NULL };
	const struct plan *plan = m->plan;
	const struct config *config = plan->config;
	const char *socket = *m->ready.env != '\0' ? m->ready.env : NULL;

	m->env = m->first ? plan->first.list : plan->env;
	if (socket == NULL && (m->first || config->nenv_files == 0))
		return 0;
	if (variables_make(&m->variables, m->env, config,
	    m->first ? none : plan->env_files, socket, &m->fault) == -1)
		return -1;
	m->env = m->variables.list;
	return 0;
}

/*
 * Watch for what the run is ready by, and keep what a launch that fails has to
 * show.  Start the logger.
 */
static int
start_log(struct monitor *m)
{
	const struct readiness *want = m->ready.want;
	const char *text = want->method == &line_method ? want->value : NULL;
	char reason[128];

	if (!log_is_open(&m->log))
		return 0;
	if ((m->first || text != NULL) &&
	    relay_watch(&m->log.relay, m->log.pipe[0], text) == -1)
		return fault_errno(&m->fault, "log", m->log.want.text, errno);
	return !m->first ||
	    log_start(&m->log, reason, sizeof(reason)) == 0 ? 0 :
	    fault_set(&m->fault, STATUS_FAILED, "log", m->log.want.text,
	    reason);
}

static int
open_channel(struct monitor *m)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return fault_errno(&m->fault, background_row.name, "pipe2",
		    errno);
	m->reports = fds[0];
	m->channel = fds[1];
	/* Only the monitor reads it without waiting. */
	return descriptors_add(&m->keep_fds, fds[0]) == -1 ||
	    descriptors_add(&m->keep_fds, fds[1]) == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1 ?
	    fault_errno(&m->fault, background_row.name, "pipe2", errno) : 0;
}

static int
open_start(struct monitor *m)
{
	int result = m->first ? open_first(m) : open_later(m);

	if (result != 0)
		return result;
	if (start_log(m) == -1 || open_ready(m) == -1 ||
	    make_environment(m) == -1)
		return -1;
	if (!plan_forks(m->plan))
		return keep_messages(m);
	/* Close early: a fork copies the table.  Step 7 repeats it. */
	if (m->first)
		(void)step_fds(m->plan->steps.fds, &m->keep_fds);
	return open_channel(m);
}

/* Return the latest time of the exec.  A caller may wait longer for it. */
static long long
find_start_due(const struct monitor *m)
{
	const struct readiness *ready = &m->plan->config->ready;

	return m->first && !ready_waits(ready) ? NEVER :
	    now_ms() + ready->timeout;
}

void
start(struct monitor *m)
{
	int result;

	m->began = now_ms();
	m->pid = 0;
	m->announced = m->abandoned = false;
	result = open_start(m);
	if (result == 1) {
		enter(m, MONITOR_OVER);
		return;
	}
	if (result == -1 || (m->child = fork_command(m)) == -1) {
		m->child = 0;
		start_failed(m);
		return;
	}
	(void)close(m->channel);
	m->channel = -1;
	m->start_due = find_start_due(m);
	enter(m, MONITOR_STARTING);
}

/* --- the end of a start --------------------------------------------------- */

void
close_startup_fds(struct monitor *m)
{
	close_quietly(m->reports);
	close_quietly(m->channel);
	m->reports = m->channel = -1;
	close_files(m);
	ready_close(&m->ready);
	if (m->has_instance)
		instance_release(&m->instance);
	variables_free(&m->variables);
}

void
start_failed(struct monitor *m)
{
	if (m->first) {
		enter(m, MONITOR_OVER);
		return;
	}
	run_ended(m, m->interrupted != 0 ? m->last : (struct ending){
	    .kind = END_FAILED, .number = m->fault.status });
}

pid_t
await_child(pid_t pid, int *status)
{
	pid_t ended;

	do
		ended = waitpid(pid, status, 0);
	while (ended == -1 && errno == EINTR);
	return ended;
}

/* Wait for the end of a child.  Return the signal that killed it, or 0. */
static int
await_signal(pid_t pid)
{
	int status;

	return await_child(pid, &status) != -1 && WIFSIGNALED(status) ?
	    WTERMSIG(status) : 0;
}

void
abandon_start(struct monitor *m)
{
	m->abandoned = true;
	(void)kill(m->child, SIGKILL);
	/* Not reaped yet, it keeps its pid, which is that of its group. */
	if (m->plan->steps.session)
		(void)kill(-m->child, SIGKILL);
	if (m->pid != 0)
		(void)kill(m->pid, SIGKILL);
}

/* The processes of the start have ended, or are about to. */
static void
end_start(struct monitor *m)
{
	char reason[64] = "killed before it was executed";
	int sig = await_signal(m->child), other = 0, status;

	if (m->pid != 0 && m->pid != m->child)
		other = await_signal(m->pid);
	/* A daemon that was never reported is in its group. */
	while (m->plan->steps.session &&
	    await_child(-m->child, &status) != -1)
		other = WIFSIGNALED(status) ? WTERMSIG(status) : other;
	if (other != 0)
		sig = other;
	if (sig != 0)
		(void)snprintf(reason, sizeof(reason),
		    "killed by signal %d before it was executed", sig);
	/* A report has said more. */
	(void)fault_set(&m->fault, STATUS_FAILED, "exec", m->plan->path,
	    reason);
	m->pid = 0;
	start_failed(m);
}

/*
 * The daemon has announced its exec and closed the channel.  Return whether it
 * was executed, or killed just before.  If /proc does not show it, it counts
 * as executed.
 */
static bool
is_executed(struct monitor *m, struct proc_stat *stat)
{
	if (proc_stat(m->pid, stat) == 0)
		return stat->executed || !proc_is_ours();
	memset(stat, 0, sizeof(*stat));
	return true;
}

static void
confirm_exec(struct monitor *m)
{
	struct report report = { .stage = STAGE_EXEC, .pid = m->pid };
	struct proc_stat stat;

	if (!is_executed(m, &stat)) {
		end_start(m);
		return;
	}
	/* The intermediate: not every init reaps what it is left with. */
	if (m->child != m->pid)
		(void)await_signal(m->child);
	m->began = now_ms();
	if (m->verbose)
		report_narrate(m->plan, &report);
	run_began(m, *m->instance.entry.scope.boot != '\0' ? stat.started : 0);
}

/* --- its reports ---------------------------------------------------------- */

static void
take_report(struct monitor *m, const struct report *report)
{
	/* Those of the intermediate are not the daemon's. */
	if (report->stage != STEP_BACKGROUND && report->stage != STEP_SESSION &&
	    report->stage != STAGE_INIT)
		m->pid = report->pid;
	if (m->abandoned)
		/* The pid was reported late: kill it, too. */
		abandon_start(m);
	else if (report->error != 0)
		report_fault(m->plan, report, &m->fault);
	else if (report->stage == STAGE_EXEC)
		m->announced = true;
	else if (m->verbose)
		report_narrate(m->plan, report);
}

void
receive_reports(struct monitor *m)
{
	struct report report;
	int result;

	while ((result = report_receive(m->reports, &report)) == 1)
		take_report(m, &report);
	if (result == -1 && errno == EAGAIN) {
		if (now_ms() < m->start_due || m->abandoned)
			return;
		ready_late(m);
		abandon_start(m);
		return;
	}
	if (result == -1) {
		/* Without its reports the daemon is terminated. */
		(void)fault_errno(&m->fault, background_row.name,
		    "report channel", errno);
		abandon_start(m);
	}
	(void)close(m->reports);
	m->reports = -1;
	if (m->announced && m->fault.status == STATUS_DONE)
		confirm_exec(m);
	else
		end_start(m);
}
