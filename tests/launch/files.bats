#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Files in directories of other users, which root opens by name.

load ../lib/helpers

# Why root does not do what the user could not do.
DENIED="Permission denied, with the rights of nobody, a user that can change\
 this path (chown it to nobody, or put it outside of nobody's directories)"

# A directory of root, `own`, with a file that no launch may touch, and one of
# an ordinary user, `theirs`.
two_directories() {
	requires root
	chmod 755 .
	mkdir own theirs
	chown nobody theirs
	echo "root's line" >own/log
	: >own/empty
	chmod 600 own/*
}

# The user's symbolic link: user_links TARGET NAME
user_links() {
	ln -s "$1" "$2"
	chown -h nobody "$2"
}

# In root's directory nothing has been changed, made or removed.  Without a
# process: it is asked often.
own_is_untouched() {
	local line

	echo own/* >files
	read -r line <files
	equal "root's files" "$line" "own/empty own/log"
	read -r line <own/log || line=nothing
	equal "root's file" "$line" "root's line"
	[[ -O own/empty && -O own/log && ! -s own/empty ]]
}

# Each option for a file refuses it: all_refuse FILE REASON
all_refuse() {
	local option

	for option in -i -o -e "-a -o" "-u nobody -o" "-F -e"; do
		# shellcheck disable=SC2086  # options
		fails 125 "daemonize: stdio: $1: $2" $option "$1" \
		    "$PROBE" "$REPORT"
	done
	own_is_untouched
	[[ ! -e $REPORT ]]
}

# --- symbolic links --------------------------------------------------------

@test "a user's link to a file of root is refused" {
	two_directories
	user_links "$TMP/own/log" theirs/log
	all_refuse theirs/log "$DENIED"
	all_refuse "$TMP/theirs/log" "$DENIED"
}

@test "a user's link to a relative path, and to a link, is refused" {
	two_directories
	user_links ../own/log theirs/log
	user_links log theirs/again
	ln -s log theirs/of-root
	all_refuse theirs/log "$DENIED"
	all_refuse theirs/again "$DENIED"
	all_refuse theirs/of-root "$DENIED"
}

@test "a user's link in a directory that all can write to is refused" {
	two_directories
	mkdir -m 1777 shared
	user_links "$TMP/own/log" shared/log
	all_refuse shared/log "$DENIED"
}

@test "a user's link to another user's file is refused" {
	two_directories
	chown daemon own/empty
	user_links "$TMP/own/empty" theirs/log
	fails 125 "daemonize: stdio: theirs/log: $DENIED" -o theirs/log \
	    "$PROBE" "$REPORT"
}

@test "a user's link to a new file in a directory of root is refused" {
	two_directories
	user_links "$TMP/own/new" theirs/log
	fails 125 "daemonize: stdio: theirs/log: $DENIED" \
	    -o theirs/log "$PROBE" "$REPORT"
	own_is_untouched
}

@test "a user's link leads to what the user may open" {
	two_directories
	chmod 777 .
	chmod 644 own/log
	user_links /dev/null theirs/null
	user_links "$TMP/own/log" theirs/log
	probe -i theirs/log -o theirs/null
	equal stdin "$(fact fd0)" "r $TMP/own/log"
	equal stdout "$(fact fd1)" "w,append /dev/null"
}

@test "a user's link to a directory of root is refused" {
	local path

	two_directories
	user_links "$TMP/own" theirs/logs
	for path in theirs/logs/log theirs/logs/./log theirs//logs//log \
	    theirs/logs/../own/log "$TMP/theirs/logs/log"; do
		all_refuse "$path" "$DENIED"
	done
	fails 125 "daemonize: stdio: theirs/logs/new: $DENIED" \
	    -o theirs/logs/new "$PROBE" "$REPORT"
	own_is_untouched
}

@test "a user's link to the root directory is refused" {
	two_directories
	user_links / theirs/root
	all_refuse "theirs/root$TMP/own/log" "$DENIED"
	all_refuse "theirs/root/$TMP/own/log" "$DENIED"
}

@test "a user's link decides nothing about a directory above its target" {
	two_directories
	mkdir own/of-user
	chown nobody own/of-user
	user_links "$TMP/own/of-user" theirs/logs
	fails 125 "daemonize: stdio: theirs/logs/../new: $DENIED" \
	    -o theirs/logs/../new "$PROBE" "$REPORT"
	rmdir own/of-user
	own_is_untouched
}

@test "a user's link by way of /proc is refused" {
	two_directories
	exec 9<own
	user_links /proc/self/fd/9 theirs/logs
	user_links /proc/self/fd/8 theirs/log
	exec 8<>own/log
	all_refuse theirs/logs/log "too many symbolic links, or one of procfs"
	all_refuse theirs/log "too many symbolic links, or one of procfs"
}

@test "a path through the /proc entries of a user's process leads to no file of root" {
	two_directories
	setpriv --reuid=nobody --regid=nogroup --clear-groups \
	    sleep 1000 <own/log 3>&- &
	remember $!
	eventually grep -qsx sleep "/proc/$!/comm"
	all_refuse "/proc/$!/fd/0" "too many symbolic links, or one of procfs"
	all_refuse "/proc/$!/cwd/own/log" \
	    "too many symbolic links, or one of procfs"
}

@test "a user's link to the same user's file is followed" {
	two_directories
	mkdir theirs/logs
	echo old >theirs/logs/log
	chown -R nobody theirs
	user_links logs theirs/to-logs
	user_links to-logs/log theirs/log
	probe -a -i theirs/log -o theirs/log -e "$TMP/theirs/to-logs/log"
	equal stdin "$(fact fd0)" "r $TMP/theirs/logs/log"
	equal stdout "$(fact fd1)" "w,append $TMP/theirs/logs/log"
	equal stderr "$(fact fd2)" "w,append $TMP/theirs/logs/log"
}

@test "a user's link to a new file in the same user's directory is followed" {
	two_directories
	chmod 777 .
	user_links new theirs/log
	probe -u nobody -o theirs/log
	equal stdout "$(fact fd1)" "w,append $TMP/theirs/new"
	[[ -L theirs/log ]]
}

@test "a link of root's is followed, but for one in a user's directory" {
	two_directories
	ln -s "$TMP/own" logs
	ln -s "$TMP/own/log" theirs/log
	probe -a -i logs/log -e logs/../own/empty
	equal stdin "$(fact fd0)" "r $TMP/own/log"
	equal stderr "$(fact fd2)" "w,append $TMP/own/empty"
	rm "$REPORT"
	all_refuse theirs/log "$DENIED"
}

@test "a link of root's that has another hard link in a user's directory is refused" {
	two_directories
	ln -s "$TMP/own/log" link
	ln link theirs/log
	all_refuse theirs/log "$DENIED"
}

@test "/dev/stdout and /dev/stderr are the caller's" {
	requires root
	probe -o /dev/stdout -e /dev/stderr >>out 2>>err
	equal stdout "$(fact fd1)" "w,append $TMP/out"
	equal stderr "$(fact fd2)" "w,append $TMP/err"
}

@test "/dev/stdin, /dev/stdout and /dev/stderr can be pipes" {
	local out err

	mkfifo in out err
	exec 7<>in 8<>out 9<>err
	echo line >&7
	launch -i /dev/stdin -o /dev/stdout -e /dev/stderr \
	    sh -c 'read -r x; echo "$x"; echo "$x" >&2' <in >out 2>err
	read -r -t "$DEADLINE" out <&8
	read -r -t "$DEADLINE" err <&9
	equal lines "$out $err" "line line"
	eventually nothing_runs
}

@test "an ordinary user follows any link" {
	two_directories
	echo old >log
	chmod 666 log
	ln -s "$TMP/log" link
	chown -h daemon link
	chmod 777 .
	from -- setpriv --reuid=nobody --clear-groups
	probe -o link
	equal stdout "$(fact fd1)" "w,append $TMP/log"
}

@test "but none of another user in a directory like /tmp" {
	requires root setpriv
	grep -qx 1 /proc/sys/fs/protected_symlinks ||
	    skip "needs fs.protected_symlinks"
	two_directories
	mkdir -m 1777 sticky
	echo old >log
	chmod 666 log
	ln -s "$TMP/log" sticky/link
	chown -h daemon sticky/link
	chmod 777 .
	from -- setpriv --reuid=nobody --clear-groups
	fails 125 "daemonize: stdio: sticky/link: Permission denied" \
	    -o sticky/link "$PROBE" "$REPORT"
	fails 125 "daemonize: log: $TMP/sticky/link: Permission denied" \
	    --log="$TMP/sticky/link" true
	equal log "$(cat log)" old
}

# --- hard links ------------------------------------------------------------

@test "a hard link to a file of root is refused" {
	local mode

	two_directories
	ln own/log theirs/log
	all_refuse theirs/log "$DENIED"
	mkdir shared
	ln own/log shared/log
	for mode in 1777 775; do
		chmod "$mode" shared
		fails 125 "daemonize: stdio: shared/log: has more than one \
hard link" -o shared/log "$PROBE" "$REPORT"
		fails 125 "daemonize: stdio: shared/log: in a directory that \
other users can write, root reads only a file that everybody may read" \
		    -i shared/log "$PROBE" "$REPORT"
	done
	own_is_untouched
}

@test "a hard link in a directory of root is opened" {
	two_directories
	ln own/log own/log.1
	probe -a -o own/log.1
	equal stdout "$(fact fd1)" "w,append $TMP/own/log.1"
}

@test "a hard link of a user to the same user's file is opened" {
	two_directories
	echo old >theirs/log
	chown nobody theirs/log
	ln theirs/log theirs/other
	probe -o theirs/other
	equal stdout "$(fact fd1)" "w,append $TMP/theirs/other"
}

# --- while a user exchanges names ------------------------------------------

# Launches by root, during which a user exchanges two names:
# exchanging A B N [OPTION]... COMMAND
exchanging() {
	local n attacker

	"$HELPERS_DIR/exchange" "$1" "$2" 3>&- >exchanged &
	attacker=$!
	remember "$attacker"
	eventually grep -qs exchanged exchanged
	for ((n = $3; n > 0; n--)); do
		launch "${@:4}" >said 2>&1 || :
		own_is_untouched || { cat said; return 1; }
	done
	kill "$attacker"
	eventually gone "$attacker"
	eventually nothing_runs
	own_is_untouched
}

logs_and_link() {
	two_directories
	mkdir theirs/logs
	chown nobody theirs/logs
	user_links "$TMP/own" theirs/link
	printf '#!/nonexistent\n' >bad
	chmod +x bad
}

@test "root's file is not written though a directory becomes a link" {
	logs_and_link
	exchanging theirs/logs theirs/link 40 -o theirs/logs/log true
	exchanging theirs/logs theirs/link 20 -u nobody -e theirs/logs/log true
}

@test "root's file is not written though a file becomes a link" {
	logs_and_link
	echo old >theirs/log
	user_links "$TMP/own/log" theirs/other
	exchanging theirs/log theirs/other 40 -o theirs/log true
}

@test "at whichever call a directory becomes a link, no file of root is removed" {
	requires plain
	logs_and_link
	local call=0 result=reached

	cat >exchange <<-END
		#!/bin/sh
		exec "$HELPERS_DIR/exchange" $TMP/theirs/logs $TMP/theirs/link 1
	END
	chmod +x exchange
	while [[ $result == reached ]]; do
		((++call))
		# shellcheck disable=SC2046  # two words
		set -- $("$HELPERS_DIR/atcall" "$call" "$TMP/exchange" \
		    "$DAEMONIZE" -F -o theirs/logs/empty ./bad 2>/dev/null 3>&- |
		    grep reached)
		result=$2
		own_is_untouched || { echo "at call $call"; return 1; }
		[[ ! -L theirs/logs ]] ||
		    "$HELPERS_DIR/exchange" theirs/logs theirs/link 1
		rm -f theirs/logs/empty
	done
	((call > 20))
}

# --- what a failed launch leaves -------------------------------------------

@test "a failed launch in another root leaves no new file outside of it" {
	requires root
	local option

	mkdir -p root/bin
	printf '#!/nonexistent\n' >root/bin/bad
	chmod +x root/bin/bad
	for option in --background=yes -F; do
		fails 126 "daemonize: exec: /bin/bad: bad interpreter:\
 /nonexistent: No such file or directory" "$option" -R root -o log -e err \
		    /bin/bad
		[[ ! -e log && ! -e err ]]
	done
}

# --- owners ----------------------------------------------------------------

@test "an output file that is created belongs to the user of -u" {
	requires root
	chmod 777 .
	: >old
	probe -u nobody -o out -e err
	equal owners "$(stat -c %U:%G out err | sort -u)" \
	    "nobody:$(id -gn nobody)"
	rm "$REPORT"
	probe -u daemon:games -o out2 -e old
	equal owners "$(stat -c %U:%G out2 old)" $'daemon:games\nroot:root'
	rm "$REPORT"
	probe -g games -o out3
	equal owners "$(stat -c %U:%G out3)" root:games
}

@test "an output file whose owner cannot be set is refused, and removed" {
	requires root strace
	CALLER=(strace -qq -o trace -e "inject=/^fchown(32)?\$:error=EROFS")
	fails 125 "daemonize: stdio: out: Read-only file system" \
	    -u nobody -o out "$PROBE" "$REPORT"
	[[ ! -e out ]]
}

# --- kept descriptors ------------------------------------------------------

# Each kept descriptor that is that file: kept_is_refused FILE WHAT OPTION...
kept_is_refused() {
	local said=0

	: >"$1"
	fails 125 "daemonize: stdio: stdin: is the $2; use another \
file" "${@:3}" -i keep \
	    "$PROBE" "$REPORT" <"$1"
	: >"$1"
	launch "${@:3}" -o keep "$PROBE" "$REPORT" >>"$1" 2>said || said=$?
	equal "status of stdout" "$said" 125
	equal message "$(cat said)" "daemonize: stdio: stdout: is the $2; \
use another file"
	: >"$1"
	said=0
	launch -F "${@:3}" "$PROBE" "$REPORT" 2>>"$1" || said=$?
	equal "status of stderr" "$said" 125
	[[ ! -e $REPORT ]]
}

@test "a kept descriptor that is the pid file is refused" {
	kept_is_refused pid "pid file" -p pid
}

@test "a kept descriptor that is the record of the pid file is refused" {
	kept_is_refused pid.record "record of the pid file" -p pid
}

@test "a kept descriptor that is the lock file is refused" {
	kept_is_refused lock "lock file" -l lock
}

@test "the lock file is no log" {
	fails 125 "daemonize: stdio: lock: is the lock file; use another file" \
	    -l lock -o lock "$PROBE" "$REPORT"
}
