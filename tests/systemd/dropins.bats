#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The drop-ins that the manual page has for the service: another answer, and
# what each loosening of the sandbox needs. Those of the socket: doors.bats.

load helper
load drop_ins

LOG=/var/log/hello-http.log

setup_file() {
	mkdir -p /srv /home /root
}

teardown() {
	systemctl stop hello-http.socket hello-http.service
	rm -rf /srv/maintenance.html /home/alice /root/page.html "$LOG"* \
		/etc/systemd/system/*.wants/hello-http*
}

# body_is TEXT [CURL OPTIONS...]
body_is() {
	local text=$1
	shift
	[ "$(curl -sS --max-time "$PATIENCE" "${@:-$URL}")" = "$text" ]
}

# is_logged TARGET FILE
is_logged() {
	grep -q "\"GET /$1 HTTP/1.1\" 200 20 " "$2"
}

exposure() {
	systemd-analyze security --no-pager hello-http.service |
		sed -n 's/.*exposure level.*: \([0-9.]*\).*/\1/p'
}

# --- answers ------------------------------------------------------------------

@test "a maintenance page from /srv needs nothing but the options" {
	echo '<h1>Back at noon</h1>' >/srv/maintenance.html
	apply '    --body-file=/srv/maintenance.html'
	perform 'systemctl restart hello-http.socket'
	body_is '<h1>Back at noon</h1>'
	run -0 curl -sSI --max-time "$PATIENCE" "$URL"
	[[ $output == *'HTTP/1.1 503 '* ]]
	[[ $output == *'Retry-After: 600'* ]]
}

@test "a changed body file is read by reload, in the same process" {
	local pid
	echo one >/srv/maintenance.html
	apply '    --body-file=/srv/maintenance.html'
	systemctl start hello-http.socket
	body_is one
	pid=$(main_pid)
	echo two >/srv/maintenance.html
	body_is one
	perform 'systemctl try-reload-or-restart hello-http.service'
	wait_until body_is two
	[ "$(main_pid)" = "$pid" ]
}

@test "a file that only root may read is passed as a credential" {
	(umask 077 && echo secret >/root/page.html)
	apply 'LoadCredential=page:/root/page.html'
	systemctl start hello-http.socket
	body_is secret
}

@test "a changed credential is taken up by restart" {
	echo one >/root/page.html
	apply 'LoadCredential=page:/root/page.html'
	systemctl start hello-http.socket
	body_is one
	echo two >/root/page.html
	perform 'systemctl restart hello-http.service'
	body_is two
}

@test "restart takes up a drop-in of the running service" {
	systemctl start hello-http.socket
	has_page
	echo closed >/srv/maintenance.html
	apply '    --body-file=/srv/maintenance.html'
	has_page
	perform 'systemctl restart hello-http.service'
	body_is closed
}

# --- sandbox ------------------------------------------------------------------

make_home() {
	mkdir -p /home/alice/public /home/alice/private
	chmod 700 /home/alice
	chmod 755 /home/alice/public
	echo "from home" >/home/alice/public/page.html
	chmod 644 /home/alice/public/page.html
}

@test "a body file below /home is served with its directory bound" {
	make_home
	apply 'ProtectHome=tmpfs'
	systemctl start hello-http.socket
	body_is 'from home'
}

@test "a body file below /home is replaced and read again by reload" {
	make_home
	apply 'ProtectHome=tmpfs'
	systemctl start hello-http.socket
	body_is 'from home'
	echo new >/home/alice/public/new.html
	chmod 644 /home/alice/public/new.html
	mv /home/alice/public/new.html /home/alice/public/page.html
	systemctl reload hello-http.service
	wait_until body_is new
}

@test "of /home the service sees that directory and nothing else" {
	make_home
	apply 'ProtectHome=tmpfs'
	systemctl start hello-http.socket
	body_is 'from home'
	run -0 find "/proc/$(main_pid)/root/home/" "/proc/$(main_pid)/root/root/" \
		! -type d -printf '%P\n'
	[ "$output" = alice/public/page.html ]
	[ ! -e "/proc/$(main_pid)/root/home/alice/private" ]
	run -1 touch "/proc/$(main_pid)/root/home/alice/public/file"
	[[ $output == *'Read-only file system'* ]]
}

@test "the request log goes to a file, and to the next one after a restart" {
	apply 'StandardOutput=append:/var/log/hello-http.log'
	systemctl start hello-http.socket
	get "${URL}one"
	wait_until is_logged one "$LOG"
	mv "$LOG" "$LOG.1"
	get "${URL}two"
	wait_until is_logged two "$LOG.1"
	[ ! -e "$LOG" ]
	systemctl restart hello-http.service
	get "${URL}three"
	wait_until is_logged three "$LOG"
}

@test "a log in a file loosens nothing: the service can still open none" {
	local before
	before=$(exposure)
	[ "$before" ]
	apply 'StandardOutput=append:/var/log/hello-http.log'
	systemctl start hello-http.socket
	has_page
	[ "$(exposure)" = "$before" ]
	run -1 touch "/proc/$(main_pid)/root/var/log/file"
	[[ $output == *'Read-only file system'* ]]
}

