# SPDX-License-Identifier: BSD-2-Clause
# --log='|COMMAND', --log=syslog, and a log that logrotate(8) rotates.

load ../lib/helpers
load ../lib/logged

# svlogd and its like may be there.
PATH=$PATH:/usr/sbin:/sbin

# The logger's process, once there is one: LOGGER
find_logger() {
	local command=$1 pid

	LOGGER=
	for pid in $(pgrep -P "$SUPERVISOR"); do
		[[ $(cat "/proc/$pid/comm" 2>/dev/null) == "$command" ]] &&
		    LOGGER=$pid
	done
	[[ -n $LOGGER ]]
}

lines_in() {
	[[ -e $1 ]] && (($(wc -l <"$1") >= $2))
}

# --- loggers that are installed ----------------------------------------------

@test "svlogd has every line once, with its own time" {
	requires svlogd
	file_setup
	mkdir dir
	echo n10000 >dir/config
	counted 100000 10000 1 --log="|exec svlogd -tt $TMP/dir"
	ended
	# Its time is 2026-11-26_12:00:00.12345; a long line is cut: 1000 bytes.
	cat dir/@* dir/current 2>/dev/null |
	    sed 's/^[^ ]* //; s/[ !].*//' | grep -v '^daemonize:' >got
	cmp got <(seq 100000)
}

@test "multilog has every line once" {
	requires multilog
	file_setup
	counted 100000 10000 2 --log="|exec multilog n1000 s100000 $TMP/dir"
	ended
	# It parts a long line.
	cat dir/@* dir/current >got
	equal lines "$("$LINES_HELPER" check -m got)" 100000
}

@test "s6-log has every line once" {
	requires s6-log
	file_setup
	counted 100000 10000 3 --log="|exec s6-log -l 0 n1000 s1000000 $TMP/dir"
	ended
	# shellcheck disable=SC2046  # names without blanks
	equal lines "$("$LINES_HELPER" check -m \
	    $(find dir -name '@*' | sort) dir/current)" 100000
}

# A mount namespace with a /dev and a /run of its own.
own_dev() {
	requires root mounts nsenter python3
	mkdir "$TMP/dev" "$TMP/run"
	unshare -m sh -c '
	    mount -t tmpfs none "$1/dev" && mount -t tmpfs none "$1/run" || exit
	    for name in null full zero urandom tty; do
		: >"$1/dev/$name"
		mount --bind "/dev/$name" "$1/dev/$name" || exit
	    done
	    ln -s /proc/self/fd "$1/dev/fd"
	    ln -s /proc/self/fd/1 "$1/dev/stdout"
	    ln -s /proc/self/fd/2 "$1/dev/stderr"
	    mkdir -p "$1/run/systemd/journal"
	    mount --rbind "$1/run" /run && mount --rbind "$1/dev" /dev || exit
	    echo ready >"$1/.mounted"
	    exec sleep 1000' sh "$TMP" 3>&- &
	remember $!
	eventually test -s "$TMP/.mounted" || skip "needs to mount a file system"
	eventually grep -qx sleep "/proc/$!/comm"
	CALLER=(nsenter -m -r -t $!)
}

# Starts what reads it: syslogd log|journal [GO]
syslogd() {
	local kind=$1

	shift
	rm -f "$TMP/messages.ready"
	"${CALLER[@]}" python3 "$SOURCE_DIR/tests/bin/syslogd.py" "$kind" \
	    "$TMP/messages" "$@" 3>&- &
	SYSLOGD=$!
	remember $SYSLOGD
	eventually test -e "$TMP/messages.ready"
}

# The messages without their time: FACILITY-AND-LEVEL sender: text
messages() {
	sed -E 's/^(<[0-9]+>)[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} /\1/' \
	    "$TMP/messages"
}

@test "logger(1) has every line once" {
	requires logger
	file_setup
	own_dev
	syslogd log
	launch -p "$PIDFILE" --log='|exec logger -t tag' seq 1000
	eventually ended_by_itself
	eventually lines_in messages 1001
	messages | sed 's/^<13>tag: //' | head -n 1000 | cmp - <(seq 1000)
}

@test "systemd-cat has every line once" {
	requires systemd-cat
	file_setup
	own_dev
	syslogd journal
	launch -p "$PIDFILE" --log='|exec systemd-cat -t tag' seq 1000
	eventually ended_by_itself
	eventually grep -q '; not restarted' messages
	grep -x '[0-9]\{2,\}' messages | cmp - <(seq 10 1000)
}

# --- a logger's life ---------------------------------------------------------

