#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What the manual page, --help, NEWS.md and README.md say, compared with the
# program and with one another; and their examples, run as they stand.
#
# Examples have fixed ports. They are free in a network namespace of this
# file's own, which root always gets, and other users on most systems.

load helper
load page

PAGE_SOURCE=$REPOSITORY/man/hello-http.8.in
TUNABLES=$REPOSITORY/src/tunables.h

# Of src/tunables.h, what no user can notice.
NOT_STATED="TUNABLES_H INFINITE_MSEC PARTIAL_BYTES_MIN EVENTS_MAX CROWD_MIN BODY_FILE_PIECE_BYTES"

# What README.md shows and this file does not run, and why not.
README_NOT_RUN=(
	'make deps run'   # installs packages
	'make deps check' # installs packages, and is what runs this
	'sudo '           # changes the system; tests/units.bats stages it
)

setup_file() {
	# In a directory that inetd's user nobody may enter.
	BIN=$(mktemp -d)
	chmod 755 "$BIN"
	cp "$HELLO_HTTP" "$BIN/hello-http"
	export BIN BUILT=$BATS_FILE_TMPDIR/built
	make_afresh BUILD="$BUILT" BINDIR="$BIN" "$BUILT"/man/hello-http.{7,8} \
		"$BUILT"/systemd/hello-http.{socket,service} >&2
	export MAN_PAGE=$BUILT/man/hello-http.8
	open_network
}

teardown_file() {
	end_servers
	rm -rf "$BIN"
}

# What an example left behind is ended with all its processes.
teardown() {
	local pid
	for pid in "${!SERVERS[@]}"; do
		kill -s TERM -- "-$pid" 2>/dev/null || true
	done
	end_servers
}

# --- the network of the examples -------------------------------------------

# A process that keeps the namespace, in NETWORK; empty where none can be had.
open_network() {
	local new=(unshare --net)
	[ "$(id -u)" -eq 0 ] || new+=(--user --map-root-user)
	export NETWORK=
	"${new[@]}" true 2>/dev/null || return 0
	start_process "${new[@]}" python3 -c '
import fcntl, signal, socket, struct
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
print("up", flush=True)
signal.sigwait([signal.SIGTERM])'
	wait_for_line '^up$' "$SERVER_OUT" >&2
	NETWORK=$SERVER_PID
}

# Sets THERE, the command that runs another one in that network.
go_there() {
	need unshare nsenter setsid curl
	[ -n "$NETWORK" ] || skip "no network namespace can be made here"
	THERE=(nsenter --target "$NETWORK" --net)
	[ "$(id -u)" -eq 0 ] || THERE+=(--user --preserve-credentials)
	mkdir -p "$BATS_TEST_TMPDIR/here/build"
	cd "$BATS_TEST_TMPDIR/here" || return
	ln -s "$BIN/hello-http" build
	PATH=$BIN:$PATH:/usr/sbin
}

# --- what is printed -------------------------------------------------------

help() {
	"$HELLO_HTTP" --help
}

# options: each option in what is read, as "-l, --listen=" or "--version".
options() {
	grep -oE '(-[A-Za-z], )?--[a-z-]+=?' | sort
}

# tunable NAME: its value in src/tunables.h, a text or a number.
tunable() {
	local value
	value=$(sed -n "s/^#define $1[ \t]\+//p" "$TUNABLES")
	[ -n "$value" ] || return
	if [[ $value == \"* ]]; then
		value=${value//\"/}
	else
		value=$(($(sed -E 's/([0-9])(u|ull)\b/\1/g' <<<"$value")))
	fi
	echo "$value"
}

# stated NAME TEXT: what the text states of the tunable, in the tunable's unit.
stated() {
	local number unit
	[[ $2 =~ ([0-9][0-9,]*)\ ?(KiB|MiB|ms|s|min|h)?([^A-Za-z0-9]|$) ]] || return
	number=${BASH_REMATCH[1]//,/} unit=${BASH_REMATCH[2]}
	case $1.$unit in
	*_MSEC*.ms | *.) echo "$number" ;;
	*_MSEC*.s) echo $((number * 1000)) ;;
	*_MSEC*.min) echo $((number * 60 * 1000)) ;;
	*_MSEC*.h) echo $((number * 60 * 60 * 1000)) ;;
	*_BYTES*.KiB) echo $((number * 1024)) ;;
	*_BYTES*.MiB) echo $((number * 1024 * 1024)) ;;
	*) return 1 ;;
	esac
}

