#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --check: what is seen of a live process, a row a step; each fact made true
# once and false once.

load ../lib/helpers
load ../lib/ssh

# Servers lie there, and a user's PATH may lack it.
PATH=$PATH:/usr/sbin:/sbin

STEPS=(signals sigchld background session refork umask fds chdir stdio)

# The audit of PID is in $TMP/rows, and its status in CHECKED:
# audit [OPTION]... PID
audit() {
	CHECKED=0
	launch --check "$@" >"$TMP/rows" 2>"$TMP/errors" || CHECKED=$?
	equal stderr "$(cat "$TMP/errors")" ""
	cat "$TMP/rows"
}

# What a row of the last audit says: verdict STEP, shown STEP
verdict() {
	sed -nE "s/^$1 +([^ ]+) .*/\1/p" "$TMP/rows"
}

shown() {
	sed -nE "s/^$1 +[^ ]+ +//p" "$TMP/rows"
}

# The parent of a process, as the kernel shows it.
parent() {
	sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status"
}

# PID's audit has these verdicts, `ok` in all other rows, and the status that
# follows: finds [STEP=VERDICT]... [-- OPTION...]
finds() {
	local -A expected=()
	local step status=0 wanted

	while (($# > 0)) && [[ $1 != -- ]]; do
		expected[${1%%=*}]=${1#*=}
		shift
	done
	audit "${@:2}" "$PID"
	equal rows "$(sed 's/ .*//' "$TMP/rows")" \
	    "$(printf '%s\n' "${STEPS[@]}")"
	for step in "${STEPS[@]}"; do
		wanted=${expected[$step]:-ok}
		# Where a subreaper adopts orphans, /proc does not show that
		# it is no ordinary parent.
		if [[ $step == background && -z ${expected[$step]:-} &&
		    $(parent "$PID") != 1 ]]; then
			wanted='?'
		fi
		[[ $wanted != BAD ]] || status=1
		equal "$step with $*" "$(verdict "$step")" "$wanted"
	done
	equal status "$CHECKED" "$status"
}

# A descriptor of a terminal that controls no session: TTY
new_tty() {
	"$HELPERS_DIR/onpty" -n "$TMP/tty" 3>&- &
	remember $!
	eventually test -e "$TMP/tty"
	TTY=$(cat "$TMP/tty")
}

# The probe is started by something else than daemonize, which starts from a
# good state and has /dev/null as 0, 1 and 2: PID is set.
# started [STATE]... -- COMMAND [ARG]...
started() {
	"$HELPERS_DIR/badcaller" "$@" </dev/null >/dev/null 2>&1 3>&- &
	remember $!
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

# Run as another user: the kernel shows it little of root's processes.
as_another_user() {
	requires root setpriv
	from -- setpriv --reuid=65534 --regid=65534 --clear-groups
}

# --- the daemon of the contract ----------------------------------------------

@test "a daemon of ours is ok in all nine rows, in the order of the steps" {
	from ignored blocked umask=0 leaked=5
	probe
	finds
	equal lines "$(wc -l <rows)" 9
}

@test "with -p the descriptor of the lock is expected" {
	probe -p "$PIDFILE"
	launch --check -p "$PIDFILE" >rows
	equal fds "$(verdict fds)" ok
}

@test "with -p as a relative path and through a symbolic link as well" {
	mkdir dir
	ln -s dir link
	probe -p dir/pid
	launch --check -p link/pid >rows
	equal fds "$(verdict fds)" ok
	equal signals "$(verdict signals)" ok
}

@test "with -n the process of that name is audited" {
	local name=daemonize-check-$$-$BATS_TEST_NUMBER

	export XDG_STATE_HOME=$TMP
	if ((EUID == 0)); then
		at_end rm -f "/run/daemonize/$name.pid" "/run/daemonize/$name.pid.record"
		[[ -e /run/daemonize ]] || at_end rmdir /run/daemonize
	fi
	probe -n "$name" --umask=0
	run launch --check --umask=022 -n "$name"
	status_is 1
	grep -q '^fds  *ok ' <<<"$output"
	grep -q '^umask  *BAD 0000' <<<"$output"
}

@test "a daemon of another user than root is ok as well" {
	requires root
	chmod 777 .
	probe -u nobody
	finds
}

@test "a daemon in a new root is ok" {
	requires root busybox
	! ldd "$(type -P busybox)" >/dev/null 2>&1 ||
	    skip "needs a static busybox"
	mkdir -p root/bin
	cp "$(type -P busybox)" root/bin/sleep
	launch -R root -p "$PIDFILE" /bin/sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	finds
}

# --- 1 signals ---------------------------------------------------------------

@test "a signal that is ignored is BAD, in its row alone, with its name" {
	from ignored=2
	probe --signals=keep
	finds signals=BAD
	equal signals "$(shown signals)" "ignored: INT; blocked: none"
}

@test "a signal that is blocked is BAD, in its row alone, with its name" {
	from blocked=10 blocked=34
	probe --signals=keep
	finds signals=BAD
	equal signals "$(shown signals)" "ignored: none; blocked: USR1 34"
}

@test "all 64 signals at once are listed" {
	from ignored blocked
	probe --signals=keep
	finds signals=BAD
	[[ $(shown signals) == "ignored: HUP INT "*" SYS 32 "*" 64; blocked: \
HUP INT "*" 64" ]]
}

@test "signals=ignore expects the terminal's four ignored, none blocked" {
	probe --signals=ignore
	finds signals='?'
	finds -- --signals=ignore
	rm "$REPORT"
	probe
	finds signals=BAD -- --signals=ignore
}

@test "signals=ignore expects each of the four" {
	local four="1 20 21 22" sig

	for sig in $four; do
		rm -f "$REPORT"
		# shellcheck disable=SC2046,SC2086  # words
		from $(printf 'ignored=%d ' ${four/$sig})
		probe --signals=keep
		finds signals=BAD -- --signals=ignore
	done
}

@test "signals=ignore expects no other signal ignored" {
	from ignored=1 ignored=20 ignored=21 ignored=22 ignored=13
	probe --signals=keep
	finds signals=BAD -- --signals=ignore
}

@test "signals=keep expects nothing" {
	from ignored blocked
	probe --signals=keep
	finds -- --signals=keep
}

# Audits PID, whatever comes of it: the row of a step.  audited STEP OPTION...
audited() {
	launch --check "${@:2}" "$PID" >rows || :
	sed -nE "s/^$1 +//p" rows
}

@test "the signals of a process with many groups are seen" {
	requires root setpriv
	# /proc/PID/status has them before the signals.
	CALLER=(setpriv --groups "$(seq -s, 2000000000 2000000999)")
	probe --signals=ignore
	equal signals "$(audited signals --signals=default)" \
	    "BAD ignored: HUP TSTP TTIN TTOU; blocked: none"
}

# --- 2 sigchld ---------------------------------------------------------------

@test "an ignored SIGCHLD is BAD, in its row alone" {
	from ignored=17
	probe --sigchld=keep
	finds sigchld=BAD
	[[ $(shown sigchld) == ignored* ]]
}

@test "a SIGCHLD that is not ignored is BAD with sigchld=ignore" {
	probe
	finds sigchld=BAD -- --sigchld=ignore
	equal sigchld "$(shown sigchld)" "not ignored"
}

@test "sigchld=ignore expects it ignored, sigchld=keep nothing" {
	probe --sigchld=ignore
	finds -- --sigchld=ignore
	finds -- --sigchld=keep
	finds sigchld=BAD -- --sigchld=default
}

# --- 3 background ------------------------------------------------------------

@test "a parent that is init is ok" {
	probe
	[[ $(parent "$PID") == 1 ]] || skip "needs an init that adopts orphans"
	finds
	equal background "$(shown background)" "its parent is 1, init"
}

@test "a parent in the same session is BAD, in its row alone" {
	local shell

	launch -p "$PIDFILE" sh -c '"$0" "$1" stay; :' "$PROBE" "$REPORT"
	shell=$(cat "$PIDFILE")
	remember "$shell"
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	finds background=BAD
	[[ $(shown background) == *"$shell"*session* ]]
	finds background=ok -- --background=no
}

@test "a parent that may be a subreaper is ?" {
	requires python3
	# PR_SET_CHILD_SUBREAPER is 36.
	started session -- python3 -c 'import ctypes, signal, subprocess, sys
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run(sys.argv[1:])
signal.pause()' "$DAEMONIZE" "$PROBE" "$REPORT" stay
	finds background='?'
	[[ $(shown background) == *"$(parent "$PID")"* ]]
}

@test "a parent that is the supervisor of the instance is ok" {
	launch --supervise -p "$PIDFILE" sleep 1000
	PID=$(cat "$PIDFILE")
	remember "$PID"
	at_end eventually gone "$(recorded supervisor)"
	run launch --check -p "$PIDFILE"
	status_is 0
	[[ $output == *"background  ok  its parent is \
$(recorded supervisor), its supervisor"* ]]
	equal "rows that are ok" "$(grep -c '^[a-z]* *ok ' <<<"$output")" 9
	# Without the record, any program may be its parent.
	audit "$PID"
	equal verdict "$(verdict background)" '?'
	equal shown "$(shown background)" \
	    "its parent is $(parent "$PID"), perhaps a subreaper"
}

@test "--check between two runs has no process, and says that one comes" {
	launch --restart=always --restart-delay=1h -p "$PIDFILE" true
	remember "$(recorded supervisor)"
	eventually is_waiting
	fails 3 "daemonize: check: $PIDFILE: no such process: it waits for its \
next run" --check -p "$PIDFILE"
}

is_waiting() {
	[[ $(recorded state) == waiting ]]
}

# --- 4 session, 5 refork -----------------------------------------------------

@test "a session that another process leads is BAD, in its row alone" {
	started session -- sh -c '"$0" --session=keep "$1" "$2" stay
	    exec sleep 1000' "$DAEMONIZE" "$PROBE" "$REPORT"
	finds session=BAD
	[[ $(shown session) == *"$(fact sid)"*leader* ]]
	finds -- --session=keep
}

@test "a session whose leader has ended is ok" {
	from session
	probe --session=keep
	finds
}

@test "a session whose leader is a zombie is ok" {
	local leader

	requires python3
	# The launcher leads the session, and is not reaped.
	started -- python3 -c 'import signal, subprocess, sys
leader = subprocess.Popen(sys.argv[1:], start_new_session=True)
signal.pause()' "$DAEMONIZE" --session=keep "$PROBE" "$REPORT" stay
	leader=$(fact sid)
	eventually grep -q '^State:.*Z' "/proc/$leader/status"
	finds
}

@test "a controlling terminal is BAD, in its row alone" {
	started -- "$HELPERS_DIR/onpty" sh -c \
	    '"$0" --session=keep "$1" "$2" stay; exec sleep 1000' \
	    "$DAEMONIZE" "$PROBE" "$REPORT"
	finds session=BAD
	[[ $(shown session) == *terminal* && $(shown session) != *without* ]]
	finds -- --session=keep
}

@test "a controlling terminal is BAD in the session that it leads, too" {
	started -- "$HELPERS_DIR/onpty" "$PROBE" "$REPORT" stay
	finds background='?' session=BAD refork=BAD chdir=BAD stdio=BAD
}

@test "a session leader is BAD, in its row alone" {
	probe --refork=no
	finds refork=BAD
	[[ $(shown refork) == leads* ]]
	finds -- --refork=no
}

@test "a process that leads no session is ok with refork=no, too" {
	probe
	finds -- --refork=no
}

# --- 6 umask -----------------------------------------------------------------

@test "umask 0000 is BAD, in its row alone: writable by everyone" {
	from umask=0
	probe --umask=keep
	finds umask=BAD
	equal umask "$(shown umask)" \
	    "0000: its files are writable by everyone"
}

@test "a umask that lets the group write is BAD" {
	probe --umask=002
	finds umask=BAD
	equal umask "$(shown umask)" \
	    "0002: its files are writable by its group"
}

@test "a umask that lets everyone but the group write is BAD" {
	probe --umask=020
	finds umask=BAD
	equal umask "$(shown umask)" \
	    "0020: its files are writable by everyone"
}

@test "a umask that lets others write nothing is ok" {
	local mask

	for mask in 022 027 077 777; do
		rm -f "$REPORT"
		probe --umask="$mask"
		finds
		equal umask "$(shown umask)" "0$mask"
	done
}

@test "a umask that is given is expected exactly" {
	probe --umask=027
	finds -- --umask=027
	finds -- --umask=27
	finds umask=BAD -- --umask=022
	finds umask=BAD -- --umask=077
	finds -- --umask=keep
}

@test "a umask that is given is expected even if it is 0" {
	probe --umask=0
	finds -- --umask=0
	finds umask=BAD -- --umask=022
	finds -- --umask=keep
}

# --- 7 fds -------------------------------------------------------------------

@test "a descriptor above 2 is ?, in its row alone: it may be the program's" {
	from open=7
	probe --fds=keep
	finds fds='?'
	[[ $(shown fds) == "1 "* ]]
}

@test "a thousand descriptors are counted" {
	from nofile=2000 leaked=1000
	probe --fds=keep
	finds fds='?'
	[[ $(shown fds) == "1000 "* ]]
}

@test "a terminal above 2 is BAD, in its row alone" {
	new_tty
	probe --fds=7 7<>"$TTY"
	finds fds=BAD
	equal fds "$(shown fds)" "7 is a terminal"
}

@test "the descriptors that are given are expected" {
	from open=7 open=9
	probe --fds=keep
	finds -- --fds=7,9
	finds -- --fds=9,8,7
	finds fds='?' -- --fds=7
	finds fds='?' -- --fds=9
	finds fds='?' -- --fds=8
	finds -- --fds=keep
	finds fds='?' -- --fds=close
}

@test "a terminal is expected where its descriptor is given" {
	new_tty
	probe --fds=7 7<>"$TTY"
	finds -- --fds=7
	finds -- --fds=keep
	finds fds=BAD -- --fds=8
}

@test "a lock file that does not exist is no descriptor to expect" {
	probe
	equal fds "$(audited fds -l "$TMP/none")" "ok  none above 2"
}

# --- 8 chdir -----------------------------------------------------------------

@test "another directory than / is BAD, in its row alone" {
	probe --chdir=keep
	finds chdir=BAD
	equal chdir "$(shown chdir)" "$TMP"
	finds -- --chdir=keep
}

@test "the directory that is given is expected" {
	mkdir dir other
	ln -s dir link
	probe --chdir=dir
	finds -- --chdir="$TMP/dir"
	finds -- --chdir=dir
	finds -- --chdir=link
	finds -- --chdir=other/../dir/
	finds chdir=BAD -- --chdir=other
	finds chdir=BAD -- --chdir="$TMP"
	finds chdir=BAD -- --chdir=none
	finds chdir=BAD -- --chdir=/
}

@test "a directory that has been removed is BAD" {
	mkdir dir
	probe --chdir=dir
	rmdir dir
	finds chdir=BAD -- --chdir=dir
	equal chdir "$(shown chdir)" "$TMP/dir (deleted)"
}

@test "control characters of a directory are not printed" {
	mkdir $'a\e[31m\nstdio'
	probe --chdir=$'a\e[31m\nstdio'
	finds chdir=BAD
	equal chdir "$(shown chdir)" "$TMP/a?[31m?stdio"
}

@test "an expected directory whose path is too long is BAD" {
	probe
	equal chdir "$(audited chdir -c "/$(printf 'd%.0s' {1..5000})")" "BAD /"
}

# --- 9 stdio -----------------------------------------------------------------

@test "a closed descriptor of 0 to 2 is BAD, in its row alone" {
	local fd

	for fd in 0 1 2; do
		rm -f "$REPORT"
		probe sh -c "exec \"\$@\" $fd>&-" sh
		finds stdio=BAD
		[[ $(shown stdio) == *closed* ]]
	done
	finds stdio=BAD -- --stdin=keep --stdout=keep --stderr=keep
}

@test "a terminal as one of 0 to 2 is BAD, in its row alone" {
	local option

	new_tty
	for option in stdin stdout stderr; do
		rm -f "$REPORT"
		probe "--$option=$TTY"
		finds stdio=BAD
		[[ $(shown stdio) == *"$TTY"*terminal* ]]
		finds -- "--$option=keep"
	done
}

@test "files and pipes as 0 to 2 are ok, and shown" {
	probe -o log -e err
	finds
	equal stdio "$(shown stdio)" "/dev/null $TMP/log $TMP/err"
	rm "$REPORT"
	mkfifo pipe
	probe -o keep 1<>pipe
	finds
	equal stdio "$(shown stdio)" "/dev/null $TMP/pipe /dev/null"
}

@test "the files that are given are expected" {
	: >in
	: >log
	: >err
	ln -s log link
	probe -i in -o log -e err
	finds -- -i in -o "$TMP/log" -e err
	finds -- -o link
	finds -- -i keep -o keep -e keep
	finds stdio=BAD -- -i log
	finds stdio=BAD -- -o err
	finds stdio=BAD -- -e none
	finds stdio=BAD -- -o /dev/null
}

@test "a terminal that is given is expected" {
	new_tty
	probe -o "$TTY"
	finds -- -o "$TTY"
}

# --- more than one -----------------------------------------------------------

@test "-F expects neither background nor session nor refork nor stdio" {
	new_tty
	started session -- sh -c '"$0" -F "$1" "$2" stay <>"$3" >&0; :' \
	    "$DAEMONIZE" "$PROBE" "$REPORT" "$TTY"
	finds background=BAD session=BAD stdio=BAD
	finds background=ok -- -F
	finds background=ok session=BAD -- -F --session=new
	finds background=BAD -- -F --background=yes
	finds background=ok stdio=BAD -- -F -o /dev/null
}

@test "a process that lacks every step is BAD in every row that shows it" {
	requires python3
	new_tty
	# A shell would not leave SIGCHLD ignored.
	started ignored blocked umask=0 session -- python3 -c 'import os, sys, time
if os.fork() != 0:
    while True:
        time.sleep(1000)
os.dup2(os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY), 7)
os.close(1)
os.execv(sys.argv[2], sys.argv[2:])' "$TTY" "$PROBE" "$REPORT" stay
	finds signals=BAD sigchld=BAD background=BAD session=BAD umask=BAD \
	    fds=BAD chdir=BAD stdio=BAD
}

@test "? alone is no failure" {
	from open=7
	probe --fds=keep
	run launch --check "$PID"
	status_is 0
}

# --- other users' processes -------------------------------------------------

@test "what /proc hides of another user's process is ?, never BAD" {
	probe
	as_another_user
	finds fds='?' chdir='?' stdio='?'
	equal stdio "$(shown stdio)" "Permission denied"
	finds fds='?' chdir='?' stdio='?' -- -o /none --chdir=/none --fds=7
}

@test "what all users may see of another user's process is judged" {
	probe --umask=0 --refork=no
	as_another_user
	finds umask=BAD refork=BAD fds='?' chdir='?' stdio='?'
}

@test "PID 1 can be audited by any user" {
	PID=1
	audit "$PID"
	equal rows "$(wc -l <rows)" 9
	[[ $CHECKED == [01] ]]
	[[ $(verdict background) == ok ]]
	ls -l /proc/1/fd/0 /proc/1/cwd >/dev/null 2>&1 ||
	    equal "what it hides" \
	    "$(verdict fds)$(verdict chdir)$(verdict stdio)" '???'
}

# A program that may not be dumped, seen by its user: its directory of
# descriptors is root's, and as root some of it may be kept back as well.
@test "a program that the kernel hides from its own user is ?, never BAD" {
	requires python3
	((EUID != 0)) || as_another_user
	chmod 777 .
	# PR_SET_DUMPABLE is 4.
	"${CALLER[@]}" "$DAEMONIZE" -o out python3 -c 'import ctypes, os, signal
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
print(os.getpid(), flush=True)
signal.pause()' 3>&-
	eventually test -s out
	PID=$(cat out)
	remember "$PID"
	audit "$PID"
	equal "what it hides" \
	    "$(verdict fds)$(verdict chdir)$(verdict stdio)" '???'
}

@test "the caller's own process can be audited" {
	CHECKED=0
	# The shell executes it, so it has the shell's number.
	from -- sh -c 'exec "$0" "$@" $$'
	launch --check --umask=022 >rows || CHECKED=$?
	equal rows "$(sed 's/ .*//' rows)" "$(printf '%s\n' "${STEPS[@]}")"
	equal umask "$(verdict umask)" ok
	[[ $CHECKED == [01] ]]
}

@test "a kernel thread can be audited" {
	requires root
	[[ $(cat /proc/2/comm) == kthreadd ]] || skip "needs kernel threads"
	PID=2
	audit "$PID"
	equal rows "$(wc -l <rows)" 9
	equal chdir "$(verdict chdir)" ok
	equal session "$(verdict session)" ok
}

@test "a zombie is reported as no process" {
	# What the shell executes does not know that it has a child.
	launch -c "$TMP" sh -c 'sleep 1000 & echo $! >child
	    exec "$0" "$1" stay' "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	PID=$(cat child)
	kill -KILL "$PID"
	eventually gone "$PID"
	# It has not been reaped.
	[[ -e /proc/$PID ]]
	fails 3 "daemonize: check: $PID: no such process" --check "$PID"
}

@test "a process that has ended is reported as no process" {
	probe
	kill -KILL "$PID"
	eventually gone "$PID"
	fails 3 "daemonize: check: $PID: no such process" --check "$PID"
}

@test "a thread is reported as no process" {
	local tid

	requires python3
	launch -o out python3 -c 'import os, signal, threading
threading.Thread(target=signal.pause, daemon=True).start()
print(os.getpid(), *os.listdir("/proc/self/task"), flush=True)
signal.pause()'
	eventually test -s out
	read -r PID tid <out
	remember "$PID"
	tid=${tid/$PID/}
	tid=${tid// /}
	[[ -e /proc/$tid/status ]]
	fails 3 "daemonize: check: $tid: no such process" --check "$tid"
}

@test "a pid file of a daemon that has ended, or a missing one, names no process" {
	probe -p "$PIDFILE"
	kill -KILL "$PID"
	eventually gone "$PID"
	fails 3 "daemonize: check: $PIDFILE: no such process" \
	    --check -p "$PIDFILE"
	fails 3 "daemonize: check: $TMP/none: no such process" \
	    --check -p "$TMP/none"
}

@test "a pid file without a pid is reported with the reason" {
	mkdir dir
	fails 125 "daemonize: check: dir: not a regular file" --check -p dir
	echo rubbish >file
	fails 125 "daemonize: check: file: contains something other than a \
pid; is it the right file?" \
	    --check -p file
	ln -s file link
	fails 125 "daemonize: check: link: is a symbolic link" --check -p link
}

# --- names that look like something else -------------------------------------

# A daemon whose name, as the kernel has it, is NAME.
launch_named() {
	cp "$PROBE" "$1"
	launch -p "$PIDFILE" --umask=027 "./$1" "$REPORT" stay
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

@test "a name with parentheses and a state in it does not confuse the audit" {
	launch_named ') Z 5 5 5 34816'
	[[ $(cat "/proc/$PID/comm") == ') Z 5 5 5 34816' ]]
	finds
	[[ $(shown session) == "session $(fact sid), without"* ]]
}

@test "a name with a line in it does not confuse the audit" {
	launch_named $'x\nUmask:\t0000'
	finds
	equal umask "$(shown umask)" 0027
}

@test "a script with parentheses or a newline in its name is audited" {
	printf '#!/bin/sh\n"%s" "%s"\nexec sleep 1000\n' "$PROBE" "$REPORT" \
	    >') 5 Z'
	chmod 755 ') 5 Z'
	launch -p "$PIDFILE" './) 5 Z'
	PID=$(cat "$PIDFILE")
	remember "$PID"
	# A shell has its script open, sleep has nothing of it.
	eventually grep -q '^sleep$' "/proc/$PID/comm"
	finds
}

# --- other programs ----------------------------------------------------------

@test "a program under nohup lacks what nohup does not do" {
	started session -- sh -c 'nohup "$0" "$1" stay >out; :' "$PROBE" \
	    "$REPORT"
	finds signals='?' background=BAD session=BAD chdir=BAD
	equal signals "$(shown signals)" "ignored: HUP; blocked: none"
	[[ $(shown stdio) == *"$TMP/out"* ]]
}

@test "a program under setsid lacks what setsid does not do" {
	started -- setsid "$PROBE" "$REPORT" stay
	finds background='?' refork=BAD chdir=BAD
}

@test "a program under setsid -f lacks fewer steps than under setsid" {
	started -- setsid -f "$PROBE" "$REPORT" stay
	finds refork=BAD chdir=BAD
}

@test "a daemon by daemon(3) only leads its session" {
	requires glibc
	started -- "$HELPERS_DIR/forms" daemon 0 0 "$PROBE" "$REPORT" stay
	finds refork=BAD
}

# The server's own daemon is PID, whose number is in a file.
serves() {
	eventually test -s "$1"
	PID=$(cat "$1")
	remember "$PID"
	audit "$PID"
	equal rows "$(wc -l <rows)" 9
	equal status "$CHECKED" 1
	equal sigchld "$(verdict sigchld)" ok
	equal session "$(verdict session)" ok
	equal stdio "$(verdict stdio)" ok
	# Each has its sockets, and /proc does not tell where they are from.
	equal fds "$(verdict fds)" '?'
	if [[ $(parent "$PID") == 1 ]]; then
		equal background "$(verdict background)" ok
	fi
}

@test "memcached -d leads its session" {
	local as=()

	requires memcached
	((EUID != 0)) || as=(-u nobody)
	chmod 777 .
	umask 022
	memcached -d "${as[@]}" -s "$TMP/socket" -P "$PIDFILE" 3>&-
	serves "$PIDFILE"
	equal refork "$(verdict refork)" BAD
	equal umask "$(verdict umask)" ok
	equal chdir "$(verdict chdir)" ok
}

@test "redis leads its session, and stays where it was started" {
	requires redis-server
	umask 0
	redis-server --daemonize yes --port 0 --unixsocket "$TMP/socket" \
	    --pidfile "$PIDFILE" --dir "$TMP" --save '' >redis.log 3>&-
	serves "$PIDFILE"
	equal refork "$(verdict refork)" BAD
	equal umask "$(verdict umask)" BAD
	equal chdir "$(shown chdir)" "$TMP"
}

@test "sshd leads its session" {
	make_sshd
	umask 022
	"$SSHD" -f "$TMP/sshd_config" -o "PidFile=$PIDFILE" 3>&-
	serves "$PIDFILE"
	equal refork "$(verdict refork)" BAD
	equal chdir "$(verdict chdir)" ok
}

# --- how it is printed -------------------------------------------------------

# Runs --check at a terminal.
on_terminal() {
	timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" "$@" 3>&-
}

@test "verdicts have a colour on a terminal, each its own" {
	local colours

	probe --umask=0
	run on_terminal "$DAEMONIZE" --check --fds=close "$PID"
	status_is 1
	colours=$(sed -nE \
	    's/.*(\x1b\[[0-9]+m)(ok|BAD|\?) *\x1b\[0m .*/\1/p' <<<"$output")
	equal rows "$(wc -l <<<"$colours")" 9
	equal colours "$(sort -u <<<"$colours" | wc -l)" \
	    "$(sed -E 's/\x1b\[[0-9]+m//g' <<<"$output" |
	    awk '{ print $2 }' | sort -u | wc -l)"
}

@test "a terminal and a file get the same text, but for the colours" {
	probe --umask=0
	launch --check "$PID" >rows || :
	equal terminal "$(on_terminal "$DAEMONIZE" --check "$PID" |
	    sed -E 's/\x1b\[[0-9]+m//g')" "$(cat rows)"
}

@test "NO_COLOR is heeded, unless it is empty" {
	probe
	run on_terminal env NO_COLOR=1 "$DAEMONIZE" --check "$PID"
	status_is 0
	[[ $output == signals*stdio* && $output != *$'\e'* ]]
	run on_terminal env NO_COLOR= "$DAEMONIZE" --check "$PID"
	[[ $output == *$'\e'* ]]
}

@test "a file and a pipe get no colours" {
	probe
	run launch --check "$PID"
	[[ $output == signals*stdio* && $output != *$'\e'* ]]
	on_terminal sh -c '"$0" --check "$1" >rows' "$DAEMONIZE" "$PID"
	[[ $(wc -l <rows) == 9 && $(cat rows) != *$'\e'* ]]
}

@test "rows that cannot be printed are a failure" {
	local status=0

	probe
	launch --check "$PID" >/dev/full 2>errors || status=$?
	equal status "$status" 125
	equal stderr "$(cat errors)" \
	    "daemonize: stdout: No space left on device"
}

# --- mistakes ----------------------------------------------------------------

# A usage error is one line and a hint: misused MESSAGE ARG...
check_misused() {
	fails 125 "daemonize: $1
Try 'daemonize --help'" --check "${@:2}"
}

@test "--check needs a process" {
	check_misused "--check: needs PID, --pidfile or --name"
}

@test "--check takes either a PID or an instance" {
	check_misused "--check: PID excludes --pidfile and --name" -p "$PIDFILE" 1
	check_misused "--check: PID excludes --pidfile and --name" -n web 1
}

@test "--check takes one PID" {
	check_misused "2: unexpected operand" 1 2
}

@test "an operand that is not a pid is refused" {
	local pid

	for pid in "" 0 5x 1.5 0x10 99999999999 2147483648 \
	    99999999999999999999; do
		check_misused "$pid: not a pid" "$pid"
	done
	check_misused "x5: not a pid; did you mean -n x5, or -p x5?" x5
	check_misused "-5: not a pid" -- -5
}

@test "the largest pid names no process" {
	fails 3 "daemonize: check: 2147483647: no such process" \
	    --check 2147483647
}

@test "--output says what to expect, whatever the record has" {
	launch -p "$PIDFILE" --output="$TMP/log" sleep 1000
	remember "$(cat "$PIDFILE")"
	launch --check -p "$PIDFILE" --output="$TMP/log"
	run launch --check -p "$PIDFILE" --output="$TMP/other"
	status_is 1
	[[ $output == *"stdio       BAD "* ]]
}

@test "--check with another verb is refused" {
	fails 125 "daemonize: --status: excludes --check
Try 'daemonize --help'" --check --status -p "$PIDFILE"
}

@test "a wrong value of a step is refused by --check, too" {
	check_misused "--umask=9: not an octal mode or keep" --umask=9 1
}

@test "an audit changes nothing and sends no signal" {
	requires strace uncounted
	probe -p "$PIDFILE"
	strace -f -qq -o trace "$DAEMONIZE" --check -p "$PIDFILE" >rows 3>&-
	grep -q exit_group trace
	equal calls "$(grep -E 'kill|pidfd_send|unlink|LOCK_EX|clone|fork' trace)" ""
	equal files "$(grep -E 'O_WRONLY|O_RDWR|O_CREAT|SETLK' trace)" ""
	alive "$PID"
}

# --- what only the command can have done -----------------------------------

# The row of the signals: signals_row [OPTION]...
signals_row() {
	run launch --check "$@"
	grep '^signals' <<<"$output" | cut -c13-15
}

@test "what a command has changed since its launch is ?, not BAD" {
	launch -p "$PIDFILE" sh -c 'trap "" HUP INT PIPE; umask 0
	    cd /tmp; exec sleep 1000'
	remember "$(cat "$PIDFILE")"
	eventually grep -qx sleep "/proc/$(cat "$PIDFILE")/comm"
	run launch --check -p "$PIDFILE"
	status_is 0
	equal verdicts "$(cut -c13-15 <<<"$output" | tr -d ' ' | paste -sd ' ')" \
	    "? ok ok ok ok ? ok ? ok"
	# But where the user says what to expect, it is.
	run launch --check --umask=022 -p "$PIDFILE"
	status_is 1
	equal verdict "$(signals_row --signals=default -p "$PIDFILE")" BAD
}

@test "the options of its launch are expected of a daemon" {
	launch --umask=077 --signals=ignore -c /tmp -o log -p "$PIDFILE" \
	    sleep 1000
	remember "$(cat "$PIDFILE")"
	run launch --check -p "$PIDFILE"
	status_is 0
	equal verdicts "$(cut -c13-15 <<<"$output" | tr -d ' ' | paste -sd ' ')" \
	    "ok ok ok ok ok ok ok ok ok"
	run launch --check "$(cat "$PIDFILE")"
	equal umask "$(grep '^umask' <<<"$output")" "umask       ok  0077"
}

@test "without a record, what servers ignore themselves is ?, INT is BAD" {
	local signals verdict expected

	for signals in "PIPE HUP" INT; do
		launch -c "$TMP" sh -c "trap '' $signals; echo \$\$ >number
		    exec sleep 1000"
		eventually test -s number
		remember "$(cat number)"
		eventually grep -qx sleep "/proc/$(cat number)/comm"
		expected=BAD
		[[ $signals == INT ]] || expected='?  '
		verdict=$(signals_row "$(cat number)")
		equal "with $signals" "$verdict" "$expected"
		rm number
	done
}
