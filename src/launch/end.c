/* SPDX-License-Identifier: BSD-2-Clause */
/* The processes of a launch, and their end. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/message.h"
#include "launch/end.h"
#include "process/schedule.h"
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

/*
 * A process that has left the daemon's session is still a descendant of the
 * launcher, which is the subreaper.  So is a child that the caller has left to
 * the launcher.
 */
void
end_daemon(const struct family *family, const struct wait *wait)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS,
	    .pid = wait->pid, .pidfd = -1, .session = wait->session,
	    .name = wait->command, .skip_fd = wait->signals };
	struct schedule schedule;
	const char *call;

	(void)schedule_parse(SCHEDULE_DEFAULT, &schedule);
	/* Not CHLD any more. */
	if (wait->signals != -1)
		(void)signalfd(wait->signals, wait->interrupts, 0);
	/* That session may be the caller's, too. */
	if (wait->session == getsid(0))
		targets.session = 0;
	targets.others = family->others;
	if (family->had_children && family->others == NULL)
		targets.scope = targets.session != 0 ? TARGET_SESSION :
		    TARGET_ONE;
	switch (stop_all(&targets, &schedule, &call)) {
	case STOPPED_GONE:
		break;
	case STOPPED_SURVIVED:
		(void)complain("ready", wait->command,
		    "still runs after the whole schedule");
		break;
	default:
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
