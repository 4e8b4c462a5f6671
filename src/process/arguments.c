/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a process, and what it runs. */
#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "process/arguments.h"
#include "process/proc.h"

size_t
proc_trim_command(char *text, size_t length)
{
	/* The last one has no NUL where it was written over. */
	if (length > 0 && text[length - 1] != '\0')
		text[length++] = '\0';
	/* A process that sets a title leaves its other arguments empty. */
	while (length > 1 && text[length - 1] == '\0' &&
	    text[length - 2] == '\0')
		--length;
	return length;
}

char *
proc_command(pid_t pid, size_t *length)
{
	char *text = proc_read_all(pid, "cmdline", length);

	if (text != NULL)
		*length = proc_trim_command(text, *length);
	return text;
}

void
proc_title(pid_t pid, char *title, size_t size)
{
	size_t length = 0, i;
	char *command = proc_command(pid, &length);

	(void)strlcpy(title, "?", size);
	if (command != NULL && length > 0) {
		for (i = 0; i + 1 < length; i++)
			if (command[i] == '\0')
				command[i] = ' ';
		(void)strlcpy(title, command, size);
	} else if (proc_read(pid, "comm", title, size) > 0)
		title[strcspn(title, "\n")] = '\0';
	free(command);
}

/*
 * Return the length of the text without the words that it ends with, or 0 if it
 * does not end with them.
 */
static size_t
strip(const char *text, size_t length, char *const *words)
{
	size_t n = 0, size;

	while (words[n] != NULL)
		n++;
	for (; n > 0; n--, length -= size) {
		size = strlen(words[n - 1]) + 1;
		if (length < size ||
		    memcmp(text + length - size, words[n - 1], size) != 0)
			return 0;
	}
	/* Not the end of a longer word. */
	return length > 0 && text[length - 1] == '\0' ? length : 0;
}

/* Did its executable have that path, before a newer one replaced it? */
static bool
was_executed_from(pid_t pid, const char *path)
{
	static const char deleted[] = " (deleted)";
	char *real = realpath(path, NULL);
	size_t length = real == NULL ? 0 : strlen(real);
	/* Room for one more than that path, and for the NUL. */
	size_t size = length + sizeof(deleted) + 1;
	char *link = malloc(size);
	bool same = real != NULL && link != NULL &&
	    proc_link(pid, "exe", link, size) == 0 &&
	    strncmp(link, real, length) == 0 &&
	    strcmp(link + length, deleted) == 0;

	free(real);
	free(link);
	return same;
}

bool
proc_runs(pid_t pid, const char *path, char *const *argv)
{
	char *const script[] = { (char *)(uintptr_t)path, NULL };
	struct stat theirs, ours;
	char *arguments;
	size_t length;
	bool same;

	if ((arguments = proc_command(pid, &length)) == NULL)
		return false;
	length = strip(arguments, length, argv + 1);
	/* Behind argv[0], which need not be the path. */
	same = length == strlen(arguments) + 1 &&
	    ((stat(path, &ours) == 0 && proc_file(pid, "exe", &theirs) == 0 &&
	    is_same_file(&ours, &theirs)) || was_executed_from(pid, path));
	/* Behind an interpreter. */
	same = same || strip(arguments, length, script) > 0;
	free(arguments);
	return same;
}
