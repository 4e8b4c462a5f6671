#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2030,SC2031  # each test is a subshell of its own
# Whatever happens while one is stopped or signalled: no other process is
# touched, and what runs afterwards is one complete daemon, or nothing.

load ../lib/helpers

# As long as a test needs it.
DAEMON=(sleep 1000)
# For the messages of a test that has many rounds.
WHEN=

# A command that closes every descriptor, as sshd does.
close_all() {
	cat >"$TMP/closer" <<-'END'
		#!/bin/bash
		for fd in {3..99}; do
			exec {fd}<&-
		done
		: >"$1/closed"
		read -r <>"$1/.pause"
	END
	chmod 755 "$TMP/closer"
	DAEMON=("$TMP/closer" "$TMP")
}

start() {
	launch -p "$PIDFILE" "${DAEMON[@]}"
	read -r PID <"$PIDFILE"
	remember "$PID"
}

# A program of that name, for atcall: script NAME <<'END'
script() {
	{
		echo "#!/bin/bash"
		echo "set -eu"
		printf '%s=%q\n' DAEMONIZE "$DAEMONIZE" PIDFILE "$PIDFILE" \
		    TMP "$TMP"
		echo "DAEMON=(${DAEMON[*]@Q})"
		declare -f gone
		cat
	} >"$TMP/$1"
	chmod 755 "$TMP/$1"
}

# Runs daemonize, and the script before its Nth system call; sets STATUS, and
# HOW: reached or not.  Its output is in $TMP/output.
# at_call N SCRIPT OPTION...
at_call() {
	"$HELPERS_DIR/atcall" "$1" "$TMP/$2" "$DAEMONIZE" -p "$PIDFILE" \
	    "${@:3}" >"$TMP/atcall" 2>"$TMP/output" 3>&- || :
	# After what the verb prints.
	read -r STATUS HOW < <(tail -n 1 "$TMP/atcall")
}

# The same at each of its calls, one after the other: before it, FUNCTION, and
# after it, FUNCTION: at_every_call FUNCTION FUNCTION SCRIPT OPTION...
at_every_call() {
	local n

	"$HELPERS_DIR/atcall" 1 0 true >/dev/null || skip "needs ptrace"
	for ((n = 1; ; n++)); do
		"$1"
		at_call "$n" "${@:3}"
		[[ $HOW == reached ]] || break
		WHEN="at call $n"
		# Not `|| return`, where it would go on after what fails in it.
		"$2"
	done
	((n > 10))
}

# The one that the pid file names runs, and no other: then it is killed.
one_runs() {
	read -r PID <"$PIDFILE"
	remember "$PID"
	equal daemons "$(leftovers)" "$PID"
	kill -KILL "$PID"
	eventually gone "$PID"
}

# --- it dies meanwhile ------------------------------------------------------

dies_meanwhile() {
	script die <<-'END'
		# Once the stop has emptied the file, the daemon is gone.
		[[ -s $PIDFILE ]] || exit 0
		read -r pid <"$PIDFILE"
		kill -KILL "$pid" 2>/dev/null || :
		until gone "$pid"; do
			:
		done
	END
}

is_stopped() {
	equal "status $WHEN" "$STATUS" 0
	[[ -z $(cat "$TMP/output") ]] ||
	    equal "output $WHEN" "$(cat "$TMP/output")" \
	    "$PIDFILE: not running"
	equal daemons "$(leftovers)" ""
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

is_signalled_or_not() {
	case $STATUS in
	0)	equal "output $WHEN" "$(cat "$TMP/output")" "" ;;
	*)	equal "status $WHEN" "$STATUS" 3
		equal "output $WHEN" "$(cat "$TMP/output")" \
		    "daemonize: signal: $PIDFILE: not running" ;;
	esac
	equal daemons "$(leftovers)" ""
}

was_seen_or_is_dead() {
	[[ $STATUS == 0 ]] || equal "status $WHEN" "$STATUS" 1
	equal "output $WHEN" "$(cat "$TMP/output")" ""
	equal daemons "$(leftovers)" ""
}

@test "an instance that dies at any moment of --status runs, or is dead" {
	dies_meanwhile
	at_every_call start was_seen_or_is_dead die --status
}

