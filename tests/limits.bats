#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# How many clients, how much memory, how many system calls: what bounds the
# process, at the bound and beyond it. The limits of a request are in http.bats.
#
# Most tests are a scenario in Python, as many clients take turns. Of timing they
# ask only what must not come early, and that a wait does not burn the CPU.

load helper

GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
MEBIBYTE=1048576

# What a scenario begins with.
SCENARIO='
import glob, os, resource, select, socket, sys, time
PATIENCE = float(os.environ["TALK_TIMEOUT"])
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HALF, REST = GET[:16], GET[16:]

class Client:
    """A connection to a port of 127.0.0.1, or to a path."""
    def __init__(self, address, octets=b""):
        is_path = address.startswith("/")
        self.socket = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address if is_path else ("127.0.0.1", int(address)))
        self.got = b""
        self.socket.sendall(octets)

    def ask(self, octets=GET):
        """Sends a request and reads its answer, with less than 64 KiB."""
        self.socket.sendall(octets)
        return self.answer()

    def answer(self):
        while b"\r\n\r\n" not in self.got:
            self.receive()
        head, _, self.got = self.got.partition(b"\r\n\r\n")
        length = int(head.partition(b"\r\nContent-Length: ")[2].split(b"\r")[0])
        while len(self.got) < length:
            self.receive()
        self.got = self.got[length:]
        assert head.startswith(b"HTTP/1.1 200 "), head
        return self

    def receive(self):
        chunk = self.socket.recv(65536)
        assert chunk, "closed"
        self.got += chunk

    def is_quiet(self, seconds=0):
        """Nothing has come, nor the end, nor does it in that time."""
        return not select.select([self.socket], [], [], seconds)[0]

    def is_closed(self):
        return not self.is_quiet() and self.socket.recv(1) == b""

    def close(self):
        self.socket.close()

def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "timeout: until " + what
        time.sleep(0.005)

def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        ticks = file.read().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

def waits(client, pid, seconds):
    """The client gets nothing in that time, and the server does not spin."""
    before = cpu_seconds(pid)
    assert client.is_quiet(seconds), "not left to wait"
    used = cpu_seconds(pid) - before
    assert used < seconds / 4, f"{used} s of CPU time in {seconds} s"

def descriptors(pid):
    return sorted(map(int, os.listdir(f"/proc/{pid}/fd")))

def run_out_of_descriptors(pid, count):
    """Once it has so many, no more are to be had; gives the limits before."""
    until(lambda: len(descriptors(pid)) == count, f"{count} descriptors")
    lowest = min(set(range(count + 1)) - set(descriptors(pid)))
    limits = resource.prlimit(int(pid), resource.RLIMIT_NOFILE)
    resource.prlimit(int(pid), resource.RLIMIT_NOFILE, (lowest, limits[1]))
    return limits

def states(pid):
    """Of its threads, a letter each: see proc(5)."""
    for path in glob.glob(f"/proc/{pid}/task/*/stat"):
        with open(path) as file:
            yield file.read().rpartition(")")[2].split()[0]

def own_kibibytes(pid):
    """Memory of the process that no file backs."""
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Anonymous:"))

def bodies(pid):
    """The sizes of the files in memory that hold large content."""
    paths = [f"/proc/{pid}/fd/{fd}" for fd in descriptors(pid)]
    return [os.stat(path).st_size for path in paths if os.path.realpath(path).startswith("/memfd:body")]
'

# --- connections ---------------------------------------------------------------

@test "clients up to --max-connections are served, one more waits until one leaves" {
	start_server --workers=1 --max-connections=3 --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		first = Client(port, HALF)
		below, at = Client(port).ask(HALF + REST + HALF), Client(port).ask(GET + HALF)
		above = Client(port, GET)
		waits(above, pid, 0.5)
		at.close()
		above.answer()
		for client in first, below:
		    client.ask(REST)
	END
}

