/* SPDX-License-Identifier: BSD-2-Clause */
/* pidfd_send_signal(2) for a C library that does not have it. */
#include "config.h"

#include <sys/syscall.h>

#include <unistd.h>

#include "pidfd.h"

/* One number on every architecture, also where the headers are older. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal	424
#endif

int
pidfd_send_signal(int pidfd, int sig, siginfo_t *info, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, sig, info, flags);
}
