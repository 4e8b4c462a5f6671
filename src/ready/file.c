/* SPDX-License-Identifier: BSD-2-Clause */
/* --ready=file:PATH: the command writes that file. */
#include "config.h"

#include <sys/stat.h>

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "ready/method.h"

/* How often the file is looked at. */
#define LOOK_MS	50

static const char *
parse(struct readiness *want)
{
	return *want->value == '\0' ? "needs a path after the colon" : NULL;
}

/*
 * Times are in the kernel's ticks: a file that was written in the same tick as
 * the command writes it looks the same.  Its size or its inode may differ.
 * The path is the caller's, whatever the command's root.
 */
static const char *
look(struct ready *ready, int root, struct descriptors *keep_fds)
{
	(void)root;
	(void)keep_fds;
	return stat(ready->want->value, &ready->before) == 0 ||
	    errno == ENOENT || errno == ENOTDIR ? NULL : strerror(errno);
}

static enum answer
ask(struct ready *ready)
{
	const struct stat *before = &ready->before;
	struct stat now;

	ready->due = now_ms() + LOOK_MS;
	if (stat(ready->want->value, &now) == -1)
		return ANSWER_NOT_YET;
	return is_same_file(&now, before) && now.st_size == before->st_size &&
	    now.st_mtim.tv_sec == before->st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == before->st_mtim.tv_nsec ?
	    ANSWER_NOT_YET : ANSWER_READY;
}

const struct method file_method = {
	.name = "file:",
	.has_timeout = true,
	.parse = parse,
	.prepare = look,
	.ask = ask,
};
