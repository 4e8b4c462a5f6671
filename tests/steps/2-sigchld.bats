#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 2: the disposition of SIGCHLD (17), whatever the caller's is.

load ../lib/helpers

# The daemon's exit status of a child, as wait tells it; a shell that sets
# SIGCHLD itself would hide what it woke up with.
child_status() {
	launch "$@" -p "$PIDFILE" -o "$TMP/out" python3 -c '
import os
pid = os.fork()
if pid == 0:
    os._exit(7)
try:
    print(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
except ChildProcessError:
    print("ECHILD")'
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually gone "$PID"
	cat "$TMP/out"
}

@test "SIGCHLD is at its default though the caller ignores it" {
	from ignored=17
	probe
	equal ignored "$(fact ignored)" ""
}

@test "SIGCHLD is at its default in the foreground, too" {
	from ignored=17
	launch -F "$PROBE" "$REPORT"
	equal ignored "$(fact ignored)" ""
}

@test "sigchld=default has its way with signals=keep" {
	from ignored=13 ignored=17
	probe --signals=keep --sigchld=default
	equal ignored "$(fact ignored)" 13
}

@test "sigchld=ignore: it is ignored, and nothing else is" {
	from
	probe --sigchld=ignore
	equal ignored "$(fact ignored)" 17
}

@test "sigchld=ignore: it stays ignored where the caller ignores it" {
	from ignored
	probe --sigchld=ignore
	equal ignored "$(fact ignored)" 17
}

@test "sigchld=ignore works in the foreground" {
	from
	launch -F --sigchld=ignore "$PROBE" "$REPORT"
	equal ignored "$(fact ignored)" 17
}

@test "sigchld=keep keeps it ignored" {
	from ignored=17
	probe --sigchld=keep
	equal ignored "$(fact ignored)" 17
}

@test "sigchld=keep keeps it at its default" {
	from
	probe --sigchld=keep
	equal ignored "$(fact ignored)" ""
}

@test "sigchld=keep keeps it in the foreground" {
	from ignored=17
	launch -F --sigchld=keep "$PROBE" "$REPORT"
	equal ignored "$(fact ignored)" 17
}

@test "a blocked SIGCHLD is blocked no more" {
	from blocked=17
	probe --sigchld=keep
	equal blocked "$(fact blocked)" ""
}

@test "a command can wait for its children though the caller ignores SIGCHLD" {
	requires python3
	from ignored=17
	equal status "$(child_status)" 7
}

@test "sigchld=ignore lets the kernel reap the command's children" {
	requires python3
	from
	equal status "$(child_status --sigchld=ignore)" ECHILD
}

@test "a shell's wait works though the caller ignores SIGCHLD" {
	from ignored=17
	run launch -F sh -c 'sh -c "exit 7" & wait $!; echo $?'
	output_is 7
}

@test "the launch is reported though the caller ignores SIGCHLD" {
	from ignored=17
	fails 127 "daemonize: exec: $TMP/none: No such file or directory" \
	    "$TMP/none"
	probe --sigchld=keep
	alive "$PID"
}

@test "a daemon killed on its way is noticed though the caller ignores SIGCHLD" {
	requires strace
	# Without a zombie the launcher could not tell it from one that ended.
	from ignored=17 -- strace -qq -f -o trace \
	    -e trace=chdir -e inject=chdir:signal=KILL
	fails 125 "daemonize: exec: $PROBE: killed by signal 9 before it was\
 executed" -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
}
