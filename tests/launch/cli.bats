#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# The command line: what is refused, and how; what is printed where.

load ../lib/helpers

HELP="Try 'daemonize --help'"

# --- mistakes --------------------------------------------------------------
#
# Each function calls CHECK MESSAGE ARG... once a mistake: the line that is
# expected after "daemonize: ", and the arguments that are wrong.

unknown_options() {
	"$1" "--bogus: unknown option" --bogus true
	"$1" "--bogus=x: unknown option" --bogus=x true
	"$1" "-Z: unknown option" -Z true
	"$1" "-Z: unknown option" -aZ true
	"$1" "--: unknown option" -a- true
	"$1" "--=x: unknown option" --=x true
}

abbreviated_options() {
	"$1" "--sig=keep: unknown option" --sig=keep true
	"$1" "--pid=$TMP/new: unknown option; did you mean --pidfile?" \
	    "--pid=$TMP/new" true
	"$1" "--pid: unknown option; did you mean --pidfile?" \
	    --pid "$TMP/new" true
	"$1" "--appen: unknown option; did you mean --append?" --appen true
	"$1" "--e: unknown option" --e true
	"$1" "--hel: unknown option; did you mean --help?" --hel
}

options_without_value() {
	local option

	for option in -c -i -o -e -u -g -R -E -p -n -l; do
		"$1" "$option: needs a value" "$option"
		"$1" "$option: needs a value" "-a${option#-}"
	done
	for option in --signals --sigchld --background --session --refork \
	    --umask --fds --chdir --stdin --stdout --stderr --user --group \
	    --chroot --env --pidfile --name --lockfile; do
		"$1" "$option: needs a value" "$option"
	done
}

options_with_a_value_too_many() {
	local option

	for option in --append --foreground --clear-env --no-new-privs \
	    --if-not-running --verbose --help --version; do
		"$1" "$option=x: takes no value" "$option=x" true
	done
}

step_values() {
	local value

	for value in '' x Default keep,x yes; do
		"$1" "--signals=$value: not default, ignore or keep" \
		    "--signals=$value" true
		"$1" "--sigchld=$value: not default, ignore or keep" \
		    "--sigchld=$value" true
	done
	for value in '' x Yes 1 default; do
		"$1" "--background=$value: not yes or no" \
		    "--background=$value" true
		"$1" "--refork=$value: not yes or no" "--refork=$value" true
		"$1" "--session=$value: not new or keep" \
		    "--session=$value" true
	done
}

umasks() {
	local value

	for value in 8 01000 7777777777777777777777777 '' -1 +1 22x ' 22' \
	    0x12 rwx KEEP; do
		"$1" "--umask=$value: not an octal mode or keep" \
		    "--umask=$value" true
	done
}

descriptors() {
	local value

	for value in '' x 0 1 2 -1 +7 ' 7' '7 ' ',' '7,' ',7' '7,,8' '7,2' 7-9 0x7 \
	    2147483648 99999999999999999999 close,7; do
		"$1" "--fds=$value: not close, keep or a list of descriptors \
above 2" \
		    "--fds=$value" true
	done
	"$1" "--fds=900: not an open descriptor" --fds=900 true
	"$1" "--fds=901: not an open descriptor" --fds=901,2147483647 true
}

users_and_groups() {
	local value

	for value in '' :daemon root: :; do
		"$1" "--user=$value: not USER or USER:GROUP" --user="$value" true
	done
	for value in nosuchuser -1 4294967295 99999999999999999999 0x0; do
		"$1" "--user=$value: no such user" "--user=$value" true
		"$1" "--group=$value: no such group" "--group=$value" true
	done
	"$1" "--group=nosuchgroup: no such group" -u root:nosuchgroup true
	"$1" "--user=54321: not in the user database, so it needs a group:\
 UID:GROUP" -u 54321 true
}

