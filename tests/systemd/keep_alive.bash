# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The clients of the program keep_alive, in the background of a test.

# keep_alive ADDRESS CLIENTS: starts them; they are connected.
keep_alive() {
	CLIENTS=$BATS_TEST_TMPDIR/clients
	mkfifo "$CLIENTS.in"
	"${BASH_SOURCE[0]%.bash}" "$@" <"$CLIENTS.in" >"$CLIENTS" 3>&- &
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
