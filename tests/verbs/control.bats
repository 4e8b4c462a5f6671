#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --signal and --wait; and for every verb: which process is meant, and which
# is not.

load ../lib/helpers

# Starts a process that is no daemon of ours, and writes its pid to the pid
# file.
start_other() {
	"$HELPERS_DIR/stubborn" "$TMP/log" "$@" 3>&- &
	PID=$!
	# The shell is not to report its end.
	disown
	remember "$PID"
	eventually test -s "$TMP/log"
	echo "$PID" >"$PIDFILE"
}

# It lives, and no signal has come to it before this last one.
is_untouched() {
	alive "$PID"
	kill -WINCH "$PID"
	eventually grep -qx 28 "$TMP/log"
	equal "log of the other" "$(cat "$TMP/log")" \
	    "$(printf 'pid %d\n28' "$PID")"
}

# What the file is, to compare.
look() {
	stat -c '%F %i %h %s %y %a %u' "$PIDFILE"
}

# No verb goes by this pid file, and all say why; the file stays.
# unknown REASON
unknown() {
	local before reason="$PIDFILE: $1"

	before=$(look)
	CALLER=("${CALLER[@]}" timeout "$DEADLINE")
	fails 4 "daemonize: status: $reason" --status -p "$PIDFILE"
	fails 125 "daemonize: stop: $reason" --stop -p "$PIDFILE"
	fails 125 "daemonize: signal: $reason" --signal=TERM -p "$PIDFILE"
	fails 125 "daemonize: wait: $reason" --wait -p "$PIDFILE"
	fails 125 "daemonize: check: $reason" --check -p "$PIDFILE"
	equal "pid file" "$(look)" "$before"
}

# The pid in the file may be any process's: no verb acts on it, all say which
# process it is, and how to signal it: guessed REASON
guessed() {
	local before title guess

	before=$(look)
	title=$(tr '\0' ' ' <"/proc/$PID/cmdline")
	guess="$PIDFILE: $1, so pid $PID (${title% }) may be another process"
	CALLER=("${CALLER[@]}" timeout "$DEADLINE")
	fails 4 "$PIDFILE: unknown: $1, so pid $PID may be another process: \
${title% }" --status -p "$PIDFILE"
	fails 125 "daemonize: stop: $guess; if it is the daemon: kill $PID" \
	    --stop -p "$PIDFILE"
	fails 125 "daemonize: signal: $guess; if it is the daemon: \
kill -HUP $PID" --signal=HUP -p "$PIDFILE"
	fails 125 "daemonize: wait: $guess" --wait -p "$PIDFILE"
	equal "pid file" "$(look)" "$before"
	is_untouched
	CALLER=()
}

# No daemon runs as this instance; the last verb to say so removes the files,
# where they have a record.
is_dead() {
	CALLER=("${CALLER[@]}" timeout "$DEADLINE")
	run launch --status -p "$PIDFILE"
	status_is 1
	[[ $output == "$PIDFILE: dead, but its pid file exists"* ]]
	fails 3 "daemonize: signal: $PIDFILE: not running" \
	    --signal=TERM -p "$PIDFILE"
	fails 0 "" --wait -p "$PIDFILE"
	run launch --check -p "$PIDFILE"
	status_is 3
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
}

# Every verb finds the daemon, and the last one ends it.
is_found() {
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == "$PIDFILE: running, pid $PID, "* ]]
	run launch --check -p "$PIDFILE"
	((status < 2))
	fails 0 "" --signal=USR1 -p "$PIDFILE"
	eventually grep -qx 10 "$TMP/log"
	fails 0 "" --stop=KILL -p "$PIDFILE"
	gone "$PID"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

# --- signal -----------------------------------------------------------------

@test "a signal is sent by its name, with SIG or without, or number" {
	local signal

	start_stubborn
	for signal in HUP SIGHUP 1 hup sighup Hup sigHUP; do
		fails 0 "" --signal="$signal" -p "$PIDFILE"
		eventually grep -qx 1 "$TMP/log"
		equal log "$(sed 1d "$TMP/log")" 1
		sed -i 2d "$TMP/log"
	done
	fails 0 "" --signal=40 -p "$PIDFILE"
	eventually grep -qx 40 "$TMP/log"
	alive "$PID"
	[[ -e $PIDFILE ]]
}

