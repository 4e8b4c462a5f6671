/* SPDX-License-Identifier: BSD-2-Clause */
/* Time that passes while we wait, and telling the user of it. */
#ifndef PROGRESS_H
#define PROGRESS_H

/* A terminal is told that we wait after so long, and again each time. */
#define PROGRESS_MS	1000

/* Milliseconds of the monotonic clock (clock_gettime(2)). */
long long	now_ms(void);

/*
 * Milliseconds for poll(2) to wait until end, or until the next line of
 * progress is due.
 */
int	wait_ms(long long end);

/*
 * On a terminal whose foreground we are in: one line on stderr that each call
 * writes anew, `waiting for WHAT, N s left`, and which progress_clear removes.
 * left is in milliseconds.
 */
void	progress_tell(const char *what, long long left);
void	progress_clear(void);

#endif
