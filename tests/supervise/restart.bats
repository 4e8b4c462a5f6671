#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --restart, --success, --restart-delay, --restart-limit: which end of a run
# is followed by another run, and when.
# Times are those that the supervisor records: no clock of the test's.

load ../lib/helpers
load ../lib/supervised

# --- the policy --------------------------------------------------------------

# The command ends so, and is not started again: is_last END [OPTION]...
is_last() {
	local end=$1

	shift
	begin --restart-delay=1ms "$@"
	tell "$end"
	both_gone
	equal "runs after $end with $*" "$(wc -l <runs)" 1
	[[ ! -e $PIDFILE ]]
	rm -f "$PIDFILE.record"
}

# The command ends so, and is started again: is_followed END [OPTION]...
is_followed() {
	local end=$1

	shift
	begin --restart-delay=1ms "$@"
	tell "$end"
	await_run 2
	names_instance
	fails 0 "" --stop -p "$PIDFILE"
}

@test "--restart=never restarts after nothing" {
	local end

	for end in 'exit 0' 'exit 1' 'kill -SEGV $$'; do
		begin --restart=never
		tell "$end"
		both_gone
		equal runs "$(wc -l <runs)" 1
	done
}

@test "--restart=on-failure restarts after each status but 0" {
	local status

	is_last 'exit 0' --restart=on-failure
	for status in 1 2 63 64 127 128 200 255; do
		is_followed "exit $status" --restart=on-failure
	done
}

@test "--restart=on-failure restarts after each signal but HUP, INT, TERM and PIPE" {
	local signal

	for signal in HUP INT TERM PIPE; do
		is_last "kill -$signal \$\$; sleep 1000" --restart=on-failure
	done
	for signal in KILL SEGV ABRT USR1 ALRM QUIT; do
		is_followed "kill -$signal \$\$; sleep 1000" \
		    --restart=on-failure
	done
}

@test "--restart=on-failure restarts after a status that looks like such a signal" {
	is_followed 'exit 143' --restart=on-failure
	is_followed 'exit 15' --restart=on-failure
}

@test "--restart=always restarts after each end" {
	local end

	for end in 'exit 0' 'exit 1' 'kill -TERM $$; sleep 1000' \
	    'kill -KILL $$; sleep 1000'; do
		is_followed "$end" --restart=always
	done
}

@test "--success names statuses and signals that are no failure" {
	local end

	for end in 'exit 0' 'exit 3' 'exit 255' 'kill -USR1 $$; sleep 1000' \
	    'kill -KILL $$; sleep 1000' 'kill -TERM $$; sleep 1000'; do
		is_last "$end" --restart=on-failure --success=3,255,USR1 \
		    --success=sigkill
	done
	for end in 'exit 4' 'exit 2' 'exit 10' 'kill -USR2 $$; sleep 1000'; do
		is_followed "$end" --restart=on-failure --success=3,255,USR1
	done
}

@test "a number of --success is a status, not a signal" {
	is_last 'exit 11' --restart=on-failure --success=11
	is_followed 'kill -SEGV $$; sleep 1000' --restart=on-failure \
	    --success=11
}

@test "the signal of a real-time range can be a success" {
	# The lowest one is not the same in each C library.
	is_last 'kill -s 63 $$; sleep 1000' --restart=on-failure \
	    --success=RTMAX-1
}

# --- what is said ------------------------------------------------------------

# The last line in the file of -e.
said_is() {
	# shellcheck disable=SC2053  # a pattern
	[[ $(tail -n 1 err) == $1 ]]
}

@test "each end says what ended, how, after how long, and what comes next" {
	begin -e "$TMP/err" --restart=on-failure --restart-delay=10ms \
	    --restart-limit=2
	tell 'exit 3'
	await_run 2
	eventually said_is 'daemonize: sh: exited with status 3 after *; again in 10 ms'
	tell 'kill -SEGV $$; sleep 1000'
	await_run 3
	eventually said_is 'daemonize: sh: killed by signal 11 (SEGV) after *; again in 20 ms'
	tell 'exit 3'
	both_gone
	said_is 'daemonize: sh: exited with status 3 after *; not restarted again: the limit is 2 restarts'
	equal lines "$(wc -l <err)" 3
}

