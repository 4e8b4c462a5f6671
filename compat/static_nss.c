/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Users, groups and hosts of nsswitch.conf(5), for a static program.
 *
 * A static program has no modules: it reads /etc/passwd, /etc/group,
 * /etc/hosts, and asks DNS.  What these cannot answer, getent(1) does, which
 * is linked with the system's C library.  configure renames getpwnam(3) and the
 * other functions below to nss_getpwnam etc. (config.h), so their callers need
 * not know.
 */
#include "config.h"

#undef getpwnam
#undef getpwuid
#undef getgrnam
#undef getgrouplist
#undef getaddrinfo

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <paths.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GETENT_NOT_FOUND	2	/* getent(1) */
#define GETENT_MISSING		127

struct passwd *nss_getpwnam(const char *);
struct passwd *nss_getpwuid(uid_t);
struct group *nss_getgrnam(const char *);
int	nss_getgrouplist(const char *, gid_t, gid_t *, int *);
int	nss_getaddrinfo(const char *, const char *, const struct addrinfo *,
	    struct addrinfo **);

#ifdef __GLIBC__
#include <nss.h>

/*
 * glibc would load the modules into a static program: those of another version,
 * or with thread-local data, crash it.
 */
static void __attribute__((constructor))
load_no_module(void)
{
	static const char *const sources[][2] = {
		{ "passwd", "files" },
		{ "group", "files" },
		{ "initgroups", "files" },
		{ "hosts", "files dns" },
		{ "services", "files" },
	};
	size_t i;

	/* It fails only for a name that it does not know. */
	for (i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		(void)__nss_configure_lookup(sources[i][0], sources[i][1]);
}
#endif

/*
 * Return whether nsswitch.conf names a source for the database besides `files'.
 * Set *listed if it has a line for it.
 */
static bool
has_more(const char *database, bool *listed)
{
	FILE *file = fopen("/etc/nsswitch.conf", "re");
	char line[512], *word, *rest;
	bool more = false;

	*listed = false;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "#")] = '\0';
		word = strtok_r(line, ": \t\n", &rest);
		if (word == NULL || strcmp(word, database) != 0)
			continue;
		*listed = true;
		while ((word = strtok_r(NULL, " \t\n", &rest)) != NULL)
			if (*word != '[' && strcmp(word, "files") != 0)
				more = true;
	}
	if (file != NULL)
		(void)fclose(file);
	return more;
}

/* In the child: execute getent with nothing of the caller's environment. */
static void __attribute__((noreturn))
execute_getent(int output, const char *database, const char *key)
{
	static const char *const paths[] = { "/usr/bin/getent", "/bin/getent" };
	const char *argv[] = { "getent", database, "--", key, NULL };
	char *const env[] = { NULL };
	int null = open(_PATH_DEVNULL, O_RDWR | O_CLOEXEC);
	size_t i;

	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(output, STDOUT_FILENO) == -1 ||
	    dup2(null, STDERR_FILENO) == -1)
		_exit(GETENT_MISSING);
	for (i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		(void)execve(paths[i], (char *const *)argv, env);
	_exit(GETENT_MISSING);
}

/*
 * Run `getent DATABASE -- KEY', and keep the beginning of its output.  Return
 * true if there is an entry.  Otherwise errno is 0 if there is none, or if
 * there is no getent; EIO if getent failed; or that of pipe2(2) or fork(2).
 */
