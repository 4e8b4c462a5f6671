/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of all waits. */
#include "config.h"

#include <time.h>

#include "base/clock.h"

long long
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int
ms_until(long long end, int max)
{
	long long left = end - now_ms();

	if (left < 0)
		return 0;
	return left < max ? (int)left : max;
}
