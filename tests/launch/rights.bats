#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# In a directory of an ordinary user, root does what that user could do.

load ../lib/helpers

DENIED="Permission denied, with the rights of nobody, a user that can change\
 this path (chown it to nobody, or put it outside of nobody's directories)"
OF_KERNEL="is a file of the kernel, as in /proc or /sys"
OF_PROCFS="a symbolic link of procfs is not followed"

# What makes a command the ordinary user's, the attacker's.
ATTACKER=(setpriv --reuid=65534 --regid=65534 --clear-groups)

attack() {
	"${ATTACKER[@]}" "$@" 3>&-
}

# The attacker's directory, and root's: `att` and `own`, which has a secret.
attacked() {
	requires root setpriv
	chmod 755 .
	mkdir own att
	chown 65534:65534 att
	echo secret >own/secret
	chmod 600 own/secret
}

# Nothing of root's has been changed.
unharmed() {
	equal "root's directory" "$(ls own)" secret
	equal "root's file" "$(cat own/secret)" secret
}

# is_denied REASON FILE OPTION...: the last option takes the FILE.
is_denied() {
	fails 125 "daemonize: stdio: $2: $1" "${@:3}" "$2" "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
	unharmed
}

# refuses_log REASON FILE
refuses_log() {
	fails 125 "daemonize: log: $2: $1" --log="$2" "$PROBE" "$REPORT"
	unharmed
}

# --- files of the kernel -----------------------------------------------------

# A process of the attacker that waits for root to write its uid_map: MAPPED
unmapped_process() {
	"${ATTACKER[@]}" unshare -U true || skip "needs user namespaces"
	"${ATTACKER[@]}" unshare -U sleep 1000 3>&- &
	MAPPED=$!
	remember "$MAPPED"
	eventually grep -qsx sleep "/proc/$MAPPED/comm"
	[[ ! -s /proc/$MAPPED/uid_map ]]
}

@test "a user's link to its own uid_map gets no line of root's" {
	attacked
	unmapped_process
	attack ln -s "/proc/$MAPPED/uid_map" att/log
	refuses_log "$OF_KERNEL" att/log
	is_denied "$OF_KERNEL" att/log -o
	is_denied "$OF_KERNEL" att/log -u nobody -e
	equal map "$(cat "/proc/$MAPPED/uid_map")" ""
}

@test "a log that becomes a link to uid_map while the command runs gets no line" {
	attacked
	unmapped_process
	launch -F -c . --log=att/log sh -c 'echo first; mv att/log att/old
		"$@" ln -s "/proc/$0/uid_map" att/log
		echo "0 0 4294967295"' "$MAPPED" "${ATTACKER[@]}" || :
	[[ -L att/log ]]
	equal map "$(cat "/proc/$MAPPED/uid_map")" ""
}

@test "a file of the kernel is not opened for root" {
	requires root
	refused() {
		fails 125 "daemonize: stdio: $1: $2" -i "$1" "$PROBE" "$REPORT"
	}
	refused "/proc/$$/environ" "$OF_KERNEL"
	refused /proc/cpuinfo "$OF_KERNEL"
	refused "/proc/$$/cwd/x" "$OF_PROCFS"
	refused "/proc/$$/exe" "$OF_PROCFS"
	[[ ! -e /sys/kernel/uevent_seqnum ]] ||
	    refused /sys/kernel/uevent_seqnum "$OF_KERNEL"
}

@test "a pid file, a record and a lock are not put beside files of the kernel" {
	requires root
	fails 125 "daemonize: pidfile: /proc/$$/pid: is in a directory of the \
kernel, as /proc" -p "/proc/$$/pid" true
	fails 125 "daemonize: lockfile: /proc/$$/comm: is in a directory of \
the kernel, as /proc" -l "/proc/$$/comm" true
}

# --- another mount namespace ---------------------------------------------------

# A process of the attacker with mounts of its own: its directory has
# root's file as app.log, and root's directory as etc.  APART
user_mounts() {
	"${ATTACKER[@]}" unshare -Urm sh -c 'mkdir real real/etc && : >real/app.log &&
	    mount --bind "$1/secret" real/app.log &&
	    mount --bind "$1" real/etc &&
	    cd real && exec sleep 1000' sh "$TMP/own" 3>&- &
	APART=$!
	remember "$APART"
	eventually eval "grep -qsx sleep /proc/$APART/comm ||
	    [[ ! -e /proc/$APART ]]"
	[[ -e /proc/$APART ]] || skip "needs user and mount namespaces"
}

