#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The server of the tutorial that this program replaces bound 127.0.0.1:8000,
# took one client at a time, received 1,024 octets until a chunk was shorter
# than that, printed them, and sent a status line, a Content-Type and a body.
#
# First what keeps its place, then its faults, one test each.

load helper

GET='send:GET / HTTP/1.1\r\nHost: x\r\n\r\n'
LAST='send:GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

# Clients that one connection at a time cannot be.
CLIENTS=$(
	cat <<'END'
import os, select, socket, struct, subprocess, sys, time
TIMEOUT = float(os.environ["TALK_TIMEOUT"])
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
BODY = b"<h1>Hello World</h1>"

def connect(address):
    if address.startswith("/"):
        peer = socket.socket(socket.AF_UNIX)
        peer.settimeout(TIMEOUT)
        peer.connect(address)
    else:
        peer = socket.create_connection(("127.0.0.1", int(address)), TIMEOUT)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer

def is_answered(peer, got=b""):
    while not got.endswith(BODY):
        chunk = peer.recv(4096)
        assert chunk, f"closed after {got!r}"
        got += chunk
    return got.startswith(b"HTTP/1.1 200 OK\r\n") and got.count(BODY) == 1

def hold(address, count, octets, *command):
    """That many clients send so much of a request while COMMAND runs, and then
    the rest; the command's and their answers are the outcome."""
    sent = int(octets)
    peers = [connect(address) for _ in range(int(count))]
    for peer in peers:
        peer.sendall(REQUEST[:sent])
    status = subprocess.run(command).returncode
    if status:
        sys.exit(status)
    for peer in peers:
        peer.sendall(REQUEST[sent:])
    print([is_answered(peer) for peer in peers].count(True), "held clients answered")

def stall(address, count, *command):
    """That many clients do not read their answers while COMMAND runs."""
    peers = [connect(address) for _ in range(int(count))]
    for peer in peers:
        peer.sendall(REQUEST)
        assert select.select([peer], [], [], TIMEOUT)[0]
    status = subprocess.run(command).returncode
    if status:
        sys.exit(status)
    for peer in peers:
        head, _, content = peer.recv(4096).partition(b"\r\n\r\n")
        left = int(head.partition(b"Content-Length: ")[2].split()[0]) - len(content)
        while left:
            chunk = peer.recv(1 << 20)
            assert chunk, f"closed {left} octets before the end"
            left -= len(chunk)
    print(len(peers), "stalled clients answered")

def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()

def vanish(address, count, manner):
    """Break a connection in this manner, that many times."""
    for _ in range(int(count)):
        peer = connect(address)
        if manner == "reset-before":
            reset(peer)
        elif manner == "close-before":
            peer.close()
        elif manner == "reset-inside":
            peer.sendall(REQUEST[:10])
            reset(peer)
        elif manner == "close-inside":
            peer.sendall(REQUEST[:10])
            peer.close()
        elif manner == "reset-content":
            peer.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
            reset(peer)
        elif manner == "reset-behind":
            peer.sendall(REQUEST)
            reset(peer)
        elif manner == "close-behind":
            # What the server sends meets a closed socket, and a reset comes.
            peer.sendall(REQUEST * 100)
            peer.close()
        elif manner == "reset-answered":
            peer.sendall(REQUEST)
            assert is_answered(peer)
            reset(peer)
        elif manner == "reset-download":
            peer.sendall(REQUEST)
            assert peer.recv(1000)
            reset(peer)
        elif manner == "close-download":
            peer.sendall(REQUEST)
            assert peer.recv(1000)
            peer.close()
        else:
            sys.exit("unknown manner")

def crowd(address, count, dripped):
    """That many clients at once, while one sends its request octet by octet;
    it sends the last one when all of them have been answered."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * int(dripped) + b"\r\n\r\n"
    drip = connect(address)
    drip.sendall(request[:1])
    at = 1
    peers = {}
    for _ in range(int(count)):
        peer = connect(address)
        peers[peer.fileno()] = peer, b""
    for peer, _ in peers.values():
        peer.sendall(REQUEST)
    answered, deadline = 0, time.monotonic() + TIMEOUT
    while peers:
        assert time.monotonic() < deadline, f"{len(peers)} have no answer"
        if at < len(request) - 1:
            drip.sendall(request[at:at + 1])
            at += 1
        assert not select.select([drip], [], [], 0)[0], "half a request is answered"
        for fd in select.select(list(peers), [], [], 0.01)[0]:
            peer, got = peers[fd]
            chunk = peer.recv(4096)
            assert chunk, f"closed after {got!r}"
            peers[fd] = peer, got + chunk
            if BODY in got + chunk:
                assert is_answered(peer, got + chunk)
                del peers[fd]
                answered += 1
    print(answered, "answered while one drips")
    drip.sendall(request[at:])
    print("the dripping one is answered:", is_answered(drip))

{"hold": hold, "stall": stall, "vanish": vanish, "crowd": crowd}[sys.argv[1]](*sys.argv[2:])
END
)

clients() {
	succeeds /usr/bin/python3 -IS -c "$CLIENTS" "$@"
}

# still_serves: the same process as before, which has said nothing of it.
still_serves() {
	talk --brief "$PORT" "$GET" answers:1
	output_is 200
	kill -s 0 "$SERVER_PID"
	[ "$(grep -vc '^Listening on ' "$SERVER_ERR")" -eq 0 ]
}

# --- what keeps its place ----------------------------------------------------

@test "the address is 127.0.0.1:8000" {
	# Tests of other files, which run at the same time, want it too.
	exec {lock}<"$BATS_TEST_DIRNAME/helper.bash"
	flock --timeout "$PATIENCE" "$lock"
	/usr/bin/python3 -IS -c 'import socket
socket.create_server(("127.0.0.1", 8000))' || skip "127.0.0.1:8000 is taken"
	# shellcheck disable=SC2086 # words are what is wanted
	start_process ${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" ${HELLO_HTTP_FLAGS-}
	until_listening
	succeeds curl -sS http://127.0.0.1:8000/
	output_is '<h1>Hello World</h1>'
	stop_server
	exec {lock}<&-
}

@test "the status line is HTTP/1.1 200 OK" {
	start_server
	succeeds curl -sS -D - -o /dev/null "http://127.0.0.1:$PORT/"
	[ "${lines[0]}" = $'HTTP/1.1 200 OK\r' ]
}

@test "the Content-Type is text/html" {
	start_server
	succeeds curl -sS -D - -o /dev/null "http://127.0.0.1:$PORT/"
	output_has $'Content-Type: text/html\r' 1
}

@test "the body is <h1>Hello World</h1>, to the octet" {
	start_server
	curl -sS -o "$BATS_TEST_TMPDIR/body" "http://127.0.0.1:$PORT/"
	printf '<h1>Hello World</h1>' | cmp - "$BATS_TEST_TMPDIR/body"
}

@test "what the client sent is printed (--log=data)" {
	start_server --log=data
	talk --brief "$PORT" "$GET" answers:1 \
		'send:POST /a?b HTTP/1.1\r\nHost: x\r\nX: "y\\z"\r\nContent-Length: 4\r\n\r\n\t\xff\0\x1b' \
		answers:1
	wait_for_line '^127\.0\.0\.1:[0-9]+ "GET / HTTP/1\.1\\r\\nHost: x\\r\\n\\r\\n"$' \
		"$SERVER_OUT"
	wait_for_line '^127\.0\.0\.1:[0-9]+ "POST /a\?b HTTP/1\.1\\r\\nHost: x\\r\\nX: \\"y\\\\z\\"\\r\\nContent-Length: 4\\r\\n\\r\\n\\t\\xff\\x00\\x1b"$' \
		"$SERVER_OUT"
}

# --- what does not -----------------------------------------------------------

# padded OCTETS: a request of exactly that many.
padded() {
	local empty='GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n' size
	size=$(printf '%b' "$empty" | wc -c)
	printf 'GET / HTTP/1.1\\r\\nHost: x\\r\\nX: %s\\r\\n\\r\\n' \
		"$(printf "%0$(($1 - size))d" 0)"
}

@test "a request of exactly 1,024 octets is answered" {
	[ "$(printf '%b' "$(padded 1024)" | wc -c)" -eq 1024 ]
	start_server --listen=127.0.0.1:0 --listen="$BATS_TEST_TMPDIR/socket"
	local address
	for address in "$PORT" "$BATS_TEST_TMPDIR/socket"; do
		talk --brief "$address" "send:$(padded 1024)" answers:1 open
		output_is 200
	done
}

@test "a request of exactly 2,048 octets is answered" {
	[ "$(printf '%b' "$(padded 2048)" | wc -c)" -eq 2048 ]
	start_server --listen=127.0.0.1:0 --listen="$BATS_TEST_TMPDIR/socket"
	local address
	for address in "$PORT" "$BATS_TEST_TMPDIR/socket"; do
		talk --brief "$address" "send:$(padded 2048)" answers:1 \
			"split:1024:$(padded 2048)" answers:1 open
		output_is 200 200
	done
}

@test "a client that says nothing does not block others" {
	start_server
	clients hold "$PORT" 8 0 "$BATS_TEST_DIRNAME/talk" --brief "$PORT" \
		"$GET" answers:1 "$LAST" answers:1 eof
	output_is 200 "200 close" closed "8 held clients answered"
}

@test "a client that has sent half a request does not block others" {
	start_server
	clients hold "$PORT" 8 14 "$BATS_TEST_DIRNAME/talk" --brief "$PORT" \
		"$GET" answers:1 "$LAST" answers:1 eof
	output_is 200 "200 close" closed "8 held clients answered"
}

@test "a client that does not read its answer does not block others" {
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	clients stall "$PORT" 8 "$BATS_TEST_DIRNAME/talk" --brief "$PORT" \
		"$GET" answers:1 "$LAST" answers:1 eof
	output_is 200 "200 close" closed "8 stalled clients answered"
}

@test "200 clients at once are answered while one drips its request" {
	start_server
	clients crowd "$PORT" 200 8000
	output_is "200 answered while one drips" "the dripping one is answered: True"
}

@test "where a request ends is known: two in one segment get two answers" {
	start_server
	talk --brief "$PORT" "$GET${GET#send:}" answers:2 quiet open
	output_is 200 200
}

@test "where a request ends is known: its end may come later than its beginning" {
	start_server
	talk --brief "$PORT" 'send:GET / HTTP/1.1\r\nHost: x\r\n' quiet \
		'send:\r\nGET / HT' answers:1 quiet 'send:TP/1.1\r\nHost: x\r\n\r\n' \
		answers:1 open
	output_is 200 200
}

@test "where a request ends is known: content is not taken for a request" {
	start_server
	talk --brief "$PORT" \
		'send:POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\nGET / HTTP/1.1\r\n' \
		answers:1 quiet open
	output_is 200
}

@test "the answer has a length, so that the connection need not end with it" {
	start_server
	talk "$PORT" "$GET" answers:1 quiet "$GET" answers:1 open
	output_has "Content-Length: 20" 2
	output_has "<h1>Hello World</h1>" 2
}

@test "a client that resets before its request does not end the server" {
	start_server
	clients vanish "$PORT" 200 reset-before
	still_serves
}

@test "a client that closes before its request does not end the server" {
	start_server
	clients vanish "$PORT" 200 close-before
	still_serves
}

@test "a client that resets in the middle of its request does not end the server" {
	start_server
	clients vanish "$PORT" 200 reset-inside
	clients vanish "$PORT" 200 reset-content
	still_serves
}

@test "a client that closes in the middle of its request does not end the server" {
	start_server
	clients vanish "$PORT" 200 close-inside
	still_serves
}

@test "a client that resets behind its request does not end the server" {
	start_server
	clients vanish "$PORT" 200 reset-behind
	clients vanish "$PORT" 200 reset-answered
	still_serves
}

@test "a client that closes without reading its answers does not end the server" {
	start_server
	clients vanish "$PORT" 200 close-behind
	still_serves
}

@test "a client that resets in the middle of its answer does not end the server" {
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	clients vanish "$PORT" 50 reset-download
	still_serves
}

@test "a client that closes in the middle of its answer does not end the server" {
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	clients vanish "$PORT" 50 close-download
	still_serves
}

@test "a client of an AF_UNIX socket that vanishes does not end the server" {
	local manner
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_server --listen=127.0.0.1:0 --listen="$BATS_TEST_TMPDIR/socket" \
		--body-file="$BATS_TEST_TMPDIR/body"
	# A reset does not exist there: to close with something unread comes near.
	for manner in close-before close-inside close-behind close-download; do
		clients vanish "$BATS_TEST_TMPDIR/socket" 50 $manner
	done
	still_serves
}

@test "a client that vanishes while its data is printed does not end the server" {
	local manner
	start_server --log=data
	for manner in reset-before reset-inside reset-behind close-behind; do
		clients vanish "$PORT" 50 $manner
	done
	still_serves
}
