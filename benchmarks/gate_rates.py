"""How often each gate on a baseline alarms falsely, and how often it finds a true loss.

    python -m benchmarks.gate_rates [PAIRS]

Prints the tables of docs/comparison.md, by default of 2,000 simulated pairs of runs a cell:
five minutes on one core. The exam has 400 questions and 600 points, 100 of 3 points a question,
42 in cases. A share of the questions is unsteady: there each reply is right with a chance of its
own, so that two replies of one run differ on the stated share of all questions. A loss turns
questions that are right into wrong ones. Pairs are drawn many at a time, and decided by the
functions that decide in a session.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.noninferiority import Design, Seen, p_values
from jmle_plugin.compare.significance import (
    Replies,
    asked_once,
    mean_differences,
    newly_wrong,
    permutation,
    sign_flip,
)

SHAPES = [(1, 1)] * 272 + [(1, 2)] * 8 + [(1, 3)] * 4 + [(3, 1)] * 86 + [(3, 2)] * 7
"""Points a question and questions of each case: 400 questions, 600 points."""
CASE = np.repeat(np.arange(len(SHAPES)), [size for _, size in SHAPES])
STARTS = np.searchsorted(CASE, np.arange(len(SHAPES)))
"""The first question of each case."""
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
LOSSES = (5, 10, 20)
PAIRS = 2000
BATCH = 500

SIGNIFICANT, NEWLY, IMAGE, PASSES = range(4)
"""What a cell counts: a significant loss, failures by newly wrong and by image questions, and
passes of `noninferior`."""

Ints = NDArray[np.int64]
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

    def chances(self, pairs: int, generator: np.random.Generator) -> Floats:
        """The chance of a right reply to each question, shape (pairs, questions)."""
        shape = pairs, len(POINTS)
        right = np.where(generator.random(shape) < 0.9, 1.0, 0.0)  # noqa: PLR2004 - nine in ten
        some = np.argsort(generator.random(shape), axis=1)[:, : self.unsteady]
        # 2 p (1 - p) summed over the unsteady questions is the share that differs.
        product_ = min(self.differ * len(POINTS) / 2 / self.unsteady, 0.25)
        minority = (1 - math.sqrt(1 - 4 * product_)) / 2
        lucky = generator.random(some.shape) < minority
        np.put_along_axis(right, some, np.where(lucky, minority, 1 - minority), axis=1)
        return right

    def sit(self, chances: Floats, epochs: int, generator: np.random.Generator) -> Bools:
        """Which replies are right, shape (pairs, questions, epochs)."""
        luck = generator.random((*chances.shape, epochs))
        if self.whole:
            luck = luck[:, STARTS[CASE]]
        return luck < chances[:, :, None]


WORLDS = [
    World(0.01, 20),
    World(0.01, 40),
    World(0.042, 40),
    World(0.042, 120, whole=True),
    World(0.095, 120),
    World(0.095, 120, whole=True),
]
PLAIN = [WORLDS[1], WORLDS[2], WORLDS[4]]
"""Those whose power is shown: cases are answered question by question."""


def lose(chances: Floats, points: float, generator: np.random.Generator) -> Floats:
    """The chances of runs that are worse by so many points, on questions drawn by chance."""
    order = np.argsort(generator.random(chances.shape), axis=1)
    # What is right more often than not is lost, one question after the other.
    there = np.where(chances > 0.5, chances, 0) * POINTS  # noqa: PLR2004
    in_turn = np.take_along_axis(there, order, axis=1)
    before = np.cumsum(in_turn, axis=1) - in_turn
    lost = np.zeros_like(chances)
    np.put_along_axis(lost, order, np.clip(points - before, 0, in_turn), axis=1)
    return np.asarray(chances - lost / POINTS)


def by_case(right: Bools | Floats, worth: Ints) -> NDArray[Any]:
    """The points of each case, questions being worth so much: (pairs, questions, ...) -> cases."""
    shape = (1, -1) + (1,) * (right.ndim - 2)
    return np.asarray(np.add.reduceat(right * worth.reshape(shape), STARTS, axis=1))


def losses_found(old: Bools, new: Bools, worth: Ints) -> int:
    """Pairs in which the tests find a loss, questions being worth so much: both have to."""
    return sum(
        sign_flip(mean_differences(cases)) <= ALPHA
        and (asked_once(cases) or permutation(cases)[0] <= ALPHA)
        for cases in doubtful(by_case(old, worth), by_case(new, worth))
    )


def doubtful(old: Ints, new: Ints) -> Iterator[list[Replies]]:
    """The cases that differ, of each pair in which a loss may be found.

    Cases whose replies are all alike change no p-value. A sum with random signs is a standard
    deviation or more below 0 with a chance of 7/64 at least (Dvorak and Tiwari, 2022), which is
    more than ALPHA: a smaller loss than that is never found.
    """
    differences = new.mean(axis=2) - old.mean(axis=2)
    net = differences.sum(axis=1)
    open_ = (net < 0) & (net**2 > (1 - 1e-9) * (differences**2).sum(axis=1))
    for before, after in zip(old[open_], new[open_], strict=True):
        both = np.concatenate([before, after], axis=1)
        differ = both.max(axis=1) > both.min(axis=1)
        sides = (map(tuple, side[differ].tolist()) for side in (before, after))
        yield list(zip(*sides, strict=True))


def seen(old: Bools, new: Bools) -> Seen:
    """What `noninferior` sees in pairs of runs."""
    change = new.mean(axis=2) - old.mean(axis=2)
    sides = []
    for part in (np.maximum(-change, 0), np.maximum(change, 0)):
        cases = by_case(part, POINTS) / WORTH
        sides.append(np.array([cases[:, points == LARGEST].sum(axis=1) for points in (1, 3)]).T)
    squares = ((change * POINTS) ** 2).sum(axis=1)
    whole = (np.abs(change) * POINTS**2).sum(axis=1)
    several = old.shape[2] + new.shape[2] > 2  # noqa: PLR2004 - one each
    fineness = np.maximum(whole / np.maximum(squares, 1e-9), 1) if several else 1.0
    return Seen(sides[0], sides[1], change @ POINTS, fineness)


def newly_failed(old: Bools, new: Bools) -> int:
    """Pairs that fail by newly wrong questions."""
    epochs, new_epochs = old.shape[2], new.shape[2]
    wrong = (~old).sum(axis=2)[:, :, None] + ~new
    unsteady = (wrong == 1).sum(axis=1)
    newly = ((wrong == 1) & ~new).sum(axis=1)
    return sum(
        min(map(_newly_wrong, one, other, [epochs] * new_epochs)) * new_epochs <= ALPHA
        for one, other in zip(unsteady.tolist(), newly.tolist(), strict=True)
    )


_newly_wrong = cache(newly_wrong)


def rates(world: World, epochs: tuple[int, int], loss: float, pairs: int) -> Floats:
    """The shares of simulated pairs that a cell counts; what no table shows is left at 0."""
    seed = [int(world.differ * 1000), world.unsteady, world.whole, *epochs, int(loss)]
    generator = np.random.default_rng(seed)
    counts = np.zeros(4)
    for start in range(0, pairs, BATCH):
        chances = world.chances(min(BATCH, pairs - start), generator)
        sides = chances, lose(chances, loss, generator) if loss else chances
        old, new = (world.sit(one, n, generator) for one, n in zip(sides, epochs, strict=True))
        if loss != MARGIN:
            counts[SIGNIFICANT] += losses_found(old, new, POINTS)
            counts[NEWLY] += newly_failed(old, new)
            counts[IMAGE] += losses_found(old, new, IMAGES)
        if loss in (0, MARGIN):
            # A loss of the margin that was seen is not excluded: its p-value is 1.
            open_ = (new.mean(axis=2) - old.mean(axis=2)) @ POINTS > -MARGIN
            counts[PASSES] += (
                p_values(DESIGN, seen(old[open_], new[open_]), MARGIN) <= ALPHA
            ).sum()
    return counts / pairs


Rates = dict[tuple[World, tuple[int, int], float], Floats]


def false_rows(found: Rates) -> Iterator[tuple[str, list[str]]]:
    """The largest rates over the designs of what should be rare."""
    for title, loss, gate in (
        ("`significant`, and `noninferior`, fail identical models", 0, SIGNIFICANT),
        ("`newly-wrong` fails them", 0, NEWLY),
        ("`images` fails them", 0, IMAGE),
        (f"`noninferior` passes a true loss of {MARGIN} points", MARGIN, PASSES),
    ):
        yield (
            title,
            [
                f"{max(found[world, epochs, loss][gate] for world in WORLDS):.1%}"
                for epochs in EPOCHS
            ],
        )


def power_rows(found: Rates) -> Iterator[tuple[str, list[str]]]:
    """The rates of what should be often, by the share of replies that differ."""
    rows = [
        (f"`{name}`, {loss} points", loss, gate)
        for name, gate in (("significant", SIGNIFICANT), ("newly-wrong", NEWLY), ("images", IMAGE))
        for loss in LOSSES
    ]
    for title, loss, gate in (*rows, ("`noninferior` passes no loss", 0, PASSES)):
        yield (
            title,
            [
                " / ".join(f"{100 * found[one, epochs, loss][gate]:.0f}" for one in PLAIN)
                for epochs in EPOCHS
            ],
        )


def main(arguments: Sequence[str]) -> None:
    """Print both tables, and what is behind them."""
    pairs = int(arguments[0]) if arguments else PAIRS
    found: Rates = {}
    cells = [
        *product((0, MARGIN), WORLDS, EPOCHS),
        *product(LOSSES, PLAIN, EPOCHS),
    ]
    for loss, world, epochs in cells:
        found[world, epochs, loss] = rates(world, epochs, loss, pairs)
        told = ", ".join(f"{one:.4f}" for one in found[world, epochs, loss])
        print(f"{world!s:40} {epochs[0]} v {epochs[1]} {loss:3}: {told}", flush=True)
    for rows in (false_rows(found), power_rows(found)):
        print("\n| replies |" + "".join(f" {old} v {new} |" for old, new in EPOCHS))
        print("|---" * (len(EPOCHS) + 1) + "|")
        for title, row in rows:
            print(f"| {' | '.join((title, *row))} |")


if __name__ == "__main__":
    main(sys.argv[1:])
