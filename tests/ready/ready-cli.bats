#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC1003
# What --ready and --ready-timeout accept, and what is told of the wait: by
# --explain, by -v and on a terminal.  (How it ends: ready.bats.)

load ../lib/helpers

# It is refused with that reason: wrong OPTION REASON [ARG]...
wrong() {
	fails 125 "daemonize: $1: $2
Try 'daemonize --help'" "$1" "${@:3}" touch started
	[[ ! -e started ]]
}

# --- what is said -----------------------------------------------------------

@test "a method that there is not is refused, with those that there are" {
	local method why

	why="not exec, alive:TIME, notify, fd:N, file:PATH, tcp:[HOST:]PORT, "
	why+="unix:PATH, cmd:COMMAND or line:TEXT"
	for method in "" x ready Exec exec: exec:1 notify: notify:1 alive fd \
	    file tcp unix cmd line "fd :3" " fd:3" TCP:80 :80 /path; do
		wrong "--ready=$method" "$why"
	done
}

@test "alive: needs a time" {
	local time

	for time in "" x -1 1.5 1d 1ss " 1" "1 " 3000000000ms \
	    99999999999999999999; do
		wrong "--ready=alive:$time" \
		    "not a time such as 500ms, 2s, 5m or 1h"
	done
}

@test "fd: needs a descriptor above 2" {
	local fd

	for fd in "" 0 1 2 -1 x 3x "3 " " 3" +3 3,4 0x5 2147483648 \
	    99999999999999999999; do
		wrong "--ready=fd:$fd" "needs a descriptor above 2 after fd:"
	done
}

@test "file: and unix: need a path" {
	wrong --ready=file: "needs a path after the colon"
	wrong --ready=unix: "needs a path after the colon"
}

@test "unix: needs one that is no longer than an address" {
	local path

	path=$(printf '%0108d' 0)
	wrong "--ready=unix:$path" "too long for the path of a socket"
	wrong "--ready=unix:@$path" "too long for the path of a socket"
}

@test "tcp: needs a port, and a host before a colon" {
	local where

	for where in "" : host: :80 "[::1]:" "$(printf '%0300d' 0):80"; do
		wrong "--ready=tcp:$where" "needs [HOST:]PORT after tcp:"
	done
}

@test "tcp: needs brackets around an IPv6 address" {
	local where

	for where in ::1:80 fe80::1:80 ::80 "[::1" "[::1]" "::1]:80"; do
		wrong "--ready=tcp:$where" \
		    "an IPv6 address needs brackets: tcp:[::1]:80"
	done
}

@test "tcp: needs a port that there can be" {
	local port status

	for port in 0 65536 99999 4294967376 +80 -1 " 80"; do
		status=0
		launch --ready="tcp:127.0.0.1:$port" --ready-timeout=1ms \
		    touch started 2>said || status=$?
		equal "status of $port" "$status" 125
	done
	[[ ! -e started ]]
}

@test "cmd: needs a command" {
	wrong --ready=cmd: "needs a command after the colon"
}

@test "line: needs a part of a line, and a log to which lines go" {
	local long reason="needs a part of a line, of at most 2048 bytes"

	wrong --ready=line: "$reason" --log="$TMP/log"
	run launch --ready=$'line:a\nb' --log="$TMP/log" true
	status_is 125
	[[ $output == *"$reason"* ]]
	long=$(printf %02048d 0)
	run launch --ready="line:${long}0" --log="$TMP/log" true
	status_is 125
	[[ $output == *"$reason"* ]]
	launch --explain --ready="line:$long" --log="$TMP/log" true
	wrong --ready=line:a "needs --log"
	wrong --ready=line:a "--stdout and --stderr leave no line to the log" \
	    --log="$TMP/log" -o "$TMP/out" -e keep
	launch --explain --ready=line:a --log="$TMP/log" -o "$TMP/out" true
}

@test "a time-out needs a time" {
	local time

	for time in "" x -1 1.5 1d " 1" 3000000000ms; do
		wrong "--ready-timeout=$time" \
		    "not a time such as 500ms, 2s, 5m or 1h" --ready=notify
	done
}

@test "a time-out needs a method that can be late" {
	wrong --ready-timeout=2s "is not for --ready=exec and alive"
	wrong --ready-timeout=2s "is not for --ready=exec and alive" \
	    --ready=exec
	wrong --ready-timeout=2s "is not for --ready=exec and alive" \
	    --ready=alive:1s
}

