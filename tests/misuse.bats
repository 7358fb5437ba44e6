#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# Bad use. Each time the program says so on one line of standard error, which
# names the value and what would be valid; nothing on standard output; status 2
# for misuse, 1 for the system's no; and nothing half-started is left behind.

load helper

# Each of these runs listens at this path first, which must not be left.
setup() {
	LEFT=$BATS_TEST_TMPDIR/left
	OUT=$BATS_TEST_TMPDIR/out
	ERR=$BATS_TEST_TMPDIR/err
	AS=()
	# shellcheck disable=SC2206 # words are what is wanted
	PROGRAM=(${HELLO_HTTP_WRAPPER-} "$HELLO_HTTP")
}

# misused VALUE VALID ARGS...: ARGS are refused as misuse, in a line that has
# VALUE as it stands and matches VALID (ERE), which says what would do.
misused() {
	fails 2 "$@"
}

# denied VALUE VALID ARGS...: so as the system's no.
denied() {
	fails 1 "$@"
}

fails() {
	local wanted=$1 value=$2 valid=$3 exit_status=0
	shift 3
	timeout "$PATIENCE" "${AS[@]}" "${PROGRAM[@]}" --listen="$LEFT" "$@" \
		</dev/null >"$OUT" 2>"$ERR" || exit_status=$?
	if [ "$exit_status" -eq "$wanted" ] && [ ! -s "$OUT" ] && [ ! -e "$LEFT" ] &&
		error_is_one_line && [[ $ERROR == *"$value"* && $ERROR =~ $valid ]]; then
		return
	fi
	printf 'wanted: status %d, %q and something like %s\n' \
		"$wanted" "$value" "$valid"
	printf 'ran: %.300q\n' "$@"
	printf 'got: status %d, output, standard error:\n' "$exit_status"
	cat -v "$OUT" "$ERR"
	ls "$LEFT" 2>/dev/null
	return 1
}

# Exactly one, with an end, without another control character; it is in ERROR.
error_is_one_line() {
	local LC_ALL=C
	IFS= read -r -d '' ERROR <"$ERR" || true
	[[ $ERROR == "hello-http: "*$'\n' && ${ERROR%$'\n'} != *[[:cntrl:]]* ]]
}

# understood ARGS...: nothing is wrong with their form.
understood() {
	run -0 --separate-stderr "${PROGRAM[@]}" "$@" --version
	[ -z "$stderr" ] || {
		echo "$*: $stderr"
		return 1
	}
}

# without CAPABILITY...: what follows runs without these, which root has.
without() {
	local capability list=
	[ "$(id -u)" -eq 0 ] || return 0
	command -v setpriv >/dev/null || skip "as root this needs setpriv"
	for capability; do
		list+=,-$capability
	done
	AS=(setpriv --bounding-set="${list#,}" --inh-caps="${list#,}")
}

# --- options -----------------------------------------------------------------

@test "an unknown long option is misuse" {
	misused "'--nope'" --help --nope
	misused "'--nope" --help --nope=5
	misused "'--Status" --help --Status=200
	misused "'--statuses" --help --statuses=200
}

@test "a long option that is cut short ambiguously is misuse" {
	misused "'--max" --help --max=5
	misused "'--body-'" --help --body-
}

@test "an unknown short option is misuse" {
	misused "'-x'" --help -x
	misused "'-V'" --help -V
	misused "'-?'" --help '-?'
	misused "'-:'" --help -:
}

@test "an unknown short option in a bundle is misuse, at whichever place" {
	misused "'-x'" --help -ix
	misused "'-x'" --help -xi
	misused "'-x'" --help -ixi
	misused "'-x'" --help -s 200 -xi
	misused "'-x'" --help --inetd -xi
	misused "'-x'" --help --status=200 -xi
	misused "'-x'" --help --body=--nope -xi
}

@test "a short option that is no ASCII is misuse and named" {
	local option LC_ALL=C
	# The whole letter or its first octet, as it is or escaped.
	for option in -é -ié -éi $'-\xe9' $'-i\xe9' $'-\xe9i'; do
		misused Unknown $'\'-([\x80-\xff]|\\\\x).*--help' "$option"
	done
}

@test "an option whose value is missing is misuse" {
	local option
	for option in --listen --status --content-type --header --body --body-file \
		--keepalive-timeout --request-timeout --drain-timeout \
		--exit-idle-time --max-body --max-connections --workers --log; do
		misused "'$option'" 'value.*--help' "$option"
	done
	for option in l s t H b f w; do
		misused "'-$option'" 'value.*--help' -$option
		misused "'-$option'" 'value.*--help' -i$option
		misused "'-$option'" 'value.*--help' --status=200 -i$option
	done
}

