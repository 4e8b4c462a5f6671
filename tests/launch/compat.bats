#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2094
# Compatible: the options of bmc's daemonize, and the other ways to become a
# daemon, said with ours.

load ../lib/helpers

# --- the options of bmc's daemonize ----------------------------------------

@test "-a appends to the output files, which are truncated without it" {
	echo line >log
	probe -a -o log
	equal log "$(cat log)" line
	kill -KILL "$PID"
	rm "$REPORT"
	probe -o log
	equal log "$(cat log)" ""
}

@test "-c DIR is the command's directory" {
	probe -c "$TMP"
	equal cwd "$(fact cwd)" "$TMP"
}

@test "-o FILE and -e FILE are the command's output" {
	launch -o out -e err sh -c 'echo one; echo two >&2'
	eventually nothing_runs
	equal out "$(cat out)" one
	equal err "$(cat err)" two
}

@test "-o and -e of the same file lose nothing of each other" {
	launch -o log -e log sh -c 'echo one; echo two >&2; echo three'
	eventually nothing_runs
	equal log "$(cat log)" $'one\ntwo\nthree'
}

@test "-E VAR=VALUE, several times, is the command's environment" {
	probe -E A=1 -E B='2 = 3'
	equal variables "$(fact env | grep -E '^[AB]=')" $'A=1\nB=2 = 3'
}