@test "a time-out without a unit is reported in seconds" {
	fails 124 "daemonize: ready: $(command -v sleep): not ready after \
0s: file:$TMP/never" --ready="file:$TMP/never" --ready-timeout=0 sleep 1000
}

@test "the last of several counts" {
	launch --ready=fd:7 --ready=exec -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	fails 124 "daemonize: ready: $(command -v sleep): not ready after \
1ms: file:$TMP/never" --ready=fd:7 --ready-timeout=1h \
	    --ready="file:$TMP/never" --ready-timeout=1ms sleep 1000
}

@test "options of the command are not options of daemonize" {
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay --ready=nothing
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal argument "$(fact arg3)" --ready=nothing
}

@test "both are for a launch" {
	local verb

	for verb in --status --stop --signal=HUP --wait --check; do
		fails 125 "daemonize: ${verb%=*}: --ready is for a launch
Try 'daemonize --help'" "$verb" -p "$PIDFILE" --ready=exec
		fails 125 "daemonize: ${verb%=*}: --ready-timeout is for a launch
Try 'daemonize --help'" "$verb" -p "$PIDFILE" --ready-timeout=1s
	done
	fails 125 "daemonize: --list: --ready is for a launch
Try 'daemonize --help'" --list --ready=exec
}

@test "--ready in the foreground is refused: no launcher is left to wait" {
	local method

	for method in alive:1s notify fd:7 file:x tcp:80 unix:x; do
		wrong "--ready=$method" \
		    "no launcher waits in the foreground; use \
--background=yes or --supervise" -F
		wrong "--ready=$method" \
		    "no launcher waits in the foreground; use \
--background=yes or --supervise" \
		    --background=no --refork=no
	done
	run launch -F --ready=exec echo here
	status_is 0
	output_is here
}

@test "fd: a descriptor that is listed is refused" {
	wrong --ready=fd:7 "--fds lists this descriptor, too; use another \
one" --fds=6,7 \
	    6</dev/null 7</dev/null
}

@test "a message shows a value of --ready as one plain line" {
	wrong $'--ready=file\n\033[1m' "not exec, alive:TIME, notify, fd:N, \
file:PATH, tcp:[HOST:]PORT, unix:PATH, cmd:COMMAND or line:TEXT" 2>&1 || :
	run launch $'--ready=a\n\033b' true
	status_is 125
	[[ ${lines[0]} == "daemonize: --ready=a??b: not exec, "* ]]
}

# --- what is shown ----------------------------------------------------------

# The plan has that line: plan LINE [OPTION]...
plan() {
	launch --explain "${@:2}" sleep 1000 >plan.txt
	equal "plan with ${*:2}" \
	    "$(sed -n 's/^  ready  *//p' plan.txt)" "$1"
}

@test "--explain shows what will be waited for, and how long" {
	plan ""
	plan "" --ready=exec
	plan "wait for alive:2s; else terminate it" --ready=alive:2s
	plan "wait for notify, at most 60s; else terminate it" --ready=notify
	plan "wait for fd:7, at most 2m; else terminate it" --ready=fd:7 \
	    --ready-timeout=2m
	plan "wait for file:$TMP/x, at most 60s; else terminate it" \
	    --ready="file:$TMP/x"
	plan "wait for tcp:[::1]:80, at most 5s; else terminate it" \
	    "--ready=tcp:[::1]:80" --ready-timeout=5
	plan "wait for unix:@x?y, at most 60s; else terminate it" \
	    --ready=$'unix:@x\ny'
	equal last "$(tail -n 1 plan.txt)" \
	    "  ready        wait for unix:@x?y, at most 60s; else terminate it"
}

@test "--explain opens nothing and connects to nothing" {
	requires strace plain uncounted
	strace -f -o trace "$DAEMONIZE" --explain --ready=notify true \
	    >/dev/null 3>&-
	strace -f -o trace2 "$DAEMONIZE" --explain --ready=tcp:127.0.0.1:1 \
	    true >/dev/null 3>&-
	strace -f -o trace3 "$DAEMONIZE" --explain --ready=file:x true \
	    >/dev/null 3>&-
	run grep -hE 'socket\(|connect\(|bind\(|inotify|mkdir|fork|clone' \
	    trace trace2 trace3
	output_is ""
}

