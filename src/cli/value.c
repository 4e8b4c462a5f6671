/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of options: syntax. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/message.h"
#include "cli/value.h"
#include "process/signals.h"

int
value_checked(const char *option, const char *value, const char *wrong)
{
	return wrong == NULL ? STATUS_DONE : misuse(option, value, wrong);
}

int
value_name(const char *value, const char **name)
{
	if (*value == '\0' || *value == '.' || strchr(value, '/') != NULL)
		return misuse("--name", value,
		    "must not be empty, contain a slash or begin with a dot");
	*name = value;
	return STATUS_DONE;
}

int
value_user(char *value, const char **user, const char **group)
{
	char *colon = strchr(value, ':');

	if (*value == '\0' || value == colon || (colon && colon[1] == '\0'))
		return misuse("--user", value, "not USER or USER:GROUP");
	*user = value;
	*group = NULL;
	if (colon != NULL) {
		*colon = '\0';
		*group = colon + 1;
	}
	return STATUS_DONE;
}

int
value_signal(const char *option, const char *value, int *number)
{
	*number = signal_parse(value);
	return *number != -1 ? STATUS_DONE :
	    misuse(option, value, "not a signal name or number");
}

int
value_schedule(const char *option, const char *value,
    struct schedule *schedule)
{
	const char *wrong;
	char reason[192];
	int number;

	if (value == NULL)
		value = SCHEDULE_DEFAULT;
	if ((wrong = schedule_parse(value, schedule)) == NULL)
		return STATUS_DONE;
	number = signal_parse(wrong);
	if (strcmp(wrong, value) != 0 &&
	    (number != -1 || time_parse(wrong) != -1))
		(void)snprintf(reason, sizeof(reason),
		    "'%s' is out of place: use SIG/TIME[/SIG/TIME]...", wrong);
	else if (time_parse(wrong) == -1)
		(void)snprintf(reason, sizeof(reason),
		    "'%s' is not a signal or a time", wrong);
	else if (number == -1)
		(void)snprintf(reason, sizeof(reason),
		    "a number alone needs a unit: use %ss", wrong);
	else
		(void)snprintf(reason, sizeof(reason), "a signal or a time? "
		    "use %s/5s for signal %s, or %ss for %s seconds",
		    signal_name(number), wrong, wrong, wrong);
	return misuse(option, value, reason);
}

int
value_explain(const char *value, bool *unit)
{
	*unit = value != NULL;
	return value == NULL || strcmp(value, "unit") == 0 ? STATUS_DONE :
	    misuse("--explain", value, "not unit; --explain alone prints the "
	    "plan");
}

int
value_ready(const char *value, struct readiness *ready)
{
	return value_checked("--ready", value, readiness_parse(ready, value));
}

int
value_ready_timeout(const char *value, struct readiness *ready)
{
	ready->timeout_text = value;
	ready->timeout = time_parse(value);
	return ready->timeout != -1 ? STATUS_DONE :
	    misuse("--ready-timeout", value, NOT_A_TIME);
}

int
value_path(const char *option, const char *value, const char **path)
{
	if (*value == '\0')
		return misuse(option, value, "needs a value");
	*path = value;
	return STATUS_DONE;
}
