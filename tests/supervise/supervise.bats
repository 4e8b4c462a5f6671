#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --supervise: the launch, the record, and the verbs.
# (Restarts: restart.bats.  Signals: supervise-signals.bats.)

load ../lib/helpers
load ../lib/supervised

# --- the launch -------------------------------------------------------------

@test "the supervisor is the command's parent, and nothing else is left" {
	supervise sleep 1000
	equal parent "$(stat_field 4 "$PID")" "$SUPERVISOR"
	equal command "$(cat "/proc/$PID/comm")" sleep
	equal processes "$(sort <<<"$(leftovers)")" \
	    "$(printf '%s\n' "$PID" "$SUPERVISOR" | sort)"
}

@test "the pid file and the record name the command, not the supervisor" {
	supervise sleep 1000
	names_instance
	[[ $PID != "$SUPERVISOR" ]]
	equal "supervisor's start" "$(recorded supervisor-start)" \
	    "$(stat_field 22 "$SUPERVISOR")"
}

@test "a pipe of the caller's is closed when the launch returns" {
	local out

	out=$(supervise sleep 1000 2>&1)
	remember "$(recorded supervisor)"
	eventually alive "$(cat "$PIDFILE")"
}

@test "the command has what it has without a supervisor" {
	local what='/^(pid|ppid|pgid|sid) /d'

	from ignored blocked closed=0 open=7 umask=077 leader env=A=b
	launch -p "$PIDFILE" "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
	sed -E "$what" "$REPORT" >"$TMP/without"
	rm "$REPORT"
	launch --supervise -p "$PIDFILE" "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
	diff "$TMP/without" <(sed -E "$what" "$REPORT")
}

@test "the command leads no session, and shares none with the supervisor" {
	local leader

	supervise sleep 1000
	leader=$(seen sid "$PID")
	[[ $leader != "$PID" && $leader != "$(seen sid "$SUPERVISOR")" ]]
	[[ $leader != "$(seen sid $$)" ]]
	gone "$leader"
}

@test "with no refork and a session of its own, the command leads it" {
	supervise --refork=no sleep 1000
	equal session "$(seen sid "$PID")" "$PID"
	[[ $(seen sid "$SUPERVISOR") != "$PID" ]]
}

@test "the supervisor leads no session, and has no terminal" {
	local leader

	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	CALLER=("$HELPERS_DIR/onpty")
	launch -p "$PIDFILE" --supervise sleep 1000
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
	equal terminal "$(seen tty "$SUPERVISOR")" 0
	leader=$(seen sid "$SUPERVISOR")
	[[ $leader != "$SUPERVISOR" ]]
	gone "$leader"
	alive "$(cat "$PIDFILE")"
}

# The descriptors of a process, as `N TARGET` lines.
descriptors_of() {
	local fd

	for fd in /proc/"$1"/fd/*; do
		echo "${fd##*/} $(readlink "$fd")"
	done
}

@test "the supervisor holds no file, directory or mask of the caller's" {
	mkdir "$TMP/here" "$TMP/files"
	PIDFILE=$TMP/files/pid
	cd "$TMP/here"
	from open=7 leaked=30 umask=077 ignored blocked
	supervise sleep 1000 >"$TMP/out" 2>&1 <"$TMP/.pids"
	equal directory "$(readlink "/proc/$SUPERVISOR/cwd")" /
	equal umask "$(sed -n 's/^Umask:[^0-9]*//p' \
	    "/proc/$SUPERVISOR/status")" 0022
	run descriptors_of "$SUPERVISOR"
	diff <(sed -E 's/^([3-9]|[0-9]{2,}) //' <<<"$output" |
	    LC_ALL=C sort) - <<-END
		$TMP/files
		0 /dev/null
		1 /dev/null
		2 /dev/null
		anon_inode:[signalfd]
	END
}

# What finds processes by a variable, as a CI's clean-up, reads this.
# has_variable PID TEXT, has_no_variable PID TEXT
has_variable() {
	grep -qaF -- "$2" "/proc/$1/environ"
}
has_no_variable() {
	! has_variable "$@"
}

