# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# The options as --help has them: for the tests that compare them.

# The options of the help as it has them, sorted: `-c, --chdir=DIR|keep`,
# `--stop[=SCHEDULE]`, `--check [PID]`.
help_options() {
	launch --help |
	    sed -nE 's/^ +((-[[:alpha:]], )?--[^ ]+( \[[A-Z]+])?).*/\1/p' | sort
}

# Their names alone, letters too, one a line.
help_names() {
	help_options | sed -E 's/\[?=.*//; s/ \[.*//; s/, /\n/'
}

# The options in the place of which no command follows.
VERBS=" --check --status --stop --again --signal --wait --list --tail "
