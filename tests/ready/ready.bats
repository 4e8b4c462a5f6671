#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --ready: a launch returns when it is ready, or when that will never be, and
# then nothing is left.  (What the command line may say: ready-cli.bats.)

load ../lib/helpers

# --- a daemon that does what it is told, when it is told --------------------

# It does FIRST, and then whatever it reads from the FIFO, a line of shell.
# A process that had the FIFO open before may still: then there is no line.
OBEY='obey() { until read -r todo <gate; do :; done; : >told; eval "$todo"; }
echo $$ >started; eval "$FIRST"; : >first; obey'

# Launches it in the background, from a caller whose signals are as usual
# (bash has INT and QUIT ignored there): LAUNCHER, and PID, its own, empty
# where it did not live long enough to tell: begin [OPTION]...
begin_launch() {
	((${#CALLER[@]})) || from
	[[ -p gate ]] || mkfifo gate
	rm -f started first
	echo "+ ${CALLER[*]} daemonize $*" >>"$TMP/.log"
	FIRST=${FIRST:-:} "${CALLER[@]}" "$DAEMONIZE" -c "$TMP" \
	    -p "$PIDFILE" "$@" sh -c "$OBEY" >"$TMP/.said" 2>&1 3>&- &
	LAUNCHER=$!
	remember "$LAUNCHER"
	eventually has_begun
	PID=$(cat started)
	[[ -z $PID ]] || remember "$PID"
}

has_begun() {
	[[ -s started ]] || { gone "$LAUNCHER" && : >>started; }
}

# The daemon does that now: tell CODE
do_now() {
	rm -f told
	TODO=$1 timeout "$DEADLINE" sh -c 'printf "%s\n" "$TODO" >gate'
	eventually test -e told
}

# The launcher still waits: it has had the time of a whole other launch to end.
still_waits() {
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" true
	alive "$LAUNCHER"
}

# The launcher ends so, and that is all it has printed: ends STATUS [MESSAGE]
launch_ends() {
	local status=0

	eventually gone "$LAUNCHER"
	wait "$LAUNCHER" || status=$?
	echo "= $status" >>"$TMP/.log"
	equal output "$(cat "$TMP/.said")" "${2-}"
	equal status "$status" "$1"
}

# It runs, alone, and its pid file is right.
runs_alone() {
	local supervisor processes

	alive "$PID"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
	names_instance
	supervisor=$(recorded supervisor)
	processes=$(leftovers)
	equal "processes" "$(grep -vx "$supervisor" <<<"$processes")" "$PID"
}

# What the launcher says of the daemon: says WORDS
says() {
	echo "daemonize: ready: $(command -v sh): $1"
}

# --- where servers listen ---------------------------------------------------

# Runs it with the interpreter itself: python3 may be a script that finds it.
find_python() {
	requires python3
	PYTHON=$(python3 -c 'import sys; print(sys.executable)')
}

# A server: $SERVER HOST PORT | PATH, where @ is an abstract one.  Its PORT is
# below those that the kernel gives to clients, and free.
setup_server() {
	find_python
	cat >listen.py <<-'END'
		import random, signal, socket, sys

		def listen(family, address):
		    s = socket.socket(family, socket.SOCK_STREAM)
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    if family == socket.AF_INET6:
		        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
		    s.bind(address)
		    s.listen()
		    return s

		def find_port():
		    while True:
		        port = random.randrange(10000, 32000)
		        try:
		            s = [listen(socket.AF_INET, ('127.0.0.1', port))]
		            if socket.has_ipv6:
		                s.append(listen(socket.AF_INET6, ('::1', port)))
		        except OSError:
		            if not s:
		                continue
		        return port

		s = []
		if len(sys.argv) == 1:
		    print(find_port())
		    sys.exit()
		if len(sys.argv) == 3:
		    host, port = sys.argv[1:]
		    family = socket.AF_INET6 if ':' in host else socket.AF_INET
		    s = listen(family, (host, int(port)))
		else:
		    path = sys.argv[1]
		    if path[0] == '@':
		        path = '\0' + path[1:]
		    s = listen(socket.AF_UNIX, path)
		if sys.stdout.fileno() == 1:
		    open('listens', 'w').close()
		signal.pause()
	END
	SERVER="$PYTHON $TMP/listen.py"
	PORT=$("$PYTHON" listen.py)
}

requires_ipv6() {
	"$PYTHON" -c 'import socket
socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null ||
	    skip "needs IPv6"
}

# Another process serves there: serve HOST PORT | PATH
listen() {
	rm -f listens
	$SERVER "$@" 3>&- &
	SERVED=$!
	remember "$SERVED"
	eventually test -e listens
}

# --- every method, with a daemon of each kind -------------------------------

# READY is the METHOD, which is used WITH that; a daemon that does BECOME has
# become so.
choose() {
	case $1 in
	alive)	READY=alive:1h ;;
	fd)	READY=fd:7
		BECOME='echo >&7; exec sleep 1000' ;;
	file)	READY=file:$TMP/file
		BECOME='echo >file; exec sleep 1000' ;;
	tcp)	setup_server
		READY=tcp:127.0.0.1:$PORT
		BECOME="exec $SERVER 127.0.0.1 $PORT" ;;
	unix)	setup_server
		READY=unix:$TMP/socket
		BECOME="exec $SERVER socket" ;;
	cmd)	READY='cmd:test -e now'
		BECOME=': >now; exec sleep 1000' ;;
	line)	READY='line:is ready'
		WITH=(--log="$TMP/log") WITHOUT_FILE=
		BECOME='printf "it is "; printf "ready now"; exec sleep 1000' ;;
	esac
}

