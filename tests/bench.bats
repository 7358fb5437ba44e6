#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What measures is measured here: make bench is worth what its load generator
# counts. And what it counts is the same on every machine of a kind: it has ceilings.

load helper

setup() {
	LOAD=${HELLO_HTTP%/*}/bench/load
	FLOOR=${HELLO_HTTP%/*}/bench/floor
	REQUEST=$BATS_TEST_TMPDIR/request
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >"$REQUEST"
}

# counts_requests OPTIONS...: of 1,000 requests, as many answers; the server has
# seen them, too, and those before: one to learn from, and WARM.
counts_requests() {
	start_server --log=requests
	succeeds "$LOAD" --requests=1000 "$@" "127.0.0.1:$PORT" "$REQUEST" </dev/null
	[[ $output == *"answers=1000 "* ]]
	stop_server
	[ "$(wc -l <"$SERVER_OUT")" -eq $((1001 + WARM)) ]
}

# lies TEXT...: a server that answers each request of a connection by the next
# of these, and after the last closes.
lies() {
	cat >"$BATS_TEST_TMPDIR/liar" <<'END'
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print("Listening on http://127.0.0.1:%d/" % listener.getsockname()[1],
      file=sys.stderr, flush=True)
client, _ = listener.accept() # it learns what an answer is
client.recv(1024)
client.sendall(sys.argv[1].encode())
client.close()
client, _ = listener.accept()
for answer in sys.argv[1:]:
    client.recv(1024)
    client.sendall(answer.encode())
client.close()
END
	start_process /usr/bin/python3 -IS "$BATS_TEST_TMPDIR/liar" "$@"
	until_listening
	PORT=$(sed -En 's|.*:([0-9]+)/$|\1|p' "$SERVER_ERR")
	run "$LOAD" --requests=10 "127.0.0.1:$PORT" "$REQUEST" </dev/null
	echo "$output"
	wait_for_exit "$SERVER_PID" || true # as the client went, so it ends
	[ "$status" -eq 1 ]
}

HONEST=$'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'

@test "the load generator counts one answer for each request" {
	WARM=1 counts_requests
}

@test "... of many connections" {
	WARM=50 counts_requests --connections=50
}

@test "... of pipelined requests" {
	WARM=3 counts_requests --connections=3 --pipeline=16
}

@test "... of connections that it closes itself" {
	WARM=0 counts_requests --connections=3 --close
}

@test "... of connections that the server closes" {
	printf 'GET / HTTP/1.0\r\n\r\n' >"$REQUEST"
	WARM=0 counts_requests --connections=3
}

@test "... of requests by the clock, all of them" {
	start_server
	succeeds "$LOAD" --seconds=0.2 --rate=500 --connections=4 \
		"127.0.0.1:$PORT" "$REQUEST" </dev/null
	[[ $output == *"answers=100 "*" p50_us="*" p99_us="*" p999_us="* ]]
}

@test "an answer of another status is an error" {
	lies "$HONEST" "$HONEST" "${HONEST/200 OK/500 No}"
	[[ $output == *"'HTTP/1.1 500' is not as in the first answer"* ]]
}

@test "an answer that ends otherwise is an error" {
	lies "$HONEST" "${HONEST/hello/hullo}"
	[[ $output == *"hullo"* ]]
}

@test "an answer that is longer is an error" {
	lies "$HONEST" "$HONEST!"
	[[ $output == *"octets that were not asked for"* ]]
}

@test "an answer that breaks off is an error" {
	lies "$HONEST" "$HONEST" "${HONEST%lo}"
	[[ $output == *"closed 2 octets before an answer's end"* ]]
}

@test "a server that is not there is an error" {
	run "$LOAD" --requests=1 127.0.0.1:1 "$REQUEST" </dev/null
	[ "$status" -eq 1 ]
	[[ $output == "load: connect: Connection refused" ]]
}

@test "clients that are held and lose their connection are counted" {
	start_server --keepalive-timeout=1
	# shellcheck disable=SC2094 # it is told to go on by what it writes
	(
		wait_until grep -q ready "$BATS_TEST_TMPDIR/held"
		wait_until has_no_clients
		echo
	) | "$LOAD" --hold --connections=5 "127.0.0.1:$PORT" "$REQUEST" \
		>"$BATS_TEST_TMPDIR/held"
	grep -Fx 'held=0 lost=5' "$BATS_TEST_TMPDIR/held"
}

has_no_clients() {
	! grep -q " 0100007F:$(printf %04X "$PORT") [0-9A-F:]* 01 " /proc/net/tcp
}

@test "the floor answers each request, of many connections, pipelined" {
	local answer=$BATS_TEST_TMPDIR/answer port
	printf %s "$HONEST" >"$answer"
	port=$(/usr/bin/python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
	start_process "$FLOOR" "$port" "$(stat -c %s "$REQUEST")" "$answer"
	FLOOR_PID=$SERVER_PID
	wait_until eval ": 2>/dev/null <>/dev/tcp/127.0.0.1/$port"
	run "$LOAD" --requests=1000 --connections=9 --pipeline=5 \
		"127.0.0.1:$port" "$REQUEST" </dev/null
	unset "SERVERS[$FLOOR_PID]" # it knows no clean end
	kill "$FLOOR_PID"
	[ "$status" -eq 0 ]
	[[ $output == *"answers=1000 "* ]]
}

@test "a report has each server, with every column, and every target" {
	local report=$BATS_TEST_TMPDIR/report/report.md
	BENCH_ROWS='keep-alive-1 connection-close' BENCH_ROUNDS=2 BENCH_SECONDS=0.02 \
		BENCH_SERVERS='hello-http floor' \
		succeeds "$REPOSITORY/bench/run" "$BATS_TEST_TMPDIR/report"
	cat "$report"
	figure='[0-9,.]+ \([0-9,.]+–[0-9,.]+\)'
	[ "$(grep -Ec "^\| (hello-http|floor) \| $figure \| $figure \| [0-9.]+ \|$" "$report")" -eq 4 ]
	[ "$(grep -Ec "of floor's, at most 1.10 \| (met|\*\*missed\*\*) \|$" "$report")" -eq 2 ]
	[ "$(wc -l <"${report%/*}/results.csv")" -eq 17 ]
}

# bench_in_background ROWS SERVERS PROGRAM: until it has started the program, which
# is below a path of this test's own.
bench_in_background() {
	ln -s "$HELLO_HTTP" "${HELLO_HTTP%/*}/bench" "$BATS_TEST_TMPDIR"
	BENCH_ROWS=$1 BENCH_SERVERS=$2 BENCH_ROUNDS=1000 \
		HELLO_HTTP=$BATS_TEST_TMPDIR/${HELLO_HTTP##*/} env --default-signal=INT \
		"$REPOSITORY/bench/run" "$BATS_TEST_TMPDIR/report" \
		>"$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
	BENCH=$!
	wait_until pgrep -f "^$BATS_TEST_TMPDIR/$3" >/dev/null
}

