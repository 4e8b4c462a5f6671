/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines that go through a log. */
#ifndef INTERLEAVE_LOG_H
#define INTERLEAVE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "interleave.h"

#define LOG_PART	40000		/* of a long line */
#define LOG_TEXT_SIZE	(2 * LOG_PART + 64)

/* What a command with these words writes, up to NULL; or NULL, nothing. */
const char *const *log_lines(const char *words);

/* One of them as it is written.  Returns its length. */
size_t	log_piece(const char *piece, char *text);

/* All of them.  Returns the length. */
size_t	log_text(const char *const *lines, const char **text);

/*
 * What is in FILE.2, FILE.1, FILE and FILE.old is the beginning of that, each
 * line once, in order; ended: it is all of it, and no line is in two files.
 */
bool	judge_log(const struct world *, bool ended);

#endif
