#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck disable=SC1003
# shellcheck disable=SC2238
# The command: how it is found, executed, refused, and what it is given.

load ../lib/helpers

STANDARD_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Two directories that lie in PATH, without what they find.
path_directories() {
	mkdir first second
	PATH=$TMP/first:$TMP/second:$PATH
}

# Writes an executable file: script FILE LINE...
script() {
	local file=$1

	shift
	printf '%s\n' "$@" >"$file"
	chmod 755 "$file"
}

# Launches a command that ends by itself, and waits for that.
report() {
	rm -f "$REPORT"
	launch "$@"
	eventually nothing_runs
}

# --- PATH ------------------------------------------------------------------

@test "a command without a slash is the first match in PATH" {
	path_directories
	script first/prog '#!/bin/sh' "echo first >$TMP/said"
	script second/prog '#!/bin/sh' "echo second >$TMP/said"
	report prog
	equal said "$(cat "$TMP/said")" first
}

@test "the search skips what is not executable, and directories" {
	path_directories
	: >first/prog
	mkdir first/dir
	cp "$PROBE" second/prog
	cp "$PROBE" second/dir
	report prog "$REPORT"
	test -e "$REPORT"
	report dir "$REPORT"
	test -e "$REPORT"
}

@test "a match in PATH that is not executable is reported as such" {
	path_directories
	: >first/prog
	fails 126 "daemonize: exec: prog: Permission denied" prog
}

@test "a command that is nowhere in PATH is reported with 127" {
	fails 127 "daemonize: exec: nosuchprogram: No such file or directory" \
	    nosuchprogram
}

@test "without PATH the standard one is searched" {
	local tool

	tool=$(PATH=$STANDARD_PATH type -P true)
	run env -u PATH "$DAEMONIZE" --explain true 3>&-
	[[ ${lines[1]} == "  command "*" $tool" ]]
}

@test "an empty element of PATH is the current directory" {
	local path

	cp "$PROBE" prog
	for path in ":$PATH" "$PATH:" "/none::$PATH" ""; do
		PATH=$path launch prog "$REPORT"
		eventually nothing_runs
		rm "$REPORT"
	done
}

@test "an -E PATH is the one that is searched" {
	mkdir first
	cp "$PROBE" first/prog
	report -E "PATH=$TMP/first" prog "$REPORT"
	equal PATH "$(fact env | grep '^PATH=')" "PATH=$TMP/first"
}

@test "--clear-env searches the standard PATH, not the caller's" {
	path_directories
	cp "$PROBE" first/prog
	fails 127 "daemonize: exec: prog: No such file or directory" \
	    --clear-env prog
}

# --- with a slash ----------------------------------------------------------

@test "a relative command is relative to the caller's directory" {
	mkdir sub
	cp "$PROBE" sub/prog
	report sub/prog "$REPORT"
	equal cwd "$(fact cwd)" /
	cd sub
	report -c "$TMP" ./prog "$REPORT"
	equal cwd "$(fact cwd)" "$TMP"
	report ../sub/prog "$REPORT"
	equal arg0 "$(fact arg0)" ../sub/prog
}

@test "a command with a slash is not searched in PATH" {
	mkdir -p first/sub
	cp "$PROBE" first/sub/prog
	PATH=$TMP/first:$PATH fails 127 \
	    "daemonize: exec: sub/prog: No such file or directory" sub/prog
}

@test "a directory as the command is reported with 126" {
	mkdir dir
	fails 126 "daemonize: exec: ./dir: Is a directory" ./dir
	fails 126 "daemonize: exec: /: Is a directory" /
}

@test "a file that is not executable is reported with 126" {
	cp "$PROBE" prog
	chmod 644 prog
	fails 126 "daemonize: exec: ./prog: Permission denied" ./prog
}

@test "a missing command is reported with 127" {
	fails 127 "daemonize: exec: $TMP/none: No such file or directory" \
	    "$TMP/none"
	ln -s "$TMP/none" link
	fails 127 "daemonize: exec: ./link: No such file or directory" ./link
}

@test "a file below a file is reported with 126" {
	: >file
	fails 126 "daemonize: exec: ./file/prog: Not a directory" ./file/prog
}

@test "a program for another machine is reported with 126" {
	requires python3
	# A copy of the probe, by its header for a machine that does not exist.
	python3 - "$PROBE" prog <<-'END'
		import sys
		program = bytearray(open(sys.argv[1], 'rb').read())
		program[18:20] = b'\xfe\xfe'
		open(sys.argv[2], 'wb').write(program)
	END
	chmod 755 prog
	fails 126 "daemonize: exec: $TMP/prog: Exec format error" ./prog
}

# --- scripts ---------------------------------------------------------------

@test "a script without #! is run by /bin/sh with its arguments" {
	script prog 'for word; do echo "[$word]"; done >"$OUT"' \
	    'readlink /proc/$$/exe >>"$OUT"'
	report -E "OUT=$TMP/said" ./prog one 'two  words' ''
	equal said "$(cat "$TMP/said")" "$(printf '%s\n' '[one]' \
	    '[two  words]' '[]' "$(readlink -f /bin/sh)")"
}

