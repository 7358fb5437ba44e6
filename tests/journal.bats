#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The request log where standard output is the journal: an entry for each
# answer, with its parts as fields, that no client can forge; and that a journal
# which sleeps, refuses or is out of reach never stops the service.
#
# The journal here is a socket that this file reads, in the place where the
# program looks for it, in a mount namespace of the server's own: root always
# gets one, and other users do on most systems. tests/systemd/journal.bats has
# the same with journald itself.

load helper

HOLD_THREAD=${HELLO_HTTP%/*}/tests/hold_thread
[ -x "$HOLD_THREAD" ] || HOLD_THREAD=$REPOSITORY/build/tests/hold_thread
GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'

setup() {
	JOURNAL=$BATS_TEST_TMPDIR/journal
	AWAKE=$BATS_TEST_TMPDIR/awake
	ENTRIES=$BATS_TEST_TMPDIR/entries
	mkdir "$JOURNAL"
	NEW=(unshare --mount)
	[ "$(id -u)" -eq 0 ] || NEW+=(--user --map-root-user)
	"${NEW[@]}" true 2>/dev/null || skip "no mount namespace can be made here"
}

teardown() {
	end_servers
	[ -z "${READER-}" ] || kill "$READER" 2>/dev/null || true
}

# with_output COMMAND: each server from now on runs under this function, until
# HELLO_HTTP_WRAPPER is OUR_WRAPPER again.
OUR_WRAPPER=${HELLO_HTTP_WRAPPER-}
with_output() {
	HELLO_HTTP_WRAPPER="$* ${HELLO_HTTP_WRAPPER-}"
}

# journal_is FD: what systemd says where it is the journal's stream.
journal_is() {
	exec 9>&"$1"
	JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/9)
	export JOURNAL_STREAM
	exec 9>&-
}

stdout_journal() {
	journal_is 1
	become_with_journal "$@"
}

stderr_journal() {
	journal_is 2
	become_with_journal "$@"
}

become_with_journal() {
	# shellcheck disable=SC2016 # the inner shell's
	exec "${NEW[@]}" sh -c '
		mount -t tmpfs none /run && mkdir -p /run/systemd/journal &&
		mount --bind "$1" /run/systemd/journal && shift && exec "$@"
	' sh "$JOURNAL" "$@"
}

# open_journal [ASLEEP]: reads entries into $ENTRIES, as JSON, one a line, each
# with its size; one that is asleep begins once the file $AWAKE is there.
open_journal() {
	[ -n "${1-}" ] || : >"$AWAKE"
	: >"$ENTRIES"
	python3 -IS -c "$RECEIVE" "$JOURNAL/socket" "$AWAKE" >"$ENTRIES" 3>&- &
	READER=$!
	wait_until [ -S "$JOURNAL/socket" ]
}

# systemd.io/JOURNAL_NATIVE_PROTOCOL
RECEIVE='
import json, os, socket, sys, time
path, awake = sys.argv[1:]
journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
journal.bind(path + ".new")
os.chmod(path + ".new", 0o666)
os.rename(path + ".new", path)
parent = os.getppid()
while not os.path.exists(awake):
    time.sleep(0.005)
    if os.getppid() != parent:
        sys.exit()
while True:
    data = journal.recv(1 << 20)
    entry, rest = {"SIZE": len(data)}, data
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, is_text, value = line.partition(b"=")
        if not is_text:
            size = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + size], rest[8 + size:]
            assert rest[:1] == b"\n", data
            rest = rest[1:]
        name = name.decode()
        assert name not in entry, data
        entry[name] = value.decode("latin-1")
    print(json.dumps(entry), flush=True)
'

# all_entries_came: those that were sent before this one.
all_entries_came() {
	python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"SYSLOG_IDENTIFIER=hello-http\n"
    b"SYSLOG_FACILITY=3\nPRIORITY=6\nLAST=1\n", sys.argv[1])' "$JOURNAL/socket"
	wait_until grep -q '"LAST"' "$ENTRIES"
}

# entries_are N [PROGRAM]: that many entries came, no more; the program, in
# Python, finds them in the list e.
entries_are() {
	wait_until has_entries "$1"
	succeeds python3 -IS -c '
import json, re, sys
e = [json.loads(line) for line in open(sys.argv[1])]
assert len(e) == int(sys.argv[2]), (len(e), e[-1])
constant = {"SYSLOG_IDENTIFIER": "hello-http", "SYSLOG_FACILITY": "3", "PRIORITY": "6"}
for one in e:
    assert one["SIZE"] <= 64 * 1024, one
    assert constant.items() <= one.items(), one
    for name in "SIZE", *constant:
        del one[name]
'"${2-}" "$ENTRIES" "$1"
}

has_entries() {
	[ "$(wc -l <"$ENTRIES")" -ge "$1" ]
}

# said N: so many messages about the request log.
said() {
	[ "$(grep -c 'Failed to write the request log' "$SERVER_ERR")" -eq "$1" ] || {
		cat "$SERVER_ERR"
		return 1
	}
}

# many COUNT: so many requests one after the other, numbered.
many() {
	succeeds python3 -IS - "$PORT" "$1" <<-'END'
		import socket, sys
		port, count = map(int, sys.argv[1:])
		link = socket.create_connection(("127.0.0.1", port), 30)
		for i in range(count):
		    link.sendall(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % i)
		    got = b""
		    while not got.endswith(b"</h1>"):
		        got += link.recv(65536)
	END
}

# --- what is in an entry -----------------------------------------------------

@test "each answer is one entry, with a field for each part of its line" {
	open_journal
	with_output stdout_journal
	start_server --status=404
	talk "$PORT" 'send:GET /a?b=c HTTP/1.1\r\nHost: x\r\nReferer: http://y/\r\nUser-Agent: me\r\n\r\n' answers:1
	entries_are 1 '
port = e[0].pop("REMOTE_PORT")
assert 0 < int(port) < 65536, port
text = e[0].pop("MESSAGE")
assert re.fullmatch(r"127\.0\.0\.1 - - \[[^]]+\] \"GET /a\?b=c HTTP/1\.1\" 404 20 \"http://y/\" \"me\"", text), text
assert e[0] == {
    "REMOTE_ADDR": "127.0.0.1", "REQUEST_METHOD": "GET",
    "REQUEST_TARGET": "/a?b=c", "SERVER_PROTOCOL": "HTTP/1.1",
    "STATUS": "404", "CONTENT_BYTES": "20", "HTTP_REFERER": "http://y/",
    "HTTP_USER_AGENT": "me"}, e'
	[ ! -s "$SERVER_OUT" ]
}

@test "what a request has not is no field, what is empty is an empty one" {
	open_journal
	with_output stdout_journal
	start_server
	talk "$PORT" 'send:HEAD / HTTP/1.1\r\nHost: x\r\nUser-Agent:\r\n\r\n' heads:1
	entries_are 1 '
assert "HTTP_REFERER" not in e[0] and "FDNAME" not in e[0], e
assert e[0]["HTTP_USER_AGENT"] == "" and e[0]["CONTENT_BYTES"] == "0", e'
}

@test "a request line without its three parts has no field for any of them" {
	open_journal
	with_output stdout_journal
	start_server
	local line
	for line in BAD 'GET /' 'GET  / HTTP/1.1' 'GET /a b HTTP/1.1' ' / HTTP/1.1' 'GET / '; do
		talk "$PORT" "send:$line\r\n\r\n" answers:1 eof
	done
	entries_are 6 '
for one in e:
    assert one["STATUS"] == "400", one
    assert not {"REQUEST_METHOD", "REQUEST_TARGET", "SERVER_PROTOCOL"} & one.keys(), one'
}

@test "a client of a unix socket is "unix", without a port" {
	open_journal
	with_output stdout_journal
	start_server --listen="$BATS_TEST_TMPDIR/door"
	talk "$BATS_TEST_TMPDIR/door" "send:$GET" answers:1
	entries_are 1 '
assert e[0]["REMOTE_ADDR"] == "unix" and "REMOTE_PORT" not in e[0], e'
}

@test "no octet of a client makes a field or a line: values are as they came" {
	open_journal
	with_output stdout_journal
	start_server
	talk "$PORT" 'send:GET /%0aSTATUS=1%00 HTTP/1.1\r\nHost: x\r\nUser-Agent: a\tPRIORITY=0 "\\ \xff\x80=\r\n\r\n' answers:1
	talk "$PORT" 'send:GET /\nSTATUS=500\nPRIORITY=0 HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 eof
	talk "$PORT" 'send:G\rET\x00 /\x1b[31mSTATUS=1 HTTP/1.1\r\n\r\n' answers:1 eof
	entries_are 3 '
assert e[0]["STATUS"] == "200", e
assert e[0]["REQUEST_TARGET"] == "/%0aSTATUS=1%00", e
assert e[0]["HTTP_USER_AGENT"] == "a\tPRIORITY=0 \"\\ \xff\x80=", e
assert e[1]["STATUS"] == e[2]["STATUS"] == "400", e
for one in e:
    assert all(" " <= octet < "\x7f" for octet in one["MESSAGE"]), one'
}

@test "the largest entry: its text is cut, its fields are whole, it fits a datagram" {
	open_journal
	with_output stdout_journal
	start_server
	talk --brief "$PORT" 'send:GET /\*8000{a} HTTP/1.1\r\nHost: x\r\nUser-Agent: \*16000{\xff}\r\n\r\n' answers:1
	talk --brief "$PORT" 'send:\*32768{\xff}' answers:1 eof
	entries_are 2 '
assert len(e[0]["MESSAGE"]) == 28 * 1024 - len("MESSAGE=") - 4, len(e[0]["MESSAGE"])
assert e[0]["REQUEST_TARGET"] == "/" + 8000 * "a"
assert e[0]["HTTP_USER_AGENT"] == 16000 * "\xff"
assert e[1]["STATUS"] in ("400", "414"), e'
}

@test "--log=data: chunks are entries too, to the octet, each before what answers it" {
	open_journal
	with_output stdout_journal
	start_server --log=data
	talk "$PORT" 'send:GET /1 HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 \
		'send:PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n\*20000{\xfe}' answers:1
	wait_until grep -q '"REQUEST_TARGET": "/2"' "$ENTRIES"
	entries_are "$(wc -l <"$ENTRIES")" '
kinds = ["STATUS" in one for one in e]
assert kinds[:2] == [False, True] and kinds[-1] and not any(kinds[2:-1]), kinds
text = "".join(re.fullmatch(r"127\.0\.0\.1:\d+ \"(.*)\"", one["MESSAGE"])[1]
               for one in e if "STATUS" not in one)
assert text == ("GET /1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"
                "PUT /2 HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 20000\\r\\n\\r\\n"
                + 20000 * "\\xfe"), text'
}

# --- which log it is ---------------------------------------------------------

@test "only a standard output that is the journal's gets entries, other ones lines" {
	open_journal
	with_output stderr_journal
	start_server
	talk "$PORT" "send:$GET" answers:1
	stop_server
	[ "$(wc -l <"$SERVER_OUT")" -eq 1 ]
	entries_are 0
}

@test "where the journal's socket is out of reach, as in another root directory, it is lines" {
	with_output stdout_journal
	start_server
	talk "$PORT" "send:$GET" answers:1
	stop_server
	[ "$(wc -l <"$SERVER_OUT")" -eq 1 ]
}

threads() {
	find "/proc/$SERVER_PID/task" -mindepth 1 -maxdepth 1 | wc -l
}

@test "a thread more is there for the journal, and only for it" {
	skip_under_sanitizer "a sanitizer has a thread of its own"
	local HELLO_HTTP_FLAGS=
	open_journal
	with_output stdout_journal
	start_server --log=none
	[ "$(threads)" -eq 2 ]
	start_server
	[ "$(threads)" -eq 3 ]
	start_server --workers=4
	[ "$(threads)" -eq 6 ]
	HELLO_HTTP_WRAPPER=$OUR_WRAPPER
	start_server --log=requests
	[ "$(threads)" -eq 2 ]
}

@test "the thread for the journal has every signal blocked" {
	skip_under_sanitizer "a sanitizer has a thread of its own"
	local task blocked=0
	open_journal
	with_output stdout_journal
	start_server
	# All but SIGKILL, SIGSTOP and the two that glibc keeps for itself.
	for task in /proc/"$SERVER_PID"/task/*; do
		! grep -Eq '^SigBlk:[[:space:]]fffffff[ce]7ffbfeff$' "$task/status" || blocked=$((blocked + 1))
	done
	[ "$blocked" -eq 1 ] || {
		grep SigBlk /proc/"$SERVER_PID"/task/*/status
		return 1
	}
}