@test "clients beyond --max-connections are all served in the end" {
	start_server --workers=1 --max-connections=2 --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		busy = [Client(port, HALF) for _ in range(2)]
		others = [Client(port, LAST) for _ in range(50)]
		waits(others[0], pid, 0.3)
		busy[0].close()
		since = time.monotonic()
		for client in others:
		    client.answer().close()
		    # Each at once when another leaves, not a second later.
		    assert time.monotonic() - since < len(others) / 2
		busy[1].ask(REST)
	END
}

@test "when no room comes for a second, the longest-idle connection makes way" {
	start_server --workers=1 --max-connections=3 --keepalive-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		a, b, c = (Client(port).ask() for _ in range(3))
		time.sleep(0.01)  # the server knows milliseconds
		a.ask()
		time.sleep(0.01)
		c.ask()
		# B has idled for longest, and for longer than a second.
		time.sleep(1.1)
		since = time.monotonic()
		d = Client(port).ask()
		assert time.monotonic() - since >= 0.99, "no time to come by room"
		assert b.is_closed()
		assert not a.is_closed() and not c.is_closed()
		e = Client(port).ask()
		assert a.is_closed()
		for client in c, d, e:
		    client.ask()
	END
}

@test "a client that has asked within the last second does not make way" {
	start_server --workers=1 --max-connections=2 --keepalive-timeout=infinity --log=none
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		eager = [Client(port).ask() for _ in range(2)]
		waiting = Client(port, GET)
		end = time.monotonic() + 1.6
		while time.monotonic() < end:
		    for client in eager:
		        client.ask()
		    assert waiting.is_quiet(0.01)
		eager[1].ask(LAST).close()
		waiting.answer()
	END
}

@test "a busy connection never makes way, and those who wait burn no CPU time" {
	head -c "$((16 * MEBIBYTE))" /dev/zero >"$BATS_TEST_TMPDIR/body"
	start_server --workers=1 --max-connections=3 --request-timeout=infinity \
		--body-file="$BATS_TEST_TMPDIR/body" --log=none
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na"
		receiving, uploading, slow = Client(port, HALF), Client(port, post), Client(port, GET)
		slow.receive()
		waiting = Client(port, b"BAD\r\n\r\n")
		waits(waiting, pid, 1.5)
		slow.close()
		waiting.receive()
		for client, rest in (receiving, REST), (uploading, b"a"):
		    client.socket.sendall(rest)
		    client.receive()
		    assert client.got.startswith(b"HTTP/1.1 200 ")
	END
}

@test "with several workers, --max-connections clients are held at once" {
	start_server --workers=4 --max-connections=8 --keepalive-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		clients = []
		for _ in range(8):
		    clients.append(Client(port).ask())
		for client in clients:
		    assert not client.is_closed(), "made way though there was room"
		    client.ask()
	END
}

@test "--max-connections needs one for each worker at least" {
	is_refused --workers=4 --max-connections=3
	start_server --workers=4 --max-connections=4
	talk --brief "$PORT" "send:$GET" answers:1
	output_is 200
}

@test "with several workers, one client more than --max-connections waits" {
	start_server --workers=4 --max-connections=6 --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		busy = [Client(port).ask(GET + HALF) for _ in range(6)]
		above = Client(port, GET)
		waits(above, pid, 1.5)
		busy[3].close()
		above.answer()
	END
}

# --- descriptors -----------------------------------------------------------------

# start_traced CALLS: a server under strace, which writes these to TRACE.
start_traced() {
	command -v strace >/dev/null || skip "strace is missing"
	skip_under_sanitizer "a sanitizer makes system calls of its own"
	TRACE=$BATS_TEST_TMPDIR/trace
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} strace -D -f -o $TRACE -e trace=$1"
	start_server --log=none "${@:2}"
	# Of itself it says that it is a grandchild; the server is its parent's.
	TRACED=$SERVER_PID
}

# trace_ends: the server has ended, and all of its trace is written.
trace_ends() {
	stop_server
	wait_for_line "^$TRACED +\+\+\+ exited with 0" "$TRACE"
}

