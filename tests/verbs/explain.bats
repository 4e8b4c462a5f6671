#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC1003
# --explain: prints what the same command line without it would do.

load ../lib/helpers

# Prints the plan and stores it: explain [OPTION]... COMMAND [ARG]...
explain() {
	launch --explain "$@" >"$TMP/plan"
}

# What the plan says before, between and after the steps: value NAME
value() {
	sed -nE "s/^  $1 +//p" "$TMP/plan"
}

# The arguments of daemonize give a step that value: step NAME VALUE ARG...
step() {
	local name=$1 expected=$2

	shift 2
	explain "$@" true
	equal "$name with $*" \
	    "$(sed -nE "s/^[1-9] $name +//p" "$TMP/plan")" "$expected"
}

@test "all nine steps are there, numbered, in their order" {
	explain true
	equal steps "$(sed -nE 's/^([1-9] [a-z]+) .*/\1/p' "$TMP/plan")" \
	    "$(printf '%s\n' '1 signals' '2 sigchld' '3 background' \
	    '4 session' '5 refork' '6 umask' '7 fds' '8 chdir' '9 stdio')"
}

@test "without options each step has its default" {
	step signals default
	step sigchld default
	step background yes
	step session new
	step refork yes
	step umask 022
	step fds close
	step chdir /
	step stdio "/dev/null /dev/null /dev/null"
}

@test "each step has the value that it was given" {
	step signals ignore --signals=ignore
	step signals keep --signals=keep
	step sigchld ignore --sigchld=ignore
	step sigchld keep --sigchld=keep
	step background no --background=no --session=keep
	step session keep --session=keep
	step refork no --refork=no
	step umask 007 --umask=7
	step umask keep --umask=keep
	step fds keep --fds=keep
	step fds 7,9 --fds=9,7,9 7</dev/null 9</dev/null
	step chdir "$TMP" -c "$TMP"
	step chdir keep -c keep
	step stdio "/dev/zero $TMP/o keep" -i /dev/zero -o "$TMP/o" -e keep
}

@test "-F shows that nothing is forked and stdio is kept" {
	step background no -F
	step session keep -F
	step refork no -F
	step stdio "keep keep keep" -F
}

@test "the path of the command is the one that PATH leads to" {
	mkdir first second
	cp "$PROBE" second/prog
	explain -E "PATH=$TMP/first:$TMP/second" prog
	equal command "$(value command)" "$TMP/second/prog"
	equal exec "$(value exec)" "$TMP/second/prog"
}

@test "a relative command is shown as an absolute path" {
	cp "$PROBE" prog
	explain ./prog
	equal command "$(value command)" "$TMP/prog"
}

@test "the pid file and the lock file are shown" {
	explain -p "$PIDFILE" -l "$TMP/lock" true
	[[ $(value lockfile) == *"$TMP/lock"* ]]
	[[ $(value pidfile) == *"$PIDFILE"* ]]
}

@test "the pid file of a NAME is shown" {
	requires user
	XDG_STATE_HOME=$TMP explain -n web true
	[[ $(value pidfile) == *"$TMP/daemonize/"*"/web.pid"* ]]
	[[ ! -e $TMP/daemonize ]]
}

@test "the identity is shown in numbers" {
	requires root
	explain -u daemon true
	equal user "$(value user)" "daemon: uid $(id -u daemon),\
 gid $(id -g daemon), groups $(id -G daemon)"
	explain -u daemon:games true
	equal user "$(value user)" "daemon: uid $(id -u daemon),\
 gid $(id -g games), groups $(id -g games)"
	explain -g games true
	equal group "$(value group)" \
	    "gid $(id -g games), groups $(id -g games)"
}

@test "chroot and no-new-privs are shown" {
	requires root
	explain -R / --no-new-privs true
	equal chroot "$(value chroot)" /
	[[ -n $(value no-new-privs) ]]
}

@test "a supervisor is shown with its policy, and only if there is one" {
	explain true
	equal supervise "$(value supervise)$(value restart)" ""
	explain --supervise true
	equal supervise "$(value supervise)" \
	    "a supervisor stays as its parent, and records how it ends"
	equal restart "$(value restart)" never
	equal stop-with "$(value stop-with)" TERM/10s/KILL/5s
	equal limit "$(value limit)" ""
	equal tree "$(value tree)" ""
	explain --restart=on-failure --restart-delay=2s/1m --restart-limit=5 \
	    --tree true
	equal restart "$(value restart)" \
	    "on-failure, after 2 s, doubled each time up to 1 min"
	equal limit "$(value limit)" "5 restarts in a row, then give up"
	equal tree "$(value tree)" "end what a run leaves behind"
	explain --restart=always --restart-limit=3/90s true
	equal restart "$(value restart)" \
	    "always, after 100 ms, doubled each time up to 30 s"
	equal limit "$(value limit)" "3 restarts in 1 min 30 s, then give up"
}

@test "the statuses and signals that are no failure are shown where they count" {
	explain --restart=on-failure --success=3,segv true
	equal success "$(value success)" 0,3,HUP,INT,SEGV,PIPE,TERM
	explain --restart=on-failure --success=RTMAX,255 true
	equal success "$(value success)" 0,255,HUP,INT,PIPE,TERM,64
	explain --restart=always true
	equal success "$(value success)" ""
	explain --supervise true
	equal success "$(value success)" ""
}

