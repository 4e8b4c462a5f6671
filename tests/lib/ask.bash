# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
# What the tests of servers share.

# Sends TEXT to the server at a path or a port, once, and prints all that it
# answers: ask ADDRESS TEXT
ask() {
	timeout "$DEADLINE" python3 -c '
import socket, sys
address, text = sys.argv[1:]
try:
    if "/" in address:
        s = socket.socket(socket.AF_UNIX)
        s.connect(address)
    else:
        s = socket.create_connection(("127.0.0.1", int(address)))
    s.settimeout(20)
    s.sendall(text.encode())
    while data := s.recv(65536):
        sys.stdout.buffer.write(data.replace(b"\r", b""))
except OSError as error:
    sys.exit(str(error))' "$1" "$2" 3>&-
}

# What a server logs, where it may make files, and a file for a descriptor that
# must not reach it.
new_server() {
	requires python3
	LOG=$TMP/log
	HOME_DIR=$TMP/home
	mkdir -m 777 "$HOME_DIR"
	: >"$TMP/leak"
	AS=()
}

# The server runs as an ordinary user, also where the test does not.
serve_as() {
	((EUID != 0)) || AS=(-u "$1")
}