@test "the supervisor has no variable that --env, --env-file or --clear-env replaces" {
	local option

	echo COOKIE=new >file
	export COOKIE=caller OTHER=other
	for option in --env=COOKIE=new --env-file="$TMP/file"; do
		supervise --restart=always "$option" sleep 1000
		has_no_variable "$SUPERVISOR" caller
		has_variable "$SUPERVISOR" OTHER=other
		has_variable "$PID" COOKIE=new
		"$DAEMONIZE" --stop -p "$PIDFILE" 3>&-
	done
	supervise --clear-env --env=DAEMONIZE_TEST="$TMP" sleep 1000
	has_no_variable "$SUPERVISOR" caller
	has_no_variable "$SUPERVISOR" other
	"$DAEMONIZE" --stop -p "$PIDFILE" 3>&-
	# In the foreground it is the process that the caller started.
	"$DAEMONIZE" -F --supervise -p "$PIDFILE" -E COOKIE=new \
	    sleep 1000 3>&- &
	remember $!
	eventually test -s "$PIDFILE"
	has_no_variable $! caller
	has_variable $! OTHER=other
	"$DAEMONIZE" --stop -p "$PIDFILE" 3>&-
}

@test "what keep and fds ask for stays open for later runs" {
	supervise --stdout=keep --fds=7 sleep 1000 >"$TMP/out" 7<"$TMP/.pids"
	equal 1 "$(readlink "/proc/$SUPERVISOR/fd/1")" "$TMP/out"
	equal 7 "$(readlink "/proc/$SUPERVISOR/fd/7")" "$TMP/.pids"
	equal 2 "$(readlink "/proc/$SUPERVISOR/fd/2")" /dev/null
}

@test "the lock of -l is held as long as the supervisor" {
	begin -l "$TMP/lock" --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	fails 1 "daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" true
	fails 0 "" --stop -p "$PIDFILE"
	launch -l "$TMP/lock" true
}

@test "a launch without a pid file is supervised, too" {
	local pid

	[[ -p tell ]] || mkfifo tell
	: >runs
	launch --restart=always --restart-delay=1ms "${RUN[@]}" "$TMP"
	await_run 1
	pid=$(stat_field 4 "$PID")
	remember "$pid"
	tell 'exit 0'
	await_run 2
	remember "$PID"
	equal parent "$(stat_field 4 "$PID")" "$pid"
	kill -TERM "$pid"
	eventually nothing_runs
}

@test "an empty environment is enough, as cron's" {
	CALLER=(env -i DAEMONIZE_TEST="$DAEMONIZE_TEST")
	begin --restart=always --restart-delay=1ms
	tell 'exit 0'
	await_run 2
	fails 0 "" --stop -p "$PIDFILE"
	nothing_is_left
}

# --- a launch that fails ----------------------------------------------------

# It fails as without a supervisor: same message, same status, nothing left.
# fails_alike STATUS MESSAGE ARG...
fails_alike() {
	fails "$1" "$2" "${@:3}"
	fails "$1" "$2" --supervise -p "$PIDFILE" "${@:3}"
	nothing_is_left
}

@test "a missing program is reported to the caller" {
	fails_alike 127 "daemonize: exec: /no/such: No such file or directory" \
	    /no/such
	fails 127 "daemonize: exec: no-such: not found in PATH" \
	    --supervise -p "$PIDFILE" no-such ||
	    fails 127 "daemonize: exec: no-such: No such file or directory" \
	    --supervise -p "$PIDFILE" no-such
	nothing_is_left
}

@test "a program that cannot be executed is reported to the caller" {
	printf '#!/no/such/interpreter\n' >broken
	chmod 755 broken
	run launch "$TMP/broken"
	fails_alike 126 "$output" "$TMP/broken"
}

@test "a step that fails is reported to the caller" {
	run launch -c /no/such true
	fails_alike 125 "$output" -c /no/such true
	mkdir -m 0 closed
	run launch -c "$TMP/closed" -o /no/such/file true
	fails_alike 125 "$output" -c "$TMP/closed" -o /no/such/file true
}

@test "a running instance is reported to the caller, and left alone" {
	supervise sleep 1000
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" --supervise true
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" true
	fails 0 "" -p "$PIDFILE" --if-not-running --supervise true
	alive "$PID"
	alive "$SUPERVISOR"
	names_instance
}

