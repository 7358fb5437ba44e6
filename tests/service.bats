#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The life of a service: what it tells its manager, reload, watchdog, stop, idle
# exit, deadlines, and that it sleeps while nobody asks.
#
# Beside tests/talk there are: tests/notify, the manager's end of sd_notify(3);
# tests/hold_thread.c, which makes one thread hang; scenarios in Python where
# several clients and processes take turns; and, where the real times are too
# long to wait for, a build of its own with shorter ones.

load helper

GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
HALF='GET / HTTP/1.1\r\n'
REST='Host: x\r\n\r\n'
HOLD_THREAD=${HELLO_HTTP%/*}/tests/hold_thread
[ -x "$HOLD_THREAD" ] || HOLD_THREAD=$REPOSITORY/build/tests/hold_thread

# The threads that are held: process id of who holds it, by thread id.
declare -A HOLDERS=()

teardown() {
	release
	end_servers
}

# --- the manager's end -------------------------------------------------------

# start_manager: what is told to the socket in NOTIFY_SOCKET, which servers that
# are started from here on inherit, is in the file TOLD. A datagram is a line:
# the time in microseconds, a space, the text with tabs for its line ends.
start_manager() {
	export NOTIFY_SOCKET
	NOTIFY_SOCKET=$(fresh_path).notify
	TOLD=${NOTIFY_SOCKET%.notify}.told
	# It ends with the last process that has this descriptor.
	exec {MANAGER}> >(exec "$BATS_TEST_DIRNAME/notify" "$NOTIFY_SOCKET" "$TOLD" \
		>/dev/null 3>&-)
	wait_until [ -f "$TOLD" ]
}

# told PATTERN: how many datagrams begin like that (ERE).
told() {
	grep -Ec -- "^[0-9]+ $1" "$TOLD" || true
}

is_told() {
	[ "$(told "$1")" -ge "${2:-1}" ]
}

# until_told PATTERN [TIMES]: until it was told that often, at least.
until_told() {
	wait_until is_told "$@" || {
		cat "$TOLD"
		return 1
	}
}

# --- threads that hang -------------------------------------------------------

# workers COUNT: the thread ids of the last server's workers, which are that many.
workers() {
	threads_of "$SERVER_PID" | tail -n "$1"
}

# hold THREAD...: they hang until release.
hold() {
	local thread said
	for thread; do
		said=$(fresh_path)
		exec {HOLD_INPUT}> >(exec "$HOLD_THREAD" "$thread" >"$said" 2>&1 3>&-)
		HOLDERS[$thread]=$!
		wait_until [ -s "$said" ]
		! grep -q 'not permitted' "$said" || skip "ptrace(2) is not permitted"
		grep -qx held "$said" || {
			cat "$said"
			return 1
		}
	done
}

# release: all threads that are held go on.
release() {
	local thread
	for thread in "${!HOLDERS[@]}"; do
		kill "${HOLDERS[$thread]}" 2>/dev/null || true
		wait_until is_gone "${HOLDERS[$thread]}"
	done
	HOLDERS=()
}

# --- other means -------------------------------------------------------------

# valgrind runs one thread at a time: where one is held, all are.
needs_threads_apart() {
	[ "${HELLO_HTTP_SANITIZER-}" != helgrind ] ||
		skip "under helgrind: one thread that hangs stops all"
}

# in_background COMMAND...: its output is in the file BACKGROUND_OUT.
in_background() {
	BACKGROUND_OUT=$(fresh_path).out
	"$@" >"$BACKGROUND_OUT" 2>&1 3>&- &
	BACKGROUND_PID=$!
}

# background_says LINE...: it succeeds, and prints these and no other lines.
background_says() {
	wait_until is_gone "$BACKGROUND_PID"
	run wait "$BACKGROUND_PID"
	[ "$status" -eq 0 ] || {
		cat "$BACKGROUND_OUT"
		return 1
	}
	output=$(cat "$BACKGROUND_OUT")
	output_is "$@"
}

# be_impatient: from here on the servers of this test are of a build whose
# STATUS= is refreshed after 100 ms, and whose sends may stall for 300 ms.
be_impatient() {
	local copy=$BATS_FILE_TMPDIR/impatient
	skip_under_sanitizer "this builds a program of its own"
	HELLO_HTTP=$copy/build/hello-http
	[ ! -x "$HELLO_HTTP" ] || return 0
	mkdir -p "$copy"
	cp -R "$REPOSITORY"/{src,packaging,Makefile} "$copy"
	sed -i -E 's/^(#define STATUS_MSEC) .*/\1 100u/; s/^(#define SEND_STALL_MSEC) .*/\1 300u/' \
		"$copy/src/tunables.h"
	[ "$(grep -Ec '^#define .*_MSEC [13]00u$' "$copy/src/tunables.h")" -eq 2 ]
	succeeds make -j2 -C "$copy" build/hello-http CFLAGS=-O0 HARDENING=
}

# body_file OCTET MEBIBYTES: a new file of that, renamed to BODY.
body_file() {
	local new
	new=$(fresh_path)
	BODY=$BATS_TEST_TMPDIR/body
	head -c "$(($2 * 1048576))" /dev/zero | tr '\0' "$1" >"$new"
	mv "$new" "$BODY"
}

# What a scenario begins with.
SCENARIO='
import atexit, fcntl, os, random, re, select, shlex, signal, socket, struct, subprocess
import sys, time
PATIENCE = float(os.environ["TALK_TIMEOUT"])
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
STARTED = set()

@atexit.register
def end_all():
    for pid in STARTED:
        os.kill(pid, signal.SIGKILL)

def until(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "timeout: until " + what
        time.sleep(0.001)

def start(*arguments, listener=None, **environment):
    """The program under test, activated if there is a listener; its pid."""
    pid = os.fork()
    if pid:
        STARTED.add(pid)
        return pid
    if listener:
        os.dup2(listener.fileno(), 3)
        environment.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    os.environ.update(environment)
    program = os.environ["HELLO_HTTP"]
    flags = shlex.split(os.environ.get("HELLO_HTTP_FLAGS", ""))
    os.execv(program, [program, *flags, *arguments])

def status_of(pid):
    """Its exit status, once it has ended."""
    ended = []
    def has_ended():
        ended[:] = os.waitpid(pid, os.WNOHANG)
        return ended[0]
    until(has_ended, "the server ends")
    STARTED.discard(pid)
    return os.waitstatus_to_exitcode(ended[1])

def has_order(pid):
    """Its worker, which is held, has one: what it will read, eventfd(2), is no 0."""
    for name in os.listdir("/proc/%d/fdinfo" % pid):
        with open("/proc/%d/fdinfo/%s" % (pid, name)) as file:
            if re.search("^eventfd-count: *[0-9a-f]*[1-9a-f]", file.read(), re.M):
                return True
    return False

class Client:
    """A connection to a port of 127.0.0.1, or to a path."""
    def __init__(self, address, octets=b"", buffer=0):
        is_path = address.startswith("/")
        self.socket = socket.socket(socket.AF_UNIX if is_path else socket.AF_INET)
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address if is_path else ("127.0.0.1", int(address)))
        self.got = b""
        self.socket.sendall(octets)

    def send(self, octets=GET):
        self.socket.sendall(octets)

    def is_quiet(self, seconds=0):
        """Nothing has come, nor the end, nor does it in that time."""
        return not select.select([self.socket], [], [], seconds)[0]

    def receive(self, octets=65536):
        chunk = self.socket.recv(octets)
        assert chunk, "closed after %d octets" % len(self.got)
        self.got += chunk

    def answer(self):
        """Reads one answer; its head and its content."""
        while b"\r\n\r\n" not in self.got:
            self.receive()
        head, _, content = self.got.partition(b"\r\n\r\n")
        length = int(head.partition(b"\r\nContent-Length: ")[2].split(b"\r")[0])
        parts, have = [content], len(content)
        while have < length:
            parts.append(self.socket.recv(1 << 20))
            assert parts[-1], "closed after %d octets of content" % have
            have += len(parts[-1])
        content = b"".join(parts)
        self.got = content[length:]
        return head, content[:length]

    def wait_read(self):
        """Until the server, behind a path, has read all that was sent."""
        until(lambda: struct.unpack("i", fcntl.ioctl(self.socket, 0x5411, bytes(4)))[0]
              == 0, "the server reads")
'

# --- what happens in several tests ------------------------------------------------

# reload_fails REASON: it is said, READY=1 follows, the old answer stays.
reload_fails() {
	local ready errors
	ready=$(told READY=1)
	errors=$(grep -c . "$SERVER_ERR")
	kill -s HUP "$SERVER_PID"
	until_told READY=1 $((ready + 1))
	run sed "1,${errors}d" "$SERVER_ERR"
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == "hello-http: Failed to reload, the old answer stays: "*"$1"* ]] || {
		echo "not for $1, but: $output"
		return 1
	}
	talk "$PORT" "send:$GET" answers:1 open
	output_has old
}

