/* SPDX-License-Identifier: BSD-2-Clause */
/* Signalling, stopping and awaiting an instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/message.h"
#include "base/progress.h"
#include "instance/instance.h"
#include "pidfd.h"
#include "process/signals.h"
#include "process/stop.h"
#include "verbs/control.h"
#include "verbs/hold.h"

/* A supervisor may have to end what the command left behind, or its logger. */
#define SUPERVISOR_MS	60000

int
control_signal(const struct config *config)
{
	const char *path = config->pidfile;
	const char *name = signal_name(config->signal);
	struct held held;
	int status = STATUS_DONE;

	if (!hold(path, &held))
		status = refuse("signal", path, &held.found, name);
	if (status == STATUS_DONE && held.command == -1)
		status = refuse_dead("signal", path);
	else if (status == STATUS_DONE && pidfd_send_signal(held.command,
	    config->signal, NULL, 0) == -1 && errno != ESRCH)
		status = complain_errno("signal",
		    stop_refusal(config->signal), errno);
	held_release(&held);
	return status;
}

static void
await_end_of(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	while (poll(&fd, 1, -1) == -1 && errno == EINTR)
		;
}

/* The status of the last run, where a supervisor has recorded its end. */
static int
recorded_status(int fd)
{
	struct record record;
	const struct run *run;

	if (fd == -1 || record_read(fd, &record) != RECORD_GOOD ||
	    record.state != RECORD_ENDED || record.supervisor == 0)
		return STATUS_DONE;
	run = &record.run[record.runs % RECORD_RUNS];
	return run->number == record.runs ? ending_status(&run->how) :
	    STATUS_DONE;
}

int
control_wait(const struct config *config)
{
	struct held held, rest;
	int status;

	if (!hold(config->pidfile, &held)) {
		status = refuse("wait", config->pidfile, &held.found, NULL);
		if (status == STATUS_DONE)
			status = recorded_status(held.record);
		held_release(&held);
		return status;
	}
	if (held.supervisor == -1)
		await_end_of(held.command);
	else {
		await_end_of(held.supervisor);
		/* One that was killed leaves the command behind. */
		if (hold(config->pidfile, &rest) && rest.supervisor == -1)
			await_end_of(rest.command);
		held_release(&rest);
	}
	status = recorded_status(held.record);
	held_release(&held);
	return status;
}

/* Reports the process that has survived the schedule. */
static void
complain_survivor(const char *path, int pidfd, pid_t pid)
{
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };
	char what[80];

	(void)snprintf(what, sizeof(what), poll(&ended, 1, 0) == 0 ?
	    "pid %d still runs after the whole schedule" :
	    "other processes in the session of pid %d still run", (int)pid);
	(void)complain("stop", path, what);
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

/* End the targets.  For STOP_FAILED, errno and *call say why. */
static enum stop_result
stop_by(const struct targets *targets, const struct schedule *schedule,
    const char **call)
{
	enum stop_result result = STOP_FAILED;
	struct stop stop;

	if (stop_begin(&stop, targets, schedule) == 0)
		while ((result = stop_step(&stop)) == STOP_PENDING)
			await_step(&stop);
	progress_clear();
	*call = stop.call;
	stop_finish(&stop);
	return result;
}

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

int
control_stop_run(const struct config *config, const struct held *held)
{
	const struct instance_status *found = &held->found;
	struct targets targets = { .scope = TARGET_ONE, .pid = found->pid,
	    .pidfd = held->command };
	struct schedule schedule;
	const char *call;

	choose_schedule(config, found, &schedule);
	if (config->tree) {
		targets.scope = TARGET_SESSION;
		targets.session = found->session;
		/* That user can put a set-user-ID program into its session. */
		targets.only = geteuid() == 0 ? found->owner : 0;
		/* 0: its leader is in another pid namespace. */
		if (targets.session == 0 || targets.session == getsid(0))
			return complain("stop", "--tree",
			    "the caller is in the same session; "
			    "leave out --tree");
	}
	switch (stop_by(&targets, &schedule, &call)) {
	case STOP_GONE:
		return STATUS_DONE;
	case STOP_FAILED:
		complain_errno("stop", call, errno);
		return STATUS_FAILED;
	default:
		complain_survivor(config->pidfile, held->command, found->pid);
		return STATUS_STILL_THERE;
	}
}

/* Waits for the end of a supervisor that has no command any more. */
static int
await_supervisor(const char *path, const struct held *held)
{
	struct pollfd ended = { .fd = held->supervisor, .events = POLLIN };
	char what[80];
	int n;

	do
		n = poll(&ended, 1, SUPERVISOR_MS);
	while (n == -1 && errno == EINTR);
	if (n == 1)
		return STATUS_DONE;
	(void)snprintf(what, sizeof(what), "the supervisor, pid %d, still runs",
	    (int)held->found.supervisor);
	(void)complain("stop", path, what);
	return STATUS_STILL_THERE;
}

/* Stops what is held.  -1: it has changed, so it is to be looked for again. */
static int
stop_held(const struct config *config, const char *verb,
    const struct held *held)
{
	const char *path = config->pidfile;
	int status = STATUS_DONE, asked;

	if (held->supervisor != -1) {
		asked = ask_supervisor(verb, path, held, REQUEST_STOP);
		if (asked <= 0)
			return asked == 0 ? -1 : STATUS_FAILED;
		/* It terminates the command by itself. */
		if (asked == 2)
			return await_supervisor(path, held);
	}
	if (held->command != -1)
		status = control_stop_run(config, held);
	if (status == STATUS_DONE && held->supervisor != -1)
		status = await_supervisor(path, held);
	return status;
}

/* The supervisor's last word in the record: what could not be written. */
static void
print_lost(const struct config *config)
{
	struct instance_status found;

	instance_find(config->pidfile, false, &found);
	if (!found.recorded || found.record.log_lost == 0)
		return;
	print_plain(config->name != NULL ? config->name : config->pidfile);
	(void)printf(": the log has lost %lld bytes\n", found.record.log_lost);
}

int
control_stop(const struct config *config)
{
	bool stopped;

	return control_replace(config, &stopped);
}

int
control_replace(const struct config *config, bool *stopped)
{
	const char *path = config->pidfile;
	const char *verb = config->replace ? "replace" : "stop";
	struct held held;
	char reason[96];
	int status;

	do {
		*stopped = hold(path, &held);
		/* Nothing of another container is stopped here. */
		status = *stopped ? stop_held(config, verb, &held) :
		    config->replace && held.found.elsewhere ? STATUS_DONE :
		    refuse(verb, path, &held.found, "");
		held_release(&held);
	} while (status == -1);
	if (status == STATUS_DONE && !*stopped && !config->replace) {
		print_plain(config->name != NULL ? config->name : path);
		(void)puts(": not running");
	}
	*stopped = *stopped && status == STATUS_DONE;
	if (*stopped && held.supervisor != -1)
		print_lost(config);
	if (status == STATUS_DONE &&
	    instance_remove_dead(path, &held.found) == -1) {
		(void)snprintf(reason, sizeof(reason), "could not be removed: "
		    "%s", strerror(errno));
		(void)complain(verb, path, reason);
	}
	return status;
}

