#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The configured answer: its status, its fields, its content from the command
# line or a file, the reload of that file, and how all of it is sent. What HTTP
# asks of any answer is in http.bats.

# shellcheck disable=SC2030,SC2031 # each test is a subshell

load helper

GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
HEAD='HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'
OPTIONS='OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n'
LAST='GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
ALLOW='Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'
HELLO='<h1>Hello World</h1>'

# Of src/tunables.h: content up to there is copied behind its head, a larger
# body file is refused, and so is a larger head.
COPIED=16384
LARGEST=$((16 * 1024 * 1024))
HEAD_LIMIT=16384

setup() {
	BODY=$BATS_TEST_TMPDIR/body
}

# --- a client ----------------------------------------------------------------

# client ARGS... <CODE: in Python, what needs more than tests/talk: to read
# slowly, to ask until something has changed. It must succeed.
client() {
	succeeds python3 -IS -c "$CLIENT$(cat)" "$@"
}

CLIENT='
import os, signal, socket, sys, time

PATIENCE = float(os.environ["TALK_TIMEOUT"])
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

def connect(address, window=None):
    link = socket.socket(socket.AF_UNIX if address.startswith("/") else socket.AF_INET)
    link.settimeout(PATIENCE)
    if window:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    link.connect(address if address.startswith("/") else ("127.0.0.1", int(address)))
    return link

