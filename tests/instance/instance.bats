#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# One instance: the pid file, its record, the lock file, and what they refuse.

load ../lib/helpers

# As long as a test needs it.
# The launch is refused with that reason, and FILE stays as it is:
# refused FILE REASON
refused() {
	local before

	before=$(stat -c '%F %i %h %s %y' "$1")
	fails 125 "daemonize: pidfile: $1: $2" -p "$1" -o "$TMP/new" \
	    "${DAEMON[@]}"
	equal "$1" "$(stat -c '%F %i %h %s %y' "$1")" "$before"
	[[ ! -e $TMP/new ]]
}

# A pid file without a record: written PID
written() {
	echo "$1" >"$PIDFILE"
}

# A program that is found, but cannot be executed.
broken_program() {
	printf '#!/no/such/interpreter\n' >"$TMP/broken"
	chmod 755 "$TMP/broken"
}

# --- the pid file -----------------------------------------------------------

@test "the pid file is right when the caller goes on" {
	launch -p "$PIDFILE" "${DAEMON[@]}"
	read -r PID <"$PIDFILE"
	remember "$PID"
	equal "its command" "$(tr '\0' ' ' <"/proc/$PID/cmdline")" \
	    "${DAEMON[*]} "
}

@test "the pid file is a number and a newline" {
	start_daemon
	equal content "$(od -An -c "$PIDFILE")" \
	    "$(printf '%s\n' "$PID" | od -An -c)"
}

