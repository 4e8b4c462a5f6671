#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# --ready with servers, by the notification or port of each: when the launch
# returns, the server serves at the first try.

load ../lib/helpers
load ../lib/ssh
load ../lib/ask

# Servers lie there, and a user's PATH may lack it.
PATH=$PATH:/usr/sbin:/sbin

# Real servers take their time on a slow machine.
LONG=--ready-timeout=2m

# Launches it and returns when it is ready: serve METHOD COMMAND...
# PID is set.
serve_ready() {
	local method=$1

	shift
	SERVER=(--ready="$method" "$LONG" "${AS[@]}" -p "$PIDFILE" -o "$LOG"
	    -e "$LOG" "$@")
	launch "${SERVER[@]}"
	remember_server
}

# Its end by its pid file takes all of it.
stops_server() {
	launch --stop -p "$PIDFILE"
	gone "$PID"
	eventually nothing_runs
	rm -f "$LOG"
}

# A wrong configuration: it dies, and says why itself, with a line that has
# TEXT: is_reported METHOD TEXT COMMAND...
dies_at_once() {
	local method=$1 text=$2 status=0

	shift 2
	rm -f "$LOG"
	launch --ready="$method" "$LONG" "${AS[@]}" -p "$PIDFILE" -o "$LOG" \
	    -e "$LOG" "$@" >"$TMP/output" 2>&1 || status=$?
	cat "$TMP/output"
	equal status "$status" 123
	[[ $(head -n 1 "$TMP/output") =~ \
	    ^"daemonize: ready: /"[^:]*": exited with status "[1-9][0-9]*\
" before it was ready" ]]
	sed 1d "$TMP/output" | grep -F "$text"
	run ! grep -v '^daemonize: ' "$TMP/output"
	(($(wc -l <"$TMP/output") <= 11))
	[[ ! -e $PIDFILE ]]
	nothing_runs
}

# --- redis -------------------------------------------------------------------

@test "redis-server, by notify" {
	requires redis-server
	new_server
	serve_as nobody
	cat >"$TMP/redis.conf" <<-END
		port 0
		unixsocket $HOME_DIR/socket
		dir $HOME_DIR
	END
	serve_ready notify redis-server "$TMP/redis.conf" --supervised systemd
	equal answer "$(ask "$HOME_DIR/socket" $'PING\r\nQUIT\r\n' |
	    tr '\n' ' ')" "+PONG +OK "
	stops_server
}

@test "redis-server with a wrong configuration" {
	requires redis-server
	new_server
	serve_as nobody
	echo "maxmemory rather-much" >"$TMP/redis.conf"
	dies_at_once notify "rather-much" redis-server "$TMP/redis.conf" \
	    --supervised systemd
}

# --- memcached ---------------------------------------------------------------

@test "memcached, by tcp" {
	requires memcached
	new_server
	serve_as nobody
	free_port
	serve_ready "tcp:127.0.0.1:$PORT" memcached -l 127.0.0.1 -p "$PORT" -U 0 -m 8
	equal answer "$(ask "$PORT" $'version\r\nquit\r\n' | cut -d' ' -f1)" \
	    VERSION
	stops_server
}

@test "memcached, by unix" {
	requires memcached
	new_server
	serve_as nobody
	serve_ready "unix:$HOME_DIR/socket" memcached -s "$HOME_DIR/socket" -m 8
	equal answer "$(ask "$HOME_DIR/socket" $'version\r\nquit\r\n' |
	    cut -d' ' -f1)" VERSION
	stops_server
}

@test "memcached whose port is in use is not launched" {
	requires memcached
	new_server
	serve_as nobody
	free_port
	serve_ready "tcp:127.0.0.1:$PORT" memcached -l 127.0.0.1 -p "$PORT" -U 0 -m 8
	fails 125 "daemonize: ready: tcp:127.0.0.1:$PORT: another process$(
	    ) accepts connections there already" \
	    --ready="tcp:127.0.0.1:$PORT" "${AS[@]}" memcached \
	    -l 127.0.0.1 -p "$PORT" -U 0
	stops_server
}

@test "memcached with a wrong configuration" {
	requires memcached
	new_server
	serve_as nobody
	dies_at_once "unix:$HOME_DIR/socket" "/nonexistent/socket" memcached \
	    -s /nonexistent/socket
	free_port
	dies_at_once "tcp:127.0.0.1:$PORT" "192.0.2.1" memcached -l 192.0.2.1 \
	    -p "$PORT" -U 0
}

# --- PostgreSQL --------------------------------------------------------------

# Debian keeps it out of PATH.
new_postgres() {
	new_server
	POSTGRES=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres |
	    sort -V | tail -n 1)
	[[ -x $POSTGRES ]] || POSTGRES=$(type -P postgres) ||
	    skip "needs postgres"
	serve_as postgres
	((EUID != 0)) || id postgres >/dev/null 2>&1 ||
	    skip "needs the user postgres"
	DATA=$HOME_DIR/data
	# It refuses to run as root, and so does this.
	launch "${AS[@]}" -F -o "$TMP/initdb" -e "$TMP/initdb" \
	    "${POSTGRES%/*}/initdb" -D "$DATA" -A trust -U test -N
	COMMAND=("$POSTGRES" -D "$DATA" -k "$HOME_DIR" -h "")
}

answers_sql() {
	requires psql
	equal answer "$(psql -h "$HOME_DIR" -U test -d postgres -Atc \
	    'SELECT 6 * 7' 3>&-)" 42
}

