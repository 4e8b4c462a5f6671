#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
# contrib/examples: each file is run by the program that it is for.

load ../lib/helpers
load ../lib/supervised

EXAMPLES=$SOURCE_DIR/contrib/examples

# What all of them run: a worker that says that it is there, and stays.
# Where descriptor 3 is open, it is told, too.
make_worker() {
	mkdir -p "$TMP/bin"
	ln -sf "$DAEMONIZE" "$TMP/bin/daemonize"
	cat >"$TMP/bin/worker" <<-'END'
		#!/bin/sh
		echo "$$ works"
		[ ! -e /proc/$$/fd/3 ] || echo ready >&3
		exec sleep 1000
	END
	chmod 755 "$TMP/bin/worker"
}

# A copy of an example, with what a test must change, for sed: copy NAME TO EDIT
copy() {
	[[ -e $TMP/bin ]] || make_worker
	sed "$3" "$EXAMPLES/$1" >"$2"
	chmod "$(stat -c %a "$EXAMPLES/$1")" "$2"
}

# Runs a shell's lines with places of its own: /run, and what is bound.
# The first process of it is PLACE, for `inside': in_place LINES [ARG]...
in_place() {
	requires root mounts
	unshare -m sh -c "mount -t tmpfs none /run && $1" sh "${@:2}" \
	    >"$TMP/said" 2>&1 3>&- </dev/null &
	PLACE=$!
	remember "$PLACE"
}

# The pid that a file of that place has: pid_in FILE
pid_in() {
	cat "/proc/$PLACE/root$1" 2>/dev/null
}

# There is a daemon with that pid file, and it is the worker: PID, remembered.
works() {
	eventually is_worker "$1"
	remember "$PID"
}

is_worker() {
	PID=$(pid_in "$1") && [[ -n $PID ]] &&
	    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$PID/cmdline") == \
		"sleep 1000 " ]]
}

user_of() {
	stat -c %U "/proc/$1"
}

# --- cron --------------------------------------------------------------------

# cron with that crontab, of root: cron_with EDIT
cron_with() {
	requires root cron crontab
	mkdir "$TMP/spool" "$TMP/cron.d" "$TMP/home"
	copy crontab "$TMP/crontab" "1iHOME=$TMP/home\\
		DAEMONIZE_TEST=$TMP
		s|^PATH=|&$TMP/bin:|; $1"
	sed -i 's/^[[:blank:]]*//' "$TMP/crontab"
	crontab -n "$TMP/crontab"
	cp "$TMP/crontab" "$TMP/spool/root"
	chmod 600 "$TMP/spool/root"
	in_place 'mount --bind "$1/spool" /var/spool/cron/crontabs &&
	    mount --bind "$1/cron.d" /etc/cron.d &&
	    mount --bind /dev/null /etc/crontab &&
	    exec cron -f' "$TMP"
}

@test "crontab: cron starts the daemon with the host" {
	cron_with ''
	works /run/daemonize/worker.pid
	eventually grep -q " works" home/worker.log
}

@test "crontab: the line for each minute starts it, too" {
	# The minute would take up to a minute.
	cron_with '/^@reboot/d; s/^\* \* \* \* \*/@reboot/'
	works /run/daemonize/worker.pid
}

@test "crontab: while it runs, the lines start and print nothing" {
	local line n=0

	make_worker
	while read -r line; do
		run in_own_run "$line"
		status_is 0
		output_is ""
		((++n))
	done < <(sed -nE 's/^(@reboot|(\* ){5})//p' "$EXAMPLES/crontab")
	equal lines "$n" 2
	equal started "$(grep -c works worker.log)" 1
	remember "$(cat worker.pid)"
}

# A shell's line, where an instance of -n is the test's own.
in_own_run() {
	PATH=$TMP/bin:$PATH sh -c "${1/-n worker/-p worker.pid}" 3>&- </dev/null
}

# --- logrotate ---------------------------------------------------------------

# Has logrotate rotate both files of the example now.
rotate() {
	requires logrotate
	logrotate -f -s "$TMP/state" "$TMP/logrotate"
}

# A command that writes each line that it is given: say LINE
# It can write to the FIFO as well, so it reads no end-of-file between two.
ECHO=(sh -c 'while read -r line; do echo "$line"; done <>"$1"' sh)

say() {
	timeout "$DEADLINE" sh -c 'echo "$1" >"$2"' sh "$1" "$TMP/tell"
}

setup_logrotate() {
	requires logrotate
	copy logrotate "$TMP/logrotate" "s|/var/log|$TMP|"
	chmod 644 "$TMP/logrotate"
	mkfifo "$TMP/tell"
}

