#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 5: the daemon leads no session, so that no terminal that it opens
# becomes its own.

load ../lib/helpers

# PROBE_TTY is a terminal that belongs to no session: the probe opens it.
free_terminal() {
	"$HELPERS_DIR/onpty" -n "$TMP/tty" 3>&- &
	remember $!
	eventually test -e "$TMP/tty"
	PROBE_TTY=$(cat "$TMP/tty")
	export PROBE_TTY
}

@test "the daemon leads neither its session nor its process group" {
	probe
	[[ $(fact sid) != "$PID" ]]
	equal "process group" "$(fact pgid)" "$(fact sid)"
}

@test "the leader of the daemon's session is gone" {
	probe
	gone "$(fact sid)"
}

@test "refork=no: the daemon leads its session and its process group" {
	probe --refork=no
	equal session "$(fact sid)" "$PID"
	equal "process group" "$(fact pgid)" "$PID"
}

@test "a terminal that the daemon opens does not become its own" {
	free_terminal
	probe
	equal terminal "$(fact tty)" no
	equal "terminal by /proc" "$(seen tty "$PID")" 0
}

@test "refork=no: a terminal that the daemon opens becomes its own" {
	free_terminal
	probe --refork=no
	equal terminal "$(fact tty)" yes
	[[ $(seen tty "$PID") != 0 ]]
}

@test "a terminal as its stdin does not become the daemon's own" {
	free_terminal
	probe -i "$PROBE_TTY" -o "$PROBE_TTY"
	equal terminal "$(fact tty)" no
	equal stdin "$(fact fd0)" "r $PROBE_TTY"
}

@test "a terminal that only we open does not become that of a session" {
	free_terminal
	tty=$PROBE_TTY
	unset PROBE_TTY
	# The launcher itself leads a session here, without a terminal.
	from session
	launch --background=no --session=keep --refork=no -i "$tty" \
	    "$PROBE" "$REPORT"
	equal "session's leader" "$(fact sid)" "$(fact pid)"
	equal terminal "$(fact tty)" no
}

@test "in the foreground the command leads what the caller leads" {
	from session
	launch -F "$PROBE" "$REPORT"
	equal session "$(fact sid)" "$(fact pid)"
}

@test "refork=yes in the foreground: a fork, the caller's session is kept" {
	from session -- sh -c 'echo $$ >started; exec "$@"' sh
	probe -F --refork=yes -i /dev/null -o /dev/null -e /dev/null
	equal session "$(fact sid)" "$(cat started)"
	[[ $PID != "$(cat started)" ]]
}

@test "refork=yes with background=no: the daemon is no session leader" {
	probe --background=no --refork=yes
	[[ $(fact sid) != "$PID" ]]
	[[ $(fact sid) != "$(seen sid "$BASHPID")" ]]
}
