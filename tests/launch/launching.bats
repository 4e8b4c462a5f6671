#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A launch that is under way: what others see of it, and what ends its wait.

load ../lib/helpers

# Launches a sleep in the background, whose execve is held up by the tracer,
# TRACER, until go_on; DAEMON is the pid.  hold_up [OPTION]...
hold_up() {
	requires strace
	SLEEP=$(type -P sleep)
	# In the background a shell ignores INT, which then ends no wait.
	env --default-signal=INT -u DAEMONIZE_TEST \
	    strace -f -o "$TMP/trace" -P "$SLEEP" \
	    -e trace=execve -e inject=execve:delay_enter=1000000000 \
	    env DAEMONIZE_TEST="$DAEMONIZE_TEST" "$DAEMONIZE" -p "$PIDFILE" \
	    "$@" "$SLEEP" 1000 >"$TMP/output" 2>&1 3>&- &
	TRACER=$!
	remember "$TRACER"
	eventually is_held_up
	remember "$DAEMON"
}

is_held_up() {
	[[ -s $PIDFILE ]] || return 1
	DAEMON=$(cat "$PIDFILE")
	grep -q '^State:.t' "/proc/$DAEMON/status"
}

# Without a tracer, what it held up goes on.
go_on() {
	kill -KILL "$TRACER"
}

# A process waits for something; none of ours is in a hurry by then.
sleeps() {
	grep -q '^State:.S' "/proc/$1/status"
}