@test "an end that is no failure says so, and so does a stop" {
	begin -e "$TMP/err" --restart=on-failure
	tell 'exit 0'
	both_gone
	said_is 'daemonize: sh: exited with status 0 after *; not restarted; if it makes itself a daemon, use its foreground option'
	begin -e "$TMP/err" --restart=on-failure
	fails 0 "" --stop -p "$PIDFILE"
	said_is 'daemonize: sh: killed by signal 15 (TERM) after *; stopped'
	begin -e "$TMP/err" --supervise
	fails 0 "" --again -p "$PIDFILE"
	said_is 'daemonize: sh: killed by signal 15 (TERM) after *; again at once'
	fails 0 "" --stop -p "$PIDFILE"
	mkfifo never
	supervise -e "$TMP/err" sh -c \
	    'trap "exit 0" TERM; : >"$1/trapped"; read -r line <>"$1/never"' \
	    sh "$TMP"
	eventually test -e trapped
	fails 0 "" --again -p "$PIDFILE"
	said_is 'daemonize: sh: exited with status 0 after *; again at once'
}

@test "an output file is truncated by the first run only" {
	begin -o "$TMP/out" -e "$TMP/err" --restart=always --restart-delay=1ms
	tell 'echo one; exit 1'
	await_run 2
	tell 'echo two; exit 1'
	await_run 3
	equal out "$(cat out)" $'one\ntwo'
	equal err "$(wc -l <err)" 2
}

# --- back-off -----------------------------------------------------------------

# The times from the end of each run to the beginning of the next are at least
# so many milliseconds, as recorded: delays_are MS...
delays_are() {
	local n=1 ms

	for ms; do
		n=$((n + 1))
		equal "delay before run $n" "$(told "$ms <=
		    past[$n]['began_ms'] - past[$n - 1]['ended_ms']")" True
	done
}

# What was said about them: says_delays DELAY...
says_delays() {
	equal delays "$(sed -n 's/.*; again in //p' err | paste -sd ,)" \
	    "$(printf '%s\n' "$@" | paste -sd ,)"
}

# Each of those runs was over within so many milliseconds, or the machine is
# too busy for the test: requires_short MS RUN...
requires_short() {
	local ms=$1 n

	shift
	for n; do
		[[ $(told "past[$n]['ended_ms'] - past[$n]['began_ms'] < $ms") \
		    == True ]] || skip "needs a machine that is less busy"
	done
}

@test "the delay doubles from TIME to MAX, and stays there" {
	supervise -e "$TMP/err" --restart=always --restart-delay=5ms/100ms \
	    --restart-limit=7/1h sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	requires_short 100 {1..8}
	says_delays "5 ms" "10 ms" "20 ms" "40 ms" "80 ms" "100 ms" "100 ms"
	delays_are 5 10 20 40 80 100 100
	equal runs "$(told 'j["runs"]')" 8
}

@test "the delay is not much longer than it says" {
	supervise --restart=always --restart-delay=1ms/1ms \
	    --restart-limit=7/1h sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	# Of seven, one at least is on time on a machine that is busy, too.
	equal shortest "$(told "min(past[n + 1]['began_ms'] -
	    past[n]['ended_ms'] for n in range(1, 8)) < 100")" True
}

@test "by default the delay begins with 100 ms" {
	supervise -e "$TMP/err" --restart=always --restart-limit=2 \
	    sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	says_delays "100 ms" "200 ms"
	delays_are 100 200
}

@test "a delay above the default MAX is its own" {
	begin -e "$TMP/err" --restart=always --restart-delay=1m
	tell 'exit 1'
	eventually in_state waiting
	eventually said_is '*; again in 1 min'
}

@test "a delay of nothing restarts at once, each time" {
	supervise -e "$TMP/err" --restart=always --restart-delay=0/0 \
	    --restart-limit=3/1h sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	says_delays "0 s" "0 s" "0 s"
}

# What follows after runs of so many ms: backs_off EXPECTED DELAY LIMIT MS...
backs_off() {
	equal delays "$("$HELPERS_DIR/backoff" "${@:2}" | paste -sd ' ')" "$1"
}

@test "a run that is longer than MAX and 10 seconds begins with TIME again" {
	backs_off "50 100 200 50 100" 50ms/200ms 9/1h 0 0 0 10001 0
	backs_off "50 100 200 200" 50ms/200ms 9/1h 0 0 0 10000
	backs_off "50 100 200 50" 50ms/1m 9/1h 0 0 10001 60001
}

