#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --tail: what an instance writes is followed by tail(1).

load ../lib/helpers

# A tail in front of the other in PATH, which prints its user and its arguments.
fake_tail() {
	mkdir -m 755 "$TMP/path"
	cat >"$TMP/path/tail" <<-'EOF'
	#!/bin/sh
	echo "$(id -u) $*"
	EOF
	chmod 755 "$TMP/path/tail"
	PATH=$TMP/path:$PATH
}

# Its user and its files are these: tails USER FILE... -- OPTION...
tails() {
	local line="$1 -n 20 -F --"

	shift
	while [[ $1 != -- ]]; do
		line+=" $1"
		shift
	done
	shift
	fails 0 "$line" --tail "$@"
}

@test "what is written from now on is printed, and the last lines before" {
	start -o "$TMP/out" sh -c 'echo before; exec sleep 1000'
	eventually contains "$TMP/out" before
	"$DAEMONIZE" --tail -p "$PIDFILE" >"$TMP/seen" 3>&- &
	remember $!
	eventually contains "$TMP/seen" before
	echo after >>"$TMP/out"
	eventually contains "$TMP/seen" after
}

@test "the log is followed, and output that goes to another file" {
	fake_tail
	start_daemon --log="$TMP/log"
	tails "$EUID" "$TMP/log" -- -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon --log="$TMP/log" -e "$TMP/err"
	tails "$EUID" "$TMP/log" "$TMP/err" -- -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon -o "$TMP/out" -e "$TMP/err"
	tails "$EUID" "$TMP/out" "$TMP/err" -- -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon --output="$TMP/both"
	tails "$EUID" "$TMP/both" -- -p "$PIDFILE"
}

@test "one that has ended is followed, too" {
	fake_tail
	launch -p "$PIDFILE" --supervise -o "$TMP/out" true
	eventually nothing_runs
	tails "$EUID" "$TMP/out" -- -p "$PIDFILE"
}

@test "several are followed together" {
	fake_tail
	launch -p "$TMP/a" -o "$TMP/a.out" sleep 1000
	remember "$(cat "$TMP/a")"
	launch -p "$TMP/b" -o "$TMP/b.out" sleep 1000
	remember "$(cat "$TMP/b")"
	tails "$EUID" "$TMP/a.out" "$TMP/b.out" -- -p "$TMP/b" -p "$TMP/a"
}

@test "output that goes to no file is refused, and where it goes is said" {
	local before="daemonize: tail: $PIDFILE: its output goes"

	fake_tail
	start_daemon
	fails 125 "$before to /dev/null, not to a file" --tail -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon --log='|cat >/dev/null'
	fails 125 "$before to |cat >/dev/null, not to a file" \
	    --tail -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	launch -p "$PIDFILE" -o keep -e keep sleep 1000 >"$TMP/out" 2>&1
	remember "$(cat "$PIDFILE")"
	fails 125 "$before where that of its caller went, to no file" \
	    --tail -p "$PIDFILE"
}

@test "a name that never was is refused" {
	as_user
	fails 125 "daemonize: tail: typo: there is no instance" --tail -n typo
}

@test "without a record it is not known where the output goes" {
	echo 1 >"$PIDFILE"
	fails 125 "daemonize: tail: $PIDFILE: no record says where its output \
goes" --tail -p "$PIDFILE"
}

@test "without tail it is said" {
	start_daemon -o "$TMP/out"
	CALLER=(env PATH="$TMP")
	fails 125 "daemonize: tail: tail: No such file or directory" \
	    --tail -p "$PIDFILE"
}

@test "root follows a path that a user can change with that user's rights" {
	local user

	requires root
	user=$(id -u nobody)
	fake_tail
	mkdir "$TMP/theirs" "$TMP/shared"
	chown nobody "$TMP/theirs"
	chmod 1777 "$TMP/shared"
	ln -s theirs/log "$TMP/link"
	start_daemon -u nobody -o "$TMP/theirs/log" -e "$TMP/theirs/log"
	tails "$user" "$TMP/theirs/log" -- -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon -u nobody -o "$TMP/link" -e "$TMP/link"
	tails "$user" "$TMP/link" -- -p "$PIDFILE"
	launch --stop -p "$PIDFILE"
	start_daemon -o "$TMP/shared/log" -e "$TMP/shared/log"
	tails 65534 "$TMP/shared/log" -- -p "$PIDFILE"
}

@test "root follows what a user's record names with that user's rights" {
	local owner

	requires root
	fake_tail
	as_user
	launch -n x -o "$TMP/run/out" sleep 1000
	PID=$(cat "$NAMED/x.pid")
	remember "$PID"
	owner=$(stat -c %u "$NAMED/x.pid.record")
	CALLER=()
	tails "$owner" "$TMP/run/out" -- -p "$NAMED/x.pid"
}
