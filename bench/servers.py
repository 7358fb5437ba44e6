# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""The servers that are measured, and what the kernel says of them.

All have one worker or thread, no access log, the same content, a backlog of
4,096, and neither a limit of requests per connection nor a short idle time. What
each runs with is in peers/, where @PORT@, @DIR@ and such are filled in here.
"""

import ctypes
import glob
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 30
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LARGE_OCTETS = 16 << 20
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
# The scheduler may place the server on the first, the load on the last.
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]
# Several workers may have all but the load's.
SERVER_CPUS = CPUS[:-1] or CPUS

# Command, file below peers/ which becomes @FILE@, command that tells the version.
SERVERS = {
    "hello-http": (
        "@PROGRAM@ --listen=127.0.0.1:@PORT@ --workers=@WORKERS@ --log=none"
        " --max-connections=@CONNECTIONS@ --keepalive-timeout=10min", None,
        "@PROGRAM@ --version"),
    "floor": ("@BUILD@/floor @PORT@ @REQUEST_OCTETS@ @DIR@/@ANSWER@ @CLOSE@",
              None, None),
    "empty": ("@BUILD@/empty @PORT@", None, None),
    "nginx": ("nginx -p @DIR@ -e /dev/null -c @FILE@", "nginx.conf", "nginx -v"),
    "haproxy": ("haproxy -db -q -f @FILE@", "haproxy.cfg", "haproxy -v"),
    "h2o": ("h2o -m worker -c @FILE@", "h2o.yaml", "h2o --version"),
    "lighttpd": ("lighttpd -D -f @FILE@", "lighttpd.conf", "lighttpd -v"),
    "microhttpd": ("@BUILD@/microhttpd @PORT@", None,
                   "pkg-config --modversion libmicrohttpd"),
    "node": ("node @FILE@", "node.js", "node --version"),
    "python": (f"/usr/bin/python3 {HERE}/peers/tutorial.py @PORT@", None,
               "/usr/bin/python3 --version"),
}
PEERS = [name for name in SERVERS if name not in ("hello-http", "floor", "empty")]

# The same with something else.
VARIANTS = {
    "hello-http large": ("hello-http", {"+": "--body-file=@DIR@/pages/large"}),
    "floor large": ("floor", {"ANSWER": "large"}),
    "hello-http log to a file": (
        "hello-http", {"+": "--log=requests", "OUTPUT": "@DIR@/log"}),
    "hello-http log to /dev/null": ("hello-http", {"+": "--log=requests"}),
    "nginx log to a file": ("nginx", {"LOG": "@DIR@/log combined"}),
    "nginx log to /dev/null": ("nginx", {"LOG": "/dev/null combined"}),
    "haproxy log to a file": (
        "haproxy", {"LOG": "log fd@1 format raw local0", "OUTPUT": "@DIR@/log"}),
    "haproxy log to /dev/null": (
        "haproxy", {"LOG": "log fd@1 format raw local0"}),
}
for _name in "hello-http", "nginx", "h2o":
    for _count in 1, 2, 4:
        VARIANTS[f"{_name} {_count} worker{'s'[:_count - 1]}"] = (
            _name, {"WORKERS": _count, "MASTER": "on"})


def free_port():
    """Below those that clients are given: none of them holds it."""
    global last_port
    for _ in range(10000):
        last_port = 20000 + (last_port - 20000 + 1) % 12000
        with socket.socket() as unused:
            try:
                unused.bind(("127.0.0.1", last_port))
                return last_port
            except OSError:
                pass
    raise RuntimeError("no port is free")


last_port = 20000 + os.getpid() % 12000


def is_there(name):
    """Can this be run here?"""
    command = SERVERS[VARIANTS.get(name, (name,))[0]][0].split()[0]
    command = command.replace("@BUILD@", build_directory())
    return "@" in command or shutil.which(command, path=PATH) is not None


def build_directory():
    return os.path.dirname(program()) + "/bench"


def program():
    return os.path.abspath(os.environ.get("HELLO_HTTP") or
                           os.path.dirname(HERE) + "/build/hello-http")


def version_of(name):
    """The first line of what it says about itself."""
    command = SERVERS[name][2]
    if not command:
        return "of this source"
    try:
        said = subprocess.run(command.replace("@PROGRAM@", program()).split(),
                              capture_output=True, text=True, check=True,
                              timeout=PATIENCE, env=dict(os.environ, PATH=PATH))
        return (said.stdout + said.stderr).splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def raise_descriptor_limit():
    """As far as it may be, for what is started from here."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def tied(cpus, number=signal.SIGKILL):
    """What a child begins with: it runs there, and when this process ends, in
    whatever way, it is sent the signal."""
    parent = os.getpid()

    def begin():
        LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it has ended already
            os._exit(1)
        os.sched_setaffinity(0, cpus)
    return begin


