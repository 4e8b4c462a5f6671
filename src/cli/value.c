/* SPDX-License-Identifier: BSD-2-Clause */
/* The values of options: syntax. */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "cli/value.h"

/* The index of value in the NULL-terminated choices, or -1. */
static int
choose(const char *value, const char *const *choices)
{
	int i;

	for (i = 0; choices[i] != NULL; i++)
		if (strcmp(value, choices[i]) == 0)
			return i;
	return -1;
}

int
value_disposition(const char *option, const char *value,
    enum disposition *disposition)
{
	/* In the order of the enum. */
	static const char *const choices[] = { "default", "ignore", "keep",
	    NULL };
	int choice = choose(value, choices);

	if (choice == -1)
		return misuse(option, value, "not default, ignore or keep");
	*disposition = (enum disposition)choice;
	return STATUS_DONE;
}

int
value_yes_no(const char *option, const char *value, int *yes)
{
	static const char *const choices[] = { "no", "yes", NULL };

	*yes = choose(value, choices);
	return *yes == -1 ? misuse(option, value, "not yes or no") :
	    STATUS_DONE;
}

int
value_session(const char *value, int *new)
{
	static const char *const choices[] = { "keep", "new", NULL };

	*new = choose(value, choices);
	return *new == -1 ? misuse("--session", value, "not new or keep") :
	    STATUS_DONE;
}

int
value_umask(const char *value, int *mask)
{
	size_t length = strlen(value);

	if (strcmp(value, "keep") == 0) {
		*mask = UMASK_KEEP;
		return STATUS_DONE;
	}
	if (length == 0 || strspn(value, "01234567") != length ||
	    strtoul(value, NULL, 8) > 0777)
		return misuse("--umask", value, "not an octal mode or keep");
	*mask = (int)strtoul(value, NULL, 8);
	return STATUS_DONE;
}

int
value_fds(const char *value, struct steps *steps)
{
	static const char *const choices[] = { "close", "keep", NULL };
	const char *at = value, *error;
	int choice = choose(value, choices);
	char number[16];
	size_t length;

	free(steps->listed);
	steps->listed = NULL;
	steps->nlisted = 0;
	steps->fds = choice == 1 ? FDS_KEEP : FDS_CLOSE;
	if (choice != -1)
		return STATUS_DONE;

	steps->fds = FDS_LIST;
	steps->listed = calloc(strlen(value) + 1, sizeof(*steps->listed));
	if (steps->listed == NULL)
		return complain_errno("fds", NULL, errno);
	for (;; at += length + 1) {
		length = strcspn(at, ",");
		error = "";
		if (length > 0 && length < sizeof(number) &&
		    strspn(at, "0123456789") == length) {
			(void)strlcpy(number, at, length + 1);
			fds_add(steps->listed, &steps->nlisted,
			    (int)strtonum(number, STDERR_FILENO + 1, INT_MAX,
			    &error));
		}
		if (error != NULL)
			return misuse("--fds", value,
			    "not close, keep or descriptors above 2");
		if (at[length] == '\0')
			return STATUS_DONE;
	}
}

int
value_name(const char *name)
{
	if (*name == '\0' || *name == '.' || strchr(name, '/') != NULL)
		return misuse("--name", name,
		    "empty, with a slash, or starts with a dot");
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
	    misuse(option, value, "no signal");
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
	if (strcmp(wrong, value) != 0 || time_parse(wrong) == -1)
		(void)snprintf(reason, sizeof(reason),
		    "'%s' is no signal or time there", wrong);
	else if (number == -1)
		(void)snprintf(reason, sizeof(reason),
		    "a time alone needs a unit: use %ss", wrong);
	else
		(void)snprintf(reason, sizeof(reason), "a signal or a time? "
		    "use %s/5s for signal %s, or %ss for %s seconds",
		    signal_name(number), wrong, wrong, wrong);
	return misuse(option, value, reason);
}

int
value_ready(const char *value, struct readiness *ready)
{
	const char *wrong = readiness_parse(value, ready);

	return wrong == NULL ? STATUS_DONE : misuse("--ready", value, wrong);
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
		return misuse(option, value, "empty");
	*path = value;
	return STATUS_DONE;
}

int
value_path_or_keep(const char *option, const char *value, const char **path)
{
	if (strcmp(value, "keep") == 0) {
		*path = NULL;
		return STATUS_DONE;
	}
	return value_path(option, value, path);
}