# statements [SECTION]: a line "NAME TEXT" for each value that the page's
# source says to be stated in its next line.
statements() {
	awk -v section="${1-}" '
		/^\.Sh / { on = !section || $2 == section }
		name { print name, $0; name = "" }
		on && /^\.\\" = / { name = $3 }
	' "$PAGE_SOURCE"
}

# --- the page --------------------------------------------------------------

@test "the page has its sections, in their order" {
	need mandoc
	run -0 grep '^[A-Z]' <(page 200 | sed '1d;$d')
	output_is NAME SYNOPSIS DESCRIPTION OPTIONS ENVIRONMENT SIGNALS FILES \
		'EXIT STATUS' EXAMPLES DIAGNOSTICS LIMITS SECURITY 'SEE ALSO' \
		STANDARDS
}

# Left out: that the base system of NetBSD has no text behind .Os, where ours
# has the version; and which other pages this machine happens to have.
@test "mandoc finds nothing to say against any page" {
	need mandoc
	run mandoc -T lint -W all "$BUILT"/man/hello-http.?
	output=$(sed '/ operating system explicitly specified: /d
		/ referenced manual not found: /d
		/^mandoc: outdated mandoc.db lacks /d' <<<"$output")
	echo "$output"
	[ -z "$output" ]
}

@test "mandoc, as asked here, does find a mistake" {
	need mandoc
	run mandoc -T lint -W all <(cat "$MAN_PAGE" - <<<'.Bd -literal')
	[[ $output == *"appending missing end of block: Bd"* ]]
}

@test "groff, and man, find nothing to say against any page" {
	need groff man
	local page
	for page in "$BUILT"/man/hello-http.?; do
		run -0 --separate-stderr groff -ww -mandoc -Tutf8 "$page"
		[ -n "$output" ]
		[ -z "$stderr" ] || { echo "$stderr" && false; }
		run -0 --separate-stderr env LC_ALL=C.UTF-8 MANWIDTH=80 \
			man --warnings=w -E UTF-8 -Tutf8 -l "$page"
		[ -n "$output" ]
		[ -z "$stderr" ] || { echo "$stderr" && false; }
	done
}

@test "groff and man, as asked here, do find a mistake" {
	need groff man
	{ cat "$MAN_PAGE" && echo '.NoSuchMacro'; } >"$BATS_TEST_TMPDIR/wrong.8"
	run -0 --separate-stderr groff -ww -mandoc -Tutf8 "$BATS_TEST_TMPDIR/wrong.8"
	[[ $stderr == *NoSuchMacro* ]]
	run --separate-stderr env LC_ALL=C.UTF-8 man --warnings=w -E UTF-8 -Tutf8 \
		-l "$BATS_TEST_TMPDIR/wrong.8"
	[[ $stderr == *NoSuchMacro* ]]
}

@test "make doc renders each page with all its sections, as HTML and as PDF" {
	need mandoc
	local page heading count=0
	run -0 make_afresh BUILD="$BATS_TEST_TMPDIR" BINDIR="$BIN" doc
	cd "$BATS_TEST_TMPDIR/man"
	for page in hello-http.?; do
		[ "$(head -c 5 "$page.pdf")" = %PDF- ]
		while read -r heading; do
			grep -Fq " id=\"${heading// /_}\"" "$page.html"
			# A word for a word: between two it has a movement, not a blank.
			grep -aqF "(${heading%%[ :,]*}" "$page.pdf"
			count=$((count + 1))
		done < <(sed -n 's/^\.S[hs] //p' "$page")
	done
	[ "$count" -gt 40 ]
}

@test "the pages as HTML lead to each other, and within them each link to its place" {
	need mandoc
	run -0 make_afresh BUILD="$BATS_TEST_TMPDIR" BINDIR="$BIN" doc
	cd "$BATS_TEST_TMPDIR/man"
	[ -e style.css ]
	grep -q 'href="hello-http.7.html"' hello-http.8.html
	grep -q 'href="hello-http.8.html"' hello-http.7.html
	local page link count=0
	for page in *.html; do
		while read -r link; do
			grep -Fq "id=\"$link\"" "$page"
			count=$((count + 1))
		done < <(grep -o 'href="#[^"]*' "$page" | sed 's/.*#//')
	done
	[ "$count" -gt 80 ]
}

@test "man and mandoc show the page by the name of each installed unit" {
	need mandoc man
	local unit wanted share=$BATS_TEST_TMPDIR/usr/share/man
	make_afresh install DESTDIR="$BATS_TEST_TMPDIR" PREFIX=/usr
	export MANPAGER=cat LC_ALL=C.UTF-8 MANWIDTH=80
	wanted=$(man -M "$share" 8 hello-http)
	[[ $wanted == "HELLO-HTTP(8)"* ]]
	for unit in "$REPOSITORY"/systemd/*; do
		unit=$(basename "${unit%.in}")
		[ "$(man -M "$share" "$unit")" = "$wanted" ]
		[ "$(man -M "$share" 8 "$unit")" = "$wanted" ]
		cmp <(mandoc "$share/man8/$unit.8") <(mandoc "$share/man8/hello-http.8")
		# And its first lines say so: so whatis knows it, too.
		run -0 grep -E "^\.Nm $unit( ,)?\$" "$share/man8/hello-http.8"
	done
}

@test "no line of the page but its examples is wider than a terminal" {
	need mandoc
	run awk 'length > 80 && !/^          /' <(page 78)
	echo "$output"
	[ -z "$output" ]
}

# Elsewhere than on Debian, groff makes typographic ones of them.
@test "what the page shows as an example can be copied: each quote and hyphen is escaped" {
	local examples
	examples=$(awk '
		/^\.Sh / { on = $2 == "EXAMPLES" }
		/^\.Ed/ { inside = 0 }
		on && inside
		/^\.Bd/ { inside = 1 }
	' "$PAGE_SOURCE")
	[ "$(wc -l <<<"$examples")" -gt 20 ]
	run -1 grep "[-'\`^~]" <(sed 's/\\-//g; s/\\(aq//g' <<<"$examples")
	output_is ''
}

@test "--version, the page's last line and the newest heading of NEWS.md say the same" {
	need mandoc
	local version
	version=$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")
	[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$("$HELLO_HTTP" --version)" = "hello-http $version" ]
	[[ $(page 78 | tail -n 1) =~ ^"hello-http $version " ]]
	[[ $(grep -m 1 '^## ' "$REPOSITORY/NEWS.md") =~ ^"## $version"( |$) ]]
}

# Of a changelog the newest entry; the others are of older versions.
@test "packages, image and examples have the Makefile's version, wherever they name one" {
	local version named
	version=$(sed -n 's/^VERSION = //p' "$REPOSITORY/Makefile")
	cd "$REPOSITORY/packaging"
	named=$(grep -rEho --exclude=changelog \
		'(^pkgver=|^Version: +|hello-http:|version=")[0-9]+\.[0-9.]*[0-9]' . ../examples
		head -n 1 debian/changelog | grep -o '([0-9.]*')
	echo "$named"
	[ "$(wc -l <<<"$named")" -ge 8 ]
	[ "$(grep -o '[0-9.]*$' <<<"$named" | sort -u)" = "$version" ]
}

# --- options ---------------------------------------------------------------

# options_of WHERE: the options that are there, in the form of --help.
options_of() {
	local completion
	completion=$(find "$REPOSITORY/completions/$1" -type f 2>/dev/null) || true
	case $1 in
	program)
		tr -s ' \t\n' ' ' <"$REPOSITORY/src/options.c" |
			grep -oE '\{"[a-z-]+", (required|no)_argument, NULL, [^}]+\}' |
			sed -E "s/\{\"(.*)\", (.*)_argument, NULL, ('(.)')?.*/-\4, --\1\2/
				s/^-, //; s/no$//; s/required$/=/"
		;;
	help) help | grep '^ *-' ;;
	page) section OPTIONS | grep '^     -' ;;
	bash) sed -nE 's/^\t\t(-.?) +(--[a-z-]+=?).*/\1, \2/p' "$completion" ;;
	zsh)
		sed -nE 's/.*\{(-.)\+,(--[a-z-]+=)\}.*/\1, \2/p
			s/.*\{(-.),(--[a-z-]+)\}.*/\1, \2/p
			s/.*\)(--[a-z-]+=?)\[.*/\1/p' "$completion"
		;;
	fish)
		sed -nE '/^complete/!d
			s/-s (.) -l /-\1, --/; s/ -l / --/
			s/(--[a-z-]+) -[rx] .*/\1=/; p' "$completion"
		;;
	esac | options | uniq
}

