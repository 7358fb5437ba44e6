# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What every siege has in common: while crowds do their worst, a polite client
# asks on, over new connections and over one that it keeps, and each of its
# answers comes within a second, apart from what other processes' use of the
# CPU explains, and within five whatever does. When nothing moves, nothing wakes
# the server. Its memory never exceeds what the manual page's LIMITS add up to,
# and goes back with the crowd; so do descriptors; and it ends cleanly, at once.
#
# Load it behind the helper: `load ../helper`, `load siege`.
#
# From the environment:
#   HOSTILE_SECONDS   how long a siege lasts whose length is its own choice (2)
#   HOSTILE_REPORT    a file to which each siege adds a line of its figures

HOSTILE_SECONDS=${HOSTILE_SECONDS:-2}
# Thousands of clients on a busy machine.
PATIENCE=$((40 + HOSTILE_SECONDS))
POLITE_MSEC=1000 STARVED_MSEC=4000
# Process ids of hostile clients; and of polite ones, with what they printed.
CROWDS=() POLITE=()

setup() {
	BODY=$BATS_TEST_TMPDIR/body
}

teardown() {
	end_crowds
	kill "${!POLITE[@]}" 2>/dev/null || true
	end_servers
}

# begin_siege [ARGS...]: a server with these, and a polite client beside it.
begin_siege() {
	start_server "$@"
	ADDRESS=${PORT:-$(sed -n 's/^Listening on unix://p' "$SERVER_ERR")}
	DESCRIPTORS_BEFORE=$(descriptors) MEMORY_BEFORE=$(memory RssAnon)
	WORKERS=$(workers) BODY_BYTES=$(stat --format=%s "$BODY" 2>/dev/null || echo 0)
	ask_politely new kept
}

# end_siege CONNECTIONS [REQUESTS [ANSWERS]]: the crowds go, and then nothing
# moves. At no time did the program hold more memory than for so many connections, of which so many had a
# request that had not arrived whole, and so many answers that were not read.
end_siege() {
	end_crowds
	wait_until has_let_go
	stop_asking
	wait_until has_descriptors "$DESCRIPTORS_BEFORE"
	rests
	local peak
	peak=$(memory VmHWM)
	report "$peak KiB at most, $(memory RssAnon) KiB private after, $MEMORY_BEFORE KiB before"
	is_within "$peak" "$(bound "$@")" "KiB of memory at most"
	is_within "$(memory RssAnon)" $((MEMORY_BEFORE + WORKERS * $(limit WORKER_BYTES_MAX) / 1024)) \
		"KiB of private memory when all have gone"
	ends_at_once
}

ends_at_once() {
	local since=$SECONDS
	stop_server
	is_within $((SECONDS - since)) 3 "seconds until it ended"
}

# report WORDS...: shown when the test fails, and kept where it is wanted.
report() {
	echo "# $BATS_TEST_DESCRIPTION: $*"
	[ -z "${HOSTILE_REPORT-}" ] ||
		echo "$BATS_TEST_DESCRIPTION: $*" >>"$HOSTILE_REPORT"
}

# is_within FIGURE BOUND WHAT
is_within() {
	(($1 <= $2)) || {
		echo "$1 $3, more than $2"
		return 1
	}
}

# begin_siege_of_both [ARGS...]: of TCP, at ADDRESS, and of AF_UNIX, at PLACE.
begin_siege_of_both() {
	PLACE=$(fresh_path).socket
	begin_siege --listen=127.0.0.1:0 --listen="$PLACE" "$@"
}

# make_body: BODY, of 16 MiB, the largest there may be.
make_body() {
	truncate -s 16M "$BODY"
}

# --- what the server has ------------------------------------------------------

