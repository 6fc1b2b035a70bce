"""Whether a live run finds its provider's speed: default options beside the best fixed number.

    python -m benchmarks.ramp [--rounds 3] [--quick]

Whole sessions of text questions, start-up included, in turns; ratios are taken within a round and
their median reported. Three providers on loopback: one that answers 48 calls at a time after a
second and refuses what is more (429), one whose latency grows with the calls in flight, and one
that answers one call at a time. Of the last one, the share of refused calls counts.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.live import provider, session, write_exam
from benchmarks.ratios import ratio_text

HELD = 48
FIRST = 20
"""Calls that are not counted where one at a time is allowed."""


@dataclass(frozen=True)
class Case:
    """`fixed` are the numbers of calls among which the best is; `limit` is the ratio aimed at."""

    title: str
    server: tuple[float, ...]
    """Arguments of `slow_provider`."""
    epochs: int
    fixed: tuple[int, ...]
    limit: float


CASES = (
    Case(f"{HELD} calls at 1 s, 400 questions", (1.0, HELD), 1, (HELD,), 1.5),
    Case(f"{HELD} calls at 1 s, 1,600 questions", (1.0, HELD), 4, (HELD,), 1.25),
    Case("0.2 s + 0.05 s for each call in flight", (0.2, 0, 0.05), 1, (16, 64), 1.25),
)


def main() -> None:
    """Measure and print a line for each provider."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round of the first and the last")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pack = write_exam(Path(folder) / "exam", figures=0)
        for case in CASES[:1] if options.quick else CASES:
            rounds = 1 if options.quick else options.rounds
            pairs = list(_pairs(pack, case, rounds))
            said = ratio_text(pairs, "the best fixed number", digits=1)
            print(f"{case.title}: {said}, aimed at {case.limit}", flush=True)
        share = _refused(pack)
        print(
            f"one call at a time: {share:.1%} of the calls after the first {FIRST} were refused, "
            "aimed at 5%"
        )


def _pairs(pack: Path, case: Case, rounds: int) -> Iterator[tuple[float, float]]:
    for _ in range(rounds):
        with provider(*case.server) as address:
            fixed = [
                session(pack, address, ["-n0", f"--concurrency={n}"], epochs=case.epochs)
                for n in case.fixed
            ]
            yield min(fixed), session(pack, address, ["-n0"], epochs=case.epochs)


def _refused(pack: Path) -> float:
    """The share of refused calls where one at a time is allowed."""
    with provider(0.02, 1) as address:
        session(pack, address, ["-n0"])
        late: list[bool] = httpx.get(f"{address}/refused").json()[FIRST:]
    return sum(late) / len(late)


if __name__ == "__main__":
    main()
