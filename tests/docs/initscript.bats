#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# contrib/daemonize.init as service(8) and init call it: every action in every
# state, with the exit statuses of the LSB.

load ../lib/helpers

# A copy of the script that has its values from a file of ours.
setup_script() {
	SCRIPT=$TMP/probed
	sed "s|^PATH=.*|PATH=$HELPERS_DIR:/usr/bin:/bin|
	    s|/etc/default/|$TMP/default-|g" \
	    "$SOURCE_DIR/contrib/daemonize.init" >"$SCRIPT"
	chmod 755 "$SCRIPT"
	# The daemon's environment is empty: the teardown knows it by this.
	cat >"$TMP/default-probed" <<-END
	DAEMON=$PROBE
	ARGS="$REPORT stay"
	USER=$(id -un)
	LOG=$TMP/log
	PIDFILE=$PIDFILE
	OPTIONS="-E DAEMONIZE_TEST=$TMP"
	END
}

# What differs from that: configure NAME=VALUE
configure() {
	[[ -n ${SCRIPT-} ]] || setup_script
	printf '%s\n' "$@" >>"$TMP/default-probed"
}

# An action, as service(8) runs it, with only the variable that the teardown
# knows its processes by: service ACTION...
service() {
	[[ -n ${SCRIPT-} ]] || setup_script
	(
		cd /
		exec env -i PATH=/sbin:/usr/sbin:/bin:/usr/bin \
		    DAEMONIZE_TEST="$TMP" "${AS[@]}" "$SCRIPT" "$@" 3>&- <&-
	)
}

# Runs it, and it ends with that status: service_is STATUS ACTION...
service_is() {
	local expected=$1 status=0

	shift
	service "$@" >"$TMP/.output" 2>&1 || status=$?
	cat "$TMP/.output"
	equal "status of $*" "$status" "$expected"
}

# PID is that of the probe that runs.
service_started() {
	service_is 0 start
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually test -s "$REPORT"
}

# There is a pid file, and its process is gone.
died() {
	service_started
	kill -KILL "$PID"
	eventually gone "$PID"
}

# The state cannot be told: this is no pid file.
garbled() {
	printf '%050d' 0 >"$PIDFILE"
}

# It has not been touched.
is_garbled() {
	equal content "$(cat "$PIDFILE")" "$(printf '%050d' 0)"
	equal processes "$(leftovers)" ""
}

# Another one runs than PID: replaced
replaced() {
	gone "$PID"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	alive "$PID"
}

# --- its name -------------------------------------------------------------

@test "its name is that of its file, also by a link of a runlevel" {
	setup_script
	mkdir rc2.d
	ln -s ../probed rc2.d/S20probed
	SCRIPT=$TMP/rc2.d/S20probed
	service_started
	equal log "$(readlink "/proc/$PID/fd/1")" "$TMP/log"
	SCRIPT=$TMP/probed
	service_is 0 stop
}

# --- start ----------------------------------------------------------------

@test "start starts it" {
	service_started
	alive "$PID"
	equal pid "$(fact pid)" "$PID"
}

@test "start of a running one is a success, and leaves it alone" {
	service_started
	service_is 0 start
	equal pid "$(cat "$PIDFILE")" "$PID"
	alive "$PID"
}

@test "start starts one that has died" {
	died
	service_is 0 start
	replaced
}

@test "start does not touch a pid file that is none" {
	garbled
	service_is 1 start
	is_garbled
}

@test "start of a program that is not installed ends with 5" {
	configure DAEMON=/nonexistent/probed
	service_is 5 start
	[[ $(cat .output) == "daemonize: exec: /nonexistent/probed: "* ]]
}

@test "start with a log that cannot be opened ends with 1" {
	configure LOG=/nonexistent/log
	service_is 1 start
	[[ ! -e $PIDFILE ]]
}

