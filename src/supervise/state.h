/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a supervisor, for the files of this folder. */
#ifndef STATE_H
#define STATE_H

#include <sys/types.h>

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "instance/instance.h"
#include "launch/launch.h"
#include "plan/plan.h"
#include "process/policy.h"
#include "process/stop.h"

struct supervisor {
	struct plan *plan;
	int signals;			/* a signalfd(2) for every signal */
	sigset_t ends;			/* those that end the wait of a start */

	struct started run;		/* pid 0: none */
	struct ending last;		/* how the last run ended */
	struct backoff backoff;
	long long due;			/* the next start; NEVER: there is none */
	bool stopping;			/* restart no more */
	bool tree;			/* end what a run leaves behind */
	bool limited;			/* the limit of restarts is reached */
	bool asked;			/* a verb's word has not been read */

	struct schedule schedule;	/* of a run that is being ended */
	size_t stage;			/* of it; n: no run is being ended */
	long long stage_due;

	bool cleaning;			/* what a run left behind is being
					   ended */
	struct stop stop;

	bool unwritten;			/* the pid file or the record */
	bool unwritten_said;
	long long rewrite_due;
};

/* --- files.c: the pid file and the record -------------------------------- */

/* Opens the instance.  Returns the word of a verb that its record has. */
enum request	open_instance(struct supervisor *);

/* Writes the instance with that state, and closes it. */
void	write_instance(struct supervisor *, enum record_state);

/*
 * Note in the record, before it is written, how the log does.  Return whether
 * that has changed.
 */
bool	note_log(struct plan *);

/* Tries again what could not be written. */
void	rewrite_instance(struct supervisor *);

/* --- run.c: the end of a run, and the next one --------------------------- */

/* Reaps each child that has ended; the command's end is that of the run. */
void	reap(struct supervisor *);

/* Starts the next run, unless a verb's word is to stop. */
void	start_run(struct supervisor *);

/* --- clean.c: what a run leaves behind, with --tree ----------------------- */

/* Begins to end it; clean takes a step, and sets cleaning to false at last. */
void	begin_cleaning(struct supervisor *);
void	clean(struct supervisor *);

/* --- signals.c ------------------------------------------------------------ */

/* Takes the signals that are pending, and does what each asks for. */
void	take_signals(struct supervisor *);

/*
 * Ends the run by the default schedule, beginning with sig, which is not sent
 * where the command has received it already; there will be no other run.  A
 * second time, goes on to the next stage.
 */
void	end_run(struct supervisor *, int sig, bool sent);

/* Goes on to the next stage of the schedule. */
void	next_stage(struct supervisor *);

#endif