@test "an empty executable file is run by /bin/sh" {
	script prog ''
	report ./prog
}

@test "a script with #! is run by its interpreter" {
	script prog "#!$PROBE $TMP/report"
	report ./prog one
	equal arg2 "$(fact arg2)" "$TMP/prog"
	equal arg3 "$(fact arg3)" one
}

@test "a missing interpreter is named, with 126" {
	script prog '#!/no/such/interpreter -x'
	fails 126 "daemonize: exec: $TMP/prog: bad interpreter:\
 /no/such/interpreter: No such file or directory" ./prog
}

@test "an interpreter that is not executable is named, with 126" {
	: >interpreter
	script prog "#! $TMP/interpreter"
	fails 126 "daemonize: exec: $TMP/prog: bad interpreter:\
 $TMP/interpreter: Permission denied" ./prog
}

@test "a script with DOS line ends is reported as such" {
	printf '#!/bin/sh\r\necho\r\n' >prog
	chmod 755 prog
	fails 126 "daemonize: exec: $TMP/prog: bad interpreter:\
 /bin/sh\r: No such file or directory; the file has DOS line ends" ./prog
}

@test "a mount that forbids to execute is named, with 126" {
	requires root mounts
	mkdir "a mount"
	run unshare -m sh -c 'mount -t tmpfs -o noexec none "a mount"
	    cp "$1" "a mount/prog"
	    cp "$1" "a mount/plain"
	    chmod -x "a mount/plain"
	    "$2" "./a mount/prog"
	    "$2" "./a mount/plain"
	    "$2" -R "a mount" /prog' sh "$PROBE" "$DAEMONIZE" 3>&-
	local mount="Permission denied; $TMP/a mount is mounted noexec"
	equal messages "$output" "daemonize: exec: ./a mount/prog: $mount
daemonize: exec: ./a mount/plain: Permission denied
daemonize: exec: /prog: $mount"
	status_is 126
}

@test "a missing dynamic loader is named, with 126" {
	requires python3
	# A copy of the probe whose header asks for another loader.
	python3 - "$PROBE" prog <<-'END'
		import re, sys
		program = open(sys.argv[1], 'rb').read()
		old = re.search(rb'/[^\0]*/ld[^\0/]*\0', program).group()
		new = b'/none/'.ljust(len(old) - 1, b'x') + b'\0'
		open(sys.argv[2], 'wb').write(program.replace(old, new, 1))
	END
	chmod 755 prog
	run launch ./prog
	status_is 126
	[[ $output =~ ^"daemonize: exec: $TMP/prog: bad interpreter: /none/"x+:\
\ "No such file or directory"$ ]]
}

# --- arguments -------------------------------------------------------------

@test "the arguments arrive untouched" {
	local -a words=('' ' ' 'a  b' -p --help -- '*' "'" '"' '\' '$HOME'
	    $'\t' $'\377\376' 'a=b' '&' é '')

	report "$PROBE" "$REPORT" "${words[@]}"
	equal arguments "$(sed -n 's/^arg[0-9]* //p' "$REPORT")" \
	    "$(printf '%s\n' "$PROBE" "$REPORT" "${words[@]}")"
}

@test "an argument with newlines arrives untouched" {
	report -o "$TMP/said" printf '<%s>' $'\na\n\nb\n' end
	equal said "$(cat "$TMP/said")" $'<\na\n\nb\n><end>'
}

@test "an argument of 100 kB arrives untouched" {
	local long

	long=$(printf '%0100000d' 7)
	report "$PROBE" "$REPORT" "$long"
	[[ $(fact arg2) == "$long" ]]
}

@test "argv[0] is the command as it was typed" {
	cp "$PROBE" prog
	report ./prog "$REPORT"
	equal arg0 "$(fact arg0)" ./prog
	PATH=$TMP:$PATH report prog "$REPORT"
	equal arg0 "$(fact arg0)" prog
}

# --- environment -----------------------------------------------------------

@test "the environment arrives untouched" {
	env -i B=2 A=1 EMPTY= "SPACE= a b " "DAEMONIZE_TEST=$TMP" \
	    "$DAEMONIZE" "$PROBE" "$REPORT" 3>&-
	eventually nothing_runs
	equal environment "$(fact env)" "$(printf '%s\n' B=2 A=1 EMPTY= \
	    "SPACE= a b " "DAEMONIZE_TEST=$TMP")"
}

@test "-E adds and replaces" {
	env -i A=old B=old AB=old "DAEMONIZE_TEST=$TMP" \
	    "$DAEMONIZE" -E A=new -E C=1 -E D= -E C=2=3 "$PROBE" "$REPORT" 3>&-
	eventually nothing_runs
	equal environment "$(fact env | sort)" "$(printf '%s\n' A=new B=old \
	    AB=old "DAEMONIZE_TEST=$TMP" C=2=3 D= | sort)"
}