@test "a message and --status say that a core was dumped" {
	(ulimit -c unlimited) 2>/dev/null && [[ $(cat \
	    /proc/sys/kernel/core_pattern) != "|"* ]] || skip "needs a core"
	# The core lies in the test's own directory.
	supervise -c "$TMP" -e "$TMP/err" \
	    sh -c 'ulimit -c unlimited; kill -SEGV $$'
	eventually gone "$SUPERVISOR"
	said_is '*killed by signal 11 (SEGV, core dumped) after*'
	[[ $(launch --status -p "$PIDFILE") == *"(SEGV, core dumped)"* ]]
	equal "JSON's signal" "$(told 'past[1]["signal"]')" 11
	fails 139 "" --wait -p "$PIDFILE"
}

# --- limits -------------------------------------------------------------------

@test "a limit without a time counts restarts in a row" {
	supervise --restart=always --restart-delay=1ms/1h --restart-limit=3 \
	    sh -c 'exit 9'
	eventually gone "$SUPERVISOR"
	equal runs "$(told 'j["runs"]')" 4
	fails 9 "" --wait -p "$PIDFILE"
}

@test "a run that is longer than MAX and 10 seconds begins the count anew" {
	backs_off "1 2 1 2 limit" 1ms/200ms 2 0 0 10001 0 0
}

@test "a command that fails every 3 s reaches the limit, also if MAX is shorter" {
	backs_off "1000 1000 limit" 1s/1s 2 3000 3000 3000
}

@test "a limit with a time counts the restarts within it" {
	supervise -e "$TMP/err" --restart=always --restart-delay=1ms/1ms \
	    --restart-limit=3/1h sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	equal runs "$(told 'j["runs"]')" 4
	said_is '*; not restarted again: the limit is 3 restarts'
}

@test "restarts that are longer ago than the limit's time do not count" {
	local n

	# Each is 30 ms after the one before.
	begin -e "$TMP/err" --restart=always --restart-delay=30ms/30ms \
	    --restart-limit=2/20ms
	for n in {1..8}; do
		tell 'exit 1'
		await_run $((n + 1))
	done
	names_instance
}

@test "a limit of one allows one restart" {
	supervise --restart=on-failure --restart-delay=1ms --restart-limit=1 \
	    sh -c 'exit 1'
	eventually gone "$SUPERVISOR"
	equal runs "$(told 'j["runs"]')" 2
}

# --- a restart that fails -------------------------------------------------------

@test "an exec that fails at a restart is a failed run, not the end" {
	printf '#!/bin/sh\necho >>"%s/runs"\nread -r end <"%s/tell"\nexit 1\n' \
	    "$TMP" "$TMP" >script
	chmod 755 script
	cp script good
	mkfifo tell
	: >runs
	# The record has the last 8 runs: these end ever more slowly.
	supervise -e "$TMP/err" --restart=on-failure --restart-delay=300ms/1h \
	    "$TMP/script"
	eventually has_run 1
	printf '#!/no/such/interpreter\n' >bad
	chmod 755 bad
	mv bad script
	tell end
	eventually has_ended 2
	equal ending "$(ending_of 2)" "failed 126"
	alive "$SUPERVISOR"
	mv good script
	chmod 755 script
	eventually has_run 2
	eventually in_state running
	names_instance
	grep -q "^daemonize: exec: $TMP/script: .*; again in 600 ms\$" err
}

@test "a program that is gone at a restart is a failed run, with its status" {
	cp "$(command -v sleep)" program
	supervise --restart=always --restart-delay=1ms --restart-limit=1 \
	    "$TMP/program" 1000
	rm program
	kill -KILL "$PID"
	eventually gone "$SUPERVISOR"
	equal ending "$(ending_of 2)" "failed 127"
	fails 127 "" --wait -p "$PIDFILE"
	equal past "$(told 'past[2]["failed"], past[2]["exit"],
	    past[2]["signal"]')" "(127, None, None)"
	[[ ! -e $PIDFILE ]]
}

@test "a directory or an output file that is gone is a failed run" {
	mkdir here
	begin -c "$TMP/here" -o "$TMP/here/out" -e "$TMP/err" \
	    --restart=always --restart-delay=10ms/10ms
	rm -r here
	tell 'exit 1'
	eventually has_ended 3
	grep -q "daemonize: .*$TMP/here.*: No such file or directory; again in 10 ms" err
	mkdir here
	await_run 2
	equal directory "$(readlink "/proc/$PID/cwd")" "$TMP/here"
}

# --- a restart is as the first start ---------------------------------------------