@test "the default limit of connections fits what RLIMIT_NOFILE leaves" {
	HELLO_HTTP_WRAPPER="prlimit --nofile=40:40 ${HELLO_HTTP_WRAPPER-}" start_traced accept4
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		clients = [Client(port, GET) for _ in range(50)]
		clients[0].answer()
		waits(clients[-1], pid, 0.5)
	END
	trace_ends
	run ! grep -E 'EMFILE|ENFILE' "$TRACE"
	grep -q 'accept4(.* = [0-9]' "$TRACE"
	[ "$(wc -l <"$SERVER_ERR")" -eq 1 ]
}

@test "--max-connections beyond RLIMIT_NOFILE is cut, and a notice says so" {
	HELLO_HTTP_WRAPPER="prlimit --nofile=50:50 ${HELLO_HTTP_WRAPPER-}" start_server --max-connections=500
	grep -Eqx 'hello-http: The descriptor limit of 50 allows [1-9][0-9]? connections, not 500: .*' \
		"$SERVER_ERR"
	talk --brief "$PORT" "send:$GET" answers:1
	output_is 200
}

@test "a soft RLIMIT_NOFILE is raised as far as --max-connections needs" {
	HELLO_HTTP_WRAPPER="prlimit --nofile=50:1000 ${HELLO_HTTP_WRAPPER-}" start_server --max-connections=500
	run ! grep -q 'descriptor limit' "$SERVER_ERR"
	(($(awk '/^Max open files/ { print $4 }' "/proc/$SERVER_PID/limits") > 500))
}

@test "out of descriptors, it accepts nobody without spinning, and goes on when there is room" {
	start_server --workers=1 --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		count = len(descriptors(pid)) + 3
		busy = [Client(port, HALF) for _ in range(3)]
		limits = run_out_of_descriptors(pid, count)
		waiting, other = Client(port, GET), Client(port, GET)
		waits(waiting, pid, 1.5)
		busy[0].close()
		waiting.answer()
		assert other.is_quiet(0.1)
		# Room that nothing in the process tells of.
		resource.prlimit(int(pid), resource.RLIMIT_NOFILE, limits)
		other.answer()
		busy[1].ask(REST)
	END
}

@test "out of descriptors, the longest-idle connection makes way after a second" {
	start_server --workers=1 --keepalive-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		count = len(descriptors(pid)) + 3
		first, second, third = (Client(port).ask() for _ in range(3))
		time.sleep(0.01)  # the server knows milliseconds
		first.ask()
		run_out_of_descriptors(pid, count)
		Client(port).ask()
		assert second.is_closed()
		first.ask()
		third.ask()
	END
}

@test "500 clients come and go, and leave no descriptor behind" {
	start_server --listen=127.0.0.1:0 --listen="$BATS_TEST_TMPDIR/s" --log=none
	scenario "$SERVER_PID" "$PORT" "$BATS_TEST_TMPDIR/s" <<-'END'
		pid, addresses = sys.argv[1], sys.argv[2:]
		before = descriptors(pid)
		for _ in range(10):
		    clients = []
		    for address in addresses:
		        clients += [Client(address, GET).answer() for _ in range(5)]
		        clients += [Client(address, LAST).answer() for _ in range(5)]
		        clients += [Client(address, HALF) for _ in range(5)]
		        clients += [Client(address, b"BAD\r\n\r\n") for _ in range(5)]
		        clients += [Client(address) for _ in range(5)]
		    for client in clients:
		        client.close()
		until(lambda: descriptors(pid) == before, "all are closed")
	END
}

# --- memory --------------------------------------------------------------------

@test "an idle connection costs at most 160 octets of memory" {
	skip_under_sanitizer "a sanitizer's memory is its own"
	start_server --listen="$BATS_TEST_TMPDIR/s" --keepalive-timeout=infinity --log=none \
		--max-connections=10000
	scenario "$BATS_TEST_TMPDIR/s" "$SERVER_PID" <<-'END'
		path, pid = sys.argv[1:]
		_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
		resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
		count = 8000 if hard < 0 or hard >= 8200 else hard - 200
		assert count >= 500, "RLIMIT_NOFILE is too low to measure"
		clients = [Client(path).ask() for _ in range(10)]
		before = own_kibibytes(pid)
		# In pieces, so that each has owned a buffer meanwhile.
		for _ in range(count):
		    clients.append(Client(path, HALF))
		    clients[-1].ask(REST)
		each = (own_kibibytes(pid) - before) * 1024 / count
		print(f"{each} octets each, of {count}")
		assert 0 < each <= 160, each
	END
}