# fed_in_time USEC: with that as WATCHDOG_USEC, half of all feedings are in time;
# more is not asked for, as this may have to wait for its own turn.
fed_in_time() {
	local median
	until_told WATCHDOG=1 12
	median=$(awk '/WATCHDOG=1/ { if (last) print $1 - last; last = $1 }' "$TOLD" |
		sort -n | sed -n 6p)
	((median < $1)) || {
		cat "$TOLD"
		return 1
	}
}

# drains STEP...: at SIGTERM, and at SIGINT, a client that takes these steps,
# with SIGNAL among them for the signal, gets $expected (patterns), and the
# server ends; no deadline helps, and no message comes.
drains() {
	local signal
	for signal in TERM INT; do
		start_server --drain-timeout=infinity ${options[@]+"${options[@]}"}
		talk --brief "$PORT" "${@/#SIGNAL/signal:$signal:$SERVER_PID}"
		# shellcheck disable=SC2053
		[[ $output == $(printf '%s\n' "${expected[@]}") ]]
		wait_for_exit "$SERVER_PID"
		run grep -v '^Listening on ' "$SERVER_ERR"
		[ -z "$output" ]
	done
}

# second_signal_ends SIGNAL SIGNAL: the first of them has not ended the server.
second_signal_ends() {
	kill -s "$1" "$SERVER_PID"
	until_told STOPPING=1
	kill -s "$2" "$SERVER_PID"
	wait_for_exit "$SERVER_PID"
	grep -q '^hello-http: Second signal' "$SERVER_ERR"
}