def content(link, piece=1 << 16):
    """Read one answer, for a part of which anything must be waiting yet."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        octet = link.recv(1)
        assert octet, f"closed after {head!r}"
        head += octet
    assert head.startswith(b"HTTP/1.1 200 OK\r\n"), head
    left = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    pieces = []
    while left:
        pieces.append(link.recv(min(piece, left)))
        assert pieces[-1], f"closed, {left} octets before the end"
        left -= len(pieces[-1])
    return b"".join(pieces)

def ask(link):
    link.sendall(GET)
    return content(link)

def readers(addresses):
    """Connections that have asked, and of whose answers the beginning has come:
    the rest waits for them to read."""
    links = [connect(address, 4096) for address in addresses]
    for link in links:
        link.sendall(GET)
        link.recv(1, socket.MSG_PEEK)
    return links

def put(path, data):
    """Replace the file whole."""
    with open(path + ".new", "wb") as file:
        file.write(data)
    os.rename(path + ".new", path)

def bodies(pid):
    """The files in memory that hold large content."""
    paths = [f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd")]
    return [path for path in paths if os.path.realpath(path).startswith("/memfd:body")]

def reload(pid):
    os.kill(int(pid), signal.SIGHUP)

def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it does not change"
'

# --- outcomes ----------------------------------------------------------------

# ask REQUEST: its answer, whole, in $output.
ask() {
	talk "$PORT" "send:$1" answers:1
}

# ask_head REQUEST: the same for an answer without content.
ask_head() {
	talk "$PORT" "send:$1" heads:1
}

# answer_is STATUS-LINE FIELD... [ '' CONTENT ]: this is in $output and nothing
# else, but a Date, which tests/talk has checked. Fields come in any order.
answer_is() {
	local got wanted
	got=$(in_order "$output")
	wanted=$(in_order "$(printf '%s\n' "$@")")
	[ "$got" = "$wanted" ] || {
		printf 'wanted:\n%s\ngot:\n%s\n' "$wanted" "$got"
		return 1
	}
}

in_order() {
	local head=${1%%$'\n\n'*} content=
	[ "$head" = "$1" ] || content=${1#*$'\n\n'}
	head -n 1 <<<"$head"
	tail -n +2 <<<"$head" | grep -v ^Date: | LC_ALL=C sort
	printf 'content: %s\n' "$content"
}

# large_content FILE: how tests/talk prints it as an answer's content.
large_content() {
	echo "[$(stat -c %s "$1") octets, sha256 $(sha256sum <"$1" | cut -d ' ' -f 1)]"
}

# serves FILE: GET gets just these octets, and HEAD their number.
serves() {
	local got
	got=$(fresh_path)
	succeeds curl -sS --max-time "$PATIENCE" -o "$got" "http://127.0.0.1:$PORT/"
	[ -e "$got" ] || : >"$got"
	cmp "$1" "$got"
	ask_head "$HEAD"
	output_has "Content-Length: $(stat -c %s "$1")"
}

# refuses_to_start ARGS...: the system says no: one line, status 1.
refuses_to_start() {
	# shellcheck disable=SC2086 # several words
	run --separate-stderr timeout "$PATIENCE" ${HELLO_HTTP_WRAPPER-} \
		"$HELLO_HTTP" --listen=127.0.0.1:0 "$@"
	if [ "$status" -ne 1 ] || [ -n "$output" ] ||
		[[ ${#stderr_lines[@]} -ne 1 || $stderr != "hello-http: "* ]]; then
		echo "status $status, output: $output, standard error: $stderr"
		return 1
	fi
}

# octets_made N: N octets, no two places in them alike.
octets_made() {
	seq -f %010.0f $(($1 / 11 + 1)) | head -c "$1"
}

# --- status ------------------------------------------------------------------

@test "--status sends each code of the RFCs with its reason phrase" {
	local code reason field
	while IFS='|' read -r code reason field; do
		start_server --status="$code" ${field:+--header="$field"}
		ask_head "$HEAD"
		[ "${lines[0]}" = "HTTP/1.1 $code $reason" ] || {
			echo "$code has another reason: ${lines[0]}"
			return 1
		}
		stop_server
	done <<-'END'
		200|OK
		201|Created
		202|Accepted
		203|Non-Authoritative Information
		204|No Content
		205|Reset Content
		206|Partial Content|Content-Range: bytes 0-19/20
		300|Multiple Choices
		301|Moved Permanently
		302|Found
		303|See Other
		304|Not Modified
		307|Temporary Redirect
		308|Permanent Redirect
		400|Bad Request
		401|Unauthorized|WWW-Authenticate: Basic realm="x"
		402|Payment Required
		403|Forbidden
		404|Not Found
		405|Method Not Allowed|Allow: GET
		406|Not Acceptable
		407|Proxy Authentication Required|Proxy-Authenticate: Basic realm="x"
		408|Request Timeout
		409|Conflict
		410|Gone
		411|Length Required
		412|Precondition Failed
		413|Content Too Large
		414|URI Too Long
		415|Unsupported Media Type
		416|Range Not Satisfiable
		417|Expectation Failed
		421|Misdirected Request
		422|Unprocessable Content
		426|Upgrade Required|Upgrade: h2c
		428|Precondition Required
		429|Too Many Requests
		431|Request Header Fields Too Large
		451|Unavailable For Legal Reasons
		500|Internal Server Error
		501|Not Implemented
		502|Bad Gateway
		503|Service Unavailable
		504|Gateway Timeout
		505|HTTP Version Not Supported
		511|Network Authentication Required
	END
}

@test "--status: a code without a reason phrase keeps the space behind it" {
	local code
	for code in 299 599; do
		start_server --status="$code"
		ask "$GET"
		answer_is "HTTP/1.1 $code " "Content-Type: text/html" \
			"Content-Length: 20" "" "$HELLO"
		stop_server
	done
}

@test "--status=200 is the default: the page of the tutorial, to the octet" {
	local default
	start_server
	ask "$GET"
	answer_is "HTTP/1.1 200 OK" "Content-Type: text/html" \
		"Content-Length: 20" "" "$HELLO"
	default=$output
	start_server --status=200 --content-type=text/html --body="$HELLO"
	ask "$GET"
	[ "${output/Date: *GMT/}" = "${default/Date: *GMT/}" ]
}

@test "--status=204 and 304 send nothing but the status, 205 a length of 0" {
	start_server --status=204
	ask_head "$GET"
	answer_is "HTTP/1.1 204 No Content"
	start_server --status=304
	ask_head "$GET"
	answer_is "HTTP/1.1 304 Not Modified"
	start_server --status=205
	ask "$GET"
	answer_is "HTTP/1.1 205 Reset Content" "Content-Length: 0"
}

@test "--status=204, 205 and 304 refuse a body, even an empty one" {
	local code
	echo x >"$BODY"
	for code in 204 205 304; do
		is_refused --status="$code" --body=x
		is_refused --status="$code" --body=
		is_refused --status="$code" --body-file="$BODY"
	done
}

@test "--status=304 may carry the fields of what has not been modified" {
	start_server --status=304 --header='ETag: "x"' --header='Vary: *' \
		--content-type=text/plain
	ask_head "$GET"
	answer_is "HTTP/1.1 304 Not Modified" 'ETag: "x"' "Vary: *" \
		"Content-Type: text/plain"
}

@test "a redirect: --status=301 with a Location" {
	start_server --status=301 --header='Location: https://example.org/' --body=
	ask "$GET"
	answer_is "HTTP/1.1 301 Moved Permanently" \
		"Location: https://example.org/" "Content-Length: 0"
	ask_head "$HEAD"
	answer_is "HTTP/1.1 301 Moved Permanently" \
		"Location: https://example.org/" "Content-Length: 0"
	ask "POST /form HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
	output_has "Location: https://example.org/"
}

@test "a maintenance page: --status=503 with Retry-After" {
	start_server --status=503 --header='Retry-After: 120' \
		--content-type='text/plain; charset=utf-8' --body=$'Back soon.\n'
	talk "$PORT" "send:$GET" answers:1 open
	answer_is "HTTP/1.1 503 Service Unavailable" "Retry-After: 120" \
		"Content-Type: text/plain; charset=utf-8" "Content-Length: 11" \
		"" "Back soon."
}

# --- content type ------------------------------------------------------------

@test "--content-type replaces text/html, with its parameters as they are" {
	local type
	for type in text/plain 'text/html; charset=utf-8' application/vnd.x+json \
		'multipart/mixed; boundary="a b"' 'a/b; c="\""; d=e' 'a/b;; c=d;' \
		'*/*' 'a/b;c=%s'; do
		start_server --content-type="$type"
		ask "$GET"
		answer_is "HTTP/1.1 200 OK" "Content-Type: $type" \
			"Content-Length: 20" "" "$HELLO"
		stop_server
	done
}

@test "--content-type is sent with empty content too, the default is not" {
	start_server --body=
	ask "$GET"
	answer_is "HTTP/1.1 200 OK" "Content-Length: 0"
	start_server --body= -t text/css
	ask "$GET"
	answer_is "HTTP/1.1 200 OK" "Content-Type: text/css" "Content-Length: 0"
}

@test "--content-type that is none is refused" {
	local type
	for type in '' text / text/ /html 'text /html' 'text/ html' text/a/b \
		$'text/html\r\nX: y' $'text/html\nX' $'text/html\001' \
		'text/h(tml)' 'a/b; c="\"'; do
		is_refused --content-type="$type"
		[[ $stderr == *text/plain* ]]
	done
}

# --- fields ------------------------------------------------------------------

@test "--header: fields are sent in their order, the same name twice too" {
	start_server --header='X-B: 1' -H 'X-A: 2' --header='X-B: 3' \
		-H 'Set-Cookie: a=b' -H 'x-a: 4' -H 'Set-Cookie: c=d' -H 'X-B: 1'
	ask "$GET"
	[ "$(grep -iE '^(X-[AB]|Set-Cookie):' <<<"$output")" = "$(printf '%s\n' \
		'X-B: 1' 'X-A: 2' 'X-B: 3' 'Set-Cookie: a=b' 'x-a: 4' \
		'Set-Cookie: c=d' 'X-B: 1')" ]
	answer_is "HTTP/1.1 200 OK" "X-B: 1" "X-A: 2" "X-B: 3" "Set-Cookie: a=b" \
		"x-a: 4" "Set-Cookie: c=d" "X-B: 1" "Content-Type: text/html" \
		"Content-Length: 20" "" "$HELLO"
}

@test "--header: a value may be empty, and white space around it is not sent" {
	start_server -H 'X-Empty:' -H $'X-Blank: \t ' -H 'X-Bare:y' \
		-H $'X-Wide: \t y z \t'
	ask "$GET"
	answer_is "HTTP/1.1 200 OK" "X-Empty: " "X-Blank: " "X-Bare: y" \
		"X-Wide: y z" "Content-Type: text/html" "Content-Length: 20" \
		"" "$HELLO"
}

@test "--header: a tab, colons, quotes, % and every octet from 0x80 are sent as they are" {
	local field octets='' at
	for ((at = 0x80; at <= 0xff; at++)); do
		octets+=$(printf '\\x%x' "$at")
	done
	field=$(printf "X-High: a%b" "$octets")
	start_server -H $'X-Tab: a\tb' -H 'X-Text: "a: b", c=%s%n%d; \r\n' -H "$field" \
		-H $'X-Name: Gr\303\274\303\237e'
	ask "$GET"
	answer_is "HTTP/1.1 200 OK" $'X-Tab: a\tb' 'X-Text: "a: b", c=%s%n%d; \r\n' \
		"$field" $'X-Name: Gr\303\274\303\237e' "Content-Type: text/html" \
		"Content-Length: 20" "" "$HELLO"
}

@test "--header: a Content-Type replaces the default, in any case, and stays alone" {
	local name
	for name in Content-Type content-type CONTENT-TYPE; do
		start_server --header="$name: text/plain"
		ask "$GET"
		answer_is "HTTP/1.1 200 OK" "$name: text/plain" \
			"Content-Length: 20" "" "$HELLO"
		stop_server
	done
	start_server --header='X-Content-Type: a' --header='Content-Types: b'
	ask "$GET"
	output_has "Content-Type: text/html"
}

@test "--header: Upgrade is named in Connection, beside what is said there otherwise" {
	start_server --header='upgrade: h2c'
	ask "$GET"
	output_has "upgrade: h2c"
	output_has "Connection: upgrade"
	talk "$PORT" "send:$LAST" answers:1 eof
	output_has "Connection: upgrade, close"
	talk "$PORT" 'send:GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' answers:1 open
	output_has "Connection: upgrade, keep-alive"
	talk "$PORT" 'send:BAD\r\n\r\n' answers:1 eof
	output_has "Connection: close"
	start_server --header='Upgrade-Insecure-Requests: 1' --header='X-Upgrade: 1'
	ask "$GET"
	output_lacks ^Connection:
}

# fields_of BYTES: into ${fields[@]}, options for so many octets of field lines
# in all, most of them in lines of 90.
fields_of() {
	local left=$1 n
	fields=()
	while ((left > 0)); do
		n=$((left >= 180 ? 90 : left))
		fields+=("--header=$(printf "X: %0$((n - 5))d" 1)")
		left=$((left - n))
	done
}

# largest_head: the octets of the largest head that the server sends; sets head.
largest_head() {
	talk "$PORT" 'send:OPTIONS / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' answers:1
	# Each line ended in one octet more than it does here.
	head=$(sed -e 's/$/\r/' -e '/^\r$/q' <<<"$output" | wc -c)
}

@test "--header: a head of 16,384 octets is sent, one octet more is refused" {
	local head fields room
	start_server
	largest_head
	room=$((HEAD_LIMIT - head))
	fields_of "$room"
	[ "${#fields[@]}" -gt 150 ]
	start_server "${fields[@]}"
	largest_head
	[ "$head" -eq "$HEAD_LIMIT" ]
	# One alone, and so many at once that they cannot all be gathered.
	talk "$PORT" "send:$GET" answers:1 "send:\*20{$GET}" answers:20 \
		"send:\*20{$HEAD}" heads:20 open
	output_has "$HELLO" 21
	output_has "${fields[0]#--header=}" $((41 * (${#fields[@]} - 1)))
	output_has "${fields[-1]#--header=}" 41
	fields_of $((room - 1))
	start_server "${fields[@]}"
	fields_of $((room + 1))
	is_refused "${fields[@]}"
	fields_of $((room + 10000))
	is_refused "${fields[@]}"
}

# --- content from the command line -------------------------------------------

@test "--body is sent to the octet: empty, with newlines, UTF-8, % and backslash" {
	local text
	for text in '' x $'\n' $'\r\n\r\n' $'two\nlines\n' $'Gr\303\274\303\237e \342\202\254' \
		'100%s %n %% \r\n \0' $'\377\200' 'HTTP/1.1 500 No'; do
		start_server --body="$text"
		printf %s "$text" >"$BODY"
		serves "$BODY"
		talk "$PORT" "send:$HEAD$GET$LAST" heads:1 answers:2 eof
		output_has "Content-Length: ${#text}" 3 || {
			output_has "Content-Length: $(stat -c %s "$BODY")" 3
		}
		stop_server
	done
}

@test "--body of 100,000 octets is sent whole" {
	octets_made 100000 >"$BODY"
	start_server --body="$(cat "$BODY")"
	ask "$GET"
	output_has "$(large_content "$BODY")"
}

@test "--body and --body-file together are refused" {
	echo x >"$BODY"
	is_refused --body=x --body-file="$BODY"
	is_refused -f "$BODY" -b ''
}

# --- content from a file -----------------------------------------------------

@test "--body-file is sent to the octet: every value, NUL, no newline, empty" {
	local octal
	octal=$(printf '\\%03o' {0..255})
	# shellcheck disable=SC2059 # these are escapes
	printf "$octal" >"$BODY.all"
	[ "$(stat -c %s "$BODY.all")" -eq 256 ]
	# shellcheck disable=SC2059
	printf "$octal\\0\\0\\0" >"$BODY.nul"
	head -c 100000 /dev/zero >"$BODY.zeros"
	: >"$BODY.empty"
	printf x >"$BODY.x"
	printf '\n' >"$BODY.newline"
	printf 'HTTP/1.1 500 No\r\n\r\n' >"$BODY with a space"
	local file
	for file in "$BODY".* "$BODY with a space"; do
		start_server --body-file="$file"
		serves "$file"
		talk "$PORT" "send:$GET$HEAD$GET" answers:1 heads:1 answers:1 open
		output_has "Content-Length: $(stat -c %s "$file")" 3
		stop_server
	done
}

@test "--body-file: content around the limit up to which it is copied is right" {
	local size
	for size in $((COPIED - 1)) "$COPIED" $((COPIED + 1)) $((2 * COPIED)) 65535 \
		65536 65537; do
		octets_made "$size" >"$BODY"
		start_server -f "$BODY"
		serves "$BODY"
		talk "$PORT" "send:\*20{$GET}\*3{$HEAD}$GET$HEAD$LAST" answers:20 \
			heads:3 answers:1 heads:1 answers:1 eof
		output_has "Content-Length: $size" 26
		output_has "$(large_content "$BODY")" 22
		stop_server
	done
}

@test "--body-file of 16 MiB is served whole, one octet more is refused" {
	octets_made "$LARGEST" >"$BODY"
	start_server --body-file="$BODY"
	serves "$BODY"
	ask "$GET"
	output_has "Content-Length: 16777216"
	output_has "$(large_content "$BODY")"
	echo >>"$BODY"
	refuses_to_start --body-file="$BODY"
	[[ $stderr == *"$BODY"*16777216* ]]
}

@test "a changed body file changes nothing without SIGHUP" {
	echo old >"$BODY"
	start_server --body-file="$BODY"
	echo new >"$BODY"
	ask "$GET"
	output_has old
	rm "$BODY"
	ask "$GET"
	output_has old
}

@test "a large body file that is written to, cut or removed meanwhile changes nothing either" {
	octets_made "$LARGEST" >"$BODY"
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --body-file="$BODY" --listen=127.0.0.1:0 --listen="$SOCKET"
	client "$BODY" "$SERVER_PID" "$PORT" "$SOCKET" <<-'END'
		path, pid, *addresses = sys.argv[1:]
		with open(path, "rb") as file:
		    body = file.read()
		def write():
		    with open(path, "r+b") as file:
		        file.write(b"x" * len(body))
		def cut():
		    os.truncate(path, 5)
		for change in write, cut, lambda: os.unlink(path):
		    slow = readers(addresses)
		    change()
		    for link in slow + [connect(address) for address in addresses]:
		        if link not in slow:
		            link.sendall(GET)
		        assert content(link) == body, "not the body of the start"
		put(path, b"new")
		reload(pid)
		until(lambda: ask(connect(addresses[0])) == b"new")
	END
}

@test "large content is in a sealed file: nobody can write, cut or execute it" {
	octets_made 100000 >"$BODY"
	start_server --body-file="$BODY"
	client "$SERVER_PID" <<-'END'
		import errno, fcntl, platform
		[path] = bodies(sys.argv[1])
		file = os.open(path, os.O_RDWR)
		seals = fcntl.fcntl(file, fcntl.F_GET_SEALS)
		due = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
		assert seals & due == due, hex(seals)
		for change in (lambda: os.pwrite(file, b"x", 0), lambda: os.truncate(file, 0),
		               lambda: os.truncate(file, 1 << 20),
		               lambda: fcntl.fcntl(file, fcntl.F_ADD_SEALS, 0)):
		    try:
		        change()
		    except PermissionError:
		        continue
		    raise SystemExit("it is changed")
		linux = tuple(map(int, platform.release().split(".")[:2]))
		if linux >= (6, 3):
		    assert os.stat(file).st_mode & 0o111 == 0, "it can be executed"
		    assert seals & 0x20, "it can be made so: F_SEAL_EXEC"
	END
}

# with_fault SYSCALL:FAULT: servers that are started from now on have it (strace(1),
# inject), and no other.
with_fault() {
	skip_under_sanitizer "strace is too slow for it"
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true || skip "strace may not trace here"
	HELLO_HTTP_WRAPPER="strace -D -f -o /dev/null -e inject=$1"
}

@test "a system that lacks memory, or descriptors, for large content: no start, and a clear word" {
	local error name
	octets_made $((COPIED + 1)) >"$BODY"
	for error in ENOMEM:'Cannot allocate memory' EMFILE:'Too many open files'; do
		with_fault "memfd_create:error=${error%%:*}"
		refuses_to_start --body-file="$BODY"
		[ "$stderr" = "hello-http: Failed to hold the body in memory: ${error#*:}" ]
	done
	HELLO_HTTP_WRAPPER='prlimit --fsize=16384'
	refuses_to_start --body="$(cat "$BODY")x"
	[ "$stderr" = "hello-http: Failed to hold the body in memory: File too large" ]
	# Small content is no file.
	with_fault memfd_create:error=ENOMEM
	octets_made "$COPIED" >"$BODY"
	start_server --body-file="$BODY"
	serves "$BODY"
}

@test "a system that cannot forbid to execute a file in memory serves large content too" {
	with_fault memfd_create:error=EINVAL:when=1
	octets_made 100000 >"$BODY"
	start_server --body-file="$BODY"
	serves "$BODY"
}

# --- how it is sent ----------------------------------------------------------

@test "16 MiB reach a reader with a small window whole, over TCP and AF_UNIX" {
	octets_made "$LARGEST" >"$BODY"
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --body-file="$BODY" --listen=127.0.0.1:0 --listen="$SOCKET"
	client "$BODY" "$PORT" "$SOCKET" <<-'END'
		body, *addresses = sys.argv[1:]
		with open(body, "rb") as file:
		    body = file.read()
		for address in addresses:
		    # It stays open, it closes, the client has nothing more to say.
		    for request, shuts in (GET, False), (LAST, False), (GET, True):
		        link = connect(address, 4096)
		        link.sendall(request)
		        if shuts:
		            link.shutdown(socket.SHUT_WR)
		        assert content(link, 10000) == body, "not the body"
		        if request is GET and not shuts:
		            assert ask(link) == body, "not the body, the second time"
		        else:
		            assert link.recv(1) == b"", "more than the body"
	END
}

@test "16 MiB are in memory once, however many clients read them slowly" {
	skip_under_sanitizer "it has memory of its own"
	octets_made "$LARGEST" >"$BODY"
	start_server --body-file="$BODY"
	client "$BODY" "$PORT" "$SERVER_PID" <<-'END'
		body, port, pid = sys.argv[1:]
		def private():
		    with open(f"/proc/{pid}/status") as file:
		        return int(file.read().partition("RssAnon:")[2].split()[0])
		with open(body, "rb") as file:
		    body = file.read()
		assert ask(connect(port)) == body
		before = private()
		assert before < 8192, f"{before} KiB"
		assert [os.stat(path).st_size for path in bodies(pid)] == [len(body)]
		links = readers([port] * 8)
		# Each is answered, and has most of its answer to come.
		grown = private() - before
		assert grown < 2048, f"{grown} KiB for {len(links)} clients"
		assert len(bodies(pid)) == 1
		for link in links:
		    assert content(link) == body, "not the body"
	END
}

@test "a slow reader keeps nobody waiting" {
	octets_made "$LARGEST" >"$BODY"
	start_server --body-file="$BODY" --workers=1
	client "$BODY" "$PORT" <<-'END'
		body, port = sys.argv[1:]
		with open(body, "rb") as file:
		    body = file.read()
		slow = connect(port, 4096)
		slow.sendall(GET + GET + LAST)
		slow.recv(1, socket.MSG_PEEK)
		for _ in range(3):
		    assert ask(connect(port)) == body, "not the body"
		for _ in range(3):
		    assert content(slow) == body, "not the body of the slow one"
		assert slow.recv(1) == b"", "more than was asked for"
	END
}

@test "a passed client that blocks, and does not read, keeps nobody waiting" {
	octets_made "$LARGEST" >"$BODY"
	client "$HELLO_HTTP" "$BODY" <<-'END'
		program, body = sys.argv[1:]
		door = socket.create_server(("127.0.0.1", 0))
		own, passed = socket.socketpair()
		pid = os.fork()
		if pid == 0:
		    passed = os.dup2(passed.fileno(), 100)
		    os.dup2(door.fileno(), 3)
		    os.dup2(passed, 4)
		    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()))
		    os.execv(program, [program, "--workers=1", "--log=none", f"--body-file={body}"])
		try:
		    passed.close()
		    own.settimeout(PATIENCE)
		    own.sendall(LAST)
		    own.recv(1, socket.MSG_PEEK)
		    with open(body, "rb") as file:
		        body = file.read()
		    assert ask(connect(str(door.getsockname()[1]))) == body, "not the body"
		    assert content(own) == body, "not the body, to the passed one"
		finally:
		    os.kill(pid, signal.SIGTERM)
		    own.close()
		    _, status = os.waitpid(pid, 0)
		assert status == 0, status
	END
}

@test "16 MiB pipelined three times, small answers in between, come in order" {
	local large
	octets_made "$LARGEST" >"$BODY"
	large=$(large_content "$BODY")
	start_server --body-file="$BODY"
	talk "$PORT" "send:${HEAD}${GET}${HEAD}OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n${GET}TRACE / HTTP/1.1\r\nHost: x\r\n\r\n${HEAD}${GET}${HEAD}X / HTTP/1.1\r\nHost: x\r\n\r\nBAD\r\n\r\n" \
		heads:1 answers:1 heads:1 answers:1 answers:1 answers:1 heads:1 \
		answers:1 heads:1 answers:1 answers:1 eof
	[ "$(grep -E '^(HTTP/|\[|closed|reset)' <<<"$output")" = "$(printf '%s\n' \
		"HTTP/1.1 200 OK" \
		"HTTP/1.1 200 OK" "$large" \
		"HTTP/1.1 200 OK" \
		"HTTP/1.1 200 OK" \
		"HTTP/1.1 200 OK" "$large" \
		"HTTP/1.1 405 Method Not Allowed" \
		"HTTP/1.1 200 OK" \
		"HTTP/1.1 200 OK" "$large" \
		"HTTP/1.1 200 OK" \
		"HTTP/1.1 501 Not Implemented" \
		"HTTP/1.1 400 Bad Request" closed)" ]
	output_has "Content-Length: 16777216" 7
	output_has "Content-Length: 0"
}

# under_strace: what servers send from now on is in $TRACE.
under_strace() {
	skip_under_sanitizer "strace is too slow for it"
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o /dev/null true || skip "strace may not trace here"
	TRACE=$BATS_TEST_TMPDIR/trace
	# -D: the server, not strace, has the process id that is waited for.
	HELLO_HTTP_WRAPPER="${HELLO_HTTP_WRAPPER-} strace -D -f -s 9 -o $TRACE -e trace=sendto,sendmsg,sendfile,write,writev"
}

# sent_in N [MORE]: since the start, N system calls sent what began with a status
# line, and MORE what did not; ends the server.
sent_in() {
	stop_server
	wait_for_line '\+\+\+ exited' "$TRACE"
	local began sent
	began=$(grep -Ec '^[0-9]+ +[a-z]+\([0-9]+.*"HTTP/1\.1' "$TRACE") || true
	sent=$(grep -Ec '^[0-9]+ +send' "$TRACE") || true
	if [ "$began" -ne "$1" ] || [ "$sent" -ne $(($1 + ${2-0})) ]; then
		echo "$sent calls sent, $began began with a status line, not $1 and ${2-0}:"
		cat "$TRACE"
		return 1
	fi
}

@test "a small answer leaves with its head in one system call" {
	under_strace
	start_server --log=none
	talk "$PORT" "send:$GET" answers:1 "send:$HEAD" heads:1 "send:$OPTIONS" answers:1 \
		'send:TRACE / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 'send:BAD\r\n\r\n' \
		answers:1 eof
	sent_in 5
	# Each of them whole.
	[ "$(grep -Ec '"HTTP/1\.1.* = 1[0-9][0-9]$' "$TRACE")" -eq 3 ]
}

@test "content of 16,384 octets leaves with its head in one system call" {
	under_strace
	octets_made "$COPIED" >"$BODY"
	start_server --log=none --body-file="$BODY"
	talk "$PORT" "send:$GET" answers:1 "send:$GET" answers:1
	sent_in 2
}

@test "larger content is not copied: one system call sends the head, one the file" {
	under_strace
	octets_made $((COPIED + 1)) >"$BODY"
	start_server --log=none --body-file="$BODY"
	talk "$PORT" "send:$GET" answers:1 "send:$GET" answers:1
	sent_in 2 2
	[ "$(grep -c "sendfile(.* = $((COPIED + 1))\$" "$TRACE")" -eq 2 ]
}

@test "larger content leaves in the same packet as its head" {
	octets_made $((COPIED + 1)) >"$BODY"
	start_server --body-file="$BODY"
	client "$BODY" "$PORT" <<-'END'
		body, port = sys.argv[1:]
		link = connect(port)
		for count in range(1, 10):
		    ask(link)
		    info = link.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
		    packets = int.from_bytes(info[152:156], sys.byteorder)  # tcpi_data_segs_in
		    assert packets == count, f"{packets} packets, {count} answers"
	END
}

@test "sixteen pipelined answers leave in one system call" {
	under_strace
	start_server --log=none
	talk "$PORT" "send:\*16{$GET}" answers:16 open
	sent_in 2
}

# --- reload ------------------------------------------------------------------

# has_taken_sighup: none is pending; the one that was sent is being handled.
has_taken_sighup() {
	local pending
	pending=$(sed -n 's/^ShdPnd:[[:space:]]*//p' "/proc/$SERVER_PID/status")
	((!(16#$pending & 1)))
}

# complaints N: there are N lines on standard error but the start-up lines.
complaints() {
	[ "$(grep -vc 'Listening on ' "$SERVER_ERR")" -eq "$1" ]
}

@test "SIGHUP reads the body file again, also for clients that are connected" {
	printf old >"$BODY"
	start_server --body-file="$BODY"
	client "$BODY" "$PORT" "$SERVER_PID" <<-'END'
		body, port, pid = sys.argv[1:]
		links = [connect(port) for _ in range(8)]
		assert [ask(link) for link in links] == [b"old"] * 8
		for new in b"new, and longer", b"", b"x" * 100000, b"y":
		    old = ask(links[0])
		    put(body, new)
		    reload(pid)
		    for link in links + [connect(port)]:
		        # Before it is the new one, it is the old one and nothing else.
		        until(lambda: {old: False, new: True}[ask(link)])
		    assert [ask(link) for link in links] == [new] * 8
	END
	complaints 0
}

@test "SIGHUP keeps status, fields and content type" {
	printf old >"$BODY"
	start_server --body-file="$BODY" --status=404 --header='X-Y: z' \
		--content-type=text/plain
	printf 'the new' >"$BODY"
	kill -s HUP "$SERVER_PID"
	wait_until has_body 'the new'
	answer_is "HTTP/1.1 404 Not Found" "X-Y: z" "Content-Type: text/plain" \
		"Content-Length: 7" "" "the new"
}

has_body() {
	ask "$GET" && [ "${lines[-1]}" = "$1" ]
}

@test "SIGHUP while a client reads slowly: it gets the old body whole, then the new" {
	octets_made "$LARGEST" >"$BODY"
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --body-file="$BODY" --listen=127.0.0.1:0 --listen="$SOCKET"
	client "$BODY" "$SERVER_PID" "$PORT" "$SOCKET" <<-'END'
		path, pid, *addresses = sys.argv[1:]
		with open(path, "rb") as file:
		    body = file.read()
		slow = readers(addresses * 2)
		for new in b"x" * (1 << 24), b"new":
		    put(path, new)
		    reload(pid)
		    for address in addresses:
		        until(lambda: ask(connect(address)) == new)
		for link in slow:
		    assert content(link) == body, "not the old body"
		    until(lambda: ask(link) == b"new")
	END
}

@test "a reload that fails keeps the old answer and says why, as an error" {
	printf old >"$BODY"
	start_server --body-file="$BODY"
	local n=0 reason
	for reason in gone large directory fifo; do
		rm -rf "$BODY"
		case $reason in
		large) truncate -s $((LARGEST + 1)) "$BODY" ;;
		directory) mkdir "$BODY" ;;
		fifo) mkfifo "$BODY" ;;
		esac
		kill -s HUP "$SERVER_PID"
		n=$((n + 1))
		wait_until complaints "$n"
		[[ $(tail -n 1 "$SERVER_ERR") == "hello-http: "*"$BODY"* ]]
		talk "$PORT" "send:$GET" answers:1 "send:$LAST" answers:1 eof
		output_has old 2
	done
	rm -rf "$BODY"
	printf new >"$BODY"
	kill -s HUP "$SERVER_PID"
	wait_until has_body new
	complaints "$n"
	stop_server
}

@test "a reload without memory for large content fails like any other" {
	with_fault memfd_create:error=ENOMEM:when=2
	octets_made 100000 >"$BODY"
	start_server --body-file="$BODY"
	cp "$BODY" "$BODY.old"
	octets_made 200000 >"$BODY"
	kill -s HUP "$SERVER_PID"
	wait_until complaints 1
	grep -qx 'hello-http: Failed to reload, the old answer stays: Failed to hold the body in memory: Cannot allocate memory' "$SERVER_ERR"
	serves "$BODY.old"
	kill -s HUP "$SERVER_PID"
	wait_until has_body "$(large_content "$BODY")"
	complaints 1
}

@test "a reload that would make the head too large fails like any other" {
	local head fields
	printf x >"$BODY"
	start_server --body-file="$BODY"
	largest_head
	fields_of $((HEAD_LIMIT - head))
	start_server --body-file="$BODY" "${fields[@]}"
	printf 'length has two digits' >"$BODY"
	kill -s HUP "$SERVER_PID"
	wait_until complaints 1
	has_body x
	printf y >"$BODY"
	kill -s HUP "$SERVER_PID"
	wait_until has_body y
	complaints 1
}

@test "SIGHUP without a body file is harmless" {
	local body
	for body in "$HELLO" other; do
		start_server --body="$body"
		talk "$PORT" "send:$GET" answers:1 "signal:HUP:$SERVER_PID" \
			"send:$GET" answers:1 open
		output_has "$body" 2
		wait_until has_taken_sighup
		has_body "$body"
		complaints 0
		stop_server
	done
}

@test "many SIGHUPs amid requests: each answer is one body or the other" {
	printf old >"$BODY"
	start_server --body-file="$BODY"
	client "$BODY" "$PORT" "$SERVER_PID" <<-'END'
		body, port, pid = sys.argv[1:]
		links = [connect(port) for _ in range(4)]
		bodies = b"a" * 10, b"b" * 20000
		put(body, bodies[0])
		reload(pid)
		until(lambda: ask(links[0]) == bodies[0])
		for turn in range(100):
		    put(body, bodies[turn % 2])
		    reload(pid)
		    for link in links:
		        assert ask(link) in bodies + (b"old",)
		# The last one counts, when several came before it was handled.
		for link in links:
		    until(lambda: ask(link) == bodies[1])
	END
	complaints 0
}

# What is unread when the socket is closed makes that a reset, which takes what of
# the answer was on its way.
@test "the last answer is whole, though an empty line behind its request is not read yet" {
	head -c 1000000 /dev/zero >"$BODY"
	start_server --body-file="$BODY"
	client "$PORT" <<-'END'
		port = int(sys.argv[1])
		# What a request that did not arrive whole is given first (src/tunables.h).
		ROOM = 512
		head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
		head += b"x" * (ROOM - len(head) - 4) + b"\r\n\r\n"

		def is_taken(link):
		    """Nothing waits in the server's socket (proc(5), net/tcp)."""
		    with open("/proc/net/tcp") as file:
		        rows = [line.split() for line in file][1:]
		    ends = [f"0100007F:{n:04X}" for n in (port, link.getsockname()[1])]
		    queues = [row[4] for row in rows if row[1:3] == ends]
		    return queues and queues[0].endswith(":00000000")

		for cut in range(ROOM - 2, ROOM + 3):
		    link = connect(sys.argv[1], 8192)
		    first = head[:100]
		    link.sendall(first)
		    until(lambda: is_taken(link))
		    rest = head[100:-4] + b"x" * (cut - ROOM) if cut >= ROOM else head[100:cut - ROOM - 4]
		    link.sendall(rest + b"\r\n\r\n" + b"\r\n")
		    assert content(link, 4096) == bytes(1000000)
		    assert link.recv(1) == b""
	END
}

