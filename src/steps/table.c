/* SPDX-License-Identifier: BSD-2-Clause */
/* The nine steps in their order, and what several of them share. */
#include "config.h"

#include <paths.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/word.h"
#include "steps/step.h"

const struct step *const step_table[STEPS] = {
	[STEP_SIGNALS] = &signals_row,
	[STEP_SIGCHLD] = &sigchld_row,
	[STEP_BACKGROUND] = &background_row,
	[STEP_SESSION] = &session_row,
	[STEP_REFORK] = &refork_row,
	[STEP_UMASK] = &umask_row,
	[STEP_FDS] = &fds_row,
	[STEP_CHDIR] = &chdir_row,
	[STEP_STDIO] = &stdio_row,
};

bool
step_is_given(const struct steps *steps, enum step_number step)
{
	return steps->given & 1U << step;
}

void
steps_set_defaults(struct steps *steps)
{
	int fd;

	steps->background = steps->session = steps->refork = true;
	steps->umask = 022;
	steps->chdir = "/";
	for (fd = 0; fd < 3; fd++)
		steps->stdio[fd] = _PATH_DEVNULL;
}

void
steps_set_foreground(struct steps *steps)
{
	int fd;

	if (!step_is_given(steps, STEP_BACKGROUND))
		steps->background = false;
	if (!step_is_given(steps, STEP_SESSION))
		steps->session = false;
	if (!step_is_given(steps, STEP_REFORK))
		steps->refork = false;
	for (fd = 0; fd < 3; fd++)
		if (!steps->stdio_given[fd])
			steps->stdio[fd] = NULL;
}

void
steps_set_logged(struct steps *steps)
{
	int fd;

	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (!steps->stdio_given[fd]) {
			steps->stdio[fd] = NULL;
			steps->logged[fd] = true;
		}
}

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

/* In the order of enum disposition. */
static const char *const dispositions[] = { "default", "ignore", "keep", NULL };

const char *
disposition_parse(const char *value, enum disposition *disposition)
{
	int choice = word_index(value, dispositions);

	if (choice == -1)
		return "not default, ignore or keep";
	*disposition = (enum disposition)choice;
	return NULL;
}

const char *
disposition_name(enum disposition disposition)
{
	return dispositions[disposition];
}

const char *
path_or_keep_parse(const char *value, const char **path)
{
	if (*value == '\0')
		return "needs a value";
	*path = strcmp(value, "keep") == 0 ? NULL : value;
	return NULL;
}

void
finding_set(struct finding *finding, enum verdict verdict, const char *format,
    ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(finding->seen, sizeof(finding->seen), format, args);
	va_end(args);
	finding->verdict = verdict;
}

bool
finding_is_unseen(struct finding *finding, const struct facts *facts)
{
	if (facts->files_error != 0)
		finding_set(finding, VERDICT_UNSEEN, "%s",
		    strerror(facts->files_error));
	return facts->files_error != 0;
}
