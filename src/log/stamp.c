/* SPDX-License-Identifier: BSD-2-Clause */
/* The time at the beginning of a line. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "log/stamp.h"

/* The place of the milliseconds. */
#define MS_AT	(sizeof("2026-11-26T11:50:00.") - 1)

/* RFC 3339 has the offset `+01:00`, and strftime(3) only `+0100`. */
static void
format(struct stamp *stamp, bool local)
{
	char date[32], offset[8] = "Z";
	struct tm tm;

	if (local)
		(void)localtime_r(&stamp->when.tv_sec, &tm);
	else
		(void)gmtime_r(&stamp->when.tv_sec, &tm);
	(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	if (local && strftime(offset, sizeof(offset), "%z", &tm) == 5) {
		memmove(offset + 4, offset + 3, 3);
		offset[3] = ':';
	}
	(void)snprintf(stamp->text, sizeof(stamp->text), "%s.000%s ", date,
	    offset);
	stamp->length = strlen(stamp->text);
}

void
stamp_set(struct stamp *stamp, const struct timespec *when, bool local)
{
	struct timespec time = *when;
	long ms;

	if (time.tv_sec == 0)
		(void)clock_gettime(CLOCK_REALTIME, &time);
	ms = time.tv_nsec / 1000000;
	if (stamp->length != 0 && time.tv_sec == stamp->when.tv_sec &&
	    ms == stamp->when.tv_nsec / 1000000)
		return;
	if (stamp->length == 0 || time.tv_sec != stamp->when.tv_sec) {
		stamp->when = time;
		format(stamp, local);
	}
	stamp->when = time;
	stamp->text[MS_AT] = (char)('0' + ms / 100);
	stamp->text[MS_AT + 1] = (char)('0' + ms / 10 % 10);
	stamp->text[MS_AT + 2] = (char)('0' + ms % 10);
}
