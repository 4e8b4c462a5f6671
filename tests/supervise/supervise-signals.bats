#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What a supervisor does with a signal, and what becomes of its command when
# one ends it; in the foreground, too.

load ../lib/helpers
load ../lib/supervised

# A command that logs each signal: stubborn_one [OPTION]... [-- WORD]...
stubborn_one() {
	local options=()

	while (($#)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	rm -f "$TMP/log"
	supervise "${options[@]}" "$HELPERS_DIR/stubborn" "$TMP/log" "${@:2}"
	eventually test -s "$TMP/log"
}

# The signals that it has got are these, in some order: got_all SIG...
got_all() {
	[[ $(sed 1d "$TMP/log" | sort -n | paste -sd ' ') == "$*" ]]
}

# --- what a process sends -----------------------------------------------------

@test "each signal that a process sends to the supervisor is passed on" {
	local sig sent=()

	stubborn_one
	# Not INT, QUIT, KILL, TERM, CHLD, CONT, STOP; nor those of the C
	# library; nor RTMAX, which is the verbs' own.
	for sig in 1 4 5 6 7 8 10 11 12 13 14 16 20 21 22 23 24 25 26 27 28 29 \
	    30 31 34 35 50 63; do
		kill -s "$sig" "$SUPERVISOR"
		sent+=("$sig")
		eventually got_all "${sent[@]}"
	done
	alive "$SUPERVISOR"
	names_instance
}

@test "CHLD and RTMAX of a process are not passed on, and change nothing" {
	stubborn_one --restart=always
	kill -s CHLD "$SUPERVISOR"
	kill -s 64 "$SUPERVISOR"
	kill -s USR1 "$SUPERVISOR"
	eventually got_all 10
	names_instance
	equal state "$(recorded state)" running
}

@test "a supervisor that may have no descriptor any more is still stopped" {
	requires prlimit
	supervise --restart=always sleep 1000
	# poll(2) gives EINVAL then.
	prlimit --pid "$SUPERVISOR" --nofile=1:1
	kill "$PID"
	eventually gone "$PID"
	launch --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
}

@test "a CONT of a process is passed on" {
	stubborn_one
	kill -STOP "$PID"
	eventually in_process_state T "$PID"
	kill -CONT "$SUPERVISOR"
	eventually in_process_state S "$PID"
}

@test "between two runs a signal is for none of them" {
	begin --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	kill -USR1 "$SUPERVISOR"
	kill -HUP "$SUPERVISOR"
	fails 0 "" --again -p "$PIDFILE"
	await_run 2
	names_instance
}

# --- the end of the supervisor ---------------------------------------------------

@test "TERM, INT and QUIT to the supervisor end the command by that signal" {
	local sig

	for sig in TERM INT QUIT; do
		begin --restart=always --restart-delay=1ms
		kill -s "$sig" "$SUPERVISOR"
		both_gone
		equal ending "$(ending_of 1)" "signal $(kill -l "$sig")"
		equal runs "$(wc -l <runs)" 1
		[[ ! -e $PIDFILE ]]
	done
}

@test "each of them ends it by the schedule of the launch, if that has one" {
	local sig

	for sig in TERM INT QUIT; do
		stubborn_one --stop-with=USR1/1h -- end=10
		kill -s "$sig" "$SUPERVISOR"
		both_gone
		equal signals "$(sed 1d log | paste -sd ' ')" 10
	done
}

@test "TERM between two runs ends the supervisor at once" {
	begin --restart=always --restart-delay=1h
	tell 'exit 5'
	eventually in_state waiting
	kill -TERM "$SUPERVISOR"
	eventually gone "$SUPERVISOR"
	[[ ! -e $PIDFILE ]]
	fails 5 "" --wait -p "$PIDFILE"
}

@test "a second TERM goes on to KILL" {
	stubborn_one --restart=always
	kill -TERM "$SUPERVISOR"
	eventually got_all 15
	kill -TERM "$SUPERVISOR"
	both_gone
	equal ending "$(ending_of 1)" "signal 9"
}

@test "TERM to the supervisor continues a command that is stopped" {
	begin
	kill -STOP "$PID"
	eventually in_process_state T "$PID"
	kill -TERM "$SUPERVISOR"
	both_gone
}

@test "a command that survives TERM is not restarted when it ends later" {
	mkfifo fifo
	stubborn_one --restart=always --restart-delay=1ms -- end=10
	kill -TERM "$SUPERVISOR"
	eventually got_all 15
	kill -USR1 "$PID"
	both_gone
	equal runs "$(told 'j["runs"]')" 1
}

@test "kill 0 in the command ends no supervisor" {
	begin --restart=always --restart-delay=1ms
	tell 'kill -KILL 0'
	await_run 2
	alive "$SUPERVISOR"
	names_instance
	tell 'kill -TERM 0; sleep 1000'
	await_run 3
	alive "$SUPERVISOR"
}

# --- a supervisor that is killed ---------------------------------------------------

# The supervisor of a command that runs is killed.
lose() {
	begin --restart=always --restart-delay=1ms
	remember "$PID"
	kill -KILL "$SUPERVISOR"
	eventually gone "$SUPERVISOR"
	alive "$PID"
}

@test "a killed supervisor leaves a command that --status says has lost it" {
	lose
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == "$PIDFILE: running, pid $PID, its supervisor has ended, run 1, "* ]]
	equal state "$(told 'j["state"], j["pid"], j["supervisor"]')" \
	    "('running', $PID, None)"
}

