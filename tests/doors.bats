#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Every door that a socket comes through: systemd's, an inetd's standard input,
# addresses that the program binds itself; and the order in which they are
# tried.
#
# systemd is stood for by systemd-socket-activate, an inetd by openbsd-inetd.
# What neither of them passes (another kind of descriptor, another LISTEN_PID)
# is passed by PASS.

load helper

GET='send:GET / HTTP/1.1\r\nHost: x\r\n\r\n'
LAST='send:GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

# PASS SPEC... -- COMMAND...: becomes COMMAND, which is passed what the SPECs
# say from descriptor 3 on; `N=SPEC` puts it at descriptor N instead, `inetd=`
# at 0, 1 and 2. What listens says where, on standard error.
PASS=$(
	cat <<'END'
import fcntl, os, select, socket, sys

def listener(family, address, v6only=True):
    made = socket.socket(family)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    made.bind(address)
    made.listen(4096)
    name = made.getsockname()
    print(f"Listening on unix:{name}" if family == socket.AF_UNIX
          else f"Listening on http://{name[0]}:{name[1]}/", file=sys.stderr, flush=True)
    return made

def bound(kind):
    made = socket.socket(socket.AF_INET, kind)
    made.bind(("127.0.0.1", 0))
    return made

def make(kind, where):
    if kind == "tcp" or kind == "accept" and not where or kind == "gone" and not where:
        made = listener(socket.AF_INET, ("127.0.0.1", 0))
    elif kind in ("unix", "accept", "gone"):
        made = listener(socket.AF_UNIX, where)
    elif kind in ("tcp6", "dual"):
        made = listener(socket.AF_INET6, ("::" if kind == "dual" else "::1", 0), kind == "tcp6")
    elif kind == "datagram":
        made = bound(socket.SOCK_DGRAM)
    elif kind == "bound":
        made = bound(socket.SOCK_STREAM)
    elif kind == "alone":
        made = socket.socket(socket.AF_UNIX)
    elif kind == "seqpacket":
        made = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)[0]
    elif kind == "pipe":
        return os.pipe()[0]
    elif kind == "file":
        return os.open(where, os.O_RDWR)
    if kind in ("accept", "gone"):
        made = made.accept()[0]
    if kind == "gone":
        end = select.poll()
        end.register(made, 0)
        assert end.poll(10000)
    return made.detach()

def main(specs, command):
    places, n_passed = {}, 0
    for spec in specs:
        place, equals, what = spec.rpartition("=")
        kind, _, where = what.partition(":")
        if not equals:
            places[3 + n_passed] = kind, where
            n_passed += 1
        else:
            places[place] = kind, where
    made = {place: fcntl.fcntl(make(*what), fcntl.F_DUPFD_CLOEXEC, 1000)
            for place, what in places.items()}
    for place, fd in made.items():
        for number in (0, 1, 2) if place == "inetd" else (int(place),):
            os.dup2(fd, number)
    if n_passed:
        os.environ.update(LISTEN_FDS=str(n_passed), LISTEN_PID=str(os.getpid()))
    os.execvp(command[0], command)

at = sys.argv.index("--")
main(sys.argv[1:at], sys.argv[at + 1:])
END
)

# start_passed SPEC... -- COMMAND...: sets PORTS, those of what listens.
start_passed() {
	start_process /usr/bin/python3 -IS -c "$PASS" "$@"
	until_listening || return
	find_ports
}

# All ports that standard error tells, in their order.
find_ports() {
	mapfile -t PORTS < <(sed -En 's|^Listening on http://.*:([0-9]+)/$|\1|p' \
		"$SERVER_ERR")
	PORT=${PORTS[0]-}
}

