/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came of a supervised launch, and of a restart that something was done
 * to: the next run, or an end with its files; and what the verbs say of it.
 */
#define _GNU_SOURCE

#include <sys/types.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

bool
is_lost(const struct launch *launch)
{
	return launch->supervisor != -1 && launch->reached &&
	    launch->fault.process == launch->supervisor &&
	    launch->fault.manner >= KILL;
}

bool
is_ended_for(const struct launch *launch)
{
	return is_lost(launch) || (launch->supervisor > 0 && launch->reached &&
	    (launch->fault.process == 0 ||
	    launch->fault.number == row_named("write")->number));
}

enum verdict
judge_supervisor(const struct launch *launch, const struct noted *noted,
    bool lost)
{
	const struct process *supervisor;

	if (launch->supervisor == -1)
		return noted->supervisor == 0 ? RIGHT :
		    because(SILENT, "record: a supervisor");
	supervisor = &launch->process[launch->supervisor];
	if (noted->supervisor != supervisor->pid)
		return because(SILENT, "record: supervisor %d, not %d",
		    (int)noted->supervisor, (int)supervisor->pid);
	if (lost)
		return RIGHT;
	if (supervisor->gone || !is_alive(supervisor->pid))
		return because(SILENT, "the supervisor has ended");
	if (noted->supervisor_start != start_of(supervisor->pid) &&
	    !(noted->nowhere && noted->supervisor_start == 0))
		return because(SILENT, "record: supervisor-start %llu, not "
		    "%llu", noted->supervisor_start,
		    start_of(supervisor->pid));
	return RIGHT;
}

/* --- after the first start ------------------------------------------------ */

bool
begin_later(struct launch *launch, const struct set *set)
{
	pid_t pid = launch_arm(launch);

	if (pid == 0)
		return false;
	if (set->then == STOP || set->then == AGAIN)
		(void)launch_verb(launch, place_verb(set, set->then == STOP ?
		    "--stop" : "--again"));
	else
		kill(pid, SIGKILL);
	return true;
}

/* What launch_until asks for has no argument. */
static const struct standard *sought;

static bool
is_right(const struct launch *launch)
{
	return judge_daemon(launch, sought, false) == RIGHT;
}

bool
until_right(struct launch *launch, const struct standard *standard)
{
	sought = standard;
	return launch_until(launch, is_right);
}

/* Does --status exit so, and say that? */
static enum verdict
judge_status(struct launch *launch, const struct standard *standard,
    int expected, const char *text)
{
	char said[4096];
	ssize_t length;
	int status;

	status = launch_verb(launch, place_verb(standard->set, "--status"));
	length = pread(launch->out, said, sizeof(said) - 1, 0);
	said[length > 0 ? length : 0] = '\0';
	if (status == -1)
		return because(HUNG, "--status does not end");
	/* Dead: with files, or without. */
	if (status != expected && !(expected == 3 && status == 1))
		return because(SILENT, "--status: %d, not %d", status,
		    expected);
	if (strstr(said, text) == NULL)
		return because(SILENT, "--status does not say `%s'", text);
	return RIGHT;
}

/* Does --stop leave nothing? */
static enum verdict
judge_stop(struct launch *launch, const struct standard *standard)
{
	const char *pidfile = place_pidfile(standard->set);
	struct noted noted;
	int status;

	status = launch_verb(launch, place_verb(standard->set, "--stop"));
	if (status == -1)
		return because(HUNG, "--stop does not end");
	if (status != 0)
		return because(LEFT, "--stop: %d", status);
	if (!launch_until(launch, launch_is_gone))
		return because(LEFT, "a process, after --stop");
	record_of(pidfile, &noted);
	if (number_in(pidfile) != -1 || noted.what != NOTED_NONE)
		return because(LEFT, "%s, after --stop",
		    number_in(pidfile) != -1 ? "pid file" : "record");
	return RIGHT;
}

enum verdict
judge_lost(struct launch *launch, const struct standard *standard)
{
	const struct process *daemon = launch_daemon(launch);
	enum verdict verdict = RIGHT;

	if (daemon != NULL)
		verdict = judge_daemon(launch, standard, true);
	else if (!launch_is_gone(launch))
		return because(LEFT, "two commands");
	if (verdict == RIGHT)
		verdict = judge_status(launch, standard, daemon == NULL ? 3 : 0,
		    daemon == NULL ? "" : "its supervisor has ended");
	return verdict == RIGHT ? judge_stop(launch, standard) : verdict;
}

