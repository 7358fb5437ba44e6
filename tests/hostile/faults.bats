#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Every call of the data plane fails, in every way that its man page lists, one
# at a time: never a crash, a hang, a leak or a lost listener. The shim that
# makes them fail is fail.c; what is tried, and what is demanded, is in
# fail_each.

load ../helper

SHIM=${HELLO_HTTP%/*}/tests/hostile/fail.so
FAIL_EACH=$REPOSITORY/tests/hostile/fail_each

# What the data plane is.
OBJECTS=(worker.o connection.o response.o log.o journal.o)

# What it calls and nothing makes fail, each with its reason.
NEVER_FAILS=(
	# looks at memory, or at what libc has read
	'mem[!f]*' 'str*' '__*_chk' __stack_chk_fail __assert_fail __errno_location
	'_GLOBAL*' free getenv gmtime_r inet_ntop localtime_r sigfillset tzset
	# writes into memory that it takes from malloc(3) by itself
	fclose ferror fputs ftell fwrite open_memstream
	# fails only where the program is wrong
	pthread_cond_signal pthread_cond_wait pthread_detach
	pthread_mutex_lock pthread_mutex_unlock pthread_sigmask
	# once, by log_open(), before there is a data plane
	access openlog signal
	# the body file, too: tests/answer.bats
	fstat open
	# only where another call has failed: two at a time
	ppoll
	# tells whether it has found memory that is free, and cannot fail
	malloc_trim
	# no system call of ours: tests/journal.bats has a journal that refuses
	sd_journal_sendv
)

fail_each() {
	skip_under_sanitizer "it has an allocator of its own"
	succeeds "$FAIL_EACH" "$SHIM" "$HELLO_HTTP" "$BATS_TEST_TMPDIR/files" "$@"
	# The count.
	echo "# ${lines[-1]}" >&3
}

is_ours() {
	grep -qx "$1" "$BATS_TEST_TMPDIR/ours"
}

never_fails() {
	local pattern
	for pattern in "${NEVER_FAILS[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $1 != $pattern ]] || return 0
	done
	return 1
}

@test "each call that the data plane makes is one that is made to fail" {
	local objects=${HELLO_HTTP%/*}/src call calls=()
	[ -e "$objects/worker.o" ] || skip "the program's objects are not beside it"
	nm --defined-only "$objects"/*.o | awk '{ print $3 }' >"$BATS_TEST_TMPDIR/ours"
	# With files of 64 bits, libc's name of some ends so: sendfile64.
	for call in $(nm --undefined-only "${OBJECTS[@]/#/$objects/}" |
		awk 'NF == 2 { sub(/64$/, "", $2); print $2 }' | sort -u); do
		is_ours "$call" || never_fails "$call" || calls+=("$call")
	done
	run bash -c '"$1" names | sed -E "s/^(epoll_ctl|fcntl)_.*/\1/" | sort -u' - \
		"$FAIL_EACH"
	output_is "${calls[@]}"
}

@test "the start: it serves, or it says why it does not" {
	fail_each start
}

@test "clients are served, or closed; the next ones are served" {
	fail_each serve
}

@test "a reload gives the old answer or the new one" {
	fail_each reload
}

@test "the end comes, with status 0" {
	fail_each stop
}

@test "clients at rest are handed over, or closed" {
	fail_each handover
}

@test "the process of one client ends with it" {
	fail_each inetd
}
