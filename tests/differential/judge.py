# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""What RFC 9110 and RFC 9112 say of a stream of octets, by the letter.

For each message: where it ends, what is remarkable about it, and if it has to
be refused, the word for why. With the words, differences between servers are
sorted into classes; README.md has the sentence behind each. Wherever the RFC
leaves a recipient the choice, this is the strict one, and the limits are those
of the manual page.
"""

import ipaddress
import re
from collections import namedtuple

# verdict: "taken", "refused" (a malformed message), "declined" (a well-formed
# one that is not served), or "waits" (more octets are needed). why: the word,
# for a refused or declined one. notes: words for what is remarkable. saw:
# b"METHOD TARGET", or None where not even a request line was to be read.
Message = namedtuple("Message", "verdict why notes closes saw")

LINE_MAX, SECTION_MAX, LINES_MAX, EXTENSIONS_MAX = 8192, 16384, 100, 1024
CONTENT_MAX = 1 << 20

TCHAR = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
NOT_IN_LINE = re.compile(rb"[^ -~]")
NOT_IN_VALUE = re.compile(rb"[^\t -~\x80-\xff]")
REQUEST_LINE = re.compile(rb"(%s+) ([!-\"$-~]+) HTTP/(\d)\.(\d)" % TCHAR)
FIELD_LINE = re.compile(rb"(%s+):[ \t]*(.*?)[ \t]*" % TCHAR, re.S)
REG_NAME = rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*"
AUTHORITY = re.compile(rb"(%s|\[[^\]]*\])(?::(\d*))?" % REG_NAME)
QUOTED = rb'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t -~\x80-\xff])*"'
EXTENSION = rb"[ \t]*;[ \t]*%s+(?:[ \t]*=[ \t]*(?:%s+|%s))?" % (
    TCHAR, TCHAR, QUOTED)
CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)((?:%s)*)\r\n" % EXTENSION)
SINGLETONS = (b"authorization", b"content-type", b"if-match",
              b"if-modified-since", b"if-none-match", b"range", b"referer",
              b"user-agent")
LABEL = rb"[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
# Without digits alone in its last label, which would make it an address.
HOST_NAME = re.compile(rb"(%s\.)*(?!\d+(:|$))%s(:[1-9]\d*)?" % (LABEL, LABEL))
# One of these makes a whole chunk line of a good beginning.
COMPLETIONS = [b"0\r\n", b"\r\n", b"\n", b";a\r\n", b"a\r\n", b"=a\r\n",
               b'"\r\n', b'a"\r\n']


class Refusal(Exception):
    """Its words: the verdict and why."""


def refuse(why, verdict="refused"):
    raise Refusal(verdict, why)


def foreign_octet(octets, at, rest_is_incomplete=True):
    """The word for an octet that no line may contain."""
    octet = octets[at:at + 1]
    if octet == b"\r" and rest_is_incomplete and len(octets) == at + 1:
        return "waits"
    if octet == b"\n":
        return "bare LF"
    if octet == b"\r":
        return "bare CR"
    if octet >= b"\x80":
        return "high octet"
    return "NUL" if octet == b"\0" else "control"


class Reader:
    """Reads one message of a stream."""

    def __init__(self, octets):
        self.octets = octets
        self.at = 0
        self.notes = set()
        self.fields = {}
        self.lines = 0
        self.section_octets = 0
        self.extension_octets = 0
        self.closes = False
        self.saw = None

    def note(self, *words):
        self.notes.update(words)

    def line(self, foreign, limit, where, too_long):
        """The octets up to the next CRLF, which is skipped."""
        window = self.octets[:self.at + limit + 2]
        is_whole = len(window) == self.at + limit + 2
        found = foreign.search(window, self.at)
        end = found.start() if found else len(window)
        if window[end:end + 2] != b"\r\n":
            word = foreign_octet(window, end) if found else "waits"
            if word != "waits":
                refuse(f"{word} in {where}")
            if not is_whole:
                refuse("", "waits")
            if where == "trailer":
                self.trailer_line_begins(window[self.at:end])
            refuse(too_long, "declined")
        line = self.octets[self.at:end]
        self.at = end + 2
        return line

    # --- Request line, RFC 9112 3 ---

    def request_line(self):
        if self.octets.startswith(b"\r\n"):
            self.note("empty line before")
            self.at = 2
            if self.octets.startswith(b"\r\n\r\n"):
                refuse("two empty lines before")
        line = self.line(NOT_IN_LINE, LINE_MAX, "request line", "long line")
        words = REQUEST_LINE.fullmatch(line)
        if not words:
            refuse(self.bad_request_line(line))
        self.method, self.target, major, minor = words.groups()
        self.saw = self.method + b" " + self.target
        if major != b"1":
            refuse("major version", "declined")
        self.is_1_0 = minor == b"0"
        if minor not in (b"0", b"1"):
            self.note("minor version")
        if self.is_1_0:
            self.note("HTTP/1.0")
        self.note_method()
        self.check_target()

    @staticmethod
    def bad_request_line(line):
        method, _, rest = line.partition(b" ")
        if not re.fullmatch(TCHAR + b"+", method):
            return "method form"
        target, _, version = rest.rpartition(b" ")
        if re.fullmatch(rb"[!-\"$-~]+", rest):
            return "no version"
        if b" " in target or not target or not version:
            return "spaces in request line"
        if b"#" in target:
            return "fragment"
        return "version form"

    def note_method(self):
        if self.method in (b"TRACE", b"CONNECT"):
            self.note(self.method.decode())
        elif self.method in (b"PUT", b"PATCH", b"DELETE"):
            self.note("PUT, PATCH or DELETE")
        elif self.method not in (b"GET", b"HEAD", b"POST", b"PUT", b"PATCH",
                                 b"DELETE", b"OPTIONS"):
            self.note("method unknown")

    def check_target(self):
        if self.method == b"CONNECT":
            if not is_authority(self.target, needs_port=True):
                refuse("target of CONNECT")
        elif self.target == b"*":
            self.note("OPTIONS *")
            if self.method != b"OPTIONS":
                refuse("asterisk without OPTIONS")
        elif self.target[:1] != b"/":
            self.check_absolute_form()
        if not re.fullmatch(rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?\[\]]|"
                            rb"%[0-9A-Fa-f]{2})*", self.target):
            self.note("target not of RFC 3986")
        if b"%00" in self.target:
            self.note("%00 in target")
        path = self.target.lower().replace(b"://", b"")
        if re.search(rb"//|/\.|%2e|%2f|%5c|\\", path):
            self.note("target not normal")
        if len(self.target) > 4000:
            self.note("long target")

    def check_absolute_form(self):
        form = re.match(rb"(?i:https?)://([^/?]*)", self.target)
        if not form or form[1] == b"" or not is_authority(form[1]):
            refuse("target form")
        self.note("absolute-form")
        if self.target[form.end():form.end() + 1] != b"/":
            self.note("absolute-form without path")
        self.authority = form[1]

    # --- Field section, RFC 9112 5 ---

    def field_section(self, where):
        while self.octets[self.at:self.at + 2] != b"\r\n":
            if self.octets[self.at:] in (b"", b"\r"):
                refuse("", "waits")
            line = self.line(NOT_IN_VALUE, SECTION_MAX - self.section_octets
                             - 2, where, "long fields")
            self.section_octets += len(line) + 2
            self.lines += 1
            if self.lines > LINES_MAX:
                refuse("many fields", "declined")
            name, value = self.field_line(line, where)
            if where == "fields":
                self.field(name, value)
        self.at += 2
        if self.section_octets > 4000:
            self.note("4 KB of fields")
        if self.lines > 50:
            self.note("50 fields")

    def trailer_line_begins(self, line):
        """It is read octet by octet: bad before it is too long."""
        if not re.fullmatch(TCHAR + rb"*", line):
            self.field_line(line, "trailer")

    def field_line(self, line, where):
        match = FIELD_LINE.fullmatch(line)
        if not match:
            refuse(f"{self.bad_field_line(line)} in {where}")
        if len(match[1]) > 255:
            self.note("long field name")
        name, value = match[1].lower(), match[2]
        if name in (b"host", b"content-length", b"transfer-encoding"):
            if where == "trailer" and name != b"host":
                refuse("framing field in trailer")
            if b"\t" in line.replace(value, b""):
                self.note("HTAB around value")
            if value and line[-1:] == b" ":
                self.note("space after value")
        if name in (b"connection", b"host") and where == "trailer":
            self.note(f"{name.decode().capitalize()} in trailer")
        return name, value

    def bad_field_line(self, line):
        if line[:1] in (b" ", b"\t"):
            return "obs-fold" if self.lines > 1 else "space before first"
        if re.match(TCHAR + rb"+[ \t]+:", line):
            return "space before colon"
        return "field name" if b":" in line else "no colon"

    def field(self, name, value):
        self.fields.setdefault(name, []).append(value)
        if len(self.fields[name]) > 1 and name in SINGLETONS:
            self.note("singleton repeated")
        if name == b"content-length":
            self.check_length(value)
        elif name == b"host":
            if len(self.fields[name]) > 1:
                refuse("Host repeated")
            if not value:
                self.note("Host empty")
            elif not is_authority(value):
                refuse("Host form")
            elif (not HOST_NAME.fullmatch(value) or value[:1].isdigit()
                  or len(value) > 255):
                self.note("Host unusual")
        elif name == b"proxy-connection":
            self.note("Proxy-Connection")
        elif name == b"range" or name[:3] == b"if-":
            self.note("condition or range")
        elif name in (b"upgrade", b"expect"):
            self.note(name.decode().capitalize())

    def check_length(self, value):
        if len(self.fields[b"content-length"]) > 1:
            refuse("Content-Length repeated")
        if not re.fullmatch(rb"\d+", value):
            refuse("Content-Length list" if re.fullmatch(rb"[\d, \t]*,[\d, \t]*",
                                                        value)
                   else "Content-Length form")
        if int(value) >= 1 << 64:
            refuse("Content-Length beyond 64 bits")
        if len(value) > 1 and value[:1] == b"0":
            self.note("zeros before length")

    def options(self, name):
        return [option.strip(b" \t").lower()
                for value in self.fields.get(name, [])
                for option in value.split(b",")]

    def check_head(self):
        if not self.is_1_0 and b"host" not in self.fields:
            refuse("no Host")
        if "absolute-form" in self.notes and self.fields.get(
                b"host", [b""])[0].lower() != self.authority.lower():
            self.note("Host not of target")
        if b"transfer-encoding" in self.fields:
            self.check_coding()
        expected = set(self.options(b"expect")) - {b""}
        if not self.is_1_0 and expected - {b"100-continue"}:
            refuse("Expect", "declined")
        connection = self.options(b"connection")
        # What follows a CONNECT may be meant for the tunnel.
        self.closes = (b"close" in connection or self.method == b"CONNECT" or
                       self.is_1_0 and b"keep-alive" not in connection)
        if set(connection) - {b"close", b"keep-alive"}:
            self.note("Connection of other options")
        if {b"close", b"keep-alive"} <= set(connection):
            self.note("close and keep-alive")

    def check_coding(self):
        codings = self.options(b"transfer-encoding")
        if self.is_1_0:
            refuse("Transfer-Encoding in 1.0")
        if b"content-length" in self.fields:
            refuse("Transfer-Encoding and Content-Length")
        if codings[-1] != b"chunked":
            refuse("last coding not chunked")
        if codings.count(b"chunked") > 1:
            refuse("chunked twice")
        if b"" in codings:
            refuse("coding empty")
        if len(codings) > 1:
            refuse("coding unknown", "declined")

    # --- Content, RFC 9112 6 and 7.1 ---

    def content(self):
        if b"transfer-encoding" in self.fields:
            return self.chunked()
        length = int(self.fields.get(b"content-length", [b"0"])[0])
        if self.method == b"POST" and b"content-length" not in self.fields:
            self.note("POST without length")
        if length > CONTENT_MAX:
            refuse("long content", "declined")
        if length > len(self.octets) - self.at:
            self.wait_for_content()
        self.at += length

    def wait_for_content(self):
        self.note("content not all there")
        refuse("", "waits")

    def chunked(self):
        total = 0
        while True:
            size = self.chunk_line()
            total += size
            if total > CONTENT_MAX:
                refuse("long content", "declined")
            if size == 0:
                break
            self.at += size
            if self.at > len(self.octets):
                self.wait_for_content()
            self.chunk_data_end()
        self.field_section("trailer")

    def chunk_line(self):
        match = CHUNK_LINE.match(self.octets, self.at)
        if not match:
            self.bad_chunk_line()
        size, extensions = match.groups()
        if int(size, 16) >= 1 << 64:
            refuse("chunk beyond 64 bits")
        self.extension_octets += len(extensions) + max(0, len(size) - 16)
        if self.extension_octets > EXTENSIONS_MAX:
            refuse("long chunk extensions")
        if len(size) > 16:
            self.note("many zeros before chunk size")
        bare = re.sub(QUOTED, b"x", extensions)
        if re.search(rb"[ \t]", bare):
            self.note("space in chunk extension")
        if not re.fullmatch(rb"[\w\-;= \t]*", bare):
            self.note("chunk extension unusual")
        self.at = match.end()
        return int(size, 16)

    def bad_chunk_line(self):
        rest = self.octets[self.at:]
        if any(CHUNK_LINE.fullmatch(rest + more) for more in COMPLETIONS):
            refuse("", "waits")
        size = re.match(rb"[0-9A-Fa-f]*", rest)[0]
        if size and int(size, 16) >= 1 << 64:
            refuse("chunk beyond 64 bits")
        end = re.search(rb"[^\t -~\x80-\xff]", rest)
        if end and rest[end.start():end.start() + 2] != b"\r\n":
            if CHUNK_LINE.fullmatch(rest[:end.start()] + b"\r\n"):
                refuse(foreign_octet(rest, end.start(), False)
                       + " in chunk line")
        if not size:
            refuse("chunk size form")
        if len(rest) > EXTENSIONS_MAX and not rest[
                len(size):EXTENSIONS_MAX].count(b"\r"):
            refuse("long chunk extensions")
        refuse("chunk extension form" if rest[len(size):].lstrip(b" \t")[:1]
               == b";" else "chunk size form")

    def chunk_data_end(self):
        end = self.octets[self.at:self.at + 2]
        if end in (b"", b"\r"):
            refuse("", "waits")
        if end != b"\r\n":
            refuse("chunk data end")
        self.at += 2


def is_authority(octets, needs_port=False):
    match = AUTHORITY.fullmatch(octets)
    if not match or not match[1]:
        return False
    host, port = match.groups()
    if host[:1] == b"[" and not is_ip_literal(host[1:-1]):
        return False
    if port and int(port) > 65535:
        return False
    return not needs_port or bool(port) and int(port) > 0


def is_ip_literal(octets):
    if re.fullmatch(rb"[vV][0-9A-Fa-f]+\.[A-Za-z0-9\-._~!$&'()*+,;=:]+", octets):
        return True
    try:
        ipaddress.IPv6Address(octets.decode("ascii"))
    except ValueError:
        return False
    return b"%" not in octets


def judge_message(octets):
    """The first message of the octets, and what follows it."""
    reader = Reader(octets)
    try:
        reader.request_line()
        reader.field_section("fields")
        reader.check_head()
        reader.content()
    except Refusal as refusal:
        verdict, why = refusal.args
        return Message(verdict, why, reader.notes, True, reader.saw), b""
    message = Message("taken", "", reader.notes, reader.closes, reader.saw)
    for why in ("method unknown", "TRACE", "CONNECT"):
        if reader.closes and why in reader.notes:
            message = message._replace(verdict="declined", why=why)
    return message, octets[reader.at:]


def judge(octets):
    messages = []
    while octets and not (messages and messages[-1].closes):
        message, octets = judge_message(octets)
        messages.append(message)
    return messages
