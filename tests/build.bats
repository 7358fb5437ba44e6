#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What the build says where something lacks, and what it is silent about. That
# it works where nothing lacks is shown by every other file.

load helper

SYSTEMD_MIN=$(sed -n 's/^SYSTEMD_MIN=//p' "$REPOSITORY/packaging/requirements")

setup() {
	skip_under_sanitizer "another build says the same"
}

# asks ARGS...: what comes before the build's first object, in a directory of
# its own.
asks() {
	make_afresh BUILD="$BATS_TEST_TMPDIR/build" "$@" "$BATS_TEST_TMPDIR/build/flags"
}

# cannot_build REASON ARGS...: so make ends, told these, and names a mend.
cannot_build() {
	run asks "${@:2}"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == "hello-http cannot be built: "$1 ]]
	[[ $output == *" names another"* || $output == *" names the directory of another"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/build/flags" ]
}

# library VERSION [LIBS]: a libsystemd as pkg-config finds it, instead of the
# system's.
library() {
	printf '%s\n' 'Name: systemd' 'Description: fake' "Version: $1" \
		"Libs: ${2--lsystemd}" >"$BATS_TEST_TMPDIR/libsystemd.pc"
	export PKG_CONFIG_LIBDIR=$BATS_TEST_TMPDIR
}

# header FILE LINE...: what libc would have there, with these lines instead.
header() {
	mkdir -p "$BATS_TEST_TMPDIR/${1%/*}"
	printf '%s\n' "${@:2}" >"$BATS_TEST_TMPDIR/$1"
}

@test "without a compiler: which one" {
	cannot_build 'there is no compiler no-such-cc.' CC=no-such-cc
	[[ $output == *'"make deps" installs it'* ]]
}

@test "without pkg-config: that" {
	cannot_build 'there is no no-such-pkg-config.' PKG_CONFIG=no-such-pkg-config
	[[ $output == *'"make deps" installs it'* ]]
}

@test "without libsystemd: that, and nothing of pkg-config's own" {
	PKG_CONFIG_LIBDIR=$BATS_TEST_TMPDIR cannot_build '*finds no libsystemd.'
	[[ $output == *'"make deps" installs it'* ]]
	output_lacks 'was not found'
}

@test "with an older libsystemd: which one, and which one it has to be" {
	library $((SYSTEMD_MIN - 1))
	cannot_build "libsystemd is $((SYSTEMD_MIN - 1)), and has to be $SYSTEMD_MIN or newer."
	library "$SYSTEMD_MIN"
	asks WERROR=1
}

@test "no call of the program is newer than the libsystemd that is asked for" {
	local symbols
	symbols=$(objdump --dynamic-syms "$HELLO_HTTP")
	[ "$(grep -o 'LIBSYSTEMD_[0-9]*' <<<"$symbols" | sort -V | tail -n 1)" = \
		"LIBSYSTEMD_$SYSTEMD_MIN" ]
}

@test "with libsystemd for another machine: what the linker says" {
	library 252 -lsystemd-of-another-machine
	cannot_build 'what is compiled is not linked.'
	[[ $output == *"-lsystemd-of-another-machine"* ]]
}

@test "with another libc, for which there is no libsystemd: that" {
	command -v musl-gcc >/dev/null || skip "musl-gcc is not installed"
	cannot_build '*finds no <systemd/sd-event.h>.' CC=musl-gcc
}

@test "with a libc that is too old: since when it is not" {
	header sys/mman.h 'int memfd_create(const char *, unsigned);'
	cannot_build 'libc is older *glibc 2.27*' CPPFLAGS="-I$BATS_TEST_TMPDIR"
	header sys/epoll.h '#include <stdint.h>'
	rm "$BATS_TEST_TMPDIR/sys/mman.h"
	cannot_build 'libc is older *glibc 2.27*' CPPFLAGS="-I$BATS_TEST_TMPDIR"
}

@test "for a system that is not Linux: that, in gcc's words and in clang's" {
	local compiler
	for compiler in gcc clang; do
		command -v "$compiler" >/dev/null || continue
		cannot_build '*another system than Linux.' CC=$compiler CPPFLAGS=-U__linux__
	done
}

@test "with a compiler that does not know C11: that" {
	cannot_build '*does not know C11*GCC 7*' CFLAGS=-std=c99
}

@test "with a flag that the compiler does not know: what it says itself" {
	cannot_build '*-fno-such-flag*' CFLAGS=-fno-such-flag
}

@test "what lacked is asked for again, until it is there" {
	cannot_build 'there is no compiler*' CC=no-such-cc
	asks WERROR=1
	[ -s "$BATS_TEST_TMPDIR/build/flags" ]
	run asks CC=no-such-cc
	[ "$status" -eq 2 ]
	[[ $output == *'there is no compiler no-such-cc.'* ]]
}

@test "a tarball without a repository: that it needs one" {
	cp -R "$REPOSITORY"/{Makefile,packaging,src,man,systemd} "$BATS_TEST_TMPDIR"
	GIT_CEILING_DIRECTORIES=$BATS_TEST_TMPDIR run env -u MAKEFLAGS \
		make -s -C "$BATS_TEST_TMPDIR" dist
	echo "$output"
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *"needs the git repository" ]]
	[ ! -e "$BATS_TEST_TMPDIR/build" ]
}

@test "with BSD's make: which make it has to be" {
	command -v bmake >/dev/null || skip "bmake is not installed"
	cd "$REPOSITORY"
	run env -u MAKEFLAGS bmake
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"this Makefile is for GNU make"* ]]
}

@test "where the path of the directory, or of BUILD=, has a space: that" {
	local copy="$BATS_TEST_TMPDIR/a copy"
	mkdir "$copy"
	cp -R "$REPOSITORY"/{src,packaging,Makefile} "$copy"
	run make_afresh -C "$copy" -n all
	[ "$status" -eq 2 ]
	[[ ${#lines[@]} -eq 1 && $output == *"has a space in it"* ]]
	run make_afresh -n BUILD="$copy" all
	[ "$status" -eq 2 ]
	[[ ${#lines[@]} -eq 1 && $output == *"has a space in it"* ]]
}

@test "neither without optimization nor with much, or others' hardening, is there a warning" {
	local flags
	for flags in -O0 '-O3 -DNDEBUG' '-O2 -Wp,-D_FORTIFY_SOURCE=3'; do
		make_afresh -j2 BUILD="$BATS_TEST_TMPDIR/build" WERROR=1 CFLAGS="$flags" \
			"$BATS_TEST_TMPDIR/build/hello-http"
	done
}

@test "the sources are compiled with another libc's headers without a warning" {
	command -v musl-gcc >/dev/null || skip "musl-gcc is not installed"
	local include=$BATS_TEST_TMPDIR/include
	mkdir "$include"
	ln -s "$(pkg-config --variable=includedir libsystemd)/systemd" "$include"
	musl-gcc -std=c11 -D_GNU_SOURCE -DVERSION='""' -Wall -Wextra -Werror \
		-I"$REPOSITORY/src" -I"$include" -fsyntax-only "$REPOSITORY"/src/*.c
}
