/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of all waits. */
#ifndef CLOCK_H
#define CLOCK_H

#include <limits.h>

/* The end of a wait without a time limit. */
#define NEVER	LLONG_MAX

/* Milliseconds of the monotonic clock (clock_gettime(2)). */
long long	now_ms(void);

/* Milliseconds until end, as poll(2) takes them: at most max, at least 0. */
int	ms_until(long long end, int max);

#endif
