/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods of --ready, each behind one type: what was said, what a start
 * opens for it, and what was seen of one run.
 */
#ifndef METHOD_H
#define METHOD_H

#include <sys/stat.h>
#include <sys/types.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "ready/endpoint.h"
#include "ready/sd_notify.h"

#define READY_TIMEOUT		60000
#define READY_TIMEOUT_TEXT	"60s"

/* What was said; of argv, but for the host. */
struct readiness {
	const struct method *method;
	const char *text;		/* `tcp:80` */
	bool given;			/* else it is exec */
	const char *timeout_text;	/* NULL: not given */
	long long timeout;		/* in milliseconds */
	long long alive;		/* likewise */
	int fd;				/* of the command; 0: none */
	const char *path;		/* of a file or a socket */
	const char *port;
	char host[256];			/* empty: this machine */
};

/* An answer of the method; an error comes with errno. */
enum answer { ANSWER_ERROR = -1, ANSWER_NOT_YET, ANSWER_READY };

/* How one run is seen to be ready: what is open for it, and what was seen. */
struct ready {
	const struct readiness *want;
	pid_t pid;			/* of the command */
	pid_t session;			/* that it was started in */
	bool verbose;
	long long deadline;		/* by now_ms(), or NEVER; the command
					   may ask for more time */
	struct pollfd poll;		/* with an event, to ask again helps */
	long long due;			/* when to ask again, or NEVER */
	bool is_ready;			/* the answer, once it was READY */

	int pipe;			/* what fd:N is read from, or -1 */
	bool closed;			/* it ended without a newline */
	struct notify_socket notify;
	struct notice notice;
	pid_t ignored;			/* the last sender that was */
	long long barrier_due;		/* 0: no READY=1 yet */
	struct endpoint *endpoint;	/* of tcp: and unix: */
	struct stat before;		/* of file: before the start */
	bool existed;
	long long alive_until;
};

struct method {
	const char *name;		/* with a colon where a value follows */
	bool has_timeout;

	/* Stores the value.  Returns NULL, or what is wrong with it. */
	const char *(*parse)(struct readiness *, const char *value);

	/*
	 * Looks up addresses, before anything is opened, and once.  Returns
	 * NULL, or why it cannot.
	 */
	const char *(*look_up)(struct ready *);

	/*
	 * Before a start: opens what the command will be seen by.  What must
	 * stay open in its process is added to keep_fds; root is the command's
	 * root or -1.  Returns 0; -1 with *reason.
	 */
	int (*prepare)(struct ready *, int root, struct descriptors *keep_fds,
	    const char **reason);

	/* Is it ready?  Sets what to poll for and when to ask again. */
	enum answer (*ask)(struct ready *);

	/* Removes and closes what prepare has made.  Async-signal-safe. */
	void (*close)(struct ready *);
};

extern const struct method exec_method, alive_method, notify_method, fd_method,
    file_method, tcp_method, unix_method;

/* METHOD[:VALUE].  Returns NULL, or what is wrong with it. */
const char *readiness_parse(struct readiness *, const char *text);

/* Nothing is open after that. */
void	ready_init(struct ready *, const struct readiness *);

/* As the method's; nothing if it has none. */
const char *ready_look_up(struct ready *);
int	ready_prepare(struct ready *, int root, struct descriptors *keep_fds,
	    const char **reason);
void	ready_close(struct ready *);

/* The command of that pid has been executed: what comes from now on counts. */
void	ready_begin(struct ready *, pid_t, pid_t session);
enum answer ready_ask(struct ready *);

/*
 * Add to a reason what the command itself has sent about its state; with late,
 * also why it was not heard.
 */
void	ready_describe(const struct ready *, bool late, char *reason,
	    size_t size);

/* Does a start wait for more than the exec? */
bool	ready_waits(const struct readiness *);

#endif
