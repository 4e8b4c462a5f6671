# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the bats files share.
#
# make check sets DAEMONIZE, PROBE and HELPERS_DIR (where the helper programs
# are built), and SOURCE_DIR.  Everything that a test makes lies in
# $BATS_TEST_TMPDIR; every process that it starts carries DAEMONIZE_TEST, so
# that the teardown finds what was left behind.

: "${SOURCE_DIR:=$(cd "${BATS_TEST_DIRNAME:?}/../.." && pwd)}"
: "${DAEMONIZE:=$SOURCE_DIR/build/daemonize}"
: "${HELPERS_DIR:=$(dirname "$DAEMONIZE")/tests/bin}"
: "${PROBE:=$HELPERS_DIR/probe}"

# Where sanitize.c has the sanitizers write to.
REPORTS=${HELPERS_DIR%/*}/reports

# How long something may take before it is a failure: nothing waits for it.
DEADLINE=20

setup() {
	TMP=$BATS_TEST_TMPDIR
	# A daemon run by another user must get into it, and /tmp/bats-* is 0700.
	chmod 755 "$TMP" "$BATS_FILE_TMPDIR" "$BATS_SUITE_TMPDIR" \
	    "$BATS_RUN_TMPDIR"
	# The checkout may lie in a home directory, where no other user gets to.
	if [[ ! -e $BATS_FILE_TMPDIR/bin ]]; then
		mkdir -m 755 "$BATS_FILE_TMPDIR/bin"
		find "$HELPERS_DIR" "$DAEMONIZE" -maxdepth 1 -type f -perm -100 \
		    -exec cp '{}' "$BATS_FILE_TMPDIR/bin" ';'
	fi
	HELPERS_DIR=$BATS_FILE_TMPDIR/bin
	DAEMONIZE=$HELPERS_DIR/daemonize
	PROBE=$HELPERS_DIR/probe
	PIDFILE=$TMP/pid
	REPORT=$TMP/report
	CALLER=()
	export DAEMONIZE_TEST=$TMP
	mkfifo "$TMP/.pause"
	: >"$TMP/.pids"
	: >"$TMP/.at_end"
	cd "$TMP" || return
}

# Ends every process that was remembered; then nothing may be left.
teardown() {
	local pid leftover

	while read -r pid; do
		kill -KILL "$pid" 2>/dev/null || :
		eventually gone "$pid"
	done <"$BATS_TEST_TMPDIR/.pids"
	# shellcheck source=/dev/null
	. "$BATS_TEST_TMPDIR/.at_end"
	leftover=$(leftovers)
	if [[ -n $leftover ]]; then
		echo "left behind:"
		ps -o pid,ppid,sid,stat,args -p "${leftover//$'\n'/,}" || :
		# shellcheck disable=SC2086  # a list of numbers
		kill -KILL $leftover
		return 1
	fi
	no_report
}

# Fails where a sanitizer found something: in this test, or in one beside it.
no_report() {
	local file result=0

	for file in "$REPORTS"/*; do
		[[ -e $file ]] || continue
		cat "$file"
		rm -f "$file"
		result=1
	done
	return "$result"
}

# The processes that this test started and that live.
leftovers() (
	unset DAEMONIZE_TEST
	grep -lsz "^DAEMONIZE_TEST=$BATS_TEST_TMPDIR\$" /proc/[0-9]*/environ |
	    cut -d/ -f3
)

# Nothing is there of a launch that failed.
nothing_is_left() {
	equal processes "$(leftovers)" ""
	[[ ! -e $PIDFILE && ! -e $PIDFILE.record ]]
}

# To wait for commands that end by themselves: eventually nothing_runs
nothing_runs() {
	[[ -z $(leftovers) ]]
}

# Runs daemonize.  Descriptor 3 is bats' own: leaked, it hangs the suite.
# Logs what was run and what came of it: bats shows it when the test fails.
launch() {
	local status=0

	echo "+ ${CALLER[*]} daemonize $*" >>"$TMP/.log"
	"${CALLER[@]}" "$DAEMONIZE" "$@" 3>&- || status=$?
	echo "= $status" >>"$TMP/.log"
	return "$status"
}

