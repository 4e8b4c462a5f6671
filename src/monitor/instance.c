/* SPDX-License-Identifier: BSD-2-Clause */
/* The instance of a launch: lock file, pid file and record. */
#include "config.h"

#include <sys/file.h>
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
#include "base/clock.h"
#include "base/file.h"
#include "base/message.h"
#include "instance/instance.h"
#include "instance/lockfile.h"
#include "instance/name.h"
#include "monitor/monitor.h"
#include "process/arguments.h"

/* A verb needs the flock for a moment only. */
#define LOCK_WAIT_MS	1000

/* How often a request is tried to be read; then it is taken for a stop. */
#define REQUEST_TRIES	3

/* --- a launch ------------------------------------------------------------- */

static int
fail(struct monitor *m, const char *reason)
{
	return fault_set(&m->fault, STATUS_FAILED, "pidfile",
	    m->plan->config->pidfile, reason);
}

/* With --if-not-running the caller wants no message, unless it is a guess. */
static int
already_running(struct monitor *m, const char *path, pid_t pid,
    const struct instance_status *guess)
{
	const struct config *config = m->plan->config;
	bool named = config->name != NULL && path == config->pidfile;
	const char *verb = named ? "is" : "holds";
	char *which, title[256];
	int length, result;

	if (named)
		path = config->name;
	if (guess == NULL && config->if_not_running)
		m->fault.status = STATUS_RUNNING;
	if (guess != NULL) {
		proc_title(pid, title, sizeof(title));
		length = asprintf(&which, "pid %d (%s), a guess (%s), %s %s",
		    (int)pid, title, guess->reason, verb, path);
	} else if (pid > 0)
		length = asprintf(&which, "pid %d %s %s", (int)pid, verb, path);
	else
		length = asprintf(&which, "another process %s %s", verb, path);
	if (length == -1)
		which = NULL;
	result = fault_set(&m->fault, STATUS_RUNNING, "already running", NULL,
	    which == NULL ? path : which);
	free(which);
	return result;
}

/* Return 1 if another process holds the lock; -1 with the fault. */
static int
try_lockfile(struct monitor *m)
{
	const char *path = m->plan->config->lockfile, *reason;
	mode_t mask;
	int error;

	if (path == NULL || m->lock != -1)
		return 0;
	/* All users may read it, whatever the caller's umask is. */
	mask = umask(022);
	m->lock = lockfile_open(path, &reason);
	error = errno;
	(void)umask(mask);
	if (m->lock == -1)
		return error == EWOULDBLOCK ? 1 : fault_set(&m->fault,
		    STATUS_FAILED, "lockfile", path, reason);
	return descriptors_add(&m->keep_fds, m->lock) == 0 ? 0 :
	    fault_errno(&m->fault, "lockfile", path, errno);
}

