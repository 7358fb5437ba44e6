#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# When connections, descriptors or memory run short, by a crowd's doing: who is
# connected is served on at once, who waits is served within the request
# timeout at the latest, nothing spins, and afterwards all is as before.

load ../helper
load siege

REQUEST_SECONDS=3

# newcomer_is_served [COMMAND]: within the request timeout, whoever holds all the
# room; and the command succeeds meanwhile.
newcomer_is_served() {
	stop_asking
	local POLITE_MSEC=$((REQUEST_SECONDS * 1000))
	ask_politely new
	"$@"
	stop_asking
}

# besiege_the_limit MANNER [ARGS...]: a crowd has each connection there may be.
besiege_the_limit() {
	begin_siege --max-connections=100 --request-timeout="${REQUEST_SECONDS}s" "${@:2}"
	stop_asking
	crowd "$1" 100
	wait_until has_connections 100
	if [ "$1" = stalling ]; then
		newcomer_is_served # what goes on sending is read
	else
		newcomer_is_served hardly_moves
	fi
}

# --- connections -------------------------------------------------------------

@test "at the connection limit, idle clients make way in time" {
	besiege_the_limit idle
	end_siege 100
}

@test "at the connection limit, clients that say nothing make way in time" {
	besiege_the_limit silent
	end_siege 100
}

@test "at the connection limit, requests that do not end make way in time" {
	besiege_the_limit begun
	end_siege 100 100
}

@test "at the connection limit, clients that go on after a refusal make way in time" {
	besiege_the_limit stalling
	end_siege 100 100
}

@test "at the connection limit, clients that do not read make way in time" {
	make_body
	besiege_the_limit unread --body-file="$BODY"
	end_siege 100 0 100
}

# --- descriptors -------------------------------------------------------------

# the_connected_are_served: while 2,000 clients want in, and 64 descriptors are
# all there is; and everybody, when they have gone.
the_connected_are_served() {
	crowd begun 2000
	hardly_moves
	sleep "$HOSTILE_SECONDS"
	end_crowds
	ask_politely new
	end_siege 64 64
}

@test "with 64 descriptors and 2,000 clients, who is connected is served at once" {
	HELLO_HTTP_WRAPPER="prlimit --nofile=64:64" \
		begin_siege --request-timeout="${REQUEST_SECONDS}s"
	stop_asking
	ask_politely kept
	the_connected_are_served
}

@test "with 64 descriptors less than connections, who is connected is served at once" {
	begin_siege --request-timeout="${REQUEST_SECONDS}s"
	stop_asking
	ask_politely kept
	prlimit --pid "$SERVER_PID" --nofile=64:
	the_connected_are_served
}

# --- memory ------------------------------------------------------------------

# limit_memory_to KIB: so much more than it has now, of address space.
limit_memory_to() {
	local size
	size=$(awk '/^VmSize:/ { print $2 }' "/proc/$SERVER_PID/status")
	prlimit --pid "$SERVER_PID" --as=$(((size + $1) * 1024)):
}

@test "with memory for half of a crowd, all are served in time, and all of it is forgotten" {
	begin_siege --log=none --request-timeout="${REQUEST_SECONDS}s"
	stop_asking
	ask_politely kept
	limit_memory_to 1024
	crowd begun 4000
	(($(connections) < 4000))
	newcomer_is_served hardly_moves
	end_crowds
	ask_politely new
	end_siege 4000 4000
}
