/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of all waits. */
#ifndef CLOCK_H
#define CLOCK_H

#include <limits.h>
#include <stddef.h>

/* The end of a wait without a time limit. */
#define NEVER	LLONG_MAX

/* Milliseconds of the monotonic clock (clock_gettime(2)). */
long long	now_ms(void);

/*
 * `200 ms`, `1.6 s`, `12 s`, `2 d 5 h`: the two largest units, or one; cut, not
 * rounded; 0 is `0 s`.
 */
void	duration_format(long long ms, char *buf, size_t size);

/* Milliseconds until end, as poll(2) takes them: at most max, at least 0. */
int	ms_until(long long end, int max);

#endif
