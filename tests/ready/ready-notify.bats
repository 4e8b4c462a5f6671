#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --ready=notify: sd_notify(3)'s protocol.

load ../lib/helpers

# Nothing is late that has this long; what is late never becomes ready.
LONG=--ready-timeout=1m
SHORT=--ready-timeout=300ms

# A daemon that says what it is told to, and notes where: with notifier.c's
# actions, says [OPTION]... -- ACTION...
said_by() {
	local options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	SAID_BY=(--ready=notify "${options[@]}" "$HELPERS_DIR/notifier"
	    path="$TMP/socket" "$@")
}

# The launch succeeds, silently, and the daemon stays: becomes_ready ACTION...
becomes_ready() {
	said_by "$LONG" -p "$PIDFILE" -- "$@" stay
	fails 0 "" "${SAID_BY[@]}"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	alive "$PID"
	is_removed
}

# What was said last makes nothing ready; the message may go on:
# is_not_ready MORE ACTION...
is_not_ready() {
	local more=$1

	shift
	said_by "$LONG" -p "$PIDFILE" -- "$@" exit=3
	fails 123 "$(ended_message "exited with status 3")$more$WITHOUT_FILE" \
	    "${SAID_BY[@]}"
	nothing_notified_is_left
}

# The message of a daemon's end.
ended_message() {
	echo "daemonize: ready: $HELPERS_DIR/notifier: $1 before it was ready"
}