# exit_idle_begins <PROGRAM: a scenario. Its client has begun a request, and was in
# the queue when the idle exit of the server, pid, began, as the only worker hung.
exit_idle_begins() {
	start_activated -- --workers=1 --exit-idle-time=2s
	talk --brief "$SOCKET" "send:$GET" answers:1
	hold "$(workers 1)"
	scenario "$SOCKET" "$SERVER_PID" "${HOLDERS[*]}" < <(
		cat <<-'END'
			path, pid, holder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
			client = Client(path, GET[:5])
			until(lambda: has_order(pid), "the idle exit has begun")
			os.kill(holder, signal.SIGTERM)
		END
		cat
	)
	wait_for_exit "$SERVER_PID"
}

# wakeups PID...: how often each has been woken, and what it has run for.
wakeups() {
	local pid
	for pid; do
		awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$pid/task"/*/status
		cut -d ' ' -f 14,15 "/proc/$pid/stat"
	done
}

is_asleep() {
	local before
	before=$(wakeups "$@")
	sleep 0.1
	[ "$(wakeups "$@")" = "$before" ]
}

# open_clients ADDRESS COUNT: idle connections, each second one after an answer;
# they stay open until the test ends.
open_clients() {
	local said
	said=$(fresh_path)
	exec {CLIENTS}> >(/usr/bin/python3 -IS -c "$SCENARIO"'
clients = [Client(sys.argv[1], GET if at % 2 else b"") for at in range(int(sys.argv[2]))]
for client in clients[1::2]:
    client.answer()
print("open", flush=True)
sys.stdin.read()' "$@" >"$said" 2>&1 3>&-)
	wait_for_line '^open$' "$said"
}

# threads COUNT: the last server has that many.
threads() {
	[ "$(find "/proc/$SERVER_PID/task" -mindepth 1 -maxdepth 1 | wc -l)" -eq "$1" ]
}

# --- sd_notify(3) --------------------------------------------------------------

@test "READY=1 is told once, when a client that comes right then is served" {
	scenario "$BATS_TEST_TMPDIR" <<-'END'
		path, notify = sys.argv[1] + "/socket", sys.argv[1] + "/notify"
		manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		manager.settimeout(PATIENCE)
		manager.bind(notify)
		pid = start("--listen=" + path, "--log=none", NOTIFY_SOCKET=notify)
		while (datagram := manager.recv(4096)) != b"READY=1":
		    assert datagram.startswith(b"STATUS="), datagram
		assert Client(path, GET).answer()[0].startswith(b"HTTP/1.1 200 ")
		os.kill(pid, signal.SIGTERM)
		assert status_of(pid) == 0
		manager.settimeout(0.05)
		told = []
		try:
		    while True:
		        told.append(manager.recv(4096))
		except TimeoutError:
		    assert b"READY=1" not in told, told
	END
}

@test "READY=1 is never told by a server that cannot start" {
	start_manager
	run timeout "$PATIENCE" "$HELLO_HTTP" --listen=127.0.0.1:0 \
		--body-file="$BATS_TEST_TMPDIR/none"
	[ "$status" -eq 1 ]
	mkdir "$BATS_TEST_TMPDIR/directory"
	run timeout "$PATIENCE" "$HELLO_HTTP" --listen=127.0.0.1:0 \
		--listen="$BATS_TEST_TMPDIR/directory"
	[ "$status" -eq 1 ]
	# Datagrams keep their order: those of this one are the first.
	start_server
	until_told READY=1
	until_told "STATUS=Listening on http://127.0.0.1:$PORT/"
	[ "$(wc -l <"$TOLD")" -eq 2 ]
}

@test "STATUS= names all addresses first" {
	local path=$BATS_TEST_TMPDIR/s
	start_manager
	start_server --listen=127.0.0.1:0 --listen="$path"
	until_told "STATUS=Listening on http://127.0.0.1:$PORT/, unix:$path; connections: 0 open, 0 in all; requests: 0$"
}

@test "STATUS= tells connections and requests, also that clients have left" {
	be_impatient
	start_manager
	start_server --log=none
	until_told 'STATUS=.*; connections: 0 open, 0 in all; requests: 0$'
	talk --brief "$PORT" "send:$GET$GET" answers:2
	until_told 'STATUS=.*; connections: 0 open, 1 in all; requests: 2$'
	exec {CLIENT}<>"/dev/tcp/127.0.0.1/$PORT"
	until_told 'STATUS=.*; connections: 1 open, 2 in all; requests: 2$'
	printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&"$CLIENT"
	until_told 'STATUS=.*; connections: 1 open, 2 in all; requests: 3$'
	exec {CLIENT}>&-
	until_told 'STATUS=.*; connections: 0 open, 2 in all; requests: 3$'
}

@test "STATUS= is told again only when it has changed" {
	be_impatient
	start_manager
	start_server
	talk --brief "$PORT" "send:$GET" answers:1
	until_told 'STATUS=.*0 open, 1 in all; requests: 1$'
	# News that change no number.
	kill -s HUP "$SERVER_PID"
	until_told READY=1 2
	sleep 0.5
	[ "$(told 'STATUS=.*0 open, 1 in all; requests: 1$')" -eq 1 ]
}

@test "STATUS= is refreshed at most once in 5 s, however much goes on" {
	local clock first second
	start_manager
	start_server --log=none
	until_told STATUS=
	while [ "$(told STATUS=)" -lt 2 ]; do
		talk --brief "$PORT" "send:$GET" answers:1
		clock=$(cut -d . -f 1 /proc/uptime)
		((clock < ${first:=$clock} + 5 + PATIENCE))
	done
	read -r first second _ < <(awk '/ STATUS=/ { print $1 }' "$TOLD" | xargs)
	# When they came, not when they were sent: this may wait for its turn.
	((second - first > 4500000))
}

@test "STOPPING=1 is told at SIGTERM and SIGINT, and READY=1 no more" {
	local signal
	for signal in TERM INT; do
		start_manager
		start_server
		until_told READY=1
		stop_server "$signal"
		until_told STOPPING=1
		until_told STATUS=Draining
		[ "$(told READY=1)" -eq 1 ]
		[ "$(told STOPPING=1)" -eq 1 ]
	done
}

# --- reload ----------------------------------------------------------------------

@test "SIGHUP: RELOADING=1 with the time, then READY=1, then the new body is served" {
	start_manager
	echo old >"$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body" --log=none
	until_told READY=1
	scenario "$PORT" "$SERVER_PID" "$TOLD" "$BATS_TEST_TMPDIR/body" <<-'END'
		port, pid, told, body = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
		def datagrams():
		    with open(told) as file:
		        return [line.split() for line in file if " STATUS=" not in line]
		early = []
		for turn in range(1, 21):
		    with open(body, "w") as file:
		        file.write("body %d" % turn)
		    before = time.monotonic_ns() // 1000
		    os.kill(pid, signal.SIGHUP)
		    until(lambda: len(datagrams()) == 1 + 2 * turn, "READY=1")
		    assert Client(port, GET).answer()[1] == b"body %d" % turn
		    reloading, ready = datagrams()[-2:]
		    assert reloading[1] == "RELOADING=1" and ready[1:] == ["READY=1"]
		    name, usec = reloading[2].split("=")
		    assert name == "MONOTONIC_USEC" and int(usec) <= int(reloading[0])
		    # systemd heeds only what is told after it has sent the signal.
		    if int(usec) < before:
		        early.append(before - int(usec))
		assert not early, "%d times told as before the signal, by %s us" % (len(early), early)
	END
}

@test "READY=1 follows a reload only when every worker serves the new body" {
	local body=$BATS_TEST_TMPDIR/body
	echo old >"$body"
	start_manager
	start_server --body-file="$body" --workers=2
	hold "$(workers 2 | tail -n 1)"
	echo new >"$body"
	kill -s HUP "$SERVER_PID"
	until_told RELOADING=1
	sleep 0.2
	[ "$(told READY=1)" -eq 1 ]
	release
	until_told READY=1 2
}

@test "SIGHUP without a body file keeps the answer and goes on" {
	start_manager
	start_server --body=same
	kill -s HUP "$SERVER_PID"
	until_told READY=1 2
	talk "$PORT" "send:$GET" answers:1
	output_has same
	[ "$(told RELOADING=1)" -eq 1 ]
}

@test "a reload that fails keeps the old answer, logs an error, and goes on" {
	local body=$BATS_TEST_TMPDIR/body
	# Root reads everything, unless it goes without this privilege.
	[ "$EUID" -ne 0 ] ||
		HELLO_HTTP_WRAPPER="setpriv --bounding-set=-dac_override,-dac_read_search"
	printf old >"$body"
	start_manager
	start_server --body-file="$body"
	until_told READY=1
	rm "$body"
	reload_fails "No such file or directory"
	truncate -s $((16 * 1024 * 1024 + 1)) "$body"
	reload_fails "too large"
	rm "$body"
	mkdir "$body"
	reload_fails directory
	rmdir "$body"
	mkfifo "$body"
	reload_fails "not a regular file"
	rm "$body"
	(umask 777 && : >"$body")
	reload_fails "Permission denied"
	rm "$body"
	printf new >"$body"
	kill -s HUP "$SERVER_PID"
	until_told READY=1 7
	talk "$PORT" "send:$GET" answers:1
	output_has new
	[ "$(told RELOADING=1)" -eq 6 ]
}

@test "a slow reader of 16 MiB over a reload gets the old body whole" {
	body_file a 16
	start_manager
	start_server --body-file="$BODY"
	until_told READY=1
	scenario "$PORT" "$SERVER_PID" "$TOLD" "$BODY" <<-'END'
		port, pid, told, body = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
		slow = Client(port, GET)
		slow.receive(1000)
		with open(body + ".new", "wb") as file:
		    file.write(b"b" * (16 << 20))
		os.rename(body + ".new", body)
		os.kill(pid, signal.SIGHUP)
		until(lambda: open(told).read().count(" READY=1\n") == 2, "it is reloaded")
		assert Client(port, GET).answer()[1] == b"b" * (16 << 20)
		assert slow.answer()[1] == b"a" * (16 << 20)
		slow.send()
		assert slow.answer()[1] == b"b" * (16 << 20)
	END
}

# --- watchdog ------------------------------------------------------------------

@test "the watchdog is fed in time while all workers answer" {
	export WATCHDOG_USEC=200000
	start_manager
	start_server --workers=4
	fed_in_time 200000
}

@test "the watchdog is fed where it is meant for this process by name" {
	HELLO_HTTP_WRAPPER=$BATS_TEST_TMPDIR/wrapper
	printf '#!/bin/sh\nWATCHDOG_PID=$$ exec "$@"\n' >"$HELLO_HTTP_WRAPPER"
	chmod +x "$HELLO_HTTP_WRAPPER"
	start_manager
	WATCHDOG_USEC=100000 start_server
	until_told WATCHDOG=1 2
}

@test "the watchdog is not fed where it is not asked for, or by another process" {
	start_manager
	start_server
	WATCHDOG_USEC=100000 WATCHDOG_PID=1 start_server
	until_told READY=1 2
	sleep 0.4
	[ "$(told WATCHDOG=1)" -eq 0 ]
}

# serves_without_feeding: for longer than a feeding takes to come; one that was due
# before may come late.
serves_without_feeding() {
	local fed
	fed=$(told WATCHDOG=1)
	talk --brief "$PORT" "send:$GET" answers:1
	sleep 0.3
	[ "$(told WATCHDOG=1)" -eq "$fed" ]
}

@test "the watchdog is not fed while one of 4 workers hangs, and again when it does not" {
	local thread fed
	needs_threads_apart
	start_manager
	WATCHDOG_USEC=200000 start_server --workers=4
	for thread in $(workers 4 | sed -n "1p;4p"); do
		hold "$thread"
		wait_until serves_without_feeding
		fed=$(told WATCHDOG=1)
		release
		until_told WATCHDOG=1 $((fed + 2))
	done
}

# --- stop ----------------------------------------------------------------------

@test "at SIGTERM and SIGINT new clients are refused, a request half sent is answered, with close" {
	expected=("200 close" closed)
	drains "send:$HALF" SIGNAL refused "send:$REST" answers:1 eof
	drains SIGNAL refused "send:$HALF" quiet "send:$REST" answers:1 eof
	expected=(200 "200 close" closed)
	drains "send:$GET" answers:1 "send:$HALF" SIGNAL refused "send:$REST" answers:1 eof
}

@test "at SIGTERM and SIGINT an upload in progress is finished" {
	expected=("200 close" closed)
	drains 'send:POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n' \
		zeros:1000 SIGNAL refused zeros:999000 answers:1 eof
	drains 'send:POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab' \
		SIGNAL refused 'send:c\r\n0\r\n\r\n' answers:1 eof
}

@test "at SIGTERM and SIGINT a large body that is read slowly is finished" {
	body_file a 16
	# As it is large, no close is said where it had begun before the signal.
	options=(--body-file="$BODY") expected=("200?( close)" closed)
	drains "send:$GET" SIGNAL refused answers:1 eof
}

@test "a large body is finished whole though its reader has sent the next request meanwhile" {
	body_file a 16
	start_server --body-file="$BODY" --log=none --workers=1
	scenario "$PORT" "$SERVER_PID" <<-'END'
		port, pid = sys.argv[1], int(sys.argv[2])
		client, idle = Client(port, GET, buffer=65536), Client(port, GET)
		client.receive(1000)
		idle.answer()
		client.send()
		os.kill(pid, signal.SIGTERM)
		assert idle.socket.recv(1) == b"", "the drain has begun"
		assert client.answer()[1] == b"a" * (16 << 20)
	END
	wait_for_exit "$SERVER_PID"
}

@test "at SIGTERM and SIGINT an idle client that was answered is closed" {
	expected=(200 closed)
	drains "send:$GET" answers:1 SIGNAL eof
}

@test "at SIGTERM and SIGINT a client that has only just connected gets its answer" {
	expected=("200 close" closed)
	drains SIGNAL refused "send:$GET" answers:1 eof
	# This one may be answered before the drain begins: no close is said then.
	expected=("200?( close)" closed)
	drains "send:$GET" SIGNAL answers:1 eof
	drains SIGNAL "send:$GET" answers:1 eof
}

@test "a client that connects and never asks does not hold up the end" {
	start_server --drain-timeout=infinity
	talk --brief "$PORT" "signal:TERM:$SERVER_PID" eof
	output_is closed
	wait_for_exit "$SERVER_PID"
}

@test "clients in the queue of an own listener are answered before the end" {
	start_server --listen="$BATS_TEST_TMPDIR/s" --workers=1 --drain-timeout=infinity
	hold "$(workers 1)"
	scenario "$BATS_TEST_TMPDIR/s" "$SERVER_PID" "${HOLDERS[*]}" <<-'END'
		path, pid, holder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
		clients = [Client(path, GET) for _ in range(100)]
		os.kill(pid, signal.SIGTERM)
		until(lambda: has_order(pid), "the stop has begun")
		os.kill(holder, signal.SIGTERM)
		for client in clients:
		    head, _ = client.answer()
		    assert b"\r\nConnection: close" in head
	END
	wait_for_exit "$SERVER_PID"
}

@test "an accept that fails for good does not hold up the end" {
	command -v strace >/dev/null || skip "strace is missing"
	skip_under_sanitizer "strace stands between the two"
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} strace -D -f -o /dev/null -e trace=accept4 -e inject=accept4:error=EOPNOTSUPP" \
		start_server --drain-timeout=infinity
	stop_server
}

