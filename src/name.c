/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the pid files of named instances are. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "name.h"

char *
name_directory(const char *name)
{
	const char *base, *below = "daemonize";
	char *path;

	if (geteuid() == 0)
		base = "/run";
	else if ((base = getenv("XDG_RUNTIME_DIR")) == NULL || *base != '/') {
		below = ".local/state/daemonize";
		base = getenv("HOME");
		if (base == NULL || *base != '/') {
			complain("name", name,
			    "neither XDG_RUNTIME_DIR nor HOME is set");
			return NULL;
		}
	}
	if (asprintf(&path, "%s/%s", base, below) == -1) {
		complain_errno("name", name, errno);
		return NULL;
	}
	return path;
}

char *
name_pidfile(const char *name)
{
	char *directory, *path;

	if ((directory = name_directory(name)) == NULL)
		return NULL;
	if (asprintf(&path, "%s/%s.pid", directory, name) == -1) {
		complain_errno("name", name, errno);
		path = NULL;
	}
	free(directory);
	return path;
}

int
name_make_directory(const char *path)
{
	/* Everybody may see root's instances; a user's are his. */
	mode_t mode = geteuid() == 0 ? 0755 : 0700;
	char directory[PATH_MAX];
	char *slash;
	int result = 0;

	if (strlcpy(directory, path, sizeof(directory)) >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (slash = strchr(directory + 1, '/'); slash != NULL && result == 0;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(directory, mode) == -1 && errno != EEXIST)
			result = -1;
		*slash = '/';
	}
	return result;
}