@test "a real-time signal is sent by its distance from the first or last" {
	local first

	start_stubborn
	fails 0 "" --signal=RTMIN -p "$PIDFILE"
	eventually grep -qx '[0-9]*' "$TMP/log"
	first=$(sed 1d "$TMP/log")
	((first >= 34 && first < 40))
	fails 0 "" --signal=SIGRTMIN+1 -p "$PIDFILE"
	eventually logged_sorted "$first $((first + 1))"
	fails 0 "" --signal=rtmax -p "$PIDFILE"
	eventually grep -qx 64 "$TMP/log"
	fails 0 "" --signal=sigrtmax-3 -p "$PIDFILE"
	eventually grep -qx 61 "$TMP/log"
	fails 0 "" --signal="RTMAX-$((64 - first))" -p "$PIDFILE"
	fails 0 "" --signal="RTMIN+$((64 - first))" -p "$PIDFILE"
	# Of several that are pending, the lowest arrives first.
	eventually logged_sorted "$first $first $((first + 1)) 61 64 64"
}

# The log has these signals, in the order of their numbers.
logged_sorted() {
	[[ $(sed 1d "$TMP/log" | sort -n | paste -sd ' ') == "$1" ]]
}

@test "every signal that kill(1) names has that number here" {
	local number name

	for ((number = 1; number < 32; number++)); do
		name=$(kill -l "$number")
		# It is not there on Linux's common machines.
		[[ $name != STKFLT ]] || continue
		fails 3 "daemonize: signal: $PIDFILE: not running" \
		    --signal="$name" -p "$PIDFILE"
	done
	start_stubborn
	kill -STOP "$PID"
	eventually grep -q '^State:.T' "/proc/$PID/status"
	fails 0 "" --signal=CONT -p "$PIDFILE"
	eventually grep -q '^State:.[SR]' "/proc/$PID/status"
	for name in INT QUIT USR2 ALRM WINCH; do
		fails 0 "" --signal="$name" -p "$PIDFILE"
		eventually grep -qx "$(kill -l "$name")" "$TMP/log"
	done
}

@test "a signal goes to the daemon alone, not to its children" {
	cat >"$TMP/parent" <<-END
		#!/bin/sh
		"$HELPERS_DIR/stubborn" child &
		exec "$HELPERS_DIR/stubborn" log
	END
	chmod 755 "$TMP/parent"
	launch -c "$TMP" -p "$PIDFILE" "$TMP/parent"
	remember "$(cat "$PIDFILE")"
	eventually test -s "$TMP/child"
	PID=$(sed -n 's/^pid //p' "$TMP/child")
	remember "$PID"
	eventually test -s "$TMP/log"
	fails 0 "" --signal=HUP -p "$PIDFILE"
	eventually grep -qx 1 "$TMP/log"
	ln -sf child "$TMP/log"
	is_untouched
}

@test "a signal to an instance that does not run: 3" {
	fails 3 "daemonize: signal: $PIDFILE: not running" \
	    --signal=HUP -p "$PIDFILE"
	[[ ! -e $PIDFILE ]]
}

@test "an unknown signal is a usage error" {
	local signal

	start_stubborn
	for signal in FOO hupp SIG SIG1 SIGSIGHUP 0 -1 65 999999999999 "1 " "" \
	    RTMIN- RTMIN-1 RTMIN+ RTMIN+x RTMIN+31 RTMAX+1 RTMAX-31 RTMAX1; do
		fails 125 "daemonize: --signal=$signal: not a signal name or \
number
Try 'daemonize --help'" --signal="$signal" -p "$PIDFILE"
	done
	is_untouched
}

@test "a signal by a user that may not read the record is refused" {
	requires root setpriv
	start_stubborn
	CALLER=(setpriv --reuid "$(id -u nobody)" --clear-groups)
	fails 125 "daemonize: signal: $PIDFILE: it belongs to another user: \
run it as root" --signal=HUP -p "$PIDFILE"
	fails 125 "daemonize: stop: $PIDFILE: it belongs to another user: \
run it as root" --stop -p "$PIDFILE"
	is_untouched
}

# --- wait -------------------------------------------------------------------

# It holds the daemon and waits for its end.
holds_pidfd() {
	[[ $(readlink "/proc/$1/fd/"*) == *"anon_inode:[pidfd]"* ]]
}

@test "a wait returns when the daemon ends, not before" {
	start_stubborn end=1
	("$DAEMONIZE" --wait -p "$PIDFILE" 3>&- && gone "$PID" &&
	    : >"$TMP/waited") 3>&- &
	remember $!
	eventually pgrep -P $! >"$TMP/waiter"
	remember "$(cat "$TMP/waiter")"
	eventually holds_pidfd "$(cat "$TMP/waiter")"
	[[ ! -e $TMP/waited ]]
	kill -HUP "$PID"
	wait $!
	[[ -e $TMP/waited ]]
}