@test "between two runs a second launch is refused" {
	begin --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	equal "pid file" "$(cat "$PIDFILE")" ""
	fails 1 "daemonize: already running: pid $SUPERVISOR holds $PIDFILE" \
	    -p "$PIDFILE" true
	fails 0 "" -p "$PIDFILE" --if-not-running true
	eventually in_state waiting
}

# --- readiness --------------------------------------------------------------

@test "a command that is ready is supervised from then on" {
	begin --ready=fd:7 --restart=always --restart-delay=1ms &
	local launcher=$!

	eventually test -s runs
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	alive "$launcher"
	tell 'echo >&7; read -r what <"$1/tell"; eval "$what"'
	wait "$launcher"
	await_run 1
	tell 'exit 0'
	await_run 2
}

# Those of --ready, in the words of both: not_ready STATUS REASON ARG...
not_ready() {
	fails_alike "$1" "daemonize: ready: $(command -v sh): $2" "${@:3}"
}

@test "a command that dies before it is ready is reported, and not restarted" {
	local reason="exited with status 3 before it was ready$WITHOUT_FILE"

	not_ready 123 "$reason" --ready=fd:7 sh -c 'exit 3'
	fails 123 "daemonize: ready: $(command -v sh): $reason" \
	    --restart=always --ready=alive:1h -p "$PIDFILE" sh -c 'exit 3'
	nothing_is_left
}

@test "a command that is not ready in time is ended, and not restarted" {
	not_ready 124 "not ready after 50ms: fd:7" \
	    --ready=fd:7 --ready-timeout=50ms sh -c 'sleep 1000; exit 0'
	fails 124 "daemonize: ready: $(command -v sh): not ready after 50ms: fd:7" \
	    --restart=always --ready=fd:7 --ready-timeout=50ms -p "$PIDFILE" \
	    sh -c 'setsid sleep 1000; exit 0'
	nothing_is_left
}

# A launch that waits for a command that is never ready: LAUNCHER, SUPERVISOR
# and PID.
begin_waiting() {
	from
	"${CALLER[@]}" "$DAEMONIZE" --restart=always --ready=alive:1h \
	    -p "$PIDFILE" sleep 1000 >"$TMP/said" 2>&1 3>&- &
	LAUNCHER=$!
	remember "$LAUNCHER"
	eventually in_state starting 2>/dev/null
	PID=$(cat "$PIDFILE")
	remember "$PID"
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
	eventually grep -qx sleep "/proc/$PID/comm"
}

# The launcher ends with that status, and nothing is left: ends STATUS
launcher_ends() {
	local status=0

	wait "$LAUNCHER" || status=$?
	equal status "$status" "$1"
	nothing_is_left
}

@test "an interrupt of the launcher ends the launch, with all of it" {
	local signal

	for signal in INT TERM QUIT; do
		begin_waiting
		kill -s "$signal" "$LAUNCHER"
		launcher_ends $((128 + $(kill -l "$signal")))
		both_gone
	done
}

@test "a signal to the supervisor during the launch ends it likewise" {
	begin_waiting
	kill -TERM "$SUPERVISOR"
	launcher_ends 143
	both_gone
}

@test "a supervisor that is killed during the launch is reported" {
	begin_waiting
	kill -KILL "$SUPERVISOR"
	launcher_ends 125
	equal said "$(cat said)" "daemonize: background: $(command -v sleep): the supervisor was killed before the command was ready"
	both_gone
}

@test "a command that is killed during the launch is reported" {
	begin_waiting
	kill -KILL "$PID"
	launcher_ends 123
	both_gone
}

@test "a launcher that is killed leaves a daemon that is supervised" {
	begin_waiting
	kill -KILL "$LAUNCHER"
	# The shell reports it once, here.
	{ wait "$LAUNCHER"; } 2>/dev/null || :
	fails 0 "" --stop -p "$PIDFILE"
	both_gone
	nothing_is_left
}

@test "a stop during the launch ends it, and is no restart" {
	begin_waiting
	fails 0 "" --stop -p "$PIDFILE"
	launcher_ends 123
	both_gone
}

