#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 6: the mode of what the daemon makes does not depend on the caller.

load ../lib/helpers

mode() {
	stat -c %a "$1"
}

@test "the umask is 022 though the caller's is 0" {
	from umask=0
	probe
	equal umask "$(fact umask)" 022
}

@test "the umask is 022 though the caller's is 777" {
	from umask=777
	probe
	equal umask "$(fact umask)" 022
}

@test "the umask is 022 in the foreground, too" {
	from umask=777
	launch -F "$PROBE" "$REPORT"
	equal umask "$(fact umask)" 022
}

@test "umask=MODE: the command has each mode that is given" {
	local umask

	from umask=022
	for umask in 0 000 007 027 0077 777; do
		launch -F --umask="$umask" "$PROBE" "$REPORT"
		equal "umask $umask" "$(fact umask)" \
		    "$(printf '%03o' "0$umask")"
	done
}

@test "umask=keep keeps the caller's" {
	local umask

	for umask in 000 027 777; do
		from umask="$umask"
		rm -f "$REPORT"
		probe --umask=keep
		equal "umask $umask" "$(fact umask)" "$umask"
	done
}

@test "a file that the daemon makes has the umask's mode" {
	from umask=777
	launch -F --umask=027 -c "$TMP" sh -c 'echo >made'
	equal mode "$(mode made)" 640
}

@test "a log that is made has mode 644 whatever the caller's umask is" {
	from umask=0
	probe -o out -e err
	equal stdout "$(mode out)" 644
	equal stderr "$(mode err)" 644
}

@test "a log that is made has mode 644 though the caller's umask is 777" {
	from umask=777
	probe -o out -e err
	equal stdout "$(mode out)" 644
	equal stderr "$(mode err)" 644
}

@test "a log that is made has the mode of --umask" {
	from umask=0
	probe --umask=027 -o out
	equal stdout "$(mode out)" 640
}

@test "umask=keep: a log that is made has the mode of the caller's umask" {
	from umask=077
	probe --umask=keep -o out
	equal stdout "$(mode out)" 600
}

@test "a log that is there keeps its mode" {
	: >out
	chmod 604 out
	from umask=0
	probe -o out
	equal stdout "$(mode out)" 604
}

@test "the pid file has mode 644 though the caller's umask is 777" {
	from umask=777
	probe -p "$PIDFILE"
	equal "pid file" "$(mode "$PIDFILE")" 644
}

@test "the pid file has mode 644 though the caller's umask is 0" {
	from umask=0
	probe -p "$PIDFILE"
	equal "pid file" "$(mode "$PIDFILE")" 644
}

@test "the pid file has mode 644 whatever --umask is" {
	from umask=0
	probe --umask=077 -p "$PIDFILE"
	equal "pid file" "$(mode "$PIDFILE")" 644
}

@test "the lock file has mode 644 though the caller's umask is 777" {
	from umask=777
	probe -l lock
	equal "lock file" "$(mode lock)" 644
}
