# SPDX-License-Identifier: BSD-2-Clause
# --log=FILE: what the command writes, by a pipe and the supervisor, to a file.

load ../lib/helpers
load ../lib/logged

# Launches with a pid file and --log=$LOG; PID and SUPERVISOR are set and
# remembered: logged [OPTION]... COMMAND [ARG]...
logged() {
	launch -p "$PIDFILE" --log="$LOG" "$@" || return
	remember_both
}

# LOG.N ... LOG.1, LOG: the oldest first.
rotated() {
	# shellcheck disable=SC2012  # names of ours
	ls -v "$LOG".* 2>/dev/null | tac
	echo "$LOG"
}

# Writes a line for each that comes to the FIFO $TMP/in: what the test says,
# and when.
echoer() {
	mkfifo -m 666 "$TMP/in"
	logged "$@" sh -c 'while read -r line; do echo "$line"; done <>"$1"' \
	    sh "$TMP/in"
}

# Launches echoer in the foreground, where its supervisor writes to $TMP/err.
logged_in_front() {
	mkfifo -m 666 "$TMP/in"
	"$DAEMONIZE" -F -p "$PIDFILE" --log="$LOG" \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh \
	    "$TMP/in" 3>&- 2>err &
	eventually test -s "$PIDFILE"
	remember_both
}

feed() {
	timeout 10 sh -c 'printf "%s\n" "$@" >"$0"' "$TMP/in" "$@"
}

has() {
	grep -qsxF -- "$1" "$2"
}

# --- what is written ---------------------------------------------------------

@test "standard output and error go to the file in the order of the writes" {
	file_setup
	logged sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; done
	    exec sleep 1000'
	eventually has_lines "$LOG" "out 1" "err 1" "out 2" "err 2" "out 3" \
	    "err 3"
}

@test "the file is appended to" {
	file_setup
	echo old >"$LOG"
	logged sh -c 'echo new; exec sleep 1000'
	eventually has_lines "$LOG" old new
}

@test "a relative file is in the caller's directory, also when it is opened anew" {
	file_setup
	mkdir there
	cd there
	LOG=log echoer
	feed one
	eventually has_lines log one
	mv log away
	feed two
	eventually has_lines log two
	has_lines away one
}

@test "what --log cannot do is refused before anything is done" {
	file_setup
	local try=$'\n'"Try 'daemonize --help'"
	fails 125 "daemonize: --log-time: needs --log=FILE$try" \
	    --log-time=utc true
	fails 125 "daemonize: --log-rotate: needs --log=FILE$try" \
	    --log-rotate=1k true
	fails 125 "daemonize: --log=: needs FILE, auto, -, |COMMAND or syslog$try" \
	    --log= true
	fails 125 "daemonize: --log=-n: needs FILE, auto, -, |COMMAND or syslog; a FILE that begins with - is ./-$try" \
	    --log -n name
	fails 125 "daemonize: --log=| : needs a command after |$try" \
	    --log='| ' true
	fails 125 "daemonize: --log-time=utc: needs --log=FILE: syslog adds its own$try" \
	    --log=syslog --log-time=utc true
	fails 125 "daemonize: --log=-: needs -F: standard output is the caller's$try" \
	    --log=- true
	fails 125 "daemonize: --log=auto: needs --name$try" --log=auto true
	fails 125 "daemonize: --log-rotate: needs --log=FILE$try" \
	    --log=syslog --log-rotate=1k true
	fails 125 "daemonize: --log-time=gmt: not utc or local$try" \
	    --log="$LOG" --log-time=gmt true
	local value
	for value in 0 0k 99999999999G; do
		fails 125 "daemonize: --log-rotate=$value: the size is not above 0, or too large$try" \
		    --log="$LOG" --log-rotate=$value true
	done
	for value in k 1x 1k5 1K -1 1k:5; do
		fails 125 "daemonize: --log-rotate=$value: not SIZE or SIZE/N, such as 10M/5$try" \
		    --log="$LOG" --log-rotate=$value true
	done
	for value in 1k/0 1k/ 1k/1001 1k/x; do
		fails 125 "daemonize: --log-rotate=$value: N is not a number from 1 to 1000$try" \
		    --log="$LOG" --log-rotate=$value true
	done
	for value in foo daemon.bar daemon. .info; do
		fails 125 "daemonize: --log=syslog:$value: not syslog:FACILITY or syslog:FACILITY.LEVEL, such as syslog:local0.notice$try" \
		    --log=syslog:$value true
	done
	[[ ! -e $LOG ]]
}

@test "--log is for a launch, and --check" {
	fails 125 "daemonize: --stop: --log is for a launch and --check
Try 'daemonize --help'" --log=file --stop -p "$PIDFILE"
}

