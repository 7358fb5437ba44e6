#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The image that "make oci" makes, and the Quadlet beside its Containerfile, run
# by podman under the system manager that tests/systemd/run boots. Nothing of
# the product is installed there.
#
# What is not run here: the Containerfile's first stage, whose base image would be
# pulled from a registry ("make oci" puts the same files in its place); and
# podman's own generator for Quadlets, which podman has from 4.4 on, while Debian
# 12 has 4.3: option() stands in for it.

load ../systemd/helper

SOURCES=/repository/packaging/oci
ARCHIVE=/repository/build/oci/hello-http.tar
VERSION=$(sed -n 's/^VERSION = //p' /repository/Makefile)
IMAGE=localhost/hello-http:$VERSION
SERVICE=/etc/systemd/system/hello-http.service

# What podman has to do without in a container of systemd-nspawn, and without
# the right to raise limits: none of it is the image's or the Quadlet's.
setup_file() {
	mkdir -p /etc/containers /etc/systemd/system /var/tmp
	cat >/etc/containers/containers.conf <<-'END'
		[containers]
		default_ulimits = ["nofile=1024:4096", "nproc=1000:1000"]
		cgroups = "disabled"
		keyring = false
	END
	cat >/etc/containers/storage.conf <<-'END'
		[storage]
		driver = "vfs"
		graphroot = "/h/storage"
		runroot = "/run/containers/storage"
	END
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' \
		>/etc/containers/policy.json
	podman load --quiet --input "$ARCHIVE" >&2
}

teardown() {
	systemctl stop hello-http.socket hello-http.service || true
	podman rm --all --force --time=0 >/dev/null
	rm -f /etc/systemd/system/hello-http.*
}

# --- the Quadlet -----------------------------------------------------------

# option KEY VALUE: of podman run.
option() {
	case $1=$2 in
	Pull=*) echo "--pull=$2" ;;
	StopTimeout=*) echo "--stop-timeout=$2" ;;
	LogDriver=*) echo "--log-driver=$2" ;;
	User=*) echo "--user=$2:$(value Group)" ;;
	Group=*) ;;
	Network=*) echo "--network=$2" ;;
	DropCapability=*) echo "--cap-drop=$2" ;;
	NoNewPrivileges=yes) echo --security-opt=no-new-privileges ;;
	Notify=yes) echo --sdnotify=container ;;
	ReadOnly=yes) echo --read-only ;;
	ReadOnlyTmpfs=no) echo --read-only-tmpfs=false ;;
	Image=* | Exec=*) ;;
	*)
		echo "no option is known for $1=$2" >&2
		return 1
		;;
	esac
}

# value KEY: of the Quadlet.
value() {
	sed -n "s/^$1=//p" "$SOURCES/hello-http.container"
}

section() {
	sed -n "/^\[$1\]/,/^\[/p" "$SOURCES/hello-http.container" | grep '^[A-Z]'
}

# quadlet [ARGUMENTS]: the service that podman 5.4 generates, in its words, as
# podman 4.3 generates none; but without --cgroups=split, which is for a whole
# cgroup v2, and with ARGUMENTS in place of those of Exec=.
quadlet() {
	local key value option options=--sdnotify=conmon
	while IFS='=' read -r key value; do
		option=$(option "$key" "$value") || return
		options+=" $option"
	done < <(section Container)
	cat <<-END
		[Unit]
		$(section Unit)
		RequiresMountsFor=%t/containers
		[Service]
		$(section Service)
		Environment=PODMAN_SYSTEMD_UNIT=%n
		KillMode=mixed
		ExecStop=/usr/bin/podman rm -v -f -i --cidfile=%t/%N.cid
		ExecStopPost=-/usr/bin/podman rm -v -f -i --cidfile=%t/%N.cid
		# podman 4.3 leaves it there.
		ExecStopPost=-rm -f %t/%N.cid
		Delegate=yes
		Type=notify
		NotifyAccess=all
		SyslogIdentifier=%N
		ExecStart=/usr/bin/podman run --name systemd-%N --cidfile=%t/%N.cid --replace --rm -d $options $(value Image) ${*:-$(value Exec)}
	END
}

# open_door [ARGUMENTS]: the service and its socket, installed and started.
open_door() {
	quadlet "$@" >"$SERVICE"
	cp "$SOURCES/hello-http.socket" /etc/systemd/system
	systemctl daemon-reload
	systemctl start hello-http.socket
}

server_pid() {
	pgrep -x hello-http
}

# --- the image -------------------------------------------------------------

