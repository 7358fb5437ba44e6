# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""What is measured, row by row of the report: how, and against which target.

A row's measure() records numbers, each by row, round, server and metric; its
judge() looks at the medians and gives claims, each with its verdict. Servers take
turns, A B C A B C, and a ratio of two is the median of the rounds' ratios:
what drifts, drifts for both.
"""

import collections
import contextlib
import math
import signal
import statistics
import subprocess
import time

import count
import loads
from loads import Failed
from servers import (CPUS, PATIENCE, PEERS, REQUEST, SERVER_CPU, SERVER_CPUS, Server,
                     build_directory, is_there, tied)

US = "hello-http"
SMALL = REQUEST
REQUESTS = {
    "small": SMALL,
    "last": b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "large": b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    "browser": b"""GET / HTTP/1.1\r
Host: 127.0.0.1:8000\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r
Accept-Language: en-GB,en;q=0.7,de;q=0.3\r
Accept-Encoding: gzip, deflate, br, zstd\r
Connection: keep-alive\r
Referer: http://127.0.0.1:8000/index.html\r
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=1; id=QmVuY2g=; seen=2026-11-23\r
Upgrade-Insecure-Requests: 1\r
Sec-Fetch-Dest: document\r
Sec-Fetch-Mode: navigate\r
Sec-Fetch-Site: same-origin\r
Sec-Fetch-User: ?1\r
Priority: u=0, i\r
\r
""",
}


class Results:
    """Every number of every round, and what there is instead of numbers."""

    def __init__(self):
        self.numbers = []  # (row, round, server, metric, number)
        self.notes = {}    # by (row, server)

    def record(self, row, turn, server, **metrics):
        self.numbers += [(row, turn, server, metric, float(number))
                         for metric, number in metrics.items()]

    def of(self, row, server, metric):
        """By round."""
        return {turn: number for a, turn, b, c, number in self.numbers
                if (a, b, c) == (row, server, metric)}

    def median(self, row, server, metric):
        numbers = self.of(row, server, metric)
        return statistics.median(numbers.values()) if numbers else None

    def ratios(self, row, metric, server, other):
        """Of each round."""
        ours, theirs = (self.of(row, name, metric) for name in (server, other))
        return [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]

    def ratio(self, row, metric, server, other):
        ratios = self.ratios(row, metric, server, other)
        return statistics.median(ratios) if ratios else None

    def servers(self, row):
        names = [name for key, _, name, _, _ in self.numbers if key == row]
        names += [name for key, name in self.notes if key == row and name]
        return list(dict.fromkeys(names))

    def why_not(self, row, name):
        """Why this was not measured, of this row."""
        return self.notes.get((row, name)) or self.notes.get((row, "")) or \
            f"{name} was not asked for"

    def why_no_peer(self, row):
        notes = [note for (key, name), note in self.notes.items()
                 if key == row and name in ("", *PEERS)]
        return "; ".join(dict.fromkeys(notes)) or "no peer was asked for"


class Run:
    """What the rows are measured with."""

    def __init__(self, directory, rounds, seconds, only):
        self.directory = directory
        self.rounds = rounds
        self.seconds = seconds
        self.only = only  # servers, or none for all
        self.results = Results()
        for name, octets in REQUESTS.items():
            with open(self.request(name), "wb") as file:
                file.write(octets)

    def request(self, name):
        return f"{self.directory}/{name}.request"

    def servers(self, row, names):
        """Those of these that are wanted, and here."""
        wanted = [name for name in names
                  if not self.only or name.split()[0] in self.only]
        for name in wanted:
            if not is_there(name):
                self.results.notes[row, name] = "not installed"
        return [name for name in wanted if is_there(name)]

    def start(self, name, **words):
        return Server(name, self.directory, **words)

    def load(self, server, *options, request="small", at_ready=None):
        return loads.run(server, self.request(request), *options, at_ready=at_ready)


# --- loads -------------------------------------------------------------------

@contextlib.contextmanager
def noting(run, row, name):
    """What it cannot do stands in its row."""
    try:
        yield
    except Exception as failure:
        run.results.notes[row, name] = str(failure) or repr(failure)


def take_turns(run, row, names, one_turn, **words):
    """All run; one_turn(server), which gives metrics, is called for each in
    turn. A first round warms them up, and is not recorded."""
    servers = []
    with contextlib.ExitStack() as stack:
        for name in run.servers(row, names):
            with noting(run, row, name):
                servers.append(stack.enter_context(run.start(name, **words)))
        for turn in range(run.rounds + 1):
            for server in servers:
                if (row, server.name) in run.results.notes:
                    continue
                with noting(run, row, server.name):
                    metrics = one_turn(server)
                    if turn > 0:
                        run.results.record(row, turn, server.name, **metrics)


def start_each(run, row, names, rounds, one_turn, **words):
    """One alone at a time, and anew each time."""
    for turn in range(1, rounds + 1):
        for name in run.servers(row, names):
            with noting(run, row, name), run.start(name, **words) as server:
                run.results.record(row, turn, name, **one_turn(server))


def per_request(load):
    return {"cpu_us": load["cpu_nsec"] / load["answers"] / 1000,
            "rate": load["rate"]}


def measure_load(names, *options, request="small", close=""):
    def measure(run, row):
        def one_turn(server):
            return per_request(run.load(
                server, f"--seconds={run.seconds}", *options, request=request))
        take_turns(run, row, names, one_turn, CLOSE=close,
                   REQUEST_OCTETS=len(REQUESTS[request]))
    return measure


def measure_large(clients):
    def measure(run, row):
        def one_turn(server):
            load = run.load(server, f"--seconds={run.seconds}",
                            f"--connections={clients}", request="large")
            mebibytes = load["octets"] / (1 << 20)
            return {"mib_rate": mebibytes / load["seconds"],
                    "cpu_us_mib": load["cpu_nsec"] / mebibytes / 1000}
        take_turns(run, row, ["hello-http large", "floor large", "nginx"], one_turn,
                   REQUEST_OCTETS=len(REQUESTS["large"]))
    return measure


def measure_workers(cpus):
    names = [f"{name} {count} worker{'s'[:count - 1]}"
             for name in (US, "nginx", "h2o") for count in (1, 2, 4)]
    names.insert(3, "floor")

    def measure(run, row):
        def one_turn(server):
            spread = []

            def look():
                counts = server.connections_by_worker()
                spread.append(max(counts) / max(1, min(counts)) if counts else 0)
            load = run.load(server, f"--seconds={run.seconds}",
                            "--connections=256", at_ready=look)
            return per_request(load) | {"spread": spread[0]}
        take_turns(run, row, names, one_turn, cpus=cpus, REQUEST_OCTETS=len(SMALL))
    return measure


def measure_latency(run, row):
    """All at one rate, half of what the slowest can do, once it is warm; who is far
    behind nginx is asked at half of what it can itself."""
    if len(CPUS) < 2:
        raise Failed("the load generator watches the clock: it needs a CPU")
    names = [name for name in ALL if name != "python"]
    can_do = {}
    for name in run.servers(row, names):
        with noting(run, row, name), \
                run.start(name, REQUEST_OCTETS=len(SMALL)) as server:
            for _ in "cold", "warm":
                can_do[name] = run.load(server, "--connections=64",
                                        f"--seconds={run.seconds}")["rate"]
    names = list(can_do)
    enough = can_do.get("nginx", 0) / 2
    common = min(rate for rate in can_do.values() if rate >= enough) / 2
    run.results.notes[row, "python"] = "it has no connection to ask twice"

    def one_turn(server):
        rate = min(common, can_do[server.name] / 2)
        load = run.load(server, "--connections=64", f"--rate={rate:.0f}",
                        f"--seconds={2 * run.seconds}")
        return {"asked": rate} | {
            name: load[name + "_us"] for name in ("p50", "p99", "p999")}
    take_turns(run, row, names, one_turn, REQUEST_OCTETS=len(SMALL))


# --- starting, and doing nothing ---------------------------------------------

def measure_activation(run, row):
    """The program that activates runs where the server does: one waits for the
    other."""
    for turn in range(1, run.rounds + 1):
        for name in run.servers(row, ["empty", US, "nginx", "lighttpd", "python"]):
            # Without its master, nginx takes no socket from others.
            server = run.start(name, ACTIVATED="enable", MASTER="on")
            server.put_pages()
            with noting(run, row, name):
                times = activate(server, run.request("small"), 10)
                run.results.record(row, turn, name, least_us=min(times),
                                   first_us=statistics.median(times))


def activate(server, request, count):
    """Microseconds of each start."""
    with subprocess.Popen(
            [build_directory() + "/activate", str(server.port), str(count), request,
             *server.command],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=server.environment(),
            preexec_fn=tied([SERVER_CPU], signal.SIGTERM)) as process:
        try:
            times, complaints = process.communicate(timeout=10 * PATIENCE)
        finally:
            process.terminate()  # not by SIGKILL: it has to end the server
    if process.returncode != 0:
        raise Failed(complaints.strip())
    return [float(line) for line in times.split()]


def measure_rest(run, row):
    def one_turn(server):
        return {"dirty": server.private_octets() / 1024,
                "private": server.private_octets("Clean|Dirty") / 1024}
    start_each(run, row, [US, "empty", *ALL[1:]], min(run.rounds, 3), one_turn)


CROWDS = 1000, 6000, 18000
# It takes no more than half as many as the 20,000 descriptors it may have.
CROWDS_OF = {"lighttpd": (1000, 6000, 9900)}


def measure_crowd(run, row):
    """Each client has asked once, and waits."""
    def one_turn(server):
        crowds = CROWDS_OF.get(server.name, CROWDS)
        holders, sizes = [], []
        try:
            for less, more in zip((0, *crowds), crowds):
                holders.append(loads.hold(server, run.request("small"),
                                          more - less))
                sizes.append(server.private_octets())
        finally:
            kept = [loads.let_go(holder) for holder in holders]
        if not all(kept):
            raise Failed("it closed some of them")
        slopes = [(b - a) / (n - m) for a, b, m, n in
                  zip(sizes, sizes[1:], crowds, crowds[1:])]
        return {"each": (sizes[-1] - sizes[0]) / (crowds[-1] - crowds[0]),
                "first": slopes[0], "last": slopes[1]}
    start_each(run, row, [US, "floor", "nginx", "haproxy", "lighttpd", "h2o"], 1,
               one_turn, REQUEST_OCTETS=len(SMALL), CONNECTIONS=19900)


def measure_idle(run, row):
    """All of them at once: none has anything to do."""
    seconds = min(60, 300 * run.seconds)

    def look(server):
        return server.wake_ups(), server.cpu_nsec()
    with contextlib.ExitStack() as stack:
        servers = []
        for name in run.servers(row, ALL):
            with noting(run, row, name):
                servers.append(stack.enter_context(run.start(name)))
        time.sleep(seconds / 6)  # what the start, and the first client, left
        before = [look(server) for server in servers]
        time.sleep(seconds)
        for server, (wake_ups, cpu_nsec) in zip(servers, before):
            after = look(server)
            run.results.record(row, 1, server.name,
                               wake_ups=(after[0] - wake_ups) * 60 / seconds,
                               cpu_us=(after[1] - cpu_nsec) * 0.06 / seconds)


# --- counts ------------------------------------------------------------------

def measure_instructions(run, row):
    for name in run.servers(row, [US, "floor", "nginx", "h2o"]):
        with noting(run, row, name):
            run.results.record(row, 1, name, **{
                request: count.instructions(
                    lambda *wrapper: run.start(
                        name, wrapper=wrapper, cpus=CPUS,
                        REQUEST_OCTETS=len(REQUESTS[request])),
                    lambda server, n: run.load(server, f"--requests={n}",
                                               request=request),
                    run.directory, 1000)[0]
                for request in ("small", "browser")})


# --- targets -----------------------------------------------------------------
# Claims, each with its verdict.

MET = {True: "met", False: "**missed**"}
WITHIN_NOISE = {True: "met, within noise", False: "**missed**, within noise"}


def not_measured(why):
    return f"**not measured**: {why}"


def interval(numbers):
    """Two of them between which the median is that no noise would leave, in 19 of
    20 runs: each round is above it as likely as below. Of less than six, all."""
    ordered, beyond = sorted(numbers), 0
    n = len(ordered)
    while 40 * sum(math.comb(n, i) for i in range(beyond + 1)) <= 2 ** n:
        beyond += 1
    return ordered[max(beyond - 1, 0)], ordered[min(n - beyond, n - 1)]


def number_near(number, limit):
    """Two decimals, or three where two would not tell on which side it is."""
    return f"{number:.3f}" if abs(number - limit) < 0.005 else f"{number:.2f}"


def compare(ratios, limit, meets):
    """The median in words, and the verdict on it."""
    middle, (low, high) = statistics.median(ratios), interval(ratios)
    words = f"{number_near(middle, limit)} ({low:.2f}\u2013{high:.2f})"
    is_sure = meets(low) == meets(high)
    return words, (MET if is_sure else WITHIN_NOISE)[meets(middle)]


def at_most(results, row, metric, factor, other, us=US):
    ratios = results.ratios(row, metric, us, other)
    if not ratios:
        name = us if results.median(row, us, metric) is None else other
        return [(f"at most {factor:.2f} of {other}'s",
                 not_measured(results.why_not(row, name)))]
    words, verdict = compare(ratios, factor, lambda ratio: ratio <= factor)
    return [(f"{words} of {other}'s, at most {factor:.2f}", verdict)]


def less_than_every_peer(results, row, metric):
    ratios = {peer: results.ratios(row, metric, US, peer) for peer in PEERS}
    missing = [peer for peer in PEERS
               if not ratios[peer] and (row, peer) in results.notes]
    measured = [peer for peer in PEERS if ratios[peer]]
    if not measured:
        return [("less than every peer's", not_measured(results.why_no_peer(row)))]
    best = max(measured, key=lambda peer: statistics.median(ratios[peer]))
    but = f" (but {', '.join(missing)})" if missing else ""
    words, verdict = compare(ratios[best], 1, lambda ratio: ratio < 1)
    return [(f"{words} of {best}'s, the best peer{but}, less than 1", verdict)]


def judge_by_floor(factor):
    return lambda results, row: at_most(results, row, "cpu_us", factor, "floor")


def judge_keep_alive(results, row):
    return at_most(results, row, "cpu_us", 1.1, "floor") + \
        less_than_every_peer(results, row, "cpu_us")


def judge_pipeline(results, row):
    peers = [peer for peer in PEERS if results.median(row, peer, "cpu_us")]
    if not peers:
        return [("at most 0.15 of the best peer's",
                 not_measured(results.why_no_peer(row)))]
    best = min(peers, key=lambda peer: results.median(row, peer, "cpu_us"))
    return at_most(results, row, "cpu_us", 0.15, best)


def judge_activation(results, row):
    return at_most(results, row, "first_us", 1.5, "empty") + \
        at_most(results, row, "first_us", 0.1, "python")


def judge_rest(results, row):
    claims = []
    for metric, what in ("dirty", "dirty"), ("private", "dirty and clean"):
        ours = results.median(row, US, metric)
        claims.append((f"{what}: {ours:,.0f} KiB, at most 400", MET[ours <= 400]))
        claims += less_than_every_peer(results, row, metric)
    return claims


def judge_crowd(results, row):
    each, first, last = (results.median(row, US, metric)
                         for metric in ("each", "first", "last"))
    return [(f"{each:.0f} octets, at most 128", MET[each <= 128]),
            (f"{last:.1f} for the last ones, {first:.1f} for the first thousands,"
             " constant within 1.10", MET[last <= 1.1 * first])]


def judge_workers(results, row):
    claims = []
    for workers in "2 workers", "4 workers":
        claims += [(f"{workers}: CPU per request {claim}", verdict)
                   for claim, verdict in at_most(results, row, "cpu_us", 1.1,
                                                 f"{US} 1 worker", f"{US} {workers}")]
        spread = max(results.of(row, f"{US} {workers}", "spread").values())
        claims.append((f"{workers}: in no round has the fullest more than {spread:.2f}"
                       " times the emptiest's connections, at most 2", MET[spread <= 2]))
    return claims


def judge_large(results, row):
    ratios = results.ratios(row, "mib_rate", f"{US} large", "nginx")
    if not ratios:
        return [("at least 0.9 of nginx's rate",
                 not_measured(results.why_not(row, "nginx")))]
    words, verdict = compare(ratios, 0.9, lambda ratio: ratio >= 0.9)
    return [(f"{words} of nginx's rate, at least 0.9", verdict)]


def judge_latency(results, row):
    """Of those who are asked as often."""
    rate = results.median(row, US, "asked")
    peers = [peer for peer in PEERS if results.median(row, peer, "asked") == rate]
    if not peers:
        return [("the lowest", not_measured(results.why_no_peer(row)))]
    claims = []
    for metric, name in ("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"):
        best = min(peers, key=lambda peer: results.median(row, peer, metric))
        ratios = results.ratios(row, metric, US, best)
        words, verdict = compare(ratios, 1, lambda ratio: ratio <= 1)
        if verdict == WITHIN_NOISE[False]:
            verdict = WITHIN_NOISE[True]
        claims.append((f"{name}: {words} of {best}'s, the best peer's, the lowest or"
                       " within noise of it", verdict))
    return claims


def judge_log(results, row):
    claims = []
    for end in "a file", "/dev/null":
        for peer in "nginx", "haproxy":
            claims += at_most(results, row, "cpu_us", 1,
                              f"{peer} log to {end}", f"{US} log to {end}")
    return claims


def judge_instructions(results, row):
    return [(f"{request}: {number:,.0f}, at most {ceiling:,}", MET[number <= ceiling])
            for request, ceiling in (("small", 1000), ("browser", 5000))
            for number in [results.median(row, US, request)]]


def judge_idle(results, row):
    return [(f"{results.median(row, US, metric):.0f} {what}, none",
             MET[results.median(row, US, metric) == 0])
            for metric, what in (("wake_ups", "wake-ups"), ("cpu_us", "us of CPU time"))]


# --- the table ---------------------------------------------------------------

ALL = [US, "floor", *PEERS]
LOAD = [("cpu_us", "CPU us per request", 2), ("rate", "requests/s", 0)]
LARGE = [("mib_rate", "MiB/s", 0), ("cpu_us_mib", "CPU us per MiB", 0)]
LATENCY = [("p50", "p50 us", 1), ("p99", "p99 us", 0), ("p999", "p99.9 us", 0),
           ("asked", "requests/s", 0)]

# Title, target, columns (metric, heading, decimals; the first is charted), how
# it is measured, how it is judged.
Row = collections.namedtuple("Row", "title target columns measure judge")
FLOOR = "CPU per request at most {:.2f} of the floor's"
ROWS = {
    **{f"keep-alive-{clients}": Row(
        f"Keep-alive, {clients:,} connection{'s'[:clients - 1]}",
        FLOOR.format(1.1) + ", and less than every peer's", LOAD,
        measure_load(ALL, f"--connections={clients}"), judge_keep_alive)
       for clients in (1, 64, 1000)},
    "pipelined": Row(
        "Pipelined by 16, 64 connections",
        "CPU per request at most 0.15 of the best peer's", LOAD,
        measure_load(ALL, "--connections=64", "--pipeline=16"), judge_pipeline),
    "connection": Row(
        "A connection per request, which the client closes",
        FLOOR.format(1.1), LOAD,
        measure_load(ALL, "--connections=64", "--close"), judge_by_floor(1.10)),
    "connection-close": Row(
        "A connection per request with Connection: close, which the server closes",
        FLOOR.format(1.1), LOAD,
        measure_load(ALL, "--connections=64", request="last", close="close"),
        judge_by_floor(1.10)),
    "browser": Row(
        f"A browser's request, {len(REQUESTS['browser'])} octets with cookies,"
        " 64 connections",
        FLOOR.format(1.15), LOAD,
        measure_load(ALL, "--connections=64", request="browser"),
        judge_by_floor(1.15)),
    "activation": Row(
        "Activation: from connect() to the first octet, the server's start included",
        "at most 1.5 of the limit, under 0.1 of Python's",
        [("first_us", "us", 0), ("least_us", "us, the least", 0)],
        measure_activation, judge_activation),
    "rest": Row(
        "Memory at rest, private, after one request",
        "at most 400 KiB and the least of all",
        [("dirty", "KiB, dirty", 0), ("private", "KiB, clean too", 0)],
        measure_rest, judge_rest),
    "crowd": Row(
        "Memory of an idle connection, private and dirty, from 1,000 to 18,000 that have"
        " asked once", "at most 128 octets, constant; of lighttpd to 9,900, its own limit",
        [("each", "octets", 0), ("first", "to 6,000", 0), ("last", "from there", 0)],
        measure_crowd, judge_crowd),
    **{row: Row(
        f"Workers on {where}, 256 connections",
        "CPU per request within 1.10 of one worker's; no worker has more than"
        " twice another's connections",
        LOAD + [("spread", "fullest by emptiest worker", 2)],
        measure_workers(cpus), judge_workers)
       for row, cpus, where in (
           ("workers", SERVER_CPUS, "all CPUs but the load's: " + ", ".join(
               map(str, SERVER_CPUS))),
           ("workers-shared", CPUS, f"all {len(CPUS)} CPUs, one of which the load shares"))},
    "large-1": Row(
        "16 MiB of content, 1 client", "at least 0.9 of nginx's rate",
        LARGE, measure_large(1), judge_large),
    "large-100": Row(
        "16 MiB of content, 100 clients", "at least 0.9 of nginx's rate",
        LARGE, measure_large(100), judge_large),
    "latency": Row(
        "Latency at half of what the slowest can do (Node: of what it can itself), 64"
        " connections, asked by the clock",
        "the lowest, or within noise of it", LATENCY,
        measure_latency, judge_latency),
    "log": Row(
        "The request log on, 64 connections", "least CPU per request", LOAD,
        measure_load(["floor", *(f"{name} log to {end}" for end in ("a file", "/dev/null")
                                 for name in (US, "nginx", "haproxy"))],
                     "--connections=64"),
        judge_log),
    "instructions": Row(
        "Instructions in user space per request, counted by callgrind",
        "1,000 for the smallest, 5,000 for the browser's",
        [("small", f"{len(SMALL)} octets", 0),
         ("browser", f"{len(REQUESTS['browser'])} octets", 0)],
        measure_instructions, judge_instructions),
    "idle": Row(
        "A minute without a client", "0",
        [("wake_ups", "wake-ups", 0), ("cpu_us", "CPU us", 0)],
        measure_idle, judge_idle),
}
