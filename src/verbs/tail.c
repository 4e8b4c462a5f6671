/* SPDX-License-Identifier: BSD-2-Clause */
/* Following what an instance writes, by tail(1). */
#include "config.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/message.h"
#include "base/path.h"
#include "base/rights.h"
#include "cli/hint.h"
#include "instance/find.h"
#include "plan/identity.h"
#include "process/signals.h"
#include "steps/step.h"
#include "verbs/several.h"
#include "verbs/verbs.h"

#define FIRST_FILE	5

/* What will be executed. */
struct tail {
	const char **argv;		/* tail -n 20 -F -- FILE... */
	size_t n;
	uid_t user;			/* by whose rights; 0: the caller's */
};

/*
 * Whose rights are needed: root follows a file by a path that a user can change
 * with that user's.  A user's record can name any path.
 */
static int
find_user(const struct instance_status *found, const char *file, uid_t *user)
{
	*user = 0;
	if (geteuid() != 0)
		return 0;
	*user = found->owner;
	return *user != 0 ? 0 : path_user(file, user);
}

static int
add_file(struct tail *tail, const struct instance_status *found,
    const char *file)
{
	uid_t user;
	size_t i;

	for (i = FIRST_FILE; i < tail->n; i++)
		if (strcmp(tail->argv[i], file) == 0)
			return STATUS_DONE;
	if (find_user(found, file, &user) == -1)
		return complain_errno("tail", file, errno);
	if (tail->n > FIRST_FILE && user != tail->user)
		return complain("tail", file, "needs the rights of another "
		    "user than the file before; use --tail for each");
	tail->user = user;
	tail->argv[tail->n++] = strdup(file);
	return tail->argv[tail->n - 1] == NULL ?
	    complain_errno("tail", file, errno) : STATUS_DONE;
}

/* Add the files of an instance, at most two. */
static int
add_instance(struct tail *tail, const char *label, const char *pidfile)
{
	/* Too large for a small stack. */
	static struct instance_status found;
	char file[PATH_MAX] = "";
	bool has = false;
	int fd;

	instance_find(pidfile, false, &found);
	if (!found.recorded)
		return complain("tail", label, found.state == INSTANCE_NONE ?
		    "there is no instance" :
		    "no record says where its output goes");
	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		if (!record_value(&found.record, stdio_names[fd], 0, file,
		    sizeof(file)) &&
		    !record_value(&found.record, "log", 0, file, sizeof(file)))
			continue;
		if (*file != '/' || strcmp(file, _PATH_DEVNULL) == 0)
			continue;
		if (add_file(tail, &found, file) != STATUS_DONE)
			return STATUS_FAILED;
		has = true;
	}
	if (has)
		return STATUS_DONE;
	return complain("tail", label, strcmp(file, "keep") == 0 ?
	    "its output goes where that of its caller went, to no file" :
	    hint_format("its output goes to %s, not to a file", file));
}

/* Become the user, who can change the path, and execute it. */
static int
execute(struct tail *tail)
{
	struct identity identity;
	char number[16];
	int null;

	(void)snprintf(number, sizeof(number), "%u", tail->user);
	if (tail->user != 0) {
		if (identity_find(&identity, number,
		    getpwuid(tail->user) != NULL ? NULL : "65534") !=
		    STATUS_DONE)
			return STATUS_FAILED;
		null = open(_PATH_DEVNULL, O_RDONLY | O_CLOEXEC);
		if (null == -1 || dup2(null, STDIN_FILENO) == -1)
			return complain_errno("tail", _PATH_DEVNULL, errno);
		if (identity_assume(&identity) == -1)
			return complain_errno("tail", identity.name, errno);
	}
	(void)signal_set_default(SIGXFSZ);
	tail->argv[tail->n] = NULL;
	(void)execvp(*tail->argv, (char *const *)tail->argv);
	return complain_errno("tail", *tail->argv, errno);
}

int
follow_output(const struct config *config)
{
	static const char *const first[FIRST_FILE] = { "tail", "-n", "20", "-F",
	    "--" };
	struct tail tail = { .n = FIRST_FILE };
	struct named *list;
	ssize_t n = several_find(config, &list), i;

	if (n == -1)
		return STATUS_FAILED;
	tail.argv = calloc(FIRST_FILE + 2 * (size_t)n + 1, sizeof(*tail.argv));
	if (tail.argv == NULL)
		return complain_errno("tail", NULL, errno);
	memcpy(tail.argv, first, sizeof(first));
	for (i = 0; i < n; i++)
		if (add_instance(&tail, list[i].name != NULL ? list[i].name :
		    list[i].pidfile, list[i].pidfile) != STATUS_DONE)
			return STATUS_FAILED;
	return execute(&tail);
}
