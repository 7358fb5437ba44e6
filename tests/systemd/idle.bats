#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# A process that ends as soon as nobody is there, thousands of times: whoever
# comes, at whatever moment of its end, is answered by it or by the next one.
#
# What is counted are activations, by the different $INVOCATION_ID in the
# answers; a client that comes while a process still drains may be served by
# it, so there are more requests than activations.

load helper

CLIENTS=/repository/tests/systemd/clients

# The shortest idle time, and an answer that tells which start it came from.
leave_at_once() {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --exit-idle-time=1ms "--header=Invocation: ${INVOCATION_ID}"
	EOF
}

# The races between manager and process are the same without the sandbox, but
# an activation is ten times as quick; storm.bats has them within it.
without_sandbox() {
	drop_in hello-http.service <<-'EOF'
		[Service]
		User=nobody
		DynamicUser=no
		PrivateUsers=no
		PrivateNetwork=no
		PrivateIPC=no
		PrivateTmp=no
		PrivateDevices=no
		DevicePolicy=auto
		PrivateMounts=no
		IPAddressDeny=
		ProtectSystem=no
		ProtectHome=no
		ProtectProc=default
		ProcSubset=all
		ProtectKernelTunables=no
		ProtectKernelModules=no
		ProtectKernelLogs=no
		ProtectControlGroups=no
		ProtectClock=no
		ProtectHostname=no
		RestrictAddressFamilies=
		RestrictNamespaces=no
		RestrictRealtime=no
		RestrictSUIDSGID=no
		LockPersonality=no
		MemoryDenyWriteExecute=no
		SystemCallArchitectures=
		SystemCallFilter=
	EOF
}

@test "5000 activations in a row: every request answered, the door open" {
	leave_at_once
	without_sandbox
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" --activations=5000 --gap=0.005
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"activations 5000, failed 0"* ]]
	state_is hello-http.socket active
	[ "$(property hello-http.service NRestarts)" = 0 ]
}

@test "2000 activations, four clients at a time: the same" {
	leave_at_once
	without_sandbox
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" --activations=2000 --at-once=4 --gap=0.02
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"activations 2000, failed 0"* ]]
	state_is hello-http.socket active
	[ "$(property hello-http.service NRestarts)" = 0 ]
}
