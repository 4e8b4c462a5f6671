/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's life: the first launch, then one loop.
 *
 *   a run  ->  its end  ->  what it left behind is ended (--tree)
 *    ^                            |
 *    |                            v
 *    +-------- the delay  <-  another run?  ->  the end
 *
 * An event is a signal in the signalfd(2), the end of a process (SIGCHLD), or a
 * time that has come.  The loop waits for all of them in one place.  Only the
 * exec of a start is waited for elsewhere; INT, QUIT and TERM end that wait.
 */
#include "config.h"

#include <sys/signalfd.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "instance/instance.h"
#include "launch/launch.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"
#include "supervise/memory.h"
#include "supervise/say.h"
#include "supervise/supervisor.h"

/* How often a pid file that could not be written is tried again. */
#define REWRITE_MS	1000

struct supervisor {
	struct plan *plan;
	int signals;			/* a signalfd(2) for every signal */
	sigset_t ends;			/* those that end the wait of a start */

	struct started run;		/* pid 0: none */
	struct ending last;		/* how the last run ended */
	struct backoff backoff;
	long long due;			/* the next start; NEVER: there is none */
	bool stopping;			/* restart no more */
	bool asked;			/* a verb's word has not been read */

	struct schedule schedule;	/* of a run that is being ended */
	size_t stage;			/* of it; n: no run is being ended */
	long long stage_due;

	bool cleaning;			/* what a run left behind is being
					   ended */
	struct stop stop;

	bool unwritten;			/* the pid file or the record */
	bool unwritten_said;
	long long rewrite_due;
};

static int	prepare(struct supervisor *);
static void	settle(struct supervisor *, int verdict);
static bool	await(struct supervisor *);
static void	attend(struct supervisor *, bool signals);
static void	do_what_is_due(struct supervisor *);
static void	finish_log(struct supervisor *);
static void	finish(struct supervisor *);

int
supervisor_run(struct plan *plan, int verdict)
{
	struct supervisor s = { .plan = plan, .due = NEVER };
	int status;

	if (descriptors_add(&plan->spare, verdict) == -1 ||
	    prepare(&s) == -1)
		return complain_errno("background", NULL, errno);
	status = launch(plan, &s.run);
	relay_drop_tail(&plan->log.relay);
	if (status != STATUS_DONE) {
		finish_log(&s);
		return status;
	}
	settle(&s, verdict);
	while (s.run.pid != 0 || s.cleaning || s.due != NEVER) {
		attend(&s, await(&s));
		do_what_is_due(&s);
	}
	finish_log(&s);
	finish(&s);
	return ending_status(&s.last);
}

/* --- before and after the first launch ----------------------------------- */

static int
prepare(struct supervisor *s)
{
	sigset_t all;

	(void)sigemptyset(&s->ends);
	(void)sigaddset(&s->ends, SIGINT);
	(void)sigaddset(&s->ends, SIGQUIT);
	(void)sigaddset(&s->ends, SIGTERM);
	(void)sigfillset(&all);
	/* From here on no signal is lost: it waits in the signalfd. */
	if (signals_hold() == -1 || backoff_init(&s->backoff,
	    s->plan->policy) == -1)
		return -1;
	s->signals = signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
	if (s->signals == -1 ||
	    descriptors_add(&s->plan->spare, s->signals) == -1)
		return -1;
	if (!s->plan->tree && s->plan->log.want.kind != LOG_TO_LOGGER)
		return 0;
	/* In the foreground the caller may have left some to this process. */
	s->plan->others = targets_children(&s->plan->log.logger.id);
	return s->plan->others == NULL ? -1 : 0;
}

/* Take the steps that release the caller's directory and descriptors. */
static void
leave_caller(const struct plan *plan)
{
	int null[3] = { -1, -1, -1 }, fd, i;

	if (!plan->steps.background)
		return;
	if (plan->steps.chdir != NULL)
		(void)step_chdir("/");
	(void)step_umask(plan->steps.umask);
	fd = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	for (i = 0; i < 3; i++)
		if (plan->steps.stdio[i] != NULL || plan->steps.logged[i])
			null[i] = fd;
	(void)step_stdio(null);
	if (fd != -1)
		(void)close(fd);
}

/* The launch has succeeded: give up what only it needed; report success. */
static void
settle(struct supervisor *s, int verdict)
{
	struct plan *plan = s->plan;
	int n = plan->ready.want.fd, fd;

	if (plan->instance != NULL)
		instance_release(plan->instance);
	(void)plan_settle(plan, s->signals, verdict);
	plan->verbose = false;
	/* The pipe at N of --ready=fd:N ends here. */
	if (n != 0 && (fd = open(_PATH_DEVNULL, O_RDWR)) != -1 && fd != n) {
		(void)dup2(fd, n);
		(void)close(fd);
	}
	leave_caller(plan);
	plan->log.pid = s->run.pid;
	s->stage = s->schedule.n;
	if (verdict != -1) {
		/*
		 * It fails with EPIPE if the launcher was killed.  Else the
		 * launcher waits: this end makes it undo the launch.
		 */
		if (write(verdict, "", 1) != 1 && errno != EPIPE)
			(void)raise(SIGKILL);
		(void)close(verdict);
	}
}

