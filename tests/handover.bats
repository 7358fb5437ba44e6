#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Handover: connections that a stopping process gives to its manager's
# file-descriptor store, and the next one takes back. Here the manager is a
# piece of Python, so that sanitizers see both processes; tests/systemd has the
# same under the real one.

load helper

SCENARIO='
import atexit, os, select, shlex, signal, socket, subprocess, sys, tempfile, time

PATIENCE = int(os.environ["TALK_TIMEOUT"])
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CONTENT = b"<h1>Hello World</h1>"


def wait_until(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "gave up waiting"
        time.sleep(0.002)


class Manager:
    """As much of a service manager as it takes: listeners with names, one
    process, its notifications, a store."""

    def __init__(self, *options, size=512, says=None, listeners=None):
        self.options, self.size, self.says = options, size, says
        self.directory = tempfile.mkdtemp()
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.directory + "/notify")
        self.notify.settimeout(0.01)
        self.listeners = listeners
        if listeners is None:
            self.listeners = [("web", socket.create_server(("127.0.0.1", 0)))]
        self.stored, self.told, self.passed = [], [], []
        self.answers_barriers = True
        self.is_mute = False

    def start(self):
        fds = [(name, s.fileno()) for name, s in self.listeners + self.passed]
        fds += self.stored
        environment = {
            **os.environ, "LISTEN_FDS": str(len(fds)),
            "LISTEN_FDNAMES": ":".join(name for name, _ in fds),
            "NOTIFY_SOCKET": self.directory + "/notify",
            "FDSTORE": str(self.size) if self.says is None else self.says}
        if self.is_mute:
            del environment["NOTIFY_SOCKET"]
        if self.says == "":
            del environment["FDSTORE"]

        def place():
            high = [os.dup2(fd, 500 + i, False)
                    for i, (_, fd) in enumerate(fds)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i, True)

        self.errors = open(self.directory + "/errors", "w+")
        self.process = subprocess.Popen(
            ["sh", "-c", "LISTEN_PID=$$ exec \"$@\"", "sh",
             *shlex.split(os.environ.get("HELLO_HTTP_WRAPPER", "")),
             os.environ["HELLO_HTTP"],
             *shlex.split(os.environ.get("HELLO_HTTP_FLAGS", "")),
             *self.options], env=environment, preexec_fn=place,
            close_fds=False, stderr=self.errors)
        atexit.register(self.process.kill)
        for _, passed in self.passed:
            passed.close()
        self.passed = []
        self.told = []
        if not self.is_mute:
            self.read_until(lambda: "READY=1" in self.told)

    def read_one(self):
        try:
            text, fds, _, _ = socket.recv_fds(self.notify, 65536, 8)
        except (TimeoutError, BlockingIOError):
            return False
        for fd in fds:
            os.set_inheritable(fd, False)
        lines = text.decode().split("\n")
        self.told += lines
        name = "".join(line[7:] for line in lines if line[:7] == "FDNAME=")
        if "FDSTORE=1" in lines and len(self.stored) < self.size:
            self.stored += [(name, fd) for fd in fds]
            return True
        if "FDSTOREREMOVE=1" in lines:
            for _, fd in [entry for entry in self.stored if entry[0] == name]:
                os.close(fd)
            self.stored = [e for e in self.stored if e[0] != name]
        if not ("BARRIER=1" in lines and not self.answers_barriers):
            for fd in fds:
                os.close(fd)
        return True

    def read_until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.told
            self.read_one()

    def signal(self):
        self.signalled = time.monotonic()
        self.process.send_signal(signal.SIGTERM)

    def drain(self):
        self.signal()
        self.read_until(lambda: "STATUS=Draining" in str(self.told))

    def serves_meanwhile(self, client):
        """Who is at rest, for a second under a drain; not to be late, half of
        it."""
        for _ in range(5):
            if time.monotonic() - self.signalled < 0.5:
                client.keeps()
                time.sleep(0.01)

    def until_ended(self):
        self.read_until(lambda: self.process.poll() is not None)
        while self.read_one():
            pass
        self.errors.seek(0)
        self.said = self.errors.read()
        assert self.process.returncode == 0, (self.process.returncode, self.said)
        assert "Sanitizer" not in self.said, self.said

    def stop(self):
        self.signal()
        self.until_ended()

    def restart(self):
        self.stop()
        self.start()

    def passes_on(self, *clients):
        """Its process ends; the next one serves these, and has no others."""
        self.until_ended()
        assert len(self.stored) == len(clients), self.stored
        self.start()
        for client in clients:
            client.keeps()
        self.end()

    def end(self):
        self.stop()
        for _, fd in self.stored:
            os.close(fd)
        self.stored = []


