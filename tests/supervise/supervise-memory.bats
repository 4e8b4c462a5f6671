#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Small: what a supervisor that waits keeps of memory.  bench/resident says how
# that is measured.

load ../lib/helpers

requires_rollup() {
	[[ -r /proc/self/smaps_rollup ]] ||
	    skip "needs a kernel with smaps_rollup"
}

# The means of bench/resident, KiB: means NAME,...
means() {
	IDLE=$HELPERS_DIR/idle DAEMONIZE=$DAEMONIZE \
	    "$SOURCE_DIR/bench/resident" --only "$1" 3>&- |
	    tee -a "$TMP/.log" | sed -nE 's/^\|.*\| ([0-9.]+) \(.*$/\1/p'
}

# The mean is at most so far above that of the empty program: is_above_by KIB
is_above_by() {
	means ours,empty | awk -v most="$1" '
	NR == 1 { ours = $1 }
	NR == 2 { empty = $1 }
	END { exit !(NR == 2 && ours - empty <= most) }'
}

# The mean is at most so many KiB: is_at_most KIB
is_at_most() {
	means ours | awk -v most="$1" '
	END { exit !(NR == 1 && $1 <= most) }'
}

@test "a supervisor that waits has at most 24 KiB more than an empty program" {
	requires plain uncounted dynamic
	requires_rollup
	eventually is_above_by 24
}

@test "linked statically with musl it has at most 40 KiB" {
	requires plain uncounted
	requires_rollup
	! ldd "$DAEMONIZE" >/dev/null 2>&1 &&
	    ! grep -qa 'GNU C Library' "$DAEMONIZE" ||
	    skip "needs a static program with musl"
	eventually is_at_most 40
}

# KiB of private dirty memory in a file of /proc, to its end: dirty FILE
dirty() {
	sed -n 's/^Private_Dirty: *\([0-9]*\) kB/\1/p' "$1" | sed -n 1p
}

# Has the supervisor given back what the start of a run has used?
has_released() {
	local stack

	stack=$(sed -n '/\[stack\]$/,$p' "/proc/$1/smaps" | dirty /dev/stdin)
	[[ $stack -le 24 ]]
}

# Kills the run, and those after it, until that number is reached: run_until N
run_until() {
	echo "$1" >last
	kill -KILL "$(cat "$PIDFILE")"
	eventually grep -qsx "$1" number
	eventually has_released "$SUPERVISOR"
}

@test "its memory does not grow with the number of runs" {
	local before after

	requires plain uncounted
	requires_rollup
	# Until it is on the disk, its pages are dirty, too.
	sync "$DAEMONIZE"
	echo 1 >last
	launch --restart=always --restart-delay=1ms/1ms -p "$PIDFILE" \
	    -c "$TMP" -e log sh -c 'n=$(($(cat number) + 1))
		echo $n >number
		[ $n -ne "$(cat last)" ] || exec sleep 1000'
	SUPERVISOR=$(recorded supervisor)
	SUPERVISOR=${SUPERVISOR%% *}
	remember "$SUPERVISOR"
	eventually grep -qsx 1 number
	run_until 10
	before=$(dirty "/proc/$SUPERVISOR/smaps_rollup")
	run_until 100
	after=$(dirty "/proc/$SUPERVISOR/smaps_rollup")
	launch --stop -p "$PIDFILE"
	echo "$before KiB after 10 runs, $after after 100"
	[[ $after -le $((before + 4)) ]]
}