@test "without daemonize, every action ends with 5, but status with 4" {
	local action

	setup_script
	sed -i 's|^PATH=.*|PATH=/nonexistent|' "$SCRIPT"
	for action in start stop restart reload; do
		service_is 5 "$action"
	done
	service_is 4 status
}

@test "start makes a proper daemon, with the environment of the script" {
	service_started
	service_is 0 status
	launch --check -p "$PIDFILE"
	equal environment "$(tr '\0' '\n' <"/proc/$PID/environ" |
	    sed 's/=.*//' | sort | tr '\n' ' ')" \
	    "DAEMONIZE_TEST HOME LOGNAME PATH SHELL USER "
}

@test "the daemon's output is appended to the log" {
	echo before >log
	configure DAEMON=/bin/echo ARGS='"hello there"'
	service_is 0 start
	eventually contains log "hello there"
	equal log "$(cat log)" $'before\nhello there'
	eventually nothing_runs
}

@test "as root, it runs as the user of USER" {
	requires root
	# The probe must be able to write its report.
	mkdir -m 777 "$TMP/open"
	configure USER=nobody ARGS="\"$TMP/open/report stay\""
	REPORT=$TMP/open/report
	service_started
	equal user "$(stat -c %U "/proc/$PID")" nobody
	equal "owner of the pid file" "$(stat -c %U "$PIDFILE")" root
}

@test "a pattern in ARGS is no pattern" {
	configure DAEMON=/bin/echo "ARGS='/et* *'"
	service_is 0 start
	eventually contains log "/et* *"
	eventually nothing_runs
}

# --- LOG ---------------------------------------------------------------------

# The command says hello, and goes on.
talking_command() {
	printf '#!/bin/sh\necho hello\nexec sleep 1000\n' >talker
	chmod 755 talker
	configure DAEMON="$TMP/talker" ARGS= "$@"
}

# It is started with a supervisor, and PID is its.
started_supervised() {
	service_is 0 start
	PID=$(cat "$PIDFILE")
	remember "$(recorded supervisor)"
	remember "$PID"
}

@test "a LOG that is a file needs no supervisor" {
	talking_command
	service_is 0 start
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually contains log hello
	equal supervisor "$(recorded supervisor)" ""
}

@test "with LOGTIME and LOGROTATE, a supervisor writes LOG" {
	talking_command LOGTIME=utc LOGROTATE=10M/3
	started_supervised
	eventually contains log "Z hello"
	run "$DAEMONIZE" --status -p "$PIDFILE"
	[[ $output == *", output to $TMP/log: "* ]]
	service_is 0 stop
	equal processes "$(leftovers)" ""
}

@test "a LOG that is a logger gets the lines, and ends with the daemon" {
	talking_command "LOG=\"|cat >>'$TMP/a b'\""
	started_supervised
	eventually contains "a b" hello
	[[ ! -e log ]]
	service_is 0 stop
	equal processes "$(leftovers)" ""
}

@test "a LOG, LOGTIME or LOGROTATE that --log does not take starts nothing" {
	configure LOG=syslog:nowhere
	service_is 1 start
	[[ $(cat .output) == "daemonize: --log=syslog:nowhere: "* ]]
	configure LOG="$TMP/log" LOGTIME=now
	service_is 1 start
	[[ $(cat .output) == "daemonize: --log-time=now: "* ]]
	configure LOGTIME= LOGROTATE=often
	service_is 1 start
	[[ $(cat .output) == "daemonize: --log-rotate=often: "* ]]
	equal processes "$(leftovers)" ""
	[[ ! -e log ]]
}

# --- RESTART ----------------------------------------------------------------

# Another run than that of PID, and the script knows it.
comes_back() {
	[[ -n $(cat "$PIDFILE") && $(cat "$PIDFILE") != "$PID" ]] &&
	    service_is 0 status && [[ $(cat .output) == *"run 2"* ]]
}

