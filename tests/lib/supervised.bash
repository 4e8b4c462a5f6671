# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# A supervised command whose every run does what the test asks of it.

# A run writes its pid to $TMP/runs, waits, and does what it is told.
# What told the run before may still have the FIFO open, and says nothing more.
RUN=(sh -c 'echo $$ >>"$1/runs"
    while [ -p "$1/tell" ] && ! read -r what <"$1/tell"; do :; done
    eval "$what"' sh)

# Launches a command with a supervisor, and whatever is left of both is ended
# by the teardown: SUPERVISOR, and PID where a run goes on.
# supervise [OPTION]... [COMMAND]...
supervise() {
	at_end "$DAEMONIZE" --stop=KILL -p "$PIDFILE"
	launch -p "$PIDFILE" --supervise "$@"
	PID=$(cat "$PIDFILE" 2>/dev/null) || :
	SUPERVISOR=$(recorded supervisor)
	remember "$SUPERVISOR"
}

# The same, with the command that is told what to do: begin [OPTION]...
begin() {
	[[ -p $TMP/tell ]] || mkfifo "$TMP/tell"
	: >"$TMP/runs"
	chmod 666 "$TMP/runs" "$TMP/tell"
	supervise "$@" "${RUN[@]}" "$TMP"
	await_run 1
}

# The run of that number has begun: PID is its.
await_run() {
	eventually has_run "$1"
	PID=$(sed -n "$1p" "$TMP/runs")
}

has_run() {
	(($(wc -l <"$TMP/runs") >= $1))
}

# What the run that waits does: tell SHELL-COMMAND
tell() {
	timeout "$DEADLINE" sh -c 'echo "$1" >"$2"' sh "$1" "$TMP/tell"
}

# The record has seen the end of the run of that number.
has_ended() {
	recorded run | grep -q "^$1 "
}

# The record is in that state: in_state STATE
in_state() {
	[[ $(recorded state) == "$1" ]]
}

# Both the supervisor and the command are gone.
both_gone() {
	eventually gone "$SUPERVISOR"
	eventually gone "$PID"
}

# What --status --json prints, as an expression of Python has it: j is the
# object.  told EXPRESSION
told() {
	"$DAEMONIZE" --status --json -p "$PIDFILE" >"$TMP/.json" 3>&- || :
	python3 -c 'import json, sys
j = json.load(open(sys.argv[1]))
past = {r["run"]: r for r in j.get("past", [])}
print(eval("(" + sys.argv[2] + ")"))' "$TMP/.json" "$1" 3>&-
}

# How a run ended, by the record: ending_of N
ending_of() {
	local word number _

	read -r word number < <(recorded run | sed -n "s/^$1 //p" |
	    cut -d' ' -f4,5)
	echo "$word $number"
}
