/* SPDX-License-Identifier: BSD-2-Clause */
/* How a plan is shown. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "plan.h"

/* Prints what the launch of this plan would do, on stdout. */
void	explain(const struct plan *);

#endif
