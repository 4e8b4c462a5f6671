/* SPDX-License-Identifier: BSD-2-Clause */
/* Decimal numbers that the user writes. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"

long long
number_parse(const char *text, long long min, long long max)
{
	const char *error;
	long long number;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return -1;
	number = strtonum(text, min, max, &error);
	return error == NULL ? number : -1;
}
