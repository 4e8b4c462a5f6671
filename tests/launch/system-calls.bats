#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2030,SC2031  # each test is a subshell of its own
# System calls that rarely fail, made to fail: each failure is reported with the
# step and the object, and nothing is left half done.  What fails on the way to the command is in
# errors.bats.

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

# As fails_of_it, at one N.  Which one that is depends on the C library, so it
# is none of the test's.
fails_at_one() {
	local n message

	message=$(in_its_words "$2")
	for n in {1..30}; do
		launched_at "$n" "${@:3}" || break
		[[ $STATUS != "$1" || $TOLD != "$message" ]] || return 0
		echo "at $n: status $STATUS: $TOLD"
	done
	return 1
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

# A daemon with a pid file, launched untouched: PID, and remembered.
start() {
	local CALLER=()

	launch -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
}

# --- before the launch -----------------------------------------------------

@test "a verb that cannot restore the caller's signal mask fails" {
	requires plain
	inject rt_sigprocmask:error=EPERM:when=N
	fails_at_each 125 "daemonize: signals: Operation not permitted" --list
}

@test "a closed descriptor that cannot be replaced is reported" {
	inject open:error=EACCES -- -P /dev/null
	CALLER+=(sh -c 'exec "$@" <&-' sh)
	fails_of_it 125 "daemonize: stdio: /dev/null: Permission denied" true
}

@test "in the foreground, a copy of stdout that cannot be made is reported" {
	inject fcntl:error=EMFILE:when=N -- -P /dev/full
	CALLER+=(sh -c 'exec "$@" >/dev/full' sh)
	fails_at_one 125 "daemonize: stdio: dup: Too many open files" \
	    -F -o "$TMP/log" "$PROBE" "$REPORT"
	[[ ! -e $TMP/log && ! -e $REPORT ]]
}

@test "in the foreground, a copy of stderr that cannot be made fails without a message" {
	inject fcntl:error=EMFILE:when=N -- -P /dev/full
	CALLER+=(sh -c 'exec "$@" 2>/dev/full' sh)
	fails_at_each 125 "" -F -o "$TMP/log" true
}

@test "a report channel that cannot be made is reported, and no file is left" {
	inject pipe2:error=ENFILE
	fails_of_it 125 "daemonize: background: pipe2: Too many open files in system" \
	    -p "$PIDFILE" -o "$TMP/log" true
	[[ ! -e $TMP/log && ! -e $PIDFILE ]]
}

@test "a launcher that cannot become a subreaper reports it, and no file is left" {
	inject prctl:error=EPERM
	fails_of_it 125 "daemonize: background: prctl(PR_SET_CHILD_SUBREAPER): \
Operation not permitted" \
	    -p "$PIDFILE" true
	[[ ! -e $PIDFILE ]]
}

@test "a launcher that cannot change a signal's action reports it, and no file is left" {
	requires plain
	inject rt_sigaction:error=EINVAL:when=N
	fails_at_one 125 "daemonize: background: rt_sigaction: Invalid argument" \
	    -p "$PIDFILE" true
	[[ ! -e $PIDFILE ]]
}

@test "a directory of names that cannot be made is reported" {
	inject mkdir:error=EROFS
	run launch -n some true
	status_is 125
	[[ $output == "daemonize: name: "*/some.pid": Read-only file system" ]]
}

@test "a failure of --replace to block signals says that the old instance was stopped" {
	requires plain
	start
	inject rt_sigprocmask:error=EPERM:when=N
	fails_at_one 125 "daemonize: signals: Operation not permitted
daemonize: replace: $PIDFILE: the old instance has been stopped" \
	    --replace -p "$PIDFILE" "$PROBE" "$REPORT"
	gone "$PID"
	[[ ! -e $REPORT ]]
}

@test "a relative command is not found where the working directory has no name" {
	cp "$PROBE" probe
	inject getcwd:error=ENOENT
	fails_of_it 125 "daemonize: exec: ./probe: No such file or directory" \
	    ./probe "$REPORT"
}

@test "an output file that cannot be made blocking is reported and removed" {
	inject fcntl:error=EPERM -- -P "$TMP/log"
	fails_of_it 125 "daemonize: stdio: $TMP/log: Operation not permitted" \
	    -o "$TMP/log" "$PROBE" "$REPORT"
	[[ ! -e $TMP/log && ! -e $REPORT ]]
}

@test "a command whose stat fails is reported with 126" {
	inject stat:error=EIO -- -P "$PROBE"
	fails_of_it 126 "daemonize: exec: $PROBE: Input/output error" \
	    "$PROBE" "$REPORT"
}

@test "a denied command that cannot be read is reported by the error of its exec" {
	inject execve:error=EACCES open:error=EMFILE:when=2 -- \
	    -P "$PROBE"
	fails_of_it 126 "daemonize: exec: $PROBE: Permission denied" \
	    "$PROBE" "$REPORT"
}

# --- the steps -------------------------------------------------------------

@test "timers of the caller that cannot be stopped are reported" {
	inject setitimer:error=EFAULT
	fails_of_it 125 "daemonize: signals: setitimer: Bad address" \
	    -F "$PROBE" "$REPORT"
}

@test "descriptors that can be neither closed in one call nor listed are closed one by one" {
	inject close_range:error=ENOSYS getdents64:error=EIO
	from leaked=10 -- "${CALLER[@]}"
	# Not the probe, which lists them itself.
	# shellcheck disable=SC2016  # the daemon's shell expands it
	launch -o "$TMP/out" bash -c 'for fd in {0..20}; do
		(exec <&"$fd") && echo "$fd"
	    done; echo end'
	eventually grep -qsx end out
	grep -q 'getdents64.*INJECTED' trace
	equal descriptors "$(paste -sd ' ' out)" "0 1 2 end"
}

@test "descriptors that cannot be closed in any way are reported" {
	inject close_range:error=ENOSYS getdents64:error=EIO \
	    '?getrlimit,?prlimit64:error=EPERM'
	fails_of_it 125 "daemonize: fds: close_range: Function not implemented" \
	    "$PROBE" "$REPORT"
}

# --- the pid file ----------------------------------------------------------

@test "a pid file whose stat fails is reported" {
	: >"$PIDFILE"
	inject stat:error=EIO:when=1 -- -P "$PIDFILE"
	fails_of_it 125 "daemonize: pidfile: $PIDFILE: Input/output error" \
	    -p "$PIDFILE" true
}

@test "a pid that cannot be written is reported, and no file is left" {
	inject pwrite64:error=EIO -- -P "$PIDFILE"
	fails_of_it 125 "daemonize: pidfile: $PIDFILE: Input/output error" \
	    -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record && ! -e $REPORT ]]
}

