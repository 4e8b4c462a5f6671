#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The user of the command, and its root.

load ../lib/helpers

# A directory that every user can write, for the reports.
open_directory() {
	chmod 777 "$TMP"
}

# An id of the system's databases: id_of u|g|G USER
id_of() {
	id "-$1" "$2"
}

# The command's real, effective and saved ids: ids_are UID GID
ids_are() {
	equal uids "$(fact uids)" "$1 $1 $1"
	equal gids "$(fact gids)" "$2 $2 $2"
}

# --- user and group --------------------------------------------------------

@test "-u USER: all three user and group ids are the user's" {
	requires root
	open_directory
	probe -u daemon
	ids_are "$(id_of u daemon)" "$(id_of g daemon)"
}

@test "-u UID: a number stands for its user" {
	requires root
	open_directory
	probe --user="$(id_of u daemon)"
	ids_are "$(id_of u daemon)" "$(id_of g daemon)"
	[[ $'\n'$(fact env)$'\n' == *$'\n'USER=daemon$'\n'* ]]
}

# As root of an own /etc/passwd and /etc/group with one more line each:
# with_line PASSWD GROUP [OPTION]... COMMAND
with_line() {
	requires root mounts
	{ cat /etc/passwd && echo "$1"; } >passwd
	{ cat /etc/group && echo "$2"; } >group
	run unshare -m sh -c 'mount --bind passwd /etc/passwd &&
	    mount --bind group /etc/group && exec "$@"' sh "$DAEMONIZE" \
	    "${@:3}" 3>&-
}

@test "a user or group with the id that means none is refused" {
	local user=high:x:4294967295:1::/:/bin/sh group=highs:x:4294967295:
	local low=low:x:1234:4294967295::/:/bin/sh

	with_line "$user" "$group" -u high id -u
	status_is 125
	equal user "$output" "daemonize: user: high: has the id 4294967295"
	with_line "$user" "$group" -u high:daemon id -u
	status_is 125
	with_line "$user" "$group" -u daemon -g highs id -u
	status_is 125
	equal group "$output" "daemonize: group: highs: has the id 4294967295"
	with_line "$low" "$group" -u low id -u
	status_is 125
	with_line "$user" "$group" -F -u daemon id -un
	status_is 0
	equal another "$output" daemon
}

@test "-u USER:GROUP: the group is GROUP" {
	requires root
	open_directory
	probe -u daemon:games
	ids_are "$(id_of u daemon)" "$(id_of g games)"
}

@test "-u UID:GID: numbers without names" {
	requires root
	open_directory
	probe -u 54321:54322
	ids_are 54321 54322
	equal groups "$(fact groups)" 54322
}

@test "-u UID:GID: an unknown number has a home and a shell nonetheless" {
	requires root
	open_directory
	probe -u 54321:54322
	equal environment "$(fact env | grep -E '^(HOME|LOGNAME|SHELL|USER)=' |
	    sort)" "$(printf '%s\n' HOME=/ LOGNAME=54321 SHELL=/bin/sh \
	    USER=54321)"
}

@test "-u with -g: the group is that of -g" {
	requires root
	open_directory
	probe -g games -u daemon
	ids_are "$(id_of u daemon)" "$(id_of g games)"
}

@test "-g GROUP: only the group changes" {
	requires root
	probe -g games
	ids_are 0 "$(id_of g games)"
	equal groups "$(fact groups)" "$(id_of g games)"
}

@test "supplementary groups are the user's, not the caller's" {
	requires root setpriv
	open_directory
	CALLER=(setpriv --groups=0,54321,54322)
	probe -u daemon
	equal groups "$(fact groups)" "$(id_of G daemon)"
}

@test "supplementary groups are all of the user's" {
	requires root mounts
	local members=daemon

	open_directory
	grep -q '^group:.*files' /etc/nsswitch.conf ||
	    skip "groups are not in /etc/group"
	# A group file of our own, for just this launch.
	sed -E "s/^(games|mail):([^:]*:[^:]*):.*/\1:\2:$members/" \
	    /etc/group >"$TMP/group"
	CALLER=(unshare -m sh -c 'mount --bind "$0" /etc/group && exec "$@"'
	    "$TMP/group")
	probe -u daemon
	equal groups "$(fact groups | tr ' ' '\n' | sort -n)" \
	    "$(for group in daemon games mail; do
		getent group "$group" | cut -d: -f3
	    done | sort -n)"
}

