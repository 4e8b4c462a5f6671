#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Of two processes of ours that meet, neither does harm, in whatever order they
# go on.
#
# A sample with one preemption; tests/interleave/run --bound=2 tries all of it.

load ../lib/helpers

interleave() {
	TMPDIR=$TMP DAEMONIZE=$DAEMONIZE HELPERS_DIR=$HELPERS_DIR \
	    BUILD_DIR=${REPORTS%/tests/reports} \
	    "$SOURCE_DIR/tests/interleave/run" "$@" 3>&-
}

# Expects that exit status.
interleaving_says() {
	local expected=$1 status=0

	# A sanitizer's run-time makes system calls of its own.
	requires plain uncounted
	shift
	interleave "$@" >found 2>&1 || status=$?
	cat found
	case $status in
	3)	skip "needs ptrace: $(tail -n 1 found)" ;;
	4)	skip "needs x86-64 or aarch64" ;;
	esac
	equal status "$expected" "$status"
}

# A schedule of that scenario shows what is broken: is_found BROKEN SCENARIO
schedule_shows() {
	interleaving_says 1 --broken="$1" --first "$2"
}

@test "no schedule with one preemption breaks a promise" {
	interleaving_says 0 --bound=1 --seconds=45 --seed=1
}

@test "a program that takes no lock is found out" {
	schedule_shows no-flock launch-launch
}

@test "a verb that does not look again once it holds a process is found out" {
	# It takes the pid of a process that has ended.
	requires root
	((0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status) >> 21 & 1)) ||
	    skip "needs CAP_SYS_ADMIN"
	schedule_shows no-second-look stop-reuse
}

@test "a lock that ends before the record says running is found out" {
	schedule_shows early-unlock restart-stop
}

@test "a file that is removed by its name alone is found out" {
	schedule_shows unlink-by-path stop-launch
}

@test "a stop that does not wait for a launch is found out" {
	schedule_shows impatient-stop restart-stop
}

@test "a rotation that goes on writing to the old file is found out" {
	schedule_shows late-reopen rotate-follow
}

@test "a log that does not wait for the program that moves it is found out" {
	schedule_shows hasty-creation rotate-create
}

@test "a long line that a rotation tears is found out" {
	schedule_shows torn-line rotate-rename-long
}
