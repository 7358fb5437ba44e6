#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What the program says: the request log on standard output, messages on
# standard error. What is in their lines, that no client can forge one, and that
# neither a full, closed nor stalled output ever stops the service.
# shellcheck disable=SC2030,SC2031 # each test is a subshell

load helper

GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
HEAD='HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'
LAST='GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

# Lines as extended regular expressions. Quoted text is printable ASCII with
# five kinds of escapes, nothing else.
QUOTED='"([] !#-[^-~]|\\["\\rnt]|\\x[0-9a-f]{2})*"'
IPV4='[0-9]{1,3}(\.[0-9]{1,3}){3}'
IPV6='[0-9a-f:]+(:[0-9.]+)?'
STAMP='\[[0-3][0-9]/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/20[0-9]{2}:[0-2][0-9]:[0-5][0-9]:[0-6][0-9] [+-][0-9]{4}\]'
ANSWER="^($IPV4|$IPV6|unix) - - $STAMP $QUOTED [1-5][0-9]{2} (-|[1-9][0-9]*) $QUOTED $QUOTED\$"
CHUNK="^($IPV4:[0-9]{1,5}|\[$IPV6\]:[0-9]{1,5}|unix) $QUOTED\$"

# --- the outputs of a server -------------------------------------------------

# with_outputs COMMAND: each server from now on runs under this function of
# ours, which arranges its outputs and then becomes it. Several add up, until
# HELLO_HTTP_WRAPPER is OUR_WRAPPER again.
OUR_WRAPPER=${HELLO_HTTP_WRAPPER-}
with_outputs() {
	HELLO_HTTP_WRAPPER="$* ${HELLO_HTTP_WRAPPER-}"
}

become() {
	if [ "$(type -t "$1")" = function ]; then
		"$@"
	fi
	exec "$@"
}

under_journal() {
	JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2)
	export JOURNAL_STREAM
	become "$@"
}

under_another_journal() {
	JOURNAL_STREAM=$(stat -Lc %d:%i /dev/null)
	export JOURNAL_STREAM
	become "$@"
}

stdout_full() {
	exec >/dev/full
	become "$@"
}

# A file that has reached the limit of files already.
stdout_limited() {
	truncate -s 1M "$BATS_TEST_TMPDIR/limited"
	exec >>"$BATS_TEST_TMPDIR/limited"
	ulimit -f 1024
	become "$@"
}

stdout_closed() {
	exec >&-
	become "$@"
}

# A pipe that nobody will ever read again.
stdout_broken() {
	mkfifo "$FIFO"
	exec 9<>"$FIFO"
	exec >"$FIFO"
	exec 9>&-
	become "$@"
}

# A pipe that this test reads when it likes.
stdout_fifo() {
	exec >"$FIFO"
	become "$@"
}

stderr_full() {
	exec 2>/dev/full
	become "$@"
}

stderr_closed() {
	exec 2>&-
	become "$@"
}

stderr_broken() {
	mkfifo "$FIFO"
	exec 9<>"$FIFO"
	exec 2>"$FIFO"
	exec 9>&-
	become "$@"
}

stderr_fifo() {
	exec 2>"$FIFO"
	become "$@"
}

# The next three put something before the output, and copy what comes out of it
# to where the output went before, once the file $AWAKE is there.
stdout_socket() {
	exec python3 -IS -c "$BETWEEN" socket 1 "$AWAKE" "$@"
}

stdout_terminal() {
	exec python3 -IS -c "$BETWEEN" terminal 1 "$AWAKE" "$@"
}

stderr_journal_socket() {
	exec python3 -IS -c "$BETWEEN" journal 2 "$AWAKE" "$@"
}

BETWEEN='
import os, pty, socket, sys, time, tty
kind, fd, awake, *command = sys.argv[1:]
fd = int(fd)
if kind == "terminal":
    reader, writer = pty.openpty()
    tty.setraw(writer)
else:
    ours, theirs = socket.socketpair()
    reader, writer = ours.detach(), theirs.detach()
if kind == "journal":
    status = os.fstat(writer)
    os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
if os.fork():
    os.dup2(writer, fd)
    os.closerange(3, 64)
    os.execvp(command[0], command)
os.close(writer)
copy = os.dup(fd)
server = os.getppid()
deadline = time.monotonic() + 120
while not os.path.exists(awake):
    time.sleep(0.005)
    if time.monotonic() > deadline or os.getppid() != server:
        break
while True:
    try:
        data = os.read(reader, 1 << 16)
    except OSError:  # the end of a terminal
        data = b""
    if not data:
        break
    os.write(copy, data)
'

setup() {
	FIFO=$BATS_TEST_TMPDIR/fifo
	AWAKE=$BATS_TEST_TMPDIR/awake
}

