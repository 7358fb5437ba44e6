#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# What people see: the pages in Chromium, through the installed units, under
# the system manager that tests/systemd/run boots. Pictures of them are left in
# build/tests/browser/ by make check-browser.

load ../systemd/helper
load ../systemd/drop_ins

# Without a window; without the sandbox that root cannot have; and so that it asks
# nobody but the server, nor opens a connection on the chance of a request.
FLAGS=(--headless=new --no-sandbox --disable-gpu --no-first-run
	--disable-background-networking --disable-component-update --disable-sync)
PREFERENCES='{"net": {"network_prediction_options": 2}}'

setup_file() {
	mkdir -p /srv /h/kept
	# Debian's starter of Chromium wants a file here, and fontconfig this one.
	mkdir -p /etc/chromium.d /etc/fonts
	touch /etc/chromium.d/README
	echo '<fontconfig><dir>/usr/share/fonts</dir></fontconfig>' >/etc/fonts/fonts.conf

	CHROMIUM=$(command -v chromium chromium-browser | head -n 1)
	export CHROMIUM PIPES=$BATS_FILE_TMPDIR
	[ -n "$CHROMIUM" ] || return 0
	mkfifo "$PIPES/commands" "$PIPES/messages"
	mkdir -p "$PIPES/profile/Default"
	echo "$PREFERENCES" >"$PIPES/profile/Default/Preferences"
	# It has both ends of both pipes, so that they outlast each test's.
	"$CHROMIUM" "${FLAGS[@]}" --user-data-dir="$PIPES/profile" \
		--remote-debugging-pipe 3<>"$PIPES/commands" 4<>"$PIPES/messages" \
		</dev/null >"$PIPES/log" 2>&1 &
	export CHROMIUM_PID=$!
}

teardown_file() {
	[ -z "$CHROMIUM" ] || kill "$CHROMIUM_PID"
	wait
}

setup() {
	[ -n "$CHROMIUM" ] || skip "Chromium is missing"
	start_afresh
}

# serve OPTIONS: with these, instead of the unit's own.
serve() {
	drop_in hello-http.service <<-END
		[Service]
		ExecStart=
		ExecStart=/usr/bin/hello-http $*
	END
}

SCENARIO='
import atexit, hashlib, os, subprocess, sys, time

sys.path.insert(0, "/repository/tests/browser")
from chromium import Page

URL = "http://127.0.0.1:8000/"

# The same in Python and, of a buffer, in the page.
SHA256 = """
    async function sha256(octets) {
        const digest = await crypto.subtle.digest("SHA-256", octets);
        return [...new Uint8Array(digest)].map(
            octet => octet.toString(16).padStart(2, "0")).join("");
    }"""


def sha256(octets):
    return hashlib.sha256(octets).hexdigest()


