"""How often each gate on a baseline alarms falsely, and how often it finds a true loss.

    python -m benchmarks.gate_rates [SIMULATIONS]

Prints the tables of docs/comparison.md; with 1,000 simulated pairs a cell it takes some
twenty minutes on two cores, with 200 four. Two runs of one exam are drawn: 400 questions and
600 points, 100 of 3 points a question, 42 in cases. A share of the questions is unsteady:
there each reply is right with a chance of its own, so that two replies of one run differ on
the stated share of all questions. A loss turns questions that are right into wrong ones.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.noninferiority import Design, Seen, p_values
from jmle_plugin.compare.significance import Replies, loss_and_gain, newly_wrong

SHAPES = [(1, 1)] * 272 + [(1, 2)] * 8 + [(1, 3)] * 4 + [(3, 1)] * 86 + [(3, 2)] * 7
"""Points a question and questions of each case: 400 questions, 600 points."""
CASE = np.repeat(np.arange(len(SHAPES)), [size for _, size in SHAPES])
POINTS = np.repeat([points for points, _ in SHAPES], [size for _, size in SHAPES])
LARGEST = np.array([points for points, _ in SHAPES])
WORTH = np.array([points * size for points, size in SHAPES])
DESIGN = Design((1, 3), tuple(Counter(WORTH[points == LARGEST].tolist()) for points in (1, 3)))
IMAGES = (np.arange(len(POINTS)) % 4 == 0).astype(np.int64)
"""1 for each question with figures."""
EPOCHS = [(1, 1), (3, 1), (3, 3), (5, 5), (1, 3), (1, 5), (5, 1)]
"""Replies a question: of the baseline, of the new run."""
ALPHA = 0.05
MARGIN = 15
LOSSES = (0, 5, 10, 20)
GATES = ("significant and noninferior fail", "noninferior passes", "newly-wrong", "images")

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """One stochastic run: two of its replies differ on `differ` of all questions.

    That comes of about `unsteady` questions; `whole` says whether the replies to a case are
    right or wrong together.
    """

    differ: float
    unsteady: int
    whole: bool = False

    def __str__(self) -> str:
        cases = ", cases whole" if self.whole else ""
        return f"{self.differ:.1%} differ, {self.unsteady} unsteady{cases}"

    def chances(self, generator: np.random.Generator) -> Floats:
        """Chance of a right reply to each question."""
        count = len(POINTS)
        right = np.where(generator.random(count) < 0.9, 1.0, 0.0)  # noqa: PLR2004 - nine in ten
        some = generator.choice(count, min(self.unsteady, count), replace=False)
        # 2 p (1 - p) summed over the unsteady questions is the share that differs.
        product_ = min(self.differ * count / 2 / len(some), 0.25)
        minority = (1 - np.sqrt(1 - 4 * product_)) / 2
        lucky = generator.random(len(some)) < minority
        right[some] = np.where(lucky, minority, 1 - minority)
        return right

    def sit(self, chances: Floats, epochs: int, generator: np.random.Generator) -> Bools:
        """Which replies are right, shape (questions, epochs)."""
        luck = generator.random((len(POINTS), epochs))
        if self.whole:
            luck = luck[np.searchsorted(CASE, CASE)]
        return luck < chances[:, None]


WORLDS = [
    World(0.01, 20),
    World(0.01, 40),
    World(0.042, 40),
    World(0.042, 120, whole=True),
    World(0.095, 120),
    World(0.095, 120, whole=True),
]


def lose(chances: Floats, points: float, generator: np.random.Generator) -> Floats:
    """The chances of a run that is worse by so many points, on questions drawn by chance."""
    worse = chances.copy()
    left = points
    for question in generator.permutation(np.flatnonzero(chances > 0.5)):  # noqa: PLR2004
        if left <= 0:
            break
        lost = min(left / POINTS[question], worse[question])
        worse[question] -= lost
        left -= lost * POINTS[question]
    return worse


def replies(old: Bools, new: Bools, worth: NDArray[np.int64]) -> list[Replies]:
    """The points of each case in each epoch, each question being worth so much."""
    sides = []
    for right in (old, new):
        sums = np.zeros((len(SHAPES), right.shape[1]), np.int64)
        np.add.at(sums, CASE, right * worth[:, None])
        sides.append([tuple(row) for row in sums.tolist()])
    return list(zip(*sides, strict=True))


def decided(old: Bools, new: Bools) -> list[bool]:
    """What the gates but `noninferior` make of two runs: loss, newly wrong, images."""
    loss, _ = loss_and_gain(replies(old, new, POINTS))
    image_loss, _ = loss_and_gain(replies(old, new, IMAGES))
    return [loss <= ALPHA, newly(old, new) <= ALPHA, image_loss <= ALPHA]


def seen(pairs: Sequence[tuple[Bools, Bools]]) -> Seen:
    """What `noninferior` sees in pairs of runs."""
    change = np.array([new.mean(axis=1) - old.mean(axis=1) for old, new in pairs])
    sides = []
    for part in (np.maximum(-change, 0), np.maximum(change, 0)):
        cases = np.array([np.bincount(CASE, row * POINTS) for row in part]) / WORTH
        sides.append(np.array([cases[:, points == LARGEST].sum(axis=1) for points in (1, 3)]).T)
    squares = ((change * POINTS) ** 2).sum(axis=1)
    whole = (np.abs(change) * POINTS**2).sum(axis=1)
    several = pairs[0][0].shape[1] + pairs[0][1].shape[1] > 2  # noqa: PLR2004 - one each
    fineness = np.maximum(whole / np.maximum(squares, 1e-9), 1) if several else 1.0
    return Seen(sides[0], sides[1], change @ POINTS, fineness)


def newly(old: Bools, new: Bools) -> float:
    """The p-value of the newly wrong questions."""
    epochs = old.shape[1]
    found = []
    for reply in new.T:
        wrong = (~old).sum(axis=1) + ~reply
        unsteady = wrong == 1
        found.append(newly_wrong(int(unsteady.sum()), int((unsteady & ~reply).sum()), epochs))
    return min(1.0, min(found) * len(found))


def rates(world: World, epochs: tuple[int, int], loss: float, runs: int) -> Floats:
    """The share of simulated pairs in which each gate decides so, in the order of GATES."""
    seed = [int(world.differ * 1000), world.unsteady, *epochs, int(loss)]
    generator = np.random.default_rng(seed)
    pairs = []
    for _ in range(runs):
        chances = world.chances(generator)
        sides = (chances, lose(chances, loss, generator))
        old, new = (world.sit(one, n, generator) for one, n in zip(sides, epochs, strict=True))
        pairs.append((old, new))
    significant, newly_wrong_, images = np.mean([decided(*pair) for pair in pairs], axis=0)
    passes = np.mean(p_values(DESIGN, seen(pairs), MARGIN) <= ALPHA)
    return np.array([significant, passes, newly_wrong_, images])


def _cell(task: tuple[World, tuple[int, int], float, int]) -> Floats:
    return rates(*task)


def main(arguments: Sequence[str]) -> None:
    """Print the rates of every gate."""
    runs = int(arguments[0]) if arguments else 1000
    cells = list(product(WORLDS, EPOCHS, (*LOSSES, MARGIN)))
    with ProcessPoolExecutor(2) as pool:
        tasks = ((world, epochs, loss, runs) for world, epochs, loss in cells)
        found = dict(zip(cells, pool.map(_cell, tasks, chunksize=2), strict=True))
    for gate, name in enumerate(GATES):
        for loss in (*LOSSES, MARGIN):
            print(f"\n{name}, true loss {loss:g} (margin {MARGIN})")
            print(f"{'':42}" + "".join(f"{f'{old} v {new}':>8}" for old, new in EPOCHS))
            for world in WORLDS:
                row = (found[world, epochs, loss][gate] for epochs in EPOCHS)
                print(f"{world!s:42}" + "".join(f"{rate:8.1%}" for rate in row))


if __name__ == "__main__":
    main(sys.argv[1:])
