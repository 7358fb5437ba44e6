#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What the server does with HTTP, rule by rule: HTTP.md has the rule behind each
# number, and the RFC's section.
#
# Most tests are a table of `octets => statuses [close]`, which tests/talk feeds
# to one server over TCP and AF_UNIX, whole, octet by octet and alone, each time
# with one more request behind, to see whether it is read at the right octet, or
# after `close` not at all.

load helper

# The requests that follow one another in most tests.
GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
HEAD='HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'
POST='POST / HTTP/1.1\r\nHost: x\r\n'
CHUNKED='POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n'
HELLO='<h1>Hello World</h1>'

setup_file() {
	SOCKET=$BATS_FILE_TMPDIR/socket
	start_server --listen=127.0.0.1:0 --listen="$SOCKET"
	export PORT SOCKET
}

# start_own ARGS...: a server for this test alone, also at both doors.
start_own() {
	SOCKET=$BATS_TEST_TMPDIR/socket
	start_server --listen=127.0.0.1:0 --listen="$SOCKET" "$@"
}

# cases [MANNERS] <TABLE
cases() {
	succeeds "$BATS_TEST_DIRNAME/talk" --cases="${1:-whole,drip,alone}" \
		"$PORT" "$SOCKET"
}

# chunked_cases [MANNERS] <TABLE: so, but each line goes on behind the head of a
# chunked request.
chunked_cases() {
	local line
	while IFS= read -r line; do
		printf '%s\\r\\n%s\n' "$CHUNKED" "$line"
	done | cases "$@"
}

# one_answer OCTETS: the answer to them, whole, in $output.
one_answer() {
	talk "$PORT" "send:$1" answers:1
}

# allow_is METHOD...: exactly these are in the answer's Allow field.
allow_is() {
	local allow
	allow=$(sed -n 's/^Allow: //p' <<<"$output" | tr -d ' ' | tr , '\n' | sort)
	[ "$allow" = "$(printf '%s\n' "$@" | sort)" ] || {
		printf 'Allow is not %s in:\n%s\n' "$*" "$output"
		return 1
	}
}

milliseconds() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# --- the answer --------------------------------------------------------------

