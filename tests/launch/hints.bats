#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Common mistakes: the message has the way out.

load ../lib/helpers

HELP="Try 'daemonize --help'"
MISSING="No such file or directory"

# The command is not found, and its message ends so: not_found COMMAND END
not_found() {
	fails 127 "daemonize: exec: $1: $2" "$1" 9
	fails 127 "daemonize: exec: $1: $2" --explain "$1" 9
}

# The usage error has that reason: misused WORD REASON [ARG]...
misused() {
	fails 125 "daemonize: $1: $2
$HELP" "${@:3}"
}

# --- COMMAND ---------------------------------------------------------------

@test "a command and its arguments in one word are to be separate" {
	local word

	for word in "sleep 9" "/bin/sleep 9" "./job.sh x" "cd / && make" \
	    "FOO-1 x"; do
		not_found "$word" "$MISSING; give its words as separate \
arguments, or use sh -c '...'"
	done
	fails 127 "daemonize: exec: a?b: $MISSING; give its words as separate \
arguments, or use sh -c '...'" $'a\tb'
}

@test "a command with a blank in its name runs" {
	cp "$PROBE" "a prog"
	launch "./a prog" "$REPORT"
	eventually nothing_runs
	equal arg0 "$(fact arg0)" "./a prog"
}

@test "a variable in the place of the command is for -E" {
	not_found FOO=1 "$MISSING; did you mean -E FOO=1?"
	not_found _a1= "$MISSING; did you mean -E _a1=?"
	not_found "A=b c" "$MISSING; did you mean -E A=b c?"
	not_found 1A=b "$MISSING"
	not_found '=b' "$MISSING"
	not_found a-b=c "$MISSING"
}

@test "a command with = in its name runs" {
	cp "$PROBE" A=1
	PATH=$TMP:$PATH launch A=1 "$REPORT"
	eventually nothing_runs
	equal arg0 "$(fact arg0)" A=1
}

@test "a command that is built into a shell gets the hint of sh -c" {
	local word

	# Some systems have files of these names.
	mkdir empty
	for word in cd ulimit exec export . umask while trap set; do
		not_found_in_empty "$word" \
		    "a shell has it built in: use sh -c '...'"
	done
	for word in source '[[' pushd time; do
		not_found_in_empty "$word" \
		    "bash has it built in: use bash -c '...'"
	done
	not_found_in_empty ll "if it is a shell alias, use its value"
	not_found_in_empty cdx ""
}

# No directory of PATH has it: not_found_in_empty COMMAND HINT
not_found_in_empty() {
	fails 127 "daemonize: exec: $1: $MISSING${2:+; $2}" \
	    -E "PATH=$TMP/empty" "$1" /
}

# The words of the hint that contains this: words_of TEXT
words_of() {
	sed -n '/ commands\[\] = {/,/^};/p' "$SOURCE_DIR/src/cli/hint.c" |
	    tr -d '\n' | grep -oE '\{ [^}]*"[^}]*\}' | grep -F -- "$1" |
	    grep -oE '"[^"]*"' | sed '$d' | tr -d '"'
}

# Each word of that hint is a shell's own: are_built_in HINT AT_LEAST SHELL...
are_built_in() {
	local words word

	words=$(words_of "$1")
	[[ $(wc -w <<<"$words") -gt $2 ]]
	set -f
	for word in $words; do
		# Bash itself reads this one as a command of its own.
		[[ $word != "((" ]] || continue
		[[ $("${@:3}" -c 'type -t -- "$1"' - "$word") == \
		    @(builtin|keyword) ]] || { echo "not so: $word"; return 1; }
	done
}

@test "each built-in command of sh in the list is one" {
	are_built_in "use sh -c" 30 bash --posix
}

@test "each built-in command of bash in the list is one" {
	are_built_in "use bash -c" 20 bash
}

