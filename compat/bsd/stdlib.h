/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This directory stands in for libbsd's overlay, with what the program uses of
 * it, where the C library has the other functions and libbsd was not compiled
 * for it: musl-gcc on a system with another C library.
 */
#include_next <stdlib.h>

#ifndef COMPAT_STDLIB_H
#define COMPAT_STDLIB_H

#include <errno.h>

/* strtonum(3bsd) */
long long	strtonum(const char *text, long long min, long long max,
		    const char **error);

/* getprogname(3bsd) */
#define getprogname()	((const char *)program_invocation_short_name)

#endif
