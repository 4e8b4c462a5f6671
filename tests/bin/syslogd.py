# SPDX-License-Identifier: BSD-2-Clause
# syslogd.py: takes the place of syslogd, or of the journal, for a test.
#
#     syslogd.py log FILE [GO]       /dev/log: a line of FILE for each message
#     syslogd.py journal FILE        what systemd-cat sends
#
# With GO, it reads nothing until that file is there.
import os
import socket
import sys
import time

kind, file = sys.argv[1:3]
out = open(file, "ab", buffering=0)
if kind == "log":
    path = "/dev/log"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
else:
    path = "/run/systemd/journal/stdout"
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
if os.path.exists(path):
    os.unlink(path)
listener.bind(path)
os.chmod(path, 0o666)
if kind == "journal":
    listener.listen()
open(file + ".ready", "w").close()
if len(sys.argv) > 3:
    while not os.path.exists(sys.argv[3]):
        time.sleep(0.01)
if kind == "log":
    while True:
        out.write(listener.recv(65536) + b"\n")
connection = listener.accept()[0]
while data := connection.recv(65536):
    out.write(data)
