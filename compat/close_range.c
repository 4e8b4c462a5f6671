/* SPDX-License-Identifier: BSD-2-Clause */
/* close_range(2) for a C library that does not have it. */
#include "config.h"

#include <sys/syscall.h>

#include <unistd.h>

#include "close_range.h"

/* One number on every architecture, also where the headers are older. */
#ifndef SYS_close_range
#define SYS_close_range	436
#endif

int
close_range(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
