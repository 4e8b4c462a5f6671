#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 7: no descriptor that the caller has open reaches the command, unless
# it is asked for; and that costs the same however many there may be.

load ../lib/helpers

# A kernel before 5.9 has no close_range(2).  strace stays as long as what it
# traces: the probe must not.
OLD_KERNEL=(strace -qq -f -o /dev/null -e trace=close_range
    -e inject=close_range:error=ENOSYS)

# A thousand and one, the last above the limit that the caller has now.
from_leaks() {
	from leaked=1000 open=1500 nofile=1024 "$@"
}

# How many system calls a launch makes from its start to the exec of the
# command; a file a process, since processes run in any order.
# system_calls STATE...
system_calls() {
	local base=$TMP/trace file

	rm -f "$base".*
	from "$@" -- strace -qq -ff -o "$base"
	launch true
	for file in "$base".*; do
		sed '/^execve("[^"]*\/true"/q' "$file"
	done | grep -cE '^(close|close_range|getdents64|fcntl)\('
}

# Skips where the limit may not be set: to many or to us.
limit_may_be() {
	"$HELPERS_DIR/badcaller" nofile="$1" -- true 3>&- 2>/dev/null ||
	    skip "RLIMIT_NOFILE may not be $1"
}

@test "none of 1,001 leaked descriptors reaches the daemon" {
	from_leaks
	probe
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "none of 1,001 leaked descriptors is left, the kernel says" {
	from_leaks
	probe
	equal descriptors "$(cd "/proc/$PID/fd" && echo *)" "0 1 2"
}

@test "none of 1,001 leaked descriptors reaches a command in the foreground" {
	from_leaks
	launch -F "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "a lock that the caller has open is released when the caller goes" {
	requires flock
	flock lock "$DAEMONIZE" "$PROBE" "$REPORT" stay 3>&-
	flock -n lock true
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	alive "$PID"
}

@test "fds=keep keeps every one of them" {
	from_leaks
	probe --fds=keep
	equal descriptors "$(fact fds)" "$(echo {0..1002} 1500)"
}

@test "fds=keep keeps them in the foreground" {
	from open=5 open=70
	launch -F --fds=keep "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2 5 70"
}

@test "fds=keep adds none of ours" {
	from
	probe --fds=keep -v -i /etc/passwd -o out -e err -c "$TMP"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "fds=keep adds none of ours in the foreground" {
	from
	launch -F --fds=keep -v -i /etc/passwd -o out -e err -c "$TMP" \
	    "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "a list keeps exactly what it lists" {
	from_leaks
	probe --fds=5,7,1002
	equal descriptors "$(fact fds)" "0 1 2 5 7 1002"
}

@test "a list of one above the soft limit keeps it" {
	from_leaks
	probe --fds=1500
	equal descriptors "$(fact fds)" "0 1 2 1500"
}

@test "a list may be in any order, and name one twice" {
	from leaked=10
	probe --fds=9,3,9,5
	equal descriptors "$(fact fds)" "0 1 2 3 5 9"
}

@test "a list keeps what it lists in the foreground" {
	from leaked=10
	launch -F --fds=4,6 -o out "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2 4 6"
}

@test "a descriptor in the list is still the file that it was" {
	echo "still there" >file
	run launch --fds=7 -i /dev/null -o "$TMP/out" -p "$PIDFILE" \
	    sh -c 'cat <&7' 7<file
	remember "$(cat "$PIDFILE")"
	eventually gone "$(cat "$PIDFILE")"
	equal output "$(cat out)" "still there"
}

@test "a descriptor in the list keeps its number where ours would lie" {
	from open=10 open=11
	probe --fds=10,11 -p "$PIDFILE"
	equal "descriptor 10" "$(fact fd10)" "rw /dev/null"
	equal "descriptor 11" "$(fact fd11)" "rw /dev/null"
	equal descriptors "$(fact fds)" "0 1 2 10 11"
}

@test "of ours nothing stays, of the pid file and the record neither" {
	from_leaks
	probe -p "$PIDFILE" -i /etc/passwd -o out -e err -v
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "of ours only the lock file stays, above 9, read-only" {
	from
	probe -l "$TMP/lock"
	read -r _ _ _ lock rest <<<"$(fact fds)"
	((lock > 9))
	equal "the rest" "$rest" ""
	[[ $(fact "fd$lock") == r[,\ ]*\ $TMP/lock ]]
}

@test "a descriptor that is not open is refused before a file is touched" {
	echo "old line" >log
	from open=5
	fails 125 "daemonize: --fds=7: not an open descriptor
Try 'daemonize --help'" --fds=5,7 -p "$PIDFILE" -l lock -o log -e err \
	    "$PROBE" "$REPORT"
	equal log "$(cat log)" "old line"
	[[ ! -e $PIDFILE && ! -e lock && ! -e err && ! -e $REPORT ]]
}

@test "a descriptor above every limit is refused" {
	from
	fails 125 "daemonize: --fds=2147483647: not an open descriptor
Try 'daemonize --help'" --fds=2147483647 "$PROBE" "$REPORT"
}

@test "the caller's descriptors 0, 1 and 2 are no part of the step" {
	from
	fails 125 "daemonize: --fds=2: not close, keep or a list of \
descriptors above 2
Try 'daemonize --help'" --fds=2 "$PROBE" "$REPORT"
}

@test "closing 1,000 descriptors takes as many calls as closing 10" {
	requires strace
	few=$(system_calls leaked=10)
	many=$(system_calls leaked=1000)
	equal "system calls" "$many" "$few"
}

@test "the highest limit that is allowed costs no system call" {
	requires strace
	few=$(system_calls leaked=10 nofile=256)
	many=$(system_calls leaked=10 nofile="$(ulimit -H -n)")
	equal "system calls" "$many" "$few"
}

@test "a limit of 1,048,576 descriptors costs no system call" {
	requires strace
	limit_may_be 1048576
	few=$(system_calls leaked=10 nofile=256)
	many=$(system_calls leaked=10 nofile=1048576)
	equal "system calls" "$many" "$few"
}

@test "a limit of a billion descriptors costs no system call" {
	requires strace
	limit_may_be 1000000000
	few=$(system_calls leaked=10 nofile=256)
	many=$(system_calls leaked=10 nofile=1000000000)
	equal "system calls" "$many" "$few"
}

@test "on a kernel without close_range none leaks either" {
	requires strace
	from_leaks -- "${OLD_KERNEL[@]}"
	launch "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "on a kernel without close_range a list keeps exactly what it lists" {
	requires strace
	from_leaks -- "${OLD_KERNEL[@]}"
	launch --fds=5,7,1500 "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2 5 7 1500"
}

@test "on a kernel without close_range the launch is reported and locked" {
	requires strace
	from_leaks -- "${OLD_KERNEL[@]}"
	launch -p "$PIDFILE" -o out "$PROBE" "$REPORT"
	equal pid "$(cat "$PIDFILE")" "$(fact pid)"
	fails 125 "daemonize: chdir: /none: No such file or directory" \
	    -c /none "$PROBE" "$REPORT"
}

@test "a caller with one free descriptor can launch" {
	# The program needs it to be loaded itself.
	from leaked=60 nofile=64
	launch "$PROBE" "$REPORT"
	equal descriptors "$(fact fds)" "0 1 2"
}