@test "the program, --help, the page and the completions have the same options" {
	need mandoc
	local where
	local program
	program=$(options_of program)
	[ "$(wc -l <<<"$program")" -gt 15 ]
	for where in help page bash zsh fish; do
		echo "$where:"
		diff <(echo "$program") <(options_of "$where")
	done
}

@test "the page's SYNOPSIS has all options of OPTIONS" {
	need mandoc
	run diff <(section SYNOPSIS | options) \
		<(section OPTIONS | grep '^     -' | sed 's/-., //' | options)
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "letters take a value where their long options do" {
	local letters
	letters=$(sed -n 's/.*short_options\[\] = ":\(.*\)";/\1/p' \
		"$REPOSITORY/src/options.c" | grep -o '[A-Za-z]:*' | sort)
	[ -n "$letters" ]
	run diff <(echo "$letters") <(help | grep '^ *-' | options |
		sed -n 's/^-\(.\), [^=]*/\1/p' | tr '=' ':' | sort)
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "--help fits a terminal of 24 lines and 80 columns" {
	run -0 help
	[ "${#lines[@]}" -lt 24 ]
	run -0 awk 'length > 80' <(help)
	output_is ''
}

# --- numbers ---------------------------------------------------------------

@test "--help states the defaults of src/tunables.h" {
	local help option name value count=0
	help=$(help | tr -s ' \n' ' ')
	while read -r option name; do
		value=$(tunable "$name")
		[[ $name != *_MSEC* ]] || value=$((value / 1000))s
		[[ $help =~ --"$option"=[^\(]*\(([^\)]*,\ )?"$value"[,\;\)] ]] || {
			echo "--help does not say that --$option is $value"
			return 1
		}
		count=$((count + 1))
	done <<-'TABLE'
		listen LISTEN_DEFAULT
		status STATUS_DEFAULT
		content-type CONTENT_TYPE_DEFAULT
		body BODY_DEFAULT
		keepalive-timeout KEEPALIVE_MSEC_DEFAULT
		request-timeout REQUEST_MSEC_DEFAULT
		drain-timeout DRAIN_MSEC_DEFAULT
		max-body MAX_BODY_BYTES_DEFAULT
		max-connections MAX_CONNECTIONS_DEFAULT
		workers WORKERS_DEFAULT
	TABLE
	[ "$count" -eq "$(grep -c '^#define .*_DEFAULT' "$TUNABLES")" ]
	[[ $help == *"at most $(($(tunable BODY_FILE_BYTES_MAX) / 1024 / 1024)) MiB"* ]]
}

@test "each number that the page states is the one in src/tunables.h" {
	local name text value count=0
	while read -r name text; do
		value=$(tunable "$name")
		if [[ $value == *[!0-9]* ]]; then
			[[ $text == "By default $value"[.,]* ]]
		else
			[ "$(stated "$name" "$text")" = "$value" ]
		fi || {
			echo "$name is $value, but the page says: $text"
			return 1
		}
		count=$((count + 1))
	done < <(statements)
	[ "$count" -gt 30 ]
}

@test "each default is stated in OPTIONS, each limit in LIMITS" {
	local name count=0
	while read -r name; do
		count=$((count + 1))
		[[ " $NOT_STATED " != *" $name "* ]] || continue
		case $name in
		*_DEFAULT) statements OPTIONS ;;
		*) statements LIMITS ;;
		esac | grep -q "^$name " || {
			echo "$name is not stated"
			return 1
		}
	done < <(sed -n 's/^#define \([A-Z_0-9]*\).*/\1/p' "$TUNABLES")
	[ "$count" -gt 30 ]
}

