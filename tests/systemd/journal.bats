#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What journald gets: messages with their priorities, and the request log as
# entries that can be searched by their fields.

load helper
load drop_ins

# Each test reads what came in after a mark of its own.
setup() {
	start_afresh
	systemd-cat --identifier=mark echo "$BATS_TEST_NUMBER"
	wait_until has_mark
}

has_mark() {
	journalctl --sync
	MARK=$(journalctl --quiet --identifier=mark --lines=1 --show-cursor --output=cat)
	[ "${MARK%%$'\n'*}" = "$BATS_TEST_NUMBER" ] || return
	MARK=${MARK##*-- cursor: }
}

# A journald that was stopped by a test goes on.
teardown() {
	kill -s CONT "$(main_pid systemd-journald.service)"
	systemctl stop hello-http.socket hello-http.service
}

# journal [ARGS...]: what the service said since the test began.
journal() {
	journalctl --sync
	# --after-cursor= would leave out the first one, where it has matches too.
	journalctl --quiet --unit="${UNIT-hello-http.service}" --cursor="$MARK" "$@"
}

# log WHAT [OPTIONS...]: the service, as it will be started, has this request
# log, all of it.
log() {
	drop_in hello-http.service <<-END
		[Service]
		LogRateLimitIntervalSec=1us
		ExecStart=
		ExecStart=/usr/bin/hello-http --exit-idle-time=60s --log=$*
	END
	systemctl start hello-http.socket
}

# entries [MATCHES...] <PROGRAM: the service ends, so that all is sent, and has
# the entries of its request log as a list e of dictionaries, in Python.
entries() {
	local program
	program=$(cat)
	systemctl stop hello-http.socket hello-http.service
	journal --output=json --all "$@" >"$BATS_TEST_TMPDIR/json"
	python3 -IS -c '
import json, sys
e = [json.loads(line) for line in open(sys.argv[1])]
# Starts and stops are the manager'"'"'s own entries about the unit.
e = [one for one in e if one["_TRANSPORT"] == "journal" and "STATUS" in one]
'"$program" "$BATS_TEST_TMPDIR/json"
}

# send OCTETS...: what the service answers to these octets, by printf(3).
send() {
	python3 -IS - "$(printf '%s' "$*")" <<-'END'
		import socket, sys
		link = socket.create_connection(("127.0.0.1", 8000), 20)
		octets = sys.argv[1].encode("latin-1").decode("unicode_escape")
		link.sendall(octets.encode("latin-1"))
		link.shutdown(socket.SHUT_WR)
		while got := link.recv(65536):
		    print(got.decode("latin-1"), end="")
	END
}

# many COUNT: so many requests on one connection, one after the other; prints
# how long the slowest took, in milliseconds.
many() {
	python3 -IS - "$1" <<-'END'
		import socket, sys, time
		link = socket.create_connection(("127.0.0.1", 8000), 20)
		link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
		slowest = 0
		for i in range(int(sys.argv[1])):
		    begin = time.monotonic()
		    link.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % i)
		    got = b""
		    while not got.endswith(b"</h1>"):
		        got += link.recv(65536)
		    slowest = max(slowest, time.monotonic() - begin)
		print(round(slowest * 1000))
	END
}

# --- messages ----------------------------------------------------------------

