#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""A file system whose server does not answer.

    silentfs.py [-u UID TARGET] DIRECTORY COMMAND [ARG]...

Mounts a FUSE on DIRECTORY, in a mount namespace of its own, and runs COMMAND
there.  Its server knows the root directory.  It says of the first file that is
looked up that it does not exist, writes the file DIRECTORY.asked, and from then
on takes no request.  Exits with the status of
COMMAND, 128 and the signal if it was killed; 99: there can be no such mount.

With -u, that user has mounted it, and it has a file: `link`, a symbolic link to
TARGET.  The server says that all belongs to root.
"""

import ctypes
import os
import struct
import subprocess
import sys
import threading

LOOKUP, GETATTR, READLINK, STATFS, INIT = 1, 3, 5, 17, 26
ROOT = 1
NO_REPLY = (2, 36, 42)			# FORGET, INTERRUPT, BATCH_FORGET
ENOENT, ENOSYS = 2, 38


def attributes(mode):
    return struct.pack("<6Q3I7I", 1, 0, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0,
                       4096, 0)


def answer(opcode, node, body, target):
    """An error, and the body of the reply."""
    if opcode == INIT:
        return 0, struct.pack("<4I2H2I2H8I", 7, 31, 0, 0, 12, 9, 4096, 1, 0, 0,
                              *[0] * 8)
    if opcode == GETATTR:
        return 0, struct.pack("<QLL", 0, 0, 0) + attributes(
            0o40755 if node == ROOT else 0o120777)
    if opcode == LOOKUP and target and body == b"link\0":
        return 0, struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(0o120777)
    if opcode == READLINK:
        return 0, os.fsencode(target)
    if opcode == STATFS:
        return 0, struct.pack("<5Q4I6I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0,
                              *[0] * 6)
    return (ENOENT if opcode == LOOKUP else ENOSYS), b""


def serve(fd, asked, target):
    while True:
        try:
            request = os.read(fd, 1 << 17)
        except OSError:
            return
        opcode, unique, node = struct.unpack_from("<IQQ", request, 4)
        if opcode in NO_REPLY:
            continue
        error, body = answer(opcode, node, request[40:], target)
        try:
            os.write(fd, struct.pack("<IiQ", 16 + len(body), -error, unique)
                     + body)
        except OSError:
            pass
        if opcode == LOOKUP and not target:
            open(asked, "w").close()
            return


def mount(libc, directory, user):
    fd = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={fd},rootmode=40000,user_id={user},group_id=0,allow_other"
    if libc.unshare(0x00020000) or \
            libc.mount(None, b"/", None, 0x44000, None) or \
            libc.mount(b"silent", os.fsencode(directory), b"fuse", 0,
                       options.encode()):
        raise OSError(ctypes.get_errno(), "mount")
    return fd


def main():
    argv, user, target = sys.argv[1:], 0, None
    if argv[0] == "-u":
        user, target = argv[1:3]
        argv = argv[3:]
    directory, command = argv[0], argv[1:]
    try:
        fd = mount(ctypes.CDLL(None, use_errno=True), directory, user)
    except OSError as error:
        print(error, file=sys.stderr)
        sys.exit(99)
    threading.Thread(target=serve, args=(fd, directory + ".asked", target),
                     daemon=True).start()
    status = subprocess.call(command)
    os._exit(status if status >= 0 else 128 - status)


main()
