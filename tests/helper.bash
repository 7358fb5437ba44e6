# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What all test files share: how a server is started, waited for and ended,
# and how an outcome is compared. Load it first: `load helper`.
#
# From the environment:
#   HELLO_HTTP            the program under test (build/hello-http)
#   HELLO_HTTP_FLAGS      more options for every server, e.g. --workers=4
#   HELLO_HTTP_WRAPPER    a command it runs under, e.g. valgrind with options
#   HELLO_HTTP_RECORDS    a directory, to record what servers send, for tests/strict
#   HELLO_HTTP_SANITIZER  of the Makefile, e.g. asan: a slow build, wait longer
#
# Each server that a test started is ended by its teardown, and must then have
# ended cleanly: a crash or the report of a sanitizer fails the test. A file
# with a teardown of its own calls end_servers there.

bats_require_minimum_version 1.5.0
load "${BASH_SOURCE[0]%/*}/wait" # whatever directory the test file is in

REPOSITORY=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
export HELLO_HTTP=${HELLO_HTTP:-build/hello-http}
[[ $HELLO_HTTP == /* ]] || HELLO_HTTP=$REPOSITORY/$HELLO_HTTP

# Seconds after which an event that did not come is given up.
PATIENCE=10
[ -z "${HELLO_HTTP_SANITIZER-}" ] || PATIENCE=60
export TALK_TIMEOUT=$PATIENCE

# Sanitizers must not say that all is well when it is not.
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
SANITIZER_REPORT='Sanitizer|runtime error:|^==[0-9]+== (Invalid|.*uninitialised)'

# record_in DIRECTORY: what servers that are started from now on receive and send.
record_in() {
	export HELLO_HTTP_WRAPPER="env HELLO_HTTP_RECORDS=$1 LD_PRELOAD=${HELLO_HTTP%/*}/tests/recorder.so"
}
[ -z "${HELLO_HTTP_RECORDS-}" ] || record_in "$HELLO_HTTP_RECORDS"

# The servers that run: file of standard error, by process id.
declare -gA SERVERS=()

teardown() {
	end_servers
}

teardown_file() {
	end_servers
}

# make_afresh ARGUMENTS...: make, without the directories and the job server that
# the make which runs this test was given.
make_afresh() {
	env -u MAKEFLAGS -u DESTDIR -u PREFIX -u BINDIR -u UNITDIR -u DATADIR \
		-u MANDIR -u DOCDIR -u BASHCOMPDIR -u ZSHCOMPDIR -u FISHCOMPDIR \
		make -s -C "$REPOSITORY" "$@"
}

# threads_of PID: in the order in which they were started; their numbers begin anew
# somewhere.
threads_of() {
	find "/proc/$1/task" -mindepth 1 -maxdepth 1 -printf '%f\n'
}

# --- waiting ---------------------------------------------------------------

# wait_for_line PATTERN FILE: until a line of the file matches (ERE).
wait_for_line() {
	wait_until grep -Eqs -- "$1" "$2" || {
		echo "$2 is:"
		cat "$2"
		return 1
	}
}

# wait_for_exit PID: gives the exit status of this child. One that does not end
# is killed, which its status then says.
wait_for_exit() {
	local exit_status=0 errors=${SERVERS[$1]-/dev/null}
	wait_until is_gone "$1" || kill -s KILL "$1"
	wait "$1" || exit_status=$?
	unset "SERVERS[$1]"
	if grep -Eqs "$SANITIZER_REPORT" "$errors" || [ "$exit_status" -eq 99 ]; then
		cat "$errors"
		return 99
	fi
	return "$exit_status"
}

is_gone() {
	! kill -s 0 "$1" 2>/dev/null
}

# --- servers ---------------------------------------------------------------

# start_server [ARGS...]: a server on a free port, unless ARGS say on what it
# listens. Sets SERVER_PID, SERVER_OUT, SERVER_ERR (files) and PORT.
start_server() {
	local listen=(--listen=127.0.0.1:0) argument
	for argument; do
		[[ $argument != @(--listen|--inetd|-l|-i)* ]] || listen=()
	done
	# shellcheck disable=SC2086 # several words
	start_process ${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" "${listen[@]}" \
		${HELLO_HTTP_FLAGS-} "$@"
	until_listening || return
	PORT=$(sed -En 's|.*Listening on http://.*:([0-9]+)/.*|\1|p' "$SERVER_ERR" |
		head -n 1)
}

# start_activated [OPTIONS... --] [ARGS...]: the same through
# systemd-socket-activate with these OPTIONS, on an AF_UNIX socket unless they
# name another, whose path is then in SOCKET. The program itself starts when the
# first client comes, with the same process id.
start_activated() {
	local options=() keep=() name
	if [[ " $* " == *" -- "* ]]; then
		while [ "$1" != -- ]; do
			options+=("$1")
			shift
		done
		shift
	fi
	SOCKET=$(fresh_path).socket
	[[ " ${options[*]}" == *" "@(--listen|-l)* ]] ||
		options+=("--listen=$SOCKET")
	for name in ASAN_OPTIONS LSAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS; do
		[ -z "${!name-}" ] || keep+=(-E "$name")
	done
	# shellcheck disable=SC2086 # several words
	start_process systemd-socket-activate "${options[@]}" "${keep[@]}" \
		${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP" ${HELLO_HTTP_FLAGS-} "$@"
	until_listening
}

# start_process COMMAND...: in the background; it will be ended by teardown.
start_process() {
	SERVER_OUT=$(fresh_path).out
	SERVER_ERR=${SERVER_OUT%.out}.err
	"$@" </dev/null >"$SERVER_OUT" 2>"$SERVER_ERR" 3>&- &
	SERVER_PID=$!
	SERVERS[$SERVER_PID]=$SERVER_ERR
}

# until_listening: the server said that it listens; an early end is a failure.
until_listening() {
	wait_until has_said_or_ended 'Listening on ' &&
		grep -q 'Listening on ' "$SERVER_ERR" && return
	echo "the server does not listen, but says:"
	cat "$SERVER_ERR"
	return 1
}

has_said_or_ended() {
	grep -q -- "$1" "$SERVER_ERR" || is_gone "$SERVER_PID"
}

# stop_server [SIGNAL]: gives the exit status of the last server started.
stop_server() {
	kill -s "${1:-TERM}" "$SERVER_PID"
	wait_for_exit "$SERVER_PID"
}

# Ends each server that still runs; all must end with status 0.
end_servers() {
	local pid exit_status failed=0
	for pid in "${!SERVERS[@]}"; do
		kill -s TERM "$pid" 2>/dev/null || true
		exit_status=0
		wait_for_exit "$pid" || exit_status=$?
		if [ "$exit_status" -ne 0 ]; then
			echo "server $pid ended with status $exit_status"
			failed=1
		fi
	done
	return "$failed"
}

# A path in the directory of the test (or of the file, in setup_file).
fresh_path() {
	mktemp -u "${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/XXXXXX"
}

# make_library: of C from standard input, to be preloaded: $LIBRARY.
make_library() {
	need cc
	LIBRARY=$(fresh_path).so
	cc -D_GNU_SOURCE -fPIC -shared -o "$LIBRARY" -x c - -ldl
}

# need_localhost: which a bare chroot, without /etc/hosts, does not know.
need_localhost() {
	getent ahosts localhost >/dev/null || skip "localhost has no address here"
}

# need TOOL...: without each of them the test is skipped.
need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
}

skip_under_sanitizer() {
	[ -z "${HELLO_HTTP_SANITIZER-}" ] || skip "under $HELLO_HTTP_SANITIZER: $1"
}

# --- outcomes --------------------------------------------------------------

# talk STEPS...: the client (see tests/talk). What it prints is in $output and
# $lines; it must succeed.
talk() {
	succeeds "$REPOSITORY/tests/talk" "$@"
}

succeeds() {
	local command=$*
	run "$@"
	[ "$status" -eq 0 ] || {
		echo "status $status of: ${command:0:300}"
		echo "$output"
		return 1
	}
}

# scenario ARGS... <PROGRAM: runs it as Python, behind what the file
# has in SCENARIO.
scenario() {
	local program
	program=$(fresh_path).py
	{ echo "$SCENARIO" && cat; } >"$program"
	succeeds /usr/bin/python3 -IS "$program" "$@"
}

# is_refused ARGS...: the program says why on one line of standard error, and
# ends with status 2.
is_refused() {
	# shellcheck disable=SC2086 # several words
	run --separate-stderr timeout "$PATIENCE" ${HELLO_HTTP_WRAPPER-} \
		"$HELLO_HTTP" --listen=127.0.0.1:0 "$@"
	if [ "$status" -ne 2 ] || [ -n "$output" ] ||
		[[ ${#stderr_lines[@]} -ne 1 || $stderr != "hello-http: "* ]]; then
		printf 'not refused: %q\n' "$@"
		echo "status $status, output: $output, standard error: $stderr"
		return 1
	fi
}

# output_is LINE...: these and no other lines are in $output.
output_is() {
	[ "$output" = "$(printf '%s\n' "$@")" ] || {
		printf 'wanted:\n'
		printf '%s\n' "$@"
		printf 'got:\n%s\n' "$output"
		return 1
	}
}

# output_has LINE [TIMES]: the line is there, whole, that many times.
output_has() {
	local times
	times=$(grep -Fxc -- "$1" <<<"$output") || true
	if [ $# -eq 1 ] && [ "$times" -ge 1 ] || [ "$times" -eq "${2:-1}" ]; then
		return 0
	fi
	printf 'line %q is there %d times in:\n%s\n' "$1" "$times" "$output"
	return 1
}

# output_lacks PATTERN: no line matches (ERE, in any case).
output_lacks() {
	if grep -Eiq -- "$1" <<<"$output"; then
		printf '%s is in:\n%s\n' "$1" "$output"
		return 1
	fi
}
