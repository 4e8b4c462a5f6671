/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the plan to a daemon.
 *
 *   launcher      forks, waits at the report channel, tells the caller
 *   intermediate  leads the new session, forks, goes
 *   daemon        takes the steps that are left and becomes the command
 *
 * Each stands still, and lends its memory, until the one that it forked has
 * been executed or has ended (vfork(2)): no page is copied for nothing.
 *
 * The report channel is a pipe that closes itself on exec.  Each failure is a
 * record on it, and so is the announcement of the exec.  End-of-file after
 * that means that the command was executed, or that the daemon was killed just
 * before: the kernel knows which (proc_stat).  To be able to ask it, the
 * launcher makes itself the one that orphans are given to, so that the daemon
 * stays on record until the launcher leaves.
 */
#include "config.h"

#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/progress.h"
#include "instance/instance.h"
#include "launch/launch.h"
#include "plan/command.h"
#include "process/proc.h"
#include "process/schedule.h"

/*
 * The daemon's pid, or 0.  It says so itself, in the memory that it shares with
 * the launcher, and again on the report channel: valgrind and qemu-user make a
 * fork(2) of a vfork(2).
 */
static volatile pid_t born;

/* What can fail: the nine, and what comes between and after them. */
enum stage {
	STAGE_CHROOT = STEPS,
	STAGE_USER,
	STAGE_PRIVILEGES,
	STAGE_PIDFILE,
	STAGE_EXEC,
	STAGE_REPORT,
	STAGE_INIT
};

/* A record of the report channel: much less than PIPE_BUF, so never torn. */
struct report {
	int stage;
	int error;			/* an errno, or 0: done */
	pid_t pid;			/* of the process that reports */
	int fd;				/* step_failed_fd */
	char call[24];			/* step_failed_call, or "" */
};

/* What a message calls the stage, and what it names as its object. */
static void
describe(const struct plan *plan, const struct report *report,
    const char **name, const char **object)
{
	int stage = report->stage;

	switch (stage) {
	case STEP_CHDIR:
		*name = step_table[stage].name;
		*object = plan->steps.chdir;
		break;
	case STEP_STDIO:
		*name = step_table[stage].name;
		*object = report->fd != -1 ? plan->steps.stdio[report->fd] :
		    step_table[stage].call;
		break;
	case STAGE_CHROOT:
		*name = "chroot";
		*object = plan->root;
		break;
	case STAGE_USER:
		*name = plan->identity.user == NULL ? "group" : "user";
		*object = plan->identity.name;
		break;
	case STAGE_PRIVILEGES:
		*name = "no-new-privs";
		*object = "prctl";
		break;
	case STAGE_PIDFILE:
		*name = "pidfile";
		*object = plan->pidfile;
		break;
	case STAGE_EXEC:
		*name = "exec";
		*object = plan->path;
		break;
	case STAGE_REPORT:
		*name = "background";
		*object = *report->call != '\0' ? report->call :
		    "report channel";
		break;
	default:
		*name = step_table[stage].name;
		*object = *report->call != '\0' ? report->call :
		    step_table[stage].call;
		break;
	}
}

/* The exec failed: because of the file, or of the interpreter it asks for? */
static int
exec_failed(const struct plan *plan, int error)
{
	char interpreter[PATH_MAX], reason[PATH_MAX + 128];

	if ((error == ENOENT || error == EACCES) &&
	    command_interpreter(plan->path, plan->root_fd, interpreter,
	    sizeof(interpreter)) == 0) {
		(void)snprintf(reason, sizeof(reason),
		    "bad interpreter: %s: %s", interpreter, strerror(error));
		complain("exec", plan->path, reason);
		return STATUS_CANNOT_EXECUTE;
	}
	complain_errno("exec", plan->path, error);
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}

