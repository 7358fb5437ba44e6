# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
"""The report: tables for people, every round for programs, and a chart."""

import csv
import os
import platform
import re
import shutil
import statistics
import subprocess
import time

import servers
from rows import ROWS, US, not_measured

CHARTED = ["keep-alive-64", "pipelined", "connection", "browser", "rest", "crowd"]
LICENCE = """\
SPDX-FileCopyrightText: 2026 The hello-http authors
SPDX-License-Identifier: MIT
"""
HOW_TO_READ = """\
CPU is the server's CPU time, of all its threads and processes, in user space
and in the kernel, for each answer. On loopback the kernel carries a packet to its
receiver in the time of the one who sends it: of a request's way the load generator
pays, of an answer's way the server. The floor is the least that a server with
epoll can do (floor.c). Each figure is the median of the rounds, with the least
and the greatest behind it; "by floor" is the median of the rounds' ratios.

A verdict is on the median of the rounds' ratios. Behind it is where it would be
without noise, in 19 of 20 runs, as far as the rounds can tell; where that begins on
one side of the target and ends on the other, the verdict is within noise.
"""


# --- where it was measured ---------------------------------------------------

def first(pattern, path, otherwise="unknown"):
    found = re.search(pattern, servers.contents(path), re.M)
    return found[1] if found else otherwise


def commit():
    try:
        said = subprocess.run(
            ["git", "-C", servers.HERE, "describe", "--always", "--dirty"],
            capture_output=True, text=True, check=False)
    except OSError:  # there is no git
        return "unknown"
    return said.stdout.strip() or "unknown"


def machine():
    """Asked before anything is measured."""
    cpus = f"server on CPU {servers.SERVER_CPU}, load on CPU {servers.LOAD_CPU}"
    if servers.SERVER_CPU == servers.LOAD_CPU:
        cpus = "there is one CPU, which server and load share"
    return {
        "Date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "Commit": commit(),
        "CPUs": f"{os.cpu_count()} of "
                + first(r"^model name\s*: (.*)", "/proc/cpuinfo", platform.machine())
                + "; " + cpus,
        "Memory": f"{int(first('MemTotal: +([0-9]+)', '/proc/meminfo', '0')) >> 20} GiB",
        "System": first('^PRETTY_NAME="(.*)"', "/etc/os-release")
                  + ", Linux " + platform.release(),
        "Load average at the start": "%.2f %.2f %.2f" % os.getloadavg(),
    }


# --- tables ------------------------------------------------------------------

def figure(numbers, decimals):
    """Median (least-greatest)."""
    if not numbers:
        return ""
    ordered = sorted(numbers)
    half = len(ordered) // 2
    median = (ordered[half] + ordered[~half]) / 2
    text = f"{median:,.{decimals}f}"
    if len(ordered) > 1:
        text += f" ({ordered[0]:,.{decimals}f}\u2013{ordered[-1]:,.{decimals}f})"
    return text


def table(results, row):
    """Lines of one row's table."""
    columns = ROWS[row].columns
    names = results.servers(row)
    has_floor = "floor" in names
    heads = ["server"] + [head for _, head, _ in columns]
    heads += ["by floor"] if has_floor else []
    yield "| " + " | ".join(heads) + " |"
    yield "|---" + "|--:" * (len(heads) - 1) + "|"
    for name in names:
        cells = [figure(results.of(row, name, metric).values(), decimals)
                 for metric, _, decimals in columns]
        if (row, name) in results.notes:
            cells[0] = f"{cells[0]} {one_line(results.notes[row, name])}".strip()
        if has_floor:
            ratio = results.ratio(row, columns[0][0], name, "floor")
            cells.append(f"{ratio:.2f}" if ratio else "")
        yield "| " + " | ".join([name, *cells]) + " |"


def one_line(text):
    return text.replace("\n", " ").replace("|", "/")[:80]


def verdicts(results, row):
    """Each claim of the row with "met" or "missed", or why neither is known."""
    try:
        return ROWS[row].judge(results, row)
    except (TypeError, ValueError):  # of numbers that are not there
        return [(ROWS[row].target, not_measured(results.why_not(row, US)))]


