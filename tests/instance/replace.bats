#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --replace: the one that runs goes, once the new one can come.

load ../lib/helpers

# As long as a test needs it.
# The file of that name and its record are a running daemon's, and nothing
# else runs: is_the_only_one PID [FILE]
is_the_only_one() {
	local file=${2:-$PIDFILE}

	remember "$1"
	equal "pid file" "$(cat "$file")" "$1"
	names_instance "$file"
	equal processes "$(leftovers)" "$1"
}

# The launch replaces what runs, silently; PID is the new one's:
# replaces [OPTION]...
replaces() {
	local old=$PID

	fails 0 "" --replace -p "$PIDFILE" "$@" "${DAEMON[@]}"
	PID=$(cat "$PIDFILE")
	[[ $PID != "$old" ]]
	gone "$old"
	is_the_only_one "$PID"
}

# The launch fails as fails() has it, and what runs does not notice:
# is_left_alone STATUS MESSAGE [OPTION]... COMMAND [ARG]...
is_left_alone() {
	local before

	before=$(stat -c '%i %h %s %y' "$PIDFILE")
	fails "$1" "$2" --replace -p "$PIDFILE" "${@:3}"
	is_the_only_one "$PID"
	equal "pid file" "$(stat -c '%i %h %s %y' "$PIDFILE")" "$before"
}

# The last line of a --replace that has stopped the old one in vain:
# says_lost COMMAND
says_lost() {
	echo "daemonize: replace: $PIDFILE: nothing runs now; to launch the old \
command: daemonize [OPTION]... -p $PIDFILE $1"
}

# The launch fails when what ran, OLD, has been stopped, which its last line
# says: is_lost STATUS MESSAGE [OPTION]... COMMAND [ARG]...
is_lost() {
	fails "$1" "$2
$(says_lost "${OLD:-sleep 1000}")" \
	    --replace -p "$PIDFILE" "${@:3}"
	gone "$PID"
}

# --- the old one and the new one --------------------------------------------

@test "replace stops the old one by its schedule" {
	local schedule sig

	# The old one ends at that signal, or else the schedule takes an hour.
	while read -r schedule sig; do
		launch -p "$PIDFILE" "$HELPERS_DIR/stubborn" "$TMP/log" \
		    "end=$sig" </dev/null
		PID=$(cat "$PIDFILE")
		remember "$PID"
		eventually test -s "$TMP/log"
		replaces --replace="$schedule" </dev/null
		equal "$schedule" "$(sed 1d "$TMP/log")" "$sig"
		rm "$TMP/log"
		fails 0 "" --stop -p "$PIDFILE"
	done <<-END
		INT/1h/KILL 2
		usr1/1h/9/5 10
		1h 15
	END
}

@test "replace ends the old one by the last signal of its schedule" {
	launch -p "$PIDFILE" "$HELPERS_DIR/stubborn" "$TMP/log"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	replaces --replace=INT/10ms/KILL
}

@test "replace without a schedule after one with it has the default" {
	start_daemon
	launch --replace=KILL --replace -p "$PIDFILE" "${DAEMON[@]}"
	remember "$(cat "$PIDFILE")"
	eventually gone "$PID"
}

@test "a schedule of replace that cannot be read is refused" {
	local tail="
Try 'daemonize --help'"

	start_daemon
	fails 125 "daemonize: --replace=: '' is wrong: use \
SIG/TIME[/SIG/TIME]...$tail" \
	    --replace= -p "$PIDFILE" true
	fails 125 "daemonize: --replace=9: a signal or a time? use KILL/5s for \
signal 9, or 9s for 9 seconds$tail" --replace=9 -p "$PIDFILE" true
	fails 125 "daemonize: --replace=TERM/3d: '3d' is wrong: use \
SIG/TIME[/SIG/TIME]...$tail" --replace=TERM/3d -p "$PIDFILE" true
	is_the_only_one "$PID"
}

@test "a new one that is not ready ends by the default schedule" {
	start_daemon
	fails 124 "daemonize: ready: $HELPERS_DIR/stubborn: not ready after \
3s: file:$TMP/never
$(says_lost "sleep 1000")" \
	    --replace=USR2/0/KILL --ready="file:$TMP/never" \
	    --ready-timeout=3s -p "$PIDFILE" "$HELPERS_DIR/stubborn" \
	    "$TMP/log" end=15
	gone "$PID"
	equal signals "$(sed 1d "$TMP/log")" 15
}

@test "replace launches where nothing runs" {
	PID=none
	replaces
}