@test "each number in LIMITS is said to be a tunable, but for a path's, which is the system's" {
	run awk '
		/^\.Sh / { on = $2 == "LIMITS" }
		on && /^\.It / && above !~ /^\.\\" = / { print $2 }
		{ above = $0 }
	' "$PAGE_SOURCE"
	output_is 107
	run -2 "$HELLO_HTTP" --listen="/$(printf '%107s' '' | tr ' ' x)"
	[[ $output == *"longer than the 107 octets"* ]]
}

# --- messages --------------------------------------------------------------

# Words in capitals in the page stand for a format's %s, "..." for any rest.
@test "DIAGNOSTICS has each message of the program, and no other" {
	need mandoc python3
	run python3 -IS - "$REPOSITORY" <(section DIAGNOSTICS) <<'PY'
import glob
import re
import sys

REPOSITORY, SECTION = sys.argv[1:]
CALL = r'\b(?:log_message|message_set|message_set_misuse|invalid_address' \
       r'|bind_failed)\(([^;]*?)"((?:[^"\\]|\\.|"\s*")*)"'
PIECE = r'%(?:\.?\d*)?(?:zu|ju|u|d|s)'
# The page has them by what the system says, and by "no memory".
IN_OTHER_WORDS = {
    "Failed to %s %s: %s%s",
    "Failed to list sockets: %s",
    "Failed to read the command line: %s",
    "Failed to make the response: %s",
}

said = set()
for path in glob.glob(REPOSITORY + "/src/*.c"):
    with open(path) as source:
        text = re.sub(r'"\s+"', "", source.read())
    said |= {found[2] for found in re.finditer(CALL, text)}
# Helpers' arguments and what is no message of its own.
said = {m for m in said if m[0].isupper() or m.startswith("--")}
said -= {"%s"}


def words(pattern, text):
    """A pattern's literal parts, apart from what stands for others."""
    return [re.escape(part) for part in re.split(pattern, text)]


with open(SECTION) as page:
    shown = [line.strip() for line in page if re.match(r' {5}\S', line)]
shown = [line for line in shown if not line.startswith(("A message", "Words", "..."))]
if len(said) < 30 or len(shown) < 25:
    raise SystemExit(f"only {len(said)} said, {len(shown)} shown")

used, bad = set(), False
for item in shown:
    like_item = "(?:.+)".join(words(r"\b[A-Z]{3,}\b", item)).replace(r"\.\.\.", ".*")
    found = {m for m in said if re.fullmatch(like_item, re.sub(PIECE, "x", m))
             or re.fullmatch(".*".join(words(PIECE, m)), item)}
    exact = found - IN_OTHER_WORDS
    used |= exact or found
    if not found:
        bad = True
        print("no message of the program:", item)
for message in sorted(said - used - IN_OTHER_WORDS):
    bad = True
    print("not in DIAGNOSTICS:", message)
sys.exit(bad)
PY
	echo "$output"
	[ "$status" -eq 0 ]
}

