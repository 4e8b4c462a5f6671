/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress on a terminal, while something is waited for. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* Return the columns of the terminal fd; 0 if it is none. */
size_t	terminal_width(int fd);

/* The first line comes after so many milliseconds, and each next one. */
#define PROGRESS_MS	1000

/*
 * Where stderr is a terminal and this process is in its foreground: writes one
 * line that each call writes anew, `waiting for WHAT, N s left`, and that
 * progress_clear removes.  left is in milliseconds.
 */
void	progress_show(const char *what, long long left);
void	progress_clear(void);

#endif