# The plan as JSON has that as FIELD: json FIELD VALUE [OPTION]...
json() {
	launch --explain --json "${@:3}" sleep 1000 >plan.json
	equal "$1 with ${*:3}" "$(python3 -c 'import json, sys
print(json.load(open("plan.json")).get(sys.argv[1]))' "$1")" "$2"
}

@test "--explain --json shows it, too" {
	requires python3
	json ready exec
	json ready_timeout_ms None
	json ready exec --ready=exec
	json ready alive:2s --ready=alive:2s
	json ready_timeout_ms None --ready=alive:2s
	json ready notify --ready=notify
	json ready_timeout_ms 60000 --ready=notify
	json ready fd:7 --ready=fd:7
	json ready 'tcp:[::1]:80' --ready='tcp:[::1]:80'
	json ready 'unix:@"\' --ready='unix:@"\' --ready-timeout=2m
	json ready_timeout_ms 120000 --ready=file:x --ready-timeout=2m
	json ready_timeout_ms 0 --ready=file:x --ready-timeout=0
}

@test "-v says it last, when it is ready" {
	run launch -v -p "$PIDFILE" --ready=alive:1ms sleep 1000
	remember "$(cat "$PIDFILE")"
	status_is 0
	[[ ${lines[-2]} == "daemonize: exec: "*": pid $(cat "$PIDFILE")" ]]
	equal last "${lines[-1]}" "daemonize: ready: alive:1ms"
}

@test "-v does not say it of one that is not" {
	run launch -v --ready=alive:1h false
	status_is 123
	equal last "${lines[-1]}" "daemonize: ready: $(type -P false): \
exited with status 1 before it was ready$WITHOUT_FILE"
	[[ $output != *"ready: alive"* ]]
}

@test "-v says nothing of the default" {
	run launch -v -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	[[ $output != *"ready"* ]]
}

# --- on a terminal ----------------------------------------------------------

# At a terminal of WIDTH columns the ACTIONs are done while this waits, and
# what was written is in SAID: watch WIDTH [ACTION]... -- [OPTION]... COMMAND
# (The terminal ends its lines with \r\n, which typist.py takes back.)
watch() {
	local width=$1 actions=()

	shift
	while [[ $1 != -- ]]; do
		actions+=("$1")
		shift
	done
	status=0
	timeout "$DEADLINE" python3 "$SOURCE_DIR/tests/bin/typist.py" \
	    "${actions[@]}" -- sh -c 'stty cols "$1" && shift && exec "$@"' \
	    sh "$width" "$DAEMONIZE" "${@:2}" >said 3>&- || status=$?
	SAID=$(cat said)
}

# What is told while it waits: without what comes after it, the message.
LINE=$'\r\033[K'

setup_watch() {
	requires python3 stty
	SLEEP=$(command -v sleep)
}

@test "on a terminal a long wait shows what for, and how long still" {
	setup_watch
	watch 200 "wait= s left" "wait= s left" $'type=\003' -- \
	    --ready="file:$TMP/never" sleep 1000
	equal status "$status" 130
	[[ $SAID =~ ^"${LINE}waiting for $SLEEP (file:$TMP/never), "5[0-9] ]]
	# And then anew, with less.
	[[ $SAID =~ ", "([0-9]+)" s left$LINE"[^,]*", "([0-9]+)" s left" ]]
	((BASH_REMATCH[2] < BASH_REMATCH[1]))
}

@test "alive: the time that is left is its own" {
	setup_watch
	watch 200 "wait=waiting for $SLEEP (alive:1h), 35" \
	    $'type=\003' -- --ready=alive:1h sleep 1000
	equal status "$status" 130
}

@test "the progress on a terminal is erased" {
	setup_watch
	watch 200 "wait= s left" $'type=\003' -- \
	    --ready="file:$TMP/never" sleep 1000
	# With the ^C, before the message, which is the last.
	[[ $SAID == *" s left^C${LINE}daemonize: ready: $SLEEP: interrupted \
by signal INT" ]]
	watch 200 "wait=left" -- -p "$PIDFILE" --ready=alive:1500ms sleep 1000
	remember "$(cat "$PIDFILE")"
	equal status "$status" 0
	[[ $SAID == "${LINE}waiting for $SLEEP (alive:1500ms), "*" left$LINE" ]]
}

