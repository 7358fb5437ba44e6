#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What becomes of a system on which the Debian package is installed, upgraded,
# downgraded, removed and purged while clients come and go. It runs inside the
# container of tests/systemd/run. ../debian.bats starts it, and makes what it
# needs: this version's package, of the same source an older one's, and a database
# of packages with those that they depend on.

load ../life.bash

MADE=/repository/build/tests/packages/debian
PACKAGE=$(echo /repository/build/deb/hello-http_*.deb)
OLDER=$(echo "$MADE"/older/hello-http_*.deb)
OWN_TESTS=$(echo /repository/build/deb/hello-http-*/debian/tests/installed.bats)

# Who made this system may have forbidden packages to start services; this one may.
setup_file() {
	writable /usr
	rm -f /usr/sbin/policy-rc.d
	mkdir -p /var/lib/dpkg
	cp -r "$MADE/database/." /var/lib/dpkg
	touch /var/log/dpkg.log
}

setup() {
	start_afresh
	! dpkg --status hello-http >/dev/null 2>&1 || dpkg --purge hello-http
}

# put PACKAGE: installs it, whatever version is there; no disk is waited for.
put() {
	DEBIAN_FRONTEND=noninteractive dpkg --force-unsafe-io --install "$1"
}

# everything: of which nothing is to be left.
everything() {
	{
		find /usr -xdev
		find /etc /var /run/systemd -xdev -printf '%p %y%m %u:%g %l\n'
	} | grep -Ev '^/run/systemd/journal/|^/var/lib/dpkg/[^ ]*-old ' | sort
	dpkg-query --show
	getent passwd
	getent group
	systemctl list-unit-files --no-legend 'hello-http*' || true
	systemctl list-units --all --plain --no-legend 'hello-http*'
	pgrep --list-full hello-http || true
	! has_page 2>/dev/null || echo page
}

@test "an installation opens the door, and starts nothing behind it" {
	put "$PACKAGE"
	state_is hello-http.socket active
	state_is hello-http.service inactive
	state_is hello-http-inetd.socket inactive
	[ "$(starts)" -eq 0 ]
	[ "$(systemctl is-enabled hello-http.socket)" = enabled ]
	[ "$(systemctl is-enabled hello-http-inetd.socket)" = disabled ]
	has_page
}

@test "the tests in the package's source find it well installed" {
	put "$PACKAGE"
	bats "$OWN_TESTS"
}

@test "an upgrade from 0.9.0 under load: no request fails, no connection ends" {
	put "$OLDER"
	has_page
	[ "$(hello-http --version)" = "hello-http 0.9.0" ]
	is_handed_over put "$PACKAGE"
	[ "$(hello-http --version)" != "hello-http 0.9.0" ]
}

@test "a downgrade to 0.9.0 under load: the same" {
	put "$PACKAGE"
	is_handed_over put "$OLDER"
	[ "$(hello-http --version)" = "hello-http 0.9.0" ]
}

@test "the same version installed again under load: the same" {
	put "$PACKAGE"
	is_handed_over put "$PACKAGE"
}

@test "an upgrade starts no service that does not run" {
	put "$OLDER"
	before=$(starts)
	put "$PACKAGE"
	state_is hello-http.socket active
	state_is hello-http.service inactive
	[ "$(starts)" -eq "$before" ]
}

@test "an upgrade opens no door that was closed for good" {
	put "$OLDER"
	systemctl disable --now hello-http.socket
	put "$PACKAGE"
	state_is hello-http.socket inactive
	[ "$(systemctl is-enabled hello-http.socket)" = disabled ]
}

@test "an upgrade leaves the other door open, and its clients alone" {
	put "$OLDER"
	systemctl disable --now hello-http.socket
	systemctl enable --now hello-http-inetd.socket
	keeps_serving put "$PACKAGE"
	state_is hello-http-inetd.socket active
	state_is hello-http.socket inactive
	[ "$(systemctl is-enabled hello-http-inetd.socket)" = enabled ]
}

@test "an upgrade leaves the other door open, though the first is the one for the next boot" {
	put "$OLDER"
	systemctl start hello-http-inetd.socket
	keeps_serving put "$PACKAGE"
	state_is hello-http-inetd.socket active
	state_is hello-http.socket inactive
}

@test "an upgrade leaves the first door open, though the other is enabled as well" {
	put "$OLDER"
	has_page
	systemctl enable hello-http-inetd.socket
	is_handed_over put "$PACKAGE"
	state_is hello-http.socket active
	state_is hello-http-inetd.socket inactive
}

@test "a removal closes the door and ends the service behind it" {
	put "$PACKAGE"
	has_page
	dpkg --remove hello-http
	run -7 get "$URL"
	run -1 pgrep hello-http
}

@test "a removal closes the other door, and ends those who serve its clients" {
	put "$PACKAGE"
	systemctl start hello-http-inetd.socket
	exec 8<>/dev/tcp/127.0.0.1/8000
	wait_until pgrep hello-http
	dpkg --remove hello-http
	run -1 pgrep hello-http
	run -7 get "$URL"
	exec 8>&-
}

@test "a package that was removed, not purged, opens its door again when it comes back" {
	put "$PACKAGE"
	dpkg --remove hello-http
	put "$PACKAGE"
	state_is hello-http.socket active
	has_page
}

@test "after a purge the system is what it was: files, users, units, processes" {
	everything >"$BATS_TEST_TMPDIR/before"
	put "$OLDER"
	has_page
	put "$PACKAGE"
	systemctl start hello-http-inetd.socket
	systemctl enable hello-http-inetd.socket
	has_page
	everything >"$BATS_TEST_TMPDIR/installed"
	run -1 diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/installed"
	[[ "$output" == *"> /usr/bin/hello-http"* ]]
	dpkg --purge hello-http
	everything | diff "$BATS_TEST_TMPDIR/before" -
}