@test "a file that cannot be opened fails the launch" {
	file_setup
	fails 125 "daemonize: log: $TMP: Is a directory" --log="$TMP" true
	fails 125 "daemonize: log: $TMP/no/no/log: No such file or directory" \
	    --log="$TMP/no/no/log" true
	[[ ! -e $PIDFILE ]]
}

@test "the pid file, its record and the lock file are refused as the log" {
	fails 125 "daemonize: log: $PIDFILE: is the pid file; use another file" \
	    -p "$PIDFILE" --log="$PIDFILE" true
	fails 125 "daemonize: log: $PIDFILE.record: is the record of the pid file; use another file" \
	    -p "$PIDFILE" --log="$PIDFILE.record" true
	fails 125 "daemonize: log: $TMP/lock: is the lock file; use another file" \
	    -p "$PIDFILE" -l "$TMP/lock" --log="$TMP/lock" true
}

@test "a launch that fails leaves no empty log that it has made, and keeps one that was there" {
	file_setup
	fails 127 "daemonize: exec: nosuchcommand: No such file or directory" \
	    --log="$LOG" nosuchcommand
	[[ ! -e $LOG ]]
	: >"$LOG"
	fails 127 "daemonize: exec: nosuchcommand: No such file or directory" \
	    --log="$LOG" nosuchcommand
	[[ -e $LOG ]]
	fails 127 "daemonize: exec: nosuchcommand: No such file or directory" \
	    --log="$TMP/dir/log" nosuchcommand
	[[ ! -e dir ]]
}

@test "a directory that is missing is made, also when the file is opened again" {
	file_setup
	LOG=$TMP/dir/log echoer
	feed one
	eventually has_lines dir/log one
	rm -r dir
	feed two
	eventually has_lines dir/log two
}

@test "--log=auto is a file by the name of the instance" {
	file_setup
	local dir=$TMP/state/daemonize/$(uname -n) name=auto.$$
	((EUID != 0)) || dir=/var/log/daemonize
	at_end rm -f "$dir/$name.log"
	at_end "$DAEMONIZE" --stop -n "$name"
	XDG_STATE_HOME=$TMP/state launch -n "$name" --log=auto \
	    sh -c 'echo hello; exec sleep 1000'
	eventually grep -qx hello "$dir/$name.log"
}

@test "--log=auto makes the directories of a user's first instance" {
	file_setup
	if ((EUID == 0)); then
		requires setpriv
		chmod 777 .
		CALLER=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	export XDG_STATE_HOME=$TMP/new/state
	PIDFILE=$XDG_STATE_HOME/daemonize/$(uname -n)/first.pid
	launch -n first --log=auto sh -c 'echo hello; exec sleep 1000'
	remember_both
	eventually grep -qx hello "${PIDFILE%.pid}.log"
}

@test "a file that is the log and that of -o or -e is refused" {
	file_setup
	ln -s "$LOG" other
	fails 125 "daemonize: stdio: $TMP/other: is the log; leave it out, or use another file" \
	    --log="$LOG" -e "$TMP/other" true
	fails 125 "daemonize: stdio: $LOG: is the log; leave it out, or use another file" \
	    --log="$LOG" -a -o "$LOG" true
	launch --log=/dev/null -o /dev/null true
}

@test "the bytes of every value come through" {
	file_setup
	printf '%b' "$(printf '\\%04o' {0..255})" >bytes
	equal size "$(stat -c %s bytes)" 256
	printf '\n' >>bytes
	launch -p "$PIDFILE" --log="$LOG" cat "$TMP/bytes" "$TMP/bytes"
	eventually nothing_runs
	cat bytes bytes | cmp -n $((2 * 257)) - "$LOG"
	tail -n 1 "$LOG" | grep -q '^daemonize: cat: exited with status 0'
}

@test "a line of 10 MB comes through whole, with one time and no rotation in it" {
	file_setup
	cat >long <<-'EOF'
	head -c 10000000 /dev/zero | tr '\0' x
	echo
	echo next
	EOF
	launch -p "$PIDFILE" --log="$LOG" --log-rotate=1M --log-time=utc \
	    sh "$TMP/long"
	eventually nothing_runs
	equal "length of the line" "$(wc -L <"$LOG.1")" 10000025
	equal "lines of it" "$(wc -l <"$LOG.1")" 1
	sed -n 1p "$LOG" | grep -qx '[^ ]*Z next'
	equal "lines after it" "$(wc -l <"$LOG")" 2
}

@test "a line without an end is written at the end of the run, and ended" {
	file_setup
	launch -p "$PIDFILE" --log="$LOG" printf 'one\ntwo'
	eventually nothing_runs
	equal lines "$(sed 's/after .*//' "$LOG")" "one
two
daemonize: printf: exited with status 0 "
}

