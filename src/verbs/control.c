/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping, restarting and awaiting an instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/json.h"
#include "base/message.h"
#include "base/progress.h"
#include "instance/name.h"
#include "pidfd.h"
#include "process/proc.h"
#include "process/signals.h"
#include "process/stop.h"
#include "verbs/control.h"
#include "verbs/instance_ref.h"
#include "verbs/several.h"

/* A supervisor may have to end what the command left behind, or its logger. */
#define SUPERVISOR_MS	60000

/* How often --again looks whether the next run has begun. */
#define AGAIN_MS	10

/* How long the parent of a process may take to reap it. */
#define REAP_MS		1000

/* How it does not run. */
static const char *
describe_absence(const struct config *config, const struct instance_ref *ref)
{
	const struct instance_status *found = &ref->found;

	if (found->state == INSTANCE_WAITING)
		return "not running: it waits for its next run";
	return found->state == INSTANCE_NONE && !found->recorded &&
	    several_given(config) && strpbrk(options_label(config),
	    NAME_PATTERN) != NULL ? "matches no instance" : "not running";
}

/* --- signal ------------------------------------------------------------- */

int
control_signal(const struct config *config)
{
	const char *label = options_label(config);
	static struct instance_ref ref;
	int status = STATUS_DONE;

	if (!open_pidfds(config->pidfile, &ref))
		status = report_unusable("signal", label, &ref,
		    signal_name(config->signal));
	if (status == STATUS_DONE && ref.command == -1 && ref.found.stale)
		status = complain("signal", label, ref.found.reason);
	else if (status == STATUS_DONE && ref.command == -1) {
		(void)complain("signal", label,
		    describe_absence(config, &ref));
		status = STATUS_NOT_RUNNING;
	} else if (status == STATUS_DONE && pidfd_send_signal(ref.command,
	    config->signal, NULL, 0) == -1 && errno != ESRCH)
		status = complain_errno("signal",
		    stop_refusal(config->signal), errno);
	close_pidfds(&ref);
	return status;
}

/* --- wait ---------------------------------------------------------------- */

/*
 * Wait for an event of a pidfd: POLLIN, the process has ended; POLLHUP, it has
 * been reaped.  Return whether it has come in time (-1: no limit).
 */
static bool
await(int pidfd, short event, int ms)
{
	struct pollfd fd = { .fd = pidfd, .events = event };
	long long end = ms == -1 ? NEVER : now_ms() + ms;

	do
		(void)poll(&fd, 1, ms == -1 ? -1 : ms_until(end, ms));
	while (!(fd.revents & event) && now_ms() < end);
	return (fd.revents & event) != 0;
}

/* How the last run has ended, if a supervisor has recorded its end. */
static bool
get_recorded_end(int fd, struct ending *how)
{
	static struct record record;
	const struct run *run;

	if (fd == -1 || record_read(fd, &record) != RECORD_GOOD ||
	    record.state < RECORD_ENDED || record.supervisor == 0)
		return false;
	run = &record.run[record.runs % RECORD_RUNS];
	if (run->number != record.runs)
		return false;
	*how = run->how;
	return true;
}

/*
 * Wait for the end of a command.  Return whether it is told how: /proc has that
 * of a zombie, and the kernel that of one that was reaped.
 */
static bool
await_command(const struct instance_ref *ref, struct ending *how)
{
	struct proc_stat stat;
	int status = 0;

	(void)await(ref->command, POLLIN, -1);
	if (proc_stat(ref->found.pid, &stat) == 0 && stat.dead &&
	    stat.started == ref->found.start)
		status = stat.exit_code;
	if (status == 0 && (!await(ref->command, POLLHUP, REAP_MS) ||
	    pidfd_get_exit(ref->command, &status) == -1))
		return false;
	*how = ending_of(status);
	return true;
}

