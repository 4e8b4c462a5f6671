#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --stop: it is gone when that returns, whatever it does against it.
# (What happens when others do something at the same moment: races.bats.)

load ../lib/helpers


# The signals that a stubborn one got: got [LOG]
got() {
	sed 1d "${1:-$TMP/log}" | paste -sd ' '
}

# The number of a stubborn one, which is remembered: number_of LOG
number_of() {
	eventually test -s "$1"
	NUMBER=$(sed -n 's/^pid //p' "$1")
	remember "$NUMBER"
}

# It is stopped: gone when the stop returns: ends [OPTION]...
ends() {
	CALLER=(timeout "$DEADLINE")
	fails 0 "" -p "$PIDFILE" "$@"
	CALLER=()
	gone "$PID"
}

# And nothing is left of it: stops [OPTION]...
stops() {
	ends "$@"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

# The stop that is given up leaves all as it is.
stays() {
	alive "$PID"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

# --- it is gone -------------------------------------------------------------

@test "a stop sends TERM, and removes the pid file" {
	start_stubborn end=15
	stops --stop
	equal signals "$(got)" 15
}

@test "a stop returns when the daemon has ended, not before" {
	mkfifo "$TMP/fifo"
	start_stubborn end=15 "run=15:touch '$TMP/told'; cat '$TMP/fifo' >'$TMP/all'"
	"$DAEMONIZE" --stop=1h -p "$PIDFILE" 3>&- &
	remember $!
	eventually test -e "$TMP/told"
	alive $!
	alive "$PID"
	[[ -e $PIDFILE ]]
	echo end >"$TMP/fifo"
	wait $!
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

@test "a stop waits in poll for the pidfd, and never sleeps" {
	requires strace
	mkfifo "$TMP/fifo"
	start_stubborn end=15 "run=15:touch '$TMP/told'; cat '$TMP/fifo' >'$TMP/all'"
	env -u DAEMONIZE_TEST strace -o "$TMP/trace" "$DAEMONIZE" \
	    --stop=1h -p "$PIDFILE" 3>&- &
	remember $!
	eventually test -e "$TMP/told"
	echo end >"$TMP/fifo"
	wait $!
	run grep -E '^[a-z_]*(sleep|select|timedwait)|^kill' "$TMP/trace"
	output_is ""
	grep -q "^pidfd_open($PID, 0) *= [0-9]" "$TMP/trace"
	grep -q '^poll.*revents=POLLIN' "$TMP/trace"
}

@test "a zombie that is never reaped counts as ended" {
	start_unreaped
	stops --stop=1h
	grep -q '^State:.Z' "/proc/$PID/status"
}

@test "a stop by name ends the instance of that name" {
	requires user
	export XDG_STATE_HOME=$TMP
	PIDFILE=$TMP/daemonize/$HOSTNAME/x.pid
	launch -n x sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	fails 0 "" --stop -n x
	gone "$PID"
	[[ ! -e $PIDFILE ]]
	fails 0 "x: not running" --stop -n x
}

@test "root stops a daemon of another user" {
	requires root
	launch -u nobody -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	stops --stop
}

@test "a daemon that the user may not signal goes on, and is reported" {
	requires root setpriv
	launch -u nobody -p "$PIDFILE" "$HELPERS_DIR/stubborn" /dev/null
	PID=$(cat "$PIDFILE")
	remember "$PID"
	# Root, but for the capability to signal other users' processes.
	CALLER=(setpriv --bounding-set -kill)
	fails 125 "daemonize: stop: TERM: Operation not permitted" \
	    --stop -p "$PIDFILE"
	stays
}

@test "after a stop a launch succeeds" {
	start_stubborn
	stops --stop=KILL
	start_stubborn
	stays
}

# --- it did not run ---------------------------------------------------------

@test "to stop an instance that does not run is success" {
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	fails 0 "$TMP/no/pid: not running" --stop -p "$TMP/no/pid"
	[[ ! -e $TMP/no ]]
}

@test "to stop a dead instance is success, and removes its pid file" {
	start_stubborn
	kill -KILL "$PID"
	eventually gone "$PID"
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "a pid file that was emptied is removed with its record" {
	start_stubborn
	kill -KILL "$PID"
	eventually gone "$PID"
	: >"$PIDFILE"
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "a stop waits for another verb that looks at the record, and removes it" {
	local stop status=0

	requires flock
	start_stubborn end=15
	exec 9<"$PIDFILE.record"
	flock -s 9
	"$DAEMONIZE" --stop -p "$PIDFILE" 3>&- 9<&- &
	stop=$!
	remember "$stop"
	eventually gone "$PID"
	# It has found the daemon gone, and waits.
	eventually grep -q '^State:.S' "/proc/$stop/status"
	exec 9<&-
	wait "$stop" || status=$?
	equal status "$status" 0
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "in a directory that cannot be written, the files are emptied" {
	requires user
	mkdir "$TMP/ro"
	PIDFILE=$TMP/ro/pid
	start_stubborn end=15
	at_end chmod 755 "$TMP/ro"
	chmod 555 "$TMP/ro"
	ends --stop
	equal size "$(stat -c %s "$PIDFILE")" 0
	equal record "$(tr -d '\0' <"$PIDFILE.record")" ""
}

# --- the schedule -----------------------------------------------------------

@test "a daemon that ignores TERM is killed" {
	start_stubborn
	stops --stop=TERM/10ms/KILL/1h
}

@test "a schedule's signals are names in any case" {
	start_stubborn
	stops --stop=int/10ms/sigrtmax-1/10ms/Kill/1h
	equal signals "$(got)" "2 63"
}

# What is meant by a number alone: refused NUMBER REASON
refuses_number() {
	fails 125 "daemonize: --stop=$1: $2
Try 'daemonize --help'" "--stop=$1" -p "$PIDFILE"
}

@test "a number alone is refused, with both of its meanings" {
	start_stubborn end=15
	refuses_number 9 "a signal or a time? use KILL/5s for signal 9, or 9s \
for 9 seconds"
	refuses_number 10 "a signal or a time? use USR1/5s for signal 10, or \
10s for 10 seconds"
	refuses_number 64 "a signal or a time? use 64/5s for signal 64, or 64s \
for 64 seconds"
	refuses_number 300 "a number alone needs a unit: use 300s"
	refuses_number 0 "a number alone needs a unit: use 0s"
	refuses_number 0000000000000009 "'0000000000000009' is wrong: use \
SIG/TIME[/SIG/TIME]..."
	refuses_number 99999999999999999999 "'99999999999999999999' is wrong: \
use SIG/TIME[/SIG/TIME]..."
	stays
	equal signals "$(got)" ""
	stops --stop=9s
	start_stubborn
	stops --stop=9/5
}

@test "a time alone is for TERM, and KILL comes after it" {
	start_stubborn
	stops --stop=10ms
	start_stubborn end=15
	stops --stop=30s
	equal signals "$(got)" 15
}

@test "a signal alone is sent, and waited for" {
	start_stubborn
	stops --stop=KILL
	start_stubborn end=2
	stops --stop=INT
	equal signals "$(got)" 2
}

@test "signals have names, with SIG or without, and numbers" {
	local signal

	for signal in USR1 SIGUSR1 10; do
		start_stubborn end=10
		stops --stop="$signal/1h"
		equal "signals of $signal" "$(got)" 10
	done
	for signal in SIGKILL 9; do
		start_stubborn
		stops --stop="TERM/10ms/$signal/1h"
	done
}

@test "the signals come in the order of the schedule" {
	# At the last one it ends: had that come first, it would be alone.
	start_stubborn end=15
	stops --stop=INT/10ms/USR1/10ms/TERM/1h/KILL/5s
	equal signals "$(got)" "2 10 15"
}

@test "no signal is sent after the daemon has ended" {
	start_stubborn end=2 "run=2:sleep 0"
	stops --stop=INT/2h/TERM/30s/KILL/5s
	equal signals "$(got)" 2
}

# Launches one that SIGSTOP stops: start_stopped [WORD]...
start_stopped() {
	start_stubborn "$@"
	kill -STOP "$PID"
	eventually grep -q '^State:.T' "/proc/$PID/status"
}

@test "a stopped daemon is continued after each signal, so that it acts" {
	start_stopped end=15
	stops --stop=TERM/1h
	equal signals "$(got)" 15
	start_stopped end=15
	stops --stop=INT/10ms/TERM/1h
	equal signals "$(got)" "2 15"
}

@test "a stopped daemon is ended by KILL, and by TERM and CONT" {
	start_stopped
	stops --stop=KILL/1h
	start_stopped end=15
	stops --stop=TERM/0/CONT/1h
}

@test "a signal of the schedule that stops a process is not undone by CONT" {
	start_stubborn
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the \
whole schedule" \
	    --stop=STOP/1ms -p "$PIDFILE"
	eventually grep -q '^State:.T' "/proc/$PID/status"
	kill -CONT "$PID"
	# CONT discards these where they have not arrived.
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the \
whole schedule" \
	    --stop=TSTP/1ms/TTIN/1ms/TTOU/1ms -p "$PIDFILE"
	have_arrived() { equal signals "$(got)" "20 21 22"; }
	eventually have_arrived
}

@test "a daemon that survives the schedule: 2, a message, its pid file stays" {
	start_stubborn
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the \
whole schedule" \
	    --stop=TERM/10ms -p "$PIDFILE"
	stays
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the \
whole schedule" \
	    --stop=INT/1ms/HUP/0ms/TERM/0 -p "$PIDFILE"
	stays
	eventually grep -qx 1 "$TMP/log"
}

# Each with the part that is shown, and whether it would fit elsewhere.
@test "without a schedule, that of the launch is taken" {
	start --stop-with=USR1/1h "$HELPERS_DIR/stubborn" "$TMP/log" end=10
	eventually test -s log
	stops --stop
	equal signals "$(got)" 10
	rm log
	start --stop-with=USR1/1h "$HELPERS_DIR/stubborn" "$TMP/log" end=12
	eventually test -s log
	stops --stop=USR2/1h
	equal signals "$(got)" 12
}

@test "a schedule of the launch is refused if it cannot be read, or nothing uses it" {
	fails 125 "daemonize: --stop-with=TERM/x: 'x' is wrong: use SIG/TIME[/SIG/TIME]...
Try 'daemonize --help'" --stop-with=TERM/x -p "$PIDFILE" true
	fails 125 "daemonize: --stop-with=5s: needs --pidfile, --name or a supervisor
Try 'daemonize --help'" --stop-with=5s true
}

@test "a schedule that cannot be read is a usage error that shows where" {
	local schedule part

	start_stubborn end=15
	while read -r schedule part; do
		fails 125 "daemonize: --stop=$schedule: '$part' is wrong: use SIG/TIME[/SIG/TIME]...
Try 'daemonize --help'" "--stop=$schedule" -p "$PIDFILE"
	done <<-'END'
		TERM/10x/KILL/5s 10x
		TERM/10s/KILLED KILLED
		TERM/10s/KILL/5s/5s 5s
		TERM/KILL KILL
		10s/KILL 10s
		TERM//KILL
		/10s
		terminate/10s terminate
		TERM/-1s -1s
		TERM/1.5s 1.5s
		TERM/10S 10S
		TERM/99999999h 99999999h
		0/10s 0
		99/10s 99
		TERM/10s/
		SIG15 SIG15
	END
	fails 125 "daemonize: --stop=: '' is wrong: use SIG/TIME[/SIG/TIME]...
Try 'daemonize --help'" --stop= -p "$PIDFILE"
	stays
	equal signals "$(got)" ""
}

# --- the pid file -----------------------------------------------------------

@test "a pid file that got another pid during the stop stays" {
	start_stubborn end=15 "run=15:echo 2147483647 >'$PIDFILE'"
	ends --stop=1h
	equal "pid file" "$(cat "$PIDFILE")" 2147483647
}

@test "the next instance and its pid file stay" {
	export PIDFILE
	start_stubborn end=15 "run=15:rm '$PIDFILE'*; '$DAEMONIZE' -p '$PIDFILE' \
sleep 1000"
	ends --stop=1h
	PID=$(cat "$PIDFILE")
	remember "$PID"
	stays
}

@test "a pid file that was removed during the stop is no failure" {
	start_stubborn end=15 "run=15:rm '$PIDFILE'"
	stops --stop=1h
}

# --- the tree ---------------------------------------------------------------

# A daemon with two children and a grandchild; all take the same WORDs.
start_family() {
	cat >"$TMP/family" <<-END
		#!/bin/sh
		"$HELPERS_DIR/stubborn" child "\$@" &
		("$HELPERS_DIR/stubborn" grandchild "\$@" &
		    exec "$HELPERS_DIR/stubborn" other "\$@") &
		exec "$HELPERS_DIR/stubborn" log "\$@"
	END
	chmod 755 "$TMP/family"
	FAMILY=()
	launch -c "$TMP" -p "$PIDFILE" "$TMP/family" "$@"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	for log in log child other grandchild; do
		number_of "$TMP/$log"
		FAMILY+=("$NUMBER")
	done
}

@test "with --tree its children and theirs end by the same signal" {
	local member

	start_family end=15
	stops --stop=1h --tree
	for member in "${FAMILY[@]}"; do
		gone "$member"
	done
	for member in log child other grandchild; do
		equal "signals of $member" "$(got "$TMP/$member")" 15
	done
}

@test "with --tree, processes that ignore TERM are killed" {
	local member

	start_family
	stops --stop=TERM/10ms/KILL/1h --tree
	for member in "${FAMILY[@]}"; do
		gone "$member"
	done
}

@test "with --tree a child that outlives the daemon is killed" {
	cat >"$TMP/parent" <<-END
		#!/bin/sh
		"$HELPERS_DIR/stubborn" child &
		exec "$HELPERS_DIR/stubborn" log end=15
	END
	chmod 755 "$TMP/parent"
	launch -c "$TMP" -p "$PIDFILE" "$TMP/parent"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	number_of "$TMP/log"
	number_of "$TMP/child"
	# So long that the daemon is gone when KILL is due.
	stops --stop=TERM/1s/KILL/1h --tree
	gone "$NUMBER"
	equal signals "$(got)" 15
}

@test "with --tree, processes that are forked during the stop end, too" {
	start_stubborn end=15 \
	    "run=15:'$HELPERS_DIR/stubborn' '$TMP/late' end=15 & \
until test -s '$TMP/late'; do :; done"
	stops --stop=1h --tree
	number_of "$TMP/late"
	gone "$NUMBER"
	equal "signals of the late one" "$(got "$TMP/late")" 15
}

@test "without --tree the children stay" {
	local member

	start_family end=15
	fails 0 "$PIDFILE: 3 other processes of its session still run; \
--tree stops them, too" --stop=1h -p "$PIDFILE"
	gone "$PID"
	for member in "${FAMILY[@]:1}"; do
		alive "$member"
	done
	for member in child other grandchild; do
		equal "signals of $member" "$(got "$TMP/$member")" ""
	done
}

@test "with --tree a child with a session of its own stays" {
	requires setsid
	cat >"$TMP/parent" <<-END
		#!/bin/sh
		setsid "$HELPERS_DIR/stubborn" child &
		exec "$HELPERS_DIR/stubborn" log end=15
	END
	chmod 755 "$TMP/parent"
	launch -c "$TMP" -p "$PIDFILE" "$TMP/parent"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	number_of "$TMP/log"
	number_of "$TMP/child"
	stops --stop=1h --tree
	alive "$NUMBER"
}

@test "with --tree a stopped child is continued after the signal" {
	local member

	start_family end=15
	for member in "${FAMILY[@]}"; do
		kill -STOP "$member"
		eventually grep -q '^State:.T' "/proc/$member/status"
	done
	stops --stop=1h --tree
	for member in "${FAMILY[@]}"; do
		gone "$member"
	done
}

# A daemon with that many children, which all live: start_many N
start_many() {
	launch -p "$PIDFILE" sh -c 'i=0
		while [ "$i" -lt "$0" ]; do
			sleep 1000 &
			i=$((i + 1))
		done
		: >"$1"
		wait' "$1" "$TMP/ready"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually test -e "$TMP/ready"
}

@test "with --tree the targets may be more than the soft limit of descriptors" {
	requires prlimit
	start_many 100
	CALLER=(prlimit --nofile=20:200)
	fails 0 "" --stop=TERM/1h --tree -p "$PIDFILE"
	nothing_runs
}

@test "with --tree the targets may be more than the hard limit of descriptors" {
	requires prlimit
	start_many 100
	CALLER=(prlimit --nofile=20:20)
	fails 0 "" --stop=TERM/1h --tree -p "$PIDFILE"
	nothing_runs
}

@test "with --tree and few descriptors, each process gets a signal once" {
	requires prlimit strace
	local member=$TMP/member

	# The one in the middle does not end, and is not held at first: the
	# descriptors are for those before it, and the last.
	launch -p "$PIDFILE" sh -c '
		for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done
		"$0" "$1" end=23 &
		for i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done
		: >"$2"
		wait' "$HELPERS_DIR/stubborn" "$member" "$TMP/ready"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	number_of "$member"
	eventually test -e "$TMP/ready"
	env -u DAEMONIZE_TEST prlimit --nofile=12:12 \
	    strace -o "$TMP/trace" "$DAEMONIZE" --stop=TERM/1h --tree \
	    -p "$PIDFILE" 3>&- &
	remember $!
	eventually waits_again "$NUMBER"
	kill -URG "$NUMBER"
	wait $!
	equal signals "$(got "$member")" "15 23"
	nothing_runs
}

# The stop has held that process twice, and waits for it.
waits_again() {
	awk -v held="^pidfd_open\\\\($1, 0\\\\) *= [0-9]" '
	    $0 ~ held { n++ }
	    n >= 2 && /^poll\(.*\], [0-9]+, [1-9]/ { found = 1 }
	    END { exit !found }' "$TMP/trace"
}

@test "with --tree, a process that survives is reported: 2" {
	start_family
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the \
whole schedule" \
	    --stop=TERM/10ms -p "$PIDFILE" --tree
	stays
}

@test "with --tree, the message names no process that has ended" {
	cat >"$TMP/parent" <<-END
		#!/bin/sh
		"$HELPERS_DIR/stubborn" child &
		exec "$HELPERS_DIR/stubborn" log end=15
	END
	chmod 755 "$TMP/parent"
	launch -c "$TMP" -p "$PIDFILE" "$TMP/parent"
	PID=$(cat "$PIDFILE")
	number_of "$TMP/log"
	number_of "$TMP/child"
	run launch --stop=TERM/1s --tree -p "$PIDFILE"
	status_is 2
	alive "$NUMBER"
	[[ $output != *"pid $PID still runs"* ]] || alive "$PID"
}

@test "--tree is refused where the session is the caller's, too" {
	requires setsid
	# In a session of its own: were it not refused, bats would be ended.
	run setsid -w sh -c '"$1" --session=keep -p "$2" "$3" "$4" &&
		"$1" --stop=10ms --tree -p "$2"' sh "$DAEMONIZE" \
	    "$PIDFILE" "$HELPERS_DIR/stubborn" "$TMP/log" 3>&-
	status_is 125
	output_is "daemonize: stop: --tree: the caller is in the same \
session; leave out --tree"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	stays
}

# --- a person waits ---------------------------------------------------------

# Stops on a terminal, as long as it takes to tell that it waits so long still:
# waits_for SCHEDULE REGEX
waits_for() {
	start_stubborn
	"$HELPERS_DIR/onpty" "$DAEMONIZE" --stop="$1" -p "$PIDFILE" \
	    >"$TMP/terminal" 3>&- &
	remember $!
	eventually grep -Eq "waiting for pid $PID \($2 s left" "$TMP/terminal"
	kill -KILL "$PID"
	wait $!
	# What is left in the line after all that was erased.
	equal "the last line" "$(sed 's/.*\r\x1b\[K//' "$TMP/terminal")" ""
	equal lines "$(wc -l <"$TMP/terminal")" 0
}

@test "on a terminal the wait is shown with process and time, then erased" {
	waits_for TERM/10m/KILL/5s 'TERM\), 5[0-9][0-9]'
}

@test "hours, seconds, and seconds without a unit have their length" {
	waits_for 1h 'TERM\), 35[0-9][0-9]'
	waits_for INT/90s 'INT\), [78][0-9]'
	waits_for INT/99 'INT\), [89][0-9]'
}

@test "on a terminal a stop of less than a second prints nothing" {
	start_stubborn end=15
	run "$HELPERS_DIR/onpty" "$DAEMONIZE" --stop -p "$PIDFILE" 3>&-
	status_is 0
	output_is ""
}

@test "without a terminal a stop that waits prints nothing" {
	start_stubborn
	stops --stop=TERM/1100ms/KILL/1h
}

@test "an interrupted stop leaves the daemon and its pid file" {
	start_stubborn
	"$DAEMONIZE" --stop=1h -p "$PIDFILE" 3>&- &
	remember $!
	eventually grep -qx 15 "$TMP/log"
	kill -TERM $!
	eventually gone $!
	stays
	names_instance
}