@test "supplementary groups: with a GROUP there is just that one" {
	requires root setpriv
	open_directory
	CALLER=(setpriv --groups=0,54321)
	probe -u daemon:games
	equal groups "$(fact groups)" "$(id_of g games)"
}

@test "without -u and -g all ids stay the caller's" {
	probe
	equal uids "$(fact uids)" "$(id -u) $(id -u) $(id -u)"
	equal gids "$(fact gids)" "$(id -g) $(id -g) $(id -g)"
	# id has the one that is no supplementary group among them.
	equal groups "$(echo "$(fact groups) $(id -g)" | tr -s ' ' '\n' |
	    grep . | sort -un)" "$(id -G | tr ' ' '\n' | sort -un)"
}

# --- environment -----------------------------------------------------------

# HOME, LOGNAME, SHELL and USER that the command has.
user_environment() {
	fact env | grep -E '^(HOME|LOGNAME|SHELL|USER)=' | sort
}

# What the database says of a user, in the same form.
user_entry() {
	getent passwd "$1" | awk -F : '{
		print "HOME=" $6; print "LOGNAME=" $1
		print "SHELL=" $7; print "USER=" $1 }'
}

@test "-u sets HOME, LOGNAME, SHELL and USER" {
	requires root
	open_directory
	HOME=/wrong LOGNAME=wrong USER=wrong SHELL=/wrong probe -u games
	equal environment "$(user_environment)" "$(user_entry games)"
}

@test "-u replaces all values that they have" {
	requires root
	open_directory
	from env=HOME=/a env=USER=a env=LOGNAME=a env=SHELL=/a env=HOME=/b
	probe -u games
	equal environment "$(user_environment)" "$(user_entry games)"
}

@test "-E has the last word on them" {
	requires root
	open_directory
	probe -E HOME=/other -u games
	equal HOME "$(fact env | grep ^HOME=)" HOME=/other
}

@test "--clear-env leaves them" {
	requires root
	open_directory
	probe --clear-env -u games -E "DAEMONIZE_TEST=$TMP"
	equal environment "$(user_environment)" "$(user_entry games)"
	equal variables "$(fact env | wc -l)" 6
}

@test "-g leaves them as they are" {
	requires root
	HOME=/mine USER=me LOGNAME=me SHELL=/my/sh probe -g games
	equal environment "$(user_environment)" \
	    "$(printf '%s\n' HOME=/mine LOGNAME=me SHELL=/my/sh USER=me)"
}

# --- for good --------------------------------------------------------------

@test "root cannot be regained" {
	requires root python3
	open_directory
	launch -u nobody -o "$TMP/said" -e "$TMP/said" /usr/bin/env python3 -c '
import os
for name in "setuid", "seteuid", "setgid", "setegid":
    try:
        getattr(os, name)(0)
        print(name, "works")
    except OSError:
        print(name, "refused")'
	eventually nothing_runs
	equal said "$(cat "$TMP/said")" "$(printf '%s refused\n' setuid \
	    seteuid setgid setegid)"
}

@test "a caller whose securebits keep capabilities is refused" {
	requires root setpriv
	setpriv --securebits=+no_setuid_fixup true ||
	    skip "cannot set securebits"
	open_directory
	CALLER=(setpriv --securebits=+no_setuid_fixup)
	fails 125 "daemonize: user: nobody: Operation not permitted" \
	    -u nobody "$PROBE" "$REPORT" stay
	nothing_runs
	[[ ! -e $REPORT ]]
}

@test "the command has no capabilities of root" {
	requires root
	open_directory
	probe -u nobody
	equal capabilities "$(grep -E '^Cap(Inh|Prm|Eff|Amb)' \
	    "/proc/$PID/status" | cut -f 2 | sort -u)" 0000000000000000
}

