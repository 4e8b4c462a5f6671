#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# With other prefixes: what they set, before or after us, reaches the command,
# and what daemonize does not own passes.

load ../lib/helpers

# Daemonize runs after those prefixes: after PREFIX...
after() {
	CALLER=("$@")
	probe
}

# The command of daemonize is those prefixes, and then the probe.
before() {
	launch "$@" "$PROBE" "$REPORT" stay
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
}

# The same test for both, with CHECK between: both_ways CHECK PREFIX...
both_ways() {
	local check=$1

	shift
	after "$@"
	"$check" || { echo "of $1, before daemonize"; return 1; }
	kill -KILL "$PID"
	eventually gone "$PID"
	rm "$REPORT"
	CALLER=()
	before "$@"
	"$check" || { echo "of $1, after daemonize"; return 1; }
}

# A line of /proc/PID/status: status_of NAME
status_of() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status"
}

# --- prefixes, before and after --------------------------------------------

niceness_is_7() {
	equal niceness "$(ps -o ni= -p "$PID" | tr -d ' ')" 7
}

@test "nice: the niceness reaches the command" {
	requires nice ps
	[[ $(nice) == 0 ]] || skip "needs a niceness of 0"
	both_ways niceness_is_7 nice -n 7
}

io_class_is_idle() {
	equal class "$(ionice -p "$PID")" idle
}

@test "ionice: the class reaches the command" {
	requires ionice
	both_ways io_class_is_idle ionice -c 3
}

policy_is_batch() {
	[[ $(chrt -p "$PID") == *"policy: SCHED_BATCH"* ]]
}

@test "chrt: the policy reaches the command" {
	requires chrt
	both_ways policy_is_batch chrt --batch 0
}

policy_is_fifo() {
	[[ $(chrt -p "$PID") == *"policy: SCHED_FIFO"*"priority: 5" ]]
}

@test "chrt: a real-time policy reaches the command" {
	requires root chrt
	chrt --fifo 5 true || skip "needs a real-time policy"
	both_ways policy_is_fifo chrt --fifo 5
}

affinity_is_cpu() {
	equal affinity "$(status_of Cpus_allowed_list)" "$CPU"
}

@test "taskset: the affinity reaches the command" {
	requires taskset
	# The last one that we may use: with two of them it is no default.
	CPU=$(sed -n 's/^Cpus_allowed_list:.*[^0-9]//p' /proc/self/status)
	both_ways affinity_is_cpu taskset -c "$CPU"
}

limit_is_set() {
	[[ $(grep 'Max open files' "/proc/$PID/limits") =~ \ 77\ +88\  ]]
}

@test "prlimit: the limit reaches the command" {
	requires prlimit
	both_ways limit_is_set prlimit --nofile=77:88
}

limits_are_set() {
	[[ $(grep 'Max core file' "/proc/$PID/limits") =~ \ 0\ +0\  ]]
	[[ $(grep 'Max stack' "/proc/$PID/limits") =~ \ 1048576\  ]]
}

@test "prlimit: several limits reach the command" {
	requires prlimit
	both_ways limits_are_set prlimit --core=0:0 --stack=1048576:
}

ambient_is_net_bind() {
	# CAP_NET_BIND_SERVICE is number 10.
	equal CapAmb "$(status_of CapAmb)" 0000000000000400
	equal CapEff "$(status_of CapEff)" 0000000000000400
	equal uids "$(fact uids)" "$NOBODY $NOBODY $NOBODY"
}

@test "setpriv: user and ambient capabilities reach the command" {
	requires root setpriv
	chmod 777 "$TMP"
	NOBODY=$(id -u nobody)
	both_ways ambient_is_net_bind setpriv --reuid=nobody --clear-groups \
	    --inh-caps=-all,+net_bind_service \
	    --ambient-caps=-all,+net_bind_service
}

