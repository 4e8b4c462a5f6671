#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 4: a session and a process group of the daemon's own, and no terminal.

load ../lib/helpers

# Launches the probe from a terminal, which ends after it has reported;
# CALLER_SID is the session of that terminal: with_terminal [OPTION]...
with_terminal() {
	export REPORT
	timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" sh -c '
	    echo $$ >sid
	    "$@" || exit
	    until test -e "$REPORT"; do sleep 0.02; done' sh \
	    "$DAEMONIZE" "$@" "$PROBE" "$REPORT" stay 3>&-
	CALLER_SID=$(cat sid)
	PID=$(fact pid)
	remember "$PID"
}

@test "the daemon has a session and a process group of its own" {
	probe
	[[ $(fact sid) != "$(seen sid "$BASHPID")" ]]
	equal "process group" "$(fact pgid)" "$(fact sid)"
}

@test "the daemon has no terminal" {
	with_terminal
	equal terminal "$(fact tty)" no
	[[ $(fact sid) != "$CALLER_SID" ]]
	equal "terminal by /proc" "$(seen tty "$PID")" 0
}

@test "the daemon survives the end of the terminal" {
	with_terminal
	alive "$PID"
}

@test "the daemon survives the end of a terminal that ends with the launch" {
	# The launcher leads the session: when it leaves, the terminal hangs up.
	timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" "$DAEMONIZE" \
	    "$PROBE" "$REPORT" stay 3>&-
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	alive "$PID"
}

@test "the foreground keeps the caller's session and terminal" {
	timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" "$DAEMONIZE" -F \
	    "$PROBE" "$REPORT" 3>&-
	equal terminal "$(fact tty)" yes
	equal session "$(fact sid)" "$(fact pid)"
}

@test "session=keep keeps the caller's session and terminal" {
	with_terminal --session=keep
	equal session "$(fact sid)" "$CALLER_SID"
	equal terminal "$(fact tty)" yes
}

@test "session=keep keeps the caller's process group" {
	probe --session=keep
	equal session "$(fact sid)" "$(seen sid "$BASHPID")"
	equal "process group" "$(fact pgid)" "$(seen pgid "$BASHPID")"
}

@test "session=new in the foreground: a session, though no other process" {
	launch -F --session=new "$PROBE" "$REPORT"
	equal session "$(fact sid)" "$(fact pid)"
	equal "process group" "$(fact pgid)" "$(fact pid)"
}

@test "session=new with background=no is refused to a process group's leader" {
	from leader
	fails 125 "daemonize: session: setsid: the leader of a process group\
 cannot start a session; use --background=yes" \
	    --background=no -p "$PIDFILE" -o out "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e out && ! -e $REPORT ]]
}

@test "session=new in the foreground is refused to a process group's leader" {
	from leader
	fails 125 "daemonize: session: setsid: the leader of a process group\
 cannot start a session; use --background=yes" \
	    -F --session=new "$PROBE" "$REPORT"
}

@test "session=keep with background=no is not refused to it" {
	from leader
	launch --background=no --session=keep --refork=no "$PROBE" "$REPORT"
	equal "process group" "$(fact pgid)" "$(fact pid)"
}
