# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# shellcheck disable=SC2034  # for those that load it
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
