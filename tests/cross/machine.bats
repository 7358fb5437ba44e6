#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What may be another for a machine of another kind: which system calls do the
# program's work there, and how wide its numbers are. Run by "make check-cross".

load ../helper
load ../units

setup() {
	[[ ${HELLO_HTTP_WRAPPER-} == qemu-* ]] || skip "this is no other machine"
}

@test "every system call of the program's whole life is in the units' filter" {
	command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed"
	local traces=$BATS_TEST_TMPDIR/traces made=$BATS_TEST_TMPDIR/made unit
	mkdir "$traces"
	"$REPOSITORY/tests/life" "$traces" "$HELLO_HTTP"
	sed -En 's/^[0-9]+ ([a-z_0-9]+)\(.*/\1/p' "$traces"/*.trace | sort -u >"$made"
	# It has seen a client, large content and an end.
	grep -qx accept4 "$made"
	grep -Eqx 'sendfile(64)?' "$made"
	grep -qx exit_group "$made"
	for unit in hello-http.service hello-http-inetd@.service; do
		run -0 comm -23 "$made" <(permitted "$REPOSITORY/systemd/$unit.in")
		echo "made, but not in $unit: $output"
		[ -z "$output" ]
	done
}

# Where 32 bits are the default, libc has a second function for each.
@test "times go beyond 2038, and files beyond 32 bits" {
	run -0 readelf --file-header "$HELLO_HTTP"
	[[ $output != *ELF64* ]] || return 0
	run -0 nm --dynamic --undefined-only "$HELLO_HTTP"
	[[ $output == *__clock_gettime64@* && $output == *sendfile64@* ]]
	output_lacks ' (clock_gettime|gmtime_r|localtime_r|pthread_timedjoin_np|l?f?stat|open|fcntl|sendfile|lseek|mmap)@'
}
