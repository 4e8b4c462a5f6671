/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of a launch, and their end. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "base/progress.h"
#include "launch/end.h"
#include "process/proc.h"
#include "process/schedule.h"
#include "process/signals.h"
#include "process/stop.h"

bool
has_children(void)
{
	siginfo_t child;

	return waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0;
}

void
kill_family(const struct family *family)
{
	(void)kill(family->child, SIGKILL);
	if (family->grouped)
		(void)kill(-family->child, SIGKILL);
	if (family->daemon > 0)
		(void)kill(family->daemon, SIGKILL);
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

int
await_end(pid_t pid)
{
	int status;

	if (await_child(pid, &status) == -1)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int
await_family(const struct family *family)
{
	int sig = await_end(family->child), other = 0, any;

	if (family->daemon > 0 && family->daemon != family->child)
		other = await_end(family->daemon);
	/*
	 * A daemon that was forked apart may have ended before it was known.
	 * Orphans are given to this process, so it is the only other child: or
	 * the caller's may be, too.
	 */
	while (!family->had_children && (any = await_end(-1)) != -1)
		other = any;
	if (other > 0)
		return other;
	return sig > 0 ? sig : 0;
}

/* Wait for the next step. */
static void
await_step(struct stop *stop, int interrupts, const char *name)
{
	struct pollfd fds[2] = { { .fd = interrupts, .events = POLLIN } };
	struct signalfd_siginfo info;
	long long due = NEVER;
	char what[256];

	(void)snprintf(what, sizeof(what), "%s (%s)", name,
	    signal_name(stop_signal(stop)));
	stop_poll(stop, &fds[1], &due);
	if (poll(fds, 2, ms_until(due, PROGRESS_MS)) == 0 && now_ms() < due)
		progress_show(what, due - now_ms());
	if (fds[0].revents != 0 &&
	    read(interrupts, &info, sizeof(info)) == sizeof(info))
		stop_hurry(stop);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

enum stop_result
end_targets(const struct targets *targets, const struct schedule *schedule,
    int interrupts, const char *name)
{
	enum stop_result result = STOP_FAILED;
	struct stop stop;

	if (stop_begin(&stop, targets, schedule) == 0)
		while ((result = stop_step(&stop)) == STOP_PENDING)
			await_step(&stop, interrupts, name);
	progress_clear();
	stop_finish(&stop);
	return result;
}

/*
 * A process that has left the daemon's session is still a descendant of the
 * launcher, which is the subreaper.  So is a child that the caller has left to
 * the launcher.
 */
void
end_daemon(const struct family *family, const struct wait *wait,
    const char *stop_with)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS,
	    .pid = wait->pid, .pidfd = -1, .session = wait->session,
	    .excluded = family->excluded, .nexcluded = family->nexcluded };
	enum stop_result result;
	struct schedule schedule;

	(void)schedule_parse(stop_with, &schedule);
	/* Not CHLD any more. */
	if (wait->signals != -1)
		(void)signalfd(wait->signals, wait->interrupts, 0);
	/* That session may be the caller's, too. */
	if (family->had_children && family->excluded == NULL)
		targets.scope = wait->session == getsid(0) ? TARGET_ONE :
		    TARGET_SESSION;
	result = end_targets(&targets, &schedule, wait->signals,
	    wait->command);
	/* Only /proc has the others. */
	if (result == STOP_FAILED && targets.scope != TARGET_ONE) {
		(void)complain("ready", wait->command, "without /proc, the "
		    "processes that it has started are not found and ended");
		targets.scope = TARGET_ONE;
		result = end_targets(&targets, &schedule, wait->signals,
		    wait->command);
	}
	if (result == STOP_SURVIVED)
		(void)complain("ready", wait->command,
		    "still runs after the whole schedule");
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
