#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Text of others (names, arguments, the command's own words) on a terminal: it
# is readable, and no byte of it is one that the terminal obeys.

load ../lib/helpers

HELP="Try 'daemonize --help'"

# Bytes that no terminal may get: C0, DEL, C1 in UTF-8 and alone, halves of
# characters, and characters that reorder a line.
EVIL=$'\e[1m\x7f\xc2\x9b31m\x9b32m\xc3\xe2\x82\xe2\x80\xae\xe2\x81\xa6\xc0\x9b'
# The same, a `?` a byte.
TAME='?[1m???31m?32m???????????'

# Text that is harmless, in UTF-8.
FINE='é€😀ü'

# Where the locale is read from.
locale_is() {
	unset LC_ALL LC_CTYPE LANG
	# shellcheck disable=SC2163  # NAME=VALUE
	export "$@"
}

# The refusal of a umask shows that word as: shows WORD EXPECTED
shows() {
	fails 125 "daemonize: --umask=$2: not an octal mode or keep
$HELP" "--umask=$1" true
}

# --- messages --------------------------------------------------------------

@test "no control character gets into a message" {
	local locale

	for locale in C POSIX C.UTF-8 de_DE.ISO-8859-1 nonsense; do
		locale_is LC_ALL="$locale"
		shows "$EVIL" "$TAME"
		fails 127 "daemonize: exec: ./$TAME: No such file or directory" \
		    "./$EVIL"
	done
}

@test "every C1 control character becomes two question marks" {
	local byte word=

	for byte in {128..159}; do
		word+=$(printf '\\xc2\\x%02x' "$byte")
	done
	shows "$(printf '%b' "$word")" "$(printf '?%.0s' {1..64})"
}

@test "UTF-8 is readable where the locale names no other charset" {
	locale_is LC_ALL=C
	shows "$FINE" "$FINE"
	locale_is LC_CTYPE=POSIX LANG=de_DE.ISO-8859-1
	shows "$FINE" "$FINE"
	locale_is LANG=
	shows "$FINE" "$FINE"
	locale_is LC_ALL=de_DE.UTF-8 LANG=C
	shows "$FINE" "$FINE"
	locale_is LC_ALL= LC_CTYPE=C.utf8
	shows "$FINE" "$FINE"
}

@test "in another charset only ASCII is shown" {
	local tame='???????????' # a byte each

	locale_is LC_ALL=de_DE.ISO-8859-1
	shows "a${FINE}b" "a${tame}b"
	locale_is LC_CTYPE=ja_JP.eucJP LANG=C.UTF-8
	shows "$FINE" "$tame"
	locale_is LANG=de_DE
	shows "$FINE" "$tame"
}

# The message about a long word, cut in the middle: long_word STATUS ARG...
long_word() {
	local expected=$1 status=0

	shift
	launch "$@" 2>said || status=$?
	equal status "$status" "$expected"
	# A path that is as long as can be has 4095 bytes.
	(($(head -n 1 said | wc -c) < 4500))
	head -n 1 said | sed -E 's/0{1000,}/0/g' >short
}

@test "a message about a long word keeps its beginning, end and reason" {
	local long

	long=$(printf '%020000d' 0)
	long_word 127 "a${long}b"
	equal message "$(cat short)" \
	    "daemonize: exec: a0...0b: No such file or directory"
	long_word 126 "./a${long}b" x
	equal message "$(cat short)" "$(in_its_words \
	    "daemonize: exec: ./a0...0b: File name too long")"
	long_word 125 "--umask=x${long}y" true
	equal message "$(cat short)" \
	    "daemonize: --umask=x0...0y: not an octal mode or keep"
	long_word 125 "--x${long}y" true
	equal message "$(cat short)" "daemonize: --x0...0y: unknown option"
}

@test "a path is shown whole" {
	local path

	path=$TMP/$(printf '%04000d' 0)
	path=${path:0:4095}
	run launch -c "$path" true
	status_is 125
	[[ $output == "daemonize: chdir: $path: "* ]]
}

