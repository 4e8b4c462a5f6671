#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --json: what --explain, --check, --status and --list print, as a program
# reads it.

load ../lib/helpers

# Every test asks Python, which shares no code with what it reads.
# reads FILE SCRIPT [ARG]...: j is the value in FILE; bytes, else a str.
reads() {
	python3 -c 'import codecs, json, re, sys

def replaced(error):
	# A U+FFFD for each byte that is part of no character.
	return "\ufffd", error.start + 1

codecs.register_error("each", replaced)

def text(data):
	return data.decode("utf-8", "each")

def typed(value, /, **types):
	assert list(value) == list(types), list(value)
	for name, type_ in types.items():
		assert type(value[name]) is type_, (name, value[name])

def not_twice(pairs):
	names = [name for name, _ in pairs]
	assert len(names) == len(set(names)), names
	return dict(pairs)

def no_constant(name):
	raise ValueError(name)

raw = open(sys.argv[1], "rb").read()
assert raw.endswith(b"\n") and raw.count(b"\n") == 1, raw[-9:]
j = json.loads(raw.decode("utf-8"), object_pairs_hook=not_twice,
    parse_constant=no_constant)
args = sys.argv[3:]
exec(sys.argv[2])' "$@" 3>&-
}

setup_python() {
	requires python3
}

# Strings that are difficult, as bytes: every single one; of two, three and
# four what lies at the edges of UTF-8.
STRINGS='
import itertools
edges = [0x41, 0x22, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]
leads = [0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
    0xf3, 0xf4, 0xf5, 0xff]
strings = [bytes([b]) for b in range(1, 256)]
each = itertools.product
strings += [bytes(p) for p in each(range(1, 256), edges + leads)]
strings += [bytes(p) for p in each(edges + leads, repeat=3)]
strings += [bytes(p) for p in each(leads[8:], edges, edges, edges)]
strings += [bytes(range(1, 256)), b"",
    "\u2028\U00010000\U0010ffff\u20ac\ufffe\ud7ff\ue000\xad".encode()]
'

# --- strings -----------------------------------------------------------------

@test "every argument comes through, what is no UTF-8 as U+FFFD a byte" {
	setup_python
	python3 -c "$STRINGS"'
import os, sys
os.execv(sys.argv[1], [os.fsencode(a) for a in sys.argv[1:]] + strings)
' "$DAEMONIZE" --explain --json true >plan 3>&-
	reads plan "$STRINGS"'
assert j["argv"][0] == "true"
assert len(j["argv"]) == len(strings) + 1
for shown, string in zip(j["argv"][1:], strings):
	assert shown == text(string), (shown, string)'
}

@test "known strings come out as these very bytes" {
	setup_python
	launch --explain --json true $'"\\/' $'\b\f\n\r\t\e\x01\x1f\x7f' 'é€😀' \
	    $'\xc3' $'a\x80b' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' \
	    $'\xf0\x9f\x98' >plan
	# shellcheck disable=SC1003  # as they are
	equal argv "$(sed 's/.*"argv":\[//; s/\],"pidfile".*//' plan)" \
	    '"true","\"\\/",'\
'"\u0008\u000c\u000a\u000d\u0009\u001b\u0001\u001f\u007f","é€😀",'\
'"\ufffd","a\ufffdb","\ufffd\ufffd","\ufffd\ufffd\ufffd",'\
'"\ufffd\ufffd\ufffd\ufffd","\ufffd\ufffd\ufffd"'
}

@test "a locale changes nothing" {
	local locale

	setup_python
	launch --explain --json true $'é\xff' >plan
	for locale in C C.UTF-8 de_DE.ISO-8859-1; do
		LC_ALL=$locale launch --explain --json true $'é\xff' >other
		cmp plan other
	done
}

@test "the path of a pid file comes through, whatever bytes it has" {
	local path

	setup_python
	for path in 'a "b' 'a\b' $'a\nb\tc\x01\x7f' 'é€😀' $'\x80' $'\xc3' \
	    $'\xc0\xaf' $'\xe0\x80\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' \
	    $'\xf5\x80\x80\x80' $'\xff' $'\xf0\x9f\x98'; do
		run launch --status --json -p "$TMP/$path"
		status_is 3
		echo "$output" >status
		reads status 'import os
assert j == { "name": None, "pidfile": text(os.fsencode(args[0])),
    "state": "stopped" }, j' "$TMP/$path"
	done
}

