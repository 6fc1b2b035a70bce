"""Whether "chance of passing another paper" holds, on halves of recorded sittings.

    python -m benchmarks.passing_rates [SPLITS]

Each recorded run of the 112th to 114th, the 119th and the 120th examination is cut in two
random halves, alike by section, points, group size and maximum, with cases whole. From one
half comes the chance of reaching a number of points on a paper like it, claimed for every
pass mark; the other half is that paper. Prints, by what is claimed, how often it was reached:
as `compare.verdict` draws it (a Polya urn) and by resampling alone. Beside it is its interval if
other runs had been recorded: splits of one run are no news of another. 20 splits take two
minutes.
Needs the published data (JMLE_DATA, or ../shared/data beside the repository).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.ask.importing import import_all
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.groups import case_replies, resample, urn
from jmle_plugin.compare.pairing import Place, answered, places
from jmle_plugin.compare.remake import remake_results
from jmle_plugin.compare.verdict import PRIOR
from jmle_plugin.exam.model import Exam
from jmle_plugin.exam.pack import load_exam
from jmle_plugin.mark import Extraction
from jmle_plugin.results.file import Results
from jmle_plugin.results.provenance import RunContext

ROOT = Path(__file__).resolve().parents[1]
RECORDED = {
    "jmle112": "igakuqa/baseline_results/2018",
    "jmle113": "igakuqa/baseline_results/2019",
    "jmle114": "igakuqa/baseline_results/2020",
    "jmle119": "igakuqa119/results/demo",
    "jmle120": "jmle2026-bench/results",
}
BINS = [
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.35,
    0.5,
    0.65,
    0.8,
    0.9,
    0.95,
    0.98,
    0.99,
    0.995,
]
DRAWS = 10_000

Case = tuple[Hashable, int, int]
"""Stratum, points, maximum."""
Floats = NDArray[np.float64]


def recorded(data: Path) -> Iterator[tuple[str, list[Case]]]:
    """Every recorded run's cases."""
    for name, folder in RECORDED.items():
        exam = load_exam(ROOT / "data" / name / "exam.toml", data_root=data)
        where = places(exam)
        with tempfile.TemporaryDirectory() as cassettes:
            for made in imported(data / folder, name, exam, Path(cassettes)):
                sitting = open_sitting(exam, Path(cassettes), Wanted(run=made))
                results = remake_results(sitting, Extraction.STANDARD, RunContext.outside())
                yield f"{name} {made}", cases_of(results, where)


def imported(folder: Path, name: str, exam: Exam, cassettes: Path) -> list[str]:
    """The names of all runs recorded in a folder, once they are cassettes."""
    images = None if name == "jmle120" else ImageMode.VISION
    files = [file for file in sorted(folder.iterdir()) if file.suffix != ".txt"]
    groups = [[file] for file in files]
    if name.startswith("jmle11") and name != "jmle119":
        groups = [files]
    return [
        made.run.run
        for group in groups
        for made in import_all(group, exam, cassettes, images=images)
    ]


def cases_of(results: Results, where: dict[str, Place]) -> list[Case]:
    """The cases of a run that replied once to each question."""
    answers = answered(results)
    members: dict[str, list[str]] = {}
    for question in answers:
        members.setdefault(where[question].group, []).append(question)
    cases: list[Case] = []
    for case in members.values():
        maxima = [answers[one].max for one in case]
        (points,) = case_replies([answers[one].points for one in case])
        place = where[case[0]]
        stratum = (place.section, place.criteria, max(maxima), len(case), sum(maxima))
        cases.append((stratum, points, sum(maxima)))
    return cases


def halves(cases: Sequence[Case], generator: np.random.Generator) -> tuple[list[Case], list[Case]]:
    """Two papers alike; of a stratum with an odd number one case is left out."""
    strata: dict[Hashable, list[Case]] = {}
    for case in cases:
        strata.setdefault(case[0], []).append(case)
    first: list[Case] = []
    second: list[Case] = []
    for inside in strata.values():
        order = generator.permutation(len(inside))
        middle = len(inside) // 2
        first += [inside[n] for n in order[:middle]]
        second += [inside[n] for n in order[middle : 2 * middle]]
    return first, second


def drawn(cases: Sequence[Case], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Points of papers like this one: from the urn, and by resampling alone."""
    weights: dict[Hashable, Counter[tuple[int, ...]]] = {}
    for stratum, points, _ in cases:
        weights.setdefault(stratum, Counter())[points,] += 1
    strata = []
    for stratum, kinds in weights.items():
        most = next(maximum for one, _, maximum in cases if one == stratum)
        urn_weights = {kind: float(count) for kind, count in kinds.items()}
        for extreme in {(0,), (most,)}:
            urn_weights[extreme] = urn_weights.get(extreme, 0.0) + PRIOR
        strata.append((kinds.total(), urn_weights))
    plain = resample(((one[0], (one[1],)) for one in cases), DRAWS, seed).values()
    return urn(strata, DRAWS, seed)[:, 0], np.sum([part[:, 0] for part in plain], axis=0)


def claims(points: NDArray[np.int64], marks: NDArray[np.int64]) -> Floats:
    """The share of papers that reach each number of points."""
    return np.asarray(1 - np.searchsorted(np.sort(points), marks) / len(points))


def summed(claimed: Floats, reached: NDArray[np.bool_]) -> Floats:
    """Pass marks, sums of what was claimed and of what was true by bin, shape (bins, 3)."""
    # Marks that every draw reaches, or none, are most of all and claim nothing.
    inside = (claimed > 0) & (claimed < 1)
    place = np.digitize(claimed, BINS)[inside]
    weights = np.ones(inside.sum()), claimed[inside], reached[inside]
    return np.array([np.bincount(place, one, len(BINS) + 1) for one in weights]).T


def main(arguments: Sequence[str]) -> None:
    """Print claimed and true shares by what is claimed, and how sure the true ones are."""
    splits = int(arguments[0]) if arguments else 20
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    generator = np.random.default_rng(112)
    runs = []
    for name, cases in recorded(data):
        sums = np.zeros((2, len(BINS) + 1, 3))
        for split in range(splits):
            first, second = halves(cases, generator)
            marks = np.arange(sum(one[2] for one in first) + 1)
            reached = marks <= sum(one[1] for one in second)
            for way, points in enumerate(drawn(first, split)):
                sums[way] += summed(claims(points, marks), reached)
        runs.append(sums)
        print(name, flush=True)
    print(f"{len(runs)} runs, {splits} splits each; 95 %: by runs drawn again")
    for way, title in enumerate(("urn", "resampling")):
        by_run = np.array(runs)[:, way]
        again = generator.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), size=4000)
        print(
            f"\n{title}\n{'claimed':>9} {'true':>8} {'95 %':>17} {'ratio, 95 %':>15} {'marks':>8}"
        )
        for place in range(len(BINS) + 1):
            count, claimed, true = by_run[:, place].sum(axis=0)
            if not count:
                continue
            counts, said, was = (again @ by_run[:, place, n] for n in range(3))
            known = counts > 0
            low, high = np.quantile((was[known] / counts[known]), [0.025, 0.975])
            least, most = np.quantile((was[known] / said[known]), [0.025, 0.975])
            print(
                f"{claimed / count:9.4f} {true / count:8.4f}   {low:.4f} - {high:.4f}"
                f"   {least:5.2f} - {most:5.2f} {count:8.0f}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