class Server:
    """One of them, which runs while a `with` statement does."""

    def __init__(self, name, directory, wrapper=(), cpus=None, **words):
        self.name = name
        self.port = free_port()
        self.directory = f"{directory}/{re.sub('[^a-z0-9]', '_', name)}"
        os.makedirs(self.directory + "/pages", exist_ok=True)
        base, changes = VARIANTS.get(name, (name, {}))
        self.words = {
            "PROGRAM": program(), "BUILD": build_directory(),
            "DIR": self.directory, "PORT": self.port, "WORKERS": 1,
            "MASTER": "off", "LOG": "" if base == "haproxy" else "off",
            "ACTIVATED": "disable", "CONNECTIONS": 2048, "OUTPUT": os.devnull,
            # callgrind's file is the first user's.
            "USER": "user: root" if os.getuid() == 0 else "",
            "REQUEST_OCTETS": 1, "CLOSE": "", "ANSWER": "answer",
            **changes, **words}
        command, file, _ = SERVERS[base]
        self.words["FILE"] = file and self.configure(file)
        command += " " + self.words.get("+", "")
        self.command = [*wrapper, *self.fill_in(command).split()]
        self.cpus = cpus or [SERVER_CPU]

    def fill_in(self, text):
        while "@" in text:
            filled = re.sub("@([A-Z_]+)@",
                            lambda word: str(self.words[word[1]]), text)
            if filled == text:
                break
            text = filled
        return text

    def configure(self, file):
        with open(f"{HERE}/peers/{file}", encoding="ascii") as source:
            text = self.fill_in(source.read())
        path = f"{self.directory}/{file}"
        with open(path, "w", encoding="ascii") as target:
            target.write(text)
        return path

    def put_pages(self):
        pages = self.directory + "/pages"
        with open(pages + "/index.html", "w", encoding="ascii") as page:
            page.write("<h1>Hello World</h1>")
        with open(pages + "/large", "wb") as page:
            page.truncate(LARGE_OCTETS)
        with open(self.directory + "/answer", "wb") as answer:
            answer.write(our_answers.get(self.words["CLOSE"], b"?"))
        if self.words["ANSWER"] == "large":
            with open(self.directory + "/large", "wb") as answer:
                answer.write(our_answers["large"])
                answer.truncate(answer.tell() + LARGE_OCTETS)
        # Workers that are not root's, as some peers' are.
        for path, _, _ in os.walk(self.directory):
            os.chmod(path, 0o755)

    def __enter__(self):
        self.put_pages()
        self.errors = self.directory + "/errors"
        output = self.fill_in(self.words["OUTPUT"])
        with open(self.errors, "wb") as errors, open(output, "wb") as out:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out,
                stderr=errors, env=self.environment(), preexec_fn=tied(self.cpus))
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def environment(self):
        return dict(os.environ, PATH=PATH)

    def wait_until_ready(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as client:
                    client.settimeout(PATIENCE)
                    client.sendall(self.words["REQUEST_OCTETS"] * b"x"
                                   if "floor" in self.name else REQUEST)
                    if client.recv(1):
                        return
            except OSError:  # it does not listen yet
                time.sleep(0.005)
        with open(self.errors, encoding="utf-8", errors="replace") as errors:
            raise RuntimeError(f"{self.name} does not listen: {errors.read()}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # --- what the kernel says ------------------------------------------------

    def processes(self):
        """It and its children."""
        found = [self.process.pid]
        for pid in found:
            for path in glob.glob(f"/proc/{pid}/task/*/children"):
                found += [int(child) for child in contents(path).split()]
        return found

    def tasks(self):
        return [task for pid in self.processes()
                for task in glob.glob(f"/proc/{pid}/task/*")]

    def cpu_nsec(self):
        """CPU time of all its threads so far, in user space and kernel. To the
        nanosecond, where /proc/PID/stat counts in hundredths of a second."""
        return sum(int(contents(task + "/schedstat").split()[0])
                   for task in self.tasks())

    def wake_ups(self):
        """How often any of its threads had waited and went on."""
        return sum(int(count) for task in self.tasks() for count in
                   re.findall(r"^voluntary_ctxt_switches:\s+(\d+)",
                              contents(task + "/status"), re.M))

    def private_octets(self, kinds="Dirty"):
        """Memory that it shares with no other process. What is clean of it is
        of files that just now nobody else has mapped: that depends on what
        else runs on this machine. What of a file is not on its disk yet counts
        as dirty, too: sync_programs()."""
        return 1024 * sum(
            int(kib) for pid in self.processes() for kib in
            re.findall(rf"^Private_(?:{kinds}):\s+(\d+) kB",
                       contents(f"/proc/{pid}/smaps_rollup"), re.M))

    def connections_by_worker(self):
        """How many each worker has: what its epoll instance watches, which is
        one that watches the listener, too."""
        counts = []
        listening = listening_inodes(self.port)
        for pid in self.processes():
            descriptors = sockets(pid)
            listeners = {fd for fd, inode in descriptors.items()
                         if inode in listening}
            for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
                watched = set(re.findall(r"^tfd:\s+(\d+)", contents(path), re.M))
                if listeners & watched:
                    counts.append(len(watched & set(descriptors) - listeners))
        return counts


# What a floor has to say, by its word CLOSE: hello-http's answers.
our_answers = {}


def learn_our_answers(directory, requests):
    """Of large content, the head."""
    with Server("hello-http", directory) as server:
        for close, request in requests.items():
            our_answers[close] = answer_to(server, request)
    with Server("hello-http large", directory) as server:
        our_answers["large"] = answer_to(server, REQUEST.replace(b"GET", b"HEAD"))


def answer_to(server, request):
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.settimeout(PATIENCE)
        client.sendall(request)
        return client.recv(65536)


def sync_programs():
    """Those that were just built."""
    for path in program(), *glob.glob(build_directory() + "/*"):
        if os.access(path, os.X_OK) and os.path.isfile(path):
            fd = os.open(path, os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)


def contents(path):
    """"" where it has just ended."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def sockets(pid):
    """The inodes of its sockets, by descriptor."""
    found = {}
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            inode = re.match(r"socket:\[(\d+)\]", os.readlink(path))
        except OSError:
            continue
        if inode:
            found[os.path.basename(path)] = inode[1]
    return found


def listening_inodes(port):
    """Those who listen come first, and others may be many."""
    found = set()
    with open("/proc/net/tcp", encoding="ascii") as rows:
        next(rows)
        for row in rows:
            _, address, _, state, *others = row.split()
            if state != "0A":
                break
            if address.endswith(f":{port:04X}"):
                found.add(others[5])
    return found
