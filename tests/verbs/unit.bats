#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC1003
# --explain=unit: the same launch as a service of systemd.

load ../lib/helpers

# Prints the unit and stores it: unit [OPTION]... COMMAND [ARG]...
unit() {
	launch --explain=unit "$@" >"$TMP/x.service"
}

# The values of a setting, a line each: setting NAME
setting() {
	sed -n "s/^$1=//p" "$TMP/x.service"
}

# There is a comment on that option: noted --OPTION[=VALUE]
noted() {
	grep -qE -- "^# $1(=[^:]*)?: " "$TMP/x.service" ||
	    { echo "no comment on $1"; cat "$TMP/x.service"; return 1; }
}

# The options that have a comment, sorted, are these: noted_only --OPTION...
noted_only() {
	equal comments "$(sed -nE 's/^# (--[a-z-]+)[=:].*/\1/p' \
	    "$TMP/x.service" | LC_ALL=C sort -u | tr '\n' ' ')" "${*:+$* }"
}

verify() {
	local whose=--system

	((EUID == 0)) || whose=--user
	XDG_RUNTIME_DIR=$TMP systemd-analyze "$whose" --man=no verify \
	    "$TMP/x.service" 3>&-
}

# systemd reads it without a word.
accepted() {
	requires systemd-analyze
	run verify
	[[ $status -eq 0 && -z $output ]] ||
	    { cat "$TMP/x.service"; echo "$output"; return 1; }
}

# What systemd has read, as it shows it when it debugs: read_back NAME
# Some versions have an arrow of their own in UTF-8.
read_back() {
	SYSTEMD_LOG_LEVEL=debug LC_ALL=C.UTF-8 verify 2>&1 | sed -nE \
	    "/(->|→) Unit x.service:/,/(->|→) Unit /s/^[[:space:]]*$1: //p"
}

# The words of the command line that systemd has read, each ended by a NUL.
# systemd shows them in double quotes, before `$$` becomes `$`.
words_read_back() {
	read_back "Command Line" | python3 -c '
import codecs, re, sys
line = sys.stdin.buffer.readline().rstrip(b"\n")
for quoted, plain in re.findall(rb"\"((?:[^\"\\]|\\.)*)\"|(\S+)", line):
    word = re.sub(rb"\\([$`])", rb"\1", quoted)
    word = codecs.escape_decode(word)[0] or plain
    sys.stdout.buffer.write(word.replace(b"$$", b"$") + b"\0")'
}

# These are the words that systemd has read: executes WORD...
executes() {
	accepted
	equal words "$(words_read_back | tr '\0\n' '\n\1')" \
	    "$(printf '%s\0' "$@" | tr '\0\n' '\n\1')"
}

@test "a launch without options is a service that systemd accepts" {
	unit true
	accepted
	equal Type "$(setting Type)" exec
	equal ExecStart "$(setting ExecStart)" "$(type -P true)"
	equal UMask "$(setting UMask)" 0022
	equal WorkingDirectory "$(setting WorkingDirectory)" /
	equal stdio "$(setting 'Standard[A-Za-z]*')" $'null\nnull\nnull'
	equal Restart "$(setting Restart)" no
	equal IgnoreSIGPIPE "$(setting IgnoreSIGPIPE)" no
	equal PIDFile "$(setting PIDFile)$(setting LimitNOFILE)" ""
	noted_only --refork
}

@test "the description of a service is its name, or that of the program" {
	unit -n web true
	equal Description "$(setting Description)" web
	unit true
	equal Description "$(setting Description)" true
}

@test "systemd reads back the arguments as they were given" {
	local -a words=('' ' ' 'a b' "it's" '"' "''" '\' 'a\' '\n' '$HOME' '$$'
	    '${HOME}' '%' '%h' '%%' '`id`' '*' '~' '#' '!' '{a,b}' ';' '\;'
	    '&' '|' '<' '>' '(' ')' $'a\nb' $'\n' $'\t' $'\e[31m' $'\x7f' -x
	    --help a=b '[' '?' é $'\xc2\x9b' $'\xff\xfe' '日本' '@' '-' ' x '
	    plain/1.2:3,4@5+6%7_8-9)

	requires python3
	unit "$PROBE" "${words[@]}"
	executes "$PROBE" "${words[@]}"
}

@test "systemd reads back the path of the command as it is" {
	local name

	requires python3
	for name in 'a b' 'a$HOME' 'a%h' 'é;' '@x'; do
		cp "$PROBE" "$name"
		unit "./$name" x
		executes "$TMP/$name" x
	done
}

