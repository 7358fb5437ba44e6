# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""Streams of octets to a server, and what came of each: an Outcome.

A stream is sent whole on a connection of its own, many at a time. Each ends
in a request that asks to close, so that a server which reads it to its end
closes. One from which nothing has come for a while wants more octets: that
is an outcome, `waits`. It is then told by a half-close that none will come,
which also brings in what a slow machine is late with.
"""

import re
import select
import socket
import time
from collections import namedtuple

# saw is what the request looked like to the server, b"METHOD TARGET"; None
# where it does not say. end is "closed" or "waits".
Answer = namedtuple("Answer", "status saw")
Outcome = namedtuple("Outcome", "answers end")

AT_ONCE = 48
PATIENCE = 10

HEAD = re.compile(rb"HTTP/1\.[01] ([2-5]\d\d)(.*?)\r\n\r\n", re.S)
SAW = re.compile(rb"\r\nx-saw: (.*?)(?: HTTP/\d\.\d)?\r\n", re.I)
UNKNOWN = (b"", b"-", b" ")


def address_of(number):
    """Each stream has an address, by which a request log knows it, and from
    which no port is ever used twice."""
    return f"127.{1 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def answers_in(octets):
    answers = []
    for status, fields in HEAD.findall(octets):
        saw = SAW.search(fields + b"\r\n")
        saw = saw[1].strip() if saw else b""
        answers.append(Answer(int(status), None if saw in UNKNOWN else saw))
    return answers


class Conversation:
    """One stream on one connection."""

    def __init__(self, port, number, octets, idle):
        self.number = number
        self.idle = idle
        self.received = []
        self.before_half_close = None
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.socket.bind((address_of(number), 0))
        self.socket.connect(("127.0.0.1", port))
        self.deadline = time.monotonic() + self.idle
        try:
            self.socket.sendall(octets)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it closed early: read what it said

    def receive(self):
        """False once the server has closed."""
        try:
            octets = self.socket.recv(65536)
        except ConnectionResetError:
            octets = b""
        if octets and self.before_half_close is None:
            self.deadline = time.monotonic() + self.idle
        self.received.append(octets)
        return bool(octets)

    def half_close(self):
        if self.before_half_close is not None:
            raise RuntimeError(f"stream {self.number} is neither answered nor "
                               "closed by " + repr(self.socket.getpeername()))
        self.before_half_close = len(answers_in(b"".join(self.received)))
        self.deadline = time.monotonic() + PATIENCE
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it closed just now

    def outcome(self):
        answers = answers_in(b"".join(self.received))
        if self.before_half_close is None:
            return Outcome(answers, "closed")
        # Some complain of the half-close.
        late = answers[self.before_half_close:]
        if late and late[-1].status in (400, 408, 500):
            late.pop()
        answers[self.before_half_close:] = late
        is_last = late and late[-1].saw and late[-1].saw.endswith(b"/sentinel")
        return Outcome(answers, "closed" if is_last else "waits")


def converse(port, streams, idle):
    """Outcomes by number, of streams by number; waits after idle seconds."""
    waiting = iter(streams.items())
    talking, outcomes = {}, {}
    poll = select.epoll()

    def begin():
        for number, octets in waiting:
            new = Conversation(port, number, octets, idle)
            talking[new.socket.fileno()] = new
            poll.register(new.socket.fileno(), select.EPOLLIN)
            return

    for _ in range(AT_ONCE):
        begin()
    while talking:
        for descriptor, _ in poll.poll(0.1):
            if talking[descriptor].receive():
                continue
            ended = talking.pop(descriptor)
            outcomes[ended.number] = ended.outcome()
            ended.socket.close()
            begin()
        now = time.monotonic()
        for conversation in talking.values():
            if conversation.deadline < now:
                conversation.half_close()
    poll.close()
    return outcomes


def converse_h11(streams):
    return {number: ask_h11(octets) for number, octets in streams.items()}


def ask_h11(octets):
    """h11 is a parser, without sockets; an application as the peers have."""
    import h11
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(octets)
    answers, saw, status = [], None, 200
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            answers.append(Answer(error.error_status_hint, saw))
            return Outcome(answers, "closed")
        if event is h11.NEED_DATA:
            return Outcome(answers, "waits")
        if event is h11.PAUSED:
            return Outcome(answers, "closed")
        if isinstance(event, h11.Request):
            saw = event.method + b" " + event.target
            status = 405 if event.method == b"CONNECT" else 200
        if isinstance(event, h11.EndOfMessage):
            answers.append(Answer(status, saw))
            saw = None
            connection.send(h11.Response(
                status_code=status, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE:
                return Outcome(answers, "closed")
            connection.start_next_cycle()
