#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# System calls that rarely fail, made to fail in what is not a launch: each
# failure is reported with the step and the object, and nothing is left half
# done.  (Those of a launch are in faults.)

load ../lib/helpers

# What is run from here on has that done to its system calls, which have any
# of their names: inject CALL[,CALL]...:WHAT... [-- STRACE-OPTION...]
inject() {
	local expression options=()

	requires strace
	for expression; do
		shift
		[[ $expression != -- ]] || break
		options+=(-e "inject=$(names_of "${expression%%:*}")$(
		    ):${expression#*:}")
	done
	# -D: not the tracer is our child, and waits for the daemon.
	CALLER=(strace -D -f -qq -o "$TMP/trace" "${options[@]}" "$@")
}

# As fails, and what was injected took place.
fails_of_it() {
	fails "$@"
	grep -q INJECTED "$TMP/trace"
}

# Launches with the Nth such call injected, where inject was given when=N:
# launched_at N [ARG]...  STATUS is that of the launch, TOLD what it printed.
# Fails where there is no such call.
launched_at() {
	local template=("${CALLER[@]}")
	local CALLER=("${template[@]//when=N/when=$1}")

	STATUS=0
	launch "${@:2}" >"$TMP/told" 2>&1 || STATUS=$?
	TOLD=$(cat "$TMP/told")
	grep -q INJECTED "$TMP/trace"
}

# The same at each N that there is.
fails_at_each() {
	local n message

	message=$(in_its_words "$2")
	for ((n = 1; 1; n++)); do
		launched_at "$n" "${@:3}" || break
		# musl makes a second call of an F_DUPFD_CLOEXEC, unchecked.
		! grep -q 'F_SETFD.*INJECTED' "$TMP/trace" || continue
		equal "output at $n" "$TOLD" "$message"
		equal "status at $n" "$STATUS" "$1"
	done
	((n > 1))
}

@test "a verb that cannot restore the caller's signal mask fails" {
	requires plain
	inject rt_sigprocmask:error=EPERM:when=N
	fails_at_each 125 "daemonize: signals: Operation not permitted" --list
}

@test "a denied command that cannot be read is reported by the error of its exec" {
	inject execve:error=EACCES open:error=EMFILE:when=2 -- \
	    -P "$PROBE"
	fails_of_it 126 "daemonize: exec: $PROBE: Permission denied" \
	    "$PROBE" "$REPORT"
}

@test "descriptors that can be neither closed in one call nor listed are reported" {
	inject close_range:error=ENOSYS getdents64:error=EIO
	fails_of_it 125 "daemonize: fds: close_range: Function not implemented" \
	    "$PROBE" "$REPORT"
}

@test "a pid that is written in part is reported, and no file is left" {
	inject pwrite64:retval=1 -- -P "$PIDFILE"
	fails_of_it 125 "daemonize: pidfile: $PIDFILE: No space left on device" \
	    -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $REPORT ]]
}

@test "a pid file that cannot be removed is emptied" {
	untouched start_daemon
	inject unlinkat:error=EACCES
	launch --stop -p "$PIDFILE"
	grep -q INJECTED trace
	[[ -e $PIDFILE && -z $(<"$PIDFILE") ]]
	equal record "$(tr -d '\0' <"$PIDFILE.record")" ""
}

# --- which one runs --------------------------------------------------------

@test "--stop fails where each look finds another process" {
	untouched start_daemon
	inject pidfd_open:error=ESRCH
	fails_of_it 125 "daemonize: stop: $PIDFILE: the process keeps \
being replaced; stop what restarts it" \
	    --stop -p "$PIDFILE"
	alive "$PID"
}

