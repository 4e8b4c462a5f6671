/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=file:PATH: the command writes that file. */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "ready/method.h"

/* How often the file is looked at. */
#define LOOK_MS	50

static const char *
parse(struct readiness *want, const char *value)
{
	want->path = value;
	return *value == '\0' ? "needs a path after the colon" : NULL;
}

/*
 * Times are in the kernel's ticks: a file that was written in the same tick as
 * the command writes it looks the same.  Its size or its inode may differ.
 */
static int
look(struct ready *ready, int root, struct descriptors *keep_fds,
    const char **reason)
{
	(void)root;	/* the path is the caller's */
	(void)keep_fds;
	ready->existed = stat(ready->want->path, &ready->before) == 0;
	if (ready->existed || errno == ENOENT || errno == ENOTDIR)
		return 0;
	*reason = strerror(errno);
	return -1;
}

static enum answer
ask(struct ready *ready)
{
	const struct stat *before = &ready->before;
	struct stat now;

	ready->due = now_ms() + LOOK_MS;
	if (stat(ready->want->path, &now) == -1)
		return ANSWER_NOT_YET;
	return !ready->existed || now.st_dev != before->st_dev ||
	    now.st_ino != before->st_ino || now.st_size != before->st_size ||
	    now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec ?
	    ANSWER_READY : ANSWER_NOT_YET;
}

const struct method file_method = {
	.name = "file:",
	.has_timeout = true,
	.parse = parse,
	.prepare = look,
	.ask = ask,
};