@test "a part of a line is written after a moment, and its end goes on there" {
	file_setup
	mkfifo in
	logged --log-rotate=1 sh -c 'printf "one\ntw"; read -r x <"$1"
	    echo o; exec sleep 1000' sh "$TMP/in"
	eventually eval '[[ $(cat "$LOG") == tw ]]'
	feed x
	eventually has_lines "$LOG" two
	has_lines "$LOG.1" one
}

@test "a part of a line has one time, that of its beginning" {
	file_setup
	mkfifo in
	logged --log-time=utc sh -c 'printf prompt; read -r x <"$1"; date -u +%FT%T.%3NZ
	    exec sleep 1000' sh "$TMP/in"
	eventually grep -q prompt "$LOG"
	feed x
	eventually eval '(($(wc -l <"$LOG") == 1))'
	local began rest
	read -r began rest <"$LOG"
	[[ $rest == prompt*Z && $began < ${rest#prompt} ]]
}

# A part of a line fills the buffer: the room for the next packet gets small.
@test "a command that writes packets (O_DIRECT) loses none of their bytes" {
	requires python3
	file_setup
	launch -p "$PIDFILE" --log="$LOG" python3 -c 'import fcntl, os
fcntl.fcntl(1, fcntl.F_SETFL, os.O_DIRECT)
for i in range(100):
    os.write(1, b"%03d" % i + b"x" * 2996)
os.write(1, b"\n")'
	eventually nothing_runs
	head -n 1 "$LOG" | tr -d 'x\n' | cmp - <(printf '%03d' {0..99})
	equal length "$(head -n 1 "$LOG" | wc -c)" 299901
}

@test "what a process of an earlier run does to its output is not the next one's" {
	requires python3
	file_setup
	mkfifo go
	cat >left.py <<-'EOF'
	import os, sys
	open(sys.argv[1]).read()
	os.set_blocking(1, False)
	open(sys.argv[2], "w")
	EOF
	logged --restart=on-failure --restart-delay=1ms sh -c '
	    if [ ! -e "$1/first" ]; then
		: >"$1/first"
		python3 "$1/left.py" "$1/go" "$1/left" &
		exit 1
	    fi
	    : >"$1/second"
	    while [ ! -e "$1/left" ]; do :; done
	    grep flags: /proc/$$/fdinfo/2 >"$1/flags"' sh "$TMP"
	eventually test -e second
	timeout "$DEADLINE" sh -c ': >go'
	ended
	eventually nothing_runs
	# O_WRONLY alone, and O_LARGEFILE.
	[[ $(cat flags) =~ ^flags:[[:blank:]]0[0-9]*01$ && $(cat flags) != *4001 ]]
}

# A supervisor reads 64 KiB at a time, and does other things after 16 of them.
@test "a command that is silent after any number of writes has all of them in the file" {
	requires python3
	file_setup
	cat >write.py <<-'EOF'
	import fcntl, os, signal, sys, time
	fcntl.fcntl(1, 1031, 1 << 20)	# F_SETPIPE_SZ
	supervisor = os.getppid()
	os.kill(supervisor, signal.SIGSTOP)
	while open(f"/proc/{supervisor}/stat").read().split(") ")[1][0] != "T":
	    pass
	os.write(1, (b"x" * 1023 + b"\n") * 1024)
	os.kill(supervisor, signal.SIGCONT)
	signal.pause()
	EOF
	logged python3 "$TMP/write.py"
	eventually eval '(($(stat -c %s "$LOG") == 1 << 20))'
}

@test "where -o or -e is given, the log has the rest" {
	file_setup
	logged -o "$TMP/out" sh -c 'echo out; echo err >&2; exec sleep 1000'
	eventually has_lines "$LOG" err
	has_lines out out
	launch --stop -p "$PIDFILE" >/dev/null
	rm "$LOG"
	logged -e "$TMP/err" sh -c 'echo out; echo err >&2; exec sleep 1000'
	eventually has_lines "$LOG" out
	has_lines err err
}

@test "where -o and -e are both given, the log has the supervisor's messages only" {
	file_setup
	launch -p "$PIDFILE" --log="$LOG" -o out -e err \
	    sh -c 'echo out; echo err >&2; exit 3'
	eventually nothing_runs
	has_lines out out
	has_lines err err
	equal log "$(sed 's/ after .*;/;/' "$LOG")" \
	    "daemonize: sh: exited with status 3; not restarted"
}

@test "the command can open /dev/stdout, also as another user" {
	file_setup
	local user=()
	((EUID != 0)) || user=(-u nobody)
	logged "${user[@]}" sh -c 'echo a >/dev/stdout; echo b >/dev/stderr
	    exec sleep 1000'
	eventually has_lines "$LOG" a b
}

@test "the log works in the foreground, and what the supervisor says is in it" {
	file_setup
	run launch -F --log="$LOG" sh -c 'echo hello; exit 5'
	status_is 5
	output_is ""
	equal log "$(sed 's/ after .*;/;/' "$LOG")" "hello
daemonize: sh: exited with status 5; not restarted"
}

@test "the reason why a file cannot be rotated is reported, once" {
	file_setup
	local n
	for n in 1 2 3 4; do
		echo $n >"$LOG.$n"
	done
	mkdir -p "$LOG.5/full"
	run launch -F --log="$LOG" --log-rotate=1/5 sh -c 'echo a; echo b; echo c'
	status_is 0
	output_is "daemonize: log: $LOG: cannot be rotated: Is a directory"
	equal lines "$(head -n 3 "$LOG")" $'a\nb\nc'
}

@test "--log=- is the supervisor's own standard output, whatever it is" {
	requires python3
	file_setup
	launch -F --log=- --log-time=utc sh -c 'echo out; echo err >&2' >got
	equal lines "$(cut -d' ' -f2 got)" "out
err
daemonize:"
	grep -q '^[0-9T:.-]*Z out$' got
	# A pipe, and a socket, as systemd has it.
	equal lines "$(launch -F --log=- seq 100000 | sed '$d' | cksum)" \
	    "$(seq 100000 | cksum)"
	cat >pair.py <<-'EOF'
	import socket, subprocess, sys
	a, b = socket.socketpair()
	p = subprocess.Popen(sys.argv[1:], stdout=b)
	b.close()
	for line in a.makefile():
	    if not line.startswith("daemonize:"):
	        print(line, end="")
	sys.exit(p.wait())
	EOF
	equal lines "$(python3 pair.py "$DAEMONIZE" -F --log=- seq 1000 3>&- |
	    cksum)" "$(seq 1000 | cksum)"
	CALLER=(sh -c 'exec "$@" 1</dev/null' sh)
	fails 125 "daemonize: log: -: standard output is not open for writing" \
	    -F --log=- true
}

@test "a caller that waits for the end of its output gets it at once" {
	file_setup
	timeout 20 sh -c 'out=$("$@" 2>&1)' sh "$DAEMONIZE" -p "$PIDFILE" \
	    --log="$LOG" sleep 1000 3>&-
	remember_both
}

# --- ready, status, check ----------------------------------------------------

@test "a command that dies before it is ready: its last lines come from the log" {
	file_setup
	run launch --log="$LOG" --ready=alive:10s \
	    sh -c 'echo one; echo two >&2; exit 3'
	status_is 123
	[[ $output == *"one"*"two"* ]]
	[[ $output == *"$LOG"* ]]
	grep -qx one "$LOG"
	grep -qx two "$LOG"
}

@test "what a command writes while it is waited for is not held up" {
	file_setup
	cat >much <<-'EOF'
	head -c 1000000 /dev/zero | tr '\0' '\n'
	echo >"$1"
	exec sleep 1000
	EOF
	logged --ready=file:"$TMP/done" sh "$TMP/much" "$TMP/done"
	eventually eval '(($(stat -c %s "$LOG") == 1000000))'
}

@test "status names the log" {
	file_setup
	logged sleep 1000
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == *", output to $LOG: sleep 1000" ]]
	run launch --status --json -p "$PIDFILE"
	[[ $output == *"\"stdout\":\"$LOG\",\"stderr\":\"$LOG\""* ]]
}

