/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as the user writes them, and a schedule of signals and times. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stddef.h>

#define SCHEDULE_DEFAULT	"TERM/10s/KILL/5s"
#define SCHEDULE_MAX		16

/* Send the signal, then wait so long, in milliseconds, for the end. */
struct schedule {
	struct { int signal; long long wait; } stage[SCHEDULE_MAX];
	size_t n;
};

/* 500ms, 2s, 5m, 1h, or seconds.  Returns milliseconds, or -1. */
long long	time_parse(const char *);

/* The reason of a message about one that is none: it has every unit. */
#define NOT_A_TIME	"not a time such as 500ms, 2s, 5m or 1h"

/*
 * SIG/TIME[/SIG/TIME]...; a TIME alone, which needs a unit, stands for
 * TERM/TIME/KILL/5s, and a last SIG without one is followed by 5s.  Return
 * NULL, or the part of text, up to a slash, that cannot be read.
 */
const char *schedule_parse(const char *text, struct schedule *);

#endif
