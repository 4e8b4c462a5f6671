#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# MANY HOSTS of daemonize(7): its lines, run as they stand there.

load ../lib/helpers
load ../lib/ssh

PAGE=$SOURCE_DIR/man/daemonize.7
HOSTS=(web1 web2 web3)

# The three hosts are this one, so the pid file of each is in a directory of
# its own.
begin_hosts() {
	local host

	requires "$1"
	make_hosts
	# The ssh that knows the hosts comes first.
	PATH=$TMP/bin:$PATH
	# Their configuration is looked up there.
	export HOME=$TMP XDG_CONFIG_HOME=$TMP
	for host in "${HOSTS[@]}"; do
		at_end "$DAEMONIZE" --stop=KILL -p "$TMP/$host/pid"
	done
}

# The literal blocks of the section, as a shell is given them.
blocks() {
	sed -n '/^\.Sh MANY HOSTS/,/^\.Sh DIAGNOSTICS/p' "$PAGE" |
	    sed "s/\\\\-/-/g; s/\\\\(aq/'/g" |
	    sed -n '/^\.Bd -literal/,/^\.Ed/{/^\./!p;}'
}

# Runs the line of the program with those words: on_hosts PROGRAM WORDS
on_hosts() {
	local line own="-p '\$HOST_DIR/pid'"

	line=$(blocks | grep "^$1 .*$2 ")
	[[ -n $line && $line != *$'\n'* ]] ||
	    { echo "no such line: $1 $2"; return 1; }
	sh -c "${line/-n job/$own}" </dev/null 3>&-
}

# The lines in the order in which the manual has them: life_with PROGRAM
life_with() {
	local host first last=()

	begin_hosts "$1"
	on_hosts "$1" --if-not-running
	for host in "${HOSTS[@]}"; do
		alive "$(pid_of "$host")"
	done
	first=$(pid_of web2)
	on_hosts "$1" --if-not-running
	equal pid "$(pid_of web2)" "$first"

	on_hosts "$1" --status >out
	for host in "${HOSTS[@]}"; do
		grep -q "^$host: .*: running, pid $(pid_of "$host")," out
	done

	on_hosts "$1" --replace
	gone "$first"
	for host in "${HOSTS[@]}"; do
		last+=("$(pid_of "$host")")
		alive "${last[-1]}"
	done

	on_hosts "$1" --stop
	for host in "${HOSTS[@]}"; do
		[[ ! -e $TMP/$host/pid ]]
	done
	gone "${last[0]}" && gone "${last[1]}" && gone "${last[2]}"
}

# One host's status is that of the whole: reports PROGRAM MESSAGE
hosts_report() {
	local host first

	begin_hosts "$1"
	on_hosts "$1" --if-not-running
	kill -KILL "$(pid_of web3)"
	eventually gone "$(pid_of web3)"
	run on_hosts "$1" --status
	status_is 1
	grep -qE "^web3: .*: dead, but its pid file exists" <<<"$output"
	grep -qxE "$2 1" <<<"$output"
	rm "$TMP/web3/pid" "$TMP/web3/pid.record"
	run on_hosts "$1" --status
	status_is 3
	grep -qxE "$2 3" <<<"$output"

	# What is wrong on one host is told, and the others go on.
	mkdir "$TMP/web3/pid"
	first=$(pid_of web1)
	run on_hosts "$1" --replace
	status_is 125
	grep -qE "^web3: daemonize: pidfile: " <<<"$output"
	gone "$first"
	alive "$(pid_of web1)"
	rmdir "$TMP/web3/pid"
}

@test "clush: start, status, replace and stop on three hosts" {
	life_with clush
}

@test "clush: the greatest status of the hosts is its own" {
	hosts_report clush "clush: web3: exited with exit code"
}

@test "clush: the transcript of the manual" {
	local expected

	begin_hosts clush
	on_hosts clush --if-not-running
	"$DAEMONIZE" --stop -p "$TMP/web3/pid" 3>&-
	run on_hosts clush --status
	expected=$(blocks | sed -n '/^\$ clush/,/^\$ echo/{/^\$/!p;}' |
	    sed -e ':a' -e '$!{N; ba' -e '}' -e 's/\n    / /g')
	equal output "$(plain <<<"$output")" "$(plain <<<"$expected")"
	status_is "$(blocks | sed -n '/^\$ echo/{n;p;}')"
}

# Without what differs from run to run, sorted: the hosts answer in any order.
plain() {
	sed -E "s|$TMP/web./pid|job|; s/pid [0-9]+/pid N/
	    s/user [^ ,]+,/user NAME,/
	    s/since [-0-9]+ [0-9:]+ \([0-9]+ s\)/since TIME/
	    s/memory [0-9.]+ [KMG]iB/memory SIZE/" | sort
}

@test "pdsh: start, status, replace and stop on three hosts" {
	life_with pdsh
}

@test "pdsh: the greatest status of the hosts is its own" {
	hosts_report pdsh "pdsh@[^:]*: web3: ssh exited with exit code"
}

@test "every line of MANY HOSTS has a test" {
	equal lines "$(blocks | grep -cE '^(clush|pdsh) .*--(if-not-running|status|replace|stop) -n job')" 8
	equal others "$(blocks | grep -E '^[^ $].*daemonize' |
	    grep -vE '^(clush|pdsh) ')" ""
}