@test "the command of a daemon comes through, whatever bytes it has" {
	local -a words=('' 'a "b' 'a\b' $'a\nb\tc\x01\x7f' 'é€😀' '' $'\x80'
	    $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80' $'\xff' $'\xf0\x9f')

	setup_python
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay "${words[@]}"
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	launch --status --json -p "$PIDFILE" >status
	reads status 'import os
expected = [text(os.fsencode(arg)) for arg in args]
assert j["command"] == expected, j["command"]' \
	    "$PROBE" "$REPORT" stay "${words[@]}"
}

@test "a long command comes through whole" {
	local long

	setup_python
	long=$(printf '%10000s' '' | tr ' ' x)
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay "$long" end
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	launch --status --json -p "$PIDFILE" >status
	reads status 'assert j["command"][3:] == ["x" * 10000, "end"], \
	    [len(arg) for arg in j["command"]]'
}

@test "a directory and a file come through in the rows of --check" {
	local name=$'a "b\\\n\xff é'

	setup_python
	mkdir "$name"
	probe -c "$name" -o "$name/out"
	run launch --check --json "$PID"
	status_is 1
	echo "$output" >rows
	reads rows 'import os
name = text(os.fsencode(args[0]))
assert j["steps"][7]["seen"] == name, j["steps"][7]
assert name + "/out" in j["steps"][8]["seen"], j["steps"][8]' "$TMP/$name"
}

# --- --check -----------------------------------------------------------------

@test "--check has the pid and nine rows with the step, verdict and seen" {
	setup_python
	from open=7
	probe --umask=0 --fds=7
	run launch --check --json "$PID"
	status_is 1
	echo "$output" >rows
	reads rows 'typed(j, pid=int, steps=list)
assert j["pid"] == int(args[0])
for row in j["steps"]:
	typed(row, step=str, verdict=str, seen=str)
	assert row["seen"], row
assert [row["step"] for row in j["steps"]] == ["signals", "sigchld",
    "background", "session", "refork", "umask", "fds", "chdir", "stdio"]
verdicts = { row["step"]: row["verdict"] for row in j["steps"] }
assert verdicts["signals"] == "ok"
assert verdicts["umask"] == "BAD"
assert verdicts["fds"] == "?"' "$PID"
}

@test "--check says the same with and without --json" {
	setup_python
	probe -p "$PIDFILE" --refork=no
	launch --check -p "$PIDFILE" >rows || :
	launch --check --json -p "$PIDFILE" >json || :
	reads json 'lines = ["%-11s %-3s %s" % (row["step"], row["verdict"],
    row["seen"]) for row in j["steps"]]
assert lines == open(args[0]).read().splitlines(), lines' rows
}

@test "--check on a terminal has no colours in its JSON" {
	setup_python
	probe
	timeout -s KILL "$DEADLINE" "$HELPERS_DIR/onpty" \
	    "$DAEMONIZE" --check --json "$PID" 3>&- >rows
	reads rows 'assert b"\x1b" not in raw and "u001b" not in raw.decode()'
}

@test "--check of no process prints nothing on stdout" {
	local status=0

	launch --check --json 2147483647 >out 2>err || status=$?
	equal status "$status" 3
	equal stdout "$(cat out)" ""
	equal stderr "$(cat err)" \
	    "daemonize: check: 2147483647: no such process"
}

# --- --status ----------------------------------------------------------------

@test "--status of a running instance has all its members" {
	setup_python
	launch -p "$PIDFILE" "$PROBE" "$REPORT" stay
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	launch --status --json -p "$PIDFILE" >status
	reads status 'import datetime, os, pwd, time
# Before Linux 6.9 there is none.
assert str(j.pop("pidfd_inode") or "") == args[4]
typed(j, name=type(None), pidfile=str, state=str, pid=int, uid=int, user=str,
    since=str, uptime=int, memory_kib=int, command=list, stdout=str, stderr=str)
assert j["pidfile"] == args[0]
assert j["state"] == "running"
assert j["pid"] == int(args[1])
assert j["uid"] == os.getuid()
assert j["user"] == pwd.getpwuid(os.getuid()).pw_name
since = datetime.datetime.strptime(j["since"], "%Y-%m-%dT%H:%M:%SZ")
since = since.replace(tzinfo=datetime.timezone.utc).timestamp()
# It started after the test did, and the report after it.
began, reported = (os.stat(f).st_mtime for f in (args[3], args[2]))
assert began - 2 <= since <= reported + 2, (began, since, reported)
assert 0 <= j["uptime"] <= time.time() - began + 2, j["uptime"]' \
	    "$PIDFILE" "$(fact pid)" "$REPORT" "$TMP/.pause" "$(recorded pidfd)"
}