@test "with passed sockets, a client that comes during the stop is left to the next process" {
	scenario "$BATS_TEST_TMPDIR/socket" <<-'END'
		path = sys.argv[1]
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(path)
		listener.listen(10)
		first = start("--workers=1", listener=listener)
		busy, idle = Client(path, GET[:5]), Client(path, GET)
		idle.answer()
		os.kill(first, signal.SIGTERM)
		assert idle.socket.recv(1) == b"", "the listeners are dropped by now"
		late = Client(path, GET)
		assert late.is_quiet(0.1)
		busy.send(GET[5:])
		assert b"\r\nConnection: close" in busy.answer()[0]
		busy.socket.close()
		assert status_of(first) == 0
		assert os.path.exists(path)
		assert late.is_quiet(0.1)
		second = start(listener=listener)
		late.answer()
		late.socket.close()
		os.kill(second, signal.SIGTERM)
		assert status_of(second) == 0
	END
}

@test "with passed sockets, who is in the queue when it stops is left to the next process" {
	scenario "$BATS_TEST_TMPDIR/socket" "$HOLD_THREAD" <<-'END'
		path, hold_thread = sys.argv[1:]
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(path)
		listener.listen(20)
		first = start("--workers=1", listener=listener)
		Client(path, GET).answer()
		worker = os.listdir("/proc/%d/task" % first)[-1] # they are in the order of their start
		holder = subprocess.Popen([hold_thread, worker], stdin=subprocess.PIPE,
		                          stdout=subprocess.PIPE)
		assert holder.stdout.readline() == b"held\n"
		clients = [Client(path, GET) for _ in range(20)]
		os.kill(first, signal.SIGTERM)
		until(lambda: has_order(first), "the stop has begun")
		holder.communicate()
		# One of them may have been let in already.
		def has_ended():
		    for client in list(clients):
		        if not client.is_quiet():
		            client.answer()
		            client.socket.close()
		            clients.remove(client)
		    return os.waitid(os.P_PID, first, os.WEXITED | os.WNOHANG | os.WNOWAIT)
		until(has_ended, "the first one has ended")
		assert status_of(first) == 0
		assert len(clients) >= 10, "only %d are left" % len(clients)
		second = start(listener=listener)
		for client in clients:
		    client.answer()
		    client.socket.close()
		os.kill(second, signal.SIGTERM)
		assert status_of(second) == 0
	END
}