# --- errors ------------------------------------------------------------------

# error_is STATUS-LINE REQUEST [STEP]...: the answer to it is a page that says
# its status, as long as it says, and nothing of what is asked for.
error_is() {
	local start=$1 request=$2
	shift 2
	talk "$PORT" "send:$request" answers:1 "$@"
	[ "${lines[0]}" = "$start" ] || {
		printf 'wanted %s for %q\n%s\n' "$start" "$request" "$output"
		return 1
	}
	output_has "Content-Type: text/html"
	output_lacks ECHO
	grep -Fq "${start#HTTP/1.1 }" <<<"${output#*$'\n\n'}"
}

@test "each error has a page with its status in text/html, and echoes nothing" {
	start_server --request-timeout=50ms --max-body=10 --header='X-Y: z' --body=unused
	local echo='X-Echo: ECHO\r\nReferer: <ECHO>\r\n'
	error_is "HTTP/1.1 400 Bad Request" "ECHO <ECHO>\r\n$echo\r\n" eof
	error_is "HTTP/1.1 400 Bad Request" "GET /ECHO HTTP/1.1\r\n$echo\r\n" eof
	error_is "HTTP/1.1 405 Method Not Allowed" \
		"TRACE /ECHO HTTP/1.1\r\nHost: ECHO\r\n$echo\r\n" open
	output_has "$ALLOW"
	error_is "HTTP/1.1 408 Request Timeout" "GET /ECHO HTTP/1.1\r\n$echo" eof
	error_is "HTTP/1.1 413 Content Too Large" \
		"PUT /ECHO HTTP/1.1\r\nHost: ECHO\r\nContent-Length: 11\r\n${echo}\r\nECHOECHOECH" eof
	error_is "HTTP/1.1 414 URI Too Long" "GET /\*3000{ECHO} HTTP/1.1\r\n$echo\r\n" eof
	error_is "HTTP/1.1 417 Expectation Failed" \
		"PUT /ECHO HTTP/1.1\r\nHost: ECHO\r\nExpect: ECHO\r\nContent-Length: 4\r\n$echo\r\nECHO" eof
	error_is "HTTP/1.1 431 Request Header Fields Too Large" \
		"GET /ECHO HTTP/1.1\r\nHost: ECHO\r\n\*5000{$echo}\r\n" eof
	error_is "HTTP/1.1 501 Not Implemented" "ECHO /ECHO HTTP/1.1\r\nHost: ECHO\r\n$echo\r\n" open
	error_is "HTTP/1.1 505 HTTP Version Not Supported" \
		"GET /ECHO HTTP/2.0\r\nHost: ECHO\r\n$echo\r\n" eof
}