# --- the record, and what is said of it --------------------------------------

@test "--status prints the supervisor, the run, and how past ones ended" {
	begin --restart=always --restart-delay=1ms
	tell 'exit 3'
	await_run 2
	tell 'kill -SEGV $$'
	await_run 3
	eventually in_state running
	run "$DAEMONIZE" --status -p "$PIDFILE" 3>&-
	status_is 0
	[[ ${lines[0]} == "$PIDFILE: running, pid $PID, supervisor $SUPERVISOR, run 3, user "* ]]
	[[ ${lines[1]} == "  run 2: killed by signal 11 (SEGV) after "* ]]
	[[ ${lines[2]} == "  run 1: exited with status 3 after "* ]]
	equal lines "${#lines[@]}" 3
}

@test "--status between two runs is 0, and says when the next one is due" {
	begin --restart=always --restart-delay=1h
	tell 'exit 3'
	eventually in_state waiting
	run "$DAEMONIZE" --status -p "$PIDFILE" 3>&-
	status_is 0
	[[ ${lines[0]} == "$PIDFILE: waiting, supervisor $SUPERVISOR, run 1; run 1 exited with status 3 after "*"; again in "* ]]
	equal state "$(told 'j["state"]')" waiting
	equal restart "$(told '3590000 < j["restart_ms"] <= 3600000')" True
	fails 3 "daemonize: signal: $PIDFILE: not running: it waits for its next run" \
	    --signal=HUP -p "$PIDFILE"
	eventually in_state waiting
}

@test "--json has the last eight runs, the latest first" {
	local n

	begin --restart=always --restart-delay=1ms
	for n in {1..10}; do
		tell "exit $n"
		await_run $((n + 1))
	done
	eventually in_state running
	equal runs "$(told 'j["runs"]')" 11
	equal pid "$(told 'j["pid"], j["supervisor"]')" "($PID, $SUPERVISOR)"
	equal past "$(told '[(r["run"], r["exit"]) for r in j["past"]]')" \
	    "[(10, 10), (9, 9), (8, 8), (7, 7), (6, 6), (5, 5), (4, 4), (3, 3)]"
	equal times "$(told 'all(past[n]["began_ms"] <= past[n]["ended_ms"] <=
	    past[n + 1]["began_ms"] for n in range(3, 10))')" True
}

@test "the end is on record when it is over, and the pid file is gone" {
	begin
	tell 'exit 3'
	both_gone
	[[ ! -e $PIDFILE ]]
	run "$DAEMONIZE" --status -p "$PIDFILE" 3>&-
	status_is 3
	[[ ${lines[0]} == "$PIDFILE: failed; run 1 exited with status 3 after "* ]]
	equal state "$(told 'j["state"], j["supervisor"], past[1]["exit"]')" \
	    "('failed', None, 3)"
	launch -p "$PIDFILE" true
	fails 0 "$PIDFILE: not running" --stop -p "$PIDFILE"
	nothing_is_left
}

@test "--list prints a supervised instance, running, waiting and ended" {
	if ((EUID == 0)); then
		requires setpriv
		from -- setpriv --reuid=65534 --regid=65534 --clear-groups
	fi
	mkdir -m 777 run
	export XDG_STATE_HOME=$TMP/run
	PIDFILE=$TMP/run/daemonize/$HOSTNAME/x.pid
	mkfifo tell
	: >runs
	chmod 666 tell runs
	launch -n x --restart=always --restart-delay=1h "${RUN[@]}" "$TMP"
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
	await_run 1
	remember "$PID"
	run launch --list
	status_is 0
	[[ $output == "x: running, pid $PID, supervisor $SUPERVISOR, run 1, "* ]]
	tell 'exit 3'
	eventually in_state waiting
	run launch --list
	status_is 0
	[[ $output == "x: waiting, supervisor $SUPERVISOR, run 1; run 1 exited with status 3 "* ]]
	fails 0 "" --stop -n x
	run launch --list
	status_is 0
	equal list "$output" ""
}

@test "a record names what is run, and where its output goes, as without" {
	supervise -o "$TMP/out" sleep 1000
	equal stdout "$(told 'j["stdout"]')" "$TMP/out"
	equal command "$(told 'j["command"]')" "['sleep', '1000']"
}

