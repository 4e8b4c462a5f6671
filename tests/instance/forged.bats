#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Records that a user has forged, moved or linked: root acts on none of them.

load ../lib/helpers

# A directory of an ordinary user, as its pid file says: PIDFILE
user_directory() {
	requires root setpriv python3
	mkdir "$TMP/dir"
	chown nobody "$TMP/dir"
	PIDFILE=$TMP/dir/pid
}

# What is run from here on is that user's; without arguments, root's.
as_victim() {
	CALLER=(setpriv --reuid "$(id -u nobody)" --regid "$(id -g nobody)" \
	    --clear-groups)
}
as_root() {
	CALLER=()
}

# Start a process of root's that logs its signals: OTHER
start_stranger() {
	"$HELPERS_DIR/stubborn" "$TMP/log" 3>&- &
	OTHER=$!
	disown
	remember "$OTHER"
	eventually test -s "$TMP/log"
}

# It lives, and no signal has come to it before this last one.
other_is_untouched() {
	alive "$OTHER"
	kill -WINCH "$OTHER"
	eventually grep -qx 28 "$TMP/log"
	equal "log of the other" "$(cat "$TMP/log")" \
	    "$(printf 'pid %d\n28' "$OTHER")"
}

# The start tick of a process: start_of PID
start_of() {
	local stat

	stat=$(cat "/proc/$1/stat")
	cut -d' ' -f20 <<<"${stat##*) }"
}

# Change lines of a record, as its owner can: forge_record RECORD KEY=VALUE...
forge_record() {
	python3 - "$@" <<-'END'
		import re, sys
		text = open(sys.argv[1], "rb").read().rstrip(b"\0")
		text = text[:text.rindex(b"end ")]
		text = re.sub(rb"\npidfd .*", b"", text)
		for change in sys.argv[2:]:
		    key, value = change.encode().split(b"=", 1)
		    line = b"\n" + key + b" " + value + b"\n"
		    old = re.compile(rb"\n" + re.escape(key) + rb" .*\n")
		    if old.search(text):
		        text = old.sub(lambda match: line, text, count=1)
		    else:
		        text = text[:-1] + line
		sum = 0xcbf29ce484222325
		for byte in text:
		    sum = (sum ^ byte) * 0x100000001b3 & (1 << 64) - 1
		text += b"end %016x\n" % sum
		with open(sys.argv[1], "r+b") as file:
		    file.write(text.ljust(4096, b"\0"))
	END
}

# --- the processes that a record names ---------------------------------------

FOREIGN="its record belongs to another user than the process"

# Root's verbs refuse the forged record, and name PID as a guess.
is_not_believed() {
	local guess="$FOREIGN, so pid $PID (sleep 1000) may be another process"

	fails 125 "daemonize: stop: $PIDFILE: $guess; if it is the daemon: \
kill $PID" --stop -p "$PIDFILE"
	fails 125 "daemonize: again: $PIDFILE: $guess" --again -p "$PIDFILE"
	fails 125 "daemonize: wait: $PIDFILE: $guess" --wait -p "$PIDFILE"
	other_is_untouched
}

@test "a user's record that names root's process as the supervisor is not believed" {
	user_directory
	start_stranger
	as_victim
	launch --supervise -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	remember "$(recorded supervisor)"
	forge_record "$PIDFILE.record" "supervisor=$OTHER" \
	    "supervisor-start=$(start_of "$OTHER")"
	as_root
	is_not_believed
}

@test "nor is one that adds a supervisor to a daemon without one" {
	user_directory
	start_stranger
	as_victim
	launch -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	forge_record "$PIDFILE.record" "supervisor=$OTHER" \
	    "supervisor-start=$(start_of "$OTHER")" runs=1
	as_root
	is_not_believed
}

@test "nor is one with a command of root's and a supervisor of the user's" {
	local supervisor

	user_directory
	start_stranger
	as_victim
	launch --supervise -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	supervisor=$(recorded supervisor)
	remember "$supervisor"
	forge_record "$PIDFILE.record" "pid=$OTHER" "start=$(start_of "$OTHER")"
	as_root
	is_not_believed
	alive "$supervisor"
}

@test "a stop with --tree leaves root's process in a user's session alone" {
	local user

	user_directory
	user="setpriv --reuid $(id -u nobody) --regid $(id -g nobody) \
--clear-groups"
	setsid bash -c '"$1" "$2" & exec $3 "$4" --session=keep -p "$5" sh -c \
	    "sleep 1000 & exec sleep 1000"' bash "$HELPERS_DIR/stubborn" \
	    "$TMP/log" "$user" "$DAEMONIZE" "$PIDFILE" 3>&-
	eventually test -s "$TMP/log"
	OTHER=$(sed -n 's/^pid //p' log)
	remember "$OTHER"
	names_instance "$PIDFILE"
	equal session "$(seen sid "$OTHER")" "$(seen sid "$PID")"
	fails 0 "" --stop --tree -p "$PIDFILE"
	other_is_untouched
	equal "what is left" "$(leftovers)" "$OTHER"
}

@test "a time beyond the calendar in a record is a question mark, or null" {
	requires python3
	launch --supervise -p "$PIDFILE" false
	eventually test ! -e "$PIDFILE"
	forge_record "$PIDFILE.record" "run=1 0 1 9223372036854775807 exit 1"
	run launch --status -p "$PIDFILE"
	status_is 3
	equal line "${lines[1]}" "  run 1: exited with status 1 after 1 ms, ?"
	run launch --status --json -p "$PIDFILE"
	status_is 3
	[[ $output == *'"ended_ms":1,"ended":null,"exit":1,'* ]]
}

