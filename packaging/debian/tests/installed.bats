#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The package as it is installed on this system, which systemd has to have
# booted; as root. What becomes of it in an upgrade or a removal, the source's
# tests/packages/debian tests.

load ../../tests/systemd/helper
load ../../tests/systemd/keep_alive.bash

# Unlike other test files, this one begins with the system as it is.
setup() {
	:
}

@test "the door is open, and will be after the next boot" {
	state_is hello-http.socket active
	[ "$(systemctl is-enabled hello-http.socket)" = enabled ]
}

@test "a client gets the page, from this version" {
	has_page
	version=$(dpkg-query --show --showformat='${source:Upstream-Version}' hello-http)
	[ "$(hello-http --version)" = "hello-http $version" ]
	cmp "/proc/$(main_pid)/exe" /usr/bin/hello-http
}

@test "clients keep their connections over a restart" {
	keep_alive 127.0.0.1:8000 10
	systemctl restart hello-http.service
	all_is_well
}

# By a program of another package.
@test "systemctl can tell it to reload" {
	systemctl start hello-http.service
	systemctl reload hello-http.service
	has_page
}

@test "the door that has a process for each client is closed, and opens when it is asked to" {
	[ "$(systemctl is-enabled hello-http-inetd.socket)" = disabled ]
	state_is hello-http-inetd.socket inactive
	systemctl start hello-http-inetd.socket
	state_is hello-http.socket inactive
	has_page
	systemctl start hello-http.socket
	state_is hello-http-inetd.socket inactive
	has_page
}

@test "systemd finds no fault in any of its units" {
	run -0 systemd-analyze verify --man=no --recursive-errors=no \
		hello-http.socket hello-http.service \
		hello-http-inetd.socket hello-http-inetd@1.service
	[ -z "$output" ]
}
