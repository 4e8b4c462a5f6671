#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Servers that crash, under a supervisor.

load ../lib/helpers
load ../lib/supervised
load ../lib/ssh
load ../lib/ask

# Servers lie there, and a user's PATH may lack it.
PATH=$PATH:/usr/sbin:/sbin

# Supervises a server, as an ordinary user where the test is root's, unless
# AS says otherwise; its workers are ended with the test.
supervise_server() {
	supervise "${AS[@]}" --restart=on-failure --restart-delay=10ms \
	    -o "$TMP/log" -e "$TMP/log" "$@"
	at_end end_group "$(seen pgid "$PID")"
}

# The pid that the server says it has: says_pid PATTERN ADDRESS TEXT
says_pid() {
	[[ $(ask "$2" "$3" 2>/dev/null | sed -n "s/^$1//p") == \
	    "$(cat "$PIDFILE")" && -n $(cat "$PIDFILE") ]]
}

# The server is killed by SEGV, and another one serves: crashes ASK...
crashes() {
	local old _

	eventually "$@"
	for _ in 1 2 3; do
		old=$(cat "$PIDFILE")
		kill -SEGV "$old"
		eventually gone "$old"
		eventually "$@"
		names_instance
		[[ $PID != "$old" ]]
		at_end end_group "$(seen pgid "$PID")"
	done
	equal ending "$(told '[r["signal"] for r in j["past"]]')" \
	    "[11, 11, 11]"
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	eventually nothing_runs
}

@test "memcached that is killed by SEGV comes back, and serves" {
	requires memcached
	new_server
	serve_as nobody
	supervise_server memcached -s "$HOME_DIR/socket" -m 8
	crashes says_pid "STAT pid " "$HOME_DIR/socket" $'stats\r\nquit\r\n'
}

@test "redis-server that is killed by SEGV comes back, and serves" {
	requires redis-server
	new_server
	serve_as nobody
	cat >"$TMP/redis.conf" <<-END
		port 0
		unixsocket $HOME_DIR/socket
		dir $HOME_DIR
		crash-log-enabled no
	END
	supervise_server redis-server "$TMP/redis.conf" --daemonize no
	crashes says_pid process_id: "$HOME_DIR/socket" \
	    $'INFO server\r\nQUIT\r\n'
}

# The workers of a master.
workers_of() {
	xargs -n 1 <"/proc/$1/task/$1/children"
}

@test "nginx replaces a worker that is killed; its master comes back with --tree" {
	local directive master worker

	requires nginx
	new_server
	serve_as nobody
	AS=(--tree)
	echo hello >"$TMP/hello"
	{
		((EUID != 0)) || echo "user nobody nogroup;"
		echo "worker_processes 1; pid $TMP/nginx.pid;"
		echo "error_log stderr; events {} http { access_log off;"
		for directive in client_body proxy fastcgi uwsgi scgi; do
			echo "${directive}_temp_path $HOME_DIR/$directive;"
		done
		echo "server { listen unix:$HOME_DIR/socket; root $TMP; } }"
	} >"$TMP/nginx.conf"
	supervise_server nginx -e stderr -c "$TMP/nginx.conf" -g 'daemon off;'
	eventually serves_hello
	master=$PID
	worker=$(workers_of "$master")
	kill -KILL "$worker"
	eventually gone "$worker"
	eventually serves_hello
	names_instance
	equal master "$PID" "$master"
	equal runs "$(recorded runs)" 1

	# The socket of a dead master is in the way of the next one.
	worker=$(workers_of "$master")
	rm "$HOME_DIR/socket"
	kill -SEGV "$master"
	eventually gone "$master"
	eventually serves_hello
	names_instance
	at_end end_group "$(seen pgid "$PID")"
	gone "$worker"
	[[ $PID != "$master" ]]
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
}

serves_hello() {
	[[ $(ask "$HOME_DIR/socket" $'GET /hello HTTP/1.0\r\n\r\n' \
	    2>/dev/null | tail -n 1) == hello ]]
}

@test "sshd comes back, and its sessions outlive a restart without --tree" {
	local client old

	make_sshd
	AS=()
	supervise_server "$SSHD" -D -e -f "$TMP/sshd_config"
	eventually sshd_answers
	mkfifo tell
	remote "echo there >$TMP/there; read -r what <$TMP/tell; echo \$what" \
	    >"$TMP/answer" 2>&1 &
	client=$!
	remember "$client"
	eventually test -s there
	old=$PID
	kill -SEGV "$old"
	eventually gone "$old"
	eventually sshd_answers
	names_instance
	[[ $PID != "$old" ]]
	tell "still here"
	wait "$client"
	equal answer "$(cat answer)" "still here"

	fails 0 "" --again -p "$PIDFILE"
	eventually sshd_answers
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	eventually nothing_runs
}

@test "sshd's sessions are ended by a restart with --tree" {
	local client

	make_sshd
	AS=(--tree)
	supervise_server "$SSHD" -D -e -f "$TMP/sshd_config"
	eventually sshd_answers
	remote "echo \$\$ >$TMP/there; exec sleep 1000" >"$TMP/answer" 2>&1 &
	client=$!
	remember "$client"
	eventually test -s there
	remember "$(cat there)"
	kill -SEGV "$PID"
	eventually sshd_answers
	names_instance
	gone "$(cat there)"
	wait "$client" || :
	fails 0 "" --stop -p "$PIDFILE"
	gone "$SUPERVISOR"
	eventually nothing_runs
}