@test "--no-new-privs is set only when it is asked for" {
	probe
	equal no_new_privs "$(fact no_new_privs)" 0
	kill -KILL "$PID"
	rm "$REPORT"
	probe --no-new-privs
	equal no_new_privs "$(fact no_new_privs)" 1
}

@test "--no-new-privs goes with -u" {
	requires root
	open_directory
	probe --no-new-privs -u nobody
	equal no_new_privs "$(fact no_new_privs)" 1
	ids_are "$(id_of u nobody)" "$(id_of g nobody)"
}

# --- files -----------------------------------------------------------------

@test "output files are opened before privileges are dropped" {
	requires root
	open_directory
	mkdir -m 700 private
	install -m 600 /dev/null private/in
	probe -u nobody -i private/in -o private/out -e private/err
	equal stdin "$(fact fd0)" "r $TMP/private/in"
	equal stdout "$(fact fd1)" "w,append $TMP/private/out"
	equal owner "$(stat -c %U private/in)" root
}

@test "the pid file belongs to the caller and the command cannot write it" {
	requires root
	open_directory
	mkdir private
	probe -u nobody -p private/pid
	equal owner "$(stat -c '%U %a' private/pid)" "root 644"
	equal number "$(cat private/pid)" "$PID"
	equal descriptors "$(fact fds)" "0 1 2"
	run setpriv --reuid=nobody --clear-groups sh -c ": >>private/pid"
	[[ $output == *"Permission denied"* ]]
}

@test "--chdir is entered as the user" {
	requires root
	open_directory
	mkdir -m 700 private
	fails 125 "daemonize: chdir: private: Permission denied" -u nobody \
	    -c private "$PROBE" "$REPORT" stay
	chown nobody private
	probe -u nobody -c private
	equal cwd "$(fact cwd)" "$TMP/private"
}

# --- an ordinary user ------------------------------------------------------

# Tests below run as an ordinary user: as the one who runs them, or nobody.
as_a_user() {
	chmod 777 "$TMP"
	WHO=$(id -un)
	if ((EUID == 0)); then
		requires setpriv
		WHO=nobody
		CALLER=(setpriv --reuid="$WHO" --regid="$(id -g "$WHO")"
		    --init-groups)
	fi
}

@test "-u SELF needs no privileges" {
	as_a_user
	probe -u "$WHO"
	ids_are "$(id -u "$WHO")" "$(id -g "$WHO")"
}

@test "-u SELF sets HOME, LOGNAME, SHELL and USER" {
	as_a_user
	USER=wrong probe -u "$(id -u "$WHO")"
	equal environment "$(user_environment)" "$(user_entry "$WHO")"
}

@test "-u OTHER without privileges fails and leaves nothing" {
	as_a_user
	fails 125 "daemonize: user: daemon: Operation not permitted" \
	    -u daemon -p "$PIDFILE" -o "$TMP/log" "$PROBE" "$REPORT" stay
	fails 125 "daemonize: user: root: Operation not permitted" \
	    -u root -p "$PIDFILE" -o "$TMP/log" "$PROBE" "$REPORT" stay
	[[ ! -e $PIDFILE && ! -e $TMP/log && ! -e $REPORT ]]
	nothing_runs
}

@test "-g OTHER without privileges fails" {
	as_a_user
	fails 125 "daemonize: group: daemon: Operation not permitted" \
	    -g daemon "$PROBE" "$REPORT" stay
}

@test "-R without privileges fails and leaves nothing" {
	as_a_user
	fails 125 "daemonize: chroot: /: Operation not permitted" \
	    -R / -p "$PIDFILE" "$PROBE" "$REPORT" stay
	[[ ! -e $PIDFILE ]]
	nothing_runs
}

# --- another root ----------------------------------------------------------

# A root directory with a static busybox in it.
busybox_root() {
	requires root busybox
	! ldd "$(type -P busybox)" >/dev/null 2>&1 ||
	    skip "needs a static busybox"
	mkdir -p root/bin root/dir
	cp "$(type -P busybox)" root/bin/busybox
	ln -s busybox root/bin/sh
	chmod 777 root/dir
}