names() {
	local value

	for value in '' . .. .x a/b /a ../a; do
		"$1" "--name=$value: must not be empty, contain a slash or \
begin with a dot" \
		    "--name=$value" true
	done
	for value in '*' 'a?' 'web[1]' 'a\b'; do
		"$1" "--name=${value}: must not contain *, ?, [ or \\" \
		    "--name=$value" true
	done
}

environment() {
	local value

	for value in '' FOO =x =; do
		"$1" "--env=$value: not NAME=VALUE" "--env=$value" true
	done
}

empty_files() {
	local option

	for option in chdir stdin stdout stderr group chroot pidfile lockfile
	do
		"$1" "--$option=: needs a value" "--$option=" true
		"$1" "--$option=: needs a value" "--$option" "" true
	done
}

contradictions() {
	"$1" "--name: excludes --pidfile" \
	    --name=x --pidfile="$TMP/new" true
	"$1" "-n: excludes -p" -p "$TMP/new" -n x true
	"$1" "-e: excludes --output" --output="$TMP/new" -e "$TMP/new" true
	"$1" "--chdir=keep: may be outside of the root of --chroot; name a \
directory in it" \
	    --chdir=keep --chroot="$TMP" true
}

no_command() {
	"$1" "COMMAND: missing"
	"$1" "COMMAND: missing" -a --
	"$1" "COMMAND: missing" --explain
	"$1" "COMMAND: empty" ""
	"$1" "COMMAND: empty" "" arg
}

every_mistake() {
	unknown_options "$1"
	abbreviated_options "$1"
	options_without_value "$1"
	options_with_a_value_too_many "$1"
	step_values "$1"
	umasks "$1"
	descriptors "$1"
	users_and_groups "$1"
	names "$1"
	environment "$1"
	empty_files "$1"
	contradictions "$1"
	useless_options "$1"
	no_command "$1"
}

# What the verb, if there is one, has no use for, by the name that was typed.
useless_options() {
	local verb

	for verb in --status --stop --again --signal=HUP --wait --tail; do
		"$1" "${verb%=*}: -E is for a launch" "$verb" -E A=1 -p "$TMP/none"
		"$1" "${verb%=*}: --env is for a launch" "$verb" --env=A=1 \
		    -p "$TMP/none"
		"$1" "${verb%=*}: --restart is for a launch" "$verb" \
		    --restart=always -p "$TMP/none"
		"$1" "${verb%=*}: -v is for a launch" "$verb" -v \
		    -p "$TMP/none"
		"$1" "${verb%=*}: --umask is for a launch and --check" \
		    "$verb" --umask=022 -p "$TMP/none"
	done
	"$1" "--check: -u is for a launch" --check -u root 1
	"$1" "--list: -F is for a launch and --check" --list -F
	"$1" "--json: is for --explain, --check, --status, --wait and --list" \
	    --json true
}

# --- what must be true of each ---------------------------------------------

# Two lines on stderr, nothing on stdout, status 125.
is_reported() {
	local message=$1 status=0

	shift
	"$DAEMONIZE" "$@" >"$TMP/out" 2>"$TMP/err" 3>&- || status=$?
	equal "status of $*" "$status" 125
	equal "stderr of $*" "$(cat "$TMP/err")" \
	    "daemonize: $message"$'\n'"$HELP"
	equal "stdout of $*" "$(cat "$TMP/out")" ""
}

# Files named in the same command line are neither made nor truncated.
touches_no_file() {
	local status=0

	shift
	echo old >"$TMP/old"
	"$DAEMONIZE" -o "$TMP/old" -e "$TMP/new" -p "$TMP/pid" \
	    -l "$TMP/lock" "$@" 2>/dev/null 3>&- || status=$?
	equal "status of $*" "$status" 125
	equal "the file of -o, after $*" "$(cat "$TMP/old")" old
	[[ ! -e $TMP/new && ! -e $TMP/pid && ! -e $TMP/lock ]] ||
	    { echo "a file was made by $*"; return 1; }
}

