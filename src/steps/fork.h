/* SPDX-License-Identifier: BSD-2-Clause */
/* What background and refork share: the fork, and its option's value. */
#ifndef FORK_H
#define FORK_H

#include "steps/step.h"

/* step_background() and step_refork(). */
pid_t	fork_process(bool apart, process *child, void *argument);

/* yes or no.  Returns NULL, or what is wrong. */
const char *yes_no_parse(const char *value, bool *yes);

#endif
