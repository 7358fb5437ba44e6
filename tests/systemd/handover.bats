#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Clients keep their connections over a restart of the service: they are kept
# in the manager's file-descriptor store until the next process has started.

load helper
load keep_alive.bash

# restart [TIMES]: each time there is a new process.
restart() {
	local i before
	for ((i = 0; i < ${1-1}; i++)); do
		before=$(main_pid)
		systemctl restart hello-http.service
		[ "$(main_pid)" != "$before" ]
		state_is hello-http.service active
	done
}

@test "one client keeps its connection over 100 restarts, request after request" {
	systemctl start hello-http.socket
	keep_alive 127.0.0.1:8000 1
	restart 100
	all_is_well
}

@test "200 clients at once keep theirs over 20 restarts" {
	systemctl start hello-http.socket
	keep_alive 127.0.0.1:8000 200
	restart 20
	all_is_well
}

@test "clients of IPv6 and of a socket in the file system keep theirs" {
	drop_in hello-http.socket <<-'END'
		[Socket]
		ListenStream=[::1]:8001
		ListenStream=/run/hello-http.door
	END
	systemctl start hello-http.socket
	keep_alive '[::1]:8001' 5
	restart 3
	all_is_well
	rm "$CLIENTS.in"
	keep_alive /run/hello-http.door 5
	restart 3
	all_is_well
}

# --- one client, step by step ------------------------------------------------

SCENARIO='
import os, select, socket, subprocess, sys, threading, time

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CONTENT = b"<h1>Hello World</h1>"
PATIENCE = 20


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "gave up waiting"
        time.sleep(0.01)


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def shown(name):
    return systemctl("show", "--value", "--property=" + name,
                     "hello-http.service")


def is_running():
    return shown("MainPID") != "0"


def drop_in(text):
    directory = "/etc/systemd/system/hello-http.service.d"
    os.makedirs(directory, exist_ok=True)
    with open(directory + "/scenario.conf", "w") as file:
        file.write("[Service]\n" + text)
    systemctl("daemon-reload")


class Client:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", 8000), PATIENCE)
        self.file = self.socket.makefile("rb")

    def send(self, octets):
        self.socket.sendall(octets)

    def answer(self, content=CONTENT):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            assert line, (b"closed after", head)
            head += line
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        assert self.file.read(len(content)) == content
        return head

    def keeps(self, content=CONTENT):
        self.send(GET)
        assert b"onnection: close" not in self.answer(content)

    def is_closed(self):
        """Cleanly: a reset would raise."""
        assert self.file.read(1) == b""
        return True
'

scenario() {
	{ echo "$SCENARIO" && cat; } >"$BATS_TEST_TMPDIR/scenario.py"
	run python3 -IS "$BATS_TEST_TMPDIR/scenario.py"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a request that comes while no process runs is answered by the next one" {
	systemctl start hello-http.socket
	scenario <<-'END'
	# The next process waits for this file; "+" is outside the sandbox.
	drop_in("ExecStartPre=+/bin/sh -c 'until [ -e /run/gate ]; do sleep 0.02; done'\n")
	open("/run/gate", "w").close()
	kept, late = Client(), None
	kept.keeps()
	os.unlink("/run/gate")
	systemctl("--no-block", "restart", "hello-http.service")
	wait_until(lambda: shown("SubState") == "start-pre")
	assert not is_running()
	assert shown("NFileDescriptorStore") == "1"
	kept.send(GET + GET)
	late = Client()
	late.send(GET)
	assert select.select([kept.socket, late.socket], [], [], 0.2)[0] == []
	open("/run/gate", "w").close()
	kept.answer()
	kept.answer()
	late.answer()
	kept.keeps()
	END
}

@test "a request that has begun is finished first, then its connection is handed over, too" {
	systemctl start hello-http.socket
	scenario <<-'END'
	half, idle = Client(), Client()
	half.keeps()
	idle.keeps()
	half.send(GET[:9])
	before = shown("MainPID")
	systemctl("--no-block", "restart", "hello-http.service")
	wait_until(lambda: shown("StatusText").startswith("Draining"))
	# Who is at rest is served meanwhile.
	idle.keeps()
	assert shown("MainPID") == before
	half.send(GET[9:])
	assert b"onnection: close" not in half.answer()
	half.keeps()
	idle.keeps()
	assert shown("MainPID") != before
	END
}

@test "what was taken back is out of the store" {
	systemctl start hello-http.socket
	scenario <<-'END'
	clients = [Client() for _ in range(3)]
	[client.keeps() for client in clients]
	systemctl("restart", "hello-http.service")
	wait_until(lambda: shown("NFileDescriptorStore") == "0")
	[client.keeps() for client in clients]
	END
}

