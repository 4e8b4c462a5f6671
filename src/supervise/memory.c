/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory of a supervisor that waits.
 *
 * A launch, the end of a run and a message use up to 50 KiB of stack for paths
 * and lines.  The kernel keeps these pages until it is advised that nothing in
 * them is used any more.
 */
#include "config.h"

#include <sys/mman.h>

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#include "base/clock.h"
#include "malloc_trim.h"
#include "supervise/memory.h"

/* Less than that, and each line of a busy log would have its pages anew. */
#define IDLE_MS		50

/* What the function below and those that it calls have on the stack. */
#define OWN_STACK	512

/* No work has ever used more. */
#define DEEPEST_STACK	(256 * 1024)

static void __attribute__((noinline))
release(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
	uintptr_t end = (frame - OWN_STACK) & ~(page - 1);

	(void)malloc_trim(0);
	/* What is not mapped of that is left alone. */
	(void)madvise((void *)(end - DEEPEST_STACK), DEEPEST_STACK,
	    MADV_DONTNEED);
}

void
poll_idle(struct pollfd *fds, nfds_t n, long long due)
{
	int ready = poll(fds, n, ms_until(due, IDLE_MS));

	if (ready == 0) {
		release();
		ready = poll(fds, n, due == NEVER ? -1 :
		    ms_until(due, INT_MAX));
	}
	/* Without memory, or with too low a limit of descriptors. */
	if (ready == -1) {
		fds[0].revents = POLLIN;
		(void)poll(NULL, 0, IDLE_MS);
	}
}
