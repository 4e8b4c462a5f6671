/* SPDX-License-Identifier: BSD-2-Clause */
/* Time that passes while we wait, and telling the user of it. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/progress.h"

/* Longer than a line of most terminals. */
#define LINE_SIZE	512

static bool told;

long long
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

int
wait_ms(long long end)
{
	long long left = end - now_ms();

	if (left < 0)
		return 0;
	return left < PROGRESS_MS ? (int)left : PROGRESS_MS;
}

/* A terminal, and not one that somebody else uses at the moment. */
static bool
is_ours(void)
{
	pid_t foreground;

	if (!isatty(STDERR_FILENO))
		return false;
	foreground = tcgetpgrp(STDERR_FILENO);
	return foreground == -1 || foreground == getpgrp();
}

void
progress_tell(const char *what, long long left)
{
	struct winsize window;
	char line[LINE_SIZE];
	size_t width = 80;

	if (!is_ours())
		return;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 &&
	    window.ws_col > 0)
		width = window.ws_col;
	(void)snprintf(line, sizeof(line), "waiting for %s, %lld s left", what,
	    left <= 0 ? 0 : (left + 999) / 1000);
	/* A line that wraps is not removed as a whole. */
	if (width <= sizeof(line))
		line[width - 1] = '\0';
	make_printable(line);
	(void)fprintf(stderr, "\r\033[K%s", line);
	told = true;
}

void
progress_clear(void)
{
	if (told)
		(void)fputs("\r\033[K", stderr);
	told = false;
}