# --- OPTIONS -----------------------------------------------------------------

@test "OPTIONS gets the configured answer with Allow beside" {
	start_server --header='X-Y: z' --body=body --status=203
	ask "$OPTIONS"
	answer_is "HTTP/1.1 203 Non-Authoritative Information" "X-Y: z" "$ALLOW" \
		"Content-Type: text/html" "Content-Length: 4" "" body
	ask "$GET"
	output_lacks ^Allow:
}

@test "OPTIONS has Allow once, the user's where there is one" {
	local name
	for name in Allow allow ALLOW; do
		start_server --header="$name: GET"
		ask "$OPTIONS"
		answer_is "HTTP/1.1 200 OK" "$name: GET" "Content-Type: text/html" \
			"Content-Length: 20" "" "$HELLO"
		ask "$GET"
		answer_is "HTTP/1.1 200 OK" "$name: GET" "Content-Type: text/html" \
			"Content-Length: 20" "" "$HELLO"
		stop_server
	done
	start_server --status=405 --header='Allow: GET'
	ask "$OPTIONS"
	[ "$(grep -ic ^Allow: <<<"$output")" -eq 1 ]
}

@test "OPTIONS to a status without content has Allow too" {
	start_server --status=204
	ask_head "$OPTIONS"
	answer_is "HTTP/1.1 204 No Content" "$ALLOW"
}