@test "what other programs have as commands are options" {
	mkdir empty
	
	not_found_in_empty start "leave it out: daemonize [OPTION]... COMMAND"
	not_found_in_empty list "did you mean --list?"
	not_found_in_empty help "did you mean --help?"
	has_option stop --stop
	has_option restart --again
	has_option reload --signal=HUP
	has_option status --status
	has_option logs --tail
	fails 127 "daemonize: exec: stop: $MISSING; did you mean \
--stop -n NAME?" -E "PATH=$TMP/empty" stop
}

# The command is for that option of ours: has_option COMMAND OPTION
has_option() {
	local for

	for for in "-n web" "-p /run/web" "-p web.pid"; do
		fails 127 "daemonize: exec: $1: $MISSING; did you mean \
$2 $for?" -E "PATH=$TMP/empty" "$1" "${for#-? }"
	done
}

@test "a command of such a name runs" {
	cp "$PROBE" stop
	PATH=$TMP:$PATH launch stop "$REPORT"
	eventually nothing_runs
	equal arg0 "$(fact arg0)" stop
}

@test "a command that is in the directory of -c is named by its path" {
	mkdir app
	cp "$PROBE" app/serve
	fails 127 "daemonize: exec: ./serve: $MISSING; did you mean \
app/serve?" -c app ./serve
	fails 127 "daemonize: exec: serve: $MISSING; did you mean \
$TMP/app/serve?" -c "$TMP/app" serve
	fails 127 "daemonize: exec: ./other: $MISSING" -c app ./other
	fails 127 "daemonize: exec: ./serve: $MISSING" -c keep ./serve
}

@test "a file in the caller's directory that PATH does not lead to" {
	cp "$PROBE" job.sh
	mkdir here
	not_found job.sh "not found in PATH; did you mean ./job.sh?"
	not_found here "$MISSING"
	not_found other.sh "$MISSING"
	cp "$PROBE" cd
	fails 127 \
	    "daemonize: exec: cd: not found in PATH; did you mean ./cd?" \
	    -E "PATH=$TMP/here" cd
}

@test "a file in the caller's directory is not in another root" {
	requires root
	mkdir root
	cp "$PROBE" job.sh
	fails 127 "daemonize: exec: job.sh: $MISSING" -R root job.sh
}

@test "a schedule in the place of the command is for --replace" {
	fails 127 "daemonize: exec: TERM/5s: $MISSING; did you mean \
--replace=TERM/5s?" --replace -p "$PIDFILE" TERM/5s sleep 1
	fails 127 "daemonize: exec: 30s: $MISSING; did you mean \
--replace=30s?" --replace -p "$PIDFILE" 30s sleep 1
	fails 127 "daemonize: exec: 30s: $MISSING" -p "$PIDFILE" 30s sleep 1
	[[ ! -e $PIDFILE ]]
}

# --- options and operands --------------------------------------------------

# What is suggested for a misspelt option: suggests WORD OPTION
suggests() {
	misused "$1" "unknown option; did you mean $2?" "$1" true
	misused "$1=x" "unknown option; did you mean $2?" "$1=x" true
}

@test "a misspelt option is reported with the similar one" {
	suggests --pid-file --pidfile
	suggests --pid_file --pidfile
	suggests --pidflie --pidfile
	suggests --pdifile --pidfile
	suggests --PIDFILE --pidfile
	suggests --usr --user
	suggests --sotp --stop
	suggests --stat --status
	suggests --if-not-runing --if-not-running
	suggests --no-new-priv --no-new-privs
	suggests --explan --explain
	suggests --verbos --verbose
}

@test "an option and its value in one word are an unknown option" {
	misused "--name web" "unknown option" "--name web" true
}

@test "an option without a similar one is reported alone" {
	local option

	for option in --bogus --x --sig --s --rotation \
	    "--$(printf '%0100d' 0)" --pidfilefile; do
		misused "$option" "unknown option" "$option" true
	done
}

