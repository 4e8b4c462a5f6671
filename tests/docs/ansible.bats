#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# contrib/ansible/daemonize.py, run by Ansible over ssh on three hosts.

load ../lib/helpers
load ../lib/ssh

MODULE=$SOURCE_DIR/contrib/ansible/daemonize.py

setup_ansible() {
	requires ansible ansible-doc
	make_hosts
	configure_ansible
	printf 'web%d ansible_python_interpreter=%q\n' \
	    1 "$(command -v python3)" 2 "$(command -v python3)" \
	    3 "$(command -v python3)" >"$TMP/hosts"
}

# All that Ansible writes lies in $TMP.
configure_ansible() {
	cat >"$TMP/ansible.cfg" <<-END
		[defaults]
		inventory = $TMP/hosts
		library = $(dirname "$MODULE")
		home = $TMP/.ansible
		local_tmp = $TMP/.ansible/tmp
		remote_tmp = $TMP/.ansible/remote
		host_key_checking = false
		nocows = true
		[ssh_connection]
		ssh_executable = $TMP/bin/ssh
		ssh_args = -o ControlMaster=no
		pipelining = true
	END
	export ANSIBLE_CONFIG=$TMP/ansible.cfg ANSIBLE_NOCOLOR=1 LC_ALL=C.UTF-8
}

# A task on some hosts; its result for each is in $TMP/results, what is printed
# in $TMP/out, and the status is Ansible's: task HOSTS JSON [OPTION]...
task() {
	local hosts=$1 arguments=$2

	shift 2
	rm -rf "$TMP/results"
	ansible "$hosts" -m daemonize -a "$arguments" -t "$TMP/results" "$@" \
	    >"$TMP/out" 2>&1 3>&- </dev/null ||
	    { echo "ansible: $?"; cat "$TMP/out"; return 1; }
}

# The words of a task: the pid file is each host's own.
PID_FILE='"pidfile": "{{ lookup(\"env\", \"TMP\") }}/{{ inventory_hostname }}/pid"'

# An expression of Python about a host's result r: result HOST EXPRESSION
result() {
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$TMP/results/$1" "$2" 3>&-
}

# One for each of them: results EXPRESSION EXPECTED HOST...
results() {
	local expression=$1 expected=$2 host

	shift 2
	for host; do
		equal "$host: $expression" "$(result "$host" "$expression")" \
		    "$expected"
	done
}

ALL=(web1 web2 web3)

# The teardown stops what this host still has.
begin_managed() {
	local host

	export TMP
	setup_ansible
	for host in "${ALL[@]}"; do
		at_end "$DAEMONIZE" --stop=KILL -p "$TMP/$host/pid"
	done
}

@test "a daemon is started, left alone, and stopped on three hosts" {
	local host first

	begin_managed
	task all "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	results 'r["changed"]' True "${ALL[@]}"
	for host in "${ALL[@]}"; do
		alive "$(pid_of "$host")"
		equal pid "$(result "$host" 'r["status"]["pid"]')" \
		    "$(pid_of "$host")"
	done
	equal "daemons of their own" \
	    "$(for host in "${ALL[@]}"; do pid_of "$host"; done | sort -u |
		wc -l)" 3

	first=$(pid_of web2)
	task all "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	results 'r["changed"]' False "${ALL[@]}"
	equal pid "$(pid_of web2)" "$first"

	task all "{$PID_FILE, \"state\": \"stopped\"}"
	results 'r["changed"]' True "${ALL[@]}"
	results 'r["status"]["state"]' stopped "${ALL[@]}"
	gone "$first"

	task all "{$PID_FILE, \"state\": \"stopped\"}"
	results 'r["changed"]' False "${ALL[@]}"
}

@test "what has ended on one host is started again on that one only" {
	begin_managed
	task all "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	kill -KILL "$(pid_of web3)"
	eventually gone "$(pid_of web3)"
	task all "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	results 'r["changed"]' False web1 web2
	results 'r["changed"]' True web3
	alive "$(pid_of web3)"
}

