#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Behind a proxy that keeps its connections to this server and sends the
# requests of all its clients over them: no answer reaches another request, and
# none is lost or given twice. tests/differential/proxy asks and compares.
#
# PROXY_REQUESTS=100000 makes it longer.

load ../helper

HERE=$REPOSITORY/tests/differential
REQUESTS=${PROXY_REQUESTS:-5000}

# Each answers in another way: NAME STATUS TIMES [FIELD]; the content is TIMES
# times the name. What is long is sent from where it lies.
BACKENDS=(
	'alpha 200 4'
	'beta 404 600'
	'gamma 204 0'
	'delta 301 1 Location: /'
	'epsilon 205 0'
	'zeta 503 5000'
	'eta 304 0'
	'theta 200 0'
)

setup() {
	PATH=$PATH:/usr/sbin # not in that of a plain user
	PROXY_SOCKET=$(fresh_path)
}

# start_backends ARGS...: PORTS tells NAME=PORT of each, ASKED what
# tests/differential/proxy wants to know.
# shellcheck disable=SC2120
start_backends() {
	local backend name status times field options
	PORTS=() ASKED=()
	for backend in "${BACKENDS[@]}"; do
		read -r name status times field <<<"$backend"
		options=(--status="$status" --header="X-Backend: $name"
			${field:+--header="$field"} --max-body=4096 --log=data "$@")
		if [[ $status != @(204|205|304) ]]; then
			options+=(--body-file="$BATS_TEST_TMPDIR/$name")
			repeated "$times" "$name" >"$BATS_TEST_TMPDIR/$name"
		fi
		# shellcheck disable=SC2086 # several words
		start_process "$HERE/proxy_service" ${HELLO_HTTP_WRAPPER-} \
			"$HELLO_HTTP" ${HELLO_HTTP_FLAGS-} "${options[@]}"
		until_listening
		PORT=$(sed -n 's|Listening on http://.*:\([0-9]*\)/|\1|p' "$SERVER_ERR")
		PORTS+=("$name=$PORT")
		ASKED+=("$name:$status:$times:$SERVER_PID:$PORT:$SERVER_OUT")
	done
}

# repeated N TEXT
repeated() {
	awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) printf "%s", text }'
}

# ask_all OPTIONS...
ask_all() {
	succeeds "$HERE/proxy" "$PROXY_SOCKET" "$REQUESTS" "${SEED:-1}" "$@" "${ASKED[@]}" || {
		echo "the proxy says:"
		grep -aEv '\[(notice|info)\]' "$SERVER_ERR" | tail
		return 1
	}
	printf '# %s\n' "${lines[@]}" >&3
}

# start_proxy COMMAND...: until it listens. Some end with the signal's status.
start_proxy() {
	start_process sh -c '"$@" & trap "kill $!" TERM; wait; wait; exit 0' sh "$@"
	wait_until python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX).connect(sys.argv[1])' "$PROXY_SOCKET" 2>/dev/null || {
		cat "$SERVER_OUT" "$SERVER_ERR"
		return 1
	}
}

# start_nginx [DIRECTIVE...]: with these for every back end.
start_nginx() {
	local conf=$BATS_TEST_TMPDIR/nginx.conf entry
	{
		echo "daemon off; master_process off; worker_processes 1;
		pid $BATS_TEST_TMPDIR/nginx.pid; error_log stderr info;
		events { worker_connections 500; }
		http {
		access_log off;
		client_body_temp_path $BATS_TEST_TMPDIR; proxy_temp_path $BATS_TEST_TMPDIR;
		keepalive_requests 1000000;
		proxy_http_version 1.1;
		proxy_set_header Connection '';"
		for entry in "${PORTS[@]}"; do
			# nginx tries each server once, so this one has many names.
			echo "upstream ${entry%=*} {
			$(repeated 16 "server 127.0.0.1:${entry#*=} max_fails=0;")
			keepalive 8; keepalive_requests 1000000; }"
		done
		echo "server { listen unix:$PROXY_SOCKET; $*"
		for entry in "${PORTS[@]}"; do
			echo "location /${entry%=*}/ { proxy_pass http://${entry%=*}; }"
		done
		echo "}}"
	} >"$conf"
	start_proxy nginx -e stderr -p "$BATS_TEST_TMPDIR" -c "$conf"
}

# start_haproxy [DIRECTIVE...]: with these for every back end.
# shellcheck disable=SC2120
start_haproxy() {
	local conf=$BATS_TEST_TMPDIR/haproxy.cfg entry
	{
		printf '%s\n' global \
			'tune.bufsize 65536' 'tune.http.maxhdr 500' 'nbthread 1' \
			defaults 'mode http' 'timeout connect 30s' \
			'timeout client 30s' 'timeout server 30s' \
			'http-reuse always' "$@" \
			'frontend all' "bind unix@$PROXY_SOCKET" \
			'option accept-invalid-http-request'
		for entry in "${PORTS[@]}"; do
			echo "use_backend ${entry%=*} if { path_beg /${entry%=*}/ }"
		done
		for entry in "${PORTS[@]}"; do
			printf '%s\n' "backend ${entry%=*}" \
				"server s 127.0.0.1:${entry#*=}"
		done
	} >"$conf"
	start_proxy haproxy -f "$conf"
}

# What HAProxy sends on and nginx answers itself.
HAPROXY_PASSES=passes:trace,expectation,octet

# A proxy may send a request in just the moment in which its back end closes an
# idle connection. Then it has to ask again, on another one: so it is told to,
# and to hold the content until then. That is safe here, as an answer that was
# begun is never lost: the log has each request once. And it is told to ask often:
# where the machine stalls, all that it has kept is closed in the same moment, and
# a new connection before it is used.
NGINX_RETRIES='proxy_next_upstream error timeout non_idempotent;'
HAPROXY_RETRIES=('option http-buffer-request'
	'retry-on conn-failure empty-response response-timeout' 'retries 15')

# --- nothing else is wrong ---------------------------------------------------

@test "through nginx, each request gets its own answer, beside broken ones and reloads" {
	start_backends
	start_nginx 'proxy_request_buffering off;'
	ask_all passes:octet keeps trouble signal:HUP:50
	# It keeps to itself what is too much, but says so.
	run ! grep -aE 'upstream (sent|prematurely)' "$SERVER_ERR"
}

@test "through HAProxy, each request gets its own answer, beside broken ones and reloads" {
	start_backends
	start_haproxy
	ask_all "$HAPROXY_PASSES" keeps trouble signal:HUP:50
}

# --- back ends that close ----------------------------------------------------

@test "through nginx, no request is lost to back ends that soon close idle connections" {
	start_backends --keepalive-timeout=20ms
	start_nginx "$NGINX_RETRIES"
	ask_all passes:octet pause:40
}

@test "through HAProxy, no request is lost to back ends that soon close idle connections" {
	start_backends --keepalive-timeout=20ms
	start_haproxy "${HAPROXY_RETRIES[@]}"
	ask_all "$HAPROXY_PASSES" pause:40
}

@test "through nginx, no request is lost to back ends that are restarted" {
	start_backends
	start_nginx "$NGINX_RETRIES"
	ask_all passes:octet signal:USR1:100
}

@test "through HAProxy, no request is lost to back ends that are restarted" {
	start_backends
	start_haproxy "${HAPROXY_RETRIES[@]}"
	ask_all "$HAPROXY_PASSES" signal:USR1:100
}