@test "an option of another program is reported with what is ours" {
	local option

	hint_means --kill "use --stop=KILL, or --signal=KILL"
	hint_means --reload "did you mean --signal=HUP?"
	hint_means --retry "did you mean --stop=SCHEDULE?"
	hint_means --nice "use nice(1): nice -n 10 daemonize ..."
	hint_means --logs "did you mean --tail, or --log=FILE?"
	hint_means --logfile "did you mean --log=FILE?"
	for option in --nofork --no-daemon; do
		hint_means "$option" "did you mean -F?"
	done
	for option in --daemon --detach --start; do
		hint_means "$option" "it is the default: leave it out"
	done
	misused -d "unknown option; it is the default: leave it out" -d true
	misused -f "unknown option; did you mean -F?" -vf true
	misused --restart=-n "not never, on-failure or always; --again \
restarts it now" --restart -n web
	for option in --cwd --dir; do
		hint_means "$option" "did you mean --chdir?"
	done
	hint_means --startas "COMMAND comes after the options"
}

# means OPTION HINT
hint_means() {
	misused "$1" "unknown option; $2" "$1" true
	misused "$1=x" "unknown option; $2" "$1=x" true
}

@test "every option with a letter left out is like an option" {
	local option word

	for option in $(launch --help | grep -oE -e '--[a-z-]+' | sort -u); do
		((${#option} > 6)) || continue
		word=${option:0:4}${option:5}
		run launch "$word" true
		[[ ${lines[0]} == *"did you mean --"* ]] ||
		    { echo "$word: $output"; return 1; }
	done
}

@test "an operand in the place of -p or -n gets a hint" {
	local verb

	for verb in --status --stop --wait --signal=HUP; do
		misused x.pid "unexpected operand; did you mean -p x.pid?" \
		    "$verb" x.pid
		misused /run/x "unexpected operand; did you mean -p /run/x?" \
		    "$verb" /run/x
		misused web "unexpected operand; did you mean -n web, or \
-p web?" "$verb" web
		[[ $verb == --status ]] || misused 5 \
		    "unexpected operand; only --check has a pid" "$verb" 5
		misused "" "unexpected operand" "$verb" ""
		misused web "unexpected operand" "$verb" -p x.pid web
	done
	misused x.pid "not a pid; did you mean -p x.pid?" \
	    --check x.pid
	misused web "not a pid; did you mean -n web, or -p web?" \
	    --check web
	misused x.pid "unexpected operand" --check 1 x.pid
	misused x.pid "unexpected operand" --list x.pid
	misused 5 "unexpected operand; did you mean --check 5?" --status 5
}

@test "a schedule that is separated from --stop gets a hint" {
	misused 10s "unexpected operand; did you mean --stop=10s?" \
	    --stop 10s -p x.pid
	misused KILL "unexpected operand; did you mean --stop=KILL?" \
	    --stop -p x.pid KILL
	misused 10s "unexpected operand" --wait -p x.pid 10s
}

# --- a command that is not ready -------------------------------------------

# It ends before it is ready: is_not_ready REASON SCRIPT [OPTION]...
ends_unready() {
	fails 123 "daemonize: ready: $(command -v sh): $1" --ready=alive:1h \
	    "${@:3}" sh -c "$2"
}

@test "a command that dies without a word could have one in the file of -e" {
	local hint=$WITHOUT_FILE

	ends_unready "exited with status 3 before it was ready$hint" 'exit 3'
	ends_unready "killed by signal 9 before it was ready$hint" \
	    'kill -KILL $$'
	ends_unready "exited with status 3 before it was ready$hint" 'exit 3' \
	    -o out
	ends_unready "exited with status 3 before it was ready" 'exit 3' \
	    -e err
	ends_unready "exited with status 3 before it was ready" 'exit 3' \
	    -e keep
}

@test "a command that goes with 0 may have made itself a daemon" {
	local hint=$WITHOUT_FAULT

	ends_unready "exited with status 0 before it was ready$hint" 'exit 0'
	ends_unready "exited with status 0 before it was ready$hint" 'exit 0' \
	    -e err
}
