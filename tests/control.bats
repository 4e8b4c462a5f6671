#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016,SC2030,SC2031  # each test is a subshell
# --signal and --wait; and for every verb: who is meant, and who is not.

load helpers

# Launches a daemon that logs its signals to $TMP/log, with the WORDs of
# stubborn.c; PID is its: start [WORD]...
start() {
	launch -p "$PIDFILE" "$HELPERS_DIR/stubborn" "$TMP/log" "$@"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually test -s "$TMP/log"
}

# Starts one that is nobody's daemon, and writes its number to the pid file.
start_stranger() {
	"$HELPERS_DIR/stubborn" "$TMP/log" "$@" 3>&- &
	PID=$!
	# The shell is not to say what became of it.
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
	equal "log of the stranger" "$(cat "$TMP/log")" \
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

# The pid file stands for nobody; the last to say so removes it.
stands_for_nobody() {
	CALLER=("${CALLER[@]}" timeout "$DEADLINE")
	fails 1 "$PIDFILE: dead, but its pid file is there" \
	    --status -p "$PIDFILE"
	fails 3 "daemonize: signal: $PIDFILE: not running" \
	    --signal=TERM -p "$PIDFILE"
	fails 0 "" --wait -p "$PIDFILE"
	run launch --check -p "$PIDFILE"
	status_is 3
	fails 0 "" --stop -p "$PIDFILE"
	[[ ! -e $PIDFILE ]]
}

# Every verb finds the daemon, and the last one ends it.
stands_for_daemon() {
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == "$PIDFILE: running, pid $PID, "* ]]
	run launch --check -p "$PIDFILE"
	((status < 2))
	fails 0 "" --signal=USR1 -p "$PIDFILE"
	eventually grep -qx 10 "$TMP/log"
	fails 0 "" --stop=KILL -p "$PIDFILE"
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

# --- signal -----------------------------------------------------------------