@test "check mode says what would change, and changes nothing" {
	local first

	begin_managed
	task web1 "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}" --check
	results 'r["changed"]' True web1
	equal processes "$(find "$TMP/web1" -name 'pid*')" ""

	task web1 "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	first=$(pid_of web1)
	task web1 "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}" --check
	results 'r["changed"]' False web1
	task web1 "{$PID_FILE, \"command\": [\"sleep\", \"2000\"]}" \
	    --check --diff
	results 'r["changed"]' True web1
	results 'r["differences"]' "['command']" web1
	grep -qx -- '-command: sleep 1000' "$TMP/out"
	grep -qx -- '+command: sleep 2000' "$TMP/out"
	task web1 "{$PID_FILE, \"state\": \"stopped\"}" --check
	results 'r["changed"]' True web1
	equal pid "$(pid_of web1)" "$first"
	alive "$first"
}

@test "check mode warns of a command that is not there yet" {
	begin_managed
	task web1 "{$PID_FILE, \"command\": [\"$TMP/later\"]}" --check
	results 'r["changed"]' True web1
	grep -q "daemonize: exec: $TMP/later: No such file" "$TMP/out"
}

# The module alone, as Ansible runs it on a host, which is much quicker.
begin_here() {
	requires ansible
	mkdir "$TMP/web1" "$TMP/bin" "$TMP/results"
	ln -s "$DAEMONIZE" "$TMP/bin/daemonize"
	at_end "$DAEMONIZE" --stop=KILL -p "$TMP/web1/pid"
}