bounding_lacks_sys_admin() {
	# CAP_SYS_ADMIN is number 21.
	(((16#$(status_of CapBnd) & 1 << 21) == 0))
}

@test "setpriv: the bounding set reaches the command" {
	requires root setpriv
	both_ways bounding_lacks_sys_admin setpriv --bounding-set=-sys_admin
}

no_new_privs_is_set() {
	equal no_new_privs "$(fact no_new_privs)" 1
}

@test "setpriv: no_new_privs reaches the command" {
	requires setpriv
	both_ways no_new_privs_is_set setpriv --no-new-privs
}

variable_is_set() {
	equal variable "$(fact env | grep ^WORD=)" "WORD=a  b"
}

@test "env: a variable reaches the command" {
	both_ways variable_is_set env "WORD=a  b"
}

@test "env -i before: only what it sets reaches the command" {
	CALLER=(env -i A=1 "DAEMONIZE_TEST=$TMP")
	probe
	equal environment "$(fact env)" "A=1"$'\n'"DAEMONIZE_TEST=$TMP"
}

@test "several prefixes around daemonize all take effect" {
	requires nice prlimit taskset
	[[ $(nice) == 0 ]] || skip "needs a niceness of 0"
	CALLER=(nice -n 7 prlimit --nofile=77:88)
	before env "WORD=a  b"
	niceness_is_7
	limit_is_set
	variable_is_set
}

@test "a prefix that fails after us does so in the daemon" {
	launch -e "$TMP/err" nice -n 0 /no/such/command
	eventually nothing_runs
	[[ $(cat "$TMP/err") == *"/no/such/command"* ]]
}

@test "the pid in the pid file is the command's, whatever prefixes it has" {
	requires nice prlimit
	launch -p "$PIDFILE" nice -n 1 prlimit --core=0 env A=1 "$PROBE" \
	    "$REPORT" stay
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	equal "pid file" "$(cat "$PIDFILE")" "$(fact pid)"
	run launch -p "$PIDFILE" true
	status_is 1
}

in_a_scope() {
	[[ $(cat "/proc/$PID/cgroup") == *daemonize-test* ]]
}

@test "systemd-run --scope: the cgroup is that of the scope" {
	requires root systemd-run
	[[ -d /run/systemd/system ]] || skip "needs systemd as init"
	after systemd-run --quiet --scope --unit="daemonize-test-$$"
	in_a_scope
}

# --- what daemonize does not own -------------------------------------------

@test "the cgroup is the caller's" {
	probe
	equal cgroup "$(cat "/proc/$PID/cgroup")" "$(cat /proc/self/cgroup)"
}

@test "oom_score_adj is the caller's" {
	CALLER=(sh -c 'echo 333 >/proc/self/oom_score_adj && exec "$0" "$@"')
	probe
	equal oom_score_adj "$(cat "/proc/$PID/oom_score_adj")" 333
}

@test "the namespaces are the caller's" {
	local name

	probe
	for name in cgroup ipc mnt net pid user uts; do
		equal "$name" "$(readlink "/proc/$PID/ns/$name")" \
		    "$(readlink "/proc/self/ns/$name")"
	done
}

@test "all limits are the caller's" {
	probe
	equal limits "$(cat "/proc/$PID/limits")" "$(cat /proc/self/limits)"
}

@test "the capabilities are the caller's" {
	requires root
	probe
	equal capabilities "$(grep ^Cap "/proc/$PID/status")" \
	    "$(grep ^Cap /proc/self/status)"
}

@test "a launcher in the foreground keeps the prefixes' settings too" {
	requires nice prlimit
	[[ $(nice) == 0 ]] || skip "needs a niceness of 0"
	CALLER=(nice -n 7 prlimit --nofile=77:88)
	launch -F "$PROBE" "$REPORT" stay 3>&- &
	eventually test -e "$REPORT"
	PID=$(fact pid)
	remember "$PID"
	niceness_is_7
	limit_is_set
}