# The pid is ended by the teardown.
remember() {
	[[ $1 =~ ^[0-9]+$ ]] || { echo "no pid: '$1'"; return 1; }
	echo "$1" >>"$TMP/.pids"
}

# What is launched from here on comes from a caller in a bad state, as
# badcaller.c has them: from STATE... [-- PREFIX...]
from() {
	[[ " $* " == *" -- "* ]] || set -- "$@" --
	CALLER=("$HELPERS_DIR/badcaller" "$@")
}

# What is launched from here on comes from an ordinary user, USERNAME, who has no
# instances: where they lie is NAMED.
as_user() {
	mkdir -m 777 "$TMP/run"
	export XDG_STATE_HOME=$TMP/run
	NAMED=$TMP/run/daemonize/$HOSTNAME
	USERNAME=$(id -un)
	if ((EUID == 0)); then
		requires setpriv
		USERNAME=nobody
		from -- setpriv --reuid "$(id -u nobody)" \
		    --regid "$(id -g nobody)" --clear-groups
	fi
}

# The teardown runs it once the daemons are gone: at_end COMMAND [ARG]...
at_end() {
	printf '%q ' "$@" >>"$TMP/.at_end"
	echo '|| :' >>"$TMP/.at_end"
}

# Launches the probe and waits for its report: probe [OPTION]... [-- ARG...]
# PID is set, and remembered.
probe() {
	launch "$@" "$PROBE" "$REPORT" stay
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

# The server of the pid file: PID, remembered, and so are its workers, whose
# titles hide the mark that the teardown looks for.
remember_server() {
	PID=$(cat "$PIDFILE")
	remember "$PID"
	at_end end_group "$(seen pgid "$PID")"
}

end_group() {
	kill -KILL -- "-$1" 2>/dev/null
}

# Launches a command with the pid file: PID, and remembered.
# start [OPTION]... COMMAND [ARG]...
start() {
	launch -p "$PIDFILE" "$@"
	read -r PID <"$PIDFILE"
	remember "$PID"
}

# The same with the command of the test: start_daemon [OPTION]...
DAEMON=(sleep 1000)
start_daemon() {
	start "$@" "${DAEMON[@]}"
}

# The same with stubborn.c, which has begun: start_stubborn [WORD]...
start_stubborn() {
	rm -f "$TMP/log"
	start "$HELPERS_DIR/stubborn" "$TMP/log" "$@"
	eventually test -s "$TMP/log"
}

# The same, with a child in its session: CHILD, and remembered.
start_two() {
	local DAEMON=(sh -c 'sleep 1000 & echo $! >"$0"; wait' "$TMP/child")

	start_daemon "$@"
	eventually test -s "$TMP/child"
	CHILD=$(cat "$TMP/child")
	remember "$CHILD"
}

# Launches one by its name: PID, and remembered.
# start_named NAME [COMMAND]...
start_named() {
	local name=$1

	shift
	(($#)) || set -- sleep 1000
	launch -n "$name" "$@"
	PID=$(cat "$NAMED/$name.pid")
	remember "$PID"
}

# Runs a helper without the bad caller: untouched HELPER [ARG]...
untouched() {
	local CALLER=()

	"$@"
}

# Starts a sleep with a pid file whose parent will never reap
# it: PID, and remembered.
start_unreaped() {
	sh -c '"$1" -F -p "$2" sleep 1000 & exec sleep 1000' sh \
	    "$DAEMONIZE" "$PIDFILE" 3>&- &
	remember $!
	eventually test -s "$PIDFILE"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually grep -qx sleep "/proc/$PID/comm"
}

# Starts a sleep that ends, and whose parent never reaps it:
# ZOMBIE.  The parent has become another program by then, which cannot.
start_zombie() {
	mkfifo "$TMP/.end"
	sh -c '{ read -r end <"$1/.end"; exec sleep 0; } & echo $! >"$1/.zombie"
	    exec sleep 1000' sh "$TMP" 3>&- &
	remember $!
	eventually grep -qsx sleep "/proc/$!/comm"
	ZOMBIE=$(cat "$TMP/.zombie")
	remember "$ZOMBIE"
	echo end >"$TMP/.end"
	eventually grep -q '^State:.Z' "/proc/$ZOMBIE/status"
}

# A fact of the probe's report: fact NAME [FILE]
fact() {
	sed -n "s/^$1 //p; s/^$1\$//p" "${2:-$REPORT}"
}

# What the kernel shows of a process (proc(5)): seen pgid|sid|tty PID
# A tty is a number, 0 where there is none.
seen() {
	local stat pgid sid tty

	stat=$(cat "/proc/$2/stat")
	read -r _ _ pgid sid tty _ <<<"${stat##*) }"
	case $1 in
	pgid)	echo "$pgid" ;;
	sid)	echo "$sid" ;;
	tty)	echo "$tty" ;;
	esac
}