@test "--status has the time in UTC, wherever the user lives" {
	setup_python
	probe -p "$PIDFILE"
	TZ=UTC launch --status --json -p "$PIDFILE" >status
	TZ=XXX-14 launch --status --json -p "$PIDFILE" >other
	reads status 'import datetime
a, b = (datetime.datetime.strptime(s["since"], "%Y-%m-%dT%H:%M:%SZ")
    for s in (j, json.load(open(args[0]))))
# Known to a clock tick, so the second may differ.
assert abs((a - b).total_seconds()) <= 1, (a, b)' other
}

@test "--status of a user without a name has the uid, and null" {
	setup_python
	requires root
	chmod 777 .
	launch -u 54321:54321 -p "$PIDFILE" "$PROBE" "$REPORT" stay
	eventually test -e "$REPORT"
	remember "$(fact pid)"
	launch --status --json -p "$PIDFILE" >status
	reads status 'assert j["uid"] == 54321 and j["user"] is None, j'
}

@test "--status of a command that gave itself a title has no empty arguments" {
	setup_python
	requires redis-server
	launch -c "$TMP" -p "$PIDFILE" redis-server --port 0 \
	    --unixsocket "$TMP/socket" --save ''
	remember "$(cat "$PIDFILE")"
	eventually grep -qa '^redis-server unixsocket:' \
	    "/proc/$(cat "$PIDFILE")/cmdline"
	launch --status --json -p "$PIDFILE" >status
	reads status 'assert j["command"] == \
	    ["redis-server unixsocket:" + args[0]], j["command"]' "$TMP/socket"
}

@test "--status of what does not run is stopped, 3" {
	setup_python
	run launch --status --json -p "$PIDFILE"
	status_is 3
	echo "$output" >status
	reads status 'assert j == { "name": None, "pidfile": args[0],
    "state": "stopped" }, j' "$PIDFILE"
}

@test "--status of what died is dead, 1" {
	setup_python
	probe -p "$PIDFILE"
	kill -KILL "$PID"
	eventually gone "$PID"
	run launch --status --json -p "$PIDFILE"
	status_is 1
	echo "$output" >status
	reads status 'assert j == { "name": None, "pidfile": args[0],
    "state": "dead", "command": args[1:], "stdout": "/dev/null",
    "stderr": "/dev/null" }, j' "$PIDFILE" "$PROBE" "$REPORT" stay
}

@test "--status of an unknown state is 4, with the reason" {
	setup_python
	run launch --status --json -p "$TMP"
	status_is 4
	echo "$output" >status
	reads status 'assert j == { "name": None, "pidfile": args[0],
    "state": "unknown", "reason": "not a regular file" }, j' "$TMP"
}

# --- --list ------------------------------------------------------------------

@test "--list of no instances is the empty list" {
	setup_python
	as_user
	run launch --list --json
	status_is 0
	output_is "[]"
	mkdir -p "$NAMED"
	chmod -R 755 run/daemonize
	run launch --list --json
	status_is 0
	output_is "[]"
}

@test "--list has what --status has, for each instance" {
	setup_python
	as_user
	launch -n web sleep 1000
	PID=$(cat "$NAMED/web.pid")
	remember "$PID"
	launch -n dead sleep 1000
	remember "$(cat "$NAMED/dead.pid")"
	kill -KILL "$(cat "$NAMED/dead.pid")"
	eventually gone "$(cat "$NAMED/dead.pid")"
	launch --list --json >list
	reads list 'assert [i["name"] for i in j] == ["dead", "web"], j
dead, web = j
assert dead == { "name": "dead", "pidfile": args[0] + "/dead.pid",
    "state": "dead", "command": ["sleep", "1000"], "stdout": "/dev/null",
    "stderr": "/dev/null" }, dead
web.pop("pidfd_inode")
typed(web, name=str, pidfile=str, state=str, pid=int, uid=int, user=str,
    since=str, uptime=int, memory_kib=int, command=list, stdout=str, stderr=str)
assert web["pidfile"] == args[0] + "/web.pid"
assert web["pid"] == int(args[1])
assert web["command"] == ["sleep", "1000"]' "$NAMED" "$PID"
}