class Client:
    def __init__(self, manager, door=0):
        address = manager.listeners[door][1].getsockname()
        self.socket = socket.socket(
            socket.AF_UNIX if isinstance(address, str) else
            socket.AF_INET6 if len(address) == 4 else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.got = b""

    def send(self, octets):
        self.socket.sendall(octets)

    def receive(self):
        octets = self.socket.recv(65536)
        self.got += octets
        return octets

    def answer(self, content=CONTENT):
        """The next answer; gives its head."""
        while b"\r\n\r\n" not in self.got:
            assert self.receive(), (b"closed after", self.got)
        head, _, self.got = self.got.partition(b"\r\n\r\n")
        while len(self.got) < len(content):
            assert self.receive(), b"closed within content"
        assert self.got[:len(content)] == content
        self.got = self.got[len(content):]
        assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
        return head

    def ask(self):
        self.send(GET)
        return self.answer()

    def keeps(self):
        """Asks, and the answer does not end the connection."""
        assert b"onnection: close" not in self.ask()

    def is_closed(self):
        """Cleanly, with nothing behind the last answer."""
        assert self.got + self.socket.recv(1) == b""
        return True


def one_client_each():
    """Of two workers."""
    manager = Manager("--workers=2", "--max-connections=2")
    manager.start()
    first, second = Client(manager), Client(manager)
    first.keeps()
    second.keeps()
    return manager, first, second
'

@test "a client between two requests keeps its connection over a restart" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	client = Client(manager)
	client.keeps()
	for _ in range(5):
	    manager.restart()
	    client.keeps()
	manager.end()
	assert client.is_closed()
	END
}

@test "so does one that has not asked yet, and one of IPv6 or AF_UNIX" {
	scenario "$BATS_TEST_TMPDIR/socket" <<-'END'
	path = socket.socket(socket.AF_UNIX)
	path.bind(sys.argv[1])
	path.listen()
	manager = Manager(listeners=[
	    ("four", socket.create_server(("127.0.0.1", 0))),
	    ("six", socket.create_server(("::1", 0), family=socket.AF_INET6)),
	    ("path", path)])
	manager.start()
	clients = [Client(manager, door) for door in (0, 1, 2)]
	clients[1].keeps()
	# Accepted, by whoever asks behind them.
	[Client(manager, door).keeps() for door in (0, 1, 2)]
	manager.restart()
	[client.keeps() for client in clients]
	manager.restart()
	[client.keeps() for client in clients]
	manager.end()
	END
}

@test "a request that comes while no process runs is answered by the next" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	client = Client(manager)
	client.keeps()
	manager.stop()
	client.send(GET + GET[:10])
	late = Client(manager)
	late.send(GET)
	manager.start()
	client.answer()
	client.send(GET[10:])
	client.answer()
	late.answer()
	manager.end()
	END
}

@test "a request that has begun is answered first, then its connection follows" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	halves = [GET[:i] for i in (1, 5, 20, len(GET) - 1)]
	clients = [Client(manager) for _ in halves]
	posts = [Client(manager) for _ in range(2)]
	for client, half in zip(clients, halves):
	    client.keeps()
	    client.send(half)
	posts[0].send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab")
	posts[1].send(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
	              b"Transfer-Encoding: chunked\r\n\r\n")
	while posts[1].got != b"HTTP/1.1 100 Continue\r\n\r\n":
	    assert posts[1].receive()
	posts[1].got = b""
	idle = Client(manager)
	idle.keeps()
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	manager.serves_meanwhile(idle)
	assert manager.process.poll() is None
	assert manager.stored == []
	for client, half in zip(clients, halves):
	    client.send(GET[len(half):])
	    assert b"onnection: close" not in client.answer()
	posts[0].send(b"cd")
	posts[0].answer()
	posts[1].send(b"3\r\nabc\r\n0\r\n\r\n")
	posts[1].answer()
	manager.passes_on(*clients, *posts, idle)
	END
}

