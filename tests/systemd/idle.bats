#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# A process that ends as soon as nobody is there, thousands of times: whoever
# comes, at whatever moment of its end, is answered by it or by the next one.
#
# They are 5000 in a row and 2000 with four clients at a time, in two files
# because each file has a manager of its own, and two run at once.
#
# What is counted are activations, by the different $INVOCATION_ID in the
# answers; a client that comes while a process still drains may be served by
# it, so there are more requests than activations.

load helper
load idle

@test "2500 activations in a row: every request answered, the door open" {
	answers_all 2500 --gap=0.005
}
