#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# More doors than one, on other addresses: by the drop-ins of the manual page.

load helper
load drop_ins

LOG=/var/log/hello-http.log
DOOR=/run/hello-http.sock
PROXY=/run/hello-http-proxy.sock

teardown() {
	systemctl disable --now hello-http.socket hello-http-proxy.socket || true
	rm -f "$LOG" "$DOOR" "$PROXY"
	sysctl bindv6only 0
}

# sysctl NAME VALUE: of IPv6 in the container's own network.
sysctl() {
	echo "$2" >"/proc/sys/net/ipv6/$1"
}

# at_socket PATH [CURL OPTIONS...]
at_socket() {
	has_page --unix-socket "$@" http://localhost/
}

# ask_as USER GROUP: at the socket in the file system.
ask_as() {
	setpriv --reuid="$1" --regid="$2" --clear-groups curl --silent \
		--max-time "$PATIENCE" --unix-socket "$DOOR" http://localhost/
}

is_refused() {
	local exit_status=0
	get "$@" >/dev/null 2>&1 || exit_status=$?
	[ "$exit_status" -eq 7 ]
}

processes() {
	pgrep -cx hello-http
}

# door_of TARGET: the name that the request log gives the door of this request,
# which is in its last field.
door_of() {
	wait_until grep -q "\"GET /$1 " "$LOG"
	sed -n "s|.*\"GET /$1 .* \"\([^\"]*\)\"\$|\1|p" "$LOG"
}

# --- several addresses ------------------------------------------------------

@test "a drop-in opens IPv6 and a second port beside the unit's: one process serves all" {
	apply 'ListenStream=[::1]:8000'
	systemctl start hello-http.socket
	has_page
	has_page 'http://[::1]:8000/'
	has_page http://127.0.0.1:8080/
	[ "$(processes)" -eq 1 ]
}

@test "TCP of both families and sockets in and out of the file system are doors of one unit" {
	drop_in hello-http.socket <<-'UNIT'
		[Socket]
		ListenStream=[::]:8080
		ListenStream=/run/hello-http.sock
		ListenStream=@hello-http
	UNIT
	systemctl start hello-http.socket
	has_page --abstract-unix-socket hello-http http://localhost/
	at_socket "$DOOR"
	has_page
	has_page http://127.0.0.1:8080/
	has_page 'http://[::1]:8080/'
	[ "$(processes)" -eq 1 ]
}

@test "an address that no interface has yet is bound, and served once one has it" {
	apply 'FreeBind=yes'
	systemctl start hello-http.socket
	has_page
	python3 - <<'PY'
import fcntl, socket, struct
SIOCSIFADDR = 0x8916
address = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton("192.0.2.1"))
fcntl.ioctl(socket.socket(), SIOCSIFADDR, b"lo:1".ljust(16, b"\0") + address)
PY
	has_page http://192.0.2.1:8000/
}

@test "of the door's clients, those with another address are not heard" {
	systemctl start hello-http.socket
	has_page --interface 127.0.0.2 "$URL"
	apply 'IPAddressDeny=any'
	perform 'systemctl restart hello-http.socket'
	has_page
	# Dropped, not refused: there is no answer to wait for.
	run -28 get --interface 127.0.0.2 --connect-timeout 1 "$URL"
	has_page
}

# --- port 80 ----------------------------------------------------------------

@test "port 80: one socket serves IPv4 and IPv6, and takes the place of port 8000" {
	# Whatever the sysctl says.
	sysctl bindv6only 1
	apply 'ListenStream=80'
	systemctl start hello-http.socket
	has_page http://127.0.0.1/
	has_page 'http://[::1]/'
	[ "$(property hello-http.socket Listen)" = '[::]:80 (Stream)' ]
	is_refused "$URL"
}

@test "port 80 is served without privilege" {
	local start
	start=$(</proc/sys/net/ipv4/ip_unprivileged_port_start)
	[ "$start" -gt 80 ]
	apply 'ListenStream=80'
	systemctl start hello-http.socket
	has_page http://127.0.0.1/
	run -0 grep -E '^(Uid|Cap[A-Z][a-z]*):' "/proc/$(main_pid)/status"
	[[ ${lines[0]} != *$'\t0'* ]]
	[ "${#lines[@]}" -eq 6 ]
	run -0 grep -c '^Cap.*:.0000000000000000$' "/proc/$(main_pid)/status"
	[ "$output" -eq 5 ]
}

