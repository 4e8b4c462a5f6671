/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came of a launch that something was done to: a daemon that is right in
 * every fact, or a failure that is told and leaves nothing.
 */
#define _GNU_SOURCE		/* asprintf(3) */

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject.h"

/* How often, each millisecond, who is on his way out is looked at. */
#define OLD_LOOKS	2000

/* Where the judgement explains itself. */
static char *why;
static size_t why_size;

static enum verdict __attribute__((format(printf, 2, 3)))
because(enum verdict verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, why_size, format, args);
	va_end(args);
	return verdict;
}

/* A whole file as a string to free(3), or NULL. */
static char *
read_all(const char *path)
{
	struct stat st;
	ssize_t length;
	char *text;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	if (fstat(fd, &st) == -1 ||
	    (text = malloc((size_t)st.st_size + 1)) == NULL)
		err(2, "%s", path);
	length = read(fd, text, (size_t)st.st_size);
	text[length > 0 ? length : 0] = '\0';
	close(fd);
	return text;
}

const char *
role_name(const struct set *set, int process)
{
	static char other[16];

	if (process == 0)
		return "launcher";
	if (process == set->forks)
		return "daemon";
	if (process < set->forks)
		return "intermediate";
	snprintf(other, sizeof(other), "process%d", process);
	return other;
}

static const char *
role_of(const struct launch *launch, const struct set *set, pid_t pid)
{
	int i;

	for (i = 0; i < launch->n; i++)
		if (launch->process[i].pid == pid)
			return role_name(set, i);
	if (pid == getpid() || pid == getpgrp() || pid == getsid(0))
		return "caller";
	return "nobody";
}

char *
facts_of(const struct launch *launch, const struct set *set)
{
	static const char *const pids[] = { "pid", "pgid", "sid" };
	char *text, *facts, *line, *next;
	size_t size, i;
	FILE *out;

	if ((text = read_all(launch->report)) == NULL)
		return NULL;
	if ((out = open_memstream(&facts, &size)) == NULL)
		err(2, "open_memstream");
	for (line = text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		if (*next == '\n')
			*next++ = '\0';
		/* Each launch has another number or name there. */
		line[strcspn(line, "[")] = '\0';
		if (strncmp(line, "env NOTIFY_SOCKET=", 18) == 0)
			line[18] = '\0';
		/* The launcher, or who is given its orphans: it depends. */
		if (set->forks > 0 && strncmp(line, "ppid ", 5) == 0)
			continue;
		for (i = 0; i < 3; i++)
			if (strncmp(line, pids[i], strlen(pids[i])) == 0 &&
			    line[strlen(pids[i])] == ' ')
				break;
		if (i < 3)
			fprintf(out, "%s %s\n", pids[i], role_of(launch, set,
			    atoi(line + strlen(pids[i]))));
		else if (strncmp(line, "ppid ", 5) == 0)
			fprintf(out, "ppid %s\n", role_of(launch, set,
			    atoi(line + 5)));
		else
			fprintf(out, "%s\n", line);
	}
	free(text);
	if (fclose(out) == EOF)
		err(2, "open_memstream");
	return facts;
}

/* The first line of the report that is not as it should be. */
static enum verdict
compare(const char *is, const char *expected)
{
	size_t length, other;

	for (;;) {
		length = strcspn(is, "\n");
		other = strcspn(expected, "\n");
		if (length != other || strncmp(is, expected, length) != 0)
			return because(SILENT, "`%.*s', not `%.*s'",
			    (int)length, is, (int)other, expected);
		if (is[length] == '\0')
			return RIGHT;
		is += length + 1;
		expected += length + 1;
	}
}

/* Does somebody have the file's flock?  False where there is no file. */
static bool
is_flocked(const char *path)
{
	bool taken;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	taken = flock(fd, LOCK_EX | LOCK_NB) == -1;
	close(fd);
	return taken;
}

/* Who has a record lock on it; 0: nobody. */
static pid_t
record_holder(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return 0;
	if (fcntl(fd, F_GETLK, &lock) == -1)
		err(2, "%s", path);
	close(fd);
	return lock.l_type == F_UNLCK ? 0 : lock.l_pid;
}