# --- what is printed -------------------------------------------------------

@test "--status shows the arguments and the file without control characters" {
	PIDFILE=$TMP/a${EVIL}z
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay "x${EVIL}y$FINE"
	remember "$(cat "$PIDFILE")"
	eventually test -e "$REPORT"
	run launch --status -p "$PIDFILE"
	status_is 0
	[[ $output == "$TMP/a${TAME}z: running"*"stay x${TAME}y$FINE" ]]
}

@test "--check shows a directory without control characters" {
	mkdir "$TMP/a${EVIL}z"
	launch -p "$PIDFILE" -c "$TMP/a${EVIL}z" sleep 1000
	remember "$(cat "$PIDFILE")"
	run launch --check -p "$PIDFILE"
	[[ $output == *"chdir       ok  $TMP/a${TAME}z"* ]]
}

@test "-v and --explain show paths without control characters" {
	mkdir "$TMP/a${EVIL}z"
	cp "$PROBE" "$TMP/a${EVIL}z/prog"
	cd "$TMP/a${EVIL}z"
	run launch --explain -c . -o "o$EVIL" -l "l$EVIL" -p "p$EVIL" ./prog
	status_is 0
	[[ $output == *"  command      $TMP/a${TAME}z/prog"* ]]
	[[ $output == *"stdio        open o$TAME"* ]]
	[[ $output == *"lockfile     lock l$TAME,"* ]]
	[[ $output == *"pidfile      open p$TAME,"* ]]
	[[ $output == *"9 stdio        /dev/null o$TAME /dev/null"* ]]
	equal "control characters" "$(tr -d '\n -~' <<<"$output")" ""
	run launch -v -o "o$EVIL" true
	[[ $output == *"stdio: /dev/null o$TAME /dev/null"* ]]
	eventually nothing_runs
}

@test "--explain quotes a control character so that a shell reads it back" {
	local word="x'\\$EVIL$FINE"

	launch --explain true "$word" "$FINE" >plan
	equal "control characters" "$(sed "s/$FINE//g" plan |
	    tr -d '\n -~')" ""
	eval "set -- $(sed -n 's/^  exec *//p' plan)"
	equal first "$2" "$word"
	equal second "$3" "$FINE"
}

@test "--explain prints all of a long command" {
	local long

	long=$(printf '%020000d' 0)
	launch --explain sleep "$long" >plan
	grep -q "^  exec .*/sleep $long\$" plan
}

@test "the command's last words are shown with each control byte as \\xNN" {
	run launch --ready=alive:1h -e err sh -c 'printf "%s\n" "$1" >&2
	    exit 3' sh "a${EVIL}z$FINE"
	status_is 123
	equal "last line" "${lines[1]}" "daemonize: err: a\\x1b[1m\\x7f\
\\xc2\\x9b31m\\x9b32m\\xc3\\xe2\\x82\\xe2\\x80\\xae\\xe2\\x81\\xa6\
\\xc0\\x9bz$FINE"
}

@test "the progress on a terminal has no control characters of others" {
	"$HELPERS_DIR/onpty" "$DAEMONIZE" "--ready=file:a${EVIL}z" \
	    -p "$PIDFILE" sleep 1000 >said 3>&- &
	remember $!
	eventually grep -q "waiting for" said
	kill -KILL "$(cat "$PIDFILE")"
	wait $! || :
	grep -qF "(file:a${TAME}z)" said
	! grep -qF "$EVIL" said
}

@test "JSON has a control character as an escape" {
	local argv

	argv=$(launch --explain --json true $'\x7f\xc2\x80\xc2\x9f\xc2\xa0' \
	    $'\xe2\x80\xae' $'\x9b' | sed 's/.*"argv":\[//; s/\].*//')
	equal argv "$argv" '"true","\u007f\u0080\u009f'$'\xc2\xa0"'\
',"\u202e","\ufffd"'
}
