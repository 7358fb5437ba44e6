#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Every kind of answer, once, before two clients that others wrote. curl gets
# it over the network, and must neither complain nor need a new connection, as
# it does after an octet too many. And all that the server sent is recorded and
# parsed by h11 (see tests/strict), which must find these answers and no others.
#
# What all other tests provoke is recorded, too, where `make check` runs them,
# and parsed in the same way when they have ended.

load helper

GET='GET / HTTP/1.1\r\nHost: x\r\n\r\n'
LAST='GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

setup() {
	skip_under_sanitizer "the recorder is not preloaded into it"
	/usr/bin/python3 -c 'import h11' 2>/dev/null || skip "h11 is not installed"
	RECORDS=$BATS_TEST_TMPDIR/records
	mkdir "$RECORDS"
	record_in "$RECORDS"
}

# sent ANSWER...: once the servers have ended, these are what h11 finds, in this
# order: `METHOD STATUS OCTETS keeps|closes` or, for short, `N ANSWER`.
sent() {
	local answer wanted=()
	end_servers
	succeeds "$REPOSITORY/tests/strict" "$RECORDS"
	for answer; do
		if [[ $answer == [0-9]* ]]; then
			mapfile -t -O "${#wanted[@]}" wanted < <(yes "${answer#* }" |
				head -n "${answer%% *}")
		else
			wanted+=("$answer")
		fi
	done
	output_is "${wanted[@]}"
}

# curl_gets STATUS OCTETS ARGS...: twice, the second time on the same connection.
curl_gets() {
	curl_says "$1 $2 1"$'\n'"$1 $2 0" "${@:3}"
}

# curl_ends STATUS OCTETS ARGS...: so, but the connection ends each time.
curl_ends() {
	curl_says "$1 $2 1"$'\n'"$1 $2 1" "${@:3}"
}

curl_says() {
	local url=http://127.0.0.1:$PORT/
	succeeds curl -sS --http1.1 --max-time "$PATIENCE" -o /dev/null -o /dev/null \
		-w '%{http_code} %{size_download} %{num_connects}\n' "${@:2}" "$url" "$url"
	[ "$output" = "$1" ] || {
		printf 'wanted:\n%s\ngot:\n%s\n' "$1" "$output"
		return 1
	}
}