def markdown(run, rows, facts, has_chart):
    yield "<!-- SPDX-FileCopyrightText: 2026 The hello-http authors -->"
    yield "<!-- SPDX-License-Identifier: MIT -->"
    yield "\n# hello-http beside others\n"
    for name, fact in facts.items():
        yield f"- {name}: {fact}"
    yield f"- Rounds: {run.rounds} of {run.seconds:g} s"
    for name in dict.fromkeys(name.split()[0] for row in rows
                              for name in run.results.servers(row)):
        if name in servers.SERVERS and servers.SERVERS[name][2]:
            yield f"- {name}: " + (servers.version_of(name)
                                   if servers.is_there(name) else "not installed")
    yield "\n" + HOW_TO_READ
    if has_chart:
        yield "![chart](chart.svg)\n"
    yield "## Targets\n"
    yield "| row | measured, target | verdict |"
    yield "|---|---|---|"
    for row in rows:
        for claim, verdict in verdicts(run.results, row):
            yield f"| {ROWS[row].title} | {claim} | {one_line(verdict)} |"
    for row in rows:
        yield f"\n## {ROWS[row].title}\n"
        yield f"Target: {ROWS[row].target}.\n"
        yield from table(run.results, row)


# --- the chart ---------------------------------------------------------------

def chart_script(results, rows):
    """Bars, a panel for each row. One far beyond the others is cut off above,
    and says how far it goes."""
    yield "set terminal svg size 1200,%d font 'sans,10' background '#ffffff'" \
        % (300 * ((len(rows) + 1) // 2))
    yield f"set multiplot layout {(len(rows) + 1) // 2},2"
    yield "set style fill solid; set boxwidth 0.7; unset key; set border 1"
    yield "set xtics nomirror scale 0 font ',8'; unset ytics"
    for row in rows:
        metric, unit, decimals = ROWS[row].columns[0]
        title = ROWS[row].title.split(":")[0]
        medians = {name: results.median(row, name, metric)
                   for name in results.servers(row)}
        medians = {name: median for name, median in medians.items()
                   if median is not None}
        top = min(max(medians.values()), 3 * statistics.median(medians.values()))
        yield f"set yrange [0:{1.2 * top}]"
        yield f"set title \"{title}\\n{unit}, less is better\""
        yield "$data << END"
        for name, median in medians.items():
            colour = {US: 0xc0392b, "floor": 0x95a5a6, "empty": 0x95a5a6}.get(name, 0x2c6fa6)
            cut = " \u2191" if median > top else ""
            yield f'"{name}" {min(median, top)} {colour} "{median:,.{decimals}f}{cut}"'
        yield "END"
        yield ("plot $data using 0:2:3:xtic(1) with boxes lc rgb variable,"
               " '' using 0:2:4 with labels offset 0,0.7")


def draw(directory, results, measured):
    rows = [row for row in CHARTED if row in measured and any(
        results.of(row, name, ROWS[row].columns[0][0])
        for name in results.servers(row))]
    path = directory + "/chart.svg"
    if os.path.exists(path):
        os.unlink(path)
    if not rows or not shutil.which("gnuplot"):
        return False
    script = "\n".join([f"set output '{path}'", *chart_script(results, rows), ""])
    return subprocess.run(["gnuplot"], input=script, text=True,
                          check=False).returncode == 0


def write(directory, run, rows, facts):
    with open(directory + "/results.csv", "w", newline="", encoding="utf-8") as file:
        table_of_all = csv.writer(file)
        table_of_all.writerow(["row", "round", "server", "metric", "number"])
        table_of_all.writerows(run.results.numbers)
    has_chart = draw(directory, run.results, rows)
    # Neither has a place for it that all who read them skip.
    for name in "results.csv", "chart.svg":
        with open(f"{directory}/{name}.license", "w", encoding="utf-8") as file:
            file.write(LICENCE)
    with open(directory + "/report.md", "w", encoding="utf-8") as file:
        for line in markdown(run, rows, facts, has_chart):
            file.write(line + "\n")
