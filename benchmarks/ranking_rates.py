"""What a leaderboard's intervals and ranks are worth: rates on simulated exams.

    python -m benchmarks.ranking_rates

Takes three minutes. The figures stand in docs/comparison.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.groups import resample
from jmle_plugin.compare.ranking import GroupPoints, Ranking, points_interval

SHAPES = [(1, 1)] * 275 + [(1, 2)] * 15 + [(1, 3)] * 15 + [(3, 1)] * 30 + [(3, 2)] * 10
"""Points a question and questions of each group: 500 points, 400 questions."""
WORTH = np.array([points * size for points, size in SHAPES])
CHANCES = (0.75, 0.9, 0.97, 0.99)
EXAMS, TABLES = 2000, 400


def sit(generator: np.random.Generator, chance: float, whole: float) -> NDArray[np.int64]:
    """The points of each group; `whole` is the chance that a case is right or wrong as one."""
    return np.array(
        [
            points * size * int(generator.random() < chance)
            if generator.random() < whole
            else points * int((generator.random(size) < chance).sum())
            for points, size in SHAPES
        ]
    )


def told(points: NDArray[np.int64]) -> GroupPoints:
    """The points in the form the code under test takes."""
    names = [str(n) for n in range(len(SHAPES))]
    worth = dict(zip(names, WORTH.tolist(), strict=True))
    return GroupPoints(dict(zip(names, points.tolist(), strict=True)), worth)


def bootstrap(points: NDArray[np.int64]) -> tuple[int, int]:
    """The percentile interval of groups resampled in strata, as between two runs."""
    drawn = resample(zip(SHAPES, ((one,) for one in points.tolist()), strict=True), 1000, 1)
    total = sum(part[:, 0] for part in drawn.values())
    return int(np.quantile(total, 0.025)), int(np.quantile(total, 0.975))


def coverage(generator: np.random.Generator, whole: float) -> None:
    """Print how often each interval holds the expected points."""
    rates: dict[str, list[float]] = {"Wilson": [], "bootstrap": []}
    for chance in CHANCES:
        held = dict.fromkeys(rates, 0)
        for _ in range(EXAMS):
            points = sit(generator, chance, whole)
            found = {"Wilson": points_interval(told(points)), "bootstrap": bootstrap(points)}
            for name, ends in found.items():
                held[name] += bool(ends and ends[0] <= chance * WORTH.sum() <= ends[1])
        for name, times in held.items():
            rates[name].append(times / EXAMS)
    for name, shares in rates.items():
        print(f"{f'{name}, cases as one {whole:.0%}':30}", *(f"{one:7.1%}" for one in shares))


def told_apart(generator: np.random.Generator, runs: int) -> None:
    """Print how often runs that are equally good are told apart, in tables of so many."""
    wrong = 0
    for _ in range(TABLES):
        hard = generator.beta(8, 1, len(SHAPES))
        points = [WORTH * (generator.random(len(SHAPES)) < hard) for _ in range(runs)]
        points.sort(key=lambda one: -one.sum())
        wrong += Ranking([told(one) for one in points]).ranges != [(1, runs)] * runs
    print(f"{runs} equal runs told apart: {wrong / TABLES:.1%} of tables")


def main() -> None:
    """Print all rates."""
    generator = np.random.default_rng(120)
    print(f"{'expected share of points':30}", *(f"{chance:7.0%}" for chance in CHANCES))
    for whole in (0.0, 0.5, 1.0):
        coverage(generator, whole)
    for runs in (2, 5, 15):
        told_apart(generator, runs)


if __name__ == "__main__":
    main()