@test "a command that has lost its supervisor refuses a second start" {
	lose
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" --restart=always true
	fails 0 "" -p "$PIDFILE" --if-not-running true
	fails 125 "daemonize: again: $PIDFILE: its supervisor has ended; stop it and launch it" \
	    --again -p "$PIDFILE"
	names_instance
}

@test "a command that has lost its supervisor is signalled, stopped and awaited" {
	local waiter

	lose
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	waiter=$!
	remember "$waiter"
	fails 0 "" --signal=WINCH -p "$PIDFILE"
	fails 0 "" --stop -p "$PIDFILE"
	gone "$PID"
	is_undone_but "$waiter"
	# The kernel may tell how it ended.
	wait "$waiter" || equal "status of --wait" $? 143
}

is_undone_but() {
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
	eventually gone "$1"
}

@test "a command that has lost its supervisor is replaced" {
	local old

	lose
	old=$PID
	supervise --replace sleep 1000
	gone "$old"
	names_instance
	equal parent "$(stat_field 4 "$PID")" "$SUPERVISOR"
}

@test "a command that has lost its supervisor and ended leaves nothing running" {
	lose
	tell 'exit 0'
	eventually gone "$PID"
	run launch --status -p "$PIDFILE"
	status_is 1
	[[ ${lines[0]} == "$PIDFILE: dead, but its pid file exists, "* ]]
	supervise sleep 1000
	names_instance
}

@test "a supervisor that is killed between two runs is no instance" {
	begin --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	kill -KILL "$SUPERVISOR"
	eventually gone "$SUPERVISOR"
	run launch --status -p "$PIDFILE"
	status_is 1
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	nothing_is_left
}

# --- a stopper that dies -------------------------------------------------------------

# A stop that has sent TERM, which the command ignores, is killed.
stop_half_way() {
	stubborn_one --restart=always --restart-delay=1ms -- end=10
	"$DAEMONIZE" --stop=1h -p "$PIDFILE" 3>&- &
	STOPPER=$!
	remember "$STOPPER"
	eventually got_all 15
	kill -KILL "$STOPPER"
	wait "$STOPPER" || :
}

@test "after a stopper that died the command runs on, and is not restarted" {
	stop_half_way
	names_instance
	equal state "$(recorded state)" stopping
	run launch --status -p "$PIDFILE"
	status_is 0
	kill -USR1 "$PID"
	both_gone
	[[ ! -e $PIDFILE ]]
	equal runs "$(told 'j["runs"]')" 1
}

@test "after a stopper that died the next stop goes on" {
	stop_half_way
	fails 0 "" --stop=USR1/1h -p "$PIDFILE"
	gone "$SUPERVISOR"
	gone "$PID"
	nothing_is_left
}

@test "after a stopper that died a launch is refused, and --again, too" {
	stop_half_way
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" true
	fails 125 "daemonize: again: $PIDFILE: it is being stopped" \
	    --again -p "$PIDFILE"
}

# The record has begun that run, and the one before it has ended.
is_run() {
	[[ $(recorded runs) == "$1" ]] && gone "$PID"
}