@test "--drain-timeout ends what has not finished, with a notice and exit 0" {
	start_server --drain-timeout=300ms
	talk --brief "$PORT" "send:$HALF" "signal:TERM:$SERVER_PID" eof
	output_is closed
	wait_for_exit "$SERVER_PID"
	grep -qx 'hello-http: Drain timeout: closing 1 connection that had not finished' \
		"$SERVER_ERR"
}

@test "--drain-timeout is not waited for when all has finished" {
	start_server --drain-timeout=1h
	talk --brief "$PORT" "send:$GET" answers:1 open
	stop_server
	run grep Drain "$SERVER_ERR"
	[ -z "$output" ]
}

@test "a second signal ends it at once, with exit 0, though a client holds it" {
	local first second
	for first in TERM INT; do
		for second in TERM INT; do
			start_manager
			start_server --drain-timeout=infinity --request-timeout=infinity
			in_background "$BATS_TEST_DIRNAME/talk" --brief "$PORT" \
				"send:$GET$HALF" answers:1 eof
			wait_for_line 200 "$BACKGROUND_OUT"
			second_signal_ends "$first" "$second"
			background_says 200 closed
		done
	done
}

@test "a second signal ends it at once, with exit 0, though a worker hangs" {
	needs_threads_apart
	start_manager
	start_server --workers=4 --drain-timeout=infinity
	hold "$(workers 4 | head -n 1)"
	second_signal_ends TERM TERM
}

