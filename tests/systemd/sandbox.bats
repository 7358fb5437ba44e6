#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The sandbox in effect: what the kernel says of the processes of both
# services, and what a program with the same settings can do in their place.
#
# systemd-analyze security leaves an exposure of 0.2, from three rows:
#
#   RootDirectory=            see the test of that name for why it is a drop-in
#   RestrictAddressFamilies=  AF_UNIX is needed to tell systemd the state; the
#                             filter has no connect(2), bind(2) or listen(2)
#   DeviceAllow=              ProtectClock=yes itself adds char-rtc, for reading;
#                             /dev has no such device

load helper

SERVICES="hello-http.service hello-http-inetd@.service"

# probe UNIT: the probe in the place of the program. Its settings are that
# unit's, but for those that are no sandbox, the filter, which is another test
# file's, and what standard input takes away. /run/UNIT.probe has its finds.
probe() {
	local unit=$1 copy=${1/http/http-probe}
	copy=${copy/@/@1}
	mkdir -p "/etc/systemd/system/$copy.d"
	sed 's/%N/hello-http/' "$UNITS/$unit" >"/etc/systemd/system/${unit/http/http-probe}"
	{
		cat <<-END
			[Service]
			Type=oneshot
			Restart=no
			StandardOutput=truncate:/run/$unit.probe
			ExecStart=
			ExecStart=/run/probe_sandbox
			SystemCallFilter=
		END
		cat
	} >"/etc/systemd/system/$copy.d/probe.conf"
	systemctl daemon-reload
	systemctl start "$copy" || {
		systemctl status --no-pager "$copy"
		return 1
	}
	grep -qx 'tried all' "/run/$unit.probe"
}

setup_file() {
	local unit
	install -m 755 /repository/tests/systemd/probe_sandbox /run
	# As on a machine with users: places where everybody may write.
	chmod 1777 /run/lock
	mkdir -p /run/user
	touch {/root,/home,/run/user,/tmp,/dev/shm}/secret
	chmod 755 /root
	# The machine has one more, for the sandbox not to have it.
	ip link add machine0 type veth peer name machine1 ||
		ip link add machine0 type dummy
	systemctl start hello-http.socket
	for unit in $SERVICES; do
		probe "$unit" </dev/null
	done
	systemctl stop hello-http.socket
}

# found KIND: what the probes could do of this kind, on one line per service.
found() {
	local unit
	for unit in $SERVICES; do
		sed -n "s/^$1 //p" "/run/$unit.probe" | sort | paste -sd ' ' |
			grep . || echo nothing
	done
}

# with_each COMMAND...: for a process of each service, with its id as PID.
with_each() {
	systemctl start hello-http.socket
	has_page
	PID=$(main_pid)
	echo "hello-http.service: process $PID"
	"$@" || return
	systemctl stop hello-http.socket hello-http.service
	systemctl start hello-http-inetd.socket
	exec {client}<>/dev/tcp/127.0.0.1/8000
	wait_until is_with_client
	echo "hello-http-inetd@.service: process $PID"
	"$@" || return
	exec {client}>&-
}

is_with_client() {
	PID=$(property 'hello-http-inetd@*.service' MainPID) &&
		[ "$(cat "/proc/${PID:-none}/comm")" = hello-http ]
}

# kernel_says FIELD: of PID, in /proc/PID/status.
kernel_says() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$PID/status" |
		tr '\t' ' ' | sed 's/ $//'
}

# is FIELD VALUE
is() {
	[ "$(kernel_says "$1")" = "$2" ] || {
		echo "$1 is not $2: $(kernel_says "$1")"
		return 1
	}
}

has_no_capabilities() {
	local set
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		is "$set" 0000000000000000 || return
	done
}

@test "no capability, neither its own nor to be had" {
	with_each has_no_capabilities
}

has_own_user() {
	local uid gid
	read -r uid _ <<<"$(kernel_says Uid)"
	read -r gid _ <<<"$(kernel_says Gid)"
	((uid >= 61184 && uid <= 65519 && gid == uid)) || return
	is Uid "$uid $uid $uid $uid" && is Gid "$gid $gid $gid $gid" &&
		is Groups "$gid" || return
	# Root and itself: the others do not exist in its user namespace.
	diff <(echo 0 0 1 && echo "$uid" "$uid" 1) \
		<(awk '{ print $1, $2, $3 }' "/proc/$PID/uid_map")
}

@test "a user of its own, that is not root and knows no other" {
	with_each has_own_user
}

