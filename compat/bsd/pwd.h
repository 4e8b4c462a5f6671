/* SPDX-License-Identifier: BSD-2-Clause */
#include_next <pwd.h>

#ifndef COMPAT_PWD_H
#define COMPAT_PWD_H

/* user_from_uid(3bsd) */
const char	*user_from_uid(uid_t uid, int or_null);

#endif