/* --- the instance -------------------------------------------------------- */

/* Report once that a file cannot be written, and try again later. */
static void
say_unwritten(struct supervisor *s, const char *path, const char *reason)
{
	char text[PATH_MAX + 128];

	s->rewrite_due = now_ms() + REWRITE_MS;
	s->unwritten = true;
	if (s->unwritten_said)
		return;
	s->unwritten_said = true;
	(void)snprintf(text, sizeof(text), "pidfile: %s: %s", path, reason);
	say(s->plan, text);
}

/* Open the instance.  Return the word of a verb that its record has. */
static enum word
open_instance(struct supervisor *s)
{
	struct instance *instance = s->plan->instance;
	enum word word = WORD_NONE;
	const char *reason;

	if (instance == NULL)
		return WORD_NONE;
	if (instance_reopen(instance, &word, &reason) == -1) {
		/* A further run would be a second instance of that name. */
		if (errno == EEXIST) {
			s->plan->instance = NULL;
			word = WORD_STOP;
		}
		say_unwritten(s, instance->path, reason);
		/* A stop wins, also where its word cannot be read. */
		if (s->asked)
			word = WORD_STOP;
	} else
		s->asked = false;
	if (word == WORD_STOP)
		s->stopping = true;
	return word;
}

/* Write the instance with that state, and close it. */
static void
write_instance(struct supervisor *s, enum record_state state)
{
	struct instance *instance = s->plan->instance;
	const char *path;

	if (instance == NULL)
		return;
	if (instance_write(instance, state, s->run.pid, &path) == -1)
		say_unwritten(s, path, strerror(errno));
	else if (instance->record != -1 || instance->entry.device == 0) {
		s->unwritten = false;
		/* A full disk has room for a pid file that is empty. */
		if (s->run.pid != 0)
			s->unwritten_said = false;
	}
	instance_release(instance);
}

static void
rewrite_instance(struct supervisor *s)
{
	enum word word = open_instance(s);

	if (s->plan->instance == NULL)
		return;
	s->plan->instance->entry.again = word == WORD_AGAIN;
	write_instance(s, word != WORD_NONE ? RECORD_STOPPING :
	    s->run.pid != 0 ? RECORD_RUNNING : RECORD_WAITING);
}

/* --- the end of a run ---------------------------------------------------- */

static void
record_run(struct supervisor *s, long long began, long long ended)
{
	struct record *entry;

	if (s->plan->instance == NULL)
		return;
	entry = &s->plan->instance->entry;
	entry->run[entry->runs % RECORD_RUNS] = (struct run){
	    .number = entry->runs, .began = began, .ended = ended,
	    .when = (long long)time(NULL), .how = s->last };
}

/* Return when the next run starts, or NEVER; describe that in next. */
static long long
decide(struct supervisor *s, enum word word, long long lasted, long long now,
    char *next, size_t size)
{
	char delay[48];
	long long ms;

	if (s->stopping) {
		(void)strlcpy(next, "stopped", size);
		return NEVER;
	}
	if (word == WORD_AGAIN) {
		(void)strlcpy(next, "again at once", size);
		return now;
	}
	ms = backoff_next(&s->backoff, s->plan->policy, &s->last, lasted, now);
	if (ms == RESTART_NONE)
		(void)strlcpy(next, "not restarted", size);
	else if (ms == RESTART_LIMITED)
		(void)snprintf(next, size, "not restarted again: the limit is "
		    "%zu restart%s", s->plan->policy->limit,
		    s->plan->policy->limit == 1 ? "" : "s");
	if (ms < 0)
		return NEVER;
	duration_format(ms, delay, sizeof(delay));
	(void)snprintf(next, size, "again in %s", delay);
	return now + ms;
}

/* Prepare ending what the run has left behind; clean() does it in steps. */
static void
begin_cleaning(struct supervisor *s)
{
	struct targets targets = { .scope = TARGET_DESCENDANTS, .pidfd = -1,
	    .others = s->plan->others, .name = s->plan->path, .skip_fd = -1 };
	struct schedule schedule;

	(void)schedule_parse(SCHEDULE_DEFAULT, &schedule);
	(void)stop_begin(&s->stop, &targets, &schedule);
	s->cleaning = true;
}

/*
 * Record the end of a run that began at that time, decide about the next one,
 * and report both.  failure is the message of a start that has failed, or NULL.
 */