@test "--drain-timeout ends it, with exit 0, though a worker hangs" {
	needs_threads_apart
	start_server --workers=4 --drain-timeout=300ms
	hold "$(workers 4 | tail -n 1)"
	stop_server
}

@test "workers that hang are waited for a second together, not a second each" {
	needs_threads_apart
	local begin
	start_server --workers=12 --drain-timeout=1ms
	# shellcheck disable=SC2046 # a list
	hold $(workers 12)
	begin=$SECONDS
	stop_server
	((SECONDS - begin < 8))
}

@test "SIGHUP during the stop changes nothing" {
	start_manager
	start_server
	talk --brief "$PORT" "send:$HALF" "signal:TERM:$SERVER_PID" refused \
		"signal:HUP:$SERVER_PID" quiet "send:$REST" answers:1 eof
	output_is "200 close" closed
	wait_for_exit "$SERVER_PID"
	[ "$(told RELOADING=1)" -eq 0 ]
}

# --- idle exit -------------------------------------------------------------------

@test "--exit-idle-time ends it, with exit 0, that long after the last client has left" {
	start_manager
	start_activated -E "NOTIFY_SOCKET=$NOTIFY_SOCKET" -- --exit-idle-time=300ms
	scenario "$SOCKET" "$TOLD" <<-'END'
		path, told = sys.argv[1:]
		def stops():
		    with open(told) as file:
		        return [line.split()[0] for line in file if "STOPPING=1" in line]
		client = Client(path, GET)
		client.answer()
		assert client.is_quiet(0.6) and not stops(), "it is in use"
		client.send()
		client.answer()
		left = time.monotonic()
		client.socket.close()
		until(stops, "it stops")
		assert int(stops()[0]) / 1e6 - left >= 0.298
	END
	wait_for_exit "$SERVER_PID"
}

