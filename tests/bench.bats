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
	[ "$(grep -Ec "of floor's, at most 1.10 \| (met|\*\*missed\*\*)(, within noise)? \|$" "$report")" -eq 2 ]
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

# judging <PROGRAM: Python that has judged(ROW, METRIC, SERVER=NUMBERS...).
judging() {
	{
		cat <<-'END'
			import sys
			sys.path.insert(0, sys.argv[1])
			from rows import ROWS, Results, interval

			def judged(row, metric, **servers):
			    results = Results()
			    for server, numbers in servers.items():
			        for turn, number in enumerate(numbers):
			            results.record(row, turn, server.replace("_", "-"), **{metric: number})
			    return ROWS[row].judge(results, row)
		END
		cat
	} | succeeds /usr/bin/python3 -B - "$REPOSITORY/bench"
}

@test "a target is met or missed by the median of the rounds' ratios, to the thousandth" {
	judging <<-'END'
		floor = [10.0, 20.0, 10.0]
		[(claim, verdict)] = judged("browser", "cpu_us", hello_http=[11.5, 23.0, 11.5], floor=floor)
		assert verdict == "met" and claim.startswith("1.150 (1.15–1.15) of floor's"), claim
		[(claim, verdict)] = judged("browser", "cpu_us", hello_http=[11.52, 23.04, 11.52], floor=floor)
		assert verdict == "**missed**" and claim.startswith("1.152 ("), claim
		# Of peers the best counts, round by round.
		claims = judged("keep-alive-64", "cpu_us", hello_http=[5, 5, 5], floor=[5, 5, 5],
		                nginx=[6, 6, 6], h2o=[9, 4, 4])
		assert "1.25 (0.56–1.25) of h2o's" in claims[1][0], claims
		assert [verdict for _, verdict in claims] == ["met", "**missed**, within noise"], claims
		for rate, verdict in (90, "met"), (89, "**missed**"):
		    [(_, said)] = judged("large-1", "mib_rate", **{"hello_http large": [rate], "nginx": [100]})
		    assert said == verdict, (rate, said)
	END
}

@test "where another run may give the other verdict, it is within noise" {
	judging <<-'END'
		# The binomial distribution: of 15, three beyond on each side 3.5% of the time.
		assert interval(range(1, 16)) == (4, 12)
		assert interval(range(1, 7)) == (1, 6)
		assert interval([2, 1, 3]) == (1, 3)
		assert interval([7]) == (7, 7)
		floor = [1.0] * 15
		def verdict(beyond):
		    ours = [1.0] * (15 - beyond) + [1.2] * beyond
		    return judged("browser", "cpu_us", hello_http=ours, floor=floor)[0][1]
		assert [verdict(n) for n in (3, 4, 7, 8, 11, 12)] == [
		    "met", "met, within noise", "met, within noise",
		    "**missed**, within noise", "**missed**, within noise", "**missed**"]
	END
}

@test "latency is the lowest, or within noise of it, of those who are asked as often" {
	judging <<-'END'
		def verdict(ours):
		    results = Results()
		    for turn in range(15):
		        for server, asked, us in ("hello-http", 9, ours[turn]), ("nginx", 9, 10), ("node", 1, 1):
		            results.record("latency", turn, server, asked=asked, p50=us, p99=us, p999=us)
		    claims = ROWS["latency"].judge(results, "latency")
		    assert all("of nginx's" in claim for claim, _ in claims), claims
		    [verdict] = {verdict for _, verdict in claims}
		    return verdict
		assert verdict([9] * 15) == "met"
		assert verdict([9] * 4 + [11] * 11) == "met, within noise"
		assert verdict([9] * 3 + [11] * 12) == "**missed**"
	END
}

# keeps_ceilings: who waits for a millisecond between two requests, as on a busy
# machine, pays for its deadlines anew: so not each count has to.
keeps_ceilings() {
	succeeds "$REPOSITORY/bench/count.py" small browser
	echo "$output"
	awk '{ counted[$2] = $3 } END {
		exit !(counted["small"] > 100 && counted["small"] <= 1000 &&
			counted["browser"] > counted["small"] && counted["browser"] <= 5000)
	}' <<<"$output"
}

# Whatever this build's compiler and flags are: as other ones, and other kinds of
# machines, would need ceilings of their own.
@test "the smallest request costs at most 1,000 instructions, a browser's of 600 octets 5,000" {
	skip_under_sanitizer "its instructions are counted, too"
	[ "$(uname -m)" = x86_64 ] || skip "the ceilings are those of x86-64"
	local tool build=$BATS_TEST_TMPDIR/build
	for tool in gcc valgrind; do
		command -v $tool >/dev/null || skip "$tool is not installed"
	done
	succeeds make_afresh -j2 CC=gcc CFLAGS='-O2 -g' CPPFLAGS='' LDFLAGS='' \
		BUILD="$build" "$build/hello-http"
	ln -s "${HELLO_HTTP%/*}/bench" "$build"
	export HELLO_HTTP=$build/hello-http
	for _ in 1 2 3 4 5; do
		! keeps_ceilings || return 0
	done
	return 1
}
