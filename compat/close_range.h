/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * close_range(2), which glibc has since 2.34 and musl has not: closes the
 * descriptors from first to last, both included.  -1 with errno, ENOSYS on
 * a kernel before 5.9.
 */
#ifndef CLOSE_RANGE_H
#define CLOSE_RANGE_H

int	close_range(unsigned int first, unsigned int last, int flags);

#endif
