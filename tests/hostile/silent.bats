#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Crowds that ask for nothing, or never finish to ask: they cost little, for a
# while, and nobody else waits for them.

load ../helper
load siege

@test "10,000 connections idle at no cost but their memory" {
	begin_siege_of_both --max-connections=10100 --keepalive-timeout=1h
	crowds silent 2000
	crowds idle 8000
	wait_until has_connections 10000
	rests_meanwhile
	sleep "$HOSTILE_SECONDS"
	end_siege 10000
}

@test "10,000 connections that idle for too long are closed" {
	begin_siege --max-connections=10100 --keepalive-timeout="${HOSTILE_SECONDS}s"
	crowd idle 10000
	wait_until has_let_go
	end_siege 10000
}

# are_given_up MANNER: 2,000 clients, each of whom is told that its time is up.
are_given_up() {
	begin_siege_of_both --request-timeout="$((HOSTILE_SECONDS + 3))s"
	crowds "$1" 2000
	rests_meanwhile
	wait_until has_let_go
	(($(grep -c '" 408 ' "$SERVER_OUT") == 2000))
	end_siege 2000 2000
}

@test "2,000 heads of the longest kind that never end are given up" {
	are_given_up begun
}

@test "2,000 heads that grow in step fit the same memory" {
	begin_siege_of_both --request-timeout=1h
	crowds dripping 2000
	rests_meanwhile
	end_siege 2000 2000
}

@test "2,000 announcements of content that never comes are given up" {
	are_given_up content
}