@test "a user's mounts, reached by /proc, give root's files to nobody" {
	local how

	attacked
	cd att
	user_mounts
	cd ..
	for how in cwd root/"$TMP"/att/real; do
		ln -sfn "/proc/$APART/$how" att/app
		chown -h 65534 att/app
		is_denied "too many symbolic links, or one of procfs" \
		    att/app/app.log -u nobody -o
		is_denied "too many symbolic links, or one of procfs" \
		    att/app/etc/new -o
		is_denied "too many symbolic links, or one of procfs" \
		    att/app/etc/secret -u nobody -i
		fails 125 "daemonize: stop: att/app/etc/svc.pid: too many \
symbolic links, or one of procfs" --stop -p att/app/etc/svc.pid
	done
}

# --- whose rights --------------------------------------------------------------

@test "root's link that a user has moved into a sticky directory is refused" {
	attacked
	mkdir -m 1777 sticky
	ln -s "$TMP/own/secret" att/link
	attack mv att/link sticky/link
	is_denied "a symbolic link of root is in a directory that other users \
can write" sticky/link -o
	is_denied "a symbolic link of root is in a directory that other users \
can write" sticky/link -i
}

@test "the group of a user's directory gives that user no rights" {
	attacked
	chgrp games own/secret att
	chmod 660 own/secret
	chmod 2775 att
	attack ln -s "$TMP/own/secret" att/link
	is_denied "$DENIED" att/link -i
	is_denied "$DENIED" att/link -o
}

@test "what a user's FUSE calls root's is the user's" {
	local status=0

	attacked
	requires python3
	mkdir served
	timeout 60 "$SOURCE_DIR/tests/bin/silentfs.py" -u 65534 \
	    "$TMP/own/secret" "$TMP/served" sh -c '
		test -L served/link || exit 98
		for option in --stdin --stdout --log; do
			"$0" "$option=served/link" true && exit 1
		done
		exit 0' "$DAEMONIZE" >said 2>&1 3>&- || status=$?
	((status != 99)) || skip "needs a FUSE to mount"
	equal status "$status" 0
	equal messages "$(cat said)" "daemonize: stdio: served/link: $DENIED
daemonize: stdio: served/link: $DENIED
daemonize: log: served/link: $DENIED"
	unharmed
}

@test "a user has the rights of its groups in the database" {
	attacked
	chgrp "$(id -gn nobody)" own/secret
	chmod 640 own/secret
	attack ln -s "$TMP/own/secret" att/link
	chmod 777 .
	probe -i att/link
	equal stdin "$(fact fd0)" "r $TMP/own/secret"
}

@test "a user that is not in the database has the rights of others" {
	attacked
	mkdir -m 755 theirs
	chown 4000000 theirs
	ln -s "$TMP/own/secret" theirs/link
	chgrp "$(id -gn nobody)" own/secret
	fails 125 "daemonize: stdio: theirs/link: Permission denied, with the \
rights of 4000000, a user that can change this path (chown it to 4000000, or \
put it outside of 4000000's directories)" -i theirs/link "$PROBE" "$REPORT"
	chmod 777 .
	probe -o theirs/new
	equal owner "$(stat -c %u theirs/new)" 4000000
}

@test "root's file is not read by a name that a user has given to it" {
	attacked
	cp -p own/secret att/secret
	attack mv att/secret att/in
	is_denied "$DENIED" att/in -i
	mkdir -m 1777 sticky
	attack mv att/in sticky/in
	is_denied "in a directory that other users can write, root reads only a \
file that everybody may read" sticky/in -i
}

@test "a directory above a user's is reached with the user's rights" {
	attacked
	mkdir -m 700 closed
	mkdir closed/theirs
	chown 65534 closed/theirs
	is_denied "$DENIED" closed/theirs/../new -o
	attack mkdir att/a att/b
	attack ln -s a att/way
	chmod 777 .
	probe -o att/way/../log
	equal owner "$(stat -c %u att/log)" 65534
}

@test "a file in root's directory below a user's is made by the user, or not" {
	attacked
	mkdir att/logs
	fails 125 "daemonize: stdio: att/logs/log: $DENIED" -o att/logs/log true
	fails 125 "daemonize: log: att/logs/log: $DENIED" --log=att/logs/log true
	fails 125 "daemonize: pidfile: att/logs/pid: $DENIED" -p att/logs/pid true
	fails 125 "daemonize: lockfile: att/logs/lock: $DENIED" \
	    -l att/logs/lock true
	equal "the directory" "$(ls att/logs)" ""
}

