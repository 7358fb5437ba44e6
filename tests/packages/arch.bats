#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The Arch package: how it is built, by the real makepkg, and what the real pacman
# says and does with it. "make arch deb" has built it, and Debian's to compare.

load ../helper
load package.bash

PKGBUILD=$REPOSITORY/packaging/arch/PKGBUILD
ARCH=$REPOSITORY/build/arch
DEB=$REPOSITORY/build/deb

setup() {
	command -v makepkg >/dev/null || skip "no makepkg"
	[ -d "$ARCH" ]
	[ -d "$DEB" ]
	PACKAGE=("$ARCH"/hello-http-*.pkg.tar.*)
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT/var/lib/pacman"
}

need() {
	command -v "$1" >/dev/null || skip "no $1"
}

# pacman_in_root ARGUMENTS...: no other package is there.
pacman_in_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	pacman --root "$ROOT" --noconfirm "$@"
}

# built NAME: of what makepkg read of it in PKGBUILD, the values of a field.
built() {
	bsdtar -xOf "${PACKAGE[0]}" .PKGINFO | sed -n "s/^$1 = //p"
}

@test "it has the Makefile's version" {
	local version
	version=$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")
	[ "$(built pkgver)" = "$version-1" ]
}

@test "what is handed out beside it has the sum of its source, and differs in nothing else" {
	# shellcheck source=/dev/null
	. "$ARCH/PKGBUILD"
	sha256sum --check <<<"${sha256sums[0]}  $ARCH/${source[0]}"
	diff <(grep -v ^sha256sums= "$PKGBUILD") <(grep -v ^sha256sums= "$ARCH/PKGBUILD")
}

@test "shellcheck has nothing to say of it" {
	need shellcheck
	run -0 shellcheck "$PKGBUILD"
}

# Not all of it: what only tries other ways to build skips where there are none.
@test "what it wants for its tests, make check needs" {
	local package
	# shellcheck source=/dev/null
	. "$PKGBUILD"
	[ "${#checkdepends[@]}" -gt 5 ]
	for package in "${checkdepends[@]}"; do
		grep -qx "$package" <(needs_of_check 5) || {
			echo "$package is not in .ci/deps"
			return 1
		}
	done
}

@test "it depends on what has the libraries that the program is linked with, and kill" {
	local libraries
	bsdtar -xf "${PACKAGE[0]}" -C "$ROOT" usr/bin/hello-http
	libraries=$(objdump -p "$ROOT/usr/bin/hello-http" |
		awk '$1 == "NEEDED" { print $2 }' | sort)
	[ "$libraries" = $'libc.so.6\nlibsystemd.so.0' ]
	[ "$(built depend)" = $'glibc\nsystemd-libs\nutil-linux' ]
}

@test "it has no scriptlet and no configuration" {
	run -0 bsdtar -tf "${PACKAGE[0]}"
	[[ $output != *.INSTALL* && $output != *etc/* ]]
	[ -z "$(built backup)" ]
}

@test "installed into an empty root it runs there; removed, it leaves nothing" {
	pacman_in_root --upgrade --nodeps --nodeps "${PACKAGE[0]}"
	[[ $("$ROOT/usr/bin/hello-http" --version) == "hello-http "* ]]
	run -0 pacman_in_root --query --check --check hello-http
	[[ $output == *" 0 altered files"* ]]
	[ -z "$(find "$ROOT/usr" -type d ! -perm 755)" ]
	pacman_in_root --remove hello-http
	[ ! -e "$ROOT/usr" ]
	[ -z "$(find "$ROOT" -name '*hello-http*')" ]
}

@test "each file of the Debian package is in it, with its mode, owner and content, and no other" {
	need dpkg-deb
	pacman_in_root --upgrade --nodeps --nodeps "${PACKAGE[0]}"
	rm -r "${ROOT:?}/var"
	dpkg-deb --extract "$DEB"/hello-http_*.deb "$BATS_TEST_TMPDIR/deb"
	run -0 contents "$ROOT"
	[ "${#lines[@]}" -gt 10 ]
	diff <(contents "$BATS_TEST_TMPDIR/deb") <(echo "$output")
}
