#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 9: descriptors 0, 1 and 2 are open, and are what was asked for.

load ../lib/helpers

# Every subset of 0, 1 and 2, as states of the caller.
CLOSED=("" "closed=0" "closed=1" "closed=2" "closed=0 closed=1"
    "closed=0 closed=2" "closed=1 closed=2" "closed=0 closed=1 closed=2")

# Launches a shell script that ends by itself, and waits for that:
# script [OPTION]... SCRIPT
run_script() {
	launch -p "$PIDFILE" "${@:1:$#-1}" sh -c "${*: -1}"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually gone "$PID"
}

# As a user that the modes of files bind, as root is not.
from_user() {
	((EUID == 0)) || return 0
	from -- setpriv --reuid=65534 --regid=65534 --clear-groups
	chmod 777 .
	"${CALLER[@]}" test -x "$DAEMONIZE" ||
	    skip "needs a daemonize that others can execute"
}

@test "0, 1 and 2 are /dev/null, to be read and written" {
	probe </etc/passwd >out 2>err
	equal stdin "$(fact fd0)" "rw /dev/null"
	equal stdout "$(fact fd1)" "rw /dev/null"
	equal stderr "$(fact fd2)" "rw /dev/null"
}

@test "0, 1 and 2 are /dev/null, by /proc too" {
	local fd

	probe
	for fd in 0 1 2; do
		equal "descriptor $fd" "$(readlink "/proc/$PID/fd/$fd")" \
		    /dev/null
	done
}

@test "whichever of 0, 1 and 2 the caller has closed, they are open" {
	local closed

	for closed in "${CLOSED[@]}"; do
		# shellcheck disable=SC2086  # a list of states
		from $closed
		rm -f "$REPORT"
		probe
		equal "descriptors, $closed" "$(fact fds)" "0 1 2"
		equal "stdin, $closed" "$(fact fd0)" "rw /dev/null"
		equal "stdout, $closed" "$(fact fd1)" "rw /dev/null"
		equal "stderr, $closed" "$(fact fd2)" "rw /dev/null"
	done
}

@test "whichever of them the caller has closed, each gets its file" {
	local closed

	echo input >in
	for closed in "${CLOSED[@]}"; do
		# shellcheck disable=SC2086
		from $closed
		run_script -i in -o out -e err 'cat; echo error >&2'
		equal "stdout, $closed" "$(cat out)" input
		equal "stderr, $closed" "$(cat err)" error
		equal "pid file, $closed" "$(cat "$PIDFILE")" "$PID"
	done
}

@test "whichever of them the caller has closed, no message lands in a file" {
	local closed

	echo input >in
	printf '#!/no/such/interpreter\n' >bad
	chmod +x bad
	for closed in "${CLOSED[@]}"; do
		# shellcheck disable=SC2086
		from $closed
		run launch -v -i in -o out -e err -p "$PIDFILE" -l lock ./bad
		status_is 126
		[[ $closed == *2* || $output == *"bad interpreter: "* ]]
		equal "files, $closed" "$(echo *)" "bad in lock"
		equal "stdin's file, $closed" "$(cat in)" input
		equal "lock file, $closed" "$(cat lock)" ""
	done
}

@test "whichever of them the caller has closed, the foreground has them open" {
	local closed

	for closed in "${CLOSED[@]}"; do
		# shellcheck disable=SC2086
		from $closed
		launch -F "$PROBE" "$REPORT"
		equal "descriptors, $closed" "$(fact fds)" "0 1 2"
	done
}

@test "a message reaches a caller with stdin and stdout closed" {
	from closed=0 closed=1
	fails 127 "daemonize: exec: $TMP/none: No such file or directory" \
	    -o out "$TMP/none"
}