static void
run_ended(struct supervisor *s, struct ending how, long long began,
    const char *failure)
{
	char text[PATH_MAX + 512], what[64], next[64], after[48];
	long long now = now_ms();
	enum word word;

	s->run.pid = 0;
	s->stage = s->schedule.n;
	s->last = how;
	log_end_run(&s->plan->log);
	word = open_instance(s);
	record_run(s, began, now);
	s->due = decide(s, word, now - began, now, next, sizeof(next));
	if (s->plan->instance != NULL)
		s->plan->instance->entry.due = s->due == NEVER ? 0 : s->due;
	write_instance(s, s->stopping ? RECORD_STOPPING : RECORD_WAITING);
	ending_describe(&how, what, sizeof(what));
	duration_format(now - began, after, sizeof(after));
	if (failure != NULL)
		(void)snprintf(text, sizeof(text), "%s; %s", failure, next);
	else
		(void)snprintf(text, sizeof(text), "%s: %s after %s; %s",
		    s->plan->command, what, after, next);
	say(s->plan, text);
	if (s->plan->tree)
		begin_cleaning(s);
}

static void
reap(struct supervisor *s)
{
	struct ending how;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (log_reap(&s->plan->log, pid, status) ||
		    pid != s->run.pid)
			continue;
		how.kind = WIFEXITED(status) ? END_EXIT : END_SIGNAL;
		how.number = WIFEXITED(status) ? WEXITSTATUS(status) :
		    WTERMSIG(status);
		run_ended(s, how, s->run.when, NULL);
	}
}

/* --- the next run -------------------------------------------------------- */

static void	end_run(struct supervisor *, int sig, bool sent);

static void
start(struct supervisor *s)
{
	struct outcome outcome = { .kind = OUTCOME_TOLD };
	struct instance *instance;
	struct ending how = { .kind = END_FAILED };
	long long began = now_ms();
	char failure[PATH_MAX + 256];

	s->due = NEVER;
	(void)open_instance(s);
	if (s->stopping) {
		write_instance(s, RECORD_STOPPING);
		return;
	}
	instance = s->plan->instance;
	if (instance != NULL)
		instance->entry.runs++;
	(void)plan_spare_instance(s->plan);
	launch_again(s->plan, &s->ends, &outcome, &s->run);
	if (instance != NULL) {
		/*
		 * The daemon has written both files, if it could.  The lock has
		 * ended, so a verb may have written its word since.
		 */
		if (outcome.kind == OUTCOME_READY &&
		    !instance_is_written(instance))
			s->unwritten = true;
		instance_release(instance);
	}
	(void)plan_settle(s->plan, s->signals, -1);
	s->plan->log.pid = s->run.pid;
	if (outcome.kind == OUTCOME_READY)
		return;
	if (outcome.kind == OUTCOME_INTERRUPTED)
		end_run(s, outcome.sig, true);
	messages_capture(failure, sizeof(failure));
	how.number = complain_outcome(s->plan, &outcome);
	messages_capture(NULL, 0);
	run_ended(s, how, began, failure);
}

/* --- signals ------------------------------------------------------------- */

/* Begin the stage: note its end, and with sent, send its signal. */
static void
begin_stage(struct supervisor *s, bool sent)
{
	int sig = s->schedule.stage[s->stage].signal;

	s->stage_due = now_ms() + s->schedule.stage[s->stage].wait;
	if (sent && s->run.pid != 0) {
		(void)kill(s->run.pid, sig);
		/* A stopped process acts upon it once it is continued. */
		(void)kill(s->run.pid, SIGCONT);
	}
}

static void
next_stage(struct supervisor *s)
{
	char text[PATH_MAX + 64];

	if (++s->stage < s->schedule.n) {
		begin_stage(s, true);
		return;
	}
	(void)snprintf(text, sizeof(text),
	    "%s: pid %d still runs after the whole schedule",
	    s->plan->command, (int)s->run.pid);
	say(s->plan, text);
}

/*
 * End the run by the default schedule, with sig as the first signal.  The
 * second time, go on to the next stage.
 * sent: a process has sent sig to this process.  Otherwise a terminal has sent
 * it, and the command has received it already.
 */
static void
end_run(struct supervisor *s, int sig, bool sent)
{
	bool first = !s->stopping;

	s->stopping = true;
	s->due = NEVER;
	if (s->run.pid == 0)
		return;
	if (!first && s->stage < s->schedule.n) {
		next_stage(s);
		return;
	}
	(void)schedule_parse(SCHEDULE_DEFAULT, &s->schedule);
	s->schedule.stage[0].signal = sig;
	s->stage = 0;
	begin_stage(s, sent);
}

/*
 * A verb has written its word.  Between two runs, act upon it; during a run, it
 * is read when the run ends.
 */
