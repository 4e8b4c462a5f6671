/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault injection: a launch, what is done to one of its calls, the verdict. */
#ifndef INJECT_H
#define INJECT_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "../lib/noted.h"

/* Those whose registers inject-trace.c has, and inject-calls.c the calls. */
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__)
#define KNOWN_ARCHITECTURE	1
#else
#define KNOWN_ARCHITECTURE	0
#endif

#define PROCESSES	16		/* of one launch, by order of birth */
#define CALLS		1024		/* of one process */
#define OPTIONS		32		/* words of one set */

/* How a system call is made to fail. */
enum manner {
	NOTHING,
	FAIL,			/* it is not done, and returns the error */
	FAIL_DONE,		/* it is done, and returns the error */
	FAIL_BREAK,		/* brk(2): it returns the break as it is */
	SHORTEN,		/* it does half of what it was asked for */
	KILL,			/* the process is killed before it */
	STOP_KILL		/* it stops; once all else rests, killed */
};

/* A system call that a launch makes when nothing is done to it. */
struct call {
	long number;
	bool loader;		/* the dynamic loader makes it */
	bool message;		/* it writes to the caller's stderr */
	bool undo;		/* the launcher tidies up, all else is gone */
	bool creates;		/* a file, perhaps */
	bool anonymous;		/* memory of no file */
	bool libc;		/* fork(3) of the C library makes it */
	bool instant;		/* a wait for a process that does not wait */
	char path[64];
	char text[96];		/* for people */
};

/* A row of the table of system calls. */
struct row {
	const char *name;
	long number;
	int path;		/* which argument is a path, from 1; 0: none */
	const char *errors;	/* the most plausible one first; NULL: none */
};

const struct row *row_of(long number);
const struct row *row_named(const char *name);
const char *errors_of(const struct call *);
enum manner manner_of(const struct row *, const char *error);
int	error_number(const char *name);

struct fault {
	enum manner manner;
	int process;		/* by order of birth, from 0 */
	int nth;		/* of its system calls, from 1 */
	long number;		/* which one that is */
	int same;		/* of its calls of that number, from 1: a loop
				   may go round once more before it */
	int error;
	bool lasting;		/* that call gives it from then on */
};

struct process {
	pid_t pid;
	int calls;
	int same;		/* those of the number that is to fail */
	bool started;		/* its calls are counted */
	bool executed;		/* it became the command */
	bool gone;
	bool late;		/* it was there when the launcher had failed */
	enum manner inside;	/* of how the call it is in is made to fail */
	int error;		/* what it is to return */
	unsigned long argument;	/* what was changed, to be put back */
};

struct launch {
	char *const *argv;
	const char *directory;	/* where it starts, and all of its files lie */
	const char *report;	/* what the probe writes: then it runs */
	int out, messages;	/* its stdout and stderr */
	long absent;		/* a call that this kernel has not, or -1 */
	int supervisor;		/* the process that stays, or -1 */
	bool later;		/* the fault is not in the first start */
	struct fault fault;
	struct call (*record)[CALLS];	/* NULL, or to be filled: PROCESSES */

	struct process process[PROCESSES];
	int n;
	int status;		/* of the launcher; 128 + signal; -1: hung */
	bool ended;		/* it did, or it became the command */
	bool armed;		/* calls are counted, and may fail */
	bool cured;		/* nothing fails any more */
	bool reached;		/* the fault has happened */
	int quiet;		/* looks in a row without an event */
	struct process *held;	/* STOP_KILL: it has stopped */
	pid_t verb;		/* of launch_verb, while it runs */
	int verb_status;
};

/* Until the launcher has ended or become the command: status says how. */
void	launch_start(struct launch *);

/*
 * Until all others have ended, or run the command and have reported so.
 * Returns false where that does not come about.
 */
bool	launch_settle(struct launch *);

/*
 * The first start is over: the calls that follow are those that count.  Returns
 * the pid of the command, or 0.
 */
pid_t	launch_arm(struct launch *);

/*
 * Runs a verb, untraced, with stdout and stderr of the launch; its exit
 * status, or -1 where it does not end.
 */
int	launch_verb(struct launch *, char *const *argv);

/* Until that is so.  Returns false where it does not come about. */
bool	launch_until(struct launch *, bool (*)(const struct launch *));

/* No process of it is left. */
bool	launch_is_gone(const struct launch *);

/* The one process that is the command; NULL: there is none, or more. */
const struct process *launch_daemon(const struct launch *);