@test "who is at rest is served on, too, while another worker's client finishes" {
	scenario <<-'END'
	manager, idle, begun = one_client_each()
	begun.send(GET[:7])
	manager.drain()
	manager.serves_meanwhile(idle)
	begun.send(GET[7:])
	begun.answer()
	manager.passes_on(idle, begun)
	END
}

@test "so is who has just finished, while another worker's client has begun anew" {
	scenario <<-'END'
	manager, first, second = one_client_each()
	first.send(GET[:7])
	manager.drain()
	second.keeps()
	second.send(GET[:-2] + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	assert second.receive().startswith(b"HTTP/1.1 100 ")
	second.got = b""

	def is_asleep():
	    tasks = f"/proc/{manager.process.pid}/task/"
	    return all(") S " in open(f"{tasks}{task}/stat").read()
	               for task in os.listdir(tasks))

	# Its worker's round is over.
	wait_until(is_asleep)
	first.send(GET[7:])
	first.answer()
	manager.serves_meanwhile(first)
	second.send(b"ab")
	second.answer()
	manager.passes_on(first, second)
	END
}

@test "a client that always has its next request under way is told of the end before it is cut off" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	client = Client(manager)
	client.keeps()
	client.send(GET[:7])
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	head, answers = b"", 0
	while b"onnection: close" not in head:
	    client.send(GET[7:] + GET[:7])
	    head = client.answer()
	    answers += 1
	    time.sleep(0.01)
	assert answers > 1, "it may go on for a while"
	client.socket.close()
	manager.until_ended()
	assert manager.stored == [] and "Drain timeout" not in manager.said
	END
}

@test "an answer that is on its way to a slow reader arrives first, then its connection follows" {
	head -c 2097152 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/large"
	scenario "$BATS_TEST_TMPDIR/large" <<-'END'
	content = b"x" * 2097152
	manager = Manager("--body-file=" + sys.argv[1])
	manager.start()
	client = Client(manager)
	client.send(GET + GET[:7])
	assert client.receive()
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	client.answer(content)
	# The next request had begun, too.
	client.send(GET[7:])
	client.answer(content)
	manager.until_ended()
	manager.start()
	client.send(GET)
	client.answer(content)
	manager.end()
	END
}

@test "clients of whom some are always being answered are handed over one by one" {
	head -c 16777216 /dev/zero >"$BATS_TEST_TMPDIR/large"
	scenario "$BATS_TEST_TMPDIR/large" <<-'END'
	import threading

	class Reader(threading.Thread):
	    """Asks again whenever it has an answer."""

	    def __init__(self, manager):
	        super().__init__(daemon=True)
	        self.socket = Client(manager).socket
	        self.answers, self.is_ending, self.error = 0, False, "ended early"

	    def run(self):
	        file = self.socket.makefile("rb", 1 << 16)
	        buffer = bytearray(1 << 16)
	        while not self.is_ending:
	            self.socket.sendall(GET)
	            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
	            while (line := file.readline()) != b"\r\n":
	                assert line and not line.startswith(b"Connection"), line
	            left = 16777216
	            while left > 0:
	                n = file.readinto1(memoryview(buffer)[:left])
	                assert n, "cut off"
	                left -= n
	            self.answers += 1
	        self.error = None

	manager = Manager("--body-file=" + sys.argv[1], "--drain-timeout=infinity")
	manager.start()
	readers = [Reader(manager) for _ in range(8)]
	[reader.start() for reader in readers]
	for _ in range(2):
	    goal = max(reader.answers for reader in readers) + 1
	    wait_until(lambda: all(reader.answers >= goal for reader in readers))
	    manager.restart()
	for reader in readers:
	    reader.is_ending = True
	for reader in readers:
	    reader.join(PATIENCE)
	    assert reader.error is None, reader.error
	manager.end()
	END
}

