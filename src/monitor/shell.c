/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user has the monitor run beside the command, as the command runs. */
#include "config.h"

#include <sys/prctl.h>
#include <sys/types.h>

#include <fcntl.h>
#include <paths.h>
#include <stdint.h>
#include <unistd.h>

#include "base/message.h"
#include "monitor/monitor.h"

/* Become sh -c COMMAND, in a session of its own.  Return only on failure. */
static void
become_shell(const struct monitor *m, const char *command)
{
	static const char shell[] = _PATH_BSHELL, option[] = "-c";
	char *argv[] = { (char *)(uintptr_t)shell, (char *)(uintptr_t)option,
	    (char *)(uintptr_t)command, NULL };
	const struct plan *plan = m->plan;
	const int null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	const int stdio[3] = { null, null, null };
	const struct descriptors none = { .n = 0 };
	const char *call;

	if (step_signals(DISPOSITION_DEFAULT, true, &call) == 0 &&
	    step_sigchld(DISPOSITION_DEFAULT, false) == 0 &&
	    step_session(true) == 0 && step_umask(plan->steps.umask) == 0 &&
	    (plan->root == NULL || enter_root(m) == 0) &&
	    (!plan->identity.change ||
	    identity_assume(&plan->identity) == 0) &&
	    step_chdir(plan->steps.chdir) == 0 && null != -1 &&
	    step_stdio(stdio) == 0 && step_fds(FDS_CLOSE, &none) == 0 &&
	    (!plan->config->no_new_privs ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) &&
	    step_signals_release(DISPOSITION_DEFAULT, NULL) == 0)
		(void)execve(shell, argv, m->env);
}

pid_t
run_check(struct monitor *m, const char *command)
{
	pid_t pid = fork();

	if (pid == 0) {
		become_shell(m, command);
		_exit(STATUS_NOT_FOUND);
	}
	return pid == -1 ? 0 : pid;
}