# The lines of the log, the first of what is done before the steps: log_is LINE
log_is() {
	equal log "$(value log)" "$1"
}

@test "a log is shown: what it is, what goes to it, and how it is written" {
	explain --log=here true
	log_is "open $TMP/here to append
stdout, stderr, and the supervisor's messages"
	equal "log-time and log-rotate" "$(value log-time)$(value log-rotate)" ""
	[[ $(value supervise) == "a supervisor stays as its parent, "* ]]
	explain --log='| svlogd -tt "/a b"' -o out true
	log_is $'open a pipe to the logger: svlogd -tt "/a b"
stderr, and the supervisor\'s messages'
	explain --log=syslog:local0.notice -o out -e out true
	log_is $'connect to syslog:local0.notice
the supervisor\'s messages'
	explain --log=/here --log-time=local --log-rotate=10k true
	equal log-time "$(value log-time)" "local, at the beginning of each line"
	equal log-rotate "$(value log-rotate)" \
	    "at 10240 bytes, and keep 5 old files"
	explain --log=/here --log-rotate=1G/1 true
	equal log-rotate "$(value log-rotate)" \
	    "at 1073741824 bytes, and keep 1 old file"
	[[ ! -e here && ! -e out ]]
}

@test "without a log none is shown" {
	explain --supervise true
	equal log "$(value log)$(value log-time)$(value log-rotate)" ""
}

@test "in the foreground, the process itself is shown to stay" {
	explain -F --supervise true
	[[ $(value supervise) == "this process stays as its parent, "* ]]
}

@test "a shell reads the arguments back as they were given" {
	local -a words=('' ' ' 'a b' "it's" '"' "''" '\' '$HOME' '`id`' '*'
	    '~' '#' '!' '{a,b}' ';' '&' '|' '<' '>' '(' ')' $'a\nb' $'\n'
	    $'\t' $'\e[31m' -x --help a=b '[' '?' é plain/1.2:3,4@5+6%7_8-9)

	explain "$PROBE" "${words[@]}"
	# From "exec" to the end: a word can have a newline in it.
	eval "set -- $(sed -n '/^  exec /,$p' "$TMP/plan" | sed '1s/^  exec *//')"
	equal words "$(printf '%q\n' "$@")" \
	    "$(printf '%q\n' "$PROBE" "${words[@]}")"
}

@test "the path of the command is quoted too" {
	cp "$PROBE" "a 'b"
	explain "./a 'b" x
	eval "set -- $(value exec)"
	equal path "$1" "$TMP/a 'b"
}

@test "nothing is made, locked or opened to write, and nothing is forked" {
	requires strace plain uncounted
	strace -f -qq -o "$TMP/trace" "$DAEMONIZE" --explain -p "$PIDFILE" \
	    -l "$TMP/lock" -o "$TMP/out" -e "$TMP/err" "$PROBE" "$REPORT" \
	    >"$TMP/plan" 3>&-
	grep -q '^1 signals' "$TMP/plan"
	grep -q exit_group "$TMP/trace"
	equal calls "$(grep -v 'write' "$TMP/trace" |
	    grep -E 'clone|fork|flock|SETLK|WRONLY|RDWR|unlink|mkdir')" ""
	[[ ! -e $PIDFILE && ! -e $TMP/lock && ! -e $TMP/out && ! -e $REPORT ]]
}

@test "the files of a daemon that runs are left alone" {
	probe -p "$PIDFILE" -o "$TMP/log"
	echo line >>"$TMP/log"
	explain -p "$PIDFILE" -o "$TMP/log" "$PROBE"
	equal log "$(cat "$TMP/log")" line
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
	run launch -p "$PIDFILE" "$PROBE" "$TMP/other"
	status_is 1
}

@test "a missing command is refused as the launch would" {
	fails 127 "daemonize: exec: nosuchprogram: No such file or directory" \
	    --explain nosuchprogram
}

@test "a command that cannot be executed is refused as the launch would" {
	: >file
	fails 126 "daemonize: exec: ./file: Permission denied" --explain ./file
}

@test "an unknown user is refused as the launch would" {
	run launch --explain -u nosuchuser true
	status_is 125
	equal "the first line" "${lines[0]}" \
	    "daemonize: --user=nosuchuser: no such user"
}

@test "a missing new root is refused as the launch would" {
	fails 125 "daemonize: chroot: $TMP/none: No such file or directory" \
	    --explain -R "$TMP/none" true
}

@test "a plan that cannot be printed is a failure" {
	local status=0

	launch --explain true >/dev/full 2>"$TMP/err" || status=$?
	equal status "$status" 125
	equal stderr "$(cat "$TMP/err")" \
	    "daemonize: stdout: No space left on device"
}

@test "an environment that starts empty is printed as cleared" {
	run launch --explain --clear-env -E A=1 true
	status_is 0
	equal env "$(grep '^  env' <<<"$output")" \
	    $'  env          cleared\n  env          A=1'
}