@test "an --again that died leaves a run that is followed by the next" {
	local again

	stubborn_one --supervise -- end=10
	"$DAEMONIZE" --again -p "$PIDFILE" 3>&- &
	again=$!
	remember "$again"
	eventually got_all 15
	kill -KILL "$again"
	kill -USR1 "$PID"
	eventually is_run 2
	eventually in_state running
	names_instance
	alive "$SUPERVISOR"
}

@test "a stop wins over an --again that waits" {
	stubborn_one --restart=always --restart-delay=1ms -- end=10
	"$DAEMONIZE" --again -p "$PIDFILE" 3>&- 2>"$TMP/said" &
	remember $!
	eventually got_all 15
	fails 0 "" --stop=USR1/1h -p "$PIDFILE"
	gone "$SUPERVISOR"
	is_undone_but $!
}

@test "--again during an --again is the same one" {
	stubborn_one --supervise -- end=10
	"$DAEMONIZE" --again -p "$PIDFILE" 3>&- &
	remember $!
	eventually got_all 15
	"$DAEMONIZE" --again -p "$PIDFILE" 3>&- &
	remember $!
	eventually got_all 15 15
	rm log
	kill -USR1 "$PID"
	wait $!
	names_instance
	alive "$SUPERVISOR"
}

# --- the foreground --------------------------------------------------------------------

# Supervises in the foreground, as a child of the test: SUPERVISOR, PID.
# foreground [OPTION]...
foreground() {
	[[ -p $TMP/tell ]] || mkfifo "$TMP/tell"
	: >"$TMP/runs"
	from
	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	"${CALLER[@]}" "$DAEMONIZE" -F -p "$PIDFILE" "$@" "${RUN[@]}" "$TMP" \
	    >"$TMP/said" 2>&1 3>&- &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	await_run 1
}

# It ends with that status.
supervisor_exits_with() {
	local status=0

	wait "$SUPERVISOR" || status=$?
	equal status "$status" "$1"
}

@test "in the foreground the supervisor is what the caller started" {
	foreground --restart=always --restart-delay=1ms
	equal supervisor "$(recorded supervisor)" "$SUPERVISOR"
	equal parent "$(stat_field 4 "$PID")" "$SUPERVISOR"
	names_instance
	tell 'exit 3'
	await_run 2
	fails 0 "" --stop -p "$PIDFILE"
	supervisor_exits_with 143
	grep -qx 'daemonize: sh: exited with status 3 after .*; again in 1 ms' \
	    said
	nothing_is_left
}

@test "in the foreground it ends with the command's status, or 128 and its signal" {
	foreground --supervise
	tell 'exit 7'
	supervisor_exits_with 7
	foreground --restart=on-failure
	tell 'exit 0'
	supervisor_exits_with 0
	foreground --supervise
	tell 'kill -SEGV $$'
	supervisor_exits_with 139
}

@test "in the foreground TERM ends the command, and then the supervisor" {
	foreground --restart=always
	kill -TERM "$SUPERVISOR"
	supervisor_exits_with 143
	gone "$PID"
	[[ ! -e $PIDFILE ]]
}

@test "in the foreground a first start that fails is reported, and left at that" {
	fails 127 "daemonize: exec: /no/such: No such file or directory" \
	    -F --restart=always -p "$PIDFILE" /no/such
	nothing_is_left
	fails 123 "daemonize: ready: $(command -v sh): exited with status 3 before it was ready" \
	    -F --restart=always -p "$PIDFILE" --ready=alive:1h sh -c 'exit 3' ||
	fails 123 "daemonize: ready: $(command -v sh): exited with status 3 before it was ready$WITHOUT_FILE" \
	    -F --restart=always -p "$PIDFILE" --ready=alive:1h sh -c 'exit 3'
	nothing_is_left
}

# Runs a command in the foreground of a terminal, where KEY is typed once it
# runs and has its log; prints its status: at_terminal KEY COMMAND [ARG]...
typed_at_terminal() {
	timeout "$DEADLINE" python3 -c '
import os, pty, select, sys
record, log, key = sys.argv[1], sys.argv[2], sys.argv[3].encode()
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[4], sys.argv[4:])
def runs():
    try:
        return b"state running" in open(record, "rb").read() and \
            os.path.getsize(log) > 0
    except OSError:
        return False
while not runs():
    select.select([], [], [], 0.01)
if key == b"hangup":
    os.close(master)
else:
    os.write(master, key)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' \
	    "$PIDFILE.record" "$TMP/log" "$@" 3>&-
}

