#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""The server of many a tutorial, in a loop: one client at a time.

usage: tutorial.py PORT     (or it is passed a listening socket, then any PORT)
"""

import os
import socket
import sys

if os.environ.get("LISTEN_FDS") == "1":
    listener = socket.socket(fileno=3)
else:
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])),
                                    backlog=4096)
while True:
    client, _ = listener.accept()
    request = b""
    while True:
        chunk = client.recv(1024)
        request += chunk
        if len(chunk) < 1024:
            break
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
                   b"<h1>Hello World</h1>")
    client.close()
