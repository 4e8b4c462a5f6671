/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of --log, --log-time and --log-rotate. */
#include "config.h"

#include <limits.h>
#include <string.h>
#define SYSLOG_NAMES	/* facilitynames, prioritynames */
#include <syslog.h>

#include "base/number.h"
#include "cli/options.h"

static const char *const time_names[] = {
	[LOG_TIME_NONE] = "none",
	[LOG_TIME_UTC] = "utc",
	[LOG_TIME_LOCAL] = "local",
};

const char *
log_time_name(enum log_time time)
{
	return time_names[time];
}

/* Return the code of the name of that length, or -1. */
static int
find_code(const CODE *codes, const char *name, size_t length)
{
	for (; codes->c_name != NULL; codes++)
		if (strlen(codes->c_name) == length &&
		    strncmp(codes->c_name, name, length) == 0)
			return codes->c_val;
	return -1;
}

/* Return the priority of `FACILITY[.LEVEL]`, or -1. */
static int
parse_priority(const char *text)
{
	const char *dot = strchrnul(text, '.');
	int facility = find_code(facilitynames, text, (size_t)(dot - text));
	int level = *dot == '\0' ? LOG_INFO :
	    find_code(prioritynames, dot + 1, strlen(dot + 1));

	/* The kernel's own one, and two names that are none. */
	if (facility <= LOG_KERN || LOG_FAC(facility) >= LOG_NFACILITIES ||
	    level == -1 || level > LOG_PRIMASK)
		return -1;
	return facility | level;
}

const char *
log_parse(struct log_want *want, const char *value)
{
	want->text = value;
	if (*value == '|') {
		want->kind = LOG_TO_LOGGER;
		want->command = value + 1 + strspn(value + 1, " \t");
		return *want->command != '\0' ? NULL :
		    "needs a command after |";
	}
	if (strcmp(value, "syslog") == 0 || strncmp(value, "syslog:", 7) == 0) {
		want->kind = LOG_TO_SYSLOG;
		want->priority = value[6] == '\0' ? LOG_DAEMON | LOG_INFO :
		    parse_priority(value + 7);
		return want->priority != -1 ? NULL :
		    "not syslog:FACILITY or syslog:FACILITY.LEVEL, such as "
		    "syslog:local0.notice";
	}
	want->kind = strcmp(value, "-") == 0 ? LOG_TO_STDOUT : LOG_TO_FILE;
	want->automatic = strcmp(value, "auto") == 0;
	/* In `--log -n NAME', -n would be the file, and NAME the command. */
	if (*value == '-' && value[1] != '\0')
		return "needs FILE, auto, -, |COMMAND or syslog; a FILE that "
		    "begins with - is ./-";
	return *value != '\0' ? NULL :
	    "needs FILE, auto, -, |COMMAND or syslog";
}

const char *
log_parse_time(struct log_want *want, const char *value)
{
	if (strcmp(value, time_names[LOG_TIME_UTC]) == 0)
		want->time = LOG_TIME_UTC;
	else if (strcmp(value, time_names[LOG_TIME_LOCAL]) == 0)
		want->time = LOG_TIME_LOCAL;
	else
		return "not utc or local";
	return NULL;
}

const char *
log_parse_rotate(struct log_want *want, const char *value)
{
	static const char units[] = "kMG";
	size_t digits = strspn(value, "0123456789");
	long long size, unit = 1;
	const char *rest = value + digits, *at;
	char number[20];

	if (digits == 0 || digits >= sizeof(number))
		return "not SIZE or SIZE/N, such as 10M/5";
	(void)strlcpy(number, value, digits + 1);
	if (*rest != '\0' && (at = strchr(units, *rest)) != NULL) {
		unit = 1LL << (10 * (at - units + 1));
		rest++;
	}
	size = number_parse(number, 1, LLONG_MAX / unit);
	if (size == -1)
		return "the size is not above 0, or too large";
	want->rotate = size * unit;
	want->keep = LOG_ROTATE_KEEP;
	if (*rest == '\0')
		return NULL;
	if (*rest != '/')
		return "not SIZE or SIZE/N, such as 10M/5";
	want->keep = (int)number_parse(rest + 1, 1, 1000);
	return want->keep != -1 ? NULL : "N is not a number from 1 to 1000";
}
