#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The unit files, as "make install" puts them: what can be said of them from
# outside, and that the list of system calls covers the program's life.
#
# No system manager runs here, so these are not shown but left to
# "make check-systemd": that the manager starts the service for the first
# client; that the sandbox is in effect, a forbidden call ends the process with
# SIGSYS, and so does the lack of each that is listed; that a crash loop keeps
# its pace and its clients; that one socket unit stops the other; that
# MaxConnections= holds and no dead instance remains; enable and disable.

load helper
load units

UNITS="hello-http.socket hello-http.service hello-http-inetd.socket hello-http-inetd@.service"
SERVICES="hello-http.service hello-http-inetd@.service"

# What a service unit sets that is not sandbox.
NOT_SANDBOX="Type|ExecStart|ExecReload|Restart|RestartSec|WatchdogSec|Timeout[A-Za-z]*Sec|LimitNOFILE|FileDescriptorStoreMax|Environment"

# The whole sandbox but its system calls: its exposure is what is left without
# a root directory of its own.
SANDBOX='AmbientCapabilities=
CapabilityBoundingSet=
DevicePolicy=closed
DynamicUser=yes
IPAddressDeny=any
InaccessiblePaths=-/tmp -/var/tmp -/dev/shm -/dev/mqueue -/dev/hugepages -/dev/pts
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
ReadOnlyPaths=/run
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
UMask=0777'

# The last line of the list of system calls: names by which other machines,
# other versions of libc and of libsystemd do the work of a call that is listed
# above it, or in @default. Each is here because of that call:
TWINS='epoll_pwait epoll_wait (64-bit ARM, RISC-V have no other)
epoll_pwait2 epoll_wait (libsystemd where libc has it, 2.35)
faccessat access (64-bit ARM, RISC-V have no other)
faccessat2 access (libc from 2.33 on)
fcntl64 fcntl (32-bit machines)
fstat newfstatat (libc before 2.33, and from 2.39 on)
fstat64 newfstatat (32-bit machines)
fstatat64 newfstatat (32-bit machines)
fstatfs getpid (newer libsystemd: is LISTEN_PID its own process, by pidfd?)
fstatfs64 getpid (the same on 32-bit machines)
_llseek lseek (32-bit machines)
name_to_handle_at getpid (the same)
pidfd_open getpid (the same)
recv recvfrom (32-bit machines)
send sendto (32-bit machines)
sendfile64 sendfile (32-bit machines)
statx newfstatat (32-bit machines with 64-bit time)
ppoll_time64 ppoll (32-bit machines with 64-bit time)
timerfd_settime64 timerfd_settime (32-bit machines with 64-bit time)'

# stage DIRECTORY [VARIABLE=VALUE ...]: the installed files, under DIRECTORY.
stage() {
	local dir=$1
	shift
	make_afresh install DESTDIR="$dir" "$@"
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

# sandbox FILE: its [Service] directives less those that are no sandbox.
sandbox() {
	directives "$1" | sed -n 's/^Service //p' |
		grep -Ev "^($NOT_SANDBOX)=" | sort
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

@test "each directive has its reason in the line above, in the examples too" {
	local unit examples
	mapfile -t examples < <(find "$STAGE/usr/share/doc/hello-http/examples" \
		-path '*.d/*.conf' -o -name '*.service' -o -name '*.socket')
	[ "${#examples[@]}" -ge 12 ]
	for unit in $UNITS "${examples[@]}"; do
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
	[ "$(values hello-http.service Requires)" = %N.socket ]
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

# traced: the calls of a whole life, one a line; life is led once.
traced() {
	local program=$STAGE/usr/bin/hello-http dir=$BATS_FILE_TMPDIR/traces
	need strace python3
	strace -o /dev/null true || skip "strace may not trace here"
	if [ ! -e "$dir/made" ]; then
		mkdir "$dir"
		# Not the sanitizers' build, which makes more calls: the installed one.
		"$BATS_TEST_DIRNAME/life" "$dir" "$program"
		calls "$dir" "$program" >"$dir/made"
	fi
	# It has seen threads, clients and an end.
	grep -Eqx 'clone3?' "$dir/made"
	grep -qx accept4 "$dir/made"
	grep -qx exit_group "$dir/made"
	MADE=$dir/made
}

@test "every system call of the program's whole life is in the filter" {
	need systemd-analyze
	local unit
	traced
	for unit in $SERVICES; do
		run comm -23 "$MADE" <(permitted "$unit")
		echo "made, but not in $unit: $output"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
	done
}

# is_here CALL: this machine has a system call of this name.
is_here() {
	printf '#include <sys/syscall.h>\nSYS_%s\n' "$1" | ${CC:-cc} -E -P - |
		grep -Eq '^[0-9(]'
}

@test "every system call that is listed is made in that life, none is also in @default" {
	need systemd-analyze
	local unit call work idle=()
	traced
	for unit in $SERVICES; do
		for call in $(values "$unit" SystemCallFilter | head -n -1); do
			# A machine without it does the same by another name.
			work=$call
			is_here "$call" || work+=$(awk -v call="$call" \
				'$2 == call { print "|" $1 }' <<<"$TWINS")
			grep -Eqx "$(tr -d '\n' <<<"$work")" "$MADE" || idle+=("$call")
		done
		# What is made only where a namespace is forbidden, as there: see
		# "without any one of the listed calls" in tests/systemd.
		echo "$unit lists, but nobody makes: ${idle[*]}"
		[[ ${idle[*]} == @(clone|clone3) ]]
		idle=()
		run comm -12 <(systemd-analyze syscall-filter @default |
			sed -n 's/^ \{4\}\([^# ]\)/\1/p' | sort) \
			<(values "$unit" SystemCallFilter | tr -s ' ' '\n' | sort)
		echo "in @default already: $output"
		[ -z "$output" ]
	done
}

@test "the list's last line is other names for calls above it, and no more" {
	local unit twin call why
	for unit in $SERVICES; do
		run diff <(cut -d ' ' -f 1 <<<"$TWINS" | sort) \
			<(values "$unit" SystemCallFilter | tail -n 1 | tr -s ' ' '\n' | sort)
		echo "$output"
		[ "$status" -eq 0 ]
		while read -r twin call why; do
			echo "$twin: $call $why"
			[[ $why == \(*\) ]]
			permitted "$unit" | grep -vFxf <(cut -d ' ' -f 1 <<<"$TWINS") |
				grep -qx "$call"
		done <<<"$TWINS"
	done
}