@test "a client that asks late in a long drain, in pieces, keeps its connection" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	slow, client = Client(manager), Client(manager)
	client.keeps()
	slow.send(GET[:9])
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	# DRAIN_GRACE_MSEC
	time.sleep(1.1)
	client.send(GET[:9])
	time.sleep(0.05)
	client.send(GET[9:])
	assert b"onnection: close" not in client.answer()
	slow.send(GET[9:])
	assert b"onnection: close" not in slow.answer()
	manager.until_ended()
	manager.start()
	client.keeps()
	slow.keeps()
	manager.end()
	END
}

@test "a client of HTTP/1.0 that asked to be kept is kept" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	client = Client(manager)
	old = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
	client.send(old)
	client.answer()
	manager.restart()
	client.send(old[:9])
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	client.send(old[9:])
	assert b"onnection: keep-alive" in client.answer()
	manager.until_ended()
	manager.start()
	client.keeps()
	manager.end()
	END
}

@test "connections beyond the store's size end cleanly, or with the answer that they are owed" {
	scenario <<-'END'
	# Each worker has those at rest come first, of its own.
	manager = Manager("--workers=1", size=3)
	manager.start()
	idle = [Client(manager) for _ in range(5)]
	[client.keeps() for client in idle]
	begun = [Client(manager) for _ in range(2)]
	for client in begun:
	    client.keeps()
	    client.send(GET[:9])
	manager.signal()

	def closed():
	    return select.select([c.socket for c in idle], [], [], 0)[0]

	wait_until(lambda: len(closed()) == 2)
	for client in begun:
	    client.send(GET[9:])
	    assert b"\r\nConnection: close" in client.answer()
	    client.is_closed()
	    client.socket.close()
	manager.until_ended()
	assert len(manager.stored) == 3
	manager.start()
	ready = closed()
	assert len(ready) == 2, ready
	for client in idle:
	    client.is_closed() if client.socket in ready else client.keeps()
	manager.end()
	END
}

@test "no more is handed over than can be passed to the next process by name" {
	scenario <<-'END'
	name = "n" * 255
	manager = Manager(listeners=[
	    (name, socket.create_server(("127.0.0.1", 0), backlog=600))])
	manager.start()
	clients = [Client(manager) for _ in range(515)]
	[client.keeps() for client in clients]
	# More than 128 KiB of names, and no process can be started.
	manager.restart()
	kept = 0
	for client in clients:
	    client.send(GET)
	    try:
	        client.answer()
	        kept += 1
	    except (AssertionError, ConnectionError):
	        pass
	assert 500 < kept < 512, kept
	manager.end()
	END
}

@test "without a store nothing changes: a connection at rest is closed at once" {
	scenario <<-'END'
	for says in ("", "0"):
	    manager = Manager(says=says)
	    manager.start()
	    client, begun = Client(manager), Client(manager)
	    client.keeps()
	    begun.keeps()
	    begun.send(GET[:9])
	    manager.signal()
	    client.is_closed()
	    begun.send(GET[9:])
	    assert b"\r\nConnection: close" in begun.answer()
	    begun.socket.close()
	    manager.until_ended()
	    assert "FDSTORE=1" not in manager.told, manager.told
	    assert "BARRIER=1" not in manager.told, manager.told
	END
}

@test "without a manager FDSTORE means nothing" {
	scenario <<-'END'
	manager = Manager()
	manager.is_mute = True
	manager.start()
	client = Client(manager)
	client.keeps()
	manager.stop()
	client.is_closed()
	assert manager.said == "", manager.said
	END
}

@test "an FDSTORE that is no number is refused by name, and nothing is handed over" {
	scenario <<-'END'
	for says in ("many", "-1", "12x", " 5", "10000001", "99999999999999999999"):
	    manager = Manager(says=says)
	    manager.start()
	    client = Client(manager)
	    client.keeps()
	    manager.stop()
	    client.is_closed()
	    assert manager.stored == []
	    assert f"Invalid FDSTORE '{says}': expected " in manager.said
	END
}