@test "a value for an option that takes none is misuse" {
	misused "'--inetd" 'no value.*--help' --inetd=yes
	misused "'--help" 'no value.*--help' --help=5
	misused "'--version" 'no value.*--help' --version=
}

@test "an argument that is no option is misuse" {
	misused "'surprise'" --help surprise
	misused "''" --help ''
	misused "'-'" --help -
	misused "'8000'" --help --status=200 8000
	misused "'--status=200'" --help -- --status=200
}

@test "an option behind -h or --version is still looked at" {
	misused "'--nope'" --help --help --nope
	misused "'-x'" --help -hx
	misused "'999'" 599 --version --status=999
}

# --- numbers -----------------------------------------------------------------

# numbers_of OPTION MIN MAX: all that is no number from MIN to MAX is refused.
numbers_of() {
	local value values=('' ' ' x "$2x" "x$2" "$2 " " $2" "$2." "$2.0" "$2,0"
		"+$2" "-$2" -1 "0x$2" "1e2" "$2k" "$2"$'\n' "$2"$'\t' ١
		18446744073709551616 18446744073709551617 18446744073709551817
		99999999999999999999999999999999999999 "$(($2 - 1))" "$4")
	for value in "${values[@]}"; do
		value_of_line "$value"
		misused "'$VALUE'" "$1.* $2 .*\b$3\b" "$1=$value"
	done
	understood "$1=$2"
	understood "$1=$3"
}