# A verb that began before the launch may see none of it; never a guess.
launched_meanwhile() {
	script launch <<-'END'
		"$DAEMONIZE" -p "$PIDFILE" "${DAEMON[@]}"
	END
	nothing() {
		rm -f "$PIDFILE" "$PIDFILE.record"
	}
	was_seen_or_not() {
		[[ $STATUS == 0 ]] || equal "status $WHEN" "$STATUS" 3
		one_runs
	}
}

@test "a launch at any moment of --status is seen as a whole, or not at all" {
	launched_meanwhile
	at_every_call nothing was_seen_or_not launch --status
}

@test "an instance that dies at any moment of --stop is stopped" {
	dies_meanwhile
	at_every_call start is_stopped die --stop
}

@test "an instance that dies at any moment of --signal got it, or did not run" {
	dies_meanwhile
	at_every_call start is_signalled_or_not die --signal=WINCH
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

# Another process gets the pid that the pid file names; the kernel has only the
# clock tick of a start, so it starts in a later one.
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
	local n pid

	for ((n = 0; n < $1; n++)); do
		launch -p "$PIDFILE" "${DAEMON[@]}"
		use_again
		read -r pid <"$PIDFILE"
		verb_is 1 --status
		verb_is 3 --signal=TERM
		verb_is 0 --wait
		verb_is 0 --stop --tree
		[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
		is_unharmed "$pid"
	done
}

@test "200 processes with the pid of a dead daemon get no signal" {
	in_namespace spare 200
}

@test "50 processes with the pid of a dead daemon that closed its descriptors get no signal" {
	close_all
	in_namespace spare 50
}

# As above, at any moment of the verb: the number is taken by another one while
# it runs.  spare_at_every_call STATUSES VERB
spare_at_every_call() {
	local statuses=" $1 " n pid

	shift
	for ((n = 1; ; n++)); do
		launch -p "$PIDFILE" "${DAEMON[@]}"
		read -r pid <"$PIDFILE"
		rm -f "$TMP/bystander"
		at_call "$n" use_again "$@"
		[[ $HOW == reached ]] || break
		[[ $statuses == *" $STATUS "* ]] || {
			echo "at call $n: $STATUS, $(cat "$TMP/output")"
			return 1
		}
		if [[ -e $TMP/bystander ]]; then
			alive "$pid"
			kill -KILL "$pid"
		fi
	done
	((n > 30))
}

@test "--stop spares a process that gets the pid at any moment" {
	used_again_meanwhile
	in_namespace spare_at_every_call 0 --stop
}

@test "--signal spares a process that gets the pid at any moment" {
	used_again_meanwhile
	in_namespace spare_at_every_call "'0 3'" --signal=TERM
}

@test "--stop and --signal spare it if the command closed its descriptors" {
	close_all
	used_again_meanwhile
	in_namespace spare_at_every_call 0 --stop
}

used_again_meanwhile() {
	"$HELPERS_DIR/atcall" 1 0 true >/dev/null || skip "needs ptrace"
	script use_again <<-END
		[[ -s \$PIDFILE ]] || exit 0
		BATS_TEST_TMPDIR=\$TMP
		$(declare -f breathe equal use_again)
		use_again
		: >"\$TMP/bystander"
	END
}

# --- a stop and a launch at the same time -----------------------------------

# The pid in a message.
named() {
	local pid=${1#* pid }

	echo "${pid%% *}"
}

# A stop at a moment of the launch, or a launch at a moment of the stop: what
# they may say, and what then runs.  Nothing runs only where a stop came after.
is_one_or_none() {
	local launched=$1 stopped=$2 messages=$3

	equal "status of the stop $WHEN" "$stopped" 0
	case $launched in
	0)	equal "messages $WHEN" "$messages" "" ;;
	1)	equal "messages $WHEN" "${messages% holds *}" \
		    "daemonize: already running: pid $(named "$messages")" ;;
	*)	equal "launch $WHEN" "$launched: $messages" "0 or 1" ;;
	esac
	if [[ -z $(leftovers) ]]; then
		# Nothing is in the way of the next one, either.
		start
	else
		equal "status of the launch" "$launched" 0
	fi
	one_runs
}

# A stop prints nothing, or that none runs.
said_no_more() {
	[[ -z $1 ]] || equal "output of the stop $WHEN" "$1" \
	    "$PIDFILE: not running"
}

