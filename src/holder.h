/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is the daemon of a pid file?  The process that holds its record lock;
 * where nobody does, the one that its number stands for.
 */
#ifndef HOLDER_H
#define HOLDER_H

#include <sys/types.h>

#include "instance.h"

/* Longer than any pid with white space around: then it is no pid file. */
#define PIDFILE_MAX	32

/*
 * The one that holds the record lock: 0 nobody, -1 somebody unseen.
 * Returns -1 with fcntl(2)'s errno.
 */
int	holder_by_lock(int fd, pid_t *holder);

/* The number in the file; 0: it is empty; -1: it has something else. */
pid_t	holder_number(int fd);

/*
 * The process that the number stands for, though it has no lock: the command
 * closed its descriptor, or another program wrote the file.  A process that
 * started after that is another one with the same number.  dir is the
 * directory of the file.  INSTANCE_RUNNING sets pid, INSTANCE_ERROR reason;
 * otherwise INSTANCE_FREE.
 */
enum instance_state holder_by_number(int fd, int dir, pid_t *pid,
    const char **reason);

#endif
