#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 8: the working directory.

load ../lib/helpers

@test "the working directory is / wherever the caller is" {
	probe
	equal directory "$(fact cwd)" /
}

@test "the working directory is / by /proc, too" {
	probe
	equal directory "$(readlink "/proc/$PID/cwd")" /
}

@test "the working directory is / in the foreground, too" {
	launch -F "$PROBE" "$REPORT"
	equal directory "$(fact cwd)" /
}

@test "an absolute DIR is the command's directory" {
	mkdir "a b"
	probe -c "$TMP/a b"
	equal directory "$(fact cwd)" "$(pwd -P)/a b"
}

@test "a relative directory is relative to the caller's" {
	mkdir -p sub/deeper
	cd sub
	probe --chdir=deeper
	equal directory "$(fact cwd)" "$(pwd -P)/deeper"
}

@test ". is the caller's directory, .. the one above" {
	mkdir sub
	cd sub
	launch -F -c . "$PROBE" "$REPORT"
	equal directory "$(fact cwd)" "$(pwd -P)"
	launch -F -c .. "$PROBE" "$REPORT"
	equal directory "$(fact cwd)" "$(cd .. && pwd -P)"
}

@test "keep keeps the caller's directory" {
	mkdir keep
	probe -c keep
	equal directory "$(fact cwd)" "$(pwd -P)"
}

@test "keep keeps the caller's directory in the foreground" {
	launch -F -c keep "$PROBE" "$REPORT"
	equal directory "$(fact cwd)" "$(pwd -P)"
}

@test "a directory with the name keep can be given as ./keep" {
	mkdir keep
	probe -c ./keep
	equal directory "$(fact cwd)" "$(pwd -P)/keep"
}

@test "a symbolic link to a directory is followed" {
	mkdir real
	ln -s real link
	probe -c link
	equal directory "$(fact cwd)" "$(pwd -P)/real"
}

@test "the caller's directory may have been removed" {
	from nodir
	probe
	equal directory "$(fact cwd)" /
}

@test "the caller's directory may have been removed, and be kept" {
	from nodir
	probe -c keep
	equal directory "$(fact cwd)" "(No such file or directory)"
}

@test "a DIR works if the caller's directory was removed" {
	from nodir
	probe -c "$TMP"
	equal directory "$(fact cwd)" "$(pwd -P)"
}

@test "a relative DIR of a removed directory is refused" {
	from nodir
	fails 125 "daemonize: chdir: sub: No such file or directory" \
	    -c sub "$PROBE" "$REPORT"
}

@test "the caller's directory can be removed while the daemon lives" {
	mkdir sub
	cd sub
	probe
	cd "$TMP"
	rmdir sub
	equal directory "$(readlink "/proc/$PID/cwd")" /
}

@test "files and the command are relative to the caller, not to DIR" {
	mkdir sub elsewhere
	echo "a line" >sub/in
	cp "$PROBE" sub/witness
	cd sub
	launch -c ../elsewhere -i in -o out -e err -p pid -l lock \
	    ./witness "$REPORT" stay
	PID=$(cat pid)
	remember "$PID"
	eventually test -e "$REPORT"
	equal directory "$(fact cwd)" "$(cd ../elsewhere && pwd -P)"
	equal stdin "$(fact fd0)" "r $(pwd -P)/in"
	equal sub "$(echo *)" "err in lock out pid pid.record witness"
	equal elsewhere "$(ls ../elsewhere)" ""
}

@test "a directory that is not there is refused, and nothing is left" {
	fails 125 "daemonize: chdir: /nonexistent: No such file or directory" \
	    -c /nonexistent -p "$PIDFILE" -o out "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e out && ! -e $REPORT ]]
	equal processes "$(leftovers)" ""
}

@test "a directory that is not there is refused in the foreground" {
	fails 125 "daemonize: chdir: /nonexistent: No such file or directory" \
	    -F -c /nonexistent -p "$PIDFILE" -o out "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e out && ! -e $REPORT ]]
}

@test "a file is no directory" {
	: >file
	fails 125 "daemonize: chdir: file: Not a directory" \
	    -c file "$PROBE" "$REPORT"
}

@test "a directory that the user may not enter is refused" {
	requires user
	mkdir -m 000 closed
	fails 125 "daemonize: chdir: closed: Permission denied" \
	    -c closed "$PROBE" "$REPORT"
}

@test "a directory that the daemon's user may not enter is refused" {
	requires root
	mkdir -m 700 closed
	fails 125 "daemonize: chdir: closed: Permission denied" \
	    -u nobody -c closed -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $PIDFILE && ! -e $REPORT ]]
}

@test "a directory that only the daemon's user may enter works" {
	requires root
	mkdir -m 700 home
	chown nobody home
	REPORT=$TMP/home/report
	probe -u nobody -c home
	equal directory "$(fact cwd)" "$(pwd -P)/home"
}

@test "in the foreground, a caller's directory that may not be entered is no obstacle" {
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
