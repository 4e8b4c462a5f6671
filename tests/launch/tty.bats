#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A terminal cannot touch a daemon, whatever is typed and however it goes.
# (Its end at every moment of a launch is in races.bats.)

load ../lib/helpers
load ../lib/ssh

# A command that says when it is there, and answers once.
answerer() {
	mkfifo "$TMP/question"
	cat >"$TMP/answerer" <<-'END'
		#!/bin/sh
		echo ready
		read -r question <question
		echo "$question" >answer
		exec sleep 1000
	END
	chmod 755 "$TMP/answerer"
	DAEMON=("$TMP/answerer")
}

# A shell with a deadly signal pending does not answer.
answers() {
	timeout "$DEADLINE" sh -c 'echo still here >question'
	eventually test -s answer
}

# A shell with job control leads the session of a terminal and runs SCRIPT,
# of two commands lest it executes the last one itself; "$@" in it is
# daemonize with OPTIONs; the ACTIONs are those of
# typist.py: at_terminal [ACTION]... -- SCRIPT [OPTION]...
# Without job control (set +m) all of its children are in the group that the
# terminal's end reaches.
at_terminal() {
	local actions=()

	while [[ $1 != -- ]]; do
		actions+=("$1")
		shift
	done
	timeout "$DEADLINE" python3 "$SOURCE_DIR/tests/bin/typist.py" \
	    "${actions[@]}" -- bash -mc "$2" bash "$DAEMONIZE" -c "$TMP" \
	    -p "$PIDFILE" "${@:3}" 3>&-
}

setup_daemon() {
	requires python3
	answerer
}

# PID is the daemon's; it is the only process left, and it answers.
survived() {
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually is_only_process "$PID"
	answers
}

is_only_process() {
	[[ $(leftovers) == "$1" ]]
}

@test "a daemon that was launched at a terminal has none" {
	setup_daemon
	at_terminal -- '"$@"; echo "status $?"' "$PROBE" "$REPORT" stay
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	equal "can open /dev/tty" "$(fact tty)" no
	equal "as ps sees it" "$(ps -o tty= -p "$PID")" "?"
}

@test "a daemon survives the end of the session that launched it" {
	setup_daemon
	run at_terminal -- 'set +m; "$@"; echo "status $?"' "${DAEMON[@]}"
	output_is "status 0"
	survived
}

@test "a daemon survives that its terminal hangs up" {
	setup_daemon
	run at_terminal wait=launched hangup -- \
	    'set +m; "$@"; echo launched; sleep 1000' "${DAEMON[@]}"
	status_is 129
	survived
}

@test "a command in the foreground does not survive a hang-up" {
	setup_daemon
	run at_terminal wait=ready hangup -- \
	    '"$@"; echo went on' -F "${DAEMON[@]}"
	remember "$(cat "$PIDFILE")"
	eventually gone "$(cat "$PIDFILE")"
}

@test "in the foreground with signals=ignore a command survives a hang-up" {
	setup_daemon
	run at_terminal wait=ready hangup -- \
	    '"$@"; echo went on' -F --signals=ignore "${DAEMON[@]}"
	status_is 129
	survived
}

@test "^C typed after the launch does not reach the daemon" {
	setup_daemon
	run at_terminal wait=launched $'type=\003' -- \
	    '"$@"; echo launched; sleep 1000' "${DAEMON[@]}"
	# But it did reach the sleep.
	status_is 130
	survived
}

@test "^Z typed after the launch does not reach the daemon" {
	setup_daemon
	run at_terminal wait=launched $'type=\032' -- \
	    '"$@"; (echo launched; exec sleep 1000); s=$?
	    kill -KILL %1; exit $s' "${DAEMON[@]}"
	status_is 148
	survived
}

# What is typed when the launch is over is for the shell, which survives it.
@test "^C typed during the launch does not reach the daemon" {
	setup_daemon
	run at_terminal wait=signals $'type=\003' -- \
	    'trap : INT; "$@"; exit $?' -v "${DAEMON[@]}"
	status_is 0
	survived
}

@test "^Z typed during the launch does not reach the daemon" {
	setup_daemon
	run at_terminal wait=signals $'type=\032' -- \
	    'trap : TSTP; "$@"; exit $?' -v "${DAEMON[@]}"
	status_is 0
	survived
}

@test "in the foreground ^C reaches the command as any other" {
	setup_daemon
	run at_terminal wait=ready $'type=\003' -- \
	    '"$@"; echo went on' -F "${DAEMON[@]}"
	# The shell ends as its command did.
	status_is 130
}

@test "in the foreground ^Z stops the command as any other" {
	setup_daemon
	run at_terminal wait=ready $'type=\032' wait=status -- \
	    '"$@"; echo "status $?"; kill -KILL %1' -F "${DAEMON[@]}"
	[[ $output == *"status 148" ]]
}

@test "in the foreground ^Z stops the supervisor, too, and fg continues both" {
	requires python3
	run at_terminal wait=ready $'type=\032' wait=status $'type=go on\r' -- \
	    '"$@"; echo "status $?"; fg; echo "then $?"' -F --supervise \
	    sh -c 'echo ready; read -r line; echo "read: $line"; exit 5'
	[[ $output == *"status 147"*"read: go on"*"then 5" ]]
}

@test "a launch in the background is not stopped for what it prints" {
	setup_daemon
	run at_terminal -- \
	    'stty tostop; "$@" & wait $!; echo "status $?"' -v "${DAEMON[@]}"
	[[ $output == *"exec: $TMP/answerer: pid "*"status 0" ]]
	survived
}

@test "a launch in the background that fails is not stopped for its message" {
	setup_daemon
	run at_terminal -- \
	    'stty tostop; "$@" & wait $!; echo "status $?"' no-such-program
	[[ $output == *"no-such-program: No such file or directory"* ]]
	[[ $output == *"status 127" ]]
}

# An sshd that nothing but the test's end ends.
start_sshd() {
	make_sshd
	"$SSHD" -D -e -f "$TMP/sshd_config" 2>sshd.log 3>&- &
	remember $!
	eventually sshd_answers
}

@test "ssh returns at once, and the daemon outlives the connection" {
	setup_daemon
	start_sshd
	run remote "$DAEMONIZE -c $TMP -p $PIDFILE ${DAEMON[*]}"
	output_is ""
	status_is 0
	remember "$(cat "$PIDFILE")"
	answers
}

@test "of five daemons launched over ssh with a terminal none is lost" {
	local _

	setup_daemon
	start_sshd
	# Not as root sshd may be unable to give the terminal its owner.
	((EUID == 0)) || remote -tt true || skip "needs a terminal over ssh"
	for _ in {1..5}; do
		run remote -tt "$DAEMONIZE -c $TMP -p $PIDFILE ${DAEMON[*]}"
		output_is ""
		status_is 0
		remember "$(cat "$PIDFILE")"
		answers
		rm "$PIDFILE" "$PIDFILE.record" answer
	done
}