# A line of the record beside a pid file: recorded KEY [PIDFILE]
recorded() {
	tr -d '\0' <"${2:-$PIDFILE}.record" | sed -n "s/^$1 //p"
}

# The pid file and its record name one process that lives, and the record has
# the start tick that the kernel shows (field 22 of /proc/PID/stat): PID, and
# remembered.  names_instance [PIDFILE]
names_instance() {
	local file=${1:-$PIDFILE} stat

	PID=$(cat "$file")
	remember "$PID"
	alive "$PID"
	equal "pid of the record" "$(recorded pid "$file")" "$PID"
	stat=$(cat "/proc/$PID/stat")
	equal "start of the record" "$(recorded start "$file")" \
	    "$(cut -d' ' -f20 <<<"${stat##*) }")"
}

# Kills the daemon as nothing that it could prepare for does: end_daemon [PID]
end_daemon() {
	kill -KILL "${1-$PID}"
	eventually gone "${1-$PID}"
}

# That child of this shell ends with that status: exits_with STATUS PID
exits_with() {
	local status=0

	wait "$2" || status=$?
	equal status "$status" "$1"
}

# A file contains a line with that text: contains FILE TEXT
contains() {
	grep -qsF -- "$2" "$1"
}

# Fails with both values where they differ: equal WHAT ACTUAL EXPECTED
equal() {
	[[ $2 == "$3" ]] || {
		printf '%s\n  is       %q\n  expected %q\n' "$1" "$2" "$3"
		return 1
	}
}

# The run of bats ended with that status: status_is N
status_is() {
	[[ $status -eq $1 ]] || {
		echo "status $status, not $1; output:"
		echo "$output"
		return 1
	}
}

# The run printed that and nothing else.
output_is() {
	equal output "$output" "$1"
}

# An error in the words of the C library that daemonize is linked with, where
# they are not those of glibc.
in_its_words() {
	local text=$1

	if "$DAEMONIZE" -p "$(printf '%05000d' 0)" true 2>&1 |
	    grep -q 'Filename too long$'; then
		# musl's
		text=${text//Cannot allocate memory/Out of memory}
		text=${text//File name too long/Filename too long}
		text=${text//Input\/output error/I\/O error}
		text=${text//Too many open files/No file descriptors available}
		text=${text//Unknown error 2147483647/No error information}
	fi
	echo "$text"
}

# What ends the message about a command that died before it was ready, where
# no file has what it wrote; and about one that exited with 0.
WITHOUT_FILE="; use -e FILE to see its messages"
WITHOUT_FAULT="; if it makes itself a daemon, use its foreground option"

# The launch ends with that status, and that is all it prints:
# fails STATUS MESSAGE [OPTION]... [COMMAND [ARG]...]
fails() {
	local expected=$1 message=$2 status=0

	shift 2
	launch "$@" >"$TMP/.output" 2>&1 || status=$?
	[[ $(cat "$TMP/.output") == "$message" ]] ||
	    message=$(in_its_words "$message")
	equal "output of $*" "$(cat "$TMP/.output")" "$message"
	equal "status of $*" "$status" "$expected"
}

# A moment, without a process: part of polling with a deadline.
breathe() {
	read -r -t 0.01 <>"$BATS_TEST_TMPDIR/.pause" || :
}

# Tries a command until it succeeds; fails after the deadline.
eventually() {
	local end=$((SECONDS + DEADLINE))

	until "$@"; do
		((SECONDS < end)) || { echo "never: $*"; return 1; }
		breathe
	done
}

# A zombie is gone: not every container has an init that reaps.
gone() {
	local state

	state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' \
	    "/proc/$1/status" 2>/dev/null) || :
	[[ -z $state || $state == Z || $state == X ]]
}

alive() {
	! gone "$1"
}

# System calls by each name that they may have, for strace: a C library and an
# architecture have one of them.  names_of CALL[,CALL]...
names_of() {
	local call names=

	for call in ${1//[,?]/ }; do
		case $call in
		fork)	call="clone clone3 fork vfork" ;;
		open)	call="open openat openat2" ;;
		mkdir)	call="mkdir mkdirat" ;;
		dup2)	call="dup2 dup3" ;;
		mmap)	call="mmap mmap2" ;;
		poll)	call="poll ppoll ppoll_time64" ;;
		wait4)	call="wait4 waitpid" ;;
		stat)	call="stat stat64 fstat fstat64 newfstatat fstatat64
			    statx" ;;
		fcntl | ftruncate)
			call="$call ${call}64" ;;
		setgroups | setresgid | setresuid)
			call="$call ${call}32" ;;
		rt_sigtimedwait)
			call="$call ${call}_time64" ;;
		esac
		# shellcheck disable=SC2086  # words
		names+=$(printf ',?%s' $call)
	done
	echo "${names#,}"
}