def systemctl(*words):
    return subprocess.run(["systemctl", *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def process():
    """Of the service: its number, 0 for none."""
    return int(systemctl("show", "--value", "--property=MainPID",
                         "hello-http.service"))


def wait_until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "gave up waiting"
        time.sleep(0.01)


systemctl("start", "hello-http.socket")
page = Page("commands", "messages")
atexit.register(page.close)
page.call("Page.addScriptToEvaluateOnNewDocument", source=SHA256)
'

# browse <PROGRAM: runs it as Python, with an empty page.
browse() {
	cd "$PIPES" || return
	{ echo "$SCENARIO" && cat; } >program.py
	run python3 -IS program.py
	echo "$output"
	[ "$status" -eq 0 ] || {
		grep -v dbus/ log
		return 1
	}
}

# --- the default page ---------------------------------------------------------

@test "the page is a heading that says Hello World" {
	browse <<-'END'
	page.load(URL)
	assert page.value_of("document.body.innerHTML") == "<h1>Hello World</h1>"
	assert page.value_of("document.body.innerText") == "Hello World"
	size = page.value_of(
	    "parseFloat(getComputedStyle(document.body.firstChild).fontSize)")
	assert size > 20, size
	page.take_picture("/h/kept/hello.png")
	END
}

@test "the browser's own request for an icon is answered, and it complains of nothing" {
	browse <<-'END'
	for load in (lambda: page.load(URL), page.reload):
	    load()
	    assert {(answer.url, answer.status) for answer in page.answers} == {
	        (URL, 200), (URL + "favicon.ico", 200)}, page.answers
	assert not page.complaints, page.complaints
	END
}

@test "the first load starts the service" {
	browse <<-'END'
	assert not process()
	page.load(URL)
	assert process()
	END
}

# --- one connection -----------------------------------------------------------

@test "a reload, of what is cached too, brings the page again on the same connection" {
	browse <<-'END'
	first = page.load(URL)
	for ignoring_cache in False, True:
	    again = page.reload(ignoring_cache)
	    assert again.status == 200 and not again.is_cached, again
	    assert again.is_reused and again.connection == first.connection, again
	    assert page.value_of("document.body.innerText") == "Hello World"
	assert not page.complaints, page.complaints
	END
}

@test "100 requests by a script in the page need no other connection" {
	browse <<-'END'
	first = page.load(URL)
	page.answers = []
	assert page.value_of("""(async () => {
	    let all = "";
	    for (let i = 0; i < 100; i++)
	        all += await (await fetch("/" + i)).text();
	    return all;
	})()""") == 100 * "<h1>Hello World</h1>"
	assert len(page.answers) == 100
	assert {a.connection for a in page.answers} == {first.connection}
	assert not page.complaints, page.complaints
	END
}

@test "a script may use each method that browsers let it" {
	browse <<-'END'
	page.load(URL)
	hello = "<h1>Hello World</h1>"
	for method, content in {"HEAD": "", "GET": hello, "POST": hello, "PUT": hello,
	                        "PATCH": hello, "DELETE": hello, "OPTIONS": hello}.items():
	    sent = "" if method in ("GET", "HEAD") else ', body: "x".repeat(100000)'
	    got = page.value_of(f"""
	        fetch("/", {{method: "{method}"{sent}}}).then(async answer => [
	            answer.status, answer.headers.get("Content-Length"),
	            await answer.text()])""")
	    assert got == [200, "20", content], (method, got)
	assert not page.complaints, page.complaints
	END
}

@test "a script that sends too much gets the answer that says so, while it sends" {
	browse <<-'END'
	page.load(URL)
	page.call("Network.disable")  # which would tell all that is sent
	got = page.value_of("""
	    fetch("/", {method: "POST", body: new Uint8Array(16 << 20)}).then(
	        async answer => [answer.status, await answer.text()])""")
	assert got[0] == 413 and "Content Too Large" in got[1], got
	END
}

# --- another process ----------------------------------------------------------

@test "the browser keeps its connection over a restart of the service" {
	browse <<-'END'
	first = page.load(URL)
	for _ in range(3):
	    old = process()
	    systemctl("restart", "hello-http.service")
	    assert process() not in (0, old)
	    again = page.reload()
	    assert again.status == 200 and again.is_reused, again
	    assert again.connection == first.connection, (first, again)
	    assert page.value_of("document.body.innerText") == "Hello World"
	assert not page.complaints, page.complaints
	END
}

@test "what is half there when the service restarts arrives whole, and the connection is kept" {
	# Else its socket could hold all of it, unread.
	echo 4096 65536 1048576 >/proc/sys/net/ipv4/tcp_rmem
	echo '<h1>Small</h1>' >/srv/page.html
	serve --body-file=/srv/page.html
	browse <<-'END'
	def octets_a_second(number):
	    """So many reach the page; -1 for as many as there are."""
	    page.call("Network.emulateNetworkConditions", offline=False, latency=0,
	              downloadThroughput=number, uploadThroughput=-1)


	HEAD = """
	    fetch("/", {method: "HEAD"}).then(async answer => {
	        await answer.text();
	        return answer.headers.get("Content-Length");
	    })"""

	first = page.load(URL)
	large = os.urandom(16 << 20)
	with open("/srv/page.html", "wb") as file:
	    file.write(large)
	systemctl("reload", "hello-http.service")
	wait_until(lambda: page.value_of(HEAD) == str(len(large)))
	octets_a_second(100_000)
	page.value_of("""fetch("/").then(answer => {
	    rest = answer.arrayBuffer().then(sha256);
	})""")

	old = process()
	systemctl("restart", "--no-block", "hello-http.service")
	wait_until(lambda: "deactivating" in systemctl(
	    "show", "--property=ActiveState", "hello-http.service"))
	assert process() == old
	octets_a_second(-1)
	assert page.value_of("rest") == sha256(large)

	wait_until(lambda: process() not in (0, old))
	page.answers = []
	page.value_of(HEAD)
	assert page.answers[0].connection == first.connection, page.answers
	assert not page.complaints, page.complaints
	END
}

@test "when the service has left the idle browser, the next load starts it anew" {
	serve --keepalive-timeout=500ms --exit-idle-time=500ms
	browse <<-'END'
	first, old = page.load(URL), process()
	wait_until(lambda: not process())
	again = page.reload()
	assert again.status == 200 and process() != old, again
	assert not again.is_reused and again.connection != first.connection, again
	assert not page.complaints, page.complaints
	END
}

# --- other pages --------------------------------------------------------------

TEXT='
TEXT = [
    "Zurück um zwölf",
    "Grüße an alle – „schöne Füße“ kosten 5 €",
    "只今メンテナンス中です。 维护中，请稍后再来。 점검 중입니다.",
    "🛠️ 🚧 👩‍💻 🇪🇺",
    "الموقع قيد الصيانة. האתר בתחזוקה.",
]


def is_shown():
    assert page.value_of("document.characterSet") == "UTF-8"
    shown = page.value_of("[...document.body.children].map(e => e.innerText)")
    assert shown == TEXT, shown
    return True


def write(head):
    with open("/srv/maintenance.html", "w") as file:
        print(head + "<h1>%s</h1>\n<p>%s\n<p lang=ja>%s\n<p>%s\n<p dir=rtl>%s" %
              tuple(TEXT), file=file)
'

@test "a maintenance page in UTF-8 is shown letter for letter, with its status and when to come again" {
	serve '--status=503 "--header=Retry-After: 600"' \
		'"--content-type=text/html; charset=utf-8"' \
		--body-file=/srv/maintenance.html
	browse <<-END
	$TEXT
	write("")
	answer = page.load(URL)
	assert answer.status == 503 and answer.fields["retry-after"] == "600", answer
	assert is_shown()
	page.take_picture("/h/kept/maintenance.png")
	page.reload()
	assert is_shown()
	END
}

@test "the manual's maintenance page is, too, where the file says that it is UTF-8" {
	apply '    --body-file=/srv/maintenance.html'
	browse <<-END
	$TEXT
	write("<!DOCTYPE html>\n<meta charset=utf-8>\n<title>Back soon</title>\n")
	page.load(URL)
	assert is_shown()
	assert page.value_of("document.title") == "Back soon"
	END
}

# Chromium tells of each answer with such a status.
@test "of a maintenance page, nothing but its status is on the console" {
	serve --status=503 '"--content-type=text/html; charset=utf-8"'
	browse <<-'END'
	page.load(URL)
	assert {*page.complaints} == {
	    "Failed to load resource: the server responded with a status of 503"
	    " (Service Unavailable)"}, page.complaints
	END
}

@test "a large page, which is sent from a file in memory, arrives whole" {
	serve --body-file=/srv/large.html
	browse <<-'END'
	import base64, struct, zlib


	def png(side):
	    """A picture of as many rows and columns, not compressed."""
	    def chunk(kind, octets):
	        return (struct.pack(">I", len(octets)) + kind + octets +
	                struct.pack(">I", zlib.crc32(kind + octets)))

	    ramp = bytes(256 * n // side for n in range(side))
	    rows = bytearray()
	    for green in ramp:
	        row = bytearray(b"\x80" * 3 * side)
	        row[0::3] = ramp
	        row[1::3] = bytes([green]) * side
	        rows += b"\0" + row  # no filter
	    return (b"\x89PNG\r\n\x1a\n" +
	            chunk(b"IHDR", struct.pack(">2I5B", side, side, 8, 2, 0, 0, 0)) +
	            chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b""))


	source = "data:image/png;base64," + base64.b64encode(png(1024)).decode()
	html = f'<!DOCTYPE html>\n<h1>Large</h1>\n<img width=400 src="{source}">\n'
	assert len(html) > 4 << 20
	with open("/srv/large.html", "w") as file:
	    file.write(html)
	for load in (lambda: page.load(URL), page.reload):
	    assert load().status == 200
	    assert page.value_of("""sha256(new TextEncoder().encode(
	        document.images[0].src))""") == sha256(source.encode())
	    assert page.value_of("document.images[0].naturalWidth") == 1024
	    assert page.value_of("""fetch("/").then(answer =>
	        answer.arrayBuffer()).then(sha256)""") == sha256(html.encode())
	page.take_picture("/h/kept/large.png")
	assert len({answer.connection for answer in page.answers}) == 1
	assert not page.complaints, page.complaints
	END
}