@test "what is told: STOPPING, each connection by its socket's name, a barrier behind all" {
	scenario <<-'END'
	manager = Manager(listeners=[
	    ("web", socket.create_server(("127.0.0.1", 0))),
	    ("http.socket", socket.create_server(("127.0.0.1", 0)))])
	manager.start()
	clients = [Client(manager, door) for door in (0, 1, 1)]
	[client.keeps() for client in clients]
	manager.stop()
	assert sorted(name for name, _ in manager.stored) == [
	    "http.socket", "http.socket", "web"], manager.stored
	told = manager.told
	assert told.count("STOPPING=1") == 1
	assert told.count("FDSTORE=1") == 3
	assert told.count("BARRIER=1") == 1
	assert told.index("STOPPING=1") < told.index("FDSTORE=1")
	assert "FDSTORE=1" not in told[told.index("BARRIER=1"):]
	assert "Handed over 3 connections\n" in manager.said, manager.said
	manager.start()
	# One for each name, before the service is ready.
	told = manager.told[:manager.told.index("READY=1")]
	assert told.count("FDSTOREREMOVE=1") == 2, told
	assert sorted(line for line in told if line.startswith("FDNAME=")) == [
	    "FDNAME=http.socket", "FDNAME=web"]
	manager.end()
	assert manager.told.count("FDSTORE=1") == 3
	END
}

@test "a connection without a name is handed over all the same" {
	scenario <<-'END'
	manager = Manager(listeners=[
	    ("unknown", socket.create_server(("127.0.0.1", 0)))])
	manager.start()
	client = Client(manager)
	client.keeps()
	manager.stop()
	assert not any(line.startswith("FDNAME=") for line in manager.told)
	# As systemd calls them.
	manager.stored = [("stored", fd) for _, fd in manager.stored]
	manager.start()
	assert manager.stored == []
	client.keeps()
	manager.end()
	END
}

@test "the request log knows the name of the socket after the restart, too" {
	scenario <<-'END'
	manager = Manager("--log=requests")
	manager.start()
	client = Client(manager)
	client.keeps()
	manager.restart()
	client.keeps()
	manager.end()
	END
	[ "$(grep -c '"-" "-" "web"$' <<<"$output")" -eq 2 ]
}

@test "a connection that was taken back ends when the new process closes it" {
	scenario <<-'END'
	manager = Manager("--keepalive-timeout=100ms")
	manager.start()
	client, other = Client(manager), Client(manager)
	client.keeps()
	manager.restart()
	client.is_closed()
	# Nor does it hold up the end of the process.
	manager.stop()
	END
}

@test "a client that leaves while nobody runs is gone for the next process" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	gone, half, client = Client(manager), Client(manager), Client(manager)
	[each.keeps() for each in (gone, half, client)]
	manager.stop()
	gone.socket.close()
	half.send(GET)
	half.socket.shutdown(socket.SHUT_WR)
	manager.start()
	half.answer()
	half.is_closed()
	client.keeps()
	manager.end()
	END
}

@test "a client whose last answer was given is not handed over" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	client = Client(manager)
	client.send(b"BAD\r\n\r\n")
	while b"</" not in client.got and b"\r\n\r\n" not in client.got:
	    client.receive()
	assert client.got.startswith(b"HTTP/1.1 400 "), client.got
	manager.signal()
	manager.read_until(lambda: "STOPPING=1" in manager.told)
	client.socket.close()
	manager.until_ended()
	assert manager.stored == []
	END
}

@test "an empty line ahead of the next request is forgotten, the half of one is not" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	whole, half = Client(manager), Client(manager)
	whole.send(GET + b"\r\n")
	whole.answer()
	half.send(GET + b"\r")
	half.answer()
	manager.signal()
	# It has a second to go on, and is closed then.
	half.is_closed()
	manager.until_ended()
	assert len(manager.stored) == 1
	manager.start()
	whole.keeps()
	manager.end()
	END
}

@test "a connection that a super-server passed is handed over like an accepted one" {
	scenario <<-'END'
	manager = Manager(listeners=[])
	ours, theirs = socket.socketpair()
	manager.passed = [("connection", theirs)]
	manager.start()
	client = Client.__new__(Client)
	client.socket, client.got = ours, b""
	ours.settimeout(PATIENCE)
	client.keeps()
	manager.restart()
	client.keeps()
	# The last client ends the process, which hands nothing over.
	ours.close()
	manager.until_ended()
	assert manager.stored == []
	END
}

@test "an idle exit hands nothing over" {
	scenario <<-'END'
	manager = Manager("--exit-idle-time=50ms")
	manager.start()
	client = Client(manager)
	client.keeps()
	client.socket.close()
	manager.until_ended()
	assert "FDSTORE=1" not in manager.told, manager.told
	END
}