@test "with RESTART=on-failure, a killed one comes back, and can be stopped" {
	configure RESTART=on-failure
	service_started
	remember "$(recorded supervisor)"
	kill -SEGV "$PID"
	eventually comes_back
	replaced
	contains log "killed by signal 11 (SEGV)"
	service_is 0 stop
	gone "$PID"
	service_is 3 status
	equal processes "$(leftovers)" ""
}

@test "with RESTART=on-failure, one that ends by itself is left as it is" {
	configure RESTART=on-failure DAEMON=/bin/true ARGS=
	service_is 0 start
	eventually nothing_runs
	service_is 3 status
	[[ $(cat .output) == *"run 1 exited with status 0 "* ]]
}

@test "with RESTART, restart and stop work between two runs" {
	configure RESTART=always OPTIONS='"$OPTIONS --restart-delay=1h"' \
	    DAEMON=/bin/true ARGS=
	service_is 0 start
	eventually contains "$PIDFILE.record" "state waiting"
	service_is 0 status
	service_is 0 restart
	eventually contains "$PIDFILE.record" "state waiting"
	service_is 0 stop
	equal processes "$(leftovers)" ""
}

@test "a RESTART that is no word of --restart starts nothing" {
	configure RESTART=sometimes
	service_is 1 start
	[[ $(cat .output) == "daemonize: --restart=sometimes: "* ]]
	equal processes "$(leftovers)" ""
}

# --- stop -----------------------------------------------------------------