@test "BindIPv6Only=ipv6-only keeps IPv4 out, or for a socket of its own" {
	drop_in hello-http.socket <<-'UNIT'
		[Socket]
		ListenStream=
		ListenStream=80
		BindIPv6Only=ipv6-only
	UNIT
	systemctl start hello-http.socket
	has_page 'http://[::1]/'
	is_refused http://127.0.0.1/
	drop_in hello-http.socket <<<$'[Socket]\nListenStream=0.0.0.0:80'
	systemctl restart hello-http.socket
	has_page 'http://[::1]/'
	has_page http://127.0.0.1/
}

# --- a socket in the file system --------------------------------------------

@test "the socket in the file system lets in root and its group, and nobody else" {
	getent group www-data || echo 'www-data:x:33:' >>/etc/group
	apply 'SocketGroup=www-data'
	systemctl start hello-http.socket
	[ "$(stat -c '%F %a %U %G' "$DOOR")" = 'socket 660 root www-data' ]
	at_socket "$DOOR"
	run -0 ask_as nobody www-data
	[ "$output" = "$PAGE" ]
	run -7 ask_as nobody nogroup
	is_refused "$URL"
}

@test "the socket in the file system outlives the service, not the door" {
	apply 'SocketMode=0660'
	systemctl start hello-http.socket
	at_socket "$DOOR"
	systemctl stop hello-http.service
	[ -S "$DOOR" ]
	at_socket "$DOOR"
	systemctl stop hello-http.socket
	[ ! -e "$DOOR" ]
}

@test "what an earlier door has left in the file system is replaced" {
	drop_in hello-http.socket <<<$'[Socket]\nListenStream=/run/hello-http.sock'
	systemctl start hello-http.socket
	systemctl stop hello-http.socket
	[ -S "$DOOR" ]
	systemctl start hello-http.socket
	at_socket "$DOOR"
}

# --- names --------------------------------------------------------------------

@test "all doors of a socket unit have its name in the request log" {
	apply 'StandardOutput=append:/var/log/hello-http.log'
	apply 'ListenStream=[::1]:8000'
	systemctl start hello-http.socket
	get "${URL}one" http://127.0.0.1:8080/two
	[ "$(door_of one)" = hello-http.socket ]
	[ "$(door_of two)" = hello-http.socket ]
}

@test "FileDescriptorName= of the unit is the name of all its doors" {
	apply 'StandardOutput=append:/var/log/hello-http.log'
	apply 'ListenStream=[::1]:8000'
	drop_in hello-http.socket <<<$'[Socket]\nFileDescriptorName=web'
	systemctl start hello-http.socket
	get "${URL}one" 'http://[::1]:8000/two'
	[ "$(door_of one)" = web ]
	[ "$(door_of two)" = web ]
}

@test "another socket unit of the same service has another name, in the same process" {
	apply 'StandardOutput=append:/var/log/hello-http.log'
	systemctl start hello-http.socket
	apply 'FileDescriptorName=proxy'
	perform 'systemctl enable --now hello-http-proxy.socket'
	get "${URL}tcp"
	get --unix-socket "$PROXY" http://localhost/unix
	[ "$(door_of tcp)" = hello-http.socket ]
	[ "$(door_of unix)" = proxy ]
	[ "$(processes)" -eq 1 ]
}

@test "another door cannot open beside a running service, but once it is stopped" {
	systemctl start hello-http.socket
	has_page
	apply 'FileDescriptorName=proxy'
	run -1 systemctl start hello-http-proxy.socket
	has_page
	perform 'systemctl enable --now hello-http-proxy.socket'
	state_is hello-http.service inactive
	at_socket "$PROXY"
	has_page
	[ -e /etc/systemd/system/sockets.target.wants/hello-http-proxy.socket ]
}