/* The number in a pid file; 0: none; -1: there is no file. */
static pid_t
number_in(const char *path)
{
	char *text = read_all(path);
	pid_t pid;

	if (text == NULL)
		return -1;
	pid = atoi(text);
	free(text);
	return pid;
}

/* Are the pid file and the lock file those of a daemon that runs? */
static enum verdict
judge_instance(const struct set *set, pid_t pid)
{
	pid_t number, holder;

	if (set->pidfile != NULL) {
		number = number_in(set->pidfile);
		holder = record_holder(set->pidfile);
		if (number != pid)
			return because(SILENT, "pid file: %d, not %d",
			    (int)number, (int)pid);
		if (holder != pid)
			return because(SILENT, "pid file: locked by %d, not "
			    "%d", (int)holder, (int)pid);
		if (is_flocked(set->pidfile))
			return because(SILENT, "pid file: has a flock still");
	}
	if (set->lockfile != NULL && !is_flocked(set->lockfile))
		return because(SILENT, "lock file: not locked");
	return RIGHT;
}

/* The process that became the command and still is it; NULL: not just one. */
static const struct process *
find_daemon(const struct launch *launch)
{
	const struct process *daemon = NULL;
	int i, n = 0;

	for (i = 0; i < launch->n; i++)
		if (launch->process[i].executed && !launch->process[i].gone) {
			daemon = &launch->process[i];
			n++;
		}
	return n == 1 ? daemon : NULL;
}

static enum verdict
judge_daemon(const struct launch *launch, const struct standard *standard)
{
	const struct process *daemon = find_daemon(launch);
	enum verdict verdict;
	char *facts;

	if (daemon == NULL)
		return because(SILENT, "nothing runs, or two do");
	if (standard->old != 0 && is_alive(standard->old))
		return because(SILENT, "the old one runs too");
	if ((facts = facts_of(launch, standard->set)) == NULL)
		return because(SILENT, "no report");
	verdict = standard->facts == NULL ? RIGHT :
	    compare(facts, standard->facts);
	free(facts);
	if (verdict != RIGHT)
		return verdict;
	return judge_instance(standard->set, daemon->pid);
}

/*
 * After --replace failed: the old one goes on as it was, or is gone and that
 * is told.  said is NULL where nobody can tell.  Its number may stay in the
 * pid file where it could not be taken out, which is told too.
 */
static enum verdict
judge_old(const struct standard *standard, const char *said)
{
	int looks = OLD_LOOKS;

	/* Whoever is on his way out has lost his lock, and is soon gone. */
	while (is_alive(standard->old) && looks-- > 0) {
		if (judge_instance(standard->set, standard->old) == RIGHT)
			return RIGHT;
		(void)poll(NULL, 0, 1);
	}
	if (!is_alive(standard->old)) {
		/* It could not be waited for what became of him. */
		if (said != NULL && strstr(said, ": stop: poll: ") != NULL)
			return RIGHT;
		if (said != NULL && strstr(said, ": pidfile: ") == NULL &&
		    number_in(standard->set->pidfile) == standard->old)
			return because(LEFT, "pid file: of the old one");
		if (said == NULL || strstr(said, "has been stopped") != NULL)
			return RIGHT;
		return because(MUTE, "does not tell that the old one is "
		    "stopped");
	}
	return because(LEFT, "the old one runs without its pid file");
}

/*
 * Has a launch that failed left something?  lenient: where nobody could tidy
 * up, or that is what failed, empty files are right; where it fails for ever,
 * a number that is nobody's, too.
 */
