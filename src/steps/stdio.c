/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 9 stdio
 *
 * The caller's descriptors would hold its terminal and its pipes; closed ones
 * would be reused by the first file that the command opens.
 */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "steps/step.h"

const char *const stdio_names[3] = { "stdin", "stdout", "stderr" };

const char *
stdio_parse(struct steps *steps, int fd, const char *value)
{
	steps->stdio_given[fd] = true;
	return path_or_keep_parse(value, &steps->stdio[fd]);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	int fd;

	buf[0] = '\0';
	for (fd = 0; fd < 3; fd++) {
		if (fd > 0)
			(void)strlcat(buf, " ", size);
		(void)strlcat(buf, steps->logged[fd] ? "log" :
		    steps->stdio[fd] == NULL ? "keep" : steps->stdio[fd], size);
	}
}

int
step_stdio(const int fd[3])
{
	int i;

	for (i = 0; i < 3; i++)
		if (fd[i] != -1 && dup2(fd[i], i) == -1)
			return -1;
	return 0;
}

/* What is wrong with descriptor fd, or NULL. */
static const char *
find_fault(const struct steps *expected, const struct facts *facts, int fd)
{
	const char *wanted = expected->stdio[fd];
	char path[PATH_MAX];

	if (facts->stdio[fd][0] == '\0')
		return "closed";
	if (expected->logged[fd])
		return strncmp(facts->stdio[fd], "pipe:", 5) == 0 ? NULL :
		    "not the log";
	if (wanted == NULL)
		return NULL;
	if (!expected->stdio_given[fd])
		return facts->is_terminal[fd] ? "a terminal" : NULL;
	if (realpath(wanted, path) == NULL ||
	    strcmp(facts->stdio[fd], path) != 0)
		return "not what is expected";
	return NULL;
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	const size_t size = sizeof(finding->seen);
	const char *fault;
	int fd;

	if (finding_is_unseen(finding, facts))
		return;
	finding_set(finding, VERDICT_OK, "%s", "");
	for (fd = 0; fd < 3; fd++) {
		(void)strlcat(finding->seen, fd == 0 ? "" : " ", size);
		(void)strlcat(finding->seen, facts->stdio[fd], size);
		fault = find_fault(expected, facts, fd);
		if (fault == NULL)
			continue;
		finding->verdict = VERDICT_BAD;
		(void)strlcat(finding->seen, facts->stdio[fd][0] == '\0' ?
		    "(" : " (", size);
		(void)strlcat(finding->seen, fault, size);
		(void)strlcat(finding->seen, ")", size);
	}
}

const struct step stdio_row = {
	.name = "stdio",
	.call = "dup2",
	.what = "redirect standard input, output and error",
	.why = "the caller's terminal and pipes are given back",
	.print = print,
	.check = check,
};