@test "a body of 16 MiB is no memory of the process, also with 20 slow readers" {
	skip_under_sanitizer "a sanitizer's memory is its own"
	tr '\0' x </dev/zero | head -c "$((16 * MEBIBYTE))" >"$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body" --log=none
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		before = own_kibibytes(pid)
		assert before < 4 << 10, f"{before} KiB"
		clients = [Client(port, GET) for _ in range(20)]
		for client in clients:
		    client.receive()
		growth = own_kibibytes(pid) - before
		assert growth < 1 << 10, f"{growth} KiB more"
		assert bodies(pid) == [16 << 20]
	END
}

@test "a body that is read anew takes the place of the one before it" {
	skip_under_sanitizer "a sanitizer's memory is its own"
	truncate -s 16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body" --log=none
	scenario "$PORT" "$SERVER_PID" "$BATS_TEST_TMPDIR/body" <<-'END'
		import signal
		port, pid, path = sys.argv[1:]
		before = own_kibibytes(pid)
		for count in range(1, 4):
		    os.truncate(path, (16 << 20) - count)
		    os.kill(int(pid), signal.SIGHUP)
		    until(lambda: Client(port, b"HEAD" + LAST[3:]).socket.recv(1000).find(
		        b"Length: %d" % ((16 << 20) - count)) > 0, "it is read anew")
		until(lambda: bodies(pid) == [(16 << 20) - 3], "the others are freed")
		assert own_kibibytes(pid) - before < 1 << 10
	END
}

@test "what 1,000 clients took goes back to the system when they have gone" {
	skip_under_sanitizer "a sanitizer's memory is its own"
	start_server --log=none --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		before = own_kibibytes(pid)
		clients = [Client(port, HALF + b"x" * 7000) for _ in range(1000)]
		until(lambda: own_kibibytes(pid) - before > 6 << 10, "they are heard")
		stays = Client(port).ask()
		for client in clients:
		    client.close()
		until(lambda: own_kibibytes(pid) - before < 1 << 10, "their memory is free")
		stays.ask()
	END
}

@test "the kernel holds less than 1 MiB of what a client does not read" {
	truncate -s 16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body" --log=none
	scenario "$PORT" "$SERVER_PID" <<-'END'
		import signal
		port, pid = sys.argv[1:]
		client = Client(port, GET)
		used = -1
		while used != (used := len(client.socket.recv(16 << 20, socket.MSG_PEEK))):
		    time.sleep(0.3)
		# Nothing new is sent from here on: what comes was on its way.
		os.kill(int(pid), signal.SIGSTOP)
		until(lambda: set(states(pid)) == {"T"}, "all its threads have stopped")
		held = 0
		while not client.is_quiet(0.5):
		    held += len(client.socket.recv(1 << 20))
		os.kill(int(pid), signal.SIGCONT)
		print(f"{held} octets")
		assert held < 1 << 20
	END
}

@test "a client that asks and asks without reading costs no more than 256 KiB" {
	skip_under_sanitizer "a sanitizer's memory is its own"
	start_server --log=none --request-timeout=infinity
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		Client(port).ask(GET * 1000)
		before = own_kibibytes(pid)
		greedy, sent = Client(port), 0
		requests = GET * 10000
		while select.select([], [greedy.socket], [], 0.3)[1]:
		    sent += greedy.socket.send(requests[sent % len(GET):], socket.MSG_DONTWAIT)
		growth = own_kibibytes(pid) - before
		assert growth <= 256, f"{growth} KiB more"
		assert sent > 1 << 20
		# None of them is lost, and in the end each has one answer.
		answers, tail = 0, b""
		while answers < sent // len(GET):
		    chunk = greedy.socket.recv(1 << 20)
		    assert chunk
		    answers += (tail + chunk).count(b"HTTP/1.1 200 ")
		    tail = (tail + chunk)[-12:]
		assert answers == sent // len(GET)
		assert Client(port).ask()
	END
}

