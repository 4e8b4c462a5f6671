#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What is written about the program agrees with it: the help, the manual, the
# completion, the README; and every example of the manual runs.

load ../lib/helpers
load ../lib/options

MANUAL=$SOURCE_DIR/man/daemonize.1
MANUAL_7=$SOURCE_DIR/man/daemonize.7
COMPLETION=$SOURCE_DIR/contrib/completion/daemonize.bash
README=$SOURCE_DIR/README.md

# The sections of both pages of the manual with that name: manual_section NAME
manual_section() {
	awk -v title="$1" '
	    /^\.Sh / { inside = substr($0, 5) == title; next }
	    inside' "$MANUAL" "$MANUAL_7"
}

# The same options in the manual: the items of lists that begin with one.
manual_options() {
	sed -nE '/^\.It Fl /{ s/^\.It //; s/ Ns //g; s/ , /, /g; s/Fl /-/g
	    s/Op =(Ar|Cm) ([A-Za-z]+)/[=\2]/; s/ Op Ar ([A-Z]+)/ [\1]/
	    s/(Ar|Cm) //g; p }' "$MANUAL" | sort
}

# `NAME DEFAULT` of each step, in the order of --help, manual and --explain.
help_steps() {
	launch --help | sed -nE '/^The nine steps/,/--append/{
	    /--append/d
	    s/ keep means.*//
	    s/--std(in|out|err)/--stdio/
	    s/^.*--([a-z]+)=.*\(([^()]*)\)$/\1 \2/
	    /^[a-z]+ [^ ]+$/p }' | uniq
}

manual_steps() {
	sed -nE 's/^\.It [1-9] ([a-z]+) Ta ([^ ]+) Ta .*/\1 \2/p' "$MANUAL"
}

explain_steps() {
	launch --explain true |
	    sed -nE 's/^[1-9] ([a-z]+) +([^ ]+)( \2)*$/\1 \2/p'
}

# The literal blocks and lines of a section of the manual that contain those
# words, as a shell is given them: literal SECTION WORDS
literal() {
	manual_section "$1" |
	    sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\e/\\\\/g" |
	    awk -v words="$2" '
	    /^\.Bd -literal/ { inside = 1; block = ""; next }
	    /^\.Ed/ { inside = 0; if (index(block, words)) printf "%s", block }
	    /^\.Dl / && index($0, words) { print substr($0, 5) }
	    inside { block = block $0 "\n" }'
}

# Where the manual says daemonize, it is the one that is tested.
with_daemonize() {
	mkdir -p "$TMP/bin"
	ln -sf "$DAEMONIZE" "$TMP/bin/daemonize"
	"${AS[@]}" env PATH="$TMP/bin:$PATH" "$@" 3>&-
}

# Runs the task of the manual with those words, in $TMP; what a test must
# change is for sed: example WORDS [EDIT]
# Root's named instances lie in /run, which is not the tests', so NAME is the
# pid file NAME.pid, except with NAMED=1.
example() {
	local script

	script=$(literal TASKS "$1" | sed -E "${2-}")
	((${NAMED-0})) ||
	    script=$(sed -E 's/ -n ([a-z]+)( |;|$)/ -p \1.pid\2/' <<<"$script")
	[[ -n $script ]] || { echo "no such example: $1"; return 1; }
	with_daemonize sh -c "$script"
}

remember_all() {
	local pid

	for pid in $(leftovers); do
		remember "$pid"
	done
}

# Joins what a backslash at the end of a line continues.
whole_lines() {
	sed -e ':a' -e '/\\$/{N; s/\\\n *//; ba' -e '}'
}

# The lines of the manual's COMPOSING.
composing_lines() {
	literal COMPOSING daemonize | whole_lines
}

# Runs the one that begins with that, and finds the daemon: PID is set.
composing() {
	local script

	script=$(composing_lines | grep -- "^$1 ") ||
	    { echo "no such line: $1"; return 1; }
	with_daemonize sh -c "$script"
	find_daemon "sleep 1000"
}

# PID becomes that of what was started, once it runs this: find_daemon ARGS
find_daemon() {
	eventually runs_only "$1"
	PID=$(leftovers)
	remember "$PID"
}

runs_only() {
	local pid

	pid=$(leftovers)
	[[ -n $pid && $pid != *$'\n'* &&
	    $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") == "$1 " ]]
}

# A line of /proc/PID/status: state NAME
state() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status"
}

# What is offered for a line that is typed so far, which readline has cut at
# blanks, `=` and `:`.  COMPREPLY is set.
complete_line() {
	daemonize() { launch "$@"; }
	complete_words "$1"
}

complete_words() {
	# shellcheck source=/dev/null
	. "$COMPLETION"
	COMP_LINE=$1
	COMP_WORDBREAKS=$' \t\n=:'
	mapfile -t COMP_WORDS < <(grep -oE '[=:]+|[^=:[:space:]]+' <<<"$1")
	[[ $1 != *" " ]] || COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_daemonize
}

offered() {
	printf '%s\n' "${COMPREPLY[@]}"
}

# --- the options ----------------------------------------------------------

@test "manual and help have the same options with the same arguments" {
	equal options "$(manual_options)" "$(help_options)"
}

@test "daemonize(7) names only options that there are" {
	local option

	# These are options of chrt, prlimit, systemd-run and libslack's daemon.
	while read -r option; do
		help_names | grep -qxF -- "-$option" ||
		    { echo "no such option: -$option"; return 1; }
	done < <(grep -oE 'Fl -[a-z-]+' "$MANUAL_7" | sed 's/^Fl //' |
	    grep -vxE -e '-(reset-on-fork|nproc|scope|output)' | sort -u)
}

@test "the two pages of the manual refer to each other" {
	grep -qxF '.Xr daemonize 7 ,' <(manual_page_section 1 "SEE ALSO")
	grep -qxF '.Xr daemonize 1 ,' <(manual_page_section 7 "SEE ALSO")
}

# manual_page_section 1|7 NAME
manual_page_section() {
	sed -n "/^\.Sh $2\$/,/^\.Sh /p" "$SOURCE_DIR/man/daemonize.$1"
}

@test "the completion offers the options of the help" {
	complete_line "daemonize -"
	equal options "$(offered | sed 's/=$//' | sort -u)" \
	    "$(help_names | sort)"
}

@test "the completion knows which options have a value" {
	local option

	_command_offset() { OFFSET=$1; }
	for option in $(help_options | sed 's/.*, //; s/ \[.*//'); do
		OFFSET=none
		complete_line "daemonize ${option%%[=[]*} one two three "
		case $option in
		*)	[[ $VERBS != *" ${option%%[=[]*} "* ]] ||
			    { equal "$option" "$OFFSET" none; continue; } ;;&
		*\[=*)	equal "$option" "$OFFSET" 2 ;;
		--*=*)	equal "$option" "$OFFSET" 3 ;;
		--*)	equal "$option" "$OFFSET" 2 ;;
		esac
	done
}