# Copies what a program is linked with, into a new root directory:
# copy_libraries PROGRAM DIR
copy_libraries() {
	local file

	# The ldd of glibc shows nothing of a program of musl's, but its name.
	while read -r file; do
		[[ $file != "$1" ]] || continue
		mkdir -p "$2${file%/*}"
		cp "$file" "$2$file"
	done < <(ldd "$1" 2>/dev/null | grep -o '/[^ :]*'
	    grep -ao '/lib/ld-musl[[:graph:]]*' "$1")
}

# A port that no process listens on: PORT
free_port() {
	PORT=$(python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1])')
}

# Skips with a uniform reason: requires WHAT...
# WHAT is root, user, plain, mounts, pids, dynamic, glibc, uncounted, or a
# command.
requires() {
	local what

	for what; do
		case $what in
		root)	((EUID == 0)) || skip "needs root" ;;
		user)	((EUID != 0)) || skip "needs an ordinary user" ;;
		# They make system calls and handle signals, too.
		plain)	! grep -q __asan_init "$DAEMONIZE" ||
			    skip "needs a build without sanitizers" ;;
		# A chroot that is no mount point has neither.
		mounts)	unshare -m mount -t tmpfs none "$TMP" 2>/dev/null ||
			    skip "needs a mount namespace" ;;
		pids)	unshare --pid --fork --mount-proc true 2>/dev/null ||
			    skip "needs a pid namespace" ;;
		dynamic) ldd "$DAEMONIZE" >/dev/null 2>&1 ||
			    skip "needs a program that is not static" ;;
		# The daemon(3) of musl forks twice.
		glibc)	! grep -q ld-musl "$PROBE" ||
			    skip "needs helpers linked with glibc" ;;
		# It keeps its counters in a file.
		uncounted) ! grep -q __llvm_profile "$DAEMONIZE" ||
			    skip "needs a build without coverage" ;;
		# Many containers have it but let it trace nothing.
		strace)	strace -o /dev/null true 2>/dev/null ||
			    skip "needs strace" ;;
		*)	PATH=$PATH:/usr/sbin:/sbin command -v "$what" \
			    >/dev/null || skip "needs $what" ;;
		esac
	done
}

# Field N of /proc/PID/stat, counted as in proc(5): stat_field N PID
stat_field() {
	local stat

	stat=$(cat "/proc/$2/stat")
	cut -d' ' -f$(($1 - 2)) <<<"${stat##*) }"
}

in_process_state() {
	[[ $(stat_field 3 "$2") == "$1" ]]
}