/* Undoes the launch, tells the caller why, and returns the exit status. */
static int
failed(const struct plan *plan, const struct report *report)
{
	const char *name, *object;

	plan_undo(plan);
	if (report->stage == STAGE_EXEC)
		return plan_tell_stopped(plan,
		    exec_failed(plan, report->error));
	if (report->stage == STAGE_INIT)
		return plan_tell_stopped(plan, complain("background", "fork",
		    "the first process of a pid namespace cannot go into the "
		    "background; use -F"));
	describe(plan, report, &name, &object);
	return plan_tell_stopped(plan,
	    complain_errno(name, object, report->error));
}

/* With -v: a stage that is done. */
static void
tell(const struct plan *plan, const struct report *report)
{
	const char *name, *object;
	char value[PATH_MAX + 32];

	describe(plan, report, &name, &object);
	if (report->stage == STAGE_EXEC)
		(void)snprintf(value, sizeof(value), "%s: pid %d", object,
		    (int)report->pid);
	else if (report->stage >= STEPS)
		(void)strlcpy(value, object, sizeof(value));
	else
		step_value((enum step)report->stage, &plan->steps, value,
		    sizeof(value));
	narrate(name, value);
}

/* The record of a stage that this process has taken, or failed to take. */
static struct report
make_report(int stage, int error)
{
	struct report record = { .stage = stage, .error = error, .fd = -1 };

	/* The exec is the daemon's own: it has just asked for its pid. */
	record.pid = stage == STAGE_EXEC ? born : getpid();
	if (error != 0) {
		record.fd = step_failed_fd;
		(void)strlcpy(record.call, step_failed_call == NULL ? "" :
		    step_failed_call, sizeof(record.call));
	}
	return record;
}

/* -1 where the launcher has gone: then nobody is left to launch for. */
static int
report(const struct plan *plan, int channel, int stage, int error)
{
	struct report record = make_report(stage, error);

	if (channel != -1)
		return write(channel, &record, sizeof(record)) ==
		    sizeof(record) ? 0 : -1;
	if (plan->verbose)
		tell(plan, &record);
	return 0;
}

/*
 * Ends this process because of errno.  Here as below, channel is -1 in the
 * process that the caller waits for.
 */
static void __attribute__((noreturn))
give_up(const struct plan *plan, int channel, int stage)
{
	struct report record = make_report(stage, errno);

	if (channel == -1)
		exit(failed(plan, &record));
	/* If the launcher was killed there is nobody else to undo it. */
	if (report(plan, channel, stage, record.error) == -1)
		plan_undo(plan);
	_exit(STATUS_FAILED);
}

/* What follows a stage: the next one, or the end. */
static void
take(const struct plan *plan, int channel, int stage, int result)
{
	if (result == -1)
		give_up(plan, channel, stage);
	if (plan->verbose && report(plan, channel, stage, 0) == -1)
		give_up(plan, channel, STAGE_REPORT);
}

static int
enter_root(const struct plan *plan)
{
	return fchdir(plan->root_fd) == -1 ? -1 : chroot(".");
}

/* Executes the command, or the shell with it: returns only on failure. */
static int
execute(const struct plan *plan)
{
	(void)execve(plan->path, plan->argv, plan->env);
	if (errno != ENOEXEC)
		return -1;
	if (command_is_binary(plan->path)) {
		errno = ENOEXEC;
		return -1;
	}
	return execve(plan->shell_argv[0], plan->shell_argv, plan->env);
}

/*
 * Writes the pid file and the record.  A user who may trace the process, once
 * it runs as that user, is left no descriptor that can write them: but where
 * there is no launcher, this process has to take them back if the exec fails.
 */
static int
claim(const struct plan *plan, int channel)
{
	if (channel == -1)
		return instance_claim(plan->instance, RECORD_RUNNING);
	if (instance_claim(plan->instance, RECORD_STARTING) == -1)
		return -1;
	if (plan->identity.change)
		instance_close(plan->instance);
	return 0;
}

