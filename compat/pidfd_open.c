/* SPDX-License-Identifier: BSD-2-Clause */
/* pidfd_open(2) for a C library that does not have it. */
#include "config.h"

#include <sys/syscall.h>

#include <unistd.h>

#include "pidfd.h"

/* One number on every architecture, also where the headers are older. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif

int
pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}
