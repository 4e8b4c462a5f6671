/* SPDX-License-Identifier: BSD-2-Clause */
/* The time at the beginning of a line. */
#ifndef STAMP_H
#define STAMP_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct stamp {
	char text[48];			/* `2026-11-26T11:50:00.123Z ' */
	size_t length;			/* 0: none */
	struct timespec when;
};

/*
 * Set it to that time, or the present one if it is 0, as RFC 3339 has it, with
 * milliseconds: in UTC, or in local time with its offset.
 */
void	stamp_set(struct stamp *, const struct timespec *, bool local);

#endif
