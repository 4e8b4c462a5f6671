#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Step 1: what the caller ignores, blocks or has pending, and the timers that
# it has started, do not reach the command.

load ../lib/helpers

# All but KILL and STOP, which cannot be ignored or blocked.
EVERY=$(seq -s ' ' 64 | sed 's/ 9 / /; s/ 19 / /')

# $EVERY without some: every_but SIGNAL...
every_but() {
	local list=" $EVERY " sig

	for sig; do
		list=${list/ $sig / }
	done
	list=${list# }
	echo "${list% }"
}

# The probe in the foreground: it has reported when this returns.
probe_in_foreground() {
	launch -F "$@" "$PROBE" "$REPORT"
}

# What a shell prints before it ends; the launch does not wait for it.
# shell_prints EXPECTED [OPTION]... SCRIPT
shell_prints() {
	local expected=$1 script=${*: -1}

	set -- "${@:2:$#-2}"
	launch "$@" -p "$PIDFILE" -o "$TMP/out" sh -c "$script"
	PID=$(cat "$PIDFILE")
	remember "$PID"
	eventually gone "$PID"
	equal output "$(cat "$TMP/out")" "$expected"
}

@test "ignored signals are back at their default, 32 and 33 too" {
	from ignored
	probe
	equal ignored "$(fact ignored)" ""
}

@test "blocked signals are blocked no more, 32 and 33 too" {
	from blocked
	probe
	equal blocked "$(fact blocked)" ""
}

@test "signals that are pending for the caller do not end the launch" {
	from blocked pending
	probe
	equal pending "$(fact pending)" ""
	equal blocked "$(fact blocked)" ""
}

@test "all 64 ignored, blocked and pending: the kernel shows none of it" {
	from ignored blocked pending
	probe
	run sed -n 's/^\(Sig[BI]..\|S.*Pnd\):[[:space:]]*//p' \
	    "/proc/$PID/status"
	output_is "$(printf '%016x\n%016x\n%016x\n%016x' 0 0 0 0)"
}

@test "in the foreground nothing is ignored, blocked or pending, either" {
	from ignored blocked pending
	probe_in_foreground
	equal ignored "$(fact ignored)" ""
	equal blocked "$(fact blocked)" ""
	equal pending "$(fact pending)" ""
}

@test "signals=keep keeps what is ignored, 32 and 33 too" {
	requires plain
	from ignored
	probe --signals=keep --sigchld=keep
	equal ignored "$(fact ignored)" "$EVERY"
	equal blocked "$(fact blocked)" ""
}

@test "signals=keep keeps what is blocked, 32 and 33 too" {
	from blocked
	probe --signals=keep
	equal blocked "$(fact blocked)" "$EVERY"
	equal ignored "$(fact ignored)" ""
}

@test "signals=keep keeps one of each as the caller has it" {
	from ignored=13 blocked=10
	probe --signals=keep
	equal ignored "$(fact ignored)" 13
	equal blocked "$(fact blocked)" 10
}

@test "signals=keep keeps nothing where the caller has nothing" {
	from
	probe --signals=keep
	equal ignored "$(fact ignored)" ""
	equal blocked "$(fact blocked)" ""
}

@test "signals=keep keeps what is ignored in the foreground" {
	requires plain
	from ignored blocked
	probe_in_foreground --signals=keep --sigchld=keep
	equal ignored "$(fact ignored)" "$EVERY"
	equal blocked "$(fact blocked)" "$EVERY"
}

@test "signals=keep keeps what is pending in the foreground" {
	from blocked pending=10 pending=34
	probe_in_foreground --signals=keep
	equal pending "$(fact pending)" "10 34"
}

@test "signals=ignore leaves exactly the terminal's four ignored" {
	from
	probe --signals=ignore
	equal ignored "$(fact ignored)" "1 20 21 22"
	equal blocked "$(fact blocked)" ""
}

@test "signals=ignore leaves no other signal ignored that the caller ignores" {
	from ignored blocked pending
	probe_in_foreground --signals=ignore
	equal ignored "$(fact ignored)" "1 20 21 22"
	equal blocked "$(fact blocked)" ""
	equal pending "$(fact pending)" ""
}

@test "the dispositions do not touch SIGCHLD, which is a step of its own" {
	from ignored=17
	probe --signals=ignore --sigchld=keep
	equal ignored "$(fact ignored)" "1 17 20 21 22"
}

@test "a shell can trap what the caller ignores" {
	local script='trap "echo INT" INT; trap "echo TERM" TERM
	    kill -INT $$; kill -TERM $$; echo end'

	from ignored=2 ignored=15
	shell_prints $'INT\nTERM\nend' "$script"
}

@test "with signals=keep it cannot" {
	local script='trap "echo INT" INT; trap "echo TERM" TERM
	    kill -INT $$; kill -TERM $$; echo end'

	from ignored=2 ignored=15
	shell_prints end --signals=keep "$script"
}

@test "a daemon survives HUP, TSTP, TTIN and TTOU with signals=ignore" {
	shell_prints alive --signals=ignore 'for sig in HUP TSTP TTIN TTOU; do
		kill -$sig $$; done; echo alive'
}

@test "by default a daemon does not survive HUP" {
	from ignored=1
	shell_prints "" 'kill -HUP $$; echo alive'
}

@test "the caller's timers are not inherited" {
	from alarm=3600000
	probe
	equal timers "$(fact timers)" ""
}

@test "the caller's timers are not inherited in the foreground" {
	from alarm=3600000
	probe_in_foreground
	equal timers "$(fact timers)" ""
}

@test "the caller's timers do not end the launch or the daemon" {
	# Blocked, else they would end the caller on its way to us.
	from blocked=14 blocked=26 blocked=27 alarm=1
	probe
	equal blocked "$(fact blocked)" ""
	alive "$PID"
}

@test "the caller's timers do not end the command in the foreground" {
	from blocked=14 blocked=26 blocked=27 alarm=1
	probe_in_foreground
	equal blocked "$(fact blocked)" ""
	equal timers "$(fact timers)" ""
}

@test "signals=keep keeps the caller's timers in the foreground" {
	from alarm=3600000
	probe_in_foreground --signals=keep
	equal timers "$(fact timers)" "real virtual prof"
}

@test "signals that come while it detaches do not reach the daemon" {
	local sig

	requires strace
	# strace stays until the probe ends, so the probe does not stay.
	for sig in HUP INT QUIT TERM TSTP; do
		rm -f "$REPORT"
		from -- strace -qq -f -o "$TMP/trace" -e trace=setsid \
		    -e inject="setsid:signal=SIG$sig"
		launch "$PROBE" "$REPORT"
		grep -q "setsid()" "$TMP/trace"
		equal "pending after $sig" "$(fact pending)" ""
		equal "blocked after $sig" "$(fact blocked)" ""
	done
}
