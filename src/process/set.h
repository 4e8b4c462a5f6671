/* SPDX-License-Identifier: BSD-2-Clause */
/* The targets that one stage of a schedule has signalled; for stop.[ch] alone. */
#ifndef SET_H
#define SET_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "process/targets.h"

struct set {
	const struct targets *targets;
	int sig;
	bool proc;			/* /proc can be used */
	struct pollfd *fds;		/* the first is skip_fd, then n pidfds
					   that are held, for the wait */
	struct identified *ids;		/* of the same */
	size_t n;
	struct identified *dropped;	/* signalled, but held no longer: no
					   descriptors were left */
	size_t ndropped;
	size_t seen, refused;		/* in one look; how many may not be
					   signalled, and why */
	int error;
	const char *call;		/* that failed */
};

/* Adds a process that is held by pidfd.  -1 with errno (ENOMEM). */
int	set_add(struct set *, int pidfd, struct identified);

/* Makes room for a descriptor.  False: there is none to drop. */
bool	set_drop(struct set *);

/* Has this stage signalled it before?  Where that is unknown: no. */
bool	set_has_dropped(const struct set *, struct identified);

/* Closes the pidfd number i; that of the targets is left to its owner. */
void	set_close(const struct set *, size_t i);

/* Releases all.  Keeps errno. */
void	set_free(struct set *);

#endif
