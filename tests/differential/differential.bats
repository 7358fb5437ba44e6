#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The same octets to this server and to seven that others wrote. README.md says
# what is compared; ./compare does it, here for a round that is short and always
# the same. DIFFERENTIAL_STREAMS and DIFFERENTIAL_SEED make it another.

load ../helper

setup_file() {
	local here=$REPOSITORY/tests/differential
	export REPORT=$BATS_FILE_TMPDIR/report README=$here/README.md
	find_peers || return 0
	"$here/compare" "--seed=${DIFFERENTIAL_SEED:-1}" \
		"--streams=${DIFFERENTIAL_STREAMS:-10000}" "$HELLO_HTTP" \
		>"$REPORT" 2>&1 3>&- || true
	sed -n -E 's/^(figures|seed)/# &/p' "$REPORT" >&3
}

# Sets MISSING to those that are not installed; fails if there are any.
find_peers() {
	local peer
	export MISSING=
	for peer in nginx apache2 lighttpd haproxy h2o node; do
		PATH=$PATH:/usr/sbin:/sbin command -v "$peer" >/dev/null ||
			MISSING+=" $peer"
	done
	/usr/bin/python3 -I -c 'import h11' 2>/dev/null || MISSING+=" h11"
	[ -z "$MISSING" ]
}

setup() {
	[ -z "$MISSING" ] || skip "not installed:$MISSING"
}

# report_lacks KIND: the comparison came to its end, and found none of these.
report_lacks() {
	if ! grep -q '^figures ' "$REPORT" || grep -q "^$1 " "$REPORT"; then
		grep -A 1 "^$1 " "$REPORT" | head -n 60
		grep -v '^class ' "$REPORT" | tail -n 20
		return 1
	fi
}

@test "No message is accepted that two peers refuse or see otherwise" {
	report_lacks violation
}

@test "Each difference from a peer is of a class that README.md lists" {
	report_lacks unlisted
}

@test "Each message is accepted, refused or waited for as the RFCs have it" {
	report_lacks misjudged
}

@test "Each class that README.md lists has the sentence that decides it" {
	[ "$(grep -c "^| \`" "$README")" -gt 50 ]
	# Backquotes are Markdown's.
	# shellcheck disable=SC2016
	run grep -Ev '^\| `[^`]+` \| (RFC 3986|9110|9112) [0-9C]' \
		<(grep '^| `' "$README")
	output_is
}
