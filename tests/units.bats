#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The unit files, as "make install" puts them: what can be said of them from
# outside, and that the list of system calls covers the program's life.
#
# No system manager runs here, so these are not shown but left to
# "make check-systemd": that the manager starts the service for the first
# client; that the sandbox is in effect, and a forbidden call ends the process
# with SIGSYS; that a crash loop keeps its pace and its clients; that one
# socket unit stops the other; that MaxConnections= holds and no dead instance
# remains; enable and disable.

load helper

UNITS="hello-http.socket hello-http.service hello-http-inetd.socket hello-http-inetd@.service"
SERVICES="hello-http.service hello-http-inetd@.service"

# What a service unit sets that is not sandbox.
NOT_SANDBOX="Type|ExecStart|ExecReload|Restart|RestartSec|WatchdogSec|Timeout[A-Za-z]*Sec|LimitNOFILE"

# The whole sandbox but its system calls: its exposure is what is left without
# a root directory of its own.
SANDBOX='AmbientCapabilities=
CapabilityBoundingSet=
DevicePolicy=closed
DynamicUser=yes
IPAddressDeny=any
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateNetwork=yes
PrivateTmp=yes
PrivateUsers=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0777'

# stage DIRECTORY [VARIABLE=VALUE ...]: the installed files, under DIRECTORY.
# The paths that the caller of "make check" may have given are not for here.
stage() {
	local dir=$1
	shift
	env -u PREFIX -u BINDIR -u MANDIR -u UNITDIR -u MAKEFLAGS \
		make -s -C "$REPOSITORY" install DESTDIR="$dir" "$@"
}

setup_file() {
	export STAGE=$BATS_FILE_TMPDIR/stage
	stage "$STAGE" PREFIX=/usr >&2
	# The units name it, and verify looks for it under the same root.
	mkdir -p "$STAGE/bin"
	cp "$(type -P true)" "$STAGE/bin/kill"
}

setup() {
	cd "$STAGE/usr/lib/systemd/system" || return
}

need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

# directives FILE: one "Section Key=Value" a line, continued lines joined.
directives() {
	awk '
		/^[#;]/ || /^[ \t]*$/ { next }
		/^\[/ { section = substr($0, 2, length($0) - 2); next }
		{ line = line $0 }
		sub(/\\$/, "", line) { next }
		{ print section, line; line = "" }
	' "$1"
}

# values FILE KEY: the value of each KEY= in it.
values() {
	directives "$1" | sed -n "s/^[A-Za-z]* $2=//p"
}

# sandbox FILE: its [Service] directives less those that are no sandbox.
sandbox() {
	directives "$1" | sed -n 's/^Service //p' |
		grep -Ev "^($NOT_SANDBOX)=" | sort
}

# permitted FILE: each system call that its filter lets through.
permitted() {
	local word
	{
		echo @default
		values "$1" SystemCallFilter | tr -s ' ' '\n'
	} | while read -r word; do
		case $word in
		@*) systemd-analyze syscall-filter "$word" |
			sed -n 's/^ \{4\}\([^# ]\)/\1/p' ;;
		*) echo "$word" ;;
		esac
	done | sort -u
}

# verify DIRECTORY: systemd's own opinion of all four units; silence is praise.
verify() {
	local man=no
	# It asks man(1) for the page that Documentation= names.
	if command -v man >/dev/null; then
		man=yes
	fi
	# shellcheck disable=SC2086 # a list of names
	MANPATH=$1/usr/share/man systemd-analyze verify --root="$1" \
		--man="$man" --recursive-errors=no $UNITS
}

