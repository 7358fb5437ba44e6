#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What makes a fault of the program hard to use, as it stands in the file that
# is installed: what HARDENING= in the Makefile asks for and, since a linker
# drops some of it without a word, what came of that.

load helper

setup_file() {
	BUILD=${HELLO_HTTP%/*}
	OBJECTS=$BATS_FILE_TMPDIR/objects
	export BUILD OBJECTS
	find "$BUILD/src" -name '*.o' >"$OBJECTS"
}

setup() {
	skip_under_sanitizer "it is built without, for the sanitizer's sake"
	grep -Eq -e '-fPIE|-z,relro|-fstack-protector' "$BUILD/flags" ||
		skip "it is built with HARDENING="
}

# has PATTERN OPTIONS...: readelf says so of the program, with these OPTIONS, on
# some line (ERE); lacks: on none.
has() {
	succeeds readelf --wide "${@:2}" "$HELLO_HTTP"
	grep -Eq -- "$1" <<<"$output" || {
		printf 'no line matches %s:\n%s\n' "$1" "$output"
		return 1
	}
}

lacks() {
	succeeds readelf --wide "${@:2}" "$HELLO_HTTP"
	output_lacks "$1"
}

# imports PATTERN: the program calls such a function of a library (ERE).
imports() {
	has " UND ($1)(@|$)" --dyn-syms
}

# knows FLAG: so does the compiler.
knows() {
	cc -Werror "$1" -E -x c /dev/null >/dev/null 2>&1
}

# all_objects_have FEATURES: in the note that says for which protections by the
# processor a file was compiled.
all_objects_have() {
	local object
	[ -s "$OBJECTS" ]
	while read -r object; do
		readelf --wide --notes "$object" | grep -q -- "feature: $1\$" || {
			echo "$object is not made for $1"
			return 1
		}
	done <"$OBJECTS"
}

@test "the program can be loaded at any address, of the kernel's choice (PIE)" {
	has '^ *Type: *DYN' --file-header
	has '\(FLAGS_1\).* PIE( |$)' --dynamic
	has 'program interpreter' --segments
}

@test "the program is loaded as it is: its code is not written to" {
	lacks 'TEXTREL' --dynamic
}

@test "no library is looked for in a directory of its own" {
	lacks '\(RPATH\)|\(RUNPATH\)' --dynamic
}

@test "all calls of libraries are bound at start, then their table is read-only (full RELRO)" {
	has '^ *GNU_RELRO ' --segments
	has '\(FLAGS_1\).* NOW( |$)' --dynamic
}

@test "no memory can be written and executed, the stack neither" {
	has '^ *GNU_STACK .* RW +0x' --segments
	lacks ' RWE +0x' --segments
}

@test "a function with an array on the stack finds out when it was overrun" {
	imports '__stack_chk_fail'
}

@test "what is written where room is known is measured (fortify)" {
	grep -Eq -e '-O[1-3sg]' "$BUILD/flags" || skip "it is built without optimization"
	imports '__vsnprintf_chk'
}

@test "no function of a library that cannot measure is called" {
	lacks ' UND (gets|strcat|sprintf|vsprintf|scanf|sscanf|alloca|mktemp|tmpnam)@' \
		--dyn-syms
}

# In the objects, as the linker grants it to a program only if libc's own start
# files have it too; those of Debian 12 do not.
@test "jumps and returns are made for checks by the processor, where the compiler can" {
	if knows -fcf-protection; then
		all_objects_have 'IBT, SHSTK'
	elif knows -mbranch-protection=standard; then
		all_objects_have 'BTI, PAC'
	fi
}

@test "a large frame touches each page of the stack, where the compiler can" {
	! knows -fstack-clash-protection ||
		grep -q -e -fstack-clash-protection "$BUILD/flags"
}

@test "make HARDENING= builds without all that" {
	HELLO_HTTP=$BATS_TEST_TMPDIR/build/hello-http
	# A distribution's own flags may ask for some of it.
	succeeds env -u CPPFLAGS -u CFLAGS -u LDFLAGS make -j2 -C "$REPOSITORY" HARDENING= \
		BUILD="${HELLO_HTTP%/*}" "$HELLO_HTTP"
	succeeds "$HELLO_HTTP" --version
	lacks '__stack_chk_fail|_chk@' --dyn-syms
}
