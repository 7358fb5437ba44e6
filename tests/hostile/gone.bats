#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Clients that reset their connections, vanish, or stop in the middle: what they
# leave behind is found and closed.

load ../helper
load siege

# stop_crowds: from here on they do nothing, and their kernel does all it can.
stop_crowds() {
	kill -s STOP "${CROWDS[@]}"
}

@test "connections reset before, within and after their requests leave nothing" {
	begin_siege_of_both --log=none
	crowds resets $((HOSTILE_SECONDS * 10000))
	end_siege 200 200 200
}

@test "1,000 clients that vanish in the middle of a request are given up" {
	begin_siege --request-timeout="$((HOSTILE_SECONDS + 3))s"
	crowd lost 1000
	rests_meanwhile
	wait_until has_let_go
	end_siege 1000 1000
}

@test "clients stopped while they send are given up" {
	begin_siege_of_both --request-timeout="$((HOSTILE_SECONDS + 3))s"
	crowds sending 1000
	stop_crowds
	rests_meanwhile
	wait_until has_let_go
	end_siege 1000 1000
}

@test "clients that vanish, are stopped, or just wait while an answer is sent are given up after 30 s" {
	make_body
	begin_siege_of_both --body-file="$BODY"
	crowds reading 500
	stop_crowds
	crowds unread 500
	crowd lost-unread 500
	rests_meanwhile
	wait_until has_let_go
	end_siege 1500 0 1500
}