# The launch returns once the daemon is ready, not before: is_awaited METHOD
is_awaited() {
	choose "$1"
	begin_launch "${WITH[@]}" --ready="$READY"
	still_waits
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone
	"$DAEMONIZE" --stop -p "$PIDFILE" >stopped
}

# Its death ends the wait, with its status or signal: is_missed METHOD
is_missed() {
	choose "$1"
	begin_launch "${WITH[@]}" --ready="$READY"
	still_waits
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	nothing_is_left

	begin_launch "${WITH[@]}" --ready="$READY"
	kill -KILL "$PID"
	launch_ends 123 "$(says "killed by signal 9 before it was ready$WITHOUT_FILE")"
	nothing_is_left
}

# It is ended when its time is over: is_late METHOD
is_late() {
	choose "$1"
	late "${WITH[@]}" --ready="$READY"
	nothing_is_left
}

# What has done FIRST, if the time was enough for it, is ended at the end of
# its time; AND is said of it.  late [OPTION]...
late() {
	local time

	for time in 50ms 500ms 5s; do
		begin_launch "$@" --ready-timeout="$time"
		eventually gone "$LAUNCHER"
		[[ ! -e first ]] || break
	done
	launch_ends 124 "$(says "not ready after $time: $READY${AND-}")"
}

# A signal to the launcher ends both: is_interrupted METHOD
is_interrupted() {
	local sig

	choose "$1"
	for sig in INT QUIT TERM; do
		begin_launch "${WITH[@]}" --ready="$READY"
		still_waits
		kill -"$sig" "$LAUNCHER"
		launch_ends $((128 + $(kill -l "$sig"))) \
		    "$(says "interrupted by signal $sig")"
		nothing_is_left
	done
}

@test "fd: a launch returns when it is ready, not before" {
	is_awaited fd
}

@test "file: a launch returns when it is ready, not before" {
	is_awaited file
}

@test "tcp: a launch returns when it is ready, not before" {
	is_awaited tcp
}

@test "unix: a launch returns when it is ready, not before" {
	is_awaited unix
}

@test "cmd: a launch returns when it is ready, not before" {
	is_awaited cmd
}

@test "line: a launch returns when it is ready, not before" {
	is_awaited line
}

@test "alive: a death ends the wait at that moment" {
	is_missed alive
}

@test "fd: a death ends the wait at that moment" {
	is_missed fd
}

@test "file: a death ends the wait at that moment" {
	is_missed file
}

@test "tcp: a death ends the wait at that moment" {
	is_missed tcp
}

@test "unix: a death ends the wait at that moment" {
	is_missed unix
}

@test "cmd: a death ends the wait at that moment" {
	is_missed cmd
}

@test "line: a death ends the wait at that moment" {
	is_missed line
}

@test "fd: a command that is too slow is ended" {
	is_late fd
}

@test "file: a command that is too slow is ended" {
	is_late file
}

@test "tcp: a command that is too slow is ended" {
	is_late tcp
}

@test "unix: a command that is too slow is ended" {
	is_late unix
}

# With a check that never ends, of two process groups.
@test "cmd: a command that is too slow is ended, and so is the check" {
	READY='cmd:timeout 1000 sleep 1000 & sleep 1000'
	late --ready="$READY"
	nothing_is_left
}

@test "line: a command that is too slow is ended" {
	is_late line
}

@test "alive: a signal to the launcher ends both" {
	is_interrupted alive
}

@test "fd: a signal to the launcher ends both" {
	is_interrupted fd
}

@test "file: a signal to the launcher ends both" {
	is_interrupted file
}

@test "tcp: a signal to the launcher ends both" {
	is_interrupted tcp
}

@test "unix: a signal to the launcher ends both" {
	is_interrupted unix
}

@test "cmd: a signal to the launcher ends both" {
	is_interrupted cmd
}

@test "line: a signal to the launcher ends both" {
	is_interrupted line
}

# --- exec and alive ---------------------------------------------------------

@test "exec: a launch returns without waiting for anything" {
	begin_launch --ready=exec
	launch_ends 0
	runs_alone
}

@test "exec: what cannot be executed is reported as without it" {
	fails 127 "daemonize: exec: nowhere: No such file or directory" \
	    --ready=exec nowhere
	fails 127 "daemonize: exec: nowhere: No such file or directory" \
	    --ready=alive:1h -p "$PIDFILE" nowhere
	nothing_is_left
}

@test "alive: a launch returns after that time, not before" {
	local begun ended

	begun=$(date +%s%N)
	launch --ready=alive:150ms -p "$PIDFILE" sleep 1000
	ended=$(date +%s%N)
	PID=$(cat "$PIDFILE")
	remember "$PID"
	runs_alone
	((ended - begun >= 150 * 1000000))
}

# --- the end of a daemon that is not ready ----------------------------------

@test "the launcher that is interrupted dies by that very signal" {
	find_python
	ulimit -c unlimited
	cat >interrupt.py <<-'END'
		import os, signal, subprocess, sys
		null = subprocess.DEVNULL
		os.mkfifo('fifo')
		for sig in signal.SIGINT, signal.SIGQUIT, signal.SIGTERM:
		    signal.signal(sig, signal.SIG_DFL)
		    child = subprocess.Popen(sys.argv[1:], stderr=null)
		    open('fifo').read(1)
		    child.send_signal(sig)
		    print(child.wait() == -sig)
	END
	run "$PYTHON" interrupt.py "$DAEMONIZE" -c "$TMP" --ready=alive:1h \
	    sh -c 'echo >fifo; exec sleep 1000' 3>&-
	output_is "$(printf '%s\n' True True True)"
	run ls core*
	status_is 2
	nothing_is_left
}