# The socket and its directory.
is_removed() {
	local path

	path=$(cat "$TMP/socket")
	[[ $path == /* && ! -e $path && ! -e ${path%/*} ]]
	rm "$TMP/socket"
}

nothing_notified_is_left() {
	is_removed
	[[ ! -e $PIDFILE ]]
	nothing_runs
}

# In the background: LAUNCHER is its pid, $TMP/output what it prints.
launch_aside() {
	"$DAEMONIZE" "$@" 3>&- >"$TMP/output" 2>&1 &
	LAUNCHER=$!
	remember "$LAUNCHER"
}

# It ends with that status: ends_with STATUS
launch_exits_with() {
	local status=0

	wait "$LAUNCHER" || status=$?
	equal status "$status" "$1"
}

# --- as every method ---------------------------------------------------------

@test "READY=1 is readiness, and what came before it is not" {
	mkfifo "$TMP/go"
	said_by "$LONG" -p "$PIDFILE" -- text=STATUS=up fds=1 text=BARRIER=1 \
	    path="$TMP/said" await="$TMP/go" text=READY=1 stay
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/said"
	remember "$(cat "$PIDFILE")"
	alive "$LAUNCHER"
	echo >"$TMP/go"
	launch_exits_with 0
	is_removed
	alive "$(cat "$PIDFILE")"
}

@test "a daemon that exits before it is ready is reported with its status" {
	is_not_ready "" text=STATUS=
}

@test "a daemon that is killed before it is ready is reported with the signal" {
	said_by "$LONG" -p "$PIDFILE" -- die=9
	fails 123 "$(ended_message "killed by signal 9")$WITHOUT_FILE" \
	    "${SAID_BY[@]}"
	nothing_notified_is_left
}

@test "a daemon that says READY=1 and has ended is not ready" {
	said_by "$LONG" -p "$PIDFILE" -- hold text=READY=1 text=STATUS=up exit=3
	launch_aside "${SAID_BY[@]}"
	eventually test -s "$PIDFILE"
	eventually gone "$(cat "$PIDFILE")"
	kill -CONT "$LAUNCHER"
	launch_exits_with 123
	grep -q "exited with status 3 before it was ready" "$TMP/output"
	nothing_notified_is_left
}

@test "a daemon that says nothing is ended after the time-out" {
	said_by "$SHORT" -p "$PIDFILE" -- stay
	fails 124 "daemonize: ready: $HELPERS_DIR/notifier:$(
	    ) not ready after 300ms: notify" "${SAID_BY[@]}"
	nothing_notified_is_left
}

@test "^C, QUIT and TERM end the daemon, and then the launcher" {
	local sig

	for sig in INT QUIT TERM; do
		said_by "$LONG" -p "$PIDFILE" -- text=READY=0 stay
		# A background command of a script has INT and QUIT ignored.
		python3 -c 'import os, signal, sys
for sig in signal.SIGINT, signal.SIGQUIT:
    signal.signal(sig, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$DAEMONIZE" "${SAID_BY[@]}" 3>&- \
		    >"$TMP/output" 2>&1 &
		LAUNCHER=$!
		remember "$LAUNCHER"
		eventually test -e "$TMP/socket"
		kill "-$sig" "$LAUNCHER"
		launch_exits_with "$((128 + $(kill -l "$sig")))"
		equal output "$(cat "$TMP/output")" \
		    "daemonize: ready: $HELPERS_DIR/notifier:$(
		    ) interrupted by signal $sig"
		nothing_notified_is_left
	done
}

@test "a command that cannot be executed leaves no socket" {
	requires strace
	echo '#!/nonexistent' >"$TMP/bad"
	chmod 755 "$TMP/bad"
	run strace -f -e trace=mkdirat -o "$TMP/trace" \
	    "$DAEMONIZE" --ready=notify "$TMP/bad" 3>&-
	status_is 126
	[[ $(cat "$TMP/trace") =~ mkdirat\(.*\"(daemonize-[0-9a-f]+)\" ]]
	[[ -z $(find /run /tmp -maxdepth 1 -name "${BASH_REMATCH[1]}") ]]
}

# --- messages ----------------------------------------------------------------

@test "READY=1 is a whole line of a message, wherever it stands" {
	local text

	for text in 'READY=1' 'READY=1\n' 'READY=1\0' 'READY=1\n\0' \
	    'STATUS=up\nREADY=1\nX=y' '\n\nREADY=1\n\n' 'X\n=\nREADY=1' \
	    'READY=0\nREADY=1' 'STATUS=\xff\nREADY=1'; do
		becomes_ready "text=$text"
		kill "$PID"
		eventually gone "$PID"
		rm -f "$PIDFILE" "$PIDFILE.record"
	done
}

@test "nothing else than that line is READY=1" {
	local text

	for text in 'READY=1x' 'XREADY=1' 'READY=0' 'READY=' 'READY' 'ready=1' \
	    ' READY=1' 'READY=1 ' 'READY=1\r' 'READY=11' 'READY =1' \
	    'X=\0READY=1' '\0READY=1' 'READY=1\0\0' 'READY=1\0\nREADY=1'; do
		is_not_ready "" "text=${text/'\r'/$'\r'}"
	done
}

@test "READY=1 in a status is part of the status" {
	is_not_ready "; its status: READY=1" text=STATUS=READY=1
}

@test "a message with a NUL inside says nothing at all" {
	is_not_ready "" 'text=STATUS=up\0\nREADY=1\nERRNO=2'
}

@test "an empty message says nothing" {
	is_not_ready "" text= text= fds=1 text=
}

@test "a message of 4096 bytes is heard, a longer one is not" {
	becomes_ready size=4096 'text=READY=1\nX='
	kill "$PID"
	eventually gone "$PID"
	rm -f "$PIDFILE" "$PIDFILE.record"
	is_not_ready "" size=4097 'text=READY=1\nX='
	is_not_ready "" size=65536 'text=READY=1\nX='
}

@test "a message that is too long is reported with -v" {
	said_by -v "$LONG" -- size=4097 'text=READY=1\nX=' exit=3
	run launch "${SAID_BY[@]}"
	status_is 123
	[[ $output =~ "ignored a message of pid "[0-9]+": malformed" ]]
	is_removed
}

# --- what else it can say ----------------------------------------------------

@test "the last status that it gave is in the message of its end" {
	is_not_ready "; its status: loading, 50 %" text=STATUS=starting \
	    'text=X=y\nSTATUS=loading, 50 %\n'
	is_not_ready "" text=STATUS=starting text=STATUS=
}

@test "a status cannot break the line or reach the terminal" {
	is_not_ready '; its status: \x1b[2J\x07' $'text=STATUS=\033[2J\007'
}

@test "a long status is cut" {
	said_by "$LONG" -- size=4000 text=STATUS= exit=3
	run launch "${SAID_BY[@]}"
	status_is 123
	((${#lines[@]} == 1 && ${#output} > 200 && ${#output} < 2000))
	is_removed
}

@test "ERRNO and EXIT_STATUS are in the message of its end" {
	is_not_ready "; its error: No such file or directory" text=ERRNO=2
	is_not_ready "; its exit status: 7" text=EXIT_STATUS=7
	is_not_ready "; its status: no; its error: Permission denied;$(
	    ) its exit status: 255" \
	    'text=STATUS=no\nERRNO=13\nEXIT_STATUS=255'
	is_not_ready "; its error: Unknown error 2147483647" \
	    text=ERRNO=2147483647
}

@test "an ERRNO or EXIT_STATUS that is no number of its kind is ignored" {
	local value

	for value in '' x 2x -1 +2 ' 2' 0x2 2.0 2147483648 \
	    18446744073709551618 99999999999999999999999; do
		is_not_ready "" "text=ERRNO=$value"
		is_not_ready "" "text=EXIT_STATUS=$value"
	done
	is_not_ready "" text=EXIT_STATUS=256
}

@test "EXTEND_TIMEOUT_USEC gives more time than the time-out" {
	said_by --ready-timeout=2s -p "$PIDFILE" -- \
	    text=EXTEND_TIMEOUT_USEC=3600000000 path="$TMP/said" \
	    await="$TMP/go" text=READY=1 stay
	mkfifo "$TMP/go"
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/said"
	remember "$(cat "$PIDFILE")"
	eventually has_lived 3 "$LAUNCHER"
	alive "$LAUNCHER"
	echo >"$TMP/go"
	launch_exits_with 0
	is_removed
}

# The process is so many seconds old.
has_lived() {
	alive "$2" || { echo "has ended"; return 1; }
	(($(ps -o etimes= -p "$2") >= $1))
}

@test "an extended time ends, too" {
	# A short time-out, extended to one that is as short.
	said_by "$SHORT" -p "$PIDFILE" -- text=EXTEND_TIMEOUT_USEC=400000 stay
	run launch "${SAID_BY[@]}"
	status_is 124
	output_is "daemonize: ready: $HELPERS_DIR/notifier:$(
	    ) not ready after 300ms: notify"
	nothing_notified_is_left
}

@test "EXTEND_TIMEOUT_USEC never shortens the time, and rubbish does nothing" {
	local actions=() value

	# After a barrier, the messages before it have been taken.
	for value in 0 1 -1 '' x 1x 9223372036854775807 9223372036854775808 \
	    18446744073709551615 99999999999999999999999999; do
		actions+=("text=EXTEND_TIMEOUT_USEC=$value" fds=1
		    text=BARRIER=1)
	done
	becomes_ready "${actions[@]}" text=READY=1
}

@test "a huge EXTEND_TIMEOUT_USEC does not keep TERM from the launcher" {
	said_by "$SHORT" -p "$PIDFILE" -- \
	    text=EXTEND_TIMEOUT_USEC=9223372036854775807 fds=1 \
	    text=BARRIER=1 path="$TMP/said" stay
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/said"
	kill "$LAUNCHER"
	launch_exits_with 143
	nothing_notified_is_left
}

# --- descriptors -------------------------------------------------------------

@test "the sender of a barrier goes on: its descriptor is closed" {
	becomes_ready fds=1 text=BARRIER=1 text=READY=1
}

@test "whatever number of descriptors comes, all are closed" {
	becomes_ready fds=2 text=X=y fds=253 text=X=y fds=253 text=X=y \
	    fds=253 text=X=y fds=253 text=X=y fds=253 text=X=y text=READY=1
}

@test "descriptors of a message that is ignored are closed" {
	is_not_ready "" fds=253 size=65536 text=X= fds=253 'text=X\0\0'
	is_not_ready "" outside fds=253 text=X=y
}

@test "a message whose descriptors exceed the limit is heard" {
	ulimit -Sn 20
	becomes_ready fds=15 text=X=y fds=15 text=READY=1
}

# The command: sends a socket that waits when it is closed for the last time,
# until its data is read: for 1000 s.  Its arguments: a file that it makes when
# it has sent all, and the texts.  Meanwhile the receiver is stopped.
LINGERS='
import os, signal, socket, struct, sys
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1000))
client.setblocking(False)
try:
    while True:
        client.send(bytes(1 << 16))
except BlockingIOError:
    pass
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.connect(os.environ["NOTIFY_SOCKET"])
os.kill(os.getppid(), signal.SIGSTOP)
for text in sys.argv[2:]:
    socket.send_fds(notify, [text.encode()], [client.fileno()])
os.close(client.detach())
os.kill(os.getppid(), signal.SIGCONT)
open(sys.argv[1], "w").close()
signal.pause()'

@test "a socket that lingers does not keep the launcher from TERM" {
	requires python3
	launch_aside --ready=notify --ready-timeout=1h \
	    python3 -c "$LINGERS" "$TMP/sent" STATUS=x
	eventually test -e sent
	kill "$LAUNCHER"
	eventually gone "$LAUNCHER"
	launch_exits_with 143
}

@test "a socket that lingers does not hold up a launch that is ready" {
	requires python3
	CALLER=(timeout -s KILL "$DEADLINE")
	launch --ready=notify -p "$PIDFILE" \
	    python3 -c "$LINGERS" "$TMP/sent" READY=1
	launch --stop -p "$PIDFILE"
	launch --ready=notify -p "$PIDFILE" --supervise \
	    python3 -c "$LINGERS" "$TMP/sent" READY=1 X=y
	launch --stop -p "$PIDFILE"
}

@test "a limit of open files that is too low for a message is refused" {
	requires prlimit
	CALLER=(prlimit --nofile=64)
	fails 125 "daemonize: ready: notify: needs a higher limit of open files \
(ulimit -Hn)" --ready=notify -p "$PIDFILE" sleep 1000
	nothing_is_left
}

@test "a READY=1 of another session is in the message of the time-out" {
	said_by "$SHORT" -- outside text=READY=1 stay
	run launch "${SAID_BY[@]}"
	status_is 124
	[[ $output =~ "; ignored the READY=1 of pid "[0-9]+", which is not in \
the daemon's session"$ ]]
	is_removed
}

# --- the sender -------------------------------------------------------------

@test "a child of the daemon may say it" {
	becomes_ready child child text=READY=1
}

@test "a message from another session is ignored, and reported with -v" {
	is_not_ready "" outside fds=1 'text=STATUS=mine\nERRNO=1'
	said_by -v "$LONG" -- outside fds=1 text=READY=1 exit=3
	run launch "${SAID_BY[@]}"
	status_is 123
	[[ $output =~ "daemonize: ready: ignored a message of pid "[0-9]+": "\
"not in the daemon's session" ]]
	is_removed
}

@test "a message whose sender has ended is ignored" {
	said_by "$LONG" -- hold gone=READY=1 release exit=3
	run launch "${SAID_BY[@]}"
	status_is 123
	[[ $output =~ "; ignored the READY=1 of pid "[0-9]+", " ]]
}

@test "another user can neither list the directory nor guess the name" {
	requires root runuser
	local path

	said_by "$LONG" -p "$PIDFILE" -- stay
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/socket"
	path=$(cat "$TMP/socket")
	equal directory "$(stat -c '%a %U' "${path%/*}")" "711 root"
	equal files "$(find "${path%/*}" -type s)" "$path"
	run runuser -u nobody -- ls "${path%/*}" 3>&-
	[[ $status -ne 0 ]]
	run runuser -u nobody -- touch "${path%/*}/x" 3>&-
	[[ $status -ne 0 ]]
	run ! grep -F "${path##*/}" /proc/net/unix
	kill "$LAUNCHER"
	launch_exits_with 143
	nothing_notified_is_left
}

@test "a message of another user is ignored, even if it is given the name" {
	requires root runuser
	local path

	said_by -v "$LONG" -p "$PIDFILE" -- stay
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/socket"
	path=$(cat "$TMP/socket")
	NOTIFY_SOCKET=$path runuser -u nobody -- "$HELPERS_DIR/notifier" \
	    fds=1 text=READY=1 3>&-
	grep -q "^daemonize: ready: ignored a message of pid [0-9]*: not in \
the daemon's session\$" "$TMP/output"
	alive "$LAUNCHER"
	kill "$LAUNCHER"
	launch_exits_with 143
	nothing_notified_is_left
}

# --- a flood -----------------------------------------------------------------

@test "readiness is found behind 100,000 messages" {
	becomes_ready times=100000 'text=STATUS=x\nX=y' text=READY=1
}

@test "readiness is found in the midst of a flood" {
	said_by "$LONG" -p "$PIDFILE" -- times=20000 text=X=y text=READY=1 \
	    times=0 text=X=y
	launch "${SAID_BY[@]}"
	# The flood ends by itself: the socket is gone.
	eventually nothing_runs
	is_removed
}

@test "a flood does not keep the launcher from its time-out" {
	said_by "$SHORT" -p "$PIDFILE" -- times=0 text=X=y
	run launch "${SAID_BY[@]}"
	status_is 124
	nothing_notified_is_left
	said_by "$SHORT" -p "$PIDFILE" -- outside times=0 text=READY=1
	run launch "${SAID_BY[@]}"
	status_is 124
	nothing_notified_is_left
}

@test "a flood does not keep the launcher from TERM" {
	said_by "$LONG" -p "$PIDFILE" -- child times=0 text=X=y
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/socket"
	kill "$LAUNCHER"
	launch_exits_with 143
	nothing_notified_is_left
}

@test "a flood does not keep the launcher from the daemon's end" {
	said_by "$LONG" -p "$PIDFILE" -- times=1000 text=X=y times=0 text=X=y
	launch_aside "${SAID_BY[@]}"
	eventually test -s "$PIDFILE"
	eventually test -e "$TMP/socket"
	kill -KILL "$(cat "$PIDFILE")"
	launch_exits_with 123
	equal output "$(cat "$TMP/output")" \
	    "$(ended_message "killed by signal 9")$WITHOUT_FILE"
	nothing_notified_is_left
}

# --- the socket --------------------------------------------------------------

@test "a late message finds no socket" {
	mkfifo "$TMP/go"
	becomes_ready connect text=READY=1 await="$TMP/go" \
	    refused=READY=1 path="$TMP/late"
	echo >"$TMP/go"
	eventually test -e "$TMP/late"
	alive "$PID"
}

@test "NOTIFY_SOCKET is ours, whatever the caller has or -E says" {
	export NOTIFY_SOCKET=$TMP/callers
	mkdir "$TMP/callers"
	becomes_ready text=READY=1
	equal count "$(tr '\0' '\n' <"/proc/$PID/environ" |
	    grep -c ^NOTIFY_SOCKET=)" 1
	kill "$PID"
	eventually gone "$PID"
	rm -f "$PIDFILE" "$PIDFILE.record"
	said_by "$LONG" -E NOTIFY_SOCKET=x -p "$PIDFILE" -- text=READY=1 stay
	fails 0 "" "${SAID_BY[@]}"
	remember "$(cat "$PIDFILE")"
	is_removed
	rm -f "$PIDFILE" "$PIDFILE.record"
	said_by "$LONG" --clear-env -E DAEMONIZE_TEST="$TMP" -p "$PIDFILE" -- \
	    text=READY=1 stay
	fails 0 "" "${SAID_BY[@]}"
	remember "$(cat "$PIDFILE")"
	is_removed
}

