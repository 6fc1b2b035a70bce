"""Whether "chance of passing another paper" holds, on halves of recorded sittings.

    python -m benchmarks.passing_rates [SPLITS]

Each recorded run of the 112th to 114th, the 119th and the 120th examination is cut in two
random halves, alike by section, points, group size and maximum, with cases whole. From one
half comes the chance of reaching a number of points on a paper like it, claimed for every
pass mark; the other half is that paper. Prints, by what is claimed, how often it was reached:
as `compare.verdict` has it (a Polya urn) and by resampling alone; exactly, since draws would
blur what is rare. Beside it is its interval if other runs had been recorded: splits of one run
are no news of another. 200 splits take half a minute.
Needs the published data (JMLE_DATA, or ../shared/data beside the repository).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from jmle_plugin.ask.importing import import_all
from jmle_plugin.ask.opening import Wanted, open_sitting
from jmle_plugin.ask.run import ImageMode
from jmle_plugin.compare.groups import case_replies
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
    0.001,
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
    0.998,
    0.999,
]
Case = tuple[Hashable, int, int]
"""Stratum, points, maximum."""
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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


def chances(cases: Sequence[Case]) -> tuple[Floats, Floats]:
    """The chance of each number of points on a paper like this one: by the urn, by resampling."""
    strata: dict[Hashable, list[Case]] = {}
    for case in cases:
        strata.setdefault(case[0], []).append(case)
    urn = plain = np.ones(1)
    for inside in strata.values():
        kinds = Counter(points for _, points, _ in inside)
        weights = {points: float(count) for points, count in kinds.items()}
        for extreme in (0, inside[0][2]):
            weights[extreme] = weights.get(extreme, 0.0) + PRIOR
        number = len(inside)
        # A weight that is drawn grows by one (Polya), or stays what it is.
        urn = np.convolve(urn, of_stratum(number, weights, _polya))
        of_seen = of_stratum(number, dict(kinds), _plain)
        # Full marks were not seen everywhere.
        most = number * inside[0][2]
        plain = np.convolve(plain, np.pad(of_seen, (0, most + 1 - len(of_seen))))
    return urn, plain


def of_stratum(
    number: int, weights: Mapping[int, float], ways: Callable[[float, Ints], Floats]
) -> Floats:
    """The chance of each sum of points of so many cases, kinds of which have these weights.

    `ways` says how a weight counts where its kind is drawn so often; chances are what products
    of them are to each other.
    """
    times = np.arange(number + 1)
    # Row c: sums of points of c cases, of the kinds that were gone through.
    table = np.zeros((number + 1, number * max(weights) + 1))
    table[0, 0] = 1
    *others, (last, weight) = sorted(weights.items())
    for points, its in others:
        wider = np.zeros_like(table)
        for count, way in enumerate(ways(its, times)):
            wide = table.shape[1] - count * points
            wider[count:, count * points :] += way * table[: number + 1 - count, :wide]
        table = wider
    total = np.zeros(table.shape[1])
    for count, way in enumerate(ways(weight, times)):
        total[count * last :] += way * table[number - count, : table.shape[1] - count * last]
    return np.asarray(total / total.sum())


def _polya(weight: float, times: Ints) -> Floats:
    """Of Dirichlet's distribution and the multinomial together."""
    return np.asarray(np.exp(gammaln(weight + times) - gammaln(weight) - gammaln(times + 1)))


def _plain(weight: float, times: Ints) -> Floats:
    """Of the multinomial alone."""
    return np.asarray(np.exp(times * np.log(weight) - gammaln(times + 1)))


def summed(claimed: Floats, reached: NDArray[np.bool_]) -> Floats:
    """Pass marks, sums of what was claimed and of what was true by bin, shape (bins, 3)."""
    # Marks that are as good as certain are most of all.
    inside = (claimed > BINS[0]) & (claimed < BINS[-1])
    place = np.digitize(claimed[inside], BINS) - 1
    weights = np.ones(len(place)), claimed[inside], reached[inside]
    return np.array([np.bincount(place, one, len(BINS) - 1) for one in weights]).T


def main(arguments: Sequence[str]) -> None:
    """Print claimed and true shares by what is claimed, and how sure the true ones are."""
    splits = int(arguments[0]) if arguments else 200
    data = Path(os.environ.get("JMLE_DATA") or ROOT.parent / "shared" / "data").resolve()
    generator = np.random.default_rng(112)
    runs = []
    for name, cases in recorded(data):
        sums = np.zeros((2, len(BINS) - 1, 3))
        for _ in range(splits):
            first, second = halves(cases, generator)
            marks = np.arange(sum(one[2] for one in first) + 1)
            reached = marks <= sum(one[1] for one in second)
            for way, spread in enumerate(chances(first)):
                sums[way] += summed(np.cumsum(spread[::-1])[::-1][marks], reached)
        runs.append(sums)
        print(name, flush=True)
    print(f"{len(runs)} runs, {splits} splits each; 95 %: by runs drawn again")
    for way, title in enumerate(("urn", "resampling")):
        by_run = np.array(runs)[:, way]
        again = generator.multinomial(len(runs), np.full(len(runs), 1 / len(runs)), size=4000)
        print(
            f"\n{title}\n{'claimed':>9} {'true':>8} {'95 %':>17} {'ratio, 95 %':>15} {'marks':>8}"
        )
        for place in range(len(BINS) - 1):
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
