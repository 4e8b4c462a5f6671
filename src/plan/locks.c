/* SPDX-License-Identifier: BSD-2-Clause */
/* The locks of a plan: the lock file, the pid file and its record. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/message.h"
#include "instance/instance.h"
#include "instance/lockfile.h"
#include "instance/name.h"
#include "plan/plan.h"
#include "process/arguments.h"

/* With --if-not-running the caller wants no message, unless it is a guess. */
static int
already_running(const struct plan *plan, const char *path, pid_t pid,
    const struct instance_status *guess)
{
	char which[2048], title[256];

	if (guess != NULL) {
		proc_title(pid, title, sizeof(title));
		(void)snprintf(which, sizeof(which), "pid %d (%s), a guess "
		    "(%s),", (int)pid, title, guess->reason);
	} else if (plan->if_not_running)
		return STATUS_RUNNING;
	else if (pid > 0)
		(void)snprintf(which, sizeof(which), "pid %d", (int)pid);
	else
		(void)strlcpy(which, "another process", sizeof(which));
	return complain_running(which, path);
}

/* Takes the lock, if it is not taken yet; STATUS_RUNNING: it is held. */
static int
take_lockfile(struct plan *plan)
{
	const char *reason;
	mode_t mask;
	int error;

	if (plan->lockfile == NULL || plan->lock != -1)
		return STATUS_DONE;
	/* All users may read it, whatever the caller's umask is. */
	mask = umask(022);
	plan->lock = lockfile_open(plan->lockfile, &reason);
	error = errno;
	(void)umask(mask);
	if (plan->lock != -1 && descriptors_add(&plan->spare, plan->lock) == 0)
		return STATUS_DONE;
	if (plan->lock != -1)
		return complain_errno("lockfile", plan->lockfile, errno);
	if (error == EWOULDBLOCK)
		return STATUS_RUNNING;
	return complain("lockfile", plan->lockfile, reason);
}

/*
 * An absolute path for the record: it is read from other directories.  Where
 * the caller's has no path, --status and --check go by what they see.
 */
static void
add_path(struct record *record, const char *key, const char *path)
{
	char *whole = absolute_path(path);

	(void)record_add(record, key, whole == NULL ? "keep" : whole);
	free(whole);
}

/*
 * What the process does not show: an instance that is launched anew in the
 * same way has the same lines.  A variable may be a secret, so the record has
 * the checksum of all that --env changes.
 */
static void
describe_surroundings(const struct plan *plan, struct record *record)
{
	uint64_t sum = CHECKSUM_BEGIN;
	char text[CHECKSUM_SIZE];
	size_t i;

	if (plan->identity.change && plan->identity.gid != (gid_t)-1) {
		(void)snprintf(text, sizeof(text), "%u", plan->identity.gid);
		(void)record_add(record, "gid", text);
	}
	if (plan->root != NULL)
		add_path(record, "chroot", plan->root);
	if (plan->lockfile != NULL)
		add_path(record, "lockfile", plan->lockfile);
	if (plan->append)
		(void)record_add(record, "append", "yes");
	if (plan->no_new_privs)
		(void)record_add(record, "no-new-privs", "yes");
	if (plan->clear_env)
		(void)record_add(record, "clear-env", "yes");
	for (i = 0; i < plan->nchanges; i++)
		sum = checksum(sum, plan->changes[i],
		    strlen(plan->changes[i]) + 1);
	checksum_print(sum, text);
	if (plan->nchanges > 0)
		(void)record_add(record, "env", text);
}

/* What the verbs may want to know of the launch, later. */
static void
describe_launch(const struct plan *plan, struct record *record)
{
	char value[PATH_MAX];
	char *const *arg;
	int i;

	/* First, as a record may have no room for all. */
	if (strcmp(plan->stop_with, SCHEDULE_DEFAULT) != 0)
		(void)record_add(record, "stop-with", plan->stop_with);
	for (i = 0; i < STEPS; i++) {
		if (i == STEP_STDIO)
			continue;
		step_table[i]->print(&plan->steps, value, sizeof(value));
		if (i == STEP_CHDIR && plan->steps.chdir != NULL &&
		    plan->root == NULL)
			add_path(record, step_table[i]->name, value);
		else
			(void)record_add(record, step_table[i]->name, value);
	}
	for (i = 0; i < 3; i++)
		if (plan->steps.logged[i])
			continue;
		else if (plan->steps.stdio[i] == NULL)
			(void)record_add(record, stdio_names[i], "keep");
		else
			add_path(record, stdio_names[i], plan->steps.stdio[i]);
	if (plan->log.want.text != NULL)
		(void)record_add(record, "log", plan->log_path != NULL ?
		    plan->log_path : plan->log.want.text);
	describe_surroundings(plan, record);
	(void)record_add(record, "exec", plan->path);
	for (arg = plan->argv; *arg != NULL; arg++)
		if (!record_add(record, "arg", *arg))
			break;
}

