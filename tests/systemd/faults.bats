#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What goes wrong under a system manager, and that it mends itself: a client
# that has not been let in yet waits in the queue, which is the manager's, for
# the next process.

load helper

CLIENTS=/repository/tests/systemd/clients
HOLD_THREAD=/repository/build/tests/hold_thread
DROP_INS=/etc/systemd/system/hello-http.service.d

teardown() {
	[ -z "${clients-}" ] || kill "$clients" 2>/dev/null || true
	[ -z "${disks[*]-}" ] || unmount_disks
}

# start_clients OPTION...: of clients/one_shot.
start_clients() {
	"$CLIENTS/one_shot" "$@" >"$BATS_TEST_TMPDIR/clients" 3>&- &
	clients=$!
}

# What became of them is in $summary; fails if a request did.
wait_for_clients() {
	local status=0
	wait "$clients" || status=$?
	clients=
	cat "$BATS_TEST_TMPDIR/clients"
	summary=$(tail -n 1 "$BATS_TEST_TMPDIR/clients")
	return "$status"
}

end_clients() {
	kill "$clients"
	wait_for_clients
}

# At least NUMBER more requests are answered.
answers_go_on() {
	run -0 "$CLIENTS/one_shot" --requests="$1"
}

# How many clients wait in the queue of port 8000: the listener's rx_queue.
count_queue() {
	local queues
	queues=$(grep --max-count=1 -o '0100007F:1F40 00000000:0000 0A [^ ]*' \
		/proc/net/tcp)
	echo $((16#${queues##*:}))
}

queue_holds() {
	[ "$(count_queue)" -ge "$1" ]
}

# wait_in_queue NUMBER: so many clients ask, and nobody lets them in.
wait_in_queue() {
	start_clients --at-once="$1" --requests="$1" --patience=60
	wait_until queue_holds "$1"
}

# is_replaced PID: another process than PID has taken over.
is_replaced() {
	[ "$(main_pid)" != "$1" ] && state_is hello-http.service active
}

# journal_has PATTERN [JOURNALCTL OPTIONS...]
journal_has() {
	journalctl --output=cat "${@:2}" | grep -q -e "$1"
}

has_failed_with() {
	[ "$(property hello-http.service ExecMainStatus)" = "$1" ] &&
		[ "$(property hello-http.service NRestarts)" -ge 1 ]
}

mend() {
	rm -r "$DROP_INS"
	systemctl daemon-reload
}

# fails_until_mended STATUS: with the drop-in that is there, the start fails so
# again and again; who waits meanwhile and who comes later are answered.
fails_until_mended() {
	systemctl start hello-http.socket
	wait_in_queue 5
	wait_until has_failed_with "$1"
	state_is hello-http.socket active
	mend
	wait_for_clients
	has_page
	state_is hello-http.socket active
}

# --- A service that cannot start ---------------------------------------------

@test "program missing: clients wait until it is mended, and need no reset-failed" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/is-missing
	EOF
	fails_until_mended 203
}

@test "wrong option: the same" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --wrong
	EOF
	fails_until_mended 2
}

@test "body file missing: the same" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --body-file=/srv/is-missing
	EOF
	fails_until_mended 1
}

@test "credential missing: the same" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		LoadCredential=page:/root/is-missing
	EOF
	fails_until_mended 243
}

# A second ExecStart= without an empty one before it: systemd has no service to
# start then, and closes the socket with the first client.
refuse() {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=/usr/bin/hello-http --status=503
	EOF
	[ "$(property hello-http.service LoadState)" = bad-setting ]
}

@test "a drop-in that systemd refuses: a running service serves on" {
	systemctl start hello-http.socket
	has_page
	pid=$(main_pid)
	refuse
	has_page
	run -1 systemctl restart hello-http.service
	has_page
	[ "$(main_pid)" = "$pid" ]
}

@test "a drop-in that systemd refuses: the next client is reset, the socket fails, and needs a start, no reset-failed" {
	systemctl start hello-http.socket
	refuse
	run -0 "$CLIENTS/hold" 1 </dev/null
	[ "$output" = reset ]
	wait_until state_is hello-http.socket failed
	[ "$(property hello-http.socket Result)" = resources ]
	mend
	state_is hello-http.socket failed
	systemctl start hello-http.socket
	has_page
}

