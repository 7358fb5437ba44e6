#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# No limit of the units as they are shipped (of starts, of triggers, of
# descriptors) closes the door in a storm of clients that ask once and go.

load helper

CLIENTS=/repository/tests/systemd/clients

@test "60 s of clients, four at once, with a start in the full sandbox after each pause" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --exit-idle-time=1ms "--header=Invocation: ${INVOCATION_ID}"
	EOF
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" --seconds=60 --at-once=4 --gap=0.15
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"failed 0" ]]
	# More than the limits that systemd has by default would have let pass.
	[[ "$output" =~ activations\ ([0-9]+) ]]
	((BASH_REMATCH[1] > 100))
	state_is hello-http.socket active
	has_page
}

@test "as shipped, 5 s of clients as fast as they can are served by one process" {
	systemctl start hello-http.socket
	has_page
	pid=$(main_pid)
	run -0 "$CLIENTS/one_shot" --seconds=5 --at-once=4
	[[ "$output" == *"failed 0" ]]
	state_is hello-http.socket active
	[ "$(main_pid)" = "$pid" ]
}