@test "a stop closes them cleanly, and so does one after a restart" {
	systemctl start hello-http.socket
	scenario <<-'END'
	for restarts in (0, 1):
	    clients = [Client() for _ in range(20)]
	    [client.keeps() for client in clients]
	    for _ in range(restarts):
	        systemctl("restart", "hello-http.service")
	    systemctl("stop", "hello-http.service")
	    [client.is_closed() for client in clients]
	    assert shown("NFileDescriptorStore") == "0"
	END
}

@test "of 600 clients 512 keep their connections, the others end cleanly" {
	systemctl start hello-http.socket
	scenario <<-'END'
	clients = [Client() for _ in range(600)]
	[client.keeps() for client in clients]
	systemctl("restart", "hello-http.service")
	poll = select.poll()
	[poll.register(client.socket, select.POLLIN) for client in clients]
	ended = {fd for fd, _ in poll.poll(0)}
	assert len(ended) == 88, len(ended)
	for client in clients:
	    if client.socket.fileno() in ended:
	        client.is_closed()
	    else:
	        client.keeps()
	END
}

@test "beyond a smaller store, an answer that is owed comes with Connection: close" {
	systemctl start hello-http.socket
	scenario <<-'END'
	drop_in("FileDescriptorStoreMax=2\nEnvironment=FDSTORE=2\n")
	idle = [Client() for _ in range(2)]
	begun = [Client() for _ in range(3)]
	[client.keeps() for client in idle + begun]
	[client.send(GET[:9]) for client in begun]
	# Each begins before the stop.
	[Client().keeps() for _ in range(1)]
	systemctl("--no-block", "restart", "hello-http.service")
	wait_until(lambda: shown("StatusText").startswith("Draining"))
	[client.keeps() for client in idle]
	for client in begun:
	    client.send(GET[9:])
	    assert b"\r\nConnection: close" in client.answer()
	    client.is_closed()
	    client.socket.close()
	    client.file.close()
	[client.keeps() for client in idle]
	END
}

@test "without a store a restart closes connections at rest, cleanly" {
	systemctl start hello-http.socket
	scenario <<-'END'
	drop_in("FileDescriptorStoreMax=0\nUnsetEnvironment=FDSTORE\n")
	client = Client()
	client.keeps()
	systemctl("restart", "hello-http.service")
	client.is_closed()
	Client().keeps()
	END
}

@test "an upgrade is a restart with another program: no client notices" {
	# The same with another version in it, in the place of the installed one.
	version=$(hello-http --version)
	version=${version#* }
	sed "s/${version//./\\.}/${version//[0-9]/9}/" /usr/bin/hello-http >/h/new
	chmod 755 /h/new
	[ "$(/h/new --version)" = "hello-http 9.9.9" ]
	systemctl start hello-http.socket
	keep_alive 127.0.0.1:8000 20
	mount --bind /h/new /usr/bin/hello-http
	restart
	run grep -c 9.9.9 "/proc/$(main_pid)/exe"
	umount --lazy /usr/bin/hello-http
	[ "$output" -ge 1 ]
	all_is_well
}

@test "a new process that cannot start leaves them to the first one that can" {
	systemctl start hello-http.socket
	scenario <<-'END'
	client = Client()
	client.keeps()
	drop_in("ExecStart=\nExecStart=/usr/bin/hello-http --body-file=/nowhere\n")
	assert subprocess.run(["systemctl", "restart", "hello-http.service"],
	                      stderr=subprocess.PIPE).returncode != 0
	client.send(GET)
	wait_until(lambda: int(shown("NRestarts")) >= 1)
	drop_in("")
	client.answer()
	client.keeps()
	END
}

@test "a restart of the door keeps the connections of the service behind it" {
	systemctl start hello-http.socket
	scenario <<-'END'
	client = Client()
	client.keeps()
	before = shown("MainPID")
	systemctl("restart", "hello-http.socket")
	client.keeps()
	assert shown("MainPID") not in ("0", before)
	END
}

@test "the manager may execute itself anew before and after a restart" {
	systemctl start hello-http.socket
	scenario <<-'END'
	client = Client()
	client.keeps()
	systemctl("daemon-reexec")
	client.keeps()
	systemctl("restart", "hello-http.service")
	systemctl("daemon-reexec")
	client.keeps()
	systemctl("restart", "hello-http.service")
	client.keeps()
	END
}
