#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Somebody at a terminal.

    typist.py [ACTION]... -- COMMAND [ARG]...

Runs COMMAND as the leader of a session on a new pseudo-terminal, copies its
output to stdout and does one ACTION after the other:

    wait=TEXT    until COMMAND has written TEXT, after what was waited for last
    type=KEYS    as they are: $'\\003' is ^C
    hangup       the terminal is gone

Then waits for COMMAND's end and exits with its status, 128 and the signal if
it was killed.  COMMAND's end before the last ACTION is a failure, status 99.
"""

import os
import pty
import select
import signal
import sys


def read(master, leader):
    """What there is to read; nothing at the leader's end."""
    while True:
        ready = select.select([master, leader], [], [])[0]
        if master not in ready:
            return b''
        try:
            data = os.read(master, 4096)
        except OSError:
            data = b''
        if data:
            sys.stdout.buffer.write(data.replace(b'\r\n', b'\n'))
            sys.stdout.flush()
            return data
        select.select([leader], [], [])
        return b''


def main():
    split = sys.argv.index('--')
    actions, command = sys.argv[1:split], sys.argv[split + 1:]
    pid, master = pty.fork()
    if pid == 0:
        for sig in signal.SIGPIPE, signal.SIGXFSZ:    # python ignores them
            signal.signal(sig, signal.SIG_DFL)
        os.execvp(command[0], command)
    leader = os.pidfd_open(pid)
    seen = b''
    for action in actions:
        word, _, value = action.partition('=')
        value = os.fsencode(value)
        if word == 'wait':
            while value not in seen:
                data = read(master, leader)
                if not data:
                    print('typist: never:', action, file=sys.stderr)
                    sys.exit(99)
                seen += data
            seen = seen[seen.index(value) + len(value):]
        elif word == 'type':
            os.write(master, value)
        elif word == 'hangup':
            os.close(master)
            master = -1
    while master != -1 and read(master, leader):
        pass
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(code if code >= 0 else 128 - code)


main()