@test "--list has names with any bytes" {
	local name=$'a "b\n\xff é'

	setup_python
	as_user
	launch -n "$name" sleep 1000
	remember "$(cat "$NAMED/$name.pid")"
	launch --list --json >list
	reads list 'import os
name, directory = (text(os.fsencode(arg)) for arg in args)
assert len(j) == 1
assert j[0]["name"] == name, j
assert j[0]["pidfile"] == directory + "/" + name + ".pid", j' \
	    "$name" "$NAMED"
	launch --status --json -n "$name" >status
	reads status 'import os
assert j["name"] == text(os.fsencode(args[0])), j' "$name"
}

@test "--list says of a file that is no instance that it is unknown" {
	setup_python
	as_user
	mkdir -p "$NAMED/x.pid"
	chmod -R 755 run/daemonize
	launch --list --json >list
	reads list 'assert j == [{ "name": "x",
    "pidfile": args[0] + "/x.pid", "state": "unknown",
    "reason": "not a regular file" }], j' "$NAMED"
}

# --- --explain ---------------------------------------------------------------

@test "--explain has the command, its arguments and the nine steps" {
	setup_python
	launch --explain --json --umask=027 -c "$TMP" -o "$TMP/log" -p "$PIDFILE" \
	    -l "$TMP/lock" true a '' b >plan
	reads plan 'assert type(j["command"]) is str and j["command"][0] == "/"
assert j["argv"] == ["true", "a", "", "b"]
assert j["pidfile"] == args[0] + "/pid"
assert j["lockfile"] == args[0] + "/lock"
assert j["chroot"] is None
assert j["user"] is None
for step in j["steps"]:
	typed(step, step=str, value=str, what=str, why=str)
assert [step["step"] for step in j["steps"]] == ["signals", "sigchld",
    "background", "session", "refork", "umask", "fds", "chdir", "stdio"]
values = [step["value"] for step in j["steps"]]
assert values == ["default", "default", "yes", "new", "yes", "027", "close",
    args[0], "/dev/null %s/log /dev/null" % args[0]], values' "$TMP"
}

@test "--explain has the same steps with and without --json" {
	setup_python
	launch --explain --signals=keep --sigchld=ignore --refork=no --fds=keep \
	    true >plan
	launch --explain --json --signals=keep --sigchld=ignore --refork=no \
	    --fds=keep true >json
	reads json 'steps = re.findall(r"^[1-9] ([a-z]+) +(.*)$",
    open(args[0]).read(), re.M)
assert steps == [(s["step"], s["value"]) for s in j["steps"]], steps' plan
}

# EXPRESSION is the list of the values in a plan, which is j:
# plan_has EXPRESSION VALUE... -- ARG...
plan_has() {
	local expression=$1
	local -a values=()

	shift
	while [[ $1 != -- ]]; do
		values+=("$1")
		shift
	done
	launch --explain --json "${@:2}" true >plan
	reads plan "assert $expression == [json.loads(a) for a in args], j" \
	    "${values[@]}"
}

# The members of the plan about a supervisor: supervision_is VALUE... -- ARG...
supervision_is() {
	plan_has '[j[name] for name in ("supervised", "restart",
    "restart_delay_ms", "restart_delay_max_ms", "restart_limit",
    "restart_limit_ms", "tree")]' "$@"
}

@test "--explain has the policy of a supervisor, and null where there is none" {
	setup_python
	supervision_is false '"never"' null null null null false --
	supervision_is true '"never"' null null null null false -- --supervise
	supervision_is true '"on-failure"' 100 30000 null null true -- \
	    --restart=on-failure --tree
	supervision_is true '"always"' 2000 60000 5 90000 false -- \
	    --restart=always --restart-delay=2s/1m --restart-limit=5/90s
	supervision_is true '"always"' 100 30000 7 null false -- \
	    --restart=always --restart-limit=7
}

