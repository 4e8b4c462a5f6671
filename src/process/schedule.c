/* SPDX-License-Identifier: BSD-2-Clause */
/* Times and schedules as the user writes them. */
#include "config.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

#include "base/number.h"
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

/*
 * Cuts the next part off text; "" where there is none.  One that is too long
 * ends in dots: what is left of it must not be read as another.
 */
static const char *
next_part(const char *text, char *part, size_t size)
{
	size_t length = strcspn(text, "/");

	(void)strlcpy(part, text, length < size ? length + 1 : size);
	if (length >= size)
		(void)strlcpy(part + size - 4, "...", 4);
	return text[length] == '\0' ? text + length : text + length + 1;
}

const char *
schedule_parse(const char *text, struct schedule *schedule)
{
	static char part[64];
	long long wait;
	int signal;

	schedule->n = 0;
	(void)next_part(text, part, sizeof(part));
	/* A number alone may be meant as a signal or as a time. */
	if (part[strspn(part, "0123456789")] == '\0' &&
	    strcmp(part, text) == 0)
		return part;
	wait = time_parse(part);
	if (wait != -1 && strcmp(part, text) == 0) {
		schedule->stage[0].signal = SIGTERM;
		schedule->stage[0].wait = wait;
		schedule->stage[1].signal = SIGKILL;
		schedule->stage[1].wait = LAST_WAIT;
		schedule->n = 2;
		return NULL;
	}
	/* A part is missing behind the last slash. */
	if (*text != '\0' && text[strlen(text) - 1] == '/')
		return "";
	do {
		text = next_part(text, part, sizeof(part));
		signal = signal_parse(part);
		if (signal == -1 || schedule->n == SCHEDULE_MAX)
			return part;
		wait = LAST_WAIT;
		if (*text != '\0') {
			text = next_part(text, part, sizeof(part));
			wait = time_parse(part);
			if (wait == -1)
				return part;
		}
		schedule->stage[schedule->n].signal = signal;
		schedule->stage[schedule->n].wait = wait;
		schedule->n++;
	} while (*text != '\0');
	return NULL;
}