@test "a shell executes a path that systemd refuses" {
	local name

	requires python3
	for name in "it's" '"' 'a\b' $'a\nb' $'\xff'; do
		cp "$PROBE" "$name"
		unit "./$name" 'a b' '$x'
		executes /bin/sh -c 'exec "$0" "$@"' "$TMP/$name" 'a b' '$x'
	done
}

@test "a shell runs a script without #!" {
	requires python3
	printf 'echo\n' >script
	chmod +x script
	unit ./script 'a b'
	executes /bin/sh "$TMP/script" 'a b'
	: >script
	unit ./script 'a b'
	executes /bin/sh "$TMP/script" 'a b'
	printf '#!/bin/sh\necho\n' >script
	unit ./script 'a b'
	executes "$TMP/script" 'a b'
}

@test "the environment has PATH, and what -E says" {
	PATH=/bin:$PATH unit -E 'A=b  c%d$x"\' -E $'B=1\n\t2' -E C= -E D=é true
	accepted
	equal Environment "$(read_back Environment | sed 1d)" \
	    "$(printf '%s\n' 'A=b  c%d$x"\' $'B=1\n\t2' C= D=é | sed '/^	2/d')"
	[[ $(read_back Environment | sed -n 1p) == PATH=/bin:* ]]
	grep -q "^# Of the caller's environment" x.service
	unit --clear-env -E PATH=/bin true
	equal Environment "$(setting Environment)" PATH=/bin
	run grep -q "^# Of the caller's environment" x.service
	status_is 1
}

@test "a variable that systemd refuses is a comment" {
	unit -E a.b=1 -E $'C=\xff' -E 1=2 -E D=1 true
	accepted
	equal comments "$(grep -c '^# --env=' x.service)" 3
	equal Environment "$(setting Environment | sed 1d)" D=1
}

@test "user, group, root directory and no-new-privs are settings" {
	requires root
	unit -u daemon --no-new-privs -R / -c /tmp true
	accepted
	equal User "$(setting User)" daemon
	equal Group "$(setting Group)" "$(id -g daemon)"
	equal NoNewPrivileges "$(setting NoNewPrivileges)" yes
	equal RootDirectory "$(setting RootDirectory)" /
	equal WorkingDirectory "$(setting WorkingDirectory)" /tmp
	unit -R / -c tmp -u 12345:games true
	accepted
	equal User "$(setting User)" 12345
	equal Group "$(setting Group)" "$(getent group games | cut -d: -f3)"
	equal WorkingDirectory "$(setting WorkingDirectory)" /tmp
	noted --user
	unit -R / -c /tmp/../tmp -g games true
	accepted
	equal User "$(setting User)$(setting WorkingDirectory)" ""
	noted --chdir
}

@test "an ordinary user's launch is a service of that user" {
	requires user
	unit true
	accepted
	equal User "$(setting User)$(setting Group)" ""
	equal WantedBy "$(setting WantedBy)" default.target
	grep -q '^# systemctl --user enable' x.service
}

@test "files are appended to or truncated, as -a says" {
	unit -i /dev/zero -o "out%d" -e "$TMP/a \"b'c" true
	accepted
	equal stdio "$(setting 'Standard[A-Za-z]*')" \
	    "file:/dev/zero
truncate:$TMP/out%%d
truncate:$TMP/a \"b'c"
	equal output "$(read_back StandardOutputFileToTruncate)" "$TMP/out%d"
	equal error "$(read_back StandardErrorFileToTruncate)" "$TMP/a \"b'c"
	unit -a -o out true
	equal StandardOutput "$(setting StandardOutput)" "append:$TMP/out"
	noted_only --refork
	unit --restart=always -o out true
	noted --restart
}

@test "a path without a setting that can have it is a comment" {
	local path

	for path in $'a\nb' 'a ' 'a\' $'a\xff' 'none/../a'; do
		unit -o "$path" true
		accepted
		equal StandardOutput "$(setting StandardOutput)" ""
		noted --stdout
	done
	mkdir -p x/y $'d\n'
	unit -c $'d\n' true
	accepted
	noted --chdir
	unit -c x/y/.. -o x/../out true
	accepted
	equal WorkingDirectory "$(setting WorkingDirectory)" "$TMP/x"
	equal StandardOutput "$(setting StandardOutput)" "truncate:$TMP/out"
}

@test "what is kept of the caller is what the caller has now, or a comment" {
	(umask 077 && unit --umask=keep -c keep -F true)
	accepted
	equal UMask "$(setting UMask)" 0077
	equal WorkingDirectory "$(setting WorkingDirectory)" "$TMP"
	equal stdio "$(setting 'Standard[A-Za-z]*')" $'null\njournal\njournal'
	noted_only --chdir --session --stderr --stdin --stdout --umask
}

