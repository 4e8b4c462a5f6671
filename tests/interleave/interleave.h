/* SPDX-License-Identifier: BSD-2-Clause */
/* Every interleaving: the processes of one run, the schedules, the verdict. */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define KNOWN_ARCHITECTURE	1
#else
#define KNOWN_ARCHITECTURE	0
#endif

#define ACTORS		4		/* the first is the setup */
#define PROCS		64		/* of one run, by order of birth */
#define STEPS		4000		/* of one run */
#define TURNS		48		/* of one schedule */

/*
 * What a call touches, a bit each.  Of each file: its name, its content and
 * its lock.  Of each process: its life, and the signals that it gets.
 */
enum { FILE_PID, FILE_RECORD, FILE_LOCK, FILE_LOG, FILE_LOG_1, FILE_LOG_2,
	FILE_LOG_OLD, FILES };
#define NAME_OF(f)	(UINT64_C(1) << (3 * (f)))
#define CONTENT_OF(f)	(UINT64_C(2) << (3 * (f)))
#define LOCK_OF(f)	(UINT64_C(4) << (3 * (f)))
#define ALL_LOCKS	(LOCK_OF(FILE_RECORD) | LOCK_OF(FILE_LOCK))
#define OUTPUT		(UINT64_C(1) << 23)	/* of the command, to a log */
#define LIFE_OF(p)	(UINT64_C(1) << (24 + (p) % 40))
#define ALL_LIVES	(~UINT64_C(0) << 24)

enum kind {
	CALL,			/* it does not block */
	CALL_LOCK,		/* flock(2), whose result matters */
	CALL_POLL,
	CALL_WAIT,
	CALL_PIPE,		/* read(2) of a pipe */
	CALL_SLEEP,
	CALL_PAUSE,		/* of the command: others go first */
	CALL_CLOCK,		/* it is answered, and is no stop */
	CALL_RESTART,		/* the same, of one that SIGCONT broke off */
	BIRTH,			/* before the first call of a process */
	DEATH			/* before a process becomes a zombie */
};

/* What a process is about to do. */
struct act {
	enum kind kind;
	uint64_t reads, writes;
	long long timeout;	/* in ms, of what blocks; -1: none */
	int victim;		/* the process that it kills, or -1 */
	uint64_t args[6];
	long number;
	char text[80];
};

enum state {
	RUNNING,		/* until its next stop */
	STOPPED,		/* before its act */
	LENDING,		/* its memory, to a child (vfork(2)) */
	GONE
};

struct proc {
	pid_t pid;
	char name[8];		/* actor, and which child of which: a, a1, a11 */
	int actor, parent, children;
	enum state state;
	struct act act;
	bool begun;		/* its first stop is over */
	bool known;		/* its birth was reported by its parent */
	bool command;		/* it became the command */
	bool borrows;		/* memory of its parent, LENDING */
	bool signalled;		/* a signal ends it */
	bool refused;		/* its flock(2) has failed: so it waits */
	bool looked, ready;	/* the last look at what it waits for */
	uint64_t lock_fd, lock_how;
	int status;		/* as waitpid(2) has it, once it is GONE */
};

/* One run of a scenario. */
struct world {
	const char *directory, *daemonize, *command;
	int messages;
	const char *const *lines;	/* that the command writes to a log */
	struct proc proc[PROCS];
	int n;
	int root[ACTORS];	/* the process that is the actor, or -1 */
	bool explored;		/* the setup is over */
	long long clock;	/* ms that have passed by time-outs */
	char stuck[128];	/* what the tracer does not understand */
};

extern const char *const files[FILES];

/* The file of ours with that path, or -1. */
int	file_named(const char *path);

/* The one that is open there, or -1; the text of its link. */
int	file_open_at(const struct world *, int, uint64_t fd, char link[256]);

/* Adds a word to the description. */
void	name_act(struct act *, const char *what);

/* What an intercepted call is.  False: it touches nothing that is shared. */
bool	classify(const struct world *, int, struct act *);

/* The calls that are intercepted. */
extern const long intercepted[];
extern const size_t nintercepted;

/* A string that the process has in its memory. */
void	read_string(pid_t, uint64_t address, char *text, size_t size);

/* Lets a new actor come as far as the execve(2) of daemonize. */
void	world_add(struct world *, int actor, char *const *argv);

/* Does what the process is stopped before, and follows it to its next stop. */
void	world_step(struct world *, int, bool late);

/* Could it go on?  It is looked at without anything being changed. */
bool	world_enabled(struct world *, int);

/* May it wait no longer, where nothing else can go on?  The time, or -1. */
long long world_timeout(const struct world *, int);

/* Kills and reaps all. */
void	world_end(struct world *);

struct scenario {
	const char *name;
	const char *setup;	/* its command line, or NULL */
	const char *actor[ACTORS];	/* from 1 */
	bool (*judge)(const struct scenario *, struct world *);
};

extern const struct scenario scenarios[];
extern const size_t nscenarios;

/* What is wrong, where a judge has returned false. */
extern char wrong[256];

/* What is true at each stop. */
bool	judge_always(const struct world *);

/* The exit status of an actor; 128 + signal; -1: it has not ended. */
int	actor_status(const struct world *, int actor);

/* At that step, that process goes on instead. */
struct turn {
	short step;
	char name[8];
};

struct schedule {
	short n;
	short preemptions;
	struct turn turn[TURNS];
};

enum end { RIGHT, WRONG, REDUNDANT, BROKEN };

/* What a process touches. */
struct footprint {
	uint64_t reads, writes;
};

bool	conflict(const struct footprint *, const struct footprint *);

/* What could have gone on, at each step of a run. */
struct trace {
	int n;
	struct point {
		int chosen;
		int last;		/* the process that went on before, if
					   it could go on; else -1 */
		uint64_t enabled;	/* a bit for each process */
		struct footprint next;	/* of `last' */
	} point[STEPS];
	char name[PROCS][8];
};

struct site {
	const char *directory, *daemonize, *command;
	int messages;
	bool verbose;
};

enum end run_schedule(const struct site *, const struct scenario *,
    const struct schedule *, struct trace *);

/* Could that matter to another process, as far as all runs have shown? */
bool	is_shared(const char *name, const struct footprint *);
void	forget_footprints(void);

struct bounds {
	int preemptions;
	double seconds;		/* 0: no limit */
	uint64_t seed;
	bool first;		/* one violation is enough */
};

struct tally {
	long schedules, redundant, broken;
	int violations;
	bool whole;		/* all schedules of that bound */
	double seconds;
};

void	explore(const struct site *, const struct scenario *,
    const struct bounds *, struct tally *);

void	schedule_print(const struct scenario *, const struct schedule *);
bool	schedule_parse(const char *text, char *name, size_t size,
    struct schedule *);

#endif