@test "check finds the pipe as it should be" {
	file_setup
	logged sleep 1000
	run launch --check -p "$PIDFILE"
	status_is 0
	[[ $output == *"stdio       ok  /dev/null pipe:"* ]]
}

# --- stamps ------------------------------------------------------------------

@test "each line has its time, in UTC or local" {
	file_setup
	local day='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'
	launch -p "$PIDFILE" --log="$LOG" --log-time=utc printf 'a\n\nb'
	eventually nothing_runs
	equal "lines" "$(grep -cE "^${day}Z (a|b||daemonize: .*)\$" "$LOG")" 4
	equal "all lines" "$(wc -l <"$LOG")" 4
	rm "$LOG"
	TZ=XYZ-05:30 launch -p "$PIDFILE" --log="$LOG" --log-time=local \
	    printf 'a\n\nb'
	eventually nothing_runs
	equal "lines" \
	    "$(grep -cE "^${day}\+05:30 (a|b||daemonize: .*)\$" "$LOG")" 4
}

@test "the times are those at which the lines came" {
	file_setup
	echoer --log-time=utc
	local before after stamp
	before=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
	feed x
	eventually grep -q ' x$' "$LOG"
	after=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
	stamp=$(cut -d' ' -f1 "$LOG")
	[[ ! $stamp < $before && ! $stamp > $after ]]
}

# --- rotation and files that move --------------------------------------------

