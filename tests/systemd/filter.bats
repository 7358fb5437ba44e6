#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The system call filter in effect: the program's whole life stays inside, and
# ends where any one of the calls that are listed for this machine is missing;
# every other call is the last one. tests/units.bats holds the same list to a
# trace, and the last line of it, the same work by other names.

load helper

setup_file() {
	mkdir -p /srv /run/ends
	head -c 4M /dev/zero >/srv/life
	[ -e /etc/localtime ] || cp /usr/share/zoneinfo/UTC /etc/localtime
	ip link set lo up
	ip address add fe80::1/64 dev lo nodad
}

# listed: the calls of the filter that this machine has, less its last line.
listed() {
	sed -n 's/^SystemCallFilter=//p' "$UNITS/hello-http.service" |
		head -n -1 | tr -s ' ' '\n' | numbered | cut -d ' ' -f 1
}

# permitted: each call that the filter lets through.
permitted() {
	systemd-analyze syscall-filter @default | sed -n 's/^ \{4\}\([^# ]\)/\1/p'
	sed -n 's/^SystemCallFilter=//p' "$UNITS/hello-http.service" |
		tr -s ' ' '\n'
}

# numbered: of the names on standard input those that this machine has, each
# with its number.
numbered() {
	{
		echo '#include <sys/syscall.h>'
		sed 's/.*/#ifdef SYS_&\n=&= SYS_&\n#endif/'
	} | cc -E -P - | sed -n 's/^=\(.*\)= \([0-9]\)/\1 \2/p'
}

# variant BASE NAME [CALL]: a copy of both units of hello-http or
# hello-http-inetd, called BASE-NAME, without this call and with doors of its
# own, one of each kind; the scope of a link-local address is that device. Each
# process adds how it ended to /run/ends/BASE-NAME. Needs a daemon-reload.
variant() {
	local at='' name=$1-$2 dir=/etc/systemd/system
	PORT=$((${PORT-20000} + 1))
	[ "$1" = hello-http ] || at=@
	mkdir -p "$dir/$name.socket.d" "$dir/$name$at.service.d"
	cp "$UNITS/$1.socket" "$dir/$name.socket"
	cp "$UNITS/$1$at.service" "$dir/$name$at.service"
	cat >"$dir/$name.socket.d/doors.conf" <<-END
		[Socket]
		ListenStream=
		ListenStream=127.0.0.1:$PORT
		ListenStream=[::1]:$PORT
		ListenStream=[fe80::1]:$PORT
		BindToDevice=lo
		ListenStream=/run/$name.door
	END
	# One that died stays so, and takes the door away from those who wait.
	cat >"$dir/$name$at.service.d/life.conf" <<-END
		[Service]
		Restart=no
		WatchdogSec=4s
		LimitCORE=0
		Environment=TZ=:/etc/localtime
		ExecStart=
		ExecStart=$(sed -n 's/^ExecStart=//p' "$UNITS/$1$at.service") \\
		    --log=data --body-file=/srv/life --header=X-Life:whole \\
		    --keepalive-timeout=500ms --request-timeout=500ms
		ExecStopPost=+/bin/sh -c 'echo \$SERVICE_RESULT \$EXIT_STATUS >>/run/ends/$name; \\
		    [ \$SERVICE_RESULT = success ] || exec systemctl stop --no-block $name.socket'
		${3+SystemCallFilter=~$3}
	END
}

# live NAME...: leads these variants through their life.
live() {
	rm -f /run/ends/*
	systemctl daemon-reload
	/repository/tests/systemd/live "$@"
}

# has_lived NAME TIMES: it ended that often, each time well.
has_lived() {
	diff <(for ((i = 0; i < $2; i++)); do echo "success 0"; done) "/run/ends/$1"
}

# was_killed NAME: one of its processes ended by a forbidden call.
was_killed() {
	grep -Eqx '(core-dump|signal) SYS' "/run/ends/$1"
}

@test "the whole life of the service stays inside the filter" {
	variant hello-http whole
	live hello-http-whole
	# Restarted once, stopped once.
	has_lived hello-http-whole 2
}

@test "the whole life of a process for one client stays inside the filter" {
	variant hello-http-inetd whole
	live hello-http-inetd-whole
	# One for each door.
	has_lived hello-http-inetd-whole 4
}

@test "without any one of the listed calls the life ends by SIGSYS: none is listed in vain" {
	local call calls unneeded=()
	mapfile -t calls < <(listed)
	[ "${#calls[@]}" -gt 20 ]
	for call in "${calls[@]}"; do
		variant hello-http "$call" "$call"
	done
	live "${calls[@]/#/hello-http-}"
	# Those that it can do without are for the other service.
	for call in "${calls[@]}"; do
		was_killed "hello-http-$call" || {
			has_lived "hello-http-$call" 2
			variant hello-http-inetd "$call" "$call"
			unneeded+=("$call")
		}
	done
	echo "the service lives without: ${unneeded[*]}"
	[ "${#unneeded[@]}" -eq 0 ] || live "${unneeded[@]/#/hello-http-inetd-}"
	for call in "${unneeded[@]}"; do
		cat "/run/ends/hello-http-inetd-$call"
		was_killed "hello-http-inetd-$call"
	done
}

@test "every other system call of this machine ends the process that makes it" {
	local names dir=/etc/systemd/system
	# The probe waits for its children, with the one call that is added.
	names=$(systemd-analyze syscall-filter @known |
		sed -n 's/^ \{4\}\([^# ]\)/\1/p' |
		grep -Fvxf <(permitted && echo wait4) | numbered)
	[ "$(wc -l <<<"$names")" -gt 200 ]
	grep -q '^connect ' <<<"$names"
	awk '{ printf "{\"%s\", %d},\n", $1, $2 }' <<<"$names" >forbidden.h
	cc -I. -o /run/probe /repository/tests/systemd/probe.c
	grep -v '^Requires=' "$UNITS/hello-http.service" >"$dir/hello-http-probe.service"
	drop_in hello-http-probe.service <<-END
		[Service]
		Type=oneshot
		Restart=no
		LimitCORE=0
		SystemCallFilter=wait4
		ExecStart=
		ExecStart=/run/probe
		StandardOutput=truncate:/run/survivors
	END
	run systemctl start hello-http-probe.service
	cat /run/survivors
	[ "$status" -eq 0 ]
	[ ! -s /run/survivors ]
}
