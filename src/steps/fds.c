/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 7 fds
 *
 * A descriptor that leaks into a daemon keeps a pipe from its end, a lock from
 * its release, a disk from being unmounted.  What is kept are the user's list,
 * and the launch's own descriptors, which are close-on-exec.  The gaps between
 * them are closed, however many descriptors are there and whatever the limit.
 */
#include "config.h"

#include <sys/syscall.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/number.h"
#include "base/word.h"
#include "close_range.h"
#include "steps/step.h"

/* The f_type of procfs (statfs(2)); musl-gcc does not find linux/magic.h. */
#define PROC_SUPER_MAGIC	0x9fa0

static const char *
parse_list(struct descriptors *list, const char *value)
{
	char number[16];
	long long fd;

	while (value != NULL) {
		value = word_cut(value, ',', number, sizeof(number));
		fd = number_parse(number, STDERR_FILENO + 1, INT_MAX);
		if (fd == -1)
			return "not close, keep or a list of descriptors "
			    "above 2";
		if (descriptors_add(list, (int)fd) == -1)
			return strerror(errno);
	}
	return NULL;
}

static const char *
parse(struct steps *steps, const char *value)
{
	static const char *const words[] = { "close", "keep", NULL };
	int choice = word_index(value, words);

	free(steps->listed.fd);
	steps->listed = (struct descriptors){ .n = 0 };
	steps->fds = choice == 1 ? FDS_KEEP : choice == 0 ? FDS_CLOSE :
	    FDS_LIST;
	return choice != -1 ? NULL : parse_list(&steps->listed, value);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	char number[16];
	size_t i;

	(void)strlcpy(buf, steps->fds == FDS_CLOSE ? "close" :
	    steps->fds == FDS_KEEP ? "keep" : "", size);
	for (i = 0; i < steps->listed.n; i++) {
		(void)snprintf(number, sizeof(number), "%s%d",
		    i == 0 ? "" : ",", steps->listed.fd[i]);
		(void)strlcat(buf, number, size);
	}
}

/* The name of a descriptor in /proc/self/fd as a number; UINT_MAX: none. */
static unsigned int
to_number(const char *name)
{
	unsigned int fd = 0;

	for (; *name >= '0' && *name <= '9'; name++)
		fd = fd * 10 + (unsigned int)(*name - '0');
	return *name == '\0' ? fd : UINT_MAX;
}

/*
 * Close what /proc lists from first to last.  Return -1 if there is no /proc.
 * readdir(3) allocates; struct dirent is what the kernel writes.
 */
static int
close_listed(unsigned int first, unsigned int last)
{
	char buf[4096] __attribute__((aligned(8)));
	const struct dirent *entry;
	struct statfs fs;
	unsigned int fd;
	long size = -1, at;
	int dir;

	dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return -1;
	if (fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC)
		while ((size = syscall(SYS_getdents64, dir, buf,
		    sizeof(buf))) > 0)
			for (at = 0; at < size; at += entry->d_reclen) {
				entry = (const void *)(buf + at);
				fd = to_number(entry->d_name);
				if (fd >= first && fd <= last &&
				    fd != UINT_MAX && fd != (unsigned int)dir)
					(void)close((int)fd);
			}
	(void)close(dir);
	return size == 0 ? 0 : -1;
}

/*
 * A kernel before 5.9 has no close_range(2), and the filter of an old container
 * runtime denies what it does not know.
 */
static int
close_from_to(unsigned int first, unsigned int last)
{
	int error;

	if (first > last || close_range(first, last, 0) == 0)
		return 0;
	error = errno;
	if ((error == ENOSYS || error == EPERM) &&
	    close_listed(first, last) == 0)
		return 0;
	errno = error;
	return -1;
}

int
step_fds(enum fds fds, const struct descriptors *keep)
{
	unsigned int next = STDERR_FILENO + 1;
	size_t i;

	if (fds == FDS_KEEP)
		return 0;
	for (i = 0; i < keep->n; i++) {
		unsigned int fd = (unsigned int)keep->fd[i];

		if (fd > next && close_from_to(next, fd - 1) == -1)
			return -1;
		next = fd + 1;
	}
	return close_from_to(next, UINT_MAX);
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	enum verdict verdict = VERDICT_OK;
	size_t i, others = 0;
	int terminal = -1;

	if (finding_is_unseen(finding, facts))
		return;
	for (i = 0; i < facts->nfds; i++) {
		if (descriptors_have(&expected->listed, facts->fds[i]))
			continue;
		others++;
		if (facts->terminals[i])
			terminal = facts->fds[i];
	}
	if (expected->fds != FDS_KEEP && others > 0)
		verdict = terminal == -1 ? VERDICT_UNSEEN : VERDICT_BAD;
	if (terminal != -1)
		finding_set(finding, verdict, "%d is a terminal", terminal);
	else if (others > 0)
		finding_set(finding, verdict,
		    "%zu above 2: inherited, or opened by itself", others);
	else
		finding_set(finding, verdict, "none above 2%s",
		    expected->listed.n == 0 ? "" : " but those expected");
}

const struct step fds_row = {
	.name = "fds",
	.call = "close_range",
	.what = "close every descriptor above 2, but those listed",
	.why = "a leaked one keeps pipes, locks and file systems busy",
	.parse = parse,
	.print = print,
	.check = check,
};
