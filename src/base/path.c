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

/* Limit of tries while other processes create and remove the file. */
#define TRIES_MAX	100

#define UNKNOWN		((uid_t)-1)

/* The path that is being walked, and why it failed. */
static struct {
	bool judges;			/* for root */
	int own;			/* one of the caller's descriptors */
	int links;
	uid_t user;			/* whose rights were taken, or 0 */
	char *text, *rest;		/* the rest is what is left */
	const char *reason;		/* NULL: errno says it */
	char *whole;			/* NULL: not asked for (path_resolve) */
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

/* The value of user_id= in a line of mountinfo, if it is that device's. */
static bool
is_mount_of(char *line, const char *device, uid_t *user)
{
	char *field = strchr(line, ' '), *type = strstr(line, " - ");
	char *options = strrchr(line, ' '), *end;

	if (field == NULL || (field = strchr(field + 1, ' ')) == NULL ||
	    strncmp(field, device, strlen(device)) != 0 || type == NULL)
		return false;
	/* Only root can mount one that is not FUSE's own, as virtiofs. */
	if (strncmp(type, " - fuse", 7) != 0)
		*user = 0;
	else if ((options = strstr(options, ",user_id=")) != NULL)
		*user = (uid_t)strtoul(options + 9, &end, 10);
	return true;
}

/* Return the user who has mounted that FUSE file system. */
static uid_t
find_mounter(dev_t device)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL, text[32];
	uid_t user = UNKNOWN;
	size_t size = 0;

