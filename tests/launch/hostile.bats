#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# A hostile place: no /proc, or one of another pid namespace; a filter that
# denies a system call; pid 1.

load ../lib/helpers

# What is run from here on is denied that system call: denied CALL ERRNO
denied() {
	"$HELPERS_DIR/deny" "$1" "$2" true 3>&- 2>/dev/null ||
	    skip "needs seccomp"
	CALLER=("$HELPERS_DIR/deny" "$1" "$2")
}

# What is run from here on has namespaces of its own: apart OPTION...
apart() {
	requires root unshare
	unshare "$@" true 2>/dev/null || skip "needs unshare $*"
	CALLER=(unshare "$@")
}

# It also has an empty directory for /proc.
without_proc() {
	# A sanitizer's run-time reads it, and warns.
	requires plain
	apart --mount
	unshare --mount mount -t tmpfs none /proc 2>/dev/null ||
	    skip "needs a tmpfs over /proc"
	CALLER+=(sh -c 'mount -t tmpfs none /proc && exec "$@"' sh)
}

# A script whose processes are in sessions and groups of their own, and never
# ready.
FAMILY='sleep 1000 & setsid sleep 1000 & bash -c "set -m; sleep 1000 & wait" &
setsid sh -c "sleep 1000 & setsid sleep 1000 & exec sleep 1000" &
: >family
wait'

# It is ended with all of them: ends_family [OPTION]...
ends_family() {
	requires setsid
	# The deadline: it may wait for what it does not see.
	CALLER=(timeout -s KILL "$DEADLINE" "${CALLER[@]}")
	fails 124 "daemonize: ready: $(type -P sh): not ready after 500ms: fd:5" \
	    --ready=fd:5 --ready-timeout=500ms -c "$TMP" sh -c "$FAMILY"
	[[ -e $TMP/family ]]
	nothing_runs
}

# --- /proc -------------------------------------------------------------------

# A command that is not ready is ended, but its child is not found.
ends_alone() {
	local command

	command=$(type -P sh)
	fails 124 "daemonize: ready: $command: not ready after 500ms: fd:5
daemonize: ready: $command: without /proc, the processes that it has started \
are not found and ended" --ready=fd:5 --ready-timeout=500ms -c "$TMP" \
	    sh -c 'echo $$ >pid; sleep 1000 & echo $! >child; wait'
}

@test "an empty /proc: a command that is not ready ends, and its child is said to stay" {
	without_proc
	ends_alone
	gone "$(cat pid)"
	remember "$(cat child)"
}

@test "the /proc of another pid namespace: likewise" {
	apart --pid --fork --kill-child
	CALLER+=(sh -c '"$@"; exit' sh)
	ends_alone
}

@test "an empty /proc: one that does not end by TERM gets KILL" {
	without_proc
	"${CALLER[@]}" "$DAEMONIZE" --ready=fd:5 --ready-timeout=500ms \
	    "$HELPERS_DIR/stubborn" "$TMP/log" >said 2>&1 3>&- &
	remember $!
	eventually grep -sqx 15 log
	# Now the next signal of the schedule, at once.
	kill -TERM $!
	local status=0
	wait $! || status=$?
	equal status "$status" 124
	[[ $(cat said) == *"not ready after 500ms: fd:5"* ]]
	nothing_runs
}

# --- a filter ------------------------------------------------------------------

@test "close_range denied: no descriptor leaks" {
	local error

	for error in EPERM ENOSYS; do
		denied close_range "$error"
		from leaked=1000 open=1500 nofile=1024 -- "${CALLER[@]}"
		launch --fds=5,1500 -F "$PROBE" "$REPORT"
		equal "descriptors, $error" "$(fact fds)" "0 1 2 5 1500"
	done
}

@test "close_range denied, without /proc: the launch is refused by its name" {
	without_proc
	denied close_range EPERM
	CALLER+=(unshare --mount sh -c 'mount -t tmpfs none /proc && exec "$@"'
	    sh)
	fails 125 "daemonize: fds: close_range: Operation not permitted" \
	    "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
}

@test "openat2 denied: -R names it" {
	requires root
	denied openat2 EPERM
	fails 125 "daemonize: chroot: openat2: Operation not permitted" \
	    -R / -p "$PIDFILE" true
	denied openat2 ENOSYS
	fails 125 "daemonize: chroot: openat2: Function not implemented" \
	    -R / -p "$PIDFILE" true
	[[ ! -e $PIDFILE ]]
}

