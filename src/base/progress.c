/* SPDX-License-Identifier: BSD-2-Clause */
/* Progress on a terminal, while something is waited for. */
#include "config.h"

#include <sys/ioctl.h>
#include <sys/types.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/progress.h"

/* Longer than a line of most terminals. */
#define LINE_SIZE	512

static bool shown;

/* Is stderr a terminal, and this process in its foreground group? */
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
progress_show(const char *what, long long left)
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
	shown = true;
}

void
progress_clear(void)
{
	if (shown)
		(void)fputs("\r\033[K", stderr);
	shown = false;
}