# The probe's report of a first run and of a second.
both_reports() {
	local differs='/^(pid|ppid|pgid|sid|arg1) /d'

	printf '#!/bin/sh\nn=$(($(cat "%s/n" 2>/dev/null || echo 0) + 1))
	    echo $n >"%s/n"\nexec "%s" "%s.$n"\n' "$TMP" "$TMP" "$PROBE" \
	    "$REPORT" >script
	chmod 755 script
	chmod 777 .
	launch -p "$PIDFILE" --restart=always --restart-delay=1ms \
	    --restart-limit=1 "$@" "$TMP/script"
	eventually test -e "$REPORT.2"
	eventually nothing_runs
	diff <(sed -E "$differs" "$REPORT.1") <(sed -E "$differs" "$REPORT.2")
}

@test "a restart has the steps of the first start" {
	from ignored blocked closed=0 open=7 leaked=20 umask=077 leader env=A=b
	both_reports
	rm report.* n
	both_reports --umask=027 -c "$TMP" -o "$TMP/out" -e "$TMP/err" \
	    -i /etc/passwd --signals=ignore --sigchld=ignore -E X=y
	equal umask "$(fact umask report.2)" 027
	equal cwd "$(fact cwd report.2)" "$TMP"
}

@test "a restart has what the caller has where that was asked for" {
	from ignored=10 blocked=12 open=7 umask=031 env=A=b
	both_reports --umask=keep --fds=7 --signals=keep --chdir=keep \
	    --stdout=keep --stderr=keep
	equal umask "$(fact umask report.2)" 031
	equal ignored "$(fact ignored report.2)" 10
	equal blocked "$(fact blocked report.2)" 12
	rm report.* n
	both_reports --fds=keep
}

@test "a restart has the caller's /dev/stdout and /dev/fd/N" {
	begin -o /dev/stdout -e /dev/fd/7 -i /dev/stdin --restart=always \
	    --restart-delay=1ms >out 7>err </etc/passwd
	tell 'echo one; echo "one of err" >&2; readlink /proc/self/fd/0; exit 1'
	await_run 2
	tell 'echo two; echo "two of err" >&2; readlink /proc/self/fd/0; exit 1'
	await_run 3
	equal out "$(cat out)" "one
/etc/passwd
two
/etc/passwd"
	equal err "$(grep of err)" $'one of err\ntwo of err'
}

@test "a message of a supervisor in the background is on the caller's /dev/stderr" {
	begin -e /dev/stderr --restart=always --restart-delay=1ms 2>err
	tell 'exit 7'
	await_run 2
	[[ $(cat err) == "daemonize: sh: exited with status 7 after "* ]]
}

@test "a restart has the user of the first start, and no privilege" {
	requires root
	both_reports -u nobody --no-new-privs -o "$TMP/out"
	equal uids "$(fact uids report.2)" "65534 65534 65534"
	equal owner "$(stat -c %U out)" nobody
}

@test "a restart has the root directory of the first start" {
	requires root

	mkdir -p root/bin
	copy_libraries "$PROBE" root
	cp "$PROBE" root/bin/probe
	mkdir -m 777 root/proc root/tmp
	mount --bind /proc root/proc || skip "needs mount"
	at_end umount "$TMP/root/proc"
	launch -p "$PIDFILE" -R "$TMP/root" --restart=always --restart-delay=1ms \
	    /bin/probe /tmp/report stay
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	eventually test -e root/tmp/report
	cp root/tmp/report first
	rm root/tmp/report
	kill -KILL "$(fact pid first)"
	eventually test -e root/tmp/report
	diff <(sed -E '/^(pid|ppid|pgid|sid) /d' first) \
	    <(sed -E '/^(pid|ppid|pgid|sid) /d' root/tmp/report)
}

@test "--ready=notify holds for each run: each has a socket of its own" {
	mkfifo tell
	supervise --ready=notify --restart=always --restart-delay=1ms \
	    sh -c 'echo "$NOTIFY_SOCKET" >>"$1/sockets"; echo >>"$1/runs"
	    "$2" fds=1 text=READY=1; read -r what <"$1/tell"' sh "$TMP" \
	    "$HELPERS_DIR/notifier"
	eventually has_run 1
	eventually in_state running
	kill -KILL "$PID"
	eventually has_run 2
	eventually in_state running
	equal sockets "$(sort -u sockets | wc -l)" 2
}

