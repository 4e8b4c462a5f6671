/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages to the caller: the exit statuses and the one line on stderr. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>

/*
 * 125 to 127 are those of env(1) and nohup(1), 124 is timeout(1)'s; 1, 3 and 4
 * are the LSB's.
 */
enum status {
	STATUS_DONE = 0,
	STATUS_RUNNING = 1,		/* the instance runs already */
	STATUS_BAD = 1,			/* --check: a step is missing */
	STATUS_DEAD = 1,		/* --status: its pid file is there */
	STATUS_STILL_THERE = 2,		/* --stop: after all of the schedule */
	STATUS_NOT_RUNNING = 3,
	STATUS_UNKNOWN = 4,		/* --status: it is not known */
	STATUS_ENDED = 123,		/* before it was ready */
	STATUS_TIMED_OUT = 124,		/* not ready in time */
	STATUS_FAILED = 125,		/* daemonize itself failed */
	STATUS_CANNOT_EXECUTE = 126,	/* the command is no program */
	STATUS_NOT_FOUND = 127		/* there is no such command */
};

/*
 * Write `daemonize: step: object: reason` on stderr as one line.  Return
 * STATUS_FAILED, for the caller to pass on.  object may be NULL.
 * A byte that must not get to a terminal becomes `?` (escape.h); a part that
 * is longer than any path has `...` in its middle.
 */
int	complain(const char *step, const char *object, const char *reason);
int	complain_errno(const char *step, const char *object, int error);

/* The same for a line `step: object: reason`. */
int	complain_line(const char *line);

/*
 * A mistake on the command line: `daemonize: option=value: reason` (value may
 * be NULL) and how to find help.  Return STATUS_FAILED.
 */
int	misuse(const char *option, const char *value, const char *reason);

/* Print text of others on stdout, by stdio; `?` as above. */
void	print_plain(const char *text);

/* One line of progress on stdout: `daemonize: step: value`. */
void	narrate(const char *step, const char *value);

/*
 * The foreground launch has no launcher that keeps the caller's stdout and
 * stderr: from here on messages go to duplicates of them, close-on-exec,
 * above 2.  Store the two descriptors in fds.  Return -1 with dup(2)'s errno.
 */
int	messages_keep(int fds[2]);

#endif