/* Kills and reaps what is left. */
void	launch_end(struct launch *);

/* Runs a command as a difficult caller does, untraced; its exit status. */
int	launch_plain(const struct launch *);

/* Does it run?  A zombie does not. */
bool	is_alive(pid_t);

enum needs {
	NEEDS_ROOT = 1,
	NEEDS_MOUNT = 2,	/* our own /etc/passwd, /run and /proc */
	NEEDS_USER = 4,		/* not root */
	NEEDS_READY = 8		/* --ready */
};

/* A way to launch. */
struct set {
	const char *name;
	int forks;
	int needs;
	enum { PROBE, PROBE_IN_ROOT, SCRIPT, BAD_INTERPRETER } command;
	const char *pidfile;
	const char *lockfile;
	const char *absent;	/* a system call that this kernel has not */
	const char *ready;	/* what --ready waits for, or NULL */
	bool running;		/* one runs already */
	bool refused;		/* so this one is refused */
	bool supervised;	/* by the process that forks the last two */
	enum { NONE, RUN_ENDS, LAST_ENDS, STOP, AGAIN } then;
				/* after the first start, so that is what
				   fails */
	const char *options[OPTIONS];
};

extern const struct set sets[];
extern const size_t nsets;

/* The process that is its supervisor, by order of birth; -1: there is none. */
int	supervisor_of(const struct set *);

/* Where it is done, and with what. */
struct place {
	char *directory, *daemonize, *probe;
};

/*
 * Makes this process a worker: one that launches, in a directory of its own.
 * Returns false where it cannot have the view of the file system that
 * NEEDS_MOUNT means.
 */
bool	place_enter(const struct place *, int worker, struct launch *);

/* The pid file of a set, or NULL. */
const char *place_pidfile(const struct set *);

/* Removes what the launch before has left. */
void	place_clean(const struct set *, const struct launch *);

/* The command line of a set; it lives until the next one is made. */
char	*const *place_command(const struct set *);

/* The same of a verb for the pid file of the set. */
char	*const *place_verb(const struct set *, const char *verb);

/* Does it know --ready? */
bool	place_has_ready(const struct launch *);

/* METHOD COMMAND...: gets ready by that, executes the command. */
int	become_ready(char **argv);

/* Launches what is to be replaced.  Returns its pid. */
pid_t	place_start_old(const struct launch *);

enum verdict { RIGHT, SILENT, MUTE, HUNG, LEFT, VERDICTS };

/* What a launch is held against. */
struct standard {
	const struct set *set;
	const char *facts;	/* of a launch left alone, or NULL */
	const char *about;	/* what its record says of it, or NULL */
	const struct call *call;	/* where the fault is, or NULL */
	pid_t old;		/* that ran already */
};

/* Judges a launch that has started; why is set unless it is right. */
enum verdict judge(struct launch *, const struct standard *, char *why,
    size_t size);

/*
 * After the first start: lets the set's event happen.  Returns false where
 * there is no command.
 */
bool	begin_later(struct launch *, const struct set *);

/* The verdict on that. */
enum verdict judge_later(struct launch *, const struct standard *);

/*
 * The supervisor was killed.  A command that it has started may run on: do the
 * verbs know that, and stop it?
 */
enum verdict judge_lost(struct launch *, const struct standard *);

/*
 * Until it is right: a supervisor in the foreground, or after the first start,
 * has no moment at which it says so.  Returns whether that comes about.
 */
bool	until_right(struct launch *, const struct standard *);

/* Is the supervisor in the record, and does it run?  lost: it was killed. */
enum verdict judge_supervisor(const struct launch *, const struct noted *,
    bool lost);

/* Was the supervisor killed by us? */
bool	is_lost(const struct launch *);

/* Was it killed, or may its launcher have killed it? */
bool	is_ended_for(const struct launch *);

/* Is that the command, and is the instance its own?  killed: lenient. */
enum verdict judge_daemon(const struct launch *, const struct standard *,
    bool killed);

/* Says why the verdict is that one, and returns it. */
enum verdict because(enum verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The pid in a pid file; 0: none; -1: there is no file. */
pid_t	number_in(const char *path);

/* What the probe reported, with a role in the place of each pid; free(3). */
char	*facts_of(const struct launch *, const struct set *);

/* What the record of the instance says of the launch, or NULL; free(3). */
char	*about_of(const struct set *);

const char *role_name(const struct set *, int process);

#endif