	(void)snprintf(text, sizeof(text), " %u:%u ", major(device),
	    minor(device));
	while (file != NULL && getline(&line, &size, file) != -1 &&
	    !is_mount_of(line, text, &user))
		;
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
	if (fs.f_type == FUSE_MAGIC && (mounter = find_mounter(st->st_dev)) != 0)
		st->st_uid = mounter;
	return 0;
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

/* Return the descriptor that path is a name of, or -1.  /dev/stdin is a link. */
static int
own_descriptor(const char *path)
{
	if (strncmp(path, "/dev/fd/", 8) == 0)
		return (int)number_parse(path + 8, 0, INT_MAX);
	if (strncmp(path, "/proc/self/fd/", 14) == 0)
		return (int)number_parse(path + 14, 0, INT_MAX);
	return -1;
}

static bool
is_root_part(const struct at *at)
{
	return walk.judges && at->user == 0;
}

static int
go_to(struct at *at, int dir)
{
	close_quietly(at->dir);
	at->dir = dir;
	return dir == -1 ? -1 : 0;
}

/*
 * Write where the walk has got to, and what is left of the path as it was said,
 * without empty names and `.', which mean nothing.
 */
static int
write_whole(const struct at *at, const char *rest)
{
	char link[32];
	ssize_t dir;
	size_t used, length;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", at->dir);
	dir = readlink(link, walk.whole, PATH_MAX - 1);
	if (dir == -1 && errno == ENOENT) {
		*walk.whole = '\0';
		return 0;
	}
	if (dir == -1)
		return -1;
	for (used = dir == 1 ? 0 : (size_t)dir; *rest != '\0'; rest += length) {
		rest += strspn(rest, "/");
		length = strcspn(rest, "/");
		if (length == 0 || (length == 1 && *rest == '.'))
			continue;
		if (used + length + 2 > PATH_MAX)
			return fail(ENAMETOOLONG);
		walk.whole[used++] = '/';
		memcpy(walk.whole + used, rest, length);
		used += length;
	}
	walk.whole[used] = '\0';
	return 0;
}

static int
take(uid_t user)
{
	const char *call;

	if (user == UNKNOWN)
		return refuse("the owner of the FUSE file system is unknown");
	walk.user = user;
	return rights_take(user, &call) == -1 ? refuse_call(call) : 0;
}

/* From here on, the user's rights decide. */
static int
enter_part(struct at *at, uid_t user)
{
	if (walk.whole != NULL && write_whole(at, walk.rest) == -1)
		return -1;
	at->user = user;
	return take(user);
}

/* Walk the text, to be freed, which begins in at->dir if it is relative. */
static int
begin(struct at *at, char *text)
{
	free(walk.text);
	walk.text = walk.rest = text;
	if (text == NULL || (*text != '/' && at->dir != -1))
		return text == NULL ? -1 : 0;
	/* A user's link to one of the descriptors is like any other. */
	if (at->user == 0 || !walk.judges)
		walk.own = own_descriptor(text);
	return go_to(at, open(*text == '/' ? "/" : ".", DIRECTORY));
}

/* In a user's part, the kernel goes to the last directory with the rights. */
static int
leap(struct at *at)
{
	struct open_how how = { .flags = DIRECTORY,
	    .resolve = RESOLVE_NO_MAGICLINKS };
	char *slash = strrchr(walk.rest, '/');
	int dir;

	if (slash == NULL)
		return 0;
	*slash = '\0';
	dir = walk.judges ? openat2(at->dir, walk.rest, &how, sizeof(how)) :
	    openat(at->dir, walk.rest, DIRECTORY);
	walk.rest = slash + 1;
	if (dir == -1 && walk.judges && (errno == ENOSYS || errno == EPERM))
		return refuse_call("openat2");
	if (dir == -1 && walk.judges && errno == ELOOP)
		walk.reason = "too many symbolic links, or one of procfs";
	return dir == -1 ? -1 : go_to(at, dir);
}

/* Take the next name.  Return 1 if it is the last one, 0, or -1. */
static int
next_name(struct at *at)
{
	size_t length;
	bool last;

	walk.rest += strspn(walk.rest, "/");
	if (!is_root_part(at) && leap(at) == -1)
		return -1;
	length = strcspn(walk.rest, "/");
	if (length > NAME_MAX)
		return fail(ENAMETOOLONG);
	memcpy(at->name, walk.rest, length);
	at->name[length] = '\0';
	walk.rest += length;
	last = walk.rest[strspn(walk.rest, "/")] == '\0';
	if (length == 0 || (last && (*walk.rest == '/' ||
	    strcmp(at->name, ".") == 0 || strcmp(at->name, "..") == 0)))
		return fail(EISDIR);
	return last;
}

/* May the link in the directory be followed, for all that is known of both? */
static int
check_link(const struct at *at, int link, const struct stat *st)
{
	struct stat dir;

	if (is_kernels(link))
		return refuse("a symbolic link of procfs is not followed");
	if (fstat(at->dir, &dir) == -1)
		return -1;
	if (at->user == 0 && is_shared(at->dir))
		return refuse("a symbolic link of root is in a directory that "
		    "other users can write");
	/* As the kernel has it with fs.protected_symlinks. */
	return (dir.st_mode & S_ISVTX) && (dir.st_mode & S_IWOTH) &&
	    st->st_uid != at->user && st->st_uid != dir.st_uid ?
	    fail(EACCES) : 0;
}

/*
 * Follow the open link of that name: its text is walked next.  Return 1 if the
 * kernel is to follow it, 0, or -1.
 */
static int
follow(struct at *at, int link, const struct stat *st)
{
	char target[PATH_MAX], *text;
	ssize_t length;

	if (++walk.links > LINKS_MAX)
		return fail(ELOOP);
	if (is_root_part(at) && st->st_uid != 0) {
		/* The user's part begins with the link itself. */
		walk.rest -= strlen(at->name);
		return enter_part(at, st->st_uid);
	}
	if (!walk.judges && is_kernels(link))
		return 1;
	if (walk.judges && check_link(at, link, st) == -1)
		return -1;
	length = readlinkat(link, "", target, sizeof(target) - 1);
	if (length <= 0)
		return length == 0 ? fail(ENOENT) : -1;
	target[length] = '\0';
	if (asprintf(&text, "%s%s", target, walk.rest) == -1)
		return fail(ENOMEM);
	return begin(at, text);
}

/* Go to the name: a link, or a directory on the way.  As follow. */
static int
step(struct at *at, bool last, bool follows)
{
	int fd = openat(at->dir, at->name, SEEN), result;
	struct stat st = { 0 };

	if (fd == -1)
		return last && errno == ENOENT ? 1 : -1;
	if ((is_root_part(at) ? path_stat : fstat)(fd, &st) == -1)
		result = -1;
	else if (S_ISLNK(st.st_mode) && (follows || !last))
		result = follow(at, fd, &st);
	else if (last)
		result = 1;
	else if (!S_ISDIR(st.st_mode))
		result = fail(ENOTDIR);
	else {
		(void)go_to(at, fd);
		return st.st_uid == 0 ? 0 : enter_part(at, st.st_uid);
	}
	close_quietly(fd);
	return result;
}

/*
 * Find the directory and the last name, or walk.own.  The rights of the user in
 * whose part it is are taken then.
 */
static int
find(struct at *at, const char *path, bool follows)
{
	struct stat root;
	int last, result;

	*at = (struct at){ .dir = -1, .user = geteuid() };
	walk.own = -1;
	walk.links = 0;
	/* Root of a user namespace like that of unshare -r is a user. */
	walk.judges = at->user == 0 && stat("/", &root) == 0 &&
	    (root.st_uid != UNMAPPED || take(UNMAPPED) == 0);
	rights_return();
	walk.reason = NULL;
	walk.user = 0;
	if (*path == '\0')
		return fail(ENOENT);
	result = begin(at, walk.judges ? absolute_path(path) : strdup(path));
	if (result == 0 && walk.judges && *walk.text != '/')
		return fail(ENOENT);	/* (unreachable), of getcwd(3) */
	while (result == 0 && walk.own == -1)
		result = (last = next_name(at)) == -1 ? -1 :
		    step(at, last, follows);
	return result == -1 ? -1 : 0;
}

/* Return to root's rights.  After an error, say why. */
static int
finish(struct at *at, int result, const char **reason)
{
	const char *user;
	int saved = errno;

	rights_return();
	free(walk.text);
	walk.text = NULL;
	if (result != -1)
		return result;
	(void)go_to(at, -1);
	*reason = walk.reason != NULL ? walk.reason : strerror(errno);
	if (walk.user != 0 && walk.reason == NULL &&
	    (errno == EACCES || errno == EPERM)) {
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
	int fd, seen = openat(at->dir, at->name, SEEN);
	struct stat st, opened;
	bool reads;

	if (seen == -1 || path_stat(seen, &st) == -1) {
		close_quietly(seen);
		return -1;
	}
	close_quietly(seen);
	reads = st.st_uid == 0 && (flags & O_ACCMODE) == O_RDONLY;
	if (take(reads ? UNMAPPED : st.st_uid) == -1)
		return -1;
	fd = openat(at->dir, at->name, flags);
	rights_return();
	if (fd == -1 && reads && errno == EACCES)
		return refuse("in a directory that other users can write, "
		    "root reads only a file that everybody may read");
	if (fd == -1 || reads || st.st_uid != 0)
		return fd;
	if (fstat(fd, &opened) == 0 && is_same_file(&st, &opened) &&
	    (!S_ISREG(opened.st_mode) || opened.st_nlink == 1))
		return fd;
	(void)close(fd);
	return st.st_nlink > 1 ? refuse("has more than one hard link") :
	    fail(ENOENT);
}

/* Open or create the file that find has found. */
static int
open_found(struct at *at, int flags, mode_t mode)
{
	int fd, tries;

	flags |= O_CLOEXEC | O_NOCTTY | (walk.judges ? O_NOFOLLOW : 0);
	for (tries = 0; tries < TRIES_MAX; tries++) {
		if (flags & O_CREAT) {
			fd = openat(at->dir, at->name, flags | O_EXCL, mode);
			at->created = fd != -1;
			if (fd != -1 || errno != EEXIST)
				return fd;
		}
		if (!is_root_part(at))
			fd = openat(at->dir, at->name, flags, mode);
		else if (is_shared(at->dir))
			fd = open_shared(at, flags & ~O_CREAT);
		else
			fd = openat(at->dir, at->name, flags & ~O_CREAT);
		if (fd != -1 || errno != ENOENT || !(flags & O_CREAT))
			return fd;
	}
	return fail(EBUSY);
}

static bool
is_fifo(const struct at *at)
{
	struct stat st;

	return fstatat(at->dir, at->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISFIFO(st.st_mode);
}

/* May root use the open file? */
static int
check_opened(const struct at *at, int fd)
{
	struct stat st;

	if (!walk.judges)
		return 0;
	if (is_kernels(fd))
		return refuse("is a file of the kernel, as in /proc or /sys");
	/* The terminal is that of the process that opens it. */
	if (at->user != 0 && fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(5, 0))
		return refuse("is /dev/tty, in a directory of a user");
	return 0;
}

int
path_open(struct at *at, const char *path, int flags, mode_t mode,
    const struct owner *owner, const char **reason)
{
	int fd = find(at, path, true);

	if (fd == -1)
		return finish(at, -1, reason);
	if (walk.own != -1)
		return finish(at, duplicate(at, walk.own, flags), reason);
	if ((fd = open_found(at, flags, mode)) == -1) {
		if (errno == ENXIO && is_fifo(at))
			walk.reason = "no process has this FIFO open for "
			    "reading";
		/* Of a lease: not an error of a write that would block. */
		if (errno == EWOULDBLOCK)
			errno = EBUSY;
		return finish(at, -1, reason);
	}
	if (check_opened(at, fd) == -1 || (at->created &&
	    (at->user == 0 || !walk.judges) && path_give(fd, owner) == -1)) {
		if (at->created)
			(void)path_unlink(at, fd);
		close_quietly(fd);
		fd = -1;
	}
	return finish(at, fd, reason);
}

int
path_find(struct at *at, const char *path, const char **reason)
{
	int result = find(at, path, false);

	if (result == 0 && walk.own != -1)
		result = refuse("is one of the caller's descriptors");
	else if (result == 0 && walk.judges && is_kernels(at->dir))
		result = refuse("is in a directory of the kernel, as /proc");
	else if (result == 0 && walk.judges && at->user != 0)
		result = faccessat(at->dir, ".", W_OK | X_OK, AT_EACCESS);
	result = finish(at, result, reason);
	at->user = geteuid();
	return result;
}

int
path_resolve(const char *path, char whole[static PATH_MAX])
{
	const char *reason;
	struct at at;
	int result;

	walk.whole = whole;
	result = find(&at, path, false);
	if (result == 0 && walk.own != -1)
		result = fail(EINVAL);
	else if (result == 0 && (!walk.judges || at.user == 0))
		result = write_whole(&at, at.name);
	if (result == 0)
		result = walk.judges && (at.user != 0 || is_shared(at.dir));
	walk.whole = NULL;
	result = finish(&at, result, &reason);
	close_quietly(at.dir);
	return result;
}

/* Make the directory, or remove it. */
static int
change_directory(const char *path, bool make, mode_t mode, const char **reason)
{
	struct at at;
	int result = find(&at, path, false);

	if (result == 0 && walk.own != -1)
		result = fail(EEXIST);
	else if (result == 0)
		result = make ? mkdirat(at.dir, at.name, mode) :
		    unlinkat(at.dir, at.name, AT_REMOVEDIR);
	result = finish(&at, result, reason);
	close_quietly(at.dir);
	return result;
}

int
path_mkdir(const char *path, mode_t mode, const char **reason)
{
	return change_directory(path, true, mode, reason);
}

int
path_rmdir(const char *path, const char **reason)
{
	return change_directory(path, false, 0, reason);
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
