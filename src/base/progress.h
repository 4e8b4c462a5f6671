/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress on a terminal, while something is waited for. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>

/* Return the columns of the terminal fd; 0 if it is none. */
size_t	terminal_width(int fd);

/* Milliseconds until the first line, and between two. */
#define PROGRESS_MS	1000

/*
 * If stderr is a terminal and this process is in its foreground, write a line
 * `waiting for WHAT, N s left`.  The next call replaces it, and progress_clear
 * removes it.  left is in milliseconds.
 */
void	progress_show(const char *what, long long left);
void	progress_clear(void);

#endif
