/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc_trim(3), which glibc has and musl has not: gives free memory back to
 * the kernel.  Returns whether there was any.
 */
#ifndef MALLOC_TRIM_H
#define MALLOC_TRIM_H

#include <stddef.h>

int	malloc_trim(size_t pad);

#endif