@test "a logger gets end-of-file, and is waited for" {
	file_setup
	mkfifo go
	launch -p "$PIDFILE" \
	    --log="|cat >>$LOG; read -r x <$TMP/go; echo done >>$LOG" \
	    sh -c 'echo line; exec sleep 1000'
	remember_both
	launch --stop -p "$PIDFILE" >stopped &
	local pid=$!
	eventually grep -q '; stopped$' log
	alive "$SUPERVISOR"
	alive $pid
	timeout 20 sh -c 'echo >go'
	wait $pid
	equal "last line" "$(tail -n 1 log)" "done"
	gone "$SUPERVISOR"
}

@test "a logger is what the nine steps make of it, of the caller's user" {
	requires root
	file_setup
	from umask=077 ignored=1 blocked=15
	launch -p "$PIDFILE" -u nobody --log="|exec $PROBE $REPORT stay" \
	    sleep 1000
	remember_both
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal user "$(fact uids)" "0 0 0"
	equal umask "$(fact umask)" 022
	equal directory "$(fact cwd)" /
	equal descriptors "$(fact fds)" "0 1 2"
	equal "ignored signals" "$(fact ignored)" ""
	equal "blocked signals" "$(fact blocked)" ""
	equal session "$(fact sid)" "$(fact pid)"
}

@test "a caller that waits for the end of its output gets it at once, too" {
	file_setup
	timeout 20 sh -c 'out=$("$@" 2>&1)' sh "$DAEMONIZE" -p "$PIDFILE" \
	    --log="|exec cat >>$LOG" sh -c 'echo x; exec sleep 1000' 3>&-
	remember_both
	eventually has_lines log x
}

@test "a logger that makes its input non-blocking does so for itself only" {
	requires python3
	file_setup
	launch -p "$PIDFILE" --log="|cd $TMP; grep flags: /proc/self/fdinfo/0 >>flags
	    python3 -c 'import os; os.set_blocking(0, False)'
	    [ \$(wc -l <flags) = 1 ] || exec cat >>$LOG" sleep 1000
	remember_both
	eventually lines_in flags 2
	launch --stop -p "$PIDFILE"
	equal flags "$(tail -n 1 flags)" "$(head -n 1 flags)"
}

@test "a logger serves all runs, and --tree does not end it" {
	file_setup
	launch -p "$PIDFILE" --tree --restart=on-failure \
	    --restart-delay=1ms/1ms --restart-limit=3/1h \
	    --log="|trap 'echo TERM >>$LOG' TERM; echo \$\$ >>$TMP/loggers
		cat >>$LOG; echo end >>$LOG" \
	    sh -c 'sleep 1000 & echo run; exit 1'
	eventually ended_by_itself
	equal loggers "$(wc -l <loggers)" 1
	equal runs "$(grep -cx run log)" 4
	equal "last line" "$(tail -n 1 log)" end
	! grep -x TERM log
}

@test "what a logger that died has not read is read by the next one, also at the end" {
	file_setup
	mkfifo go
	launch -p "$PIDFILE" \
	    --log="|[ -e $TMP/first ] || { : >$TMP/first; read -r x <$TMP/go; exit 1; }
		exec cat >>$LOG" seq 50
	timeout "$DEADLINE" sh -c 'echo >go'
	eventually ended_by_itself
	sed '$d' log | cmp - <(seq 50)
}

@test "over a logger that is killed again and again each line is there once" {
	requires pgrep
	file_setup
	ln -s "$LINES_HELPER" taker
	counted 1000000 50000 4 --log="|exec $TMP/taker take $LOG"
	SUPERVISOR=$(recorded supervisor)
	local i=0
	while [[ -e $PIDFILE ]]; do
		find_logger taker || continue
		kill -KILL "$LOGGER" 2>/dev/null || continue
		eventually gone "$LOGGER"
		((++i))
	done
	((i >= 1))
	ended
	equal lines "$("$LINES_HELPER" check -m log)" 1000000
}

@test "a logger that does not read holds up no stop, and is terminated with its session" {
	requires bash
	file_setup
	# The second one has a process group of its own.
	launch -p "$PIDFILE" --log="|sleep 1000; bash -c 'set -m; sleep 1000 & wait'" \
	    seq 10
	remember_both
	local status=0
	launch --stop -p "$PIDFILE" >/dev/null || status=$?
	equal status $status 0
	gone "$SUPERVISOR"
	equal leftovers "$(leftovers)" ""
}