/* Becomes the command: all that is not a fork. */
static void __attribute__((noreturn))
become(const struct plan *plan, int channel)
{
	born = getpid();
	/* The launcher may have to end this process before it is executed. */
	if (plan_is_apart(plan) && !plan->verbose &&
	    report(plan, channel, STEP_REFORK, 0) == -1)
		give_up(plan, channel, STAGE_REPORT);
	take(plan, channel, STEP_REFORK, 0);
	take(plan, channel, STEP_SIGNALS, step_signals(plan));
	take(plan, channel, STEP_SIGCHLD, step_sigchld(plan));
	take(plan, channel, STEP_UMASK, step_umask(plan));
	take(plan, channel, STEP_FDS, step_fds(plan));
	if (plan->instance != NULL)
		take(plan, channel, STAGE_PIDFILE, claim(plan, channel));
	if (plan->root != NULL)
		take(plan, channel, STAGE_CHROOT, enter_root(plan));
	if (plan->identity.change)
		take(plan, channel, STAGE_USER,
		    identity_assume(&plan->identity));
	take(plan, channel, STEP_CHDIR, step_chdir(plan));
	take(plan, channel, STEP_STDIO, step_stdio(plan));
	if (plan->no_new_privs)
		take(plan, channel, STAGE_PRIVILEGES,
		    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));

	if (report(plan, channel, STAGE_EXEC, 0) == -1)
		give_up(plan, channel, STAGE_REPORT);
	if (step_signals_release(plan) == -1)
		give_up(plan, channel, STEP_SIGNALS);
	(void)execute(plan);
	give_up(plan, channel, STAGE_EXEC);
}

/*
 * The first thing that a child of the launcher does.  With the launcher's end
 * open, the daemon would not see it closed.
 */
static void
leave_launcher(const struct plan *plan, int channel)
{
	(void)close(plan->channel[0]);
	/* After unshare(CLONE_NEWPID) in the caller, all ends with this one. */
	if (getpid() == 1)
		give_up(plan, channel, STAGE_INIT);
}

/*
 * The intermediate: with a second fork it goes once the daemon has been
 * executed, or has ended; without one it is the daemon.
 */
static void __attribute__((noreturn))
detach(const struct plan *plan, int channel)
{
	leave_launcher(plan, channel);
	take(plan, channel, STEP_BACKGROUND, 0);
	take(plan, channel, STEP_SESSION, step_session(plan));
	if (!plan->steps.refork)
		become(plan, channel);
	if (step_refork(plan, become) == -1)
		give_up(plan, channel, STEP_REFORK);
	_exit(STATUS_DONE);
}

/*
 * Waits for the end of a child, or with -1 of any; which signal it was, or 0.
 * -1: there is none.
 */
