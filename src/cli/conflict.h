/* SPDX-License-Identifier: BSD-2-Clause */
/* Conflicts on a command line, between options in any order. */
#ifndef CONFLICT_H
#define CONFLICT_H

#include "cli/options.h"

/*
 * Check what all options and the operands say together; read --check's PID.
 * Return STATUS_DONE, or STATUS_FAILED after a message.
 */
int	conflict_check(struct config *);

#endif
