# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""Runs the load generator, load.c: to measure a server, or to hold connections.

It opens them, says "ready", and waits for a line, or for the end of its input.
"""

import subprocess

from servers import LOAD_CPU, build_directory, tied


class Failed(Exception):
    """What a server cannot do, or a tool that is not here."""


def start(server, request, *options):
    return subprocess.Popen(
        [build_directory() + "/load", *options, f"127.0.0.1:{server.port}", request],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, preexec_fn=tied([LOAD_CPU]))


def run(server, request, *options, at_ready=None):
    """Gives what it printed, and the server's CPU time meanwhile: without that
    of opening the connections, and of closing them."""
    with start(server, request, *options) as process:
        if process.stdout.readline() == "ready\n":
            if at_ready:
                at_ready()
            before = server.cpu_nsec()
            process.stdin.write("\n")
            process.stdin.flush()
            words = process.stdout.readline().split()
            # It keeps its connections until its input ends.
            spent = server.cpu_nsec() - before
            process.stdin.close()
            if words:
                counted = dict(word.split("=") for word in words)
                return {name: float(number) for name, number
                        in counted.items()} | {"cpu_nsec": spent}
        raise Failed(complaint(process))


def complaint(process):
    return process.stderr.read().removeprefix("load: ").strip()


def hold(server, request, clients):
    """Each has asked once, and waits until let_go()."""
    holder = start(server, request, f"--connections={clients}", "--hold")
    if holder.stdout.readline() != "ready\n":
        why = complaint(holder)
        let_go(holder)
        raise Failed(f"it does not take so many: {why}")
    return holder


def let_go(holder):
    """Were all of its clients still there?"""
    holder.stdin.close()
    with holder:
        return holder.stdout.read().endswith(" lost=0\n")
