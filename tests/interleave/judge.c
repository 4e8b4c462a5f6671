/* SPDX-License-Identifier: BSD-2-Clause */
/* What is true of a run: what is said, what runs, what is left. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE

#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "log.h"
#include "../lib/noted.h"

char wrong[256];

bool
is_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(wrong, sizeof(wrong), format, args);
	va_end(args);
	return false;
}

int
actor_status(const struct world *world, int actor)
{
	const struct proc *proc = &world->proc[world->root[actor]];

	if (proc->state != GONE)
		return -1;
	return WIFEXITED(proc->status) ? WEXITSTATUS(proc->status) :
	    128 + WTERMSIG(proc->status);
}

bool
judge_always(const struct world *world)
{
	const struct proc *one = NULL, *proc;

	for (proc = world->proc; proc < world->proc + world->n; proc++) {
		if (!proc->command || proc->state == GONE)
			continue;
		if (one != NULL)
			return is_wrong("two commands run: %s and %s",
			    one->name, proc->name);
		one = proc;
	}
	if (world->lines == NULL)
		return true;
	for (proc = world->proc; proc < world->proc + world->n; proc++)
		if (proc->state == STOPPED && proc->act.number == SYS_connect)
			return is_wrong("%s complains to syslog", proc->name);
	return judge_log(world, false);
}

/* --- what is there at the end --------------------------------------------- */

const struct proc *
command_of(const struct world *world)
{
	int i;

	for (i = 0; i < world->n; i++)
		if (world->proc[i].command && world->proc[i].state != GONE)
			return &world->proc[i];
	return NULL;
}

static const char *
path_of(const struct world *world, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", world->directory, name);
	return path;
}

pid_t
pid_in_file(const struct world *world)
{
	char text[32];
	ssize_t n;
	int fd = open(path_of(world, "p.pid"), O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return (pid_t)atoi(text);
}

bool
runs(const struct world *world, int actor, bool killed)
{
	const struct proc *proc = command_of(world);
	struct noted noted;

	if (proc == NULL)
		return is_wrong("nothing runs");
	if (proc->actor != actor)
		return is_wrong("%s runs", proc->name);
	if (pid_in_file(world) != proc->pid)
		return is_wrong("the pid file has %d, not that of %s",
		    (int)pid_in_file(world), proc->name);
	record_of(path_of(world, "p.pid"), &noted);
	if (noted.what != NOTED_GOOD)
		return is_wrong("%s runs without a good record", proc->name);
	if (noted.pid != proc->pid || noted.start != start_of(proc->pid))
		return is_wrong("the record names another than %s",
		    proc->name);
	if (strcmp(noted.state, "running") != 0 && !(killed &&
	    strcmp(noted.state, "starting") == 0))
		return is_wrong("%s runs, but is `%s'", proc->name,
		    noted.state);
	return !noted.locked ? true : is_wrong("the record is locked");
}

bool
runs_of(const struct world *world, int actor)
{
	return runs(world, actor, false);
}

bool
none_is_left(const struct world *world, bool ended)
{
	struct noted noted;
	int i;

	for (i = 0; i < world->n; i++)
		if (world->proc[i].state != GONE)
			return is_wrong("%s is left", world->proc[i].name);
	if (pid_in_file(world) != -1)
		return is_wrong("the pid file is left");
	record_of(path_of(world, "p.pid"), &noted);
	if (noted.what != NOTED_NONE && !(ended && noted.what == NOTED_GOOD &&
	    (strcmp(noted.state, "ended") == 0 ||
	    strcmp(noted.state, "failed") == 0)))
		return is_wrong("the record is left");
	return true;
}

bool
said(const struct world *world, int actor, ...)
{
	int status = actor_status(world, actor), one;
	bool is = false;
	va_list args;

	va_start(args, actor);
	while ((one = va_arg(args, int)) != -1)
		is |= one == status;
	va_end(args);
	return is ? true : is_wrong("%c says %d", 'a' + actor - 1, status);
}

#endif
