/* SPDX-License-Identifier: BSD-2-Clause */
/* The rights of another user, for a few calls. */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <sys/types.h>

/* What the kernel shows for an id that this user namespace does not map. */
#define UNMAPPED	65534

/*
 * As root, take on the rights of that user: its effective uid, its groups of
 * the user database, and no capability.  The user can neither signal nor trace
 * the process meanwhile.  If it is this process's own user, do nothing.  Only
 * for a process with one thread.
 * Return 0, or -1 with errno and *call, the system call that failed.
 */
int	rights_take(uid_t, const char **call);

/* Return to those of this process; abort(3) if that fails.  Keep errno. */
void	rights_return(void);

#endif
