#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A supervisor when several things happen at the same moment, when files
# cannot be written, and what it does with what a run leaves behind.

load ../lib/helpers
load ../lib/supervised

# --- at the same moment -------------------------------------------------------

@test "a stop of a command that is restarted all the time wins" {
	local _

	for _ in {1..5}; do
		launch -p "$PIDFILE" --restart=always --restart-delay=0/1ms true
		fails 0 "" --stop -p "$PIDFILE"
		equal leftovers "$(leftovers)" ""
		[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	done
}

has_restarted() {
	local runs

	runs=$(recorded runs)
	((${runs:-0} > $1))
}

@test "a TERM to the supervisor wins, at any moment" {
	local n supervisor

	for n in {1..5}; do
		launch -p "$PIDFILE" --restart=always --restart-delay=0/1ms \
		    sh -c 'exit 1'
		supervisor=$(recorded supervisor)
		eventually has_restarted "$n"
		kill -TERM "$supervisor"
		eventually nothing_runs
		[[ ! -e $PIDFILE ]]
	done
}

@test "of ten launches at the same time exactly one wins" {
	local _

	for _ in {1..5}; do
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" -p "$PIDFILE" \
		    --restart=always sleep 1000 >statuses 2>messages 3>&-
		equal statuses "$(sort statuses | uniq -c | xargs)" \
		    "1 0 9 1"
		names_instance
		equal processes "$(leftovers)" \
		    "$(printf '%s\n' "$(recorded supervisor)" "$PID" | sort)"
		equal messages "$(sort -u messages)" \
		    "daemonize: already running: pid $PID holds $PIDFILE"
		fails 0 "" --stop -p "$PIDFILE"
	done
}

@test "a launch during restarts is refused" {
	local n

	supervise --restart=always --restart-delay=0/1ms true
	for n in {1..5}; do
		run launch -p "$PIDFILE" true
		status_is 1
		[[ $output == "daemonize: already running: "* ]]
	done
	alive "$SUPERVISOR"
	fails 0 "" --stop -p "$PIDFILE"
}

@test "--status during restarts is 0" {
	local n

	supervise --restart=always --restart-delay=0/1ms true
	for n in {1..5}; do
		run launch --status -p "$PIDFILE"
		status_is 0
	done
	fails 0 "" --stop -p "$PIDFILE"
}

@test "stops at the same time all succeed" {
	local _

	for _ in {1..5}; do
		launch -p "$PIDFILE" --restart=always --restart-delay=0/1ms true
		"$HELPERS_DIR/atonce" 10 "$DAEMONIZE" --stop -p "$PIDFILE" \
		    >statuses 2>messages 3>&-
		equal statuses "$(grep -c '^0$' statuses)" 10
		equal messages "$(cat messages)" ""
		equal leftovers "$(leftovers)" ""
		[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	done
}

@test "an --again and a stop at the same time: the stop wins" {
	local _ again

	for _ in {1..5}; do
		supervise sleep 1000
		"$DAEMONIZE" --again -p "$PIDFILE" 2>/dev/null 3>&- &
		again=$!
		fails 0 "" --stop -p "$PIDFILE"
		wait "$again" || :
		equal leftovers "$(leftovers)" ""
		[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	done
}

@test "a reader of the pid file never sees half of a pid" {
	local reader

	supervise --restart=always --restart-delay=0/1ms sh -c 'exit 1'
	cat >reader.py <<-'END'
		import os, re, sys
		seen = set()
		open(sys.argv[2] + ".reads", "w")
		while not os.path.exists(sys.argv[2]):
		    with open(sys.argv[1], "rb") as file:
		        text = file.read()
		    if text:
		        assert re.fullmatch(rb"([1-9][0-9]*)?\n+", text), text
		        seen.add(text)
		assert len(seen) > 5, seen
	END
	python3 reader.py "$PIDFILE" "$TMP/stop" 3>&- &
	reader=$!
	remember "$reader"
	eventually test -e stop.reads
	eventually has_restarted $(($(recorded runs) + 100))
	: >stop
	wait "$reader"
	fails 0 "" --stop -p "$PIDFILE"
}

@test "the pid file has the command's pid as soon as it runs" {
	# Each run compares it with its own.
	supervise --restart=always --restart-delay=0/1ms sh -c '
	    read -r pid <"$1"; [ "$pid" = $$ ] || echo "$pid $$" >>"$2/wrong"' \
	    sh "$PIDFILE" "$TMP"
	eventually has_restarted 100
	fails 0 "" --stop -p "$PIDFILE"
	[[ ! -e wrong ]] || { cat wrong; false; }
}

@test "any of the two killed at any moment: the next launch succeeds" {
	local n

	for n in {1..5}; do
		supervise --restart=always --restart-delay=0/1ms sh -c 'exit 1'
		eventually has_restarted "$n"
		kill -KILL "$SUPERVISOR"
		eventually gone "$SUPERVISOR"
		fails_or_not_running
		eventually nothing_runs
		[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	done
}

# A stop succeeds, whether there was a command left or not.
fails_or_not_running() {
	run launch --stop -p "$PIDFILE"
	status_is 0
	[[ -z $output || $output == "$PIDFILE: not running" ]]
}

# In poll(2) without a time-out, or ppoll(2): as /proc/PID/syscall shows it.
waits_for_ever() {
	local number fds n timeout

	read -r number fds n timeout _ <"/proc/$1/syscall" || return
	[[ $number != running && $fds == 0x* && $n == 0x* &&
	    ($timeout == 0xffffffff* || $timeout == 0x0) ]]
}

@test "it polls nothing: an idle supervisor waits without a time-out" {
	requires plain
	supervise --restart=always sleep 1000
	[[ -r /proc/$SUPERVISOR/syscall ]] || skip "needs /proc/PID/syscall"
	eventually waits_for_ever "$SUPERVISOR"
}

# --- what a run leaves behind ---------------------------------------------------

# Tells a run to leave these behind, and then to do what is said: a child, a
# grandchild, and two with sessions of their own.  leave SHELL-COMMAND
leave() {
	printf '#!/bin/sh\necho $$ >>"%s/lefts"\nexec sleep "$1"\n' "$TMP" >one
	chmod 755 one
	: >lefts
	tell 'o=$1/one; $o 1001 & (sleep 1002 & exec $o 1003) & setsid $o 1004 & setsid setsid -f $o 1005; until [ "$(wc -l <"$1/lefts")" -eq 4 ]; do :; done; '"$1"
}

# The sleeps that leave() has left, and that live.
left() {
	local pid

	for pid in $(leftovers); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -o 'sleep 100[1-5]'
	done 2>/dev/null
}

left_are() {
	[[ $(left | wc -l) -eq $1 ]]
}

@test "with --tree what a run leaves behind is ended before the next run" {
	begin --tree --restart=always --restart-delay=1ms
	leave 'exit 3'
	await_run 2
	equal left "$(left)" ""
	names_instance
	leave 'kill -KILL $$'
	await_run 3
	equal left "$(left)" ""
}

@test "with --tree what the last run leaves behind is ended with it" {
	begin --tree
	leave 'exit 3'
	eventually gone "$SUPERVISOR"
	equal left "$(left)" ""
	[[ ! -e $PIDFILE ]]
}

@test "with --tree a stop returns when nothing is left of the run" {
	begin --tree --restart=always
	leave 'exec sleep 1000'
	eventually comm_is "$PID" sleep
	eventually left_are 5
	fails 0 "" --stop -p "$PIDFILE"
	equal leftovers "$(leftovers)" ""
	nothing_is_left
}

comm_is() {
	[[ $(cat "/proc/$1/comm") == "$2" ]]
}

@test "with --tree the next run waits for what ignores TERM" {
	begin --tree --restart=always --restart-delay=1ms
	tell 'trap "" TERM; setsid sleep 1001 & echo $! >"$1/left"; exit 3'
	eventually test -s left
	eventually has_ended 1
	alive "$(cat left)"
	equal runs "$(wc -l <runs)" 1
	kill -KILL "$(cat left)"
	await_run 2
}

@test "with --tree and no restart, --status says waiting until nothing is left" {
	begin --tree
	tell 'trap "" TERM; setsid sleep 1001 & echo $! >"$1/left"; exit 3'
	eventually has_ended 1
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ ${lines[0]} == "$PIDFILE: waiting, supervisor $SUPERVISOR, run 1; run 1 exited with status 3 "* ]]
	kill -KILL "$(cat left)"
	eventually gone "$SUPERVISOR"
}

@test "a stop with --tree ends what all runs have left behind" {
	begin --restart=always --restart-delay=1ms
	leave 'exit 3'
	await_run 2
	eventually left_are 5
	fails 0 "" --stop --tree -p "$PIDFILE"
	equal leftovers "$(leftovers)" ""
	nothing_is_left
}

@test "a stop with --tree between two runs ends what they have left behind" {
	begin --restart=always --restart-delay=1h
	leave 'exit 3'
	eventually in_state waiting
	eventually left_are 5
	fails 0 "" --stop --tree -p "$PIDFILE"
	equal leftovers "$(leftovers)" ""
	nothing_is_left
}

@test "without --tree what a run leaves behind is left alone" {
	local pid

	begin --restart=always --restart-delay=1ms
	leave 'exit 3'
	await_run 2
	left_are 5
	fails 0 "" --stop -p "$PIDFILE"
	left_are 5
	for pid in $(leftovers); do
		remember "$pid"
	done
}

@test "what is left behind is a child of the supervisor, which reaps it" {
	local pid

	begin --restart=always --restart-delay=1ms
	tell 'setsid sleep 1001 & echo $! >"$1/left"; exit 3'
	await_run 2
	pid=$(cat left)
	remember "$pid"
	equal parent "$(stat_field 4 "$pid")" "$SUPERVISOR"
	kill -KILL "$pid"
	eventually test ! -e "/proc/$pid"
	equal runs "$(recorded runs)" 2
}

@test "a hundred orphans at once leave no zombie" {
	begin --restart=always --restart-delay=1ms
	tell 'for i in 1 2 3 4 5 6 7 8 9 10; do (true & true & true & true & true & true & true & true & true & true &); done; exit 3'
	await_run 2
	eventually has_children "$SUPERVISOR" 1
}

has_children() {
	local n

	n=$(wc -w <"/proc/$1/task/$1/children")
	((n == $2))
}

# --- files that cannot be written ------------------------------------------------

# $TMP/small is a file system of one page more than FILLed; ends with the test.
tiny_disk() {
	requires root
	mkdir small
	mount -t tmpfs -o size=32k none small 2>/dev/null ||
	    skip "needs mount"
	at_end umount "$TMP/small"
	PIDFILE=$TMP/small/pid
}

fill() {
	dd if=/dev/zero of=small/filler bs=4k 2>/dev/null || :
}

@test "a full disk under the pid file is said once, and loses no run" {
	tiny_disk
	begin -e "$TMP/err" --restart=always --restart-delay=1ms/1ms
	# A file that is empty needs a page to be written.
	rm -f small/pid
	fill
	tell 'exit 3'
	await_run 2
	tell 'exit 4'
	await_run 3
	alive "$SUPERVISOR"
	equal "said once" "$(grep -c "pidfile: .*No space left on device" err)" 1
	rm small/filler
	eventually test -s small/pid
	names_instance
	fails 0 "" --stop -p "$PIDFILE"
	nothing_is_left
}

# The next run has been executed: NEXT
next_runs() {
	NEXT=$(pgrep -x -P "$SUPERVISOR" sleep) && [[ $NEXT != "$PID" ]]
}

@test "a limit of the size of files loses no run" {
	requires prlimit
	supervise --restart=always --restart-delay=1ms sleep 1000
	prlimit --pid "$SUPERVISOR" --fsize=0:
	kill "$PID"
	eventually next_runs
	remember "$NEXT"
	prlimit --pid "$SUPERVISOR" --fsize=unlimited:
	eventually grep -qx "$NEXT" "$PIDFILE"
	names_instance
	equal "number of runs" "$(recorded runs)" 2
}

@test "a verb under a limit of the size of files reports it, and changes nothing" {
	local verb

	requires prlimit
	supervise sleep 1000
	for verb in stop again; do
		run prlimit --fsize=0: "$DAEMONIZE" "--$verb" -p "$PIDFILE"
		status_is 125
		output_is "daemonize: $verb: $PIDFILE: File too large"
	done
	alive "$PID"
	equal state "$(recorded state)" running
}

@test "a full disk under the output file loses no run" {
	tiny_disk
	PIDFILE=$TMP/pid
	begin -o "$TMP/small/out" -e "$TMP/small/out" --restart=always \
	    --restart-delay=1ms/1ms
	fill
	tell 'exit 3'
	await_run 2
	tell 'exit 4'
	await_run 3
	names_instance
}

@test "a pid file that a run removes is made again" {
	begin --restart=always --restart-delay=1ms
	tell 'rm "$1/pid"; exit 3'
	await_run 2
	eventually eval '[[ -n $(<pid) ]]' 2>/dev/null
	names_instance
}

@test "a pid file and record that are removed are made again, and nothing is lost" {
	begin --restart=always --restart-delay=1ms
	rm pid pid.record
	tell 'exit 3'
	await_run 2
	eventually eval '[[ -n $(<pid) ]]' 2>/dev/null
	names_instance
	equal supervisor "$(recorded supervisor)" "$SUPERVISOR"
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	nothing_is_left
}

# The supervisor does not have that file open.
is_closed() {
	[[ -z $(find -L "/proc/$SUPERVISOR/fd" -maxdepth 1 -samefile "$1" \
	    2>/dev/null) ]]
}

@test "--again and --stop work where a run has made its pid file something else" {
	begin
	echo other >"$PIDFILE"
	fails 0 "" --again -p "$PIDFILE"
	await_run 2
	alive "$SUPERVISOR"
	eventually is_closed "$PIDFILE.record"
	rm "$PIDFILE"
	eventually test -s "$PIDFILE"
	names_instance
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
}

@test "--again returns where its record is removed meanwhile" {
	local again status=0

	supervise --restart=always --restart-delay=1ms \
	    "$HELPERS_DIR/stubborn" "$TMP/log" end=10
	eventually test -s log
	launch --again -p "$PIDFILE" >said 2>&1 &
	again=$!
	remember "$again"
	eventually grep -qx 15 log
	rm "$PIDFILE.record"
	kill -USR1 "$PID"
	eventually gone "$again"
	wait "$again" || status=$?
	equal status "$status" 125
	equal message "$(cat said)" "daemonize: again: $PIDFILE: its record \
was removed, so the next run cannot be seen"
	eventually in_state running
	names_instance
}

@test "a supervisor whose files another launch has taken starts nothing more" {
	local first

	begin -e "$TMP/err" --restart=always --restart-delay=1ms
	remember "$PID"
	first=$SUPERVISOR
	rm pid pid.record
	launch -p "$PIDFILE" sleep 1000
	names_instance
	tell 'exit 3'
	eventually gone "$first"
	equal runs "$(wc -l <runs)" 1
	names_instance
}

# --- replacing ---------------------------------------------------------------------

@test "--replace stops a supervised instance, and launches one with or without" {
	local old

	begin --restart=always
	old=$SUPERVISOR
	fails 0 "" -p "$PIDFILE" --replace sleep 1000
	gone "$old"
	gone "$PID"
	names_instance
	equal supervisor "$(recorded supervisor)" ""
	old=$PID
	supervise --replace --restart=always sleep 1000
	gone "$old"
	names_instance
	old=$SUPERVISOR
	supervise --replace --restart=always sleep 1000
	gone "$old"
	names_instance
}

@test "--replace between two runs replaces the supervisor" {
	local old

	begin --restart=always --restart-delay=1h
	tell 'exit 3'
	eventually in_state waiting
	old=$SUPERVISOR
	fails 0 "" -p "$PIDFILE" --replace sleep 1000
	gone "$old"
	names_instance
}

@test "a file system that became read-only hinders no stop, and --status says it" {
	local stale

	tiny_disk
	begin --restart=always
	eventually is_closed "$PIDFILE.record"
	mount -o remount,ro small
	fails 125 "daemonize: again: $PIDFILE: Read-only file system" \
	    --again -p "$PIDFILE"
	fails 125 "daemonize: pidfile: $PIDFILE: Read-only file system" \
	    --replace -p "$PIDFILE" sleep 1000
	alive "$SUPERVISOR"
	# Once the recorded run has ended, the record is of no use.
	run launch --status -p "$PIDFILE"
	status_is 0
	tell 'exit 3'
	await_run 2
	stale="its supervisor, pid $SUPERVISOR, cannot write the record: \
Read-only file system"
	fails 4 "daemonize: status: $PIDFILE: $stale" --status -p "$PIDFILE"
	fails 125 "daemonize: signal: $PIDFILE: $stale" --signal=HUP \
	    -p "$PIDFILE"
	fails 0 "daemonize: stop: $PIDFILE: could not be removed: Read-only \
file system" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	eventually nothing_runs
	run launch --status -p "$PIDFILE"
	status_is 1
}