@test "the pid in the file is that of the command itself" {
	probe -p "$PIDFILE"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

@test "a longer pid that the file had before leaves no digit" {
	written 1234567890
	start_daemon
	equal content "$(cat "$PIDFILE")" "$PID"
	equal lines "$(wc -l <"$PIDFILE")" 1
	names_instance
}

@test "only the caller's user can write the pid file, and read the record" {
	local mask

	for mask in 000 077; do
		rm -f "$PIDFILE" "$PIDFILE.record"
		(umask "$mask" && launch -p "$PIDFILE" "${DAEMON[@]}")
		remember "$(cat "$PIDFILE")"
		equal "with umask $mask" "$(stat -c '%a %u' "$PIDFILE")" \
		    "644 $EUID"
		equal "record with umask $mask" \
		    "$(stat -c '%a %u %s' "$PIDFILE.record")" "600 $EUID 4096"
	done
}

@test "the pid file is not given to the daemon's user" {
	requires root
	start_daemon -u nobody
	equal "of the daemon" "$(stat -c %U "/proc/$PID")" nobody
	equal "of the file" "$(stat -c '%a %U' "$PIDFILE")" "644 root"
	names_instance
}

@test "of the pid file and the record the command inherits no descriptor" {
	probe -p "$PIDFILE"
	equal descriptors "$(fact fds)" "0 1 2"
}

@test "with every descriptor kept, or in the foreground, the command inherits none either" {
	probe --fds=keep -p "$PIDFILE"
	run grep "^fd.* $PIDFILE" "$REPORT"
	status_is 1
	end_daemon
	rm "$REPORT"
	"$DAEMONIZE" -F -p "$PIDFILE" "$PROBE" "$REPORT" stay 3>&- &
	remember $!
	eventually test -e "$REPORT"
	run grep "^fd.* $PIDFILE" "$REPORT"
	status_is 1
}

@test "a pid file without a directory is relative to the caller's" {
	mkdir "$TMP/here" "$TMP/there"
	cd "$TMP/here"
	launch -c "$TMP/there" -p relative "${DAEMON[@]}"
	names_instance "$TMP/here/relative"
}

@test "a pid file in a directory below the caller's" {
	mkdir -p "$TMP/below"
	launch -p below/pid "${DAEMON[@]}"
	names_instance "$TMP/below/pid"
}

@test "a missing directory of the pid file is reported" {
	fails 125 "daemonize: pidfile: $TMP/no/pid: No such file or directory" \
	    -p "$TMP/no/pid" -o "$TMP/new" "${DAEMON[@]}"
	[[ ! -e $TMP/no && ! -e $TMP/new ]]
}

@test "a pid file whose path is too long is reported by the launch and the verbs" {
	local long

	long=$(printf 'd%.0s' {1..4150})/pid
	fails 125 "daemonize: pidfile: $long: File name too long" -p "$long" true
	fails 4 "daemonize: status: $long: File name too long" \
	    --status -p "$long"
	fails 125 "daemonize: stop: $long: File name too long" --stop -p "$long"
}

@test "a pid file where the caller cannot write is reported" {
	requires user
	mkdir -m 555 "$TMP/ro"
	fails 125 "daemonize: pidfile: $TMP/ro/pid: Permission denied" \
	    -p "$TMP/ro/pid" "${DAEMON[@]}"
}

@test "without a record beside it a launch goes ahead, and says so" {
	local reason="no record can be created beside it (Permission denied): \
--stop and --signal will refuse this instance"

	requires user
	mkdir "$TMP/ro"
	PIDFILE=$TMP/ro/pid
	: >"$PIDFILE"
	at_end chmod 755 "$TMP/ro"
	chmod 555 "$TMP/ro"
	fails 0 "daemonize: pidfile: $PIDFILE: $reason" -p "$PIDFILE" \
	    "${DAEMON[@]}"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	alive "$PID"
	[[ ! -e $PIDFILE.record ]]
	# The same command is taken for the same instance.
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" "${DAEMON[@]}"
}

# --- the record -------------------------------------------------------------

@test "the record has the kernel's name for the daemon" {
	start_daemon
	names_instance
	equal boot "$(recorded boot)" "$(cat /proc/sys/kernel/random/boot_id)"
	equal "pid namespace" "pid:[$(recorded pid-namespace)]" \
	    "$(readlink "/proc/$PID/ns/pid")"
	equal file "$(recorded device) $(recorded inode)" \
	    "$(stat -c '%d %i' "$PIDFILE.record")"
	equal state "$(recorded state)" running
}

@test "the record has the command line and where the output goes" {
	cd "$TMP"
	DAEMON=(sh -c $'exec sleep 1000 # a\\b\nc' "two words")
	start_daemon -o log -c /tmp
	equal arguments "$(recorded arg)" "$(printf '%s\n' sh -c \
	    'exec sleep 1000 # a\\b\nc' "two words")"
	equal output "$(recorded stdout) $(recorded stderr)" "$TMP/log /dev/null"
	equal directory "$(recorded chdir)" /tmp
}

@test "a command line of any length fits into the record, cut" {
	DAEMON=(sh -c 'exec sleep 1000' "$(printf '%030000d' 0)")
	start_daemon -c "$(printf '%0.s/tmp/..' {1..500})"
	names_instance
	equal size "$(stat -c %s "$PIDFILE.record")" 4096
}

@test "a change of user and another exec change nothing" {
	requires root
	DAEMON=(sh -c 'exec sleep 1000')
	start_daemon -u nobody
	eventually grep -qx sleep "/proc/$PID/comm"
	names_instance
	equal owner "$(stat -c %U "$PIDFILE.record")" root
}

@test "the daemon's children are not the instance" {
	DAEMON=(sh -c "sleep 1000 & echo \$! >$TMP/child; wait")
	start_daemon
	eventually test -s "$TMP/child"
	remember "$(cat "$TMP/child")"
	names_instance
	end_daemon
	alive "$(cat "$TMP/child")"
	DAEMON=(sleep 1000)
	start_daemon
	names_instance
}

@test "a record that is no file of ours is refused, and kept" {
	local record=$PIDFILE.record

	echo precious >"$TMP/other"
	ln -s other "$record"
	fails 125 "daemonize: pidfile: $PIDFILE: its record is a symbolic link" \
	    -p "$PIDFILE" "${DAEMON[@]}"
	rm "$record"
	ln "$TMP/other" "$record"
	fails 125 "daemonize: pidfile: $PIDFILE: its record is not a regular \
file, or has a second name; remove it" -p "$PIDFILE" "${DAEMON[@]}"
	equal content "$(cat "$TMP/other")" precious
	rm "$record"
	mkfifo "$record"
	fails 125 "daemonize: pidfile: $PIDFILE: its record is not a regular \
file, or has a second name; remove it" -p "$PIDFILE" "${DAEMON[@]}"
	rm "$record"
	: >"$record"
	chmod 622 "$record"
	fails 125 "daemonize: pidfile: $PIDFILE: its record is writable by \
other users" -p "$PIDFILE" "${DAEMON[@]}"
	[[ ! -e $PIDFILE ]]
}

@test "a name that leaves no room for the record's is used without one" {
	PIDFILE=$TMP/$(printf '%0252d' 0)
	run launch -p "$PIDFILE" "${DAEMON[@]}"
	status_is 0
	[[ $output == *"no record can be created beside it \
(File name too long)"* ||
	    $output == *"(Filename too long)"* ]]
	PID=$(cat "$PIDFILE")
	remember "$PID"
	alive "$PID"
}

# --- running already --------------------------------------------------------

@test "a second launch is refused, and the running one named" {
	start_daemon
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" "${DAEMON[@]}"
	names_instance
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

@test "a second launch does not touch the log of the first" {
	DAEMON=(sh -c 'echo first; exec sleep 1000')
	start_daemon -o "$TMP/log"
	eventually test -s "$TMP/log"
	run launch -p "$PIDFILE" -o "$TMP/log" "${DAEMON[@]}"
	status_is 1
	equal log "$(cat "$TMP/log")" first
}

@test "a second launch creates nothing" {
	start_daemon
	run launch -p "$PIDFILE" -o "$TMP/out" -e "$TMP/err" "${DAEMON[@]}"
	status_is 1
	[[ ! -e $TMP/out && ! -e $TMP/err ]]
}

@test "another command with the pid file of the first is refused" {
	start_daemon
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" "$PROBE" "$REPORT"
}

@test "if-not-running is silent and succeeds where it runs already" {
	start_daemon
	fails 0 "" --if-not-running -p "$PIDFILE" -o "$TMP/out" "${DAEMON[@]}"
	[[ ! -e $TMP/out ]]
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
	names_instance
}

@test "if-not-running launches where it does not" {
	start_daemon --if-not-running
	names_instance
}

@test "if-not-running hides no other failure" {
	fails 127 \
	    "daemonize: exec: no-such-program: No such file or directory" \
	    --if-not-running -p "$PIDFILE" no-such-program
}

@test "a daemon that has died is no obstacle" {
	start_daemon
	end_daemon
	start_daemon
	names_instance
}

@test "a daemon that closes its descriptors runs all the same" {
	cat >"$TMP/closer" <<-'END'
		#!/bin/bash
		for fd in {3..99}; do
			exec {fd}<&-
		done
		echo closed
		read -r <>"$1/.pause"
	END
	chmod 755 "$TMP/closer"
	DAEMON=("$TMP/closer" "$TMP")
	start_daemon -o "$TMP/log"
	eventually test -s "$TMP/log"
	names_instance
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    -p "$PIDFILE" "${DAEMON[@]}"
	end_daemon
	start_daemon
}

@test "an instance that runs is seen where another program wrote its pid" {
	"${DAEMON[@]}" 3>&- &
	remember $!
	eventually grep -qx sleep "/proc/$!/comm"
	written $!
	guess="daemonize: already running: pid $! (sleep 1000), a guess \
(there is no record), holds $PIDFILE"
	fails 1 "$guess" -p "$PIDFILE" "${DAEMON[@]}"
	# It may be another process, so cron's user is told as well.
	fails 0 "$guess" --if-not-running -p "$PIDFILE" "${DAEMON[@]}"
}

@test "the same program with other arguments is another daemon" {
	mkfifo "$TMP/never"
	sh -c 'read -r x <>never; exit 1' 3>&- &
	remember $!
	written $!
	DAEMON=(sh -c 'read -r x <>"$0"; exit 1' "$TMP/never")
	start_daemon
	names_instance
}

@test "a copy of a directory is another daemon, and its launch goes ahead" {
	local first

	mkdir app1
	mkfifo app1/never
	launch -c app1 -p app1/pid sh -c 'read -r x <>never; exit 1'
	first=$(cat app1/pid)
	remember "$first"
	cp -a app1 app2
	launch --if-not-running -c app2 -p app2/pid \
	    sh -c 'read -r x <>never; exit 1'
	names_instance app2/pid
	[[ $PID != "$first" ]]
	names_instance app1/pid
	equal "pid of the first" "$PID" "$first"
}

@test "a script that another program wrote the pid of is seen" {
	mkfifo "$TMP/never"
	printf '#!/bin/sh\nread -r x <>"$1/never"\n' >"$TMP/script"
	chmod 755 "$TMP/script"
	DAEMON=("$TMP/script" "$TMP")
	"${DAEMON[@]}" 3>&- &
	remember $!
	eventually grep -qz "^$TMP/script" "/proc/$!/cmdline"
	written $!
	fails 1 "daemonize: already running: pid $! (/bin/sh $TMP/script $TMP), \
a guess (there is no record), holds $PIDFILE" -p "$PIDFILE" "${DAEMON[@]}"
	# With other arguments, it is another daemon.
	DAEMON=(sleep 1000)
	start_daemon
	names_instance
}

@test "a running command whose file was replaced by a newer one is seen" {
	cp "$(command -v sleep)" serve
	ln -s serve other
	# By the other name, so that only the file is the same.
	./other 1000 3>&- &
	remember $!
	eventually grep -qx other "/proc/$!/comm"
	echo $! >"$PIDFILE"
	rm serve
	cp "$(command -v sleep)" serve
	fails 1 "daemonize: already running: pid $! (./other 1000), a guess \
(there is no record), holds $PIDFILE" -p "$PIDFILE" ./serve 1000
}

# --- what is no obstacle ----------------------------------------------------

@test "the number of a dead process is no obstacle" {
	written "$(sh -c 'echo $$')"
	start_daemon
	names_instance
}

@test "the number of another program is no obstacle" {
	local pid

	for pid in "$$" 1; do
		written "$pid"
		start_daemon
		names_instance
		end_daemon
	done
}

@test "a zombie is no obstacle" {
	start_zombie
	equal "its name" "$(cat "/proc/$ZOMBIE/comm")" sleep
	written "$ZOMBIE"
	start_daemon
	names_instance
}

@test "an empty pid file is no obstacle" {
	: >"$PIDFILE"
	start_daemon
	names_instance
}

# --- what is refused --------------------------------------------------------

@test "a file that contains something other than a pid is refused and kept" {
	local text

	for text in "$(seq 100)" db_password=x -1 0 99999999999999999999 \
	    '12 34'; do
		echo "$text" >"$TMP/precious"
		refused "$TMP/precious" "contains something other than a pid; \
is it the right file?"
		equal content "$(cat "$TMP/precious")" "$text"
		[[ ! -e $TMP/precious.record ]]
	done
}

@test "a symbolic link is refused, and what it points to is untouched" {
	echo 12345 >"$TMP/target"
	ln -s target "$TMP/link"
	refused "$TMP/link" "is a symbolic link"
	equal target "$(cat "$TMP/target")" 12345
}

@test "a dangling symbolic link is refused, and nothing is made" {
	ln -s target "$TMP/link"
	refused "$TMP/link" "is a symbolic link"
	[[ ! -e $TMP/target ]]
}

@test "another user's link in a sticky directory is refused" {
	requires root
	mkdir -m 1777 "$TMP/sticky"
	echo 12345 >"$TMP/target"
	ln -s "$TMP/target" "$TMP/sticky/link"
	ln -s "$TMP/new-target" "$TMP/sticky/dangling"
	chown -h nobody "$TMP/sticky/link" "$TMP/sticky/dangling"
	refused "$TMP/sticky/link" "is a symbolic link"
	refused "$TMP/sticky/dangling" "is a symbolic link"
	equal target "$(cat "$TMP/target")" 12345
	[[ ! -e $TMP/new-target ]]
}

@test "another user's file in a sticky directory is refused" {
	requires root
	mkdir -m 1777 "$TMP/sticky"
	echo 12345 >"$TMP/sticky/pid"
	chown nobody "$TMP/sticky/pid"
	refused "$TMP/sticky/pid" "belongs to another user; remove it, or run \
as that user"
	equal content "$(cat "$TMP/sticky/pid")" 12345
}

@test "root takes over a dead pid file of the user of -u, but no other's" {
	requires root
	PID=$(bash -c 'echo $$')
	echo "$PID" >"$PIDFILE"
	chown nobody "$PIDFILE"
	fails 125 "daemonize: pidfile: $PIDFILE: belongs to another user; remove \
it, or run as that user" -p "$PIDFILE" "${DAEMON[@]}"
	fails 125 "daemonize: pidfile: $PIDFILE: belongs to another user; remove \
it, or run as that user" -u root -p "$PIDFILE" "${DAEMON[@]}"
	# A descriptor that the user still has does not write the new file.
	exec 4<>"$PIDFILE"
	launch -u nobody -p "$PIDFILE" "${DAEMON[@]}" 4>&-
	echo 1 >&4
	exec 4>&-
	names_instance
	equal "owner and mode" "$(stat -c '%U %a' "$PIDFILE")" "root 644"
}

@test "a file with a second name is refused" {
	echo 12345 >"$TMP/one"
	ln "$TMP/one" "$TMP/two"
	refused "$TMP/one" "has a second name (a hard link)"
	equal content "$(cat "$TMP/two")" 12345
}

@test "a FIFO is refused, without waiting for its other end" {
	mkfifo "$TMP/fifo"
	refused "$TMP/fifo" "not a regular file"
}

@test "a directory is refused" {
	mkdir "$TMP/dir"
	refused "$TMP/dir" "Is a directory"
}

@test "a device is refused" {
	local device=/dev/null

	# root could remove a real one, if this went wrong.
	if ((EUID == 0)); then
		device=$TMP/null
		mknod "$device" c 1 3 || skip "needs mknod"
	fi
	refused "$device" "not a regular file"
}

@test "the pid file as an output file is refused" {
	fails 125 "daemonize: stdio: $PIDFILE: is the pid file; use another \
file" \
	    -p "$PIDFILE" -o "$PIDFILE" "${DAEMON[@]}"
	[[ ! -e $PIDFILE ]]
}

# --- after a failure --------------------------------------------------------

@test "a missing program leaves no pid file" {
	fails 127 \
	    "daemonize: exec: no-such-program: No such file or directory" \
	    -p "$PIDFILE" no-such-program
	[[ ! -e $PIDFILE ]]
}

@test "a directory that is not there leaves no pid file" {
	run launch -c /no/such/directory -p "$PIDFILE" "${DAEMON[@]}"
	status_is 125
	[[ ! -e $PIDFILE ]]
}

@test "a program that cannot be executed leaves no pid file" {
	broken_program
	run launch -p "$PIDFILE" "$TMP/broken"
	status_is 126
	[[ ! -e $PIDFILE ]]
}

@test "a program that cannot be executed leaves no older pid file either" {
	broken_program
	written "$(sh -c 'echo $$')"
	run launch -p "$PIDFILE" "$TMP/broken"
	status_is 126
	[[ ! -e $PIDFILE ]]
}

@test "a pid file that cannot be removed after a failure is emptied" {
	requires user
	broken_program
	mkdir "$TMP/ro"
	PIDFILE=$TMP/ro/pid
	at_end chmod 755 "$TMP/ro"
	start_daemon
	end_daemon
	chmod 555 "$TMP/ro"
	run launch -p "$PIDFILE" "$TMP/broken"
	status_is 126
	equal "size of the pid file" "$(stat -c %s "$PIDFILE")" 0
	equal record "$(tr -d '\0' <"$PIDFILE.record")" ""
	start_daemon
	names_instance
}

@test "a failure after the change of user leaves no pid file" {
	requires root
	broken_program
	run launch -u nobody -p "$PIDFILE" "$TMP/broken"
	status_is 126
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

@test "after a failure a launch succeeds" {
	broken_program
	run launch -p "$PIDFILE" -l "$TMP/lock" "$TMP/broken"
	status_is 126
	start_daemon -l "$TMP/lock"
	names_instance
}

# --- in the foreground ------------------------------------------------------

@test "in the foreground the process itself is the instance" {
	"$DAEMONIZE" -F -p "$PIDFILE" "$PROBE" "$REPORT" stay 3>&- &
	remember $!
	eventually test -e "$REPORT"
	equal pid "$(fact pid)" $!
	equal "pid file" "$(cat "$PIDFILE")" $!
	names_instance
	equal state "$(recorded state)" running
	fails 1 "daemonize: already running: pid $! holds $PIDFILE" \
	    -p "$PIDFILE" "${DAEMON[@]}"
}

@test "in the foreground a failure leaves no pid file" {
	broken_program
	run launch -F -p "$PIDFILE" "$TMP/broken"
	status_is 126
	[[ ! -e $PIDFILE ]]
}

@test "in the foreground a failure as another user leaves no pid" {
	requires root
	broken_program
	run launch -F -u nobody -p "$PIDFILE" "$TMP/broken"
	status_is 126
	# That user cannot remove them.
	[[ -z $(<"$PIDFILE") ]]
	equal record "$(tr -d '\0' <"$PIDFILE.record")" ""
	start_daemon
}

# --- a name -----------------------------------------------------------------

@test "a name of root's is a pid file below /run" {
	local name=daemonize-test-$$-$BATS_TEST_NUMBER

	requires root flock
	# Only one test at a time makes and removes the directory.
	exec {lock}</run
	flock "$lock"
	if [[ ! -e /run/daemonize ]]; then
		at_end rmdir /run/daemonize
	fi
	PIDFILE=/run/daemonize/$name.pid
	(umask 077 && XDG_STATE_HOME=$TMP launch -n "$name" "${DAEMON[@]}")
	names_instance
	# Before its directory: the last comes last.
	printf 'rm -f %q*\n%s\n' "$PIDFILE" "$(cat "$TMP/.at_end")" \
	    >"$TMP/.at_end"
	equal "directory" "$(stat -c '%a %U' /run/daemonize)" "755 root"
	fails 1 "daemonize: already running: pid $(cat "$PIDFILE") is $name" \
	    -n "$name" "${DAEMON[@]}"
}

@test "a user's name is a pid file below XDG_STATE_HOME and the host" {
	requires user
	mkdir -m 700 "$TMP/state"
	(umask 0 && XDG_STATE_HOME=$TMP/state launch -n x "${DAEMON[@]}")
	names_instance "$TMP/state/daemonize/$HOSTNAME/x.pid"
	equal directory "$(stat -c %a "$TMP/state/daemonize")" 700
}

@test "without XDG_STATE_HOME a name's pid file is below the home directory" {
	local dir

	requires user
	mkdir "$TMP/home"
	unset XDG_STATE_HOME
	(umask 0 && HOME=$TMP/home launch -n x "${DAEMON[@]}")
	names_instance "$TMP/home/.local/state/daemonize/$HOSTNAME/x.pid"
	for dir in .local .local/state .local/state/daemonize; do
		equal "$dir" "$(stat -c %a "$TMP/home/$dir")" 700
	done
}

@test "a login and a cron job find the same instance" {
	requires user
	unset XDG_STATE_HOME
	export HOME=$TMP
	XDG_RUNTIME_DIR=$TMP/run launch -n x "${DAEMON[@]}"
	names_instance "$TMP/.local/state/daemonize/$HOSTNAME/x.pid"
	fails 0 "" --if-not-running -n x "${DAEMON[@]}"
	[[ ! -e $TMP/run ]]
}

@test "a relative XDG_STATE_HOME does not count" {
	requires user
	XDG_STATE_HOME=run HOME=$TMP launch -n x "${DAEMON[@]}"
	names_instance "$TMP/.local/state/daemonize/$HOSTNAME/x.pid"
	[[ ! -e run ]]
}

@test "with neither a name is refused" {
	requires user
	unset XDG_STATE_HOME HOME
	fails 125 "daemonize: name: x: neither XDG_STATE_HOME nor HOME is set; \
use --pidfile" -n x "${DAEMON[@]}"
}

@test "--list with neither XDG_STATE_HOME nor HOME is refused" {
	requires user
	CALLER=(env -u XDG_STATE_HOME -u HOME)
	fails 125 "daemonize: name: neither XDG_STATE_HOME nor HOME is \
set; use --pidfile" \
	    --list
}

@test "a name below a path that is too long is refused" {
	requires user
	local long

	long=/$(printf 'd%.0s' {1..4100})
	CALLER=(env "XDG_STATE_HOME=$long")
	fails 125 "daemonize: name: $long/daemonize/$HOSTNAME/some.pid: File name too long" \
	    -n some true
}

@test "two names are two instances" {
	local name at=$TMP/daemonize/$HOSTNAME

	requires user
	export XDG_STATE_HOME=$TMP
	for name in a b; do
		launch -n "$name" "${DAEMON[@]}"
		names_instance "$at/$name.pid"
	done
	fails 1 "daemonize: already running: pid $(cat "$at/a.pid") is a" \
	    -n a "${DAEMON[@]}"
}

@test "a launch by name that fails leaves no pid file" {
	requires user
	broken_program
	XDG_STATE_HOME=$TMP run launch -n x "$TMP/broken"
	status_is 126
	[[ ! -e $TMP/daemonize/$HOSTNAME/x.pid ]]
}

# --- a lock file ------------------------------------------------------------

@test "a lock file is locked as long as the daemon lives" {
	requires flock
	probe -l "$TMP/lock"
	run flock -n "$TMP/lock" true
	status_is 1
	end_daemon
	flock -n "$TMP/lock" true
}

@test "a lock file excludes a second daemon" {
	probe -l "$TMP/lock"
	fails 1 "daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" -p "$PIDFILE" -o "$TMP/out" "${DAEMON[@]}"
	[[ ! -e $PIDFILE && ! -e $TMP/out ]]
	end_daemon
	start_daemon -l "$TMP/lock"
}

@test "a lock file that flock(1) holds excludes a daemon" {
	requires flock
	flock "$TMP/lock" sh -c "echo >$TMP/held; exec sleep 1000" 3>&- &
	remember $!
	eventually test -e "$TMP/held"
	remember "$(pgrep -P $!)"
	fails 1 "daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" "${DAEMON[@]}"
}

@test "if-not-running goes by the lock file, too" {
	probe -l "$TMP/lock"
	fails 0 "" --if-not-running -l "$TMP/lock" "${DAEMON[@]}"
}

@test "the content of a lock file is of no interest" {
	seq 100 >"$TMP/lock"
	probe -l "$TMP/lock"
	equal content "$(cat "$TMP/lock")" "$(seq 100)"
}

@test "a lock file and a pid file can be one file" {
	start_daemon -l "$PIDFILE"
	names_instance
	run launch -p "$PIDFILE" -l "$PIDFILE" "${DAEMON[@]}"
	status_is 1
	run launch -p "$PIDFILE" "${DAEMON[@]}"
	status_is 1
	names_instance
	end_daemon
	start_daemon -l "$PIDFILE"
	names_instance
}

@test "a symbolic link is refused as a lock file" {
	: >"$TMP/target"
	ln -s target "$TMP/link"
	fails 125 "daemonize: lockfile: $TMP/link: is a symbolic link" \
	    -l "$TMP/link" "${DAEMON[@]}"
}

@test "a file with a hard link is refused as a lock file" {
	launch -p "$PIDFILE" "${DAEMON[@]}"
	remember "$(cat "$PIDFILE")"
	ln "$PIDFILE.record" "$TMP/link"
	fails 125 "daemonize: lockfile: $TMP/link: has a second name (a hard \
link)" -l "$TMP/link" "${DAEMON[@]}"
	run launch --status -p "$PIDFILE"
	status_is 0
}

@test "a FIFO is refused as a lock file" {
	mkfifo "$TMP/fifo"
	fails 125 "daemonize: lockfile: $TMP/fifo: not a regular file" \
	    -l "$TMP/fifo" "${DAEMON[@]}"
}

@test "a missing directory of the lock file is reported" {
	fails 125 "daemonize: lockfile: $TMP/no/lock: \
No such file or directory" -l "$TMP/no/lock" "${DAEMON[@]}"
}

@test "a failure leaves no lock" {
	requires flock
	broken_program
	run launch -l "$TMP/lock" "$TMP/broken"
	status_is 126
	flock -n "$TMP/lock" true
}

@test "a relative pid file of a removed directory is reported" {
	mkdir removed
	cd removed
	rmdir "$TMP/removed"
	fails 125 "daemonize: pidfile: pid: No such file or directory" \
	    -p pid true
}

# --- what ran before --------------------------------------------------------

# A launch fails with that status, and what ran before is shown as before:
# restores STATUS [OPTION]... COMMAND [ARG]...
restores() {
	local before expected=$1 status=0

	before=$(cksum <"$PIDFILE.record")
	launch -p "$PIDFILE" "${@:2}" || status=$?
	equal status "$status" "$expected"
	equal record "$(cksum <"$PIDFILE.record")" "$before"
	[[ ! -e $PIDFILE ]]
	run launch --status -p "$PIDFILE"
	status_is 3
	[[ ${lines[0]} == "$PIDFILE: failed; run 1 exited with status 7 "* ]]
}

@test "a launch that fails leaves the record of what ran before" {
	local option

	printf '#!/no/such/interpreter\n' >"$TMP/broken"
	chmod 755 "$TMP/broken"
	launch -p "$PIDFILE" --supervise sh -c 'exit 7'
	eventually nothing_runs
	for option in --supervise --no-new-privs; do
		restores 126 "$option" "$TMP/broken"
		restores 123 "$option" --ready=alive:1h sh -c 'exit 3'
		restores 124 "$option" --ready="file:$TMP/never" \
		    --ready-timeout=100ms sleep 1000
	done
	start_daemon
	equal "command of the record" "$(recorded arg | paste -sd ' ')" \
	    "sleep 1000"
}
