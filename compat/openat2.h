/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * openat2(2), which few C libraries have, and kernel headers since 5.6:
 * opens path as how says.  A descriptor, or -1 with errno, ENOSYS on a kernel
 * before 5.6.
 */
#ifndef OPENAT2_H
#define OPENAT2_H

#include <stddef.h>

#ifdef HAVE_LINUX_OPENAT2_H
#include <linux/openat2.h>
#else
#include <stdint.h>
struct open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
#define RESOLVE_NO_MAGICLINKS	0x02
#define RESOLVE_IN_ROOT		0x10
#endif

int	openat2(int dir, const char *path, const struct open_how *how,
	    size_t size);

#endif
