#!/usr/bin/python3 -IS
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""The application behind lighttpd, over SCGI: says what it was asked.

usage: scgi.py PATH

The content, which lighttpd has read off by the time it calls, stays unread.
"""

import socket
import sys


def fields_of(connection):
    """The netstring that a request begins with, as a dictionary."""
    octets = b""
    while b":" not in octets:
        octets += connection.recv(65536) or sys.exit("a request ended early")
    size, octets = octets.split(b":", 1)
    while len(octets) <= int(size):
        octets += connection.recv(65536) or sys.exit("a request ended early")
    words = octets[:int(size)].split(b"\0")
    return dict(zip(words[::2], words[1::2]))


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(1024)
    while True:
        connection, _ = listener.accept()
        fields = fields_of(connection)
        connection.sendall(b"Status: 200 OK\r\nContent-Length: 0\r\n"
                           b"X-Saw: %s %s\r\n\r\n"
                           % (fields[b"REQUEST_METHOD"],
                              fields[b"REQUEST_URI"]))
        connection.close()


main()
