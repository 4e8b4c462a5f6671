/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a path by descriptors. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "instance/walk.h"
#include "openat2.h"

/* The type of procfs (statfs(2)): not every C library has linux/magic.h. */
#define PROC_MAGIC	0x9fa0

#define DIRECTORY	(O_PATH | O_DIRECTORY | O_CLOEXEC)

static const char to_file[] =
    "a symbolic link of an ordinary user leads to another user's file";
static const char to_directory[] =
    "a symbolic link of an ordinary user leads to another user's directory";
static const char hard_link[] = "has a second name (a hard link)";

static int
refuse(struct walk *walk, const char *reason)
{
	walk->reason = reason;
	errno = EPERM;
	return -1;
}

int
walk_fail(int error)
{
	errno = error;
	return -1;
}

static void
go_to(struct walk *walk, int dir)
{
	close_quietly(walk->dir);
	walk->dir = dir;
}

/* Is that debt due: has the link's text been walked? */
static bool
is_due(const struct walk *walk, size_t i)
{
	return walk->debts[i].end <= walk->rest;
}

/* Does what was arrived at belong to the owner of each link that is due? */
int
walk_judge(struct walk *walk, const struct stat *st)
{
	size_t i;

	for (i = walk->ndebts; i > 0 && is_due(walk, i - 1); i--)
		if (st->st_uid != walk->debts[i - 1].owner)
			return refuse(walk, S_ISDIR(st->st_mode) ?
			    to_directory : to_file);
	return 0;
}

int
walk_judge_directory(struct walk *walk)
{
	struct stat st;

	if (walk->ndebts == 0 || !is_due(walk, walk->ndebts - 1))
		return 0;
	return fstat(walk->dir, &st) == -1 ? -1 : walk_judge(walk, &st);
}

/*
 * A second name is made by any user who can write to a directory of the same
 * file system (but for fs.protected_hardlinks).
 */
int
walk_check_names(struct walk *walk, const struct stat *st)
{
	struct stat dir;

	if (!walk->judges || S_ISDIR(st->st_mode) || st->st_nlink <= 1)
		return 0;
	if (fstat(walk->dir, &dir) == -1)
		return -1;
	if ((dir.st_uid == 0 || dir.st_uid == st->st_uid) &&
	    !(dir.st_mode & (S_IWGRP | S_IWOTH)))
		return 0;
	return refuse(walk, hard_link);
}

/* Opens all of the rest but its last component in one call. */
static int
leap(struct walk *walk)
{
	struct open_how how = { .flags = DIRECTORY,
	    .resolve = RESOLVE_NO_SYMLINKS };
	size_t n = strlen(walk->rest);
	char path[PATH_MAX + 1];
	int dir;

	while (n > 0 && walk->rest[n - 1] == '/')
		n--;
	while (n > 0 && walk->rest[n - 1] != '/')
		n--;
	if (n == 0)
		return 0;
	if (n >= PATH_MAX)
		return walk_fail(ENAMETOOLONG);
	/* fs.protected_symlinks is for the last component only. */
	memcpy(path, walk->rest, n);
	(void)strlcpy(path + n, ".", sizeof(path) - n);
	dir = walk->judges ? openat2(walk->dir, path, &how, sizeof(how)) :
	    openat(walk->dir, path, DIRECTORY);
	if (dir == -1)
		return -1;
	go_to(walk, dir);
	walk->rest += n;
	return 0;
}

int
walk_begin(struct walk *walk, const char *path)
{
	size_t length = strlen(path);

	walk->judges = geteuid() == 0;
	walk->dir = AT_FDCWD;
	walk->slashed = false;
	walk->followed = 0;
	walk->via = 0;
	walk->ndebts = 0;
	walk->reason = NULL;
	walk->base[0] = '\0';
	if (length == 0)
		return walk_fail(ENOENT);
	if (length >= PATH_MAX)
		return walk_fail(ENAMETOOLONG);
	walk->rest = walk->text + TEXT_MAX - 1 - length;
	memcpy(walk->rest, path, length + 1);
	/* Where it fails for root, the walk says why. */
	if (leap(walk) == -1 && !walk->judges)
		return -1;
	if (walk->dir == AT_FDCWD)
		walk->dir = open(*path == '/' ? "/" : ".", DIRECTORY);
	return walk->dir == -1 ? -1 : 0;
}