@test "a reload that fails is an error, err, of the service" {
	printf x >/run/body
	log none --body-file=/run/body
	get "$URL"
	rm /run/body
	systemctl reload hello-http.service
	wait_until has_message err 'Failed to reload, the old answer stays: '
	[ "$(journal --priority=err --output=json | python3 -c '
import json, sys
e = json.loads(sys.stdin.read())
print(e["SYSLOG_IDENTIFIER"], e["_TRANSPORT"], e["PRIORITY"])')" = "hello-http stdout 3" ]
}

# has_message PRIORITY TEXT: of this priority, neither more nor less.
has_message() {
	journal --priority="$1..$1" --output=cat | grep -q "^$2"
}

@test "a drain that took too long is a notice" {
	log none --drain-timeout=100ms
	has_page
	exec 9<>/dev/tcp/127.0.0.1/8000
	printf 'GET / ' >&9
	wait_until has_open 1
	systemctl stop hello-http.socket hello-http.service
	exec 9>&-
	has_message notice 'Drain timeout: closing 1 connection '
}

has_open() {
	[[ $(property hello-http.service StatusText) == *" $1 open"* ]]
}

@test "a command line that is wrong is an error, err" {
	log none --status=1000
	run ! has_page --max-time 1 "$URL"
	wait_until has_message err "Invalid --status '1000': "
	systemctl stop hello-http.socket hello-http.service
}

# --- the request log ---------------------------------------------------------

@test "without --log there is no entry for a request" {
	systemctl start hello-http.socket
	has_page
	systemctl stop hello-http.socket hello-http.service
	entries <<<'assert not e, e'
}

@test "an answer is an entry with its parts as fields" {
	log requests
	has_page --user-agent me --referer http://y/ "${URL}a?b=c"
	entries STATUS=200 <<-'END'
		assert len(e) == 1, e
		text = e[0]["MESSAGE"]
		assert text.startswith("127.0.0.1 - - [") and text.endswith(
		    ' "GET /a?b=c HTTP/1.1" 200 20 "http://y/" "me" "hello-http.socket"'), text
		del e[0]["MESSAGE"]
		assert int(e[0].pop("REMOTE_PORT")) > 0
		ours = {name: e[0][name] for name in e[0] if not name.startswith("_")}
		assert ours == {
		    "PRIORITY": "6", "SYSLOG_FACILITY": "3", "SYSLOG_IDENTIFIER": "hello-http",
		    "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "GET",
		    "REQUEST_TARGET": "/a?b=c", "SERVER_PROTOCOL": "HTTP/1.1",
		    "STATUS": "200", "CONTENT_BYTES": "20", "HTTP_REFERER": "http://y/",
		    "HTTP_USER_AGENT": "me", "FDNAME": "hello-http.socket"}, ours
		assert e[0]["_SYSTEMD_UNIT"] == "hello-http.service", e
	END
}

@test "journalctl finds answers by status, method, target and address" {
	log requests --status=404
	get --output /dev/null "${URL}x" || true
	get --output /dev/null --request DELETE "${URL}y" || true
	entries STATUS=404 <<<'assert len(e) == 2, e'
	entries STATUS=200 <<<'assert not e, e'
	entries REQUEST_METHOD=DELETE <<<'assert [one["REQUEST_TARGET"] for one in e] == ["/y"], e'
	entries REQUEST_TARGET=/x <<<'assert [one["REQUEST_METHOD"] for one in e] == ["GET"], e'
	entries REMOTE_ADDR=127.0.0.1 <<<'assert len(e) == 2, e'
	entries REMOTE_ADDR=127.0.0.2 <<<'assert not e, e'
}

@test "the manual page's drop-in logs requests, and its command finds those with 404" {
	apply 'LogRateLimitIntervalSec=1us'
	systemctl start hello-http.socket
	has_page "${URL}new"
	entries REQUEST_TARGET=/new <<<'assert len(e) == 1, e'
	log requests --status=404
	get --output /dev/null "${URL}lost" || true
	systemctl stop hello-http.socket hello-http.service
	journalctl --sync
	run -0 perform 'journalctl -u hello-http STATUS=404 -o json'
	[[ $output == *'"REQUEST_TARGET":"/lost"'* && $output != *'"/new"'* ]]
}

@test "a client is told by its address: IPv6, unix; its socket by its name" {
	drop_in hello-http.socket <<-'END'
		[Socket]
		ListenStream=[::1]:8001
		ListenStream=/run/door
		FileDescriptorName=front
	END
	log requests
	has_page 'http://[::1]:8001/six'
	has_page --unix-socket /run/door http://x/unix
	entries FDNAME=front <<-'END'
		assert [one["REMOTE_ADDR"] for one in e] == ["::1", "unix"], e
		assert "REMOTE_PORT" in e[0] and "REMOTE_PORT" not in e[1], e
	END
}

@test "no octet of a client forges a field, an entry or a line" {
	log requests
	send 'GET /%0aSTATUS=500 HTTP/1.1\r\nHost: x\r\nUser-Agent: a\tPRIORITY=0\xff "\\\r\nConnection: close\r\n\r\n'
	send 'GET /\nSTATUS=500\nPRIORITY=0\n\nMESSAGE=forged HTTP/1.1\r\nHost: x\r\n\r\n'
	send 'GET\r/ \x00 STATUS=500\r\n\r\n'
	entries <<-'END'
		assert [one["STATUS"] for one in e] == ["200", "400", "400"], e
		assert all(one["PRIORITY"] == "6" for one in e), e
		agent = bytes(e[0]["HTTP_USER_AGENT"])
		assert agent == b'a\tPRIORITY=0\xff "\\', agent
		assert e[0]["REQUEST_TARGET"] == "/%0aSTATUS=500", e
		for one in e:
		    assert all(" " <= octet < "\x7f" for octet in one["MESSAGE"]), one
	END
	entries STATUS=500 <<<'assert not e, e'
}

@test "the largest entry: its text is cut, its fields are whole, and the service goes on" {
	log requests
	local pid
	has_page
	pid=$(main_pid)
	python3 -c '
import sys
sys.stdout.buffer.write(b"GET /" + 8000 * b"a" + b" HTTP/1.1\r\nHost: x\r\n"
    b"Connection: close\r\nUser-Agent: " + 16000 * b"\xff" + b"\r\n\r\n")' >/run/large
	python3 - <<-'END'
		import socket
		link = socket.create_connection(("127.0.0.1", 8000), 20)
		link.sendall(open("/run/large", "rb").read())
		assert link.recv(65536).startswith(b"HTTP/1.1 200 ")
	END
	has_page "${URL}last"
	[ "$(main_pid)" = "$pid" ]
	entries <<-'END'
		assert len(e) == 3, len(e)
		assert 28000 < len(e[1]["MESSAGE"]) < 28 * 1024, len(e[1]["MESSAGE"])
		assert e[1]["REQUEST_TARGET"] == "/" + 8000 * "a"
		assert e[1]["HTTP_USER_AGENT"] == 16000 * [0xff]
		assert e[2]["REQUEST_TARGET"] == "/last", e[2]
	END
}

chunk_is_before_answer() {
	journal --output=cat | grep '^127' | grep -A 1 -E '^127\.0\.0\.1:[0-9]+ "GET /data HTTP/1\.1\\r\\n' |
		tail -n 1 | grep -q '^127\.0\.0\.1 - - .* "GET /data HTTP/1\.1" 200 20 "-" "me" '
}

@test "--log=data: a chunk is an entry, before that of what answers it" {
	log data
	has_page --user-agent me "${URL}data"
	wait_until chunk_is_before_answer
}

@test "a process for each client logs in the same way" {
	drop_in hello-http-inetd@.service <<-'END'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --log=requests
	END
	systemctl start hello-http-inetd.socket
	has_page "${URL}one"
	UNIT='hello-http-inetd@*.service'
	wait_until is_logged /one
}

is_logged() {
	[ "$(journal --output=cat REQUEST_TARGET="$1" | wc -l)" -eq 1 ]
}

# --- many --------------------------------------------------------------------

@test "2,000 answers to each of two clients: all are there, in the client's order" {
	log requests --workers=2
	has_page
	many 2000 &
	many 2000
	wait $!
	systemctl stop hello-http.socket hello-http.service
	entries <<-'END'
		clients = {}
		for one in e[1:]:
		    clients.setdefault(one["REMOTE_PORT"], []).append(one["REQUEST_TARGET"])
		assert len(clients) == 2, clients.keys()
		for targets in clients.values():
		    assert targets == [f"/{i}" for i in range(2000)], len(targets)
	END
	run ! has_message warning 'Failed to write the request log'
}

@test "a journald that is stopped delays no client; what is lost is said once; then it goes on" {
	local journald slowest
	journald=$(main_pid systemd-journald.service)
	log requests
	has_page
	kill -s STOP "$journald"
	slowest=$(many 20000)
	kill -s CONT "$journald"
	# journald's watchdog takes minutes; one that waited would have hung.
	echo "slowest of 20,000: $slowest ms"
	[ "$slowest" -lt 5000 ]
	wait_until is_logged_again
	[ "$(journal --output=cat | grep -c '^Failed to write the request log: ')" -eq 1 ]
	has_message warning 'Failed to write the request log: '
	entries <<-'END'
		numbers = [int(one["REQUEST_TARGET"][1:]) for one in e
		           if one["REQUEST_TARGET"][1:].isdigit()]
		assert numbers == sorted(set(numbers)), "not in order"
		assert numbers[:2000] == list(range(2000)) and len(numbers) < 20000, len(numbers)
	END
}

is_logged_again() {
	has_page "${URL}again"
	[ -n "$(journal --output=cat REQUEST_TARGET=/again)" ]
}

@test "a journald that is stopped does not hold up the stop of the service" {
	local journald
	journald=$(main_pid systemd-journald.service)
	log requests
	has_page
	many 1
	kill -s STOP "$journald"
	many 5000
	systemctl kill --signal=TERM hello-http.service
	wait_until has_ended
	kill -s CONT "$journald"
	[ "$(property hello-http.service Result)" = success ]
}

has_ended() {
	[ "$(main_pid)" = 0 ]
}

# limited INTERVAL: 2,000 answers where journald takes about 100 in an interval,
# some more with much room on its disk, and then a message that is an error.
limited() {
	printf x >/run/body
	log requests --body-file=/run/body
	drop_in hello-http.service <<-END
		[Service]
		LogRateLimitBurst=100
		LogRateLimitIntervalSec=$1
	END
	get "$URL"
	python3 -IS - <<-'END'
		import socket
		link = socket.create_connection(("127.0.0.1", 8000), 20)
		for _ in range(2000):
		    link.sendall(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
		    link.recv(65536)
	END
	rm /run/body
	systemctl reload hello-http.service
	wait_until has_message err 'Failed to reload'
}

@test "journald's own limit drops answers, which it says, but not an error" {
	limited 2s
	wait_until has_dropped
	entries <<<'assert 100 <= len(e) < 2000, len(e)'
}

# It says so with the first entry behind the interval.
has_dropped() {
	has_page
	journalctl --sync
	journalctl --quiet --cursor="$MARK" --output=cat |
		grep -Eq '^Suppressed [0-9]+ messages from hello-http.service'
}

@test "with LogRateLimitIntervalSec=1us no answer is dropped" {
	limited 1us
	entries <<<'assert len(e) == 2001, len(e)'
}

@test "a restart of journald loses nothing" {
	log requests
	has_page "${URL}1"
	systemctl restart systemd-journald.service
	has_page "${URL}2"
	systemctl stop hello-http.socket hello-http.service
	entries <<<'assert [one["REQUEST_TARGET"] for one in e] == ["/1", "/2"], e'
}