@test "replace launches where the last one has died" {
	start_daemon
	kill -KILL "$PID"
	eventually gone "$PID"
	replaces
}

@test "replace stops the one that runs and launches the new one" {
	start_daemon
	replaces
	replaces
}

@test "the new one can be another command" {
	start_daemon
	DAEMON=("$PROBE" "$REPORT" stay)
	replaces
	eventually test -e "$REPORT"
	equal "pid of the new one" "$(fact pid)" "$PID"
}

@test "replace in the foreground becomes the command" {
	start_daemon
	launch --replace -F -p "$PIDFILE" "$PROBE" "$REPORT"
	gone "$PID"
	equal "pid file" "$(cat "$PIDFILE")" "$(fact pid)"
	eventually nothing_runs
}

@test "a named instance is replaced" {
	local name=bats-replace-$$ directory=/run/daemonize old

	if ((EUID != 0)); then
		export XDG_STATE_HOME=$TMP
		directory=$TMP/daemonize/$HOSTNAME
	fi
	[[ -e $directory ]] || at_end rmdir "$directory"
	echo "rm -f $directory/$name.pid*" |
	    cat - "$TMP/.at_end" >"$TMP/first"
	mv "$TMP/first" "$TMP/.at_end"

	launch -n "$name" "${DAEMON[@]}"
	old=$(cat "$directory/$name.pid")
	remember "$old"
	launch --replace -n "$name" "${DAEMON[@]}"
	gone "$old"
	is_the_only_one "$(cat "$directory/$name.pid")" "$directory/$name.pid"
}

@test "the lock file goes over to the new one" {
	requires flock
	start_daemon -l "$TMP/lock"
	replaces -l "$TMP/lock"
	run flock -n "$TMP/lock" true
	status_is 1
}

@test "a lock file and a pid file that are one file go over, too" {
	start_daemon -l "$PIDFILE"
	replaces -l "$PIDFILE"
}

@test "a daemon can replace itself" {
	local old

	DAEMON=(sh -c 'read -r _ <"$1"; shift; "$@"; exit' -- "$TMP/fifo"
	    "$DAEMONIZE" --replace -p "$PIDFILE" sleep 1000)
	mkfifo "$TMP/fifo"
	start_daemon
	old=$PID
	echo go >"$TMP/fifo"
	eventually gone "$old"
	eventually is_the_only_one_by_now
	[[ $(cat "$PIDFILE") != "$old" ]]
}

is_the_only_one_by_now() {
	local pid

	pid=$(leftovers)
	[[ $pid == "$(cat "$PIDFILE")" ]] && remember "$pid"
}

# --- the old one's session --------------------------------------------------

@test "replace stops the old one only" {
	start_two
	launch --replace -p "$PIDFILE" "${DAEMON[@]}"
	remember "$(cat "$PIDFILE")"
	gone "$PID"
	alive "$CHILD"
}

@test "with tree all of its session" {
	start_two
	replaces --tree
	gone "$CHILD"
}

@test "a child that keeps the lock file keeps the new one out" {
	start_two -l "$TMP/lock"
	OLD="sh -c 'sleep 1000 & echo \$! >\"\$0\"; wait' $TMP/child"
	is_lost 1 \
"daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" "${DAEMON[@]}"
	equal processes "$(leftovers)" "$CHILD"
	[[ ! -e $PIDFILE ]]
}

@test "with tree it does not" {
	start_two -l "$TMP/lock"
	replaces --tree -l "$TMP/lock"
}

# --- the log ----------------------------------------------------------------

