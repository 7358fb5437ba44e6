#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The installed examples, each by the commands that it begins with: used, tried,
# changed, and undone, of which no file is left. What needs no systemd:
# tests/examples.bats.

load helper

EXAMPLES=/usr/share/doc/hello-http/examples
SYSTEM=/etc/systemd/system
SITES='hello-http-site@blog hello-http-site@shop'

# What the commands find on a system that is not as empty as this one.
setup_file() {
	echo 'tcp 6 TCP' >/etc/protocols
	mkdir -p /etc/systemd/system /etc/xinetd.d
	echo 'includedir /etc/xinetd.d' >/etc/xinetd.conf
	: >/etc/inetd.conf
	# An address that is not of loopback, and IPv6 that does not bring IPv4 along.
	ip address add 192.0.2.1/32 dev lo
	echo 1 >/proc/sys/net/ipv6/bindv6only
}

setup() {
	start_afresh
	used=
}

teardown() {
	[ -z "${server-}" ] || stop_server
	# shellcheck disable=SC2086 # several
	systemctl stop ${SITES// /.socket }.socket ${SITES// /.service }.service 2>/dev/null || true
	rm -rf /etc/hello-http.html /srv/hello-http "$SYSTEM"/{,*.wants/}hello-http*
}

# --- what an example says of itself -------------------------------------------

# header NAME: the file of the example that says how it is used.
header() {
	grep -Erl '^# Use it' "$EXAMPLES/$1"
}

# commands NAME TEXT: what stands below the line of the header that begins so.
commands() {
	awk -v text="# $2" '
		index($0, text) == 1 { on = 1 }
		on && sub(/^#     /, "") { print; found = 1; next }
		found && !/^#$/ { exit }
		END { exit !found }
	' "$(header "$1")"
}

# paste NAME TEXT: runs them, in the directory of the examples, as root.
paste() {
	local script=$BATS_TEST_TMPDIR/pasted
	commands "$1" "$2" >"$script" || return
	(
		# shellcheck disable=SC2317 # by what is pasted
		sudo() { "$@"; }
		export -f sudo
		cd "$EXAMPLES" && bash -e "$script" 3>&-
	)
}

# use NAME [UNIT...]: systemd then says nothing against these units, and the
# sandbox of the services among them is as good as without the example.
use() {
	local unit
	used=$1
	shift
	paste "$used" 'Use it'
	[ $# -gt 0 ] || return 0
	run -0 systemd-analyze verify --man=no --recursive-errors=no "$@"
	[ -z "$output" ]
	for unit; do
		[[ $unit == *.service ]] || continue
		systemd-analyze security --no-pager --threshold=2 "$unit" >/dev/null
	done
}

# try: the answers to what the header asks, without CR, in $output.
try() {
	run -0 paste "$used" 'Try it'
	output=${output//$'\r'/}
	[[ $output != *curl:* ]]
}

# undo: nothing is left of it, and what was there before it is again.
undo() {
	paste "$used" 'Undo it'
	run -0 find "$SYSTEM" -name '*hello-http*' ! -type d ! -path '*.wants/hello-http.socket'
	[ -z "$output" ]
	run -0 find /run -maxdepth 1 -name '*hello-http*'
	[ -z "$output" ]
	systemctl start hello-http.socket
	[ "$(get -o /dev/null -w '%{http_code}' "$URL")" = 200 ]
	has_page
}

has() {
	grep -Fxq -- "$1" <<<"$output" || {
		echo "$1 is not in: $output"
		return 1
	}
}

content() {
	sed '1,/^$/d' <<<"$output"
}

# everywhere PORT PATH LINE: it answers so at each kind of address, and at no
# other port.
everywhere() {
	local host
	[ "$1" = 8000 ] || run -7 curl -sS "$URL"
	for host in 127.0.0.1 '[::1]' 192.0.2.1; do
		run -0 curl -gsSI --max-time "$PATIENCE" "http://$host:$1$2"
		output=${output//$'\r'/}
		has "$3"
	done
}

# --- drop-ins -------------------------------------------------------------------

@test "maintenance: 503, when to come again, and a page that only root may read" {
	(umask 077 && : >/etc/hello-http.html)
	use maintenance hello-http.service
	[ "$(stat -c %a /etc/hello-http.html)" = 600 ]
	try
	has 'HTTP/1.1 503 Service Unavailable'
	has 'Retry-After: 600'
	has 'Content-Type: text/html; charset=utf-8'
	[ "$(content)" = '<h1>Back at noon</h1>' ]
	undo
}

@test "maintenance: a changed page is taken up, and no client loses its connection" {
	use maintenance hello-http.service
	commands maintenance 'Change the page' >"$BATS_TEST_TMPDIR/change"
	sed -i 's/sudo //' "$BATS_TEST_TMPDIR/change"
	python3 - "$BATS_TEST_TMPDIR/change" <<-'PY'
		import http.client, subprocess, sys
		client = http.client.HTTPConnection("127.0.0.1", 8000, timeout=20)
		client.connect()
		end = client.sock.getsockname()
		for page in b"<h1>Back at noon</h1>\n", b"<h1>Back at one</h1>\n":
		    client.request("GET", "/")
		    answer = client.getresponse().read()
		    assert answer == page, answer
		    assert client.sock.getsockname() == end
		    subprocess.run(["bash", "-e", sys.argv[1]], check=True)
	PY
}

@test "default-backend: 404 on a socket in the file system, and on no port" {
	use default-backend hello-http.socket hello-http.service
	try
	has 'HTTP/1.1 404 Not Found'
	has 'Content-Type: text/plain'
	[ "$(content)" = 'No such site' ]
	run -7 curl -sS "$URL"
	undo
}

# serve COMMAND...: until teardown.
serve() {
	"$@" >"$BATS_TEST_TMPDIR/server" 2>&1 3>&- &
	server=$!
}

stop_server() {
	kill "$server"
	wait "$server" || true
}

answers() {
	curl -gsS -o /dev/null --max-time "$PATIENCE" "$1" 2>/dev/null
}

@test "default-backend: nginx, told what the example says, answers for it" {
	command -v nginx >/dev/null || skip "nginx is not installed"
	use default-backend hello-http.service
	{
		echo 'daemon off; master_process off; pid nginx.pid; error_log stderr;'
		echo 'events { }'
		echo 'http { access_log off;'
		printf '%s_temp_path nginx.tmp;\n' client_body proxy fastcgi uwsgi scgi
		commands default-backend "The proxy's part, in nginx"
		echo '}'
	} >"$BATS_TEST_TMPDIR/nginx.conf"
	serve nginx -p "$BATS_TEST_TMPDIR" -c nginx.conf
	wait_until answers http://127.0.0.1/
	everywhere 80 /any 'HTTP/1.1 404 Not Found'
	[ "$(curl -sS http://127.0.0.1/)" = 'No such site' ]
}

# haproxy_answers TEXT [GLOBAL...]: told what stands below that line.
haproxy_answers() {
	{
		printf '%s\n' global "${@:2}"
		echo 'defaults'
		printf 'timeout %s 20s\n' client connect server
		echo 'mode http'
		echo 'frontend door'
		echo 'bind :80'
		echo 'default_backend none'
		commands default-backend "$1"
	} >"$BATS_TEST_TMPDIR/haproxy.cfg"
	run -0 haproxy -c -f "$BATS_TEST_TMPDIR/haproxy.cfg"
	serve haproxy -db -f "$BATS_TEST_TMPDIR/haproxy.cfg"
	wait_until answers http://127.0.0.1/
	[ "$(curl -sS http://127.0.0.1/)" = 'No such site' ]
}

@test "default-backend: HAProxy, told what the example says, answers for it" {
	command -v haproxy >/dev/null || skip "haproxy is not installed"
	use default-backend hello-http.service
	haproxy_answers "The proxy's part, in HAProxy"
}

@test "default-backend: HAProxy in a chroot, told of the other path, answers for it" {
	command -v haproxy >/dev/null || skip "haproxy is not installed"
	use default-backend hello-http.service
	sed -i 's/^#ListenStream=/ListenStream=/' \
		"$SYSTEM/hello-http.socket.d/default-backend.conf"
	systemctl daemon-reload
	systemctl restart hello-http.socket
	haproxy_answers 'The same where HAProxy has' 'chroot /var/lib/haproxy'
}

@test "captive-portal: 204 that no cache keeps, on port 80 of each address" {
	use captive-portal hello-http.socket hello-http.service
	try
	has 'HTTP/1.1 204 No Content'
	has 'Cache-Control: no-store'
	[ -z "$(content)" ]
	everywhere 80 /generate_204 'HTTP/1.1 204 No Content'
	undo
}

@test "redirect: 301 to one place of https, on port 80 of each address" {
	use redirect hello-http.socket hello-http.service
	try
	has 'HTTP/1.1 301 Moved Permanently'
	[ -z "$(content)" ]
	everywhere 80 /some/path 'Location: https://www.example.org/'
	undo
}

@test "health: JSON that no cache keeps, at each address" {
	use health hello-http.socket hello-http.service
	try
	has 'HTTP/1.1 200 OK'
	has 'Content-Type: application/json'
	has 'Cache-Control: no-store'
	[ "$(content | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])')" = pass ]
	everywhere 8000 /health 'HTTP/1.1 200 OK'
	undo
}

# --- several sites ----------------------------------------------------------------

# site NAME: its page.
site() {
	get --unix-socket "/run/hello-http-$1.sock" http://localhost/
}

@test "sites: each has its door, its page and its process, at once" {
	# shellcheck disable=SC2086 # several
	use sites ${SITES// /.socket }.socket ${SITES// /.service }.service
	try
	has '<h1>The blog moves</h1>'
	has '<h1>The shop is shut</h1>'
	has 'Content-Type: text/html; charset=utf-8'
	[ "$(main_pid hello-http-site@blog)" -ne "$(main_pid hello-http-site@shop)" ]
	# Nor is the one service, with its door, a part of it.
	state_is hello-http.socket inactive
	undo
}

@test "sites: a changed page is that site's, after a reload" {
	local pid
	use sites
	try
	pid=$(main_pid hello-http-site@blog)
	paste sites 'Change a page'
	is_changed() {
		[ "$(site blog)" = '<h1>The blog has moved</h1>' ]
	}
	wait_until is_changed
	[ "$(site shop)" = '<h1>The shop is shut</h1>' ]
	[ "$(main_pid hello-http-site@blog)" = "$pid" ]
}

# differing UNIT: what it and hello-http.service have set otherwise.
differing() {
	local names
	names=$(sed -n 's/^\([A-Z][A-Za-z]*\)=.*/\1/p' "$UNITS/hello-http.service" |
		sort -u | tr '\n' ,)
	diff <(systemctl show --property="$names" hello-http.service) \
		<(systemctl show --property="$names" "$1") |
		sed -n 's/^> \([A-Za-z]*\)=.*/\1/p' | sort -u | xargs
}

@test "sites: all that the unit has, a site has too, but what it must have of its own" {
	use sites
	run -0 differing hello-http-site@blog.service
	echo "differing: $output"
	[ "$output" = 'Description ExecStart Requires' ]
	[[ "$(property hello-http-site@blog.service Requires)" == *hello-http-site@blog.socket* ]]
	[[ "$(property hello-http-site@blog.service Requires)" != *hello-http.socket* ]]
}

@test "sites: without the link, and so without the sandbox, the door stays closed" {
	use sites
	systemctl stop hello-http-site@blog.socket
	rm "$SYSTEM/hello-http-site@.service.d/hello-http.conf"
	systemctl daemon-reload
	run systemctl start hello-http-site@blog.socket
	[ "$status" -ne 0 ]
	run -7 curl -sS --unix-socket /run/hello-http-blog.sock http://localhost/
	[ "$(property hello-http-site@blog.service DynamicUser)" = yes ]
}

# --- without units ------------------------------------------------------------------

# serves_as_inetd NAME: a server that is told of the example while it runs, and
# then told otherwise; at the one port a process is for one client, at the other
# for all.
serves_as_inetd() {
	used=$1
	wait_until catches_hangup "$server"
	paste "$1" 'Use it'
	wait_until answers "$URL"
	for _ in 1 2; do
		try
		[ "$(grep -Fc "$PAGE" <<<"$output")" -eq 4 ]
		# IPv4 and IPv6 are two listeners, so two processes, of both rounds.
		wait_until processes_are 2
	done
	[ "$(pgrep -xc -u nobody hello-http)" = 2 ]
	pkill -x hello-http
	paste "$1" 'Undo it'
	wait_until is_refused
}

# catches_hangup PID: a program that has just been started would be ended by it; before
# it is that program, it is the shell that ran this, and catches it, too.
catches_hangup() {
	local caught
	caught=$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status") || return
	[ "$(cat "/proc/$1/comm")" != bash ] && ((0x$caught & 1))
}

is_refused() {
	run curl -sS "$URL"
	[ "$status" -eq 7 ]
}

processes_are() {
	[ "$(pgrep -xc hello-http)" = "$1" ]
}

@test "inetd.conf: each line is served by inetd" {
	command -v inetd >/dev/null || skip "inetd is not installed"
	serve inetd -i
	serves_as_inetd inetd.conf
}

@test "xinetd.conf: each service is served by xinetd" {
	PATH+=:/repository/build/deps/usr/sbin
	command -v xinetd >/dev/null || skip "xinetd is not installed"
	serve xinetd -dontfork -f /etc/xinetd.conf -filelog "$BATS_TEST_TMPDIR/log"
	serves_as_inetd xinetd.conf
}

# --- all of them ----------------------------------------------------------------------

@test "each example is in a test, and in the table" {
	local name count=0
	for name in "$EXAMPLES"/*; do
		name=${name##*/}
		[ "$name" != README.md ] || continue
		count=$((count + 1))
		grep -Erq "^[^#]*(use |serves_as_inetd |/examples/)$name\b" \
			/repository/tests --include='*.bats' || {
			echo "nobody has tried $name"
			return 1
		}
		grep -Eq "^\|.*\b$name\b" "$EXAMPLES/README.md"
	done
	[ "$count" -eq 10 ]
}
