/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pidfd_open(2) and pidfd_send_signal(2), which glibc has since 2.36, and the
 * kernel since 5.3 and 5.1: a descriptor of a process, and a signal to it.
 * -1 with errno, ENOSYS on an older kernel.
 */
#ifndef PIDFD_H
#define PIDFD_H

#include <sys/types.h>

#include <signal.h>

/*
 * How has the process ended that this is the pidfd of, once it has been reaped?
 * A status of wait(2).  -1 with errno if the kernel does not tell it: before
 * Linux 6.15, or if it was reaped before the pidfd was opened.
 */
int	pidfd_get_exit(int pidfd, int *status);

int	pidfd_open(pid_t pid, unsigned int flags);
int	pidfd_send_signal(int pidfd, int sig, siginfo_t *info,
	    unsigned int flags);

#endif