static enum verdict
judge_rest(const struct launch *launch, const struct standard *standard,
    bool lenient)
{
	const struct set *set = standard->set;
	static const char *const output[] = { "out", "err" };
	struct stat st;
	pid_t number;
	size_t i;

	for (i = 0; i < (size_t)launch->n; i++)
		if (launch->process[i].late)
			return because(LEFT, "the %s was still there%s",
			    role_name(set, (int)i), launch->process[i].gone ?
			    ", on its way out" : "");
	if (set->pidfile != NULL && (standard->old == 0 ||
	    !is_alive(standard->old))) {
		number = number_in(set->pidfile);
		if (number > 0 && number != standard->old &&
		    !(launch->fault.lasting && !is_alive(number)))
			return because(LEFT, "pid file: %d", (int)number);
		if (number == 0 && !lenient)
			return because(LEFT, "pid file, empty");
		if (record_holder(set->pidfile) != 0 ||
		    is_flocked(set->pidfile))
			return because(LEFT, "pid file: locked");
	}
	if (set->lockfile != NULL && is_flocked(set->lockfile))
		return because(LEFT, "lock file: locked");
	for (i = 0; i < 2 && !lenient; i++)
		if (stat(output[i], &st) == 0 && st.st_size == 0)
			return because(LEFT, "output file, empty: %s",
			    output[i]);
	return RIGHT;
}

/* What the launcher wrote to stderr. */
static void
read_messages(const struct launch *launch, char *text, size_t size)
{
	ssize_t length = pread(launch->messages, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
}

static enum verdict
judge_failure(struct launch *launch, const struct standard *standard)
{
	bool lenient = launch->fault.lasting || (standard->call != NULL &&
	    standard->call->undo);
	enum verdict verdict;
	char said[1024];
	size_t length;

	if (!launch_settle(launch))
		return because(LEFT, "a process, and it stays");
	read_messages(launch, said, sizeof(said));
	length = strlen(said);
	if ((verdict = judge_rest(launch, standard, lenient)) != RIGHT)
		return verdict;
	/* Whatever the loader says, it says it its own way, or dies. */
	if (standard->call != NULL && standard->call->loader)
		return RIGHT;
	if (length == 0 || said[length - 1] != '\n' ||
	    strncmp(said, "daemonize: ", 11) != 0)
		return because(MUTE, "no message");
	return standard->old == 0 ? RIGHT : judge_old(standard, said);
}

/*
 * The launcher was killed: the daemon has come to be, with all that belongs
 * to it, or nothing stays.  A file without a number may: it is in nobody's
 * way.  So may the number of who was killed as the daemon that it was to be.
 */
static enum verdict
judge_killed(struct launch *launch, const struct standard *standard)
{
	const struct set *set = standard->set;
	enum verdict verdict;
	int i;

	if (!launch_settle(launch))
		return because(LEFT, "a process, and it stays");
	if (find_daemon(launch) != NULL) {
		verdict = judge_daemon(launch, standard);
		return verdict == SILENT ? LEFT : verdict;
	}
	if (set->forks == 0 && number_in(set->pidfile) ==
	    launch->process[0].pid && record_holder(set->pidfile) == 0 &&
	    !is_flocked(set->pidfile))
		return RIGHT;
	for (i = 0; i < launch->n; i++)
		launch->process[i].late = false;
	if ((verdict = judge_rest(launch, standard, true)) != RIGHT)
		return verdict;
	return standard->old == 0 ? RIGHT : judge_old(standard, NULL);
}

enum verdict
judge(struct launch *launch, const struct standard *standard, char *text,
    size_t size)
{
	const struct set *set = standard->set;
	bool failing = set->command == BAD_INTERPRETER;
	enum verdict verdict;

	why = text;
	why_size = size;
	*why = '\0';
	if (launch->status == -1)
		return because(HUNG, "does not end");
	if (launch->reached && launch->fault.process == 0 &&
	    (launch->fault.manner == KILL || launch->fault.manner == STOP_KILL))
		return judge_killed(launch, standard);
	if (launch->status != 0)
		return judge_failure(launch, standard);
	if (failing)
		return because(SILENT, "a command that cannot be executed");

	/* At that moment, and when it has got under way. */
	verdict = RIGHT;
	if (find_daemon(launch) != NULL)
		verdict = judge_instance(set, find_daemon(launch)->pid);
	if (verdict == RIGHT && !launch_settle(launch))
		return because(HUNG, "does not come to rest");
	return verdict == RIGHT ? judge_daemon(launch, standard) : verdict;
}
