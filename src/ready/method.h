/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods of --ready, each behind one type: what was said, and what was
 * seen of one run.  No method waits: the monitor's loop does.
 */
#ifndef METHOD_H
#define METHOD_H

#include <sys/stat.h>
#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"

#define READY_TIMEOUT		60000
#define READY_TIMEOUT_TEXT	"60s"

#define READY_METHODS(separator, last) \
	"exec, alive:TIME, notify, fd:N, file:PATH, " \
	"tcp:[HOST:]PORT, unix:PATH," separator "cmd:COMMAND" last "line:TEXT"

/* Bytes of the TEXT of line:. */
#define READY_LINE_MAX		2048

struct monitor;

/* What was said, in argv. */
struct readiness {
	const struct method *method;
	const char *text;		/* `tcp:80` */
	const char *value;		/* behind the colon */
	long long time;			/* of alive, in milliseconds */
	int fd;				/* of the command; 0: none */
	const char *timeout_text;	/* NULL: not given */
	long long timeout;		/* in milliseconds */
};

/* An answer of the method; an error comes with errno. */
enum answer { ANSWER_ERROR = -1, ANSWER_NOT_YET, ANSWER_READY };

/* The messages of sd_notify(3) until now. */
struct notice {
	bool ready;			/* READY=1 */
	long long extend;		/* EXTEND_TIMEOUT_USEC= in
					   milliseconds, or -1 */
	int error;			/* ERRNO=, or 0 */
	char exit_status[16];		/* EXIT_STATUS=, or empty */
	char status[256];		/* STATUS=, or empty; escaped */
	bool barrier;			/* BARRIER=1 */
	pid_t elsewhere;		/* the last process of another session
					   that sent READY=1, or 0 */
};

/* How one run is seen to be ready. */
struct ready {
	/* Of all runs. */
	const struct readiness *want;
	bool verbose;
	const struct addrinfo *addresses; /* of tcp: and unix: */
	struct monitor *monitor;
	pid_t (*run)(struct monitor *, const char *command);
					/* start sh -c; return 0 on failure */

	pid_t pid;			/* of the command */
	pid_t session;			/* that it was started in */
	long long deadline;		/* by now_ms(), or NEVER; the command
					   may ask for more time */
	struct pollfd poll;		/* with an event, to ask again helps */
	long long due;			/* when to ask again, or NEVER */
	bool is_ready;			/* the answer, once it was READY */

	/* Of its method. */
	int fd;				/* a pipe or a socket, or -1 */
	long long next;			/* what it does next is due then */
	bool closed;			/* fd: it ended without a newline */
	struct stat before;		/* file: before the start; or zeros */
	const struct addrinfo *address;	/* the next to be tried, or NULL */
	int dir;			/* of the socket of notify, or -1 */
	char directory[32];		/* its name, behind ../ */
	char name[32];			/* of the socket in it */
	char env[160];			/* NOTIFY_SOCKET=PATH, or empty */
	struct notice notice;
	pid_t ignored;			/* the last sender that was */
	pid_t check;			/* of cmd that runs, or 0 */
	int status;			/* of the last one, by wait(2); or -1 */
	bool seen;			/* line: by the log */
};

/* A row; what is NULL has nothing to do. */
struct method {
	const char *name;		/* with a colon if a value follows */
	bool has_timeout;

	/* Check the value, and store a number.  Return NULL, or the mistake. */
	const char *(*parse)(struct readiness *);

	/* Look up addresses, once.  Return NULL, or why that is impossible. */
	const char *(*look_up)(struct ready *);

	/*
	 * Before a start: open what the command will be seen by.  What must
	 * stay open in its process is added to keep_fds; root is the command's
	 * root or -1.  Return NULL, or the reason.
	 */
	const char *(*prepare)(struct ready *, int root,
	    struct descriptors *keep_fds);

	/*
	 * Is it ready?  Set due if it is to be asked again without an event of
	 * the fd, and other events than POLLIN.
	 */
	enum answer (*ask)(struct ready *);

	/* Remove what prepare has made; fd is closed after that.
	   Async-signal-safe. */
	void (*close)(struct ready *);
};

extern const struct method exec_method, alive_method, notify_method, fd_method,
    file_method, tcp_method, unix_method, cmd_method, line_method;

/* METHOD[:VALUE].  Return NULL, or what is wrong with it. */
const char *readiness_parse(struct readiness *, const char *text);

/* Does a start wait for more than the exec? */
bool	ready_waits(const struct readiness *);

/*
 * Look up addresses, once, which may take long; before each start, prepare.
 * Return NULL, or why that is impossible.  Want, verbose, monitor and run are
 * set, and nothing else.
 */
const char *ready_init(struct ready *);
const char *ready_prepare(struct ready *, int root,
	    struct descriptors *keep_fds);

/* The command of that pid has been executed: what comes from now on counts. */
void	ready_begin(struct ready *, pid_t, pid_t session);
enum answer ready_ask(struct ready *);

/* If it is a check that has ended, note how, and return true. */
bool	ready_reap(struct ready *, pid_t, int status);

/* Release all of a run; a second time, do nothing.  Async-signal-safe. */
void	ready_close(struct ready *);

/*
 * Add to a reason what the command itself has sent about its state; with late,
 * also why it was not heard.
 */
void	ready_describe(const struct ready *, bool late, char *reason,
	    size_t size);

/*
 * Add what a message of sd_notify(3) says to the notice; other variables, and
 * values that make no sense, change nothing.  Return -1 for one that contains a
 * NUL, or is too long, and says nothing.  The text does not end with a NUL.
 */
int	notify_parse(const char *text, size_t length, struct notice *);

/*
 * Print the last lines of a log, as object: at most 10 lines of the last 4 KiB
 * that were written behind the offset start, or of a text.  fd may be open for
 * writing only.  A byte that is not printable becomes \xNN.  A file that cannot
 * be read is passed over.
 */
void	tail_show(int fd, off_t start, const char *object);
void	tail_print(const char *text, size_t length, const char *object);

#endif