# The log's members of the plan, and what goes to it: log_is VALUE... -- ARG...
plan_log_is() {
	plan_has '[j["log"], j["log_time"], j["log_rotate"],
    j["log_rotate_keep"], j["steps"][8]["value"]]' "$@"
}

@test "--explain has the log, and null where there is none" {
	setup_python
	plan_log_is null null null null '"/dev/null /dev/null /dev/null"' --
	plan_log_is "\"$TMP/here\"" null null null '"/dev/null log log"' -- --log=here
	plan_log_is '"/here"' '"utc"' 2097152 5 '"/dev/null log log"' -- --log=/here \
	    --log-time=utc --log-rotate=2M
	plan_log_is '"/here"' '"local"' 7 9 '"/dev/null log /dev/zero"' -- \
	    --log=/here --log-time=local --log-rotate=7/9 -e /dev/zero
	plan_log_is '"|cat >\"a b\""' null null null '"/dev/null log log"' -- \
	    --log='|cat >"a b"'
	plan_log_is '"syslog:cron.err"' null null null '"keep log log"' -- -F \
	    --log=syslog:cron.err
}

@test "--explain has what is no failure, and null where none is" {
	setup_python
	launch --explain --json --restart=on-failure --success=3,segv true >plan
	reads plan 'assert j["success"] == [0, 3, "HUP", "INT", "SEGV", "PIPE",
    "TERM"], j'
	launch --explain --json --restart=always true >plan
	reads plan 'assert j["success"] is None, j'
}

@test "--explain has the user, the group's number and the new root" {
	setup_python
	requires root
	launch --explain --json -u nobody -R / -c / /bin/true >plan
	reads plan 'import pwd
assert j["user"] == "nobody", j
assert j["gid"] == pwd.getpwnam("nobody").pw_gid, j
assert j["chroot"] == "/", j'
}

@test "--explain of a command that is missing prints nothing on stdout" {
	local status=0

	launch --explain --json ./none >out 2>err || status=$?
	equal status "$status" 127
	equal stdout "$(cat out)" ""
}

# --- --wait ------------------------------------------------------------------

@test "--wait tells the command's exit status, and its signal" {
	setup_python
	launch -p "$PIDFILE" --supervise sh -c 'exit 3'
	launch -p other --supervise sh -c 'kill -KILL $$'
	run launch --wait --json -p "$PIDFILE"
	status_is 3
	output_is "{\"name\":null,\"pidfile\":\"$PIDFILE\",\"exit\":3,\"signal\":null,\"failed\":null}"
	run launch --wait --json -p other
	status_is 137
	[[ $output == *'"exit":null,"signal":9,"failed":null}' ]]
	# Of several, in an array, without one that never was.
	launch --wait --json -p "$PIDFILE" -p none -p other >waits 2>err || :
	reads waits 'assert [i["exit"] for i in j] == [3, None], j'
	grep -qx "daemonize: wait: none: there is no instance" err
}

# --- mistakes ----------------------------------------------------------------

@test "JSON that cannot be printed is a failure" {
	local status=0

	launch --explain --json true >/dev/full 2>err || status=$?
	equal status "$status" 125
	equal stderr "$(cat err)" \
	    "daemonize: stdout: No space left on device"
}

@test "--json for a launch is a mistake, and launches nothing" {
	fails 125 "daemonize: --json: is for --explain, --check, --status, \
--wait and --list
Try 'daemonize --help'" --json -p "$PIDFILE" "$PROBE" "$REPORT"
	[[ ! -e $REPORT && ! -e $PIDFILE ]]
}

@test "--json is a mistake with --stop, --again and --signal" {
	probe -p "$PIDFILE"
	json_misused -p "$PIDFILE" --stop
	json_misused -p "$PIDFILE" --again
	json_misused -p "$PIDFILE" --signal=KILL
	alive "$PID"
}

# --json does not go with this verb: json_misused [OPTION]... VERB
json_misused() {
	local verb=${*: -1}

	fails 125 "daemonize: ${verb%%=*}: --json is for --explain, --check, --status, \
--wait and --list
Try 'daemonize --help'" --json "$@"
}

@test "--json takes no value" {
	fails 125 "daemonize: --json=yes: takes no value
Try 'daemonize --help'" --json=yes --list
}