/* The command's status, which is told from that of this verb. */
static void
print_json_end(const struct config *config, bool known,
    const struct ending *how)
{
	bool signalled = how->kind == END_SIGNAL || how->kind == END_CORE;

	json_open(NULL, '{');
	json_string("name", config->name);
	json_string("pidfile", config->pidfile);
	json_optional("exit", known && how->kind == END_EXIT, how->number);
	json_optional("signal", known && signalled, how->number);
	json_optional("failed", known && how->kind == END_FAILED, how->number);
	json_close('}');
}

int
control_wait(const struct config *config)
{
	const char *path = config->pidfile, *label = options_label(config);
	/* Too large for a small stack, as all of its kind. */
	static struct instance_ref ref, rest;
	struct ending how = { .kind = END_EXIT };
	int status = STATUS_DONE;
	bool known = false;

	if (!open_pidfds(path, &ref)) {
		status = report_unusable("wait", label, &ref, NULL);
		if (ref.found.state == INSTANCE_NONE && ref.record == -1)
			status = complain("wait", label,
			    "there is no instance");
	} else if (ref.supervisor == -1)
		known = await_command(&ref, &how);
	else {
		(void)await(ref.supervisor, POLLIN, -1);
		/* One that was killed leaves the command behind. */
		if (open_pidfds(path, &rest) && rest.supervisor == -1)
			known = await_command(&rest, &how);
		close_pidfds(&rest);
	}
	if (status == STATUS_DONE) {
		known = get_recorded_end(ref.record, &how) || known;
		if (config->json)
			print_json_end(config, known, &how);
		status = known ? ending_status(&how) : STATUS_DONE;
	}
	close_pidfds(&ref);
	return status;
}

/* --- the end of a run ---------------------------------------------------- */

/* By which schedule it is ended: the verb's, the launch's or the default. */
static void
choose_schedule(const struct config *config,
    const struct instance_status *found, struct schedule *schedule)
{
	char text[256];

	*schedule = config->schedule;
	if (schedule->n > 0 || (found->recorded && record_value(&found->record,
	    "stop-with", 0, text, sizeof(text)) &&
	    schedule_parse(text, schedule) == NULL))
		return;
	(void)schedule_parse(SCHEDULE_DEFAULT, schedule);
}

/* Wait for the next step. */
static void
await_step(const struct stop *stop)
{
	struct pollfd fd;
	long long due = NEVER;
	char what[64];

	(void)snprintf(what, sizeof(what), "pid %d (%s)",
	    (int)stop->targets.pid, signal_name(stop_signal(stop)));
	stop_poll(stop, &fd, &due);
	if (poll(&fd, 1, ms_until(due, PROGRESS_MS)) == 0 && now_ms() < due)
		progress_show(what, due - now_ms());
}

/* Report what has survived the schedule. */
static int
complain_survivor(const char *label, const struct instance_ref *ref)
{
	char what[80];

	(void)snprintf(what, sizeof(what), await(ref->command, POLLIN, 0) ?
	    "other processes in the session of pid %d still run" :
	    "pid %d still runs after the whole schedule",
	    (int)ref->found.pid);
	(void)complain("stop", label, what);
	return STATUS_STILL_THERE;
}

/* End the command, with --tree all of its session.  Return the exit status. */
static int
end_run(const struct config *config, const struct instance_ref *ref)
{
	const struct instance_status *found = &ref->found;
	struct targets targets = { .scope = config->tree ? TARGET_SESSION :
	    TARGET_ONE, .pid = found->pid, .pidfd = ref->command,
	    .session = found->session,
	    /* That user can put a set-user-ID program into its session. */
	    .only = geteuid() == 0 ? found->owner : 0 };
	enum stop_result result = STOP_FAILED;
	struct schedule schedule;
	struct stop stop;
	int status;

	/* 0: its leader is in another pid namespace. */
	if (config->tree && (targets.session == 0 ||
	    targets.session == getsid(0)))
		return complain("stop", "--tree", "the caller is in the same "
		    "session; leave out --tree");
	choose_schedule(config, found, &schedule);
	if (stop_begin(&stop, &targets, &schedule) == 0)
		while ((result = stop_step(&stop)) == STOP_PENDING)
			await_step(&stop);
	progress_clear();
	status = result == STOP_GONE ? STATUS_DONE :
	    result == STOP_SURVIVED ?
	    complain_survivor(options_label(config), ref) :
	    complain_errno("stop", stop.call, errno);
	stop_finish(&stop);
	return status;
}

