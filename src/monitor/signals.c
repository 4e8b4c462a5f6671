/* SPDX-License-Identifier: BSD-2-Clause */
/* The signals that the monitor receives. */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "monitor/monitor.h"
#include "process/signals.h"

void
select_signals(struct monitor *m)
{
	sigset_t set;

	if (m->signals == -1)
		return;
	if (m->first)
		set = m->plan->interrupts;
	else if (m->state == MONITOR_STARTING)
		signals_that_end(&set);
	else
		signals_fill(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (!m->first)
		(void)sigaddset(&set, SIGRTMAX);
	/* What is not in it stays pending. */
	(void)signalfd(m->signals, &set, 0);
}

/* End the wait for the exec. */
static void
interrupt_start(struct monitor *m, int sig)
{
	char reason[64];

	m->interrupted = sig;
	(void)snprintf(reason, sizeof(reason), "interrupted by signal %s",
	    signal_name(sig));
	(void)fault_set(&m->fault, STATUS_FAILED, "exec", m->plan->path,
	    reason);
	abandon_start(m);
}

/* A terminal has sent it to the command, too; a process has not. */
static void
end_by_signal(struct monitor *m, int sig, bool sent)
{
	bool again = m->stopping;

	m->stopping = true;
	m->next_due = NEVER;
	if (m->state == MONITOR_STARTING)
		interrupt_start(m, sig);
	else if (m->state == MONITOR_STOPPING ||
	    (m->state == MONITOR_CLEANING && again))
		stop_hurry(&m->stop);
	else if (m->first && m->state == MONITOR_READYING)
		interrupt_ready(m, sig);
	else if (m->pid != 0)
		stop_run(m, sig, !sent);
}

/*
 * A verb has written its request.  Between two runs, and in the middle of a
 * start, act upon it; during a run, it is read when the run ends.
 */
static void
act_on_request(struct monitor *m)
{
	enum request request = REQUEST_NONE;
	const char *reason;

	m->request_pending = true;
	if (m->state == MONITOR_STARTING) {
		/* Its record is open. */
		if (m->has_instance && instance_pending(&m->instance,
		    &request, &reason) == 0 && (request == REQUEST_STOP ||
		    request == REQUEST_STOP_TREE))
			end_by_signal(m, SIGTERM, true);
		return;
	}
	if (m->pid != 0)
		return;
	request = read_request(m);
	if (m->has_instance)
		instance_release(&m->instance);
	if (m->stopping) {
		m->next_due = NEVER;
		/* A run that has ended may have left something behind. */
		if (m->tree && m->state == MONITOR_WAITING)
			kill_leftovers(m);
	} else if (request == REQUEST_AGAIN && m->state == MONITOR_WAITING)
		m->next_due = now_ms();
}

static void
take_signal(struct monitor *m, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool sent = info->ssi_code <= 0;

	if (sig == SIGCHLD)
		return;
	/* A write of this process raises them; the kernel sends them. */
	if ((sig == SIGPIPE || sig == SIGXFSZ) &&
	    info->ssi_pid == (uint32_t)getpid())
		return;
	if (sig == SIGRTMAX && sent)
		act_on_request(m);
	else if (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT)
		end_by_signal(m, sig, sent);
	else if (!sent && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		/* The terminal stops all processes of the group. */
		(void)kill(getpid(), SIGSTOP);
	else if ((sent || sig == SIGHUP) && m->pid != 0)
		(void)kill(m->pid, sig);
}

void
handle_signals(struct monitor *m)
{
	struct signalfd_siginfo info;

	while (m->signals != -1 &&
	    read(m->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(m, &info);
}