@test "a record that cannot be written is reported, and no file is left" {
	inject pwrite64:error=EIO -- -P "$PIDFILE.record"
	fails_of_it 125 "daemonize: pidfile: $PIDFILE: Input/output error" \
	    -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record && ! -e $REPORT ]]
}

@test "a pid that is written in part is reported, and no file is left" {
	inject pwrite64:retval=1 -- -P "$PIDFILE"
	fails_of_it 125 "daemonize: pidfile: $PIDFILE: No space left on device" \
	    -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $REPORT ]]
}

@test "a pid file that cannot be removed is emptied" {
	start
	inject unlinkat:error=EACCES
	launch --stop -p "$PIDFILE"
	grep -q INJECTED trace
	[[ -e $PIDFILE && ! -s $PIDFILE ]]
	equal record "$(tr -d '\0' <"$PIDFILE.record")" ""
}

# --- which one runs --------------------------------------------------------

@test "--stop fails where each look finds another process" {
	start
	inject pidfd_open:error=ESRCH
	fails_of_it 125 "daemonize: stop: $PIDFILE: the process changes all \
the time; stop what restarts it" \
	    --stop -p "$PIDFILE"
	alive "$PID"
}

@test "--stop looks again where the process ended before its pidfd was open" {
	start
	inject pidfd_open:error=ESRCH:when=1
	launch --stop -p "$PIDFILE"
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

@test "--stop without a pidfd reports it and sends nothing" {
	start
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
	start
	inject open:error=ENOENT -- -P "/proc/$PID/stat"
	fails_of_it 125 "daemonize: check: $PID: /proc does not show the \
process; if it is mounted with hidepid, run this as root" \
	    --check "$PID"
	fails_of_it 125 "daemonize: check: $PIDFILE: /proc does not show the \
process; if it is mounted with hidepid, run this as root" \
	    --check -p "$PIDFILE"
}

@test "--status of a process that ends meanwhile is 1, dead" {
	start
	inject open:error=ENOENT -- -P "/proc/$PID/status"
	run launch --status -p "$PIDFILE"
	status_is 1
	output_is "$PIDFILE: dead, but its pid file exists"
}

@test "--status of a recorded process that /proc does not show is 4, unknown" {
	start
	inject open:error=ENOENT -- -P "/proc/$PID/stat"
	fails_of_it 4 "daemonize: status: $PIDFILE: /proc does not show the \
process; if it is mounted with hidepid, run this as root" --status -p "$PIDFILE"
}

@test "--wait goes on after an interrupted poll" {
	start
	inject poll:error=EINTR:when=1
	launch --wait -p "$PIDFILE" &
	remember $!
	eventually grep -q INJECTED trace
	alive $!
	kill "$PID"
	wait $!
}

@test "--stop goes on after an interrupted poll" {
	start
	inject poll:error=EINTR:when=1
	launch --stop -p "$PIDFILE"
	grep -q INJECTED trace
	gone "$PID"
}

@test "a signal that --stop cannot send is reported" {
	start
	inject pidfd_send_signal:error=EPERM
	fails_of_it 125 "daemonize: stop: pidfd_send_signal: Operation not permitted" \
	    --stop -p "$PIDFILE"
	alive "$PID"
}

@test "--stop --tree that cannot list the session reports it and sends nothing" {
	start
	inject open:error=EMFILE -- -P /proc
	fails_of_it 125 "daemonize: stop: /proc: Too many open files" \
	    --stop --tree -p "$PIDFILE"
	alive "$PID"
}

# A daemon with a child in its session: PID and CHILD, remembered.
start_two() {
	local CALLER=()

	launch -p "$PIDFILE" sh -c 'sleep 1000 & echo $! >"$0"; wait' \
	    "$TMP/child"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually test -s child
	CHILD=$(cat child)
	remember "$CHILD"
}

@test "--stop --tree without a pidfd for each process reports it and sends nothing" {
	start_two
	# The first is the daemon's.
	inject pidfd_open:error=EMFILE:when=2+
	fails_of_it 125 "daemonize: stop: pidfd_open: Too many open files" \
	    --stop --tree -p "$PIDFILE"
	alive "$PID"
	alive "$CHILD"
}

@test "--stop --tree ignores a process of the session that ends meanwhile" {
	start_two
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

# --- messages --------------------------------------------------------------

@test "a daemon that cannot report its steps ends, and no file is left" {
	# Each process's first: the message is lost, too.
	inject write:error=EPIPE:when=1
	fails_of_it 125 "" -v -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $REPORT ]]
}