# More than half of what is received at once is kept for the rest of it.
@test "a head that is nearly as large as one may be is read in two pieces" {
	start_server
	talk --brief "$PORT" \
		"send:GET /\*8000{a} HTTP/1.1\r\nHost: x\r\nA: \*8000{b}\r\nB: \*3000{c}" quiet \
		"send:\*3000{c}\r\n\r\n" answers:1
	output_is 200
}

@test "a body file of 16 MiB is served, one octet more is refused" {
	local body=$BATS_TEST_TMPDIR/body size
	for size in $((16 * MEBIBYTE - 1)) $((16 * MEBIBYTE)); do
		truncate -s "$size" "$body"
		start_server --body-file="$body"
		talk "$PORT" "send:$GET" answers:1
		output_has "Content-Length: $size"
		stop_server
	done
	truncate -s $((16 * MEBIBYTE + 1)) "$body"
	run --separate-stderr timeout "$PATIENCE" "$HELLO_HTTP" --listen=127.0.0.1:0 \
		--body-file="$body"
	[ "$status" -eq 1 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == "hello-http: Body file $body is too large: "*16777216* ]]
}

@test "the stripped program has at most 96 KiB" {
	skip_under_sanitizer "it is a part of the program"
	strip -o "$BATS_TEST_TMPDIR/stripped" "$HELLO_HTTP"
	(($(wc -c <"$BATS_TEST_TMPDIR/stripped") <= 96 * 1024))
}

# --- system calls and allocations --------------------------------------------------

# calls_are PATTERN: the calls of the worker that served, from the first receive
# to the last that sends, each as its name and a space, are this (ERE).
calls_are() {
	local calls
	calls=$(awk '/resumed>/ || !match($2, /^[a-z0-9_]+\(/) { next }
		{ name = substr($2, 1, RLENGTH - 1); sub(/from$|msg$|to$/, "", name) }
		name == "recv" && !thread { thread = $1 }
		$1 == thread { gathered = gathered name " " }
		name ~ /^send/ { printf "%s", gathered; gathered = "" }' "$TRACE")
	grep -Eqx "$1" <<<"$calls" || {
		echo "the calls were: ${calls:0:300}"
		return 1
	}
}

@test "a request costs one receive and one send, beside the wait for it" {
	start_traced all
	talk --brief "$PORT" "send:$GET" answers:1 "send:$GET" answers:1 "send:$GET" answers:1 \
		"send:$GET" answers:1 "send:$GET" answers:1 "send:$GET" answers:1
	trace_ends
	calls_are '(recv send (epoll_p?wait2? )?){6}'
}

@test "16 pipelined requests in one segment leave in one send" {
	start_traced all
	talk --brief "$PORT" "send:\*16{$GET}" answers:16
	[ "${#lines[@]}" -eq 16 ]
	trace_ends
	calls_are 'recv send '
}

@test "head and body leave in one send, a body beyond 16,384 octets in one more" {
	local size
	for size in 0 20 16383 16384 16385 60000; do
		head -c "$size" /dev/zero >"$BATS_TEST_TMPDIR/body"
		HELLO_HTTP_WRAPPER=${HELLO_HTTP_WRAPPER-} start_traced all --body-file="$BATS_TEST_TMPDIR/body"
		talk --brief "$PORT" "send:$GET" answers:1
		trace_ends
		calls_are "recv send $( ((size <= 16384)) || echo 'sendfile ')"
	done
}

# allocations COUNT: of a whole life with that many requests.
allocations() {
	local report=$BATS_TEST_TMPDIR/report.$1
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} valgrind --log-file=$report" start_server --log=none \
		--keepalive-timeout=infinity
	talk --brief "$PORT" "send:$GET" answers:1 "send:\*$1{$GET}" "answers:$1"
	stop_server
	ALLOCATIONS=$(sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/\1/p' "$report")
	[ -n "$ALLOCATIONS" ]
}

@test "a request costs no allocation" {
	local few
	command -v valgrind >/dev/null || skip "valgrind is missing"
	skip_under_sanitizer "valgrind cannot run it"
	# Not every valgrind can read what Clang leaves there for debuggers.
	strip -o "$BATS_TEST_TMPDIR/stripped" "$HELLO_HTTP"
	HELLO_HTTP=$BATS_TEST_TMPDIR/stripped
	allocations 10
	few=$ALLOCATIONS
	allocations 500
	[ "$ALLOCATIONS" = "$few" ] || {
		echo "$few allocations with 10 requests, $ALLOCATIONS with 500"
		return 1
	}
}

# --- what was once wrong -------------------------------------------------------

@test "with room again, a newcomer takes nobody's place, whichever client has left" {
	start_server --workers=2 --max-connections=4
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		for gone in range(4):
		    clients = [Client(port, GET).answer() for _ in range(4)]
		    # Nobody has room: the longest-idle one makes way in the end.
		    clients.append(Client(port, GET).answer())
		    until(lambda: not all(c.is_quiet() for c in clients), "one is closed")
		    clients = [c for c in clients if c.is_quiet()]
		    # The other worker may still be about to see that nobody waits.
		    assert len(clients) == 4 and all(c.is_quiet(0.1) for c in clients)
		    clients.pop(gone).close()
		    for _ in range(8):
		        Client(port, GET).answer().close()
		        assert all(c.is_quiet() for c in clients), "one was closed"
		    for client in clients:
		        client.close()
	END
}

@test "out of descriptors, all clients that wait are served together, not one a second" {
	start_server --workers=1
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1:]
		before = len(descriptors(pid))
		idle = [Client(port, GET).answer() for _ in range(6)]
		run_out_of_descriptors(pid, before + 6)
		waiting = [Client(port, GET) for _ in range(3)]
		waiting[0].answer()
		first = time.monotonic()
		for client in waiting[1:]:
		    client.answer()
		assert time.monotonic() - first < 0.9, "they waited anew"
	END
}

