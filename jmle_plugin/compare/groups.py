"""Groups, the unit of chance, and what other questions like these would have shown.

Questions that share one case (連問) stand or fall together. Intervals draw groups anew within
strata.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from jmle_plugin.compare.significance import Replies, asked_once
from jmle_plugin.mark.epochs import tidy
from jmle_plugin.results.doubt import LEVEL, Interval

Stratum = TypeVar("Stratum", bound=Hashable)
Figure = TypeVar("Figure", int, float)

DRAWS = 10_000
SEED = 120
_FINEST = 10_000
"""Means of replies are fractions; a question is asked in fewer epochs than this."""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that stand or fall together.

    `points` is the maximum of its largest question, `max` that of the group, `lost` and
    `gained` are the mean points that its questions lost and gained, new against old, `old` and
    `new` the points of each reply to it.
    """

    section: str
    points: int
    size: int
    max: int
    lost: float
    gained: float
    old: tuple[int, ...] = ()
    new: tuple[int, ...] = ()
    squares: tuple[float, float] = (0.0, 0.0)
    """Sums over its questions: of squared mean changes, and of what they would be if the same
    loss and gain had come as whole questions."""

    @property
    def difference(self) -> float:
        """Mean points, new minus old."""
        return self.gained - self.lost

    @property
    def replies(self) -> Replies:
        """The points of each reply, of the old run and of the new one."""
        return self.old, self.new

    @property
    def stratum(self) -> tuple[str, int, int, int]:
        """Groups that may take each other's place without changing the exam's maximum."""
        return self.section, self.points, self.size, self.max


def mean(values: Sequence[int]) -> Fraction:
    """The mean, exactly."""
    return Fraction(sum(values), len(values))


def sum_of_means(questions: Iterable[Sequence[int]]) -> Fraction:
    """The sum of the mean of each question's figures, exactly."""
    sums = Counter[int]()
    for figures in questions:
        sums[len(figures)] += sum(figures)
    return sum((Fraction(total, replies) for replies, total in sums.items()), Fraction())