static bool
ask_getent(const char *database, const char *key, char *text, size_t size)
{
	size_t n = 0;
	ssize_t got;
	int fds[2], status = 0;
	pid_t pid, ended;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return false;
	pid = fork();
	if (pid == 0)
		execute_getent(fds[1], database, key);
	(void)close(fds[1]);
	while (pid != -1 && n < size - 1) {
		got = read(fds[0], text + n, size - 1 - n);
		if (got > 0)
			n += (size_t)got;
		else if (got == 0 || errno != EINTR)
			break;
	}
	text[n] = '\0';
	(void)close(fds[0]);
	if (pid == -1)
		return false;
	do
		ended = waitpid(pid, &status, 0);
	while (ended == -1 && errno == EINTR);
	/* ECHILD: SIGCHLD is ignored.  Then the output tells. */
	if ((ended == -1 || status == 0) && n > 0)
		return true;
	errno = ended == pid && WIFEXITED(status) &&
	    (WEXITSTATUS(status) == GETENT_NOT_FOUND ||
	    WEXITSTATUS(status) == GETENT_MISSING) ? 0 : EIO;
	return false;
}

/* The same for an entry of /etc/passwd's format, in static memory. */
static struct passwd *
ask_for_user(const char *key)
{
	static char text[4096];
	struct passwd *user;
	bool listed;
	FILE *file;

	if (!has_more("passwd", &listed) ||
	    !ask_getent("passwd", key, text, sizeof(text)))
		return NULL;
	if ((file = fmemopen(text, strlen(text), "r")) == NULL)
		return NULL;
	user = fgetpwent(file);
	(void)fclose(file);
	return user;
}

struct passwd *
nss_getpwnam(const char *name)
{
	struct passwd *user = getpwnam(name);

	if (user != NULL)
		return user;
	user = ask_for_user(name);
	/* getent takes a number for a uid. */
	return user != NULL && strcmp(user->pw_name, name) == 0 ? user : NULL;
}

struct passwd *
nss_getpwuid(uid_t uid)
{
	struct passwd *user = getpwuid(uid);
	char key[16];

	if (user != NULL)
		return user;
	(void)snprintf(key, sizeof(key), "%u", (unsigned int)uid);
	user = ask_for_user(key);
	return user != NULL && user->pw_uid == uid ? user : NULL;
}

struct group *
nss_getgrnam(const char *name)
{
	static char text[65536];	/* an entry lists all its members */
	struct group *group = getgrnam(name);
	bool listed;
	FILE *file;

	if (group != NULL)
		return group;
	if (!has_more("group", &listed) ||
	    !ask_getent("group", name, text, sizeof(text)))
		return NULL;
	if ((file = fmemopen(text, strlen(text), "r")) == NULL)
		return NULL;
	group = fgetgrent(file);
	(void)fclose(file);
	return group != NULL && strcmp(group->gr_name, name) == 0 ? group :
	    NULL;
}

/* `getent initgroups NAME' prints the name, then the supplementary groups. */
int
nss_getgrouplist(const char *name, gid_t gid, gid_t *groups, int *ngroups)
{
	static char text[65536];
	char *word, *rest;
	int n = 0, room = *ngroups;
	bool listed, more;

	more = has_more("initgroups", &listed);
	if (!listed)
		more = has_more("group", &listed);
	if (!more || !ask_getent("initgroups", name, text, sizeof(text)))
		return getgrouplist(name, gid, groups, ngroups);
	if (room > 0)
		groups[0] = gid;
	n = 1;
	(void)strtok_r(text, " \t\n", &rest);
	while ((word = strtok_r(NULL, " \t\n", &rest)) != NULL) {
		gid_t group = (gid_t)strtoul(word, NULL, 10);

		if (group == gid)
			continue;
		if (n < room)
			groups[n] = group;
		n++;
	}
	*ngroups = n;
	return n <= room ? n : -1;
}

/* `getent ahosts NAME' prints an address first; the others are left out. */
int
nss_getaddrinfo(const char *host, const char *port,
    const struct addrinfo *hints, struct addrinfo **list)
{
	char text[512];
	int error = getaddrinfo(host, port, hints, list);

	if (error == 0 || host == NULL ||
	    !ask_getent("ahosts", host, text, sizeof(text)))
		return error;
	text[strcspn(text, " \t\n")] = '\0';
	return getaddrinfo(text, port, hints, list);
}
