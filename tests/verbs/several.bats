#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A verb for several instances, and patterns.

load ../lib/helpers

# Launches by its name what ends after TERM, once a command has been run:
# start_slow NAME COMMAND
start_slow() {
	start_named "$1" "$HELPERS_DIR/stubborn" "$TMP/$1" end=15 "run=15:$2"
	eventually test -s "$TMP/$1"
}

# The names in the list that was printed are these: lists NAME...
lists() {
	equal names "$(cut -d: -f1 <<<"$output")" "$(printf '%s\n' "$@")"
}

@test "those of a pattern are stopped at the same time" {
	as_user
	mkfifo -m 666 "$TMP/fifo"
	chmod 777 "$TMP"
	# One waits for the other, in either order.
	start_slow a "echo >'$TMP/fifo'"
	start_slow b "cat '$TMP/fifo'"
	start_slow other true
	CALLER=(timeout "$DEADLINE" "${CALLER[@]}")
	fails 0 "" --stop=TERM/1h -n '[ab]'
	alive "$PID"
	run launch --list
	lists other
}

@test "what a verb says comes in the order of the names" {
	as_user
	start_named b
	fails 0 "a: not running
c: not running" --stop -n c -n b -n a
	gone "$PID"
}

@test "names and files may be given together, and one that is meant twice counts once" {
	as_user
	start_named b
	run launch --status -n b -p "$TMP/file" -n b -n '?'
	status_is 3
	lists "$TMP/file" b
}

@test "the exit status is the highest one" {
	as_user
	launch --supervise -n five sh -c "exit 5"
	launch --supervise -n three sh -c "exit 3"
	eventually nothing_runs
	fails 5 "" --wait -n three -n five -n '*'
}

@test "all that match are waited for" {
	local name

	as_user
	for name in a b; do
		# One each: a writer that closes it ends the other's read, too.
		mkfifo -m 666 "$TMP/$name"
		launch --supervise -n "$name" \
		    sh -c "read -r line <'$TMP/$name'; exit 4"
	done
	launch --wait -n '*' &
	eventually pgrep -P $! >/dev/null
	echo >"$TMP/a"
	echo >"$TMP/b"
	exits_with 4 $!
}

@test "a verb that is ended waits for none of them any more" {
	local waiting

	as_user
	start_named a
	start_named b
	"${CALLER[@]}" "$DAEMONIZE" --wait -n '*' 3>&- &
	eventually two_children $!
	waiting=$(pgrep -P $!)
	kill $!
	exits_with 143 $!
	for PID in $waiting; do
		eventually gone "$PID"
	done
}

two_children() {
	[[ $(pgrep -cP "$1") -eq 2 ]]
}

@test "few descriptors are enough for many instances" {
	local name

	as_user
	for name in a b c d e f g h; do
		start_named "$name"
	done
	fails 0 "" --stop -n '*'
	for name in a b c d e f g h; do
		start_named "$name"
	done
	CALLER=(prlimit --nofile=20:20 "${CALLER[@]}")
	fails 0 "" --stop -n '*'
	eventually nothing_runs
}

@test "a caller that ignores SIGCHLD gets the status, too" {
	as_user
	CALLER=("$HELPERS_DIR/badcaller" ignored -- "${CALLER[@]}")
	fails 125 "daemonize: wait: a: there is no instance
daemonize: wait: b: there is no instance" --wait -n a -n b
}

@test "--signal and --status act on each" {
	local first

	as_user
	start_named a
	first=$PID
	start_named b
	run launch --status -n '*'
	status_is 0
	lists a b
	fails 0 "" --signal=KILL -n '*'
	eventually gone "$first"
	eventually gone "$PID"
}

@test "--check has a line with the instance above its rows" {
	as_user
	start_named a
	run launch --check -n a -n b
	status_is 3
	equal heading "${lines[0]}" "a: pid $PID"
	[[ $output == *"daemonize: check: b: no such process"* ]]
}

@test "--json has an array of all, and of one that a pattern matches" {
	requires jq
	as_user
	start_named a
	equal states "$(launch --status --json -n a -n b | jq -c 'map(.state)')" \
	    '["running","stopped"]'
	equal states "$(launch --status --json -n '?' | jq -c 'map(.name)')" \
	    '["a"]'
	equal pids "$(launch --check --json -n '?' | jq -c 'map(.pid)')" \
	    "[$PID]"
}

@test "--wait --json has each, but one that never was" {
	local name

	requires jq
	as_user
	for name in 3 4 5; do
		launch --supervise -n "$name" sh -c "exit $name"
	done
	eventually nothing_runs
	equal ends "$(launch --wait --json -n '[345]' -n 2 -n 6 2>/dev/null |
	    jq -c 'map([.name, .exit])')" '[["3",3],["4",4],["5",5]]'
}

@test "a pattern that matches nothing is as an instance that does not run" {
	as_user
	fails 0 "x*: matches no instance" --stop -n 'x*'
	fails 3 "x*: not running: no $NAMED/x*.pid" --status -n 'x*'
	fails 3 "daemonize: signal: x*: matches no instance" --signal=1 -n 'x*'
	fails 3 "daemonize: again: x*: matches no instance" --again -n 'x*'
	fails 125 "daemonize: wait: x*: there is no instance" --wait -n 'x*'
	fails 3 "daemonize: check: x*: no such process" --check -n 'x*'
	fails 0 "daemonize: list: x*: no instance" --list -n 'x*'
}

@test "a name that exists as such is no pattern" {
	as_user
	start_named w1
	touch "$NAMED/w[1].pid"
	run launch --status -n 'w[1]'
	status_is 1
	lists 'w[1]'
	alive "$PID"
}

@test "an instance whose name is a pattern is in the list with the others" {
	as_user
	start_named w
	touch "$NAMED/*.pid"
	run launch --list
	lists '*' w
}

@test "--list has those that are named" {
	as_user
	start_named web@1
	start_named web@2
	start_named other
	run launch --list -n 'web@*'
	status_is 0
	lists web@1 web@2
	run launch --list -n other -n web@1
	lists other web@1
}

@test "a launch takes one instance" {
	misused "-n=b: a launch takes one only" -n a -n b true
	misused "-p=$TMP/b: a launch takes one only" -p "$TMP/a" \
	    -p "$TMP/b" true
	misused "--name=b: a launch takes one only" --explain --name=a \
	    --name=b true
}

# misused MESSAGE [ARG]...
misused() {
	fails 125 "daemonize: $1
Try 'daemonize --help'" "${@:2}"
}
