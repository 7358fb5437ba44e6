#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# slowhttptest, the tool that others measure servers with, in its four modes
# with 2,000 connections each.

load ../helper
load siege

CLIENTS=2000

# The siege's, and the tool.
setup() {
	command -v slowhttptest >/dev/null || skip "slowhttptest is not installed"
	BODY=$BATS_TEST_TMPDIR/body
}

# slowly OPTIONS...: until all its clients have had an answer.
slowly() {
	HOME=$BATS_TEST_TMPDIR nice slowhttptest -c "$CLIENTS" -r "$CLIENTS" -i 1 -p 3 -l 600 "$@" \
		-u "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/slowly" 2>&1 3>&- &
	CROWDS+=("$!")
	wait_until have_answers
}

have_answers() {
	(($(grep -c TESTING_PURPOSES_ONLY "$SERVER_OUT") >= CLIENTS))
}

# gives_up: every one of them, with 408, and tells it so.
gives_up() {
	wait_until has_let_go
	(($(grep -c '" 408 ' "$SERVER_OUT") >= CLIENTS))
}

@test "slowhttptest -H: heads that never end" {
	begin_siege --request-timeout="$((HOSTILE_SECONDS))s"
	slowly -H
	gives_up
	end_siege "$CLIENTS" "$CLIENTS"
}

@test "slowhttptest -B: content that never ends" {
	begin_siege --request-timeout="$((HOSTILE_SECONDS))s"
	slowly -B
	gives_up
	end_siege "$CLIENTS" "$CLIENTS"
}

@test "slowhttptest -R: a thousand ranges of one body" {
	make_body
	begin_siege --body-file="$BODY"
	slowly -R
	wait_until has_let_go
	end_siege "$CLIENTS" 0 "$CLIENTS"
}

@test "slowhttptest -X: a body of 16 MiB, read octet by octet" {
	make_body
	begin_siege --body-file="$BODY"
	slowly -X
	sleep "$HOSTILE_SECONDS"
	end_siege "$CLIENTS" 0 "$CLIENTS"
}
