# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What idle.bats and idle_more.bats share: a service that leaves at once.

CLIENTS=/repository/tests/systemd/clients

# The shortest idle time, and an answer that tells which start it came from. A
# manager that writes no line for each start and end takes half as long.
leave_at_once() {
	systemctl log-level notice
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
		ReadOnlyPaths=
		InaccessiblePaths=
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

# answers_all ACTIVATIONS [OPTIONS...]: clients come until there were so many;
# each is answered, no process failed, and the door is open still.
answers_all() {
	leave_at_once
	without_sandbox
	systemctl start hello-http.socket
	run -0 "$CLIENTS/one_shot" "--activations=$1" "${@:2}"
	echo "# ${lines[*]}" >&3
	[[ "$output" == *"failed 0" ]] &&
		state_is hello-http.socket active &&
		[ "$(property hello-http.service NRestarts)" = 0 ]
}