@test "a wait returns when a signal ends the daemon" {
	start_stubborn
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	alive $!
	kill -KILL "$PID"
	wait $! || :
	gone "$PID"
}

# The status of what begins when it is told, and of the wait for it.
# told_status COMMAND
told_status() {
	local status=0

	mkfifo "$TMP/go"
	start sh -c 'read -r x <"$0"; eval "$1"' "$TMP/go" "$1"
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	echo >"$TMP/go"
	wait $! || status=$?
	rm "$TMP/go"
	echo "$status"
}

@test "a wait has the status of a command without a supervisor, from the kernel" {
	local version

	IFS=.- read -ra version < <(uname -r)
	((version[0] * 1000 + version[1] >= 6015)) || skip "needs Linux 6.15"
	equal "exit status" "$(told_status 'exit 3')" 3
	equal "after a signal" "$(told_status 'kill -KILL $$')" 137
	equal "after a success" "$(told_status 'exit 0')" 0
}

@test "a wait for an ended daemon returns at once" {
	CALLER=(timeout "$DEADLINE")
	start_stubborn
	kill -KILL "$PID"
	eventually gone "$PID"
	fails 0 "" --wait -p "$PIDFILE"
}

@test "a wait for an instance that never was is refused" {
	fails 125 "daemonize: wait: $PIDFILE: there is no instance" \
	    --wait -p "$PIDFILE"
}

@test "a wait for a zombie that is never reaped returns" {
	start_unreaped
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	kill -KILL "$PID"
	wait $! || equal status $? 137
	grep -q '^State:.Z' "/proc/$PID/status"
	CALLER=(timeout "$DEADLINE")
	fails 0 "" --wait -p "$PIDFILE"
}

@test "signal and wait go by the name, too" {
	requires user
	export XDG_STATE_HOME=$TMP
	launch -n x "$HELPERS_DIR/stubborn" "$TMP/log" end=1
	PID=$(cat "$TMP/daemonize/$HOSTNAME/x.pid")
	remember "$PID"
	fails 0 "" --signal=HUP -n x
	CALLER=(timeout "$DEADLINE")
	fails 0 "" --wait -n x
	gone "$PID"
	fails 3 "daemonize: signal: $TMP/daemonize/$HOSTNAME/x.pid: not \
running" \
	    --signal=HUP -n x
}

# --- which process is meant ------------------------------------------------

@test "the record identifies the process, whatever the pid file has" {
	local text

	for text in "" rubbish 1 2147483647; do
		rm -f "$TMP/log" "$PIDFILE" "$PIDFILE.record"
		start_stubborn
		echo "$text" >"$PIDFILE"
		run launch --status -p "$PIDFILE"
		status_is 0
		[[ $output == "$PIDFILE: running, pid $PID, "* ]]
		kill -KILL "$PID"
		eventually gone "$PID"
	done
}

@test "a daemon that closes every descriptor is found" {
	start_stubborn close
	is_found
}

@test "a daemon is found if its pid file was removed, or cannot be read" {
	start_stubborn
	rm "$PIDFILE"
	run launch --status -p "$PIDFILE"
	status_is 0
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" sleep 1000
	is_found
}

@test "a daemon whose pid file all users can write is found" {
	start_stubborn
	chmod 666 "$PIDFILE"
	is_found
}

@test "a lock that another process has on the pid file changes nothing" {
	local lock

	requires python3
	for lock in 'fcntl.flock(f, fcntl.LOCK_EX)' \
	    'fcntl.flock(f, fcntl.LOCK_SH)' 'fcntl.lockf(f, fcntl.LOCK_SH)'; do
		rm -f "$TMP/log" "$TMP/locked"
		start_stubborn close
		python3 -c "
import fcntl, signal
f = open('$PIDFILE')
$lock
open('$TMP/locked', 'w')
signal.pause()" 3>&- &
		remember $!
		eventually test -e "$TMP/locked"
		fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
		    -p "$PIDFILE" sleep 1000
		is_found
	done
}