@test "a signal that the caller ignores or blocks does not end the wait" {
	local state sig

	choose fd
	for state in ignored blocked; do
		for sig in INT QUIT TERM; do
			from "$state=$(kill -l "$sig")" --
			begin_launch --ready=fd:7
			kill -"$sig" "$LAUNCHER"
			still_waits
			do_now "$BECOME"
			launch_ends 0
			eventually runs_alone
			kill -KILL "$PID"
			eventually gone "$PID"
		done
	done
}

@test "the end of the terminal does not end the wait" {
	choose fd
	begin_launch --ready=fd:7
	kill -HUP "$LAUNCHER"
	still_waits
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone
}

# Launches a daemon that only KILL ends: PID, LAUNCHER; begin_deaf OPTION...
begin_deaf() {
	from
	"${CALLER[@]}" "$DAEMONIZE" -p "$PIDFILE" "$@" \
	    "$HELPERS_DIR/stubborn" "$TMP/log" >"$TMP/.said" 2>&1 3>&- &
	LAUNCHER=$!
	remember "$LAUNCHER"
	eventually test -s log
	PID=$(sed -n 's/^pid //p' log)
	remember "$PID"
}

# Before the ten seconds of the schedule are over.
@test "an interrupted launch kills a command that ignores TERM, at once if asked again" {
	local begun=$SECONDS

	begin_deaf --ready=alive:1h
	kill -TERM "$LAUNCHER"
	eventually grep -qx 15 log
	alive "$LAUNCHER"
	kill -TERM "$LAUNCHER"
	launch_ends 143 "daemonize: ready: $HELPERS_DIR/stubborn: interrupted by signal TERM"
	((SECONDS - begun < 10))
	nothing_is_left
}

@test "a command that is too slow and ignores TERM is killed" {
	begin_deaf --ready="file:$TMP/never" --ready-timeout=3s
	eventually grep -qx 15 log
	alive "$LAUNCHER"
	kill -INT "$LAUNCHER"
	launch_ends 124 "daemonize: ready: $HELPERS_DIR/stubborn: not ready after \
3s: file:$TMP/never"
	nothing_is_left
}

@test "a daemon that is stopped is continued, so that TERM ends it" {
	begin_launch --ready=alive:1h
	do_now "trap 'touch $TMP/acted; exit' TERM; kill -STOP \$\$"
	eventually grep -q '^State:.T' "/proc/$PID/status"
	kill -INT "$LAUNCHER"
	eventually test -e acted
	launch_ends 130 "$(says 'interrupted by signal INT')"
	nothing_is_left
}

# Three generations, of which some leave the session.
FAMILY='sleep 1000 & setsid sleep 1000 & sh -c "setsid -f sleep 1000; exit" & '
FAMILY+='setsid sh -c "setsid sleep 1000 & exec sleep 1000" & '