@test "the completion gives a letter its value where the help does" {
	local letter long expected

	_command_offset() { OFFSET=$1; }
	while read -r letter long; do
		[[ $long == *=* ]] && expected=3 || expected=2
		complete_line "daemonize $letter one two three "
		equal "$letter $long" "$OFFSET" "$expected"
	done < <(help_options | sed -n 's/^\(-.\), /\1 /p')
}

@test "the completion offers the values that the help names" {
	local long values

	while IFS='=' read -r long values; do
		complete_line "daemonize $long="
		equal "$long" "$(offered | grep '^[a-z-]*$' | sort)" \
		    "$(tr '|' '\n' <<<"${values%%[*}" | grep '^[a-z-]*$' | sort)"
	done < <(help_options | sed -n 's/.*\(--.*=.*|.*\)/\1/p')
}

@test "the completion finds the command behind options and their values" {
	_command_offset() { OFFSET=$1; }
	complete_line "daemonize -Fa -u nobody:daemon --umask=022 -E A=b sleep "
	# COMP_WORDS: daemonize -Fa -u nobody : daemon --umask = 022 -E A = b
	equal offset "$OFFSET" 13
	complete_line "daemonize -- -v sleep "
	equal offset "$OFFSET" 2
	complete_line "daemonize -v slee"
	equal offset "$OFFSET" 2
}

@test "the completion offers pids after --check, and a command after none" {
	complete_line "daemonize --check --umask=027 $$"
	offered | grep -qx $$
	complete_line "daemonize --check $$ "
	equal "after the pid" "$(offered)" ""
	complete_line "daemonize --stop -n web "
	equal "after --stop" "$(offered)" ""
}

@test "the completion offers signals that there are, and for --stop a schedule" {
	local name names

	complete_line "daemonize --signal="
	names=$(offered)
	equal "of --signal S" "$(complete_line "daemonize --signal S"
	    offered | sort | tr '\n' ' ')" "SEGV STOP SYS "
	for name in $names; do
		run launch "--signal=$name" -p "$TMP/none"
		status_is 3
	done
	complete_line "daemonize --stop="
	equal "of --stop=" "$(offered)" "${names//$'\n'//$'\n'}/"
	complete_line "daemonize --stop=INT/2s/TE"
	equal "of --stop=INT/2s/TE" "$(offered)" INT/2s/TERM/
	complete_line "daemonize --replace=INT/2s/TE"
	equal "of --replace=INT/2s/TE" "$(offered)" INT/2s/TERM/
	complete_line "daemonize --stop=INT/"
	equal "of --stop=INT/" "$(offered)" ""
}

@test "the completion offers signals for each part of the list of --success" {
	complete_line "daemonize --success=SE"
	equal first "$(offered)" SEGV
	complete_line "daemonize --success 3,USR1,SE"
	equal third "$(offered)" 3,USR1,SEGV
}

@test "the completion offers files, syslog, its facilities and levels for a log" {
	local name

	: >somefile
	complete_line "daemonize --log=s"
	equal files "$(offered | sort)" $'somefile\nsyslog'
	complete_line "daemonize --log syslog:local"
	equal facilities "$(offered | tr '\n' ' ')" "$(printf 'local%d ' {0..7})"
	complete_line "daemonize --log=syslog:mail.e"
	equal levels "$(offered)" $'mail.emerg\nmail.err'
	for name in $(complete_line "daemonize --log=syslog:"; offered); do
		launch --explain --log="syslog:$name" true
	done
	for name in $(complete_line "daemonize --log=syslog:news."; offered); do
		launch --explain --log="syslog:$name" true
	done
}

@test "the completion has every facility and level that the program knows" {
	equal priorities "$({
		complete_line "daemonize --log=syslog:"; offered
		complete_line "daemonize --log=syslog:user."
		offered | sed 's/.*\.//'
	} | sort)" "$({
		for name in auth authpriv cron daemon ftp local{0..7} lpr mail \
		    news user uucp; do
			echo "$name"
		done
		printf '%s\n' emerg alert crit err warning notice info debug
	} | sort)"
}

@test "the completion has every signal with a name that the program knows" {
	equal signals "$(complete_line "daemonize --signal="; offered | sort)" \
	    "$(grep -oE '\[SIG[A-Z0-9]+\] = "[A-Z0-9]+"' \
		"$SOURCE_DIR/src/process/signals.c" | cut -d '"' -f 2 | sort)"
}

