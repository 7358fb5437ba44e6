#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The door is open, nothing runs, and the first client starts it.

load helper

CGROUP=/sys/fs/cgroup/system.slice

# nothing_runs UNIT: no process, and nothing that would hold memory: neither
# a control group of its own, nor a process in that of the socket.
nothing_runs() {
	state_is "$1" inactive
	[ "$(property "$1" SubState)" = dead ]
	[ "$(main_pid "$1")" = 0 ]
	[ -z "$(property "$1" ControlGroup)" ]
	[ ! -e "$CGROUP/$1" ]
	run -1 pgrep -f ^/usr/bin/hello-http
}

is_closed() {
	run curl --silent --max-time "$PATIENCE" "$URL"
	# 7: refused.
	[ "$status" -eq 7 ]
}

@test "with the door closed nobody is served" {
	is_closed
	nothing_runs hello-http.service
}

@test "the door open, nothing runs: no process, no control group, no memory" {
	systemctl start hello-http.socket
	state_is hello-http.socket active
	[ "$(property hello-http.socket SubState)" = listening ]
	# 127.0.0.1:8000, in the state LISTEN.
	grep -q ' 0100007F:1F40 [0-9:A-F]* 0A ' /proc/net/tcp
	nothing_runs hello-http.service
	# The socket is the manager's, and costs no process either.
	[ -z "$(cat "$CGROUP/hello-http.socket/cgroup.procs")" ]
	grep -qx 'populated 0' "$CGROUP/hello-http.socket/cgroup.events"
}

@test "the first client starts the service and gets the page" {
	systemctl start hello-http.socket
	nothing_runs hello-http.service
	has_page
	wait_until state_is hello-http.service active
	[ "$(cat "/proc/$(main_pid)/comm")" = hello-http ]
	# One process for all that come.
	local first
	first=$(main_pid)
	has_page
	[ "$(main_pid)" = "$first" ]
	[ "$(cat "$CGROUP/hello-http.service/cgroup.procs")" = "$first" ]
}

@test "many first clients at once are all served" {
	systemctl start hello-http.socket
	for ((i = 0; i < 50; i++)); do
		get --output /dev/null --write-out '%{http_code}\n' "$URL" &
	done >"$BATS_TEST_TMPDIR/statuses"
	wait
	[ "$(uniq -c "$BATS_TEST_TMPDIR/statuses" | tr -s ' ')" = ' 50 200' ]
	[ "$(property hello-http.service NRestarts)" = 0 ]
}

shows() {
	systemctl status --no-pager hello-http.service | grep -Eq -- "$1"
}

@test "systemctl status shows what it listens on, and how many clients and requests" {
	systemctl start hello-http.socket
	has_page
	has_page
	wait_until shows 'Status: "Listening on http://127\.0\.0\.1:8000/; connections: 0 open, 2 in all; requests: 2"'
	shows 'TriggeredBy: . hello-http.socket'
	shows 'Main PID: [0-9]+ \(hello-http\)'
}

@test "stopped, it is gone, and the next client starts it again" {
	systemctl start hello-http.socket
	has_page
	systemctl stop hello-http.service
	nothing_runs hello-http.service
	[ "$(property hello-http.service Result)" = success ]
	has_page
	wait_until state_is hello-http.service active
}

@test "started by hand it has its door" {
	systemctl start hello-http.service
	state_is hello-http.socket active
	has_page
}

@test "closing the door ends the service too" {
	systemctl start hello-http.socket
	has_page
	systemctl stop hello-http.socket
	is_closed
	nothing_runs hello-http.service
}

# wants_at_boot UNIT: sockets.target starts it.
wants_at_boot() {
	[[ " $(property sockets.target Wants) " == *" $1 "* ]]
}

@test "enable hooks the door into sockets.target, disable unhooks it" {
	local unit
	for unit in hello-http.socket hello-http-inetd.socket; do
		[ "$(systemctl is-enabled "$unit")" = disabled ]
		run ! wants_at_boot "$unit"
		systemctl enable "$unit"
		[ "$(systemctl is-enabled "$unit")" = enabled ]
		wants_at_boot "$unit"
		[ "$(readlink "/etc/systemd/system/sockets.target.wants/$unit")" -ef \
			"$UNITS/$unit" ]
		# That is for the next boot: nothing is open yet.
		state_is "$unit" inactive
		systemctl disable "$unit"
		[ "$(systemctl is-enabled "$unit")" = disabled ]
		run ! wants_at_boot "$unit"
		[ ! -e "/etc/systemd/system/sockets.target.wants/$unit" ]
	done
}

@test "enable of the service means its door, and disable too" {
	systemctl enable hello-http.service
	wants_at_boot hello-http.socket
	[ "$(systemctl is-enabled hello-http.socket)" = enabled ]
	# Started by clients, not at boot.
	[ "$(systemctl is-enabled hello-http.service)" = indirect ]
	run find /etc/systemd/system -name hello-http.service
	[ -z "$output" ]
	systemctl disable hello-http.service
	[ "$(systemctl is-enabled hello-http.socket)" = disabled ]
	run ! wants_at_boot hello-http.socket
}

@test "enable --now opens the door, disable --now closes it" {
	systemctl enable --now hello-http.socket
	has_page
	systemctl disable --now hello-http.socket
	is_closed
}

@test "sockets.target opens an enabled door" {
	systemctl enable hello-http.socket
	is_closed
	systemctl start sockets.target hello-http.socket
	systemctl stop hello-http.socket
	systemctl restart sockets.target
	has_page
	systemctl disable hello-http.socket
}

@test "the door for a process per client: nothing runs until one comes, nothing when it has gone" {
	systemctl start hello-http-inetd.socket
	no_instance
	nothing_runs hello-http.service
	has_page
	wait_until no_instance
	run -1 pgrep -f ^/usr/bin/hello-http
	has_page
}

no_instance() {
	[ -z "$(systemctl list-units --all --plain --no-legend 'hello-http-inetd@*')" ]
}
