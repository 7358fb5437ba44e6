# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""Servers that others wrote, and ours, each an ordinary process.

What each runs with is in peers/, where @PORT@, @DIR@ and such are filled in
here. Each answers every request, after its content, with a field X-Saw that
holds the method and the target; what ours saw is in its request log.
"""

import contextlib
import glob
import os
import re
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 30
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# Name, file below peers/, command, command that tells the version.
PEERS = [
    ("nginx", "nginx.conf", "nginx -p @DIR@ -e /dev/null -c @FILE@", "nginx -v"),
    ("apache", "apache.conf", "apache2 -DFOREGROUND -f @FILE@", "apache2 -v"),
    ("lighttpd", "lighttpd.conf", "lighttpd -D -f @FILE@", "lighttpd -v"),
    ("haproxy", "haproxy.cfg", "haproxy -db -q -f @FILE@", "haproxy -v"),
    ("h2o", "h2o.yaml", "h2o -m worker -c @FILE@", "h2o --version"),
    ("node", "node.js", "node @FILE@", "node --version"),
]
NAMES = ["ours"] + [peer[0] for peer in PEERS] + ["h11"]


def free_ports(count):
    """So many different ones."""
    with contextlib.ExitStack() as stack:
        unused = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                  for _ in range(count)]
        return [one.getsockname()[1] for one in unused]


def apache_modules():
    found = glob.glob("/usr/lib*/apache2/modules") + \
        glob.glob("/usr/lib*/httpd/modules")
    return found[0] if found else "modules"


class Servers:
    """All of them, with ports by name, while a `with` statement runs."""

    def __init__(self, directory, program):
        self.directory = directory
        self.program = program
        self.processes = {}
        self.ports = {}

    def __enter__(self):
        try:
            self.start_all()
        except BaseException:
            self.end_all()
            raise
        return self

    def __exit__(self, *_):
        self.end_all()

    def start_all(self):
        directory = self.directory
        os.mkdir(directory + "/pages")
        with open(directory + "/pages/page", "w", encoding="ascii") as page:
            page.write("Hello\n")
        self.start("scgi", [HERE + "/peers/scgi.py", directory + "/scgi.socket"])
        names = ["ours"] + [name for name, *_ in PEERS]
        self.ports = dict(zip(names, free_ports(len(names))))
        for name, file, command, _ in PEERS:
            command = self.fill_in(command, name, self.configure(name, file))
            self.start(name, command.split())
        with open(directory + "/ours.log", "wb") as log:
            self.start("ours", [
                self.program, "--log=requests", "--max-connections=2000",
                f"--listen=127.0.0.1:{self.ports['ours']}"], log)
        for name, port in self.ports.items():
            self.wait_for(name, port)

    def fill_in(self, text, name, file=""):
        words = {"DIR": self.directory, "FILE": file, "PORT": self.ports[name],
                 "MODULES": apache_modules()}
        return re.sub("@([A-Z]+)@", lambda word: str(words[word[1]]), text)

    def configure(self, name, file):
        with open(f"{HERE}/peers/{file}", encoding="ascii") as source:
            text = self.fill_in(source.read(), name)
        path = f"{self.directory}/{file}"
        with open(path, "w", encoding="ascii") as target:
            target.write(text)
        return path

    def start(self, name, command, output=subprocess.DEVNULL):
        with open(f"{self.directory}/{name}.err", "wb") as errors:
            self.processes[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output,
                stderr=errors, env=dict(os.environ, PATH=PATH))

    def wait_for(self, name, port):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.processes[name].poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.01)
        raise RuntimeError(f"{name} does not listen; it says: "
                           + self.errors_of(name))

    def errors_of(self, name):
        with open(f"{self.directory}/{name}.err", encoding="utf-8") as errors:
            return errors.read()

    def end_all(self):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def version_of(name, program):
    """The first line of what it says about itself."""
    if name == "h11":
        import h11
        return "h11 " + h11.__version__
    if name == "ours":
        command = [program, "--version"]
    else:
        command = [peer[3] for peer in PEERS if peer[0] == name][0].split()
    said = subprocess.run(command, capture_output=True, text=True, check=True,
                          env=dict(os.environ, PATH=PATH))
    return f"{name} " + (said.stdout + said.stderr).splitlines()[0]
