#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Behind a proxy that asks another instance when one fails, no client notices
# that one is restarted, killed or cut off. bench/mesh shows it in network
# namespaces of its own, with the configuration that is shipped.

load ../helper

CONFIGURATION=$REPOSITORY/examples/haproxy.cfg

setup() {
	PATH=$PATH:/usr/sbin:/sbin # not in that of a plain user
}

@test "HAProxy takes the example's configuration, without a warning" {
	succeeds haproxy -c -f "$CONFIGURATION"
	output_lacks 'warning|alert'
}

@test "behind the example's HAProxy, nobody notices a restart, a kill or a cut" {
	[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
	unshare --net true || skip "no network namespaces here"
	succeeds "$REPOSITORY/bench/mesh" 0.5 "$HELLO_HTTP"
	printf '# %s\n' "${lines[@]}" >&3
	output_lacks '^mesh:'
	[ "${#lines[@]}" -eq 12 ] # a line is a phase, below two and above one
}
