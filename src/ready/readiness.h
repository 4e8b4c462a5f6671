/* SPDX-License-Identifier: BSD-2-Clause */
/* What the user takes for readiness: the value of --ready. */
#ifndef READINESS_H
#define READINESS_H

#define READY_TIMEOUT		60000
#define READY_TIMEOUT_TEXT	"60s"

enum ready_method {
	READY_EXEC,
	READY_ALIVE,
	READY_NOTIFY,
	READY_FD,
	READY_FILE,
	READY_TCP,
	READY_UNIX
};

/* What was said; of argv, but for the host. */
struct readiness {
	enum ready_method method;
	const char *text;		/* `tcp:80`; NULL: not said */
	const char *timeout_text;	/* NULL: not said */
	long long timeout;		/* in milliseconds */
	long long alive;		/* likewise */
	int number;			/* of the command's descriptor */
	const char *path;		/* of a file or a socket */
	const char *port;
	char host[256];			/* empty: this machine */
};

/* METHOD[:VALUE].  NULL, or why it is none. */
const char *readiness_parse(const char *text, struct readiness *);

#endif
