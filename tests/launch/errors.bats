#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# All or nothing: what fails after the fork reaches the caller too, as one
# message and a status, and leaves nothing behind.

load ../lib/helpers

# What strace is given besides the injection, and what runs it.
TRACE=()
LIMIT=()

# Nothing is there that the launch made: no process, pid file or log, and the
# command has not run.
nothing_is_made() {
	nothing_runs && [[ ! -e $PIDFILE && ! -e $TMP/log && ! -e $REPORT &&
	    ! -e $REPORT.tmp ]]
}

# The probe runs as a whole daemon, and its pid file is right.
is_complete() {
	[[ -e $REPORT ]] || return
	PID=$(fact pid)
	alive "$PID" && [[ $(cat "$PIDFILE") == "$PID" && $(fact cwd) == / &&
	    $(fact blocked) == "" && $(fact sid) != "$PID" ]]
}

all_or_nothing() {
	nothing_is_made || is_complete
}

# Launches the probe, with a pid file and a log, while strace tampers with
# system calls, which have any of their names: tampered CALL:WHAT [OPTION]...
# The tracer is no parent of the launcher (-D) and none of the test's own
# processes: what the caller sees, and when, is as without it.
tampered() {
	local injection

	injection=$(names_of "${1%%:*}"):${1#*:}
	shift
	env -u DAEMONIZE_TEST "${LIMIT[@]}" strace -D -f -qq -o "$TMP/trace" \
	    -E "DAEMONIZE_TEST=$TMP" "${TRACE[@]}" -e "inject=$injection" \
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

# The same at one of those calls: which one it is depends on the C library, and
# the message tells it from the others.  All before it fail, too.
# fails_at_one CALL:WHAT STATUS MESSAGE [OPTION]...
fails_at_one() {
	local injection=$1 expected=$2 message n status
	# In the foreground, one that does not fail would stay.
	local LIMIT=(timeout -s KILL "$DEADLINE")

	message=$(in_its_words "daemonize: $3")
	shift 3
	for n in {1..30}; do
		status=0
		tampered "$injection:when=$n" "$@" >"$TMP/out" 2>&1 ||
		    status=$?
		grep -q INJECTED "$TMP/trace" || break
		echo "at $n: status $status: $(cat "$TMP/out")"
		if [[ $(cat "$TMP/out") == "$message" ]]; then
			equal status "$status" "$expected"
			nothing_is_made
			return
		fi
	done
	return 1
}

# The launch fails for a real cause: fails_with STATUS MESSAGE [OPTION]...
fails_with() {
	fails "$1" "daemonize: $2" -p "$PIDFILE" -o "$TMP/log" "${@:3}" \
	    "$PROBE" "$REPORT" stay
	nothing_is_made
}

# --- each step, made to fail -----------------------------------------------

@test "step signals: a failure reaches the caller" {
	requires strace plain
	fails_at rt_sigaction:error=EINVAL:when=5 125 \
	    "signals: rt_sigaction: Invalid argument"
}

@test "step signals: the call that failed is named" {
	requires strace plain
	# Only a process that was not forked has timers.
	fails_at setitimer:error=EPERM 125 \
	    "signals: setitimer: Operation not permitted" -F
	fails_at rt_sigtimedwait:error=EINVAL 125 \
	    "signals: rt_sigtimedwait: Invalid argument"
}

@test "step sigchld: a failure reaches the caller" {
	requires strace
	# The 61 before it are those of step signals, one a signal.
	fails_at rt_sigaction:error=EINVAL:when=62 125 \
	    "sigchld: rt_sigaction: Invalid argument"
}

@test "step background: a fork that fails reaches the caller" {
	requires strace
	fails_at fork:error=EAGAIN:when=1 125 \
	    "background: fork: Resource temporarily unavailable"
	fails_at fork:error=ENOMEM:when=1 125 \
	    "background: fork: Cannot allocate memory"
}

@test "step session: a failure reaches the caller" {
	requires strace
	fails_at setsid:error=EPERM 125 \
	    "session: setsid: Operation not permitted"
}

@test "step refork: a fork that fails in the launcher reaches the caller" {
	requires strace
	fails_at fork:error=EAGAIN:when=1 125 \
	    "refork: fork: Resource temporarily unavailable" \
	    --background=no --session=keep
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

@test "step fds: a failure reaches the caller" {
	requires strace
	fails_at close_range:error=EINVAL 125 \
	    "fds: close_range: Invalid argument"
}

@test "step chdir: a failure reaches the caller" {
	requires strace
	fails_at chdir:error=EIO 125 "chdir: /: Input/output error"
	fails_at chdir:error=EACCES 125 "chdir: /: Permission denied"
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

@test "step stdio: a failure reaches the caller" {
	requires strace
	fails_at dup2:error=EBADF 125 \
	    "stdio: dup2: Bad file descriptor"
}

@test "step stdio: a file that cannot be truncated is reported" {
	requires strace
	TRACE=(-P "$TMP/log")
	fails_at ftruncate:error=EIO 125 "stdio: $TMP/log: Input/output error"
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

@test "the report channel: a pipe that cannot be made is reported" {
	requires strace
	fails_at pipe2:error=EMFILE 125 \
	    "background: pipe2: Too many open files"
}

@test "the report channel: a launcher that cannot read it says so" {
	requires strace
	local status=0

	count_reads
	tampered "read:error=EIO:when=$READS" 2>"$TMP/err" || status=$?
	equal status "$status" 125
	equal stderr "$(cat "$TMP/err")" "$(in_its_words \
	    "daemonize: background: report channel: Input/output error")"
	# What had been executed by then has run for a moment, and is ended.
	rm -f "$REPORT" "$REPORT.tmp"
	nothing_is_made
}

@test "the subreaper: a failure is reported" {
	requires strace
	fails_at prctl:error=EPERM:when=1 125 \
	    "background: prctl(PR_SET_CHILD_SUBREAPER): \
Operation not permitted"
}

@test "chroot: a failure reaches the caller" {
	requires root strace
	fails_at chroot:error=EPERM 125 "chroot: /: Operation not permitted" \
	    -R /
}

@test "user: a failure reaches the caller" {
	requires root strace
	local call

	for call in setgroups setresgid setresuid; do
		fails_at "$call:error=EPERM" 125 \
		    "user: nobody: Operation not permitted" -u nobody
	done
	fails_at setresgid:error=EPERM 125 \
	    "group: daemon: Operation not permitted" -g daemon
}

@test "no-new-privs: a failure is reported" {
	requires strace
	# In the foreground it is the first prctl; otherwise the launcher's is.
	fails_at prctl:error=EINVAL:when=1 125 \
	    "no-new-privs: prctl: Invalid argument" -F --no-new-privs
}

@test "pidfile: a write that fails reaches the caller" {
	requires strace
	fails_at pwrite64:error=ENOSPC 125 \
	    "pidfile: $PIDFILE: No space left on device"
	fails_at pwrite64:retval=1 125 \
	    "pidfile: $PIDFILE: No space left on device"
}

@test "pidfile: each call on it that fails reaches the caller" {
	requires strace
	# Only calls with a descriptor of it: the others serve other ends.
	TRACE=(-P "$PIDFILE")
	fails_at ftruncate:error=EIO 125 \
	    "pidfile: $PIDFILE: Input/output error"
	fails_at pwrite64:error=EIO 125 \
	    "pidfile: $PIDFILE: Input/output error"
	TRACE=(-P "$PIDFILE.record")
	fails_at flock:error=ENOLCK 125 \
	    "pidfile: $PIDFILE: No locks available"
	fails_at pwrite64:error=EIO 125 \
	    "pidfile: $PIDFILE: Input/output error"
}

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
			eventually is_complete
			kill -KILL "$PID"
			eventually gone "$PID"
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

@test "exec: a failure reaches the caller" {
	requires strace
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error"
	fails_at execve:error=ENOMEM 126 "exec: $PROBE: Cannot allocate memory"
	fails_at execve:error=E2BIG 126 "exec: $PROBE: Argument list too long"
	fails_at execve:error=ETXTBSY 126 "exec: $PROBE: Text file busy"
	fails_at execve:error=EACCES 126 "exec: $PROBE: Permission denied"
	fails_at execve:error=ENOENT 127 \
	    "exec: $PROBE: No such file or directory"
	fails_at execve:error=ENOEXEC 126 "exec: $PROBE: Exec format error"
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

@test "in the foreground a failure is reported in the same way" {
	requires strace
	fails_at close_range:error=EINVAL 125 \
	    "fds: close_range: Invalid argument" -F -e "$TMP/other"
	fails_at pwrite64:error=ENOSPC 125 \
	    "pidfile: $PIDFILE: No space left on device" -F -e "$TMP/other"
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error" \
	    -F -e "$TMP/other"
	# What gives the signals back is the last thing before the exec.
	fails_at_one rt_sigprocmask:error=EINVAL 125 \
	    "signals: rt_sigprocmask: Invalid argument" -F -e "$TMP/other"
	[[ ! -e $TMP/other ]]
}

@test "with a single fork a failure is reported in the same way" {
	requires strace
	fails_at chdir:error=EIO 125 "chdir: /: Input/output error" \
	    --refork=no
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error" \
	    --refork=no
	fails_at execve:error=EIO 126 "exec: $PROBE: Input/output error" \
	    --background=no --session=keep
}

@test "a log that was there before a failure keeps its lines" {
	echo line >"$TMP/old"
	fails_with 125 "chdir: $TMP/none: No such file or directory" \
	    -e "$TMP/old" -c "$TMP/none"
	equal log "$(cat "$TMP/old")" line
}

# --- death on the way ------------------------------------------------------

# READS is the number of the launcher's first read(2) on the report channel:
# the program's loader has some before.
count_reads() {
	strace -f -qq -y -o "$TMP/trace" -e trace=read "$DAEMONIZE" \
	    -p "$TMP/counted" true 3>&-
	rm -f "$TMP/counted" "$TMP/counted.record"
	READS=$(awk 'NR == 1 { launcher = $1 } $1 == launcher { n++ }
	    /pipe:/ { print n; exit }' "$TMP/trace")
	[[ $READS -gt 0 ]]
}

# A process is killed at each of these calls: all or nothing, and no success
# that is none: killed_at CALL[:WHEN]...
killed_at() {
	local call status

	for call; do
		status=0
		tampered "$call" >"$TMP/out" 2>"$TMP/err" || status=$?
		echo "$call: status $status, $(cat "$TMP/err")"
		[[ $status -ne 0 ]]
		eventually all_or_nothing
		if is_complete; then
			remember "$PID"
			kill -KILL "$PID"
			eventually gone "$PID"
		fi
		rm -f "$REPORT" "$PIDFILE" "$TMP/log"
	done
}

# The same where the launcher lives, so that it says what happened, at once.
killed_and_told() {
	local call status

	for call; do
		status=0
		tampered "$call" >"$TMP/out" 2>"$TMP/err" || status=$?
		echo "$call: status $status"
		equal status "$status" 125
		[[ $(cat "$TMP/err") == "daemonize: exec: $PROBE: killed "* ]]
		equal lines "$(wc -l <"$TMP/err")" 1
		nothing_is_made
	done
}

@test "an intermediate process that is killed is reported" {
	requires strace
	killed_and_told setsid:signal=KILL
}

@test "a daemon that is killed before the exec is reported" {
	requires strace plain
	killed_and_told rt_sigaction:signal=KILL:when=3 \
	    rt_sigtimedwait:signal=KILL \
	    chdir:signal=KILL dup2:signal=KILL
	# The launcher clears the record; only the daemon writes the file.
	TRACE=(-P "$PIDFILE")
	killed_and_told pwrite64:signal=KILL
}

@test "a daemon that is killed at the exec is no success" {
	requires strace
	killed_and_told execve:signal=KILL
}

@test "a daemon that is terminated before the exec is reported" {
	requires strace
	killed_and_told chdir:signal=TERM close_range:signal=INT \
	    pwrite64:signal=HUP
}

@test "a daemon of a single fork that is killed is reported" {
	requires strace
	local status=0

	tampered execve:signal=KILL --refork=no 2>"$TMP/err" || status=$?
	equal status "$status" 125
	equal stderr "$(cat "$TMP/err")" "daemonize: exec: $PROBE:\
 killed by signal 9 before it was executed"
	nothing_is_made
}

@test "a launcher that is killed leaves all or nothing" {
	requires strace plain
	count_reads
	killed_at "read:signal=KILL:when=$READS" \
	    "read:signal=KILL:when=$((READS + 1))" \
	    "read:signal=KILL:when=$((READS + 2))" \
	    wait4:signal=KILL exit_group:signal=KILL:when=1
}

@test "a launcher that is killed before the fork bars no other" {
	requires strace
	local call

	# No process is left to remove the files.
	for call in pipe2 fork; do
		run tampered "$call:signal=KILL:when=1"
		status_is 137
		eventually nothing_runs
		probe -p "$PIDFILE"
		is_complete
		kill -KILL "$PID"
		eventually gone "$PID"
		rm "$REPORT"
	done
}

@test "a launcher that is terminated launches first" {
	requires strace
	count_reads
	tampered "read:signal=TERM:when=$READS"
	eventually is_complete
	remember "$PID"
}

# STOPPED is the process that strace saw stop.
stopped() {
	STOPPED=$(awk '/stopped by SIGSTOP/ { print $1; exit }' "$TMP/trace")
	[[ -n $STOPPED ]]
}

# A process is stopped at that call, and killed: stopped_and_killed CALL
stopped_and_killed() {
	local launcher status=0

	tampered "$1" >"$TMP/out" 2>"$TMP/err" 3>&- &
	launcher=$!
	eventually stopped
	kill -KILL "$STOPPED"
	wait "$launcher" || status=$?
	[[ $status -ne 0 ]]
	eventually all_or_nothing
	if is_complete; then
		remember "$PID"
	fi
}

@test "an intermediate process that is stopped and killed leaves nothing" {
	requires strace
	stopped_and_killed setsid:signal=STOP
	nothing_is_made
}

@test "a daemon that is stopped and killed leaves nothing" {
	requires strace
	stopped_and_killed chdir:signal=STOP
	nothing_is_made
}

@test "a launcher that is stopped and killed leaves all or nothing" {
	requires strace
	count_reads
	stopped_and_killed "read:signal=STOP:when=$READS"
}
