/* SPDX-License-Identifier: BSD-2-Clause */
/* How a plan is shown. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include "plan/plan.h"

/* Prints what the launch of this plan would do, on stdout, or as JSON. */
int	explain(const struct plan *, bool json);

#endif