@test "the completion offers files, directories, users and groups" {
	mkdir somewhere
	: >somefile
	complete_line "daemonize --stdout=some"
	equal files "$(offered | sort)" $'somefile\nsomewhere'
	complete_line "daemonize -Fc some"
	equal directories "$(offered)" somewhere
	complete_line "daemonize -u root:roo"
	equal groups "$(offered)" root
	complete_line "daemonize --user=roo"
	equal users "$(offered)" root
}

@test "the completion offers the names of instances, and executes nothing in them" {
	local name='a$(touch${IFS}pwned)'

	# Root's named instances lie in /run, which is not the tests'.
	if ((EUID == 0)); then
		requires setpriv
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chmod 777 .
	fi
	mkdir -p "$TMP/daemonize/$HOSTNAME"
	: >"$TMP/daemonize/$HOSTNAME/web.pid"
	: >"$TMP/daemonize/$HOSTNAME/$name.pid"
	with_daemonize env XDG_STATE_HOME="$TMP" COMPLETION="$COMPLETION" \
	    bash -c "$(declare -f complete_words)"'
		complete_words "daemonize -n "
		printf "%s\n" "${COMPREPLY[@]}"' >names
	[[ ! -e pwned ]]
	# A shell that reads what is offered has the names.
	eval "set -- $(tr '\n' ' ' <names)"
	[[ ! -e pwned ]]
	equal names "$*" "$name web"
}

@test "the README names only options that there are" {
	local option

	[[ -e $README ]] || skip "no README"
	# What begins with an option or with us.  Options of configure are not.
	while read -r option; do
		help_names | grep -qxF -- "$option" ||
		    { echo "no such option: $option"; return 1; }
	done < <({
		grep -oE '`(daemonize )?--[^`]*' "$README"
		grep -oE '^    .*daemonize( --[a-z=-]+)+' "$README"
	} | grep -oE -e '--[a-z][a-z-]*' | grep -vE -e '--(en|dis)able-|--with' |
	    sort -u)
}

# --- the steps ------------------------------------------------------------

@test "help, manual and --explain have the same nine steps and defaults" {
	equal "number in the manual" "$(manual_steps | wc -l)" 9
	equal help "$(help_steps)" "$(manual_steps)"
	equal --explain "$(explain_steps)" "$(manual_steps)"
}

@test "the manual describes the steps in their order" {
	equal options "$(manual_section OPTIONS |
	    sed -nE '/^\.It .*-stdout/q; s/^\.It .*Fl -([a-z]+) .*/\1/p' |
	    sed 's/^stdin$/stdio/')" "$(manual_steps | cut -d ' ' -f 1)"
}

@test "the manual has the order of execution that -v prints" {
	local said

	said=$(manual_section "A LAUNCH" | sed -n '/^\.Bl -enum/,/^\.El/{
	    s/^\.Cm \([a-z]*\).*/\1/p; }')
	equal order "$(launch -v true | sed -n 's/^daemonize: \([a-z]*\):.*/\1/p')" \
	    "$said"$'\n'exec
	eventually nothing_runs
}

@test "the README has the defaults of the manual" {
	[[ -e $README ]] || skip "no README"
	equal steps "$(sed -nE \
	    's/^\| [1-9] \| ([a-z]+) \|.*\| `([^`]*)` \| [^|]*\|$/\1 \2/p' \
	    "$README")" "$(manual_steps)"
}

# --- statuses and messages ------------------------------------------------

@test "manual and help have the exit statuses of the source" {
	local statuses

	# Several names have the same number.
	statuses=$(sed -nE 's/.*STATUS_[A-Z_]+ = ([0-9]+).*/\1/p' \
	    "$SOURCE_DIR/src/base/message.h" | sort -nu)
	[[ -n $statuses ]]
	equal manual "$(manual_section "EXIT STATUS" |
	    sed -n 's/^\.It \([0-9]*\)$/\1/p')" "$statuses"
	equal help "$(launch --help | sed -n '/^Exit status/,$p' |
	    grep -oE '[0-9]+' | sort -nu)" "$statuses"
}

@test "help and manual have the same exit statuses for each verb" {
	local verb

	for verb in check status; do
		equal "--$verb" "$(launch --help | tr '\n' ' ' |
		    sed -E "s/.*--$verb: ([^.]*)\..*/\1/" |
		    grep -oE '[0-9]+')" \
		    "$(manual_section "EXIT STATUS" | awk -v verb="-$verb" '
			/^\.It / { n = $2 }
			/^\.Fl / && $2 == verb { print n }')"
	done
}

# What the manual says of a verb's JSON: json_members VERB
json_members() {
	manual_section JSON | awk -v verb="-$1" '
	    /^\.It Fl / { inside = $3 == verb }
	    inside && /^\.Va / { print $2 }'
}

# The members of an object on standard input, and those of one in its steps or
# of its past.
members() {
	python3 -c 'import json, sys
value = json.load(sys.stdin)
for one in [value] + value.get("steps", [])[:1] + value.get("past", [])[:1]:
    print("\n".join(one))'
}

