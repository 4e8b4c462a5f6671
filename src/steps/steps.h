/* SPDX-License-Identifier: BSD-2-Clause */
/* The nine steps: their values, their functions, their table. */
#ifndef STEPS_H
#define STEPS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

enum step {
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

/* What the user wants of each step; where a name is NULL: keep. */
struct steps {
	enum disposition signals;
	enum disposition sigchld;
	bool background;
	bool session;			/* a new one */
	bool refork;
	int umask;			/* 0 to 0777, or UMASK_KEEP */
	enum fds fds;
	int *listed;			/* FDS_LIST: ascending, each once */
	size_t nlisted;
	const char *chdir;
	const char *stdio[3];
	bool append;			/* do not truncate the output files */
};

struct plan;

/* What a forked process does, until it executes or exits: never returns. */
typedef void process(const struct plan *, int channel);

/*
 * Blocks set, for now; before is what was blocked, with the signals that the C
 * library hides.  -1 with errno (sigprocmask(2)).
 */
int	step_signals_block(const sigset_t *set, sigset_t *before);

/*
 * The first half of `signals`: until the command is executed, every signal is
 * blocked, in this process and in those that it forks.
 */
int	step_signals_hold(void);

/*
 * The steps, in their order.  Each does what the plan says, also where that is
 * nothing.  Returns -1 with the errno of the system call that failed.  They
 * are async-signal-safe: they allocate, print and look up nothing.
 *
 * The two that fork return the child's pid, in the parent alone, when the
 * child has executed or exited; until then it uses the parent's memory.
 */
int	step_signals(const struct plan *);	/* discards what is pending */
int	step_sigchld(const struct plan *);
pid_t	step_background(const struct plan *, process *);
int	step_session(const struct plan *);
pid_t	step_refork(const struct plan *, process *);
int	step_umask(const struct plan *);
int	step_fds(const struct plan *);
int	step_chdir(const struct plan *);
int	step_stdio(const struct plan *);

/*
 * What a message says of the step that failed last: the system call, or NULL
 * for that of the table; the descriptor whose file could not be truncated, or
 * -1.  They are those of the process that took the step.
 */
extern const char *step_failed_call;
extern int step_failed_fd;

/* The second half of `signals`: the mask that the command starts with. */
int	step_signals_release(const struct plan *);

/* Puts fd in its place in n ascending numbers, where it is not there yet. */
void	fds_add(int *fds, size_t *n, int fd);

/* The table: a row a step. */
struct step_row {
	const char *name;	/* the same in option, message and manual */
	const char *call;	/* what a message names, if it is not
				   step_failed_call */
	const char *what;
	const char *why;
};

extern const struct step_row step_table[STEPS];

/* The step's value as the user would write it, cut to size if need be. */
void	step_value(enum step, const struct steps *, char *buf, size_t size);

#endif
