#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The portable service: the directory that "make portable" makes, attached to a
# system that has nothing else of the program, by the manual page's commands.

load helper
load drop_ins

IMAGE=/repository/build/portable/hello-http
PROFILES=/usr/lib/systemd/portable/profile
ATTACHED=/etc/systemd/system.attached

# Nothing is installed here: what serves is the image's. Mounted over, as /usr
# can be read only.
setup_file() {
	local others
	others=$(mktemp -d)
	cp -a "$UNITS/." "$others"
	rm "$others"/hello-http*
	mount --bind "$others" "$UNITS"
	mount --bind /dev/null /usr/bin/hello-http
	systemctl daemon-reload
	run -1 systemctl cat 'hello-http.socket'
	run -126 /usr/bin/hello-http --version
}

teardown() {
	rm -rf /etc/systemd/system/{,sockets.target.wants/}hello-http*
	[ ! -e "$ATTACHED" ] || portablectl --quiet detach --now hello-http
}

# As the page has it.
attach() {
	cd /repository || return
	# shellcheck disable=SC2016 # the page's words
	run -0 perform 'portablectl attach --profile=none "$PWD/build/portable/hello-http"'
}

# The units' sandbox, in a root directory.
is_least_exposed() {
	systemd-analyze security --no-pager --threshold=1 hello-http.service \
		>/dev/null
}

# Of the system's own /run, which "security" does not count.
sees_run_of_system() {
	[ -e "/proc/$(main_pid)/root/run/systemd/private" ]
}

# What is known of the program, and where portablectl writes.
traces() {
	portablectl --no-pager list
	portablectl is-attached "$IMAGE"
	systemctl --no-pager list-unit-files 'hello-http*'
	systemctl --no-pager --all list-units 'hello-http*'
	find /etc/systemd /run/systemd/system.attached /run/systemd/transient \
		/etc/portables /run/portables /var/lib/portables ! -type d
	pgrep hello-http
	true
} 2>&1

@test "the image's units are all that the program has, and are found by its name" {
	run -0 portablectl inspect "$IMAGE"
	[[ $output == *"hello-http $(sed -n 's/^VERSION = //p' /repository/Makefile)"* ]]
	run -0 diff <(printf '\t%s\n' hello-http-inetd.socket \
		hello-http-inetd@.service hello-http.service hello-http.socket) \
		<(portablectl inspect "$IMAGE" | sed '1,/^Unit files:/d')
}

@test "attached, the image serves, and nothing of the system does" {
	attach
	state_is hello-http.service inactive
	has_page
	run -0 cmp "/proc/$(main_pid)/exe" "$IMAGE/usr/bin/hello-http"
	run -0 cat "/proc/$(main_pid)/root/usr/lib/os-release"
	[[ ${lines[0]} == ID=hello-http ]]
	[ ! -e "/proc/$(main_pid)/root/usr/bin/env" ]
	[ ! -e "/proc/$(main_pid)/root/etc/passwd" ]
}

@test "attaching adds a root directory to the units and takes nothing from their sandbox" {
	attach
	has_page
	run -0 find "$ATTACHED/hello-http.service.d" -type f
	[ "$output" = "$ATTACHED/hello-http.service.d/20-portable.conf" ]
	run -0 cmp "$ATTACHED/hello-http.service" \
		"$IMAGE$UNITS/hello-http.service"
	[ "$(property hello-http.service RootDirectory)" = "$IMAGE" ]
	run -0 grep -cE '^(Cap.*:.0{16}|NoNewPrivs:.1|Seccomp:.2)$' \
		"/proc/$(main_pid)/status"
	[ "$output" -eq 7 ]
}

@test "attached without a profile, its exposure is 0.1" {
	attach
	has_page
	is_least_exposed
	run ! sees_run_of_system
}

@test "each profile that systemd comes with loosens the sandbox, and serves" {
	local profile count=0
	for profile in "$PROFILES"/*; do
		portablectl --quiet attach --profile="${profile##*/}" "$IMAGE"
		systemctl start hello-http.socket
		has_page
		if is_least_exposed && ! sees_run_of_system; then
			echo "not with ${profile##*/}"
			return 1
		fi
		systemctl stop hello-http.socket hello-http.service
		portablectl --quiet detach hello-http
		count=$((count + 1))
	done
	[ "$count" -ge 4 ]
	[ ! -e "$PROFILES/none" ]
}

@test "in the image, state is told to systemd" {
	attach
	has_page
	wait_until state_is hello-http.service active
	[[ $(property hello-http.service StatusText) == "Listening on http://127.0.0.1:8000/"* ]]
}

@test "in the image, a file of the system is the body, as a credential, and reload works" {
	local pid
	echo mine >/root/page.html
	attach
	apply 'LoadCredential=page:/root/page.html'
	[ "$(get "$URL")" = mine ]
	pid=$(main_pid)
	systemctl reload hello-http.service
	[ "$(get "$URL")" = mine ]
	[ "$(main_pid)" = "$pid" ]
}

@test "in the image, a process for each client works too" {
	attach
	systemctl start hello-http-inetd.socket
	has_page
	[ "$(property hello-http-inetd.socket NAccepted)" -eq 1 ]
	state_is hello-http.socket inactive
}

@test "in the image, a client keeps its connection over a restart" {
	attach
	python3 - <<'PY'
import socket, subprocess
client = socket.create_connection(("127.0.0.1", 8000), 20)
for restart in range(3):
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    subprocess.run(["systemctl", "restart", "hello-http.service"], check=True)
PY
}

@test "detached, it leaves nothing" {
	local before after
	before=$(traces)
	attach
	has_page
	[ "$(traces)" != "$before" ]
	run -0 perform 'portablectl detach hello-http'
	after=$(traces)
	run diff <(echo "$before") <(echo "$after")
	echo "$output"
	[ "$status" -eq 0 ]
	run -7 get "$URL"
}
