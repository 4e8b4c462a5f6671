/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a supervisor that waits.
 *
 * A start, the end of a run and a message need stack for paths and lines.  The
 * kernel keeps these pages until it is told that nothing uses them any more.
 */
#include "config.h"

#include <sys/mman.h>

#include <stdint.h>
#include <unistd.h>

#include "malloc_trim.h"
#include "monitor/monitor.h"

/* What this function and those that it calls have on the stack. */
#define OWN_STACK	512

/* More than any work needs.  What of it is not mapped is left alone. */
#define DEEPEST_STACK	(256 * 1024)

void __attribute__((noinline))
release_memory(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = (frame - OWN_STACK) & ~(page - 1);

	(void)malloc_trim(0);
	(void)madvise((void *)(end - DEEPEST_STACK), DEEPEST_STACK,
	    MADV_DONTNEED);
}