@test "the log's file gets what the service writes" {
	unit --log=log --log-time=utc --log-rotate=1M true
	accepted
	equal stdio "$(setting 'Standard[A-Za-z]*')" \
	    "null
append:$TMP/log
append:$TMP/log"
	noted_only --log-rotate --log-time --refork
	unit --log=log -o out -e err true
	accepted
	noted --log
	equal StandardOutput "$(setting StandardOutput)" "truncate:$TMP/out"
}

@test "a logger and syslog become the journal" {
	unit --log='|cat >x' true
	accepted
	equal StandardOutput "$(setting StandardOutput)" journal
	noted_only --log --refork
	unit --log=syslog:local3.notice true
	accepted
	equal StandardError "$(setting StandardError)" journal
	equal SyslogFacility "$(read_back SyslogFacility)" local3
	equal SyslogLevel "$(read_back SyslogLevel)" notice
	unit --log=syslog:cron true
	accepted
	equal SyslogFacility "$(read_back SyslogFacility)" cron
	unit --log=syslog true
	accepted
	noted_only --refork
}

@test "--ready is the type, or a comment" {
	unit --ready=notify --ready-timeout=1500ms true
	accepted
	equal Type "$(setting Type)" notify
	equal NotifyAccess "$(setting NotifyAccess)" all
	equal TimeoutStartSec "$(setting TimeoutStartSec)" 1500ms
	for method in alive:1s fd:5 file:x unix:x; do
		unit --ready="$method" true
		accepted
		equal "$method" "$(setting Type) $(setting TimeoutStartSec)" \
		    "exec "
		noted_only --ready --refork
	done
}

@test "the supervisor's options are systemd's" {
	unit --restart=on-failure --success=3,75,USR1,RTMAX \
	    --restart-delay=2s/16s --restart-limit=5/90s --tree true
	accepted
	equal Restart "$(setting Restart)" on-failure
	equal RestartSec "$(setting RestartSec)" 2s
	equal SuccessExitStatus "$(setting SuccessExitStatus)" \
	    "3 75 SIGUSR1 SIGRTMIN+30"
	equal StartLimitBurst "$(setting StartLimitBurst)" 6
	equal StartLimitIntervalSec "$(setting StartLimitIntervalSec)" 90s
	equal KillMode "$(setting KillMode)" control-group
	noted_only --refork --restart-delay
	equal RestartSteps "$(sed -n 's/^#RestartSteps=//p' x.service)" 3
	equal RestartMaxDelaySec \
	    "$(sed -n 's/^#RestartMaxDelaySec=//p' x.service)" 16s
	unit --restart=always --restart-limit=3 --restart-delay=1s/1s true
	accepted
	equal Restart "$(setting Restart)" always
	equal StartLimitBurst "$(setting StartLimitBurst)" 4
	noted_only --refork --restart-limit
	unit --restart=always --restart-delay=0 true
	accepted
	equal RestartSec "$(setting RestartSec)" 0s
	# systemd has a limit by default.
	equal StartLimitIntervalSec "$(setting StartLimitIntervalSec)" 0
	equal SuccessExitStatus "$(setting SuccessExitStatus)" ""
}

@test "a stop is that of the default schedule" {
	unit --supervise true
	accepted
	equal KillMode "$(setting KillMode)" process
	equal KillSignal "$(setting KillSignal)" SIGTERM
	equal TimeoutStopSec "$(setting TimeoutStopSec)" 10s
}

@test "a stop is that of --stop-with, as far as systemd goes" {
	unit --supervise --stop-with=QUIT/90s/KILL/1s true
	accepted
	equal KillSignal "$(setting KillSignal)" SIGQUIT
	equal TimeoutStopSec "$(setting TimeoutStopSec)" 90s
	noted_only --refork
	unit --supervise --stop-with=RTMAX/1s/TERM/2s/KILL/1s true
	accepted
	equal KillSignal "$(setting KillSignal)" SIGRTMIN+30
	noted_only --refork --stop-with
}

@test "an option without a counterpart is a comment" {
	unit --signals=ignore --sigchld=ignore --session=keep --fds=keep \
	    -p pid -l lock --if-not-running true
	accepted
	noted_only --fds --if-not-running --lockfile --pidfile --refork \
	    --session --sigchld --signals
	unit --fds=7 --replace -p $'p\nq' true 7</dev/null
	accepted
	noted_only --fds --pidfile --refork --replace
	unit --refork=no true
	noted_only
}

@test "--explain has no other value, and JSON has no unit" {
	fails 125 "daemonize: --explain=units: not unit; --explain alone \
prints the plan
Try 'daemonize --help'" --explain=units true
	fails 125 "daemonize: --json: is for --explain, not for --explain=unit
Try 'daemonize --help'" --json --explain=unit true
}
