/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the pid files of named instances are. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "instance/name.h"
#include "instance/record.h"

/*
 * A user's own: not in XDG_RUNTIME_DIR, which cron does not set and the last
 * logout removes.  A home directory may be shared by several hosts.
 */
static char *
user_directory(const char **reason)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	char host[HOST_NAME_MAX + 1], *path;

	*reason = NULL;
	if (gethostname(host, sizeof(host)) == -1)
		return NULL;
	host[sizeof(host) - 1] = '\0';
	if (state == NULL || *state != '/')
		state = NULL;
	if (state == NULL && (home == NULL || *home != '/')) {
		*reason = "neither XDG_STATE_HOME nor HOME is set; "
		    "use --pidfile";
		return NULL;
	}
	if (asprintf(&path, "%s%s/daemonize/%s", state != NULL ? state : home,
	    state != NULL ? "" : "/.local/state", host) == -1)
		return NULL;
	return path;
}

char *
name_directory(const char **reason)
{
	char *path;

	*reason = NULL;
	path = geteuid() == 0 ? strdup("/run/daemonize") :
	    user_directory(reason);
	if (path == NULL && *reason == NULL)
		*reason = strerror(errno);
	return path;
}

char *
name_pidfile(const char *name, const char **reason)
{
	char *directory, *path;

	if ((directory = name_directory(reason)) == NULL)
		return NULL;
	if (asprintf(&path, "%s/%s.pid", directory, name) == -1) {
		*reason = strerror(errno);
		path = NULL;
	}
	free(directory);
	return path;
}

/* Return how long the NAME is of a file NAME.pid or NAME.pid.record, or 0. */
static size_t
name_length(const char *file)
{
	size_t length = strlen(file);

	if (length > 7 && strcmp(file + length - 7, RECORD_SUFFIX) == 0)
		length -= 7;
	return *file != '.' && length > 4 &&
	    strncmp(file + length - 4, ".pid", 4) == 0 ? length - 4 : 0;
}

static int
is_instance(const struct dirent *entry)
{
	return name_length(entry->d_name) > 0;
}

ssize_t
name_match(const char *directory, const char *pattern, char ***names)
{
	struct dirent **entries;
	int i, n = scandir(directory, &entries, is_instance, NULL);
	ssize_t found = 0;
	char *name;

	/* It is made with the first instance. */
	if (n == -1 && errno == ENOENT)
		n = 0;
	if (n == -1 ||
	    (*names = calloc((size_t)n + 1, sizeof(**names))) == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		name = entries[i]->d_name;
		name[name_length(name)] = '\0';
		if (pattern != NULL && strcmp(name, pattern) == 0) {
			**names = name;
			return 1;
		}
		if (pattern == NULL || fnmatch(pattern, name, 0) == 0)
			(*names)[found++] = name;
	}
	return found;
}

int
name_make_directory(const char *path)
{
	/* All users may see root's instances; a user's are its own. */
	mode_t mode = geteuid() == 0 ? 0755 : 0700, mask;
	char directory[PATH_MAX];
	char *slash;
	int result = 0, error;

	if (strlcpy(directory, path, sizeof(directory)) >= sizeof(directory)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	mask = umask(0);
	for (slash = strchr(directory + 1, '/'); slash != NULL && result == 0;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (path_directory(directory, true, mode) == -1 &&
		    errno != EEXIST)
			result = -1;
		*slash = '/';
	}
	error = errno;
	(void)umask(mask);
	errno = error;
	return result;
}
