/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor's log: the command's output, by a pipe, to a file, to standard
 * output, to a logger or to syslog.  Nothing here blocks, except a write to a
 * disk, and log_start.
 *
 *   command --pipe--> relay (lines, in one buffer) --> sink
 *
 * The supervisor has both ends of the pipe, so there is no end-of-file.  What a
 * sink does not take stays in the buffer.  Then the pipe fills up, and the
 * command waits.
 */
#ifndef LOG_H
#define LOG_H

#include <sys/stat.h>
#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/descriptors.h"
#include "log/file.h"
#include "log/logger.h"
#include "log/relay.h"
#include "log/syslog.h"

enum log_time { LOG_TIME_NONE, LOG_TIME_UTC, LOG_TIME_LOCAL };

#define LOG_ROTATE_KEEP	5
#define LOG_ROTATE_KEEP_TEXT "5"

/* The directory of the logs of --log=auto, as root. */
#define LOG_DIRECTORY	"/var/log/daemonize"

/* The values of the options, which point into argv. */
struct log_want {
	const char *text;		/* NULL: no log */
	enum { LOG_TO_FILE, LOG_TO_STDOUT, LOG_TO_LOGGER, LOG_TO_SYSLOG } kind;
	bool automatic;			/* a FILE by the name of the instance */
	const char *command;		/* of a logger, for sh -c */
	int priority;			/* for syslog(3) */
	enum log_time time;
	long long rotate;		/* bytes; 0: never */
	int keep;			/* FILE.1 to FILE.N */
};

/* Others read it only. */
struct log {
	struct log_want want;
	const char *name;		/* the command's, for syslog */
	pid_t pid;			/* likewise; 0: between two runs */
	bool foreground;		/* complaints go to stderr */
	int pipe[2];			/* or -1 */
	struct relay relay;
	char stamp[48];			/* `2026-11-26T11:50:00.123Z ' */
	size_t stamp_length;
	time_t stamp_second;
	char *out;			/* lines with their stamps; or NULL */
	size_t out_start;		/* what could not be written yet */
	size_t out_end;
	struct log_file file;
	struct logger logger;
	int syslog;			/* socket, or -1 */
	bool stuck;			/* the sink takes nothing at present */
	bool polled;			/* poll(2) shows when it does */
	long long due;			/* the next try, by now_ms() */
	char fault[sizeof(((struct log_file *)0)->fault)];
					/* what is wrong at present, or "" */
	long long lost;			/* bytes */
	long long end;			/* of log_finish, or NEVER */
};

/*
 * Store what was asked for.  path is absolute, and NULL without a file; command
 * is the one that writes.  Nothing is open after that.
 */
void	log_init(struct log *, const struct log_want *, const char *path,
	    const char *command, bool foreground);
bool	log_is_open(const struct log *);

/* Return whether that is the file of the log, and a regular one. */
bool	log_is_file(const struct log *, const struct stat *);

/*
 * Open the sink and the pipe.  The pipe belongs to the owner, since the command
 * may open it by its name in /proc, and so does a file that is created.
 * Return 0; or -1 with *reason, and log_undo is due.
 */
int	log_open(struct log *, const struct owner *, const char **reason);

/*
 * Start the logger, in the process that will supervise: for 100 ms, it must not
 * fail.  Return -1 with the reason.  Without a logger, return 0.
 */
int	log_start(struct log *, char *reason, size_t size);

/* Add what it has open now.  Return -1 with errno (ENOMEM). */
int	log_keep(const struct log *, struct descriptors *);

/*
 * Return a descriptor of the pipe for a run to write to, which the caller
 * closes; or -1 with errno.  It is opened again by /proc, so that no flag of it
 * (O_NONBLOCK, O_DIRECT) is another run's.  If that fails, both are cleared.
 */
int	log_output(const struct log *);

/* After a launch that failed, remove a new file that is empty. */
void	log_undo(const struct log *);

/* Relay what can be read and written now. */
void	log_pump(struct log *);

/* Note the pid of a run that has begun. */
void	log_begin_run(struct log *, pid_t);

/*
 * Note the end of a run: behind what it has written until now, a line ends,
 * with a newline that is added if need be.
 */
void	log_end_run(struct log *);

/* Add a line of the supervisor, behind what the command has written. */
void	log_say(struct log *, const char *text);

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
