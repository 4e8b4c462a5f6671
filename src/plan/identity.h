/* SPDX-License-Identifier: BSD-2-Clause */
/* The user and groups of the command. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/path.h"

struct identity {
	bool change;			/* false: all else is unset */
	uid_t uid;			/* (uid_t)-1: stays as it is */
	gid_t gid;
	gid_t *groups;			/* all of the supplementary groups */
	size_t ngroups;
	const char *name;		/* for messages: as the user said it */
	const char *user;		/* for USER and LOGNAME, or NULL */
	const char *home;
	const char *shell;
};

/*
 * Looks up user (a name or number, or NULL) and group (the same) in the
 * system's databases, names before numbers as POSIX has it for chown(1).
 * A user without a group gets the user's own groups; with one, just that.
 * The only code that uses NSS; with neither user nor group it does nothing.
 * Returns STATUS_DONE, or STATUS_FAILED after a message.
 */
int	identity_find(struct identity *, const char *user, const char *group);

/* What new files are given to. */
struct owner identity_owner(const struct identity *);

/*
 * Becomes it, for good: real, effective and saved ids and the supplementary
 * groups.  Where root has been left, it is verified that it cannot be
 * regained.  Returns -1 with the errno of the call that failed, EPERM where
 * root could be regained.  Async-signal-safe.
 */
int	identity_assume(const struct identity *);

#endif
