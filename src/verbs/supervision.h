/* SPDX-License-Identifier: BSD-2-Clause */
/* How the supervisor of a plan, and its log, are shown. */
#ifndef SUPERVISION_H
#define SUPERVISION_H

#include "plan/plan.h"

/* Print the lines of --explain about the supervisor, if there is one. */
void	supervision_print(const struct plan *);

/* Print the members of its JSON: all of them, null where there is no value. */
void	supervision_print_json(const struct plan *);

#endif