# So many processes run, or more, with the launcher: are N
are() {
	local pids

	mapfile -t pids < <(leftovers)
	((${#pids[@]} >= $1))
}

@test "whatever has come of one that is too slow is ended with it" {
	choose fd
	export FIRST=$FAMILY
	late --ready=fd:7
	nothing_is_left
}

@test "whatever has come of one that dies is ended with it" {
	begin_launch --ready=fd:7
	do_now "${FAMILY}obey"
	eventually are 7
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	nothing_is_left
}

@test "whatever has come of one that is interrupted is ended with it" {
	begin_launch --ready=fd:7
	do_now "${FAMILY}exec sleep 1000"
	eventually are 7
	kill -INT "$LAUNCHER"
	launch_ends 130 "$(says 'interrupted by signal INT')"
	nothing_is_left
}

@test "a background process of the caller's own stays" {
	local mine

	from -- sh -c 'sleep 1000 & echo $! >>mine; exec "$@"' sh
	choose fd
	late --ready=fd:7
	mine=$(cat mine)
	cat mine >>"$TMP/.pids"
	[[ ! -e $PIDFILE ]]
	equal processes "$(leftovers)" "$mine"
}

@test "with children of the caller's the daemon's session is ended" {
	from -- sh -c 'sleep 1000 & echo $! >>mine; exec "$@"' sh
	begin_launch --ready=fd:7
	do_now 'sleep 1000 & sh -c "sleep 1000 & exit"; exec sleep 1000'
	eventually are 5
	kill -INT "$LAUNCHER"
	launch_ends 130 "$(says 'interrupted by signal INT')"
	remember "$(cat mine)"
	equal processes "$(leftovers)" "$(cat mine)"
}

# Where the launcher leads the session itself.
@test "a launcher that is in the daemon's session does not end itself" {
	from -- sh -c 'sleep 1000 & echo $! >>mine; exec "$@"' sh
	choose fd
	late --background=no --ready=fd:7
	mine=$(cat mine)
	cat mine >>"$TMP/.pids"
	[[ ! -e $PIDFILE ]]
	equal processes "$(leftovers)" "$mine"
}

@test "without a session of its own it is ended likewise" {
	begin_launch --session=keep --ready=fd:7
	do_now "${FAMILY}exec sleep 1000"
	eventually are 7
	kill -INT "$LAUNCHER"
	launch_ends 130 "$(says 'interrupted by signal INT')"
	nothing_is_left
}

@test "in the foreground with a refork, the launcher waits" {
	choose fd
	begin_launch -F --refork=yes --ready=fd:7
	still_waits
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone

	kill -KILL "$PID"
	eventually gone "$PID"
	launch --stop -p "$PIDFILE"
	begin_launch -F --refork=yes --ready=fd:7
	do_now 'exit 3'
	launch_ends 123 "$(says 'exited with status 3 before it was ready')"
	nothing_is_left
}

@test "an empty output file is removed with a command that was not ready" {
	begin_launch -e "$TMP/err" -o "$TMP/out" --ready=alive:1h
	do_now 'echo something; exit 3'
	launch_ends 123 "$(says 'exited with status 3 before it was ready')"
	[[ ! -e err ]]
	equal out "$(cat out)" something
}

# --- the last lines ---------------------------------------------------------

# A daemon does CODE and exits with 3; then these lines follow the message.
# writes CODE LINES [OPTION]...
writes() {
	local code=$1 wrote=$2 output without=

	shift 2
	[[ " $*" == *" -e "* && " $*" != *" -e /dev/null" ]] ||
	    without=$WITHOUT_FILE
	output=$(says "exited with status 3 before it was ready$without")
	[[ -z $wrote ]] || output+=$'\n'$wrote
	begin_launch --ready=alive:1h "$@"
	do_now "$code; exit 3"
	launch_ends 123 "$output"
}

@test "the lines that it wrote to -e are shown when it dies" {
	writes 'echo one >&2; echo two >&2; echo no' \
	    "daemonize: $TMP/err: one"$'\n'"daemonize: $TMP/err: two" \
	    -e "$TMP/err" -o "$TMP/out"
	equal err "$(cat err)" $'one\ntwo'
}

@test "the lines that it wrote to -e are shown at the time-out" {
	choose fd
	export FIRST='echo slow >&2'
	AND=$'\n'"daemonize: $TMP/err: slow"
	late -e "$TMP/err" --ready=fd:7
	nothing_is_left
}

@test "without a file at -e no lines are shown" {
	writes 'echo one >&2' ""
	writes 'echo one >&2; echo two' "" -o "$TMP/out"
	writes 'echo one >&2' "" -e "$TMP/err" -e /dev/null
}

@test "a FIFO or the caller's own stderr is not read" {
	mkfifo fifo
	exec 8<>fifo
	writes 'echo one >&2' "" -e "$TMP/fifo"
	read -r line <&8
	exec 8<&-
	equal line "$line" one
	begin_launch --ready=alive:1h -e keep
	do_now 'echo one >&2; exit 3'
	launch_ends 123 "one
$(says 'exited with status 3 before it was ready')"
}

# The last lines from N to M: lines N M
lines() {
	seq "$1" "$2" | sed "s|^|daemonize: $TMP/err: |"
}

@test "the last ten lines are shown, the last with or without its end" {
	writes 'seq 1 10 >&2' "$(lines 1 10)" -e "$TMP/err"
	writes 'seq 1 11 >&2' "$(lines 2 11)" -e "$TMP/err"
	writes 'seq 1 10000 >&2' "$(lines 9991 10000)" -e "$TMP/err"
	writes 'seq 1 11 >&2; printf 12 >&2' "$(lines 3 12)" -e "$TMP/err"
	writes 'printf 1 >&2' "$(lines 1 1)" -e "$TMP/err"
}

@test "no more than four kilobytes are shown, of whole lines" {
	local long

	long=$(printf '%01000d' 0)
	# Ten of them would have 10010 bytes, five 5005.
	writes "for i in 1 2 3 4 5 6 7 8 9; do echo $long >&2; done" \
	    "$(yes "daemonize: $TMP/err: $long" | head -n 4)" -e "$TMP/err"
	# There is no whole one.
	writes "printf %05000d 0 >&2" \
	    "daemonize: $TMP/err: $(printf '%04096d' 0)" -e "$TMP/err"
}

@test "control characters of those lines are shown escaped" {
	export LC_ALL=C.UTF-8
	writes 'printf "\033[2Jx\ty\r\001\177\377\n\303\274\302\233\n" >&2' \
	    "daemonize: $TMP/err: \\x1b[2Jx y\\x0d\\x01\\x7f\\xff
daemonize: $TMP/err: ü\\xc2\\x9b" -e "$TMP/err"
	export LC_ALL=de_DE.ISO-8859-1
	writes 'printf "\303\274\n" >&2' \
	    "daemonize: $TMP/err: \\xc3\\xbc" -e "$TMP/err"
	writes 'printf "a\000b\n\n\nc\n" >&2' "daemonize: $TMP/err: a\\x00b
daemonize: $TMP/err: 
daemonize: $TMP/err: 
daemonize: $TMP/err: c" -e "$TMP/err"
}

@test "with -a only lines since the launch are shown" {
	seq 1 100 >err
	writes 'echo new >&2' "daemonize: $TMP/err: new" -a -e "$TMP/err"
	equal "lines of err" "$(wc -l <err)" 101
	writes : "" -a -e "$TMP/err"
	printf 'half' >>err
	writes 'echo other >&2' "daemonize: $TMP/err: other" -a -e "$TMP/err"
}

@test "without -a likewise" {
	seq 1 100 >err
	writes 'echo new >&2' "daemonize: $TMP/err: new" -e "$TMP/err"
	equal err "$(cat err)" new
	writes : "" -e "$TMP/err"
}

@test "of a file that was emptied meanwhile the rest is shown" {
	seq 1 100 >err
	writes ': >err; echo new >&2' "daemonize: $TMP/err: new" \
	    -a -e "$TMP/err"
}

@test "the lines at -o are shown where -e is the same file" {
	writes 'echo one; echo two >&2' "daemonize: $TMP/err: one
daemonize: $TMP/err: two" -o "$TMP/err" -e "$TMP/err"
	ln err other
	echo old >err
	writes 'echo one; echo two >&2' "daemonize: $TMP/other: one
daemonize: $TMP/other: two" -o "$TMP/err" -e "$TMP/other"
	writes 'echo three >&2' "daemonize: $TMP/other: three" -a \
	    -o "$TMP/err" -e "$TMP/other"
}

@test "a file that the user may not read back shows no lines" {
	requires user
	: >err
	chmod 200 err
	writes 'echo one >&2' "" -e "$TMP/err"
}

# --- the pid file and the locks during the wait -----------------------------

@test "during the wait it can be asked for, and signalled" {
	choose fd
	begin_launch --ready=fd:7
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == "$PIDFILE: running, pid $PID, "* ]]
	fails 0 "" --signal=CONT -p "$PIDFILE"
	fails 0 "" --if-not-running -p "$PIDFILE" true
	still_waits
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone
}

@test "a stop during the wait ends it" {
	begin_launch --ready=alive:1h
	fails 0 "" --stop -p "$PIDFILE"
	gone "$PID"
	launch_ends 123 "$(says "killed by signal 15 before it was ready$WITHOUT_FILE")"
	nothing_is_left
}

@test "--wait during the wait returns when the command ends" {
	begin_launch --ready=alive:1h
	launch --wait -p "$PIDFILE" &
	remember $!
	do_now 'exit 0'
	wait $!
	launch_ends 123 "$(says "exited with status 0 before it was ready$WITHOUT_FAULT")"
	nothing_is_left
}

@test "another one can be launched after one that was not ready" {
	begin_launch --ready=fd:7
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	choose fd
	begin_launch --ready=fd:7
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone
}

@test "a launcher that is killed while it waits leaves a daemon" {
	begin_launch --ready=alive:1h
	kill -KILL "$LAUNCHER"
	launch_ends 137
	runs_alone
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" true
	fails 0 "" --stop -p "$PIDFILE"
	nothing_is_left
}

@test "a named instance that was not ready is undone, too" {
	requires user
	export XDG_STATE_HOME=$TMP
	fails 123 "daemonize: ready: $(type -P false): exited with status \
1 before it was ready$WITHOUT_FILE" -n x --ready=alive:1h false
	[[ ! -e daemonize/$HOSTNAME/x.pid ]]
	fails 3 "x: not running" --status -n x
	choose fd
	PIDFILE=$TMP/daemonize/$HOSTNAME/x.pid
	launch -n x --ready=alive:1ms sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	runs_alone
}

@test "a lock is held during the wait, and released with it" {
	begin_launch -l "$TMP/lock" --ready=alive:1h
	run flock -n lock true
	status_is 1
	fails 1 "daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" true
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	flock -n lock true
}

@test "the lock of -l stays held when the command is ready" {
	choose fd
	begin_launch -l "$TMP/lock" --ready=fd:7
	do_now "$BECOME"
	launch_ends 0
	run flock -n lock true
	status_is 1
	kill -KILL "$PID"
	eventually gone "$PID"
	flock -n lock true
}

@test "a --replace whose command is not ready says that the old one was stopped" {
	local old

	launch -p "$PIDFILE" sleep 1000
	old=$(cat "$PIDFILE")
	remember "$old"
	begin_launch --replace --ready=alive:1h
	gone "$old"
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")
daemonize: replace: $PIDFILE: nothing runs now; to launch the old command: \
daemonize [OPTION]... -p $PIDFILE sleep 1000"
	nothing_is_left
}

@test "a --replace is ready on the port of the old instance" {
	local old

	choose tcp
	listen 127.0.0.1 "$PORT"
	kill "$SERVED"
	begin_launch --ready="$READY"
	do_now "$BECOME"
	launch_ends 0
	old=$PID
	begin_launch --replace --ready="$READY"
	gone "$old"
	do_now "$BECOME"
	launch_ends 0
	eventually runs_alone
}

@test "a host that is unknown is found out before the old one is stopped" {
	local status=0

	launch -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	launch -p "$PIDFILE" --replace --ready=tcp:no.such.invalid:80 \
	    true 2>/dev/null || status=$?
	equal status "$status" 125
	eventually runs_alone
}

# --- fd ---------------------------------------------------------------------

# The probe is asked through a shell that says it is ready first.
# probe_fd N [OPTION]...
probe_fd() {
	rm -f "$REPORT"
	launch --ready="fd:$1" "${@:2}" "$BASH" -c 'echo >&"$1"
	    exec "$2" "$3" stay' bash "$1" "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

# Nothing else is open, and that is a pipe that waits: only_has N
only_has() {
	equal descriptors "$(fact fds)" "0 1 2 $1"
	equal "fd $1" "$(fact "fd$1" | sed 's/\[.*//')" "w pipe:"
}

@test "fd: every number is right, also those that are used inside" {
	local n

	for n in {3..24} 63 255 999; do
		probe_fd "$n"
		only_has "$n"
	done
}

@test "fd: they are with all that a launch can open" {
	local n

	for n in {3..24}; do
		rm -f "$TMP/lock"
		probe_fd "$n" -l "$TMP/lock" -p "$TMP/pid$n" -v -a \
		    -o "$TMP/out" -e "$TMP/err" -i /dev/zero >/dev/null
		[[ $(fact "fd$n") == "w pipe:["* ]]
		names_instance "$TMP/pid$n"
		kill -KILL "$PID"
		eventually gone "$PID"
	done
}

@test "fd: one that the caller has open is replaced in the command" {
	mkfifo fifo
	exec 7<>fifo
	probe_fd 7
	only_has 7
	from open=3 open=5 leaked=10 --
	probe_fd 5
	only_has 5
	exec 7<&-
}

@test "fd: the caller keeps its own descriptor" {
	: >mine
	exec 7>mine
	probe_fd 7
	echo here >&7
	exec 7>&-
	equal mine "$(cat mine)" here
}

@test "fd: with the caller's descriptors kept it is still that one" {
	: >mine
	exec 8>mine
	probe_fd 7 --fds=keep
	exec 8>&-
	[[ $(fact fd7) == "w pipe:["* ]]
	[[ $(fact fd8) == "w "*"/mine" ]]
}

@test "fd: next to one that is listed" {
	: >mine
	exec 8>mine
	probe_fd 7 --fds=8
	exec 8>&-
	equal descriptors "$(fact fds)" "0 1 2 7 8"
}

@test "fd: the highest number that the limit allows" {
	from nofile=64 --
	probe_fd 63
	only_has 63
}

@test "fd: a number above the limit is refused, with the limit" {
	from nofile=64 --
	fails 125 "daemonize: ready: fd:64: is above the limit of open files \
(ulimit -n)" \
	    --ready=fd:64 -p "$PIDFILE" sleep 1000
	nothing_is_left
}

@test "fd: a newline after other bytes is readiness" {
	choose fd
	begin_launch --ready=fd:7
	do_now 'printf "not yet" >&7; obey'
	still_waits
	do_now 'printf "but\nnow" >&7; exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

@test "fd: a newline after a megabyte is readiness" {
	begin_launch --ready=fd:7
	do_now 'head -c 1000000 /dev/zero >&7; echo >&7; exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

@test "fd: a newline of a child is readiness" {
	begin_launch --ready=fd:7
	do_now '(echo >&7); exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

@test "fd: bytes without a newline are none" {
	choose fd
	export FIRST='printf almost >&7'
	late --ready=fd:7
	nothing_is_left
}

@test "fd: a command that closes it and ends is reported as ended" {
	begin_launch --ready=fd:7
	do_now 'exec 7>&-; obey'
	still_waits
	do_now 'exit 3'
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	nothing_is_left
}

@test "fd: a command that closes it and goes on is reported at the time-out" {
	choose fd
	export FIRST='printf text >&7; exec 7>&-'
	AND="; it closed the descriptor without a newline"
	late --ready=fd:7
	nothing_is_left
}

@test "fd: once it is closed the launcher is not woken by it again" {
	requires strace
	from -- strace -o "$TMP/trace" -e trace="$(names_of poll)"
	begin_launch --ready=fd:7
	do_now 'exec 7>&-; obey'
	still_waits
	still_waits
	do_now 'exit 0'
	launch_ends 123 "$(says "exited with status 0 before it was ready$WITHOUT_FAULT")"
	# Not even once where it was closed before the launcher first looked.
	run grep -c POLLHUP trace
	((output <= 1))
}

@test "fd: a command that is ready and ends is reported" {
	begin_launch --ready=fd:7
	kill -STOP "$LAUNCHER"
	do_now 'echo >&7; exit 3'
	eventually gone "$PID"
	kill -CONT "$LAUNCHER"
	launch_ends 123 "$(says "exited with status 3 before it was ready$WITHOUT_FILE")"
	nothing_is_left
}

@test "fd: what a ready one writes there later does not harm it" {
	# Its reader has gone: it gets EPIPE or SIGPIPE, as with s6.
	begin_launch --ready=fd:7
	do_now 'trap "" PIPE; echo >&7; obey'
	launch_ends 0
	do_now 'echo >&7; exec sleep 1000'
	eventually grep -qx sleep "/proc/$PID/comm"
	runs_alone
}

# --- file -------------------------------------------------------------------

# A daemon that does CODE is ready by METHOD: ready_by METHOD CODE
ready_by() {
	begin_launch --ready="$1"
	still_waits
	do_now "$2; exec sleep 1000"
	launch_ends 0
	eventually runs_alone
	kill -KILL "$PID"
	eventually gone "$PID"
}

@test "file: one that existed does not count until it is written again" {
	echo same >file
	ready_by "file:$TMP/file" 'echo same >file'
	ready_by "file:$TMP/file" 'echo more >>file'
}

@test "file: one that is written again at the same moment counts" {
	local _

	for _ in {1..20}; do
		echo same >file
		launch --ready="file:$TMP/file" -c "$TMP" -p "$PIDFILE" \
		    --ready-timeout="$DEADLINE" sh -c \
		    'echo same >file; exec sleep 1000'
		PID=$(cat "$PIDFILE")
		remember "$PID"
		kill -KILL "$PID"
		eventually gone "$PID"
	done
}

@test "file: one that is replaced by another counts" {
	echo same >file
	ready_by "file:$TMP/file" 'cp -p file new; mv new file'
}

@test "file: one that is removed and made again counts" {
	echo same >file
	ready_by "file:$TMP/file" 'rm file; echo same >file'
}

@test "file: one that is touched counts" {
	echo same >file
	ready_by "file:$TMP/file" 'touch file'
	ready_by "file:$TMP/file" 'touch -d "2001-01-01" file'
}

@test "file: one that is empty counts, or moved or linked there" {
	ready_by "file:$TMP/file" ': >file'
	ready_by "file:$TMP/moved" 'mv file moved'
	ready_by "file:$TMP/linked" 'ln moved linked'
}

@test "file: a change of its mode, its name or a read does not count" {
	echo same >file
	begin_launch --ready="file:$TMP/file"
	do_now 'cat file; chmod 600 file; ln file other; mv file away; obey'
	eventually test -e away
	still_waits
	do_now 'mv away file; obey'
	eventually test -e file
	still_waits
	do_now 'echo >file; exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

@test "file: another one in its directory does not count" {
	begin_launch --ready="file:$TMP/file"
	do_now 'echo >file2; echo >fil; mkdir file.d; echo >file.d/file; obey'
	eventually test -e file.d/file
	still_waits
	do_now 'echo >file; exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

@test "file: its directory need not be there yet" {
	ready_by "file:$TMP/a/b/c/file" 'mkdir -p a/b/c; echo >a/b/c/file'
	ready_by "file:$TMP/d/file" 'mkdir new; echo >new/file; mv new d'
	mkdir e
	ready_by "file:$TMP/e/file" 'rmdir e; mkdir e; echo >e/file'
}

@test "file: a symbolic link is followed" {
	mkdir elsewhere
	echo same >elsewhere/target
	ln -s elsewhere/target link
	ready_by "file:$TMP/link" 'echo more >elsewhere/target'
	ready_by "file:$TMP/link" 'rm link; echo >link'
	ready_by "file:$TMP/late" 'ln -s link late'
}

@test "file: the target of a dangling link counts" {
	mkdir elsewhere
	ln -s elsewhere/target link
	ready_by "file:$TMP/link" 'echo >elsewhere/target'
}

@test "file: a relative path is one of the caller's directory" {
	mkdir sub
	ready_by "file:file" 'echo >file'
	ready_by "file:sub/../other" 'echo >other'
	ready_by "file:./sub/file" 'echo >sub/file'
}

@test "file: a directory that may not be searched is refused" {
	requires user
	mkdir -m 0 closed
	fails 125 "daemonize: ready: file:$TMP/closed/file: Permission \
denied" --ready="file:$TMP/closed/file" -p "$PIDFILE" sleep 1000
	nothing_is_left
	chmod 700 closed
}

@test "file: a file that may not be read counts" {
	requires user
	echo same >file
	chmod 200 file
	ready_by "file:$TMP/file" 'echo more >file'
}

@test "file: a path that is too long is refused" {
	local long

	long=$(printf '%05000d' 0)
	run launch --ready="file:$long" -p "$PIDFILE" sleep 1000
	status_is 125
	[[ $output == *"$(in_its_words "File name too long")" ]]
	nothing_is_left
}

# --- tcp and unix -----------------------------------------------------------

@test "tcp: an IPv6 address" {
	setup_server
	requires_ipv6
	ready_by "tcp:[::1]:$PORT" "exec $SERVER ::1 $PORT"
}

@test "tcp: a name, by whichever of its addresses" {
	setup_server
	getent ahosts localhost | grep -q '^127.0.0.1 ' ||
	    skip "needs 127.0.0.1 localhost"
	ready_by "tcp:localhost:$PORT" "exec $SERVER 127.0.0.1 $PORT"
	ready_by "tcp:$PORT" "exec $SERVER 127.0.0.1 $PORT"
	ready_by "tcp:127.0.0.1:$PORT" "exec $SERVER 0.0.0.0 $PORT"
	getent ahosts localhost | grep -q '^::1 ' || skip "needs ::1 localhost"
	requires_ipv6
	ready_by "tcp:localhost:$PORT" "exec $SERVER ::1 $PORT"
}

@test "tcp: a port that is served already is refused" {
	setup_server
	listen 127.0.0.1 "$PORT"
	fails 125 "daemonize: ready: tcp:127.0.0.1:$PORT: another process \
accepts connections there already" --ready="tcp:127.0.0.1:$PORT" \
	    -p "$PIDFILE" -e "$TMP/err" touch started
	[[ ! -e $PIDFILE && ! -e err && ! -e started ]]
	fails 125 "daemonize: ready: tcp:$PORT: another process \
accepts connections there already" --ready="tcp:$PORT" touch started
	equal processes "$(leftovers)" "$SERVED"
}

@test "tcp: that it runs already comes first" {
	choose tcp
	begin_launch --ready="$READY"
	do_now "$BECOME"
	launch_ends 0
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" --ready="$READY" sleep 1000
	fails 0 "" -p "$PIDFILE" --if-not-running --ready="$READY" sleep 1000
	eventually runs_alone
}

@test "tcp: a port that is another address's is not ours" {
	setup_server
	listen 127.0.0.2 "$PORT"
	begin_launch --ready="tcp:127.0.0.1:$PORT"
	still_waits
	do_now "exec $SERVER 127.0.0.1 $PORT"
	launch_ends 0
	alive "$PID"
}

@test "tcp: a command that binds and does not listen is not ready" {
	setup_server
	cat >slow.py <<-'END'
		import os, signal, socket, sys
		s = socket.socket()
		s.bind(('127.0.0.1', int(sys.argv[1])))
		os.mkdir('bound')
		while not open('gate').read():
		    pass
		s.listen()
		signal.pause()
	END
	begin_launch --ready="tcp:127.0.0.1:$PORT"
	do_now "exec $PYTHON slow.py $PORT"
	eventually test -d bound
	still_waits
	timeout "$DEADLINE" sh -c 'echo >gate'
	launch_ends 0
	runs_alone
}

@test "tcp: an unknown host or port is refused" {
	run launch --ready=tcp:no.such.invalid:80 -p "$PIDFILE" sleep 1000
	status_is 125
	[[ $output == "daemonize: ready: tcp:no.such.invalid:80: "* ]]
	run launch --ready=tcp:no-such-port -p "$PIDFILE" sleep 1000
	status_is 125
	[[ $output == "daemonize: ready: tcp:no-such-port: "* ]]
	nothing_is_left
}

@test "tcp: in a static program, a host that getent knows, but not DNS" {
	requires root mounts readelf
	readelf -lW "$DAEMONIZE" >elf
	! grep -q INTERP elf || skip "needs a static program"
	setup_server
	printf '#!/bin/sh\n[ "$*" = "ahosts -- no.such.invalid" ] || exit 2\n%s\n' \
	    'echo "127.0.0.1       STREAM no.such.invalid"' >getent
	chmod 755 getent
	CALLER=(unshare -m sh -c 'mount --bind getent /usr/bin/getent &&
	    exec "$@"' sh)
	ready_by "tcp:no.such.invalid:$PORT" "exec $SERVER 127.0.0.1 $PORT"
}

@test "unix: a relative path is one of the caller's directory" {
	setup_server
	ready_by unix:socket "exec $SERVER socket"
}

@test "unix: an abstract one" {
	setup_server
	ready_by "unix:@$TMP" "exec $SERVER @$TMP"
}

@test "unix: the file that a dead server has left is not ready" {
	setup_server
	listen socket
	kill -KILL "$SERVED"
	eventually gone "$SERVED"
	[[ -S socket ]]
	ready_by "unix:$TMP/socket" "rm socket; exec $SERVER socket"
}

@test "unix: a file that is no socket is not ready" {
	setup_server
	echo >socket
	ready_by "unix:$TMP/socket" "rm socket; exec $SERVER socket"
}

@test "unix: one that is served already is refused" {
	setup_server
	listen socket
	fails 125 "daemonize: ready: unix:$TMP/socket: another process \
accepts connections there already" --ready="unix:$TMP/socket" \
	    -p "$PIDFILE" touch started
	fails 125 "daemonize: ready: unix:socket: another process \
accepts connections there already" --ready=unix:socket touch started
	[[ ! -e $PIDFILE && ! -e started ]]
}

@test "unix: a path may be as long as an address" {
	local path

	setup_server
	# It may be relative, or the test's directory would be too long.
	path=$(printf '%0107d' 0)
	ready_by "unix:$path" "exec $SERVER $path"
}

# --- cmd ----------------------------------------------------------------------

@test "cmd: it is tried until it succeeds, one at a time, and its output is lost" {
	launch -p "$PIDFILE" -c "$TMP" --ready='cmd:mkdir one || touch two
	    echo said; echo said >&2; echo >>tries; rmdir one
	    [ "$(wc -l <tries)" -ge 3 ]' sleep 1000 >said 2>&1
	remember "$(cat "$PIDFILE")"
	equal said "$(cat said)" ""
	equal tries "$(wc -l <tries)" 3
	[[ ! -e two ]]
}

@test "cmd: what has failed last is in the message" {
	fails 124 "daemonize: ready: $(command -v sleep): not ready after 2s: \
cmd:exit 7; the last check exited with status 7" --ready='cmd:exit 7' \
	    --ready-timeout=2s sleep 1000
	nothing_is_left
}

@test "cmd: it runs in the directory, environment and umask of the command" {
	mkdir "$TMP/there"
	exec 9<>"$TMP/nine"
	launch -p "$PIDFILE" -c "$TMP/there" -E A=1 --umask=027 --fds=9 \
	    --ready='cmd:{ pwd; echo "$A"; umask; ls /proc/$$/fd | sort -n |
	    tail -n 1; readlink /proc/$$/fd/[012]; } >seen
	    [ "$(ps -o sid= -p $$)" -eq $$ ]' sleep 1000
	exec 9>&-
	remember "$(cat "$PIDFILE")"
	equal seen "$(sed 4d there/seen)" "$TMP/there"$'\n1\n0027\n'\
"/dev/null"$'\n'"$TMP/there/seen"$'\n'/dev/null
	(($(sed -n 4p there/seen) < 11))
}

@test "cmd: it has the user of the command" {
	requires root
	launch -p "$PIDFILE" -u 54321:54322 \
	    --ready="cmd:[ \"\$(id -u):\$(id -g)\" = 54321:54322 ]" sleep 1000
	remember "$(cat "$PIDFILE")"
}

# --- line ---------------------------------------------------------------------

@test "line: a text is found in pieces, and behind much else" {
	choose line
	begin_launch "${WITH[@]}" --ready="$READY" --ready-timeout=1h
	cat >much <<-'END'
		i=0
		while [ $i -lt 3000 ]; do
		    echo "it is not ready: $i"
		    i=$((i + 1))
		done
		for i in i s " " r e a d; do printf "$i"; done
		: >wrote
	END
	do_now '. ./much; obey'
	eventually test -e wrote
	still_waits
	do_now 'printf y; exec sleep 1000'
	launch_ends 0
	eventually runs_alone
}

# --- all at once ------------------------------------------------------------

# Launch number $1 of all methods, from the directory of the test.
one_of_many() {
	local i=$1 how=$(($1 % 5)) ready code

	case $how in
	0)	ready=alive:10ms code=: ;;
	1)	ready=fd:$((3 + i)) code="exec >&$((3 + i)); echo" ;;
	2)	ready=file:$TMP/file$i code="echo >file$i" ;;
	3)	ready=fd:7 code="exit 3" ;;
	4)	ready=exec code=: ;;
	esac
	launch -c "$TMP" -p "$TMP/pid$i" -e "$TMP/err$i" --ready="$ready" \
	    "$BASH" -c "$code; echo text >&2; exec sleep 1000" \
	    >"$TMP/out$i" 2>&1
}

@test "of twenty launches at once every one is right" {
	local i status pids=()

	for ((i = 0; i < 20; i++)); do
		one_of_many "$i" &
		pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		status=0
		wait "${pids[i]}" || status=$?
		if ((i % 5 == 3)); then
			equal "status of $i" "$status" 123
			[[ ! -e pid$i && ! -e err$i ]]
			continue
		fi
		equal "status of $i" "$status" 0
		equal "output of $i" "$(cat "out$i")" ""
		PID=$(cat "pid$i")
		remember "$PID"
		names_instance "pid$i"
		eventually grep -qx sleep "/proc/$PID/comm"
	done
	mapfile -t pids < <(leftovers)
	equal "daemons" "${#pids[@]}" 16
}