@test "the image holds the program and its libraries, and nothing else" {
	local root
	root=$(podman image mount "$IMAGE")
	run -0 diff <(cd "$root" && find . ! -type d | sort) \
		<({ echo ./usr/bin/hello-http
			ldd /repository/build/hello-http | grep -o '/[^ ]*' | sed 's/^/./'
		} | sort)
	run -0 find "$root" ! -user 0 -o ! -group 0 -o -perm /7022
	[ -z "$output" ]
}

@test "the image is named after the version of the program in it" {
	run -0 podman run --rm --network=none "$IMAGE" --version
	[ "$output" = "hello-http $VERSION" ]
	run -0 podman image inspect --format \
		'{{index .Labels "org.opencontainers.image.version"}}' "$IMAGE"
	[ "$output" = "$VERSION" ]
	[ "$(value Image)" = "$IMAGE" ]
}

@test "built anew elsewhere, at another time, the image is the same" {
	(umask 077 && make -s -C /repository BUILD="$BATS_TEST_TMPDIR" oci)
	run -0 cmp <(tar -xOf "$ARCHIVE" index.json) \
		<(tar -xOf "$BATS_TEST_TMPDIR/oci/hello-http.tar" index.json)
}

@test "run without a socket, it listens on port 8000 of every address" {
	podman run --detach --network=host --read-only --cap-drop=all "$IMAGE"
	wait_until has_page http://127.0.0.1:8000/
	has_page 'http://[::1]:8000/'
}

@test "run without a user being named, it is nobody" {
	podman run --detach --network=none "$IMAGE"
	wait_until server_pid
	run -0 stat --format=%u:%g "/proc/$(server_pid)"
	[ "$output" = 65534:65534 ]
}

@test "stopped, it finishes the request that has begun and ends with status 0" {
	podman run --detach --name=stopped --network=host "$IMAGE"
	wait_until has_page http://127.0.0.1:8000/
	python3 - <<'PY'
import socket, subprocess, time
client = socket.create_connection(("127.0.0.1", 8000), 20)
client.sendall(b"GET / HTTP/1.1\r\n")
stop = subprocess.Popen(["podman", "stop", "stopped"])
while not socket.socket().connect_ex(("127.0.0.1", 8000)):
    time.sleep(0.05)
client.sendall(b"Host: h\r\n\r\n")
assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
assert stop.wait(20) == 0
PY
	run -0 podman inspect --format '{{.State.ExitCode}}' stopped
	[ "$output" -eq 0 ]
}

# --- the Quadlet -----------------------------------------------------------

@test "systemd finds nothing to say against socket and service" {
	open_door
	run -0 systemd-analyze verify --man=no --recursive-errors=no \
		hello-http.service hello-http.socket
	[ -z "$output" ]
}

@test "the socket is passed through to the container, which the first client starts" {
	open_door
	state_is hello-http.service inactive
	has_page
	wait_until state_is hello-http.service active
	[ -e "/proc/$(server_pid)/root/usr/bin/hello-http" ]
	[ ! -e "/proc/$(server_pid)/root/etc/systemd" ]
}

@test "in the container it is nobody, and can do and write nothing" {
	open_door
	has_page
	run -0 grep -cE '^(([UG]id|Groups):(.65534)+ ?|Cap.*:.0{16}|NoNewPrivs:.1|Seccomp:.2)$' \
		"/proc/$(server_pid)/status"
	[ "$output" -eq 10 ]
	run -0 grep -c ' / ro,' "/proc/$(server_pid)/mountinfo"
	[ "$output" -eq 1 ]
	[ ! -e "/proc/$(server_pid)/root/tmp" ]
	run -0 nsenter --target "$(server_pid)" --net ip -brief address
	[[ ${#lines[@]} -eq 1 && $output == lo* ]]
}

@test "it has started when the program says so, not when the container runs" {
	open_door --help
	run ! systemctl start hello-http.service
	[ "$(property hello-http.service Result)" = protocol ]
}

@test "idle, the container ends, and the next client starts another" {
	local client
	open_door --exit-idle-time=100ms
	for client in 1 2 3; do
		has_page
		wait_until state_is hello-http.service inactive
	done
	[ "$(property hello-http.service Result)" = success ]
}

@test "no client that comes during a restart is lost" {
	open_door
	has_page
	python3 - <<'PY'
import socket, subprocess
restart = subprocess.Popen(["systemctl", "restart", "hello-http.service"])
clients = 0
while restart.poll() is None:
    client = socket.create_connection(("127.0.0.1", 8000), 20)
    client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    clients += 1
assert clients > 0 and restart.returncode == 0
PY
}