@test "a file that is refused has not been truncated" {
	attacked
	mkdir -m 1777 sticky
	ln own/secret sticky/log
	is_denied "has more than one hard link" sticky/log -o
	ln own/secret att/log
	is_denied "$DENIED" att/log -o
}

@test "root's rights are not left by securebits that keep capabilities" {
	attacked
	setpriv --securebits +no_setuid_fixup true 2>/dev/null ||
	    skip "needs securebits"
	attack ln -s "$TMP/own/secret" att/link
	CALLER=(setpriv --securebits +no_setuid_fixup)
	is_denied "$DENIED" att/link -o
	# Without capabilities from the start.
	CALLER=(setpriv --securebits "+noroot,+no_setuid_fixup")
	is_denied "setgroups: Operation not permitted" att/link -o
}

# What the attacker may do to that process: may_do PID
may_do() {
	python3 - "$1" 3>&- <<'EOF'
import ctypes, os, sys

pid = int(sys.argv[1])
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
libc = ctypes.CDLL(None, use_errno=True)

def is_allowed(call):
    try:
        return call() != -1 or ctypes.get_errno() != 1
    except PermissionError:
        return False

PIDFD_GETFD = 438
pidfd = os.pidfd_open(pid)
for name, call in (
    ("signal", lambda: os.kill(pid, 0)),
    ("memory", lambda: os.open("/proc/%d/mem" % pid, os.O_RDWR)),
    ("descriptor", lambda: libc.syscall(PIDFD_GETFD, pidfd, 0, 0)),
    ("list", lambda: os.listdir("/proc/%d/fd" % pid)),
):
    if is_allowed(call):
        print(name)
EOF
}

@test "a user whose rights are taken can neither signal nor trace the process" {
	local all=$'signal\nmemory\ndescriptor\nlist' pid user

	attacked
	requires strace python3
	# The same of a process that is the user's: these calls can succeed.
	"${ATTACKER[@]}" sleep 1000 3>&- &
	user=$!
	remember "$user"
	eventually grep -qsx sleep "/proc/$user/comm"
	[[ $(may_do "$user") == "$all" ]] || skip "needs kernel.yama.ptrace_scope=0"
	attack mkdir att/logs
	strace -qq -o trace -e trace=openat2 -e inject=openat2:signal=STOP \
	    "$DAEMONIZE" -F -o att/logs/log true 3>&- &
	remember $!
	eventually grep -qs 'stopped by SIGSTOP' trace
	pid=$(tr -d ' ' <"/proc/$!/task/$!/children")
	remember "$pid"
	equal "effective uid" "$(awk '/^Uid:/ { print $3 }' \
	    "/proc/$pid/status")" 65534
	equal "what the user may do" "$(may_do "$pid")" ""
	kill -KILL "$pid"
}

@test "rights that cannot be taken on are named by the call" {
	attacked
	CALLER=(setpriv --bounding-set=-setgid --inh-caps=-setgid)
	is_denied "setgroups: Operation not permitted" att/log -o
	CALLER=(setpriv --bounding-set=-setuid --inh-caps=-setuid)
	is_denied "setresuid: Operation not permitted" att/log -o
	equal "the user's directory" "$(ls att)" ""
	# Nothing needs them in root's own directories.
	launch -o out "$PROBE" "$REPORT"
	eventually test -e "$REPORT"
}

@test "openat2 denied: what a user's directories need it for names it" {
	attacked
	attack mkdir att/logs
	for error in EPERM ENOSYS; do
		"$HELPERS_DIR/deny" openat2 "$error" true 2>/dev/null ||
		    skip "needs seccomp"
		CALLER=("$HELPERS_DIR/deny" openat2 "$error")
		run launch -o att/logs/log "$PROBE" "$REPORT"
		status_is 125
		[[ $output == "daemonize: stdio: att/logs/log: openat2: "* ]]
	done
}

@test "root of a user namespace without other users is an ordinary user" {
	attacked
	attack unshare -Ur true 2>/dev/null || skip "needs user namespaces"
	chmod 777 .
	CALLER=("${ATTACKER[@]}" unshare -Ur)
	probe -o att/log -p att/pid
	remember "$PID"
	equal owner "$(stat -c %u att/log)" 65534
	attack ln -s "$TMP/own/secret" att/link
	fails 125 "daemonize: stdio: att/link: Permission denied" -o att/link true
}

# --- a log ------------------------------------------------------------------