# What the command sees of its root and directory goes to -o, outside of it.
in_root() {
	launch -R root -o "$TMP/said" -e "$TMP/said" "$@"
	eventually nothing_runs
}

@test "-R: the command is looked up inside, and runs there" {
	busybox_root
	PATH=/bin:$PATH in_root busybox sh -c 'pwd; echo /*'
	equal said "$(cat "$TMP/said")" $'/\n/bin /dir'
}

@test "-R: a command that is only outside is not found" {
	busybox_root
	fails 127 "daemonize: exec: $PROBE: No such file or directory" \
	    -R root "$PROBE"
	fails 127 "daemonize: exec: env: No such file or directory" \
	    -R root env
}

@test "-R: a relative command is relative to the new root" {
	busybox_root
	in_root bin/busybox pwd
	equal said "$(cat "$TMP/said")" /
}

@test "-R: absolute symbolic links inside lead inside" {
	busybox_root
	mkdir root/inner
	mv root/bin/busybox root/inner
	ln -s /inner/busybox root/dir/busybox
	ln -s /dir root/elsewhere
	in_root /elsewhere/busybox pwd
	equal said "$(cat "$TMP/said")" /
}

@test "-R: a link does not lead out" {
	busybox_root
	mkdir root/inner
	mv root/bin/busybox root/inner
	ln -s ../../../../../../../../../../inner/busybox root/dir/busybox
	ln -s "$PROBE" root/dir/out
	in_root /dir/busybox pwd
	equal said "$(cat "$TMP/said")" /
	fails 127 "daemonize: exec: /dir/out: No such file or directory" \
	    -R root /dir/out
}

@test "-R: --chdir is relative to the new root" {
	busybox_root
	in_root -c /dir /bin/busybox pwd
	equal said "$(cat "$TMP/said")" /dir
	fails 125 "daemonize: chdir: $TMP: No such file or directory" \
	    -R root -c "$TMP" /bin/busybox pwd
}

@test "-R: a script without #! is run by the /bin/sh inside" {
	busybox_root
	echo 'busybox pwd; echo $1' >root/dir/script
	chmod 755 root/dir/script
	in_root -E PATH=/bin /dir/script word
	equal said "$(cat "$TMP/said")" $'/\nword'
}

@test "-R: a missing interpreter inside is named" {
	busybox_root
	echo '#!/usr/bin/env x' >root/dir/script
	chmod 755 root/dir/script
	fails 126 "daemonize: exec: /dir/script: bad interpreter:\
 /usr/bin/env: No such file or directory" -R root /dir/script
}

@test "-R: output and pid files lie outside" {
	busybox_root
	launch -R root -p "$PIDFILE" -o "$TMP/said" /bin/busybox sh -c \
	    'echo $$; while :; do busybox sleep 60; done'
	remember "$(cat "$PIDFILE")"
	eventually test -s "$TMP/said"
	equal "pid file" "$(cat "$PIDFILE")" "$(cat "$TMP/said")"
	equal root "$(readlink "/proc/$(cat "$PIDFILE")/root")" "$TMP/root"
	[[ ! -e root/$PIDFILE ]]
	for PID in $(leftovers); do
		remember "$PID"
	done
}

@test "-R with -u: the user is looked up outside of the new root" {
	busybox_root
	in_root -u daemon /bin/busybox id -u
	equal said "$(cat "$TMP/said")" "$(id_of u daemon)"
}

@test "-R: a missing directory, or a file, is reported" {
	requires root
	: >file
	fails 125 "daemonize: chroot: none: No such file or directory" \
	    -R none true
	fails 125 "daemonize: chroot: file: Not a directory" -R file true
}

# --- what is not a matter of ids ----------------------------------------------

@test "with a user, no signal at a parent's death and no timer slack pass" {
	requires root python3
	open_directory
	# 1 is SIGHUP, 29 the number of PR_SET_TIMERSLACK.
	CALLER=(python3 -c 'import ctypes, os, sys
libc = ctypes.CDLL(None)
libc.prctl(1, 1, 0, 0, 0)
libc.prctl(29, 123456, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])')
	probe -F -u nobody &
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal "signal" "$(fact pdeath)" 0
	equal "timer slack" "$(fact timerslack)" 50000
	equal "dumpable again" "$(fact dumpable)" 1
	# Both are passed on where nothing of the identity changes.
	kill "$(fact pid)"
	rm "$REPORT"
	probe -F &
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal "timer slack without a user" "$(fact timerslack)" 123456
}