@test "what a logger that is killed leaves behind is terminated before the next start" {
	file_setup
	launch -p "$PIDFILE" \
	    --log="|echo \$\$ >>$TMP/loggers; cat >>$LOG; :" sleep 1000
	remember_both
	eventually lines_in loggers 1
	LOGGER=$(cat loggers)
	eventually pgrep -P "$LOGGER"
	local cat
	cat=$(pgrep -P "$LOGGER")
	kill -KILL "$LOGGER"
	eventually lines_in loggers 2
	gone "$cat"
}

# A logger that ends later than 100 ms after its start is not the launch's.
is_refused() {
	local status=0

	rm -f loggers
	"$DAEMONIZE" -p "$PIDFILE" \
	    --log="|echo >>$TMP/loggers; exec /nonexistent/logger" \
	    sleep 1000 3>&- 2>err || status=$?
	((status != 0)) || "$DAEMONIZE" --stop -p "$PIDFILE" 3>&- >/dev/null
	((status == 125))
}

@test "a logger that cannot be executed fails the launch" {
	file_setup
	eventually is_refused
	grep -qx 'daemonize: log: |.*: the logger exited with status 127' err
	# It is not started again for the reason.
	lines_in loggers 1
	[[ ! -e $PIDFILE ]]
	equal leftovers "$(leftovers)" ""
}

@test "a logger that ends again and again is reported once; what is lost is said" {
	file_setup
	mkfifo go
	"$DAEMONIZE" -F -p "$PIDFILE" \
	    --log="|[ -e $TMP/go ] && read -r x <$TMP/go; rm -f $TMP/go; exit 7" \
	    sh -c 'echo hello; exec sleep 1000' 3>&- 2>err &
	local pid=$!
	remember $pid
	eventually test -s "$PIDFILE"
	timeout "$DEADLINE" sh -c 'echo >go'
	eventually grep -q ': the logger exited with status 7; again in 1 s$' err
	launch --stop -p "$PIDFILE" >/dev/null
	eventually gone $pid
	grep -q ': [0-9]* bytes are lost$' err
}

@test "status says that the logger has ended, until one lasts" {
	file_setup
	mkfifo go
	launch -p "$PIDFILE" \
	    --log="|[ -e $TMP/go ] && read -r x <$TMP/go; rm -f $TMP/go
		[ -e $TMP/well ] || exit 7; exec cat >>$LOG" sleep 1000
	remember_both
	timeout "$DEADLINE" sh -c 'echo >go'
	eventually status_has "  log: the logger exited with status 7; again in 1 s"
	: >well
	eventually eval '! status_has "  log:"'
	alive "$PID"
}

@test "a logger gets lines with their times, and a line without an end" {
	file_setup
	launch -p "$PIDFILE" --log="|exec cat >>$LOG" --log-time=utc \
	    sh -c 'echo one; printf prompt; exec sleep 1000'
	remember_both
	eventually grep -q '^[0-9T:.-]*Z prompt$' log
	grep -q '^[0-9T:.-]*Z one$' log
}

@test "status names a logger, and syslog" {
	file_setup
	launch -p "$PIDFILE" --log="|exec cat >$LOG" sleep 1000
	remember_both
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == *", output to |exec cat >$LOG: sleep 1000" ]]
	launch --stop -p "$PIDFILE" >/dev/null
	own_dev
	syslogd log
	launch -p "$PIDFILE" --log=syslog:local0 sleep 1000
	remember_both
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == *", output to syslog:local0: sleep 1000" ]]
}

# --- syslog ------------------------------------------------------------------

@test "without syslog, --log=syslog is refused" {
	file_setup
	own_dev
	fails 125 "daemonize: log: syslog: No such file or directory" \
	    --log=syslog true
}

@test "syslog gets a message a line, with facility, level, name and pid" {
	file_setup
	own_dev
	syslogd log
	launch -p "$PIDFILE" --log=syslog sh -c 'echo a; echo; echo "b c"
	    exec sleep 1000'
	remember_both
	eventually lines_in messages 3
	equal messages "$(messages)" "<30>sh[$PID]: a
<30>sh[$PID]: 
<30>sh[$PID]: b c"
	launch --stop -p "$PIDFILE" >/dev/null
	rm messages
	kill "$SYSLOGD"
	syslogd log
	launch -p "$PIDFILE" --log=syslog:local3.warning /bin/sh -c 'echo a
	    exec sleep 1000'
	remember_both
	eventually lines_in messages 1
	equal "another level, and a path" "$(messages)" "<156>sh[$PID]: a"
}