# Launches it twice behind the words: one runs, and is found.
is_one_behind() {
	local _

	rm -f "$TMP/log"
	for _ in 1 2 3; do
		fails 0 "" --if-not-running -p "$PIDFILE" "$@" \
		    "$HELPERS_DIR/stubborn" "$TMP/log" close
		eventually test -s "$TMP/log"
	done
	PID=$(cat "$PIDFILE")
	remember "$PID"
	equal daemons "$(leftovers)" "$PID"
	equal log "$(cat "$TMP/log")" "pid $PID"
	is_found
}

@test "a command that executes another one is one instance" {
	requires nice env setpriv
	is_one_behind nice -n 1
	is_one_behind env
	is_one_behind setpriv --no-new-privs
	is_one_behind sh -c 'exec "$0" "$@"'
}

# --- which is not ----------------------------------------------------------

@test "a pid file of another program is a guess" {
	start_other
	fails 125 "daemonize: replace: $PIDFILE: there is no record, \
so pid $PID \
($HELPERS_DIR/stubborn $TMP/log) may be another process; if it is the daemon: \
kill $PID" --replace -p "$PIDFILE" sleep 1000
	guessed "there is no record"
}

@test "a pid file with white space around the pid is a guess" {
	start_other
	printf '%d \r\n\n' "$PID" >"$PIDFILE"
	guessed "there is no record"
}

@test "a copy of the pid file and its record is not the instance" {
	local original=$PIDFILE

	mkdir "$TMP/a"
	PIDFILE=$TMP/a/pid
	start_stubborn
	cp -r "$TMP/a" "$TMP/b"
	cp -rp "$TMP/a" "$TMP/c"
	cp "$TMP/a/pid" "$original"
	for PIDFILE in "$TMP/b/pid" "$TMP/c/pid"; do
		is_dead
		[[ -e $PIDFILE ]]
	done
	PIDFILE=$original
	echo "pid $PID" >"$TMP/log"
	guessed "there is no record"
	PIDFILE=$TMP/a/pid
	is_found
}

@test "a damaged record is ignored" {
	local offset

	for offset in 0 100 300; do
		rm -f "$TMP/log" "$PIDFILE" "$PIDFILE.record"
		start_stubborn
		printf '!' | dd of="$PIDFILE.record" bs=1 seek="$offset" \
		    conv=notrunc status=none
		guessed "its record is damaged"
		kill -KILL "$PID"
	done
}

@test "a record that other users can write is ignored" {
	start_stubborn
	chmod 666 "$PIDFILE.record"
	guessed "its record is writable by other users"
}

