/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening a pid file and its record, to write them; for instance.c and
 * supervised.c alone.  Both are opened in the directory instance->place.dir.
 */
#ifndef OPEN_H
#define OPEN_H

#include "instance/instance.h"

/* Sets *reason, and returns -1. */
int	instance_fail(const char **reason, const char *why);

/*
 * Opens the pid file, if there is one, and checks that it may be written.  Sets
 * instance->file, or leaves it -1.  -1 with *reason.
 */
int	instance_open_file(struct instance *, const char **reason);

/*
 * Opens the record, or creates it, and takes its lock, for which it waits so
 * many milliseconds: then it is the one of that name.  Sets instance->record.
 * 0, also where there can be none: instance->record is -1.  -1 with *reason;
 * errno is EWOULDBLOCK where another process has the lock, and EINTR where INT,
 * QUIT or TERM has come meanwhile: then the record is open, but not locked.
 */
int	instance_lock(struct instance *, int ms, const char **reason);

#endif