@test "a long line is more than one message to syslog" {
	file_setup
	own_dev
	syslogd log
	launch -p "$PIDFILE" --log=syslog \
	    sh -c 'head -c 100000 /dev/zero | tr "\0" x; echo; echo next
	    exec sleep 1000'
	remember_both
	eventually grep -q ' next$' messages
	equal "length of all" \
	    "$(sed 's/.*: //; /next/d' messages | tr -d '\n' | wc -c)" 100000
	eval '(($(wc -L <messages) <= 1024))'
}

@test "a long line to syslog is cut between two characters" {
	requires python3
	file_setup
	own_dev
	syslogd log
	launch -p "$PIDFILE" --log=syslog python3 -c '
import os, time
os.write(1, "a{}\n".format("\u00e9\u20ac\U0001f600" * 20000).encode())
time.sleep(1000)'
	remember_both
	eventually grep -q "" messages
	eventually eval '(($(sed "s/.*: //" messages | tr -d "\n" | wc -c) == 180001))'
	iconv -f utf-8 -t utf-8 messages >/dev/null
}

@test "a syslog that does not read blocks no stop; what it reads later is in order" {
	file_setup
	own_dev
	syslogd log "$TMP/go"
	launch -p "$PIDFILE" --log=syslog seq 10000
	remember_both
	eventually gone "$PID"
	: >go
	eventually ended_by_itself
	eventually lines_in messages 10001
	messages | sed 's/.*: //' | head -n 10000 | cmp - <(seq 10000)
}

@test "a syslog that never reads holds up the end for a time only" {
	file_setup
	own_dev
	syslogd log "$TMP/go"
	launch -p "$PIDFILE" --log=syslog \
	    sh -c 'trap "exit 0" TERM; seq 1000; while :; do sleep 1; done'
	remember_both
	local status=0
	launch --stop -p "$PIDFILE" >/dev/null || status=$?
	equal status $status 0
	gone "$SUPERVISOR"
}

@test "a syslog that is started anew gets the lines that follow" {
	file_setup
	own_dev
	syslogd log
	mkfifo in
	launch -p "$PIDFILE" --log=syslog \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh "$TMP/in"
	remember_both
	timeout 20 sh -c 'echo one >in'
	eventually grep -q ' one$' messages
	kill "$SYSLOGD"
	eventually gone "$SYSLOGD"
	timeout 20 sh -c 'echo two >in'
	syslogd log
	timeout 20 sh -c 'echo three >in'
	eventually grep -q ' three$' messages
	equal lines "$(messages | sed 's/.*: //')" "one
two
three"
}

# --- logrotate ---------------------------------------------------------------

# logrotate rotates $LOG now, by those directives.
logrotate_now() {
	printf '%s {\n\tsu root root\n' "$LOG" >conf
	((EUID == 0)) || printf '%s {\n' "$LOG" >conf
	printf '\t%s\n' rotate\ 1000 missingok "$@" >>conf
	echo '}' >>conf
	chmod 644 conf
	logrotate -s "$TMP/logrotate.state" -f conf 3>&-
}

@test "logrotate's create needs no signal and no postrotate" {
	requires logrotate
	file_setup
	counted 300000 5000 6 --log="$LOG"
	local i=0
	while [[ -e $PIDFILE ]]; do
		logrotate_now "create 640" nocompress
		((++i))
	done
	ended
	((i >= 2))
	# shellcheck disable=SC2012,SC2046  # names of ours
	equal lines "$("$LINES_HELPER" check -m $(ls -v "$LOG".* | tac) "$LOG")" \
	    300000
}

@test "logrotate's nocreate is as good" {
	requires logrotate
	file_setup
	mkfifo in
	launch -p "$PIDFILE" --log="$LOG" \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh "$TMP/in"
	remember_both
	timeout 20 sh -c 'echo one >in'
	eventually has_lines log one
	logrotate_now nocreate
	[[ ! -e log ]]
	timeout 20 sh -c 'echo two >in'
	eventually has_lines log two
	has_lines log.1 one
}

@test "logrotate's copytruncate leaves no hole in the file" {
	requires logrotate
	file_setup
	mkfifo in
	launch -p "$PIDFILE" --log="$LOG" --log-rotate=1G \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh "$TMP/in"
	remember_both
	local i
	for i in 1 2 3; do
		timeout 20 sh -c "echo $i >in"
		eventually has_lines log $i
		logrotate_now copytruncate
		equal "size after it" "$(stat -c %s log)" 0
	done
	timeout 20 sh -c 'echo 4 >in'
	eventually has_lines log 4
	has_lines log.1 3
	has_lines log.3 1
}
