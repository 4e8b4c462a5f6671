/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in directories of other users.
 *
 * A path is walked by descriptors: each component is opened (O_PATH) before
 * it is looked at, so that a name that is replaced in between changes nothing.
 * A symbolic link is replaced by its text.  A link of an ordinary user is a
 * debt to that user: it is due where the text has been walked, and what was
 * arrived at must belong to the same user.  Links of procfs have no text that
 * could be walked: the kernel follows them, and the debt is due at once.
 *
 * Most paths have no link before the last component, and the kernel walks
 * them in one call (openat2(2), RESOLVE_NO_SYMLINKS).  For a user other than
 * root it walks every directory: nothing is judged.
 */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "instance/safe.h"
#include "openat2.h"

/* The type of procfs (statfs(2)): not every C library has linux/magic.h. */
#define PROC_MAGIC	0x9fa0

/* As many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX	40

/* So often a name may be replaced between two looks at it. */
#define TRIES_MAX	1000

/* The path and the texts of links that are not walked yet. */
#define TEXT_MAX	(4 * PATH_MAX)

/* No descriptor, and no error: the name is to be looked at again. */
#define AGAIN		(-2)

#define DIRECTORY	(O_PATH | O_DIRECTORY | O_CLOEXEC)

static const char to_file[] =
    "a symbolic link of an ordinary user leads to another user's file";
static const char to_directory[] =
    "a symbolic link of an ordinary user leads to another user's directory";
static const char hard_link[] = "has another name (a hard link)";

/* An ordinary user's link, and what is left of the path after it. */
struct debt {
	uid_t owner;
	const char *end;
};

struct walk {
	bool judges;			/* for root */
	int dir;			/* arrived at */
	char *rest;			/* what is left, in text */
	bool slashed;			/* behind the last component */
	int followed;
	uid_t via;			/* the owner of the last link, or 0 */
	struct debt debts[LINKS_MAX];
	size_t ndebts;
	const char *reason;		/* NULL: errno says it */
	char base[NAME_MAX + 1];	/* the component; "": it ends in dir */
	char text[TEXT_MAX];
};

static int
refuse(struct walk *walk, const char *reason)
{
	walk->reason = reason;
	errno = EPERM;
	return -1;
}

static int
fail(int error)
{
	errno = error;
	return -1;
}

