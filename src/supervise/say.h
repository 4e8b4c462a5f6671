/* SPDX-License-Identifier: BSD-2-Clause */
/* What a supervisor has to say. */
#ifndef SAY_H
#define SAY_H

#include "plan/plan.h"

/*
 * Write one line, `daemonize: TEXT`, without waiting.  It goes to the log.
 * Without a log, it goes to descriptor 2 in the foreground, and otherwise to
 * the file of --stderr, which is opened for this line.  If there is no such
 * file, or it cannot be written, the line goes to syslog.
 */
void	say(struct plan *, const char *text);

#endif