@test "in the foreground a pipe that is not read, as stderr, holds up no stop" {
	local options

	mkfifo full
	exec 4<>full
	# It fails when there is no more room.
	dd if=/dev/zero of=full bs=4096 oflag=nonblock 2>/dev/null || :
	for options in --supervise "--log=|read -r _; exit 3"; do
		"$DAEMONIZE" -F -p "$PIDFILE" --restart=always \
		    --restart-delay=1h "$options" \
		    sh -c 'echo; exec sleep 1000' 2>full 3>&- 4>&- &
		SUPERVISOR=$!
		remember "$SUPERVISOR"
		eventually test -s "$PIDFILE"
		kill "$(cat "$PIDFILE")"
		eventually in_state waiting
		kill -TERM "$SUPERVISOR"
		eventually gone "$SUPERVISOR"
		supervisor_exits_with 143
	done
}

@test "what a terminal sends to all of them reaches the command once" {
	requires python3
	local key sig status

	# The supervisor takes what was typed before the USR1 of the command,
	# which it passes on.
	while read -r key sig; do
		rm -f log
		status=$(typed_at_terminal "$key" "$DAEMONIZE" -F \
		    --restart=always -p "$PIDFILE" "$HELPERS_DIR/stubborn" \
		    "$TMP/log" "run=$sig:kill -USR1 \$(tr -d '\\0' <'$PIDFILE.record' | sed -n 's/^supervisor //p')" \
		    end=10)
		equal "signals at $sig" "$(sed 1d log | sort -n | paste -sd ' ')" \
		    "$(printf '%s\n' "$sig" 10 | sort -n | paste -sd ' ')"
		equal "status at $sig" "$status" 0
	done <<-END
		$(printf '\003') 2
		$(printf '\034') 3
	END
}

@test "the end of the terminal is passed on to the command, as a hang-up" {
	requires python3
	local status

	status=$(typed_at_terminal hangup "$DAEMONIZE" -F --restart=on-failure \
	    -p "$PIDFILE" "$HELPERS_DIR/stubborn" "$TMP/log" end=1)
	equal signals "$(sed 1d log)" 1
	equal status "$status" 0
}

@test "--tree in the foreground spares the children that the caller had" {
	# A shell that starts a child and becomes the supervisor.
	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	mkfifo tell
	: >runs
	sh -c 'sleep 1000 & echo $! >"$1/other"; d=$2; p=$3; shift 3
	    exec "$d" -F -p "$p" --tree --restart=always --restart-delay=1ms \
	    "$@"' sh "$TMP" "$DAEMONIZE" "$PIDFILE" "${RUN[@]}" "$TMP" \
	    3>&- 2>said &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	await_run 1
	remember "$(cat other)"
	tell 'setsid sleep 2000 & echo $! >"$1/left"; exit 3'
	await_run 2
	gone "$(cat left)"
	alive "$(cat other)"
	fails 0 "" --stop -p "$PIDFILE"
	supervisor_exits_with 143
	alive "$(cat other)"
}

@test "in a pid namespace PID 1 supervises, reaps, and ends with the status" {
	requires root pids
	mkfifo tell
	: >runs
	from -- unshare --fork --pid --mount-proc
	"${CALLER[@]}" "$DAEMONIZE" -F -p "$PIDFILE" --restart=on-failure \
	    --restart-delay=1ms "${RUN[@]}" "$TMP" 3>&- 2>said &
	local init=$!

	remember "$init"
	await_run 1
	[[ $PID != 1 ]]
	# An orphan, which ends as a child of PID 1.
	tell '(true & echo $! >"$1/orphan"); exit 3'
	await_run 2
	tell 'ps -A -o pid=,stat= >"$1/ps"; exit 0'
	wait "$init"
	equal zombies "$(grep -c Z ps || :)" 0
	equal first "$(awk '$1 == 1' ps | wc -l)" 1
	[[ ! -e $PIDFILE ]]
}

@test "PID 1 that is told to end ends its command, and is gone" {
	requires root pids
	local status=0

	mkfifo tell
	: >runs
	unshare --fork --pid --mount-proc "$DAEMONIZE" -F --restart=always \
	    -p "$PIDFILE" "${RUN[@]}" "$TMP" 3>&- 2>said &
	local init=$!

	remember "$init"
	await_run 1
	kill -TERM "$(pgrep -P "$init")"
	wait "$init" || status=$?
	equal status "$status" 143
	[[ ! -e $PIDFILE ]]
}