setup() {
	local name
	# The program and the options that every server gets.
	# shellcheck disable=SC2206 # words are what is wanted
	PROGRAM=(${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" ${HELLO_HTTP_FLAGS-})
	INETD_PROGRAM="$(type -P env) env ${PROGRAM[*]}"
	SOCKET=$BATS_TEST_TMPDIR/socket
	# It clears the environment; what sanitizers are told stays.
	ACTIVATE=(systemd-socket-activate)
	for name in ASAN_OPTIONS LSAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS; do
		[ -z "${!name-}" ] || ACTIVATE+=(-E "$name")
	done
}

teardown() {
	local pid left=() exit_status=0
	# Only a test that fails in between leaves some: what an inetd started.
	for pid in "${!SERVERS[@]}"; do
		mapfile -t -O "${#left[@]}" left < <(children "$pid")
	done
	end_servers || exit_status=1
	for pid in "${left[@]}"; do
		kill -s KILL "$pid" 2>/dev/null || true
	done
	return "$exit_status"
}

# children PID: those that it has started and not reaped yet.
children() {
	tr ' ' '\n' 2>/dev/null <"/proc/$1/task/$1/children" || true
}

# serves ADDRESS...: a client of each is answered, and gets nothing else.
serves() {
	local address
	for address; do
		talk --brief "$address" "$GET" answers:1 "$LAST" answers:1 eof
		output_is 200 "200 close" closed
	done
}

# serves_twenty ADDRESS: so twenty clients, one after the other, then at once.
serves_twenty() {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		serves "$1"
	done
	for ((i = 0; i < 20; i++)); do
		"$BATS_TEST_DIRNAME/talk" --brief "$1" "$GET" answers:1 "$LAST" \
			answers:1 eof >"$BATS_TEST_TMPDIR/talk.$i" 2>&1 &
		pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		wait "${pids[i]}"
		output=$(<"$BATS_TEST_TMPDIR/talk.$i")
		output_is 200 "200 close" closed
	done
}

# ends STATUS: the last server ends by itself, with that status.
ends() {
	local exit_status=0
	wait_for_exit "$SERVER_PID" || exit_status=$?
	[ "$exit_status" -eq "$1" ] || {
		echo "status $exit_status instead of $1, standard error:"
		cat "$SERVER_ERR"
		return 1
	}
}

# errors_are LINE...: the last server has said these on standard error, beside
# where it or PASS listens and what systemd-socket-activate does.
errors_are() {
	output=$(grep -Ev '^(Listening on |Communication attempt |Execing )' \
		"$SERVER_ERR") || true
	if [ $# -eq 0 ]; then
		[ -z "$output" ] || {
			echo "$output"
			return 1
		}
	else
		output_is "$@"
	fi
}

# error_has PATTERN: so one line, which matches (ERE).
error_has() {
	local line
	line=$(grep -E -- "^hello-http: .*$1" "$SERVER_ERR") || {
		echo "no line has $1 in:"
		cat "$SERVER_ERR"
		return 1
	}
	errors_are "$line"
}

# Those that systemd-socket-activate --accept has started, as they ended.
have_died() {
	[ "$(grep -c "^Child .* died with code $2\$" "$SERVER_ERR")" -eq "$1" ]
}

# An activator or an inetd, which unlike the program may end by the signal.
stop_super_server() {
	local exit_status=0
	stop_server || exit_status=$?
	[ "$exit_status" -eq 0 ] || [ "$exit_status" -eq 143 ]
}

has_ipv6() {
	/usr/bin/python3 -IS -c 'import socket; socket.create_server(("::1", 0),
		family=socket.AF_INET6)' 2>/dev/null
}

needs_ipv6() {
	has_ipv6 || skip "this machine has no ::1"
}

# --- systemd's door ----------------------------------------------------------

@test "systemd: a listening AF_UNIX socket is served" {
	start_activated
	serves "$SOCKET" "$SOCKET"
	stop_server
	errors_are
}

@test "systemd: a listening IPv4 socket is served" {
	start_passed tcp -- "${ACTIVATE[@]}" "${PROGRAM[@]}"
	serves "$PORT" "$PORT"
	stop_server
}

@test "systemd: a listening IPv6 socket is served" {
	needs_ipv6
	start_passed tcp6 -- "${ACTIVATE[@]}" "${PROGRAM[@]}"
	serves "[::1]:$PORT" "[::1]:$PORT"
	stop_server
}

@test "systemd: many sockets are served by one process, whatever their families" {
	local specs=(tcp tcp "unix:$SOCKET" "unix:$SOCKET.2") addresses i
	has_ipv6 && specs+=(tcp6 tcp6)
	for ((i = 0; i < 20; i++)); do
		specs+=(tcp)
	done
	start_passed "${specs[@]}" -- "${ACTIVATE[@]}" "${PROGRAM[@]}"
	addresses=("${PORTS[@]}" "$SOCKET" "$SOCKET.2")
	! has_ipv6 || addresses=("${PORTS[@]:0:2}" "[::1]:${PORTS[2]}"
		"[::1]:${PORTS[3]}" "${PORTS[@]:4}" "$SOCKET" "$SOCKET.2")
	[ "${#addresses[@]}" -eq "${#specs[@]}" ]
	serves "${addresses[@]}"
	# Those that wait at different sockets are not in one another's way.
	serves "${addresses[@]}"
	stop_server
}

@test "systemd: a connected socket is served, each by a process of its own (--accept)" {
	start_activated --accept --
	serves "$SOCKET" "$SOCKET" "$SOCKET"
	wait_until have_died 3 0
	stop_super_server
	[ "$(grep -c '^hello-http:' "$SERVER_ERR")" -eq 0 ]
}

@test "systemd: a connected IPv4 socket is served (--accept)" {
	start_passed tcp -- "${ACTIVATE[@]}" --accept "${PROGRAM[@]}"
	serves "$PORT" "$PORT"
	wait_until have_died 2 0
	stop_super_server
}

@test "systemd: a connected IPv6 socket is served (--accept)" {
	needs_ipv6
	start_passed tcp6 -- "${ACTIVATE[@]}" --accept "${PROGRAM[@]}"
	serves "[::1]:$PORT" "[::1]:$PORT"
	wait_until have_died 2 0
	stop_super_server
}

@test "systemd: the process of a connected socket ends when its client has gone" {
	start_passed accept -- "${PROGRAM[@]}"
	talk --brief "$PORT" "$GET" answers:1 open "$GET" answers:1
	output_is 200 200
	ends 0
	errors_are
}

@test "systemd: deadlines hold for a connected socket, which arrives blocking" {
	start_passed accept -- "${PROGRAM[@]}" --request-timeout=100ms
	talk --brief "$PORT" 'send:GET / HT' answers:1 eof
	output_is "408 close" closed
	ends 0
}

@test "systemd: listening and connected sockets may come together" {
	start_passed "unix:$SOCKET" accept "unix:$SOCKET.2" -- "${PROGRAM[@]}"
	talk --brief "${PORTS[0]}" "$LAST" answers:1 eof
	output_is "200 close" closed
	serves "$SOCKET" "$SOCKET.2"
	stop_server
	errors_are
}

@test "systemd: a connected socket that takes no more, which arrives blocking, blocks no other" {
	local stalled
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_passed "unix:$SOCKET" accept -- "${PROGRAM[@]}" --workers=1 \
		--body-file="$BATS_TEST_TMPDIR/body"
	exec {stalled}<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >&"$stalled"
	# Its answer has begun.
	read -r -t "$PATIENCE" -n 1 -u "$stalled"
	serves "$SOCKET"
	exec {stalled}<&-
	stop_server
}

@test "systemd: sockets may have names, and need none" {
	start_passed tcp tcp -- "${ACTIVATE[@]}" --fdname=web:admin "${PROGRAM[@]}"
	serves "${PORTS[@]}"
	stop_server
	start_passed tcp tcp -- "${ACTIVATE[@]}" "${PROGRAM[@]}"
	serves "${PORTS[@]}"
	stop_server
}

@test "systemd: a passed datagram socket is an error that names descriptor and name" {
	start_passed tcp datagram tcp -- \
		env LISTEN_FDNAMES=web:discovery:admin "${PROGRAM[@]}"
	ends 1
	error_has ' 4 .*\bdiscovery\b'
}

@test "systemd: a passed datagram socket without a name is an error, too" {
	start_process /usr/bin/python3 -IS -c "$PASS" datagram -- "${PROGRAM[@]}"
	ends 1
	error_has '\b3\b'
}

@test "systemd: a passed file, pipe or seqpacket socket is an error that names it" {
	local kind
	echo content >"$BATS_TEST_TMPDIR/file"
	for kind in "file:$BATS_TEST_TMPDIR/file" pipe seqpacket; do
		start_passed tcp "$kind" -- env LISTEN_FDNAMES=web:odd "${PROGRAM[@]}"
		ends 1
		error_has '\b4\b.*\bodd\b'
	done
	[ "$(<"$BATS_TEST_TMPDIR/file")" = content ]
}

@test "systemd: systemd-socket-activate --datagram is refused as well" {
	start_activated --datagram --fdname=discovery --
	/usr/bin/python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", sys.argv[1])' "$SOCKET"
	ends 1
	error_has '\b3\b.*\bdiscovery\b'
}

@test "systemd: a descriptor that is not there is an error" {
	start_passed tcp -- env LISTEN_FDS=2 "${PROGRAM[@]}"
	ends 1
	error_has .
}

@test "systemd: LISTEN_FDS that counts nothing is an error" {
	local value
	for value in x -1 0 ''; do
		start_passed tcp -- env LISTEN_FDS="$value" "${PROGRAM[@]}"
		ends 1
		error_has .
	done
}

@test "systemd: an IPv4 socket that neither listens nor is connected is an error" {
	start_passed tcp bound -- env LISTEN_FDNAMES=web:odd "${PROGRAM[@]}"
	ends 1
	error_has '\b4\b.*\bodd\b'
}

@test "systemd: an AF_UNIX socket that neither listens nor is connected is an error" {
	start_passed tcp alone -- env LISTEN_FDNAMES=web:odd "${PROGRAM[@]}"
	ends 1
	error_has '\b4\b.*\bodd\b'
}

@test "systemd: a client that has reset before the program starts is no error" {
	start_passed gone -- "${PROGRAM[@]}"
	talk "$PORT" "$GET" rst
	ends 0
	errors_are
}

@test "systemd: a client that has closed before the program starts is no error" {
	start_passed "gone:$SOCKET" -- "${PROGRAM[@]}"
	talk "$SOCKET" "$GET"
	ends 0
	errors_are
}

@test "systemd: sockets for another process are ignored (LISTEN_PID)" {
	start_passed "unix:$SOCKET" -- env LISTEN_PID=1 "${PROGRAM[@]}" \
		--listen=127.0.0.1:0
	wait_for_line '^Listening on http:' "$SERVER_ERR"
	find_ports
	serves "$PORT"
	talk "$SOCKET" "$GET" quiet
	stop_server
	errors_are
}

@test "systemd: LISTEN_FDS without LISTEN_PID is ignored, and so is the reverse" {
	local name
	for name in LISTEN_PID LISTEN_FDS; do
		start_passed "unix:$SOCKET" -- env -u "$name" "${PROGRAM[@]}" \
			--listen=127.0.0.1:0
		wait_for_line '^Listening on http:' "$SERVER_ERR"
		find_ports
		serves "$PORT"
		stop_server
		rm "$SOCKET"
	done
}

# A library that asks later must not take the same descriptors again.
@test "systemd: LISTEN_* is taken out of the environment" {
	skip_under_sanitizer "it must be loaded first"
	make_library <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		int sd_notify(int unset_environment, const char *state);
		int sd_notify(int unset_environment, const char *state)
		{
			(void)unset_environment;
			fprintf(stderr, "%s: %d %d %d\n", state, !!getenv("LISTEN_FDS"),
				!!getenv("LISTEN_PID"), !!getenv("LISTEN_FDNAMES"));
			return 0;
		}
	END
	# shellcheck disable=SC2086 # several words
	start_passed tcp -- env LISTEN_FDNAMES=web \
		LD_PRELOAD="$LIBRARY" "$HELLO_HTTP" ${HELLO_HTTP_FLAGS-}
	wait_for_line '^READY=1: 0 0 0$' "$SERVER_ERR"
	stop_server
}

@test "systemd: with a passed socket --listen is not used, and a notice says so" {
	start_passed tcp -- "${PROGRAM[@]}" --listen="$SOCKET"
	serves "$PORT"
	[ ! -e "$SOCKET" ]
	error_has '--listen'
	stop_server
}

@test "systemd: without --listen there is no notice" {
	start_passed tcp -- "${PROGRAM[@]}"
	serves "$PORT"
	stop_server
	errors_are
}

@test "the order of doors: systemd's, then --inetd, then --listen" {
	start_passed "unix:$SOCKET.systemd" "0=unix:$SOCKET.inetd" -- \
		"${PROGRAM[@]}" --inetd --listen="$SOCKET.own"
	serves "$SOCKET.systemd"
	talk "$SOCKET.inetd" "$GET" quiet
	[ ! -e "$SOCKET.own" ]
	error_has '--listen'
	stop_server

	rm "$SOCKET.inetd"
	start_passed "0=unix:$SOCKET.inetd" -- \
		"${PROGRAM[@]}" --inetd --listen="$SOCKET.own"
	serves "$SOCKET.inetd"
	[ ! -e "$SOCKET.own" ]
	error_has '--listen'
	stop_server
}

@test "a socket on standard input without --inetd is left alone" {
	start_passed "0=unix:$SOCKET" -- "${PROGRAM[@]}" --listen=127.0.0.1:0
	wait_for_line '^Listening on http:' "$SERVER_ERR"
	find_ports
	serves "$PORT"
	talk "$SOCKET" "$GET" quiet
	stop_server
}

@test "a passed AF_UNIX path is never unlinked" {
	start_passed "unix:$SOCKET" "unix:$SOCKET.2" -- "${PROGRAM[@]}"
	serves "$SOCKET"
	stop_server
	[ -S "$SOCKET" ]
	[ -S "$SOCKET.2" ]

	start_passed "0=unix:$SOCKET.3" -- "${PROGRAM[@]}" --inetd
	serves "$SOCKET.3"
	stop_server INT
	[ -S "$SOCKET.3" ]

	start_passed "unix:$SOCKET.4" -- "${PROGRAM[@]}" --exit-idle-time=1ms
	ends 0
	[ -S "$SOCKET.4" ]
}

# KEEP tcp|PATH COMMAND...: holds a listener and starts COMMAND with it several
# times; tells how clients fare and how each process ends.
KEEP=$(
	cat <<'END'
import concurrent.futures, fcntl, os, signal, socket, sys
TIMEOUT = float(os.environ["TALK_TIMEOUT"])

made = socket.socket(socket.AF_INET if sys.argv[1] == "tcp" else socket.AF_UNIX)
made.bind(("127.0.0.1", 0) if sys.argv[1] == "tcp" else sys.argv[1])
made.listen(100)
listener = fcntl.fcntl(made.detach(), fcntl.F_DUPFD_CLOEXEC, 100)
made = socket.socket(fileno=listener)

def start():
    pid = os.fork()
    if pid == 0:
        os.dup2(listener, 3)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        os.execvp(sys.argv[2], sys.argv[2:])
    return pid

def end(pid):
    signal.alarm(int(TIMEOUT))
    status = os.waitpid(pid, 0)[1]
    signal.alarm(0)
    return f"ended with {os.waitstatus_to_exitcode(status)}"

def stop(pid):
    os.kill(pid, signal.SIGTERM)
    return end(pid)

def client():
    peer = socket.socket(made.family)
    peer.settimeout(TIMEOUT)
    peer.connect(made.getsockname())
    peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return peer

def answer(peer):
    got = b""
    try:
        while chunk := peer.recv(4096):
            got += chunk
    except OSError as error:
        return f"{type(error).__name__} after {got!r}"
    finally:
        peer.close()
    return "answered" if got.startswith(b"HTTP/1.1 200 OK\r\n") and got.endswith(
        b"<h1>Hello World</h1>") else f"got {got!r}"

pid = start()
print(answer(client()), stop(pid))

# It came while nobody was there.
late = [client() for _ in range(10)]
pid = start()
print(*{answer(peer) for peer in late}, answer(client()))

# It came at the very moment of the end: answered by this one or by the next.
os.kill(pid, signal.SIGSTOP)
os.waitpid(pid, os.WUNTRACED)
queued = [client() for _ in range(50)]
os.kill(pid, signal.SIGTERM)
os.kill(pid, signal.SIGCONT)
with concurrent.futures.ThreadPoolExecutor(50) as threads:
    answers = threads.map(answer, queued)
    print(end(pid))
    pid = start()
    print(*set(answers), answer(client()), stop(pid))
END
)

@test "a passed listener is never shut down: who waits there is served by the next process" {
	local address
	for address in tcp "$SOCKET"; do
		succeeds timeout $((3 * PATIENCE)) /usr/bin/python3 -IS -c "$KEEP" "$address" \
			"${PROGRAM[@]}"
		output_is "answered ended with 0" "answered answered" \
			"ended with 0" "answered answered ended with 0"
	done
}

# With accept(2) that waits, the second of two workers that are woken for one
# client would never end.
@test "a passed blocking listener never blocks a worker" {
	local i flags
	start_passed tcp -- "${PROGRAM[@]}" --workers=2 --drain-timeout=infinity
	for ((i = 0; i < 10; i++)); do
		talk --brief "$PORT" "$GET" answers:1 rst
		output_is 200
	done
	flags=$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$SERVER_PID/fdinfo/3")
	((flags & 04000))
	stop_server
}

@test "a client of IPv4 at a socket for both is logged as one" {
	needs_ipv6
	start_passed dual -- "${PROGRAM[@]}" --log=data
	talk "$PORT" "$LAST" answers:1 eof
	wait_for_line '^127\.0\.0\.1 - - \[' "$SERVER_OUT"
	wait_for_line '^127\.0\.0\.1:[0-9]+ "GET ' "$SERVER_OUT"
	talk "[::1]:$PORT" "$LAST" answers:1 eof
	wait_for_line '^::1 - - \[' "$SERVER_OUT"
	wait_for_line '^\[::1\]:[0-9]+ "GET ' "$SERVER_OUT"
	stop_server
}

# --- an inetd's door ---------------------------------------------------------

@test "inetd: a connected socket on standard input is served (nowait)" {
	start_passed tcp -- "${ACTIVATE[@]}" --inetd --accept "${PROGRAM[@]}" --inetd
	serves "$PORT" "$PORT"
	wait_until have_died 2 0
	stop_super_server
}

@test "inetd: -i is --inetd" {
	start_activated --inetd --accept -- -i
	serves "$SOCKET" "$SOCKET"
	wait_until have_died 2 0
	stop_super_server
}

@test "inetd: a connected IPv6 socket on standard input is served (nowait)" {
	needs_ipv6
	start_passed tcp6 -- "${ACTIVATE[@]}" --inetd --accept "${PROGRAM[@]}" --inetd
	serves "[::1]:$PORT"
	wait_until have_died 1 0
	stop_super_server
}

@test "inetd: the listener on standard input is served (wait)" {
	start_passed tcp -- "${ACTIVATE[@]}" --inetd "${PROGRAM[@]}" --inetd
	serves "$PORT" "$PORT"
	stop_server

	start_activated --inetd -- --inetd --exit-idle-time=10ms
	serves "$SOCKET"
	ends 0
}

@test "inetd: a blocking listener on standard input never blocks a worker" {
	local flags
	start_passed 0=tcp -- "${PROGRAM[@]}" --inetd --workers=2 \
		--drain-timeout=infinity
	serves "$PORT" "$PORT"
	flags=$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$SERVER_PID/fdinfo/0")
	((flags & 04000))
	stop_server
}

@test "inetd: nothing but the answer goes to the client, whatever is logged (nowait)" {
	local option
	for option in --log=requests --log=data --listen=127.0.0.1:0; do
		start_passed inetd=accept -- "${PROGRAM[@]}" --inetd "$option"
		talk "$PORT" "$LAST" answers:1 eof
		[ "$(grep -Evc '^(Date|Content-Type|Content-Length): ' <<<"$output")" -eq 5 ]
		output_has "HTTP/1.1 200 OK"
		output_has "Connection: close"
		output_has "<h1>Hello World</h1>"
		output_has closed
		ends 0
	done
}

@test "inetd: a misuse is not told to the client (nowait)" {
	local option
	for option in --nope --status=999 --listen=x --workers=0 surprise; do
		start_passed inetd=accept -- "${PROGRAM[@]}" --inetd "$option"
		talk "$PORT" eof
		output_is closed
		ends 2
	done
	for option in --body-file=/no/such/file --body-file=/; do
		start_passed inetd=accept -- "${PROGRAM[@]}" --inetd "$option"
		talk "$PORT" eof
		output_is closed
		ends 1
	done
}

@test "inetd: clients of a listener on all standard descriptors get answers only (wait)" {
	start_passed inetd=tcp -- "${PROGRAM[@]}" --inetd --log=data \
		--listen=127.0.0.1:0
	serves "$PORT" "$PORT" "$PORT"
	stop_server
}

@test "inetd: a datagram socket on standard input is an error" {
	start_process /usr/bin/python3 -IS -c "$PASS" 0=datagram -- "${PROGRAM[@]}" --inetd
	ends 2
	error_has '--inetd'
}

@test "inetd: a socket on standard input that neither listens nor is connected is an error" {
	start_process /usr/bin/python3 -IS -c "$PASS" 0=bound -- "${PROGRAM[@]}" --inetd
	ends 1
	error_has '\b(0|stdin|[Ss]tandard input)\b'
}

# start_inetd LINE...: the real one, with these lines; in them INETD_PROGRAM is
# the program. As root it writes /run/inetd.pid, for which it gets a /run of its
# own where that can be had.
start_inetd() {
	local inetd alone=()
	inetd=$(PATH=$PATH:/usr/sbin:/sbin command -v inetd) || skip "needs inetd"
	if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
		alone=(unshare --mount
			sh -c "mount -t tmpfs none /run && exec \"\$@\"" sh)
	fi
	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/inetd.conf"
	# -E: keeps what sanitizers are told, -R: so many clients a minute.
	start_process "${alone[@]}" "$inetd" -i -E -R 10000 \
		"$BATS_TEST_TMPDIR/inetd.conf"
}

# Ports of inetd.conf are fixed, so one is found that nobody has just now.
free_port() {
	/usr/bin/python3 -IS -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

accepts() {
	! is_gone "$SERVER_PID" && "$BATS_TEST_DIRNAME/talk" "$1" 2>/dev/null
}

has_no_children() {
	[ -z "$(children "$SERVER_PID")" ]
}

@test "openbsd-inetd: a nowait line serves 20 clients, and 20 at once" {
	local port
	port=$(free_port)
	start_inetd "127.0.0.1:$port stream tcp nowait $(id -un) $INETD_PROGRAM --inetd --log=requests" \
		"$SOCKET stream unix nowait $(id -un) $INETD_PROGRAM --inetd"
	wait_until accepts "$port"
	wait_until accepts "$SOCKET"
	serves_twenty "$port"
	serves "$SOCKET"
	wait_until has_no_children
	stop_super_server
}

@test "openbsd-inetd: a wait line serves 20 clients, and 20 at once, by one process" {
	local port first second
	port=$(free_port)
	start_inetd "127.0.0.1:$port stream tcp wait $(id -un) $INETD_PROGRAM --inetd --log=requests --exit-idle-time=2s"
	wait_until accepts "$port"
	serves_twenty "$port"
	first=$(children "$SERVER_PID")
	[ "$(wc -w <<<"$first")" -eq 1 ]
	# After its idle exit the next client has another one started.
	wait_until has_no_children
	serves "$port"
	second=$(children "$SERVER_PID")
	[ "$(wc -w <<<"$second")" -eq 1 ]
	[ "$second" != "$first" ]
	wait_until has_no_children
	stop_super_server
}

@test "openbsd-inetd: a line with a bad option sends its clients nothing" {
	start_inetd "$SOCKET stream unix nowait $(id -un) $INETD_PROGRAM --inetd --nope"
	wait_until accepts "$SOCKET"
	talk "$SOCKET" eof
	output_is closed
	wait_until has_no_children
	stop_super_server
}

# --- own sockets -------------------------------------------------------------

# listens ADDRESS...: the last server says that it listens there and nowhere
# else; ADDRESS is an ERE.
listens() {
	local address
	for address; do
		wait_for_line "^Listening on $address\$" "$SERVER_ERR"
	done
	[ "$(grep -c '^Listening on ' "$SERVER_ERR")" -eq $# ]
	find_ports
}

# start_failing ARGS...: a server that does not get to listen.
start_failing() {
	start_process "${PROGRAM[@]}" "$@"
	ends 1
	[ ! -s "$SERVER_OUT" ]
}

@test "own: the default is 127.0.0.1:8000" {
	# Tests of other files, which run at the same time, want it too.
	exec {lock}<"$BATS_TEST_DIRNAME/helper.bash"
	flock --timeout "$PATIENCE" "$lock"
	/usr/bin/python3 -IS -c 'import socket
socket.create_server(("127.0.0.1", 8000))' || skip "127.0.0.1:8000 is taken"
	start_process "${PROGRAM[@]}"
	listens http://127\.0\.0\.1:8000/
	serves 8000
	stop_server
	exec {lock}<&-
}

@test "own: --listen=HOST:PORT" {
	local port attempt
	# The port is free when it is looked for, and most likely a moment later.
	for attempt in 1 2 3; do
		port=$(free_port)
		start_process "${PROGRAM[@]}" --listen="127.0.0.1:$port"
		until_listening && break
	done
	listens "http://127\.0\.0\.1:$port/"
	serves "$port"
	stop_server
}

@test "own: with port 0 the start-up line says which one was picked" {
	start_server --listen=127.0.0.1:0
	listens 'http://127\.0\.0\.1:[1-9][0-9]*/'
	serves "$PORT"
	stop_server
}

@test "own: -l is --listen" {
	start_server -l 127.0.0.1:0
	listens 'http://127\.0\.0\.1:[1-9][0-9]*/'
	serves "$PORT"
	stop_server
}

@test "own: --listen=[IPV6]:PORT" {
	needs_ipv6
	start_server "--listen=[::1]:0"
	listens 'http://\[::1\]:[1-9][0-9]*/'
	serves "[::1]:$PORT"
	stop_server
}

@test "own: --listen=PORT means 127.0.0.1" {
	start_server --listen=0
	listens 'http://127\.0\.0\.1:[1-9][0-9]*/'
	serves "$PORT"
	run -1 "$BATS_TEST_DIRNAME/talk" "127.0.0.2:$PORT"
	stop_server
}

@test "own: --listen=:PORT means all addresses, of both families" {
	start_server --listen=:0
	if has_ipv6; then
		listens 'http://0\.0\.0\.0:[1-9][0-9]*/' 'http://\[::\]:[1-9][0-9]*/'
		[ "${PORTS[0]}" -eq "${PORTS[1]}" ]
		serves "[::1]:$PORT"
	else
		listens 'http://0\.0\.0\.0:[1-9][0-9]*/'
	fi
	serves "127.0.0.1:$PORT" "127.0.0.2:$PORT"
	stop_server
}

@test "own: a name binds each address that it stands for" {
	local hosts=$BATS_TEST_TMPDIR/hosts addresses=() wanted=() address own=()
	# localhost has both, where the machine's own file can be stood in for.
	printf '%s\n' '127.0.0.1 localhost' '127.0.0.9 localhost' >"$hosts"
	! has_ipv6 || echo '::1 localhost' >>"$hosts"
	if unshare --map-root-user --mount mount --bind "$hosts" /etc/hosts \
		2>/dev/null; then
		own=(unshare --map-root-user --mount
			sh -c "mount --bind '$hosts' /etc/hosts && exec \"\$@\"" sh)
	fi
	[ ${#own[@]} -gt 0 ] || need_localhost
	mapfile -t addresses < <("${own[@]}" getent ahosts localhost |
		cut -d ' ' -f 1 | sort -u)
	for address in "${addresses[@]}"; do
		[[ $address != *:* ]] || address="[$address]"
		[[ $address == *:* ]] && ! has_ipv6 || wanted+=("$address")
	done
	start_process "${own[@]}" "${PROGRAM[@]}" --listen=localhost:0
	until_listening
	for address in "${wanted[@]}"; do
		wait_until grep -Fq "Listening on http://$address:" "$SERVER_ERR"
	done
	[ "$(grep -c '^Listening on ' "$SERVER_ERR")" -eq "${#wanted[@]}" ]
	find_ports
	for address in "${wanted[@]}"; do
		serves "$address:$PORT"
	done
	stop_server
}

@test "own: --listen=/PATH and --listen=unix:/PATH" {
	local form
	for form in "$SOCKET" "unix:$SOCKET"; do
		start_server --listen="$form"
		listens "unix:$SOCKET"
		[ -S "$SOCKET" ]
		serves "$SOCKET"
		stop_server
		[ ! -e "$SOCKET" ]
	done
}

@test "own: a path may be as long as a socket's can be, 107 octets" {
	local path=$BATS_TEST_TMPDIR/
	[ "${#path}" -lt 107 ] || skip "the directory for temporary files has too long a name"
	while [ "${#path}" -lt 107 ]; do
		path+=x
	done
	start_server --listen="$path"
	listens "unix:$path"
	serves "$path"
	stop_server
	[ ! -e "$path" ]
	start_process "${PROGRAM[@]}" --listen="${path}x"
	ends 2
	error_has "${path}x.*107"
	[ ! -e "$path" ]
	[ ! -e "${path}x" ]
}

@test "own: --listen several times binds each" {
	start_server --listen=127.0.0.1:0 --listen="$SOCKET" -l 127.0.0.2:0 \
		-l "unix:$SOCKET.2"
	listens 'http://127\.0\.0\.1:[1-9][0-9]*/' "unix:$SOCKET" \
		'http://127\.0\.0\.2:[1-9][0-9]*/' "unix:$SOCKET.2"
	serves "${PORTS[0]}" "$SOCKET" "127.0.0.2:${PORTS[1]}" "$SOCKET.2"
	stop_server
	[ ! -e "$SOCKET" ]
	[ ! -e "$SOCKET.2" ]
}

@test "own: an address can be bound again at once after the end" {
	start_server
	serves "$PORT" "$PORT"
	stop_server
	start_process "${PROGRAM[@]}" --listen="127.0.0.1:$PORT"
	listens "http://127\.0\.0\.1:$PORT/"
	serves "$PORT"
	stop_server
}

# make_stale PATH [KIND]: a socket that nobody listens at any more.
make_stale() {
	/usr/bin/python3 -IS -c 'import socket, sys
made = socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[2]))
made.bind(sys.argv[1])' "$1" "${2:-SOCK_STREAM}"
	[ -S "$1" ]
}

@test "own: a stale AF_UNIX socket is replaced" {
	make_stale "$SOCKET"
	start_server --listen="$SOCKET"
	serves "$SOCKET"
	stop_server
	[ ! -e "$SOCKET" ]
}

@test "own: the AF_UNIX socket that a killed server left is replaced" {
	start_server --listen="$SOCKET"
	stop_server KILL || [ $? -eq 137 ]
	[ -S "$SOCKET" ]
	start_server --listen="$SOCKET"
	serves "$SOCKET"
	stop_server
}

@test "own: a live AF_UNIX socket is refused and left alone" {
	start_server --listen="$SOCKET"
	start_failing --listen="$SOCKET"
	error_has "$SOCKET"
	serves "$SOCKET"
}

@test "own: a live AF_UNIX socket with a full queue is refused and left alone" {
	start_process /usr/bin/python3 -IS -c 'import signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
made = socket.socket(socket.AF_UNIX)
made.bind(sys.argv[1])
made.listen(0)
one = socket.socket(socket.AF_UNIX)
one.connect(sys.argv[1])
print("Listening on", sys.argv[1], file=sys.stderr, flush=True)
signal.sigwait([signal.SIGTERM])' "$SOCKET"
	until_listening
	start_failing --listen="$SOCKET"
	error_has "$SOCKET"
	[ -S "$SOCKET" ]
}

@test "own: whatever else is in the way of a path is refused and left alone" {
	local before
	cd "$BATS_TEST_TMPDIR"
	mkdir ways
	echo content >ways/file
	mkdir ways/directory
	mkfifo ways/fifo
	make_stale "$PWD/stale"
	ln -s ../stale ways/link-to-a-socket
	ln -s file ways/link
	ln -s nowhere ways/dangling-link
	before=$(ls -lR ways)
	for way in ways/*; do
		start_failing --listen="$PWD/$way"
		error_has "$PWD/$way"
	done
	[ "$(ls -lR ways)" = "$before" ]
	[ "$(<ways/file)" = content ]
	[ -S stale ]
	[ ! -e ways/nowhere ]
}

@test "own: a path in a directory that is not there is an error" {
	start_failing --listen="$SOCKET/none"
	error_has "$SOCKET/none"
}

@test "own: the path is unlinked at the end, whichever way that comes" {
	local signal
	for signal in TERM INT; do
		start_server --listen="$SOCKET"
		stop_server $signal
		[ ! -e "$SOCKET" ]
	done
	# The second signal, with a client that still has not sent all.
	start_server --listen="$SOCKET" --drain-timeout=infinity \
		--request-timeout=infinity
	talk --brief "$SOCKET" "$GET" answers:1 'send:GET ' \
		"signal:TERM:$SERVER_PID" refused "signal:TERM:$SERVER_PID" eof
	ends 0
	[ ! -e "$SOCKET" ]
}

@test "own: a path where another server's socket is meanwhile is not unlinked" {
	local first
	start_server --listen="$SOCKET"
	first=$SERVER_PID
	rm "$SOCKET"
	start_server --listen="$SOCKET"
	kill -s TERM "$first"
	wait_for_exit "$first"
	[ -S "$SOCKET" ]
	serves "$SOCKET"
	stop_server
	[ ! -e "$SOCKET" ]
}

@test "own: a path that is gone at the end is no error" {
	start_server --listen="$SOCKET"
	rm "$SOCKET"
	stop_server
	errors_are
}

@test "own: when one --listen fails, nothing of those before it is left behind" {
	start_server
	start_failing --listen="$SOCKET" --listen="$SOCKET.2" --listen="127.0.0.1:$PORT"
	error_has "127\.0\.0\.1:$PORT"
	[ ! -e "$SOCKET" ]
	[ ! -e "$SOCKET.2" ]
	serves "$PORT"
}

@test "own: when the same path is listened at twice, the second is refused" {
	start_failing --listen="$SOCKET" --listen="$SOCKET"
	error_has "$SOCKET"
	[ ! -e "$SOCKET" ]
}

# --- standard descriptors ----------------------------------------------------

# Neither a log nor a message may go to whatever has got number 0, 1 or 2.
@test "closed standard descriptors do not become sockets that a log is written to" {
	# shellcheck disable=SC2016 # expanded by sh
	start_process sh -c 'exec "$@" <&- >&- 2>&-' sh "${PROGRAM[@]}" \
		--listen="$SOCKET" --log=data
	wait_until accepts "$SOCKET"
	serves "$SOCKET" "$SOCKET" "$SOCKET"
	kill -s HUP "$SERVER_PID"
	serves "$SOCKET"
	for fd in 0 1 2; do
		[ "$(readlink "/proc/$SERVER_PID/fd/$fd")" = /dev/null ]
	done
	stop_server
	[ ! -e "$SOCKET" ]
}

@test "closed standard descriptors do not become sockets where sockets are passed" {
	local spec
	for spec in tcp accept; do
		# shellcheck disable=SC2016 # expanded by sh
		start_passed "$spec" -- sh -c 'exec "$@" <&- >&- 2>&-' sh \
			"${PROGRAM[@]}" --log=data --listen=127.0.0.1:0
		serves "$PORT"
		[ "$spec" = accept ] || {
			serves "$PORT"
			stop_server
		}
	done
	ends 0
}

@test "one closed standard descriptor, whichever, is no trouble" {
	local fd
	for fd in 0 1 2; do
		# shellcheck disable=SC2016 # expanded by sh
		start_process bash -c "exec \"\$@\" $fd<&-" bash "${PROGRAM[@]}" \
			--listen="$SOCKET" --log=data
		wait_until accepts "$SOCKET"
		serves "$SOCKET" "$SOCKET"
		[ "$(readlink "/proc/$SERVER_PID/fd/$fd")" = /dev/null ]
		stop_server
	done
}

@test "systemd: a passed connection that its passer holds too is let go of at its end" {
	cat >"$BATS_TEST_TMPDIR/passer.py" <<-'END'
		import atexit, os, socket, subprocess, sys
		listening = socket.create_server(("127.0.0.1", 0))
		door = socket.create_server(("127.0.0.1", 0))
		client = socket.create_connection(door.getsockname(), timeout=10)
		held = door.accept()[0]
		def put():
		    first, second = (os.dup2(s.fileno(), 1000 + i) for i, s in enumerate((listening, held)))
		    os.dup2(first, 3), os.dup2(second, 4)
		    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
		server = subprocess.Popen(sys.argv[1:], preexec_fn=put, pass_fds=(3, 4))
		atexit.register(server.kill)
		client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		while client.recv(4096):
		    pass
		client.close()
		# Its entry in epoll would show itself in one of these rounds.
		for _ in range(50):
		    other = socket.create_connection(listening.getsockname(), timeout=10)
		    other.sendall(b"GET / HTTP/1.0\r\n\r\n")
		    assert other.recv(4096).startswith(b"HTTP/1.1 200 OK")
		    other.close()
		server.terminate()
		sys.exit(server.wait(10))
	END
	succeeds /usr/bin/python3 -IS "$BATS_TEST_TMPDIR/passer.py" "${PROGRAM[@]}"
}
