/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock of all waits. */
#include "config.h"

#include <stdio.h>
#include <string.h>
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

void
duration_format(long long ms, char *buf, size_t size)
{
	static const struct { const char *name; long long seconds; } units[] = {
		{ "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 },
	};
	long long seconds = ms / 1000;
	size_t length, i = 0;

	if (ms > 0 && seconds == 0) {
		(void)snprintf(buf, size, "%lld ms", ms);
		return;
	}
	if (seconds > 0 && seconds < 10 && ms % 1000 >= 100) {
		(void)snprintf(buf, size, "%lld.%lld s", seconds,
		    ms % 1000 / 100);
		return;
	}
	if (seconds < 0)
		seconds = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	(void)snprintf(buf, size, "%lld %s", seconds / units[i].seconds,
	    units[i].name);
	seconds %= units[i].seconds;
	length = strlen(buf);
	if (i < 3 && seconds >= units[i + 1].seconds)
		(void)snprintf(buf + length, size - length, " %lld %s",
		    seconds / units[i + 1].seconds, units[i + 1].name);
}