@test "a file of the size becomes FILE.1, at the end of a line; N are kept" {
	file_setup
	echoer --log-rotate=10/3
	feed 1234567890abc
	eventually has_lines "$LOG" 1234567890abc
	feed b c d
	eventually has_lines "$LOG.1" 1234567890abc
	local line
	for line in 2222222222 3333333333 4444444444 5555555555; do
		feed $line
		eventually has $line "$LOG"
	done
	has_lines "$LOG" 5555555555
	has_lines "$LOG.1" 4444444444
	has_lines "$LOG.2" 3333333333
	has_lines "$LOG.3" b c d 2222222222
	[[ ! -e $LOG.4 ]]
}

@test "with fewer N than before, the higher numbers are removed" {
	file_setup
	local n
	for n in 1 2 3 4 5; do
		echo $n >"$LOG.$n"
	done
	echo 0 >"$LOG"
	echoer --log-rotate=1/2
	feed a
	eventually has_lines "$LOG" a
	has_lines "$LOG.1" 0
	has_lines "$LOG.2" 1
	[[ ! -e $LOG.3 && ! -e $LOG.4 && ! -e $LOG.5 ]]
}

@test "several supervisors rotate one file, and no line is lost" {
	file_setup
	local i
	mkfifo go
	exec 5<>go
	for i in a b c; do
		launch -p "$TMP/$i" --log="$LOG" --log-rotate=5k/1000 sh -c '
		    read -r x <"$2"; i=0
		    while [ $i -lt 2000 ]; do
			i=$((i + 1)); printf "%s %d %080d\\n" $1 $i 0
		    done' \
		    sh $i "$TMP/go"
	done
	echo 'x
x
x' >&5
	eventually nothing_runs
	exec 5>&-
	# shellcheck disable=SC2046  # names of ours
	cat $(rotated) | grep -v '^daemonize:' | sort >all
	for i in a b c; do
		seq -f "$i %g $(printf '%080d' 0)" 2000
	done | sort | cmp - all
}

@test "lines that come at once are parted where the size is reached" {
	file_setup
	launch -p "$PIDFILE" --log="$LOG" --log-rotate=100/1000 seq 1000
	eventually nothing_runs
	# shellcheck disable=SC2046  # names of ours
	cat $(rotated) | sed '$d' | cmp - <(seq 1000)
	local file
	for file in "$LOG".*; do
		equal "size of $file" "$(($(stat -c %s "$file") / 4))" 25
	done
}

@test "the file that follows has the mode and owner of the one that was rotated" {
	file_setup
	: >"$LOG"
	chmod 640 "$LOG"
	((EUID != 0)) || chown nobody "$LOG"
	local expected
	expected=$(stat -c '%a %u %g' "$LOG")
	echoer --log-rotate=2
	feed 1
	eventually has_lines "$LOG" 1
	feed 2
	eventually has_lines "$LOG" 2
	equal "mode and owner" "$(stat -c '%a %u %g' "$LOG")" "$expected"
}

@test "a rotation that was interrupted is completed, and loses no file" {
	file_setup
	local n
	for n in 1 3 4 5; do
		echo $n >"$LOG.$n"
	done
	echo 0 >"$LOG"
	echoer --log-rotate=1
	feed new
	eventually has_lines "$LOG" new
	has_lines "$LOG.1" 0
	has_lines "$LOG.2" 1
	for n in 3 4 5; do
		has_lines "$LOG.$n" $n
	done
}

@test "a file that cannot be rotated goes on growing, and loses no older one" {
	file_setup
	local n
	echo 0 >"$LOG"
	for n in 1 2 3 4; do
		echo $n >"$LOG.$n"
	done
	mkdir -p "$LOG.5/full"
	echoer --log-rotate=1/5
	feed a
	eventually has_lines "$LOG" 0 a
	feed b
	eventually has_lines "$LOG" 0 a b
	for n in 1 2 3 4; do
		has_lines "$LOG.$n" $n
	done
}

@test "a file that was moved or removed is opened anew before the next line" {
	file_setup
	echoer
	feed one
	eventually has_lines "$LOG" one
	mv "$LOG" moved
	feed two
	eventually has_lines "$LOG" two
	has_lines moved one
	rm "$LOG"
	feed three
	eventually has_lines "$LOG" three
}

@test "a directory that was renamed, or a link that leads elsewhere, is noticed" {
	file_setup
	mkdir -p releases/1 releases/2
	ln -s releases/1 current
	LOG=$TMP/current/log echoer
	feed one
	eventually has_lines releases/1/log one
	ln -sfn releases/2 current
	feed two
	eventually has_lines releases/2/log two
	mv releases/2 releases/3
	mkdir releases/2
	feed three
	eventually has_lines releases/2/log three
	has_lines releases/1/log one
	has_lines releases/3/log two
}

