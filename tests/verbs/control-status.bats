#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --status and --list: does it run, and which of them do?

load ../lib/helpers

WHEN='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'

# What --status prints of a running daemon, but for the time:
# reports LABEL PID USER COMMAND
reports() {
	status_is 0
	equal status "$(sed -E "s/since $WHEN \([^)]*\)(, memory [0-9.]+ [KM]iB)?(, output to [^:]*)?:/since WHEN:/" \
	    <<<"$output")" \
	    "$1: running, pid $2, user $3, since WHEN: $4"
}

# --- status -----------------------------------------------------------------

@test "a running daemon is a line with its pid, user, time and command" {
	start sleep 1000
	run launch --status -p "$PIDFILE"
	reports "$PIDFILE" "$PID" "$(id -un)" "sleep 1000"
}

@test "the start time is the one that ps prints" {
	local since started

	start sleep 1000
	run launch --status -p "$PIDFILE"
	[[ $output =~ since\ ($WHEN)\  ]]
	since=$(date -d "${BASH_REMATCH[1]}" +%s)
	started=$(date -d "$(ps -o lstart= -p "$PID")" +%s)
	# Both round to a second, in their own way.
	((since - started >= -1 && since - started <= 1))
}

@test "the user is the daemon's" {
	requires root
	start -u nobody sleep 1000
	run launch --status -p "$PIDFILE"
	reports "$PIDFILE" "$PID" nobody "sleep 1000"
}

@test "another user gets the status, too" {
	start sleep 1000
	requires root
	as_user
	run launch --status -p "$PIDFILE"
	reports "$PIDFILE" "$PID" root "sleep 1000"
}

@test "where its output goes is in the line" {
	start -o log sleep 1000
	run launch --status -p "$PIDFILE"
	[[ $output == *", output to $TMP/log and /dev/null: sleep 1000" ]]
	kill -KILL "$PID"
	eventually gone "$PID"
	start -o log -e log sleep 1000
	run launch --status -p "$PIDFILE"
	[[ $output == *", output to $TMP/log: sleep 1000" ]]
}

@test "the destination of an inherited output is read from /proc" {
	launch -o keep -p "$PIDFILE" sleep 1000 >"$TMP/kept"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	run launch --status -p "$PIDFILE"
	[[ $output == *", output to $TMP/kept and /dev/null: sleep 1000" ]]
}

@test "the memory is what the kernel says is resident" {
	local kib

	start sleep 1000
	kib=$(sed -nE 's/^VmRSS:[[:space:]]*([0-9]+) kB$/\1/p' "/proc/$PID/status")
	run launch --status -p "$PIDFILE"
	[[ $output =~ \),\ memory\ ([0-9.]+)\ ([KM])iB,\ output ]]
	if [[ ${BASH_REMATCH[2]} == K ]]; then
		equal memory "${BASH_REMATCH[1]}" "$kib"
	else
		# Cut to a tenth, or to one, of 1024 KiB.
		awk "BEGIN { d = ${BASH_REMATCH[1]} - $kib / 1024
		    exit d < -1 || d > 1 }"
	fi
}

@test "a command that has ended is shown, with its log, how it ended and when" {
	local ended="exited with status 3 after [0-9.]+ m?s, $WHEN"
	local output_to=", output to $TMP/log: sh -c exit 3"

	launch -p "$PIDFILE" --log=log sh -c 'exit 3'
	eventually test ! -e "$PIDFILE"
	run launch --status -p "$PIDFILE"
	status_is 3
	[[ ${lines[0]} =~ ": failed; run 1 "$ended$output_to$ ]]
	[[ ${lines[1]} =~ ^"  run 1: "$ended$ ]]
}

@test "the uptime has one or two units" {
	start sleep 1000
	run launch --status -p "$PIDFILE"
	[[ $output =~ since\ $WHEN\ \([0-9]+\ s\), ]]
}

@test "a control character in an argument becomes a question mark" {
	start "$PROBE" "$REPORT" stay $'a\nb\tc\033[2J\177'
	eventually test -e "$REPORT"
	run launch --status -p "$PIDFILE"
	reports "$PIDFILE" "$PID" "$(id -un)" \
	    "$PROBE $REPORT stay a?b?c?[2J?"
}

@test "a control character in the name of the pid file becomes a question mark" {
	PIDFILE=$TMP/$'a\nb\033[2J'
	start sleep 1000
	run launch --status -p "$PIDFILE"
	reports "$TMP/a?b?[2J" "$PID" "$(id -un)" "sleep 1000"
}

@test "a long command line is one line" {
	start "$PROBE" "$REPORT" stay "$(printf '%0100000d' 0)"
	run launch --status -p "$PIDFILE"
	status_is 0
	equal lines "${#lines[@]}" 1
	[[ $output == *" $PROBE $REPORT stay 000"* ]]
}