/* --- stop and replace ---------------------------------------------------- */

/* Say how many processes a stop without --tree has left in the session. */
static void
print_rest(const struct config *config, const struct instance_ref *ref)
{
	struct proc_stat *list;
	ssize_t n = proc_list(&list), i;
	int rest = 0;

	for (i = 0; i < n; i++)
		rest += list[i].session == ref->found.session && !list[i].dead;
	free(list);
	if (rest == 0 || ref->found.session == getsid(0))
		return;
	print_plain(options_label(config));
	(void)printf(": %d other process%s of its session still run%s; "
	    "--tree stops %s, too\n", rest, rest == 1 ? "" : "es",
	    rest == 1 ? "s" : "", rest == 1 ? "it" : "them");
}

/* Wait for a supervisor that has no command any more. */
static int
end_supervisor(const struct config *config, const struct instance_ref *ref)
{
	struct schedule schedule;
	long long ms = SUPERVISOR_MS;
	char what[80];
	size_t i;

	choose_schedule(config, &ref->found, &schedule);
	for (i = 0; i < schedule.n; i++)
		ms += schedule.stage[i].wait;
	switch (await_supervisor(ref, ms)) {
	case 1:
		return STATUS_DONE;
	case 0:
		return -1;
	}
	(void)snprintf(what, sizeof(what), "the supervisor, pid %d, still runs",
	    (int)ref->found.supervisor);
	(void)complain("stop", options_label(config), what);
	return STATUS_STILL_THERE;
}

/* Print how much the log could not write, as the supervisor has recorded it. */
static void
print_lost(const struct config *config, const struct instance_ref *ref)
{
	static struct record last;

	if (record_read(ref->record, &last) != RECORD_GOOD ||
	    last.log_lost == 0)
		return;
	print_plain(options_label(config));
	(void)printf(": the log has lost %lld bytes\n", last.log_lost);
}

/* Stop what was found.  Return the exit status; -1: find it again. */
static int
stop_found(const struct config *config, const char *verb,
    const struct instance_ref *ref)
{
	int status = STATUS_DONE, requested;

	if (ref->supervisor != -1) {
		requested = request_supervisor(config, verb, ref,
		    config->tree ? REQUEST_STOP_TREE : REQUEST_STOP);
		if (requested < 1)
			return requested == 0 ? -1 : STATUS_FAILED;
		if (requested == 2)
			return end_supervisor(config, ref);
	}
	if (ref->command != -1)
		status = end_run(config, ref);
	if (status == STATUS_DONE && ref->supervisor != -1)
		status = end_supervisor(config, ref);
	if (status == STATUS_DONE && ref->command != -1 && !config->tree &&
	    !config->replace)
		print_rest(config, ref);
	if (status == STATUS_DONE && ref->supervisor != -1)
		print_lost(config, ref);
	return status;
}

/* Print a word as a shell reads it. */
static void
quote(FILE *stream, const char *word)
{
	if (*word != '\0' && word[strspn(word, LETTERS DIGITS
	    "%+,-./:=@_")] == '\0') {
		(void)fputs(word, stream);
		return;
	}
	(void)fputc('\'', stream);
	for (; *word != '\0'; word++)
		if (*word == '\'')
			(void)fputs("'\\''", stream);
		else
			(void)fputc(*word, stream);
	(void)fputc('\'', stream);
}

/* Return the command line of the record, to free(3), or NULL with errno. */
static char *
quote_command(const struct record *record)
{
	char *text = NULL, arg[RECORD_SIZE];
	FILE *stream;
	size_t length, i;

	if ((stream = open_memstream(&text, &length)) == NULL)
		return NULL;
	for (i = 0; record_value(record, "arg", i, arg, sizeof(arg)); i++) {
		(void)fputs(i == 0 ? "" : " ", stream);
		quote(stream, arg);
	}
	if (fclose(stream) == EOF) {
		free(text);
		text = NULL;
	}
	return text;
}

