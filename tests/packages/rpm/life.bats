#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What becomes of a system on which the RPM package is installed, upgraded and
# removed, and whether that is what becomes of it by the Debian package. It runs
# inside the container of tests/systemd/run; ../rpm.bats starts it, and makes the
# packages.

load ../life.bash

RPM=(/repository/build/rpm/hello-http-*[!c].rpm)
NEXT=(/repository/build/tests/packages/rpm/next/rpm/hello-http-*[!c].rpm)
DEB=(/repository/build/deb/hello-http_*.deb)

setup_file() {
	writable /usr
	rm -f /usr/sbin/policy-rc.d # of a system that is itself a container
	mkdir -p /var/lib/dpkg/{info,updates,triggers}
	touch /var/lib/dpkg/{status,available} /var/log/dpkg.log
}

setup() {
	start_afresh
	rpm_is_gone || remove_rpm
	rm -rf /etc/systemd/system-preset
}

# Debian's warns of being rpm.
rpm_here() {
	rpm --dbpath=/var/lib/rpm "$@" 2>/dev/null
}

# put_rpm PACKAGE: whatever version is there. No other package is known here.
put_rpm() {
	rpm_here --upgrade --oldpackage --nodeps "$1"
}

remove_rpm() {
	rpm_here --erase hello-http
}

rpm_is_gone() {
	! rpm_here --query hello-http >/dev/null
}

put_deb() {
	dpkg --no-triggers --force-depends,bad-path,unsafe-io --install "$@"
}

remove_deb() {
	dpkg --no-triggers --force-bad-path --purge hello-http
}

# everything: of which nothing is to be left. Directories come that are systemd's.
everything() {
	find /run/written/usr ! -type d
	find /etc /var /run/systemd -xdev ! \( -type d ! -name '*hello*' \) \
		! -path '/var/lib/rpm*' ! -path '/var/log/journal*' \
		! -path '/run/systemd/journal/*' \
		-printf '%p %y%m %u:%g %l\n' | sort
	systemctl list-unit-files --no-legend 'hello-http*' || true
	systemctl list-units --all --plain --no-legend 'hello-http*'
	pgrep --list-full hello-http || true
	get "$URL" 2>/dev/null || echo "curl ends with $?"
}

@test "an installation starts nothing, and enables what presets say" {
	mkdir -p /etc/systemd/system-preset
	echo 'disable hello-http.socket' >/etc/systemd/system-preset/00-test.preset
	put_rpm "${RPM[@]}"
	[ "$(systemctl is-enabled hello-http.socket)" = disabled ]
	remove_rpm
	echo 'enable *' >/etc/systemd/system-preset/00-test.preset
	put_rpm "${RPM[@]}"
	[ "$(systemctl is-enabled hello-http.socket)" = enabled ]
	[ "$(systemctl is-enabled hello-http-inetd.socket)" = disabled ]
	state_is hello-http.socket inactive
	[ "$(starts)" -eq 0 ]
}

@test "an upgrade under load: no request fails, no connection ends" {
	put_rpm "${RPM[@]}"
	systemctl start hello-http.socket
	is_handed_over put_rpm "${NEXT[@]}"
	[[ $(rpm_here --query hello-http) == *.next.* ]]
}

@test "an upgrade starts no service that does not run, and opens no closed door" {
	put_rpm "${RPM[@]}"
	systemctl start hello-http.socket
	put_rpm "${NEXT[@]}"
	state_is hello-http.socket active
	state_is hello-http.service inactive
	systemctl disable --now hello-http.socket
	put_rpm "${RPM[@]}"
	state_is hello-http.socket inactive
	run -1 systemctl is-enabled hello-http.socket
}

@test "an upgrade leaves the other door open, and its clients alone" {
	put_rpm "${RPM[@]}"
	systemctl start hello-http-inetd.socket
	keep_alive 127.0.0.1:8000 5
	put_rpm "${NEXT[@]}"
	all_is_well
	state_is hello-http-inetd.socket active
}

@test "after a removal the system is what it was: files, units, processes" {
	everything >"$BATS_TEST_TMPDIR/before"
	put_rpm "${RPM[@]}"
	systemctl enable --now hello-http.socket
	has_page
	put_rpm "${NEXT[@]}"
	everything >"$BATS_TEST_TMPDIR/installed"
	run -1 diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/installed"
	[[ $output == *"> /run/written/usr/bin/hello-http"* ]]
	remove_rpm
	everything | diff "$BATS_TEST_TMPDIR/before" -
}

@test "a removal closes the other door, and ends those who serve its clients" {
	put_rpm "${RPM[@]}"
	systemctl start hello-http-inetd.socket
	exec 8<>/dev/tcp/127.0.0.1/8000
	wait_until pgrep hello-http
	remove_rpm
	run -1 pgrep hello-http
	run -7 get "$URL"
	state_is hello-http-inetd.socket inactive
	exec 8>&-
}

# states WHEN: of each unit, and whether it was started since it was last asked.
states() {
	local name value unit
	echo "$1:"
	while IFS='=' read -r name value; do
		case $name in
		Id) unit=$value ;;
		InvocationID)
			[ "$value" = "${SEEN[$unit]-}" ] || echo "$unit was started"
			SEEN[$unit]=$value
			;;
		?*) echo "$unit has $name=$value" ;;
		esac
	done < <(systemctl show --property=Id,UnitFileState,ActiveState,InvocationID \
		hello-http.socket hello-http.service hello-http-inetd.socket)
}

# story PUT REMOVE PACKAGE NEXT: what becomes of units in the life of a package. That
# Debian opens the door at once, and others when they are told to, is left out.
story() {
	local -A SEEN
	"$1" "$3" >&2
	systemctl start hello-http.socket
	states installed
	has_page
	wait_until state_is hello-http.service active
	states asked
	"$1" "$4" >&2
	states upgraded
	systemctl disable --now hello-http.socket
	systemctl enable --now hello-http-inetd.socket
	"$1" "$3" >&2
	states 'downgraded, with the other door open'
	"$2" >&2
	states removed
}

@test "units fare with it as with the Debian package" {
	story put_deb remove_deb "${DEB[@]}" "${DEB[@]}" >"$BATS_TEST_TMPDIR/deb"
	start_afresh
	story put_rpm remove_rpm "${RPM[@]}" "${NEXT[@]}" >"$BATS_TEST_TMPDIR/rpm"
	cat "$BATS_TEST_TMPDIR/rpm"
	diff "$BATS_TEST_TMPDIR/deb" "$BATS_TEST_TMPDIR/rpm"
}
