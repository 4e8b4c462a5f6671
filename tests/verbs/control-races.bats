#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A process that has got the pid of a dead daemon is not touched, and many verbs
# at the same time do what one does.  (What may happen between two calls of a
# verb is explored by tests/interleave.)

load ../lib/helpers

# The one that the pid file names runs, and no other: then it is killed.
one_runs() {
	read -r PID <"$PIDFILE"
	remember "$PID"
	equal daemons "$(leftovers)" "$PID"
	end_daemon
}

# --- its number is used again -----------------------------------------------

# Runs a function in a PID namespace, where its shell is the init that reaps:
# in_namespace FUNCTION [ARG]...
in_namespace() {
	local namespace=(unshare --pid --fork --kill-child --mount-proc)

	((EUID == 0)) || namespace+=(--user --map-root-user)
	"${namespace[@]}" true 2>/dev/null || skip "needs a PID namespace"
	export DAEMONIZE HELPERS_DIR PIDFILE TMP DEADLINE BATS_TEST_TMPDIR
	"${namespace[@]}" bash -euc "$(declare -f); $(declare -p DAEMON CALLER)
	    $*" 3>&-
}

# Another process gets the pid that the pid file names, in a later clock tick.
use_again() {
	local pid stat start uptime=0

	read -r pid <"$PIDFILE"
	stat=$(cat "/proc/$pid/stat" 2>/dev/null) || :
	start=$(cut -d' ' -f20 <<<"${stat##*) }")
	until ((10#${uptime/./} > ${start:-0} + 1)); do
		read -r uptime _ </proc/uptime
	done
	kill -KILL "$pid" 2>/dev/null || :
	until [[ ! -e /proc/$pid ]]; do
		breathe
	done
	echo "$((pid - 1))" >/proc/sys/kernel/ns_last_pid
	"${DAEMON[@]}" 3>&- &
	equal "pid of the bystander" $! "$pid"
}

# The bystander has got no signal; this one ends it.
is_unharmed() {
	alive "$1"
	kill -KILL "$1"
	wait "$1" || equal "ended by" $? 137
}

# The verb ends with that status: verb_is STATUS VERB...
verb_is() {
	local status=0

	launch -p "$PIDFILE" "${@:2}" >"$TMP/output" 2>&1 || status=$?
	equal "status of ${*:2}" "$status" "$1"
}

spare() {
	local pid

	launch -p "$PIDFILE" "${DAEMON[@]}"
	use_again
	read -r pid <"$PIDFILE"
	verb_is 1 --status
	verb_is 3 --signal=TERM
	verb_is 0 --wait
	verb_is 0 --stop --tree
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	is_unharmed "$pid"
}

@test "a process with the pid of a dead daemon gets no signal" {
	in_namespace spare
}

# --- many at the same time --------------------------------------------------

@test "ten stops of one instance at the same time all succeed" {
	local _

	for _ in {1..5}; do
		start_daemon
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" -p "$PIDFILE" --stop \
		    >statuses 2>messages 3>&-
		equal statuses "$(grep -vxF "$PIDFILE: not running" statuses |
		    sort | uniq -c | tr -s ' ')" " 10 0"
		equal messages "$(sort -u messages)" ""
		equal daemons "$(leftovers)" ""
		[[ ! -e $PIDFILE ]]
	done
}

@test "ten --replace at the same time leave one instance" {
	local _

	for _ in {1..5}; do
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" --replace -p "$PIDFILE" \
		    "${DAEMON[@]}" >statuses 2>messages 3>&-
		equal "statuses but 0 and 1, and messages" \
		    "$(grep -vx '[01]' statuses && cat messages
		    grep ' exec: ' messages)" ""
		grep -qx 0 statuses
		one_runs
	done
}
