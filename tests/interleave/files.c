/* SPDX-License-Identifier: BSD-2-Clause */
/* The files that the processes share, and how a process names them. */
#if defined(__x86_64__) || defined(__aarch64__)
#define _GNU_SOURCE		/* process_vm_readv(2) */

#include <sys/types.h>
#include <sys/uio.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interleave.h"

const char *const files[FILES] = {
	"p.pid", "p.pid.record", "p.lock", "p.log", "p.log.1", "p.log.2",
	"p.log.old"
};

void
read_string(pid_t pid, uint64_t address, char *text, size_t size)
{
	struct iovec here = { text, size - 1 };
	struct iovec there = { (void *)(uintptr_t)address, size - 1 };
	ssize_t n;

	/* It may end at the end of a page. */
	while ((n = process_vm_readv(pid, &here, 1, &there, 1, 0)) == -1 &&
	    here.iov_len > 1)
		here.iov_len = there.iov_len /= 2;
	text[n > 0 ? n : 0] = '\0';
}

void
name_act(struct act *act, const char *what)
{
	size_t length = strlen(act->text);

	snprintf(act->text + length, sizeof(act->text) - length, " %s", what);
}

int
file_named(const char *path)
{
	const char *base = strrchr(path, '/');
	int i;

	base = base == NULL ? path : base + 1;
	for (i = 0; i < FILES; i++)
		if (strcmp(base, files[i]) == 0)
			return i;
	return -1;
}

int
file_open_at(const struct world *world, int p, uint64_t fd, char link[256])
{
	char path[64], *deleted;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d",
	    (int)world->proc[p].pid, (int)fd);
	n = readlink(path, link, 255);
	link[n > 0 ? n : 0] = '\0';
	if ((deleted = strstr(link, " (deleted)")) != NULL)
		*deleted = '\0';
	return *link == '/' ? file_named(link) : -1;
}

#endif