# --- wait -------------------------------------------------------------------

@test "--wait returns the status of the command, 128 and the signal" {
	local end expected waiter status

	while read -r expected end; do
		begin
		"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
		waiter=$!
		remember "$waiter"
		tell "$end"
		status=0
		wait "$waiter" || status=$?
		equal "status of $end" "$status" "$expected"
		both_gone
	done <<-'END'
		0 exit 0
		7 exit 7
		255 exit 255
		143 kill -TERM $$
		139 kill -SEGV $$
	END
}

@test "--wait that begins after the end returns that status, too" {
	begin
	tell 'exit 7'
	both_gone
	fails 7 "" --wait -p "$PIDFILE"
}

@test "--wait goes on over restarts" {
	begin --restart=on-failure --restart-delay=1ms
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	tell 'exit 7'
	await_run 2
	alive $!
	tell 'exit 0'
	wait $!
}

@test "--wait returns when it is stopped, with the status of the last run" {
	local status=0

	begin --restart=always
	"$DAEMONIZE" --wait -p "$PIDFILE" 3>&- &
	remember $!
	eventually sleeps_on_pidfd $!
	fails 0 "" --stop -p "$PIDFILE"
	wait $! || status=$?
	equal status "$status" 143
}

# It waits in the kernel.
sleeps_on_pidfd() {
	[[ $(stat_field 3 "$1") == S ]] && descriptors_of "$1" | grep -q pidfd
}

# --- stop -------------------------------------------------------------------

@test "a stop ends the command, and is no failure to restart after" {
	begin --restart=always --restart-delay=1ms
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	gone "$PID"
	nothing_is_left
	equal runs "$(wc -l <runs)" 1
}

@test "a stop between two runs is at once, and no run follows" {
	begin --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	nothing_is_left
	equal runs "$(wc -l <runs)" 1
}

@test "a stop ends a stopped command and a stopped supervisor" {
	begin --restart=always --restart-delay=1ms
	kill -STOP "$SUPERVISOR" "$PID"
	eventually in_process_state T "$SUPERVISOR"
	eventually in_process_state T "$PID"
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	nothing_is_left
}

# Stop a process of this user that the supervisor PID is about to execute, and
# write its pid to FILE: stop_start PID FILE
stop_start() {
	local children=() pid comm

	while :; do
		read -ra children <"/proc/$1/task/$1/children"
		for pid in "${children[@]}"; do
			kill -STOP "$pid" || continue
			read -r comm <"/proc/$pid/comm" || continue
			[[ $comm != daemonize ]] || break 2
			kill -CONT "$pid"
		done
	done 2>/dev/null
	echo "$pid" >"$2"
}