# A task on this host, with its result as web1's: task_here JSON [--check]
task_here() {
	local check=${2:+', "_ansible_check_mode": true'}

	PATH=$TMP/bin:$PATH $(sed -n '1s/^#!//p' "$(command -v ansible)") \
	    "$MODULE" <<-END >"$TMP/results/web1" 3>&-
		{ "ANSIBLE_MODULE_ARGS": { "pidfile": "$TMP/web1/pid"$check,
		${1#\{} }
	END
}

# The same launch is no change, and then each of these is one:
# changes_are NAME JSON... for the options of the launch, as JSON members
changes_are() {
	local options=$1 first member

	shift
	task_here "{$options}"
	task_here "{$options}"
	results 'r["changed"]' False web1
	for member; do
		first=$(pid_of web1)
		task_here "{$options, ${member#*/}}" --check
		equal "$member" "$(result web1 'r["differences"]')" \
		    "['${member%%/*}']"
		alive "$first"
	done
}

@test "without a supervisor, all options of the launch are compared" {
	begin_here
	changes_are '"command": ["sh", "-c", "exec sleep 1000\n:", "a b\\\\n"],
	    "umask": "027", "stdout": "/dev/null"' \
	    'command/"command": ["sh", "-c", "exec sleep 1000\n:", "a b\\\\"]' \
	    'umask/"umask": "077"' \
	    "chdir/\"chdir\": \"$TMP\"" \
	    "stderr/\"stderr\": \"$TMP/log\"" \
	    'signals/"signals": "ignore"' \
	    'supervisor/"supervise": true' \
	    'append/"append": true' \
	    'no_new_privs/"no_new_privs": true' \
	    'clear_env/"clear_env": true' \
	    'stop_with/"stop_with": "INT/5s"' \
	    'env/"env": {"A": 1}' \
	    "lockfile/\"lockfile\": \"$TMP/lock\""
	changes_are "\"command\": [\"sleep\", \"1000\"],
	    \"output\": \"$TMP/log\"" \
	    'stop_with/"stop_with": "INT/5s"'
	changes_are "\"command\": [\"sleep\", \"1000\"], \"append\": true,
	    \"env\": {\"B\": \"x=y\", \"A\": 1}, \"lockfile\": \"$TMP/lock\"" \
	    'env/"env": {"A": 1, "B": "x=z"}' \
	    'env/"env": {"A": 1}' \
	    'append/"append": false' \
	    "lockfile/\"lockfile\": \"$TMP/another\""
}

@test "without a supervisor, user, group and root directory are compared" {
	requires root
	begin_here
	changes_are '"command": ["sleep", "1000"]' 'gid/"group": "daemon"' \
	    'chroot/"chroot": "/"'
	changes_are '"command": ["sleep", "1000"], "group": "daemon"' \
	    'uid/"user": "nobody"' 'gid/"group": "bin"'
}

@test "with a supervisor, all options of the launch are compared" {
	begin_here
	changes_are "\"command\": [\"sleep\", \"1000\"], \"restart\": \"always\",
	    \"env\": {\"A\": 1, \"B\": \"x=y\"}, \"log\": \"$TMP/log\"" \
	    'command/"command": ["sleep", "2000"]' \
	    'env A/"env": {"A": 2, "B": "x=y"}' \
	    'restart_limit/"restart_limit": "5/1m"' \
	    'clear_env/"clear_env": true' \
	    'log_time/"log_time": "utc"' \
	    'tree/"tree": true'
}

@test "a supervised daemon launched by hand is compared by what its options mean" {
	begin_here
	launch --restart always -aE A=1 -p "$TMP/web1/pid" --umask 027 -- \
	    sleep 1000
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"restart\": \"always\", \"append\": true, \"env\": {\"A\": \"1\"},
	    \"umask\": \"027\"}"
	results 'r["changed"]' False web1
}

@test "a word with any character that ends a line is compared as a whole" {
	local words='"command": ["sh", "-c", "exec sleep 1000",
	    "a\u000bb\u000cc\u001cd\u001de\u001ef\u0085g\u2028h\u2029i\rj"]'

	begin_here
	task_here "{$words}"
	task_here "{$words}"
	results 'r["changed"]' False web1
}

@test "another command line replaces the daemon, by the schedule of stop" {
	local first

	begin_here
	task_here "{\"command\": [\"sleep\", \"1000\"]}"
	first=$(pid_of web1)
	task_here "{\"command\": [\"sleep\", \"2000\"],
	    \"stop\": \"INT/5s/KILL\"}"
	results 'r["changed"]' True web1
	results '"--replace=INT/5s/KILL" in r["cmd"]' True web1
	gone "$first"
	[[ $(tr '\0' ' ' <"/proc/$(pid_of web1)/cmdline") == "sleep 2000 " ]]
}

@test "restarted: without a supervisor it is another process, with the command" {
	local first

	begin_here
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"state\": \"restarted\"}"
	first=$(pid_of web1)
	alive "$first"
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"state\": \"restarted\"}"
	results 'r["changed"]' True web1
	gone "$first"
	alive "$(pid_of web1)"
}

@test "restarted: a supervisor stays where the launch is the same, only then" {
	local supervisor

	begin_here
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"supervise\": true}"
	supervisor=$(result web1 'r["status"]["supervisor"]')
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"supervise\": true, \"state\": \"restarted\"}"
	results 'r["changed"]' True web1
	results 'r["status"]["supervisor"]' "$supervisor" web1
	results 'r["status"]["runs"]' 2 web1
	task_here "{\"command\": [\"sleep\", \"2000\"],
	    \"supervise\": true, \"state\": \"restarted\"}"
	gone "$supervisor"
	results 'r["status"]["runs"]' 1 web1
}

@test "a supervisor that was killed is a difference" {
	local supervisor

	begin_here
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"supervise\": true}"
	supervisor=$(result web1 'r["status"]["supervisor"]')
	kill -KILL "$supervisor"
	eventually gone "$supervisor"
	task_here "{\"command\": [\"sleep\", \"1000\"],
	    \"supervise\": true}"
	results 'r["differences"]' "['supervisor']" web1
	alive "$(result web1 'r["status"]["supervisor"]')"
}

# The task fails, and that is why: task_fails JSON MESSAGE STATUS
task_fails() {
	! task_here "{$1}" || { echo "no failure: $1"; return 1; }
	equal msg "$(result web1 'r["msg"]')" "$2"
	equal rc "$(result web1 'r.get("rc")')" "$3"
	results 'r.get("changed", False)' False web1
}

@test "the reason of a failed start is the message" {
	begin_here
	task_fails '"command": ["no-such-command"]' \
	    "daemonize: exec: no-such-command: No such file or directory" 127
	task_fails "\"command\": [\"sh\", \"-c\", \"echo no disk >&2; exit 3\"],
	    \"ready\": \"alive:10s\", \"stderr\": \"$TMP/log\", \"append\": true" \
	    "daemonize: ready: $(readlink -f "$(command -v sh)" |
		sed "s|.*|$(command -v sh)|"): exited with status 3 before it was ready
daemonize: $TMP/log: no disk" 123
	task_fails '"command": ["true"], "restart_limit": "0"' \
	    "$(launch --restart-limit=0 true 2>&1 || :)" 125
	task_fails '"command": ["true"], "umask": 18' \
	    "umask: put it in quotes, as in '022': YAML has made the number 18 of it" \
	    None
}

@test "one that has ended by itself counts as stopped, and is started again" {
	begin_managed
	launch --supervise -p "$TMP/web1/pid" true
	eventually test ! -e "$TMP/web1/pid"
	task web1 "{$PID_FILE, \"state\": \"stopped\"}"
	results 'r["changed"]' False web1
	results 'r["status"]["state"]' ended web1
	task web1 "{$PID_FILE, \"command\": [\"sleep\", \"1000\"]}"
	results 'r["changed"]' True web1
	alive "$(pid_of web1)"
}

@test "an instance of which the state is unknown is not stopped" {
	begin_here
	sleep 1000 3>&- &
	remember $!
	echo $! >"$TMP/web1/pid"
	run task_here "{\"state\": \"stopped\"}"
	((status != 0))
	results 'r["rc"]' 125 web1
	[[ $(result web1 'r["msg"]') == "daemonize: stop: "* ]]
	alive $!
}

@test "a host without daemonize is said" {
	begin_here
	rm "$TMP/bin/daemonize"
	PATH=$TMP/bin:$PATH command -v daemonize >/dev/null &&
	    skip "daemonize is installed"
	task_fails '"command": ["true"]' \
	    "daemonize: not found in PATH; install daemonize on this host" None
}

# --- what is written about it ---------------------------------------------

document() {
	requires ansible-doc
	mkdir -p "$TMP/bin"
	configure_ansible
	ansible-doc -t module "$@" daemonize 2>&1 3>&- </dev/null
}

@test "the documentation has every option of a launch, and no other" {
	document --json >doc.json
	equal options "$(python3 -c 'import json
options = json.load(open("doc.json"))["daemonize"]["doc"]["options"]
print("\n".join(sorted(options)))' 3>&-)" "$(launch_options | sort)"
}

# What --help has, and what the module has in another way.
launch_options() {
	launch --help | sed -nE 's/^ +(-[[:alpha:]], )?--([a-z-]+).*/\2/p' |
	    sort -u | tr - _ | grep -vxE "$NO_LAUNCH"
	printf '%s\n' state command executable stop log log_time log_rotate
}

NO_LAUNCH="explain|check|status|stop|again|signal|wait|list|tail|json|verbose"
NO_LAUNCH+="|help|version|foreground|if_not_running|replace|log(_.*)?"

@test "ansible-doc shows the documentation, its examples and results" {
	document >doc
	equal warnings "$(grep -E 'WARNING|ERROR' doc)" ""
	grep -q '^EXAMPLES:' doc
	grep -q '^RETURN VALUES:' doc
	grep -q '^- command' doc
}

@test "the examples of the documentation are launches" {
	document --json >doc.json
	requires ansible-playbook
	python3 -c 'import json
print("- hosts: localhost\n  gather_facts: false\n  connection: local\n  tasks:")
text = json.load(open("doc.json"))["daemonize"]["examples"]
print("\n".join("  " + line for line in text.splitlines()))' \
	    >play.yml 3>&-
	ln -sf "$DAEMONIZE" bin/daemonize
	PATH=$TMP/bin:$PATH ansible-playbook --check -i localhost, play.yml \
	    >out 2>&1 3>&- </dev/null || { cat out; return 1; }
	equal "wrong options" "$(grep -E 'is not supported|option' out)" ""
	grep -q 'failed=0' out
}
