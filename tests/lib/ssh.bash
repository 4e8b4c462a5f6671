# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# An sshd of the test's own, and a client for it.  After `load helpers`.

# Keys and a configuration in $TMP; SSHD and PORT are set.
make_sshd() {
	local shell

	requires sshd ssh ssh-keygen python3
	SSHD=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd)
	shell=$(getent passwd "$EUID" | cut -d: -f7)
	[[ ! $shell =~ (nologin|false)$ ]] || skip "needs a login shell"
	((EUID != 0)) || make_run_sshd
	free_port
	ssh-keygen -q -t ed25519 -N '' -f "$TMP/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$TMP/key"
	cat >"$TMP/sshd_config" <<-END
		ListenAddress 127.0.0.1
		Port $PORT
		HostKey $TMP/host_key
		PidFile none
		AuthorizedKeysFile $TMP/key.pub
		PermitRootLogin prohibit-password
		StrictModes no
		UsePAM no
		SetEnv DAEMONIZE_TEST=$TMP
	END
}

# As root sshd insists on an empty directory at a fixed place, and several
# tests may need it at the same time: one after the other.
make_run_sshd() {
	requires flock
	exec {RUN_LOCK}</run
	flock "$RUN_LOCK"
	if mkdir -m 755 /run/sshd 2>/dev/null; then
		at_end rmdir /run/sshd
	fi
}

# A command over there, with its output: remote [SSH-OPTION]... COMMAND
remote() {
	timeout "$DEADLINE" ssh -F none -i "$TMP/key" -p "$PORT" \
	    -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile="$TMP/known_hosts" \
	    -o LogLevel=ERROR "${@:1:$#-1}" 127.0.0.1 "${*: -1}" \
	    3>&-
}

sshd_answers() {
	[[ $(remote 'echo yes' 2>/dev/null) == yes ]]
}

# Three hosts: web1, web2 and web3 are an sshd each, on 127.0.0.1 to 127.0.0.3.
# ssh(1) knows them by $TMP/ssh_config.  Each has a directory $TMP/webN of its
# own, the variable HOST_DIR over there, and daemonize in its PATH.
make_hosts() {
	local n

	make_sshd
	mkdir "$TMP/bin"
	ln -s "$DAEMONIZE" "$TMP/bin/daemonize"
	cat >"$TMP/ssh_config" <<-END
		IdentityFile $TMP/key
		Port $PORT
		IdentitiesOnly yes
		IdentityAgent none
		BatchMode yes
		ControlMaster no
		StrictHostKeyChecking no
		UserKnownHostsFile $TMP/known_hosts
		LogLevel ERROR
	END
	for n in 1 2 3; do
		mkdir "$TMP/web$n"
		sed "s/^ListenAddress .*/ListenAddress 127.0.0.$n/
		    s|^SetEnv .*|& HOST_DIR=$TMP/web$n PATH=$TMP/bin:$PATH|" \
		    "$TMP/sshd_config" >"$TMP/web$n/sshd_config"
		printf 'Host web%d\n\tHostName 127.0.0.%d\n' "$n" "$n" \
		    >>"$TMP/ssh_config"
		launch -p "$TMP/web$n/sshd.pid" --ready="tcp:127.0.0.$n:$PORT" \
		    -a -e "$TMP/web$n/sshd.log" \
		    "$SSHD" -D -e -f "$TMP/web$n/sshd_config"
		remember "$(cat "$TMP/web$n/sshd.pid")"
	done
	# For what runs ssh by its name.
	printf '#!/bin/sh\nexec %q -F %q "$@"\n' "$(command -v ssh)" \
	    "$TMP/ssh_config" >"$TMP/bin/ssh"
	chmod 755 "$TMP/bin/ssh"
}

# The pid of a host's daemon: pid_of webN
pid_of() {
	cat "$TMP/$1/pid"
}