# start_unheard ARGS...: where no word of it reaches us, it is ready once it
# takes clients, at $SOCKET.
start_unheard() {
	SOCKET=$(fresh_path).socket
	# shellcheck disable=SC2086 # several words
	start_process ${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" --listen="$SOCKET" \
		${HELLO_HTTP_FLAGS-} "$@"
	wait_until takes_clients
}

takes_clients() {
	"$BATS_TEST_DIRNAME/talk" "$SOCKET" 2>/dev/null
}

# --- outcomes ----------------------------------------------------------------

# lines_match PATTERN FILE: each line of it does, the last one is whole, and it
# has no octet but printable ones.
lines_match() {
	local wrong
	wrong=$(LC_ALL=C grep -Ev -- "$1" "$2" | head -c 2000) || true
	[ -z "$wrong" ] || {
		printf '%s is not the form of:\n%s\n' "$1" "$wrong"
		return 1
	}
	[ "$(LC_ALL=C tr -d ' -~\n' <"$2" | wc -c)" -eq 0 ] || {
		echo "$2 has octets that are not printable"
		return 1
	}
	[ ! -s "$2" ] || [ -z "$(tail -c 1 "$2")" ] || {
		echo "the last line is cut: $(tail -n 1 "$2")"
		return 1
	}
}

# logged N: the server ends and has logged N answers, well-formed.
logged() {
	stop_server
	lines_match "$ANSWER" "$SERVER_OUT"
	[ "$(wc -l <"$SERVER_OUT")" -eq "$1" ] || {
		echo "not $1 lines: $(head -c 10000 "$SERVER_OUT")"
		return 1
	}
}

# data_logged N: the same with received chunks between.
data_logged() {
	stop_server
	lines_match "$ANSWER|$CHUNK" "$SERVER_OUT"
	[ "$(grep -Ec "$ANSWER" "$SERVER_OUT")" -eq "$1" ] || {
		echo "not $1 answers: $(head -c 10000 "$SERVER_OUT")"
		return 1
	}
}

# rest_of_lines: the log without hosts and stamps.
rest_of_lines() {
	sed -E "s,^[^ ]+ - - $STAMP ,," "$SERVER_OUT"
}

# log_is LINE...: so it is, but for hosts and stamps; ends the server.
log_is() {
	logged $#
	output=$(rest_of_lines)
	output_is "$@"
}

# complaints: standard error but for the start-up lines.
complaints() {
	grep -v 'Listening on ' "$SERVER_ERR"
}

# complains N: there are N of them, each is one of ours.
complains() {
	local all ours
	all=$(complaints | wc -l)
	ours=$(complaints | grep -c '^hello-http: .') || true
	if [ "$all" -ne "$1" ] || [ "$ours" -ne "$1" ]; then
		echo "not $1 complaints: $(complaints)"
		return 1
	fi
}

# said_once: exactly one line says that the request log cannot be written.
said_once() {
	complains 1
	grep -q 'request log' "$SERVER_ERR"
}

# shares_flags FD: nobody who shares the server's descriptor was made not to
# block.
shares_flags() {
	local flags
	flags=$(sed -n 's/^flags:[[:space:]]*//p' "/proc/$SERVER_PID/fdinfo/$1")
	((!(8#$flags & 8#4000))) || {
		echo "descriptor $1 has O_NONBLOCK: $flags"
		return 1
	}
}

# --- which log ---------------------------------------------------------------

@test "--log=none logs no request" {
	start_server --log=none
	talk "$PORT" "send:${GET}BAD\r\n\r\n" answers:2 eof
	logged 0
	complains 0
}

@test "--log=requests logs a line per answer" {
	start_server --log=requests
	talk "$PORT" "send:$GET" answers:1 'send:BAD\r\n\r\n' answers:1 eof
	local lengths
	lengths=$(sed -n 's/^Content-Length: //p' <<<"$output")
	log_is '"GET / HTTP/1.1" 200 20 "-" "-"' \
		"\"BAD\" 400 ${lengths#20?} \"-\" \"-\""
	complains 0
}

@test "--log=data logs received chunks too, each before what answers it" {
	start_server --log=data
	talk "$PORT" "send:$GET" answers:1 "send:$HEAD" heads:1
	data_logged 2
	[ "$(cut -d '"' -f 2 "$SERVER_OUT")" = "$(printf '%s\n' "$GET" 'GET / HTTP/1.1' \
		"$HEAD" 'HEAD / HTTP/1.1')" ]
}

@test "--log is refused with any other value" {
	local value
	for value in '' all Requests 'requests,' 0; do
		is_refused --log="$value"
		[[ $stderr == *"'$value'"*none*requests*data* ]]
	done
}

@test "by default requests are logged when it binds itself" {
	start_server
	talk "$PORT" "send:$GET" answers:1
	log_is '"GET / HTTP/1.1" 200 20 "-" "-"'
}

@test "by default nothing is logged when the socket was passed" {
	command -v systemd-socket-activate >/dev/null ||
		skip "systemd-socket-activate is not installed"
	start_activated
	talk "$SOCKET" "send:${GET}BAD\r\n\r\n" answers:2 eof
	logged 0
	start_activated -- --log=requests
	talk "$SOCKET" "send:$GET" answers:1
	logged 1
}

@test "each line ends with the name of the socket, where systemd gave it one" {
	command -v systemd-socket-activate >/dev/null ||
		skip "systemd-socket-activate is not installed"
	local other=$BATS_TEST_TMPDIR/other
	start_activated --listen="$BATS_TEST_TMPDIR/one" --listen="$other" \
		--fdname='web:a b' -- --log=requests
	talk "$BATS_TEST_TMPDIR/one" "send:$GET" answers:1
	talk "$other" "send:$GET" answers:1
	stop_server
	lines_match "${ANSWER%$} $QUOTED\$" "$SERVER_OUT"
	[ "$(grep -c '"-" "-" "web"$' "$SERVER_OUT")" -eq 1 ]
	[ "$(grep -c '"-" "-" "a b"$' "$SERVER_OUT")" -eq 1 ]
}

@test "a name from the environment that is too long for a unit is cut" {
	command -v systemd-socket-activate >/dev/null ||
		skip "systemd-socket-activate is not installed"
	local name
	printf -v name '%0100000d' 0
	start_activated --fdname="$name" -- --log=requests
	talk "$SOCKET" "send:$GET" answers:1
	stop_server
	grep -Eq '"-" "-" "0{255}"$' "$SERVER_OUT"
}

@test "a request log does not go to a client that is standard output too" {
	# As an inetd starts it, with the client at all three descriptors.
	# shellcheck disable=SC2086 # several words
	run -0 timeout "$PATIENCE" python3 -IS - \
		${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" <<-'END'
		import socket, subprocess, sys
		client, server = socket.socketpair()
		client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		client.shutdown(socket.SHUT_WR)
		process = subprocess.Popen([*sys.argv[1:], "--inetd", "--log=data",
		    "--listen=127.0.0.1:0"], stdin=server, stdout=server, stderr=server)
		server.close()
		got = b""
		while chunk := client.recv(65536):
		    got += chunk
		head, _, content = got.partition(b"\r\n\r\n")
		assert head.startswith(b"HTTP/1.1 200 OK\r\n"), got
		assert content == b"<h1>Hello World</h1>", got
		assert process.wait() == 0
	END
}

# --- the form of a line ------------------------------------------------------

@test "a line has the host, time, request line, status, size, Referer and User-Agent" {
	start_server
	talk "$PORT" 'send:GET /a?b HTTP/1.1\r\nHost: x\r\nReferer: http://y/z\r\nUser-Agent: curl/7.88.1\r\n\r\n' answers:1
	logged 1
	grep -Eqx "127\.0\.0\.1 - - $STAMP \"GET /a\?b HTTP/1\.1\" 200 20 \"http://y/z\" \"curl/7\.88\.1\"" "$SERVER_OUT"
}

# stamp_is_between FIRST LAST ZONE: of the last line of the log.
stamp_is_between() {
	local stamp at
	stamp=$(sed -nE '$s/^[^[]*\[([^]]*)\].*/\1/p' "$SERVER_OUT")
	[[ $stamp == *" $3" ]] || {
		echo "not in zone $3: $stamp"
		return 1
	}
	at=$(date -d "$(sed -e 's|/| |g' -e 's/:/ /' <<<"$stamp")" +%s)
	[ "$at" -ge "$1" ] && [ "$at" -le "$2" ]
}

@test "the time stamp is the time, in the zone of TZ" {
	local zone zones=('UTC0 +0000' 'IST-5:30 +0530' 'NST3:30 -0330' 'XXX+12 -1200' 'XXX-14 +1400')
	[ ! -e /usr/share/zoneinfo/Asia/Kolkata ] || zones+=('Asia/Kolkata +0530')
	for zone in "${zones[@]}"; do
		TZ=${zone% *} start_server
		local first=$EPOCHSECONDS
		talk "$PORT" "send:$GET" answers:1
		logged 1
		stamp_is_between "$((first - 1))" "$EPOCHSECONDS" "${zone#* }"
	done
}

@test "the time stamp goes on with the time" {
	start_server
	local first=$EPOCHSECONDS
	talk "$PORT" "send:$GET" answers:1 tick "send:$GET" answers:1
	logged 2
	stamp_is_between "$((first + 1))" "$EPOCHSECONDS" "$(date +%z)"
	[ "$(cut -d ' ' -f 4 "$SERVER_OUT" | sort -u | wc -l)" -eq 2 ]
}

@test "the host is the client's: IPv4, IPv6, unix" {
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --listen=127.0.0.1:0 --listen="$SOCKET"
	talk "$PORT" "send:$GET" answers:1
	talk "$SOCKET" "send:$GET" answers:1
	logged 2
	[ "$(cut -d ' ' -f 1 "$SERVER_OUT" | sort)" = "$(printf '%s\n' 127.0.0.1 unix)" ]
	[ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
	start_server --listen='[::1]:0'
	talk "[::1]:$PORT" "send:$GET" answers:1
	logged 1
	[ "$(cut -d ' ' -f 1 "$SERVER_OUT")" = ::1 ]
}

@test "the host of an IPv4 client at a socket for both is its IPv4 address" {
	[ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
	# shellcheck disable=SC2086 # several words
	start_process python3 -IS -c '
import os, socket, sys
door = socket.socket(socket.AF_INET6)
door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
door.bind(("::", 0))
door.listen()
print("Listening on", door.getsockname()[1], file=sys.stderr, flush=True)
os.set_inheritable(os.dup2(door.fileno(), 3), True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[1], sys.argv[1:])
' ${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" ${HELLO_HTTP_FLAGS-} --log=data
	until_listening
	PORT=$(sed -n 's/^Listening on //p' "$SERVER_ERR")
	talk "127.0.0.1:$PORT" "send:$GET" answers:1
	talk "[::1]:$PORT" "send:$GET" answers:1
	data_logged 2
	[ "$(cut -d ' ' -f 1 "$SERVER_OUT" | sed -E 's/:[0-9]{2,}$//')" = \
		"$(printf '%s\n' 127.0.0.1 127.0.0.1 '[::1]' ::1)" ]
}

@test "the size is that of the content that was sent, - for none" {
	printf '%0100000d' 0 >"$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	talk "$PORT" "send:${GET}${HEAD}OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n" \
		answers:1 heads:1 answers:1
	log_is '"GET / HTTP/1.1" 200 100000 "-" "-"' \
		'"HEAD / HTTP/1.1" 200 - "-" "-"' '"OPTIONS * HTTP/1.1" 200 - "-" "-"'
	start_server --status=204
	talk "$PORT" "send:$GET$HEAD" heads:2
	log_is '"GET / HTTP/1.1" 204 - "-" "-"' '"HEAD / HTTP/1.1" 204 - "-" "-"'
	start_server --body= --status=404
	talk "$PORT" "send:$GET" answers:1
	log_is '"GET / HTTP/1.1" 404 - "-" "-"'
}

@test "Referer and User-Agent: absent, empty, in any case, beside one another" {
	start_server
	local fields field steps=()
	for fields in '' 'Referer:\r\n' 'User-Agent: \r\n' 'REFERER: r\r\n' \
		'user-agent: u\r\n' 'User-Agent: u v (w)\r\nReferer: \t r \t\r\n' \
		'X-Referer: a\r\nReferers: b\r\nUser-Agents: c\r\n'; do
		steps+=("send:GET / HTTP/1.1\r\nHost: x\r\n$fields\r\n" answers:1)
	done
	talk "$PORT" "${steps[@]}"
	log_is '"GET / HTTP/1.1" 200 20 "-" "-"' \
		'"GET / HTTP/1.1" 200 20 "" "-"' \
		'"GET / HTTP/1.1" 200 20 "-" ""' \
		'"GET / HTTP/1.1" 200 20 "r" "-"' \
		'"GET / HTTP/1.1" 200 20 "-" "u"' \
		'"GET / HTTP/1.1" 200 20 "r" "u v (w)"' \
		'"GET / HTTP/1.1" 200 20 "-" "-"'
}

@test "a line is the same however the request is split" {
	start_server
	local request='GET /x HTTP/1.1\r\nHost: x\r\nReferer: r\r\nUser-Agent: u\r\n\r\n'
	talk "$PORT" "send:$request" answers:1 "drip:$request" answers:1 \
		"split:5:$request" answers:1 "split:40:$request$request" answers:2 \
		"drip:${request/GET/POST}" answers:1
	local line='/x HTTP/1.1" 200 20 "r" "u"'
	log_is "\"GET $line" "\"GET $line" "\"GET $line" "\"GET $line" "\"GET $line" \
		"\"POST $line"
}

@test "a request with content is one line, whatever its content says" {
	start_server
	local forged='1.2.3.4 - - [22/Nov/2026:19:51:00 +0000] "GET /forged HTTP/1.1" 200 20 "-" "-"\n'
	talk "$PORT" "send:POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: $((${#forged} - 1))\r\n\r\n$forged" \
		answers:1 \
		"send:PUT /b HTTP/1.1\r\nHost: x\r\nReferer: r\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" \
		"send:GET /\r\n0\r\nReferer: forged\r\n\r\n" answers:1 \
		'send:POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n' \
		answers:1 'send:hello' answers:1 open
	log_is '"POST /a HTTP/1.1" 200 20 "-" "-"' '"PUT /b HTTP/1.1" 200 20 "r" "-"' \
		'"POST /c HTTP/1.1" 200 20 "-" "-"' '"GET /next HTTP/1.1" 200 20 "-" "-"'
}

@test "what was not answered is not logged" {
	start_server --keepalive-timeout=50ms
	talk "$PORT"
	talk "$PORT" eof
	talk "$PORT" 'send:GET / HT' shut eof
	talk "$PORT" 'send:POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc' shut eof
	talk "$PORT" 'send:GET /' rst
	logged 0
}

@test "a line per pipelined answer, in their order" {
	local at steps=() expected=()
	start_server
	for ((at = 0; at < 1000; at++)); do
		steps+=("GET /$at HTTP/1.1\r\nHost: x\r\n\r\n")
		expected+=("\"GET /$at HTTP/1.1\" 200 20 \"-\" \"-\"")
	done
	talk --brief "$PORT" "send:$(printf %s "${steps[@]}")" answers:1000
	log_is "${expected[@]}"
}

# --- errors ------------------------------------------------------------------

# error_is STATUS LOGGED OCTETS [STEP]...: this request line is logged for it,
# with the size of the page that was sent.
error_is() {
	local content
	talk "$PORT" "send:$3" answers:1 "${@:4}"
	[[ ${lines[0]} == "HTTP/1.1 $1 "* ]] || {
		printf 'not %s but:\n%s\n' "$1" "$output"
		return 1
	}
	content=$(sed -n 's/^Content-Length: //p' <<<"$output")
	expected+=("$2 $1 $content \"-\" \"-\"")
}

@test "errors are logged with their request lines" {
	local expected=()
	start_server --max-body=10
	error_is 400 '"GET / HTTP/1.1"' 'GET / HTTP/1.1\r\n\r\n'
	error_is 400 '"GET  / HTTP/1.1"' 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n'
	error_is 400 '"GET /"' 'GET /\r\n'
	error_is 405 '"TRACE / HTTP/1.1"' 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n'
	error_is 413 '"PUT / HTTP/1.1"' 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n'
	error_is 413 '"PUT / HTTP/1.1"' 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n'
	error_is 400 '"PUT / HTTP/1.1"' 'PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nX\r\n'
	error_is 417 '"PUT / HTTP/1.1"' 'PUT / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n'
	error_is 431 '"GET / HTTP/1.1"' 'GET / HTTP/1.1\r\nHost: x\r\n\*100{X: y\r\n}\r\n'
	error_is 431 '"GET / HTTP/1.1"' 'GET / HTTP/1.1\r\nHost: \*20000{x}'
	error_is 501 '"BREW /pot HTTP/1.1"' 'BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n'
	error_is 505 '"GET / HTTP/3.0"' 'GET / HTTP/3.0\r\nHost: x\r\n\r\n'
	error_is 505 '"PRI * HTTP/2.0"' 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
	log_is "${expected[@]}"
}

@test "an error keeps the Referer and User-Agent that came before it" {
	start_server
	talk "$PORT" 'send:GET / HTTP/1.1\r\nReferer: r\r\nUser-Agent: u\r\n\r\n' answers:1
	logged 1
	grep -q '"GET / HTTP/1.1" 400 [0-9]* "r" "u"$' "$SERVER_OUT"
}

@test "a timeout is logged: with its request line, or - where none was whole" {
	local expected=()
	start_server --request-timeout=50ms
	error_is 408 '"GET /x HTTP/1.1"' 'GET /x HTTP/1.1\r\nHost'
	error_is 408 '"POST /x HTTP/1.1"' 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab'
	error_is 408 '"-"' 'GET /x'
	error_is 408 '"-"' 'G'
	log_is "${expected[@]}"
}

@test "a request line that never became one is logged as far as it came, escaped" {
	local expected=()
	start_server
	error_is 400 '"hello"' 'hello\r\n'
	error_is 400 '"\x16\x03\x01\x02\x00\x01"' '\x16\x03\x01\x02\0\x01'
	error_is 400 '"\xff\xfe"' '\xff\xfe\r\n\r\n'
	error_is 400 '"GET\t/"' 'GET\t/'
	error_is 400 '"GET / HTTP/1.1"' 'GET / HTTP/1.1\nHost: x\n\n'
	error_is 400 '"GET /\"\\ \xc3\xbc HTTP/1.1"' 'GET /"\\ \xc3\xbc HTTP/1.1\r\n'
	log_is "${expected[@]}"
}

@test "a request line that is too long is logged, whole lines as ever" {
	start_server
	talk "$PORT" 'send:GET /\*9000{a} HTTP/1.1\r\n\r\n' answers:1
	talk "$PORT" 'send:GET /\*30000{a}' answers:1
	talk "$PORT" 'send:\*9000{a}' answers:1
	logged 3
	[ "$(rest_of_lines | sed 's/aaaaaaaa*"/a..."/' | grep -Ec \
		'^"(GET /)?a\.\.\." 414 [0-9]+ "-" "-"$')" -eq 3 ]
	[ "$(wc -c <"$SERVER_OUT")" -gt 24000 ]
}

# --- no octet of a client unescaped ------------------------------------------

# every_octet TARGET: each octet in a request line, in Referer, User-Agent and
# as garbage, and 256 of them at once.
every_octet() {
	succeeds python3 -IS - "$1" <<-'END'
		import socket, sys
		address = sys.argv[1]
		def ask(request):
		    link = socket.create_connection(("127.0.0.1", int(address)), 10)
		    link.sendall(request)
		    link.shutdown(socket.SHUT_WR)
		    got = b""
		    while chunk := link.recv(65536):
		        got += chunk
		    assert got.startswith(b"HTTP/1.1 "), (request, got)
		every = [bytes([octet]) for octet in range(256)]
		for octet in every:
		    ask(b"GET /" + octet + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		    ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nReferer: a"
		        + octet + b"b\r\nUser-Agent: " + octet + b"\r\n\r\n")
		    ask(octet * 3 + b"\r\n\r\n" + b"\r\n\r\n")
		ask(b"".join(every) + b"\r\n\r\n")
		ask(b"GET / HTTP/1.1\r\nHost: x\r\nReferer: " + b"".join(every[32:127] + every[128:])
		    + b"\r\nConnection: close\r\n\r\n")
	END
}

@test "no octet but printable ASCII is ever logged, whatever a client sends where" {
	start_server
	every_octet "$PORT"
	logged 770
	output=$(rest_of_lines)
	# Some that are known.
	output_has '"GET / HTTP/1.1" 200 20 "a\tb" ""'
	output_has '"GET / HTTP/1.1" 200 20 "a\xffb" "\xff"'
	output_has '"GET / HTTP/1.1" 200 20 "a\"b" "\""'
	output_has '"GET / HTTP/1.1" 200 20 "a\\b" "\\"'
	grep -Fq '"\x1b\x1b\x1b" 400' <<<"$output"
	grep -Fq '"\x00\x00\x00" 400' <<<"$output"
	grep -Fq '"\x7f\x7f\x7f" 400' <<<"$output"
}

@test "no octet but printable ASCII is ever logged by --log=data either" {
	start_server --log=data
	every_octet "$PORT"
	data_logged 770
}

@test "a line cannot be forged: newlines, quotes, backslashes, escapes of terminals" {
	local forged='127.0.0.1 - - [22/Nov/2026:19:51:00 +0000] "GET /forged HTTP/1.1" 200 20 "-" "-"'
	start_server
	talk "$PORT" "send:GET /\n$forged\n\r\n\r\n" answers:1 eof
	talk "$PORT" "send:GET /\r$forged\r\n\r\n" answers:1 eof
	talk "$PORT" "send:GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: \n$forged\r\n\r\n" \
		answers:1 eof
	talk "$PORT" 'send:GET /" HTTP/1.1\r\nHost: x\r\nReferer: \\\r\nUser-Agent: " 200 20 "-" "\r\n\r\n' answers:1
	talk "$PORT" 'send:GET /\\ HTTP/1.1\r\nHost: x\r\nReferer: a\\"b\\\r\nUser-Agent: \\n\\x0a\r\n\r\n' answers:1
	talk "$PORT" 'send:\x1b[2J\x1b]0;owned\x07\r\n\r\n' answers:1 eof
	talk "$PORT" 'send:GET / HTTP/1.1\r\nHost: x\r\nReferer: \xc2\x9b2J \xe2\x80\xae\r\n\r\n' answers:1
	logged 7
	output=$(rest_of_lines)
	output_lacks forged
	output_has '"GET /\" HTTP/1.1" 200 20 "\\" "\" 200 20 \"-\" \""'
	output_has '"GET /\\ HTTP/1.1" 200 20 "a\\\"b\\" "\\n\\x0a"'
	output_has '"GET / HTTP/1.1" 200 20 "\xc2\x9b2J \xe2\x80\xae" "-"'
	grep -Fq '"\x1b[2J\x1b]0;owned\x07" 400 ' <<<"$output"
}

@test "the longest lines that requests can cause are whole" {
	local target='\*8000{"}' field='\*8000{\xff}' line
	start_server --log=data
	local request="GET /$target HTTP/1.1\r\nHost: x\r\nReferer: $field\r\nUser-Agent: $field\r\n\r\n"
	talk "$PORT" "send:$request$request$request" answers:3 "send:$request" answers:1 \
		"drip:GET /$target" 'send: HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	data_logged 5
	line=$(printf '\\xff%.0s' {1..8000})
	[ "$(grep -Ec "$ANSWER" "$SERVER_OUT")" -eq 5 ]
	[ "$(grep -Fc -- " 200 20 \"$line\" \"$line\"" "$SERVER_OUT")" -eq 4 ]
}

# --- data --------------------------------------------------------------------

@test "--log=data: each chunk has its client's address and port" {
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --log=data --listen=127.0.0.1:0 --listen="$SOCKET"
	succeeds python3 -IS - "$PORT" <<-'END'
		import socket, sys
		link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
		link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		while link.recv(65536):
		    pass
		print(link.getsockname()[1])
	END
	local port=$output
	talk "$SOCKET" "send:$LAST" answers:1 eof
	data_logged 2
	grep -Fqx "127.0.0.1:$port \"$LAST\"" "$SERVER_OUT"
	grep -Fqx "unix \"$LAST\"" "$SERVER_OUT"
	[ -e /proc/net/if_inet6 ] || skip "no IPv6 here"
	start_server --log=data --listen='[::1]:0'
	talk "[::1]:$PORT" "send:$LAST" answers:1 eof
	data_logged 1
	grep -Eqx '\[::1\]:[0-9]+ ".*"' "$SERVER_OUT"
}

@test "--log=data: the chunks are all that was received, to the octet" {
	start_server --log=data
	succeeds python3 -IS - "$PORT" "$BATS_TEST_TMPDIR/sent" <<-'END'
		import socket, sys
		port, file = sys.argv[1:]
		sent = b"".join([
		    b"GET / HTTP/1.1\r\nHost: x\r\nX: \t\"\\\r\n\r\n",
		    b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 256000\r\n\r\n",
		    bytes(range(256)) * 1000,
		    b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		    b"40000\r\n", b"\xff" * 0x40000, b"\r\n0\r\n\r\n",
		    b"GET / HTTP/1.0\r\n\r\n",
		    b"\0" * 100000])  # read off after the last answer
		link = socket.create_connection(("127.0.0.1", int(port)), 10)
		link.sendall(sent)
		link.shutdown(socket.SHUT_WR)
		while link.recv(65536):
		    pass
		with open(file, "wb") as file:
		    file.write(sent)
	END
	data_logged 4
	succeeds python3 -IS - "$SERVER_OUT" "$BATS_TEST_TMPDIR/sent" <<-'END'
		import re, sys
		log, sent = [open(name, "rb").read() for name in sys.argv[1:]]
		plain = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b'"': b'"', b"\\": b"\\"}
		chunks = b"".join(re.findall(rb'^127\.0\.0\.1:\d+ "(.*)"$', log, re.M))
		got = re.sub(rb"\\(x[0-9a-f]{2}|.)", lambda match: plain.get(match[1])
		    or bytes.fromhex(match[1][1:].decode()), chunks)
		assert got == sent, f"{len(got)} octets, not these {len(sent)}"
	END
}

@test "--log=data: each octet that a client drips is a chunk" {
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --log=data --listen="$SOCKET"
	talk "$SOCKET" "drip:$GET" answers:1
	data_logged 1
	[ "$(grep -Ec "$CHUNK" "$SERVER_OUT")" -eq 27 ]
	[ "$(sed -nE 's/^unix "(.*)"$/\1/p' "$SERVER_OUT" | tr -d '\n')" = "$GET" ]
}

# --- messages ----------------------------------------------------------------

@test "a start-up line per listener, on standard error, in their order" {
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --listen=127.0.0.1:0 --listen="$SOCKET" -l 127.0.0.2:0 \
		-l "unix:$SOCKET.2"
	wait_for_line "unix:$SOCKET\.2\$" "$SERVER_ERR"
	talk "$SOCKET.2" "send:$GET" answers:1
	[ "$(sed -E 's|:[1-9][0-9]*/$|:N/|' "$SERVER_ERR")" = "$(printf '%s\n' \
		"Listening on http://127.0.0.1:N/" "Listening on unix:$SOCKET" \
		"Listening on http://127.0.0.2:N/" "Listening on unix:$SOCKET.2")" ]
	logged 1
}

# fails_to_reload: a server whose body file is gone, and a message about it.
fails_to_reload() {
	printf x >"$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	rm "$BATS_TEST_TMPDIR/body"
	kill -s HUP "$SERVER_PID"
	wait_for_line "$BATS_TEST_TMPDIR/body" "$SERVER_ERR"
}

@test "a message has the program's name in front, a start-up line has nothing" {
	fails_to_reload
	grep -Eqx 'Listening on http://127.0.0.1:[0-9]+/' "$SERVER_ERR"
	complains 1
	[ "$(wc -l <"$SERVER_ERR")" -eq 2 ]
}

@test "under the journal each message has its level in front, nothing else" {
	with_outputs under_journal
	fails_to_reload
	stop_server
	[ "$(wc -l <"$SERVER_ERR")" -eq 2 ]
	grep -Eqx '<6>Listening on http://127.0.0.1:[0-9]+/' "$SERVER_ERR"
	grep -Eqx "<3>[A-Z].*$BATS_TEST_TMPDIR/body.*" "$SERVER_ERR"
	[ "$(grep -c hello-http: "$SERVER_ERR")" -eq 0 ]
	run -2 --separate-stderr under_journal "$HELLO_HTTP" --status=1000
	[[ $stderr == "<3>"[A-Z]*1000* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "under the journal a full request log is a warning, an unused --listen a notice" {
	with_outputs under_journal
	with_outputs stdout_full
	start_server
	talk "$PORT" "send:$GET" answers:1
	stop_server
	[ "$(grep -vc '^<6>' "$SERVER_ERR")" -eq 1 ]
	grep -q '^<4>.*request log' "$SERVER_ERR"
	run -0 --separate-stderr timeout "$PATIENCE" python3 -IS - "$HELLO_HTTP" <<-'END'
		import os, socket, sys
		client, server = socket.socketpair()
		client.close()
		os.dup2(server.fileno(), 0)
		status = os.fstat(2)
		os.environ["JOURNAL_STREAM"] = f"{status.st_dev}:{status.st_ino}"
		os.execv(sys.argv[1], [sys.argv[1], "--inetd", "--listen=127.0.0.1:0"])
	END
	[[ $stderr == "<5>"*--listen* ]]
	[ "${#stderr_lines[@]}" -eq 1 ]
}

@test "the journal is known by its socket, which is what it really gives" {
	: >"$AWAKE"
	with_outputs stderr_journal_socket
	fails_to_reload
	grep -Eqx '<6>Listening on .*' "$SERVER_ERR"
	grep -Eqx '<3>.*body.*' "$SERVER_ERR"
	shares_flags 2
}

@test "JOURNAL_STREAM that is not standard error's changes nothing" {
	local stream
	with_outputs under_another_journal
	fails_to_reload
	grep -Eqx 'Listening on .*' "$SERVER_ERR"
	complains 1
	stop_server
	HELLO_HTTP_WRAPPER=$OUR_WRAPPER
	for stream in '' : 0:0 x 1 "$(stat -Lc %d "$SERVER_ERR"):1"; do
		JOURNAL_STREAM=$stream fails_to_reload
		grep -Eqx 'Listening on .*' "$SERVER_ERR"
		complains 1
		stop_server
	done
}

@test "a message is one line, whatever is in it" {
	local name=$'a\nhello-http: forged\r\t\033[2J\177b'
	run --separate-stderr timeout "$PATIENCE" "$HELLO_HTTP" \
		--listen=127.0.0.1:0 --body-file="$BATS_TEST_TMPDIR/$name"
	[ "$status" -eq 1 ]
	[ "${#stderr_lines[@]}" -eq 1 ]
	[[ $stderr == *'a\nhello-http: forged\r\t\x1b[2J\x7fb'* ]]
	is_refused "$name"
	is_refused --status="$name"
	is_refused --header="$name"
	is_refused --listen="$name"
	is_refused "--$name"
}

# --- outputs that do not take it ---------------------------------------------

# serves_many ADDRESS: 200 requests, among them bad ones, are answered.
serves_many() {
	local at
	for at in 1 2 3 4; do
		talk --brief "$1" "send:\*24{$GET}" answers:24 "send:\*25{$GET}" \
			answers:25 'send:BAD\r\n\r\n' answers:1 eof
	done
}

# all_end PID...: these children succeed.
all_end() {
	local pid
	for pid; do
		wait "$pid"
	done
}

@test "a full standard output: the service goes on, and says it once" {
	with_outputs stdout_full
	start_server
	serves_many "$PORT"
	said_once
	serves_many "$PORT"
	stop_server
	said_once
}

@test "a standard output that has reached the limit of files: the same" {
	skip_under_sanitizer "its files are limited, too"
	HELLO_HTTP_WRAPPER='' # a recorder's file, too
	with_outputs stdout_limited
	start_server
	serves_many "$PORT"
	said_once
}

@test "a full standard output, --log=data and four workers: said once too" {
	with_outputs stdout_full
	start_server --log=data --workers=4
	local pids=()
	for _ in 1 2 3 4; do
		serves_many "$PORT" &
		pids+=($!)
	done
	all_end "${pids[@]}"
	stop_server
	said_once
}

@test "a closed pipe as standard output: the service goes on, and says it once" {
	with_outputs stdout_broken
	start_server
	serves_many "$PORT"
	said_once
	serves_many "$PORT"
	stop_server
	said_once
}

@test "a pipe whose reader ends: the service goes on, and says it once" {
	with_outputs stdout_fifo
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start_server 7>&-
	talk "$PORT" "send:$GET" answers:1
	wait_until is_filled 7
	complains 0
	exec 7>&-
	serves_many "$PORT"
	stop_server
	said_once
}

@test "a closed standard output: the service goes on, and says it once" {
	with_outputs stdout_closed
	start_server
	serves_many "$PORT"
	stop_server
	said_once
}

@test "closed standard outputs: no client gets what belongs there" {
	with_outputs stdout_closed
	with_outputs stderr_closed
	printf x >"$BATS_TEST_TMPDIR/body"
	start_unheard --log=data --body-file="$BATS_TEST_TMPDIR/body"
	rm "$BATS_TEST_TMPDIR/body"
	kill -s HUP "$SERVER_PID"
	talk "$SOCKET" "send:$GET" answers:1 quiet open
	serves_many "$SOCKET"
	[ "$(readlink "/proc/$SERVER_PID/fd/1")" = /dev/null ]
	[ "$(readlink "/proc/$SERVER_PID/fd/2")" = /dev/null ]
}

@test "a full, closed or broken standard error stops nothing" {
	local kind
	for kind in full closed broken; do
		HELLO_HTTP_WRAPPER=$OUR_WRAPPER
		with_outputs "stderr_$kind"
		printf x >"$BATS_TEST_TMPDIR/body"
		start_unheard --body-file="$BATS_TEST_TMPDIR/body"
		rm "$BATS_TEST_TMPDIR/body"
		serves_many "$SOCKET"
		kill -s HUP "$SERVER_PID"
		serves_many "$SOCKET"
		printf new >"$BATS_TEST_TMPDIR/body"
		kill -s HUP "$SERVER_PID"
		wait_until has_new_body
		stop_server
	done
}

has_new_body() {
	talk "$SOCKET" "send:$GET" answers:1
	[ "${lines[-1]}" = new ]
}

# --- outputs that stall ------------------------------------------------------

# many_long N: N requests one after the other, numbered, each with a line that
# is longer than PIPE_BUF, so that a full pipe takes a part of it.
many_long() {
	local at steps=()
	for ((at = 0; at < $1; at++)); do
		steps+=("send:GET /$at/\*5000{0} HTTP/1.1\r\nHost: x\r\n\r\n" answers:1)
	done
	talk --brief "$PORT" "${steps[@]}"
}

# is_filled FD: there is something to read in it.
is_filled() {
	python3 -IS -c 'import select, sys
sys.exit(not select.select([int(sys.argv[1])], [], [], 0)[0])' "$1"
}

is_empty() {
	! is_filled "$1"
}

# start_stalled ARGS...: its output is a pipe that nobody reads yet, but 7 could.
start_stalled() {
	with_outputs stdout_fifo
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	start_server "$@" 7>&-
}

# wake_reader: the pipe is read, now and until its end, into $READ.
wake_reader() {
	READ=$(fresh_path)
	cat "$FIFO" >"$READ" 3>&- 7>&- &
	READER=$!
	wait_until is_empty 7
}

# end_stalled: the server ends, and so does what $READ gets.
end_stalled() {
	stop_server
	exec 7>&-
	wait "$READER"
}

@test "a stalled pipe as standard output blocks nobody, and its lines stay whole" {
	start_stalled
	many_long 300
	said_once
	shares_flags 1
	wake_reader
	talk "$PORT" 'send:GET /awake HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	wait_for_line '"GET /awake ' "$READ"
	end_stalled
	said_once
	lines_match "$ANSWER" "$READ"
	# It is the beginning of what was logged, as much as a pipe holds, and what
	# came after the reader was awake; only what lies between is lost.
	[ "$(wc -c <"$READ")" -ge 30000 ]
	[ "$(sed -E 's|.*"GET /([0-9a-z]+).*|\1|' "$READ")" = \
		"$(seq 0 $(($(wc -l <"$READ") - 2)) && echo awake)" ]
}

@test "a stalled pipe that is read at last: the server ends with a whole line" {
	start_stalled
	many_long 100
	said_once
	wake_reader
	end_stalled
	lines_match "$ANSWER" "$READ"
	[ "$(wc -c <"$READ")" -ge 30000 ]
}

@test "a pipe that is never read: the server ends all the same" {
	start_stalled
	many_long 100
	stop_server
	said_once
}

@test "a pipe that stalls again and again: all lines are whole and in their order" {
	start_stalled
	READ=$(fresh_path)
	succeeds python3 -IS - "$PORT" "$READ" <<-'END' 7<&7
		import os, re, socket, sys, time
		port, name = sys.argv[1:]
		link = socket.create_connection(("127.0.0.1", int(port)), 10)
		count = 0
		def ask(what):
		    link.sendall(b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % what)
		    got = b""
		    while not got.endswith(b"</h1>"):
		        got += link.recv(65536)
		def wake(octets):
		    try:
		        return os.read(7, octets)
		    except BlockingIOError:
		        return b""
		os.set_blocking(7, False)
		read = b""
		for turn in range(40):
		    for _ in range(25):
		        ask(b"%d/%s" % (count, b"0" * 5000))
		        count += 1
		    # A reader that wakes for a moment and sleeps again.
		    for _ in range(turn):
		        read += wake(3001)
		deadline = time.monotonic() + 10
		while not (b"/awake" in read and read.endswith(b"\n")):
		    while chunk := wake(65536):
		        read += chunk
		    ask(b"awake")
		    assert time.monotonic() < deadline, "no more lines"
		numbers = [int(one) for one in re.findall(rb'"GET /([0-9]+)/0{5000} ', read)]
		assert numbers == sorted(set(numbers)) and len(numbers) > 100, numbers
		with open(name, "wb") as file:
		    file.write(read)
	END
	lines_match "$ANSWER" "$READ"
	said_once
}

@test "a stalled pipe and four workers: no line is cut or mixed with another" {
	start_stalled --workers=4
	local pids=()
	for _ in 1 2 3 4 5 6; do
		many_long 50 &
		pids+=($!)
	done
	all_end "${pids[@]}"
	said_once
	wake_reader
	pids=()
	for _ in 1 2 3 4 5 6; do
		many_long 50 &
		pids+=($!)
	done
	all_end "${pids[@]}"
	wait_until is_empty 7
	talk "$PORT" 'send:GET /awake HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	wait_for_line '"GET /awake ' "$READ"
	end_stalled
	said_once
	lines_match "$ANSWER" "$READ"
}

@test "a stalled terminal as standard output blocks nobody" {
	# A bare chroot has no /dev/pts.
	python3 -c 'import pty; pty.openpty()' 2>/dev/null || skip "no pseudo-terminals here"
	with_outputs stdout_terminal
	start_server
	many_long 100
	said_once
	shares_flags 1
	: >"$AWAKE"
	wait_for_line ' 200 ' "$SERVER_OUT"
	many_long 1
}

@test "a stalled socket as standard output blocks nobody, and its lines stay whole" {
	with_outputs stdout_socket
	start_server
	many_long 300
	said_once
	shares_flags 1
	: >"$AWAKE"
	wait_until awake_is_logged
	stop_server
	wait_until reader_has_ended
	said_once
	lines_match "$ANSWER" "$SERVER_OUT"
}

awake_is_logged() {
	talk "$PORT" 'send:GET /awake HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	grep -q '"GET /awake ' "$SERVER_OUT"
}

# reader_has_ended: nobody writes to $SERVER_OUT any more.
reader_has_ended() {
	[ -z "$(find /proc/[0-9]*/fd -lname "$SERVER_OUT" 2>/dev/null)" ]
}

@test "a stalled pipe as standard error blocks nobody" {
	with_outputs stderr_fifo
	mkfifo "$FIFO"
	exec 7<>"$FIFO"
	python3 -IS -c 'import os
os.set_blocking(7, False)
try:
    while True:
        os.write(7, b"\n" * 65536)
except BlockingIOError:
    os.set_blocking(7, True)'
	printf x >"$BATS_TEST_TMPDIR/body"
	start_unheard --body-file="$BATS_TEST_TMPDIR/body" 7>&-
	rm "$BATS_TEST_TMPDIR/body"
	kill -s HUP "$SERVER_PID"
	serves_many "$SOCKET"
	shares_flags 2
	wake_reader
	kill -s HUP "$SERVER_PID"
	wait_for_line '^hello-http: .*body' "$READ"
	end_stalled
	[ "$(grep -Ecv "^$|^hello-http: .*$BATS_TEST_TMPDIR/body" "$READ")" -eq 0 ]
}

# --- many at once ------------------------------------------------------------

# crowd ADDRESS: 40 clients, each asks 50 times, 5 at once; 2,000 answers.
crowd() {
	succeeds python3 -IS - "$1" <<-'END'
		import socket, sys
		from concurrent.futures import ThreadPoolExecutor
		def client(number):
		    link = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
		    answers = 0
		    for turn in range(10):
		        link.sendall(b"".join(b"GET /%d/%d HTTP/1.1\r\nHost: x\r\nReferer: %s\r\n\r\n"
		            % (number, 5 * turn + at, b"r" * (number * 20)) for at in range(5)))
		        got = b""
		        while got.count(b"</h1>") < 5:
		            got += link.recv(65536)
		        answers += got.count(b"HTTP/1.1 200 OK\r\n")
		    return answers
		with ThreadPoolExecutor(40) as pool:
		    print(sum(pool.map(client, range(40))))
	END
	[ "$output" -eq 2000 ]
}

@test "four workers, 40 clients at once: a whole line for each answer" {
	start_server --workers=4
	crowd "$PORT"
	logged 2000
	[ "$(rest_of_lines | cut -d ' ' -f 2 | sort -u | wc -l)" -eq 2000 ]
	# Of each client in the order of its requests.
	[ "$(sed -nE 's|.*"GET /17/([0-9]+) .*|\1|p' "$SERVER_OUT")" = "$(seq 0 49)" ]
}

@test "four workers, 40 clients at once, a pipe that is read: each line is whole" {
	start_stalled --workers=4
	wake_reader
	crowd "$PORT"
	wait_until is_empty 7
	end_stalled
	lines_match "$ANSWER" "$READ"
	[ "$(wc -l <"$READ")" -gt 100 ]
}