@test "systemd-analyze verify is silent on the installed units" {
	need systemd-analyze
	run verify "$STAGE"
	echo "$output"
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "systemd-analyze verify, as asked here, does refuse an unknown directive" {
	need systemd-analyze
	local unit copy=$BATS_TEST_TMPDIR/copy
	for unit in $UNITS; do
		rm -rf "$copy"
		cp -R "$STAGE" "$copy"
		echo 'NoSuchDirective=yes' >>"$copy/usr/lib/systemd/system/$unit"
		run verify "$copy"
		echo "$unit: $output"
		[ "$status" -ne 0 ]
		[[ $output == *NoSuchDirective* ]]
	done
}

@test "systemd-analyze security gives both services an exposure of 0.2 at most" {
	need systemd-analyze
	local unit
	for unit in $SERVICES; do
		run systemd-analyze security --no-pager --offline=true \
			--threshold=2 "./$unit"
		echo "$output" | grep -v '^✓'
		[ "$status" -eq 0 ]
	done
}

@test "systemd-analyze security, as asked here, does refuse a service with less sandbox" {
	need systemd-analyze
	local unit
	for unit in $SERVICES; do
		grep -v '^PrivateNetwork=' "$unit" >"$BATS_TEST_TMPDIR/$unit"
		run systemd-analyze security --no-pager --offline=true \
			--threshold=2 "$BATS_TEST_TMPDIR/$unit"
		[ "$status" -ne 0 ]
	done
}

@test "no directive is newer than systemd 252" {
	local unit
	for unit in $UNITS; do
		run -1 grep -E '^(RestartSteps|RestartMaxDelaySec|RestartMode|PollLimit.*|FileDescriptorStorePreserve|ReloadSignal|PassFileDescriptorsToExec|SurviveFinalKillSignal|PrivatePIDs|ProtectHostname=private|UpheldBy|Type=notify-reload)' "$unit"
	done
}

@test "each directive has its reason in the line above" {
	local unit
	for unit in $UNITS; do
		run awk '
			/^[#;]/ || /^\[/ || /^[ \t]*$/ || continued {
				continued = /[^#]\\$/ && !/^#/
				above = $0
				next
			}
			above !~ /^# [^ -].*[.;]$/ {
				print FILENAME ":" FNR ": no reason above " $0
				bad = 1
			}
			{
				above = $0
				continued = /\\$/
			}
			END { exit bad }
		' "$unit"
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "the installed units start the installed program" {
	local unit
	for unit in $SERVICES; do
		run -0 values "$unit" ExecStart
		[ "${output%% *}" = /usr/bin/hello-http ]
		[ -x "$STAGE${output%% *}" ]
	done
}

@test "another PREFIX or BINDIR given to make is where the units look" {
	local unit dir=$BATS_TEST_TMPDIR
	stage "$dir/a" PREFIX=/opt/x UNITDIR=/units
	stage "$dir/b" PREFIX=/opt/x UNITDIR=/units BINDIR=/opt/y/sbin
	for unit in $SERVICES; do
		run -0 values "$dir/a/units/$unit" ExecStart
		[ "${output%% *}" = /opt/x/bin/hello-http ]
		[ -x "$dir/a${output%% *}" ]
		run -0 values "$dir/b/units/$unit" ExecStart
		[ "${output%% *}" = /opt/y/sbin/hello-http ]
		[ -x "$dir/b${output%% *}" ]
	done
}

@test "nothing is left to be filled in, and the units name what exists" {
	local unit
	for unit in $UNITS; do
		run -1 grep -E '^[^#].*@[A-Z]+@' "$unit"
		[ "$(values "$unit" Documentation)" = "man:hello-http(8)" ]
	done
	run -0 values hello-http.service ExecReload
	# shellcheck disable=SC2016 # systemd's variable
	[ "$output" = '+/bin/kill -HUP $MAINPID' ]
	[ -x /bin/kill ]
}

@test "hello-http.socket: one listener on 127.0.0.1:8000, for one process" {
	[ "$(values hello-http.socket ListenStream)" = 127.0.0.1:8000 ]
	[ "$(values hello-http.socket NoDelay)" = yes ]
	[ -z "$(values hello-http.socket Accept)" ]
	[ "$(values hello-http.socket WantedBy)" = sockets.target ]
	[ "$(values hello-http.service Requires)" = hello-http.socket ]
	[ "$(values hello-http.service Also)" = hello-http.socket ]
}

@test "hello-http-inetd.socket: the same address instead of it, a process for each client" {
	[ "$(values hello-http-inetd.socket ListenStream)" = 127.0.0.1:8000 ]
	[ "$(values hello-http-inetd.socket NoDelay)" = yes ]
	[ "$(values hello-http-inetd.socket Accept)" = yes ]
	[ "$(values hello-http-inetd.socket MaxConnections)" -gt 0 ]
	[ "$(values hello-http-inetd.socket Conflicts)" = hello-http.socket ]
	# Conflicts= alone does not wait until the address is free.
	[ "$(values hello-http-inetd.socket After)" = hello-http.socket ]
	[ "$(values hello-http-inetd.socket WantedBy)" = sockets.target ]
	# The client arrives as descriptor 3, as with every passed socket.
	[ -z "$(values hello-http-inetd@.service StandardInput)" ]
	[ "$(values hello-http-inetd@.service CollectMode)" = inactive-or-failed ]
}

@test "neither idle exits nor a crash loop reach a limit that closes the door" {
	local unit
	for unit in hello-http.socket hello-http-inetd.socket; do
		[ "$(values "$unit" TriggerLimitIntervalSec)" = 0 ]
		[ "$(values "$unit" StartLimitIntervalSec)" = 0 ]
	done
	# Its start limit would fail the socket too.
	[ "$(values hello-http.service StartLimitIntervalSec)" = 0 ]
	for unit in $UNITS; do
		run -1 grep -E '^(StartLimitBurst|StartLimitAction|TriggerLimitBurst|FailureAction)=' "$unit"
	done
}

@test "a crash loop is slowed: whatever fails comes back after a pause" {
	[ "$(values hello-http.service Restart)" = on-failure ]
	[ "$(values hello-http.service RestartSec)" = 1s ]
	# With these a failed start is not restarted but left to the socket, which,
	# its limits off, starts it again at once while a client waits: it spins.
	for unit in $SERVICES; do
		run -1 grep -E '^(Condition|Assert|RestartPreventExitStatus|SuccessExitStatus|ExecCondition)' "$unit"
	done
	# One client's process is not started again without its client.
	[ "$(values hello-http-inetd@.service Restart)" = no ]
}

@test "limits leave room for 10,000 connections and for the drain" {
	[ "$(values hello-http.service LimitNOFILE)" -ge 10240 ]
	local unit
	for unit in $SERVICES; do
		[ "$(values "$unit" Type)" = notify ]
		[ "$(values "$unit" TimeoutStopSec)" = 20s ]
		[ "$(values "$unit" WatchdogSec)" = 30s ]
	done
	run -0 values hello-http.service ExecStart
	[ "$output" = "/usr/bin/hello-http --exit-idle-time=60s" ]
	# The drain's default, which TimeoutStopSec= has to exceed.
	run -0 "$STAGE/usr/bin/hello-http" --help
	[[ $output =~ --drain-timeout.*10\ ?s ]]
}

@test "the sandbox is whole" {
	local unit
	for unit in $SERVICES; do
		run diff <(echo "$SANDBOX" | sort) \
			<(sandbox "$unit" | grep -v '^SystemCallFilter=')
		echo "$unit: $output"
		[ "$status" -eq 0 ]
	done
}

@test "the sandboxes of both services are alike" {
	run diff <(sandbox hello-http.service) \
		<(sandbox hello-http-inetd@.service)
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the system call filter is a list in kill mode" {
	local unit
	for unit in $SERVICES; do
		[ -z "$(values "$unit" SystemCallErrorNumber)" ]
		# Each call by its name, once: no group, no exception, no error number.
		run -0 values "$unit" SystemCallFilter
		[[ ! $output =~ [@~:] ]]
		[ -z "$(tr -s ' ' '\n' <<<"$output" | sort | uniq -d)" ]
	done
}

# life TRACES PROGRAM: the program's whole life under strace, once for each
# door and limit, as the units start it: sockets passed, standard streams a
# socket as the journal's, state told to a socket, watchdog on. TRACES gets
# one file for each.
life() {
	python3 -IS - "$@" <<'PY'
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

TRACES, PROGRAM = sys.argv[1:]
PATIENCE = 30
NET = [(socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0))]
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Ear:
    """Hears all that is said on a socket, so that nobody waits to be heard."""

    def __init__(self, sock):
        self.said = b""
        self.sock = sock
        self.news = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            try:
                more = self.sock.recv(1 << 20)
            except OSError:
                more = b""
            if not more:
                return
            with self.news:
                self.said += more + b"\n"
                self.news.notify_all()

    def hears(self, pattern):
        """Wait until something like this is said, after what was heard last."""
        def has_heard():
            return re.search(pattern, self.said)

        with self.news:
            if not self.news.wait_for(has_heard, PATIENCE):
                raise SystemExit(f"no {pattern} in {self.said[-1000:]!r}")
            self.said = self.said[has_heard().end():]


class Life:
    """One process from start to end, and what it says to its manager."""

    def __init__(self, name, arguments, sockets, descriptors=None, env=()):
        self.name = name
        self.trace = f"{TRACES}/{name}.trace"
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(f"{TRACES}/{name}.notify")
        self.manager = Ear(notify)
        self.journal_socket, theirs = socket.socketpair()
        self.journal = Ear(self.journal_socket)
        where = os.fstat(theirs.fileno())
        environment = {
            "PATH": os.environ["PATH"],
            "NOTIFY_SOCKET": f"{TRACES}/{name}.notify",
            "WATCHDOG_USEC": "400000",
            "JOURNAL_STREAM": f"{where.st_dev}:{where.st_ino}",
            "LISTEN_FDS": str(len(sockets)),
            "LISTEN_FDNAMES": ":".join(["door"] * len(sockets)),
            **dict(env),
        }

        def child():
            # Out of the way of 3, 4, ..., which they become.
            moved = [os.dup2(s.fileno(), 100 + i, False)
                     for i, s in enumerate(sockets)]
            for i, descriptor in enumerate(moved):
                os.dup2(descriptor, 3 + i)
                os.close(descriptor)
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE,
                                   (descriptors, descriptors))

        # The shell gives its process, and so its id, to the program; what it
        # did itself stands before the program's execve.
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-s", "64", "-o", self.trace,
             "sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh",
             PROGRAM, *arguments],
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
            close_fds=False, preexec_fn=child, env=environment)
        theirs.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            # The program, not its tracer, without which it would go on.
            self.signal(signal.SIGKILL)
            self.process.wait()

    def pid(self):
        with open(self.trace) as trace:
            return int(trace.readline().split()[0])

    def made(self, what):
        """Wait until this is in the trace."""
        end = time.monotonic() + PATIENCE
        while what not in open(self.trace).read():
            if time.monotonic() > end:
                raise SystemExit(f"{self.name}: no {what} in its trace")
            time.sleep(0.01)

    def signal(self, number):
        os.kill(self.pid(), number)

    def ends(self, status):
        got = self.process.wait(PATIENCE)
        if got != status:
            raise SystemExit(f"{self.name}: exit {got}, not {status}: "
                             f"{self.journal.said[-1000:]!r}")


