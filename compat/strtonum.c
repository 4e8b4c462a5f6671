/* SPDX-License-Identifier: BSD-2-Clause */
/* strtonum(3bsd) for a C library that does not have it. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

long long
strtonum(const char *text, long long min, long long max, const char **error)
{
	const char *reason = NULL;
	long long number;
	int saved = errno;
	char *end;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (min > max || end == text || *end != '\0') {
		reason = "invalid";
		errno = EINVAL;
	} else if (number < min || (errno == ERANGE && number < 0)) {
		reason = "too small";
		errno = ERANGE;
	} else if (number > max || errno == ERANGE) {
		reason = "too large";
		errno = ERANGE;
	} else
		errno = saved;
	if (error != NULL)
		*error = reason;
	return reason == NULL ? number : 0;
}