@test "stop stops it, and its pid file is gone" {
	service_started
	service_is 0 stop
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

@test "stop of a stopped one is a success" {
	service_is 0 stop
}

@test "stop of one that has died is a success, and removes the pid file" {
	died
	service_is 0 stop
	[[ ! -e $PIDFILE ]]
}

@test "stop of an unknown state ends with 1" {
	garbled
	service_is 1 stop
	is_garbled
}

# --- restart and try-restart ----------------------------------------------

@test "restart ends the old one and starts a new one" {
	service_started
	service_is 0 restart
	replaced
}

@test "restart starts one that is stopped" {
	service_is 0 restart
	remember "$(cat "$PIDFILE")"
	alive "$(cat "$PIDFILE")"
}

@test "restart starts one that has died" {
	died
	service_is 0 restart
	replaced
}

@test "restart of an unknown state ends with 1" {
	garbled
	service_is 1 restart
	is_garbled
}

@test "restart leaves it alone if the new program is not installed" {
	service_started
	configure DAEMON=/nonexistent/probed
	service_is 5 restart
	alive "$PID"
	equal pid "$(cat "$PIDFILE")" "$PID"
}

@test "try-restart replaces a running one" {
	service_started
	service_is 0 try-restart
	replaced
}

@test "try-restart of a stopped one is a success and starts nothing" {
	service_is 0 try-restart
	[[ ! -e $PIDFILE ]]
}

@test "try-restart of one that has died is a success and starts nothing" {
	died
	service_is 0 try-restart
	equal processes "$(leftovers)" ""
}

@test "try-restart of an unknown state ends with 1" {
	garbled
	service_is 1 try-restart
}

# --- reload and force-reload ----------------------------------------------

@test "reload and force-reload send it the signal of RELOAD" {
	local action

	configure RELOAD=USR1 DAEMON=/bin/sh "ARGS=$TMP/loaded"
	cat >loaded <<-END
	trap 'echo reloaded >>$TMP/reloads' USR1
	echo >$REPORT
	while :; do sleep 0.1; done
	END
	service_started
	for action in reload force-reload; do
		rm -f reloads
		service_is 0 "$action"
		eventually contains reloads reloaded
		alive "$PID"
	done
	service_is 0 stop
	eventually nothing_runs
}

@test "reload and force-reload of a stopped one end with 7" {
	service_is 7 reload
	service_is 7 force-reload
	[[ ! -e $PIDFILE ]]
}

@test "reload and force-reload of one that has died end with 7" {
	died
	service_is 7 reload
	service_is 7 force-reload
}

@test "reload of an unknown state ends with 1" {
	garbled
	service_is 1 reload
	service_is 1 force-reload
}

@test "without RELOAD, reload is not implemented: 3" {
	configure RELOAD=
	service_started
	service_is 3 reload
	contains .output "RELOAD is empty: use restart"
	alive "$PID"
}

@test "without RELOAD, force-reload replaces one that runs" {
	configure RELOAD=
	service_started
	service_is 0 force-reload
	replaced
}

@test "without RELOAD, force-reload of a stopped one starts nothing" {
	configure RELOAD=
	service_is 0 force-reload
	[[ ! -e $PIDFILE ]]
}

# --- status ---------------------------------------------------------------

@test "status of a running one is 0, and names its pid" {
	service_started
	service_is 0 status
	[[ $(cat .output) == *"pid $PID"* ]]
}

@test "status of one that has died is 1" {
	died
	service_is 1 status
}

@test "status of a stopped one is 3" {
	service_is 3 status
	service_started
	service_is 0 stop
	service_is 3 status
}

@test "status of an unknown state is 4" {
	garbled
	service_is 4 status
}

@test "status works for every user" {
	requires root setpriv
	service_started
	AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	service_is 0 status
}

# --- the rest -------------------------------------------------------------

@test "a user that may not write the pid file changes nothing: 4" {
	requires root setpriv
	local action

	service_started
	AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	for action in start stop restart try-restart reload force-reload; do
		service_is 4 "$action"
	done
	alive "$PID"
	equal pid "$(cat "$PIDFILE")" "$PID"
}

@test "an unknown, an excess and a missing argument end with 2" {
	service_is 2 strat
	[[ $(cat .output) == "Usage: "*start*status ]]
	service_is 2 start now
	service_is 2
	[[ ! -e $PIDFILE ]]
}

@test "the actions of the usage are those that there are" {
	local action actions

	garbled
	actions=$(service 2>&1 || :)
	actions=${actions##* }
	for action in ${actions//|/ }; do
		run service "$action"
		# Else it would be 2.
		[[ $status -eq 1 || $action == status ]] ||
		    { echo "$action: $status"; return 1; }
	done
	is_garbled
}

@test "the functions of the LSB may take an action over, before anything is done" {
	setup_script
	sed -i "s|/lib/lsb/|$TMP/|g" "$SCRIPT"
	echo 'echo "$0 $*"; exit 9' >"$TMP/init-functions"
	service_is 9 start
	equal output "$(cat "$TMP/.output")" "$SCRIPT start"
	[[ ! -e $PIDFILE ]]
}

@test "nothing but daemonize controls processes" {
	local word

	setup_script
	for word in kill pkill pidof ps pgrep start-stop-daemon cat rm su \
	    nohup setsid; do
		! grep -vE '^[[:space:]]*#' "$SCRIPT" |
		    grep -qwE -- "(^|[^-a-z])$word" ||
		    { echo "uses $word"; return 1; }
	done
}

@test "its header is the LSB's" {
	local word header

	header=$(sed -n '/^### BEGIN INIT INFO$/,/^### END INIT INFO$/p' \
	    "$SOURCE_DIR/contrib/daemonize.init")
	for word in Provides Required-Start Required-Stop Default-Start \
	    Default-Stop Short-Description Description; do
		grep -qE "^# $word: +[^ ]" <<<"$header" ||
		    { echo "no $word"; return 1; }
	done
}

@test "the script runs in any POSIX shell" {
	local shell

	for shell in dash busybox bash; do
		command -v "$shell" >/dev/null || continue
		setup_script
		[[ $shell == busybox ]] && shell="busybox sh"
		[[ $shell == bash ]] && shell="bash --posix"
		sed -i "1s|.*|#!/usr/bin/env -S $shell|" "$SCRIPT"
		service_started
		service_is 0 status
		service_is 0 restart
		replaced
		service_is 0 stop
		service_is 3 status
		rm "$REPORT"
	done
}
