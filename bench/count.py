#!/usr/bin/python3 -IB
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""Count what a request costs the server: numbers that are the same on every
machine of a kind, not times. Prints a line for each, with its target; a target
that is missed is printed, not punished.

usage: count.py [WORD...]    only lines that have one of these words

Each cost is that of twice as many requests less that of once as many, by
their number, so that start and end of the program are no part of it. What is
counted is a copy without what is there for debuggers, as not every valgrind can
read that of every compiler. Needs strip, and valgrind and strace: without them,
their lines say so.
"""

import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from servers import PATIENCE, build_directory, program


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            raise LookupError(f"no {tool} here")


def per_request(run, n):
    """run(requests) gives numbers."""
    once, twice = run(n), run(2 * n)
    return {name: (twice[name] - once.get(name, 0)) / n for name in twice}


def instructions(start, load, directory, n):
    """Of user space, per request: of all but the log's thread, and of it.
    start(*WRAPPER) gives a server, load(server, n) asks it."""
    need("valgrind")
    out = directory + "/callgrind"

    def run(requests):
        with start("valgrind", "-q", "--tool=callgrind", "--separate-threads=yes",
                   f"--callgrind-out-file={out}") as server:
            load(server, requests)
        counts = {"serves": 0, "logs": 0}
        for name in glob.glob(out + "*"):
            with open(name, encoding="ascii", errors="replace") as file:
                text = file.read()
            counts["logs" if "sd_journal_sendv" in text else "serves"] += \
                int((re.search(r"^(?:summary|totals): (\d+)", text, re.M) or "00")[1])
            os.unlink(name)
        return counts

    # On a busy machine more milliseconds pass, and with them deadlines move.
    def least(requests):
        runs = [run(requests) for _ in range(2)]
        return {name: min(one[name] for one in runs) for name in runs[0]}
    counts = per_request(least, n)
    return counts["serves"], counts["logs"]


def system_calls(start, load, directory, n):
    """By name, per request."""
    need("strace")
    out = directory + "/strace"

    def summary():
        with open(out, encoding="ascii") as file:
            text = file.read()
        return text if re.search(r" total$", text, re.M) else None

    def run(requests):
        # -D: the process id is the server's.
        with start("strace", "-D", "-f", "-c", "-o", out) as server:
            load(server, requests)
        rows = re.findall(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:\d+ +)?(\w+)$",
                          wait_for(summary), re.M)
        os.unlink(out)
        return {name: int(calls) for calls, name in rows if name != "total"}
    # What rounds to nothing is not of the load.
    return {name: calls for name, calls in per_request(run, n).items()
            if abs(calls) >= 0.005}


def wait_for(what):
    end = time.monotonic() + PATIENCE
    while not (result := what()):
        if time.monotonic() > end:
            raise RuntimeError("strace does not end")
        time.sleep(0.005)
    return result


def stripped_octets(directory):
    subprocess.run(["strip", "-o", directory + "/stripped", program()], check=True)
    return os.path.getsize(directory + "/stripped")


class Journal:
    """A journal that reads all and keeps nothing, in the place of this
    system's, in a mount namespace of the server's own."""

    def __init__(self, directory):
        os.mkdir(directory + "/journal")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(directory + "/journal/socket")
        threading.Thread(target=self.read, daemon=True).start()
        as_root = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
        # Standard output is what JOURNAL_STREAM names.
        self.wrapper = ["unshare", "--mount", *as_root, "sh", "-c", """
            mount -t tmpfs none /run && mkdir -p /run/systemd/journal &&
            mount --bind "$1" /run/systemd/journal && shift &&
            JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/1) exec "$@"
        """, "sh", directory + "/journal"]

    def read(self):
        while True:
            self.socket.recv(1 << 16)


# --- the lines ---------------------------------------------------------------

def lines(run):
    """Name, target, and what counts it."""
    def instructions_of(request, name="hello-http", wrapper=()):
        need("unshare") if wrapper else None
        return instructions(
            lambda *valgrind: run.start(name, wrapper=[*wrapper, *valgrind]),
            lambda server, n: run.load(server, f"--requests={n}", request=request),
            run.directory, 2000)

    def calls_of(*options, request="small"):
        return system_calls(
            lambda *strace: run.start("hello-http", wrapper=strace),
            lambda server, n: run.load(server, f"--requests={n}", *options,
                                       request=request),
            run.directory, 1600)

    yield "instructions small", 1000, lambda: instructions_of("small")[0]
    yield "instructions browser", 5000, lambda: instructions_of("browser")[0]
    yield "instructions log-file", 2200, \
        lambda: instructions_of("small", "hello-http log to a file")[0]
    journal = Journal(run.directory).wrapper
    for thread, target in enumerate((3300, 1700)):
        yield ("instructions log-journal" + ("-thread" if thread else ""), target,
               lambda: instructions_of("small", "hello-http log to a file",
                                       journal)[thread])
    yield "calls keep-alive", 3, lambda: calls_of()
    yield "calls keep-alive-64", 3, lambda: calls_of("--connections=64")
    yield "calls pipelined-16", 0.1875, lambda: calls_of("--pipeline=16")
    yield "calls connection", None, lambda: calls_of(request="last")
    yield "octets stripped", 96 * 1024, lambda: stripped_octets(run.directory)


def tell(name, target, counted):
    each = ""
    if isinstance(counted, dict):
        each = "".join(f" {call} {calls:.2f}" for call, calls in sorted(counted.items()))
        counted = sum(counted.values())
    if not isinstance(counted, str):
        counted = f"{counted:.0f}" if counted >= 100 else f"{counted:.2f}"
    print(f"{name:<32} {counted:>8} {target or '':>8}{each}", flush=True)


def use_copy_without_debugging(directory):
    copy = directory + "/hello-http"
    os.symlink(build_directory(), directory + "/bench")
    subprocess.run(["strip", "--strip-debug", "-o", copy, program()], check=True)
    os.environ["HELLO_HTTP"] = copy


def main():
    from rows import Run
    wanted = sys.argv[1:]
    if not shutil.which("strip"):
        sys.exit("count: no strip here, of the compiler's binutils")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hello-http-bench-") as directory:
        use_copy_without_debugging(directory)
        for name, target, count in lines(Run(directory, 1, 1, [])):
            if wanted and not set(wanted) & set(name.split()):
                continue
            try:
                tell(name, target, count())
            except LookupError as missing:
                tell(name, target, str(missing))


if __name__ == "__main__":
    main()
