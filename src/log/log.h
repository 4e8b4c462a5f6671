/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor's log: the command's output, by a pipe, to a file, to a logger
 * or to syslog.  Nothing here blocks, except a write to a disk.
 *
 *   command --pipe--> relay (lines, in one buffer) --> sink
 *
 * The supervisor has both ends of the pipe, so there is no end-of-file.  What a
 * sink does not take stays in the buffer.  Then the pipe fills up, and the
 * command waits.
 */
#ifndef LOG_H
#define LOG_H

#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "log/file.h"
#include "log/logger.h"
#include "log/relay.h"
#include "log/stamp.h"
#include "log/syslog.h"

enum log_time { LOG_TIME_NONE, LOG_TIME_UTC, LOG_TIME_LOCAL };

#define LOG_ROTATE_KEEP	5
#define LOG_ROTATE_KEEP_TEXT "5"

/* The values of the options, which point into argv. */
struct log_want {
	const char *text;		/* NULL: no log */
	enum { LOG_TO_FILE, LOG_TO_LOGGER, LOG_TO_SYSLOG } kind;
	const char *command;		/* of a logger, for sh -c */
	int priority;			/* for syslog(3) */
	enum log_time time;
	long long rotate;		/* bytes; 0: never */
	int keep;			/* FILE.1 to FILE.N */
};

/* The buffer in which lines get their stamps, in bytes. */
#define LOG_OUT_SIZE	16384

struct log {
	struct log_want want;
	const char *name;		/* the command's, for syslog */
	pid_t pid;			/* likewise; 0: between two runs */
	const char *path;		/* of a file: absolute */
	bool foreground;		/* complaints go to stderr */
	int pipe[2];			/* or -1 */
	struct relay relay;
	struct stamp stamp;
	char *out;			/* lines with their stamps */
	size_t out_start;		/* what could not be written yet */
	size_t out_end;
	struct log_file file;
	struct logger logger;
	struct syslog syslog;
	bool stuck;			/* the sink takes nothing at present */
	long long due;			/* when it is tried again, by now_ms() */
	bool complained;		/* since it last took something */
	long long end;			/* deadline of log_finish; NEVER: none */
};

/* Store the value of an option.  Return NULL, or what is wrong with it. */
const char *log_parse(struct log_want *, const char *);
const char *log_parse_time(struct log_want *, const char *);
const char *log_parse_rotate(struct log_want *, const char *);

/* Return none, utc or local. */
const char *log_time_name(enum log_time);

/* Store what was asked for.  Nothing is open after that. */
void	log_init(struct log *, const struct log_want *);
bool	log_is_open(const struct log *);

/*
 * Open the sink and the pipe.  The pipe belongs to the owner, since the command
 * may open it by its name in /proc, and so does a file that is created.  Add
 * what must stay open to spare.
 * Return 0; or -1 with *reason, and log_undo is due.
 */
int	log_open(struct log *, const struct owner *,
	    struct descriptors *spare, const char **reason);

/* Add what it has open now.  Return -1 with errno (ENOMEM). */
int	log_keep(const struct log *, struct descriptors *);

/*
 * Return the end of the pipe that a run writes to.  It blocks, whatever an
 * earlier run has made of it.
 */
int	log_output(const struct log *);

/* After a launch that failed, remove a new file that is empty. */
void	log_undo(const struct log *);

/* Relay what can be read and written now. */
void	log_pump(struct log *);

/* Add a line of the supervisor, behind what the command has written. */
void	log_say(struct log *, const char *text);

/*
 * Note the end of a run: behind what it has written until now, a line ends,
 * with a newline that is added if need be.
 */
void	log_end_run(struct log *);

/*
 * Write what poll(2) has to wait for (two descriptors at most; -1: none), and
 * the time until which it may.
 */
void	log_poll(const struct log *, struct pollfd fds[2], long long *due);

/* If it is the logger that has ended, have it restarted, and return true. */
bool	log_reap(struct log *, pid_t, int status);

/*
 * End the log: relay the rest, for at most 10 s; then give end-of-file to a
 * logger, and wait for its end.  To be called after each poll(2) until it
 * returns true.
 */
bool	log_finish(struct log *);

#endif
