"""How sure a row of a leaderboard is of its points, and of its place among the others."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations

from scipy import stats

from jmle_plugin.compare.groups import case_replies, sum_of_means
from jmle_plugin.compare.pairing import Answered, Place, answered
from jmle_plugin.compare.significance import holm, loss_and_gain, two_sided
from jmle_plugin.errors import ComparisonError
from jmle_plugin.results.doubt import ALPHA
from jmle_plugin.results.figures import LEVEL
from jmle_plugin.results.file import Results


@dataclass(frozen=True)
class GroupPoints:
    """Points of each reply, and own maximum, of each group of questions: group -> points."""

    points: Mapping[str, tuple[int, ...]]
    maximum: Mapping[str, int]

    @cached_property
    def total(self) -> Fraction:
        """Mean points of the whole."""
        return sum_of_means(self.points.values())


def group_points(
    results: Results, where: Mapping[str, Place] | None, names: Collection[str] | None = None
) -> GroupPoints:
    """Return the points of each group; without `where` every question is a group.

    Of all questions that were answered, or of those in `names`.
    """
    members: dict[str, list[Answered]] = {}
    for name, one in answered(results).items():
        if names is not None and name not in names:
            continue
        members.setdefault(where[name].group if where else name, []).append(one)
    return GroupPoints(
        {name: case_replies([one.points for one in case]) for name, case in members.items()},
        {name: sum(one.max for one in case) for name, case in members.items()},
    )


def points_interval(groups: GroupPoints, level: float = LEVEL) -> tuple[int, int] | None:
    """Return the interval of the points to expect on questions like these, rounded outwards.

    Of *expected* points: what another paper brings varies besides. Wilson's interval, with
    Kish's effective number of groups as the number of trials: a group of many points tells
    no more than one of few. None where nothing counts.
    """
    total = sum(groups.maximum.values())
    if not total:
        return None
    trials = total**2 / sum(one**2 for one in groups.maximum.values())
    share = float(groups.total) / total
    z = float(stats.norm.ppf((1 + level) / 2))
    shrunk = 1 + z**2 / trials
    middle = (share + z**2 / (2 * trials)) / shrunk
    half = z / shrunk * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    return max(0, math.floor((middle - half) * total)), min(
        total, math.ceil((middle + half) * total)
    )


def p_value(better: GroupPoints, worse: GroupPoints) -> float:
    """Return the two-sided p-value of the difference in points, by the tests of a comparison."""
    if better.points.keys() != worse.points.keys():
        raise ComparisonError(
            "the runs were not asked the same questions",
            remedy="Make the results again with `jmle rescore --write`.",
        )
    return two_sided(
        *loss_and_gain([(worse.points[group], points) for group, points in better.points.items()])
    )


@dataclass(frozen=True)
class Ranking:
    """Runs that were asked the same questions, the one with the most points first."""

    runs: Sequence[GroupPoints]

    @cached_property
    def _p_values(self) -> dict[tuple[int, int], float]:
        """Two-sided p-value of each pair, by the places of the two."""
        pairs = combinations(range(len(self.runs)), 2)
        return {(one, other): p_value(self.runs[one], self.runs[other]) for one, other in pairs}

    def p_to_above(self, place: int) -> float | None:
        """The p-value of the difference to the row above, by itself; None for the first."""
        return self._p_values[place - 1, place] if place else None

    @cached_property
    def ranges(self) -> list[tuple[int, int]]:
        """The first and the last rank that each run may have.

        With 95 % confidence all of them hold at once: every pair is tested, with Holm's
        correction for their number, and a run stands behind those that are
        significantly better and before those that are significantly worse.
        """
        pairs = list(self._p_values)
        adjusted = holm(list(self._p_values.values()))
        apart = {pair for pair, p in zip(pairs, adjusted, strict=True) if p <= ALPHA}
        first, last = [1] * len(self.runs), [len(self.runs)] * len(self.runs)
        for better, worse in apart:
            first[worse] += 1
            last[better] -= 1
        return list(zip(first, last, strict=True))
