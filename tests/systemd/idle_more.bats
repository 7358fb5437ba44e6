#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The other half of idle.bats.

load helper
load idle

@test "2500 more activations in a row: every request answered, the door open" {
	answers_all 2500 --gap=0.005
}

@test "2000 activations, four clients at a time: the same" {
	answers_all 2000 --at-once=4 --gap=0.02
}
