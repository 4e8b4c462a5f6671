/* SPDX-License-Identifier: BSD-2-Clause */
/* What a supervisor has to say. */
#ifndef SAY_H
#define SAY_H

#include "plan/plan.h"

/*
 * Writes one line, `daemonize: TEXT`: to the log; without one, in the
 * foreground to descriptor 2; else to the file of --stderr, which is opened anew for it; where there is none,
 * or it cannot be written, to syslog.  Waits for nothing.
 */
void	say(struct plan *, const char *text);

#endif
