/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in other users' directories. */
#include "config.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include "base/rights.h"
#include "openat2.h"

#define DIRECTORY	(O_PATH | O_DIRECTORY | O_CLOEXEC)
#define SEEN		(O_PATH | O_NOFOLLOW | O_CLOEXEC)

/* As many as the kernel follows (path_resolution(7)). */
#define LINKS_MAX	40

#define UNKNOWN		((uid_t)-1)

/* Limit of tries while other processes create and remove the file. */
#define TRIES_MAX	100

/*
 * The path that is being walked, and in whose part: for another caller than
 * root, all of it is the caller's.  It is too large for a small stack.
 */
static struct {
	enum { CALLERS, ROOTS, USERS } part;
	struct stat seen;		/* the name; mode 0: there is none */
	int own;			/* one of the caller's descriptors */
	int links;
	uid_t user;			/* whose rights were taken, or 0 */
	const char *reason;		/* of an error; NULL: errno says it */
	char *rest;			/* what is left of the text */
	char text[2 * PATH_MAX];
	char target[PATH_MAX];		/* of a link */
} walk;

static char said[512];			/* a reason */

static int
fail(int error)
{
	errno = error;
	return -1;
}

static int
refuse(const char *reason)
{
	walk.reason = reason;
	return fail(EPERM);
}

static int
refuse_call(const char *call)
{
	(void)snprintf(said, sizeof(said), "%s: %s", call, strerror(errno));
	walk.reason = said;
	return -1;
}

/* --- whose it is ---------------------------------------------------------- */

/* Types of statfs(2): not every C library has linux/magic.h. */
#define FUSE_MAGIC	0x65735546
#define TMPFS_MAGIC	0x01021994
#define RAMFS_MAGIC	0x858458f6
#define NINEP_MAGIC	0x01021997

/* Return the user who has mounted that FUSE file system. */
static uid_t
find_mounter(dev_t device)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, *option, text[32];
	uid_t user = UNKNOWN;
	size_t size = 0;

	(void)snprintf(text, sizeof(text), " %u:%u /", major(device),
	    minor(device));
	while (file != NULL && getline(&line, &size, file) != -1)
		if (strstr(line, text) != NULL) {
			/* The last field; root's virtiofs has none. */
			option = strstr(strrchr(line, ' '), ",user_id=");
			user = option == NULL ? 0 :
			    (uid_t)strtoul(option + 9, NULL, 10);
		}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return user;
}

int
path_stat(int fd, struct stat *st)
{
	struct statfs fs;
	uid_t mounter;

	if (fstat(fd, st) == -1 || fstatfs(fd, &fs) == -1)
		return -1;
	if (fs.f_type == FUSE_MAGIC &&
	    (mounter = find_mounter(st->st_dev)) != 0)
		st->st_uid = mounter;
	return st->st_uid == UNKNOWN ? refuse("the owner of the FUSE file "
	    "system is unknown") : 0;
}

