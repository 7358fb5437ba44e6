# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""Streams of octets, made from a grammar of requests and near-requests.

A message is built production by production. Each production mostly gives
what RFC 9112 has, now and then what its neighbours in the wild let pass. Some
messages are then mutated octet by octet, or spliced from two. A stream is a
message or two and a well-formed request that asks to close, the sentinel:
who answers that one has found where it begins.

A stream depends on seed and number alone.
"""

import random

SENTINEL = b"GET /sentinel HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
INNER = b"GET /inner HTTP/1.1\r\nHost: x\r\n\r\n"

METHODS = [b"GET", b"GET", b"POST", b"POST", b"HEAD", b"PUT", b"PATCH",
           b"DELETE", b"OPTIONS"]
ODD_METHODS = [b"FOO", b"TRACE", b"CONNECT", b"get", b"G@T", b"", b"PRI",
               b"GET\x00", b"G\xc9T", b"M-SEARCH", b"PROPFIND", b"QUERY",
               b"A" * 40, b" GET", b"\tGET", b"GET:", b"$GET", b"GET|"]
ODD_TARGETS = [
    b"*", b"", b"message", b"/message#part", b"/mes sage", b"/mes\tsage",
    b"/mes\x00sage", b"/mes\x7fsage", b"/mes\x80sage", b"/\xc3\xa9/message",
    b"http://x/message", b"HTTP://x/message", b"http://x", b"http://x?message",
    b"http://y/message", b"https://x/message", b"ftp://x/message",
    b"http:///message", b"http://u@x/message", b"http://x:99999/message",
    b"http://x:80/message", b"http:/message", b"x:80", b"x", b"x:0", b":80",
    b"//message", b"/a/../message", b"/./message", b"/%2e%2e/message",
    b"/%00message", b"/%zzmessage", b"/%", b"?message", b"/message?a=b&c=\"",
    b"/message|{}^`<>\\", b"/message;p=1", b"/;message", b"\\message",
    b"/" + b"a" * 4000 + b"/message", b"/" + b"a" * 8170 + b"/message"]
ODD_VERSIONS = [
    b"HTTP/1.2", b"HTTP/1.9",
    b"HTTP/2.0", b"HTTP/0.9", b"HTTP/1", b"HTTP/1.", b"HTTP/1.10",
    b"HTTP/01.1", b"HTTP/1.01", b"http/1.1", b"Http/1.1", b"HTTP/1,1",
    b"HTTP/+1.1", b"HTTP /1.1", b"HTTP/ 1.1", b"HTTP/1.1 ", b"HTTP/1.1 x",
    b"HTTP/1.1\t", b"HTTP/1.1\x00", b"ICE/1.0", b"RTSP/1.0", b"HTTPS/1.1",
    b"HTTP/11", b"HTTP/A.B", b"HTTP/9.9", b"HTTP/3"]
ODD_SPACES = [b"  ", b"\t", b"\x0b", b"\x0c", b"\x0d", b" \t", b"\xa0", b"\x00",
              b""]
ODD_LINE_ENDS = [b"\n", b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n\r", b" \r\n",
                 b"\t\r\n", b"\x00\r\n", b"\x0b\r\n", b"\r \n", b"\r\x00\n"]
ODD_COLONS = [b":", b":\t", b":  ", b" :", b"\t:", b" : ", b"\x00:", b"\x0b:",
              b":\x0b", b":\x0c", b":\r", b":\n ", b"::", b"=", b"", b":\r\n ",
              b":\xa0", b": \x00", b"\r\n:", b";"]
ODD_HOSTS = [b"", b"x:80", b"x:", b"X", b"x, y", b"x y", b"x/", b"[::1]",
             b"[::1]:80", b"[::1", b"[x]", b"[v1.x]", b"x:99999", b"x:-1",
             b"x:8o", b"u@x", b"x?y", b"x#y", b"x\\y", b"x%41", b"x%",
             b"x_y", b"1.2.3.4", b"x\x00", b"x\xc3\xa9", b"x..y", b".x", b"x.",
             b"*", b"x!$&'()*+;=", b"\"x\"", b"x\ty", b"<x>", b"a" * 260]
ODD_LENGTHS = [
    b"+5", b"-5", b"-0", b"+0", b"0x5", b"0x0", b"5 ", b"5 5", b"5,5", b"5, 5",
    b"5,6", b"5,", b",5", b"", b"05", b"00005", b"0" * 30 + b"5", b"5.0",
    b"5e0", b"5;", b"\"5\"", b"'5'", b"5\x00", b"\x005", b"5\x0b", b"\x0b5",
    b"\t5", b"5_0", b"1_0", b"0b101", b"0o5", b"a", b"5a", b"\xb25", b"5\xa0",
    b"4294967301", b"4294967296", b"2147483653", b"18446744073709551621",
    b"18446744073709551616", b"9223372036854775813", b"9223372036854775807",
    b"1048577", b"1048576", b"9" * 25, b"\xef\xbc\x95", b"identity", b"0"]
ODD_CODINGS = [
    b"Chunked", b"CHUNKED", b"chunked ", b"chunked,", b",chunked",
    b", chunked", b"chunked, chunked", b"gzip, chunked", b"chunked, gzip",
    b"chunked, identity", b"identity, chunked", b"identity", b"gzip", b"",
    b"xchunked", b"chunkedx", b"chunked;q=1", b"chunked; a=b", b"\"chunked\"",
    b"'chunked'", b"chunked\x00", b"\x00chunked", b"chunked\x0b",
    b"\x0bchunked", b"\x0cchunked", b"chun ked", b"chunked\tx", b"cow, chunked",
    b"cow", b"chunked\r\n\tx", b"\r\n chunked", b"gzip\r\n chunked", b"trailers",
    b"x-chunked", b"chunked-x", b"ch\xd5nked", b"chunked\xa0", b"chunKed",
    b"deflate,chunked", b"compress", b"chunked chunked", b"\tchunked",
    b"chunke", b"hunked", b"c\xc5\xbfhunked", b"\xe2\x84\xaachunked",
    b"chun\xe2\x84\xaaed"]
LENGTH_NAMES = [b"Content-Length", b"content-length", b"CONTENT-LENGTH"]
ODD_LENGTH_NAMES = [b"Content_Length", b"Content-Length\x00", b"Content Length",
                    b"Content-Length ", b" Content-Length", b"\tContent-Length",
                    b"Content-Lengt\xe8", b"\x0bContent-Length",
                    b"Content-Length\t", b"Content-length", b"Content\xadLength"]
CODING_NAMES = [b"Transfer-Encoding", b"transfer-encoding", b"TRANSFER-ENCODING"]
ODD_CODING_NAMES = [b"Transfer_Encoding", b"Transfer-Encoding ",
                    b" Transfer-Encoding", b"\tTransfer-Encoding",
                    b"Transfer-Encoding\t", b"Transfer-Encoding\x00",
                    b"Transfer Encoding", b"Transfer\xadEncoding",
                    b"\x0bTransfer-Encoding", b"X\r\nTransfer-Encoding", b"TE",
                    b"X: y\nTransfer-Encoding", b"X: y\rTransfer-Encoding",
                    b"Transfer-Encod\xcdng", b"Content-Encoding"]
FIELDS = [b"Accept: */*", b"User-Agent: curl/7.88.1", b"Accept-Encoding: gzip",
          b"Connection: keep-alive",
          b"Cookie: a=b; c=d", b"X-Empty:", b"Connection: keep-alive",
          b"Referer: http://x/", b"If-Match: \"x\"", b"Range: bytes=0-1",
          b"X-List: a, b", b"X-Tabs:\ta\tb\t", b"Cache-Control: no-cache",
          b"Keep-Alive: timeout=5", b"Authorization: Basic eDp5"]
ODD_FIELDS = [
    b": x", b"", b"X", b"X Y: z", b"X : y", b" X: y", b"\tX: y", b"X:y\r\n z",
    b"X: y\r\n\tz", b"X: y\r\n ", b"X: a\x00b", b"X: a\x01b", b"X: a\x7fb",
    b"X: a\rb", b"X: a\nb", b"X: a\x0bb", b"X: a\x80b", b"X: \xff",
    b"X\x80: y", b"X\x00: y", b"X(Y): z", b"X@Y: z", b"X/Y: z", b"{X}: y",
    b"!#$%&'*+-.^_`|~: x", b"_X: y", b"X_Y: z", b"\"X\": y", b"X: \"a",
    b"Connection: close", b"Connection: Close", b"connection: x, close",
    b"Connection: close, keep-alive", b"Connection: \"close\"",
    b"Connection: keep-alive\r\nConnection: close", b"Connection: Host",
    b"Connection: Content-Length", b"Connection: Transfer-Encoding",
    b"Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"
    b"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Upgrade: HTTP/2.0", b"Connection: ,,", b"Connection:", b"Connection: @",
    b"Proxy-Connection: close", b"TE: trailers", b"TE: chunked",
    b"Expect: 100-continue", b"Expect: 100-Continue", b"Expect: x", b"Expect:",
    b"Expect: 100-continue, x", b"Trailer: Content-Length", b"Content-Type: x",
    b"X-HTTP-Method-Override: PUT", b"Content-Encoding: gzip",
    b"Content-Range: bytes 0-1/2", b"Range: bytes=x", b"If-None-Match: *",
    b"If-Modified-Since: x", b"Max-Forwards: 0", b"Host : y", b"Host\x00: y",
    b"Hos\xf4: y", b"X-Forwarded-For: 1", b"X: " + b"a" * 3000,
    b"X: " + b"a" * 9000, b"X: " + b"a" * 17000, b"A" * 300 + b": x",
    b"\r\n".join(b"X%d: y" % i for i in range(90)),
    b"\r\n".join(b"X%d: y" % i for i in range(130))]
SIZE_FORMS = [b"%x", b"%x", b"%X", b"%02x", b"0%x"]
ODD_SIZE_FORMS = [
    b"%017x", b"%040x", b"+%x", b"-%x", b"0x%x", b"%x ", b" %x", b"\t%x",
    b"%x\t", b"%xg", b"%x,", b"%x.", b"\"%x\"", b"%x\x00", b"\x00%x", b"", b"%xh",
    b"1000000000000000%x", b"10000000%x", b"fffffffffffffff%x", b"%x_",
    b"_%x", b"%x\x0b", b"\x0b%x", b"\xa0%x", b"%x\x80", b"1%x", b"%x0", b"G",
    b"%x\x20\x20", b"#%x", b"-0%x", b"%x-", b"\r\n%x", b"\n%x", b"\x0c%x"]
EXTENSIONS = [b"", b"", b"", b"", b";a", b";a=b", b";a=\"b\"", b";a;b=c"]
ODD_EXTENSIONS = [
    b";", b" ;a", b"; a", b";a = b", b";a=", b";=b", b";a=\"", b";a=\"b",
    b";a=\"\\\"\"", b";a=\";\"", b";a=\"\r\"", b";a=\"\n\"", b";a=\"\r\n\"",
    b";\n", b";a\n", b";\x00", b";a=b\x00", b";a\x80", b";a=\"\x80\"", b" a",
    b";a b", b";a=b c", b";a=b;", b";;", b";a=@", b";\ra", b";a\r", b"\ta",
    b";" + b"a" * 900, b";" + b"a" * 1100, b";a=\"" + b"b" * 5000 + b"\"",
    b";" + b"a" * 17000, b";a=b\x0b", b";a=\"b\"c", b";\t", b"\t", b" ", b";a ",
    b";a\n0\r\n\r\nGET /inner HTTP/1.1\r\nHost: x\r\n\r\n"]
TRAILERS = [b"", b"", b"", b"", b"X: y\r\n", b"X: y\r\nY:z\r\n"]
ODD_TRAILERS = [
    b"X\r\n", b": x\r\n", b"X : y\r\n", b" X: y\r\n", b"X: y\r\n z\r\n",
    b"X: y\n", b"X: y\r", b"X: a\x00b\r\n", b"X: a\rb\r\n", b"X: \x80\r\n",
    b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Host: y\r\n", b"X\x80: y\r\n", b"GET /inner HTTP/1.1\r\n", b"X(: y\r\n",
    b"\x00\r\n", b"\n", b"\r", b"Connection: close\r\n", b"0\r\n",
    b"X: " + b"a" * 17000 + b"\r\n",
    b"".join(b"X%d: y\r\n" % i for i in range(130))]

# What mutation puts in.
WORDS = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\x00", b"\x0b", b"\x0c", b"\x7f",
    b"\x80", b"\xff", b"\xa0", b"\x85", b":", b",", b";", b"=", b"\"", b"\\",
    b"/", b"?", b"#", b"%", b"@", b"*", b"+", b"-", b"0", b"1", b"5", b"a", b"f",
    b"x", b"0x", b"chunked", b"identity", b"\r\n\r\n", b"\n\n", b"0\r\n\r\n",
    b"5\r\n", b"\r\n ", b"\r\n\t", b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: y\r\n",
    b"Connection: close\r\n", b" HTTP/1.1\r\n", b"HTTP/1.0", b"GET ",
    b"Content-Length:", b"Transfer-Encoding:", INNER]


class Grammar:
    """Productions, each from the same source of chance."""

    def __init__(self, source):
        self.chance = source
        # How often a production is odd: most streams have no or one oddity.
        self.oddness = source.choice([0.0, 0.01, 0.03, 0.03, 0.08])

    def pick(self, good, odd, times=1):
        return self.chance.choice(
            odd if self.chance.random() < self.oddness * times else good)

    def maybe(self, probability):
        return self.chance.random() < probability

    def line_end(self):
        return self.pick([b"\r\n"], ODD_LINE_ENDS) if self.maybe(0.5) \
            else b"\r\n"

    def request_line(self, word):
        method = self.pick(METHODS, ODD_METHODS)
        target = self.pick([b"/message"], ODD_TARGETS)
        if method == b"CONNECT" and self.maybe(0.7):
            target = b"message:80"
        version = self.pick([b"HTTP/1.1"] * 15 + [b"HTTP/1.0"], ODD_VERSIONS)
        return (method + self.pick([b" "], ODD_SPACES)
                + target.replace(b"message", word)
                + self.pick([b" "], ODD_SPACES) + version + self.line_end())

    def field(self, name, value):
        return name + self.pick([b": ", b": ", b":"], ODD_COLONS) + value

    def host_fields(self):
        fields = [self.field(b"Host", self.pick([b"x"], ODD_HOSTS))]
        if self.maybe(self.oddness):
            fields = self.chance.choice([[], fields * 2, fields + [b"Host: y"]])
        return fields

    def content(self):
        if self.maybe(0.3):
            return INNER
        return b"a" * self.chance.choice([0, 1, 5, 5, 5, 10, 16, 100])

    def length_field(self, size):
        value = b"%d" % size
        if self.maybe(self.oddness):
            value = b"%d" % max(0, size + self.chance.choice([-5, -1, 1, 2, 50]))
        return self.field(self.pick(LENGTH_NAMES, ODD_LENGTH_NAMES),
                          self.pick([value], ODD_LENGTHS, times=2))

    def coding_field(self):
        return self.field(self.pick(CODING_NAMES, ODD_CODING_NAMES),
                          self.pick([b"chunked"], ODD_CODINGS, times=2))

    def chunk(self, data):
        size = self.pick(SIZE_FORMS, ODD_SIZE_FORMS)
        number = len(data)
        if self.maybe(self.oddness):
            number = max(0, number + self.chance.choice([-2, -1, 1, 2]))
        return ((size % number if b"%" in size else size)
                + self.pick(EXTENSIONS, ODD_EXTENSIONS) + self.line_end()
                + data)

    def chunked(self, content):
        pieces = []
        while content:
            size = self.chance.randint(1, len(content))
            pieces.append(self.chunk(content[:size]) + self.line_end())
            content = content[size:]
        if not self.maybe(self.oddness):
            pieces.append(self.chunk(b""))
        pieces.append(self.pick(TRAILERS, ODD_TRAILERS))
        return b"".join(pieces) + self.line_end()

    def framed_content(self):
        """Its fields, and the content as they frame it."""
        kind = self.chance.choice(["none", "length", "chunked"])
        if kind == "none":
            return [], b""
        content = self.content()
        fields = [self.length_field(len(content)) if kind == "length"
                  else self.coding_field()]
        if self.maybe(self.oddness * 2):
            fields.append(self.chance.choice(
                [self.length_field(len(content)), self.coding_field()]))
        return fields, content if kind == "length" else self.chunked(content)

    def message(self, word=b"message"):
        fields, content = self.framed_content()
        fields += self.host_fields()
        for _ in range(self.chance.choice([0, 0, 1, 2, 3])):
            fields.append(self.pick(FIELDS, ODD_FIELDS))
        self.chance.shuffle(fields)
        before = self.pick([b""], [b"\r\n", b"\n", b"\r\n\r\n", b"\r", b" ",
                                   b"\x00", b"\t", b"\xef\xbb\xbf"])
        return (before + self.request_line(word)
                + b"".join(field + self.line_end() for field in fields)
                + self.line_end() + content)

    def mutated(self, octets):
        at = self.chance.randrange(len(octets) + 1)
        to = min(len(octets), at + self.chance.choice([1, 1, 1, 2, 5, 20]))
        word = self.chance.choice(WORDS)
        return self.chance.choice([
            octets[:at] + word + octets[at:],
            octets[:at] + word + octets[to:],
            octets[:at] + octets[to:],
            octets[:at] + octets[at:to] * 2 + octets[to:],
            octets[:at] + bytes([self.chance.randrange(256)]) + octets[at + 1:],
            octets[:at].swapcase() + octets[at:]])

    def spliced(self, one, other):
        return (one[:self.chance.randrange(len(one) + 1)]
                + other[self.chance.randrange(len(other) + 1):])

    def stream(self):
        octets = self.message()
        if self.maybe(0.2):
            octets += self.message(b"other")
        if self.maybe(0.1):
            octets = self.spliced(octets, self.message(b"spliced"))
        if self.maybe(0.3):
            for _ in range(self.chance.choice([1, 1, 1, 2, 3])):
                octets = self.mutated(octets)
        return octets + SENTINEL


def stream(seed, number):
    return Grammar(random.Random(f"{seed} {number}")).stream()
