/* SPDX-License-Identifier: BSD-2-Clause */
/* The targets that one stage of a schedule has signalled. */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "process/set.h"

void
set_close(const struct set *set, size_t i)
{
	if (set->fds[i].fd != set->targets->pidfd)
		(void)close(set->fds[i].fd);
}

int
set_add(struct set *set, int pidfd, struct identified id)
{
	struct pollfd *fds;
	struct identified *ids;

	set->call = "malloc";
	fds = reallocarray(set->fds, set->n + 2, sizeof(*fds));
	if (fds == NULL)
		return -1;
	set->fds = fds;
	ids = reallocarray(set->ids, set->n + 2, sizeof(*ids));
	if (ids == NULL)
		return -1;
	set->ids = ids;
	set->n++;
	fds[set->n] = (struct pollfd){ .fd = pidfd, .events = POLLIN };
	ids[set->n] = id;
	return 0;
}

bool
set_drop(struct set *set)
{
	struct identified *dropped;

	if (set->n == 0 || set->fds[set->n].fd == set->targets->pidfd)
		return false;
	dropped = reallocarray(set->dropped, set->ndropped + 1,
	    sizeof(*dropped));
	if (dropped == NULL)
		return false;
	set->dropped = dropped;
	dropped[set->ndropped++] = set->ids[set->n];
	set_close(set, set->n--);
	return true;
}

bool
set_has_dropped(const struct set *set, struct identified id)
{
	size_t i;

	for (i = 0; i < set->ndropped && id.started != 0; i++)
		if (set->dropped[i].pid == id.pid &&
		    set->dropped[i].started == id.started)
			return true;
	return false;
}

void
set_free(struct set *set)
{
	int saved = errno;

	for (; set->n > 0; set->n--)
		set_close(set, set->n);
	free(set->fds);
	free(set->ids);
	free(set->dropped);
	errno = saved;
}