@test "the pid file of a dead daemon: 1" {
	start sleep 1000
	end_daemon "$PID"
	fails 1 "$PIDFILE: dead, but its pid file exists, output to \
/dev/null: sleep 1000" --status -p "$PIDFILE"
	[[ -e $PIDFILE ]]
}

@test "a zombie is dead" {
	start_unreaped
	kill -KILL "$PID"
	eventually grep -q '^State:.Z' "/proc/$PID/status"
	fails 1 "$PIDFILE: dead, but its pid file exists: sleep 1000" \
	    --status -p "$PIDFILE"
}

@test "no pid file, or no directory of it: 3" {
	fails 3 "$PIDFILE: not running" --status -p "$PIDFILE"
	fails 3 "$TMP/no/pid: not running" --status -p "$TMP/no/pid"
	[[ ! -e $PIDFILE && ! -e $TMP/no ]]
}

@test "an unknown state is reported with the reason: 4" {
	mkdir "$PIDFILE"
	launch --status -p "$PIDFILE" >"$TMP/stdout" 2>/dev/null || :
	equal stdout "$(cat "$TMP/stdout")" ""
	fails 4 "daemonize: status: $PIDFILE: not a regular file" \
	    --status -p "$PIDFILE"
}

@test "a pid file that the user may not read: 4" {
	echo 1 >"$TMP/closed"
	chmod 0 "$TMP/closed"
	as_user
	fails 4 "daemonize: status: $TMP/closed: Permission denied" \
	    --status -p "$TMP/closed"
}

@test "the status changes nothing" {
	local before

	start sleep 1000
	before=$(stat -c '%i %s %y %a' "$PIDFILE")
	launch --status -p "$PIDFILE"
	alive "$PID"
	equal "pid file" "$(stat -c '%i %s %y %a' "$PIDFILE")" "$before"
	names_instance
}

@test "by name the line begins with the name" {
	as_user
	start_named some.thing
	run launch --status -n some.thing
	reports some.thing "$PID" "$USERNAME" "sleep 1000"
	end_daemon "$PID"
	fails 1 "some.thing: dead, but its pid file exists, output to \
/dev/null: sleep 1000" --status -n some.thing
	fails 3 "other: not running: no $NAMED/other.pid" --status -n other
}

@test "by a name of root's" {
	local name=daemonize-test-$$-$BATS_TEST_NUMBER

	requires root flock
	# Only one test at a time makes and removes the directory.
	exec {lock}</run
	flock "$lock"
	if [[ ! -e /run/daemonize ]]; then
		at_end rmdir /run/daemonize
	fi
	# Before its directory: the last comes last.
	printf 'rm -f %q*\n%s\n' "/run/daemonize/$name.pid" \
	    "$(cat "$TMP/.at_end")" >"$TMP/.at_end"
	launch -n "$name" sleep 1000
	PID=$(cat "/run/daemonize/$name.pid")
	remember "$PID"
	run launch --status -n "$name"
	reports "$name" "$PID" root "sleep 1000"
	run launch --list
	[[ $output == *"$name: running, pid $PID, user root, "* ]]
	fails 0 "" --stop -n "$name"
	gone "$PID"
	[[ ! -e /run/daemonize/$name.pid ]]
}

@test "with neither XDG_STATE_HOME nor HOME the state of a name is unknown: 4" {
	as_user
	unset XDG_STATE_HOME HOME
	run launch --status -n x
	status_is 4
	[[ $output == "daemonize: name: "* ]]
}

# --- list -------------------------------------------------------------------

@test "before the first launch by name, the list is empty" {
	as_user
	fails 0 "" --list
	[[ ! -e $NAMED ]]
}

@test "an empty directory is an empty list" {
	as_user
	mkdir -p "$NAMED"
	fails 0 "" --list
}

@test "the list has the state of each, sorted by name" {
	local dead running

	as_user
	start_named b
	dead=$PID
	end_daemon "$dead"
	start_named c
	running=$PID
	start_named a sleep 2000
	run launch --list
	status_is 0
	equal list "$(sed -E "s/since $WHEN \([^)]*\)(, memory [0-9.]+ [KM]iB)?(, output to [^:]*)?:/since WHEN:/" \
	    <<<"$output")" \
"a: running, pid $PID, user $USERNAME, since WHEN: sleep 2000
b: dead, but its pid file exists, output to /dev/null: sleep 1000
c: running, pid $running, user $USERNAME, since WHEN: sleep 1000"
}

@test "a name comes before the longer ones that begin with it" {
	as_user
	mkdir -p "$NAMED"
	touch "$NAMED"/{a-b,a,a+,ab,B}.pid
	run launch --list
	status_is 0
	equal names "$(cut -d: -f1 <<<"$output")" $'B\na\na+\na-b\nab'
}