@test "a drop-in that systemd refuses: where sockets.target upholds the socket, it comes back by itself" {
	mkdir -p /etc/systemd/system/sockets.target.d
	printf '[Unit]\nUpholds=hello-http.socket\n' \
		>/etc/systemd/system/sockets.target.d/hello-http.conf
	systemctl daemon-reload
	wait_until state_is hello-http.socket active
	refuse
	run -0 "$CLIENTS/hold" 1 </dev/null
	[ "$output" = reset ]
	wait_until state_is hello-http.socket failed
	mend
	wait_until state_is hello-http.socket active
	has_page
	rm -r /etc/systemd/system/sockets.target.d
	systemctl daemon-reload
}

# --- A service that ends ------------------------------------------------------

@test "kill -9: who waits in the queue is served by the next process" {
	systemctl start hello-http.socket
	has_page
	pid=$(main_pid)
	kill -STOP "$pid"
	wait_in_queue 20
	kill -KILL "$pid"
	wait_for_clients
	[ "$summary" = "asked 20, answered 20, activations 1, failed 0" ]
	wait_until is_replaced "$pid"
	[ "$(property hello-http.service NRestarts)" = 1 ]
}

@test "kill -9 under load: at most what each client has in flight fails" {
	systemctl start hello-http.socket
	start_clients --at-once=4
	for _ in 1 2 3; do
		answers_go_on 20
		pid=$(main_pid)
		kill -KILL "$pid"
		wait_until is_replaced "$pid"
	done
	answers_go_on 20
	end_clients || true
	[[ "$summary" =~ failed\ ([0-9]+) ]]
	((BASH_REMATCH[1] <= 3 * 4))
	[ "$(property hello-http.service NRestarts)" = 3 ]
	state_is hello-http.socket active
}

@test "a crash with each client: one start a second, and after the mend all are served" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		SystemCallFilter=~accept4
	EOF
	systemctl start hello-http.socket
	wait_in_queue 5
	starts=()
	is_another_start() {
		at=$(property hello-http.service ExecMainStartTimestampMonotonic)
		[ "$at" != 0 ] && [ "$at" != "${starts[-1]-}" ]
	}
	starts=(0)
	for _ in 1 2 3; do
		wait_until is_another_start
		starts+=("$at")
	done
	((starts[2] - starts[1] >= 1000000))
	((starts[3] - starts[2] >= 1000000))
	state_is hello-http.socket active
	mend
	wait_for_clients
	has_page
}

# --- A service that hangs -----------------------------------------------------

feed_each_second() {
	drop_in hello-http.service <<-'EOF'
		[Service]
		WatchdogSec=1s
	EOF
	systemctl start hello-http.socket
	has_page
	pid=$(main_pid)
}

watchdog_mends() {
	start_clients --at-once=5 --requests=5
	wait_for_clients
	[ "$(main_pid)" != "$pid" ]
	[ "$(property hello-http.service NRestarts)" -ge 1 ]
	journalctl --sync
	journal_has 'Watchdog timeout' --unit=hello-http.service
	state_is hello-http.socket active
	has_page
}

@test "a worker hangs: the watchdog ends the process, the next one serves who waited" {
	feed_each_second
	for tid in /proc/"$pid"/task/*; do
		tid=${tid##*/}
		[ "$tid" = "$pid" ] || worker=$tid
	done
	exec {hold}> >(exec "$HOLD_THREAD" "$worker" >"$BATS_TEST_TMPDIR/held" 3>&-)
	wait_until grep -q held "$BATS_TEST_TMPDIR/held"
	watchdog_mends
	exec {hold}>&-
}

@test "the whole process is stopped: the same" {
	feed_each_second
	kill -STOP "$pid"
	watchdog_mends
}

# --- Files and credentials ----------------------------------------------------

