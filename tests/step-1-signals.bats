#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2030,SC2031  # each test is a subshell of its own
# Step 1: what the caller ignores, blocks or has pending does not reach the
# command.

load helpers

# Runs the rest with every signal ignored, blocked and pending that can be.
from_bad_signals() {
	python3 -c '
import os, signal, sys
for s in range(1, 65):
    if s not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
        signal.signal(s, signal.SIG_IGN)
os.execvp(sys.argv[1], sys.argv[1:])' "$@"
}

@test "ignored signals are back at their default" {
	from_bad_signals "$DAEMONIZE" "$PROBE" "$REPORT" stay 3>&-
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal ignored "$(fact ignored)" ""
}