@test "--stop looks again where the process ended before its pidfd was open" {
	untouched start_daemon
	inject pidfd_open:error=ESRCH:when=1
	launch --stop -p "$PIDFILE"
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

@test "--stop without a pidfd reports it and sends nothing" {
	untouched start_daemon
	inject pidfd_open:error=EMFILE
	fails_of_it 125 "daemonize: stop: $PIDFILE: pidfd_open: Too many open \
files" --stop -p "$PIDFILE"
	alive "$PID"
}

@test "--status of a pid without a record that /proc does not show is 4, unknown" {
	sleep 1000 3>&- &
	remember $!
	echo $! >"$PIDFILE"
	inject open:error=ENOENT -- -P "/proc/$!/stat"
	fails_of_it 4 "$PIDFILE: unknown: there is no record, so pid $! may be \
another process: sleep 1000" --status -p "$PIDFILE"
}

@test "--check does not say that a process has ended because /proc does not show it" {
	untouched start_daemon
	inject open:error=ENOENT -- -P "/proc/$PID/stat"
	fails_of_it 125 "daemonize: check: $PID: /proc does not show the \
process; if it is mounted with hidepid, run this as root" \
	    --check "$PID"
	fails_of_it 125 "daemonize: check: $PIDFILE: /proc does not show the \
process; if it is mounted with hidepid, run this as root" \
	    --check -p "$PIDFILE"
}

@test "--status of a process that ends meanwhile is 1, dead" {
	untouched start_daemon
	inject open:error=ENOENT -- -P "/proc/$PID/status"
	run launch --status -p "$PIDFILE"
	status_is 1
	output_is "$PIDFILE: dead, but its pid file exists, output to \
/dev/null: sleep 1000"
}

@test "--status of a recorded process that /proc does not show is 4, unknown" {
	untouched start_daemon
	inject open:error=ENOENT -- -P "/proc/$PID/stat"
	fails_of_it 4 "daemonize: status: $PIDFILE: /proc does not show the \
process; if it is mounted with hidepid, run this as root" --status -p "$PIDFILE"
}

@test "--wait goes on after an interrupted poll" {
	untouched start_daemon
	inject poll:error=EINTR:when=1
	launch --wait -p "$PIDFILE" &
	remember $!
	eventually grep -q INJECTED trace
	alive $!
	kill "$PID"
	# The kernel may tell how it ended.
	wait $! || equal status $? 143
}

@test "--stop goes on after an interrupted poll" {
	untouched start_daemon
	inject poll:error=EINTR:when=1
	launch --stop -p "$PIDFILE"
	grep -q INJECTED trace
	gone "$PID"
}

@test "a signal that --stop cannot send is reported" {
	untouched start_daemon
	inject pidfd_send_signal:error=EPERM
	fails_of_it 125 "daemonize: stop: pidfd_send_signal: Operation not permitted" \
	    --stop -p "$PIDFILE"
	alive "$PID"
}

@test "--stop --tree that cannot list the session reports it and sends nothing" {
	untouched start_daemon
	inject open:error=EMFILE -- -P /proc
	fails_of_it 125 "daemonize: stop: /proc: Too many open files" \
	    --stop --tree -p "$PIDFILE"
	alive "$PID"
}

@test "--stop --tree without a pidfd for each process reports it and sends nothing" {
	local first=2

	untouched start_two
	# The first is the daemon's: Linux 6.9 compares its inode before.
	[[ -z $(recorded pidfd) ]] || first=3
	inject "pidfd_open:error=EMFILE:when=$first+"
	fails_of_it 125 "daemonize: stop: pidfd_open: Too many open files" \
	    --stop --tree -p "$PIDFILE"
	alive "$PID"
	alive "$CHILD"
}

@test "--stop --tree ignores a process of the session that ends meanwhile" {
	untouched start_two
	inject pidfd_open:error=ESRCH:when=3
	fails_of_it 0 "" --stop --tree -p "$PIDFILE"
	gone "$PID"
	gone "$CHILD"
}

@test "--list reports a directory of names that cannot be read" {
	inject open:error=EIO -- -P /run/daemonize
	requires root
	fails_of_it 125 "daemonize: list: /run/daemonize: Input/output error" \
	    --list
}