@test "a log is rotated with the rights of the user of its directory" {
	attacked
	mkdir att/logs
	echo "more than ten bytes" >att/logs/log
	chown 65534 att/logs/log
	launch -F --log=att/logs/log --log-rotate=10 echo new
	equal "root's directory" "$(ls att/logs)" log
	chown 65534 att/logs
	launch -F --log=att/logs/log --log-rotate=10 echo newer
	equal "the user's directory" "$(ls att/logs)" $'log\nlog.1'
	equal log "$(head -n 1 att/logs/log)" newer
	equal owners "$(stat -c %u att/logs/log att/logs/log.1)" $'65534\n65534'
}

# --- files of our own ----------------------------------------------------------

@test "root's file in a user's directory that is no pid file is left alone" {
	attacked
	cp -p own/secret att/secret
	attack mv att/secret att/pid
	fails 125 "daemonize: pidfile: att/pid: contains something other than \
a pid; is it the right file?" -p att/pid "$PROBE" "$REPORT"
	equal "root's file" "$(cat att/pid)" secret
}

@test "nor is one overwritten that has the name of a record" {
	attacked
	cp -p own/secret att/secret
	attack mv att/secret att/pid.record
	fails 125 "daemonize: pidfile: att/pid: its record contains something \
else; remove it" -p att/pid "$PROBE" "$REPORT"
	equal "root's file" "$(cat att/pid.record)" secret
	[[ ! -e att/pid ]]
}

@test "nor is one locked, or a user's own file" {
	attacked
	cp -p own/secret att/secret
	attack touch att/own
	fails 125 "daemonize: lockfile: att/secret: a user can change this \
path, and the file contains something" -l att/secret "$PROBE" "$REPORT"
	fails 125 "daemonize: lockfile: att/own: a user can change this path, \
and the file is not root's" -l att/own "$PROBE" "$REPORT"
	[[ ! -e $REPORT ]]
}

@test "a pid file and a lock of root's can be in a user's directory" {
	attacked
	launch -p att/pid -l att/lock -u nobody sleep 1000
	PID=$(cat att/pid)
	remember "$PID"
	equal owners "$(stat -c %u att/pid att/pid.record att/lock)" $'0\n0\n0'
	launch --stop -p att/pid
	gone "$PID"
	equal "the user's directory" "$(ls att)" lock
}

@test "a user's link in the place of a pid file or a lock is not followed" {
	attacked
	attack ln -s "$TMP/own/secret" att/link
	fails 125 "daemonize: pidfile: att/link: is a symbolic link" \
	    -p att/link true
	fails 125 "daemonize: lockfile: att/link: is a symbolic link" \
	    -l att/link true
	unharmed
}

@test "a lock file with another hard link is refused, as it may be a record" {
	attacked
	launch -p pid sleep 1000
	remember "$(cat pid)"
	ln pid.record att/lock
	fails 125 "daemonize: lockfile: att/lock: has a second name (a hard link)" \
	    -l att/lock sleep 1000
	launch --stop -p pid
}

# --- the caller's descriptors ----------------------------------------------------

@test "/dev/stdout and /dev/fd/N are the caller's, and are not truncated" {
	local name

	for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		echo before >out
		launch -F -o "$name" echo after >>out
		equal "$name" "$(cat out)" $'before\nafter'
	done
}

@test "root's link to /dev/stdout is the caller's stdout" {
	requires root
	ln -s /dev/stdout log
	echo before >out
	launch -F -o log echo after >>out
	equal out "$(cat out)" $'before\nafter'
}

@test "a descriptor that can only be read from is not opened to write to" {
	echo old >file
	exec 7<file
	fails 125 "daemonize: stdio: /proc/self/fd/7: Permission denied" \
	    -o /proc/self/fd/7 "$PROBE" "$REPORT"
	probe -i /proc/self/fd/7
	equal stdin "$(fact fd0)" "r $TMP/file"
	equal file "$(cat file)" old
}

@test "stdout can be a socket" {
	requires python3
	equal out "$(python3 -c '
import socket, subprocess, sys
ours, theirs = socket.socketpair()
subprocess.call(sys.argv[1:], stdout=theirs)
theirs.close()
print(ours.recv(100).decode(), end="")' \
	    "$DAEMONIZE" -F -o /dev/stdout echo line 3>&-)" line
}

@test "a user's link to /dev/tty is refused" {
	attacked
	attack ln -s /dev/tty att/tty
	CALLER=("$HELPERS_DIR/onpty")
	run launch -o att/tty "$PROBE" "$REPORT"
	[[ $output == *"att/tty: is /dev/tty, in a directory of a user"* ]]
}
