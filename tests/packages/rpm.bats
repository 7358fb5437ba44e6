#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The RPM package: how it is built, what rpmlint says of it, whether it is what
# the Debian package is, and, in a container, its life on a system: rpm/life.bats.
# "make rpm deb" has built both.

load ../helper
load package.bash

PATIENCE=60
SPEC=$REPOSITORY/packaging/rpm/hello-http.spec
RPM=$REPOSITORY/build/rpm
DEB=$REPOSITORY/build/deb

# Two more builds, side by side. One under all that may differ: path, time, time
# zone, language, umask. And one that is newer, where the container sees it.
setup_file() {
	command -v rpmbuild >/dev/null || return 0
	[ -d "$RPM" ]
	[ -d "$DEB" ]
	export AGAIN=$BATS_FILE_TMPDIR/elsewhere/by/a/longer/path
	export NEXT=$REPOSITORY/build/tests/packages/rpm/next
	build_again >"$BATS_FILE_TMPDIR/again.log" 2>&1 3>&- &
	make_afresh rpm BUILD="$NEXT" RPMBUILD_FLAGS="--nocheck -D 'dist .next'" \
		>"$BATS_FILE_TMPDIR/next.log" 2>&1 3>&-
	wait $!
}

build_again() {
	umask 077
	git clone --quiet "$REPOSITORY" "$AGAIN"
	HOME=/nonexistent TZ=Asia/Kathmandu LC_ALL=C REPOSITORY=$AGAIN \
		make_afresh rpm RPMBUILD_FLAGS=--nocheck
}

setup() {
	command -v rpmbuild >/dev/null || skip "no rpmbuild"
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir "$ROOT"
}

need() {
	command -v "$1" >/dev/null || skip "no $1"
}

# rpm_in ROOT...: Debian's warns of being rpm.
rpm_in() {
	local root=$1
	shift
	rpm --root="$root" --dbpath=/rpmdb --nodeps --noscripts "$@" 2>/dev/null
}

binary_package() {
	find "$RPM" -name '*.rpm' ! -name '*.src.rpm'
}

@test "it has the Makefile's version, and so has the last entry of its changelog" {
	local version
	version=$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")
	[ "$(rpm -qp --qf '%{VERSION}' "$(binary_package)")" = "$version" ]
	[[ $(rpm -qp --changelog "$(binary_package)" | head -n 1) == *" $version-1" ]]
}

@test "rpmlint has nothing to say of it, its source and its spec" {
	need rpmlint
	run -0 rpmlint -c "$REPOSITORY/packaging/rpm/rpmlint.toml" "$RPM"/*.rpm "$SPEC"
	[[ $output == *"2 packages and 1 specfiles"* ]]
	[[ $output == *" 0 errors, 0 warnings"* ]]
}

# But not the source package: rpm keeps the spec in it as it was expanded, with
# the paths of the build.
@test "two builds, whatever differs around them, give the same octets" {
	cmp "$(binary_package)" "$AGAIN${RPM#"$REPOSITORY"}/$(basename "$(binary_package)")"
}

# Not all of it: what only tries other ways to build skips where there are none.
@test "what it wants for its tests, make check needs" {
	local package count=0
	while read -r package; do
		grep -qx "$package" <(needs_of_check 3) || {
			echo "$package is not in .ci/deps"
			return 1
		}
		count=$((count + 1))
	done < <(sed -n '/^%if/,/^%endif/s/^BuildRequires: *//p' "$SPEC")
	[ "$count" -gt 5 ]
}

@test "installed into an empty root it runs there; removed, it leaves nothing" {
	rpm_in "$ROOT" --install "$(binary_package)"
	[[ $("$ROOT/usr/bin/hello-http" --version) == "hello-http "* ]]
	[ -z "$(find "$ROOT/usr" -type d ! -perm 755)" ]
	rpm_in "$ROOT" --erase hello-http
	rm -r "${ROOT:?}/rpmdb"
	[ -z "$(find "$ROOT" ! -type d)" ]
	[ -z "$(find "$ROOT" -name '*hello-http*')" ]
}

@test "each file of the Debian package is in it, with its mode, owner and content, and no other" {
	need dpkg-deb
	rpm_in "$ROOT" --install "$(binary_package)"
	rm -r "${ROOT:?}/rpmdb"
	dpkg-deb --extract "$DEB"/hello-http_*.deb "$BATS_TEST_TMPDIR/deb"
	run -0 contents "$ROOT"
	[ "${#lines[@]}" -gt 10 ]
	diff <(contents "$BATS_TEST_TMPDIR/deb") <(echo "$output")
}

@test "it has its licence, its documents and no configuration" {
	run -0 rpm -qp --licensefiles "$(binary_package)"
	[[ $output == /usr/share/licenses/hello-http*/LICENSE ]]
	run -0 rpm -qp --docfiles "$(binary_package)"
	[[ $output == *README.md* && $output == *hello-http.8* ]]
	run -0 rpm -qp --configfiles "$(binary_package)"
	[ -z "$output" ]
}

# Its tests are this file's, each with its name.
@test "on a system: rpm/life.bats" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	need systemd-nspawn
	mkdir -p "$BATS_TEST_TMPDIR/stage/usr"
	run "$REPOSITORY/tests/systemd/run" "$BATS_TEST_TMPDIR/stage" \
		"$BATS_TEST_DIRNAME/rpm/life.bats"
	echo "$output"
	[ "$status" -eq 0 ]
}
