/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A supervisor's log: the command's output, by a pipe, to a file, to a logger
 * or to syslog.  Nothing here waits, but for the end of a disk's write.
 *
 *   command --pipe--> relay (lines, in one buffer) --> sink
 *
 * The supervisor has both ends of the pipe, so it never ends.  What a sink does
 * not take stays in the buffer, and then in the pipe; so the command waits.
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

/* What was said; of argv. */
struct log_want {
	const char *text;		/* NULL: no log */
	enum { LOG_TO_FILE, LOG_TO_LOGGER, LOG_TO_SYSLOG } kind;
	const char *command;		/* of a logger, for sh -c */
	int priority;			/* for syslog(3) */
	enum log_time time;
	long long rotate;		/* bytes; 0: never */
	int keep;			/* FILE.1 to FILE.N */
};

/* Lines get their stamps in a buffer of so many bytes. */
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
	bool complained;		/* since it took something */
	long long end;			/* of the last wait; NEVER: not yet */
};

/*
 * Each stores the value of an option.  Returns NULL, or what is wrong with it.
 */
const char *log_parse(struct log_want *, const char *);
const char *log_parse_time(struct log_want *, const char *);
const char *log_parse_rotate(struct log_want *, const char *);

/* none, utc or local. */
const char *log_time_name(enum log_time);

/* Nothing is open yet. */
void	log_init(struct log *, const struct log_want *);
bool	log_is_open(const struct log *);

/*
 * Opens the pipe, which the owner can open, too, by its name in /proc, and what
 * the lines go to; a file that is created is the owner's.  What the log must
 * keep open is added to spare.  Returns 0; -1 with *reason, and log_undo is
 * due.
 */
int	log_open(struct log *, const struct log_owner *,
	    struct descriptors *spare, const char **reason);

/* Adds the descriptors that it has open now.  -1 with errno (ENOMEM). */
int	log_keep(const struct log *, struct descriptors *);

/* The launch has failed: removes a new file that is empty. */
void	log_undo(const struct log *);

/* Relays what can be read and written now. */
void	log_pump(struct log *);

/* Adds a line of the supervisor's, behind what the run before has written. */
void	log_say(struct log *, const char *text);

/*
 * A run has ended: what it has written until now is the last of it, and ends
 * in a newline.
 */
void	log_end_run(struct log *);

/*
 * What poll(2) is to wait for, two at most (-1 where there is nothing), and
 * until when.
 */
void	log_poll(const struct log *, struct pollfd fds[2], long long *due);

/* Is it the logger that has ended so?  Then it is started anew. */
bool	log_reap(struct log *, pid_t, int status);

/*
 * The end: relays the rest, for at most 10 s; then a logger gets end-of-file,
 * and is waited for.  To be called after each poll until it returns true.
 */
bool	log_finish(struct log *);

#endif
