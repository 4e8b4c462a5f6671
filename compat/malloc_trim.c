/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc_trim(3) for a C library whose free(3) does as much. */
#include "config.h"

#include "malloc_trim.h"

int
malloc_trim(size_t pad)
{
	(void)pad;
	return 0;
}