# The lines of the file of that number: what is tried while it is no file.
@test "where the file cannot be opened again, lines go on, and status says it" {
	file_setup
	logged_in_front
	feed one
	eventually has_lines log one
	mv log moved
	mkdir log
	feed two
	eventually has_lines moved one two
	eventually status_has "cannot be opened again: Is a directory; the lines go to the file that was moved"
	feed three
	eventually has_lines moved one two three
	rmdir log
	eventually test -e log
	feed four
	eventually has_lines log four
	eventually eval '! status_has "cannot be opened again"'
	equal "how often it is said" "$(grep -c 'opened again' err)" 1
}

@test "a file that another process has a lease on holds up no line" {
	local holder

	requires python3
	file_setup
	logged_in_front
	feed one
	eventually has_lines log one
	: >leased
	python3 -c '
import fcntl, signal
file = open("leased", "a")
signal.signal(signal.SIGIO, signal.SIG_IGN)
fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_WRLCK)
open("has_lease", "w")
signal.pause()' 3>&- &
	holder=$!
	remember "$holder"
	eventually test -e has_lease
	mv log moved
	mv leased log
	feed two
	eventually has_lines moved one two
	status_has "cannot be opened again: Device or resource busy"
	kill "$holder"
	eventually eval '! status_has "cannot be opened again"'
	feed three
	eventually has_lines log three
}

@test "lines that go to a file that was removed are lost, and that is said" {
	file_setup
	logged_in_front
	feed one
	eventually has_lines log one
	rm log
	mkdir log
	feed two
	eventually status_has "cannot be opened again: Is a directory; the lines are lost"
	run launch --stop -p "$PIDFILE"
	status_is 0
	[[ $output == *": the log has lost "*" bytes" ]]
	eventually gone "$SUPERVISOR"
	grep -q '^daemonize: log: .*: [0-9]* bytes are lost$' err
}

@test "a write that raises PIPE leaves the supervisor asleep; it is tried again" {
	file_setup
	mkfifo fifo
	exec 5<>fifo
	LOG=$TMP/fifo echoer
	local line
	feed one
	read -r -t "$DEADLINE" -u 5 line
	equal "first line" "$line" one
	exec 5>&-
	feed two
	eventually status_has "log: Broken pipe"
	# One that spins is never seen asleep.
	eventually in_process_state S "$SUPERVISOR"
	timeout "$DEADLINE" cat fifo >got 3>&- &
	remember $!
	eventually has_lines got two
}

@test "so does one that raises XFSZ" {
	requires prlimit
	file_setup
	logged_in_front
	local line
	# Its messages and the record are shorter.
	line=$(printf '%08191d' 1)
	feed "$line"
	eventually has_lines log "$line"
	prlimit --pid "$SUPERVISOR" --fsize=8192:
	feed two
	eventually grep -q ': File too large$' err
	eventually in_process_state S "$SUPERVISOR"
	prlimit --pid "$SUPERVISOR" --fsize=unlimited:
	eventually has_lines log "$line" two
}

@test "standard output whose reader has gone holds up neither the command nor the end" {
	file_setup
	local log

	for log in - /dev/stdout; do
		timeout "$DEADLINE" "$DAEMONIZE" -F --log="$log" \
		    seq 100000 3>&- 2>err | head -n 1 >got
		equal status "${PIPESTATUS[0]}" 0
		has_lines got 1
		grep -q ': [0-9]* bytes are lost$' err
	done
}

@test "a file of another user in its place does not stop the lines" {
	requires root setpriv
	file_setup
	chmod 777 .
	mkfifo -m 666 in
	CALLER=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	launch -p "$PIDFILE" --log="$LOG" \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh "$TMP/in"
	remember_both
	feed one
	eventually has_lines log one
	mv log moved
	install -m 600 /dev/null log
	feed two
	eventually has_lines moved one two
	chown 65534 log
	# It is opened again each second.
	eventually eval 'feed x; grep -q x log'
}

@test "a file that was emptied goes on at its beginning" {
	file_setup
	echoer
	feed one
	eventually has_lines "$LOG" one
	: >"$LOG"
	feed two
	eventually has_lines "$LOG" two
}

@test "a FIFO without a reader is no log" {
	mkfifo fifo
	fails 125 "daemonize: log: $TMP/fifo: no process has this FIFO open for reading, or it is a socket" \
	    --log="$TMP/fifo" -p "$PIDFILE" sleep 1000
}

@test "a FIFO is a log that is neither rotated nor opened anew" {
	file_setup
	mkfifo fifo
	exec 5<>fifo
	LOG=$TMP/fifo echoer --log-rotate=1
	feed one two
	local line
	read -r -t 20 -u 5 line
	equal "first line" "$line" one
	read -r -t 20 -u 5 line
	equal "second line" "$line" two
	[[ -p fifo && ! -e fifo.1 ]]
	exec 5>&-
}

# --- users -------------------------------------------------------------------