@test "who asks for the last time costs a receive, a send and a close; who may send on, a shutdown" {
	start_traced shutdown,recvfrom,sendto
	scenario "$PORT" <<-'END'
		client = Client(sys.argv[1])
		client.ask(LAST)
		assert client.socket.recv(1) == b""
	END
	trace_ends
	sed -En 's/^[0-9]+ +([a-z]+)\(.*/\1/p' "$TRACE" >"$TRACE.calls"
	[ "$(tr '\n' ' ' <"$TRACE.calls")" = "recvfrom sendto " ]
	start_traced shutdown
	scenario "$PORT" <<-'END'
		client = Client(sys.argv[1])
		client.ask(LAST + b"\r\n")
		assert client.socket.recv(1) == b""
	END
	trace_ends
	[ "$(grep -Fc 'SHUT_WR' "$TRACE")" -eq 1 ]
}

@test "small answers that a slow reader leaves are all sent, in any pieces" {
	local path
	path=$(fresh_path).socket
	start_server --log=none --listen="$path"
	scenario "$path" <<-'END'
		client = Client(sys.argv[1])
		asked = answered = 0
		client.socket.setblocking(False)
		# Until the server does not read on: it has answers that do not fit.
		while select.select([], [client.socket], [], 0.2)[1]:
		    try:
		        asked += client.socket.send(GET * 100)
		    except BlockingIOError:
		        pass
		client.socket.setblocking(True)
		client.socket.settimeout(PATIENCE)
		for _ in range(asked // len(GET)):
		    client.answer()
		assert client.is_quiet()
	END
}

@test "a send that is refused for now, though there was room, is tried again" {
	command -v strace >/dev/null || skip "strace is missing"
	skip_under_sanitizer "strace stands between the two"
	truncate -s 8M "$BATS_TEST_TMPDIR/body"
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} strace -D -f -o /dev/null -e inject=sendfile:error=EAGAIN:when=2+2" \
		start_server --log=none --body-file="$BATS_TEST_TMPDIR/body"
	scenario "$PORT" <<-'END'
		Client(sys.argv[1]).ask()
	END
}