@test "the thread for the journal makes no wake-ups while there is nothing to log" {
	skip_under_sanitizer "a sanitizer's own thread wakes up"
	open_journal
	with_output stdout_journal
	start_server
	many 10
	entries_are 10
	wait_until is_asleep
	local before
	before=$(switches)
	sleep 1
	[ "$before" = "$(switches)" ]
}

switches() {
	cat /proc/"$SERVER_PID"/task/*/status | grep ctxt_switches
}

is_asleep() {
	! cat /proc/"$SERVER_PID"/task/*/stat | grep -qv ') S '
}

# --- a journal that does not take it -----------------------------------------

@test "1,000 answers are 1,000 entries, in their order" {
	open_journal
	with_output stdout_journal
	start_server
	many 1000
	stop_server
	entries_are 1000 '
assert [one["REQUEST_TARGET"] for one in e] == [f"/{i}" for i in range(1000)]'
	said 0
}

@test "four workers, 8 clients at once: an entry for each answer, in order for each client" {
	local pids=() pid
	open_journal
	with_output stdout_journal
	start_server --workers=4
	for _ in 1 2 3 4 5 6 7 8; do
		many 100 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	stop_server
	entries_are 800 '
clients = {}
for one in e:
    clients.setdefault(one["REMOTE_PORT"], []).append(one["REQUEST_TARGET"])
assert len(clients) == 8
for targets in clients.values():
    assert targets == [f"/{i}" for i in range(100)], targets'
}

