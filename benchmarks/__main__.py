"""Every benchmark once, on one machine and one day: writes the table of docs/measurements.md.

    python -m benchmarks [NAME...] [--rounds N] [--quick]

Each is run by its own command. A line that says `WHAT: FIGURE (RANGE), aimed at TARGET` becomes a
row, with what it is compared with and whether it meets its target; other lines stand below as they
were printed. What cannot be run (no data, no browser), what was not named and what falls short
stand there as such. `--quick` runs those that take a minute, smaller, to see that they work, and
writes nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from jmle_plugin.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "measurements.md"
BEGIN, END = "<!-- benchmarks begin -->", "<!-- benchmarks end -->"
NAMES = (
    "inert", "replay", "scale", "rescore", "pairs", "live", "overhead", "ramp", "connections",
    "page", "benches",
    "audit_rates", "comparison_rates", "gate_rates", "passing_rates", "power_rates",
    "ranking_rates",
)  # fmt: skip
"""In the order of the document."""
QUICK = {"live": ["--quick"], "ramp": ["--quick"], "benches": ["--sizes", "50", "100"]}
"""Those that are run quickly, and how."""
ROUNDS = {
    "inert", "replay", "scale", "rescore", "live", "overhead", "ramp", "connections", "page",
}  # fmt: skip
"""Those that measure in turns."""
_ROW = re.compile(
    r"(?P<what>.+?): (?P<figure>[\d.,]+(?:%| s| MB| times)?)"
    r"(?: (?P<peer>[^(,;]+?))?"
    r"(?: \((?P<range>[^)]*)\))?, aimed at (?P<target>[\d.,]+)%?(?P<rest>.*)"
)


@dataclass(frozen=True)
class Ran:
    """What one benchmark printed; `problem` says why it did not end well."""

    name: str
    lines: tuple[str, ...]
    problem: str = ""


def main() -> None:
    """Run them and write the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--rounds", type=int, metavar="N", help="instead of each one's own number")
    parser.add_argument("--quick", action="store_true", help="the short ones, smaller; writes none")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"there is no benchmark {min(unknown)}")
    names = options.names or (QUICK if options.quick else NAMES)
    ran = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        arguments = QUICK.get(name, []) if options.quick else []
        if options.rounds and name in ROUNDS:
            arguments = [*arguments, "--rounds", str(options.rounds)]
        ran.append(run(name, arguments))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    text = table(ran, f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {machine}")
    if options.quick:
        print(text)
    else:
        write_whole(DOCUMENT, put_in(DOCUMENT.read_text("utf-8"), text).encode())


def run(name: str, arguments: list[str]) -> Ran:
    """Run one by its own command."""
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = done.stderr.strip().splitlines()
    problem = (
        f"exit status {done.returncode}: {said[-1] if said else ''}" if done.returncode else ""
    )
    return Ran(name, tuple(done.stdout.splitlines()), problem)


def table(ran: list[Ran], when: str) -> str:
    """The table, and below it what has no target."""
    rows = ["| benchmark | what | figure | beside | target | met |", "|---|---|---|---|---|---|"]
    rest = []
    for one in ran:
        if one.problem:
            rows.append(f"| {one.name} | did not run ({_cell(one.problem)}) | | | | no |")
        rows += [row for line in one.lines if (row := _row(one.name, line))]
        if others := [line for line in one.lines if line.strip() and not _row(one.name, line)]:
            rest += [f"`{one.name}`:", "", "```text", *others, "```", ""]
    if absent := [name for name in NAMES if name not in {one.name for one in ran}]:
        rest += [f"Not run then: {', '.join(absent)}.", ""]
    return "\n".join([f"{when}.", "", *rows, "", *rest]).rstrip() + "\n"


def put_in(document: str, text: str) -> str:
    """The document with `text` between its two marks; ValueError where they are missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{DOCUMENT.name} has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{text}{END}{after}"


def _row(name: str, line: str) -> str:
    found = _ROW.fullmatch(line)
    if found is None:
        return ""
    figure, target = (float(re.sub(r"[^\d.]", "", found[part])) for part in ("figure", "target"))
    shown = found["figure"] + (f" ({found['range']})" if found["range"] else "")
    cells = (name, found["what"], shown, found["peer"] or "", found["target"])
    return f"| {' | '.join(map(_cell, cells))} | {'yes' if figure <= target else '**no**'} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