@test "--exit-idle-time ends it though no client ever came in" {
	scenario "$BATS_TEST_TMPDIR/socket" <<-'END'
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(sys.argv[1])
		listener.listen(10)
		before = time.monotonic()
		assert status_of(start("--exit-idle-time=200ms", listener=listener)) == 0
		assert time.monotonic() - before >= 0.2
	END
}

@test "--exit-idle-time is refused with an own listener" {
	is_refused --exit-idle-time=1min
	[[ $stderr == *--exit-idle-time*passed* ]]
	start_server --exit-idle-time=infinity
}

@test "a client that comes while the idle exit begins is served" {
	exit_idle_begins <<-'END'
		client.send(GET[5:])
		assert b"\r\nConnection: close" in client.answer()[0]
	END
}

@test "a SIGTERM during the idle exit is a first one: the client is served" {
	exit_idle_begins <<-'END'
		client.wait_read()
		os.kill(pid, signal.SIGTERM)
		assert client.is_quiet(0.1), "cut off by the first SIGTERM"
		client.send(GET[5:])
		client.answer()
	END
}

@test "no client is lost over hundreds of idle exits, each a moment before the next client" {
	local requests=300
	[ -z "${HELLO_HTTP_SANITIZER-}" ] || requests=40
	scenario "$BATS_TEST_TMPDIR/socket" "$requests" <<-'END'
		path, requests = sys.argv[1], int(sys.argv[2])
		listener = socket.socket(socket.AF_UNIX)
		listener.bind(path)
		listener.listen(10)
		clients = os.fork()
		if clients == 0:
		    STARTED.clear()
		    chance = random.Random(1)
		    for _ in range(requests):
		        Client(path, GET).answer()
		        time.sleep(chance.uniform(0, 0.004))
		    os._exit(0)
		STARTED.add(clients)
		starts, has_ended = 0, (0, 0)
		while not has_ended[0]:
		    if select.select([listener], [], [], 0.01)[0]:
		        pid = start("--exit-idle-time=1ms", listener=listener)
		        starts += 1
		        assert status_of(pid) == 0
		    has_ended = os.waitpid(clients, os.WNOHANG)
		STARTED.clear()
		assert has_ended[1] == 0, "a request was not answered"
		assert starts > requests / 10, "only %d starts" % starts
	END
}

# --- deadlines -----------------------------------------------------------------

@test "--request-timeout ends a request that drips, head or content, though all of it comes" {
	start_server --request-timeout=300ms
	talk --brief "$PORT" 'slow:10:GET / HTTP/1.1\r\nHost: \*30{x}\r\n\r\n' answers:1 eof
	output_is "408 close" closed
	talk --brief "$PORT" 'send:POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n' \
		'slow:10:\*40{x}' answers:1 eof
	output_is "408 close" closed
	talk --brief "$PORT" 'send:POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n' \
		'slow:10:\*6{1\r\nx\r\n}0\r\n\r\n' answers:1 eof
	output_is "408 close" closed
}

@test "--request-timeout runs from the first octet of a request, not from the connection's" {
	start_server --request-timeout=1s
	talk --brief "$PORT" pause:900 "send:$HALF" pause:200 "send:$REST" answers:1
	output_is 200
}