int
control_replace(const struct config *config, char **stopped)
{
	const char *path = config->pidfile, *label = options_label(config);
	const char *verb = config->replace ? "replace" : "stop";
	static struct instance_ref ref;
	char reason[96];
	int status, removed, error;
	bool ran = false;

	*stopped = NULL;
	do {
		if (open_pidfds(path, &ref)) {
			ran = true;
			status = stop_found(config, verb, &ref);
		} else if (config->replace && ref.found.elsewhere)
			/* Nothing of another container is stopped here. */
			status = STATUS_DONE;
		else
			status = report_unusable(verb, label, &ref, "");
		close_pidfds(&ref);
		removed = status == STATUS_DONE ?
		    instance_remove_dead(path, &ref.found) : 0;
		error = errno;
		/* A supervisor that is killed in a start leaves its run. */
	} while (status == -1 || removed == 1);
	if (status == STATUS_DONE && !ran && !config->replace) {
		print_plain(label);
		(void)printf(": %s\n", describe_absence(config, &ref));
	}
	if (ran && config->replace && status == STATUS_DONE &&
	    (*stopped = quote_command(&ref.found.record)) == NULL)
		return complain_errno(verb, label, errno);
	if (removed == -1) {
		(void)snprintf(reason, sizeof(reason), "could not be removed: "
		    "%s", strerror(error));
		(void)complain(verb, label, reason);
	}
	return status;
}

int
control_stop(const struct config *config)
{
	char *stopped;

	return control_replace(config, &stopped);
}

/* --- again ---------------------------------------------------------------- */

/* Wait for a run that the record did not have.  Return the exit status. */
static int
await_run(const char *label, const struct instance_ref *ref)
{
	static struct record now;
	const struct run *run;
	char how[64], reason[96];
	bool over, removed;

	for (;;) {
		removed = is_removed(ref->record);
		/* A stop removes it, but only after the supervisor's end. */
		over = await(ref->supervisor, POLLIN, AGAIN_MS);
		if (record_read(ref->record, &now) == RECORD_GOOD &&
		    now.runs > ref->found.record.runs &&
		    now.state != RECORD_STARTING)
			break;
		if (over)
			return complain("again", label,
			    "its supervisor has ended");
		if (removed)
			return complain("again", label, "its record was "
			    "removed, so the next run cannot be seen");
	}
	run = &now.run[now.runs % RECORD_RUNS];
	if (run->number != now.runs || now.ready >= now.runs)
		return STATUS_DONE;
	ending_describe(&run->how, how, sizeof(how));
	(void)snprintf(reason, sizeof(reason), run->how.kind == END_FAILED ?
	    "the command %s" : "the command %s before it was ready", how);
	(void)complain("again", label, reason);
	return run->how.kind == END_FAILED ? run->how.number : STATUS_ENDED;
}

/* Return the exit status; -1: find it again. */
static int
restart(const struct config *config, const struct instance_ref *ref)
{
	const char *label = options_label(config);
	int status = STATUS_DONE, requested;

	if (ref->supervisor == -1)
		return complain("again", label, ref->found.lost ?
		    "its supervisor has ended; stop it and launch it" :
		    "it has no supervisor; launch it with --supervise");
	requested = request_supervisor(config, "again", ref, REQUEST_AGAIN);
	if (requested != 1)
		return requested == 0 ? -1 : STATUS_FAILED;
	if (ref->command != -1)
		status = end_run(config, ref);
	return status == STATUS_DONE ? await_run(label, ref) : status;
}

int
control_again(const struct config *config)
{
	const char *label = options_label(config);
	static struct instance_ref ref;
	int status;

	do {
		if (open_pidfds(config->pidfile, &ref))
			status = restart(config, &ref);
		else if ((status = report_unusable("again", label, &ref,
		    NULL)) == STATUS_DONE) {
			(void)complain("again", label,
			    describe_absence(config, &ref));
			status = STATUS_NOT_RUNNING;
		}
		close_pidfds(&ref);
	} while (status == -1);
	return status;
}