@test "a journal that sleeps: nobody waits, the rest is lost and said once, then it goes on" {
	open_journal asleep
	with_output stdout_journal
	start_server
	many 10000
	said 1
	: >"$AWAKE"
	wait_until has_entries 2000
	wait_until answered_again
	stop_server
	said 1
	all_entries_came
	entries_are "$(wc -l <"$ENTRIES")" '
numbers = [int(one["REQUEST_TARGET"][1:]) for one in e[:-1] if one["REQUEST_TARGET"] != "/again"]
assert numbers == sorted(set(numbers)) and numbers[:2000] == list(range(2000)), numbers[:10]
assert len(numbers) < 10000'
}

# Once there is room in the queue.
answered_again() {
	talk --brief "$PORT" 'send:GET /again HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	grep -q '"/again"' "$ENTRIES"
}

@test "a journal that wakes a moment after the stop gets all that was queued" {
	open_journal asleep
	with_output stdout_journal
	start_server
	many 1000
	kill -s TERM "$SERVER_PID"
	wait_until is_refused_at "$PORT"
	: >"$AWAKE"
	wait_for_exit "$SERVER_PID"
	entries_are 1000
	said 0
}

is_refused_at() {
	! (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

@test "a journal that never wakes: the server ends all the same, and says it" {
	[ "${HELLO_HTTP_SANITIZER-}" != valgrind ] ||
		skip "valgrind takes the thread that is left behind for a leak"
	open_journal asleep
	with_output stdout_journal
	start_server
	many 1000
	said 0
	stop_server
	said 1
}

@test "a journal that refuses: the service goes on, and says it once" {
	with_output stdout_journal
	python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(sys.argv[1])' "$JOURNAL/socket"
	start_server
	many 100
	stop_server
	said 1
	grep -q 'request log: Connection refused' "$SERVER_ERR"
	[ ! -s "$SERVER_OUT" ]
}

@test "a worker that was left behind may go on while the journal is waited for" {
	local worker
	[ -x "$HOLD_THREAD" ] || skip "hold_thread is not built"
	open_journal asleep
	with_output stdout_journal
	start_server --drain-timeout=1ms
	many 1000
	worker=$(threads_of "$SERVER_PID" | tail -n 1)
	mkfifo "$BATS_TEST_TMPDIR/hold"
	"$HOLD_THREAD" "$worker" <"$BATS_TEST_TMPDIR/hold" \
		>"$BATS_TEST_TMPDIR/held" 2>&1 3>&- &
	exec 7>"$BATS_TEST_TMPDIR/hold"
	wait_until [ -s "$BATS_TEST_TMPDIR/held" ]
	! grep -q 'not permitted' "$BATS_TEST_TMPDIR/held" ||
		skip "ptrace(2) is not permitted"
	kill -s TERM "$SERVER_PID"
	wait_for_line 'Drain timeout' "$SERVER_ERR"
	# A second later it is left behind, and goes on a little later still.
	sleep 1.5
	exec 7>&-
	wait_for_exit "$SERVER_PID"
}