@test "stdin, stdout and stderr are the files that are named" {
	echo input >in
	probe -i "$TMP/in" -o "$TMP/out" -e "$TMP/err"
	equal stdin "$(fact fd0)" "r $TMP/in"
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "the long options name the same" {
	echo input >in
	probe --stdin=in --stdout=out --stderr=err
	equal stdin "$(fact fd0)" "r $TMP/in"
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "one file that is named leaves the other two /dev/null" {
	probe -e err
	equal stdin "$(fact fd0)" "rw /dev/null"
	equal stdout "$(fact fd1)" "rw /dev/null"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "stdin is not made where it is missing" {
	fails 125 "daemonize: stdio: in: No such file or directory" \
	    -i in "$PROBE" "$REPORT"
	[[ ! -e in ]]
}

@test "an output file is truncated" {
	echo "old line" | tee out >err
	run_script -o out -e err 'echo new; echo new error >&2'
	equal stdout "$(cat out)" new
	equal stderr "$(cat err)" "new error"
}

@test "an output file is truncated though nothing is written" {
	echo "old line" >out
	probe -o out
	equal stdout "$(cat out)" ""
}

@test "with append an output file keeps its lines" {
	echo old | tee out >err
	run_script -a -o out -e err 'echo new; echo new error >&2'
	equal stdout "$(cat out)" $'old\nnew'
	equal stderr "$(cat err)" $'old\nnew error'
}

@test "with append, too, every write goes to the end of the file" {
	probe --append -o out -e err
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "a log that is emptied while the daemon runs has no hole" {
	mkfifo go
	exec 9<>go
	launch -p "$PIDFILE" -i go -o out \
	    sh -c 'echo one; read -r x; echo two; read -r x'
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually grep -qs one out
	: >out
	echo >&9
	eventually grep -qs two out
	equal log "$(cat out)" two
}

@test "an output file is not waited for: none is non-blocking" {
	mkfifo fifo
	exec 9<>fifo
	probe -i fifo -o out -e /dev/full
	equal stdin "$(fact fd0)" "rw $TMP/fifo"
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w,append /dev/full"
}

# Which of the two has moved when only stdout was written.
positions() {
	run_script "$@" 'echo line
	    (sed -n "s/^pos:[[:space:]]*//p" /proc/$$/fdinfo/[12]) >pos'
	paste -s -d ' ' pos
}

@test "one file for stdout and stderr is opened once" {
	equal positions "$(positions -c "$TMP" -o both -e both)" "5 5"
}

@test "two files for stdout and stderr are opened each" {
	equal positions "$(positions -c "$TMP" -o one -e other)" "5 0"
}

@test "one file by two names is opened once" {
	: >both
	ln both other
	equal positions "$(positions -c "$TMP" -o both -e other)" "5 5"
}

@test "one file by a path and a symbolic link is opened once" {
	ln -s "$TMP/both" link
	equal positions "$(positions -c "$TMP" -o both -e link)" "5 5"
}

@test "one file for stdout and stderr is truncated once, in order" {
	echo "old line" >both
	run_script -o both -e ./both 'echo 1; echo 2 >&2; echo 3; echo 4 >&2'
	equal log "$(cat both)" $'1\n2\n3\n4'
}

@test "one file for stdout and stderr is appended to, in order" {
	echo old >both
	run_script -a -o both -e ./both 'echo 1; echo 2 >&2; echo 3'
	equal log "$(cat both)" $'old\n1\n2\n3'
}

@test "both streams go to one file that --output names, and it is appended to" {
	echo old >log
	run_script --output=log 'echo one; echo two >&2; echo three'
	equal log "$(cat log)" $'old\none\ntwo\nthree'
	launch --explain=unit --output=log true >unit
	grep -qxF "StandardOutput=append:$TMP/log" unit
	grep -qxF "StandardError=append:$TMP/log" unit
}

# The option is refused, with that hint: refuses OPTION VALUE HINT
refuses() {
	fails 125 "daemonize: $1=$2: did you mean $3? a file of that name is \
./$2
Try 'daemonize --help'" "$1=$2" true
	[[ ! -e $2 ]]
}

@test "a name of a stream is not taken for a file" {
	local both="--output=FILE, for both"

	refuses --stdout - keep
	refuses --stdout stdout keep
	refuses --stdout '&1' keep
	refuses --stdout stderr "$both"
	refuses --stdout '&2' "$both"
	refuses --stderr stderr keep
	refuses --stderr '&1' "$both"
	refuses --stderr stdout "$both"
	refuses --stdin - keep
	refuses --stdin stdin keep
	refuses --output - keep
	refuses --output stdout keep
	refuses --output stderr keep
	run_script -o ./stdout 'echo one'
	equal stdout "$(cat stdout)" one
}

@test "keep keeps what the caller has" {
	echo input >in
	probe -i keep -o keep -e keep <in >out 2>>err
	equal stdin "$(fact fd0)" "r $TMP/in"
	equal stdout "$(fact fd1)" "w $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "keep of one leaves the other two /dev/null" {
	probe -e keep </etc/passwd >out 2>err
	equal stdin "$(fact fd0)" "rw /dev/null"
	equal stdout "$(fact fd1)" "rw /dev/null"
	equal stderr "$(fact fd2)" "w $TMP/err"
}

@test "keep does not truncate what the caller has" {
	echo old >out
	run_script -o keep 'echo new' >>out
	equal stdout "$(cat out)" $'old\nnew'
}

@test "keep of one that the caller has closed opens /dev/null" {
	from closed=0 closed=1 closed=2
	probe -i keep -o keep -e keep
	equal descriptors "$(fact fds)" "0 1 2"
	equal stdin "$(fact fd0)" "rw /dev/null"
	equal stdout "$(fact fd1)" "rw /dev/null"
	equal stderr "$(fact fd2)" "rw /dev/null"
}

@test "the foreground keeps what the caller has" {
	echo input >in
	launch -F "$PROBE" "$REPORT" <in >out 2>>err
	equal stdin "$(fact fd0)" "r $TMP/in"
	equal stdout "$(fact fd1)" "w $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "the foreground redirects what is named" {
	launch -F -o out "$PROBE" "$REPORT" </etc/passwd 2>err
	equal stdin "$(fact fd0)" "r /etc/passwd"
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w $TMP/err"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "with stderr redirected, the foreground's failure is still reported" {
	fails 125 "daemonize: chdir: /nonexistent: No such file or directory" \
	    -F -o out -e err -c /nonexistent "$PROBE" "$REPORT"
}

@test "with stderr redirected, the foreground's failed exec is still reported" {
	printf '#!/nonexistent\n' >bad
	chmod +x bad
	fails 126 "daemonize: exec: $TMP/bad: bad interpreter: /nonexistent:\
 No such file or directory" -F -o out -e err ./bad
}

@test "a FIFO without a reader is refused, not waited for" {
	mkfifo fifo
	from -- timeout -s KILL "$DEADLINE"
	fails 125 "daemonize: stdio: fifo:\
 no process has this FIFO open for reading, or it is a socket" -o fifo "$PROBE" "$REPORT"
	ln -s fifo link
	fails 125 "daemonize: stdio: link:\
 no process has this FIFO open for reading, or it is a socket" -o link "$PROBE" "$REPORT"
}

@test "a FIFO with a reader is written" {
	mkfifo fifo
	exec 9<>fifo
	run_script -o fifo 'echo hello'
	read -r -t "$DEADLINE" line <&9
	equal line "$line" hello
}

@test "a FIFO without a writer is no reason for the caller to wait" {
	mkfifo fifo
	from -- timeout -s KILL "$DEADLINE"
	probe -i fifo
	equal stdin "$(fact fd0)" "rw $TMP/fifo"
}

@test "a FIFO is read" {
	mkfifo fifo
	exec 9<>fifo
	echo hello >&9
	run_script -i fifo -o out 'read -r line; echo "$line"'
	equal line "$(cat out)" hello
}

@test "a directory is refused" {
	local option

	mkdir logs
	for option in -i -o -e; do
		fails 125 "daemonize: stdio: logs: Is a directory" \
		    "$option" logs "$PROBE" "$REPORT"
	done
}

@test "a file in a directory that is not there is refused" {
	local option

	for option in -i -o -e; do
		fails 125 \
		    "daemonize: stdio: none/log: No such file or directory" \
		    "$option" none/log "$PROBE" "$REPORT"
	done
}

@test "a file that the user may not open is refused" {
	local option

	echo old >log
	chmod 000 log
	from_user
	for option in -i -o -e; do
		fails 125 "daemonize: stdio: log: Permission denied" \
		    "$option" log "$PROBE" "$REPORT"
	done
}

@test "a directory that the user may not write to is refused" {
	mkdir logs
	chmod 555 logs
	from_user
	fails 125 "daemonize: stdio: logs/log: Permission denied" \
	    -o logs/log "$PROBE" "$REPORT"
}

@test "the pid file is no log" {
	fails 125 "daemonize: stdio: ./pid: is the pid file; use another file" \
	    -p "$PIDFILE" -o ./pid "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE ]]
}

@test "the lines of a log survive a second launch that is refused" {
	launch -p "$PIDFILE" -o out "$PROBE" "$REPORT" stay
	remember "$(cat "$PIDFILE")"
	echo "the running one's" >>out
	echo "another" >err
	fails 1 "daemonize: already running: pid $(cat "$PIDFILE") holds\
 $PIDFILE" -p "$PIDFILE" -o out -e err "$PROBE" "$REPORT"
	equal stdout "$(cat out)" "the running one's"
	equal stderr "$(cat err)" another
}

@test "the lines of a log survive a launch that is not needed" {
	launch -p "$PIDFILE" -o out "$PROBE" "$REPORT" stay
	remember "$(cat "$PIDFILE")"
	echo "the running one's" >>out
	launch --if-not-running -p "$PIDFILE" -o out "$PROBE" "$REPORT"
	equal stdout "$(cat out)" "the running one's"
}

@test "the lines of a log survive a command that is not there" {
	echo old >out
	fails 127 "daemonize: exec: $TMP/none: No such file or directory" \
	    -o out "$TMP/none"
	equal log "$(cat out)" old
}

@test "the lines of a log survive a wrong option" {
	echo old >out
	run launch -o out --umask=9 true
	status_is 125
	equal log "$(cat out)" old
}

@test "the lines of a log survive a file that cannot be opened" {
	echo old >out
	run launch -o out -e none/err true
	status_is 125
	equal log "$(cat out)" old
}

@test "the lines of a log survive a step that fails after the fork" {
	echo old >out
	run launch -o out -c /nonexistent true
	status_is 125
	equal log "$(cat out)" old
}

@test "a log that a failed launch has made does not stay" {
	run launch -o out -e err -c /nonexistent true
	status_is 125
	equal files "$(echo *)" "*"
}

@test "a log does not stay where the other file cannot be opened" {
	run launch -o out -e none/err true
	status_is 125
	equal files "$(echo *)" "*"
}

@test "a log does not stay where the exec fails" {
	printf '#!/nonexistent\n' >bad
	chmod +x bad
	run launch -o out -e err ./bad
	status_is 126
	equal files "$(echo *)" bad
}

@test "an empty log that was there stays after a failed launch" {
	: >out
	run launch -o out -c /nonexistent true
	status_is 125
	[[ -e out ]]
}

@test "a symbolic link to a log that is yet to be made stays" {
	ln -s log out
	run launch -o out -c /nonexistent true
	status_is 125
	equal files "$(echo *)" out
}

@test "a symbolic link to a log is followed" {
	ln -s log out
	probe -o out
	equal stdout "$(fact fd1)" "w,append $TMP/log"
}

@test "a full disk is the command's to notice" {
	run_script -o /dev/full -e err 'echo line || echo "not written" >&2'
	[[ $(cat err) == *"not written" ]]
}

@test "our own messages to a full disk do not fail the launch" {
	probe -v >/dev/full
	alive "$PID"
}