@test "until the exec the verbs wait, and the status is: starting" {
	local i pids=() status verb verbs=(--signal=HUP --wait --stop)

	hold_up
	fails 0 "$PIDFILE: starting" --status -p "$PIDFILE"
	for verb in "${verbs[@]}"; do
		"$DAEMONIZE" "$verb" -p "$PIDFILE" >"$TMP/out$verb" 2>&1 3>&- &
		pids+=($!)
		remember $!
		eventually sleeps $!
	done
	alive "$DAEMON"
	go_on
	for i in "${!verbs[@]}"; do
		status=0
		wait "${pids[i]}" || status=$?
		# Of --stop and --signal either may come first, and --wait may
		# have the status of the command that they have ended.
		[[ $status == 3 && ${verbs[i]} == --signal=HUP ||
		    $status =~ ^(129|137|143)$ && ${verbs[i]} == --wait ]] ||
		    equal "status of ${verbs[i]}: $(cat "$TMP/out${verbs[i]}")" \
			"$status" 0
	done
	gone "$DAEMON"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "another launch waits for the outcome, too" {
	local pid status=0

	hold_up
	"$DAEMONIZE" -p "$PIDFILE" sleep 1000 >"$TMP/other" 2>&1 3>&- &
	pid=$!
	remember "$pid"
	eventually sleeps "$pid"
	go_on
	wait "$pid" || status=$?
	equal "status of the other" "$status" 1
	equal output "$(cat "$TMP/other")" \
	    "daemonize: already running: pid $DAEMON holds $PIDFILE"
	alive "$DAEMON"
}

# The process that the tracer has started: LAUNCHER.
find_launcher() {
	LAUNCHER=$(pgrep -P "$TRACER")
	[[ -n $LAUNCHER ]]
	remember "$LAUNCHER"
}

# SIGKILL is on its way to the daemon, which the tracer keeps from it.
is_killed() {
	grep -Eq '^(SigPnd|ShdPnd):.*[13579bdf][0-9a-f]{2}$' \
	    "/proc/$DAEMON/status"
}

# The launcher gives up, with that message, and nothing is left: gives_up MESSAGE
gives_up() {
	eventually is_killed
	go_on
	eventually gone "$LAUNCHER"
	gone "$DAEMON"
	equal output "$(grep -v '^strace:' "$TMP/output")" "daemonize: $1"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "INT and TERM end the wait for the exec, and nothing is left" {
	local signal

	requires root
	for signal in INT TERM; do
		hold_up -u nobody
		find_launcher
		kill -"$signal" "$LAUNCHER"
		gives_up "exec: $SLEEP: interrupted by signal $signal"
	done
}

# It holds back every signal that can be, but INT, QUIT and TERM.
waits_for_signals() {
	grep -qsx 'SigBlk:[[:space:]]*fffffffffffbbef9' "/proc/$1/status"
}

@test "a signal ends the wait for another launch" {
	requires flock
	local sig caller

	# It holds the lock as a launch does.
	(umask 077 && : >"$PIDFILE.record")
	flock "$PIDFILE.record" "$PROBE" "$TMP/keeper" stay 3>&- &
	remember $!
	eventually test -e keeper
	remember "$(fact pid keeper)"
	CALLER=(sh -c 'echo $$ >caller.tmp; mv caller.tmp caller; exec "$@"' sh)
	for sig in INT QUIT TERM; do
		rm -f caller
		launch -p "$PIDFILE" "$PROBE" "$REPORT" >told 2>&1 &
		eventually test -e caller
		caller=$(cat caller)
		remember "$caller"
		eventually waits_for_signals "$caller"
		kill -"$sig" "$caller"
		eventually gone "$caller"
		run grep daemonize: told
		output_is ""
	done
	[[ ! -e $REPORT ]]
}

@test "a daemon that its user has stopped does not hold the launcher up" {
	requires root
	hold_up -u nobody
	find_launcher
	kill -STOP "$DAEMON"
	kill -TERM "$LAUNCHER"
	gives_up "exec: $SLEEP: interrupted by signal TERM"
}

@test "the time limit of --ready bounds the wait for the exec" {
	hold_up --ready=fd:7 --ready-timeout=2s
	find_launcher
	gives_up "ready: $SLEEP: not ready after 2s: fd:7"
}

# --- another pid namespace ------------------------------------------------

@test "where /proc is another pid namespace's, a launch works" {
	local outer

	requires root pids nsenter
	unshare --pid --fork sleep 1000 3>&- &
	remember $!
	eventually pgrep -P $! >"$TMP/init"
	remember "$(cat "$TMP/init")"
	CALLER=(timeout "$DEADLINE" nsenter --pid --target "$(cat "$TMP/init")")
	fails 0 "" -p "$PIDFILE" sleep 1000
	outer=$(pgrep -xf 'sleep 1000' | grep -vxF "$(cat "$TMP/init")")
	remember "$(leftovers | grep -xF "$outer" | tail -n 1)"
	# What is known of it by /proc cannot be told.
	fails 125 "daemonize: stop: $PIDFILE: /proc is not mounted, or \
belongs to another pid namespace" --stop -p "$PIDFILE"
	CALLER=()
	fails 125 "daemonize: stop: $PIDFILE: launched without /proc, \
so its record does not identify it" --stop -p "$PIDFILE"
}

@test "a launch whose child would be the init of a namespace is refused" {
	requires root pids
	CALLER=(timeout "$DEADLINE" unshare --pid)
	fails 125 "daemonize: background: fork: the first process of a pid \
namespace cannot go into the background; use -F" -p "$PIDFILE" sleep 1000
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "a container's pid file does not name a process of the host" {
	local namespace=(unshare --pid --fork --kill-child --mount-proc)

	requires root pids
	"${namespace[@]}" sh -c '"$@"; echo done >launched; exec sleep 1000' sh \
	    "$DAEMONIZE" -p "$PIDFILE" sleep 1000 3>&- &
	remember $!
	eventually test -s launched
	fails 125 "daemonize: stop: $PIDFILE: launched in another pid \
namespace; use this verb there, or, if that container has ended, launch it \
again or remove the file" --stop -p "$PIDFILE"
	kill -KILL $!
	eventually nothing_runs
	# A restarted container launches again, or replaces.
	CALLER=("${namespace[@]}" sh -c '"$@" && cat pid' sh)
	run launch -p "$PIDFILE" sleep 1000
	status_is 0
	[[ $output =~ ^[0-9]+$ ]]
	eventually nothing_runs
	run launch --replace -p "$PIDFILE" sleep 1000
	status_is 0
	[[ $output =~ ^[0-9]+$ ]]
}