static int
await_end(pid_t pid)
{
	pid_t ended;
	int status;

	do
		ended = waitpid(pid, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* What the launcher waits by, beside the channel. */
struct patience {
	int signals;			/* a signalfd(2), or -1: it just reads */
	long long end;			/* by now_ms() */
	int interrupted;		/* the signal that ended the wait, or
					   one of the two below; 0: none */
	int error;			/* DEAF: errno of poll(2) */
	bool alone;			/* the caller left us no children */
};

#define TIMED_OUT	(-1)
#define DEAF		(-2)

/*
 * Waits for the processes of the launch, one of which may be on its way out.
 * A daemon that was forked apart may have ended before it was known: orphans
 * are given to us, so it is the only other child, or the caller's may be, too.
 * Which signal it was, or 0.
 */
static int
await_both(pid_t child, const struct patience *patience)
{
	int sig = await_end(child), other = 0, any;

	if (born > 0 && born != child)
		other = await_end(born);
	while (patience->alone && (any = await_end(-1)) != -1)
		other = any;
	if (other > 0)
		return other;
	return sig > 0 ? sig : 0;
}

/* A process died without a word, or after it had announced the exec. */
static int
killed(const struct plan *plan, pid_t child, const struct patience *patience)
{
	char reason[64];
	int sig = await_both(child, patience);

	plan_undo(plan);
	(void)strlcpy(reason, "killed before it was executed", sizeof(reason));
	if (sig != 0)
		(void)snprintf(reason, sizeof(reason),
		    "killed by signal %d before it was executed", sig);
	return plan_tell_stopped(plan, complain("exec", plan->path, reason));
}

/*
 * Only a daemon that is forked apart can be waited for with patience: vfork(2)
 * returns when it is all over.
 */
static int
begin_wait(const struct plan *plan, struct patience *patience)
{
	siginfo_t child;
	sigset_t set;

	*patience = (struct patience){ .signals = -1, .end = LLONG_MAX };
	if (!plan_is_apart(plan))
		return 0;
	patience->alone = waitid(P_ALL, 0, &child,
	    WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD;
	if (plan->ready.want.method != READY_EXEC)
		patience->end = now_ms() + plan->ready.want.timeout;
	caller_interrupts(&plan->caller, &set);
	patience->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return patience->signals == -1 ? -1 : 0;
}

/* Waits until the channel can be read; true where that is not to be. */
static bool
is_interrupted(const struct plan *plan, struct patience *patience)
{
	struct pollfd fds[2] = {
		{ .fd = plan->channel[0], .events = POLLIN },
		{ .fd = patience->signals, .events = POLLIN }
	};
	struct signalfd_siginfo info;
	int ready;

	if (patience->signals == -1 || patience->interrupted != 0)
		return false;
	while ((ready = poll(fds, 2, wait_ms(patience->end))) <= 0 ||
	    !(fds[0].revents | fds[1].revents)) {
		if (ready == -1 && errno != EINTR) {
			patience->interrupted = DEAF;
			patience->error = errno;
			return true;
		}
		if (now_ms() >= patience->end) {
			patience->interrupted = TIMED_OUT;
			return true;
		}
	}
	if (fds[1].revents == 0 ||
	    read(patience->signals, &info, sizeof(info)) <= 0)
		return false;
	patience->interrupted = (int)info.ssi_signo;
	return true;
}

/* Does the launch have a process group of its own, the intermediate's? */
static bool
has_group(const struct plan *plan)
{
	return plan->steps.session && plan->steps.background;
}

/* Ends the processes of the launch that are known by now, or in its group. */
static void
kill_launch(const struct plan *plan, pid_t child)
{
	(void)kill(child, SIGKILL);
	if (has_group(plan))
		(void)kill(-child, SIGKILL);
	if (born > 0)
		(void)kill(born, SIGKILL);
}

/* Not of an intermediate that has still to fork the daemon. */
static bool
is_of_daemon(const struct report *record)
{
	return record->stage != STEP_BACKGROUND &&
	    record->stage != STEP_SESSION && record->stage != STAGE_INIT;
}

/*
 * Reads the channel until no process has its other end any more.  Returns the
 * failure, if there was one, else 0 in its error, and in its pid whether the
 * exec was announced.
 */
static struct report
hear(const struct plan *plan, pid_t child, struct patience *patience)
{
	struct report record, last = { .stage = STAGE_REPORT };
	ssize_t length;

	for (;;) {
		if (is_interrupted(plan, patience))
			kill_launch(plan, child);
		length = read(plan->channel[0], &record, sizeof(record));
		if (length == -1 && errno == EINTR)
			continue;
		if (length != sizeof(record))
			break;
		if (is_of_daemon(&record))
			born = record.pid;
		/* A daemon that was not known before. */
		if (patience->interrupted != 0)
			kill_launch(plan, child);
		if (record.error != 0 ||
		    (record.stage == STAGE_EXEC && last.error == 0))
			last = record;
		else if (plan->verbose)
			tell(plan, &record);
	}
	if (length == -1) {
		/* Without its reports the daemon is ended. */
		last = (struct report){ .stage = STAGE_REPORT, .error = errno };
		kill_launch(plan, child);
		patience->alone &= has_group(plan);
	}
	(void)close(plan->channel[0]);
	return last;
}

/* The wait for the exec was ended by a signal, by the time or an error. */
static int
interrupted(const struct plan *plan, pid_t child,
    const struct patience *patience)
{
	int sig = patience->interrupted, status;
	char reason[128];

	(void)await_both(child, patience);
	plan_undo(plan);
	if (sig == DEAF)
		return plan_tell_stopped(plan, complain_errno("background",
		    "poll", patience->error));
	if (sig == TIMED_OUT) {
		ready_complain_late(plan);
		return plan_tell_stopped(plan, STATUS_TIMED_OUT);
	}
	(void)snprintf(reason, sizeof(reason),
	    "not waited for any more: signal %s", signal_name(sig));
	status = plan_tell_stopped(plan,
	    complain("exec", plan->path, reason));
	end_by(sig);
	return status;
}

/*
 * The daemon has announced its exec and closed the channel: was it executed,
 * or killed just before?  Where /proc cannot say, it is taken for executed.
 */
static bool
was_executed(const struct plan *plan)
{
	struct proc_stat stat;
	bool seen = proc_stat(born, &stat) == 0;

	if (seen && !stat.executed && proc_is_ours())
		return false;
	if (plan->instance != NULL)
		instance_confirm(plan->instance, born, seen &&
		    *plan->instance->entry.scope.boot != '\0' ?
		    stat.started : 0);
	return true;
}

/* The launcher; child is the process that it forked. */
static int
await(const struct plan *plan, pid_t child, struct patience *patience)
{
	struct report last;

	(void)close(plan->channel[1]);
	last = hear(plan, child, patience);
	if (patience->interrupted != 0)
		return interrupted(plan, child, patience);
	if (last.error != 0) {
		/* Nothing is left behind. */
		(void)await_both(child, patience);
		return failed(plan, &last);
	}
	if (last.pid == 0 || !was_executed(plan))
		return killed(plan, child, patience);

	/* The intermediate: not every init reaps what it is left with. */
	if (child != born)
		(void)await_end(child);
	if (patience->signals != -1)
		(void)close(patience->signals);
	if (plan->verbose)
		tell(plan, &last);
	return ready_wait(plan, born, has_group(plan) ? child : getsid(0));
}

/* Makes the launcher what await() relies on. */
static int
prepare(const struct plan *plan)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	/*
	 * No step yet, so it may fail: each fork copies the table of
	 * descriptors, and a caller may have thousands.
	 */
	(void)step_fds(plan);
	step_failed_call = "rt_sigaction";
	/* Ignored, it would let the kernel reap the daemon unasked. */
	if (sigaction(SIGCHLD, &action, NULL) == -1)
		return -1;
	/*
	 * qemu-user does not know it: there, a daemon that is killed in the
	 * middle of its execve looks as if it had been executed.
	 */
	step_failed_call = "prctl";
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 &&
	    (errno != EINVAL || plan->ready.want.method != READY_EXEC))
		return -1;
	step_failed_call = NULL;
	return 0;
}

/* The daemon, where no intermediate is between it and the launcher. */
static void __attribute__((noreturn))
refork_only(const struct plan *plan, int channel)
{
	leave_launcher(plan, channel);
	become(plan, channel);
}

int
launch(const struct plan *plan)
{
	struct patience patience;
	pid_t pid;

	if (plan_forks(plan) && (prepare(plan) == -1 ||
	    begin_wait(plan, &patience) == -1))
		give_up(plan, -1, STAGE_REPORT);
	if (plan->steps.background) {
		if ((pid = step_background(plan, detach)) == -1)
			give_up(plan, -1, STEP_BACKGROUND);
		return await(plan, pid, &patience);
	}

	/* Who is not put into the background is the launcher itself. */
	take(plan, -1, STEP_BACKGROUND, 0);
	take(plan, -1, STEP_SESSION, step_session(plan));
	if (plan->steps.refork) {
		if ((pid = step_refork(plan, refork_only)) == -1)
			give_up(plan, -1, STEP_REFORK);
		return await(plan, pid, &patience);
	}
	become(plan, -1);
}