@test "a signal is sent by its name, with SIG or without, or number" {
	local signal

	start
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

	start
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
	start
	for name in INT QUIT USR2 ALRM CONT WINCH; do
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

@test "a signal to what does not run: 3" {
	fails 3 "daemonize: signal: $PIDFILE: not running" \
	    --signal=HUP -p "$PIDFILE"
	[[ ! -e $PIDFILE ]]
}

@test "an unknown signal is a usage error" {
	local signal

	start
	for signal in FOO hupp SIG SIG1 SIGSIGHUP 0 -1 65 999999999999 "1 " "" \
	    RTMIN- RTMIN-1 RTMIN+ RTMIN+x RTMIN+31 RTMAX+1 RTMAX-31 RTMAX1; do
		fails 125 "daemonize: --signal=$signal: no signal
Try 'daemonize --help'" --signal="$signal" -p "$PIDFILE"
	done
	is_untouched
}

@test "a signal that the user may not send is reported" {
	requires root setpriv
	start
	CALLER=(setpriv --reuid "$(id -u nobody)" --clear-groups)
	fails 125 "daemonize: signal: HUP: Operation not permitted" \
	    --signal=HUP -p "$PIDFILE"
	is_untouched
}

# --- wait -------------------------------------------------------------------

# It holds the daemon and waits for its end.
holds_pidfd() {
	[[ $(readlink "/proc/$1/fd/"*) == *"anon_inode:[pidfd]"* ]]
}

@test "a wait returns when the daemon ends, not before" {
	start end=1
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
	start
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	alive $!
	kill -KILL "$PID"
	wait $!
	gone "$PID"
}

@test "a wait for what has gone returns at once" {
	CALLER=(timeout "$DEADLINE")
	fails 0 "" --wait -p "$PIDFILE"
	start
	kill -KILL "$PID"
	eventually gone "$PID"
	fails 0 "" --wait -p "$PIDFILE"
}

@test "a wait for a zombie that nobody reaps returns" {
	start_unreaped
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	kill -KILL "$PID"
	wait $!
	grep -q '^State:.Z' "/proc/$PID/status"
	CALLER=(timeout "$DEADLINE")
	fails 0 "" --wait -p "$PIDFILE"
}

@test "a wait for another user's daemon needs no permission" {
	requires root setpriv
	start
	setpriv --reuid "$(id -u nobody)" --clear-groups "$DAEMONIZE" \
	    --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually holds_pidfd $!
	alive $!
	kill -KILL "$PID"
	wait $!
}

@test "signal and wait go by the name, too" {
	requires user
	export XDG_RUNTIME_DIR=$TMP
	launch -n x "$HELPERS_DIR/stubborn" "$TMP/log" end=1
	PID=$(cat "$TMP/daemonize/x.pid")
	remember "$PID"
	fails 0 "" --signal=HUP -n x
	CALLER=(timeout "$DEADLINE")
	fails 0 "" --wait -n x
	gone "$PID"
	fails 3 "daemonize: signal: $TMP/daemonize/x.pid: not running" \
	    --signal=HUP -n x
}

# --- who is meant -----------------------------------------------------------

@test "the lock says who it is, whatever the file has" {
	local text

	for text in "" rubbish 1 2147483647; do
		rm -f "$TMP/log" "$PIDFILE"
		start
		echo "$text" >"$PIDFILE"
		run launch --status -p "$PIDFILE"
		status_is 0
		[[ $output == "$PIDFILE: running, pid $PID, "* ]]
		kill -KILL "$PID"
		eventually gone "$PID"
	done
}

@test "one that closed the lock's descriptor is found by its number" {
	start close
	equal holder "$("$HELPERS_DIR/holder" "$PIDFILE")" 0
	stands_for_daemon
}

@test "one whose number another program wrote is found by it" {
	start_stranger
	stands_for_daemon
}

@test "a number with white space around it counts, as others write it" {
	start_stranger
	printf '%d' "$PID" >"$PIDFILE"
	run launch --status -p "$PIDFILE"
	status_is 0
	printf '%d \r\n\n' "$PID" >"$PIDFILE"
	stands_for_daemon
}

@test "the lock counts for root where others can write the file, too" {
	requires root
	start
	chmod 666 "$PIDFILE"
	stands_for_daemon
}

@test "the record lock of a stranger does not make him the daemon" {
	local daemon

	start close
	daemon=$PID
	mv "$TMP/log" "$TMP/daemon"
	"$HELPERS_DIR/stubborn" "$TMP/log" lock="$PIDFILE" 3>&- &
	PID=$!
	disown
	remember "$PID"
	eventually test -s "$TMP/log"
	equal holder "$("$HELPERS_DIR/holder" "$PIDFILE")" "$PID"
	run launch --signal=USR1 -p "$PIDFILE"
	is_untouched
	# The daemon was signalled, or nobody and that was said.
	((status != 0)) || eventually grep -qx 10 "$TMP/daemon"
	alive "$daemon"
}

# --- who is not -------------------------------------------------------------

@test "what has started after the file was written is not meant" {
	start_stranger
	touch -d '1 hour ago' "$PIDFILE"
	stands_for_nobody
	is_untouched
}

@test "a number that is nobody's stands for nobody" {
	echo 2147483647 >"$PIDFILE"
	stands_for_nobody
}

@test "an empty pid file stands for nobody" {
	: >"$PIDFILE"
	stands_for_nobody
	printf '\n \n' >"$PIDFILE"
	stands_for_nobody
}

@test "a zombie is nobody" {
	start_zombie
	echo "$ZOMBIE" >"$PIDFILE"
	stands_for_nobody
}

@test "no number but other content is refused, and kept" {
	local text

	for text in rubbish -1 0 +1 0x10 99999999999999999999 2147483648 \
	    "$(seq 100)" 1.5 '1;2'; do
		echo "$text" >"$PIDFILE"
		unknown "has other content than a pid"
		CALLER=()
	done
}

@test "a number with a NUL and more behind it is refused, zeros are nothing" {
	start_stranger
	printf '%s\0 more' "$PID" >"$PIDFILE"
	unknown "has other content than a pid"
	CALLER=()
	printf '\0\0\0\0' >"$PIDFILE"
	stands_for_nobody
}

@test "a number with more behind it is refused" {
	start_stranger
	echo "$PID 34" >"$PIDFILE"
	unknown "has other content than a pid"
	is_untouched
}

@test "the negative number of a process is not that of its group" {
	start_stranger
	echo "-$PID" >"$PIDFILE"
	unknown "has other content than a pid"
	is_untouched
}

@test "PID 1 is no daemon of ours" {
	echo 1 >"$PIDFILE"
	unknown "its number is no daemon's"
}

@test "its own number is no daemon's" {
	# The shell's number is daemonize's after exec.
	run sh -c 'echo $$ >"$2"; exec "$1" --stop=KILL -p "$2"' sh \
	    "$DAEMONIZE" "$PIDFILE" 3>&-
	status_is 125
	output_is "daemonize: stop: $PIDFILE: its number is no daemon's"
}

@test "the number of a thread is no daemon's" {
	start_stranger thread="$TMP/thread"
	eventually test -s "$TMP/thread"
	cp "$TMP/thread" "$PIDFILE"
	[[ $(cat "$PIDFILE") != "$PID" ]]
	unknown "its number is no daemon's"
	is_untouched
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
	start
	mv "$PIDFILE" "$TMP/good"
	ln -s good "$PIDFILE"
	unknown "is a symbolic link"
	is_untouched
	rm "$PIDFILE"
	ln -s missing "$PIDFILE"
	unknown "is a symbolic link"
}

@test "a number that others can write means nobody for root" {
	requires root
	start_stranger
	chmod 666 "$PIDFILE"
	unknown "others can write it, so its number says nothing"
	chmod 664 "$PIDFILE"
	unknown "others can write it, so its number says nothing"
	is_untouched
}

@test "nor does that of a file of another user" {
	requires root
	start_stranger
	chown nobody "$PIDFILE"
	unknown "others can write it, so its number says nothing"
	is_untouched
}

@test "nor one in a directory where others can write" {
	requires root
	mkdir "$TMP/dir"
	PIDFILE=$TMP/dir/pid
	start_stranger
	chmod 777 "$TMP/dir"
	unknown "others can write it, so its number says nothing"
	chmod 1777 "$TMP/dir"
	unknown "others can write it, so its number says nothing"
	chmod 755 "$TMP/dir"
	chown nobody "$TMP/dir"
	unknown "others can write it, so its number says nothing"
	is_untouched
}

@test "a pid file that the user may not read is reported" {
	start
	chmod 0 "$PIDFILE"
	if ((EUID == 0)); then
		requires setpriv
		CALLER=(setpriv --reuid "$(id -u nobody)" --clear-groups)
	fi
	unknown "Permission denied"
	is_untouched
}

# --- without pidfds ---------------------------------------------------------

@test "a kernel without pidfds is named as the reason, and nothing is done" {
	local verb

	requires strace
	start
	CALLER=(env -u DAEMONIZE_TEST strace -o "$TMP/trace"
	    -e inject=pidfd_open:error=ENOSYS)
	for verb in --stop --signal=TERM --wait; do
		run launch "$verb" -p "$PIDFILE"
		status_is 125
		verb=${verb#--}
		output_is "daemonize: ${verb%=*}: $PIDFILE: \
needs pidfds, which Linux has since 5.3"
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

@test "a verb needs to know whom it is for" {
	local verb

	for verb in --status --stop --wait; do
		usage_error "$verb: needs --pidfile or --name" "$verb"
	done
	usage_error "--signal: needs --pidfile or --name" --signal=HUP
	usage_error "--check: needs PID, --pidfile or --name" --check
}

@test "a verb takes no command" {
	local verb

	start
	for verb in --status --stop --wait --signal=TERM --list; do
		usage_error "sleep: one operand too many" "$verb" \
		    -p "$PIDFILE" sleep 1000
	done
	is_untouched
}

@test "two verbs are one too many" {
	start
	usage_error "--stop: another verb was given before" \
	    --status --stop -p "$PIDFILE"
	usage_error "--status: another verb was given before" \
	    --stop -p "$PIDFILE" --status
	usage_error "--wait: another verb was given before" \
	    --signal=TERM --wait -p "$PIDFILE"
	usage_error "--list: another verb was given before" \
	    --explain --list true
	is_untouched
}

@test "--tree is for --stop, and --json for what prints" {
	local verb

	start
	for verb in --status --wait --signal=TERM; do
		usage_error "--tree: is for --stop and --replace" "$verb" --tree \
		    -p "$PIDFILE"
	done
	usage_error "--tree: is for --stop and --replace" --tree -p "$TMP/other" true
	for verb in --stop --wait --signal=TERM; do
		usage_error "--json: is for --explain, --check, --status and \
--list" "$verb" --json -p "$PIDFILE"
	done
	is_untouched
}

@test "a pid file and a name are one too many" {
	start
	usage_error "--name=x: --name and --pidfile exclude each other" \
	    --stop -p "$PIDFILE" -n x
	is_untouched
}

@test "a value where none belongs, and none where one does" {
	usage_error "--status=1: takes no value" --status=1 -p "$PIDFILE"
	usage_error "--wait=1: takes no value" --wait=1 -p "$PIDFILE"
	usage_error "--signal: needs a value" -p "$PIDFILE" --signal
}

@test "who forked and never executed is no launch that is waited for" {
	requires python3 strace
	python3 -c '
import os, signal
pid = os.fork()
if pid:
    print(pid)
else:
    os.setsid()
    os.close(1)
    signal.pause()' >"$PIDFILE" 3>&-
	remember "$(cat "$PIDFILE")"
	strace -o trace -e trace=poll "$DAEMONIZE" --signal=CONT -p "$PIDFILE" \
	    3>&-
	equal polls "$(grep -c '^poll' trace)" 0
}