@test "a send that makes no progress is ended after 30 s (here: 300 ms)" {
	body_file a 16
	be_impatient
	start_server --listen="$BATS_TEST_TMPDIR/s" --body-file="$BODY" --log=none
	scenario "$BATS_TEST_TMPDIR/s" "$SERVER_PID" <<-'END'
		descriptors = "/proc/%s/fd" % sys.argv[2]
		before = len(os.listdir(descriptors))
		start = time.monotonic()
		stuck = Client(sys.argv[1], GET)
		until(lambda: len(os.listdir(descriptors)) == before + 1, "it is accepted")
		until(lambda: len(os.listdir(descriptors)) == before, "it is closed")
		assert time.monotonic() - start >= 0.3
	END
	[ "$(sed -n 's/^#define SEND_STALL_MSEC //p' "$REPOSITORY/src/tunables.h")" = "(30u * 1000)" ]
}

@test "a send that makes progress, however slow, goes on" {
	body_file a 16
	be_impatient
	start_server --listen="$BATS_TEST_TMPDIR/s" --body-file="$BODY"
	scenario "$BATS_TEST_TMPDIR/s" <<-'END'
		slow = Client(sys.argv[1], GET)
		for _ in range(12):
		    time.sleep(0.1)
		    slow.receive()
		    while len(slow.got) % (1 << 18):
		        slow.receive((1 << 18) - len(slow.got) % (1 << 18))
		assert slow.answer()[1] == b"a" * (16 << 20)
	END
}

# --- sleep ---------------------------------------------------------------------

@test "an idle process makes no wake-ups, with and without clients, under every door" {
	local before pids=()
	skip_under_sanitizer "a sanitizer's own thread wakes up"
	start_server
	pids+=("$SERVER_PID")
	start_server --workers=4 --keepalive-timeout=1h
	pids+=("$SERVER_PID")
	open_clients "$PORT" 20
	start_server --keepalive-timeout=infinity
	pids+=("$SERVER_PID")
	open_clients "$PORT" 20
	start_activated -- --exit-idle-time=1h --workers=2
	pids+=("$SERVER_PID")
	open_clients "$SOCKET" 2
	start_activated
	pids+=("$SERVER_PID")
	talk --brief "$SOCKET" "send:$GET" answers:1
	start_manager
	start_server
	pids+=("$SERVER_PID")
	until_told STATUS=
	be_impatient
	start_server
	pids+=("$SERVER_PID")
	open_clients "$PORT" 2
	until_told 'STATUS=.*2 open, 2 in all; requests: 1$'
	wait_until is_asleep "${pids[@]}"
	before=$(wakeups "${pids[@]}")
	sleep 2
	run diff <(echo "$before") <(wakeups "${pids[@]}")
	# All at once: each gives those who never asked a second.
	kill -s TERM "${pids[@]}"
	[ "$status" -eq 0 ]
}

# --- signals and threads -----------------------------------------------------------

@test "SIGPIPE and SIGXFSZ are ignored, other signals keep their meaning" {
	local ended=0
	start_server
	kill -s PIPE "$SERVER_PID"
	kill -s XFSZ "$SERVER_PID"
	talk --brief "$PORT" "send:$GET" answers:1
	output_is 200
	kill -s USR1 "$SERVER_PID"
	wait_for_exit "$SERVER_PID" || ended=$?
	[ "$ended" -eq 138 ]
}

@test "--workers=N is the number of threads beside the main one, 1 by default" {
	skip_under_sanitizer "a sanitizer has a thread of its own"
	local HELLO_HTTP_FLAGS=
	start_server
	threads 2
	start_server --workers=1
	threads 2
	start_server --workers=4
	threads 5
}

@test "--workers=auto is the number of CPUs that the process may use" {
	local cpus
	skip_under_sanitizer "a sanitizer has a thread of its own"
	cpus=$(/usr/bin/python3 -IS -c 'import os; print(len(os.sched_getaffinity(0)))')
	start_server --workers=auto
	threads $((cpus + 1))
	cpus=$(/usr/bin/python3 -IS -c 'import os; print(min(os.sched_getaffinity(0)))')
	HELLO_HTTP_WRAPPER="taskset --cpu-list $cpus" start_server --workers=auto
	threads 2
	# Nor are there more than may have a client each.
	start_server --workers=auto --max-connections=1
	threads 2
}

@test "each of 4 workers serves, at every listener, also when all others hang" {
	local thread all
	needs_threads_apart
	start_server --listen=127.0.0.1:0 --listen="$BATS_TEST_TMPDIR/s" --workers=4
	all=$(workers 4)
	for thread in $all; do
		# shellcheck disable=SC2046
		hold $(grep -vx "$thread" <<<"$all")
		talk --brief "$PORT" "send:$GET" answers:1 open
		talk --brief "$BATS_TEST_TMPDIR/s" "send:$GET" answers:1 open
		release
	done
}

@test "READY=1 is not told behind STOPPING=1, when a reload is under way" {
	start_manager
	local round
	for round in {1..20}; do
		start_server --workers=16
		kill -s HUP "$SERVER_PID"
		stop_server
	done
	until_told STOPPING=1 20
	# Each server's first, and one for each reload: never two in a row.
	awk '/ (STOPPING|RELOADING)=1/ { is_due = 1 }
		/ READY=1/ { if (!is_due && NR > 1) exit 1; is_due = 0 }' "$TOLD"
}