@test "the members of the JSON are those of the manual" {
	requires python3
	local said

	launch -p "$PIDFILE" sleep 1000
	remember "$(cat "$PIDFILE")"
	said=$(json_members status)
	equal status "$(launch --status --json -p "$PIDFILE" | members)" \
	    "$(sed '/^reason$/d; /^supervisor$/,$d' <<<"$said")"
	launch --supervise -p "$PIDFILE.supervised" sleep 1000
	launch --again -p "$PIDFILE.supervised"
	remember "$(cat "$PIDFILE.supervised")"
	at_end eventually gone "$(recorded supervisor "$PIDFILE.supervised")"
	equal "status of a supervised one" \
	    "$(launch --status --json -p "$PIDFILE.supervised" | members)" \
	    "$(grep -vx reason <<<"$said")"
	equal check "$(launch --check --json -p "$PIDFILE" | members)" \
	    "$(json_members check)"
	# No user or group changes: there is no uid and no gid.
	equal explain "$(launch --explain --json true | members)" \
	    "$(json_members explain | grep -vxE 'uid|gid')"
	echo garbage >"$PIDFILE.other"
	run launch --status --json -p "$PIDFILE.other"
	status_is 4
	equal unknown "$(members <<<"$output" | tail -n 1)" \
	    "$(grep -x reason <<<"$said")"
}

@test "the messages of the manual's DIAGNOSTICS are those of the source" {
	local strings reason

	# A string that goes on in the next line is one.
	strings=$(cat "$SOURCE_DIR"/src/*.c "$SOURCE_DIR"/src/*/*.c | tr '\n' ' ' |
	    sed 's/"[[:space:]]*"//g')
	while read -r reason; do
		case $reason in
		*"; did you mean "*)
			reason="; did you mean " ;;
		*"needs a unit: use "*)
			reason="needs a unit: use %ss" ;;
		*"a signal or a time? use "*)
			reason="a signal or a time? use %s/5s for signal %s" ;;
		*"may be another process; "*)
			[[ $strings == *"so pid %d (%s) may be another process"* ]]
			reason="; if it is the daemon: kill" ;;
		*"; if it makes itself a daemon"* | *"; a shell has it"* | \
		    *"; give its words as separate arguments"*)
			reason=${reason##*; } ;;
		*"No such file"* | *"No space left"* | *"Permission denied"* | \
		    *"not permitted" | *"temporarily unavailable")
			continue ;;	# the system's
		*"; not restarted" | *"; stopped" | *"; again at once")
			reason=\"${reason##*; }\" ;;
		"--log=-OPTION: "* | "--log-time=TIME: "*)
			reason=${reason#*: } ;;
		*"; again in TIME")
			reason='again in %s' ;;
		*"not ready after"*)
			reason='not ready after %s: %s' ;;
		*"with the rights of USER"*)
			reason='with the rights of %s' ;;
		*"setgroups: "*)
			reason='setgroups' ;;
		*"cannot be rotated: "*)
			reason='cannot be rotated: %s' ;;
		*"could not be removed: "*)
			reason='could not be removed: ' ;;
		"again: "*"exited with status"*)
			reason='the command %s before it was ready' ;;
		"again: "*": the command "*)
			reason=${reason##*: the command } ;;
		*" holds FILE")
			reason='already running' ;;
		*)
			reason=${reason##*: }
			reason=${reason/the logger exited with status N;/%s;}
			reason=${reason/N bytes/%lld bytes}
			reason=${reason/% SCHEDULE/ %s}
			reason=${reason/ N restarts/ %zu restart%s}
			reason=${reason/, pid N, /, pid %d, }
			reason=${reason/ N / %d }
			reason=${reason/"(REASON)"/"(%s)"}
			reason=${reason/% TIME/ %s}
			reason=${reason/% PATH/ %.900s}
			reason=${reason/"another pid namespace; use"/"another %s namespace; use"}
			reason=${reason/% SIG/ %s}
			reason=${reason/"'PART'"/"'%s'"} ;;
		esac
		[[ $strings == *"$reason"* ]] ||
		    { echo "not in the source: $reason"; return 1; }
	done < <(manual_section DIAGNOSTICS |
	    sed -n 's/\\&//g; s/^\.It Li //p')
}

# --- the examples ---------------------------------------------------------

@test "every example of the manual has a test" {
	equal TASKS "$(manual_section TASKS | grep -cE '^\.(Bd -literal|Dl )')" \
	    "$(grep -oE '^	(run |NAMED=1 )?example "[^"]*"' "$BATS_TEST_FILENAME" |
		sort -u | wc -l)"
	equal COMPOSING "$(composing_lines | wc -l)" \
	    "$(grep -cE '^	composing ' "$BATS_TEST_FILENAME")"
}

# What is supervised in the instance of a pid file is PID, its supervisor
# SUPERVISOR, and no other process is left: find_supervised ARGS
find_supervised() {
	eventually runs_supervised "$1"
	# First, or it would restart what the teardown ends.
	remember "$SUPERVISOR"
	remember "$PID"
}

runs_supervised() {
	local pid found

	PID='' SUPERVISOR=''
	# Before sort, which would be one of them.
	found=$(leftovers)
	for pid in $found; do
		case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
		"$1 ")	PID=$pid ;;
		*)	SUPERVISOR=$pid ;;
		esac
	done
	[[ -n $PID && -n $SUPERVISOR ]] &&
	    equal processes "$(sort <<<"$found")" \
		"$(printf '%s\n' "$PID" "$SUPERVISOR" | sort)"
}

@test "example: run a command as a daemon" {
	example "daemonize sleep"
	find_daemon "sleep 1000"
}

@test "example: print what that does" {
	run example "--explain "
	status_is 0
	[[ $output == *"3 background"*"exec "*"/sleep 1000" ]]
	equal "processes" "$(leftovers)" ""
	[[ ! -e idle.pid ]]
}

@test "example: start one instance, look at it, stop it" {
	run example "--status"
	status_is 0
	[[ $output == "idle.pid: running, pid "* ]]
	equal processes "$(leftovers)" ""
	[[ ! -e idle.pid ]]
}

@test "example: restart it with another command" {
	launch -p idle.pid sleep 1000
	example "--replace -n idle"
	find_daemon "sleep 2000"
	equal pid "$(cat idle.pid)" "$PID"
}