@test "a file that is made belongs to the user of -u; another keeps its owner" {
	requires root
	file_setup
	mkdir dir
	LOG=$TMP/dir/log echoer -u nobody --log-rotate=1
	equal owner "$(stat -c %U dir/log)" nobody
	feed one
	eventually has one dir/log
	feed two
	eventually has two dir/log
	equal "owner after a rotation" "$(stat -c %U dir/log)" nobody
	rm dir/log
	feed three
	eventually has three dir/log
	equal "owner after a removal" "$(stat -c %U dir/log)" nobody
	launch --stop -p "$PIDFILE" >/dev/null
	rm in dir/*
	: >dir/log
	LOG=$TMP/dir/log echoer -u nobody
	feed four
	eventually has four dir/log
	equal "owner of an existing one" "$(stat -c %U dir/log)" root
}

@test "a link of an ordinary user leads root's log nowhere" {
	requires root
	file_setup
	mkdir dir
	chown nobody dir
	echo precious >precious
	ln -s "$TMP/precious" dir/log
	chown -h nobody dir/log
	run launch --log="$TMP/dir/log" sh -c 'echo bad'
	status_is 125
	has_lines precious precious
}

@test "nor does one that takes the file's place later" {
	requires root
	file_setup
	mkdir dir
	chown nobody dir
	echo precious >precious
	LOG=$TMP/dir/log echoer -u nobody
	feed one
	eventually has_lines dir/log one
	ln -s "$TMP/precious" dir/new
	chown -h nobody dir/new
	mv -T dir/new dir/log
	feed two
	# It is tried again each second.
	rm dir/log
	feed three
	eventually eval 'feed four; has four dir/log'
	has_lines precious precious
}

@test "nor does a second name of another user's file" {
	requires root
	file_setup
	mkdir dir
	echo precious >precious
	chown nobody dir
	ln precious dir/log
	run launch --log="$TMP/dir/log" sh -c 'echo bad'
	status_is 125
	has_lines precious precious
}

@test "a rotated name that is a link is replaced, not followed" {
	file_setup
	echo precious >precious
	local n
	for n in 1 2; do
		ln -s "$TMP/precious" "$LOG.$n"
	done
	echo old >"$LOG"
	echoer --log-rotate=1/2
	feed new
	eventually has_lines "$LOG" new
	has_lines precious precious
	has_lines "$LOG.1" old
	[[ ! -L $LOG.1 && -L $LOG.2 ]]
}

# --- a full disk -------------------------------------------------------------

# A shell in a mount namespace that holds a file system of 64 KiB in $TMP/small.
small_disk() {
	requires root mounts
	mkdir "$TMP/small"
	unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1" || exit
	    echo ready >"$1.ready"; exec sleep 1000' sh "$TMP/small" 3>&- &
	remember $!
	eventually test -s "$TMP/small.ready"
	eventually grep -qx sleep "/proc/$!/comm"
	SMALL=/proc/$!/root$TMP/small
	CALLER=(nsenter -m -r -t $!)
}

@test "on a full disk the lines wait, and are there once there is room" {
	file_setup
	small_disk
	launch -p "$PIDFILE" --log="$TMP/small/log" seq 100000
	remember_both
	eventually eval '(($(stat -c %s "$SMALL/log") == 65536))'
	alive "$PID"
	"${CALLER[@]}" mount -o remount,size=8m "$TMP/small"
	eventually ended_by_itself
	sed '$d' "$SMALL/log" | cmp - <(seq 100000)
}

@test "on a full disk the removal of the file gives room, also in the middle of a line" {
	file_setup
	small_disk
	launch -p "$PIDFILE" --log="$TMP/small/log" --log-time=utc \
	    sh -c 'seq 6000; echo end; exec sleep 1000'
	remember_both
	eventually eval '(($(stat -c %s "$SMALL/log") == 65536))'
	"${CALLER[@]}" rm "$TMP/small/log"
	eventually eval '(($(stat -c %s "$SMALL/log") == 65536))'
	"${CALLER[@]}" rm "$TMP/small/log"
	eventually eval 'test -e "$SMALL/log"'
}

@test "a stop works while the disk is full; what is lost is said" {
	requires root
	file_setup
	local status=0
	"$DAEMONIZE" -F -p "$PIDFILE" --log=/dev/full \
	    sh -c 'echo one; exec sleep 1000' 3>&- 2>err &
	local pid=$!
	remember $pid
	eventually grep -q 'No space left on device' err
	eventually test -s "$PIDFILE"
	launch --stop -p "$PIDFILE" >/dev/null
	wait $pid || status=$?
	equal status $status 143
	equal "how often it is said" "$(grep -c 'No space left' err)" 1
	grep -q ': [0-9]* bytes are lost' err
}

# --- nothing lost, doubled, torn, out of order -------------------------------

@test "over restarts each line is there once, each message in its place" {
	file_setup
	counted 300000 3000 1 --log="$LOG"
	ended
	equal lines "$("$LINES_HELPER" check -m "$LOG")" 300000
}

@test "and over rotations and restarts" {
	file_setup
	counted 300000 5000 2 --log="$LOG" --log-rotate=50k/1000
	ended
	# shellcheck disable=SC2046  # names of ours
	equal lines "$("$LINES_HELPER" check -m $(rotated))" 300000
	eval '(($(rotated | wc -l) > 100))'
}

@test "and with times before them" {
	file_setup
	counted 300000 20000 3 --log="$LOG" --log-rotate=200k/1000 \
	    --log-time=utc
	ended
	# shellcheck disable=SC2046  # names of ours
	equal lines "$("$LINES_HELPER" check -m -s $(rotated))" 300000
}

@test "and with a file that is moved away all the time" {
	file_setup
	counted 300000 10000 4 --log="$LOG"
	local i=0 files=()
	while [[ -e $PIDFILE ]]; do
		if mv -T "$LOG" "moved.$i" 2>/dev/null; then
			files+=("moved.$i")
			((++i))
		fi
	done
	ended
	[[ ! -e $LOG ]] || files+=("$LOG")
	equal lines "$("$LINES_HELPER" check -m "${files[@]}")" 300000
	((i > 10))
}

@test "and where a logger of one run blocks over several runs" {
	file_setup
	mkfifo fifo
	exec 5<>fifo
	LOG=$TMP/fifo
	counted 100000 50 5 --log="$LOG"
	"$LINES_HELPER" check -m fifo >count 3>&- 5>&- &
	local pid=$!
	remember $pid
	ended
	exec 5>&-
	wait $pid
	equal lines "$(cat count)" 100000
}

@test "a message is in its place where the log takes nothing for several runs" {
	file_setup
	mkfifo fifo
	exec 5<>fifo
	# The FIFO and the buffer are full; what follows stays in the pipe.
	launch -p "$PIDFILE" --restart=on-failure --restart-delay=1ms/1ms \
	    --restart-limit=5/1h --log="$TMP/fifo" sh -c '
	    if [ ! -e "$1" ]; then
		: >"$1"
		head -c 100000 /dev/zero | tr "\0" "\n"
	    fi
	    printf run; exit 1' sh "$TMP/first"
	remember "$(recorded supervisor)"
	eventually eval '[[ $(recorded runs) == 6 ]]'
	eventually eval '[[ -z $(<"$PIDFILE") ]]'
	timeout 20 cat fifo >all 3>&- 5>&- &
	local pid=$!
	remember $pid
	ended || :
	exec 5>&-
	wait $pid
	equal "order" "$(grep . all | sed 's/ after .*;/;/; s/ in .*//' | uniq)" \
	    "$(for i in 1 2 3 4 5; do
	    echo run
	    echo 'daemonize: sh: exited with status 1; again'
	done
	echo run
	echo 'daemonize: sh: exited with status 1; not restarted again: the limit is 5 restarts')"
}

