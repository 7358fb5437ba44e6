# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What a package does to a system, inside the container of tests/systemd/run,
# while clients come and go.

load ../../systemd/helper
load ../../systemd/keep_alive.bash

CLIENTS_ONCE=/repository/tests/systemd/clients/one_shot

# Of a test that failed, clients may be there still.
teardown() {
	jobs -p | xargs -r kill
}

# writable DIRECTORY: what is written there goes with the container, and is seen
# below /run/written.
writable() {
	local upper=/run/written$1 work=/run/work$1
	mkdir -p "$upper" "$work"
	mount -t overlay -o "lowerdir=$1,upperdir=$upper,workdir=$work" overlay "$1"
}

# starts: how often the service was started since boot.
starts() {
	journalctl --sync
	journalctl --quiet --unit=hello-http.service --output=cat | grep -c '^Started' || true
}

# keeps_serving COMMAND...: clients that keep their connections, and others
# that come for one request each, before, during and after it: none fails.
keeps_serving() {
	"$CLIENTS_ONCE" --at-once=4 --gap=0.005 >"$BATS_TEST_TMPDIR/once" 3>&- &
	local once=$! failed=
	keep_alive 127.0.0.1:8000 20
	"$@"
	has_page
	kill "$once"
	wait "$once" || failed=1
	cat "$BATS_TEST_TMPDIR/once"
	all_is_well
	[ -z "$failed" ]
}

# is_handed_over COMMAND...: that, and the door is the same one, open all the
# time, and the process behind it is another one, started once.
is_handed_over() {
	local door before
	has_page
	wait_until state_is hello-http.service active
	door=$(property hello-http.socket InvocationID)
	before=$(starts)
	keeps_serving "$@"
	[ "$(property hello-http.socket InvocationID)" = "$door" ]
	[ "$(starts)" -eq $((before + 1)) ]
	cmp "/proc/$(main_pid)/exe" /usr/bin/hello-http
}
