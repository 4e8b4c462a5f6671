/* SPDX-License-Identifier: BSD-2-Clause */
/* How the process of a pidfd has ended, which Linux tells since 6.15. */
#include "config.h"

#include <sys/ioctl.h>

#include <errno.h>
#include <stdint.h>

#include "pidfd.h"

/* As <linux/pidfd.h> of 6.15 has it, but in no C library's headers yet. */
struct info {
	uint64_t mask;			/* asked for, and told */
	uint64_t cgroup;
	uint32_t ids[11];
	int32_t exit_code;		/* a status of wait(2) */
};

#define GET_INFO	_IOWR(0xff, 11, struct info)
#define INFO_EXIT	(1 << 3)

int
pidfd_get_exit(int pidfd, int *status)
{
	struct info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) == -1)
		return -1;
	*status = info.exit_code;
	if (info.mask & INFO_EXIT)
		return 0;
	errno = ENODATA;
	return -1;
}
