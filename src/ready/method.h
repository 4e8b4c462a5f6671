/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The methods of --ready, each behind one type: what was said, what a launch
 * opens for it, and the wait.
 */
#ifndef METHOD_H
#define METHOD_H

#include <sys/types.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/descriptors.h"
#include "ready/endpoint.h"
#include "ready/sd_notify.h"
#include "ready/watch.h"

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

/* What a launch opens for it. */
struct ready {
	struct readiness want;
	int pipe;			/* what fd:N is read from, or -1 */
	struct notify_socket notify;
	struct watch watch;
	struct endpoint *endpoint;	/* of tcp: and unix: */
};

/* An answer of the method; an error comes with errno. */
enum answer { ANSWER_ERROR = -1, ANSWER_NOT_YET, ANSWER_READY };

/* The wait for one daemon. */
struct wait {
	struct ready *ready;
	pid_t pid;			/* a child of this process */
	pid_t session;			/* that it was started in */
	const char *command;		/* its path */
	const char *log;		/* the file of -e, or NULL */
	const sigset_t *interrupts;	/* what ends the wait */
	struct {			/* what else is served meanwhile */
		void *what;
		void (*poll)(const void *, struct pollfd fds[2],
		    long long *due);
		void (*serve)(void *);
	} also;
	bool verbose;

	int signals;			/* a signalfd(2) for them and CHLD */
	int interrupted;		/* the signal that ended it, or 0 */
	struct pollfd poll;		/* what shows that to ask again helps */
	long long deadline;		/* by now_ms() */
	long long due;			/* when the method is to be asked */
	long long progress;		/* when the next line is */
	long long alive_until;
	struct notice notice;
	pid_t ignored;			/* the last sender that was */
	bool closed;			/* fd:N ended without a newline */
};

struct method {
	const char *name;		/* with a colon where a value follows */
	bool has_timeout;

	/* Stores the value.  Returns NULL, or what is wrong with it. */
	const char *(*parse)(struct readiness *, const char *value);

	/*
	 * Does what comes before any other file is opened: looks up addresses,
	 * takes the number N of fd:N.  What is opened is added to spare.
	 * Returns 0; -1 with *reason.
	 */
	int (*prepare)(struct ready *, struct descriptors *spare,
	    const char **reason);

	/*
	 * Opens the rest, when the instance is this launch's; root is the
	 * command's root or -1.  Returns 0; -1 with *reason.
	 */
	int (*open)(struct ready *, int root, struct descriptors *spare,
	    const char **reason);

	/* Is it ready?  Sets what to poll for and when to ask again. */
	enum answer (*ask)(struct wait *);

	/* The daemon is ready: what is still owed to it? */
	void (*finish)(struct wait *);

	/* Removes what open has made.  Async-signal-safe. */
	void (*close)(const struct ready *);
};

extern const struct method exec_method, alive_method, notify_method, fd_method,
    file_method, tcp_method, unix_method;

/* METHOD[:VALUE].  Returns NULL, or what is wrong with it. */
const char *readiness_parse(struct readiness *, const char *text);

/* As the method's: nothing where it has none. */
int	ready_prepare(struct ready *, const struct readiness *,
	    struct descriptors *spare, const char **reason);
int	ready_open(struct ready *, int root, struct descriptors *spare,
	    const char **reason);
void	ready_close(const struct ready *);

/* Does the launch wait for more than the exec? */
bool	ready_waits(const struct readiness *);

#endif