int
lock_lockfile(struct monitor *m)
{
	int result = try_lockfile(m);

	return result != 1 ? result :
	    already_running(m, m->plan->config->lockfile, 0, NULL);
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
 * What the process does not show: an instance that is launched again in the
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
	if (plan->config->lockfile != NULL)
		add_path(record, "lockfile", plan->config->lockfile);
	if (plan->config->append)
		(void)record_add(record, "append", "yes");
	if (plan->config->no_new_privs)
		(void)record_add(record, "no-new-privs", "yes");
	if (plan->config->clear_env)
		(void)record_add(record, "clear-env", "yes");
	for (i = 0; i < plan->config->nenv; i++)
		sum = checksum(sum, plan->config->env[i],
		    strlen(plan->config->env[i]) + 1);
	checksum_print(sum, text);
	if (plan->config->nenv > 0)
		(void)record_add(record, "env", text);
	for (i = 0; i < plan->config->nenv_files; i++)
		(void)record_add(record, "env-file", plan->env_files[i]);
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
	if (plan->config->log.text != NULL)
		(void)record_add(record, "log", plan->log_path != NULL ?
		    plan->log_path : plan->config->log.text);
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

/* Without a record, the launch goes ahead, and says so. */
static void
warn_of_no_record(const struct plan *plan, const char *reason)
{
	char why[256];

	(void)snprintf(why, sizeof(why), "no record can be created beside it "
	    "(%s): --stop and --signal will refuse this instance", reason);
	(void)complain("pidfile", plan->config->pidfile, why);
}

static int
refuse_running(struct monitor *m, const struct instance_status *found)
{
	return is_in_the_way(m->plan, found) ? already_running(m,
	    m->plan->config->pidfile, found->state == INSTANCE_WAITING ?
	    found->supervisor : found->pid,
	    found->state == INSTANCE_GUESS ? found : NULL) : 0;
}

int
look_at_instance(struct monitor *m, struct instance_status *found)
{
	if (m->plan->config->pidfile == NULL)
		return 0;
	instance_find(m->plan->config->pidfile, false, found);
	/* A launch that is under way is waited for later. */
	return found->state == INSTANCE_STARTING ? 0 :
	    refuse_running(m, found);
}

/* Name this process as the supervisor. */
static int
name_supervisor(struct record *entry)
{
	entry->supervisor = getpid();
	entry->runs = 1;
	if (*entry->scope.boot == '\0')
		return 0;
	entry->supervisor_start = proc_own_start();
	return entry->supervisor_start == 0 ? -1 : 0;
}

int
open_instance(struct monitor *m, struct instance_status *found)
{
	const struct config *config = m->plan->config;
	struct instance *instance = &m->instance;
	const char *reason;
	int result, error;
	mode_t mask;

	if (config->pidfile == NULL)
		return 0;
	if (config->name != NULL && name_make_directory(config->pidfile) == -1)
		return fault_errno(&m->fault, "name", config->pidfile, errno);
	m->has_instance = true;
	instance_init(instance, config->pidfile);
	if (m->plan->identity.change)
		instance->user = m->plan->identity.uid;
	/* All users may read it, whatever the caller's umask is. */
	mask = umask(022);
	result = instance_open(instance, LOCK_MS, &reason);
	error = errno;
	(void)umask(mask);
	if (result == 0)
		instance_classify(instance, found);
	else if (error == EWOULDBLOCK)
		*found = (struct instance_status){ .state = INSTANCE_STARTING };
	else
		return fail(m, reason);
	if (found->blocks)
		return fail(m, found->reason);
	if (refuse_running(m, found) == -1)
		return -1;
	if (instance->record == -1)
		warn_of_no_record(m->plan, reason);
	return 0;
}

static int
clear(struct monitor *m)
{
	struct instance *instance = &m->instance;

	describe_launch(m->plan, &instance->entry);
	if (instance_clear(instance) == -1 ||
	    descriptors_add(&m->keep_fds, instance->file_at.dir) == -1 ||
	    descriptors_add(&m->keep_fds, instance->file) == -1 ||
	    descriptors_add(&m->keep_fds, instance->record) == -1)
		return fail(m, strerror(errno));
	if (m->plan->supervised && name_supervisor(&instance->entry) == -1)
		return fault_errno(&m->fault, "pidfile", "/proc/self/stat",
		    errno);
	return 0;
}

int
clear_instance(struct monitor *m)
{
	mode_t mask;
	int result;

	if (!m->has_instance)
		return 0;
	/* All users may read it, whatever the caller's umask is. */
	mask = umask(022);
	result = clear(m);
	(void)umask(mask);
	return result;
}

int
monitor_prepare(struct monitor *m)
{
	const struct config *config = m->plan->config;
	const char *reason;

	/*
	 * The old instance may hold the lock.  A named instance's directory is
	 * made with its first.
	 */
	if (m->fault.status == STATUS_DONE && open_files(m) == 0 &&
	    try_lockfile(m) != -1 && config->name == NULL &&
	    instance_check(config->pidfile, m->plan->identity.change ?
	    m->plan->identity.uid : geteuid(), &reason) == -1)
		(void)fail(m, reason);
	return finish_launch(m);
}

/* --- a supervisor --------------------------------------------------------- */

/* Report once that a file cannot be written, and try again later. */
static void
report_dirty(struct monitor *m, const char *path, const char *reason)
{
	char text[PATH_MAX + 128];

	m->rewrite_due = now_ms() + REWRITE_MS;
	m->dirty = true;
	if (m->write_error_reported)
		return;
	m->write_error_reported = true;
	(void)snprintf(text, sizeof(text), "pidfile: %s: %s", path, reason);
	say(m, text);
}

/*
 * Open both files.  If another process holds the flock for more than a second,
 * or TERM has come, go ahead without it.  Return 0, or -1 with *reason; errno
 * is EEXIST if the record is another launch's by now.
 */
static int
reopen(struct instance *instance, enum request *request, const char **reason)
{
	int result, error = 0;

	*request = REQUEST_NONE;
	result = instance_open(instance, LOCK_WAIT_MS, reason);
	if (result == -1 && (errno == EWOULDBLOCK || errno == EINTR))
		result = 0;
	if (instance->record == -1)
		return instance->entry.device == 0 ? result : -1;
	if (instance_pending(instance, request, reason) == -1) {
		error = errno;
		instance_release(instance);
	}
	errno = error;
	return error != 0 ? -1 : result;
}

enum request
read_request(struct monitor *m)
{
	struct instance *instance = &m->instance;
	enum request request = REQUEST_NONE;
	const char *reason;
	int result, tries = 0;

	if (!m->has_instance)
		return REQUEST_NONE;
	/* With the record open, the request is known, whatever FILE is. */
	while ((result = reopen(instance, &request, &reason)) == -1 &&
	    errno != EEXIST && instance->record == -1 && m->request_pending &&
	    tries++ < REQUEST_TRIES)
		instance_release(instance);
	if (result == 0 || instance->record != -1)
		m->request_pending = false;
	if (result == -1) {
		/* A further run would be a second instance of that name. */
		if (errno == EEXIST) {
			m->has_instance = false;
			request = REQUEST_STOP;
		}
		report_dirty(m, instance->path, reason);
		if (m->request_pending)
			request = REQUEST_STOP;
	}
	if (request == REQUEST_STOP || request == REQUEST_STOP_TREE)
		m->stopping = true;
	if (request == REQUEST_STOP_TREE)
		m->tree = true;
	return request;
}

bool
note_log(struct monitor *m)
{
	struct record *entry = &m->instance.entry;
	bool changed = strcmp(entry->log_fault, m->log.fault) != 0;

	(void)strlcpy(entry->log_fault, m->log.fault,
	    sizeof(entry->log_fault));
	entry->log_lost = m->log.lost;
	return changed;
}

void
write_instance(struct monitor *m, enum record_state state)
{
	struct instance *instance = &m->instance;
	const char *path;

	if (!m->has_instance)
		return;
	(void)note_log(m);
	if (instance_update(instance, state, m->pid, &path) == -1)
		report_dirty(m, path, strerror(errno));
	else if (instance->record != -1 || instance->entry.device == 0) {
		m->dirty = false;
		/* A full disk has room for a pid file that is empty. */
		if (m->pid != 0)
			m->write_error_reported = false;
	}
	instance_release(instance);
}

void
mark_ready(struct monitor *m)
{
	struct instance *instance = &m->instance;

	instance->entry.ready = instance->entry.runs;
	if (instance->record == -1) {
		rewrite_instance(m);
		return;
	}
	instance_mark(instance, RECORD_RUNNING, m->pid, instance->entry.start);
	m->dirty = instance->dirty;
	m->rewrite_due = 0;
}

void
rewrite_instance(struct monitor *m)
{
	enum request request = read_request(m);

	if (!m->has_instance)
		return;
	m->instance.entry.again = request == REQUEST_AGAIN;
	m->instance.entry.tree = request == REQUEST_STOP_TREE;
	write_instance(m, request != REQUEST_NONE ? RECORD_STOPPING :
	    m->state == MONITOR_UP ? RECORD_RUNNING :
	    m->pid != 0 ? RECORD_STARTING : RECORD_WAITING);
}
