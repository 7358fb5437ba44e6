#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The door is open, nothing runs, and the first client starts it.

load helper

@test "the first client starts the service and gets the page" {
	systemctl start hello-http.socket
	state_is hello-http.service inactive
	[ "$(main_pid)" = 0 ]
	has_page
	state_is hello-http.service active
}
