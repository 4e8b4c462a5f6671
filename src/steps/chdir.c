/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 8 chdir
 *
 * The caller's directory could not be unmounted while the daemon runs, or may
 * be removed.
 */
#include "config.h"

#include <sys/stat.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "steps/step.h"

static const char *
parse(struct steps *steps, const char *value)
{
	return path_or_keep_parse(value, &steps->chdir);
}

static void
print(const struct steps *steps, char *buf, size_t size)
{
	(void)strlcpy(buf, steps->chdir == NULL ? "keep" : steps->chdir, size);
}

int
step_chdir(const char *path)
{
	return path == NULL ? 0 : chdir(path);
}

static void
check(const struct steps *expected, const struct facts *facts,
    struct finding *finding)
{
	const char *path = expected->chdir;
	struct stat is, wanted;
	char inside[PATH_MAX];
	bool ok;

	if (finding_is_unseen(finding, facts))
		return;
	/* An absolute one is meant in the root that the process has. */
	(void)snprintf(inside, sizeof(inside), "root%s",
	    path == NULL ? "" : path);
	ok = path == NULL || (proc_file(facts->pid, "cwd", &is) == 0 &&
	    (*path == '/' ? proc_file(facts->pid, inside, &wanted) :
	    stat(path, &wanted)) == 0 && is_same_file(&is, &wanted));
	finding_set(finding, ok ? VERDICT_OK : VERDICT_BAD, "%s", facts->cwd);
}

const struct step chdir_row = {
	.name = "chdir",
	.call = "chdir",
	.what = "change the working directory",
	.why = "the caller's could not be unmounted, or may be removed",
	.parse = parse,
	.print = print,
	.check = check,
};