serves_nobody() {
	! pgrep -f "^$BATS_TEST_TMPDIR/"
}

@test "however a benchmark is ended, no server and no client stays behind" {
	local signal
	for signal in TERM HUP INT KILL; do
		rm -rf "${BATS_TEST_TMPDIR:?}"/{bench,report,"${HELLO_HTTP##*/}"}
		bench_in_background keep-alive-64 'hello-http floor' bench/load
		kill -s $signal $BENCH
		wait $BENCH || true
		wait_until serves_nobody
	done
}

@test "ended while a server is activated, it does not stay behind either" {
	bench_in_background activation hello-http bench/activate
	kill $BENCH
	wait $BENCH || true
	wait_until serves_nobody
}

@test "a report says what it does not tell, and why" {
	local report=$BATS_TEST_TMPDIR/report/report.md
	mkdir "$BATS_TEST_TMPDIR/bin"
	printf '#!/bin/sh\necho no licence >&2\nexit 1\n' >"$BATS_TEST_TMPDIR/bin/lighttpd"
	chmod +x "$BATS_TEST_TMPDIR/bin/lighttpd"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH BENCH_ROWS='keep-alive-1 rest latency large-1' \
		BENCH_ROUNDS=2 BENCH_SECONDS=0.02 BENCH_SERVERS='hello-http floor lighttpd' \
		succeeds "$REPOSITORY/bench/run" "$BATS_TEST_TMPDIR/report"
	cat "$report"
	local reason='\*\*not measured\*\*: .*lighttpd does not listen: no licence'
	grep -Eq "^\| Keep-alive, 1 connection \| less than every peer's \| $reason" "$report"
	grep -Eq "^\| Memory .* \| less than every peer's \| $reason" "$report"
	grep -Eq "^\| Latency .* \| the lowest \| \*\*not measured\*\*" "$report"
	grep -Eq "^\| 16 MiB .* \| at least 0.9 of nginx's rate \| \*\*not measured\*\*" "$report"
	grep -Eq '^\| lighttpd \| .*no licence' "$report"
}

@test "a target is met or missed by the median of the rounds' ratios, to the thousandth" {
	succeeds /usr/bin/python3 - "$REPOSITORY/bench" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		sys.argv = ["run"]
		from rows import ROWS, Results

		def judged(row, metric, **servers):
		    results = Results()
		    for server, numbers in servers.items():
		        for turn, number in enumerate(numbers):
		            results.record(row, turn, server.replace("_", "-"), **{metric: number})
		    return ROWS[row].judge(results, row)

		floor = [10.0, 20.0, 10.0]
		[(claim, is_met)] = judged("browser", "cpu_us", hello_http=[11.5, 23.0, 99.0], floor=floor)
		assert is_met is True and claim.startswith("1.150 of floor's"), claim
		[(claim, is_met)] = judged("browser", "cpu_us", hello_http=[11.52, 23.0, 99.0], floor=floor)
		assert is_met is False and claim.startswith("1.152 of floor's"), claim
		# Of peers the best counts, round by round.
		claims = judged("keep-alive-64", "cpu_us", hello_http=[5, 5, 5], floor=[5, 5, 5],
		                nginx=[6, 6, 6], h2o=[9, 4, 4])
		assert [is_met for _, is_met in claims] == [True, False], claims
		assert "1.25 of h2o's" in claims[1][0], claims
	END
}

# instructions_of WORD: what bench/count.py counts of the small or the browser's
# request.
instructions_of() {
	skip_under_sanitizer "its instructions are counted, too"
	command -v valgrind >/dev/null || skip "valgrind is not installed"
	# Not every valgrind can read what Clang leaves there for debuggers.
	strip --strip-debug -o "$BATS_TEST_TMPDIR/stripped" "$HELLO_HTTP"
	ln -s "${HELLO_HTTP%/*}/bench" "$BATS_TEST_TMPDIR"
	HELLO_HTTP=$BATS_TEST_TMPDIR/stripped succeeds "$REPOSITORY/bench/count.py" "$1"
	INSTRUCTIONS=$(awk '{ print $3 }' <<<"$output")
	echo "$INSTRUCTIONS instructions"
}

@test "the smallest request costs at most 1,000 instructions" {
	instructions_of small
	[ "$INSTRUCTIONS" -le 1000 ]
}

@test "a browser's request of 600 octets costs at most 5,000 instructions" {
	instructions_of browser
	[ "$INSTRUCTIONS" -le 5000 ]
}
