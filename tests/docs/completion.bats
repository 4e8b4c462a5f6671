#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# What zsh and fish offer for a line that is typed so far: both shells are
# asked themselves.  docs.bats does the same for bash.

load ../lib/helpers
load ../lib/options

COMPLETIONS=$SOURCE_DIR/contrib/completion

# What a shell offers for each line of standard input, in a line each:
# offers zsh|fish
# The commands one, two and three have a completion: of-one, of-two, of-three.
offers() {
	local -x PATH=$HELPERS_DIR:$PATH

	# A shell that asks something would wait for ever.
	case $1 in
	zsh)	env HOME="$TMP" timeout 60 zsh -f "$SOURCE_DIR/tests/bin/complete.zsh" \
		    "$COMPLETIONS" "$BATS_FILE_TMPDIR/zcompdump" 3>&- ;;
	fish)	env HOME="$TMP" timeout 60 fish --no-config \
		    "$SOURCE_DIR/tests/bin/complete.fish" \
		    "$COMPLETIONS/daemonize.fish" 3>&- ;;
	esac
}

# The same without what is typed already, which zsh leaves out.
values() {
	offers "$1" | sed -E 's/(^| )--[a-z-]+=/\1/g'
}

# For one line: offered SHELL LINE
values_for() {
	values "$1" <<<"$2"
}

# The names of options alone, one a line: zsh and fish show a value that may
# be left out in different ways.
offers_the_options() {
	equal options "$(offers "$1" <<<"daemonize -" | tr ' ' '\n' |
	    sed 's/=$//' | sort -u)" "$(help_names | sort)"
}

# The lines of standard input are `LINE|OFFERED': agrees SHELL
agrees() {
	cat >.expected
	paste -d'|' <(cut -d'|' -f1 .expected) \
	    <(cut -d'|' -f1 .expected | values "$1") >.actual
	diff .expected .actual
}

# A value in the next word, or none, before the commands one, two and three.
knows_the_values() {
	local option name

	while read -r option; do
		name=${option%%[=[ ]*}
		case $option in
		*)	[[ $VERBS != *" $name "* ]] || continue ;;&
		*\[=*)	echo "daemonize $name one two three |of-one" ;;
		--*=*)	echo "daemonize $name one two three |of-two" ;;
		--*)	echo "daemonize $name one two three |of-one" ;;
		esac
	# What ends a launch has no command.
	done < <(help_options | sed 's/.*, //' | grep -vE '^--(help|version)$') |
	    agrees "$1"
}

knows_the_letters() {
	local letter long

	while read -r letter long; do
		case $long in
		*=*)	echo "daemonize -a$letter one two three |of-two"
			echo "daemonize -a${letter}one two three |of-two" ;;
		*)	echo "daemonize -$letter one two three |of-one" ;;
		esac
	done < <(help_options | sed -n 's/^-\(.\), /\1 /p' | grep -vE '^[ahV] ') |
	    agrees "$1"
}

# The values that the help names, but those in capitals, which are others.
offers_the_values() {
	local long values offered

	# A file that is not hidden would be offered, too.
	help_options | sed -n "s/.*\(--.*=.*|.*\)/\1/p" >.listed
	sed 's/^\([^=]*=\).*/daemonize \1/' .listed | values "$1" >.offered
	while IFS='=' read -r long values && read -r offered <&4; do
		equal "$long" "$(words "$offered" ' ')" "$(words "$values" '|')"
	done <.listed 4<.offered
}

# Of a text with that separator, what is in small letters, sorted, one a line.
words() {
	tr "$2" '\n' <<<"$1" | sed 's/\[.*//' | grep '^[a-z-]*$' | sort
}

finds_the_command() {
	agrees "$1" <<-'END'
		daemonize -Fa -u root:root --umask=022 -E A=b one |of-one
		daemonize -- one |of-one
		daemonize -F -- one --stop |of-one
		daemonize -v one --status |of-one
		daemonize --stop -n web |
		daemonize --list |
		daemonize --check 1 |
	END
	[[ " $(values_for "$1" "daemonize -v slee") " == *" sleep "* ]]
}

offers_signals() {
	local known

	known=$(grep -oE '\[SIG[A-Z0-9]+\] = "[A-Z0-9]+"' \
	    "$SOURCE_DIR/src/process/signals.c" | cut -d '"' -f 2 | sort)
	equal signals "$(values_for "$1" "daemonize --signal=" | tr ' ' '\n')" \
	    "$known"
	equal --stop "$(values_for "$1" "daemonize --stop=" | tr ' ' '\n' |
	    tr -d /)" "$known"
	equal "time of --stop" "$(values_for "$1" "daemonize --stop=INT/")" ""
	# zsh offers only what comes after the comma or the slash.
	[[ $(values_for "$1" "daemonize --stop=INT/2s/TE") =~ ^(INT/2s/)?TERM/?$ ]]
	[[ $(values_for "$1" "daemonize --success=3,USR1,SE") =~ ^(3,USR1,)?SEGV$ ]]
}

offers_names() {
	local dir=$TMP/daemonize/$HOSTNAME

	requires user
	mkdir -p "$dir"
	: >"$dir/web.pid"
	: >"$dir/a\$(touch\${IFS}pwned).pid"
	equal names "$(XDG_STATE_HOME=$TMP values_for "$1" "daemonize -n ")" \
	    'a$(touch${IFS}pwned) web'
	[[ ! -e pwned ]]
}

offers_files_and_users() {
	mkdir somewhere
	: >somefile
	[[ $(values_for "$1" "daemonize --stdout=some") =~ ^somefile\ somewhere/?$ ]]
	[[ $(values_for "$1" "daemonize -c some") =~ ^somewhere/?$ ]]
	[[ $(values_for "$1" "daemonize -u root:roo") =~ ^(root:)?root$ ]]
	equal users "$(values_for "$1" "daemonize --user=roo")" root
	[[ " $(values_for "$1" "daemonize --check $$") " == *" $$ "* ]]
}

# --- zsh -------------------------------------------------------------------

@test "zsh offers the options of the help" {
	requires zsh
	offers_the_options zsh
}

@test "zsh knows which options have a value" {
	requires zsh
	knows_the_values zsh
}

@test "zsh gives a letter its value where the help does" {
	requires zsh
	knows_the_letters zsh
}

@test "zsh offers the values that the help names" {
	requires zsh
	offers_the_values zsh
}

@test "zsh finds the command behind options and their values" {
	requires zsh
	finds_the_command zsh
}

@test "zsh offers the signals that there are, and for --stop a schedule" {
	requires zsh
	offers_signals zsh
}

@test "zsh offers the names of instances" {
	requires zsh
	offers_names zsh
}

@test "zsh offers files, directories, users, groups and pids" {
	requires zsh
	offers_files_and_users zsh
}

# --- fish ------------------------------------------------------------------

@test "fish offers the options of the help" {
	requires fish
	offers_the_options fish
}

@test "fish knows which options have a value" {
	requires fish
	knows_the_values fish
}

@test "fish gives a letter its value where the help does" {
	requires fish
	knows_the_letters fish
}

@test "fish offers the values that the help names" {
	requires fish
	offers_the_values fish
}

@test "fish finds the command behind options and their values" {
	requires fish
	finds_the_command fish
}

@test "fish offers the signals that there are, and for --stop a schedule" {
	requires fish
	offers_signals fish
}

@test "fish offers the names of instances" {
	requires fish
	offers_names fish
}

@test "fish offers files, directories, users, groups and pids" {
	requires fish
	offers_files_and_users fish
}
