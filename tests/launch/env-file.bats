#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC2016,SC2034  # another shell's; CALLER is launch's
# --env-file: the variables of a file, and what a file may look like.

load ../lib/helpers
load ../lib/supervised

# The variables of a command with that file, sorted: variables [OPTION]...
variables() {
	launch -F --clear-env --env-file=file "$@" env -0 | tr '\n\0' '|\n' |
	    grep -v ^PATH= | sort
}

@test "--env-file: a line is a variable, comments and empty lines are none" {
	printf '%s\n' '# no=variable' '; no=variable' '' '  ' ONE=1 \
	    ' TWO = two  words  ' THREE= >file
	equal variables "$(variables)" $'ONE=1\nTHREE=\nTWO=two  words'
}

@test "--env-file: a bare value is taken as it is, except for a backslash" {
	printf '%s\n' 'A=x\ y\z\\ \  ' 'B=one\' 'two' "C=it's" 'D=say "no"' \
	    'E=a # b' 'F=$HOME `id`' >file
	equal variables "$(variables)" "$(printf '%s\n' 'A=x yz\  ' B=onetwo \
	    "C=it's" 'D=say "no"' 'E=a # b' 'F=$HOME `id`')"
}

@test "--env-file: in single quotation marks, all is taken as it is" {
	printf '%s\n' "A=' \\ \$x \"'" "B='two" "lines'" "C='a' 'b'\"c\"" >file
	equal variables "$(variables)" "$(printf '%s\n' 'A= \ $x "' \
	    'B=two|lines' C=abc)"
}

@test "--env-file: in double quotation marks, a backslash stands before four characters" {
	printf '%s\n' 'A="\" \\ \` \$ \n \'"'"'"' 'B="one\' 'two' 'three"' >file
	equal variables "$(variables)" "$(printf '%s\n' \
	    'A=" \ ` $ \n \'"'" 'B=onetwo|three')"
}

@test "--env-file: a file with DOS line ends is read" {
	printf 'A=one\r\nB="two"\r\n' >file
	equal variables "$(variables)" $'A=one\nB=two'
}

@test "--env-file: a later file counts more, and --env most" {
	printf '%s\n' A=1 B=1 C=1 >file
	printf '%s\n' B=2 C=2 >other
	equal variables "$(variables --env-file=other -E C=3)" $'A=1\nB=2\nC=3'
	equal variables "$(variables -E C=3 --env-file=other)" $'A=1\nB=2\nC=3'
}

@test "--env-file: it replaces what the caller's environment has" {
	echo A=file >file
	equal A "$(A=caller launch -F --env-file=file printenv A)" file
}

@test "--env-file: the command is found by its PATH" {
	mkdir bin
	printf '#!/bin/sh\necho found\n' >bin/only-here
	chmod +x bin/only-here
	echo "PATH=$TMP/bin:/bin" >file
	equal output "$(launch -F --env-file=file only-here)" found
}

@test "--env-file: what is no variable is refused, with its line" {
	local text

	while IFS='|' read -r text reason; do
		printf "A=1\n\n$text\nB=2\n" >file
		run launch --env-file=file -p "$PIDFILE" sleep 1000
		status_is 125
		output_is "daemonize: env-file: $TMP/file:3: $reason"
		nothing_is_left
	done <<-'END'
	word|not NAME=VALUE
	export X=1|leave out `export'
	1X=1|not the name of a variable
	X-Y=1|not the name of a variable
	=1|not the name of a variable
	X="one|the quotation mark is not closed
	X='one|the quotation mark is not closed
	X=a\0b|contains a NUL
	END
}

@test "--env-file: a file that is missing is refused, but not that of -FILE" {
	run launch --env-file=none true
	status_is 125
	output_is "daemonize: env-file: $TMP/none: No such file or directory"
	echo A=1 >file
	equal variables "$(variables --env-file=-none --env-file=-file)" A=1
}

@test "--env-file: what cannot be read is refused, also that of -FILE" {
	mkdir directory
	run launch --env-file=-directory true
	status_is 125
	output_is "daemonize: env-file: $TMP/directory: Is a directory"
	run launch --env-file=- true
	status_is 125
	[[ $output == "daemonize: --env-file=-: needs a file"* ]]
}

@test "--env-file: a file without an end is refused" {
	run launch --env-file=/dev/zero true
	status_is 125
	output_is "daemonize: env-file: /dev/zero: File too large"
}

@test "--env-file: a FIFO, which may have no writer, is refused" {
	mkfifo fifo
	CALLER=(timeout -s KILL "$DEADLINE")
	run launch --env-file=fifo true
	status_is 125
	output_is "daemonize: env-file: $TMP/fifo: is a FIFO"
}

@test "--env-file: it may be a pipe" {
	equal A "$(launch -F --env-file=/dev/fd/7 printenv A \
	    7< <(echo A=piped))" piped
}

@test "--env-file: root reads no file that a user has put in its own directory" {
	requires root setpriv
	mkdir -m 755 users
	echo A=secret >users/file
	chmod 600 users/file
	chown nobody users
	chmod 711 .
	run launch --env-file=users/file true
	status_is 125
	[[ $output == *"Permission denied"*"nobody"* ]]
}

@test "--env-file: each run reads it again" {
	echo A=1 >file
	supervise --restart=always --env-file=file --log=log \
	    sh -c 'echo "A is $A"; exec sleep 1000'
	eventually contains log "A is 1"
	echo A=2 >file
	launch --again -p "$PIDFILE"
	remember "$(cat "$PIDFILE")"
	eventually contains log "A is 2"
}

@test "--env-file: a run whose file is wrong has failed, and the log says why" {
	echo A=1 >file
	supervise --restart=on-failure --restart-delay=1h --env-file=file \
	    --log=log sleep 1000
	echo A >file
	run launch --again -p "$PIDFILE"
	status_is 125
	eventually contains log "file:1: not NAME=VALUE"
	equal "the old file" "$(launch --explain --env-file=-file true 2>&1 |
	    grep -c ':1: not NAME=VALUE')" 1
}

@test "--env-file: its values are not in the environment of the supervisor" {
	echo SECRET=once-in-a-file >file
	supervise --restart=always --env-file=file sleep 1000
	tr '\0' '\n' <"/proc/$PID/environ" | grep -qx SECRET=once-in-a-file
	! tr '\0' '\n' <"/proc/$SUPERVISOR/environ" | grep -q once-in-a-file
}

@test "--env-file: --explain and its unit name the file" {
	echo A=1 >file
	launch --explain --env-file=file true | grep -qx "  env-file     $TMP/file"
	launch --explain=unit --env-file=-file true |
	    grep -qx "EnvironmentFile=-$TMP/file"
	equal record "$(start --env-file=file sleep 1000
	    recorded env-file)" "$TMP/file"
}
