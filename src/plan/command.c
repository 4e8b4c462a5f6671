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

bool
command_needs_shell(const char *path, int root)
{
	char head[128];
	ssize_t length = read_head(path, root, head, sizeof(head));
	const char *line;

	if (length <= 0)
		return length == 0;
	line = memchr(head, '\n', (size_t)length);
	if (memchr(head, '\0', (size_t)(line != NULL ? line - head : length)))
		return false;
	return length < 2 || memcmp(head, "#!", 2) != 0;
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
	char *rest;

	if (length < 4)
		return -1;
	head[length] = '\0';

	if (memcmp(head, "#!", 2) == 0)
		interpreter = strtok_r(head + 2, " \t\n", &rest);
	else if (memcmp(head, ELFMAG, SELFMAG) == 0)
		interpreter = elf_interpreter(head, (size_t)length);
	if (interpreter == NULL || *interpreter == '\0' ||
	    check_executable(interpreter, root) == 0 || errno != error)
		return -1;
	(void)strlcpy(buf, interpreter, size);
	return 0;
}

static bool
is_noexec(const char *path)
{
	struct statvfs vfs;

	return statvfs(path, &vfs) == 0 && vfs.f_flag & ST_NOEXEC;
}

/*
 * Why a file that has the permission cannot be executed: 0 with the outermost
 * directory above it that is mounted noexec (mount(8)) in dir, or -1.
 */
static int
find_noexec(const char *path, int root, char *dir, size_t size)
{
	int fd = open_in_root(root, path, O_PATH);
	char link[32], file[PATH_MAX] = "", *slash;
	struct stat st;

	if (fd == -1)
		return -1;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (fstat(fd, &st) == -1 || !(st.st_mode & 0111) ||
	    readlink(link, file, sizeof(file) - 1) == -1)
		*file = '\0';
	(void)close(fd);
	*dir = '\0';
	while (strcmp(file, "/") != 0 && (slash = strrchr(file, '/')) != NULL) {
		slash[slash == file] = '\0';
		if (!is_noexec(file))
			break;
		(void)strlcpy(dir, file, size);
	}
	return *dir != '\0' ? 0 : -1;
}

int
command_describe(const char *path, int root, int error, char *buf, size_t size)
{
	const char *why = strerror(error);
	char other[PATH_MAX];
	size_t end;

	if ((error == ENOENT || error == EACCES) && find_interpreter(path,
	    root, error, other, sizeof(other)) == 0) {
		end = strcspn(other, "\r");
		(void)snprintf(buf, size, "bad interpreter: %.*s%s: %s%s",
		    (int)end, other, other[end] == '\r' ? "\\r" : "", why,
		    other[end] == '\r' ? "; the file has DOS line ends" : "");
		return STATUS_CANNOT_EXECUTE;
	}
	if (error == EACCES &&
	    find_noexec(path, root, other, sizeof(other)) == 0)
		(void)snprintf(buf, size, "%s; %s is mounted noexec", why,
		    other);
	else
		(void)strlcpy(buf, why, size);
	return error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_EXECUTE;
}