# No fork, and no file opened to write it.
starts_nothing() {
	shift
	strace -f -qq -o "$TMP/trace" \
	    -e trace="$(names_of fork,open,creat,ftruncate,exit_group)" \
	    "$DAEMONIZE" -o "$TMP/new" -p "$TMP/pid" "$@" 2>/dev/null 3>&- || :
	grep -q exit_group "$TMP/trace"
	! grep -E 'clone|fork|creat|O_WRONLY|O_RDWR|ftruncate' "$TMP/trace" ||
	    { echo "by $*"; return 1; }
}

@test "an unknown option is refused" { unknown_options is_reported; }

@test "an abbreviated option is refused" { abbreviated_options is_reported; }

@test "an option without its value is refused" {
	options_without_value is_reported
}

@test "a value for an option that takes none is refused" {
	options_with_a_value_too_many is_reported
}

@test "a step takes its own values only" { step_values is_reported; }

@test "a umask is octal and at most 777" { umasks is_reported; }

@test "--fds takes open descriptors above 2 only" { descriptors is_reported; }

@test "a user or group that does not exist is refused" {
	users_and_groups is_reported
}

@test "a NAME is a visible file in one directory" { names is_reported; }

@test "--env takes NAME=VALUE only" { environment is_reported; }

@test "an empty file name is refused" { empty_files is_reported; }

@test "options that contradict each other are refused" {
	contradictions is_reported
}

@test "what a verb has no use for is refused by the name that was typed" {
	useless_options is_reported
}

@test "a missing or empty command is refused" { no_command is_reported; }

@test "a mistake leaves the files named beside it alone" {
	every_mistake touches_no_file
}

@test "a mistake is found before anything is forked or opened to write" {
	requires strace uncounted
	every_mistake starts_nothing
}

@test "--if-not-running without a pid file, name or lock is refused" {
	run launch --if-not-running true
	status_is 125
	equal "the first line" "${lines[0]}" \
	    "daemonize: --if-not-running: needs --pidfile, --name or --lockfile"
}

@test "a control character in a message becomes a question mark" {
	is_reported "--umask=?[31m?x?: not an octal mode or keep" \
	    --umask=$'\e[31m\nx\x7f' true
	fails 127 "daemonize: exec: ./no?such?file: No such file or directory" \
	    $'./no\rsuch\efile'
}

# --- help and version ------------------------------------------------------

@test "--help and -h print the same help on stdout" {
	launch --help >"$TMP/long" 2>"$TMP/err"
	launch -h >"$TMP/short" 2>>"$TMP/err"
	equal stderr "$(cat "$TMP/err")" ""
	cmp "$TMP/long" "$TMP/short"
	equal "the first line" "$(head -n 1 "$TMP/long")" \
	    "Usage: daemonize [OPTION]... COMMAND [ARG]..."
}

@test "--help says where options stand, in 66 lines of 79 columns" {
	launch --help | grep -qF "  Options come before COMMAND,"
	equal "wide lines" "$(launch --help | grep -E '.{80}')" ""
	(($(launch --help | wc -l) <= 66))
}

@test "--version and -V print one line on stdout" {
	launch --version >"$TMP/long" 2>"$TMP/err"
	launch -V >"$TMP/short" 2>>"$TMP/err"
	equal stderr "$(cat "$TMP/err")" ""
	cmp "$TMP/long" "$TMP/short"
	[[ $(cat "$TMP/long") =~ ^daemonize\ [0-9]+\.[0-9.]+[^[:space:]]*$ ]]
}

@test "--help asks for nothing else to be right" {
	launch --help --bogus >/dev/null
	launch -hZ >/dev/null
	launch -o "$TMP/new" --help >/dev/null
	[[ ! -e $TMP/new ]]
}

@test "--help and --version fail where their output is lost" {
	local option status

	for option in --help -V; do
		status=0
		launch "$option" >/dev/full 2>"$TMP/err" || status=$?
		equal status "$status" 125
		equal stderr "$(cat "$TMP/err")" \
		    "daemonize: stdout: No space left on device"
	done
}