@test "OPTIONS * says what the server allows, whatever the configured answer is" {
	start_server --status=503 --header='Allow: GET' --body=body
	ask 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'
	answer_is "HTTP/1.1 200 OK" "$ALLOW" "Content-Length: 0"
}

# --- Date --------------------------------------------------------------------

# dated STEPS...: tests/talk takes no answer without a Date that is right.
dated() {
	talk "$PORT" "$@"
	dates=$((dates + $(grep -c '^Date: ' <<<"$output")))
}

@test "Date is there and right on every kind of answer, whoever closes" {
	local body wait dates
	octets_made 50000 >"$BODY"
	# With "tick" it is another second than that of the answer before.
	while read -r body wait; do
		start_server "${body/BODY/$BODY}" --request-timeout=100ms --max-body=10
		dates=0
		dated "send:$HEAD" heads:1 "$wait" "send:$OPTIONS$GET" answers:2 \
			'send:OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 \
			'send:GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' answers:1 \
			"$wait" 'send:TRACE / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 \
			'send:X / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 "send:$LAST" answers:1 eof
		dated "$wait" 'send:GET / HTTP/1.0\r\n\r\n' answers:1 eof
		dated 'send:BAD\r\n\r\n' answers:1 eof
		dated 'send:GET / HTTP/1.1\r\n' answers:1 eof
		output_has "HTTP/1.1 408 Request Timeout"
		dated 'send:PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n' answers:1
		dated 'send:GET /\*9000{a} HTTP/1.1\r\n\r\n' answers:1
		dated 'send:GET / HTTP/1.1\r\nHost: x\r\nExpect: x\r\n\r\n' answers:1
		dated 'send:GET / HTTP/1.1\r\nX: \*20000{a}\r\n\r\n' answers:1
		dated 'send:GET / HTTP/3.0\r\nHost: x\r\n\r\n' answers:1
		[ "$dates" -eq 16 ]
		stop_server
	done <<-'END'
		--body=x tick
		--body-file=BODY pause:1
		--body= pause:1
		--status=204 pause:1
		--status=304 pause:1
	END
}