@test "root's session keyring does not reach the command of a user" {
	local keyring

	requires root
	open_directory
	"$PROBE" "$REPORT" keyring
	keyring=$(fact keyring)
	((keyring > 0)) || skip "needs a session keyring"
	rm "$REPORT"
	launch "$PROBE" "$REPORT" keyring
	eventually test -e "$REPORT"
	equal "keyring without a user" "$(fact keyring)" "$keyring"
	rm "$REPORT"
	launch -u nobody -c / "$PROBE" "$TMP/report" keyring || :
	eventually test -e "$REPORT"
	[[ $(fact keyring) != "$keyring" ]]
}

@test "the ids that the process has need no change, where none can be made" {
	requires unshare
	unshare -r true 2>/dev/null || skip "needs a user namespace"
	CALLER=(unshare -r)
	launch -u root "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
	equal "user" "$(fact uids)" "0 0 0"
	rm "$REPORT"
	run launch -u nobody "$PROBE" "$REPORT"
	status_is 125
	[[ ! -e $REPORT ]]
}

# --- users of nsswitch.conf's modules ---------------------------------------

# Launches see the user `extra' (4711, group 4712, member of 4713), which only
# a module of nsswitch.conf(5) knows.
with_extra_user() {
	requires root mounts getent
	mkdir extrausers
	echo "extra:x:4711:4712::/home/extra:/bin/ksh" >extrausers/passwd
	printf '%s\n' extra:x:4712: others:x:4713:extra >extrausers/group
	printf '%s\n' "passwd: files extrausers" "group: files extrausers" \
	    "hosts: files dns" >nsswitch.conf
	CALLER=(unshare -m sh -c 'mount --bind nsswitch.conf /etc/nsswitch.conf &&
	    mount --bind extrausers /var/lib/extrausers && exec "$@"' sh)
	[[ $("${CALLER[@]}" getent initgroups extra 2>&1) == *4713* ]] ||
	    skip "needs the module extrausers, and a mount namespace"
	open_directory
}

@test "-u USER: a user that only a module of nsswitch.conf knows" {
	with_extra_user
	probe -u extra
	ids_are 4711 4712
	equal groups "$(fact groups)" "4712 4713"
	equal environment "$(fact env | grep -E '^(HOME|LOGNAME|SHELL|USER)=' |
	    sort)" "$(printf '%s\n' HOME=/home/extra LOGNAME=extra \
	    SHELL=/bin/ksh USER=extra)"
}

@test "-u UID:GROUP: both of a module of nsswitch.conf" {
	with_extra_user
	probe -u 4711:others
	ids_are 4711 4713
	equal groups "$(fact groups)" 4713
	[[ $'\n'$(fact env)$'\n' == *$'\n'USER=extra$'\n'* ]]
}

@test "-u USER: a user that no module of nsswitch.conf knows is refused" {
	with_extra_user
	run launch -u missing true
	status_is 125
	[[ $output == *"no such user"* ]]
}

@test "-u USER: a lookup that fails is no unknown user" {
	with_extra_user
	# An error of getent's, which only a static program asks.
	printf '#!/bin/sh\nexit 3\n' >getent
	chmod 755 getent
	CALLER+=(unshare -m sh -c 'mount --bind getent /usr/bin/getent &&
	    exec "$@"' sh)
	[[ $("${CALLER[@]}" getent passwd 0 || echo $?) == 3 ]] ||
	    skip "needs /usr/bin/getent"
	if readelf -lW "$DAEMONIZE" | grep -q INTERP; then
		skip "needs a static program"
	fi
	run launch -u missing true
	status_is 125
	# In the words of the C library.
	[[ $output == "daemonize: user: missing: "*"/"*"error" ]]
}