@test "body file gone at a reload: the old answer stays and the journal tells; back again: the new one" {
	mkdir -p /srv
	printf one >/srv/page
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --body-file=/srv/page
	EOF
	systemctl start hello-http.socket
	[ "$(get "$URL")" = one ]
	pid=$(main_pid)
	rm /srv/page
	systemctl reload hello-http.service
	wait_until journal_has '^Failed to reload, the old answer stays: Failed to open body file /srv/page: No such file or directory$' \
		--priority=err _PID="$pid"
	[ "$(get "$URL")" = one ]
	printf two >/srv/page
	systemctl reload hello-http.service
	is_second() {
		[ "$(get "$URL")" = two ]
	}
	wait_until is_second
	[ "$(main_pid)" = "$pid" ]
}

@test "a credential as body file: what only root may read is served, and changed by a restart" {
	install -m 600 <(printf one) /root/page.html
	drop_in hello-http.service <<-'EOF'
		[Service]
		LoadCredential=page:/root/page.html
		ExecStart=
		ExecStart=/usr/bin/hello-http --exit-idle-time=60s --body-file=%d/page
	EOF
	systemctl start hello-http.socket
	[ "$(get "$URL")" = one ]
	printf two >/root/page.html
	systemctl restart hello-http.service
	[ "$(get "$URL")" = two ]
}

# --- The system around it -----------------------------------------------------

log_requests() {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --log=requests
	EOF
}

# Wherever the journal is kept: a disk so small that it is soon full.
mount_small_disks() {
	local dir
	for dir in /run/log/journal /var/log/journal; do
		[ -d "$dir" ] || continue
		mount -t tmpfs -o size=4m tmpfs "$dir"
		disks+=("$dir")
	done
	systemctl restart systemd-journald.service
}

fill_disks() {
	local dir
	for dir in "${disks[@]}"; do
		dd if=/dev/zero of="$dir/full" bs=4k 2>/dev/null || true
	done
}

unmount_disks() {
	umount --lazy "${disks[@]}"
	disks=()
	systemctl restart systemd-journald.service
}

count_logged_requests() {
	journalctl --sync
	journalctl --output=cat _PID="$pid" | grep -c 'GET /'
}

has_logged() {
	[ "$(count_logged_requests)" = "$1" ]
}

@test "no room for the journal: requests go on being answered, and are logged again when there is" {
	log_requests
	mount_small_disks
	systemctl start hello-http.socket
	has_page
	pid=$(main_pid)
	wait_until has_logged 1
	fill_disks
	run -0 "$CLIENTS/one_shot" --requests=4000 --at-once=4
	[[ "$output" == *"answered 4000,"*"failed 0" ]]
	# Else this test would have shown nothing.
	(($(count_logged_requests) < 4000))
	unmount_disks
	get --user-agent again "$URL"
	is_logged_again() {
		journal_has again _PID="$pid"
	}
	wait_until is_logged_again
	[ "$(main_pid)" = "$pid" ]
}

@test "systemctl daemon-reexec under load: no client notices" {
	systemctl start hello-http.socket
	start_clients --at-once=4 --gap=0.005
	for _ in 1 2 3 4 5; do
		answers_go_on 20
		systemctl daemon-reexec
	done
	answers_go_on 20
	end_clients
}

@test "systemctl daemon-reexec between idle exits: no client notices" {
	drop_in hello-http.service <<-'EOF'
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http --exit-idle-time=1ms
	EOF
	systemctl start hello-http.socket
	start_clients --gap=0.005
	for _ in 1 2 3 4 5; do
		answers_go_on 3
		systemctl daemon-reexec
	done
	answers_go_on 3
	end_clients
}

@test "restart of the socket under load: clients are refused or reset while it is closed, none gets half an answer" {
	systemctl start hello-http.socket
	start_clients --at-once=4 --gap=0.005 --failures=100000
	for _ in 1 2 3; do
		answers_go_on 20
		systemctl restart hello-http.socket
		wait_until has_page
	done
	answers_go_on 20
	end_clients || true
	summary=${summary/ConnectionRefusedError/}
	summary=${summary/ConnectionResetError/}
	[[ "$summary" != *Error* ]]
}

@test "restart of the socket: the service that ran serves at the new address" {
	systemctl start hello-http.socket
	has_page
	drop_in hello-http.socket <<-'EOF'
		[Socket]
		ListenStream=
		ListenStream=127.0.0.1:8001
	EOF
	systemctl restart hello-http.socket
	has_page http://127.0.0.1:8001/
	run ! get "$URL"
}