descriptors() {
	local all=("/proc/$SERVER_PID/fd/"*)
	echo ${#all[@]}
}

has_descriptors() {
	[ "$(descriptors)" -eq "$1" ]
}

# All but the polite client's have gone.
has_let_go() {
	(($(connections) <= 2))
}

# has_connections N: or more.
has_connections() {
	(($(connections) >= $1))
}

connections() {
	echo $(($(descriptors) - DESCRIPTORS_BEFORE))
}

workers() {
	local all=("/proc/$SERVER_PID/task/"*)
	echo $((${#all[@]} - 1))
}

# memory VmHWM|RssAnon: in KiB, now.
memory() {
	awk -v name="$1:" '$1 == name { print $2 }' "/proc/$SERVER_PID/status"
}

# CPU time and the times that any thread was woken.
motion() {
	cut -d ' ' -f 14,15 "/proc/$SERVER_PID/stat"
	cat "/proc/$SERVER_PID"/task/*/status | grep ctxt_switches
}

# rests: nothing wakes it, and it has nothing to do, for half a second.
rests() {
	wait_until is_at_rest
}

is_at_rest() {
	local before
	before=$(motion)
	sleep 0.5
	[ "$(motion)" = "$before" ]
}

# hardly_moves: it answers twenty polite requests a second, looks for room once
# a second or two, and no more.
hardly_moves() {
	local before ticks
	before=$(wakings) ticks=$(cpu_ticks)
	sleep 2
	is_within $(($(wakings) - before)) 200 "times woken in two seconds"
	is_within $(($(cpu_ticks) - ticks)) 10 "ticks of CPU time in two seconds"
}

wakings() {
	cat "/proc/$SERVER_PID"/task/*/status |
		awk '$1 == "voluntary_ctxt_switches:" { n += $2 } END { print n }'
}

cpu_ticks() {
	awk '{ print $14 + $15 }' "/proc/$SERVER_PID/stat"
}

# --- what the manual page lets it have ----------------------------------------

# bound CONNECTIONS [REQUESTS [ANSWERS]]: in KiB.
bound() {
	local requests=${2:-0} answers=${3:-0}
	echo $((($(limit PROCESS_BYTES_MAX) + ($1 + 2 + requests + answers) * $(limit CONNECTION_BYTES_MAX) +
		(WORKERS - 1) * $(limit WORKER_BYTES_MAX) + BODY_BYTES +
		requests * $(limit RECEIVE_BYTES) + answers * $(limit BATCH_BYTES)) / 1024))
}

# limit NAME: what the page states behind this name, in octets.
limit() {
	local number unit
	read -r number unit < <(sed -n "/^\.\\\\\" = $1\$/{n;s/^\.It //;s/,//g;p}" \
		"$REPOSITORY/man/hello-http.8.in")
	case $unit in
	KiB) echo $((number * 1024)) ;;
	MiB) echo $((number * 1024 * 1024)) ;;
	'') echo "${number:?LIMITS does not state $1}" ;;
	esac
}

# --- clients -------------------------------------------------------------------

# crowd MANNER COUNT [ADDRESS]: comes, see tests/hostile/crowd; it stays until
# the end.
crowd() {
	local out
	out=$(fresh_path).crowd
	# It would be on other machines: it has what CPU the server leaves.
	nice "$BATS_TEST_DIRNAME/crowd" "$1" "$2" "${3:-$ADDRESS}" >"$out" 2>&1 3>&- &
	CROWDS+=("$!")
	wait_until has_come "$!" "$out"
	grep -qx ready "$out" || {
		cat "$out"
		return 1
	}
}

has_come() {
	grep -qx ready "$2" || is_gone "$1"
}

# crowds MANNER COUNT: half of them at each of ADDRESS and PLACE.
crowds() {
	crowd "$1" $(($2 / 2))
	crowd "$1" $(($2 / 2)) "$PLACE"
}

end_crowds() {
	local pid
	for pid in "${CROWDS[@]}"; do
		kill -s KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	CROWDS=()
}

# ask_politely new|kept...: from here on.
ask_politely() {
	local manner out
	for manner; do
		out=$(fresh_path).$manner
		"$BATS_TEST_DIRNAME/polite" "$manner" "$ADDRESS" "$SERVER_PID" \
			>"$out" 2>&1 3>&- &
		POLITE[$!]=$out
		wait_until grep -q asking "$out"
	done
}

# stop_asking: each answer so far came in time.
stop_asking() {
	local pid asked msec all
	for pid in "${!POLITE[@]}"; do
		kill -s TERM "$pid" || true
		wait "$pid" || {
			cat "${POLITE[$pid]}"
			return 1
		}
		read -r asked msec all < <(tail -n 1 "${POLITE[$pid]}")
		report "$asked polite requests (${POLITE[$pid]##*.}), answered within $msec ms, $all with waits for a CPU"
		is_within "$msec" "$POLITE_MSEC" "ms until the slowest answer"
		is_within "$all" $((POLITE_MSEC + STARVED_MSEC)) "ms until it, with waits for a CPU"
	done
	POLITE=()
}

# rests_meanwhile: with the crowd there, and nobody else.
rests_meanwhile() {
	stop_asking
	rests
	ask_politely new kept
}

# kernel_holds_little CLIENTS: for each of TCP what LIMITS states, and no more
# than three times as much for what is on its way, for what is not read yet of
# what it sent, and for the kernel's own account of it all.
kernel_holds_little() {
	local held
	held=$(ss --tcp --memory --no-header --numeric "sport = :$PORT" |
		sed -n 's/.*skmem:(r\([0-9]*\),.*,w\([0-9]*\),.*/\1 \2/p' |
		awk '{ n += $1 + $2 } END { print int(n / 1024) }')
	report "$held KiB in the kernel"
	is_within "$held" $(($1 * 4 * $(limit UNSENT_BYTES) / 1024)) "KiB of memory in the kernel"
	((held > 0))
}
