/* SPDX-License-Identifier: BSD-2-Clause */
/* A logger: a command that reads the log from its standard input. */
#ifndef LOGGER_H
#define LOGGER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/descriptors.h"
#include "process/stop.h"

struct logger {
	const char *command;		/* for sh -c */
	int pipe[2];			/* the logger's stdin, and its writer */
	struct process_id *id;		/* its process; pid 0: it does not run;
					   of the supervisor's list of those
					   that --tree leaves alone */
	bool keeps_stderr;		/* in the foreground; else /dev/null */
	long long began;		/* the last one, by now_ms() */
	bool reported;			/* that one ends at once, each time */
	long long due;			/* when it is started, or ended */
	size_t stage;			/* of its end */
	long long end;			/* of the wait for it */
	int lost;			/* bytes that no logger has read */
};

/*
 * Open the pipe to it, and add both ends to spare.  Both stay open, so that the
 * next logger reads what the last one has not read.  Return -1 with errno.
 */
int	logger_open(struct logger *, struct descriptors *spare);

/*
 * Starts it as a process of its own session, with the steps of a daemon taken.
 * -1 with errno of fork(2).
 */
int	logger_start(struct logger *);

/* Return whether it has to be started now. */
bool	logger_is_due(const struct logger *);

/*
 * It has ended: when it is due again is set, and reason says how.  Returns
 * whether that is worth a message: of those that end at once, the first is.
 */
bool	logger_ended(struct logger *, int status, char *reason, size_t size);

/*
 * The end: closes the pipe, waits, then TERM and KILL.  One that dies before it
 * has read all is started anew.  To be called when logger->due has come, or it
 * has ended; returns true when all is over.
 */
bool	logger_finish(struct logger *);

#endif
