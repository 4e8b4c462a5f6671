# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the tests of the log share.

# The log of most tests, and the program that writes and counts lines.
file_setup() {
	LOG=$TMP/log
	LINES_HELPER=$HELPERS_DIR/lines
}

remember_both() {
	SUPERVISOR=$(recorded supervisor)
	PID=$(recorded pid)
	remember "$SUPERVISOR"
	remember "$PID"
}

# Launches what writes the lines 1 to TOTAL, in runs of about RUN:
# counted TOTAL RUN SEED [OPTION]...
counted() {
	local total=$1 run=$2 seed=$3

	shift 3
	launch -p "$PIDFILE" --restart=on-failure --restart-delay=1ms/1ms "$@" \
	    "$LINES_HELPER" write "$TMP/state" "$total" "$run" "$seed"
	remember "$(recorded supervisor)"
}

ended_by_itself() {
	[[ ! -e $PIDFILE ]]
}

# A file has these lines: has_lines FILE LINE...
has_lines() {
	local file=$1

	shift
	[[ -e $file ]] && diff <(printf '%s\n' "$@") "$file"
}

# The supervisor of the pid file has ended.
ended() {
	DAEMONIZE_TEST='' timeout 60 "$DAEMONIZE" --wait -p "$PIDFILE" 3>&-
}

# --status prints this: status_has TEXT
status_has() {
	launch --status -p "$PIDFILE" | grep -qF -- "$1"
}