@test "a stop ends a start that the command's user has stopped" {
	requires root setpriv
	touch caught
	chmod 666 caught
	supervise --restart=always --restart-delay=1ms/1ms -u 65534:65534 true
	[[ -e /proc/$SUPERVISOR/task/$SUPERVISOR/children ]] ||
	    skip "needs /proc/PID/task/PID/children"
	setpriv --reuid=65534 --regid=65534 --clear-groups bash -c \
	    "$(declare -f stop_start); stop_start $SUPERVISOR '$TMP/caught'" \
	    3>&- &
	remember $!
	eventually test -s caught
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	gone "$(cat caught)"
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "a stop ends a start whose directory is on a file system that hangs" {
	local status=0

	requires root python3 timeout
	mkdir silent
	ln -s . dir
	# The first lookup is answered, so it is the start after that.
	timeout 60 "$SOURCE_DIR/tests/bin/silentfs.py" "$TMP/silent" bash -c '
		daemonize=$0 pidfile=$1
		"$daemonize" -p "$pidfile" -c "$PWD/dir" --restart=always \
		    --restart-delay=1ms/1ms true || exit 2
		ln -sfn silent/none dir
		until [[ -e silent.asked ]]; do :; done
		before=
		until pid=$(cat "$pidfile") && [[ -n $pid && $pid == "$before" &&
		    /proc/$pid/exe -ef $daemonize ]]; do
			before=$pid
		done
		"$daemonize" --stop -p "$pidfile"' \
	    "$DAEMONIZE" "$PIDFILE" 3>&- || status=$?
	((status != 99)) || skip "needs a FUSE to mount"
	equal status "$status" 0
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

# A process that stands still, whatever it is sent, as in a file system that
# hangs.  hang PID
hang() {
	python3 -c '
import ctypes, signal, sys
ptrace = ctypes.CDLL(None).ptrace
SEIZE, INTERRUPT = 0x4206, 0x4207
if [ptrace(call, int(sys.argv[1]), None, None) for call in
        (SEIZE, INTERRUPT)] != [0, 0]:
    sys.exit(1)
signal.pause()' "$1" 3>&- &
	remember $!
	eventually is_traced "$1" "$!"
}

is_traced() {
	kill -0 "$2" 2>/dev/null || skip "needs ptrace(2)"
	[[ $(stat_field 3 "$1") == t ]]
}

@test "a supervisor that hangs is killed by a stop, and its command ends by the schedule" {
	requires python3
	supervise --restart=always --stop-with=USR1/1h \
	    "$HELPERS_DIR/stubborn" "$TMP/log" end=10
	eventually test -s log
	hang "$SUPERVISOR"
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	gone "$PID"
	equal signals "$(sed 1d log)" 10
	[[ ! -e $PIDFILE ]]
}

@test "a stop uses its schedule, and returns when the supervisor is gone" {
	supervise --restart=always --restart-delay=1ms \
	    "$HELPERS_DIR/stubborn" "$TMP/log" end=10
	eventually test -s log
	fails 0 "" --stop=USR2/10ms/USR1/1h -p "$PIDFILE"
	gone "$SUPERVISOR"
	equal signals "$(sed 1d log | tr '\n' ' ')" "12 10 "
	nothing_is_left
}

# --- the schedule of the launch -------------------------------------------------

# Ends at USR1 only; the schedule has no other signal.
patient() {
	supervise --stop-with=USR1/1h "$HELPERS_DIR/stubborn" "$TMP/log" end=10
	eventually test -s log
}

signals_of() {
	grep -v pid "$1" | paste -sd ' '
}

@test "--again goes by the schedule of the launch" {
	patient
	fails 0 "" --again -p "$PIDFILE"
	gone "$PID"
	equal signals "$(signals_of log)" 10
	remember "$(recorded pid)"
}

@test "--replace goes by the schedule of what it stops" {
	patient
	supervise --replace --stop-with=USR2/1h sleep 1000
	equal signals "$(signals_of log)" 10
}

@test "a stop of a command that has lost its supervisor goes by that schedule" {
	patient
	kill -KILL "$SUPERVISOR"
	eventually gone "$SUPERVISOR"
	fails 0 "" --stop -p "$PIDFILE"
	equal signals "$(signals_of log)" 10
}

@test "what a run leaves behind is ended by that schedule" {
	begin --tree --restart=always --restart-delay=1ms --stop-with=USR1/1h
	tell "setsid '$HELPERS_DIR/stubborn' \"\$1/log\" end=10 & "'until [ -s "$1/log" ]; do :; done; exit 3'
	await_run 2
	equal signals "$(signals_of log)" 10
}

@test "a launch that is interrupted before it is ready ends the command by it" {
	local launch

	"$DAEMONIZE" -p "$PIDFILE" --stop-with=USR1/1h --ready="file:$TMP/no" \
	    "$HELPERS_DIR/stubborn" "$TMP/log" end=10 3>&- 2>/dev/null &
	launch=$!
	eventually test -s log
	kill -TERM "$launch"
	eventually gone "$launch"
	equal signals "$(signals_of log)" 10
}

@test "a stop that is survived says so, and the next one goes on" {
	supervise --restart=always --restart-delay=1ms \
	    "$HELPERS_DIR/stubborn" "$TMP/log"
	eventually test -s log
	fails 2 "daemonize: stop: $PIDFILE: pid $PID still runs after the whole schedule" \
	    --stop=TERM/10ms -p "$PIDFILE"
	alive "$SUPERVISOR"
	fails 0 "" --stop=KILL -p "$PIDFILE"
	gone "$SUPERVISOR"
	nothing_is_left
}

@test "after a stop a launch succeeds, supervised or not" {
	begin
	fails 0 "" --stop -p "$PIDFILE"
	launch -p "$PIDFILE" sleep 1000
	names_instance
	fails 0 "" --stop -p "$PIDFILE"
	supervise sleep 1000
	names_instance
}

# --- again ------------------------------------------------------------------

@test "--again ends the run and begins the next, which needs no policy" {
	local old

	begin
	old=$PID
	fails 0 "" --again -p "$PIDFILE"
	names_instance
	gone "$old"
	[[ $PID != "$old" ]]
	await_run 2
	equal pid "$(cat "$PIDFILE")" "$PID"
	equal ending "$(ending_of 1)" "signal 15"
	alive "$SUPERVISOR"
	equal state "$(recorded state)" running
}

@test "--again during the delay begins the next run at once" {
	begin --restart=always --restart-delay=1h
	tell 'exit 0'
	eventually in_state waiting
	fails 0 "" --again -p "$PIDFILE"
	names_instance
	await_run 2
}

@test "--again says when there is nothing to begin anew" {
	fails 3 "daemonize: again: $PIDFILE: not running" --again -p "$PIDFILE"
	launch -p "$PIDFILE" sleep 1000
	names_instance
	fails 125 "daemonize: again: $PIDFILE: it has no supervisor; launch it with --supervise" \
	    --again -p "$PIDFILE"
	alive "$PID"
}

@test "--again that cannot execute the command says so, and ends it" {
	printf '#!/bin/sh\nexec sleep 1000\n' >script
	chmod 755 script
	supervise "$TMP/script"
	printf '#!/no/such/interpreter\n' >script
	fails 126 "daemonize: again: $PIDFILE: the command could not be executed" \
	    --again -p "$PIDFILE"
	both_gone
}

@test "--again that fails before the exec says so, and the supervisor why" {
	mkdir directory
	supervise -c "$TMP/directory" -e "$TMP/err" sleep 1000
	rmdir directory
	fails 125 "daemonize: again: $PIDFILE: the command could not be started" \
	    --again -p "$PIDFILE"
	grep -qF "chdir: $TMP/directory: No such file or directory" err
	both_gone
}

# The next run of a command is ready, or not, as the file next says.
AGAIN='. "$1/next"; exec sleep 1000'

@test "--again exits with 0 once the next run is ready, not before" {
	mkfifo go
	echo 'echo is ready' >next
	supervise --log="$TMP/log" --ready=line:ready sh -c "$AGAIN" sh "$TMP"
	echo ': >"$1/began"; read -r go <"$1/go"; echo is ready' >next
	"$DAEMONIZE" --again -p "$PIDFILE" >said 2>&1 3>&- &
	remember $!
	eventually test -e began
	in_state starting
	alive $!
	echo >go
	wait $!
	equal said "$(cat said)" ""
	in_state running
}

@test "--again exits with 123 if the next run ends before it is ready" {
	echo ': >"$1/ready"' >next
	supervise --ready="cmd:test -e $TMP/ready" sh -c "$AGAIN" sh "$TMP"
	rm ready
	echo 'exit 3' >next
	fails 123 "daemonize: again: $PIDFILE: the command exited with status 3 before it was ready" \
	    --again -p "$PIDFILE"
	both_gone
}

@test "--again exits with 124 if the next run is not ready in time" {
	echo ': >"$1/ready"' >next
	supervise --ready="cmd:test -e $TMP/ready" --ready-timeout=3s \
	    sh -c "$AGAIN" sh "$TMP"
	rm ready
	: >next
	fails 124 "daemonize: again: $PIDFILE: the command was not ready in time" \
	    --again -p "$PIDFILE"
	both_gone
}

@test "--again counts as no restart" {
	begin --restart=always --restart-limit=1 --restart-delay=1ms
	fails 0 "" --again -p "$PIDFILE"
	await_run 2
	fails 0 "" --again -p "$PIDFILE"
	await_run 3
	tell 'exit 0'
	await_run 4
	tell 'exit 0'
	both_gone
}