@test "without --ready=notify there is no NOTIFY_SOCKET" {
	export NOTIFY_SOCKET=$TMP/callers
	launch -p "$PIDFILE" --ready=alive:0 sleep 1000
	remember "$(cat "$PIDFILE")"
	run ! grep -qz ^NOTIFY_SOCKET= "/proc/$(cat "$PIDFILE")/environ"
}

@test "no descriptor of it reaches the command" {
	local fds

	for fds in close keep; do
		rm -f "$PIDFILE" "$PIDFILE.record"
		said_by "$LONG" --fds="$fds" -p "$PIDFILE" -- text=READY=1 stay
		fails 0 "" "${SAID_BY[@]}"
		PID=$(cat "$PIDFILE")
		remember "$PID"
		# What is a directory, or a socket not of its own.
		run find "/proc/$PID/fd" -lname '*daemonize-*'
		output_is ""
		run find "/proc/$PID/fd" -lname /run
		output_is ""
		equal sockets "$(find "/proc/$PID/fd" -lname 'socket:*' |
		    wc -l)" 1
	done
}

@test "the caller's umask does not matter" {
	local mask

	for mask in 077 000 027; do
		umask "$mask"
		rm -f "$PIDFILE" "$PIDFILE.record"
		said_by "$LONG" -p "$PIDFILE" -- text=READY=1 stay
		fails 0 "" "${SAID_BY[@]}"
		remember "$(cat "$PIDFILE")"
		is_removed
	done
	umask 022
}

