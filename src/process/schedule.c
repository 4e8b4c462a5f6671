/* SPDX-License-Identifier: BSD-2-Clause */
/* Times and schedules as the user writes them. */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include "base/number.h"
#include "base/word.h"
#include "process/schedule.h"
#include "process/signals.h"

/* Where no time follows the last signal. */
#define LAST_WAIT	5000

long long
time_parse(const char *text)
{
	static const struct { const char *name; long long ms; } units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
	};
	size_t digits = strspn(text, "0123456789"), i;
	char number[16];
	long long value;

	if (digits == 0 || digits >= sizeof(number))
		return -1;
	(void)strlcpy(number, text, digits + 1);
	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(text + digits, units[i].name) != 0)
			continue;
		/* poll(2) takes an int of milliseconds: 24 days. */
		value = number_parse(number, 0, INT_MAX / units[i].ms);
		return value == -1 ? -1 : value * units[i].ms;
	}
	return -1;
}

const char *
schedule_parse(const char *text, struct schedule *schedule)
{
	const char *at = text, *wrong;
	long long wait = time_parse(text);
	char part[32];
	int signal;

	schedule->n = 0;
	/* A number alone may be meant as a signal or as a time. */
	if (text[strspn(text, "0123456789")] == '\0')
		return text;
	if (wait != -1) {
		*schedule = (struct schedule){ .n = 2, .stage = {
		    { SIGTERM, wait }, { SIGKILL, LAST_WAIT } } };
		return NULL;
	}
	for (; at != NULL; schedule->n++) {
		wrong = at;
		at = word_cut(at, '/', part, sizeof(part));
		signal = signal_parse(part);
		if (signal == -1 || schedule->n == SCHEDULE_MAX)
			return wrong;
		wait = LAST_WAIT;
		if (at != NULL) {
			wrong = at;
			at = word_cut(at, '/', part, sizeof(part));
			wait = time_parse(part);
			if (wait == -1)
				return wrong;
		}
		schedule->stage[schedule->n].signal = signal;
		schedule->stage[schedule->n].wait = wait;
	}
	return NULL;
}