@test "a stop in the middle loses nothing that was written, and tears no line" {
	file_setup
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		launch -p "$PIDFILE" --log="$LOG" sh -c '
		    i=0; while :; do i=$((i + 1)); echo $i; echo $i >"$1"
		    done' sh "$TMP/last"
		eventually eval 'test "$(wc -l <"$LOG")" -gt 100'
		launch --stop -p "$PIDFILE" >/dev/null
		sed '$d' "$LOG" >got
		cmp got <(seq "$(wc -l <got)")
		[[ $(tail -n 1 got) -ge $(cat last) ]]
		tail -n 1 "$LOG" | grep -q '^daemonize: .*; stopped$'
		rm "$LOG"
	done
}

@test "what a command leaves behind holds up neither a restart nor the end" {
	file_setup
	launch -p "$PIDFILE" --log="$LOG" --restart=on-failure \
	    --restart-limit=2/1h --restart-delay=1ms/1ms \
	    sh -c 'sleep 1000 & echo $! >>"$1"; echo run; exit 1' sh "$TMP/left"
	eventually eval '[[ ! -e $PIDFILE ]]'
	local pid
	while read -r pid; do
		remember "$pid"
		alive "$pid"
	done <left
	equal runs "$(grep -cx run "$LOG")" 3
}

@test "a command that makes its output non-blocking does so for its own run only" {
	requires python3
	file_setup
	logged --restart=on-failure --restart-delay=1ms sh -c '
	    grep flags: /proc/$$/fdinfo/2 >>"$1"
	    [ "$(wc -l <"$1")" = 1 ] || exit 0
	    python3 -c "import os; os.set_blocking(1, False)"; exit 1' sh \
	    "$TMP/flags"
	ended
	equal runs "$(wc -l <flags)" 2
	equal flags "$(tail -n 1 flags)" "$(head -n 1 flags)"
}