/*
 * The supervisor has ended: what has failed for good may have used up all
 * restarts.
 */
static enum verdict
judge_given_up(struct launch *launch, const struct standard *standard)
{
	const char *pidfile = place_pidfile(standard->set);
	enum verdict verdict;
	pid_t pid = number_in(pidfile);

	if (!launch_until(launch, launch_is_gone))
		return because(LEFT, "a command without a supervisor");
	if (!launch->fault.lasting)
		return because(LEFT, "the supervisor has ended");
	/* It may be that the file could not be opened, or removed. */
	if (pid > 0 && is_alive(pid))
		return because(LEFT, "pid file: %d", (int)pid);
	verdict = judge_status(launch, standard, 3, "");
	return verdict == RIGHT ? judge_stop(launch, standard) : verdict;
}

static enum verdict
judge_next_run(struct launch *launch, const struct standard *standard)
{
	enum verdict verdict;

	if (!launch_settle(launch))
		return because(HUNG, "no next run");
	if (is_lost(launch))
		return judge_lost(launch, standard);
	/* There is room on the disk again, and so on. */
	launch->cured = true;
	if (launch->process[launch->supervisor].gone)
		return judge_given_up(launch, standard);
	if (!until_right(launch, standard))
		return judge_daemon(launch, standard, false);
	verdict = judge_status(launch, standard, 0, "supervisor");
	/* A launch left alone is to be looked at still. */
	if (verdict != RIGHT || launch->fault.manner == NOTHING)
		return verdict;
	return judge_stop(launch, standard);
}

/* The last run has ended, and so is the supervisor to do. */
static enum verdict
judge_end(struct launch *launch, const struct standard *standard)
{
	const char *pidfile = place_pidfile(standard->set);
	enum verdict verdict;
	struct noted noted;
	bool lenient;

	if (!launch_until(launch, launch_is_gone))
		return because(HUNG, "the supervisor stays");
	record_of(pidfile, &noted);
	/* It is not tried again: /proc says as well that all has ended. */
	lenient = launch->reached;
	if (!lenient && number_in(pidfile) != -1)
		return because(LEFT, "pid file: %d", (int)number_in(pidfile));
	if (!lenient && strcmp(noted.state, "ended") != 0 &&
	    strcmp(noted.state, "failed") != 0)
		return because(LEFT, "record: `%s'", noted.state);
	verdict = judge_status(launch, standard, 3, "");
	if (verdict != RIGHT || launch->fault.manner == NOTHING)
		return verdict;
	return judge_stop(launch, standard);
}

/* Did the verb end, and if it failed, did it say why?  A stop never fails. */
static enum verdict
judge_verb(const struct launch *launch, bool fails)
{
	char said[4096];
	ssize_t length = pread(launch->messages, said, sizeof(said), 0);

	if (launch->verb_status == -1)
		return because(HUNG, "the verb does not end");
	if (launch->verb_status != 0 && !fails)
		return because(LEFT, "the verb fails: %d",
		    launch->verb_status);
	if (launch->verb_status != 0 && length <= 0)
		return because(MUTE, "the verb says nothing: %d",
		    launch->verb_status);
	return RIGHT;
}

static enum verdict
judge_stopped(struct launch *launch, const struct standard *standard)
{
	enum verdict verdict = judge_verb(launch, false);
	struct noted noted;

	launch->cured = true;
	if (verdict != RIGHT)
		return verdict;
	if (!launch_until(launch, launch_is_gone))
		return because(LEFT, "a process, after --stop");
	record_of(place_pidfile(standard->set), &noted);
	if (number_in(place_pidfile(standard->set)) != -1 ||
	    noted.what != NOTED_NONE)
		return because(LEFT, "files, after --stop");
	return RIGHT;
}

static enum verdict
judge_again(struct launch *launch, const struct standard *standard)
{
	enum verdict verdict = judge_verb(launch, true);

	return verdict == RIGHT ? judge_next_run(launch, standard) : verdict;
}

enum verdict
judge_later(struct launch *launch, const struct standard *standard)
{
	switch (standard->set->then) {
	case LAST_ENDS:
		return judge_end(launch, standard);
	case STOP:
		return judge_stopped(launch, standard);
	case AGAIN:
		return judge_again(launch, standard);
	default:
		return judge_next_run(launch, standard);
	}
}
