/* SPDX-License-Identifier: BSD-2-Clause */
/* A plan as a service of systemd. */
#ifndef UNIT_H
#define UNIT_H

#include "plan/plan.h"

/*
 * Print, on stdout, a systemd.service(5) that launches what the plan launches.
 * Return STATUS_DONE.
 */
int	unit_print(const struct plan *);

#endif
