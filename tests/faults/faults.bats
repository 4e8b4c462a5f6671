#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Whatever system call fails, whichever process is killed: a daemon that is
# right in every fact, or a failure that is told and leaves nothing.
#
# A sample; tests/faults/run without --short tries all of it.

load ../lib/helpers

faults() {
	TMPDIR=$TMP DAEMONIZE=$DAEMONIZE PROBE=$PROBE \
	    HELPERS_DIR=$HELPERS_DIR "$SOURCE_DIR/tests/faults/run" "$@" 3>&-
}

# A sample of the cases of a set: all are right.
nothing_is_found_in() {
	local status=0

	# A sanitizer's run-time makes system calls of its own.
	requires plain
	faults --short "$1" >found || status=$?
	cat found
	case $status in
	0)	;;
	3)	skip "needs ptrace, and to be a subreaper" ;;
	4)	skip "needs x86-64, i386 or aarch64" ;;
	77)	skip "$(sed -n 's/.* - *needs /needs /p' found)" ;;
	*)	return 1 ;;
	esac
}

@test "faults in a plain launch" {
	nothing_is_found_in plain
}

@test "faults in a launch with files and locks" {
	nothing_is_found_in files
}

@test "faults in a launch with every option" {
	nothing_is_found_in everything
}

@test "faults in a launch with another root, user and group" {
	requires root
	nothing_is_found_in root
}

@test "faults in a launch as a user with supplementary groups" {
	requires root
	nothing_is_found_in user
}

@test "faults in a launch as a user without a name" {
	requires root
	nothing_is_found_in uid
}

@test "faults in a launch of a named instance" {
	requires root
	nothing_is_found_in named
}

@test "faults in a launch of a user's named instance" {
	requires user
	nothing_is_found_in own
}

@test "faults in a launch in the foreground" {
	requires uncounted
	nothing_is_found_in foreground
}

@test "faults in a launch with the second fork alone" {
	nothing_is_found_in background-no
}

@test "faults in a launch with the first fork alone" {
	nothing_is_found_in refork-no
}

@test "faults in a launch that replaces a daemon" {
	nothing_is_found_in replace
}

@test "faults in a launch that is refused, since one runs" {
	nothing_is_found_in running
}

@test "faults in a launch of what only a shell can run" {
	nothing_is_found_in script
}

@test "faults in a launch that fails at the exec" {
	nothing_is_found_in bad-interpreter
}

@test "faults in a launch on a kernel without close_range" {
	nothing_is_found_in old-kernel
}

@test "faults while it is waited for: alive" {
	nothing_is_found_in ready-alive
}

@test "faults while it is waited for: notify" {
	nothing_is_found_in ready-notify
}

@test "faults while it is waited for: fd" {
	nothing_is_found_in ready-fd
}

@test "faults while it is waited for: file" {
	nothing_is_found_in ready-file
}

@test "faults while it is waited for: tcp" {
	nothing_is_found_in ready-tcp
}

@test "faults while it is waited for: unix" {
	nothing_is_found_in ready-unix
}

@test "faults while it is waited for: cmd" {
	nothing_is_found_in ready-cmd
}

@test "faults while it is waited for: line" {
	nothing_is_found_in ready-line
}

@test "faults in a supervised launch" {
	nothing_is_found_in supervised
}

@test "faults in a supervised launch as another user" {
	requires root
	nothing_is_found_in supervised-user
}

@test "faults while a supervised launch is waited for" {
	nothing_is_found_in supervised-ready
}

@test "faults in a supervised launch in the foreground" {
	requires uncounted
	nothing_is_found_in supervised-foreground
}

@test "faults in a supervised launch with a log" {
	nothing_is_found_in supervised-log
}

@test "faults between the end of a run and the next one" {
	nothing_is_found_in restart
}

@test "faults between the end of a run and the next one, as another user" {
	requires root
	nothing_is_found_in restart-user
}

@test "faults between the end of a run and the next one, in the foreground" {
	requires uncounted
	nothing_is_found_in restart-foreground
}

@test "faults when the last run has ended" {
	nothing_is_found_in supervised-end
}

@test "faults in a supervisor that is stopped" {
	nothing_is_found_in supervised-stop
}

@test "faults in a supervisor that is to start the command again" {
	nothing_is_found_in supervised-again
}

@test "a launcher that is killed while it waits costs its command no run" {
	local call i status=0

	requires plain
	faults --calls supervised >calls || status=$?
	((status < 3)) || skip "needs ptrace, or another architecture"
	call=$(sed -n 's/^launcher:\([0-9]*\):supervised p*poll.*/\1/p' calls |
	    tail -n 1)
	# The next run would come 100 ms later: some look is after that.
	for ((i = 0; i < 5; i++)); do
		faults --case="launcher:$call:KILL:supervised"
	done
}

@test "each set of tests/faults has its test" {
	equal sets "$(sed -n 's/^\tnothing_is_found_in //p' \
	    "$BATS_TEST_FILENAME")" "$(faults --list)"
}