@test "--ready=fd:N holds for each run; the supervisor keeps N for it" {
	mkfifo tell
	supervise --ready=fd:7 --restart=always --restart-delay=1ms \
	    sh -c 'readlink /proc/$$/fd/7 >>"$1/sevens"; echo >&7
	    echo >>"$1/runs"; read -r what <"$1/tell"' sh "$TMP"
	eventually has_run 1
	[[ $(cat sevens) == pipe:* ]]
	equal "of the supervisor" "$(readlink "/proc/$SUPERVISOR/fd/7")" \
	    /dev/null
	kill -KILL "$PID"
	eventually has_run 2
	eventually in_state running
	equal sevens "$(sort -u sevens | wc -l)" 2
}

@test "--ready=cmd: holds for each run; a check ends with the run that it is of" {
	supervise -c "$TMP" --ready='cmd:[ ! -e hold ] || exec sleep 999' \
	    --restart=always --restart-delay=1ms \
	    sh -c 'echo >>"$1/runs"; exec sleep 1000' sh "$TMP"
	eventually in_state running
	touch hold
	kill -KILL "$PID"
	eventually has_run 2
	eventually pgrep -P "$SUPERVISOR" -f '^sleep 999' >checks
	in_state starting
	rm hold
	kill -KILL "$(cat "$PIDFILE")"
	eventually has_run 3
	eventually in_state running
	eventually gone "$(tail -n 1 checks)"
}

@test "--ready=line: what an earlier run or the supervisor wrote does not count" {
	mkfifo tell
	supervise --log="$TMP/log" --ready=line:sh --restart=always \
	    --restart-delay=1ms \
	    sh -c 'echo >>"$1/runs"; [ ! -e "$1/once" ] || read -r what \
	    <"$1/tell"; : >"$1/once"; printf sh; exec sleep 1000' sh "$TMP"
	eventually test -e once
	kill -KILL "$PID"
	eventually has_run 2
	eventually in_state starting
	eventually grep -q 'daemonize: sh: killed' log
	in_state starting
	echo >tell
	eventually in_state running
}

@test "a run that is not ready yet is starting" {
	mkfifo tell
	supervise --ready=fd:7 --restart=always --restart-delay=1ms \
	    sh -c 'echo >>"$1/runs"; [ -e "$1/done" ] && read -r what <"$1/tell"
	    echo >&7; : >"$1/done"; exec sleep 1000' sh "$TMP"
	eventually has_run 1
	eventually test -e "$TMP/done"
	kill -KILL "$PID"
	eventually has_run 2
	eventually in_state starting
	echo >tell
	eventually in_state running
}

@test "a later run that is not ready in time has failed" {
	supervise -e "$TMP/err" --ready=fd:7 --ready-timeout=1s \
	    --restart=on-failure --restart-delay=1ms --restart-limit=1 \
	    sh -c '[ -e "$1/done" ] && exec sleep 1000; : >"$1/done"
	    echo >&7; exec sleep 1000' sh "$TMP"
	kill -KILL "$PID"
	eventually gone "$SUPERVISOR"
	equal ending "$(ending_of 2)" "failed 124"
	grep -q 'not ready after 1s: fd:7; not restarted again' err
}

@test "a later run that is not ready in time leaves no socket open" {
	supervise --ready=notify --ready-timeout=1s --restart=always \
	    --restart-delay=1h sh -c 'echo >>"$1/runs"; [ -e "$1/done" ] ||
	    "$2" fds=1 text=READY=1; : >"$1/done"; exec sleep 1000' sh \
	    "$TMP" "$HELPERS_DIR/notifier"
	eventually test -e "$TMP/done"
	"$DAEMONIZE" --again -p "$PIDFILE" || :
	eventually has_run 2
	eventually in_state waiting
	run find "/proc/$SUPERVISOR/fd" -lname '*/daemonize-*'
	output_is ""
}

@test "a later run that ends before it is ready says so" {
	supervise -e "$TMP/err" --ready=alive:10ms --restart=always \
	    --restart-delay=1ms --restart-limit=1 \
	    sh -c '[ -e "$1/done" ] && exit 3
	    echo >"$1/done"; exec sleep 1000' sh "$TMP"
	eventually test -e "$TMP/done"
	kill -KILL "$PID"
	eventually gone "$SUPERVISOR"
	equal ending "$(ending_of 2)" "exit 3"
	grep -q 'exited with status 3 before it was ready; not restarted' err
}
