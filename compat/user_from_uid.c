/* SPDX-License-Identifier: BSD-2-Clause */
/* user_from_uid(3bsd) for a C library that does not have it. */
#include "config.h"

#include <sys/types.h>

#include <pwd.h>
#include <stdio.h>

const char *
user_from_uid(uid_t uid, int or_null)
{
	static char number[16];
	const struct passwd *user = getpwuid(uid);

	if (user != NULL)
		return user->pw_name;
	if (or_null)
		return NULL;
	(void)snprintf(number, sizeof(number), "%u", (unsigned int)uid);
	return number;
}