def case_replies(questions: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """The figures of each reply to a case: the nth replies to its questions belong together.

    Where some were asked more often than others, their last replies are left out.
    """
    return tuple(map(sum, zip(*questions, strict=False)))


def make_group(
    section: str, maxima: Sequence[int], old: Sequence[Sequence[int]], new: Sequence[Sequence[int]]
) -> Group:
    """The group of questions with these maxima and points of each reply, (questions, replies)."""
    # Changes of means are whole in this unit; whole numbers are quicker than fractions.
    unit = math.lcm(*(len(replies) for replies in (*old, *new)))
    changes = [
        sum(after) * (unit // len(after)) - sum(before) * (unit // len(before))
        for before, after in zip(old, new, strict=True)
    ]
    return Group(
        section=section,
        points=max(maxima),
        size=len(maxima),
        max=sum(maxima),
        lost=tidy(Fraction(sum(max(-one, 0) for one in changes), unit)),
        gained=tidy(Fraction(sum(max(one, 0) for one in changes), unit)),
        old=case_replies(old),
        new=case_replies(new),
        squares=(
            sum(one**2 for one in changes) / unit**2,
            sum(abs(one) * most for one, most in zip(changes, maxima, strict=True)) / unit,
        ),
    )


@dataclass(frozen=True)
class Pattern:
    """How two runs differ: kinds of cases, and how many of `cases` are of each.

    A kind is what the replies of both sides were, a loss turned into the gain that mirrors
    it. Cases to which all replies earned the same are of no kind.
    """

    cases: int
    kinds: tuple[tuple[Replies, int], ...]
    once: bool
    """Whether both runs replied once, so that the two tests are one."""

    @classmethod
    def seen(cls, groups: Sequence[Group]) -> Pattern:
        """That of two runs."""
        kinds = Counter(_gaining(group) for group in groups if len({*group.old, *group.new}) > 1)
        return cls._of(groups, kinds)

    @classmethod
    def even(cls, groups: Sequence[Group]) -> Pattern:
        """That of two runs of which one fails whole cases, any as likely as any other."""
        kinds = Counter(((0,) * len(group.old), (group.max,) * len(group.new)) for group in groups)
        return cls._of(groups, kinds)

    @classmethod
    def _of(cls, groups: Sequence[Group], kinds: Counter[Replies]) -> Pattern:
        once = asked_once(group.replies for group in groups)
        return cls(len(groups), tuple(sorted(kinds.items())), once)

    @property
    def worth(self) -> NDArray[np.float64]:
        """Mean points that a case of each kind gains."""
        return np.array([float(gain(replies)) for replies, _ in self.kinds])

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of all cases that is of each kind."""
        return np.array([count for _, count in self.kinds]) / max(self.cases, 1)


def gain(replies: Replies) -> Fraction:
    """The mean points of the new replies less those of the old ones."""
    old, new = replies
    return mean(new) - mean(old)


def _gaining(group: Group) -> Replies:
    """The replies to a case, or where it lost, what mirrors them."""
    sides = group.replies
    if gain(sides) < 0:
        sides = tuple(group.max - one for one in group.old), tuple(group.max - n for n in group.new)
    return tuple(sorted(sides[0])), tuple(sorted(sides[1]))


def difference_draws(
    groups: Sequence[Group], *, draws: int = DRAWS, seed: int = SEED
) -> NDArray[np.float64]:
    """Return the difference in mean points of each of `draws` exams, shape (draws,)."""
    differences = [Fraction(one.difference).limit_denominator(_FINEST) for one in groups]
    unit = math.lcm(*(one.denominator for one in differences))
    strata = resample(
        (
            (group.stratum, (int(difference * unit),))
            for group, difference in zip(groups, differences, strict=True)
        ),
        draws,
        seed,
    )
    return sum((part[:, 0] for part in strata.values()), np.zeros(draws, np.int64)) / unit


def interval(
    groups: Sequence[Group], *, level: float = LEVEL, draws: int = DRAWS, seed: int = SEED
) -> Interval:
    """Return the paired bootstrap interval; its ends are differences that were drawn."""
    drawn = difference_draws(groups, draws=draws, seed=seed)
    tail = (1 - level) / 2
    return Interval(
        low=_tidy(np.quantile(drawn, tail, method="lower")),
        high=_tidy(np.quantile(drawn, 1 - tail, method="higher")),
        level=level,
        draws=draws,
        seed=seed,
    )


def _tidy(value: float) -> float:
    return int(value) if float(value).is_integer() else round(float(value), 6)


def urn(
    strata: Iterable[tuple[int, Mapping[tuple[int, ...], float]]], draws: int, seed: int
) -> NDArray[np.int64]:
    """Draw papers of the same difficulty and return their figures, shape (draws, figures).

    A stratum, of which there is at least one, is a number of cases and figures -> weight. The
    chances of a run are not known but estimated from as many cases: each draw takes chances
    that may have led to what was seen (Dirichlet's distribution with these weights), and then
    the cases (a Pólya urn). Resampling alone would take the chances seen for the true ones,
    and claim too much.
    """
    generator = np.random.default_rng(seed)
    parts = []
    for size, weights in strata:
        values = np.array(list(weights), np.int64)
        chances = generator.standard_gamma(list(weights.values()), size=(draws, len(weights)))
        # All of them may underflow to 0 where the weights are small.
        chances = np.maximum(chances, np.finfo(float).tiny)
        chances /= chances.sum(axis=1, keepdims=True)
        parts.append(generator.multinomial(size, chances) @ values)
    return np.asarray(sum(parts))


def resample(
    items: Iterable[tuple[Stratum, tuple[Figure, ...]]], draws: int, seed: int
) -> dict[Stratum, NDArray[Any]]:
    """Draw as many items as there are from each stratum, with replacement, `draws` times.

    Items are (stratum, figures), the figures being equally many everywhere. Returns the
    sums of the figures by stratum, shape (draws, figures). Items with the same figures are
    one category of a multinomial draw, so that the cost does not grow with their number.
    """
    generator = np.random.default_rng(seed)
    counts: dict[Stratum, Counter[tuple[Figure, ...]]] = {}
    for stratum, figures in items:
        counts.setdefault(stratum, Counter())[figures] += 1
    sums = {}
    for stratum, kinds in counts.items():
        values = np.array(list(kinds))
        size = kinds.total()
        if len(kinds) == 1:
            sums[stratum] = np.tile(values * size, (draws, 1))
            continue
        shares = np.array(list(kinds.values())) / size
        sums[stratum] = generator.multinomial(size, shares, size=draws) @ values
    return sums
