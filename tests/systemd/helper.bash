# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What the test files under a real system manager share. They run inside the
# container that tests/systemd/run boots, as root, with the installed units.

bats_require_minimum_version 1.5.0
load "${BASH_SOURCE[0]%/*}/../wait" # whatever directory the test file is in

PAGE='<h1>Hello World</h1>'
URL=http://127.0.0.1:8000/
UNITS=/usr/lib/systemd/system

# Seconds after which an event that did not come is given up.
PATIENCE=20

# Each test begins with nothing of the product running, failed or changed; a
# file with a setup of its own calls this there.
start_afresh() {
	local changed=(/etc/systemd/system/hello-http* /run/systemd/system.control/*)
	systemctl stop hello-http.socket hello-http.service \
		hello-http-inetd.socket 'hello-http-inetd@*.service' || true
	systemctl reset-failed
	if [ -e "${changed[0]}" ] || [ -e "${changed[-1]}" ]; then
		rm -rf "${changed[@]}"
		systemctl daemon-reload
	fi
}

setup() {
	start_afresh
}

# drop_in UNIT: standard input becomes a drop-in of it, as with
# "systemctl edit".
drop_in() {
	local dir=/etc/systemd/system/$1.d
	mkdir -p "$dir"
	cat >"$dir/$(find "$dir" -type f | wc -l).conf"
	systemctl daemon-reload
}

# property UNIT NAME
property() {
	systemctl show --property="$2" --value "$1"
}

state_is() {
	[ "$(property "$1" ActiveState)" = "$2" ]
}

main_pid() {
	property "${1-hello-http.service}" MainPID
}

# get [CURL OPTIONS...]: the page's content; fails if anything is wrong.
get() {
	curl --silent --show-error --fail --max-time "$PATIENCE" "$@"
}

# has_page [CURL OPTIONS...]
has_page() {
	[ "$(get "${@:-$URL}")" = "$PAGE" ]
}
