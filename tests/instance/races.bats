#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Whatever happens at whatever moment: a complete daemon, or nothing.

load ../lib/helpers

# The daemon of the pid file is complete; then it is killed.  Uses no process.
complete_then_killed() {
	local pid name ppid pgrp sid tty _

	read -r pid <"$PIDFILE"
	remember "$pid"
	read -r _ name _ ppid pgrp sid tty _ <"/proc/$pid/stat"
	equal command "$name" "(sleep)"
	equal terminal "$tty" 0
	equal "process group" "$pgrp" "$sid"
	[[ $sid != "$pid" && $ppid != "$BASHPID" ]]
	kill -KILL "$pid"
	eventually gone "$pid"
}

# What is left of a launch that was interfered with: is_all_or_nothing STATUS
is_all_or_nothing() {
	if (($1 == 0)); then
		complete_then_killed
		eventually nothing_runs
		rm -f "$PIDFILE" "$PIDFILE.record"
		return
	fi
	eventually nothing_runs
	# A signal that ends it while it opens files leaves a record, empty.
	[[ ! -e $PIDFILE && ! -s $PIDFILE.record ]] || {
		echo "status $1, and a pid file: $(cat "$PIDFILE")"
		return 1
	}
	rm -f "$PIDFILE.record"
}

# Interferes with a launch at each of its system calls, one after the other:
# at_every_call [-t] ACTION -- [OPTION]...
at_every_call() {
	local n=0 how status action options=()

	"$HELPERS_DIR/atcall" 1 0 true >/dev/null || skip "needs ptrace"
	while [[ $1 == -t ]]; do
		options+=("$1")
		shift
	done
	action=$1
	shift 2
	while :; do
		n=$((n + 1))
		printf '%s ' "$n"
		read -r status how < <("$HELPERS_DIR/atcall" "${options[@]}" \
		    "$n" "$action" "$DAEMONIZE" -p "$PIDFILE" -l "$TMP/lock" \
		    "$@" "${DAEMON[@]}" 2>/dev/null 3>&-)
		is_all_or_nothing "$status"
		[[ $how == reached ]] || break
	done
	# The loop came to its end because the launch did, and there was one.
	equal "without interference" "$status" 0
	((n > 50))

	# And no lock was left.
	launch -p "$PIDFILE" -l "$TMP/lock" "${DAEMON[@]}"
	complete_then_killed
}

@test "a lock file that is removed at any moment of a launch is the one that is held" {
	local n status pid _

	"$HELPERS_DIR/atcall" 1 0 true >/dev/null || skip "needs ptrace"
	cat >remove <<-END
		#!/bin/sh
		cd "$TMP" && grep -q ":\$(stat -c %i lock) " /proc/locks ||
		    : >early
		rm -f lock
	END
	chmod 755 remove
	for ((n = 1; ; n++)); do
		: >lock
		rm -f early
		read -r status _ < <("$HELPERS_DIR/atcall" "$n" "$TMP/remove" \
		    "$DAEMONIZE" -p "$PIDFILE" -l "$TMP/lock" "${DAEMON[@]}" \
		    3>&-)
		equal "status at call $n" "$status" 0
		# A removal after the flock cannot be helped.
		[[ -e early || -e lock ]] || break
		fails 1 "daemonize: already running: another process holds \
$TMP/lock" -l "$TMP/lock" "${DAEMON[@]}"
		read -r pid <"$PIDFILE"
		remember "$pid"
		kill -KILL "$pid"
		eventually gone "$pid"
	done
	((n > 10))
	remember "$(cat "$PIDFILE")"
}

# What the launches print: one line for the one that lost, and these statuses.
# raced N EXPECTED-STATUSES [OPTION]...
raced() {
	local n=$1 expected=$2

	shift 2
	"$HELPERS_DIR/atonce" "$n" "$DAEMONIZE" -p "$PIDFILE" "$@" \
	    "${DAEMON[@]}" >statuses 2>messages 3>&-
	equal statuses "$(sort statuses | tr '\n' ' ')" "$expected "
	equal daemons "$(leftovers)" "$(cat "$PIDFILE")"
}

@test "of two launches at the same time one succeeds" {
	local pid _

	for _ in {1..5}; do
		raced 2 "0 1"
		read -r pid <"$PIDFILE"
		equal messages "$(cat messages)" \
		    "daemonize: already running: pid $pid holds $PIDFILE"
		complete_then_killed
	done
}

@test "of ten launches where there was no file before one succeeds, and has its record" {
	local _

	for _ in {1..5}; do
		raced 10 "0 1 1 1 1 1 1 1 1 1"
		names_instance
		complete_then_killed
		rm "$PIDFILE" "$PIDFILE.record"
	done
}

@test "of ten launches that fail at the same time none leaves anything" {
	# None of them ever ran, so none is told that another one does.
	local _

	printf '#!/no/such/interpreter\n' >"$TMP/broken"
	chmod 755 "$TMP/broken"
	for _ in {1..5}; do
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" -p "$PIDFILE" \
		    "$TMP/broken" >statuses 2>/dev/null 3>&-
		equal statuses "$(sort -u statuses)" 126
		[[ ! -e $PIDFILE ]]
	done
}

@test "with if-not-running all succeed, and one launches" {
	local _

	for _ in {1..5}; do
		raced 5 "0 0 0 0 0" --if-not-running
		equal messages "$(cat messages)" ""
		complete_then_killed
	done
}

@test "of ten at the same time with a lock file one succeeds" {
	local _

	for _ in {1..5}; do
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" -l "$TMP/lock" \
		    "${DAEMON[@]}" >statuses 2>/dev/null 3>&-
		equal statuses "$(sort statuses | tr '\n' ' ')" \
		    "0 1 1 1 1 1 1 1 1 1 "
		remember "$(leftovers)"
		kill -KILL "$(leftovers)"
		eventually nothing_runs
	done
}

@test "of two in the foreground at the same time one becomes the command" {
	local race pid _

	for _ in {1..5}; do
		rm -f statuses
		"$HELPERS_DIR/atonce" 2 "$DAEMONIZE" -F -p "$PIDFILE" \
		    "${DAEMON[@]}" >statuses 2>messages 3>&- &
		race=$!
		remember "$race"
		eventually test -s statuses
		equal "the one that ended" "$(cat statuses)" 1
		read -r pid <"$PIDFILE"
		names_instance
		equal messages "$(cat messages)" \
		    "daemonize: already running: pid $pid holds $PIDFILE"
		kill -KILL "$pid"
		wait "$race"
	done
}

@test "a terminal that hangs up when the launch returns takes no daemon" {
	local _

	for _ in {1..5}; do
		equal status "$("$HELPERS_DIR/atcall" -t 0 hangup \
		    "$DAEMONIZE" -p "$PIDFILE" "${DAEMON[@]}" 3>&-)" \
		    "0 unreached"
		complete_then_killed
	done
}

@test "a terminal that hangs up at any moment: all or nothing" {
	at_every_call -t hangup --
}

@test "an interrupt at any moment: all or nothing" {
	at_every_call "$(kill -l INT)@group" --
}

@test "a stop at any moment delays the launch, and that is all" {
	at_every_call "$(kill -l TSTP)@group" --
}
