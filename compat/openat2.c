/* SPDX-License-Identifier: BSD-2-Clause */
/* openat2(2) for a C library that does not have it. */
#include "config.h"

#include <sys/syscall.h>

#include <unistd.h>

#include "openat2.h"

/* One number on every architecture, also where the headers are older. */
#ifndef SYS_openat2
#define SYS_openat2	437
#endif

int
openat2(int dir, const char *path, const struct open_how *how, size_t size)
{
	return (int)syscall(SYS_openat2, dir, path, how, size);
}