@test "a short wait shows nothing" {
	setup_watch
	watch 200 -- -p "$PIDFILE" --ready=alive:1ms sleep 1000
	remember "$(cat "$PIDFILE")"
	equal status "$status" 0
	equal said "$SAID" ""
	watch 200 -- -p "$PIDFILE.2" sleep 1000
	remember "$(cat "$PIDFILE.2")"
	equal said "$SAID" ""
}

@test "the state that the daemon reports is shown" {
	setup_watch
	requires systemd-notify
	cat >server <<-'END'
		#!/bin/sh
		systemd-notify --status="loading data"
		exec sleep 1000
	END
	chmod 755 server
	watch 200 "wait=(notify): loading data, " $'type=\003' -- \
	    --ready=notify "$TMP/server"
	equal status "$status" 130
	[[ $SAID == *"signal INT; its status: loading data" ]]
}

@test "the line is cut where the terminal ends" {
	local full

	setup_watch
	watch 30 "wait=waiting for" $'type=\003' -- \
	    --ready="file:$TMP/never" sleep 1000
	equal status "$status" 130
	full="waiting for $SLEEP (file:$TMP/never)"
	[[ $SAID == "$LINE${full:0:29}^C${LINE}daemonize: "* ]]
}

@test "control characters of the daemon's state are not shown" {
	setup_watch
	watch 200 "wait=waiting for $SLEEP (file:a??[31mb), " \
	    $'type=\003' -- --ready=$'file:a\n\033[31mb' sleep 1000
	equal status "$status" 130
	[[ $SAID != *$'\033[31m'* ]]
}

@test "the progress is shown if stderr is the terminal, not stdout" {
	setup_watch
	watch 200 -- -F -o "$TMP/out" sh -c : # the terminal works
	timeout "$DEADLINE" python3 "$SOURCE_DIR/tests/bin/typist.py" -- \
	    sh -c '"$@" 2>err; cat err' sh "$DAEMONIZE" -p "$PIDFILE" \
	    --ready=alive:1200ms sleep 1000 >said 3>&-
	remember "$(cat "$PIDFILE")"
	equal said "$(cat said)" ""
	equal err "$(cat err)" ""
}

@test "nothing is shown by a launch in the background of a terminal" {
	setup_watch
	timeout "$DEADLINE" python3 "$SOURCE_DIR/tests/bin/typist.py" -- \
	    bash -mc '"$@" & wait $!; echo "status $?"' bash "$DAEMONIZE" \
	    -p "$PIDFILE" --ready=alive:1200ms sleep 1000 >said 3>&-
	remember "$(cat "$PIDFILE")"
	[[ $(cat said) == *"status 0" ]]
	[[ $(cat said) != *waiting* ]]
}

@test "the wait for a daemon that ignores TERM is shown" {
	setup_watch
	watch 300 "wait=waiting for $HELPERS_DIR/stubborn (TERM), " \
	    $'type=\003' -- --ready="file:$TMP/never" --ready-timeout=100ms \
	    "$HELPERS_DIR/stubborn" "$TMP/log"
	equal status "$status" 124
	[[ $SAID == *" s left^C$LINE" ]]
}

@test "the terminal's end ends neither the wait nor the daemon" {
	setup_watch
	mkfifo gate
	timeout "$DEADLINE" python3 "$SOURCE_DIR/tests/bin/typist.py" \
	    "wait=waiting for" hangup -- bash -c 'set +m
	    trap "" HUP; "$@"; echo "$?" >status' \
	    bash "$DAEMONIZE" -c "$TMP" -p "$PIDFILE" --ready=fd:7 \
	    sh -c 'read -r x <gate; echo >&7; exec sleep 1000' \
	    >said 3>&- &
	remember $!
	eventually test -s said
	eventually grep -q waiting said
	timeout "$DEADLINE" sh -c 'echo >gate'
	eventually test -s status
	equal status "$(cat status)" 0
	remember "$(cat "$PIDFILE")"
	wait $! || :
}

# --- the default ------------------------------------------------------------

# The system calls of a launch: calls FILE [OPTION]...
calls() {
	strace -f -o trace "$DAEMONIZE" "${@:2}" true 3>&-
	sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' trace |
	    sort -u >"$1"
}

@test "the default is exec, and costs nothing" {
	requires strace
	calls default
	calls exec --ready=exec
	run diff default exec
	output_is ""
	run grep -E 'signalfd|socket|timerfd|epoll|pidfd' default
	output_is ""
}