/* Puts the text of the open link before the rest.  Its owner is owed. */
static int
replace_link(struct walk *walk, int link, const struct stat *st)
{
	char text[PATH_MAX];
	ssize_t n;
	int root;

	n = readlinkat(link, "", text, sizeof(text));
	if (n <= 0)
		return n == -1 ? -1 : walk_fail(ENOENT);
	if (n == sizeof(text) || n > walk->rest - walk->text)
		return walk_fail(ENAMETOOLONG);
	if (walk->judges && st->st_uid != 0)
		walk->debts[walk->ndebts++] = (struct debt){
			.owner = st->st_uid, .end = walk->rest };
	walk->rest -= n;
	memcpy(walk->rest, text, (size_t)n);
	if (*text == '/') {
		if ((root = open("/", DIRECTORY)) == -1)
			return -1;
		go_to(walk, root);
		walk->via = 0;
	}
	return walk->judges ? 0 : leap(walk);
}

/*
 * Follows the open link, which is the component base.  Returns 0 where its
 * text is to be walked, 1 where it is one of procfs: *to is what the kernel
 * has found.  The kernel is asked in any case: it may refuse to follow one
 * (fs.protected_symlinks, nosymfollow).
 */
int
walk_follow(struct walk *walk, int link, const struct stat *st, bool last,
    int *to)
{
	char name[NAME_MAX + 3];
	struct statfs fs;
	struct stat found;

	*to = -1;
	if (++walk->followed > LINKS_MAX)
		return walk_fail(ELOOP);
	if (walk_check_names(walk, st) == -1 || fstatfs(link, &fs) == -1)
		return -1;
	(void)snprintf(name, sizeof(name), "%s%s", walk->base,
	    last ? "" : "/.");
	*to = openat(walk->dir, name, O_PATH | O_CLOEXEC);
	if (fs.f_type != PROC_MAGIC) {
		/* A link to a file that is to be created. */
		if (*to == -1 && (!last || errno != ENOENT))
			return -1;
		close_quietly(*to);
		*to = -1;
		return replace_link(walk, link, st);
	}
	if (*to == -1 || fstat(*to, &found) == -1)
		return -1;
	if (walk->judges && st->st_uid != 0 && found.st_uid != st->st_uid)
		return refuse(walk, S_ISDIR(found.st_mode) ? to_directory :
		    to_file);
	return 1;
}

/* Goes up.  After a user's link, `..' must be the same user's directory. */
static int
leave(struct walk *walk)
{
	struct stat st;
	int dir;

	dir = openat(walk->dir, "..", DIRECTORY);
	if (dir == -1)
		return -1;
	go_to(walk, dir);
	if (walk->via == 0)
		return 0;
	if (fstat(dir, &st) == -1)
		return -1;
	return st.st_uid == walk->via ? 0 : refuse(walk, to_directory);
}

/* Goes to the component base, which is to be a directory. */
int
walk_enter(struct walk *walk)
{
	int fd, to = -1, result = -1;
	struct stat st;

	if (strcmp(walk->base, ".") == 0)
		return 0;
	if (strcmp(walk->base, "..") == 0)
		return leave(walk);
	fd = openat(walk->dir, walk->base, walk->judges ?
	    O_PATH | O_NOFOLLOW | O_CLOEXEC : DIRECTORY);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		;
	else if (S_ISDIR(st.st_mode)) {
		go_to(walk, fd);
		return 0;
	} else if (!S_ISLNK(st.st_mode))
		errno = ENOTDIR;
	else if ((result = walk_follow(walk, fd, &st, false, &to)) == 1) {
		go_to(walk, to);
		to = -1;
		result = 0;
	}
	close_quietly(to);
	close_quietly(fd);
	return result;
}

/* Walks until base is the last component, or the path ends in a directory. */
int
walk_advance(struct walk *walk)
{
	size_t length;

	for (;;) {
		walk->rest += strspn(walk->rest, "/");
		if (walk_judge_directory(walk) == -1)
			return -1;
		while (walk->ndebts > 0 && is_due(walk, walk->ndebts - 1))
			walk->via = walk->debts[--walk->ndebts].owner;
		length = strcspn(walk->rest, "/");
		if (length > NAME_MAX)
			return walk_fail(ENAMETOOLONG);
		memcpy(walk->base, walk->rest, length);
		walk->base[length] = '\0';
		walk->rest += length;
		if (length == 0)
			return 0;
		walk->slashed = *walk->rest == '/';
		if (walk->rest[strspn(walk->rest, "/")] == '\0' &&
		    strcmp(walk->base, ".") != 0 &&
		    strcmp(walk->base, "..") != 0)
			return 0;
		if (walk_enter(walk) == -1)
			return -1;
	}
}
