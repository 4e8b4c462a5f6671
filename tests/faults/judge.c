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

/* So long a process that was signalled may take to end. */
#define OLD_MS		20

/* Where the judgement explains itself. */
static char *why;
static size_t why_size;

enum verdict
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

	if (process == supervisor_of(set))
		return "supervisor";
	if (process == 0)
		return "launcher";
	if (process == set->forks)
		return "daemon";
	if (set->supervised && process == set->forks - 1)
		return "run-intermediate";
	if (set->then != NONE && process == set->forks + 1)
		return "next-intermediate";
	if (set->then != NONE && process == set->forks + 2)
		return "next-daemon";
	if (process < set->forks)
		return "intermediate";
	snprintf(other, sizeof(other), "process%d", process);
	return other;
}

static const char *
role_of(const struct launch *launch, const struct set *set, pid_t pid)
{
	int i;

	/* Of a later start, which may not be the second one. */
	for (i = set->forks + 1; i < launch->n && launch->later; i++)
		if (launch->process[i].pid == pid)
			return launch->process[i].executed ? "daemon" :
			    "run-intermediate";
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
	char *text, *facts, *line, *next, *at;
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
		/* NFS locks only a file that is open to be written. */
		if ((at = strstr(line, " rw,nonblock ")) != NULL &&
		    strcmp(line + strlen(line) - 5, "/lock") == 0)
			memmove(at + 2, at + 3, strlen(at + 3) + 1);
		/* The launcher, or the process that adopts its orphans. */
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

/* Is the file's flock held?  False where there is no file. */
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

pid_t
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

/* What the record of a daemon that runs need not have. */
enum {
	STATE = 1,		/* it may say `starting' still */
	SCOPE = 2		/* what its pid is counted in may be unknown */
};

/* Is the record the one of a daemon that runs? */
static enum verdict
judge_record(const struct launch *launch, const char *pidfile, pid_t pid,
    int lacks)
{
	struct noted noted;

	record_of(pidfile, &noted);
	if (noted.what != NOTED_GOOD)
		return because(SILENT, "record: %s", noted.what == NOTED_NONE ?
		    "missing" : noted.what == NOTED_EMPTY ? "empty" :
		    noted.why);
	if (noted.pid != pid)
		return because(SILENT, "record: pid %d, not %d",
		    (int)noted.pid, (int)pid);
	if (noted.start != start_of(pid))
		return because(SILENT, "record: start %llu, not %llu",
		    noted.start, start_of(pid));
	if (strcmp(noted.state, "running") != 0 &&
	    (!(lacks & STATE) || strcmp(noted.state, "starting") != 0))
		return because(SILENT, "record: state `%s'", noted.state);
	if (noted.nowhere && !(lacks & SCOPE))
		return because(SILENT, "record: no boot, or no namespace");
	if (noted.locked)
		return because(SILENT, "record: still locked");
	return launch == NULL ? RIGHT : judge_supervisor(launch, &noted,
	    is_lost(launch));
}

/*
 * Are the pid file, its record and the lock file those of a daemon that runs?
 * launch: the one that it is of, or NULL.
 */
static enum verdict
judge_instance(const struct launch *launch, const struct set *set, pid_t pid,
    int lacks)
{
	const char *pidfile = place_pidfile(set);
	enum verdict verdict = RIGHT;

	if (pidfile != NULL && number_in(pidfile) != pid)
		return because(SILENT, "pid file: %d, not %d",
		    (int)number_in(pidfile), (int)pid);
	if (pidfile != NULL && is_flocked(pidfile))
		return because(SILENT, "pid file: locked");
	if (pidfile != NULL)
		verdict = judge_record(launch, pidfile, pid, lacks);
	if (verdict == RIGHT && set->lockfile != NULL &&
	    !is_flocked(set->lockfile))
		return because(SILENT, "lock file: not locked");
	return verdict;
}

/* What the launcher wrote to stderr. */
static void
read_messages(const struct launch *launch, char *text, size_t size)
{
	ssize_t length = pread(launch->messages, text, size - 1, 0);

	text[length > 0 ? length : 0] = '\0';
}

/*
 * The first line of what the record says of the launch that is not as it
 * should be.  nowhere: the caller's directory has no path, so a file in it may
 * be `keep', and that of the instance may be empty.
 */
static enum verdict
compare_about(const char *is, const char *expected, bool nowhere)
{
	static const char keep[] = " keep";
	size_t length, other;

	for (;;) {
		length = strcspn(is, "\n");
		other = strcspn(expected, "\n");
		if ((length != other || strncmp(is, expected, length) != 0) &&
		    !(nowhere && ((length > strlen(keep) && strncmp(is +
		    length - strlen(keep), keep, strlen(keep)) == 0) ||
		    strncmp(is, "path \n", 6) == 0)))
			return because(SILENT, "record: `%.*s', not `%.*s'",
			    (int)length, is, (int)other, expected);
		if (is[length] == '\0' || expected[other] == '\0')
			return is[length] == expected[other] ? RIGHT :
			    because(SILENT, "record: another number of lines");
		is += length + 1;
		expected += other + 1;
	}
}

/* A launch without a record is right where that is told, and there is none. */
static bool
told_unrecorded(const struct launch *launch, const char *pidfile)
{
	struct noted noted;
	char said[1024];

	read_messages(launch, said, sizeof(said));
	record_of(pidfile, &noted);
	return noted.what == NOTED_NONE &&
	    strstr(said, "no record can be created") != NULL;
}

/* What the record says of the launch; free(3). */
char *
about_of(const struct set *set)
{
	const char *pidfile = place_pidfile(set);
	struct noted noted;
	char *about;

	if (pidfile == NULL)
		return NULL;
	record_of(pidfile, &noted);
	if ((about = strdup(noted.about)) == NULL)
		err(2, "strdup");
	return about;
}

/* What the record need not have, with that fault. */
static int
lacks_of(const struct launch *launch, bool killed)
{
	/* They say that there is no /proc, or that it may not be read. */
	static const int hides[] = { EACCES, EINVAL, ELOOP, ENOENT, EOVERFLOW,
	    EPERM };
	const struct fault *fault = &launch->fault;
	int lacks = killed ? STATE : 0;
	size_t i;

	if (!launch->reached || (fault->process != 0 &&
	    fault->process != launch->supervisor) || fault->manner >= KILL)
		return lacks;
	if (fault->number == row_named("pwrite64")->number)
		lacks |= STATE;
	for (i = 0; i < sizeof(hides) / sizeof(*hides); i++)
		if (fault->error == hides[i])
			lacks |= SCOPE;
	return lacks;
}

/* Is it a call that looks up the path of a directory? */
static bool
is_lookup(long number)
{
	static const char *const calls[] = { "getcwd", "readlink",
	    "readlinkat" };
	const struct row *row;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if ((row = row_named(calls[i])) != NULL &&
		    row->number == number)
			return true;
	return false;
}

/*
 * The launch has succeeded, or its launcher was killed: is the instance that
 * daemon's?
 */
static enum verdict
judge_new(const struct launch *launch, const struct standard *standard,
    pid_t pid, bool killed)
{
	const struct set *set = standard->set;
	const char *pidfile = place_pidfile(set);
	enum verdict verdict;
	char *about;

	verdict = judge_instance(launch, set, pid, lacks_of(launch,
	    killed));
	if (pidfile == NULL || told_unrecorded(launch, pidfile))
		return pidfile == NULL ? verdict : RIGHT;
	if (verdict == RIGHT && standard->about != NULL) {
		about = about_of(set);
		verdict = compare_about(about, standard->about,
		    launch->reached && is_lookup(launch->fault.number));
		free(about);
	}
	return verdict;
}

enum verdict
judge_daemon(const struct launch *launch, const struct standard *standard,
    bool killed)
{
	const struct process *daemon = launch_daemon(launch);
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
	return judge_new(launch, standard, daemon->pid, killed);
}

/* May it have been signalled, and be on its way out?  Waits a little. */
static bool
ends_soon(pid_t pid)
{
	int looks;

	for (looks = 0; looks < OLD_MS && is_alive(pid); looks++)
		(void)poll(NULL, 0, 1);
	return looks < OLD_MS;
}

/*
 * After --replace failed: the old one goes on as it was, or has ended and that
 * is told.  said is NULL where no process could tell.  Its pid may stay in the
 * pid file where it could not be taken out, which is told too.
 */
static enum verdict
judge_old(const struct standard *standard, const char *said)
{
	if (!ends_soon(standard->old))
		return judge_instance(NULL, standard->set, standard->old, 0) ==
		    RIGHT ? RIGHT : because(LEFT,
		    "the old one runs without its pid file or its record");
	/* The wait for its end is what failed. */
	if (said != NULL && strstr(said, ": stop: poll: ") != NULL)
		return RIGHT;
	if (said != NULL && strstr(said, ": pidfile: ") == NULL &&
	    number_in(place_pidfile(standard->set)) == standard->old)
		return because(LEFT, "pid file: of the old one");
	if (said == NULL || strstr(said, "nothing runs now") != NULL)
		return RIGHT;
	return because(MUTE, "does not tell that the old one is stopped");
}

/*
 * Is that pid file, with its record, left behind?  lenient: where no process
 * could tidy up, or that is what failed, empty ones are right.  dead: so are
 * those that name no process.
 */
static enum verdict
judge_left(const struct standard *standard, bool lenient, bool dead)
{
	const char *pidfile = place_pidfile(standard->set);
	pid_t pid = number_in(pidfile);
	struct noted noted;

	if (pid == 0 && !lenient)
		return because(LEFT, "pid file, empty");
	if (pid > 0 && pid != standard->old && !(dead && !is_alive(pid)))
		return because(LEFT, "pid file: %d", (int)pid);
	if (is_flocked(pidfile))
		return because(LEFT, "pid file: locked");
	record_of(pidfile, &noted);
	if (noted.locked)
		return because(LEFT, "record: locked");
	if (noted.what == NOTED_WRONG)
		return because(LEFT, "record: %s", noted.why);
	if (noted.what == NOTED_EMPTY && !lenient)
		return because(LEFT, "record, empty");
	if (noted.what == NOTED_GOOD && noted.pid != standard->old &&
	    !(dead && !is_alive(noted.pid)))
		return because(LEFT, "record: %s, pid %d", noted.state,
		    (int)noted.pid);
	return RIGHT;
}

/* Has a launch that failed left something?  lenient and dead as above. */
static enum verdict
judge_rest(const struct launch *launch, const struct standard *standard,
    bool lenient, bool dead)
{
	const struct set *set = standard->set;
	static const char *const output[] = { "out", "err" };
	enum verdict verdict;
	struct stat st;
	size_t i;

	/*
	 * A launcher that cannot read /proc kills what it does not know, and
	 * cannot wait for it: it ends, but maybe later than the launcher.
	 */
	for (i = 0; i < (size_t)launch->n; i++)
		if (launch->process[i].late && !(set->supervised &&
		    launch->fault.lasting))
			return because(LEFT, "the %s was still there%s",
			    role_name(set, (int)i), launch->process[i].gone ?
			    ", on its way out" : "");
	if (set->pidfile != NULL && (standard->old == 0 ||
	    !is_alive(standard->old)) && (verdict = judge_left(standard,
	    lenient, dead)) != RIGHT)
		return verdict;
	if (set->lockfile != NULL && is_flocked(set->lockfile))
		return because(LEFT, "lock file: locked");
	/* The launcher does not know which of them a supervisor has created. */
	for (i = 0; i < 2 && !lenient && !is_ended_for(launch); i++)
		if (stat(output[i], &st) == 0 && st.st_size == 0)
			return because(LEFT, "output file, empty: %s",
			    output[i]);
	return RIGHT;
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
	if ((verdict = judge_rest(launch, standard, lenient,
	    launch->fault.lasting)) != RIGHT)
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
 * to it, or no process stays.  Files may, if they name no process: they are in
 * no other launch's way.
 */
static enum verdict
judge_killed(struct launch *launch, const struct standard *standard)
{
	enum verdict verdict;
	int i;

	if (!launch_settle(launch))
		return because(LEFT, "a process, and it stays");
	if (launch_daemon(launch) != NULL) {
		verdict = judge_daemon(launch, standard, true);
		if (verdict == RIGHT && is_lost(launch))
			verdict = judge_lost(launch, standard);
		return verdict == SILENT ? LEFT : verdict;
	}
	for (i = 0; i < launch->n; i++)
		launch->process[i].late = false;
	if ((verdict = judge_rest(launch, standard, true, true)) != RIGHT)
		return verdict;
	return standard->old == 0 ? RIGHT : judge_old(standard, NULL);
}

enum verdict
judge(struct launch *launch, const struct standard *standard, char *text,
    size_t size)
{
	const struct set *set = standard->set;
	bool failing = set->command == BAD_INTERPRETER || set->refused;
	enum verdict verdict;

	why = text;
	why_size = size;
	*why = '\0';
	if (launch->status == -1)
		return because(HUNG, "does not end");
	if (launch->later)
		return judge_later(launch, standard);
	if (launch->reached && launch->fault.process == 0 &&
	    (launch->fault.manner == KILL || launch->fault.manner == STOP_KILL))
		return judge_killed(launch, standard);
	if (launch->status != 0)
		return judge_failure(launch, standard);
	if (failing)
		return because(SILENT, set->refused ? "a second one" :
		    "a command that cannot be executed");

	/* At that moment, and when it has got under way. */
	if (launch->supervisor == 0 && !is_lost(launch))
		(void)until_right(launch, standard);
	verdict = RIGHT;
	if (launch_daemon(launch) != NULL)
		verdict = judge_new(launch, standard,
		    launch_daemon(launch)->pid, false);
	if (verdict == RIGHT && !launch_settle(launch))
		return because(HUNG, "does not come to rest");
	if (verdict == RIGHT && is_lost(launch))
		return judge_lost(launch, standard);
	return verdict == RIGHT ? judge_daemon(launch, standard,
	    false) : verdict;
}