static void
hear_word(struct supervisor *s)
{
	enum word word;

	if (s->run.pid != 0)
		return;
	word = open_instance(s);
	if (s->plan->instance != NULL)
		instance_release(s->plan->instance);
	if (s->stopping)
		s->due = NEVER;
	else if (word == WORD_AGAIN)
		s->due = now_ms();
}

static void
take_signal(struct supervisor *s, const struct signalfd_siginfo *info)
{
	int sig = (int)info->ssi_signo;
	bool sent = info->ssi_code <= 0;

	/* The kernel says of PIPE and XFSZ that this process has sent them. */
	if (sig == SIGCHLD)
		return;
	/* A write of this process has raised it. */
	if ((sig == SIGPIPE || sig == SIGXFSZ) &&
	    info->ssi_pid == (uint32_t)getpid())
		return;
	if (sig == SIGRTMAX && sent) {
		s->asked = true;
		hear_word(s);
	} else if (sig == SIGTERM || sig == SIGINT || sig == SIGQUIT)
		end_run(s, sig, sent);
	else if (!sent && (sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU))
		/* The terminal stops all processes of the group. */
		(void)kill(getpid(), SIGSTOP);
	else if ((sent || sig == SIGHUP) && s->run.pid != 0)
		(void)kill(s->run.pid, sig);
}

static void
take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(s, &info);
}

/* --- the loop ------------------------------------------------------------ */

/* Return the end of the next wait, by now_ms(). */
static long long
next_due(const struct supervisor *s)
{
	long long due = NEVER, step;

	if (s->cleaning) {
		step = s->stop.set.n == 0 ? 0 : s->stop.end;
		due = step < due ? step : due;
	} else if (s->run.pid == 0 && s->due != NEVER)
		due = s->due;
	if (s->stage < s->schedule.n && s->stage_due < due)
		due = s->stage_due;
	if (s->unwritten && s->rewrite_due < due)
		due = s->rewrite_due;
	return due;
}

/* Waits until something is to be done; returns whether there are signals. */
static bool
await(struct supervisor *s)
{
	struct set *set = &s->stop.set;
	size_t held = s->cleaning ? set->n : 0;
	struct pollfd few[3], *fds = few;
	long long due = next_due(s), log_due;
	bool signals;

	/* Without memory, those that end are seen when the time is over. */
	if (held > 0 && (fds = calloc(3 + held, sizeof(*fds))) == NULL) {
		fds = few;
		held = 0;
	}
	fds[0] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	log_poll(&s->plan->log, fds + 1, &log_due);
	if (held > 0)
		memcpy(fds + 3, set->fds + 1, held * sizeof(*fds));
	if (log_due < due)
		due = log_due;
	poll_idle(fds, 3 + held, due);
	if (held > 0)
		memcpy(set->fds + 1, fds + 3, held * sizeof(*fds));
	signals = fds[0].revents != 0;
	if (fds != few)
		free(fds);
	return signals;
}

/* Take one step of ending what a run has left behind. */
static void
clean(struct supervisor *s)
{
	enum stopped stopped = stop_step(&s->stop);
	char text[PATH_MAX + 128];

	if (stopped == STOPPED_PENDING)
		return;
	if (stopped != STOPPED_GONE) {
		(void)snprintf(text, sizeof(text), "%s: %s: %s",
		    s->plan->command, "what it left behind still runs",
		    stopped == STOPPED_ERROR ? strerror(errno) :
		    "it survived the whole schedule");
		say(s->plan, text);
	}
	stop_finish(&s->stop);
	s->cleaning = false;
}

/*
 * Neither of these two is inlined: their buffers would be above the frame of
 * poll_idle, which gives back what is below it.
 */
static void __attribute__((noinline))
attend(struct supervisor *s, bool signals)
{
	if (signals) {
		take_signals(s);
		reap(s);
	}
}

static void __attribute__((noinline))
do_what_is_due(struct supervisor *s)
{
	long long now = now_ms();

	log_pump(&s->plan->log);
	if (s->stage < s->schedule.n && now >= s->stage_due)
		next_stage(s);
	if (s->cleaning)
		clean(s);
	if (s->run.pid == 0 && !s->cleaning && s->due != NEVER &&
	    now >= s->due)
		start(s);
	if (s->unwritten && now >= s->rewrite_due)
		rewrite_instance(s);
}

/* Nothing of the log is lost at the end, where that can be helped. */
static void
finish_log(struct supervisor *s)
{
	while (!log_finish(&s->plan->log))
		attend(s, await(s));
}

static void
finish(struct supervisor *s)
{
	(void)open_instance(s);
	if (s->plan->instance != NULL) {
		instance_end(s->plan->instance);
		instance_release(s->plan->instance);
	}
}