# --- a record of root's in a place that a user can change --------------------

# Launch two daemons of root's in the user's directory: web and backup.
start_web_and_backup() {
	local name

	user_directory
	for name in web backup; do
		launch -p "$TMP/dir/$name.pid" sleep 1000
		remember "$(cat "$TMP/dir/$name.pid")"
	done
	WEB=$(cat "$TMP/dir/web.pid")
	BACKUP=$(cat "$TMP/dir/backup.pid")
}

# No verb of root's acts on the daemon by that path: is_of_other PATH USE
is_of_other() {
	local reason="$1: a user can change this path, and the record is that \
of another one; use $2" verb

	fails 4 "daemonize: status: $reason" --status -p "$1"
	for verb in stop signal=TERM wait again check; do
		fails 125 "daemonize: ${verb%=*}: $reason" "--$verb" -p "$1"
	done
	fails 125 "daemonize: replace: $reason" --replace -p "$1" sleep 1000
	[[ $(stat -c %h "$1.record") != 1 ]] ||
	    fails 125 "daemonize: pidfile: $reason" -p "$1" sleep 1000
	alive "$BACKUP"
	alive "$WEB"
}

@test "a record of root's counts at its own path only" {
	local dir

	start_web_and_backup
	dir=$(realpath "$TMP/dir")
	as_victim
	"${CALLER[@]}" mv -f dir/backup.pid.record dir/web.pid.record
	as_root
	is_of_other "$TMP/dir/web.pid" "$dir/backup.pid"
	is_of_other dir/web.pid "$dir/backup.pid"
	# In its place, it counts again.
	as_victim
	"${CALLER[@]}" mv dir/web.pid.record dir/backup.pid.record
	as_root
	fails 0 "" --stop -p dir/backup.pid
	eventually gone "$BACKUP"
	alive "$WEB"
}

@test "so does one that is moved to another directory, or with its own" {
	local dir

	start_web_and_backup
	dir=$(realpath "$TMP/dir")
	mkdir "$TMP/sticky"
	chmod 1777 "$TMP/sticky"
	as_victim
	"${CALLER[@]}" mv dir/backup.pid.record sticky/web.pid.record
	as_root
	is_of_other "$TMP/sticky/web.pid" "$dir/backup.pid"
	mkdir "$TMP/dir/a"
	chown nobody "$TMP/dir/a"
	launch -p "$TMP/dir/a/web.pid" sleep 1000
	remember "$(cat dir/a/web.pid)"
	mv dir/a dir/b
	is_of_other "$TMP/dir/b/web.pid" "$dir/a/web.pid"
	ln -s b dir/c
	chown -h nobody dir/c
	is_of_other "$TMP/dir/c/web.pid" "$dir/a/web.pid"
	mv dir/b dir/a
	is_of_other "$TMP/dir/a/../a/web.pid" "$dir/a/web.pid"
	fails 0 "" --stop -p "./dir//a/./web.pid"
}

@test "nor does one with a hard link" {
	local where

	start_web_and_backup
	# As a user can where fs.protected_hardlinks is 0.
	ln dir/backup.pid.record dir/other.pid.record
	is_of_other "$TMP/dir/other.pid" "$(realpath dir)/backup.pid"
	where="$TMP/dir/backup.pid"
	fails 125 "daemonize: stop: $where: a user can change this path, and \
the record has a second name (a hard link)" --stop -p "$where"
	alive "$BACKUP"
	rm dir/other.pid.record
	fails 0 "" --stop -p "$where"
}

@test "a record of root's that only root can move counts at any path" {
	requires root
	mkdir "$TMP/a"
	launch -p "$TMP/a/pid" sleep 1000
	PID=$(cat a/pid)
	remember "$PID"
	mv a b
	mv b/pid.record b/other.record
	run launch --status -p b/other
	status_is 0
	[[ $output == "b/other: running, pid $PID, "* ]]
	fails 0 "" --stop -p b/other
}

@test "a dead record that was moved does not hinder a launch" {
	start_web_and_backup
	kill -KILL "$BACKUP"
	eventually gone "$BACKUP"
	mv dir/backup.pid dir/other.pid
	mv dir/backup.pid.record dir/other.pid.record
	launch -p dir/other.pid sleep 1000
	names_instance dir/other.pid
}

# --- device and inode --------------------------------------------------------

@test "a record whose file has another device or inode now is no copy" {
	launch -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	# As after a remount, or on sshfs.
	forge_record "$PIDFILE.record" inode=1 device=2
	run launch --status -p "$PIDFILE"
	status_is 0
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" sleep 1000
	# In another directory, as long as the first is gone.
	mkdir dir
	mv "$PIDFILE" "$PIDFILE.record" dir
	fails 0 "" --stop -p dir/pid
	eventually gone "$PID"
}

@test "a process with the pid and start tick of the record, but another pidfd, is another" {
	requires python3
	start_daemon
	[[ -n $(recorded pidfd) ]] || skip "needs Linux 6.9"
	forge_record "$PIDFILE.record" pidfd=1
	run launch --status -p "$PIDFILE"
	status_is 1
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	alive "$PID"
}
