#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Crowds that send or ask for more than they should, and do not read: what they
# cost is bounded, in the program and in the kernel.

load ../helper
load siege

@test "1,000 clients that go on sending what nobody wants are left after five seconds" {
	begin_siege_of_both
	crowds stalling 1000
	wait_until has_let_go
	(($(grep -c '" 413 ' "$SERVER_OUT") == 1000))
	end_siege 1000 1000
}

@test "400 clients that ask and ask and never read cost a batch and a receive each" {
	begin_siege_of_both --log=none
	crowds greedy 400
	rests_meanwhile
	kernel_holds_little 200
	end_siege 400 400 400
}

@test "2,000 clients that never read a body of 16 MiB" {
	make_body
	begin_siege_of_both --body-file="$BODY"
	crowds unread 2000
	rests_meanwhile
	kernel_holds_little 1000
	end_siege 2000 0 2000
}

@test "2,000 clients that never read, with more behind it" {
	make_body
	begin_siege_of_both --body-file="$BODY"
	crowds unread-and-begun 2000
	rests_meanwhile
	end_siege 2000 2000 2000
}

@test "four workers, all crowds at once" {
	make_body
	begin_siege_of_both --workers=4 --body-file="$BODY" --log=none
	crowds silent 500
	crowds idle 500
	crowds begun 500
	crowds content 500
	crowds lost-unread 500
	crowds stalling 200
	crowds unread 500
	crowds resets 2000
	sleep "$HOSTILE_SECONDS"
	end_siege 4000 2000 2000
}
