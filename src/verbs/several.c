/* SPDX-License-Identifier: BSD-2-Clause */
/* A verb for several instances. */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/message.h"
#include "cli/table.h"
#include "close_range.h"
#include "instance/name.h"
#include "process/signals.h"
#include "verbs/several.h"

/* --- which instances ------------------------------------------------------ */

static bool
is_pattern(const char *name)
{
	return name != NULL && strpbrk(name, NAME_PATTERN) != NULL;
}

static int
compare_label(const void *a, const void *b)
{
	const struct named *one = a, *other = b;

	return strcmp(one->name != NULL ? one->name : one->pidfile,
	    other->name != NULL ? other->name : other->pidfile);
}

/*
 * Add the instances that a name stands for; NULL: all.  A pattern that matches
 * nothing is a name that does not run.
 */
static int
add_names(enum verb verb, struct named **list, size_t *n, const char *name)
{
	const char *step = option_of_verb(verb) + strlen("--"), *reason;
	char *directory = name_directory(&reason), **names = NULL;
	struct named *longer;
	ssize_t found = 0, i;

	if (directory == NULL)
		return complain("name", name, reason);
	if ((name == NULL || is_pattern(name)) &&
	    (found = name_match(directory, name, &names)) == -1)
		return complain_errno(step, directory, errno);
	longer = realloc(*list, (*n + (size_t)found + 1) * sizeof(**list));
	if (longer == NULL)
		return complain_errno(step, name, errno);
	*list = longer;
	for (i = 0; i < found || (i == 0 && name != NULL); i++, (*n)++) {
		longer[*n].name = i < found ? names[i] : name;
		longer[*n].pidfile = name_pidfile(longer[*n].name, &reason);
		if (longer[*n].pidfile == NULL)
			return complain("name", name, reason);
	}
	free(directory);
	free(names);
	return STATUS_DONE;
}

ssize_t
several_find(const struct config *config, struct named **list)
{
	size_t n = 0, unique = 0, i;
	struct named *longer;

	*list = NULL;
	for (i = 0; i < config->nnamed; i++) {
		if (config->named[i].pidfile == NULL) {
			if (add_names(config->verb, list, &n,
			    config->named[i].name) != STATUS_DONE)
				return -1;
			continue;
		}
		longer = realloc(*list, (n + 1) * sizeof(**list));
		if (longer == NULL)
			return complain_errno("pidfile", NULL, errno), -1;
		*list = longer;
		longer[n++] = config->named[i];
	}
	if (n > 0)
		qsort(*list, n, sizeof(**list), compare_label);
	for (i = 0; i < n; i++)
		if (i == 0 || compare_label(&(*list)[i], &(*list)[i - 1]) != 0)
			(*list)[unique++] = (*list)[i];
	return (ssize_t)unique;
}

/* --- at the same time ----------------------------------------------------- */

/* A process that waits for one instance, and what it prints. */
struct job {
	pid_t pid;
	int output[2];			/* stdout, stderr */
};

/* Let a process do it.  Return -1 with errno. */
static int
start(struct job *job, const struct config *config,
    int (*verb)(const struct config *))
{
	pid_t parent = getpid();
	int status;

	job->output[0] = memfd_create("stdout", MFD_CLOEXEC);
	job->output[1] = memfd_create("stderr", MFD_CLOEXEC);
	job->pid = -1;
	(void)fflush(stdout);
	if (job->output[0] != -1 && job->output[1] != -1)
		job->pid = fork();
	if (job->pid == -1) {
		close_quietly(job->output[0]);
		close_quietly(job->output[1]);
		return -1;
	}
	if (job->pid != 0)
		return 0;
	/* What ends the verb ends it for all. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == -1 || getppid() != parent ||
	    dup2(job->output[0], STDOUT_FILENO) == -1 ||
	    dup2(job->output[1], STDERR_FILENO) == -1)
		_exit(STATUS_FAILED);
	/* Those of the jobs before it; an old kernel leaves them open. */
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	status = verb(config);
	_exit(fflush(stdout) == EOF ? STATUS_FAILED : status);
}

/* Print what a job has printed. */
static void
copy(int from, FILE *to)
{
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, buf, sizeof(buf), at)) > 0) {
		(void)fwrite(buf, 1, (size_t)n, to);
		at += n;
	}
	(void)fflush(to);
	(void)close(from);
}

/*
 * Wait for the job, and print what it has printed: with JSON, one of more
 * values.  Return its exit status.
 */
static int
finish(const struct job *job, bool json, bool *first)
{
	int status;

	while (waitpid(job->pid, &status, 0) == -1)
		if (errno != EINTR)
			return complain_errno("wait", NULL, errno);
	if (json && lseek(job->output[0], 0, SEEK_END) > 0) {
		if (!*first)
			(void)putchar(',');
		*first = false;
	}
	copy(job->output[0], stdout);
	copy(job->output[1], stderr);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

/* --- a verb --------------------------------------------------------------- */

static void
keep_highest(int *highest, int status)
{
	if (status > *highest)
		*highest = status;
}

/* All at once, or as many as the limits of processes and files allow. */
static int
run_at_once(const struct config *config, const struct named *list, size_t n,
    int (*verb)(const struct config *))
{
	struct job *jobs = calloc(n, sizeof(*jobs));
	struct config one = *config;
	int highest = STATUS_DONE;
	bool first = true;
	size_t i, done = 0;

	/* The caller may have it ignored, which takes the statuses away. */
	if (jobs == NULL || signal_set_default(SIGCHLD) == -1)
		return complain_errno("wait", NULL, errno);
	for (i = 0; i < n; i++) {
		one.name = list[i].name;
		one.pidfile = list[i].pidfile;
		while (start(&jobs[i], &one, verb) == -1) {
			if (done == i)
				return complain_errno("fork",
				    options_label(&one), errno);
			keep_highest(&highest, finish(&jobs[done++],
			    config->json, &first));
		}
	}
	while (done < n)
		keep_highest(&highest, finish(&jobs[done++], config->json,
		    &first));
	free(jobs);
	return highest;
}

static int
run_in_turn(const struct config *config, const struct named *list, size_t n,
    int (*verb)(const struct config *))
{
	struct config one = *config;
	int highest = STATUS_DONE;
	size_t i;

	for (i = 0; i < n; i++) {
		one.name = list[i].name;
		one.pidfile = list[i].pidfile;
		keep_highest(&highest, verb(&one));
		/* Messages come between. */
		(void)fflush(stdout);
	}
	return highest;
}

bool
several_given(const struct config *config)
{
	size_t i = 0;

	while (i < config->nnamed && !is_pattern(config->named[i].name))
		i++;
	return i < config->nnamed || config->nnamed > 1;
}

int
several_run(const struct config *config, int (*verb)(const struct config *),
    bool waits)
{
	bool array = config->json && several_given(config);
	struct named *list;
	ssize_t n = several_find(config, &list);
	int status;

	if (n == -1)
		return config->verb == VERB_STATUS ? STATUS_UNKNOWN :
		    STATUS_FAILED;
	if (array)
		json_open(NULL, '[');
	status = n > 1 && waits ?
	    run_at_once(config, list, (size_t)n, verb) :
	    run_in_turn(config, list, (size_t)n, verb);
	if (array)
		json_close(']');
	return status;
}
