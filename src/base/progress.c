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

size_t
terminal_width(int fd)
{
	struct winsize window = { .ws_col = 0 };

	if (!isatty(fd))
		return 0;
	(void)ioctl(fd, TIOCGWINSZ, &window);
	return window.ws_col > 0 ? window.ws_col : 80;
}

/* Is this process in the foreground group of the terminal? */
static bool
is_ours(void)
{
	pid_t foreground = tcgetpgrp(STDERR_FILENO);

	return foreground == -1 || foreground == getpgrp();
}

void
progress_show(const char *what, long long left)
{
	size_t width = terminal_width(STDERR_FILENO);
	char line[LINE_SIZE];

	if (width == 0 || !is_ours())
		return;
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