@test "at the drain's deadline and at a second signal, who is at rest is handed over" {
	scenario <<-'END'
	for options, signals in (("--drain-timeout=300ms",), 1), ((), 2):
	    manager = Manager(*options)
	    manager.start()
	    client, begun = Client(manager), Client(manager)
	    client.keeps()
	    begun.send(GET + GET[:9])
	    begun.answer()
	    manager.signal()
	    manager.read_until(lambda: "STOPPING=1" in manager.told)
	    client.keeps()
	    if signals == 2:
	        manager.signal()
	    manager.until_ended()
	    assert len(manager.stored) == 1
	    manager.start()
	    client.keeps()
	    manager.end()
	END
}

@test "a manager that has gone costs its clients their connections, and one line" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	clients = [Client(manager) for _ in range(5)]
	[client.keeps() for client in clients]
	manager.notify.close()
	manager.signal()
	[client.is_closed() for client in clients]
	assert manager.process.wait(PATIENCE) == 0
	manager.errors.seek(0)
	said = manager.errors.read()
	assert said.count("\n") == 1, said
	assert "Failed to hand over a connection, it is closed: " in said, said
	END
}

@test "a manager that does not say that it has taken them is not waited for without end" {
	scenario <<-'END'
	manager = Manager()
	manager.start()
	manager.answers_barriers = False
	client = Client(manager)
	client.keeps()
	begin = time.monotonic()
	manager.stop()
	assert 4 < time.monotonic() - begin
	assert "Failed to wait for the service manager" in manager.said, manager.said
	manager.answers_barriers = True
	manager.start()
	client.keeps()
	manager.end()
	END
}

@test "four workers hand over and take back 200 clients that never stop asking" {
	scenario <<-'END'
	manager = Manager("--workers=4", size=200)
	manager.start()
	clients = [Client(manager) for _ in range(200)]
	for client in clients:
	    client.socket.setblocking(False)
	    client.answers = 0
	WANTED = b"HTTP/1.1 200 OK\r\n"

	def take_turns(client):
	    """Goes on with whatever comes; asks again behind each answer."""
	    try:
	        octets = client.socket.recv(65536)
	    except BlockingIOError:
	        return
	    assert octets, "closed"
	    client.got += octets
	    head, end, content = client.got.partition(b"\r\n\r\n")
	    if not end or len(content) < len(CONTENT):
	        return
	    assert head.startswith(WANTED) and content == CONTENT, client.got
	    assert b"onnection" not in head, head
	    client.got = b""
	    client.answers += 1
	    client.socket.send(GET)

	poll = select.epoll()
	by_fd = {client.socket.fileno(): client for client in clients}
	for client in clients:
	    poll.register(client.socket, select.EPOLLIN)
	    client.socket.send(GET)

	def all_have(goal):
	    """Who was in the queue has been let in, too."""
	    end = time.monotonic() + PATIENCE
	    while min(client.answers for client in clients) < goal:
	        assert time.monotonic() < end
	        for fd, _ in poll.poll(0.1):
	            take_turns(by_fd[fd])

	all_have(1)
	for _ in range(5):
	    goal = min(client.answers for client in clients) + 1
	    manager.signal()
	    while manager.process.poll() is None:
	        manager.read_one()
	        for fd, _ in poll.poll(0):
	            take_turns(by_fd[fd])
	    manager.until_ended()
	    assert len(manager.stored) == 200, len(manager.stored)
	    manager.start()
	    all_have(goal)
	manager.end()
	END
}

@test "past the drain's deadline nobody gets half a promise: what had not finished is closed" {
	scenario <<-'END'
	manager = Manager("--drain-timeout=200ms")
	manager.start()
	idle, begun = Client(manager), Client(manager)
	idle.keeps()
	begun.send(GET + GET[:9])
	begun.answer()
	manager.answers_barriers = False
	manager.signal()
	# It waits for the manager now, and for nobody else.
	manager.read_until(lambda: "BARRIER=1" in manager.told)
	try:
	    begun.send(GET[9:])
	    assert begun.receive() == b""
	except (BrokenPipeError, ConnectionResetError):
	    pass
	manager.until_ended()
	assert len(manager.stored) == 1
	END
}
