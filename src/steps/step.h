/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The nine steps that make a process a daemon.
 *
 * A daemon depends on no other process: not on the terminal, shell or
 * connection that started it, nor on what that one had open, blocked, ignored
 * or as its directory.  Each step removes one such tie.
 *
 *   1 signals     nothing reaches the process while it detaches; the command
 *                 starts with default dispositions, none blocked or pending
 *   2 sigchld     the disposition of SIGCHLD
 *   3 background  a fork; the caller continues
 *   4 session     setsid: no controlling terminal, a process group of its own
 *   5 refork      a second fork: no session leader, so never a terminal again
 *   6 umask       the mode of the files that the command creates
 *   7 fds         no descriptor that was left open
 *   8 chdir       no file system that is kept busy
 *   9 stdio       descriptors 0, 1, 2 open, and not the caller's
 *
 * Each step is a file of this folder: why it is taken, how its value is
 * written (parse, print), what takes it, and how it is seen on a live process
 * (check).
 */
#ifndef STEP_H
#define STEP_H

#include <sys/types.h>

#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "steps/facts.h"

enum step_number {
	STEP_SIGNALS,
	STEP_SIGCHLD,
	STEP_BACKGROUND,
	STEP_SESSION,
	STEP_REFORK,
	STEP_UMASK,
	STEP_FDS,
	STEP_CHDIR,
	STEP_STDIO,
	STEPS
};

enum disposition { DISPOSITION_DEFAULT, DISPOSITION_IGNORE, DISPOSITION_KEEP };
enum fds { FDS_CLOSE, FDS_KEEP, FDS_LIST };

#define UMASK_KEEP	(-1)

/* The value of each step; a path that is NULL: keep. */
struct steps {
	enum disposition signals;
	enum disposition sigchld;
	bool background;
	bool session;			/* a new one */
	bool refork;
	int umask;			/* 0 to 0777, or UMASK_KEEP */
	enum fds fds;
	struct descriptors listed;	/* of FDS_LIST */
	const char *chdir;
	const char *stdio[3];
	unsigned int given;		/* those with an option: 1 << step */
	bool stdio_given[3];
	bool logged[3];			/* the log's pipe; stdio is NULL */
};

/* What is seen of a step on a live process, and whether it is right. */
enum verdict { VERDICT_OK, VERDICT_BAD, VERDICT_UNSEEN };

struct finding {
	enum verdict verdict;
	char seen[PATH_MAX + 128];
};

struct step {
	const char *name;		/* in option, message and manual */
	const char *call;		/* the system call that takes it */
	const char *what;
	const char *why;

	/*
	 * Store a value of the step's option; value lives as long as argv.
	 * Return NULL, or what is wrong with it.  stdio has three options,
	 * and none of this: stdio_parse.
	 */
	const char *(*parse)(struct steps *, const char *value);

	/* Write the value as the option has it, cut to size if need be. */
	void (*print)(const struct steps *, char *buf, size_t size);

	/*
	 * Compare a process with what is expected of it.  If a value was not
	 * given, anything that a daemon can have is right.
	 */
	void (*check)(const struct steps *expected, const struct facts *,
	    struct finding *);
};

/* The rows of the table, in the order of the steps. */
extern const struct step *const step_table[STEPS];

extern const struct step signals_row, sigchld_row, background_row,
    session_row, refork_row, umask_row, fds_row, chdir_row, stdio_row;

/* stdin, stdout, stderr: the options, and the lines of a record. */
extern const char *const stdio_names[3];

/* As parse, for descriptor fd: 0, 1 or 2. */
const char *stdio_parse(struct steps *, int fd, const char *value);

/* Set the values without an option, in a struct of zeros. */
void	steps_set_defaults(struct steps *);

/* Unless its option was given, set what -F changes, or what a log receives. */
void	steps_set_foreground(struct steps *);
void	steps_set_logged(struct steps *);

/* Was an option of this step given? */
bool	step_is_given(const struct steps *, enum step_number);

/*
 * Take a step.  Each returns -1 with the errno of a system call, and is
 * async-signal-safe (signal-safety(7)): it allocates, prints and looks up
 * nothing, since it may run in a process that was forked.  If a step makes
 * several calls, *call is set to the one that failed.
 */

/*
 * 1 signals: resets the dispositions, and discards what is pending.  forked:
 * the process has been forked for the command, so it has no timers.  The mask
 * comes last, just before the exec: before is the caller's.
 */
int	step_signals(enum disposition, bool forked, const char **call);
int	step_signals_release(enum disposition, const sigset_t *before);

/* 2 sigchld: ignored says whether the caller ignores it. */
int	step_sigchld(enum disposition, bool ignored);

/*
 * 3 background and 5 refork: fork a process that runs child(argument), which
 * never returns.  Return its pid, in the parent alone.  With apart it is
 * forked (fork(2)); else it borrows the parent's memory (vfork(2)), which
 * suspends the parent until it has been executed or has ended.
 */
typedef void process(void *argument);
pid_t	step_fork(bool apart, process *child, void *argument);

int	step_session(bool new);
int	step_umask(int mask);

/* 7 fds: close what is above 2, but for those to keep. */
int	step_fds(enum fds, const struct descriptors *keep);

int	step_chdir(const char *path);

/* 9 stdio: fd becomes 0, 1 and 2; -1 is left as it is. */
int	step_stdio(const int fd[3]);

/* --- for the files of this folder -------------------------------------- */

/* yes or no.  Return NULL, or what is wrong. */
const char *yes_no_parse(const char *value, bool *yes);

const char *disposition_parse(const char *value, enum disposition *);
const char *disposition_name(enum disposition);

/* Set verdict and text of a finding. */
void	finding_set(struct finding *, enum verdict, const char *format, ...)
	    __attribute__((format(printf, 3, 4)));

/* If /proc does not show a process's files, say so and return true. */
bool	finding_is_unseen(struct finding *, const struct facts *);

/* A path, or NULL for the word keep.  Return NULL, or what is wrong. */
const char *path_or_keep_parse(const char *value, const char **path);

#endif
