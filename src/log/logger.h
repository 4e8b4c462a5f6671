/* SPDX-License-Identifier: BSD-2-Clause */
/* A logger: a command that reads the log from its standard input. */
#ifndef LOGGER_H
#define LOGGER_H

#include <sys/types.h>

#include <stdbool.h>

#include "process/stop.h"

struct logger {
	const char *command;		/* for sh -c */
	bool keeps_stderr;		/* in the foreground; else /dev/null */
	int pipe[2];			/* the logger's stdin, and its writer */
	struct process_id id;		/* pid 0: it does not run */
	long long began;		/* the last one, by now_ms() */
	bool failed;			/* the launch: none is started */
	long long due;			/* when the next one is started */
	bool stopping;			/* the session of the last one is being
					   terminated */
	struct stop stop;
	long long end;			/* of the wait for it */
	int lost;			/* bytes that no logger has read */
};

/*
 * Open the pipe to it.  Both ends stay open, so that the next logger reads what
 * the last one has not read.  Return -1 with errno.
 */
int	logger_open(struct logger *);

/*
 * Start it in a session of its own, with the steps of a daemon taken, and wait
 * for 100 ms.  Return -1 with the reason if it cannot be started, or has ended
 * with another status than 0: it does not run then.
 */
int	logger_try(struct logger *, char *reason, size_t size);

/*
 * Do what is due: terminate what the last logger has left behind of its
 * session, and start the next one.  Return -1 with errno of fork(2).
 */
int	logger_step(struct logger *);

/*
 * Set *fd to what has to be polled (its fd is -1: nothing), and return when
 * logger_step or logger_finish is due, or NEVER.
 */
long long logger_poll(const struct logger *, struct pollfd *fd);

/* It has ended: prepare its next start, and write how to reason. */
void	logger_ended(struct logger *, int status, char *reason, size_t size);

/* Return whether it runs, and has not ended at once. */
bool	logger_lasts(const struct logger *);

/*
 * Close the pipe, wait until no process of its session is left, after 10 s send
 * TERM and after 5 s KILL.  One that dies before it has read all is started
 * again.  To be called when logger_poll says so, or it has ended, until this
 * returns true.
 */
bool	logger_finish(struct logger *);

#endif