@test "postgres, by notify" {
	new_postgres
	ldd "$POSTGRES" | grep -q libsystemd || skip "needs a postgres that notifies"
	serve_ready notify "${COMMAND[@]}"
	answers_sql
	stops_server
}

@test "postgres, by unix" {
	new_postgres
	serve_ready "unix:$HOME_DIR/.s.PGSQL.5432" "${COMMAND[@]}"
	# It listens before it can serve: it says so then.
	eventually answers_sql
	stops_server
}

@test "postgres with a wrong configuration" {
	new_postgres
	dies_at_once notify '"rather-much"' "${COMMAND[@]}" \
	    -c shared_buffers=rather-much
	dies_at_once "unix:$HOME_DIR/.s.PGSQL.5432" '"/nonexistent"' \
	    "$POSTGRES" -D /nonexistent
}

# --- unbound -----------------------------------------------------------------

new_unbound() {
	requires unbound ldd
	ldd "$(type -P unbound)" | grep -q libsystemd ||
	    skip "needs an unbound that notifies"
	new_server
	free_port
	cat >"$TMP/unbound.conf" <<-END
		server:
			do-daemonize: no
			interface: 127.0.0.1
			port: $PORT
			chroot: ""
			username: ""
			directory: "$HOME_DIR"
			pidfile: ""
			use-syslog: no
			use-systemd: yes
			$1
		remote-control:
			control-enable: no
	END
	serve_as nobody
}

@test "unbound, by notify" {
	new_unbound 'local-data: "hello.test. A 192.0.2.7"'
	serve_ready notify unbound -d -c "$TMP/unbound.conf"
	equal answer "$(python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(20)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.send(b"\0\7\1\0\0\1\0\0\0\0\0\0\5hello\4test\0\0\1\0\1")
print(*s.recv(512)[-4:], sep=".")' "$PORT" 3>&-)" 192.0.2.7
	stops_server
}

@test "unbound with a wrong configuration" {
	new_unbound "rather: much"
	dies_at_once notify "unknown keyword 'rather'" unbound -d \
	    -c "$TMP/unbound.conf"
}

# --- nginx -------------------------------------------------------------------

new_nginx() {
	local directive

	requires nginx
	new_server
	free_port
	echo hello >"$TMP/hello"
	{
		((EUID != 0)) || echo "user nobody nogroup;"
		echo "worker_processes 2; pid $TMP/nginx.pid;"
		echo "error_log stderr; events {} http { access_log off;"
		for directive in client_body proxy fastcgi uwsgi scgi; do
			echo "${directive}_temp_path $HOME_DIR/$directive;"
		done
		echo "server { listen 127.0.0.1:$PORT; root $TMP; $1 } }"
	} >"$TMP/nginx.conf"
	COMMAND=(nginx -e stderr -c "$TMP/nginx.conf" -g 'daemon off;')
}

port_says_hello() {
	equal page "$(ask "$PORT" $'GET /hello HTTP/1.0\r\n\r\n' |
	    tail -n 1)" hello
}

@test "nginx, by tcp" {
	new_nginx ""
	serve_ready "tcp:127.0.0.1:$PORT" "${COMMAND[@]}"
	port_says_hello
	stops_server
}

@test "nginx, by file: its own pid file" {
	new_nginx ""
	serve_ready "file:$TMP/nginx.pid" "${COMMAND[@]}"
	port_says_hello
	stops_server
}

@test "nginx with a wrong configuration" {
	new_nginx "rather much;"
	dies_at_once "tcp:127.0.0.1:$PORT" 'unknown directive "rather"' \
	    "${COMMAND[@]}"
}

# --- sshd --------------------------------------------------------------------

new_sshd() {
	new_server
	make_sshd
	COMMAND=("$SSHD" -D -e -f "$TMP/sshd_config")
}

@test "sshd, by tcp" {
	new_sshd
	serve_ready "tcp:127.0.0.1:$PORT" "${COMMAND[@]}"
	sshd_answers
	stops_server
}

@test "sshd, by file: its PidFile" {
	new_sshd
	sed -i "s|^PidFile .*|PidFile $TMP/sshd.pid|" "$TMP/sshd_config"
	# One that is there already is not the one.
	echo 1 >"$TMP/sshd.pid"
	serve_ready "file:$TMP/sshd.pid" "${COMMAND[@]}"
	eventually test -s "$TMP/sshd.pid"
	equal "its own pid file" "$(cat "$TMP/sshd.pid")" "$PID"
	sshd_answers
	stops_server
}

@test "sshd with a wrong configuration" {
	new_sshd
	echo "Rather much" >>"$TMP/sshd_config"
	dies_at_once "tcp:127.0.0.1:$PORT" "Bad configuration option: Rather" \
	    "${COMMAND[@]}"
}

# --- python ------------------------------------------------------------------

new_python() {
	requires /usr/bin/python3
	new_server
	serve_as nobody
	cat >"$TMP/server.py" <<-'END'
		import os, socket, sys
		server = socket.socket(socket.AF_UNIX)
		server.bind(sys.argv[1])
		server.listen()
		os.write(3, b"listening\n")
		os.close(3)
		while True:
		    client = server.accept()[0]
		    client.sendall(client.recv(100).upper())
		    client.close()
	END
}

@test "a Python program, by fd" {
	new_python
	serve_ready fd:3 /usr/bin/python3 "$TMP/server.py" "$HOME_DIR/socket"
	equal answer "$(ask "$HOME_DIR/socket" hello)" HELLO
	stops_server
}

@test "a Python program with a wrong configuration" {
	new_python
	dies_at_once fd:3 "FileNotFoundError" /usr/bin/python3 "$TMP/server.py" \
	    /nonexistent/socket
}