@test "other files in the directory are not in the list" {
	as_user
	start_named x
	mkdir "$NAMED/sub"
	touch "$NAMED"/{x,x.log,x.pid~,.pid,.x.pid,pid}
	run launch --list
	reports x "$PID" "$USERNAME" "sleep 1000"
}

@test "an instance of unknown state is in the list, with the reason" {
	as_user
	start_named c
	mkfifo "$NAMED/a.pid"
	ln -s c.pid "$NAMED/b.pid"
	echo rubbish >"$NAMED/d.pid"
	CALLER+=(timeout "$DEADLINE")
	run launch --list
	status_is 0
	equal a "${lines[0]}" "a: unknown: not a regular file"
	equal b "${lines[1]}" "b: unknown: is a symbolic link"
	[[ ${lines[2]} == "c: running, pid $PID, "* ]]
	equal d "${lines[3]}" "d: unknown: contains something other than a \
pid; is it the right file?"
}

@test "without a failure it has ended, and the limit of restarts is said" {
	launch -p "$PIDFILE" --supervise true
	eventually test ! -e "$PIDFILE"
	run launch --status -p "$PIDFILE"
	[[ ${lines[0]} == "$PIDFILE: ended; run 1 exited with status 0 "* ]]
	launch -p "$PIDFILE" --restart=always --restart-limit=1 \
	    --restart-delay=1ms true
	eventually test ! -e "$PIDFILE"
	run launch --status -p "$PIDFILE"
	[[ ${lines[0]} == "$PIDFILE: failed, the limit of restarts is \
reached; run 2 exited with status 0 "* ]]
	launch --status --json -p "$PIDFILE" >status || :
	grep -q '"state":"failed",.*"limit_reached":true,' status
	# A signal is a failure, too.
	launch -p "$PIDFILE" --supervise sleep 1000
	remember "$(cat "$PIDFILE")"
	kill -KILL "$(cat "$PIDFILE")"
	eventually test ! -e "$PIDFILE"
	run launch --status -p "$PIDFILE"
	[[ ${lines[0]} == "$PIDFILE: failed; run 1 killed by signal 9 "* ]]
}

@test "what has ended by itself stays in the list, until it is stopped" {
	as_user
	launch -n job --supervise false
	eventually test ! -e "$NAMED/job.pid"
	run launch --list
	status_is 0
	[[ $output == "job: failed; run 1 exited with status 1 "* ]]
	fails 0 "job: not running" --stop -n job
	fails 0 "" --list
}

# The list as a terminal of so many columns gets it: table COLUMNS
table() {
	local -a caller=("${CALLER[@]}")

	timeout -s KILL "$DEADLINE" "${caller[@]}" "$HELPERS_DIR/onpty" \
	    sh -c 'stty cols "$1"; exec "$0" --list' "$DAEMONIZE" "$1" 3>&- |
	    tr -d '\r'
}

@test "on a terminal the list is a table that fits its width" {
	local text width

	as_user
	start_named a sleep 1000000000000000000000000000
	start_named é$'\ec'
	launch -n job --supervise false
	eventually test ! -e "$NAMED/job.pid"
	text=$(table 200 | sed 's/é/e/')
	equal table "$(sed -E 's/[0-9]+ m?s  /UP  /; s/[0-9.]+ [KM]iB/SIZE/
	    s/ [0-9]{2,} / PID /; s/  +/ /g' <<<"$text")" \
"NAME STATE PID UP RUNS MEMORY COMMAND
a running PID UP - SIZE sleep 1000000000000000000000000000
job failed - - 1 - false
e?c running PID UP - SIZE sleep 1000"
	# Each column begins at the same place in all rows.
	equal commands "$(grep -oE '^.*(COMMAND|sleep|false)' <<<"$text" |
	    sed -E 's/(COMMAND|sleep|false)$//' | awk '{ print length }' |
	    sort -u | wc -l)" 1
	for width in 60 20 1; do
		equal "width of $width" "$(table "$width" | sed 's/é/e/' |
		    awk -v n="$width" 'length > n' | wc -l)" 0
	done
	equal "in a pipe" "$(launch --list | cut -d: -f1)" $'a\njob\né?c'
}

@test "a name is one line of the list, whatever is in it" {
	as_user
	start_named $'x\ny\033c'
	run launch --list
	reports 'x?y?c' "$PID" "$USERNAME" "sleep 1000"
}

@test "each user has a list of its own" {
	requires root
	as_user
	start_named x
	CALLER=()
	run launch --list
	status_is 0
	[[ $output != *"pid $PID,"* ]]
}

@test "--list of a directory that the user may not read is reported" {
	as_user
	mkdir -p "$TMP/run/daemonize"
	mkdir -m 0 "$NAMED"
	fails 125 "daemonize: list: $NAMED: Permission denied" --list
	chmod 700 "$NAMED"
}
