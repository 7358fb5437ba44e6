#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Clients keep their connections over a restart of the service: they are kept
# in the manager's file-descriptor store until the next process has started.

load helper

# keep_alive ADDRESS CLIENTS: starts them; they are connected.
keep_alive() {
	CLIENTS=$BATS_TEST_TMPDIR/clients
	mkfifo "$CLIENTS.in"
	"$BATS_TEST_DIRNAME/keep_alive" "$@" <"$CLIENTS.in" >"$CLIENTS" 3>&- &
	CLIENTS_PID=$!
	exec 8>"$CLIENTS.in"
	wait_until grep -q connected "$CLIENTS"
}

# all_is_well: the clients end; nothing went wrong for any of them.
all_is_well() {
	local exit_status=0
	exec 8>&-
	wait "$CLIENTS_PID" || exit_status=$?
	cat "$CLIENTS"
	[ "$exit_status" -eq 0 ]
}

# restart [TIMES]: each time there is a new process.
restart() {
	local i before
	for ((i = 0; i < ${1-1}; i++)); do
		before=$(main_pid)
		systemctl restart hello-http.service
		[ "$(main_pid)" != "$before" ]
		state_is hello-http.service active
	done
}

@test "one client keeps its connection over 100 restarts, request after request" {
	systemctl start hello-http.socket
	keep_alive 127.0.0.1:8000 1
	restart 100
	all_is_well
}

@test "200 clients at once keep theirs over 20 restarts" {
	systemctl start hello-http.socket
	keep_alive 127.0.0.1:8000 200
	restart 20
	all_is_well
}