# Without the drop-in the 10,001st would cost the first its connection.
@test "more connections than the unit's 10,000 are served at once" {
	local limit hard
	apply 'LimitNOFILE=65536'
	systemctl start hello-http.socket
	has_page
	limit=65536
	hard=$(awk '/^Max open files/ { print $5 }' /proc/1/limits)
	[ "$hard" -gt "$limit" ] || limit=$hard
	[ "$(awk '/^Max open files/ { print $5 }' "/proc/$(main_pid)/limits")" -eq "$limit" ]
	python3 - <<'PY'
import resource, socket
MANY = 10200
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ask(client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200 "), answer


clients = []
for _ in range(MANY):
    clients.append(socket.create_connection(("127.0.0.1", 8000), 20))
    ask(clients[-1])
for client in clients:
    ask(client)
PY
}

@test "a larger store keeps more connections than the unit's 512 over a restart" {
	apply 'FileDescriptorStoreMax=2000'
	systemctl start hello-http.socket
	python3 - <<'PY'
import socket, subprocess


def ask(client):
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    answer = client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 200 "), answer


clients = [socket.create_connection(("127.0.0.1", 8000), 20)
           for _ in range(800)]
for client in clients:
    ask(client)
subprocess.run(["systemctl", "restart", "hello-http.service"], check=True)
for client in clients:
    ask(client)
PY
}

@test "small content is served without memfd_create, large content does not start" {
	apply 'SystemCallFilter=~memfd_create'
	systemctl start hello-http.socket
	has_page
	[[ "$(property hello-http.service SystemCallFilter)" != *memfd_create* ]]
	systemctl stop hello-http.service
	head -c 40000 /dev/zero >/srv/maintenance.html
	drop_in hello-http.service <<-'END'
		[Service]
		SystemCallFilter=~memfd_create
		ExecStart=
		ExecStart=/usr/bin/hello-http --body-file=/srv/maintenance.html
	END
	systemctl start hello-http.service || true
	[ "$(property hello-http.service ExecMainStatus)" -eq 31 ]
}

@test "a wider list of system calls lets in what the unit's own does not" {
	local ours
	apply 'SystemCallFilter=@system-service'
	systemctl start hello-http.socket
	has_page
	ours=$(property hello-http.service SystemCallFilter)
	[[ " $ours " == *' getrandom '* && " $ours " == *' rename '* ]]
	[[ " $ours " != *' mount '* ]]
	# What the program itself makes is still let in.
	[[ " $ours " == *' memfd_create '* && " $ours " == *' accept4 '* ]]
}

@test "a trace of the system calls from the start is in the journal" {
	apply 'SystemCallFilter='
	systemctl start hello-http.socket
	has_page
	journalctl --sync
	run -0 journalctl -q -u hello-http.service
	[[ $output == *' accept4('* ]]
	[[ $output == *' execve("/usr/bin/hello-http", '* ]]
}

serves_with_accept_in() {
	has_page && grep -q ' accept4(' "$1"
}

@test "a running service is traced from outside, with no drop-in" {
	local strace trace=$BATS_TEST_TMPDIR/trace
	systemctl start hello-http.socket
	has_page
	strace -f -p "$(main_pid)" -o "$trace" 2>"$trace.err" 3>&- &
	strace=$!
	wait_until grep -q ' attached' "$trace.err"
	wait_until serves_with_accept_in "$trace"
	kill "$strace"
	wait "$strace" || true
	has_page
	[ "$(property hello-http.service NRestarts)" -eq 0 ]
}

OWN='systemctl add-wants multi-user.target hello-http.service'

@test "a copy of the unit without Requires= binds by itself, and at each boot" {
	systemctl enable --now hello-http.socket
	has_page
	apply 'SystemCallFilter=bind listen'
	perform "$OWN"
	has_page http://127.0.0.1:8080/
	has_page 'http://[::1]:8080/'
	state_is hello-http.socket inactive
	[ -e /etc/systemd/system/multi-user.target.wants/hello-http.service ]
	[ "$(property hello-http.service NRestarts)" -eq 0 ]
}

@test "what binds by itself keeps the rest of the sandbox, at an exposure of 1.1" {
	apply 'SystemCallFilter=bind listen'
	perform "$OWN"
	has_page http://127.0.0.1:8080/
	run -0 grep -cE '^(Cap.*:.0{16}|NoNewPrivs:.1|Seccomp:.2)$' \
		"/proc/$(main_pid)/status"
	[ "$output" -eq 7 ]
	echo "exposure $(exposure)"
	[ "$(exposure)" = 1.1 ]
}

# A connection in the store would be the next process's only socket.
@test "what binds by itself does so again at a restart, and closes its connections" {
	apply 'SystemCallFilter=bind listen'
	perform "$OWN"
	python3 - <<'PY'
import socket, subprocess
client = socket.create_connection(("127.0.0.1", 8080), 20)
client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
subprocess.run(["systemctl", "restart", "hello-http.service"], check=True)
assert client.recv(1000) == b""
PY
	has_page http://127.0.0.1:8080/
}

# --- all of them --------------------------------------------------------------

@test "each unit and drop-in of the page is applied by a test" {
	local file count=0
	cd "$BATS_TEST_DIRNAME"
	page_examples "$BATS_TEST_TMPDIR/all"
	sed -n "s/^\tapply '\(.*\)'\$/\1/p" ./*.bats >"$BATS_TEST_TMPDIR/applied"
	for file in "$BATS_TEST_TMPDIR"/all/*; do
		[[ $(<"$file") == ['[#']* ]] || continue
		count=$((count + 1))
		grep -qFx -f "$BATS_TEST_TMPDIR/applied" "$file" || {
			echo "nobody has tried:"
			cat "$file"
			return 1
		}
	done
	[ "$count" -gt 10 ]
}