@test "R01 GET and HEAD get the configured answer, on every target" {
	local target targets=(/ /index.html '/a/b/?c=d&e' '/%00%zz' /../.. // '/?'
		'/?/?' "/;a=b,c:@!\$'()*+" http://x/ http://y:1/z '/\*2000{a}') steps=()
	for target in "${targets[@]}"; do
		steps+=("send:GET $target HTTP/1.1\r\nHost: x\r\n\r\n" answers:1
			"send:HEAD $target HTTP/1.1\r\nHost: x\r\n\r\n" heads:1)
	done
	talk "$PORT" "${steps[@]}" open
	output_has "HTTP/1.1 200 OK" $((2 * ${#targets[@]}))
	output_has "Content-Length: 20" $((2 * ${#targets[@]}))
	output_has "$HELLO" "${#targets[@]}"
}

@test "R01 requests of exactly 1,024 and 2,048 octets and of a page are answered" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nX: \*992{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*2016{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*4063{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*4064{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*4065{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*8160{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16352{a}\r\n\r\n => 200
	END
}

@test "R02 HEAD gets the fields of GET with the same Content-Length and no content" {
	talk "$PORT" "send:$GET" answers:1
	local get
	get=$(grep -v -e ^Date: -e "^$HELLO" <<<"$output")
	talk "$PORT" "send:$HEAD" heads:1
	[ "$(grep -v ^Date: <<<"$output")" = "$get" ]
	output_has "Content-Length: 20"
}

@test "R02 the request behind HEAD is answered at the right octet" {
	cases whole,drip,alone,splits <<-'END'
		HEAD / HTTP/1.1\r\nHost: x\r\n\r\n => head:200
		HEAD / HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => head:200 head:200 200
		HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => head:200
		HEAD / HTTP/1.0\r\n\r\n => head:200 close
	END
}

@test "R02 an error that answers HEAD has no content either" {
	cases <<-'END'
		HEAD / HTTP/1.1\r\n\r\n => head:400 close
		HEAD * HTTP/1.1\r\nHost: x\r\n\r\n => head:400 close
		HEAD / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n => head:400 close
		HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n => head:413 close
		HEAD /\*9000{a} HTTP/1.1\r\nHost: x\r\n\r\n => head:414 close
		HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: x\r\n\r\na => head:417 close
		HEAD / HTTP/1.1\r\nHost: x\r\n\*100{X: y\r\n}\r\n => head:431 close
		HEAD / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n => head:501 close
		HEAD / HTTP/2.0\r\nHost: x\r\n\r\n => head:505 close
	END
}

@test "R03 Date is an IMF-fixdate, right to the second" {
	local before after date
	before=$(date +%s)
	one_answer "$GET"
	after=$(date +%s)
	date=$(sed -n 's/^Date: //p' <<<"$output")
	[[ $date =~ ^(Mon|Tue|Wed|Thu|Fri|Sat|Sun),\ [0-9]{2}\ [A-Z][a-z]{2}\ [0-9]{4}\ [0-9:]{8}\ GMT$ ]]
	date=$(date -d "$date" +%s)
	((before <= date && date <= after))
}

@test "R03 Date stays right over time, on a kept connection, on errors too" {
	talk --brief "$PORT" "send:$GET" answers:1 tick "send:$GET" answers:1 \
		tick "send:$GET$GET"'BAD\r\n\r\n' answers:3 eof
	output_is 200 200 200 200 "400 close" closed
}

@test "R04 Content-Length is exact, whatever the content is" {
	printf '%0100000d' 0 >"$BATS_TEST_TMPDIR/large"
	printf 'Gr\303\274\303\237e\n' >"$BATS_TEST_TMPDIR/small"
	start_server --body-file="$BATS_TEST_TMPDIR/large"
	one_answer "$GET"
	output_has "Content-Length: 100000"
	output_has "[100000 octets, sha256 $(sha256sum <"$BATS_TEST_TMPDIR/large" | cut -d ' ' -f 1)]"
	talk "$PORT" "send:$HEAD$GET" heads:1 answers:1 open
	output_has "Content-Length: 100000" 2
	start_server --body-file="$BATS_TEST_TMPDIR/small"
	talk "$PORT" "send:$GET" answers:1 open
	output_has "Content-Length: 8"
	talk "$PORT" 'send:FOO / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 open 'send:BAD\r\n\r\n' answers:1 eof
	start_server --body=
	talk "$PORT" "send:$GET" answers:1 open
	output_has "Content-Length: 0"
}

@test "R05 204 has neither Content-Length nor Transfer-Encoding nor content" {
	start_server --status=204
	talk "$PORT" "send:$GET$HEAD$GET" answers:1 heads:1 answers:1 open
	output_has "HTTP/1.1 204 No Content" 3
	output_lacks '^(Content-Length|Transfer-Encoding):|Hello'
	talk "$PORT" 'send:BAD\r\n\r\n' answers:1 eof
	output_has "HTTP/1.1 400 Bad Request"
}

@test "R06 205 has Content-Length 0, 304 has none, both have no content" {
	start_server --status=205
	talk "$PORT" "send:$GET$HEAD$GET" answers:1 heads:1 answers:1 open
	output_has "HTTP/1.1 205 Reset Content" 3
	output_has "Content-Length: 0" 3
	output_lacks Hello
	start_server --status=304
	talk "$PORT" "send:$GET$HEAD$GET" answers:1 heads:1 answers:1 open
	output_has "HTTP/1.1 304 Not Modified" 3
	output_lacks '^(Content-Length|Transfer-Encoding):|Hello'
}

@test "R07 a status that needs a field is refused without that --header" {
	local status_code
	for status_code in 401 405 407 426 206; do
		is_refused --status="$status_code"
		is_refused --status="$status_code" --header='X-Other: y'
	done
	is_refused --status=401 --header='Proxy-Authenticate: Basic'
}

@test "R07 a status that needs a field is answered with that --header" {
	local needs
	for needs in '401 WWW-Authenticate: Basic realm="x"' '405 Allow: GET, HEAD' \
		'407 proxy-authenticate: Basic realm="x"' '426 Upgrade: h2c' \
		'206 Content-Range: bytes 0-19/40'; do
		start_server --status="${needs%% *}" --header="${needs#* }"
		one_answer "$GET"
		[[ ${lines[0]} == "HTTP/1.1 ${needs%% *} "?* ]]
		output_has "${needs#* }"
		[ "${needs%% *}" != 426 ] || output_has "Connection: upgrade"
		stop_server
	done
}

@test "R07 an interim status is refused" {
	is_refused --status=100
	is_refused --status=101
	is_refused --status=199
}

@test "R08 the status line keeps its space when the reason is empty" {
	start_server --status=299
	one_answer "$GET"
	[ "${lines[0]}" = "HTTP/1.1 299 " ]
	output_has "$HELLO"
}

@test "R09 the user's fields are sent, in their order" {
	start_server --header='X-One: 1' -H 'x-empty:' -H $'X!#$%&\'*+-.^_`|~: a\tb "c" \303\274' \
		--header='X-One: 2' --content-type='text/plain; charset=utf-8'
	one_answer "$GET"
	output_has "X-One: 1"
	output_has "X-One: 2"
	output_has "x-empty: "
	output_has $'X!#$%&\'*+-.^_`|~: a\tb "c" \303\274'
	output_has "Content-Type: text/plain; charset=utf-8"
	[ "$(grep ^X-One <<<"$output")" = $'X-One: 1\nX-One: 2' ]
}

@test "R09 a user's Content-Type takes the place of the default" {
	start_server --header='Content-Type: text/plain'
	one_answer "$GET"
	output_has "Content-Type: text/plain"
	output_lacks text/html
}

@test "R09 a user's field that is not the grammar is refused" {
	local field
	for field in 'X Y: z' ': z' '' 'X' 'X : z' ' X: z' 'X(: z' $'\303\274: z' \
		$'X\r: z' $'X: a\r\nY: b' $'X: a\nb' $'X: a\rb' $'X: a\r\n' $'X: a\n' \
		$'X: \001' $'X: \177' $'X: a\r\n b'; do
		is_refused --header="$field"
	done
	is_refused --content-type=$'text/html\r\nX: y'
	is_refused --content-type=$'text/html\n'
}

@test "R09 a user's field that the server owns is refused, in any case" {
	local field
	for field in 'Content-Length: 20' 'content-length: 20' 'Transfer-Encoding: chunked' \
		'TRANSFER-ENCODING: x' 'Connection: close' 'connection: keep-alive' \
		'Date: x' 'dAtE: x'; do
		is_refused --header="$field"
	done
	is_refused --content-type=text/plain --header='Content-Type: text/plain'
	is_refused --header='content-type: text/plain' --content-type=text/html
}

# --- versions ----------------------------------------------------------------

@test "R10 any 1.x is answered as 1.1" {
	cases <<-'END'
		GET / HTTP/1.0\r\n\r\n => 200 close
		GET / HTTP/1.2\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.9\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.2\r\n\r\n => 400 close
		GET / HTTP/1.2\r\nHost: x\r\nConnection: close\r\n\r\n => 200 close
		POST / HTTP/1.2\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n => 200
	END
	talk "$PORT" 'send:GET / HTTP/1.0\r\n\r\n' answers:1 eof
	output_has "HTTP/1.1 200 OK"
}

@test "R10 no interim answer goes to 1.0, one to 1.2" {
	local head='\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n'
	talk --brief "$PORT" "send:POST / HTTP/1.0$head" quiet send:abc answers:1 eof
	output_is "200 close" closed
	talk --brief "$PORT" "send:POST / HTTP/1.2$head" answers:1 send:abc answers:1 open
	output_is 100 200
}

@test "R11 another major version is answered with 505" {
	cases <<-'END'
		GET / HTTP/2.0\r\nHost: x\r\n\r\n => 505 close
		GET / HTTP/3.1\r\nHost: x\r\n\r\n => 505 close
		GET / HTTP/9.9\r\n\r\n => 505 close
		GET / HTTP/0.9\r\nHost: x\r\n\r\n => 505 close
		GET / HTTP/0.0\r\n\r\n => 505 close
		PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n => 505 close
		PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\0\x10\0\0 => 505 close
	END
}

@test "R12 the version is case-sensitive and DIGIT.DIGIT" {
	cases <<-'END'
		GET / http/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / Http/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTp/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/11\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.10\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/11.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/01.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/20.0\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1x\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1,1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.x\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/x.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/-1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP//1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTPS/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / XTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R13 a request line of HTTP/0.9 is answered with 400" {
	cases <<-'END'
		GET /\r\n => 400 close
		GET /\r\n\r\n => 400 close
		GET /\r\nHost: x\r\n\r\n => 400 close
		GET / \r\n\r\n => 400 close
	END
}

@test "R14 what is not HTTP is answered with 400" {
	cases <<-'END'
		\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\*32{\xa5}\x20\*32{\x5a}\0\x3e\x13\x02\x13\x03 => 400 close
		\x16\x03\x01\0\x05\x0a\x0d\x0a\r\n\r\n => 400 close
		\x80\x2e\x01\0\x02\0\x15\0\0\0\x10 => 400 close
		\0\0\0\0\0\0\0\0\r\n\r\n => 400 close
		\xff\xfe\xfd\r\n\r\n => 400 close
		SSH-2.0-OpenSSH_9.2\r\n => 400 close
		EHLO x\r\n => 400 close
		HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n => 400 close
		{"a": 1}\r\n\r\n => 400 close
	END
}

# --- request line ------------------------------------------------------------

@test "R15 one empty line before a request line is ignored, a second is 400" {
	cases <<-'END'
		\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\n => 200 200 head:200
		GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\r\n => 200
		\r\n\r\n => 400 close
		\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 200 400 close
		\r\n GET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		\rGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		\r\n\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		\r\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R16 a bare LF is answered with 400, wherever it is" {
	cases <<-'END'
		GET / HTTP/1.1\nHost: x\n\n => 400 close
		GET / HTTP/1.1\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n\n => 400 close
		GET / HTTP/1.1\r\nHost: x\n\n => 400 close
		GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\n: y\r\n\r\n => 400 close
		GET /\n HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\n/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.0\n\n => 400 close
	END
}

@test "R16 a bare CR is answered with 400, wherever it is" {
	cases <<-'END'
		GET / HTTP/1.1\rHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n\r\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \r\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\r: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n\rX: y\r\n\r\n => 400 close
		GET /\r HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\r/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R16 a bare LF or CR in chunk framing is answered with 400" {
	chunked_cases <<-'END'
		5\nhello\r\n0\r\n\r\n => 400 close
		5\r\nhello\n0\r\n\r\n => 400 close
		5\r\nhello\r\n0\n\r\n => 400 close
		5\r\nhello\r\n0\r\n\n => 400 close
		5\nhello\n0\n\n => 400 close
		5\rhello\r\n0\r\n\r\n => 400 close
		5\r\r\nhello\r\n0\r\n\r\n => 400 close
		5\r\nhello\r0\r\n\r\n => 400 close
		5\r\nhello\r\r\n0\r\n\r\n => 400 close
		5\r\nhello\r\n0\r\r\n\r\n => 400 close
		5\r\nhello\r\n0\r\n\r\r\n => 400 close
		5;a\nhello\r\n0\r\n\r\n => 400 close
		5;a\rb\r\nhello\r\n0\r\n\r\n => 400 close
		5;a="\n"\r\nhello\r\n0\r\n\r\n => 400 close
		5\r\nhello\r\n0\r\nX: y\n\r\n => 400 close
		5\r\nhello\r\n0\r\nX: a\rb\r\n\r\n => 400 close
	END
}

@test "R17 white space before the first field line is answered with 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\n Host: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\n\tHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\n \r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\n \r\n\r\n => 400 close
		GET / HTTP/1.0\r\n X: y\r\n\r\n => 400 close
	END
}

@test "R18 a malformed request line is not repaired" {
	cases <<-'END'
		GET  / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /  HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\tHTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\x0b/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\x0cHTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET  HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /a b HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		 GET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		\tGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1 \r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\t\r\nHost: x\r\n\r\n => 400 close
		 / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\r\nHost: x\r\n\r\n => 400 close
		GET \r\nHost: x\r\n\r\n => 400 close
		Host: x\r\n\r\n => 400 close
		GET / HTTP/1.1 x\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R19 GET HEAD POST PUT PATCH DELETE OPTIONS get the configured answer" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\n => 200 head:200
		POST / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => 200
		PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => 200
		DELETE / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => 200
	END
	local method
	for method in POST PUT PATCH DELETE; do
		one_answer "$method / HTTP/1.1\r\nHost: x\r\n\r\n"
		output_has "$HELLO"
	done
}

@test "R19 OPTIONS gets an Allow field beside the configured answer" {
	one_answer 'OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n'
	output_has "HTTP/1.1 200 OK"
	output_has "$HELLO"
	allow_is GET HEAD POST PUT PATCH DELETE OPTIONS
}

@test "R19 TRACE and CONNECT get 405 with Allow, any other token 501" {
	cases <<-'END'
		TRACE / HTTP/1.1\r\nHost: x\r\n\r\n => 405
		CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n => 405 close
		CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\nContent-Length: 3\r\n\r\nabc => 405 close
		FOO / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		FOO / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello => 501
		FOO / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n => 501
		get / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		Get / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		GETT / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		GE / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		G / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		head / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		HEADS / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		OPTION / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		trace / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		!#$%&'*+-.^_`|~09Az / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		\*1000{A} / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		FOO / HTTP/1.0\r\n\r\n => 501 close
		FOO / HTTP/1.1\r\n\r\n => 400 close
	END
	one_answer 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n'
	output_has "HTTP/1.1 405 Method Not Allowed"
	allow_is GET HEAD POST PUT PATCH DELETE OPTIONS
	one_answer 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'
	allow_is GET HEAD POST PUT PATCH DELETE OPTIONS
}

@test "R19 a method that is not a token is answered with 400" {
	cases <<-'END'
		G(T / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		G@T / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET, / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		"GET" / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GE\x01T / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\0 / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		G\xe9T / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET\x7f / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET: / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		[GET] / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		{GET} / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		G\\T / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		/ / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R20 a request line of 8,192 octets is accepted, a longer one is 414" {
	cases <<-'END'
		GET /\*7986{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET /\*8177{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET /\*8178{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200
		\r\nGET /\*8178{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /\*8178{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200 200
		GET /\*8179{a} HTTP/1.1\r\nHost: x\r\n\r\n => 414 close
		GET /?\*8178{a} HTTP/1.1\r\nHost: x\r\n\r\n => 414 close
		GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /\*8179{a} HTTP/1.1\r\nHost: x\r\n\r\n => 200 414 close
		GET /\*16384{a} HTTP/1.1\r\nHost: x\r\n\r\n => 414 close
		GET /\*100000{a} HTTP/1.1\r\nHost: x\r\n\r\n => 414 close
	END
}

@test "R20 a request line is refused as too long before its end is there" {
	cases alone,drip <<-'END'
		GET /\*8300{a} => 414 close
		GET /\*100000{a} => 414 close
	END
}

@test "R21 absolute-form is answered, and its Host line still needed" {
	cases <<-'END'
		GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://other.example/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET HTTP://X/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET hTTpS://X/a/b?c HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x?y HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x:8000/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x:/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://127.0.0.1:8000/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://[::1]:8000/ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x/ HTTP/1.1\r\nHost:\r\n\r\n => 200
		HEAD http://x/ HTTP/1.1\r\nHost: x\r\n\r\n => head:200
		OPTIONS http://x HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET http://x/ HTTP/1.0\r\n\r\n => 200 close
		GET http://x/ HTTP/1.1\r\n\r\n => 400 close
		GET http://x/ HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R21 an absolute-form that is none is answered with 400" {
	cases <<-'END'
		GET http:/// HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http:// HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://:80/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://?x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http:x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http:/x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://u:p@x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://x:y/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://x:65536/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://::1/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://x/#y HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http//x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET httpx://x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET ://x/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R22 OPTIONS * gets 200 with Allow and Content-Length 0" {
	one_answer 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'
	output_has "HTTP/1.1 200 OK"
	output_has "Content-Length: 0"
	output_lacks Hello
	allow_is GET HEAD POST PUT PATCH DELETE OPTIONS
	start_server --status=503
	one_answer 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'
	output_has "HTTP/1.1 200 OK"
	output_has "Content-Length: 0"
}

@test "R22 the target * is only for OPTIONS" {
	cases <<-'END'
		OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n => 200
		OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => 200
		OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n => 200
		OPTIONS * HTTP/1.0\r\n\r\n => 200 close
		GET * HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		HEAD * HTTP/1.1\r\nHost: x\r\n\r\n => head:400 close
		POST * HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc => 400 close
		TRACE * HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT * HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		FOO * HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		OPTIONS ** HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		OPTIONS *?x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R23 authority-form is only for CONNECT, its port is checked" {
	cases <<-'END'
		CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n => 405 close
		CONNECT x.example:65535 HTTP/1.1\r\nHost: x\r\n\r\n => 405 close
		CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n => 405 close
		CONNECT [::1]:443 HTTP/1.1\r\nHost: x\r\n\r\n => 405 close
		CONNECT x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x: HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:0 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:65536 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:18446744073709551617 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:4a HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:-1 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT :443 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT x:443/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT u@x:443 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT ::1:443 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		CONNECT http://x:443/ HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET x:443 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET index.html HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET ?x HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		OPTIONS x:443 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R24 a fragment, control or non-ASCII octet in the target is 400" {
	cases <<-'END'
		GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /# HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /?a#b HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\x1f HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\x7f HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\x80 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /\xc3\xbc HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET /?\xc3\xbc HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		GET http://x/\x80 HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R24 every other visible octet is accepted in the target" {
	cases <<-'END'
		GET /!"$%&'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~ HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET /?!"$%&'()*+,-./:;<=>?@[\\]^_`{|}~%00%zz% HTTP/1.1\r\nHost: x\r\n\r\n => 200
	END
}

# --- fields ------------------------------------------------------------------

@test "R25 1.1 without Host is answered with 400, 1.0 needs none" {
	cases <<-'END'
		GET / HTTP/1.1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nX: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nX-Host: x\r\nHos: x\r\nHostt: x\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc => 400 close
		OPTIONS * HTTP/1.1\r\n\r\n => 400 close
		GET / HTTP/1.0\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n => 200
		GET / HTTP/1.0\r\nHost: x\r\n\r\n => 200 close
	END
}

@test "R26 more than one Host is answered with 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: y\r\nhOST:\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n => 400 close
		GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n => 400 close
	END
}

@test "R26 an invalid Host is answered with 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x, y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\ty\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x/\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: u@x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: http://x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x?y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x#y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: "x"\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: <x>\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\\y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x^y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: {x}\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: \xc3\xbc\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x%\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x%zz\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:8a\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:-1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:+1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:18446744073709551696\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x:80:80\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: ::1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: [::1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: ::1]\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: [::1]:x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: []\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: [zz]\r\n\r\n => 400 close
		GET / HTTP/1.0\r\nHost: x y\r\n\r\n => 400 close
		GET http://x/ HTTP/1.1\r\nHost: x y\r\n\r\n => 400 close
	END
}

@test "R26 a valid Host is accepted, an empty one too" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost:\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: \r\n\r\n => 200
		GET / HTTP/1.1\r\nhOSt: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nX: y\r\nHost: www.example.com\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: X.example.\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x:\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x:1\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x:65535\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: [2001:db8::AF:1]:8000\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: [::ffff:127.0.0.1]\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: a-b_c~d!$&'()*+,;=%41\r\n\r\n => 200
	END
}

@test "R27 white space between name and colon is answered with 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost : x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost\t: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX : y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX  \t : y\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 3\r\n\r\nabc => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n => 400 close
		GET / HTTP/1.0\r\nX : y\r\n\r\n => 400 close
	END
}

@test "R28 a field name is a non-empty token, and a line has a colon" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n!#$%&'*+-.^_`|~09AZaz: y\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX:y:z\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n:\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nX\r\nHost: x\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nGET / HTTP/1.1\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX Y: z\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX(: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n(X): y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n"X": y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX@: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX,Y: z\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX;Y: z\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX/Y: z\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX[]: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX{}: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\\: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\n\xc3\xbc: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\0: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\x01: y\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX\x7f: y\r\n\r\n => 400 close
	END
}

@test "R29 a folded field line is answered with 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n\tb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n \r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX:\r\n b\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b: c\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost:\r\n x\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n => 400 close
	END
}

@test "R30 CR, LF, NUL and other controls but HTAB in a value are 400" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\nb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \x01\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x08\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x0bb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x0cb\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x1b[0m\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x1f\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\x7f\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\0\r\n\r\n => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nX: a\tb\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \x80\xc3\xbc\xff\r\n\r\n => 200
	END
}

@test "R31 white space around a value and an empty value are accepted" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost:x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost:  \t x \t  \r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX:\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \t \t\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: a  b \t c\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \t3 \t\r\n\r\nabc => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length:3\r\n\r\nabc => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\tchunked \r\n\r\n0\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection:\t close \r\n\r\n => 200 close
	END
}

@test "R32 100 field lines are accepted, 101 are 431" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\*98{X: y\r\n}\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n\*99{X: y\r\n}\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n\*100{X: y\r\n}\r\n => 431 close
		GET / HTTP/1.1\r\n\*99{X: y\r\n}Host: x\r\n\r\n => 200
		GET / HTTP/1.1\r\n\*100{X: y\r\n}Host: x\r\n\r\n => 431 close
		GET / HTTP/1.0\r\n\*100{X: y\r\n}\r\n => 200 close
		GET / HTTP/1.0\r\n\*101{X: y\r\n}\r\n => 431 close
		GET / HTTP/1.1\r\nHost: x\r\n\*1000{X: y\r\n}\r\n => 431 close
	END
}

@test "R32 a field section of 16,384 octets is accepted, a longer one is 431" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nX: \*8192{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\n\*8192{a}: y\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16369{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16370{a}\r\n\r\n => 200
		GET /\*8178{a} HTTP/1.1\r\nHost: x\r\nX: \*16370{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16371{a}\r\n\r\n => 431 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \*8186{a}\r\nX: \*8182{a}\r\n\r\n => 431 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \*8180{a}\r\nX: \*8180{a}\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX: \*100000{a}\r\n\r\n => 431 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16374{ }\r\n\r\n => 431 close
	END
}

@test "R32 a field section is refused as too large before its end is there" {
	cases alone,drip <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nX: \*16500{a} => 431 close
		GET / HTTP/1.1\r\nHost: x\r\nX: \*100000{a} => 431 close
		GET / HTTP/1.1\r\nHost: x\r\n\*16500{a} => 431 close
	END
}

@test "R33 nothing is answered before the whole head is there, whatever the split" {
	cases held <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		HEAD / HTTP/1.1\r\nHost: x\r\nX: y\r\n\r\n => head:200
		GET / HTTP/1.0\r\n\r\n => 200 close
		FOO / HTTP/1.1\r\nHost: x\r\n\r\n => 501
		OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n => 200
		\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 200
	END
	talk --brief "$PORT" "drip:${GET%??}" quiet 'send:\n' answers:1 open
	output_is 200
}

@test "R33 a browser's request is answered, whatever the split" {
	cases whole,drip,alone,held <<-'END'
		GET /index.html?a=b HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\nDNT: 1\r\nConnection: keep-alive\r\nCookie: a=b; c="d"\r\nUpgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: none\r\nSec-Fetch-User: ?1\r\nCache-Control: max-age=0\r\n\r\n => 200
	END
}

# --- content -----------------------------------------------------------------

@test "R34 Content-Length is 1*DIGIT without overflow, else 400" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -0\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5 5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \t\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5a\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5.0\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1e1\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5;\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "5"\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \xd9\xa5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551621\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 28446744073709551621\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \*100{9}\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\nhello => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n\r\nhello => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775807\r\n\r\nhello => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4294967301\r\n\r\nhello => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4294967296\r\n\r\n => 413 close
		POST / HTTP/1.0\r\nContent-Length: 5x\r\n\r\nhello => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n => 400 close
	END
}

@test "R34 a valid Content-Length is read, with leading zeros too" {
	cases whole,drip,alone,splits <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\ncontent-length: 0005\r\n\r\nhello => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \*40{0}5\r\n\r\nhello => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\nGET /no HTTP/1.1\r\nHost: x\r\nX: yzab\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n\0\r\n\r\n\xff\n\n\r\r => 200
	END
}

@test "R35 a repeated Content-Length is answered with 400, equal or not" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX: y\r\ncontent-length: 5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5,5\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5,\r\n\r\nhello => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ,5\r\n\r\nhello => 400 close
		GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n => 400 close
	END
}

@test "R36 chunked content is decoded and the next request read at the right octet" {
	chunked_cases whole,drip,alone,splits <<-'END'
		0\r\n\r\n => 200
		5\r\nhello\r\n0\r\n\r\n => 200
		1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n => 200
		a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n => 200
		1f\r\n\*31{x}\r\n1F\r\n\*31{x}\r\n0\r\n\r\n => 200
		4\r\n\r\n\r\n\r\n0\r\n\r\n => 200
		5\r\n0\r\n\r\n\r\n0\r\n\r\n => 200
	END
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\*20{0}5\r\nhello\r\n\*20{0}\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nabc\r\n\*2748{x}\r\nABC\r\n\*2748{y}\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n19\r\nGET /no HTTP/1.1\r\nHost: x\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n1\r\na\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\*300{1\r\na\r\n}0\r\n\r\n => 200
	END
}

@test "R36 a chunk size does not overflow, nor go on for ever" {
	chunked_cases <<-'END'
		10000000000000005\r\nhello\r\n0\r\n\r\n => 400|413 close
		100000005\r\nhello\r\n0\r\n\r\n => 400|413 close
		ffffffffffffffff\r\nhello\r\n0\r\n\r\n => 400|413 close
		5\r\nhello\r\nfffffffffffffffb\r\nhello\r\n0\r\n\r\n => 400|413 close
		7fffffffffffffff\r\nhello\r\n0\r\n\r\n => 400|413 close
		8000000000000000\r\nhello\r\n0\r\n\r\n => 400|413 close
		\*100{f}\r\nhello\r\n0\r\n\r\n => 400|413 close
		\*100000{0} => 400 close
		7fffffff\r\nhello => 413 close
	END
}

@test "R37 chunk extensions are ignored" {
	chunked_cases whole,drip,alone,splits <<-'END'
		5;a\r\nhello\r\n0;b\r\n\r\n => 200
		5;a=b;c="d;e \\"f\\""\r\nhello\r\n0\r\n\r\n => 200
	END
	chunked_cases <<-'END'
		5 ; a = b\r\nhello\r\n0\r\n\r\n => 200
		5\t;\ta\r\nhello\r\n0\r\n\r\n => 200
	END
}

@test "R37 chunk extensions of 1,024 octets a body are accepted, more are 400" {
	chunked_cases <<-'END'
		5;\*1022{a}\r\nhello\r\n0\r\n\r\n => 200
		5;\*1023{a}\r\nhello\r\n0\r\n\r\n => 200
		5;\*1024{a}\r\nhello\r\n0\r\n\r\n => 400 close
		5;\*511{a}\r\nhello\r\n5;\*511{a}\r\nhello\r\n0\r\n\r\n => 200
		5;\*511{a}\r\nhello\r\n5;\*512{a}\r\nhello\r\n0\r\n\r\n => 400 close
		5;\*511{a}\r\nhello\r\n0;\*511{a}\r\n\r\n => 200
		5;\*511{a}\r\nhello\r\n0;\*512{a}\r\n\r\n => 400 close
		\*512{1;a\r\nx\r\n}0\r\n\r\n => 200
		\*513{1;a\r\nx\r\n}0\r\n\r\n => 400 close
		5;\*100000{a} => 400 close
	END
	local body='POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0;\*1000{a}\r\n\r\n'
	talk --brief "$PORT" "send:$body$body" answers:2 open
	output_is 200 200
}

@test "R38 a trailer section is consumed and never merged" {
	chunked_cases whole,drip,alone,splits <<-'END'
		5\r\nhello\r\n0\r\nX: y\r\nZ:\r\n\r\n => 200
	END
	chunked_cases <<-'END'
		1\r\na\r\n0\r\nConnection: close\r\n\r\n => 200
		1\r\na\r\n0\r\nHost: y\r\nHost: x y\r\n\r\n => 200
		1\r\na\r\n0\r\nExpect: nothing\r\n\r\n => 200
		1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n => 400 close
		1\r\na\r\n0\r\nContent-Length: x\r\n\r\n => 400 close
		1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n => 400 close
		1\r\na\r\n0\r\nX\r\n\r\n => 400 close
		1\r\na\r\n0\r\nX : y\r\n\r\n => 400 close
		1\r\na\r\n0\r\n: y\r\n\r\n => 400 close
		1\r\na\r\n0\r\n X: y\r\n\r\n => 400 close
		1\r\na\r\n0\r\nX: y\r\n z\r\n\r\n => 400 close
		1\r\na\r\n0\r\nX: \0\r\n\r\n => 400 close
		1\r\na\r\n0\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
	END
}

@test "R38 a trailer section counts towards the limits of the head" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\*98{X: y\r\n}\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\*99{X: y\r\n}\r\n => 431 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\*50{X: y\r\n}\r\n0\r\n\*48{X: y\r\n}\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\*50{X: y\r\n}\r\n0\r\n\*49{X: y\r\n}\r\n => 431 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \*16342{a}\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \*16343{a}\r\n\r\n => 431 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: \*8000{a}\r\n\r\n0\r\nX: \*8337{a}\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: \*8000{a}\r\n\r\n0\r\nX: \*8338{a}\r\n\r\n => 431 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \*100000{a} => 431 close
	END
}

@test "R39 bad chunk framing is answered with 400" {
	chunked_cases <<-'END'
		g\r\nhello\r\n0\r\n\r\n => 400 close
		\r\nhello\r\n0\r\n\r\n => 400 close
		;a\r\nhello\r\n0\r\n\r\n => 400 close
		-5\r\nhello\r\n0\r\n\r\n => 400 close
		+5\r\nhello\r\n0\r\n\r\n => 400 close
		0x5\r\nhello\r\n0\r\n\r\n => 400 close
		 5\r\nhello\r\n0\r\n\r\n => 400 close
		5 \r\nhello\r\n0\r\n\r\n => 400 close
		5\t\r\nhello\r\n0\r\n\r\n => 400 close
		5h\r\nhello\r\n0\r\n\r\n => 400 close
		5 5\r\nhello\r\n0\r\n\r\n => 400 close
		5,a\r\nhello\r\n0\r\n\r\n => 400 close
		5:\r\nhello\r\n0\r\n\r\n => 400 close
		5.0\r\nhello\r\n0\r\n\r\n => 400 close
		"5"\r\nhello\r\n0\r\n\r\n => 400 close
		5\0\r\nhello\r\n0\r\n\r\n => 400 close
		5\r\nhelloX\r\n0\r\n\r\n => 400 close
		5\r\nhelloX\n0\r\n\r\n => 400 close
		5\r\nhello\rX0\r\n\r\n => 400 close
		5\r\nhello0\r\n\r\n => 400 close
		5\r\nhell\r\n0\r\n\r\n => 400 close
		5\r\nhello\r\n\r\n0\r\n\r\n => 400 close
		5\r\nhello\r\nx\r\n\r\n => 400 close
		5\r\nhello\r\nGET / HTTP/1.1\r\n => 400 close
		\0\r\n => 400 close
		\xff\r\n => 400 close
	END
}

@test "R40 Transfer-Encoding with Content-Length is answered with 400" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding:\r\n\r\nhello => 400 close
		POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
	END
}

@test "R41 content whose final coding is not chunked is answered with 400" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: y\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n => 400 close
	END
}

@test "R42 an unknown coding before chunked is answered with 501" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n => 501 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip,chunked\r\n\r\n0\r\n\r\n => 501 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x, y, chunked\r\n\r\n0\r\n\r\n => 501 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 501 close
		GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n => 501 close
	END
}

@test "R42 chunked twice, or what only looks like chunked, is answered with 400" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, Chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunke\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked x\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ,\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\xc2\xa0\r\n\r\n0\r\n\r\n => 400 close
	END
}

@test "R43 Transfer-Encoding in 1.0 is answered with 400" {
	cases <<-'END'
		POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
		POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n => 400 close
		GET / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n => 400 close
	END
}

@test "R44 without length and coding there is no content, the answer comes at once" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		PUT / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n\r\n => 200
		POST / HTTP/1.0\r\n\r\n => 200 close
		POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n => 200
	END
}

@test "R45 truncated content: the connection is closed without an answer" {
	local truncated
	for truncated in "${POST}Content-Length: 5"'\r\n\r\nhell' \
		"${POST}Content-Length: 5"'\r\n\r\n' "${POST}Content-Length: 5"'\r\n' \
		"$CHUNKED"'\r\n' "$CHUNKED"'\r\n5' "$CHUNKED"'\r\n5\r\nhell' \
		"$CHUNKED"'\r\n5\r\nhello\r\n' "$CHUNKED"'\r\n5\r\nhello\r\n0\r\n' \
		"$CHUNKED"'\r\n0\r\nX: y\r\n' 'GET / HT' 'GET / HTTP/1.1\r\nHost: x\r\n' \
		"${POST}Content-Length: 5"'\r\nExpect: x\r'; do
		talk --brief "$PORT" "send:$GET$truncated" answers:1 shut eof
		output_is 200 closed
		talk --brief "$SOCKET" "send:$GET$truncated" shut answers:1 eof
		output_is 200 closed
	done
}

@test "R46 content is read, up to 1 MiB by default, and never taken for a request" {
	cases whole,alone <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\n\*1048576{a} => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n\*1048576{a}\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\*65536{10\r\n0123456789abcdef\r\n}0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n => 413 close
		FOO / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 27000\r\n\r\n\*1000{GET / HTTP/1.1\r\nHost: x\r\n\r\n} => 200
	END
}

@test "R46 --max-body content is accepted, one octet more is 413, sized and chunked" {
	start_own --max-body=1000
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n\*999{a} => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\*1000{a} => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n\*1001{a} => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e7\r\n\*999{a}\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\*1000{a}\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n\*1000{a}\r\n0\r\nX: y\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n\*1001{a}\r\n0\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e7\r\n\*999{a}\r\n1\r\na\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e7\r\n\*999{a}\r\n2\r\nab\r\n0\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\*1000{1\r\na\r\n}0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\*1001{1\r\na\r\n}0\r\n\r\n => 413 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\*1000{a}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n\*1000{a} => 200 200
	END
}

@test "R47 Expect: 100-continue gets 100 at once when no content has come" {
	local expect='Expect: 100-continue\r\n\r\n'
	talk "$PORT" "send:${POST}Content-Length: 5\r\n$expect" answers:1 send:hello answers:1 open
	[ "${lines[0]}" = "HTTP/1.1 100 Continue" ]
	[ "${lines[1]}" = "HTTP/1.1 200 OK" ]
	talk --brief "$SOCKET" "drip:${POST}Content-Length: 5\r\n$expect" answers:1 quiet \
		drip:hello answers:1 open
	output_is 100 200
	talk --brief "$PORT" "send:$CHUNKED$expect" answers:1 'send:5\r\nhello\r\n0\r\n\r\n' \
		answers:1 open
	output_is 100 200
	talk --brief "$PORT" "send:${POST}Content-Length: 5\r\neXPECT: \t100-Continue \r\n\r\n" \
		answers:1 send:hello answers:1 open
	output_is 100 200
	talk --brief "$PORT" "send:$GET${POST}Content-Length: 5\r\n$expect" answers:2 \
		"send:hello${POST}Content-Length: 5\r\n$expect" answers:2 send:hello answers:1 open
	output_is 200 100 200 100 200
}

@test "R47 Expect: 100-continue gets no 100 when content came along or none is announced" {
	cases whole <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello => 200
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5\r\nhello\r\n0\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n => 413 close
	END
	cases alone <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n => 200
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n => 413 close
	END
	talk --brief "$PORT" "send:${POST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhe" \
		quiet send:llo answers:1 open
	output_is 200
}

@test "R47 Expect: 100-continue is ignored from 1.0" {
	talk --brief "$PORT" 'send:POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n' \
		quiet send:hello answers:1 eof
	output_is "200 close" closed
}

@test "R47 another expectation is answered with 417" {
	cases <<-'END'
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: other\r\n\r\nhello => 417 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continu\r\n\r\nhello => 417 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue, other\r\n\r\nhello => 417 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: other, 100-continue\r\n\r\nhello => 417 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\nExpect: other\r\n\r\nhello => 417 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: other\r\n\r\n => 417 close
		GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n => 417 close
		GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue=x\r\n\r\n => 417 close
	END
}

# --- connections ---------------------------------------------------------------

@test "R48 a connection persists by default in 1.1 and by request in 1.0" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection: x\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection:\r\n\r\n => 200
		GET / HTTP/1.0\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nConnection: x\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nKeep-Alive: timeout=5\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n => 200
		GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n => 200
		GET / HTTP/1.0\r\nConnection: x, KEEP-ALIVE\r\n\r\n => 200
		HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n => head:200
		POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello => 200
		GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n => 200 200 close
	END
	one_answer "$GET"
	output_lacks '^Connection:.*close'
	one_answer 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
	output_has "Connection: keep-alive"
}

@test "R49 Connection: close is on every answer after which the server closes" {
	talk "$PORT" 'send:GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' answers:1 eof
	output_has "Connection: close"
	talk "$PORT" 'send:GET / HTTP/1.0\r\n\r\n' answers:1 eof
	output_has "Connection: close"
	talk "$PORT" 'send:BAD\r\n\r\n' answers:1 eof
	output_has "Connection: close"
}

@test "R49 Connection: close is on the answer to what had begun when the server drains" {
	start_own
	talk --brief "$PORT" "send:$GET" answers:1 'send:GET / HTTP/1.1\r\nHost:' quiet \
		"signal:TERM:$SERVER_PID" refused quiet 'send: x\r\n\r\n' answers:1 eof
	output_is 200 "200 close" closed
	wait_for_exit "$SERVER_PID"
	start_own
	talk --brief "$PORT" "send:${POST}Content-Length: 5\r\n\r\nhel" quiet \
		"signal:TERM:$SERVER_PID" refused quiet "send:lo$GET" answers:1 eof
	output_is "200 close" closed
	wait_for_exit "$SERVER_PID"
}

@test "R50 close in any case and in a list: answered, closed, nothing more processed" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nconnection: CLOSE\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close,keep-alive\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: x \t,\t close \t\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: , ,close,\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: x\r\nConnection: close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n => 200 close
		HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n => head:200 close
		POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello => 200 close
		POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n => 200 close
		FOO / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n => 501 close
		OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n => 200 close
		GET / HTTP/1.0\r\nConnection: close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection: xclose\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection: clos\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nX-Connection: close\r\n\r\n => 200
	END
}

@test "R50 who breaks its word, and sends on behind close, has had its answer" {
	local address
	for address in "$PORT" "$SOCKET"; do
		talk --brief "$address" 'send:GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' \
			answers:1 eof "send:$GET" eof
		output_has "200 close"
	done
}

# Five requests whose answers differ, so that their order shows.
FIVE="$GET$HEAD"'OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabFOO / HTTP/1.1\r\nHost: x\r\n\r\nTRACE / HTTP/1.1\r\nHost: x\r\n\r\n'

# thousand_in_order ADDRESS VERB: 1,000 requests are sent so, answered in order.
thousand_in_order() {
	local i reads=() wanted=()
	for ((i = 0; i < 200; i++)); do
		reads+=(answers:1 heads:1 answers:3)
		wanted+=(200 200 200 501 405)
	done
	talk --brief "$1" "$2:\\*200{$FIVE}" "${reads[@]}" open shut eof
	output_is "${wanted[@]}" closed
}

@test "R51 1,000 pipelined requests in one stream are answered in order" {
	thousand_in_order "$PORT" send
	thousand_in_order "$SOCKET" send
}

@test "R51 1,000 pipelined requests are answered in order when split at every octet" {
	thousand_in_order "$SOCKET" drip
}

@test "R51 pipelined requests are answered in order, wherever the stream is split" {
	cases splits <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a\r\nbc\r\n0\r\nX: y\r\n\r\nFOO / HTTP/1.1\r\nHost: x\r\n\r\n\r\nTRACE / HTTP/1.1\r\nHost: x\r\n\r\n => 200 head:200 200 200 501 405
		GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\nBAD\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 200 200 400 close
	END
}

@test "R52 a client that still uploads gets its 400, 413, 414, 431 or 501, no reset" {
	local octets wanted address
	while read -r octets wanted; do
		for address in "$PORT" "$SOCKET"; do
			talk --brief "$address" "send:${octets//_/ }" zeros:4194304 answers:1 eof \
				zeros:1048576 eof
			output_is "$wanted close" closed closed
		done
	done <<-'END'
		BAD\r\n\r\n 400
		POST_/_HTTP/1.1\r\nContent-Length:5242880\r\n\r\n 400
		POST_/_HTTP/1.1\r\nHost:x\r\nContent-Length:5242880\r\n\r\n 413
		POST_/_HTTP/1.1\r\nHost:x\r\nTransfer-Encoding:chunked\r\n\r\n500000\r\n 413
		GET_/\*100000{a} 414
		GET_/_HTTP/1.1\r\nHost:x\r\nX:\*100000{a} 431
		GET_/_HTTP/1.1\r\nHost:x\r\nTransfer-Encoding:gzip,chunked\r\n\r\n 501
		POST_/_HTTP/1.1\r\nHost:x\r\nConnection:close\r\nContent-Length:1\r\n\r\na 200
		CONNECT_x:1_HTTP/1.1\r\nHost:x:1\r\nConnection:close\r\n\r\n 405
	END
}

@test "R52 a client that never stops uploading is cut off" {
	talk --brief "$PORT" 'send:BAD\r\n\r\n' zeros:100000000 answers:1 eof
	output_is "400 close" reset
}

@test "R53 an idle connection is closed silently after --keepalive-timeout" {
	local start
	start_own --keepalive-timeout=300ms --request-timeout=infinity
	start=$(milliseconds)
	talk --brief "$PORT" eof
	output_is closed
	(($(milliseconds) - start >= 300))
	start=$(milliseconds)
	talk --brief "$SOCKET" "send:$GET$GET" answers:2 eof
	output_is 200 200 closed
	(($(milliseconds) - start >= 300))
	talk --brief "$PORT" 'send:GET / HTTP/1.1\r\n' pause:400 quiet 'send:Host: x\r\n\r\n' answers:1 eof
	output_is 200 closed
	talk --brief "$PORT" "send:${POST}Content-Length: 2\r\n\r\na" pause:400 quiet send:a answers:1 eof
	output_is 200 closed
}

@test "R53 each request starts the time of --keepalive-timeout anew" {
	skip_under_sanitizer "the pauses must stay far below the timeout"
	start_server --keepalive-timeout=1s
	talk --brief "$PORT" "send:$GET" answers:1 pause:400 "send:$GET" answers:1 \
		pause:400 "send:$GET" answers:1 pause:400 "send:$GET" answers:1
	output_is 200 200 200 200
}

@test "R53 a begun request gets 408 after --request-timeout, the next begins anew" {
	local start
	start_server --keepalive-timeout=infinity --request-timeout=200ms
	start=$(milliseconds)
	succeeds "$BATS_TEST_DIRNAME/talk" --cases=alone "$PORT" <<-'END'
		G => 408 close
		GET / HTTP/1.1\r\nHost: x\r\n => 408 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell => 408 close
		POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n => 408 close
		GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / => 200 408 close
	END
	(($(milliseconds) - start >= 5 * 200))
	talk --brief "$PORT" "send:${POST}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n" \
		answers:2 eof
	output_is 100 "408 close" closed
	talk --brief "$PORT" pause:300 "send:$GET" answers:1 pause:300 "send:$GET" answers:1 open
	output_is 200 200
}

@test "R53 a client that drips its request does not put off its 408" {
	start_server --request-timeout=200ms
	talk --brief "$PORT" 'slow:10:GET / HTTP/1.1\r\nHost: xxxxxxxxxxxxxxxx\r\n\r\n' answers:1 eof
	output_is "408 close" closed
}

@test "R54 a client that half-closes gets all answers that were complete" {
	local address
	for address in "$PORT" "$SOCKET"; do
		talk --brief "$address" "send:$GET" shut answers:1 eof
		[ "${lines[1]}" = closed ]
		talk --brief "$address" "send:$GET$HEAD${POST}Content-Length: 2\r\n\r\nab" shut \
			answers:1 heads:1 answers:1 eof
		[ "${lines[3]}" = closed ]
		talk --brief "$address" "send:\*500{$GET}" shut answers:500 eof
		[ "${lines[500]}" = closed ]
		talk --brief "$address" 'send:BAD\r\n\r\n' shut answers:1 eof
		output_is "400 close" closed
		talk --brief "$address" shut eof
		output_is closed
	done
}

@test "R55 Upgrade is ignored" {
	cases <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n => 200
		GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n => 200
		GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n => 200 close
	END
	one_answer 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
	output_has "$HELLO"
	output_lacks '^(Upgrade|Connection):'
}

@test "R56 Range is ignored" {
	local range
	for range in bytes=0-4 bytes=-5 bytes=0-0,5-6 bytes=100- x=y; do
		one_answer "GET / HTTP/1.1\r\nHost: x\r\nRange: $range\r\n\r\n"
		output_has "HTTP/1.1 200 OK"
		output_has "$HELLO"
		output_lacks '^Content-Range:'
	done
}

@test "R57 preconditions are ignored, no validators are sent" {
	local condition
	for condition in 'If-Match: "x"' 'If-None-Match: "x"' 'If-None-Match: *' \
		'If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT' \
		'If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT' \
		'If-Range: "x"\r\nRange: bytes=0-4'; do
		one_answer "GET / HTTP/1.1\r\nHost: x\r\n$condition\r\n\r\n"
		output_has "HTTP/1.1 200 OK"
		output_has "$HELLO"
		output_lacks '^(ETag|Last-Modified):'
	done
}

@test "R58 TRACE gets 405 and reflects nothing" {
	talk "$PORT" 'send:TRACE /zq7 HTTP/1.1\r\nHost: zq7\r\nCookie: zq7\r\nMax-Forwards: 0\r\nContent-Length: 3\r\n\r\nzq7' answers:1 open
	output_has "HTTP/1.1 405 Method Not Allowed"
	output_lacks 'zq7|message/http|TRACE|Cookie|Max-Forwards'
	allow_is GET HEAD POST PUT PATCH DELETE OPTIONS
}

@test "R59 an error has a short HTML page with its status that echoes nothing" {
	local status_code octets one
	while read -r status_code octets; do
		octets=${octets//_/ }
		talk "$PORT" "send:$octets" answers:1
		[[ ${lines[0]} == "HTTP/1.1 $status_code "?* ]]
		output_lacks zq7
		grep -Eq '^Content-Type: text/html(;|$)' <<<"$output"
		grep -v '^[A-Z][A-Za-z-]*: \|^HTTP/' <<<"$output" | grep -q "<.*$status_code"
		(($(sed -n 's/^Content-Length: //p' <<<"$output") < 512))
		one=$(grep -v ^Date: <<<"$output")
		# The same text, whatever the request.
		talk "$PORT" "send:${octets//zq7/<b>}" answers:1
		[ "$(grep -v ^Date: <<<"$output")" = "$one" ]
	done <<-'END'
		400 GET_/zq7_HTTP/1.1\r\nX:zq7\r\n\r\n
		400 zq7_zq7_zq7\r\n\r\n
		405 TRACE_/zq7_HTTP/1.1\r\nHost:x\r\nX:zq7\r\n\r\n
		413 POST_/zq7_HTTP/1.1\r\nHost:x\r\nX:zq7\r\nContent-Length:2000000\r\n\r\n
		414 GET_/\*3000{zq7}_HTTP/1.1\r\nHost:x\r\n\r\n
		417 GET_/zq7_HTTP/1.1\r\nHost:x\r\nX:zq7\r\nExpect:x\r\n\r\n
		431 GET_/zq7_HTTP/1.1\r\nHost:x\r\nX:\*6000{zq7}\r\n\r\n
		501 FOO_/zq7_HTTP/1.1\r\nHost:x\r\nX:zq7\r\n\r\n
		501 POST_/zq7_HTTP/1.1\r\nHost:x\r\nTransfer-Encoding:gzip,chunked\r\nX:zq7\r\n\r\n
		505 GET_/zq7_HTTP/2.0\r\nHost:x\r\nX:zq7\r\n\r\n
	END
	start_server --request-timeout=100ms
	talk "$PORT" 'send:GET /zq7' answers:1 eof
	[[ ${lines[0]} == "HTTP/1.1 408 Request Timeout" ]]
	grep -q '<.*408' <<<"$output"
	output_lacks zq7
}

@test "R59 an error keeps its own page, whatever the configured answer is" {
	start_server --status=503 --content-type=text/plain --header='X-Own: zq7' --body=zq7
	talk "$PORT" "send:${GET}BAD\r\n\r\n" answers:2 eof
	output_has "HTTP/1.1 503 Service Unavailable"
	output_has "HTTP/1.1 400 Bad Request"
	output_has zq7 1
	grep -Eq '^Content-Type: text/html(;|$)' <<<"$output"
}

@test "R60 Content-Type is text/html by default" {
	one_answer "$GET"
	output_has "Content-Type: text/html"
	start_server --content-type='text/plain; charset=utf-8' --body='Grüße'
	talk "$PORT" "send:$GET" answers:1
	output_has "Content-Type: text/plain; charset=utf-8"
	output_has "Content-Length: 7"
}

@test "R61 nothing is written after close was" {
	cases whole <<-'END'
		GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n\*10{GET / HTTP/1.1\r\nHost: x\r\n\r\n} => 200 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nBAD\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n => 200 close
		GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n => 200 close
		GET / HTTP/1.0\r\n\r\n\*100{GET / HTTP/1.1\r\nHost: x\r\n\r\n} => 200 close
	END
	cases <<-'END'
		BAD\r\n\r\nBAD\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n => 400 close
		BAD\r\n\r\n\*2000{GET / HTTP/1.1\r\nHost: x\r\n\r\n} => 400 close
		POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n\*100{GET / HTTP/1.1\r\nHost: x\r\n\r\n} => 413 close
	END
}

# --- the numbers -----------------------------------------------------------------

@test "each number in a test's name has a row in HTTP.md, and each row a test here" {
	cd "$BATS_TEST_DIRNAME"
	local rows
	rows=$(sed -En 's/^\| (R[0-9]+) \|.*/\1/p' HTTP.md)
	[ "$rows" = "$(sed -En 's/^@test "(R[0-9]+) .*/\1/p' http.bats | uniq)" ]
	run grep -vxF "$rows" <(grep -oEh '\bR[0-9]{2}\b' ./*.bats ./*_test.c | sort -u)
	output_is
}
