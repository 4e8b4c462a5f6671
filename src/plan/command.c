/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the command, and the reason when it cannot be executed. */
#include "config.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/message.h"
#include "plan/command.h"

/* Is path a file to execute?  0, or -1 with errno. */
static int
check_executable(const char *path, int root)
{
	struct stat st;
	int fd, result;

	fd = open_in_root(root, path, O_PATH);
	if (fd == -1)
		return -1;
	result = fstat(fd, &st);
	(void)close(fd);
	if (result == -1)
		return -1;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	/* Only root can have another root, and any x is enough for root. */
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		errno = EACCES;
		return -1;
	}
	return root == -1 ? access(path, X_OK) : 0;
}

char *
command_find(const char *name, const char *path, int root)
{
	int worst = ENOENT;
	const char *end;
	char *candidate;

	if (strchr(name, '/') != NULL) {
		if (check_executable(name, root) == -1)
			return NULL;
		return strdup(name);
	}
	for (;; path = end + 1) {
		end = strchrnul(path, ':');
		/* An empty element means the current directory. */
		if (asprintf(&candidate, "%.*s%s%s",
		    (int)(end - path), path, end == path ? "./" : "/",
		    name) == -1)
			return NULL;
		if (check_executable(candidate, root) == 0)
			return candidate;
		/*
		 * As in a shell, a file that exists is reported.  A directory
		 * of PATH that only others may search is skipped.
		 */
		if (errno == EACCES &&
		    (root != -1 || access(candidate, F_OK) == 0))
			worst = EACCES;
		free(candidate);
		if (*end == '\0')
			break;
	}
	errno = worst;
	return NULL;
}

/* The first bytes of a file: how many, or -1. */
static ssize_t
read_head(const char *path, int root, char *head, size_t size)
{
	ssize_t length;
	int fd;

	fd = open_in_root(root, path, O_RDONLY);
	if (fd == -1)
		return -1;
	length = read(fd, head, size);
	(void)close(fd);
	return length;
}

static bool
has_nul(const char *head, ssize_t length)
{
	ssize_t i;

	for (i = 0; i < length && head[i] != '\n'; i++)
		if (head[i] == '\0')
			return true;
	return false;
}

bool
command_needs_shell(const char *path, int root)
{
	char head[128] = "";
	ssize_t length = read_head(path, root, head, sizeof(head));

	if (length == -1 || has_nul(head, length))
		return false;
	return length < 2 || memcmp(head, "#!", 2) != 0;
}

/* The first word after `#!`. */
static const char *
script_interpreter(char *head)
{
	char *start = head + 2;

	start += strspn(start, " \t");
	start[strcspn(start, " \t\n")] = '\0';
	return start;
}

/* The dynamic loader, where the headers lie within the first length bytes. */
static const char *
elf_interpreter(char *head, size_t length)
{
	const ElfW(Ehdr) *elf = (const void *)head;
	const ElfW(Phdr) *header;
	size_t i;

	/* The offsets are 32 or 64 bits wide: beware of a sum that wraps. */
	if (length < sizeof(*elf) || elf->e_phentsize != sizeof(*header) ||
	    elf->e_phoff > length || elf->e_phoff % sizeof(ElfW(Addr)) != 0)
		return NULL;
	for (i = 0; i < elf->e_phnum; i++) {
		if ((i + 1) * sizeof(*header) > length - elf->e_phoff)
			return NULL;
		header = (const void *)(head + elf->e_phoff +
		    i * sizeof(*header));
		if (header->p_type != PT_INTERP)
			continue;
		return header->p_offset < length ?
		    head + header->p_offset : NULL;
	}
	return NULL;
}

/*
 * The interpreter that path asks for and that cannot be executed because of
 * that error: 0 with its name in buf, or -1.
 */
static int
find_interpreter(const char *path, int root, int error, char *buf,
    size_t size)
{
	char head[4096] __attribute__((aligned(16)));
	ssize_t length = read_head(path, root, head, sizeof(head) - 1);
	const char *interpreter = NULL;

	if (length < 4)
		return -1;
	head[length] = '\0';

	if (memcmp(head, "#!", 2) == 0)
		interpreter = script_interpreter(head);
	else if (memcmp(head, ELFMAG, SELFMAG) == 0)
		interpreter = elf_interpreter(head, (size_t)length);
	if (interpreter == NULL || *interpreter == '\0' ||
	    check_executable(interpreter, root) == 0 || errno != error)
		return -1;
	(void)strlcpy(buf, interpreter, size);
	return 0;
}

/* Decode a name of /proc/self/mounts (\040) that musl leaves as it is. */
static void
decode(char *text)
{
	char *to;

	for (to = text; *text != '\0'; to++) {
		if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
			*to = (char)((text[1] - '0') << 6 |
			    (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else
			*to = *text++;
	}
	*to = '\0';
}

/*
 * The mount that forbids to execute a file that has the permission (noexec), as
 * mount(8) has it: 0 with its directory in buf, or -1.
 */
static int
find_noexec(const char *path, int root, char *buf, size_t size)
{
	int fd = open_in_root(root, path, O_PATH);
	char link[32], file[PATH_MAX] = "";
	struct mntent *mount;
	struct statvfs vfs;
	struct stat st;
	size_t length, longest = 0;
	FILE *mounts;

	if (fd == -1)
		return -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == -1 || !(st.st_mode & 0111) ||
	    fstatvfs(fd, &vfs) == -1 || !(vfs.f_flag & ST_NOEXEC) ||
	    readlink(link, file, sizeof(file) - 1) == -1)
		file[0] = '\0';
	(void)close(fd);
	if (file[0] == '\0' ||
	    (mounts = setmntent("/proc/self/mounts", "re")) == NULL)
		return -1;
	while ((mount = getmntent(mounts)) != NULL) {
		decode(mount->mnt_dir);
		length = strlen(mount->mnt_dir);
		if (length >= longest &&
		    strncmp(file, mount->mnt_dir, length) == 0 &&
		    (file[length] == '/' || length == 1)) {
			longest = length;
			(void)strlcpy(buf, mount->mnt_dir, size);
		}
	}
	(void)endmntent(mounts);
	return longest > 0 ? 0 : -1;
}

int
command_describe(const char *path, int root, int error, char *buf, size_t size)
{
	char other[PATH_MAX];
	size_t length;

	*buf = '\0';
	if ((error == ENOENT || error == EACCES) && find_interpreter(path,
	    root, error, other, sizeof(other)) == 0) {
		length = strlen(other);
		if (other[length - 1] == '\r')
			(void)snprintf(buf, size, "bad interpreter: %.*s\\r: "
			    "%s; the file has DOS line ends", (int)length - 1,
			    other, strerror(error));
		else
			(void)snprintf(buf, size, "bad interpreter: %s: %s",
			    other, strerror(error));
		return STATUS_CANNOT_EXECUTE;
	}
	if (error == EACCES && find_noexec(path, root, other,
	    sizeof(other)) == 0)
		(void)snprintf(buf, size, "%s; %s is mounted noexec",
		    strerror(error), other);
	else
		(void)strlcpy(buf, strerror(error), size);
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}