/* Does this state of the instance forbid a launch? */
static bool
is_in_the_way(const struct plan *plan, const struct instance_status *found)
{
	switch (found->state) {
	case INSTANCE_RUNNING:
	case INSTANCE_WAITING:
	case INSTANCE_STARTING:
		return true;
	case INSTANCE_GUESS:
		return proc_runs(found->pid, plan->path, plan->argv);
	default:
		return false;
	}
}

/* Where there is no record, the launch goes ahead, and says so. */
static void
warn_of_no_record(const struct plan *plan, const char *reason)
{
	char why[256];

	(void)snprintf(why, sizeof(why), "no record can be created beside it "
	    "(%s): --stop and --signal will refuse this instance", reason);
	(void)complain("pidfile", plan->pidfile, why);
}

int
plan_spare_instance(struct plan *plan)
{
	const struct instance *instance = plan->instance;

	if (instance == NULL)
		return 0;
	return descriptors_add(&plan->spare, instance->file_at.dir) == -1 ||
	    descriptors_add(&plan->spare, instance->file) == -1 ||
	    descriptors_add(&plan->spare, instance->record) == -1 ? -1 : 0;
}

static int
open_instance(struct plan *plan)
{
	static struct instance instance;
	const char *reason;
	struct instance_status found;

	if (plan->named && name_make_directory(plan->pidfile) == -1)
		return complain_errno("name", plan->pidfile, errno);
	plan->instance = &instance;
	instance_init(&instance, plan->pidfile);
	if (plan->identity.change)
		instance.user = plan->identity.uid;
	if (instance_open(&instance, LOCK_MS, &reason) == 0)
		instance_classify(&instance, &found);
	else if (errno == EWOULDBLOCK)
		found = (struct instance_status){ .state = INSTANCE_STARTING };
	else
		return complain("pidfile", plan->pidfile, reason);
	if (found.blocks)
		return complain("pidfile", plan->pidfile, found.reason);
	if (is_in_the_way(plan, &found))
		return already_running(plan, plan->pidfile,
		    found.state == INSTANCE_WAITING ? found.supervisor :
		    found.pid, found.state == INSTANCE_GUESS ? &found : NULL);
	describe_launch(plan, &instance.entry);
	if (plan->supervised) {
		instance.entry.supervisor = getpid();
		instance.entry.runs = 1;
	}
	if (instance_clear(&instance) == -1 || plan_spare_instance(plan) == -1)
		return complain_errno("pidfile", plan->pidfile, errno);
	/* Without it the record would name no supervisor. */
	if (plan->supervised && *instance.entry.scope.boot != '\0' &&
	    (instance.entry.supervisor_start = proc_own_start()) == 0)
		return complain_errno("pidfile", "/proc/self/stat", errno);
	if (instance.record == -1)
		warn_of_no_record(plan, reason);
	return STATUS_DONE;
}

int
plan_open_instance(struct plan *plan)
{
	mode_t mask;
	int status;

	status = take_lockfile(plan);
	if (status == STATUS_RUNNING)
		return already_running(plan, plan->lockfile, 0, NULL);
	if (status != STATUS_DONE || plan->pidfile == NULL)
		return status;
	/* All users may read it, whatever the caller's umask is. */
	mask = umask(022);
	status = open_instance(plan);
	(void)umask(mask);
	return status;
}

int
plan_try(struct plan *plan)
{
	const char *reason;
	int status;

	if ((status = plan_open_files(plan)) != STATUS_DONE)
		return status;
	/* The old instance may hold it. */
	status = take_lockfile(plan);
	if (status != STATUS_DONE && status != STATUS_RUNNING)
		return status;
	/* A named instance's directory is made with its first. */
	if (plan->named || instance_check(plan->pidfile, plan->identity.change ?
	    plan->identity.uid : geteuid(), &reason) == 0)
		return STATUS_DONE;
	return complain("pidfile", plan->pidfile, reason);
}
