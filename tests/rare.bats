#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2030,SC2031  # each test is a subshell of its own
# shellcheck disable=SC2034,SC2238  # CALLER is launch's; command is a file
# What is seldom said, or seldom met, and holds all the same.

load helpers

# --- options ---------------------------------------------------------------

@test "--if-not-running needs something that can run" {
	run launch --if-not-running true
	status_is 125
	equal "the first line" "${lines[0]}" \
	    "daemonize: --if-not-running: needs --pidfile, --name or --lockfile"
}

@test "--explain shows that the environment starts empty" {
	run launch --explain --clear-env -E A=1 true
	status_is 0
	equal env "$(grep '^  env' <<<"$output")" \
	    $'  env          cleared\n  env          A=1'
}

@test "--verbose tells what is done besides the nine steps" {
	launch -v --no-new-privs "$PROBE" "$REPORT" >told
	eventually test -e "$REPORT"
	equal "the line" "$(grep '^daemonize: no-' told)" \
	    "daemonize: no-new-privs: prctl"
}

@test "--replace with a pid file in a directory that is not there" {
	fails 125 "daemonize: pidfile: $TMP/none/pid: No such file or directory" \
	    --replace -p "$TMP/none/pid" "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
}

@test "in the foreground, a directory that may not be entered is no obstacle" {
	requires user
	mkdir closed
	(
		cd closed
		chmod 000 .
		launch -F -o "$TMP/said" echo hello
	)
	chmod 700 closed
	equal said "$(cat said)" hello
}

@test "a list without a directory to look in is refused" {
	requires user
	CALLER=(env -u XDG_STATE_HOME -u HOME)
	fails 125 "daemonize: name: neither XDG_STATE_HOME nor HOME is \
set; use --pidfile" \
	    --list
}

@test "a name in a directory with too long a name is refused" {
	requires user
	local long

	long=/$(printf 'd%.0s' {1..5000})
	CALLER=(env "XDG_STATE_HOME=$long")
	fails 125 "daemonize: name: $long/daemonize/$HOSTNAME/some.pid: File name too long" \
	    -n some true
}

# --- the audit -------------------------------------------------------------

# Audits PID, whatever comes of it: the row of a step.  audited STEP OPTION...
audited() {
	launch --check "${@:2}" "$PID" >rows || :
	sed -nE "s/^$1 +//p" rows
}

@test "a lock file that is not there is nothing that is expected" {
	probe
	equal fds "$(audited fds -l "$TMP/none")" "ok  none above 2"
}

@test "a directory with too long a name is not the process's" {
	probe
	equal chdir "$(audited chdir -c "/$(printf 'd%.0s' {1..5000})")" "BAD /"
}

@test "a process of many groups is seen as it is" {
	requires root setpriv
	# /proc/PID/status has them before the signals.
	CALLER=(setpriv --groups "$(seq -s, 2000000000 2000000999)")
	probe --signals=ignore
	equal signals "$(audited signals --signals=default)" \
	    "BAD ignored: HUP TSTP TTIN TTOU; blocked: none"
}

# --- who runs --------------------------------------------------------------

@test "a command that was replaced by a newer file runs all the same" {
	cp "$(command -v sleep)" serve
	ln -s serve other
	# By the other name, so that only the file is the same.
	./other 1000 3>&- &
	remember $!
	eventually grep -qx other "/proc/$!/comm"
	echo $! >"$PIDFILE"
	rm serve
	cp "$(command -v sleep)" serve
	fails 1 "daemonize: already running: pid $! holds $PIDFILE" \
	    -p "$PIDFILE" ./serve 1000
}

# It holds back every signal that can be, but the three that it waits for.
waits_for_signals() {
	grep -qsx 'SigBlk:[[:space:]]*fffffffffffbbef9' "/proc/$1/status"
}

@test "a signal ends the wait for another launch" {
	requires flock
	local sig caller

	# It holds the lock as a launch does.
	(umask 077 && : >"$PIDFILE.record")
	flock "$PIDFILE.record" "$PROBE" "$TMP/keeper" stay 3>&- &
	remember $!
	eventually test -e keeper
	remember "$(fact pid keeper)"
	# shellcheck disable=SC2016  # the shell that becomes daemonize
	CALLER=(sh -c 'echo $$ >caller.tmp; mv caller.tmp caller; exec "$@"' sh)
	for sig in INT QUIT TERM; do
		rm -f caller
		launch -p "$PIDFILE" "$PROBE" "$REPORT" >told 2>&1 &
		eventually test -e caller
		caller=$(cat caller)
		remember "$caller"
		eventually waits_for_signals "$caller"
		kill -"$sig" "$caller"
		eventually gone "$caller"
		equal "told after $sig" "$(cat told)" \
		    "daemonize: pidfile: $PIDFILE: Interrupted system call"
	done
	[[ ! -e $REPORT ]]
}

# --- a command that cannot be executed -------------------------------------

# Makes ./command of those bytes; its exec fails with EACCES.
# cannot_execute BYTES
cannot_execute() {
	requires strace
	# shellcheck disable=SC2059  # bytes as printf has them
	printf "$1" >command
	chmod 755 command
	CALLER=(strace -D -f -qq -o trace -e inject=execve:error=EACCES)
	fails 126 "daemonize: exec: $TMP/command: Permission denied" \
	    ./command
	grep -q INJECTED trace
}

# A 64-bit ELF file whose headers say that: elf OFFSET ENTRY-SIZE ENTRIES
elf() {
	local i header='\x7fELF\2\1\1'

	for ((i = 7; i < 32; i++)); do header+='\0'; done
	header+="\\$1"'\0\0\0\0\0\0\0'
	for ((i = 40; i < 54; i++)); do header+='\0'; done
	header+="\\$2\\0\\$3"'\0'
	for ((i = 58; i < 64; i++)); do header+='\0'; done
	echo "$header"
}

@test "it is too short to be anything" {
	cannot_execute x
}

@test "it has no first word after #!" {
	cannot_execute '#! \n'
}

@test "it is a program of another width" {
	cannot_execute "$(elf 100 40 1)"
}

@test "it is a program whose headers lie further on" {
	cannot_execute "$(elf 100 70 1)"
}

@test "it is a program that needs no loader" {
	cannot_execute "$(elf 100 70 0)"
}

# --- where a vfork is a fork ------------------------------------------------

# The launch is whole below what runs other programs by interpreting them.
is_whole_below() {
	CALLER=("$@")
	probe -p "$PIDFILE"
	equal pid "$(cat "$PIDFILE")" "$PID"
	[[ $(seen sid "$PID") != "$PID" ]]
	equal tty "$(seen tty "$PID")" 0
	fails 126 "daemonize: exec: /etc/passwd: Permission denied" /etc/passwd
	# Valgrind reports each system call that it does not know.
	run launch -p "$PIDFILE" true
	status_is 1
	equal message "$(grep -v "^--[0-9]*-- " <<<"$output")" \
	    "daemonize: already running: pid $PID holds $PIDFILE"
}

@test "a launch below valgrind is whole, and a failure told" {
	requires plain uncounted valgrind
	is_whole_below valgrind -q
}

@test "a launch below qemu-user is whole, and a failure told" {
	requires plain "qemu-$(uname -m)"
	is_whole_below "qemu-$(uname -m)"
}
