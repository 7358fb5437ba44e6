#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The Debian package, which "make deb" has built: how it is built, what lintian
# says, and, in a container, its life on a system, which debian/life.bats tells.

load ../helper

DEB=$REPOSITORY/build/deb
# In a place that the container sees.
MADE=$REPOSITORY/build/tests/packages/debian

# Two more builds, side by side: one again, one of an older version. And a database
# of packages, with those that this one depends on.
setup_file() {
	export DEB_BUILD_OPTIONS=nocheck DEB_BUILD_PROFILES=nocheck
	rm -rf "$MADE"
	mkdir -p "$MADE"/{older,stage,database/{info,updates,triggers}}
	dpkg-query --status libc6 libsystemd0 procps >"$MADE/database/status"
	cp /var/lib/dpkg/info/{libc6:*,libsystemd0:*,procps}.list "$MADE/database/info"
	build_again "$BATS_FILE_TMPDIR/of/another/path" >"$MADE/again.log" 2>&1 3>&- &
	build_older >"$MADE/older.log" 2>&1 3>&- || cat "$MADE/older.log"
	wait $! || cat "$MADE/again.log"
}

# All that may differ does: path, time, time zone, language, umask, home, jobs, and
# where make install would put the program.
build_again() {
	umask 077
	git clone --quiet "$REPOSITORY" "$1"
	DEB_BUILD_OPTIONS='nocheck parallel=1' TZ=Asia/Kathmandu LC_ALL=POSIX \
		HOME=/nonexistent BINDIR=/elsewhere faketime -f +400d make -C "$1" deb
}

# The same source, but for what it says of itself.
build_older() {
	cp -a "$DEB"/hello-http-*/ "$MADE/older/source" && cd "$MADE/older/source" || return
	sed -i '1s/(.*)/(0.9.0-1)/' debian/changelog
	sed -i 's/^VERSION = .*/VERSION = 0.9.0/' Makefile
	dpkg-buildpackage --build=binary --no-sign
}

@test "it is built whole: program, symbols, sources, and what an upload needs" {
	cd "$DEB"
	for file in _*.deb -dbgsym_*.deb _*.dsc _*.orig.tar.gz _*.debian.tar.xz \
		_*.changes _*.buildinfo; do
		run -0 compgen -G "hello-http$file"
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "built twice, whatever differs around it, it is the same to the octet" {
	local file
	# .buildinfo is the record of what differs, and .changes has its checksum.
	for file in "$DEB"/*.{deb,dsc,tar.gz,tar.xz}; do
		cmp "$file" "$BATS_FILE_TMPDIR/of/another/path/build/deb/${file##*/}"
	done
}

@test "each file is compiled with all flags of dpkg-buildflags, hardening=+all" {
	cd "$MADE/older/source"
	export DEB_BUILD_MAINT_OPTIONS=hardening=+all
	flags=$(dpkg-buildflags --get CPPFLAGS)\ $(dpkg-buildflags --get CFLAGS)
	compiled=$(grep -Ec '^([^ ]*-g)?cc .* -c ' "$MADE/older.log")
	[ "$compiled" -eq "$(find src -name '*.c' | wc -l)" ]
	[ "$(grep -Fc -- " $flags " "$MADE/older.log")" -eq "$compiled" ]
	run -0 grep -F -- "$(dpkg-buildflags --get LDFLAGS)" "$MADE/older.log"
	[[ "$output" == *' -o build/hello-http '* ]]
}

# Those of this machine, by the other's names: what matters is which are called.
@test "for another machine, all of it is compiled by that machine's compiler" {
	local tool bin=$BATS_TEST_TMPDIR/bin log=$BATS_TEST_TMPDIR/log
	mkdir "$bin"
	for tool in gcc pkg-config; do
		ln -s "$(command -v $tool)" "$bin/aarch64-linux-gnu-$tool"
	done
	cp -a "$DEB"/hello-http-*/ "$BATS_TEST_TMPDIR/source"
	cd "$BATS_TEST_TMPDIR/source"
	rm -rf build debian/hello-http debian/.debhelper
	PATH=$bin:$PATH dpkg-architecture --host-arch arm64 --force --command \
		'sh -e -c "dh_auto_build && debian/rules override_dh_auto_install"' \
		>"$log" 2>&1 || { cat "$log" && return 1; }
	[ "$(grep -c '^aarch64-linux-gnu-gcc .* -c ' "$log")" -ge "$(find src -name '*.c' | wc -l)" ]
	run -1 grep -E '^(cc|gcc|x86[^ ]*gcc) ' "$log"
}

@test "it depends on what has the libraries that the program is linked with, and kill" {
	run -0 dpkg-deb --field "$(echo "$DEB"/hello-http_*.deb)" Depends
	output=$(sed 's/ ([^)]*)//g; s/, /\n/g' <<<"$output" | sort)
	[ "$output" = $'libc6\nlibsystemd0\nprocps' ]
	run -0 dpkg-query --search '*/bin/kill'
	[[ $output == "procps: "* && ${#lines[@]} -eq 1 ]]
}

@test "lintian, asked to be pedantic, says nothing" {
	run -0 lintian --allow-root --pedantic --display-info --display-experimental \
		"$DEB"/*.changes
	[ -z "$output" ]
}

@test "each override of lintian's words has its reason above it" {
	cd "$REPOSITORY/packaging/debian"
	# shellcheck disable=SC2016 # awk's
	run -0 awk 'FNR == 1 { reason = 0 } /^$/ { reason = 0 } /^#/ { reason = 1 }
		/^hello-http/ { overrides++; if (!reason) print FILENAME ": " $0 }
		END { exit !overrides }' source/lintian-overrides ./*.lintian-overrides
	[ -z "$output" ]
}

@test "installed, upgraded under load, removed, purged: see debian/life.bats" {
	"$REPOSITORY/tests/systemd/run" "$MADE/stage" \
		"$REPOSITORY/tests/packages/debian/life.bats"
}
