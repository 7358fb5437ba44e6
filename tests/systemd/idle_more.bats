#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The other half of idle.bats.

load helper
load idle

@test "2500 more activations in a row: every request answered, the door open" {
	leave_at_once
	without_sandbox
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" --activations=2500 --gap=0.005
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"failed 0" ]]
	state_is hello-http.socket active
	[ "$(property hello-http.service NRestarts)" = 0 ]
}

@test "2000 activations, four clients at a time: the same" {
	leave_at_once
	without_sandbox
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" --activations=2000 --at-once=4 --gap=0.02
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"failed 0" ]]
	state_is hello-http.socket active
	[ "$(property hello-http.service NRestarts)" = 0 ]
}