@test "logrotate: the file of --log, without a signal" {
	setup_logrotate
	supervise --log="$TMP/worker.log" "${ECHO[@]}" "$TMP/tell"
	say one
	eventually grep -qx one worker.log
	rotate
	say two
	eventually grep -qsx two worker.log
	equal "the old file" "$(cat worker.log.1)" one
	equal "the new file" "$(cat worker.log)" two
	rotate
	equal "compressed later" "$(ls worker.log.*)" \
	    $'worker.log.1\nworker.log.2.gz'
}

@test "logrotate: the file of -o is copied and emptied, without a hole" {
	setup_logrotate
	launch -p "$PIDFILE" -a -o "$TMP/plain.log" "${ECHO[@]}" "$TMP/tell"
	remember "$(cat "$PIDFILE")"
	say one
	eventually grep -qx one plain.log
	rotate
	say two
	eventually grep -qx two plain.log
	equal "the old file" "$(gzip -dc plain.log.1.gz)" one
	equal "size of the new file" "$(stat -c %s plain.log)" 4
}

# --- OpenRC ------------------------------------------------------------------

# An action of the service, in the place that begin_openrc has made.
openrc_service() {
	env -i PATH="$TMP/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
	    DAEMONIZE_TEST="$TMP" nsenter -m -r -t "$PLACE" \
	    /etc/init.d/worker "$@" 3>&- </dev/null
}

# The values are those of /etc/conf.d, which not every system has.
begin_openrc() {
	requires openrc-run nsenter
	mkdir "$TMP/init.d"
	copy openrc "$TMP/init.d/worker" "1s|.*|#!$(
	    PATH=$PATH:/sbin:/usr/sbin command -v openrc-run)\\
		worker_command=${1-$TMP/bin/worker}\\
		worker_options='-E DAEMONIZE_TEST=$TMP'\\
		PATH=$TMP/bin:\$PATH|
	    s|/var/log|$TMP|"
	# It works only where it has booted the system, as these files say.
	in_place 'mkdir -p /run/openrc && cd /run/openrc && : >softlevel &&
	    mkdir starting started stopping inactive wasinactive failed \
		hotplugged daemons options exclusive scheduled tmp &&
	    mount --bind "$1/init.d" /etc/init.d &&
	    : >"$1/in_place" && exec sleep 1000' "$TMP"
	eventually test -e "$TMP/in_place"
}

@test "openrc: start, status, reload and stop" {
	begin_openrc
	openrc_service start
	works /run/worker.pid
	remember "$(recorded supervisor "/proc/$PLACE/root/run/worker.pid")"
	equal user "$(user_of "$PID")" nobody
	grep -q "$PID works" worker.log
	run openrc_service status
	status_is 0
	[[ $output == *"running, pid $PID,"* ]]

	# HUP ends the worker, and that is no failure.
	openrc_service reload
	eventually gone "$PID"
	run openrc_service status
	status_is 3
	openrc_service zap
	openrc_service start
	works /run/worker.pid
	remember "$(recorded supervisor "/proc/$PLACE/root/run/worker.pid")"
	openrc_service stop
	gone "$PID"
	run openrc_service status
	status_is 3
}

@test "openrc: a start that fails says why" {
	begin_openrc /nonexistent
	run openrc_service start
	status_is 1
	[[ $output == *"daemonize: exec: /nonexistent: No such file"* ]]
}

# --- runit and s6 ------------------------------------------------------------

# What an ordinary user changes: not the user.
as_who() {
	((EUID == 0)) || echo 's/ -u nobody//'
}

# The service's process is the worker itself: PID
service_works() {
	eventually service_is_worker
	remember "$PID"
	((EUID != 0)) || equal user "$(user_of "$PID")" nobody
	equal umask "$(sed -n 's/^Umask:[[:space:]]*//p' "/proc/$PID/status")" \
	    0022
	equal parent "$(stat_field 4 "$PID")" "$SUPERVISOR"
}

service_is_worker() {
	PID=$(service_pid) && [[ -n $PID ]] &&
	    [[ $(tr '\0' ' ' 2>/dev/null <"/proc/$PID/cmdline") == \
		"sleep 1000 " ]]
}

@test "runit: the process that runsv started is the command" {
	local first

	requires runsv sv
	mkdir sv
	copy runit/run sv/run "$(as_who)"
	PATH=$TMP/bin:$PATH runsv sv >said 2>&1 3>&- </dev/null &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	service_pid() { cat sv/supervise/pid 2>/dev/null; }
	service_works
	grep -qx "$PID works" said
	first=$PID
	# It ends, and runsv starts the next one.
	kill -KILL "$first"
	eventually gone "$first"
	service_works
	[[ $PID != "$first" ]]
	sv -w "$DEADLINE" force-stop ./sv
	gone "$PID"
	sv -w "$DEADLINE" exit ./sv
}

