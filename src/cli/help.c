/* SPDX-License-Identifier: BSD-2-Clause */
/* What --help prints. */
#include "config.h"

#include <stdio.h>

#include "cli/table.h"

/* The column of what is said of an option, if its name ends before it. */
#define HELP_COLUMN	28

void
options_help(void)
{
	const struct option_row *row = option_table;
	int width;

	(void)fputs(
"Usage: daemonize [OPTION]... COMMAND [ARG]...\n"
"Run COMMAND as a daemon.  Options come before COMMAND, its arguments after it.\n",
	    stdout);
	for (; row < option_table + option_count; row++) {
		if (row->heading != NULL)
			(void)puts(row->heading);
		width = printf("  %s%s%s%s",
		    row->letter == NULL ? "  " : row->letter,
		    row->letter == NULL ? "  " : ", ", row->name,
		    row->value == NULL ? "" : row->value);
		(void)printf("%*s%s\n", width > HELP_COLUMN - 2 ? 2 :
		    HELP_COLUMN - width, "", row->help);
	}
	(void)fputs(
"Exit status: 0 it runs; 1 it already ran; 123 it ended before it was ready;\n"
"124 not ready in time; 125 daemonize failed; 126 not executed; 127 not found.\n"
"--status: 0 it runs; 1 dead, with a pid file; 3 not running; 4 unknown.\n"
"--check: 0 ok; 1 BAD; 3 no such process.  --stop: 2 still there.\n", stdout);
}