# How a value appears in a message: what would end or move the line, escaped.
value_of_line() {
	VALUE=${1//$'\n'/\\n}
	VALUE=${VALUE//$'\t'/\\t}
}

@test "--status is a number from 200 to 599" {
	numbers_of --status 200 599 600
	misused "'100'" 'from 200 to 599' --status=100
	misused "'1000'" 'from 200 to 599' -s 1000
	misused "'0'" 'from 200 to 599' -s0
	misused "'4294967496'" 'from 200 to 599' --status=4294967496
}

@test "--max-body is a number of octets" {
	numbers_of --max-body 0 9223372036854775807 9223372036854775808
	understood --max-body=1
	understood --max-body=1048576
}

@test "--max-connections is a number from 1 to 10,000,000" {
	numbers_of --max-connections 1 10000000 10000001
	misused "'4294967297'" 'from 1 to 10000000' --max-connections=4294967297
}

@test "--workers is a number from 1 to 1,024, or auto" {
	numbers_of --workers 1 1024 1025
	misused "'Auto'" auto --workers=Auto
	misused "'autox'" auto --workers=autox
	misused "'0'" auto -w 0
	understood --workers=auto
}

@test "--max-connections below --workers is misuse" {
	misused "'3'" '\b4\b.*--workers' --max-connections=3 --workers=4
	misused "'3'" '\b4\b.*--workers' --workers=4 --max-connections=3
	understood --max-connections=4 --workers=4
	understood --max-connections=1 --workers=auto
	understood --max-connections=3 --workers=4 --max-connections=4
}

@test "--log is none, requests or data" {
	local value
	for value in '' all None 'requests,' request none,data 1; do
		misused "'$value'" 'none.*requests.*data' --log="$value"
	done
	understood --log=none
	understood --log=requests
	understood --log=data
}

# --- times -------------------------------------------------------------------

TIMES=(--keepalive-timeout --request-timeout --drain-timeout --exit-idle-time)

@test "a TIME is 500ms, 10, 10s, 5min, 1h or infinity" {
	local option value
	for option in "${TIMES[@]}"; do
		for value in 1ms 500ms 1 10 10s 5min 1h 8760h 31536000000ms 007s \
			infinity; do
			understood "$option=$value"
		done
	done
}

# no_time OPTION TEXT: that is refused as a TIME.
no_time() {
	value_of_line "$2"
	misused "'$VALUE'" "$1 .*1ms.*500ms.*10s.*5min.*1h.*infinity" "$1=$2"
}

@test "another TIME is misuse" {
	local option value
	for option in "${TIMES[@]}"; do
		for value in '' 0 -1 8761h 10x; do
			no_time "$option" "$value"
		done
	done
	for value in ' ' 0ms 0s 0min 0h s ms min h +1 -1s 1.5s 1,5s '10 s' ' 10s' \
		'10s ' 10S 10MS 10sec 10m 1d 1us 1h30min 0x10 1e3 Infinity INFINITY \
		infinity0 infinityx inf never ١s $'10s\n' \
		31536000001ms 31536001s 525601min 8760h1ms \
		18446744073709551616 18446744073709551617ms 18446744073709552s \
		5124095576031h 18446744073709551615h 999999999999999999999999h; do
		no_time --drain-timeout "$value"
	done
}

# --- the answer --------------------------------------------------------------

@test "R05 R06 content for a status that has none is misuse" {
	local code
	echo hi >"$BATS_TEST_TMPDIR/body"
	for code in 204 205 304; do
		misused "$code" --body --status=$code --body=hi
		misused "$code" --body --status=$code --body=
		misused "$code" --body-file --status=$code \
			--body-file="$BATS_TEST_TMPDIR/body"
	done
}

@test "R07 a status without the field that it needs is misuse, and the line names it" {
	misused 401 "--header='?WWW-Authenticate" --status=401
	misused 405 "--header='?Allow" --status=405
	misused 407 "--header='?Proxy-Authenticate" --status=407
	misused 426 "--header='?Upgrade" --status=426
	misused 206 "--header='?Content-Range" --status=206
	misused 405 Allow --status=405 --header='Allowed: GET'
	misused 405 Allow --status=405 --header='X: Allow: GET'
}

@test "R07 an interim status is misuse" {
	local code
	for code in 100 101 103 199; do
		misused "'$code'" 'from 200 to 599' --status=$code
	done
}

@test "R09 a --header that is not NAME: VALUE is misuse" {
	local field
	for field in '' X 'X Y' : ': y' ' : y' 'X : y' ' X: y' 'X Y: z' '(X): y' \
		'X=Y' 'X/Y: z' 'X,Y: z' '"X": y' 'X;: y' 'X[]: y' '{X}: y' 'X@: y' \
		'Ä: y' '=: y'; do
		misused "'$field'" "'NAME: VALUE'" -H 'A: b' -H "$field" -H 'C: d'
	done
}

@test "R09 a --header with a control character is misuse, and told on one line" {
	misused 'X: a\r\nY: b' VALUE --header=$'X: a\r\nY: b'
	misused 'X: a\nY: b' VALUE --header=$'X: a\nY: b'
	misused 'X: a\rb' VALUE --header=$'X: a\rb'
	misused 'X: a\x01b' VALUE --header=$'X: a\x01b'
	misused 'X: a\x1b[31mb' VALUE --header=$'X: a\e[31mb'
	misused 'X: a\x7fb' VALUE --header=$'X: a\x7fb'
	misused 'X\n: a' "'NAME: VALUE'" --header=$'X\n: a'
	misused 'X\x1b: a' "'NAME: VALUE'" --header=$'X\e: a'
}

@test "R09 a --header that the server itself sends is misuse, in any case" {
	local field
	for field in 'Content-Length: 5' 'content-length: 20' \
		'Transfer-Encoding: chunked' 'TRANSFER-ENCODING: identity' \
		'Connection: close' 'connection: keep-alive' \
		'Date: Thu, 01 Jan 1970 00:00:00 GMT' 'dAtE:' 'Content-Length:'; do
		misused "'$field'" "server itself" --header="$field"
	done
	misused "'Content-Type: a/b'" --content-type \
		--header='Content-Type: a/b' --content-type=text/plain
	misused "'content-type:a/b'" --content-type \
		--content-type=text/plain --header=content-type:a/b
}

@test "a --content-type that is not TYPE/SUBTYPE is misuse" {
	local type
	for type in '' / text text/ /html ' text/html' 'text /html' 'text/ html' \
		text//html text/html/x 'te(t/html' 'text/ht,ml' téxt/html; do
		misused "'$type'" TYPE/SUBTYPE -t "$type"
	done
	misused 'text/html\r\nX: y' TYPE/SUBTYPE --content-type=$'text/html\r\nX: y'
	misused 'text/html; a=\x01' TYPE/SUBTYPE --content-type=$'text/html; a=\x01'
}

@test "a --content-type whose parameters are none is misuse" {
	local type
	for type in 'text/html charset=utf-8' 'text/html; charset' 'text/html;=x' \
		'text/html; charset =utf-8' 'text/html; charset= utf-8' \
		'text/html; charset=' 'text/html; a="b' 'text/html, text/plain'; do
		misused "'$type'" TYPE/SUBTYPE --content-type="$type"
	done
}

@test "a --content-type of the grammar is accepted, with parameters too" {
	local type
	for type in text/plain 'text/html; charset=utf-8' 'text/html;charset=UTF-8' \
		'a/b; c="d; e"; f=g' "x-!#\$%&'*+.^_\`|~/1.2+3"; do
		start_server --content-type="$type"
		talk "$PORT" 'send:GET / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
		output_has "Content-Type: $type"
	done
}

@test "--body with --body-file is misuse" {
	echo hi >"$BATS_TEST_TMPDIR/body"
	misused "'hello'" "'$BATS_TEST_TMPDIR/body'.*one" --body=hello \
		--body-file="$BATS_TEST_TMPDIR/body"
	misused "''" "'$BATS_TEST_TMPDIR/body'.*one" -f "$BATS_TEST_TMPDIR/body" -b ''
}

@test "a body file that is not there, a directory, a FIFO or a device is refused" {
	local way
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	ln -s nowhere "$BATS_TEST_TMPDIR/link"
	denied "$BATS_TEST_TMPDIR/none" 'No such file' -f "$BATS_TEST_TMPDIR/none"
	denied "$BATS_TEST_TMPDIR/link" 'No such file' -f "$BATS_TEST_TMPDIR/link"
	denied "$BATS_TEST_TMPDIR" [Dd]irectory --body-file="$BATS_TEST_TMPDIR"
	denied "$BATS_TEST_TMPDIR/fifo" 'regular file' -f "$BATS_TEST_TMPDIR/fifo"
	denied /dev/zero 'regular file' --body-file=/dev/zero
	denied body 'No such file' --body-file=
}

@test "a body file that may not be read is refused" {
	echo hi >"$BATS_TEST_TMPDIR/body"
	chmod 000 "$BATS_TEST_TMPDIR/body"
	without dac_override dac_read_search
	denied "$BATS_TEST_TMPDIR/body" 'Permission denied' \
		--body-file="$BATS_TEST_TMPDIR/body"
}

@test "a body file of 16 MiB is served, one of an octet more is refused" {
	truncate --size=16M "$BATS_TEST_TMPDIR/body"
	start_server --body-file="$BATS_TEST_TMPDIR/body"
	talk "$PORT" 'send:HEAD / HTTP/1.1\r\nHost: x\r\n\r\n' heads:1
	output_has "Content-Length: 16777216"
	echo >>"$BATS_TEST_TMPDIR/body"
	denied "$BATS_TEST_TMPDIR/body" 16777216 --body-file="$BATS_TEST_TMPDIR/body"
}

# --- addresses ---------------------------------------------------------------

# no_address TEXT: --listen=TEXT is refused for its form.
no_address() {
	misused "'$1'" 'HOST:PORT.*\[IPV6\]:PORT.*:PORT.*PORT.*/PATH.*unix:/PATH' \
		--listen="$1"
}

@test "an address that is empty is misuse" {
	no_address ''
}

@test "an address without a port is misuse" {
	no_address localhost
	no_address 127.0.0.1
	no_address localhost:
	no_address :
	no_address '[::1]'
	no_address '[::1]:'
}

@test "an address whose port is no number is misuse" {
	no_address 127.0.0.1:http
	no_address 127.0.0.1:80x
	no_address 127.0.0.1:x80
	no_address '127.0.0.1:80 '
	no_address '127.0.0.1: 80'
	no_address 127.0.0.1:+80
	no_address 127.0.0.1:-1
	no_address 127.0.0.1:0x50
	no_address 127.0.0.1:80.0
	no_address http
	no_address -1
	no_address +80
	no_address ' '
	no_address '[::1]8000'
}

@test "an address whose port is out of range is misuse" {
	no_address 127.0.0.1:65536
	no_address :65536
	no_address 65536
	no_address '[::1]:65536'
	no_address 127.0.0.1:99999
	no_address 127.0.0.1:4294967376
	no_address 127.0.0.1:18446744073709551696
	understood --listen=127.0.0.1:65535
	understood --listen=65535
	understood --listen=127.0.0.1:0
	understood --listen='[fe80::1%lo]:0'
}

@test "an IPv6 address without brackets is misuse" {
	no_address ::1:8000
	no_address :::8000
	no_address ::1
	no_address fe80::1:80
}

@test "brackets around anything but an IPv6 address are misuse" {
	no_address '[]:0'
	no_address '[localhost]:0'
	no_address '[127.0.0.1]:0'
	no_address '[fe80::1.%lo]:0'
	no_address "[$(printf '0000:%.0s' {1..12}):1]:0"
	no_address '[::1:0'
	no_address '::1]:0'
}

@test "a URL is no address" {
	no_address http://127.0.0.1:8000/
	no_address http://127.0.0.1
}

@test "a path that is not absolute is misuse" {
	no_address unix:
	no_address unix:relative
	no_address unix:./relative
	no_address ./relative
	no_address relative/path
	no_address @abstract
}

@test "a path longer than 107 octets is misuse" {
	local path
	path=/$(printf '%0107d' 0)
	misused "'$path'" 107 --listen="$path"
	misused "'unix:$path'" 107 --listen="unix:$path"
}

@test "an address in use is refused, and its server goes on" {
	start_server
	denied "127.0.0.1:$PORT" 'in use.*--listen' --listen="127.0.0.1:$PORT"
	denied "$PORT" 'in use.*--listen' --listen="$PORT"
	talk --brief "$PORT" 'send:GET / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	output_is 200
}

@test "a socket's path in use is refused, and its server goes on" {
	start_server --listen="$BATS_TEST_TMPDIR/socket"
	denied "$BATS_TEST_TMPDIR/socket" 'in use.*--listen' \
		--listen="$BATS_TEST_TMPDIR/socket"
	talk --brief "$BATS_TEST_TMPDIR/socket" \
		'send:GET / HTTP/1.1\r\nHost: x\r\n\r\n' answers:1
	output_is 200
}

@test "a socket's path where something else is, is refused" {
	echo content >"$BATS_TEST_TMPDIR/file"
	denied "$BATS_TEST_TMPDIR/file" 'no socket.*--listen' \
		--listen="$BATS_TEST_TMPDIR/file"
	[ "$(<"$BATS_TEST_TMPDIR/file")" = content ]
}

@test "no permission for an address is refused, with what would help" {
	local first
	mkdir "$BATS_TEST_TMPDIR/closed"
	chmod 555 "$BATS_TEST_TMPDIR/closed"
	without net_bind_service dac_override dac_read_search
	# Not these, on a tmpfs or overlay that root owns: then it would succeed.
	denied "$BATS_TEST_TMPDIR/closed/socket" 'Permission denied.*--listen' \
		--listen="$BATS_TEST_TMPDIR/closed/socket"
	# Containers often let everybody bind every port.
	first=$(sysctl -n net.ipv4.ip_unprivileged_port_start 2>/dev/null || echo 1024)
	if [ "$first" -gt 80 ]; then
		denied 127.0.0.1:80 'Permission denied.*--listen' --listen=127.0.0.1:80
	fi
}

@test "an address that this machine does not have is refused" {
	# RFC 5737: nobody's.
	denied 192.0.2.1:0 '--listen' --listen=192.0.2.1:0
}

# The empty label keeps the resolver from asking anybody.
@test "an unknown host is refused" {
	denied no..such.host:0 'address' --listen=no..such.host:0
	denied no..such.host:8000 'address' -l no..such.host:8000
}

@test "when the second address is refused, nothing of the first is left" {
	start_server
	# $LEFT, which comes first in each of these, is looked for by denied.
	denied 127.0.0.1 . --listen=127.0.0.1:0 --listen="$LEFT.2" \
		--listen="127.0.0.1:$PORT"
	[ ! -e "$LEFT.2" ]
}

# --- doors -------------------------------------------------------------------

@test "--inetd without a socket on standard input is misuse" {
	misused '--inetd' 'inetd\.conf' --inetd
	misused '--inetd' 'inetd\.conf' -i
	local input
	echo hi >"$BATS_TEST_TMPDIR/file"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	for input in "$BATS_TEST_TMPDIR/file" /dev/zero; do
		run -2 --separate-stderr "${PROGRAM[@]}" --inetd \
			<"$input"
		[[ $stderr == "hello-http: "*--inetd*inetd.conf* ]]
	done
	run -2 --separate-stderr "${PROGRAM[@]}" --inetd <&-
	[[ $stderr == "hello-http: "*--inetd*inetd.conf* ]]
	run -2 --separate-stderr "${PROGRAM[@]}" --inetd \
		<>"$BATS_TEST_TMPDIR/fifo"
	[[ $stderr == "hello-http: "*--inetd*inetd.conf* ]]
}

@test "--exit-idle-time without a passed socket is misuse" {
	misused --exit-idle-time 'infinity' --exit-idle-time=60s
	misused --exit-idle-time 'infinity' --exit-idle-time=1ms
	start_server --exit-idle-time=infinity
}

@test "--exit-idle-time without a passed socket touches nothing" {
	start_server
	/usr/bin/python3 -IS -c 'import socket, sys
socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$LEFT.stale"
	misused --exit-idle-time 'infinity' --listen="127.0.0.1:$PORT" \
		--listen="$LEFT.stale" --exit-idle-time=60s
	[ -S "$LEFT.stale" ]
}

# --- messages ----------------------------------------------------------------

@test "a newline or control character in a value makes no second line" {
	local value=$'a\nb\r\tc\e[2Jd\x7f' shown='a\nb\r\tc\x1b[2Jd\x7f' option
	for option in --listen --status --content-type --header \
		--keepalive-timeout --request-timeout --drain-timeout \
		--exit-idle-time --max-body --max-connections --workers --log; do
		misused "'$shown'" . "$option=$value"
	done
	misused "'$shown'" . "$value"
	misused "'--$shown" . "--$value"
	misused "'--inetd=$shown" . "--inetd=$value"
	misused "'$shown'" . --body="$value" --body-file=/
	denied "$shown" . --body-file="$value"
	denied "/$shown/$shown" . --listen="/$value/$value"
	misused "'-\n'" . $'-\n'
	misused "'-\x1b'" . $'-i\e'
}

@test "UTF-8 in a value stays legible" {
	misused "'grün'" 'none, requests' --log=grün
	denied /nirgendwo/größe.html . --body-file=/nirgendwo/größe.html
}

@test "however long a value is, there is one line, which still says what would be valid" {
	local long
	long=$(printf '%05000d' 0)
	misused 0000000000 'from 200 to 599' --status="$long"
	misused 0000000000 'infinity' --drain-timeout="x$long"
	misused 0000000000 'none, requests' --log="$long"
	misused 0000000000 'HOST:PORT' --listen="$long"
	misused 0000000000 'HOST:PORT' --listen="$long:0"
	misused 0000000000 107 --listen="/$long"
	misused 0000000000 "'NAME: VALUE'" --header="$long"
	misused 0000000000 TYPE/SUBTYPE --content-type="$long"
	misused 0000000000 --help "$long"
	misused 0000000000 --help "--$long"
	denied 0000000000 'too long' --body-file="$long"
}

@test "a format directive in a value is only text" {
	misused "'%s%n%d%%'" 'from 200 to 599' --status=%s%n%d%%
	misused "'%s%n'" --help %s%n
	denied /%s%n%d 'No such file' --body-file=/%s%n%d
}

@test "the first mistake is told, and only it" {
	misused "'999'" 'from 200 to 599' --status=999 --workers=0 --nope surprise
	run ! grep -E 'workers|nope|surprise' "$ERR"
}

@test "under the journal the message has its priority in front" {
	local exit_status=0 journal
	touch "$ERR"
	journal=$(stat -c %d:%i "$ERR")
	JOURNAL_STREAM=$journal "${PROGRAM[@]}" --nope 2>"$ERR" || exit_status=$?
	[ "$exit_status" -eq 2 ]
	[ "$(wc -l <"$ERR")" -eq 1 ]
	grep -q "^<3>.*'--nope'" "$ERR"
}

# --- what is printed ---------------------------------------------------------

@test "--help and --version that nobody gets are failures" {
	local option
	for option in --help -h --version; do
		run -1 --separate-stderr bash -c '"$@" >/dev/full' bash \
			"${PROGRAM[@]}" $option
		[[ $stderr == "hello-http: "*"No space left"* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
		run -1 --separate-stderr bash -c '"$@" >&-' bash \
			"${PROGRAM[@]}" $option
		[[ $stderr == "hello-http: "* ]]
		[ "${#stderr_lines[@]}" -eq 1 ]
	done
}

@test "--help goes to standard output, fits 24 lines of 80 columns, status 0" {
	local option
	for option in --help -h; do
		"${PROGRAM[@]}" $option >"$OUT" 2>"$ERR"
		[ ! -s "$ERR" ]
		[ "$(wc -l <"$OUT")" -le 24 ]
		[ "$(wc -L <"$OUT")" -le 80 ]
		grep -q '^Usage: hello-http' "$OUT"
	done
}

@test "--help and --version start nothing" {
	local option
	for option in --help --version; do
		run -0 timeout "$PATIENCE" "${PROGRAM[@]}" --listen="$LEFT" $option
		[ ! -e "$LEFT" ]
	done
}