# --- order -----------------------------------------------------------------

@test "parsing stops at the first operand" {
	launch "$PROBE" "$REPORT" -p "$TMP/new" --bogus -- -a
	eventually nothing_runs
	equal arg2 "$(fact arg2)" -p
	equal arg4 "$(fact arg4)" --bogus
	equal arg5 "$(fact arg5)" --
	equal arg6 "$(fact arg6)" -a
	[[ ! -e $TMP/new ]]
}

@test "-- ends the options" {
	cp "$PROBE" "$TMP/-p"
	PATH=$TMP:$PATH launch -a -- -p "$REPORT"
	eventually nothing_runs
	equal arg0 "$(fact arg0)" -p
}

@test "the order of options does not matter" {
	local first second

	first=$(launch --explain -F --background=yes -o "$TMP/o" true)
	second=$(launch -o "$TMP/o" --background=yes -F --explain true)
	equal plan "$second" "$first"
	[[ $first == *"3 background   yes"* ]]
	[[ $first == *"4 session      keep"* ]]
	[[ $first == *"9 stdio        keep $TMP/o keep"* ]]
}

@test "of an option given twice the last counts" {
	probe --umask=077 -o "$TMP/first" --umask=027 -o "$TMP/last"
	equal umask "$(fact umask)" 027
	equal stdout "$(fact fd1)" "w,append $TMP/last"
	[[ ! -e $TMP/first ]]
}

@test "short options may be clustered, with the last one's value attached" {
	echo old >"$TMP/log"
	probe -avo"$TMP/log" -p"$PIDFILE" >/dev/null
	equal stdout "$(fact fd1)" "w,append $TMP/log"
	equal log "$(cat "$TMP/log")" old
	equal "pid file" "$(cat "$PIDFILE")" "$PID"
}

# --- what is printed -------------------------------------------------------

@test "a launch prints nothing" {
	probe -p "$PIDFILE" >"$TMP/out" 2>"$TMP/err"
	equal stdout "$(cat "$TMP/out")" ""
	equal stderr "$(cat "$TMP/err")" ""
}

@test "-v prints each step as it is done, then the exec with the pid" {
	probe -v --umask=027 -o "$TMP/log" >"$TMP/out" 2>"$TMP/err"
	equal stdout "$(sort "$TMP/out")" "$(sort <<-END
		daemonize: signals: default
		daemonize: sigchld: default
		daemonize: background: yes
		daemonize: session: new
		daemonize: refork: yes
		daemonize: umask: 027
		daemonize: fds: close
		daemonize: chdir: /
		daemonize: stdio: /dev/null $TMP/log /dev/null
		daemonize: exec: $PROBE: pid $PID
	END
	)"
	equal stderr "$(cat "$TMP/err")" ""
	equal "the last line" "$(tail -n 1 "$TMP/out")" \
	    "daemonize: exec: $PROBE: pid $PID"
}

@test "-v of a launch that fails prints the steps that were done" {
	printf '#!/no/such/interpreter\n' >"$TMP/bad"
	chmod +x "$TMP/bad"
	run launch -v "$TMP/bad"
	status_is 126
	[[ $output == *"daemonize: stdio: /dev/null /dev/null /dev/null"* ]]
	[[ $output != *": pid "* ]]
	[[ $output == *": bad interpreter: "* ]]
}

@test "-v prints what is done besides the nine steps, too" {
	launch -v --no-new-privs "$PROBE" "$REPORT" >told
	eventually test -e "$REPORT"
	equal "the line" "$(grep '^daemonize: no-' told)" \
	    "daemonize: no-new-privs: prctl"
}

@test "a message that cannot be printed changes no exit status" {
	local status=0

	launch --bogus 2>/dev/full || status=$?
	equal status "$status" 125
}