@test "openat2, clone3 or pidfd_open denied: a launch succeeds" {
	local call error

	for call in openat2 clone3 pidfd_open pidfd_send_signal keyctl; do
		for error in EPERM ENOSYS; do
			denied "$call" "$error"
			probe -p "$PIDFILE"
			kill -KILL "$PID"
			eventually gone "$PID"
			rm "$REPORT"
		done
	done
}

@test "openat2, clone3 or pidfd_open denied: --ready works" {
	local call error

	for call in openat2 clone3 pidfd_open pidfd_send_signal; do
		for error in EPERM ENOSYS; do
			denied "$call" "$error"
			probe --ready="file:$REPORT"
			kill -KILL "$PID"
			rm "$REPORT"
		done
	done
}

@test "pidfds denied: what the command started ends with it" {
	denied pidfd_open EPERM
	ends_family
	denied pidfd_send_signal ENOSYS
	ends_family
}

@test "pidfd_send_signal denied: a stop names it" {
	launch -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	denied pidfd_send_signal EPERM
	fails 125 "daemonize: stop: pidfd_send_signal: Operation not permitted" \
	    --stop -p "$PIDFILE"
	denied pidfd_send_signal ENOSYS
	fails 125 "daemonize: stop: pidfd_send_signal: Function not implemented" \
	    --stop --tree -p "$PIDFILE"
}

@test "pidfd_send_signal denied: a stop leaves the record of a supervised daemon" {
	launch --restart=always -p "$PIDFILE" sleep 1000
	remember "$(recorded supervisor)"
	remember "$(cat "$PIDFILE")"
	cp "$PIDFILE.record" before
	denied pidfd_send_signal EPERM
	fails 125 "daemonize: stop: pidfd_send_signal: Operation not permitted" \
	    --stop -p "$PIDFILE"
	fails 125 "daemonize: again: pidfd_send_signal: Operation not permitted" \
	    --again -p "$PIDFILE"
	cmp before "$PIDFILE.record"
}

@test "a denied call of a step is named" {
	denied setsid EPERM
	fails 125 "daemonize: session: setsid: Operation not permitted" true
	denied setitimer EPERM
	fails 125 "daemonize: signals: setitimer: Operation not permitted" \
	    -F true
	denied prctl:subreaper EPERM
	fails 125 "daemonize: background: prctl(PR_SET_CHILD_SUBREAPER): \
Operation not permitted" true
}

# --- pid 1 ---------------------------------------------------------------------

@test "as pid 1 a launch that forks is refused" {
	apart --pid --fork --kill-child
	fails 125 "daemonize: background: pid 1: the first process of a pid \
namespace cannot go into the background; use -F" -p "$PIDFILE" sleep 1000
	fails 125 "daemonize: refork: pid 1: the first process of a pid \
namespace cannot go into the background; use -F" -F --refork=yes -p "$PIDFILE" \
	    sleep 1000
	[[ ! -e $PIDFILE ]]
	nothing_runs
}

@test "as pid 1 a launch in the foreground succeeds" {
	apart --pid --fork --kill-child
	launch -F "$PROBE" "$REPORT"
	equal pid "$(fact pid)" 1
}

@test "pidfd_open or pidfd_send_signal denied: the verbs name it" {
	launch -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	denied pidfd_open EPERM
	fails 125 "daemonize: stop: $PIDFILE: pidfd_open: Operation not \
permitted" --stop -p "$PIDFILE"
	fails 125 "daemonize: signal: $PIDFILE: pidfd_open: Operation not \
permitted" --signal=HUP -p "$PIDFILE"
	denied pidfd_send_signal EPERM
	fails 125 "daemonize: signal: pidfd_send_signal: Operation not \
permitted" --signal=HUP -p "$PIDFILE"
	alive "$(cat "$PIDFILE")"
}

# --- below an emulator, where a vfork is a fork ------------------------------

# The launch is complete below a program that interprets programs.
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

@test "a launch below valgrind is complete, and a failure is reported" {
	requires plain uncounted valgrind
	is_whole_below valgrind -q
}

@test "a launch below qemu-user is complete, and a failure is reported" {
	requires plain "qemu-$(uname -m)"
	is_whole_below "qemu-$(uname -m)"
}

