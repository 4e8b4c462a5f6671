/* SPDX-License-Identifier: BSD-2-Clause */
/* The pid file and the record of a supervised instance. */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "supervise/say.h"
#include "supervise/state.h"

/* How often a pid file that could not be written is tried again. */
#define REWRITE_MS	1000

/* A verb needs the flock for a moment only. */
#define LOCK_WAIT_MS	1000

/* How often a verb's word is tried to be read; then it is taken for a stop. */
#define WORD_TRIES	3

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

/* Open the instance.  Return the word of a verb that its record has. */
enum request
open_instance(struct supervisor *s)
{
	struct instance *instance = s->plan->instance;
	enum request word = REQUEST_NONE;
	const char *reason;
	int result, tries = 0;

	if (instance == NULL)
		return REQUEST_NONE;
	/* With the record open, the word is known, whatever FILE is. */
	while ((result = reopen(instance, &word, &reason)) == -1 &&
	    errno != EEXIST && instance->record == -1 && s->asked &&
	    tries++ < WORD_TRIES)
		instance_release(instance);
	if (result == 0 || instance->record != -1)
		s->asked = false;
	if (result == -1) {
		/* A further run would be a second instance of that name. */
		if (errno == EEXIST) {
			s->plan->instance = NULL;
			word = REQUEST_STOP;
		}
		say_unwritten(s, instance->path, reason);
		if (s->asked)
			word = REQUEST_STOP;
	}
	if (word == REQUEST_STOP || word == REQUEST_STOP_TREE)
		s->stopping = true;
	if (word == REQUEST_STOP_TREE)
		s->tree = true;
	return word;
}

bool
note_log(struct plan *plan)
{
	struct record *entry = &plan->instance->entry;
	bool changed = strcmp(entry->log_fault, plan->log.fault) != 0;

	(void)strlcpy(entry->log_fault, plan->log.fault,
	    sizeof(entry->log_fault));
	entry->log_lost = plan->log.lost;
	return changed;
}

/* Write the instance with that state, and close it. */
void
write_instance(struct supervisor *s, enum record_state state)
{
	struct instance *instance = s->plan->instance;
	const char *path;

	if (instance == NULL)
		return;
	(void)note_log(s->plan);
	if (instance_update(instance, state, s->run.pid, &path) == -1)
		say_unwritten(s, path, strerror(errno));
	else if (instance->record != -1 || instance->entry.device == 0) {
		s->unwritten = false;
		/* A full disk has room for a pid file that is empty. */
		if (s->run.pid != 0)
			s->unwritten_said = false;
	}
	instance_release(instance);
}

void
rewrite_instance(struct supervisor *s)
{
	enum request word = open_instance(s);

	if (s->plan->instance == NULL)
		return;
	s->plan->instance->entry.again = word == REQUEST_AGAIN;
	s->plan->instance->entry.tree = word == REQUEST_STOP_TREE;
	write_instance(s, word != REQUEST_NONE ? RECORD_STOPPING :
	    s->run.pid != 0 ? RECORD_RUNNING : RECORD_WAITING);
}
