#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 3: the caller goes on at once, with its pipes and its terminal, while
# the daemon lives.

load ../lib/helpers

# What a caller is left with that processes without a parent are given to: the
# children that it did not start, each `PID STATE`.
adopted_children() {
	python3 -c '
import ctypes, os, subprocess, sys
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
subprocess.run(sys.argv[1:])
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        stat = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    except OSError:
        continue
    if int(stat[1]) == os.getpid():
        print(pid, "zombie" if stat[0] == "Z" else "alive")' "$@" 3>&-
}

# Runs a script that launches the probe as "$@"; it would hang where the
# daemon kept a pipe of it (and so would run, which reads from one).
in_time() {
	timeout -s KILL "$DEADLINE" sh -c "$1" sh "$DAEMONIZE" "$PROBE" \
	    "$REPORT" stay >"$TMP/printed" 2>&1 3>&- || :
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

# A job in the background of a terminal that stops those that write to it.
as_terminal_job() {
	run timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" bash -c 'set -m
	    stty tostop
	    "$@" & wait -f $!; echo "status $?"' bash "$@" 3>&-
}

@test "the caller continues while the daemon lives" {
	from -- timeout -s KILL "$DEADLINE"
	probe
	alive "$PID"
}

@test "no process of daemonize is left when the caller continues" {
	probe
	equal processes "$(leftovers)" "$PID"
}

@test "the daemon is given to the reaper of orphans that the caller has" {
	requires python3
	adopted_children "$DAEMONIZE" "$PROBE" "$REPORT" stay >children
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	equal children "$(cat children)" "$PID alive"
}

@test "a launch that fails leaves the caller no process, not even a zombie" {
	requires python3
	run adopted_children "$DAEMONIZE" -c "$TMP/none" true
	output_is "daemonize: chdir: $TMP/none: No such file or directory"
}

@test "the pid file has the daemon's pid when the caller continues" {
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually test -e "$REPORT"
	equal pid "$PID" "$(fact pid)"
}

@test "a command substitution ends while the daemon lives" {
	in_time 'out=$("$@"); echo "got <$out>"'
	equal output "$(cat printed)" "got <>"
	alive "$PID"
}

@test "a command substitution with stderr ends while the daemon lives" {
	in_time 'out=$("$@" 2>&1); echo "got <$out>"'
	equal output "$(cat printed)" "got <>"
	alive "$PID"
}

@test "a pipe ends while the daemon lives" {
	in_time '"$@" | cat; echo end'
	equal output "$(cat printed)" end
	alive "$PID"
}

@test "a pipe on another descriptor ends while the daemon lives" {
	in_time '{ "$@" >/dev/null; } 7>&1 | cat; echo end'
	equal output "$(cat printed)" end
	alive "$PID"
}

@test "a background job ends while the daemon lives" {
	launch "$PROBE" "$REPORT" stay 3>&- &
	wait $!
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	alive "$PID"
}

@test "a job in the background of a terminal is not stopped by its output" {
	as_terminal_job "$DAEMONIZE" -v -p "$PIDFILE" "$PROBE" "$REPORT" stay
	remember "$(cat "$PIDFILE")"
	[[ $output == *"daemonize: background: yes"*$'\n'"status 0" ]] ||
	    { echo "$output"; return 1; }
}

@test "a job in the background of a terminal is not stopped by its error" {
	as_terminal_job "$DAEMONIZE" "$TMP/none"
	[[ $output == *"$TMP/none: No such file or directory"*"status 127" ]]
}

@test "the leader of a process group can launch" {
	from leader
	probe
	alive "$PID"
}

@test "the leader of a session can launch" {
	from session
	probe
	alive "$PID"
}

@test "background=no: the command is the process that was started" {
	sh -c 'echo $$ >started; exec "$@"' sh "$DAEMONIZE" --background=no \
	    --session=keep --refork=no "$PROBE" "$REPORT" 3>&-
	equal pid "$(fact pid)" "$(cat started)"
}

@test "the foreground: the command is the process that was started" {
	sh -c 'echo $$ >started; exec "$@"' sh "$DAEMONIZE" -F \
	    "$PROBE" "$REPORT" 3>&-
	equal pid "$(fact pid)" "$(cat started)"
}

@test "the foreground: the caller gets the command's exit status" {
	run launch -F sh -c 'exit 42'
	status_is 42
}

@test "the foreground: the pid file has the command's pid" {
	run launch -F -p "$PIDFILE" sh -c 'echo $$; cat "$1"' sh "$PIDFILE"
	equal "pid file" "${lines[1]}" "${lines[0]}"
}

@test "background=no with refork=yes: the caller continues, by that fork" {
	from -- timeout -s KILL "$DEADLINE"
	probe --background=no --session=keep --refork=yes
	alive "$PID"
}

@test "background=yes has its way with foreground" {
	from -- timeout -s KILL "$DEADLINE"
	probe -F --background=yes -i /dev/null -o /dev/null -e /dev/null
	alive "$PID"
	equal processes "$(leftovers)" "$PID"
}