# Some callers give a variable twice, and programs differ in which they take.
@test "-E replaces all of a variable's values, and only its" {
	from env=A=1 env=A= env=B=1 env=A=3 env=B=2 env=AB=1 env=A=4
	report -E A=new "$PROBE" "$REPORT"
	equal A "$(fact env | grep ^A=)" A=new
	equal others "$(fact env | grep -E '^A?B=')" $'B=1\nB=2\nAB=1'
	report -E A=new -E B= -E A=newer "$PROBE" "$REPORT"
	equal variables "$(fact env | grep -E '^(A|B|AB)=')" \
	    $'A=newer\nB=\nAB=1'
}

# What a service manager gives to one process, as it arrives: manager_has FACTS
manager_has() {
	equal variables "$(fact env |
	    grep -E '^(NOTIFY_SOCKET|WATCHDOG_|LISTEN_)' | sort)" "$1"
}

@test "what a service manager gave to the caller alone does not get to a daemon" {
	local all=$'LISTEN_FDNAMES=web\nLISTEN_FDS=1\nLISTEN_PID=1\nNOTIFY_SOCKET=/x\nWATCHDOG_PID=1\nWATCHDOG_USEC=9'

	# shellcheck disable=SC2046  # a variable each
	export $(tr '\n' ' ' <<<"$all")
	report "$PROBE" "$REPORT"
	manager_has ""
	report --supervise -p "$PIDFILE" "$PROBE" "$REPORT"
	manager_has ""
	report -E LISTEN_FDS=2 "$PROBE" "$REPORT"
	manager_has LISTEN_FDS=2
	report --background=no "$PROBE" "$REPORT"
	manager_has ""
	launch -F "$PROBE" "$REPORT"
	manager_has "$all"
	launch -F --clear-env "$PROBE" "$REPORT"
	manager_has ""
}

@test "what --ready=notify sets replaces all of its values" {
	from env=NOTIFY_SOCKET=/a env=NOTIFY_SOCKET=/b
	launch -F "$PROBE" "$REPORT"
	equal untouched "$(fact env | grep -c ^NOTIFY_SOCKET=)" 2
	run launch --ready=notify "$PROBE" "$REPORT"
	equal replaced "$(fact env | grep -c ^NOTIFY_SOCKET=)" 1
}

@test "--clear-env leaves a standard PATH and what -E says" {
	report --clear-env -E A=1 -E "DAEMONIZE_TEST=$TMP" "$PROBE" "$REPORT"
	equal environment "$(fact env | sort)" "$(printf '%s\n' A=1 \
	    "DAEMONIZE_TEST=$TMP" "PATH=$STANDARD_PATH" | sort)"
}

@test "--clear-env with an -E PATH has just that PATH" {
	report -E "PATH=$TMP" --clear-env "$PROBE" "$REPORT"
	equal environment "$(fact env)" "PATH=$TMP"
}

@test "a directory of PATH that cannot be searched changes no message" {
	mkdir closed
	if ((EUID == 0)); then
		chmod 700 closed
		from -- setpriv --reuid=65534 --regid=65534 --clear-groups
	else
		chmod 000 closed
	fi
	PATH=$TMP/closed:$PATH fails 127 \
	    "daemonize: exec: nosuchprogram: No such file or directory" \
	    nosuchprogram
	chmod 700 closed
}

# --- a command that cannot be executed -------------------------------------

# Makes ./command of those bytes; its exec fails with EACCES.
# cannot_execute BYTES
cannot_execute() {
	requires strace
	# shellcheck disable=SC2059  # bytes as printf has them
	printf "$1" >command
	chmod 755 command
	CALLER=(strace -D -f -qq -o trace -e inject=execve:error=EACCES)
	fails 126 "daemonize: exec: $TMP/command: Permission denied" \
	    ./command
	grep -q INJECTED trace
}

# A 64-bit ELF file whose headers say that: elf OFFSET ENTRY-SIZE ENTRIES
elf() {
	local i header='\x7fELF\2\1\1'

	for ((i = 7; i < 32; i++)); do header+='\0'; done
	header+="\\$1"'\0\0\0\0\0\0\0'
	for ((i = 40; i < 54; i++)); do header+='\0'; done
	header+="\\$2\\0\\$3"'\0'
	for ((i = 58; i < 64; i++)); do header+='\0'; done
	echo "$header"
}

@test "a denied exec of a one-byte file is reported" {
	cannot_execute x
}

@test "a denied exec of a script without a word after #! is reported" {
	cannot_execute '#! \n'
}

@test "a denied exec of a program with headers of another width is reported" {
	cannot_execute "$(elf 100 40 1)"
}

@test "a denied exec of a program that ends before its headers is reported" {
	cannot_execute "$(elf 100 70 1)"
}

@test "a denied exec of a program without a loader is reported" {
	cannot_execute "$(elf 100 70 0)"
}