@test "s6: the process that s6-supervise started is the command, and is ready" {
	requires s6-supervise s6-svwait s6-svc s6-svstat
	mkdir sv
	copy s6/run sv/run "$(as_who)"
	copy s6/notification-fd sv/notification-fd ''
	PATH=$TMP/bin:$PATH s6-supervise sv >said 2>&1 3>&- </dev/null &
	SUPERVISOR=$!
	remember "$SUPERVISOR"
	eventually test -p sv/supervise/control
	s6-svwait -U -t "$((DEADLINE * 1000))" sv
	service_pid() { s6-svstat -o pid sv; }
	service_works
	grep -qx "$PID works" said
	s6-svc -wD -T "$((DEADLINE * 1000))" -dx sv
	gone "$PID"
}

# --- a container -------------------------------------------------------------

# The words of an instruction in its JSON form: line_words ENTRYPOINT
line_words() {
	sed -n "s/^$1 \(CMD \)\?//p" "$EXAMPLES/Containerfile" |
	    python3 -c 'import json, sys
print("\n".join(json.load(sys.stdin)))' 3>&-
}

begin_container() {
	local words

	requires root python3 pids
	make_worker
	mapfile -t words < <(line_words ENTRYPOINT; line_words CMD)
	PATH=$TMP/bin:$PATH unshare --fork --pid --mount-proc sh -c '
	    mount -t tmpfs none /run && exec "$@"' sh "${words[@]}" \
	    >said 2>&1 3>&- </dev/null &
	CONTAINER=$!
	remember "$CONTAINER"
	eventually container_works 1
}

# The worker has said so many times that it is there: SUPERVISOR and PID are
# the pids outside of the container.
container_works() {
	(($(grep -c ' works$' said) >= $1)) || return
	SUPERVISOR=$(cat "/proc/$CONTAINER/task/$CONTAINER/children")
	SUPERVISOR=${SUPERVISOR% }
	PID=$(cat "/proc/$SUPERVISOR/task/$SUPERVISOR/children")
	PID=${PID% }
	[[ -n $PID ]]
}

@test "container: the first process restarts the command, and stops it" {
	local first status=0

	begin_container
	remember "$SUPERVISOR"
	equal "pid inside" "$(sed -n 's/^NSpid:.*\t//p' \
	    "/proc/$SUPERVISOR/status")" 1
	equal user "$(user_of "$PID")" nobody
	first=$PID
	kill -SEGV "$first"
	eventually container_works 2
	[[ $PID != "$first" ]]
	# What podman stop does; the status is that of the command, as a shell
	# has it.
	kill -TERM "$SUPERVISOR"
	wait "$CONTAINER" || status=$?
	equal status "$status" 143
}

@test "container: the health check sees the command" {
	local words

	requires nsenter
	begin_container
	mapfile -t words < <(line_words HEALTHCHECK)
	PATH=$TMP/bin:$PATH run nsenter -m -r -p -t "$SUPERVISOR" "${words[@]}" 3>&-
	status_is 0
	[[ $output == "worker: running, pid "* ]]
	kill -TERM "$SUPERVISOR"
	wait "$CONTAINER" || :
}

# --- systemd -----------------------------------------------------------------

setup_unit() {
	copy worker.service "$TMP/worker.service" \
	    "s|/usr/local/bin/worker|$TMP/bin/worker|
	    s|/usr/local/bin|$TMP/bin|; $1"
}

# What systemd starts.
start_unit() {
	sh -c "exec $(sed -n 's/^ExecStart=//p' worker.service)" 3>&- </dev/null
}

@test "worker.service: systemd accepts it" {
	requires systemd-analyze
	setup_unit ''
	run systemd-analyze verify "$TMP/worker.service"
	status_is 0
	equal "about the unit" "$(grep -F worker.service <<<"$output")" ""
}

@test "worker.service: its start waits for the port, and its pid file is right" {
	requires python3
	free_port
	setup_unit "s|/run/|$TMP/|; s|:8000|:$PORT|; $(as_who)"
	cat >"$TMP/bin/worker" <<-END
		#!/bin/sh
		exec python3 -m http.server -b 127.0.0.1 $PORT
	END
	PIDFILE=$(sed -n 's/^PIDFile=//p' worker.service)
	start_unit >said 2>&1
	names_instance
	timeout "$DEADLINE" bash -c "exec 9<>/dev/tcp/127.0.0.1/$PORT"
}

@test "worker.service: a worker that does not listen fails the start" {
	requires python3
	free_port
	setup_unit "s|/run/|$TMP/|; s|:8000|:$PORT|; $(as_who)"
	printf '#!/bin/sh\nexit 7\n' >"$TMP/bin/worker"
	run start_unit
	status_is 123
	grep -q "exited with status 7 before it was ready" <<<"$output"
}

@test "every example is in the distribution" {
	local file

	for file in "$EXAMPLES"/* "$EXAMPLES"/*/*; do
		[[ -d $file ]] || grep -q \
		    "^	contrib/examples/${file#"$EXAMPLES"/} " \
		    "$SOURCE_DIR/Makefile.am" || { echo "$file"; return 1; }
	done
}
