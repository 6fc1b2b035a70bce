"""Statistics by counting: written from their definitions, without the code under test."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from math import comb, floor, lcm, sqrt

import numpy as np
from scipy.optimize import brentq

from jmle_plugin.compare.pairing import Place
from jmle_plugin.mark.grading import Outcome
from jmle_plugin.results.file import Results

Floats = np.ndarray
NOTHING = Fraction()
Row = tuple[tuple[int, ...], tuple[int, ...]]
"""Of a case the figure of each reply: of the old run, of the new one."""
Rows = list[Row]
Chances = Mapping[int, float]
"""A figure in whole numbers -> its chance."""


def holm(p_values: Sequence[float]) -> list[float]:
    """By stepping down, one after the other."""
    held, adjusted = 0.0, [0.0] * len(p_values)
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        held = adjusted[index] = max(held, min(1.0, p_values[index] * (len(p_values) - place)))
    return adjusted


def two_sided(tails: tuple[float, float]) -> float:
    """Twice the smaller one."""
    return min(1.0, 2 * min(tails))


def sign_test(gained: int, lost: int) -> float:
    """McNemar's exact test: both tails of a fair coin."""
    tries = gained + lost
    tail = sum(comb(tries, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(Fraction(2 * tail, 2**tries)))


# --- cases ------------------------------------------------------------------------------


def cases_of(names: Iterable[str], where: Mapping[str, Place]) -> list[list[str]]:
    """The questions of each case, in the order of their first."""
    cases: dict[str, list[str]] = {}
    for name in names:
        cases.setdefault(where[name].group, []).append(name)
    return [*cases.values()]


def replies_of(results: Results, *, points: bool) -> dict[str, tuple[int, ...]]:
    """Question -> the points of each reply, or whether each is right."""
    found: dict[str, list[int]] = {}
    for mark in sorted(results.marks, key=lambda one: one.epoch):
        figure = mark.points if points else int(mark.outcome is Outcome.CORRECT)
        found.setdefault(mark.question, []).append(figure)
    return {name: tuple(figures) for name, figures in found.items()}


def rows_of(
    old: Results,
    new: Results,
    cases: Iterable[Sequence[str]],
    *,
    points: bool = True,
) -> Rows:
    """The points of each case, or its right answers."""
    before, after = (replies_of(one, points=points) for one in (old, new))
    return [(summed(before, case), summed(after, case)) for case in cases]


def summed(replies: Mapping[str, tuple[int, ...]], case: Iterable[str]) -> tuple[int, ...]:
    """The figures of each reply to a case."""
    return tuple(map(sum, zip(*(replies[name] for name in case), strict=True)))


def change(old: Sequence[int], new: Sequence[int]) -> Fraction:
    """The mean of the new figures less that of the old ones."""
    return Fraction(sum(new), len(new)) - Fraction(sum(old), len(old))


def worth_of(results: Results) -> dict[str, int]:
    """Question -> the most points of a reply to it."""
    worth: dict[str, int] = {}
    for mark in results.marks:
        worth[mark.question] = max(worth.get(mark.question, 0), mark.max)
    return worth


# --- exact distributions ----------------------------------------------------------------


def total_of(steps: Iterable[Chances]) -> dict[int, float]:
    """The distribution of the sum of independent figures, added one after the other."""
    spread = {0: 1.0}
    for step in steps:
        wider: defaultdict[int, float] = defaultdict(float)
        for total, chance in spread.items():
            for more, its in step.items():
                wider[total + more] += chance * its
        spread = wider
    return spread


def tails(spread: Chances, seen: int) -> tuple[float, float]:
    """The chance of at most, and of at least, what was seen."""
    below = sum(chance for total, chance in spread.items() if total <= seen)
    above = sum(chance for total, chance in spread.items() if total >= seen)
    return below, above


def by_signs(row: Row, unit: int) -> dict[int, float]:
    """The changes of a case whose sign is a coin's."""
    one = int(change(*row) * unit)
    return {one: 0.5, -one: 0.5} if one else {0: 1.0}


def by_sharing(row: Row, unit: int) -> dict[int, float]:
    """The changes of a case whose replies are shared anew between the runs, in all ways."""
    replies, number = row[0] + row[1], len(row[1])
    ways = Counter(
        int(change([replies[n] for n in range(len(replies)) if n not in taken], given) * unit)
        for taken in combinations(range(len(replies)), number)
        for given in [[replies[n] for n in taken]]
    )
    return {one: times / ways.total() for one, times in ways.items()}


def unit_of(rows: Rows) -> int:
    """What makes all changes whole."""
    return lcm(*(len(side) for row in rows for side in row))


def both_tests(rows: Rows) -> tuple[tuple[float, float], tuple[float, float]]:
    """(loss, gain) of all signs, and of all ways to share replies between the runs."""
    unit = unit_of(rows)
    unlike = [row for row in rows if len({*row[0], *row[1]}) > 1]
    seen = int(sum((change(*row) for row in rows), NOTHING) * unit)
    signs, shared = (
        tails(total_of(step(row, unit) for row in unlike), seen) for step in (by_signs, by_sharing)
    )
    return signs, shared


def larger(rows: Rows) -> tuple[float, float]:
    """The one-sided p-values of a loss and of a gain that decide."""
    (loss, gain), (other_loss, other_gain) = both_tests(rows)
    return max(loss, other_loss), max(gain, other_gain)


# --- simulations --------------------------------------------------------------------------


def near(chance: float, draws: int, *more: int) -> float:
    """Four standard errors of a share of so many draws, less the shares of others."""
    return 4 * sqrt(chance * (1 - chance) * sum(1 / one for one in (draws, *more)))


def are_ends(
    ends: tuple[float, float], drawn: Floats, chances: Floats | None = None, *, draws: int
) -> None:
    """Assert that ends are those of 95 % of `draws`, by other draws or by all that there are.

    `chances` are those of the values in `drawn`; without them, each was drawn.
    """
    weights = np.full(len(drawn), 1 / len(drawn)) if chances is None else chances
    off = near(0.025, draws) if chances is not None else near(0.025, draws, len(drawn))
    close = 1e-6 + 1e-4 * (np.ptp(drawn) <= 2)  # as ends are rounded
    for end, side in zip(ends, (1, -1), strict=True):
        beyond = weights[side * drawn < side * end - close].sum()
        within = weights[side * drawn <= side * end + close].sum()
        assert beyond <= 0.025 + off
        assert within >= 0.025 - off


# --- a loss of the margin -----------------------------------------------------------------


@dataclass
class Stratum:
    """Cases whose largest question has the same points: what each is worth, and what changed.

    `lost` and `gained` count cases, one lost in part by that part.
    """

    worth: list[int] = field(default_factory=list)
    lost: float = 0.0
    gained: float = 0.0

    def likeliest(self, pull: float) -> tuple[float, float]:
        """The likeliest chances of loss and gain if pulled towards a loss.

        They are lost / (k - pull) and gained / (k + pull), where k makes all chances sum to 1.
        """
        lost, gained = self.lost + 1e-3, self.gained + 1e-3
        same, by = max(len(self.worth) - self.lost - self.gained, 0), pull * sum(self.worth)

        def excess(k: float) -> float:
            return lost / (k - by) + gained / (k + by) + same / k - 1

        k = brentq(excess, abs(by) + 1e-9, abs(by) + lost + gained + same + 1, xtol=1e-12)
        return lost / (k - by), gained / (k + by)


def chance_at_a_loss_of(loss: float, strata: Sequence[Stratum], seen: int) -> float:
    """The chance of the difference seen or a better one if `loss` points are lost on average."""

    def excess(pull: float) -> float:
        found = [one.likeliest(pull) for one in strata]
        pairs = zip(strata, found, strict=True)
        return sum(sum(one.worth) * (down - up) for one, (down, up) in pairs) - loss

    pull = 0.0
    if excess(0) < 0:
        far = next(2.0**power for power in range(-4, 40) if excess(2.0**power) > 0)
        pull = brentq(excess, 0, far, xtol=1e-14)
    spread = np.ones(1)
    for one in strata:
        down, up = one.likeliest(pull)
        for worth in one.worth:
            step = np.zeros(2 * worth + 1)
            step[[0, worth, -1]] = down, 1 - down - up, up
            spread = np.convolve(spread, step)
    return float(spread[len(spread) // 2 + seen :].sum())


@dataclass(frozen=True)
class Changes:
    """What two runs differ by; `times` is how many times finer than by whole questions."""

    strata: list[Stratum]
    difference: float
    times: float = 1.0

    @classmethod
    def of(
        cls, changes: Mapping[str, Fraction], worth: Mapping[str, int], cases: list[list[str]]
    ) -> Changes:
        """Those of questions' mean points; as many times finer as squared changes are smaller."""
        found: dict[int, Stratum] = {}
        for case in cases:
            one = found.setdefault(max(worth[name] for name in case), Stratum())
            of = sum(worth[name] for name in case)
            one.worth.append(of)
            one.lost += float(sum(max(-changes[name], NOTHING) for name in case) / of)
            one.gained += float(sum(max(changes[name], NOTHING) for name in case) / of)
        whole = sum(abs(one) * worth[name] for name, one in changes.items())
        squares = sum(one**2 for one in changes.values())
        times = float(whole / squares) if squares else 1.0
        return cls([*found.values()], float(sum(changes.values())), max(1.0, times))

    def p_value(self, margin: float) -> float:
        """Of "the margin or more is lost"; a loss that was seen is never excluded."""
        if -self.difference >= margin:
            return 1.0
        times = self.times
        if times * margin > sum(sum(one.worth) for one in self.strata):
            times = 1.0
        finer = [Stratum(one.worth, one.lost * times, one.gained * times) for one in self.strata]
        seen = floor(self.difference * times + 1e-6)
        return chance_at_a_loss_of(margin * times, finer, seen)

    def nothing(self) -> Changes:
        """The same cases, of which none changed."""
        return Changes([Stratum(one.worth) for one in self.strata], 0.0)


def passes_if_equal(changes: Changes, margin: float, *, draws: int) -> float:
    """How often two equal runs that differ as often as these exclude the margin.

    Their changes are finer ones than by whole questions, where those seen are.
    """
    generator, passed = np.random.default_rng(11), 0
    known: dict[tuple[object, ...], bool] = {}
    for _ in range(draws):
        drawn, net = [], 0
        for one in changes.strata:
            differ = min(changes.times * (one.lost + one.gained) / len(one.worth), 1)
            worth, luck = np.array(one.worth), generator.random(len(one.worth))
            lost, gained = luck < differ / 2, (differ / 2 <= luck) & (luck < differ)
            drawn.append(Stratum(one.worth, int(lost.sum()), int(gained.sum())))
            net += int(worth[gained].sum() - worth[lost].sum())
        alike = net, *((one.lost, one.gained) for one in drawn)
        if alike not in known:
            known[alike] = Changes(drawn, net).p_value(margin * changes.times) <= 0.05
        passed += known[alike]
    return passed / draws