is_bound() {
	# 2: a filter. Each thread has it.
	is NoNewPrivs 1 && is Seccomp 2 && is Umask 0777 &&
		! grep -L '^Seccomp:	2$' "/proc/$PID/task"/*/status | grep .
}

@test "no new privileges, a system call filter in each thread, no mode for a new file" {
	with_each is_bound
}

has_own_namespaces() {
	local kind
	for kind in mnt net ipc uts user; do
		[ "$(readlink "/proc/$PID/ns/$kind")" != \
			"$(readlink "/proc/1/ns/$kind")" ] || {
			echo "the namespace $kind is the machine's"
			return 1
		}
	done
}

@test "namespaces of its own: mounts, network, IPC, host name, users" {
	with_each has_own_namespaces
}

sees_lo_alone() {
	[ "$(tail -n +3 "/proc/$PID/net/dev" | cut -d : -f 1 | tr -d ' ')" = lo ] &&
		[ -z "$(tail -n +2 "/proc/$PID/net/route")" ]
}

@test "no network interface but lo" {
	with_each sees_lo_alone
	found_is interface lo
	grep -q machine0 /proc/net/dev
}

@test "what the program may do, the probe can: it has tried" {
	local unit kind
	for unit in $SERVICES; do
		for kind in mount write process socket; do
			run -0 sed -n "s/^tried $kind //p" "/run/$unit.probe"
			echo "$unit: $kind tried $output times"
			[ "$output" -gt 0 ]
		done
	done
}

# found_is KIND WHAT: in both services.
found_is() {
	[ "$(found "$1")" = "$2"$'\n'"$2" ] || {
		echo "$1 is not '$2' twice:"
		found "$1"
		return 1
	}
}

@test "no write access anywhere: each mount is read-only but that of its own /proc" {
	found_is mount /proc
	found_is create nothing
	found_is write nothing
}

@test "no device but those that are nobody's" {
	found_is device "$(echo /dev/{full,null,random,urandom,zero})"
}

@test "no other process is to be seen" {
	found_is process nothing
}

@test "no directory of users, no file that others left in a shared place, nothing of the kernel" {
	found_is seen nothing
}

@test "no namespace, no other user, no memory that is written and executed" {
	found_is namespace nothing
	found_is user nothing
	found_is memory nothing
}

@test "no socket but AF_UNIX" {
	found_is socket 'AF_UNIX'
	found_is connection nothing
}

@test "with sockets of its own it would still reach nobody" {
	local unit
	systemctl start hello-http.socket
	for unit in $SERVICES; do
		probe "$unit" <<-END
			RestrictAddressFamilies=
		END
		run -0 sed -n 's/^refused //p' "/run/$unit.probe"
		echo "$output"
		[ "$output" = $'127.0.0.1 EPERM\n192.0.2.1 ENETUNREACH' ]
		run -1 grep ^connection "/run/$unit.probe"
		# Without the packet filter too: the door is in another network.
		probe "$unit" <<-END
			RestrictAddressFamilies=
			IPAddressDeny=
		END
		run -0 sed -n 's/^refused //p' "/run/$unit.probe"
		echo "$output"
		[ "$output" = $'127.0.0.1 ECONNREFUSED\n192.0.2.1 ENETUNREACH' ]
	done
}

@test "the probe, without the sandbox, finds what it looks for" {
	local unit=hello-http.service kind
	probe "$unit" <<-END
		$(sed -n 's/^\(Private[A-Za-z]*\|Protect[A-Za-z]*\|MemoryDeny[A-Za-z]*\|Restrict[A-Za-z]*\|DynamicUser\|LockPersonality\|NoNewPrivileges\)=.*/\1=no/p' "$UNITS/$unit")
		RestrictAddressFamilies=
		InaccessiblePaths=
		ReadOnlyPaths=
		ProcSubset=all
		ProtectProc=default
		DevicePolicy=auto
		IPAddressDeny=
		CapabilityBoundingSet=~
	END
	for kind in mount create write device process seen namespace user memory \
		socket connection; do
		echo "$kind: $(grep -c "^$kind " "/run/$unit.probe")"
		grep -q "^$kind " "/run/$unit.probe"
	done
}

@test "systemd-analyze security: an exposure of 0.2, from these three rows" {
	local unit
	for unit in $SERVICES; do
		run -0 systemd-analyze security --no-pager --threshold=2 "$unit"
		[[ $output == *"Overall exposure level"*": 0.2 SAFE"* ]]
		run grep '^✗' <<<"$output"
		echo "$output"
		[ "${#lines[@]}" -eq 3 ]
		[[ ${lines[0]} == *RootDirectory=* ]]
		[[ ${lines[1]} == *RestrictAddressFamilies=~AF_UNIX* ]]
		[[ ${lines[2]} == *DeviceAllow=*char-rtc:r* ]]
	done
}

# RootDirectory= with nothing but the program and its libraries needs their
# paths, and these differ: /lib/x86_64-linux-gnu, /lib64, /usr/lib64, the
# loader's name in each program, another list with each version of libsystemd.
# What can be written for all, -/lib -/lib64 -/usr/lib -/usr/lib64, shows every
# library and program there instead, and still misses systems that keep theirs
# elsewhere. It takes body files, certificates and time zones away, and it would
# lay this machine's files over the image of a portable service. So the unit has
# none, and whoever wants one for this machine has a drop-in like this.
@test "RootDirectory= with the program and its libraries alone: for one machine, as a drop-in, 0.1" {
	drop_in hello-http.service <<-END
		[Service]
		RuntimeDirectory=hello-http
		RootDirectory=/run/hello-http
		BindReadOnlyPaths=/usr/bin/hello-http $(ldd /usr/bin/hello-http |
			grep -o '/[^ ]*' | paste -sd ' ')
	END
	systemctl start hello-http.socket
	has_page
	run -0 systemd-analyze security --no-pager --threshold=1 hello-http.service
	[[ $output == *": 0.1 SAFE"* ]]
	PID=$(main_pid)
	[ ! -e "/proc/$PID/root/usr/lib" ]
	run -0 find "/proc/$PID/root/" -xdev -type f
	echo "$output"
}