# --- examples --------------------------------------------------------------

# readme_examples DIR: each block of sh, and each command that stands in a line.
readme_examples() {
	mkdir "$1"
	awk -v dir="$1" '
		/^```/ { inside = $0 == "```sh"; n += inside; next }
		inside { print >sprintf("%s/%02d", dir, n); next }
		match($0, /`build\/[^`]*`/) {
			print substr($0, RSTART + 1, RLENGTH - 2) \
				>sprintf("%s/%02d", dir, ++n)
		}
	' "$REPOSITORY/README.md"
}

kind_of() {
	case $(<"$1") in
	'['* | '# /etc/systemd/system/'*) echo unit ;;
	'HTTP/1.1 '*) echo answer ;;
	*' stream tcp '*) echo inetd ;;
	'systemctl '* | 'portablectl '* | *' >/etc/systemd/system/'*) echo manager ;;
	'journalctl '*) echo journal ;; # tests/systemd/journal.bats
	'curl '*) echo client ;;
	*hello-http*) echo server ;;
	*) echo unknown ;;
	esac
}

# of_kind KIND DIR: these of its files; there must be some.
of_kind() {
	local file found=
	for file in "$2"/*; do
		[ "$(kind_of "$file")" = "$1" ] || continue
		echo "$file"
		found=1
	done
	[ "$found" ]
}

# play FILE...: servers, what asks them, and the answers, in their order.
play() {
	local file answers=
	for file; do
		echo "--- $(<"$file")"
		case $(kind_of "$file") in
		server)
			close_scene
			open_scene "$(<"$file")"
			;;
		client)
			answers=$("${THERE[@]}" bash -c "$(<"$file")" 2>/dev/null)
			answers_with_its_status "$answers"
			;;
		answer)
			diff "$file" <(tr -d '\r' <<<"$answers" |
				sed "s/^Date: .*/$(grep '^Date: ' "$file")/")
			;;
		*) false ;;
		esac || return
	done
	close_scene
}

# The shell waits for the server that it started, and ends with its status.
open_scene() {
	SCENE=$1
	start_process "${THERE[@]}" setsid bash -c "trap : TERM
$SCENE"
	until_listening
}

# Whoever stays on to start more servers ends by the signal.
close_scene() {
	local exit_status=0 expected=0
	[ -n "${SCENE-}" ] || return 0
	[[ $SCENE != *"--accept "* ]] || expected=143
	ask_each_address || return
	kill -s TERM -- "-$SERVER_PID"
	wait_for_exit "$SERVER_PID" || exit_status=$?
	SCENE=
	[ "$exit_status" -eq "$expected" ] || {
		echo "ended with status $exit_status:"
		cat "$SERVER_ERR"
		return 1
	}
}

# answers_with_its_status ANSWER: with the --status that the server was given.
answers_with_its_status() {
	local wanted=200
	[[ ! $SCENE =~ --status=([0-9]+) ]] || wanted=${BASH_REMATCH[1]}
	[[ $1 == "HTTP/1.1 $wanted"* ]] || {
		echo "not the status of its command line:"
		cat <<<"$1"
		return 1
	}
}

ask_each_address() {
	local address asked=0
	while read -r address; do
		case $address in
		unix:*) set -- --unix-socket "${address#unix:}" http://localhost/ ;;
		*) set -- "$address" ;;
		esac
		answers_with_its_status \
			"$("${THERE[@]}" curl -gsi --max-time "$PATIENCE" "$@")" || return
		asked=$((asked + 1))
	done < <(sed -n 's/^Listening on \([^ ]*\).*/\1/p' "$SERVER_ERR")
	[ "$asked" -gt 0 ]
}

@test "EXAMPLES: each shell command works as it stands" {
	need mandoc systemd-socket-activate
	need_localhost
	go_there
	page_examples ../examples
	run -1 of_kind unknown ../examples
	local file files=()
	for file in ../examples/*; do
		case $(kind_of "$file") in
		server | client | answer) files+=("$file") ;;
		esac
	done
	[ "${#files[@]}" -gt 10 ]
	play "${files[@]}"
}

@test "EXAMPLES: each line for inetd.conf is served, as it stands, by a real inetd" {
	need mandoc
	go_there
	need inetd
	[ "$(id -u)" -eq 0 ] || skip "inetd becomes nobody, for which it must be root"
	page_examples ../examples
	local line conf=$BATS_TEST_TMPDIR/inetd.conf
	# A /run of its own, where it writes its process id; a chroot has one.
	local apart=(--mount) begin='mount -t tmpfs none /run &&'
	if ! unshare --mount true 2>/dev/null; then
		apart=() begin=
	fi
	for line in $(of_kind inetd ../examples); do
		cp "$line" "$conf"
		# Processes of its own, so that the one which "wait" started ends
		# with it.
		start_process "${THERE[@]}" setsid unshare "${apart[@]}" --pid --fork \
			--kill-child sh -c "$begin exec inetd -i \$1" sh "$conf"
		wait_until "${THERE[@]}" curl -sf -o answer http://127.0.0.1:8000/
		[ "$(<answer)" = "$(tunable BODY_DEFAULT)" ]
		"${THERE[@]}" curl -sf -o answer http://127.0.0.1:8000/
		kill -s TERM -- "-$SERVER_PID"
		wait_for_exit "$SERVER_PID"
		# The program too has let go of the address.
		wait_until is_refused_there 127.0.0.1:8000
	done
}

is_refused_there() {
	local exit_status=0
	"${THERE[@]}" curl -s -o /dev/null "http://$1/" || exit_status=$?
	[ "$exit_status" -eq 7 ]
}

# What systemd then does is shown by tests/systemd/dropins.bats and its like.
@test "EXAMPLES: systemd-analyze verify is silent on the units with each drop-in" {
	need mandoc systemd-analyze
	local drop_in file root=$BATS_TEST_TMPDIR/root count=0
	page_examples "$BATS_TEST_TMPDIR/examples"
	for drop_in in $(of_kind unit "$BATS_TEST_TMPDIR/examples"); do
		case $(<"$drop_in") in
		'[Socket]'*) file=hello-http.socket.d/example.conf ;;
		'[Service]'*) file=hello-http.service.d/example.conf ;;
		'# '*) file=$(sed -n '1s|.*/||p' "$drop_in") ;;
		esac
		stage_units "$root"
		file=$root/etc/systemd/system/$file
		mkdir -p "${file%/*}"
		cp "$drop_in" "$file"
		run verify "$root"
		echo "$output"
		[ "$status" -eq 0 ]
		[ -z "$output" ]
		# And the drop-in is read.
		sed -i 's/^\[S.*/&\nNoSuchDirective=yes/' "$file"
		run verify "$root"
		[[ $output == *NoSuchDirective* ]]
		rm -r "$root"
		count=$((count + 1))
	done
	[ "$count" -eq 17 ]
}

# stage_units ROOT: the units, and the programs that they and drop-ins name.
stage_units() {
	mkdir -p "$1"/usr/{bin,lib/systemd/system} "$1/bin" "$1$BIN"
	cp "$BUILT"/systemd/* "$1/usr/lib/systemd/system"
	cp "$BIN/hello-http" "$1$BIN"
	cp "$(type -P true)" "$1/bin/kill"
	cp "$(type -P true)" "$1/usr/bin/strace"
}

verify() {
	local units
	mapfile -t units < <(cd "$1" && find . -name 'hello-http*.socket' \
		-printf '%f\n')
	systemd-analyze verify --root="$1" --man=no --recursive-errors=no \
		"${units[@]}" hello-http.service
}

@test "EXAMPLES: systemctl is asked for what it knows, of units that there are" {
	need mandoc
	local command verb options unit
	page_examples "$BATS_TEST_TMPDIR/examples"
	for file in $(of_kind manager "$BATS_TEST_TMPDIR/examples"); do
		while read -r command verb options; do
			[ "$command" = systemctl ] || continue
			[ "$verb $options" != 'daemon-reload ' ] || continue
			unit=${options##* }
			[[ $verb == @(enable|disable|start|stop|restart|try-reload-or-restart|add-wants) ]]
			[ -e "$BUILT/systemd/$unit" ] ||
				grep -q "^# .*/$unit\$" "$BATS_TEST_TMPDIR"/examples/*
		done <"$file"
	done
}

# --- README.md -------------------------------------------------------------

is_not_run() {
	local pattern
	for pattern in "${README_NOT_RUN[@]}"; do
		[[ $(<"$1") != *"$pattern"* ]] || return 0
	done
	return 1
}

@test "README.md: each command works as it stands" {
	need systemd-socket-activate
	need_localhost
	go_there
	readme_examples ../examples
	local file files=() left_out=0
	for file in ../examples/*; do
		if is_not_run "$file"; then
			left_out=$((left_out + 1))
		else
			files+=("$file")
		fi
	done
	[ "$left_out" -eq 3 ]
	[ "${#files[@]}" -ge 8 ]
	# The first thing asked is the server that "make deps run" has left running.
	echo 'exec build/hello-http' >../run
	play ../run "${files[@]}"
}

@test "README.md names each file of src in its reading order, and no file that is not there" {
	local file count=0
	for file in "$REPOSITORY"/src/*.c "$REPOSITORY"/src/tunables.h; do
		run -0 grep -F "\`src/${file##*/}\`" <(sed -n \
			'/^## Reading order/,/^## How/p' "$REPOSITORY/README.md")
	done
	while read -r file; do
		count=$((count + 1))
		[ -e "$REPOSITORY/$file" ] || {
			echo "$file is named but not there"
			return 1
		}
	done < <(grep -oE '\b(examples|src|tests|man|systemd|\.ci)/[A-Za-z0-9_.@-]*' \
		"$REPOSITORY/README.md")
	[ "$count" -gt 15 ]
}

@test "README.md and CONTRIBUTING.md name only targets that make help lists" {
	local target targets count=0
	targets=$(make_afresh help | cut -d ' ' -f 1)
	while read -r target; do
		count=$((count + 1))
		grep -qx "$target" <<<"$targets" || {
			echo "make $target is none"
			return 1
		}
	done < <(cat "$REPOSITORY"/{README,CONTRIBUTING}.md | grep -oE '(`|^)make( [a-z-]+)+' |
		sed 's/^`*make //' | tr ' ' '\n')
	[ "$count" -gt 20 ]
}

# --- all files -------------------------------------------------------------

# Those of the repository, also before they are committed, but for what whoever
# packages it has added; in a tree without one, as in a tarball, those in places
# where the project has files.
files_of_project() {
	cd "$REPOSITORY" || return
	git ls-files --cached --others --exclude-standard ':!debian' 2>/dev/null ||
		find .ci .reuse bench completions examples man packaging src systemd tests \
			[A-Z]* -type f ! -name '*.pyc'
}

# The fuzzers' inputs are octets and nothing else; tests/fuzz/README.md has theirs.
@test "each file names its authors and its licence in its first lines" {
	local file count=0
	while read -r file; do
		[[ $file != tests/fuzz/corpus/* ]] || continue
		file=$REPOSITORY/$file
		[ -e "$file" ] || continue
		count=$((count + 1))
		# Where a file has no place for it, one beside it does.
		[ ! -e "$file.license" ] || file=$file.license
		head -n 4 "$file" | tr '\n' ' ' | grep -q \
			'SPDX-FileCopyrightText: 2026 The hello-http authors.*SPDX-License-Identifier: MIT' || {
			echo "$file"
			return 1
		}
	done < <(files_of_project)
	[ "$count" -gt 30 ]
}