static void
close_quietly(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

static void
go_to(struct walk *walk, int dir)
{
	close_quietly(walk->dir);
	walk->dir = dir;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is that debt due: has the link's text been walked? */
static bool
is_due(const struct walk *walk, size_t i)
{
	return walk->debts[i].end <= walk->rest;
}

/* Does what was arrived at belong to the owner of each link that is due? */
static int
judge(struct walk *walk, const struct stat *st)
{
	size_t i;

	for (i = walk->ndebts; i > 0 && is_due(walk, i - 1); i--)
		if (st->st_uid != walk->debts[i - 1].owner)
			return refuse(walk, S_ISDIR(st->st_mode) ?
			    to_directory : to_file);
	return 0;
}

static int
judge_directory(struct walk *walk)
{
	struct stat st;

	if (walk->ndebts == 0 || !is_due(walk, walk->ndebts - 1))
		return 0;
	return fstat(walk->dir, &st) == -1 ? -1 : judge(walk, &st);
}

/*
 * A second name is made by any user who can write to a directory of the same
 * file system (but for fs.protected_hardlinks).
 */
static int
check_names(struct walk *walk, const struct stat *st)
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
		return fail(ENAMETOOLONG);
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

static int
begin(struct walk *walk, const char *path)
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
		return fail(ENOENT);
	if (length >= PATH_MAX)
		return fail(ENAMETOOLONG);
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
		return n == -1 ? -1 : fail(ENOENT);
	if (n == sizeof(text) || n > walk->rest - walk->text)
		return fail(ENAMETOOLONG);
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
static int
follow(struct walk *walk, int link, const struct stat *st, bool last, int *to)
{
	char name[NAME_MAX + 3];
	struct statfs fs;
	struct stat found;

	*to = -1;
	if (++walk->followed > LINKS_MAX)
		return fail(ELOOP);
	if (check_names(walk, st) == -1 || fstatfs(link, &fs) == -1)
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

/* Up: out of a directory that a user's link has led to, that user decides. */
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
static int
enter(struct walk *walk)
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
	else if ((result = follow(walk, fd, &st, false, &to)) == 1) {
		go_to(walk, to);
		to = -1;
		result = 0;
	}
	close_quietly(to);
	close_quietly(fd);
	return result;
}

/* Walks until base is the last component, or the path ends in a directory. */
static int
advance(struct walk *walk)
{
	size_t length;

	for (;;) {
		walk->rest += strspn(walk->rest, "/");
		if (judge_directory(walk) == -1)
			return -1;
		while (walk->ndebts > 0 && is_due(walk, walk->ndebts - 1))
			walk->via = walk->debts[--walk->ndebts].owner;
		length = strcspn(walk->rest, "/");
		if (length > NAME_MAX)
			return fail(ENAMETOOLONG);
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
		if (enter(walk) == -1)
			return -1;
	}
}

/*
 * The flags to open the file st with, which exists.  In a sticky directory
 * O_CREAT asks for fs.protected_regular and fs.protected_fifos.
 */
static int
flags_for(const struct walk *walk, int flags)
{
	const mode_t writable = S_IWGRP | S_IWOTH;
	struct stat dir;

	flags &= ~(O_EXCL | O_TRUNC);
	if ((flags & O_CREAT) && (fstat(walk->dir, &dir) == -1 ||
	    !(dir.st_mode & S_ISVTX) || !(dir.st_mode & writable)))
		flags &= ~O_CREAT;
	return flags;
}

/*
 * Opens what base leads to: it has been looked at, and is st.  AGAIN where the
 * name has been replaced.
 */
static int
open_seen(const struct walk *walk, int flags, mode_t mode,
    const struct stat *st)
{
	struct stat opened;
	int fd, error;

	fd = openat(walk->dir, walk->base, flags, mode);
	error = errno;
	if (fd != -1 && fstat(fd, &opened) == 0 && is_same(st, &opened))
		return fd;
	if (fd == -1 && error != ENOENT && error != ELOOP)
		return -1;
	if (fd != -1)
		(void)close(fd);
	/* A device may have such an error of its own. */
	else if (fstatat(walk->dir, walk->base, &opened,
	    flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) == 0 &&
	    is_same(st, &opened))
		return fail(error);
	return AGAIN;
}

/* The file is not there: makes it.  AGAIN where it is there now. */
static int
create(struct walk *walk, int flags, mode_t mode, bool *created)
{
	int fd;

	if (judge_directory(walk) == -1)
		return -1;
	fd = openat(walk->dir, walk->base,
	    flags | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	if (fd == -1)
		return errno == EEXIST && !(flags & O_EXCL) ? AGAIN : -1;
	*created = true;
	return fd;
}

/* Follows the open link that base is: AGAIN where its text is to be walked. */
static int
open_link(struct walk *walk, int link, const struct stat *st, int flags)
{
	int result, to;
	struct stat found;

	if (flags & O_NOFOLLOW)
		return fail(ELOOP);
	result = follow(walk, link, st, true, &to);
	if (result == 0)
		result = AGAIN;
	else if (result == 1)
		result = fstat(to, &found) == -1 ||
		    judge(walk, &found) == -1 ? -1 :
		    open_seen(walk, flags & ~(O_CREAT | O_TRUNC), 0, &found);
	close_quietly(to);
	return result;
}

/* Opens the last component.  AGAIN: walk on, and then again. */
static int
open_last(struct walk *walk, int flags, mode_t mode, bool *created)
{
	int seen, result = -1;
	struct stat st;

	if (walk->base[0] == '\0')
		return flags & O_CREAT ? fail(EISDIR) :
		    openat(walk->dir, ".", flags);
	if (walk->slashed && (flags & O_CREAT))
		return fail(EISDIR);
	if (walk->slashed)
		return enter(walk) == -1 ? -1 : AGAIN;

	seen = openat(walk->dir, walk->base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (seen == -1)
		return errno == ENOENT && (flags & O_CREAT) ?
		    create(walk, flags, mode, created) : -1;
	if (fstat(seen, &st) == -1)
		;
	else if ((flags & O_CREAT) && (flags & O_EXCL))
		errno = EEXIST;
	else if (S_ISLNK(st.st_mode))
		result = open_link(walk, seen, &st, flags);
	else if (judge(walk, &st) == 0 && check_names(walk, &st) == 0)
		result = open_seen(walk, flags_for(walk, flags) | O_NOFOLLOW,
		    mode, &st);
	close_quietly(seen);
	return result;
}

/* What the caller is to close, and why there is nothing more. */
static int
finish(struct walk *walk, struct place *place, int result,
    const char **reason)
{
	place->dir = walk->dir < 0 ? -1 : walk->dir;
	(void)strlcpy(place->base, walk->base[0] == '\0' ? "." : walk->base,
	    sizeof(place->base));
	if (result == -1)
		*reason = walk->reason != NULL ? walk->reason :
		    strerror(errno);
	return result;
}

int
safe_place(struct place *place, const char *path, const char **reason)
{
	struct walk walk;
	int result;

	result = begin(&walk, path) == -1 ? -1 : advance(&walk);
	if (result == 0 && (walk.base[0] == '\0' || walk.slashed))
		result = fail(EISDIR);
	if (result == -1) {
		close_quietly(walk.dir);
		walk.dir = -1;
	}
	return finish(&walk, place, result, reason);
}

int
safe_open(struct place *place, const char *path, int flags, mode_t mode,
    bool *created, const char **reason)
{
	struct walk walk;
	int fd, tries = 0;

	*created = false;
	flags |= O_CLOEXEC | O_NOCTTY;
	fd = begin(&walk, path) == -1 || advance(&walk) == -1 ? -1 : AGAIN;
	while (fd == AGAIN) {
		fd = open_last(&walk, flags, mode, created);
		if (fd == AGAIN && ++tries == TRIES_MAX)
			fd = fail(EBUSY);
		if (fd == AGAIN && *walk.rest != '\0' && advance(&walk) == -1)
			fd = -1;
	}
	return finish(&walk, place, fd, reason);
}

int
safe_is_current(const struct place *place, int fd)
{
	struct stat opened, named;

	if (fstat(fd, &opened) == -1)
		return -1;
	if (fstatat(place->dir, place->base, &named,
	    AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return is_same(&opened, &named);
}

int
safe_unlink(const struct place *place, int fd)
{
	int current = safe_is_current(place, fd);

	if (current == 1 && unlinkat(place->dir, place->base, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	return current == -1 ? -1 : 0;
}
