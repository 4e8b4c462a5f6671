#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# All or nothing: what fails after the fork reaches the caller too, as one
# message and a status, and leaves nothing behind.

load ../lib/helpers

# Nothing is there that the launch made: no process, pid file or log, and the
# command has not run.
nothing_is_made() {
	nothing_runs && [[ ! -e $PIDFILE && ! -e $TMP/log && ! -e $REPORT &&
	    ! -e $REPORT.tmp ]]
}

# Launches the probe, with a pid file and a log, while strace tampers with
# system calls, which have any of their names: tampered CALL:WHAT [OPTION]...
# The tracer is no parent of the launcher (-D) and none of the test's own
# processes: what the caller sees, and when, is as without it.
tampered() {
	local injection

	injection=$(names_of "${1%%:*}"):${1#*:}
	shift
	env -u DAEMONIZE_TEST strace -D -f -qq -o "$TMP/trace" \
	    -E "DAEMONIZE_TEST=$TMP" -e "inject=$injection" \
	    "$DAEMONIZE" -p "$PIDFILE" -o "$TMP/log" "$@" \
	    "$PROBE" "$REPORT" stay 3>&-
}

# The launch fails at that call: fails_at INJECTION STATUS MESSAGE [OPTION]...
fails_at() {
	local injection=$1 expected=$2 message=$3 status=0

	shift 3
	tampered "$injection" "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	equal "stderr, $injection" "$(cat "$TMP/err")" \
	    "$(in_its_words "daemonize: $message")"
	equal "status, $injection" "$status" "$expected"
	equal "stdout, $injection" "$(cat "$TMP/out")" ""
	nothing_is_made || { echo "left behind by $injection"; return 1; }
}

# The launch fails for a real cause: fails_with STATUS MESSAGE [OPTION]...
fails_with() {
	fails "$1" "daemonize: $2" -p "$PIDFILE" -o "$TMP/log" "${@:3}" \
	    "$PROBE" "$REPORT" stay
	nothing_is_made
}

# --- each step, made to fail -----------------------------------------------

# All that may fail is made to in faults: these are the messages.
@test "the message of a failure has the step, its object and the reason" {
	requires strace
	fails_at setsid:error=EPERM 125 \
	    "session: setsid: Operation not permitted"
	fails_at close_range:error=EINVAL 125 \
	    "fds: close_range: Invalid argument"
	fails_at chdir:error=EIO 125 "chdir: /: Input/output error"
	fails_at chdir:error=EIO 125 "chdir: /: Input/output error" \
	    --refork=no
	fails_at dup2:error=EBADF 125 "stdio: dup2: Bad file descriptor"
	fails_at pipe2:error=EMFILE 125 \
	    "background: pipe2: Too many open files"
	fails_at setitimer:error=EPERM 125 \
	    "signals: setitimer: Operation not permitted" -F
	fails_at prctl:error=EINVAL 125 \
	    "no-new-privs: prctl: Invalid argument" -F --no-new-privs
	fails_at pwrite64:error=EIO 125 \
	    "pidfile: $PIDFILE: Input/output error"
	fails_at pwrite64:retval=1 125 \
	    "pidfile: $PIDFILE: No space left on device"
	fails_at flock:error=ENOLCK 125 "pidfile: $PIDFILE: No locks available"
}

@test "the message of a failure to become a user names that user" {
	requires root strace
	local call

	for call in setgroups setresgid setresuid; do
		fails_at "$call:error=EPERM" 125 \
		    "user: nobody: Operation not permitted" -u nobody
	done
	fails_at setresgid:error=EPERM 125 \
	    "group: daemon: Operation not permitted" -g daemon
	fails_at chroot:error=EPERM 125 "chroot: /: Operation not permitted" \
	    -R /
}

@test "a command that cannot be executed has the status of its error" {
	requires strace
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error"
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error" -F
	fails_at execve:error=E2BIG 126 "exec: $PROBE: Argument list too long"
	fails_at execve:error=EACCES 126 "exec: $PROBE: Permission denied"
	fails_at execve:error=ENOENT 127 \
	    "exec: $PROBE: No such file or directory"
	fails_at execve:error=ENOEXEC 126 "exec: $PROBE: Exec format error"
}

@test "a daemon that is terminated before the exec is reported" {
	requires strace
	local call status

	for call in chdir:signal=TERM close_range:signal=INT \
	    pwrite64:signal=HUP execve:signal=KILL; do
		status=0
		tampered "$call" >out 2>err || status=$?
		equal "status, $call" "$status" 125
		[[ $(cat err) == "daemonize: exec: $PROBE: killed "* ]]
		equal lines "$(wc -l <err)" 1
		nothing_is_made
	done
}

@test "steps background, refork: the limit of processes is reported by each" {
	requires root setpriv prlimit
	local limit

	# A uid of its own: the limit counts all processes of a user.
	chmod 777 "$TMP"
	for limit in 1:background 2:refork; do
		CALLER=(setpriv --reuid=2147480042 --clear-groups prlimit
		    --nproc="${limit%:*}")
		fails_with 125 \
		    "${limit#*:}: fork: Resource temporarily unavailable"
	done
}

@test "step chdir: a missing directory, or a file, is reported" {
	: >file
	fails_with 125 "chdir: $TMP/none: No such file or directory" \
	    -c "$TMP/none"
	fails_with 125 "chdir: file: Not a directory" --chdir=file
}

@test "step chdir: a directory that the user may not enter is reported" {
	requires root
	mkdir -m 700 private
	fails_with 125 "chdir: private: Permission denied" -u nobody \
	    -c private
}

@test "step stdio: a file that cannot be opened is reported" {
	mkdir dir
	fails_with 125 "stdio: $TMP/none/err: No such file or directory" \
	    -e "$TMP/none/err"
	fails_with 125 "stdio: $TMP/none: No such file or directory" \
	    -i "$TMP/none"
	fails_with 125 "stdio: dir: Is a directory" -e dir
}

# --- what lies between and after -------------------------------------------

@test "pidfile: a full disk is reported" {
	requires root mounts
	mkdir full
	export PIDFILE DAEMONIZE PROBE REPORT TMP
	run unshare -m sh -c '
		mount -t tmpfs -o size=16k none full || exit 99
		dd if=/dev/zero of=full/x bs=1k 2>/dev/null
		"$DAEMONIZE" -p full/pid "$PROBE" "$REPORT" stay 3>&-
		echo "$? $(ls full)"'
	[[ $output != *mount:* ]] || skip "cannot mount"
	output_is "daemonize: pidfile: full/pid: No space left on device"$'\n'"\
125 x"
	nothing_is_made
}

@test "pidfile: a limit on the size of files is reported" {
	requires prlimit
	CALLER=(prlimit --fsize=0)
	# Through a pipe: the limit is for the message's file, too.
	run launch -p "$PIDFILE" "$PROBE" "$REPORT" stay
	status_is 125
	output_is "daemonize: pidfile: $PIDFILE: File too large"
	nothing_is_made
}

@test "pidfile: a file that is not regular is refused" {
	mkfifo "$TMP/fifo"
	fails 125 "daemonize: pidfile: $TMP/fifo: not a regular file" \
	    -p "$TMP/fifo" "$PROBE" "$REPORT" stay
	fails 125 "daemonize: pidfile: $TMP: Is a directory" \
	    -p "$TMP" "$PROBE" "$REPORT" stay
	nothing_is_made
}

@test "too few descriptors are reported, and nothing is left" {
	requires prlimit
	local limit launched=0 told=0

	for limit in {3..24}; do
		CALLER=(prlimit --nofile="$limit")
		if launch -p "$PIDFILE" -o "$TMP/log" "$PROBE" "$REPORT" \
		    stay 2>"$TMP/err"; then
			eventually test -e "$REPORT"
			PID=$(fact pid)
			end_daemon
			rm "$PIDFILE" "$TMP/log" "$REPORT"
			launched=$((launched + 1))
		else
			echo "limit $limit"
			# With 3 the program itself cannot be loaded.
			[[ $(cat "$TMP/err") == *": "* ]]
			nothing_is_made
			told=$((told + 1))
		fi
	done
	((launched > 0 && told > 0))
}

@test "exec: a command that only the user of -u may not execute is reported" {
	requires root
	cp "$PROBE" prog
	chmod 700 prog
	fails 126 "daemonize: exec: $TMP/prog: Permission denied" \
	    -p "$PIDFILE" -o "$TMP/log" -u nobody ./prog "$REPORT" stay
	nothing_is_made
}

@test "exec: a command that is open for writing is reported" {
	cp "$PROBE" prog
	exec 8>>prog
	fails 126 "daemonize: exec: $TMP/prog: Text file busy" \
	    -p "$PIDFILE" -o "$TMP/log" ./prog "$REPORT" stay 8>&-
	exec 8>&-
	nothing_is_made
}

@test "a log that was there before a failure keeps its lines" {
	echo line >"$TMP/old"
	fails_with 125 "chdir: $TMP/none: No such file or directory" \
	    -e "$TMP/old" -c "$TMP/none"
	equal log "$(cat "$TMP/old")" line
}