@test "example: restart it with the same command" {
	example "--supervise -n idle"
	find_supervised "sleep 1000"
	equal run "$(recorded runs idle.pid)" 2
}

@test "example: reload its configuration" {
	launch --ready=file:started -c keep -p web.pid sh -c '
	    trap "echo reloaded >said" HUP; sleep 1000 & : >started; wait'
	remember_all
	example "--signal=HUP"
	eventually contains said reloaded
}

@test "example: start it at boot, and each minute, by cron" {
	example "@reboot" '2,$d; s/^@reboot //'
	find_daemon "sleep 1000"
	equal pid "$(cat idle.pid)" "$PID"
	example "@reboot" '1d; s/^\* \* \* \* \* //'
	equal processes "$(leftovers)" "$PID"
}

@test "example: start it at boot by systemd" {
	run example "--explain=unit"
	status_is 0
	grep -qx 'ExecStart=.*/sleep 1000' <<<"$output"
	grep -qx 'Restart=always' <<<"$output"
	equal processes "$(leftovers)" ""
}

# Counts what runs, without a pipe, whose commands would count: run_now NUMBER
run_now() {
	local pids

	mapfile -t pids < <(leftovers)
	equal processes ${#pids[@]} "$1"
}

@test "example: several instances" {
	as_readme_user
	NAMED=1 example "worker@" '$d'
	remember_all
	run_now 3
	NAMED=1 example "worker@" 1d
	equal processes "$(leftovers)" ""
}

@test "example: restart it when it is killed or fails" {
	example "--restart=on-failure" '$d'
	find_supervised "sleep 1000"
	equal supervisor "$(recorded supervisor idle.pid)" "$SUPERVISOR"
	example "--restart=on-failure" 1d
	restarted() { [[ $(recorded runs idle.pid) == 2 && -n $(cat idle.pid) ]]; }
	eventually restarted
	equal "the first run" "$(recorded run idle.pid | grep -o 'signal.*')" \
	    "signal 11"
	remember "$(cat idle.pid)"
}

@test "example: stop its children, too" {
	example "sleep 1000 & wait" '$d'
	eventually run_now 2
	example "sleep 1000 & wait" 1d
	equal processes "$(leftovers)" ""
}

@test "example: suspend it, and continue it" {
	example "--signal=STOP" '$d'
	find_daemon "sleep 1000"
	state_is() { [[ $(state State) == "$1 "* ]]; }
	eventually state_is T
	example "--signal=STOP" 1,2d
	eventually state_is S
}

@test "example: rollback" {
	printf '#!/bin/sh\nexec sleep 1000\n' >old
	printf '#!/bin/sh\nexit 1\n' >new
	chmod 755 old new
	launch -p web.pid ./old
	run example "./old"
	status_is 0
	[[ $output == *"exited with status 1 before it was ready"* ]]
	find_daemon "sleep 1000"
	equal pid "$(cat web.pid)" "$PID"
}

@test "example: rollback by a link" {
	mkdir -p releases/7 releases/8
	ln -s releases/7 current
	printf '#!/bin/sh\n: >ready\nexec sleep 1000\n' >releases/7/serve
	printf '#!/bin/sh\nexit 1\n' >releases/8/serve
	chmod 755 releases/*/serve
	launch --restart=on-failure --ready=file:ready -c keep -p web.pid \
	    current/serve
	run example "releases/8"
	status_is 0
	find_supervised "sleep 1000"
	equal link "$(readlink current)" releases/7
}

@test "example: return when the server accepts connections" {
	requires python3

	free_port
	example "--ready=tcp:8000" "s/8000/$PORT/g"
	remember "$(leftovers)"
	serves_little
	# At once: no waiting for it here.
	python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()' "$PORT"
}

# What an example serves is reached from this machine only, and is no directory
# that contains anything.
serves_little() {
	local pid

	pid=$(cat web.pid)
	equal arguments "$(tr '\0' ' ' <"/proc/$pid/cmdline" |
	    grep -o -- ' -b .*')" " -b 127.0.0.1 $PORT "
	equal directory "$(readlink "/proc/$pid/cwd")" "$TMP/www"
}

@test "example: return when the command reports that it is ready" {
	example "--ready=fd:3"
	find_daemon "sleep 1000"
}

@test "example: wait for its end, and use its exit status" {
	run example "--supervise -n job"
	status_is 0
	output_is "the job failed with 3"
	equal processes "$(leftovers)" ""
}

@test "example: append standard output and error to a file" {
	echo before >job.out
	example "--output=job.out"
	find_daemon "sleep 1000"
	equal "lines of the file" "$(wc -l <job.out)" 2
}

@test "example: keep a log with times, which rotates" {
	example "--log-rotate"
	find_supervised "sleep 1000"
	eventually contains job.log hello
	grep -qE '^[-0-9]+T[0-9:]+\.[0-9]{3}Z hello$' job.log
}

@test "example: follow the log, over rotations" {
	launch --output=job.log -p job.pid sh -c 'echo hello; exec sleep 1000'
	remember_all
	example "--tail" 's/^/exec /' >out 2>&1 &
	eventually contains out hello
	remember_all
	mv job.log job.log.1
	echo again >job.log
	eventually contains out again
}

@test "example: log each line at once" {
	requires python3 stdbuf
	unset PYTHONUNBUFFERED
	example "PYTHONUNBUFFERED" '/^daemonize.* stdbuf/,$d'
	remember_all
	eventually contains py.log hello
	# tr, as other commands in C, writes to a pipe when its buffer is full.
	printf '#!/bin/sh\n{ echo hello; exec sleep 1000; } | tr a-z A-Z\n' >worker
	chmod 755 worker
	example "PYTHONUNBUFFERED" '1,2d'
	remember_all
	eventually contains c.log HELLO
}

@test "example: set limits and priorities" {
	requires prlimit
	(($(nice) + 5 <= 19)) || skip "is as nice as can be"
	example "prlimit"
	find_daemon "sleep 1000"
	grep -q '^Max open files  *256 ' "/proc/$PID/limits"
	equal niceness "$(ps -o ni= -p "$PID" | tr -d ' ')" $(($(nice) + 5))
}

@test "example: an environment file, and nothing of the caller's" {
	echo "COLOUR = 'dark red'" >job.env
	example "--env-file"
	eventually contains env.out "COLOUR=dark red"
	eventually nothing_runs
	equal names "$(sed 's/=.*//' env.out | sort)" $'COLOUR\nPATH'
}

@test "example: restart it in a container" {
	example "--restart-limit" 's/^/exec /' >out 2>&1 &
	find_supervised "sleep 1000"
	equal parent "$(state PPid)" "$SUPERVISOR"
}

@test "example: in the run script of a service manager" {
	example "daemonize -F -i" 's/^/echo $$ >script.pid; exec /' >out 2>&1 &
	find_daemon "sleep 1000"
	# The process that the service manager knows has become the command.
	equal pid "$PID" "$(cat script.pid)"
}

@test "example: exclude flock(1)" {
	requires flock
	run example "flock"
	status_is 0
	output_is "the backup runs"
	find_daemon "sleep 1000"
}

@test "example: as root, run it as another user" {
	requires root
	example "idle.out"
	find_daemon "sleep 1000"
	equal pid "$(cat idle.pid)" "$PID"
	equal user "$(stat -c %U "/proc/$PID")" nobody
	equal "owner of the file" "$(stat -c %U idle.out)" nobody
}

@test "example: as root, run it in another root" {
	requires root busybox
	mkdir -p jail/bin
	cp "$(command -v busybox)" jail/bin
	chroot jail /bin/busybox true || skip "needs a static busybox"
	example "jail"
	find_daemon "/bin/busybox sleep 1000"
	equal root "$(readlink "/proc/$PID/root")" "$TMP/jail"
	equal user "$(stat -c %U "/proc/$PID")" nobody
}

@test "example: audit a process that another program has started" {
	# What is typed at a prompt comes after nohup has executed its command.
	run example "--check" \
	    '2i until grep -qx sleep "/proc/$!/comm"; do :; done'
	status_is 0
	find_daemon "sleep 1000"
	[[ $output == *"signals     BAD ignored: "*"it is no proper daemon" ]] ||
	    { echo "$output"; return 1; }
}

# --- the transcripts ------------------------------------------------------

# What differs from run to run: pids, sessions, times; and who the user is.
# Whether orphans come to process 1, and where sh is, is the system's.
comparable() {
	sed -E "s/pid [0-9]+/pid N/; s/session [0-9]+/session N/
	    s/user [^ ,]+,/user NAME,/
	    s/since [-0-9]+ [0-9:]+ \([0-9]+ s\)/since TIME/
	    s/memory [0-9.]+ [KMG]iB/memory SIZE/
	    s!output to .*/(web\.)?log(:| )!output to /DIR/log\2!
	    s![^ ]*/(python3 )!\1!
	    s!-d [^ ]*/www!-d /DIR/www!
	    s/supervisor [0-9]+/supervisor N/
	    s/ after [0-9.]+ m?s/ after TIME/
	    s/(run .* TIME), [-0-9]+ [0-9:]+(,|$)/\1, WHEN\2/
	    s/^[-0-9]+T[0-9:.]+Z /TIME /
	    s:(/usr)?/bin/sh:/bin/sh:
	    /^background /d"
}

# Joins the lines of output that the manual folds.
unfolded() {
	sed -e ':a' -e '$!{N; ba' -e '}' -e 's/\n    / /g'
}

# Runs the transcript with those words as it stands there, in $TMP, and
# compares what is printed: transcript SECTION WORDS
transcript() {
	local said

	said=$(literal "$1" "$2" | unfolded)
	[[ -n $said ]] || { echo "no such transcript: $2"; return 1; }
	run_transcript "$said"
}

# The same of that text: run_transcript TEXT
run_transcript() {
	local said=$1

	sed -nE "s/^\\$ (.*)/cat <<'END'\n&\nEND\n\1/p" <<<"$said" >.script
	with_daemonize sh .script >.printed 2>&1 || :
	remember_all
	equal transcript "$(comparable <.printed)" "$(comparable <<<"$said")"
}

# The README's blocks of commands and output that contain those words:
# readme_block WORDS
readme_block() {
	awk -v words="$1" '
	    function flush() { if (index(block, words)) printf "%s", block
		block = "" }
	    /^    / { block = block substr($0, 5) "\n"; next }
	    { flush() }
	    END { flush() }' "$README"
}

# As transcript, of the README; what a test must change is for sed:
# readme WORDS [EDIT]
readme() {
	local said

	[[ -e $README ]] || skip "no README"
	said=$(readme_block "$1" | sed "${2-}")
	[[ -n $said ]] || { echo "no such transcript: $1"; return 1; }
	run_transcript "$said"
}

# The named instances of root are in /run, which is not the tests'.
as_readme_user() {
	if ((EUID == 0)); then
		requires setpriv
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chmod 777 "$TMP"
	fi
	export XDG_STATE_HOME=$TMP/xdg
}

@test "README: the first commands" {
	requires python3
	as_readme_user
	free_port
	readme "-n web" "s/8000/$PORT/g"
}

@test "README: a command that is not ready" {
	readme "no database"
}

@test "README: --check" {
	readme "--check"
}

@test "README: every day" {
	local script

	as_readme_user
	mkdir bin
	# HUP does not end it, as that of most daemons.
	printf '#!/bin/sh\ntrap "" HUP\necho "$*"\nexec sleep 1000\n' >worker
	chmod 755 worker
	# What follows a file does not end.  The worker reads its signals, and
	# writes, before it is told to end.
	script=$(readme_block "--again" | sed 's/^daemonize --tail.*/cat worker.log/
	    s/^daemonize --signal=HUP/writes "queue mail"\n&/
	    s/^daemonize --stop/writes "queue all"\n&/')
	cat >bin/writes <<-END
		#!/bin/sh
		timeout $DEADLINE sh -c 'until grep -q "\$1" worker.log; do :; done' sh "\$1"
	END
	chmod 755 bin/writes
	run with_daemonize sh -ec "$script"
	status_is 0
	contains worker.log "--queue mail"
	contains worker.log "--queue all"
	equal "lines of the states" "$(grep -c '^worker: running' <<<"$output")" 2
	equal processes "$(leftovers)" ""
}

@test "every transcript of the README has a test" {
	[[ -e $README ]] || skip "no README"
	equal transcripts "$(awk '/^    \$ / && !inside { n++ }
	    { inside = /^    / } END { print n }' "$README")" \
	    "$(grep -cE '^	readme "' "$BATS_TEST_FILENAME")"
}

@test "every transcript of the manual has a test" {
	# Those of MANY HOSTS have theirs in hosts.bats.
	equal transcripts "$(sed '/^\.Sh MANY HOSTS/,/^\.Sh /d' "$MANUAL_7" |
	    cat - "$MANUAL" | grep -A 1 '^\.Bd -literal$' | grep -c '^\$ ')" \
	    "$(grep -cE '^	transcript ' "$BATS_TEST_FILENAME")"
}

@test "transcript: --ready" {
	transcript READINESS "--ready=notify"
}

@test "transcript: --check" {
	transcript CHECKING "--check"
}

@test "transcript: --restart" {
	transcript SUPERVISION "--restart-limit"
}

@test "transcript: --log" {
	transcript LOG "--log-time"
}

@test "transcript: --again" {
	transcript CONTROL "--again"
}

@test "transcript: --status" {
	transcript CONTROL "-a -o log"
}

@test "transcript: --stop" {
	transcript CONTROL "still runs"
}

@test "transcript: --signal" {
	transcript CONTROL "--signal=STOP"
}

@test "transcript: --wait" {
	transcript CONTROL "--wait"
}

@test "transcript: --list" {
	# Root's named instances lie in /run, which is not the tests'.
	if ((EUID == 0)); then
		requires setpriv
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
		chmod 777 "$TMP"
	fi
	export XDG_STATE_HOME=$TMP/xdg
	transcript CONTROL "--list"
}

@test "transcript: --json" {
	transcript JSON "--json"
}

# --- the log -----------------------------------------------------------------

# Runs the line of the manual's LOG with that logger, below $TMP instead of
# /var/log, with a command that writes a line: logger_line LOGGER
logger_line() {
	local line

	line=$(literal LOG svlogd | grep -F -- "|$1 ") ||
	    { echo "no such line: $1"; return 1; }
	line=${line//\/var\/log/$TMP}
	[[ $line == *" sleep 1000" ]]
	with_daemonize sh -c "${line/%sleep 1000/-p $PIDFILE echo hello}"
	launch --wait -p "$PIDFILE"
}

@test "every line of a logger in the manual has a test" {
	equal loggers "$(literal LOG svlogd | wc -l)" \
	    "$(grep -cE '^	logger_line ' "$BATS_TEST_FILENAME")"
}

@test "logger: svlogd" {
	requires svlogd
	mkdir job
	logger_line svlogd
	grep -q ' hello$' job/current
}

@test "logger: multilog" {
	requires multilog
	logger_line multilog
	grep -q '^@[0-9a-f]* hello$' job/current
}

@test "logger: s6-log" {
	requires s6-log
	logger_line s6-log
	grep -q ' hello$' job/current
}

@test "logger: logger" {
	requires logger
	# Without syslog, it ends at once.
	logger_line logger
}

@test "logger: systemd-cat" {
	requires systemd-cat
	[[ -S /run/systemd/journal/stdout ]] || skip "needs a journal"
	logger_line systemd-cat
}

@test "the manual's logrotate.conf rotates a log, and needs no signal" {
	requires logrotate
	mkfifo in
	launch --log=job.log -p "$PIDFILE" \
	    sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh "$TMP/in"
	at_end launch --stop -p "$PIDFILE"
	timeout 20 sh -c 'echo one >in'
	eventually contains job.log one
	literal LOG "rotate 5" | sed "s!/var/log!$TMP!" >conf
	((EUID != 0)) || sed -i '/{/a su root root' conf
	chmod 644 conf
	PATH=$PATH:/usr/sbin logrotate -s "$TMP/state" -f conf 3>&-
	timeout 20 sh -c 'echo two >in'
	eventually contains job.log two
	equal "the old file" "$(cat job.log.1)" one
}

# --- before and after us --------------------------------------------------

@test "composing: the environment of env(1)" {
	composing "env"
	tr '\0' '\n' <"/proc/$PID/environ" | grep -qx TZ=UTC
}

@test "composing: the niceness of nice(1)" {
	(($(nice) + 10 <= 19)) || skip "is as nice as can be"
	composing "nice"
	equal niceness "$(ps -o ni= -p "$PID" | tr -d ' ')" $(($(nice) + 10))
}

@test "composing: the I/O class of ionice(1)" {
	requires ionice
	composing "ionice"
	equal class "$(ionice -p "$PID")" idle
}

@test "composing: the policy of chrt(1)" {
	requires chrt
	composing "chrt"
	[[ $(chrt -p "$PID") == *SCHED_BATCH* ]]
}

@test "composing: the affinity of taskset(1)" {
	requires taskset
	taskset -c 0 true 2>/dev/null || skip "CPU 0 is not ours"
	composing "taskset"
	equal CPUs "$(state Cpus_allowed_list)" 0
}

@test "composing: the limit of prlimit(1)" {
	requires prlimit
	composing "prlimit"
	grep -q '^Max open files  *256 ' "/proc/$PID/limits"
}

@test "composing: the no-new-privs of setpriv(1)" {
	requires setpriv
	composing "setpriv"
	equal NoNewPrivs "$(state NoNewPrivs)" 1
}

@test "composing: the scope of systemd-run(1)" {
	requires systemd-run
	systemd-run --user --scope true 2>/dev/null || skip "needs systemd"
	composing "systemd-run"
	grep -q '\.scope$' "/proc/$PID/cgroup"
}

@test "composing: the capabilities of a setpriv(1) after us" {
	requires root setpriv
	setpriv --inh-caps=+net_bind_service \
	    --ambient-caps=+net_bind_service true || skip "needs capabilities"
	composing "daemonize setpriv"
	equal CapEff "$(state CapEff)" 0000000000000400
	equal Uid "$(state Uid | tr '\t' ' ')" "65534 65534 65534 65534"
}

# --- the rest of what is written ------------------------------------------

# Prints the command of a line that contrib/quickstart ends with, from the
# words before it on: quickstart_says WORDS <OUTPUT
quickstart_says() {
	sed -n "s/^$1: *//p"
}

# A copy of contrib/quickstart that neither installs nor builds.
quickstart() {
	mkdir -p "$TMP/contrib" "$TMP/build/quick"
	cp "$SOURCE_DIR/contrib/quickstart" "$TMP/contrib"
	printf '#!/bin/sh\n' | tee "$TMP/contrib/setup" >"$TMP/contrib/build"
	chmod +x "$TMP"/contrib/*
	ln -sf "$DAEMONIZE" "$TMP/build/quick/daemonize"
	env -u XDG_RUNTIME_DIR TMPDIR="$TMP" "$TMP/contrib/quickstart" "$@" 3>&-
}

@test "the commands that quickstart prints show, stop and remove its daemon" {
	quickstart sleep 1000 >said
	find_daemon "sleep 1000"
	run sh -c "$(quickstart_says "Its state" <said)"
	status_is 0
	[[ $output == *": running, pid $PID, "* ]]
	run sh -c "$(quickstart_says "Stop it" <said)"
	status_is 0
	equal processes "$(leftovers)" ""
	sh -c "$(quickstart_says "Clean up, once it is stopped" <said)"
	equal directories "$(ls -d "$TMP"/daemonize.* 2>/dev/null)" ""
}

@test "quickstart --help prints how it is called, and does nothing else" {
	run quickstart --help
	status_is 0
	[[ $output == "quickstart: "*"contrib/quickstart COMMAND"* ]]
	[[ $output != *"setting up"* ]]
}

@test "quickstart warns of another daemonize in PATH" {
	mkdir other
	printf '#!/bin/sh\necho unknown option >&2; exit 1\n' >other/daemonize
	chmod +x other/daemonize
	PATH=$TMP/other:$PATH quickstart true >said 2>&1
	grep -qxF "quickstart: warning: PATH leads to another daemonize, \
$TMP/other/daemonize" said
	ln -sf "$DAEMONIZE" other/daemonize
	PATH=$TMP/other:$PATH quickstart true >said 2>&1
	run ! grep warning said
}

# A process is `it', in what is written for users.
@test "no text calls a process by a word for a person" {
	local file

	for file in "$MANUAL" "$MANUAL_7" "$README" \
	    "$SOURCE_DIR"/{CONTRIBUTING.md,HACKING.md,NEWS,SECURITY.md,bench/README.md}; do
		[[ ! -e $file ]] || equal "$file" "$(sed '/-u nobody/d' "$file" |
		    grep -nwiE "$PERSONS")" ""
	done
	equal --help "$(launch --help | grep -nwiE "$PERSONS")" ""
}

PERSONS="he|him|his|himself|who|whom|whoever|nobody|somebody|anybody"

@test "the program accepts the option lines of the manual's COMPATIBILITY" {
	local line n=0

	while read -r line; do
		# shellcheck disable=SC2086  # options, to be split
		launch --explain $line true
		((++n))
	done < <(literal COMPATIBILITY -- | whole_lines)
	equal lines "$n" 10
}

@test "mandoc finds nothing in the manual" {
	requires mandoc
	"$SOURCE_DIR/contrib/lint" manual
}

@test "no line of the manual is wider than a terminal" {
	requires mandoc
	local page

	for page in "$MANUAL" "$MANUAL_7"; do
		equal "$page" "$(mandoc -T ascii -O width=78 "$page" \
		    2>/dev/null | sed 's/.\x08//g' | grep -E '.{81}')" ""
	done
}

@test "the first version in NEWS that has a date is that of the program" {
	local headings

	headings=$(grep '^daemonize ' "$SOURCE_DIR/NEWS")
	[[ $(sed 1q "$SOURCE_DIR/NEWS") == "${headings%%$'\n'*}" ]]
	# Above it there may be the next one.
	[[ $(sed '1{/^daemonize [0-9.]* (not released)$/d}' <<<"$headings" |
	    sed 1q) =~ ^"$(launch --version) ("20[0-9-]+")"$ ]]
}