@test "with the umask 0 no other user can write the directory" {
	local path

	umask 0
	said_by "$LONG" -p "$PIDFILE" -- stay
	launch_aside "${SAID_BY[@]}"
	umask 022
	eventually test -e "$TMP/socket"
	path=$(cat "$TMP/socket")
	equal directory "$(stat -c %a "${path%/*}")" 711
	kill "$LAUNCHER"
	launch_exits_with 143
	nothing_notified_is_left
}

@test "two launches have a socket each" {
	local first

	said_by "$LONG" -- stay
	launch_aside "${SAID_BY[@]}"
	eventually test -e "$TMP/socket"
	first=$(cat "$TMP/socket")
	mv "$TMP/socket" "$TMP/first"
	becomes_ready text=READY=1
	[[ -S $first ]]
	kill "$LAUNCHER"
	launch_exits_with 143
	[[ ! -e ${first%/*} ]]
}

@test "-u USER: the user can say it, and so can root's children" {
	requires root
	chmod 777 "$TMP"
	said_by -u nobody "$LONG" -p "$PIDFILE" -- text=READY=1 stay
	umask 077
	fails 0 "" "${SAID_BY[@]}"
	umask 022
	PID=$(cat "$PIDFILE")
	remember "$PID"
	equal user "$(ps -o user= -p "$PID")" nobody
	is_removed
}

@test "a command that gives up its privileges itself can say it" {
	requires root
	becomes_ready uid=65534 text=READY=1
	equal user "$(ps -o uid= -p "$PID" | tr -d ' ')" 65534
}

# A root directory with the notifier in it, and what it is linked with.
notifier_root() {
	requires root ldd

	mkdir -p root/run root/tmp
	cp "$HELPERS_DIR/notifier" root/
	copy_libraries "$HELPERS_DIR/notifier" root
}

# The socket was in the new root, in that directory, and is gone.
is_removed_from_root() {
	local path

	path=$(cat root/tmp/socket)
	[[ $path == "$1"/daemonize-*/* ]]
	[[ ! -e root${path%/*} && ! -e ${path%/*} ]]
	rm root/tmp/socket
}

@test "-R DIR: the path works in the new root" {
	notifier_root
	launch -R root --ready=notify "$LONG" -p "$PIDFILE" \
	    /notifier path=/tmp/socket text=READY=1 stay
	remember "$(cat "$PIDFILE")"
	is_removed_from_root /run
}

@test "-R DIR -u USER, and no /run in there" {
	notifier_root
	rmdir root/run
	chmod 1777 root/tmp
	launch -R root -u nobody --ready=notify "$LONG" -p "$PIDFILE" \
	    /notifier path=/tmp/socket text=READY=1 stay
	remember "$(cat "$PIDFILE")"
	is_removed_from_root /tmp
}

@test "-R DIR: an absolute link of it leads inside" {
	notifier_root
	rmdir root/run
	mkdir root/var
	ln -s /var root/run
	launch -R root --ready=notify "$LONG" -p "$PIDFILE" \
	    /notifier path=/tmp/socket text=READY=1 stay
	remember "$(cat "$PIDFILE")"
	is_removed_from_root /run
	[[ -z $(ls root/var) ]]
}

@test "-R DIR: a daemon that ends, or is late, leaves nothing in there" {
	notifier_root
	fails 123 "daemonize: ready: /notifier: exited with status 3 before it$(
	    ) was ready$WITHOUT_FILE" -R root --ready=notify "$LONG" \
	    /notifier path=/tmp/socket exit=3
	is_removed_from_root /run
	fails 124 "daemonize: ready: /notifier: not ready after 300ms: notify" \
	    -R root --ready=notify "$SHORT" /notifier path=/tmp/socket stay
	is_removed_from_root /run
}

# --- an ordinary user's ------------------------------------------------------

@test "a user's socket lies in XDG_RUNTIME_DIR" {
	requires user
	XDG_RUNTIME_DIR=$(mktemp -d /tmp/x.XXXXXX)
	at_end rmdir "$XDG_RUNTIME_DIR"
	export XDG_RUNTIME_DIR
	said_by "$LONG" -p "$PIDFILE" -- text=READY=1 stay
	fails 0 "" "${SAID_BY[@]}"
	remember "$(cat "$PIDFILE")"
	[[ $(cat "$TMP/socket") == "$XDG_RUNTIME_DIR"/* ]]
	is_removed
	[[ -z $(ls "$XDG_RUNTIME_DIR") ]]
}

@test "an XDG_RUNTIME_DIR that is no use is done without" {
	requires user
	local long value

	long=$TMP/$(printf 'x%.0s' {1..100})
	mkdir "$long"
	mkdir -m 555 "$TMP/readonly"
	for value in unset "" relative /nonexistent "$TMP/readonly" "$long" \
	    "$PROBE"; do
		export XDG_RUNTIME_DIR=$value
		[[ $value != unset ]] || unset XDG_RUNTIME_DIR
		rm -f "$PIDFILE" "$PIDFILE.record"
		becomes_ready text=READY=1
	done
	[[ -z $(ls "$long") ]]
}

@test "root's socket does not lie in a user's XDG_RUNTIME_DIR" {
	requires root
	mkdir -m 777 "$TMP/x"
	export XDG_RUNTIME_DIR=$TMP/x
	said_by "$LONG" -p "$PIDFILE" -- text=READY=1 stay
	fails 0 "" "${SAID_BY[@]}"
	remember "$(cat "$PIDFILE")"
	[[ $(cat "$TMP/socket") == /run/* ]]
	is_removed
}

# --- systemd-notify(1) -------------------------------------------------------

# A shell that notifies and stays: script TEXT
notifying_script() {
	printf '%s\n' "$1" "echo done >'$TMP/done'" 'exec sleep 1000' \
	    >"$TMP/script"
	SCRIPT=(--ready=notify "$LONG" -p "$PIDFILE" -o "$TMP/log"
	    -e "$TMP/log" sh -e "$TMP/script")
}

@test "systemd-notify --ready" {
	requires systemd-notify
	# Whether its barrier is answered is the next test's.
	notifying_script 'systemd-notify --ready || :'
	fails 0 "" "${SCRIPT[@]}"
	remember "$(cat "$PIDFILE")"
	eventually test -e "$TMP/done"
}

@test "systemd-notify --ready waits for its barrier, and is answered" {
	requires systemd-notify
	local i

	notifying_script 'systemd-notify --ready'
	for ((i = 0; i < 20; i++)); do
		rm -f "$PIDFILE" "$PIDFILE.record" "$TMP/done"
		fails 0 "" "${SCRIPT[@]}"
		remember "$(cat "$PIDFILE")"
		eventually done_or_gone
		equal log "$(cat "$TMP/log")" ""
		kill "$(cat "$PIDFILE")"
	done
}

done_or_gone() {
	[[ -s $TMP/done ]] || gone "$(cat "$PIDFILE")"
}

@test "systemd-notify --status, with its barrier" {
	requires systemd-notify
	notifying_script 'systemd-notify --status="half way"
		exit 4'
	fails 123 "daemonize: ready: $(type -P sh): exited with status 4$(
	    ) before it was ready; its status: half way" "${SCRIPT[@]}"
	[[ ! -e $PIDFILE ]]
}

@test "systemd-notify as a user" {
	requires root systemd-notify
	notifying_script 'systemd-notify --ready --status=up || :'
	chmod 777 "$TMP"
	fails 0 "" -u nobody "${SCRIPT[@]}"
	remember "$(cat "$PIDFILE")"
	eventually test -e "$TMP/done"
}
