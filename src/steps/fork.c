/* SPDX-License-Identifier: BSD-2-Clause */
/* What background and refork share. */
#include "config.h"

#include <sys/types.h>

#include <unistd.h>

#include "base/word.h"
#include "steps/fork.h"

const char *
yes_no_parse(const char *value, bool *yes)
{
	static const char *const words[] = { "no", "yes", NULL };
	int choice = word_index(value, words);

	if (choice == -1)
		return "not yes or no";
	*yes = choice == 1;
	return NULL;
}

/*
 * vfork(2) rather than fork(2): a third of the caller's wait would go into
 * copying page tables that the exec throws away.  Its child may not return
 * from here, and what it changes in memory is changed in the parent, too: it
 * does what is async-signal-safe, and has a stack frame of its own below this
 * one.  Everything else (descriptors, dispositions, the umask, ids, the
 * directory) is its own, as after fork(2).
 */
pid_t __attribute__((noinline))
fork_process(bool apart, process *child, void *argument)
{
	pid_t pid = apart ? fork() : vfork();

	if (pid == 0)
		child(argument);
	return pid;
}