# pair WHEN
pair() {
	local stopping stopped=0 launched=0

	WHEN=$1

	"$DAEMONIZE" -p "$PIDFILE" --stop >stop.out 2>&1 3>&- &
	stopping=$!
	"$DAEMONIZE" -p "$PIDFILE" "${DAEMON[@]}" >launch.out 2>&1 3>&- ||
	    launched=$?
	wait "$stopping" || stopped=$?
	said_no_more "$(cat stop.out)"
	is_one_or_none "$launched" "$stopped" "$(cat launch.out)"
}

@test "100 pairs of a stop and a launch at the same time leave one instance, or report none" {
	local _

	for _ in {1..50}; do
		start
		pair "where one runs"
		rm -f "$PIDFILE" "$PIDFILE.record"
		pair "where none runs"
	done
}

@test "25 such pairs do so, if the command closes its descriptors" {
	local _

	close_all
	for _ in {1..25}; do
		start
		pair "where one runs"
	done
}

@test "--stop at any moment of a launch leaves one instance, or none" {
	script stop <<-'END'
		rm -f "$TMP/stopping" "$TMP/stopped"
		(
			status=0
			"$DAEMONIZE" -p "$PIDFILE" --stop \
			    >"$TMP/message" 2>&1 &
			echo $! >"$TMP/stopping"
			wait $! || status=$?
			echo "$status" >"$TMP/stopped"
		) &
		until [[ -s $TMP/stopping ]]; do :; done
		# Either it ends, or it waits for the one that is held up here.
		until [[ -s $TMP/stopped ]] || grep -qs '^State:.S' \
		    "/proc/$(cat "$TMP/stopping")/status"; do :; done
	END
	at_every_call true is_launched_or_not stop "${DAEMON[@]}"
	one_runs
}

is_launched_or_not() {
	eventually test -s "$TMP/stopped"
	said_no_more "$(cat "$TMP/message")"
	is_one_or_none "$STATUS" "$(cat "$TMP/stopped")" "$(cat "$TMP/output")"
	rm -f "$PIDFILE" "$PIDFILE.record"
}

@test "a launch at any moment of --stop leaves one instance, or none" {
	requires flock
	# What the stop knows the next one by is less, then.
	close_all
	script launch <<-'END'
		launch() {
			local status=0

			"$DAEMONIZE" -p "$PIDFILE" "${DAEMON[@]}" \
			    >"$TMP/message" 2>&1 || status=$?
			until ((status)) || [[ -e $TMP/closed ]]; do :; done
			echo "$status" >"$TMP/launched"
		}
		rm -f "$TMP/launched" "$TMP/closed"
		# Where the stop has the lock, the launch waits for it.
		if [[ -e $PIDFILE.record ]] &&
		    ! flock -n "$PIDFILE.record" true; then
			launch &
		else
			launch
		fi
	END
	at_every_call start is_stopped_or_not launch --stop
}

is_stopped_or_not() {
	eventually test -s "$TMP/launched"
	said_no_more "$(cat "$TMP/output")"
	is_one_or_none "$(cat "$TMP/launched")" "$STATUS" \
	    "$(cat "$TMP/message")"
}

# --- many at the same time --------------------------------------------------

@test "20 stops of one instance at the same time all succeed" {
	local _

	for _ in {1..10}; do
		start
		"$HELPERS_DIR/atonce" 20 "$DAEMONIZE" -p "$PIDFILE" --stop \
		    >statuses 2>messages 3>&-
		equal statuses "$(grep -vxF "$PIDFILE: not running" statuses |
		    sort | uniq -c | tr -s ' ')" " 20 0"
		equal messages "$(sort -u messages)" ""
		equal daemons "$(leftovers)" ""
		[[ ! -e $PIDFILE ]]
	done
}

# replace_at_once [OPTION]...
replace_at_once() {
	local _

	for _ in {1..10}; do
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" --replace -p "$PIDFILE" \
		    "${DAEMON[@]}" >statuses 2>messages 3>&-
		equal "statuses but 0 and 1, and messages" \
		    "$(grep -vx '[01]' statuses && cat messages
		    grep ' exec: ' messages)" ""
		grep -qx 0 statuses
		one_runs
	done
}

@test "ten --replace at the same time leave one instance" {
	replace_at_once
}

@test "ten --replace at the same time leave one instance, if it closes its descriptors" {
	close_all
	replace_at_once
}