@test "root believes no record of a user about another user's process" {
	local stat

	requires root setpriv
	mkdir "$TMP/dir"
	chown nobody "$TMP/dir"
	PIDFILE=$TMP/dir/pid
	CALLER=(setpriv --reuid "$(id -u nobody)" --clear-groups)
	launch -p "$PIDFILE" sleep 1000
	CALLER=()
	PID=$(cat "$PIDFILE")
	remember "$PID"
	run launch --status -p "$PIDFILE"
	status_is 0
	kill -KILL "$PID"
	eventually gone "$PID"

	# The same record, but for the process that it names.
	"$HELPERS_DIR/stubborn" "$TMP/log" 3>&- &
	PID=$!
	disown
	remember "$PID"
	eventually test -s "$TMP/log"
	stat=$(cat "/proc/$PID/stat")
	forge "$PIDFILE.record" "$PID" "$(cut -d' ' -f20 <<<"${stat##*) }")"
	echo "$PID" >"$PIDFILE"
	guessed "its record belongs to another user than the process"
}

# Writes another pid and start tick into a record, as its owner can:
# forge RECORD PID START
forge() {
	requires python3
	python3 - "$@" <<-'END'
		import re, sys
		path, pid, start = sys.argv[1:]
		text = open(path, "rb").read().rstrip(b"\0")
		text = text[:text.rindex(b"end ")]
		text = re.sub(rb"\npid .*", b"\npid " + pid.encode(), text)
		text = re.sub(rb"\npidfd .*", b"", text)
		text = re.sub(rb"\nstart .*", b"\nstart " + start.encode(), text)
		sum = 0xcbf29ce484222325
		for byte in text:
		    sum = (sum ^ byte) * 0x100000001b3 & (1 << 64) - 1
		text += b"end %016x\n" % sum
		with open(path, "r+b") as file:
		    file.write(text.ljust(4096, b"\0"))
	END
}

@test "a forged record of root's is believed: the forgery is a good one" {
	local stat

	start_other
	launch -p "$TMP/other" sleep 1000
	remember "$(cat "$TMP/other")"
	stat=$(cat "/proc/$PID/stat")
	forge "$TMP/other.record" "$PID" "$(cut -d' ' -f20 <<<"${stat##*) }")"
	run launch --status -p "$TMP/other"
	status_is 0
	[[ $output == "$TMP/other: running, pid $PID, "* ]]
}

@test "a pid that was re-used is not the daemon" {
	local stat

	# The record names this process by a start tick that is not its own.
	start_other
	launch -p "$TMP/other" sleep 1000
	remember "$(cat "$TMP/other")"
	kill -KILL "$(cat "$TMP/other")"
	stat=$(cat "/proc/$PID/stat")
	forge "$TMP/other.record" "$PID" \
	    "$(($(cut -d' ' -f20 <<<"${stat##*) }") - 1))"
	echo "$PID" >"$TMP/other"
	PIDFILE=$TMP/other
	touch -d '+1 hour' "$PIDFILE"
	is_dead
	[[ ! -e $PIDFILE ]]
	is_untouched
}

@test "a dead record and another pid in the file are a guess" {
	start_other
	mv "$PIDFILE" "$TMP/other"
	launch -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	kill -KILL "$(cat "$PIDFILE")"
	eventually gone "$(cat "$PIDFILE")"
	cat "$TMP/other" >"$PIDFILE"
	guessed "its record names another pid, and that process has ended"
}

@test "a dead daemon whose pid file was removed does not run" {
	start_stubborn
	kill -KILL "$PID"
	eventually gone "$PID"
	rm "$PIDFILE"
	run launch --status -p "$PIDFILE"
	status_is 3
	[[ $output == "$PIDFILE: ended, "* ]]
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	[[ ! -e $PIDFILE.record ]]
}

@test "a pid file with the pid of no process is dead" {
	echo 2147483647 >"$PIDFILE"
	is_dead
	# It may be another program's: it has no record.
	[[ -e $PIDFILE ]]
}

@test "an empty pid file is dead" {
	: >"$PIDFILE"
	is_dead
	CALLER=()
	printf '\n \n' >"$PIDFILE"
	is_dead
}

@test "a zombie is dead" {
	start_zombie
	echo "$ZOMBIE" >"$PIDFILE"
	is_dead
}

@test "a file that contains something other than a pid is refused, and kept" {
	local text

	for text in rubbish -1 0 +1 0x10 99999999999999999999 2147483648 \
	    "$(seq 100)" 1.5 '1;2'; do
		echo "$text" >"$PIDFILE"
		unknown "contains something other than a pid; is it the right \
file?"
		CALLER=()
	done
}

@test "a pid with a NUL and more behind it is refused, but leading zeros are not" {
	start_other
	printf '%s\0 more' "$PID" >"$PIDFILE"
	unknown "contains something other than a pid; is it the right file?"
	CALLER=()
	printf '\0\0\0\0' >"$PIDFILE"
	is_dead
}

@test "a pid with more text behind it is refused" {
	start_other
	echo "$PID 34" >"$PIDFILE"
	unknown "contains something other than a pid; is it the right file?"
	is_untouched
}

@test "the negative number of a process is not that of its group" {
	start_other
	echo "-$PID" >"$PIDFILE"
	unknown "contains something other than a pid; is it the right file?"
	is_untouched
}

@test "the pid of the verb's own process is no daemon's" {
	# The shell's pid is daemonize's after exec.
	run sh -c 'echo $$ >"$2"; exec "$1" --stop=KILL -p "$2"' sh \
	    "$DAEMONIZE" "$PIDFILE" 3>&-
	status_is 0
	output_is "$PIDFILE: not running"
}

@test "the number of a thread is no daemon's" {
	start_other thread="$TMP/thread"
	eventually test -s "$TMP/thread"
	cp "$TMP/thread" "$PIDFILE"
	[[ $(cat "$PIDFILE") != "$PID" ]]
	is_dead
	is_untouched
}

@test "a kernel thread and one without arguments are shown by their name" {
	[[ ! -s /proc/2/cmdline && -e /proc/2/comm ]] ||
	    skip "needs a kernel thread that is seen"
	echo 2 >"$PIDFILE"
	fails 4 "$PIDFILE: unknown: there is no record, \
so pid 2 may be another \
process: $(cat /proc/2/comm)" --status -p "$PIDFILE"
}

@test "a directory is refused" {
	mkdir "$PIDFILE"
	unknown "not a regular file"
}

@test "a FIFO is refused, without waiting for its other end" {
	mkfifo "$PIDFILE"
	unknown "not a regular file"
}

@test "a socket is refused" {
	requires python3
	# Its path may be longer than a socket's.
	(cd "$TMP" && python3 -c '
import socket
socket.socket(socket.AF_UNIX).bind("pid")')
	unknown "not a regular file"
}

@test "a device is refused" {
	if ((EUID == 0)); then
		mknod "$PIDFILE" c 1 3 || skip "needs mknod"
	else
		PIDFILE=/dev/null
	fi
	unknown "not a regular file"
}

@test "a symbolic link is refused, also to a good pid file" {
	start_stubborn
	mv "$PIDFILE" "$TMP/good"
	ln -s good "$PIDFILE"
	unknown "is a symbolic link"
	is_untouched
	rm "$PIDFILE"
	ln -s missing "$PIDFILE"
	unknown "is a symbolic link"
}

@test "a pid file that the user may not read is reported" {
	requires root setpriv
	start_stubborn
	chmod 0 "$PIDFILE"
	CALLER=(setpriv --reuid "$(id -u nobody)" --clear-groups)
	unknown "Permission denied"
	is_untouched
}

@test "too low a limit of open files is reported as the reason" {
	local n

	requires prlimit
	start_stubborn
	# At one limit, the record cannot be opened; at another, the process.
	for n in 4 5 6; do
		run prlimit --nofile="$n:$n" "$DAEMONIZE" --stop -p "$PIDFILE" \
		    3>&-
		status_is 125
		[[ $output == *"Too many open files"* ||
		    $output == *"No file descriptors available"* ]]
	done
	is_untouched
}

# --- without pidfds ---------------------------------------------------------

@test "a kernel without pidfds is named as the reason, and nothing is done" {
	local verb

	requires strace
	start_stubborn
	CALLER=(env -u DAEMONIZE_TEST strace -o "$TMP/trace"
	    -e inject=pidfd_open:error=ENOSYS)
	for verb in --stop --signal=TERM --wait; do
		run launch "$verb" -p "$PIDFILE"
		status_is 125
		verb=${verb#--}
		output_is "daemonize: ${verb%=*}: $PIDFILE: \
needs pidfd_open(2) of Linux 5.3 or later"
	done
	is_untouched
	[[ -e $PIDFILE ]]
}

# --- how they are called ----------------------------------------------------

# usage_error MESSAGE [ARG]...
usage_error() {
	fails 125 "daemonize: $1
Try 'daemonize --help'" "${@:2}"
}

@test "a verb needs an instance" {
	local verb

	for verb in --status --stop --wait; do
		usage_error "$verb: needs --pidfile or --name" "$verb"
	done
	usage_error "--signal: needs --pidfile or --name" --signal=HUP
	usage_error "--check: needs PID, --pidfile or --name" --check
}

@test "a verb takes no command" {
	local verb

	start_stubborn
	for verb in --status --stop --wait --signal=TERM; do
		usage_error "sleep: unexpected operand" "$verb" \
		    -p "$PIDFILE" sleep 1000
	done
	is_untouched
}

@test "two verbs are refused" {
	start_stubborn
	usage_error "--stop: excludes --status" \
	    --status --stop -p "$PIDFILE"
	usage_error "--status: excludes --stop" \
	    --stop -p "$PIDFILE" --status
	usage_error "--wait: excludes --signal" \
	    --signal=TERM --wait -p "$PIDFILE"
	usage_error "--list: excludes --explain" \
	    --explain --list true
	is_untouched
}

@test "--tree is for --stop, and --json for what prints" {
	local verb

	start_stubborn
	for verb in --status --wait --signal=TERM; do
		usage_error "${verb%=*}: --tree is for a launch and --stop" \
		    "$verb" --tree -p "$PIDFILE"
	done
	usage_error "--tree: is for --stop, --replace and a launch with \
--supervise, --restart or --log" --tree -p "$TMP/other" true
	for verb in --stop --signal=TERM; do
		usage_error "${verb%=*}: --json is for --explain, --check, \
--status, --wait and --list" "$verb" --json -p "$PIDFILE"
	done
	usage_error "--json: is for --explain, --check, --status, --wait and --list" \
	    --json true
	is_untouched
}

@test "a needless value and a missing value are refused" {
	usage_error "--status=1: takes no value" --status=1 -p "$PIDFILE"
	usage_error "--wait=1: takes no value" --wait=1 -p "$PIDFILE"
	usage_error "--signal: needs a value" -p "$PIDFILE" --signal
}
