#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# Servers as in production, as daemons: their clients are served.

load ../lib/helpers
load ../lib/ssh
load ../lib/ask

# Servers lie there, and a user's PATH may lack it.
PATH=$PATH:/usr/sbin:/sbin

# Launches it, with a descriptor that must not reach it: PID is set.
serve() {
	SERVER=("${AS[@]}" -p "$PIDFILE" -o "$LOG" -e "$LOG" "$@")
	launch "${SERVER[@]}" 7<"$TMP/leak"
	remember_server
}

# Asks until there is an answer; it is in $TMP/answer: is_asked ADDRESS TEXT
is_asked() {
	eventually has_answered "$1" "$2"
}

has_answered() {
	ask "$1" "$2" >"$TMP/answer" 2>/dev/null && [[ -s $TMP/answer ]]
}

# The page "hello" comes from there: gets_hello PORT-OR-PATH
gets_hello() {
	is_asked "$1" $'GET /hello HTTP/1.0\r\n\r\n'
	grep -q '^HTTP/1.[01] 200 ' "$TMP/answer"
	equal page "$(tail -n 1 "$TMP/answer")" hello
}

# Seen from outside, the server is a daemon, whose directory is DIR (/).
is_daemon() {
	local ppid sid tty _ fd

	read -r _ _ _ ppid _ sid tty _ < \
	    <(sed 's/(.*)/()/' "/proc/$PID/stat")
	equal terminal "$tty" 0
	[[ $sid != "$PID" && $sid != "$(ps -o sid= -p $$ | tr -d ' ')" ]]
	[[ $ppid != "$$" && $ppid != "$BASHPID" ]]
	equal umask "$(sed -n 's/^Umask:[[:space:]]*//p' \
	    "/proc/$PID/status")" 0022
	equal directory "$(readlink "/proc/$PID/cwd")" "${1:-/}"
	equal stdin "$(readlink "/proc/$PID/fd/0")" /dev/null
	equal stdout "$(readlink "/proc/$PID/fd/1")" "$LOG"
	equal stderr "$(readlink "/proc/$PID/fd/2")" "$LOG"
	for fd in "/proc/$PID/fd"/*; do
		[[ $(readlink "$fd") != "$TMP/leak" ]]
	done
	if ((${#AS[@]} > 0)); then
		equal user "$(ps -o user= -p "$PID")" nobody
	fi
}

# A second start changes nothing; a kill of what the file names ends it.
is_one_and_stops() {
	local inode

	inode=$(stat -c '%i %s %y' "$PIDFILE")
	fails 1 "daemonize: already running: pid $PID holds $PIDFILE" \
	    "${SERVER[@]}"
	equal "pid file" "$(stat -c '%i %s %y' "$PIDFILE")" "$inode"
	alive "$PID"
	kill "$(cat "$PIDFILE")"
	eventually gone "$PID"
	eventually nothing_runs
}

@test "memcached" {
	local text

	requires memcached
	new_server
	serve_as nobody
	serve memcached -s "$HOME_DIR/socket" -m 8
	text=$'set greeting 0 0 5\r\nhello\r\nget greeting\r\nstats\r\nquit\r\n'
	is_asked "$HOME_DIR/socket" "$text"
	equal answer "$(sed -n 1,4p answer | tr '\n' ' ')" \
	    "STORED VALUE greeting 0 5 hello END "
	equal "who answers" "$(sed -n 's/^STAT pid //p' answer)" "$PID"
	is_daemon
	is_one_and_stops
}

@test "redis-server" {
	local text

	requires redis-server
	new_server
	serve_as nobody
	cat >"$TMP/redis.conf" <<-END
		port 0
		unixsocket $HOME_DIR/socket
		dir $HOME_DIR
	END
	serve redis-server "$TMP/redis.conf" --daemonize no
	text=$'SET greeting hello\r\nGET greeting\r\nINFO server\r\nQUIT\r\n'
	is_asked "$HOME_DIR/socket" "$text"
	equal answer "$(sed -n 1,3p answer | tr '\n' ' ')" "+OK \$5 hello "
	equal "who answers" "$(sed -n 's/^process_id://p' answer)" "$PID"
	is_daemon "$HOME_DIR"
	grep -qi "ready to accept connections" "$LOG"
	is_one_and_stops
	# It ended as its administrator expects: with the data saved.
	grep -q "bye bye" "$LOG"
}

@test "nginx" {
	local directive

	requires nginx
	new_server
	echo hello >"$TMP/hello"
	{
		((EUID != 0)) || echo "user nobody nogroup;"
		echo "worker_processes 2; pid $TMP/nginx.pid;"
		echo "error_log stderr; events {} http { access_log off;"
		for directive in client_body proxy fastcgi uwsgi scgi; do
			echo "${directive}_temp_path $HOME_DIR/$directive;"
		done
		echo "server { listen unix:$HOME_DIR/socket; root $TMP; } }"
	} >"$TMP/nginx.conf"
	serve nginx -e stderr -c "$TMP/nginx.conf" -g 'daemon off;'
	gets_hello "$HOME_DIR/socket"
	equal "its own pid file" "$(cat "$TMP/nginx.pid")" "$PID"
	is_daemon
	is_one_and_stops
}

@test "sshd, over which another daemon is launched" {
	new_server
	make_sshd
	serve "$SSHD" -D -e -f "$TMP/sshd_config"
	eventually sshd_answers
	run remote "$DAEMONIZE -p $TMP/other sleep 1000"
	output_is ""
	status_is 0
	remember "$(cat "$TMP/other")"
	is_daemon
	# It closes every descriptor that it finds.
	names_instance
	alive "$(cat "$TMP/other")"
	kill "$(cat "$TMP/other")"
	is_one_and_stops
}

@test "python's http.server" {
	requires /usr/bin/python3
	new_server
	serve_as nobody
	free_port
	echo hello >"$HOME_DIR/hello"
	serve /usr/bin/python3 -u -m http.server -b 127.0.0.1 \
	    -d "$HOME_DIR" "$PORT"
	gets_hello "$PORT"
	is_daemon
	grep -q 'GET /hello' "$LOG"
	is_one_and_stops
}