@test "-p FILE has the command's pid" {
	probe -p "$PIDFILE"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

@test "-l FILE refuses a second daemon" {
	probe -l lock
	run launch -l lock "$PROBE" "$TMP/second"
	status_is 1
	[[ ! -e $TMP/second ]]
	alive "$PID"
}

@test "-l FILE is free again once the daemon has ended" {
	probe -l lock
	kill -KILL "$PID"
	eventually gone "$PID"
	rm "$REPORT"
	probe -l lock
}

@test "-p and -l may be the same file" {
	probe -p "$PIDFILE" -l "$PIDFILE"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
	run launch -p "$PIDFILE" -l "$PIDFILE" "$PROBE" "$TMP/second"
	status_is 1
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
	kill -KILL "$PID"
	eventually gone "$PID"
	rm "$REPORT"
	probe -l "$PIDFILE" -p "$PIDFILE"
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

@test "-u USER is the user that the command runs as" {
	requires root
	chmod 777 "$TMP"
	probe -u daemon
	equal uids "$(fact uids)" "$(id -u daemon) $(id -u daemon)\
 $(id -u daemon)"
}

@test "-v prints on stdout what is done" {
	run launch -v true
	status_is 0
	[[ ${#lines[@]} -ge 9 && $output == *"daemonize: chdir: /"* ]]
}

@test "short options may be clustered, their values attached" {
	echo line >log
	launch -avc"$TMP" -olog -elog -EA=1 -p"$PIDFILE" -llock "$PROBE" \
	    "$REPORT" stay >said
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal cwd "$(fact cwd)" "$TMP"
	equal stderr "$(fact fd2)" "w,append $TMP/log"
	equal A "$(fact env | grep ^A=)" A=1
	equal "pid file" "$(cat "$PIDFILE")" "$(fact pid)"
	[[ $(head -n 1 log) == line && -s said && -e lock ]]
}

@test "the options end where the command begins" {
	launch "$PROBE" "$REPORT" -p "$PIDFILE" -a
	eventually nothing_runs
	equal arguments "$(fact arg2) $(fact arg3) $(fact arg4)" \
	    "-p $PIDFILE -a"
	[[ ! -e $PIDFILE ]]
}

# --- one lock for all ------------------------------------------------------

@test "flock(1) cannot lock the file of -l while the daemon lives" {
	requires flock
	probe -l lock
	run flock -n lock true
	status_is 1
	kill -KILL "$PID"
	eventually gone "$PID"
	flock -n lock true
}

@test "a daemon is refused while flock(1) has the file of -l" {
	requires flock
	flock lock "$DAEMONIZE" -F "$PROBE" "$REPORT" stay 3>&- &
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	fails 1 "daemonize: already running: another process holds lock" \
	    -l lock "$PROBE" "$TMP/second"
	[[ ! -e $TMP/second ]]
	kill -KILL "$(fact pid)"
	eventually nothing_runs
}

# The real one, where it is installed; ours does not have that message.
# Elsewhere than in PATH it may be named: BMC_DAEMONIZE=/the/daemonize.
requires_bmc() {
	local file

	for file in "${BMC_DAEMONIZE:-/usr/sbin/daemonize}" /usr/bin/daemonize
	do
		BMC=$file
		grep -qa "Can't lock the lock file" "$BMC" 2>/dev/null &&
		    return
	done
	skip "needs bmc's daemonize"
}

@test "bmc's daemonize is refused while ours has the file of -l" {
	requires_bmc
	probe -l "$TMP/lock"
	run "$BMC" -l "$TMP/lock" "$PROBE" "$TMP/second" 3>&-
	[[ $status -ne 0 && $output == *"Can't lock"* ]]
	nothing_runs || equal processes "$(leftovers)" "$PID"
	[[ ! -e $TMP/second ]]
}

@test "ours is refused while bmc's daemonize has the file of -l" {
	requires_bmc
	"$BMC" -l "$TMP/lock" "$PROBE" "$REPORT" stay 3>&-
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	fails 1 "daemonize: already running: another process holds $TMP/lock" \
	    -l "$TMP/lock" "$PROBE" "$TMP/second"
}

@test "a command line for bmc's daemonize means the same" {
	requires_bmc
	local -a words=(-a -c "$TMP" -e "$TMP/err" -o "$TMP/out" -E A=1
	    -p "$PIDFILE" -l "$TMP/lock")

	"$BMC" "${words[@]}" "$PROBE" "$TMP/theirs" 3>&-
	eventually nothing_runs
	rm "$PIDFILE"
	launch "${words[@]}" "$PROBE" "$REPORT"
	eventually nothing_runs
	# Signals and umask are the caller's with it, and not with ours.
	for name in cwd fd1 fd2; do
		equal "$name" "$(fact "$name")" "$(fact "$name" theirs)"
	done
	[[ $'\n'$(fact env)$'\n' == *$'\n'A=1$'\n'* ]]
}

# --- other ways, said with our options -------------------------------------

# What daemon(3) and its like leave to the caller.
AS_DAEMON=(--signals=keep --sigchld=keep --refork=no --umask=keep --fds=keep)
KEEP_STDIO=(-i keep -o keep -e keep)

# A caller that many things can be inherited from.
difficult_caller() {
	mkdir here
	from ignored=1 ignored=13 ignored=17 blocked=10 blocked=15 umask=077 \
	    open=7
}

# A report without what differs from run to run: pids, but for their relation.
shape() {
	local pid id

	pid=$(fact pid "$1")
	for id in pgid sid; do
		if [[ $(fact "$id" "$1") == "$pid" ]]; then
			echo "$id is its own"
		else
			echo "$id is another's"
		fi
	done
	grep -Ev '^(pid|ppid|pgid|sid) ' "$1" | sed "s|$1|REPORT|"
}

# The command is the same after this wrapper as after our options:
# same WRAPPER... -- OPTION...
same() {
	local -a wrapper=()

	while [[ $1 != -- ]]; do
		wrapper+=("$1")
		shift
	done
	shift
	cd here || return
	"${CALLER[@]}" "${wrapper[@]}" "$PROBE" "$TMP/theirs" word \
	    <"$PROBE" >"$TMP/1" 2>"$TMP/2" 3>&-
	eventually nothing_runs
	launch "$@" "$PROBE" "$REPORT" word <"$PROBE" >"$TMP/1" 2>"$TMP/2"
	eventually nothing_runs
	shape "$TMP/theirs" >"$TMP/shape.theirs"
	shape "$REPORT" >"$TMP/shape.ours"
	diff -U 0 "$TMP/shape.theirs" "$TMP/shape.ours"
}

@test "daemonize(0, 0) can be said" {
	difficult_caller
	same "$HELPERS_DIR/forms" classic 0 0 -- "${AS_DAEMON[@]}"
}

@test "daemonize(1, 0) can be said" {
	difficult_caller
	same "$HELPERS_DIR/forms" classic 1 0 -- "${AS_DAEMON[@]}" -c keep
}

@test "daemonize(0, 1) can be said" {
	difficult_caller
	same "$HELPERS_DIR/forms" classic 0 1 -- "${AS_DAEMON[@]}" \
	    "${KEEP_STDIO[@]}"
}

@test "daemonize(1, 1) can be said" {
	difficult_caller
	same "$HELPERS_DIR/forms" classic 1 1 -- "${AS_DAEMON[@]}" -c keep \
	    "${KEEP_STDIO[@]}"
}

@test "daemon(3) can be said, with 0, 0" {
	requires glibc
	difficult_caller
	same "$HELPERS_DIR/forms" daemon 0 0 -- "${AS_DAEMON[@]}"
}

@test "daemon(3) can be said, with 1, 0" {
	requires glibc
	difficult_caller
	same "$HELPERS_DIR/forms" daemon 1 0 -- "${AS_DAEMON[@]}" -c keep
}

@test "daemon(3) can be said, with 0, 1" {
	requires glibc
	difficult_caller
	same "$HELPERS_DIR/forms" daemon 0 1 -- "${AS_DAEMON[@]}" \
	    "${KEEP_STDIO[@]}"
}

@test "daemon(3) can be said, with 1, 1" {
	requires glibc
	difficult_caller
	same "$HELPERS_DIR/forms" daemon 1 1 -- "${AS_DAEMON[@]}" -c keep \
	    "${KEEP_STDIO[@]}"
}

@test "setsid -f can be said" {
	requires setsid
	difficult_caller
	same setsid -f -- "${AS_DAEMON[@]}" -c keep "${KEEP_STDIO[@]}"
}

@test "nohup can be said, but that all four terminal signals are ignored" {
	requires nohup
	mkdir here
	from umask=077 open=7
	# From a clean caller: nohup leaves what else is ignored or blocked.
	same env --ignore-signal=TSTP,TTIN,TTOU nohup -- -F --signals=ignore \
	    --sigchld=keep --umask=keep --fds=keep -c keep
}

@test "the default differs from daemon(3)" {
	requires glibc
	difficult_caller
	run same "$HELPERS_DIR/forms" daemon 0 0 --
	status_is 1
	[[ $output == *"-ignored"* && $output == *"-umask 077"* &&
	    $output == *"+sid is another's"* ]]
}
