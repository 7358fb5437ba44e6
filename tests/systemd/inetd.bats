#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The door in the manner of inetd: a process for each client, of which nothing
# is left when the client has gone, in whatever manner.

load helper

CLIENTS=/repository/tests/systemd/clients

teardown() {
	[ -z "${hold-}" ] || exec {hold}>&-
}

# hold NUMBER [OCTETS]: clients, of clients/hold, until let_go; what they saw
# comes to $BATS_TEST_TMPDIR/seen, a line each.
hold() {
	exec {hold}> >(exec "$CLIENTS/hold" "$@" >"$BATS_TEST_TMPDIR/seen" 3>&-)
	holder=$!
}

let_go() {
	exec {hold}>&-
	hold=
}

# have_seen NUMBER WORD: so many clients, and no other, have seen it.
have_seen() {
	[ "$(sort "$BATS_TEST_TMPDIR/seen" | uniq --count | xargs)" = "$*" ]
}

instances() {
	systemctl list-units --all --plain --no-legend 'hello-http-inetd@*'
}

count_instances() {
	instances | wc -l
}

nothing_is_left() {
	[ "$(count_instances)" = 0 ] &&
		[ "$(property hello-http-inetd.socket NConnections)" = 0 ]
}

nothing_has_failed() {
	[ -z "$(systemctl list-units --failed --all --plain --no-legend 'hello-http*')" ]
}

@test "each client has an instance of its own, with a process of its own" {
	systemctl start hello-http-inetd.socket
	[ "$(count_instances)" = 0 ]
	hold 3
	wait_until have_seen 3 page
	[ "$(count_instances)" = 3 ]
	[ "$(property hello-http-inetd.socket NConnections)" = 3 ]
	for unit in $(instances | cut -d ' ' -f 1); do
		wait_until state_is "$unit" active
		main_pid "$unit"
	done | sort --unique >"$BATS_TEST_TMPDIR/pids"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/pids")" = 3 ]
	let_go
	wait_until nothing_is_left
	[ "$(property hello-http-inetd.socket NAccepted)" = 3 ]
}

@test "clients that have their answer leave nothing behind" {
	systemctl start hello-http-inetd.socket
	run -0 "$CLIENTS/one_shot" --requests=20 --at-once=4
	[[ "$output" == *"answered 20,"*"failed 0" ]]
	wait_until nothing_is_left
	nothing_has_failed
}

@test "clients that reset the connection leave nothing behind" {
	systemctl start hello-http-inetd.socket
	hold 3
	wait_until have_seen 3 page
	let_go
	wait_until nothing_is_left
	nothing_has_failed
}

@test "a client that is killed in the middle of its request leaves nothing behind" {
	systemctl start hello-http-inetd.socket
	hold 1 'GET / HTTP/1.1\r\n'
	has_instance() {
		[ "$(count_instances)" = 1 ]
	}
	wait_until has_instance
	kill -KILL "$holder"
	let_go
	wait_until nothing_is_left
	nothing_has_failed
}

@test "garbage is answered with 400 and leaves nothing behind" {
	systemctl start hello-http-inetd.socket
	hold 1 '\x00\xff\r\n\r\n'
	wait_until have_seen 1 HTTP/1.1 400 Bad Request
	let_go
	wait_until nothing_is_left
	nothing_has_failed
}

@test "an instance that is killed takes its client with it, and leaves nothing behind" {
	systemctl start hello-http-inetd.socket
	hold 2
	wait_until have_seen 2 page
	read -r unit _ < <(instances)
	kill -KILL "$(main_pid "$unit")"
	has_one_left() {
		[ "$(count_instances)" = 1 ]
	}
	wait_until has_one_left
	nothing_has_failed
	let_go
	wait_until nothing_is_left
	has_page
}

@test "an instance that cannot start resets its client, and leaves nothing behind" {
	drop_in hello-http-inetd@.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --wrong
	EOF
	systemctl start hello-http-inetd.socket
	run -0 "$CLIENTS/hold" 2 </dev/null
	[ "$output" = $'reset\nreset' ]
	wait_until nothing_is_left
	nothing_has_failed
	state_is hello-http-inetd.socket active
	rm -r /etc/systemd/system/hello-http-inetd@.service.d
	systemctl daemon-reload
	has_page
}

@test "clients beyond MaxConnections= are turned away at once, until one of those within has gone" {
	drop_in hello-http-inetd.socket <<-'EOF'
		[Socket]
		MaxConnections=3
	EOF
	systemctl start hello-http-inetd.socket
	hold 3
	wait_until have_seen 3 page
	run -0 "$CLIENTS/hold" 2 </dev/null
	[[ "$output" =~ ^(reset|closed)$'\n'(reset|closed)$ ]]
	[ "$(count_instances)" = 3 ]
	[ "$(property hello-http-inetd.socket NRefused)" = 2 ]
	let_go
	wait_until nothing_is_left
	has_page
	state_is hello-http-inetd.socket active
}

@test "as shipped, 64 clients are served at once, and the next is turned away" {
	systemctl start hello-http-inetd.socket
	hold 64
	PATIENCE=60 wait_until have_seen 64 page
	[ "$(count_instances)" = 64 ]
	run -0 "$CLIENTS/hold" 1 </dev/null
	[[ "$output" =~ ^(reset|closed)$ ]]
	let_go
	wait_until nothing_is_left
	nothing_has_failed
	has_page
}

@test "10 s of clients, four at once, are all answered" {
	systemctl start hello-http-inetd.socket
	run -0 "$CLIENTS/one_shot" --seconds=5 --at-once=4
	[[ "$output" == *"failed 0" ]]
	wait_until nothing_is_left
	nothing_has_failed
}

@test "300 clients that come and go at once do not close the door" {
	systemctl start hello-http-inetd.socket
	for _ in {1..300}; do
		: <>/dev/tcp/127.0.0.1/8000
	done
	PATIENCE=60 wait_until nothing_is_left
	state_is hello-http-inetd.socket active
	has_page
	wait_until nothing_is_left
	nothing_has_failed
}

@test "each of the two doors closes the other, and has the address at once" {
	for _ in 1 2 3; do
		systemctl start hello-http.socket
		has_page
		wait_until state_is hello-http.service active
		state_is hello-http-inetd.socket inactive
		systemctl start hello-http-inetd.socket
		has_page
		state_is hello-http.service inactive
		state_is hello-http.socket inactive
	done
}