# page_octets STATUS REASON: of an error's page.
page_octets() {
	local page
	printf -v page '<!DOCTYPE html>\n<title>%s</title>\n<h1>%s</h1>\n' "$*" "$*"
	echo ${#page}
}

@test "the configured answer of every class, to each method and version" {
	local code octets field
	while IFS='|' read -r code octets field; do
		start_server --status="$code" ${field:+--header="$field"}
		curl_gets "$code" "$octets"
		curl_gets "$code" 0 --head
		curl_ends "$code" "$octets" --http1.0
		talk "$PORT" 'send:HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' heads:1 \
			'send:OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 \
			'send:POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' answers:1 \
			'send:HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' heads:1 eof
		sent "2 GET $code $octets keeps" "2 HEAD $code 0 keeps" \
			"2 GET $code $octets closes" "HEAD $code 0 keeps" \
			"OPTIONS $code $octets keeps" "POST $code $octets keeps" \
			"HEAD $code 0 closes"
		rm "$RECORDS"/*
	done <<-'END'
		200|20
		204|0
		205|0
		206|20|Content-Range: bytes 0-19/20
		299|20
		301|20|Location: http://x/
		304|0
		401|20|WWW-Authenticate: Basic realm="x"
		404|20
		405|20|Allow: GET
		407|20|Proxy-Authenticate: Basic realm="x"
		426|20|Upgrade: h2c
		503|20|Retry-After: 60
		599|20
	END
}

@test "what refuses a request and keeps the connection" {
	local octets
	start_server
	octets=$(page_octets 405 Method Not Allowed)
	curl_gets 405 "$octets" -X TRACE
	talk "$PORT" 'send:TRACE / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1 open
	octets=$(page_octets 501 Not Implemented)
	curl_gets 501 "$octets" -X BREW
	curl_gets 501 "$octets" -X BREW -d tea
	sent "3 TRACE 405 $(page_octets 405 Method Not Allowed) keeps" 'GET 200 20 keeps' \
		"4 BREW 501 $octets keeps"
}

@test "CONNECT is refused, and closes" {
	start_server
	talk "$PORT" 'send:CONNECT x:1 HTTP/1.1\r\nHost: x:1\r\n\r\n' answers:1 eof
	sent "CONNECT 405 $(page_octets 405 Method Not Allowed) closes"
}

@test "what refuses a request and closes, and all of it to HEAD" {
	local code reason rest octets wanted=()
	start_server --request-timeout=500ms
	while IFS='|' read -r code reason rest; do
		octets=$(page_octets "$code" "$reason")
		talk "$PORT" "send:GET $rest" answers:1 eof
		talk "$PORT" "send:HEAD $rest" heads:1 eof
		wanted+=("GET $code $octets closes" "HEAD $code 0 closes")
	done <<-'END'
		400|Bad Request|/ HTTP/1.1\r\n\r\n
		408|Request Timeout|/ HTTP/1.1\r\nHost:
		408|Request Timeout|/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhalf
		413|Content Too Large|/ HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n
		414|URI Too Long|/\*9000{x} HTTP/1.1\r\nHost: x\r\n\r\n
		417|Expectation Failed|/ HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n
		431|Request Header Fields Too Large|/ HTTP/1.1\r\nHost: x\r\n\*100{X: y\r\n}\r\n
		501|Not Implemented|/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n
		505|HTTP Version Not Supported|/ HTTP/2.0\r\nHost: x\r\n\r\n
	END
	sent "${wanted[@]}"
}

@test "what curl can be refused with" {
	local fields
	mapfile -t fields < <(seq -f '-HX-%.0f: y' 120)
	start_server --max-body=10
	curl_ends 400 "$(page_octets 400 Bad Request)" -H Host:
	curl_ends 413 "$(page_octets 413 Content Too Large)" -d 'more than that'
	curl_ends 417 "$(page_octets 417 Expectation Failed)" -H 'Expect: tea'
	curl_ends 431 "$(page_octets 431 Request Header Fields Too Large)" "${fields[@]}"
	sent "2 GET 400 $(page_octets 400 Bad Request) closes" \
		"2 POST 413 $(page_octets 413 Content Too Large) closes" \
		"2 GET 417 $(page_octets 417 Expectation Failed) closes" \
		"2 GET 431 $(page_octets 431 Request Header Fields Too Large) closes"
}

@test "OPTIONS *, 100 Continue and content in chunks" {
	start_server
	curl_gets 200 0 -X OPTIONS --request-target '*'
	curl_gets 200 20 -H 'Expect: 100-continue' -d content
	curl_gets 200 20 -H 'Transfer-Encoding: chunked' -d content
	sent '2 OPTIONS 200 0 keeps' \
		'POST 100 0 keeps' 'POST 200 20 keeps' 'POST 100 0 keeps' 'POST 200 20 keeps' \
		'2 POST 200 20 keeps'
}

@test "pipelined answers, and none after the last" {
	start_server
	talk "$PORT" "send:\\*1000{$GET}$LAST$GET" answers:1001 eof
	talk "$PORT" "send:HEAD / HTTP/1.1\r\nHost: x\r\n\r\n$GET" heads:1 answers:1
	sent '1000 GET 200 20 keeps' 'GET 200 20 closes' 'HEAD 200 0 keeps' 'GET 200 20 keeps'
}

@test "no content, what is copied behind its head, and what is sent from where it lies" {
	local octets wanted=()
	for octets in 0 16384 16385 16777216; do
		head -c "$octets" /dev/zero >"$BATS_TEST_TMPDIR/body"
		start_server --body-file="$BATS_TEST_TMPDIR/body"
		curl_gets 200 "$octets"
		curl_gets 200 0 --head
		talk "$PORT" "send:$GET$GET$LAST" answers:3 eof
		sent "2 GET 200 $octets keeps" '2 HEAD 200 0 keeps' \
			"2 GET 200 $octets keeps" "GET 200 $octets closes"
		rm "$RECORDS"/*
	done
}

@test "after a reload, on a connection from before" {
	echo old >"$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	curl_gets 200 4
	echo newer >"$BATS_TEST_TMPDIR/body"
	kill -s HUP "$SERVER_PID"
	wait_until curl_gets 200 6 >/dev/null
	end_servers
	succeeds "$REPOSITORY/tests/strict" "$RECORDS"
	output=$(uniq <<<"$output")
	output_is 'GET 200 4 keeps' 'GET 200 6 keeps'
}

@test "a request that the stop finds begun" {
	start_server
	talk "$PORT" 'send:GET / HTTP/1.1\r\n' "signal:TERM:$SERVER_PID" refused \
		'send:Host: x\r\n\r\n' answers:1 eof
	wait_for_exit "$SERVER_PID"
	sent 'GET 200 20 closes'
}

@test "through sockets that systemd and inetd pass" {
	local pid
	start_activated
	talk "$SOCKET" "send:$GET$LAST" answers:2 eof
	start_activated --accept --
	talk "$SOCKET" "send:$GET$LAST" answers:2 eof
	start_activated --inetd --accept -- --inetd
	talk "$SOCKET" "send:$GET$LAST" answers:2 eof
	start_activated --inetd -- --inetd --exit-idle-time=10ms
	talk "$SOCKET" "send:$GET$LAST" answers:2 eof
	wait_until recorded 4
	# An activator, unlike the program, may end by the signal.
	for pid in "${!SERVERS[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" || :
	done
	SERVERS=()
	sent 'GET 200 20 keeps' 'GET 200 20 closes' 'GET 200 20 keeps' 'GET 200 20 closes' \
		'GET 200 20 keeps' 'GET 200 20 closes' 'GET 200 20 keeps' 'GET 200 20 closes'
}

# recorded N: as many processes.
recorded() {
	local files=("$RECORDS"/*)
	[ "${#files[@]}" -eq "$1" ]
}

@test "where http.bats left no answer, nothing was recorded, and that fails" {
	mkdir "$RECORDS/http.records" "$RECORDS/misuse.records"
	run -1 "$REPOSITORY/tests/strict" --tap "$RECORDS"/*.records
	output_has "not ok 1 0 answers in $RECORDS/http.records"
	output_has "ok 2 0 answers in $RECORDS/misuse.records"
}