# Says when it begins, and when it ends: talks NAME
talks() {
	DAEMON=(bash -c "echo $1 begins
	    trap 'echo $1 ends; exit' TERM
	    echo $1 runs
	    while :; do read -r -t 1 <>'$TMP/.pause'; done")
}

@test "in a log that both append to, the old one ends and the new one begins" {
	echo before >"$TMP/log"
	talks old
	start_daemon -a -o "$TMP/log"
	eventually grep -qx "old runs" "$TMP/log"
	talks new
	replaces -a -o "$TMP/log"
	eventually grep -qx "new runs" "$TMP/log"
	equal log "$(cat "$TMP/log")" "before
old begins
old runs
old ends
new begins
new runs"
}

@test "without append, the new one's log is all its own" {
	talks old
	start_daemon -o "$TMP/log"
	eventually grep -qx "old runs" "$TMP/log"
	talks new
	replaces -o "$TMP/log"
	eventually grep -qx "new runs" "$TMP/log"
	equal log "$(cat "$TMP/log")" $'new begins\nnew runs'
}

@test "a launch that fails before the stop leaves the old one's log" {
	talks old
	start_daemon -o "$TMP/log"
	eventually grep -qx "old runs" "$TMP/log"
	is_left_alone 125 \
	    "daemonize: stdio: $TMP/no/err: No such file or directory" \
	    -o "$TMP/log" -e "$TMP/no/err" sleep 1000
	equal log "$(cat "$TMP/log")" $'old begins\nold runs'
}

# --- what is known before the old one is touched ----------------------------

@test "a missing command leaves the old one alone" {
	start_daemon
	is_left_alone 127 \
	    "daemonize: exec: no-such-program: No such file or directory" \
	    no-such-program
}

@test "a command that is not executable leaves the old one alone" {
	: >"$TMP/plain"
	start_daemon
	is_left_alone 126 "daemonize: exec: $TMP/plain: Permission denied" \
	    "$TMP/plain"
}

@test "an unknown user leaves the old one alone" {
	start_daemon
	run launch --replace -p "$PIDFILE" -u no-such-user "${DAEMON[@]}"
	status_is 125
	is_the_only_one "$PID"
}

@test "a missing directory leaves the old one alone" {
	start_daemon
	is_left_alone 125 \
	    "daemonize: chdir: $TMP/no: No such file or directory" \
	    -c "$TMP/no" "${DAEMON[@]}"
}

@test "a missing new root leaves the old one alone" {
	start_daemon
	is_left_alone 125 \
	    "daemonize: chroot: $TMP/no: No such file or directory" \
	    -R "$TMP/no" "${DAEMON[@]}"
}

@test "an output file that is a directory leaves the old one alone" {
	start_daemon
	is_left_alone 125 "daemonize: stdio: $TMP: Is a directory" \
	    -o "$TMP" "${DAEMON[@]}"
}

@test "an output file without a directory leaves the old one alone" {
	start_daemon
	is_left_alone 125 \
	    "daemonize: stdio: $TMP/no/out: No such file or directory" \
	    -o "$TMP/no/out" "${DAEMON[@]}"
}

@test "an output file without permission leaves the old one alone" {
	requires user
	: >"$TMP/out"
	chmod 400 "$TMP/out"
	start_daemon
	is_left_alone 125 "daemonize: stdio: $TMP/out: Permission denied" \
	    -o "$TMP/out" "${DAEMON[@]}"
}

@test "a FIFO without a reader leaves the old one alone" {
	mkfifo "$TMP/fifo"
	start_daemon
	is_left_alone 125 "daemonize: stdio: $TMP/fifo: \
no process has this FIFO open for reading, or it is a socket" -o "$TMP/fifo" "${DAEMON[@]}"
}

@test "a missing input file leaves the old one alone" {
	start_daemon
	is_left_alone 125 \
	    "daemonize: stdio: $TMP/in: No such file or directory" \
	    -i "$TMP/in" "${DAEMON[@]}"
}

@test "output to the pid file leaves the old one alone" {
	start_daemon
	is_left_alone 125 "daemonize: stdio: $PIDFILE: is the pid file; use \
another file" \
	    -a -o "$PIDFILE" "${DAEMON[@]}"
}

@test "a lock file without a directory leaves the old one alone" {
	start_daemon
	is_left_alone 125 \
	    "daemonize: lockfile: $TMP/no/lock: No such file or directory" \
	    -l "$TMP/no/lock" "${DAEMON[@]}"
}

@test "a lock file that is none leaves the old one alone" {
	mkfifo "$TMP/fifo"
	start_daemon
	is_left_alone 125 "daemonize: lockfile: $TMP/fifo: not a regular file" \
	    -l "$TMP/fifo" "${DAEMON[@]}"
}

@test "a symbolic link to the pid file leaves the old one alone" {
	start_daemon
	ln -s pid "$TMP/link"
	run launch --replace -p "$TMP/link" "${DAEMON[@]}"
	status_is 125
	[[ $output == "daemonize: "*": $TMP/link: is a symbolic link" ]]
	is_the_only_one "$PID"
}

@test "a pid file that cannot be written leaves the old one alone" {
	requires user
	start_daemon
	chmod 444 "$PIDFILE"
	is_left_alone 125 "daemonize: pidfile: $PIDFILE: Permission denied" \
	    "${DAEMON[@]}"
}

@test "a pid file with garbage is reported, and nothing is launched" {
	echo garbage >"$PIDFILE"
	run launch --replace -p "$PIDFILE" "${DAEMON[@]}"
	status_is 125
	[[ $output == *": $PIDFILE: contains something other than a pid; is \
it the right file?" ]]
	equal "pid file" "$(cat "$PIDFILE")" garbage
	equal processes "$(leftovers)" ""
}

@test "a daemon that cannot be stopped is left alone" {
	requires root setpriv
	launch -u nobody -p "$PIDFILE" "${DAEMON[@]}"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	CALLER=(setpriv --bounding-set -kill)
	fails 125 "daemonize: stop: TERM: Operation not permitted" \
	    --replace -p "$PIDFILE" "${DAEMON[@]}"
	is_the_only_one "$PID"
}

# --- what is known only when it has been stopped ----------------------------

@test "a bad interpreter is known at the exec: the old one is stopped" {
	printf '#!/no/such/interpreter\n' >"$TMP/broken"
	chmod 755 "$TMP/broken"
	start_daemon
	is_lost 126 "daemonize: exec: $TMP/broken: bad interpreter: \
/no/such/interpreter: No such file or directory" "$TMP/broken"
	nothing_is_left
}

@test "a directory that the user may not enter is known late: the old one is stopped" {
	requires root
	mkdir -m 700 "$TMP/closed"
	start_daemon
	is_lost 125 "daemonize: chdir: $TMP/closed: Permission denied" \
	    -u nobody -c "$TMP/closed" "${DAEMON[@]}"
	nothing_is_left
}

@test "if nothing ran, a failure reports no stop" {
	printf '#!/no/such/interpreter\n' >"$TMP/broken"
	chmod 755 "$TMP/broken"
	fails 126 "daemonize: exec: $TMP/broken: bad interpreter: \
/no/such/interpreter: No such file or directory" \
	    --replace -p "$PIDFILE" "$TMP/broken"
	nothing_is_left
}

@test "an instance that survives the schedule stays the only one" {
	requires strace
	start_daemon
	# Only strace can make that true of KILL: the signals are not sent.
	CALLER=(strace -qq -o "$TMP/trace" -e trace=pidfd_send_signal
	    -e inject=pidfd_send_signal:retval=0)
	is_left_alone 2 \
	    "daemonize: stop: $PIDFILE: pid $PID still runs after the whole \
schedule" \
	    -o "$TMP/out" "${DAEMON[@]}"
	equal "what was sent" "$(grep -o 'SIG[A-Z]*' "$TMP/trace")" \
	    $'SIGTERM\nSIGCONT\nSIGKILL'
	[[ ! -e $TMP/out ]]
}

# --- the command line -------------------------------------------------------

# is_misuse MESSAGE [OPTION]...
is_misuse() {
	fails 125 "daemonize: $1"$'\n'"Try 'daemonize --help'" "${@:2}"
}

@test "replace needs an instance" {
	is_misuse "--replace: needs --pidfile or --name" \
	    --replace "${DAEMON[@]}"
	is_misuse "--replace: needs --pidfile or --name" \
	    --replace -l "$TMP/lock" "${DAEMON[@]}"
}

@test "replace and if-not-running contradict each other" {
	start_daemon
	is_misuse "--replace: excludes --if-not-running" \
	    --replace --if-not-running -p "$PIDFILE" "${DAEMON[@]}"
	is_the_only_one "$PID"
}

@test "replace is for a launch" {
	local verb

	start_daemon
	for verb in --status --stop --signal=TERM --wait --check; do
		is_misuse "${verb%=*}: --replace is for a launch" \
		    "$verb" --replace -p "$PIDFILE"
	done
	is_misuse "--list: --replace is for a launch" --list --replace
	is_the_only_one "$PID"
}

@test "replace needs a command" {
	is_misuse "COMMAND: missing" --replace -p "$PIDFILE"
}

@test "--replace with a pid file in a missing directory is refused" {
	fails 125 "daemonize: pidfile: $TMP/none/pid: No such file or directory" \
	    --replace -p "$TMP/none/pid" "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
}

@test "the old command is quoted for a shell, and the instance is called by its name" {
	as_user
	start_named web sh -c "exec sleep 1000 # it's"
	fails 123 "daemonize: ready: $(command -v sh): exited with status 3 before it was \
ready$WITHOUT_FILE
daemonize: replace: web: nothing runs now; to launch the old command: \
daemonize [OPTION]... -n web sh -c 'exec sleep 1000 # it'\\''s'" \
	    --replace --ready=alive:1h -n web sh -c "exit 3"
	gone "$PID"
}