def listeners(path):
    found = []
    for family, address in NET:
        try:
            s = socket.socket(family)
            s.bind(address)
        except OSError:
            continue  # no IPv6 here
        found.append(s)
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    found.append(s)
    for s in found:
        s.listen(4096)
    return found


def client(listener):
    s = socket.socket(listener.family)
    s.settimeout(PATIENCE)
    s.connect(listener.getsockname())
    return s


def answer(c, status=b"200"):
    """Read one answer whole."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = c.recv(65536)
        if not more:
            raise SystemExit(f"closed instead of {status}: {got!r}")
        got += more
    head, _, content = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 " + status):
        raise SystemExit(f"not {status}: {head!r}")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    left = int(length[1]) - len(content) if length else 0
    while left > 0:
        left -= len(c.recv(min(left, 1 << 20)))


def closed(c):
    while c.recv(65536):
        pass


def talk(c):
    """What a kept connection goes through, ended by the server."""
    c.sendall(GET)
    answer(c)
    c.sendall(GET[:9])
    time.sleep(0.01)  # or it might be one segment with the rest
    c.sendall(GET[9:])
    answer(c)
    c.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
              b"Expect: 100-continue\r\n\r\n")
    answer(c, b"100")
    c.sendall(b"5\r\nhello\r\n0\r\n\r\n")
    answer(c)
    c.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
              + bytes(100000))
    answer(c)
    c.sendall(LAST)
    answer(c)
    closed(c)


def trouble(door):
    """Kept connections and those that end in every other way."""
    talk(client(door))
    c = client(door)  # nonsense
    c.sendall(b"\x16\x03\x01\r\n\r\n")
    answer(c, b"400")
    c.close()
    c = client(door)  # an upload too large, that goes on for a while
    c.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n"
              b"\r\n" + bytes(70000))
    answer(c, b"413")
    c.sendall(bytes(70000))
    c.shutdown(socket.SHUT_WR)
    closed(c)
    c = client(door)  # a request that is never finished
    c.sendall(GET[:9])
    answer(c, b"408")
    c.close()
    closed(client(door))  # silence
    c = client(door)  # answers that nobody reads: a reset
    c.sendall(GET * 1000)
    c.close()
    client(door).close()


def whole_life():
    body = f"{TRACES}/body"
    with open(body, "wb") as file:
        file.write(b"x" * (16 << 20))
    doors = listeners(f"{TRACES}/whole.socket")
    arguments = ["--exit-idle-time=60s", "--log=data", f"--body-file={body}",
                 "--keepalive-timeout=500ms", "--request-timeout=500ms",
                 "--header=X-Life: whole"]
    with Life("whole", arguments, doors, env={"TZ": ":/etc/localtime"}) as life:
        life.manager.hears(b"READY=1")
        with open(body, "wb") as file:
            file.write(b"x" * (12 << 20))
        # 12 MiB, first to readers that take their time.
        slow = [client(door) for door in doors]
        for c in slow:
            c.sendall(GET)
        life.signal(signal.SIGHUP)
        life.manager.hears(b"RELOADING=1")
        life.manager.hears(b"READY=1")
        for c in slow:
            answer(c)
        os.unlink(body)
        life.signal(signal.SIGHUP)
        life.journal.hears(rb"<3>[^\n]*body")
        life.manager.hears(b"READY=1")
        with open(body, "wb") as file:
            file.write(b"small")
        life.signal(signal.SIGHUP)
        life.manager.hears(b"RELOADING=1")
        life.manager.hears(b"READY=1")
        with ThreadPoolExecutor() as pool:
            list(pool.map(trouble, doors))
        life.manager.hears(b"WATCHDOG=1")
        # The journal goes away, and the service goes on.
        life.journal_socket.shutdown(socket.SHUT_RDWR)
        for door in doors:
            talk(client(door))
        # The stop finds one connection idle and one in a request.
        idle, begun = client(doors[0]), client(doors[0])
        idle.sendall(GET)
        answer(idle)
        begun.sendall(GET[:9])
        life.signal(signal.SIGTERM)
        life.manager.hears(b"STOPPING=1")
        closed(idle)
        begun.sendall(GET[9:])
        answer(begun)
        begun.close()
        life.ends(0)


def idle_exit_after_a_crowd():
    doors = listeners(f"{TRACES}/idle.socket")
    with Life("idle", ["--exit-idle-time=300ms"], doors) as life:
        life.manager.hears(b"READY=1")
        crowd = [client(doors[-1]) for _ in range(CROWD)]
        for c in crowd:
            c.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 8000)
        for c in crowd:
            c.sendall(b"\r\nContent-Length: 0\r\n\r\n")
        for c in crowd:
            answer(c)
            c.close()
        life.ends(0)


def full_then_stopped_at_once():
    doors = listeners(f"{TRACES}/full.socket")
    arguments = ["--workers=2", "--max-connections=3", "--drain-timeout=10s"]
    with Life("full", arguments, doors) as life:
        life.manager.hears(b"READY=1")
        # Those that idle make room for those that wait.
        crowd = [client(door) for door in doors * 3]
        for c in crowd:
            c.sendall(GET)
        for c in crowd:
            answer(c)
        begun = client(doors[0])
        begun.sendall(GET)
        answer(begun)
        begun.sendall(GET[:9])
        life.signal(signal.SIGTERM)
        life.manager.hears(b"STOPPING=1")
        life.signal(signal.SIGTERM)
        life.ends(0)


def out_of_descriptors():
    doors = listeners(f"{TRACES}/descriptors.socket")
    arguments = ["--max-connections=10000", "--keepalive-timeout=1s"]
    with Life("descriptors", arguments, doors, descriptors=48) as life:
        life.manager.hears(b"READY=1")
        # What it opened for itself, and two clients.
        few = len(os.listdir(f"/proc/{life.pid()}/fd")) + 2
        resource.prlimit(life.pid(), resource.RLIMIT_NOFILE, (few, few))
        crowd = [client(doors[0]) for _ in range(16)]
        life.made("EMFILE")
        for c in crowd:
            c.sendall(LAST)
        for c in crowd:
            answer(c)
            c.close()
        life.signal(signal.SIGINT)
        life.ends(0)


def one_client():
    doors = listeners(f"{TRACES}/client.socket")
    for number, door in enumerate(doors):
        c = client(door)
        passed = door.accept()[0]
        with Life(f"client{number}", [], [passed]) as life:
            passed.close()
            life.manager.hears(b"READY=1")
            c.sendall(GET)
            answer(c)
            c.sendall(LAST)
            answer(c)
            c.close()
            life.ends(0)


def refusals():
    door = listeners(f"{TRACES}/refused.socket")[0]
    with Life("misuse", ["--status=1000"], [door]) as life:
        life.ends(2)
    with Life("no-file", ["--body-file=/nonexistent"], [door]) as life:
        life.ends(1)
    with Life("datagram", [], [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]) as life:
        life.ends(1)


# A crowd, so that tables and heaps grow as they do in service.
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
CROWD = 2000
if hard != resource.RLIM_INFINITY:
    CROWD = min(CROWD, hard - 100)
resource.setrlimit(resource.RLIMIT_NOFILE, (CROWD + 100, hard))

whole_life()
idle_exit_after_a_crowd()
full_then_stopped_at_once()
out_of_descriptors()
one_client()
refusals()
PY
}

# calls TRACES PROGRAM: each system call that the program itself made.
calls() {
	awk -v start="execve(\"$2\"" '
		FNR == 1 { on = 0 }
		index($0, start) { on = 1 }
		on && match($0, /^[0-9]+ +[a-z_0-9]+\(/) {
			name = substr($0, RSTART, RLENGTH - 1)
			sub(/.* /, "", name)
			print name
		}
	' "$1"/*.trace | sort -u
}

@test "every system call of the program's whole life is in the filter" {
	need strace python3 systemd-analyze
	strace -o /dev/null true || skip "strace may not trace here"
	local unit program=$STAGE/usr/bin/hello-http
	# Not the sanitizers' build, which makes more calls: the installed one.
	life "$BATS_TEST_TMPDIR" "$program"
	calls "$BATS_TEST_TMPDIR" "$program" >"$BATS_TEST_TMPDIR/made"
	# It has seen threads, clients and an end.
	grep -Eqx 'clone3?' "$BATS_TEST_TMPDIR/made"
	grep -qx accept4 "$BATS_TEST_TMPDIR/made"
	grep -qx exit_group "$BATS_TEST_TMPDIR/made"
	for unit in $SERVICES; do
		run comm -23 "$BATS_TEST_TMPDIR/made" <(permitted "$unit")
		echo "made, but not in $unit: $output"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}