/* Can others than root put names there?  An ACL's mask is the group's bits. */
static bool
is_shared(int dir)
{
	struct stat st;

	return fstat(dir, &st) == -1 || (st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Is it of procfs, cgroupfs and the like?  They have no blocks. */
static bool
is_kernels(int fd)
{
	struct statfs fs;
	struct stat st;
	unsigned int type;

	if (fstat(fd, &st) == -1 || fstatfs(fd, &fs) == -1)
		return true;
	type = (unsigned int)fs.f_type;
	return fs.f_blocks == 0 && type != TMPFS_MAGIC &&
	    type != RAMFS_MAGIC && type != FUSE_MAGIC && type != NINEP_MAGIC &&
	    (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ||
	    S_ISLNK(st.st_mode));
}

/* --- the walk ------------------------------------------------------------- */

/* From here on, the user's rights decide. */
static int
take(uid_t user)
{
	const char *call;

	walk.user = user;
	return rights_take(user, &call) == -1 ? refuse_call(call) : 0;
}

/* Return the descriptor that path is a name of, or -1. */
static int
own_descriptor(const char *path)
{
	static const char *const names[] = {
		"/dev/stdin", "/dev/stdout", "/dev/stderr"
	};
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (strcmp(path, names[fd]) == 0)
			return fd;
	if (strncmp(path, "/dev/fd/", 8) == 0)
		return (int)number_parse(path + 8, 0, INT_MAX);
	if (strncmp(path, "/proc/self/fd/", 14) == 0)
		return (int)number_parse(path + 14, 0, INT_MAX);
	return -1;
}

static int
go_to(struct at *at, int dir)
{
	close_quietly(at->dir);
	at->dir = dir;
	return dir == -1 ? -1 : 0;
}

/* Walk the text next: from at->dir on, if it is relative. */
static int
begin(struct at *at)
{
	bool absolute = *walk.text == '/';

	walk.rest = walk.text;
	if (!absolute && at->dir != -1)
		return 0;
	walk.own = own_descriptor(walk.text);
	return go_to(at, open(absolute ? "/" : ".", DIRECTORY));
}

/* Follow root's open link, with the rest of the path after it. */
static int
follow(struct at *at, int link, const char *rest)
{
	ssize_t length;

	if (++walk.links > LINKS_MAX)
		return fail(ELOOP);
	if (is_kernels(link))
		return refuse("a symbolic link of procfs is not followed");
	if (is_shared(at->dir))
		return refuse("a symbolic link of root is in a directory that "
		    "other users can write");
	length = readlinkat(link, "", walk.target, sizeof(walk.target));
	if (length <= 0)
		return length == 0 ? fail(ENOENT) : -1;
	if ((size_t)length + strlen(rest) >= sizeof(walk.text))
		return fail(ENAMETOOLONG);
	memmove(walk.text + length, rest, strlen(rest) + 1);
	memcpy(walk.text, walk.target, (size_t)length);
	return begin(at);
}

/* Take the next name of root's part.  Return 1 if it is the last, 0, or -1. */
static int
step(struct at *at, bool follows)
{
	char *name = walk.rest + strspn(walk.rest, "/");
	size_t length = strcspn(name, "/");
	bool last = name[length] == '\0', link;
	int fd, result = 1;

	walk.rest = name;
	if (length > NAME_MAX)
		return fail(ENAMETOOLONG);
	(void)strlcpy(at->name, name, length + 1);
	fd = openat(at->dir, at->name, SEEN);
	walk.seen.st_mode = 0;
	if (fd == -1)
		return last && errno == ENOENT ? 1 : -1;
	if (path_stat(fd, &walk.seen) == -1)
		result = -1;
	link = S_ISLNK(walk.seen.st_mode);
	if (result == 1 && (!last || (link && follows))) {
		at->user = walk.seen.st_uid;
		walk.part = at->user == 0 ? ROOTS : USERS;
		walk.rest = link ? name : name + length;
		if (!link)
			return go_to(at, fd);
		result = at->user == 0 ? follow(at, fd, name + length) : 0;
	}
	close_quietly(fd);
	return result;
}

/*
 * Walk root's part.  at->dir is then its last directory, and walk.rest the last
 * name, or the path from there in the part of at->user.  For another caller
 * than root, that is all of the path.
 */
static int
walk_root(struct at *at, const char *path, bool follows)
{
	struct stat root;
	int result;

	*at = (struct at){ .dir = -1, .user = geteuid() };
	/* Root of a user namespace like that of unshare -r is a user. */
	walk.part = at->user == 0 && stat("/", &root) == 0 &&
	    (root.st_uid != UNMAPPED || take(UNMAPPED) == 0) ? ROOTS : CALLERS;
	rights_return();
	walk.own = -1;
	walk.links = 0;
	walk.user = 0;
	walk.reason = NULL;
	*walk.text = '\0';
	if (walk.part == ROOTS && *path != '/') {
		if (getcwd(walk.text, PATH_MAX) == NULL || *walk.text != '/')
			return fail(ENOENT);
		(void)strlcat(walk.text, "/", sizeof(walk.text));
	}
	if (strlcat(walk.text, path, sizeof(walk.text)) >= sizeof(walk.text))
		return fail(ENAMETOOLONG);
	if (*path == '\0' || path[strlen(path) - 1] == '/')
		return fail(*path == '\0' ? ENOENT : EISDIR);
	result = begin(at);
	while (result == 0 && walk.own == -1 && walk.part == ROOTS)
		result = step(at, follows);
	return result == -1 ? -1 : 0;
}

/* Open it by the kernel, with the rights that are taken. */
static int
open_by_kernel(const struct at *at, const char *path, int flags, mode_t mode)
{
	struct open_how how = { .flags = (unsigned int)flags,
	    .mode = flags & O_CREAT ? mode : 0,
	    .resolve = RESOLVE_NO_MAGICLINKS };
	int fd;

	if (walk.part == CALLERS)
		return openat(at->dir, path, flags, mode);
	fd = openat2(at->dir, path, &how, sizeof(how));
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		return refuse_call("openat2");
	if (fd == -1 && errno == ELOOP)
		walk.reason = "too many symbolic links, or one of procfs";
	return fd;
}

/* Go to the last directory of a path in a user's part. */
static int
leap(struct at *at, char *path)
{
	char *slash = strrchr(path, '/');
	int dir;

	if (strlcpy(at->name, slash == NULL ? path : slash + 1,
	    sizeof(at->name)) >= sizeof(at->name))
		return fail(ENAMETOOLONG);
	if (slash == NULL)
		return 0;
	*slash = '\0';
	dir = open_by_kernel(at, slash == path ? "/" : path, DIRECTORY, 0);
	return dir == -1 ? -1 : go_to(at, dir);
}

/*
 * Find the directory and the last name, or walk.own.  The rights of the user in
 * whose part it is are taken then.
 */
static int
find(struct at *at, const char *path, bool follows)
{
	if (walk_root(at, path, follows) == -1)
		return -1;
	if (walk.own != -1 || walk.part == ROOTS)
		return 0;
	return take(at->user) == -1 ? -1 :
	    leap(at, walk.rest + strspn(walk.rest, "/"));
}

/* Return to root's rights.  After an error, say why. */
static int
finish(struct at *at, int result, const char **reason)
{
	const char *user;
	int saved = errno;

	rights_return();
	if (result != -1)
		return result;
	(void)go_to(at, -1);
	*reason = walk.reason != NULL ? walk.reason : strerror(saved);
	if (walk.part != CALLERS && walk.user != 0 && walk.reason == NULL &&
	    (saved == EACCES || saved == EPERM)) {
		user = user_from_uid(walk.user, 0);
		(void)snprintf(said, sizeof(said), "%s, with the rights of %s, "
		    "a user that can change this path (chown it to %s, or put "
		    "it outside of %s's directories)", *reason, user, user,
		    user);
		*reason = said;
	}
	return fail(saved);
}

/* --- files ---------------------------------------------------------------- */

/* Duplicate one of the caller's descriptors: ours are close-on-exec. */
static int
duplicate(struct at *at, int fd, int flags)
{
	int has = fcntl(fd, F_GETFL), asked = flags & O_ACCMODE;

	(void)go_to(at, -1);
	if (has == -1 || fcntl(fd, F_GETFD) != 0)
		return fail(EBADF);
	has &= O_ACCMODE;
	return has != O_RDWR && has != asked ? fail(EACCES) :
	    fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/*
 * Open the file that exists in root's directory that others can write.  Its
 * owner's rights decide.  Root's own file may have been moved there: it is not
 * read by root.
 */
static int
open_shared(const struct at *at, int flags)
{
	const struct stat *seen = &walk.seen;
	bool reads = seen->st_uid == 0 && (flags & O_ACCMODE) == O_RDONLY;
	struct stat st;
	int fd;

	if (take(reads ? UNMAPPED : seen->st_uid) == -1)
		return -1;
	fd = openat(at->dir, at->name, flags);
	rights_return();
	if (fd == -1 && reads && errno == EACCES)
		return refuse("in a directory that other users can write, "
		    "root reads only a file that everybody may read");
	if (fd == -1 || reads || seen->st_uid != 0)
		return fd;
	if (fstat(fd, &st) == 0 && is_same_file(seen, &st) &&
	    (!S_ISREG(st.st_mode) || st.st_nlink == 1))
		return fd;
	(void)close(fd);
	return seen->st_nlink > 1 ? refuse("has more than one hard link") :
	    fail(ENOENT);
}

/* The name is a link: the kernel follows it.  Find the place of its target. */
static int
open_link(struct at *at, int flags, mode_t mode)
{
	char link[32];
	ssize_t length;
	int fd;

	length = readlinkat(at->dir, at->name, walk.text, PATH_MAX);
	walk.text[length == -1 ? 0 : length] = '\0';
	if (walk.part == CALLERS &&
	    (walk.own = own_descriptor(walk.text)) != -1)
		return duplicate(at, walk.own, flags);
	fd = open_by_kernel(at, at->name, flags, mode);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fd != -1 && (length = readlink(link, walk.text, PATH_MAX)) > 0) {
		walk.text[length] = '\0';
		(void)leap(at, walk.text);
	}
	return fd;
}

/* Open or create the file that find has found. */
static int
open_found(struct at *at, int flags, mode_t mode)
{
	bool in_root = walk.part == ROOTS, exists = walk.seen.st_mode != 0;
	int fd;

	if ((flags & O_CREAT) && !(in_root && exists)) {
		fd = openat(at->dir, at->name, flags | O_EXCL, mode);
		at->created = fd != -1;
		if (fd != -1 || in_root || errno != EEXIST)
			return fd;
	}
	if (in_root && !exists)
		return fail(ENOENT);
	if (in_root)
		flags &= ~O_CREAT;
	if (in_root && is_shared(at->dir))
		return open_shared(at, flags | O_NOFOLLOW);
	fd = openat(at->dir, at->name, flags | O_NOFOLLOW, mode);
	return fd == -1 && errno == ELOOP && !in_root ?
	    open_link(at, flags, mode) : fd;
}

/* May root use the open file?  A new one in root's part is the owner's. */
static int
accept_opened(const struct at *at, int fd, const struct owner *owner)
{
	struct stat st;

	if (walk.part != CALLERS && is_kernels(fd))
		return refuse("is a file of the kernel, as in /proc or /sys");
	/* The terminal is that of the process that opens it. */
	if (walk.part == USERS && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(5, 0))
		return refuse("is /dev/tty, in a directory of a user");
	return at->created && walk.part != USERS ? path_give(fd, owner) : 0;
}

int
path_open(struct at *at, const char *path, int flags, mode_t mode,
    const struct owner *owner, const char **reason)
{
	int fd, tries = 0;

	flags |= O_CLOEXEC | O_NOCTTY;
	do {
		if (find(at, path, true) == -1)
			return finish(at, -1, reason);
		fd = walk.own != -1 ? duplicate(at, walk.own, flags) :
		    open_found(at, flags, mode);
	} while (fd == -1 && (errno == ENOENT || errno == EEXIST) &&
	    (flags & O_CREAT) && ++tries < TRIES_MAX &&
	    finish(at, -1, reason) == -1);
	if (fd != -1 && at->dir != -1 && accept_opened(at, fd, owner) == -1) {
		if (at->created)
			(void)path_unlink(at, fd);
		close_quietly(fd);
		fd = -1;
	}
	if (fd == -1 && errno == ENXIO)
		walk.reason = "no process has this FIFO open for reading, or "
		    "it is a socket";
	/* Of a lease: not an error of a write that would block. */
	if (fd == -1 && errno == EWOULDBLOCK)
		errno = EBUSY;
	return finish(at, fd, reason);
}

int
path_find(struct at *at, const char *path, const char **reason)
{
	int result = find(at, path, false);

	if (result == 0 && walk.own != -1)
		result = refuse("is one of the caller's descriptors");
	else if (result == 0 && walk.part != CALLERS && is_kernels(at->dir))
		result = refuse("is in a directory of the kernel, as /proc");
	else if (result == 0 && walk.part == USERS)
		result = faccessat(at->dir, ".", W_OK | X_OK, AT_EACCESS);
	result = finish(at, result, reason);
	at->user = geteuid();
	return result;
}

int
path_directory(const char *path, bool make, mode_t mode)
{
	const char *reason;
	struct at at;
	int result = find(&at, path, false);

	if (result == 0 && walk.own != -1)
		result = fail(EEXIST);
	else if (result == 0)
		result = make ? mkdirat(at.dir, at.name, mode) :
		    unlinkat(at.dir, at.name, AT_REMOVEDIR);
	result = finish(&at, result, &reason);
	close_quietly(at.dir);
	return result;
}

/*
 * Write the directory that is open, and the path from there as it was said,
 * without empty names and `.', which mean nothing.
 */
static int
write_whole(int dir, const char *rest, char whole[static PATH_MAX])
{
	char link[32];
	ssize_t used;
	size_t length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	used = readlink(link, whole, PATH_MAX - 1);
	if (used == -1 && errno != ENOENT)
		return -1;
	whole[used == -1 || used == 1 ? 0 : used] = '\0';
	for (; used != -1 && *rest != '\0'; rest += length) {
		rest += strspn(rest, "/");
		length = strcspn(rest, "/");
		if (length == 0 || (length == 1 && *rest == '.'))
			continue;
		if (strlen(whole) + length + 2 > PATH_MAX)
			return fail(ENAMETOOLONG);
		(void)strlcat(whole, "/", PATH_MAX);
		(void)strncat(whole, rest, length);
	}
	return 0;
}

int
path_resolve(const char *path, char whole[static PATH_MAX])
{
	const char *reason;
	struct at at;
	int result = walk_root(&at, path, false);

	if (result == 0 && walk.own != -1)
		result = fail(EINVAL);
	if (result == 0)
		result = write_whole(at.dir, walk.rest, whole);
	if (result == 0)
		result = walk.part == USERS ||
		    (walk.part == ROOTS && is_shared(at.dir));
	result = finish(&at, result, &reason);
	close_quietly(at.dir);
	return result;
}

int
path_user(const char *path, uid_t *user)
{
	const char *reason;
	struct at at;
	int result = walk_root(&at, path, true);

	*user = result != 0 || walk.part != ROOTS ? at.user :
	    is_shared(at.dir) ? UNMAPPED : 0;
	result = finish(&at, result, &reason);
	close_quietly(at.dir);
	return result;
}

int
path_is_current(const struct at *at, int fd)
{
	struct stat opened, named;

	if (fstat(fd, &opened) == -1)
		return -1;
	if (fstatat(at->dir, at->name, &named, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : -1;
	return is_same_file(&opened, &named);
}

int
path_unlink(const struct at *at, int fd)
{
	int result = path_is_current(at, fd);
	const char *call;

	if (result != 1 || rights_take(at->user, &call) == -1)
		return result == 0 ? 0 : -1;
	result = unlinkat(at->dir, at->name, 0);
	rights_return();
	return result == -1 && errno != ENOENT ? -1 : 0;
}

int
path_give(int fd, const struct owner *owner)
{
	return owner->change && fchown(fd, owner->uid, owner->gid) == -1 &&
	    (errno != EPERM || geteuid() == 0) ? -1 : 0;
}