# --- rights that the caller does not have -----------------------------------

@test "installed set-user-ID or set-group-ID, it refuses to run" {
	local mode

	requires root setpriv
	CALLER=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	chmod 777 .
	mkdir ours
	cp "$DAEMONIZE" ours/daemonize
	DAEMONIZE=$TMP/ours/daemonize
	chmod 755 ours/daemonize
	launch true
	for mode in 4755 2755; do
		chmod $mode ours/daemonize
		"${CALLER[@]}" test -u ours/daemonize -o -g ours/daemonize
		fails 125 "daemonize: exec: has more rights than the caller, \
as if installed set-user-ID: use sudo(8)" -F id -u
		run launch --version
		status_is 125
	done
	eventually nothing_runs
}

# --- another namespace -----------------------------------------------------

@test "the state of a daemon of another pid namespace is unknown" {
	requires root pids
	untouched start_daemon
	CALLER=(unshare --pid --fork --mount-proc)
	fails 4 "daemonize: status: $PIDFILE: launched in another pid \
namespace; use this verb there, or, if that container has ended, launch it \
again or remove the file" --status -p "$PIDFILE"
	fails 125 "daemonize: stop: $PIDFILE: launched in another pid \
namespace; use this verb there, or, if that container has ended, launch it \
again or remove the file" --stop -p "$PIDFILE"
	# The old /proc is none.
	CALLER=(unshare --pid --fork)
	fails 4 "daemonize: status: $PIDFILE: /proc is not mounted, or \
belongs to another pid namespace" --status -p "$PIDFILE"
	fails 125 "daemonize: stop: $PIDFILE: /proc is not mounted, or \
belongs to another pid namespace" --stop -p "$PIDFILE"
	alive "$PID"
}

@test "the state of a daemon of another time namespace is unknown" {
	requires root unshare
	CALLER=(unshare --time --boottime 1000 --fork)
	"${CALLER[@]}" true || skip "needs time namespaces"
	CALLER=()
	untouched start_daemon
	CALLER=(unshare --time --boottime 1000 --fork)
	fails 4 "daemonize: status: $PIDFILE: launched in another time \
namespace; use this verb there, or, if that container has ended, launch it \
again or remove the file" --status -p "$PIDFILE"
	fails 125 "daemonize: stop: $PIDFILE: launched in another time \
namespace; use this verb there, or, if that container has ended, launch it \
again or remove the file" --stop -p "$PIDFILE"
	alive "$PID"
}

# --- a server that does not answer --------------------------------------------

@test "while the server of an output file takes no request, TERM ends the launch" {
	local status=0

	requires root python3 timeout
	mkdir silent
	# Once a server has taken a request, only its answer ends the wait.
	timeout 60 "$SOURCE_DIR/tests/bin/silentfs.py" "$TMP/silent" bash -c '
		"$0" -p "$1" -o silent/log sleep 1000 >out 2>&1 &
		until [[ -e silent.asked ]]; do :; done
		kill -TERM $!
		wait $!' "$DAEMONIZE" "$PIDFILE" 3>&- || status=$?
	((status != 99)) || skip "needs a FUSE to mount"
	equal status "$status" 143
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

# --- a small stack --------------------------------------------------------------

# What is run from here on has a stack of that many KiB; the environment lies on
# it, too.
small_stack() {
	CALLER=(env -i bash -c "ulimit -s $1; exec \"\$@\"" bash)
	"${CALLER[@]}" ls / >/dev/null || skip "needs more for ls"
}

@test "with a stack that is enough for ls, verbs and messages work" {
	local size

	requires plain
	start_daemon
	for size in 28 32; do
		small_stack "$size"
		fails 125 "daemonize: chdir: /none: No such file or directory" \
		    --chdir=/none true
		fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
		    -p "$PIDFILE" true
		run launch --status -p "$PIDFILE"
		status_is 0
		run launch --check -p "$PIDFILE"
		equal rows "${#lines[@]}" 9
	done
}

@test "with a stack that is enough for ls, a launch works, supervised or not" {
	local options size

	requires plain
	for size in 28 32; do
		small_stack "$size"
		for options in -v --supervise --log="$TMP/log"; do
			start "$options" sleep 1000
			fails 0 "" --stop --tree -p "$PIDFILE"
			gone "$PID"
		done
	done
}
